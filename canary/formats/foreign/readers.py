"""Which reader reads which format."""

from __future__ import annotations

from canary.core.foreign.pinned import Format
from canary.core.foreign.reader import FormatReader
from canary.formats.foreign.openpgp_checks import ForeignVerifier


def reader_of(format_: Format, gpg: ForeignVerifier) -> FormatReader:
    """Returns the reader of a format.

    Args:
        format_: the format.
        gpg: looks at what OpenPGP signs; the others ask it nothing.
    """
    # Imported here: each brings libraries of its own, and most lists have canaries of one or two formats.
    match format_:
        case Format.DETACHED:
            from canary.formats.foreign.openpgp_detached import DetachedReader  # noqa: PLC0415

            return DetachedReader(gpg)
        case Format.CLEARSIGNED:
            from canary.formats.foreign.openpgp_clearsigned import ClearsignedReader  # noqa: PLC0415

            return ClearsignedReader(gpg)
        case Format.SIGNIFY:
            from canary.formats.foreign.signify import SignifyReader  # noqa: PLC0415

            return SignifyReader()
        case Format.CANARYTAIL:
            from canary.formats.foreign.canarytail import CanaryTailReader  # noqa: PLC0415

            return CanaryTailReader()
        case Format.PAGE:
            from canary.formats.foreign.page import PageReader  # noqa: PLC0415

            return PageReader()
