"""Plain pages, HTML or text: nothing is signed, and each pinned sentence must still be there.

What is HTML is decided by how it begins, as browsers do that were told nothing (WHATWG MIME Sniffing, section 7.1; here
after any byte order mark too), or by a name that ends in `.html`, `.htm` or `.xhtml`. Of HTML only what a reader sees
is read (`html_text`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from canary import limits
from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import Identified
from canary.core.text.strict import digest
from canary.errors import MalformedError
from canary.formats.foreign.html_text import visible_text
from canary.formats.foreign.page_encoding import as_plain_text, damaged, first_characters

_BEGINS = re.compile(
    rb"[\t\n\f\r ]{0,1024}<(?:(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|"
    rb"title|b|body|br|p)[\t\n\f\r />]|!--|\?xml)",
    re.IGNORECASE,
)
_ENDINGS = (".html", ".htm", ".xhtml")
_NUL = "\0"


class PageReader:
    """Reads pages; implements `canary.core.foreign.reader.FormatReader`."""

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:  # noqa: ARG002  # the port's signature
        """Returns nothing: a page stands alone."""
        return ()

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns any text as a page: what nothing else can read can be watched as one."""
        try:
            text, _ = _text(name, files.get(name, b""))
        except MalformedError:
            return None
        return Identified(format=Format.PAGE, signers=(), threshold=0, text=text)

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:  # noqa: ARG002  # as above
        """Returns an edition: see the port."""
        data = files.get(name, b"")
        text, said = _text(name, data)
        remarks = [(Remark.NOT_SIGNED, ""), *((Remark.DAMAGED_ENCODING, each) for each in said)]
        return Edition(name=name, sha256=digest(data), text=text, remarks=tuple(remarks))


def _text(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """Returns a page's text, and what is to be said of its encoding.

    Raises:
        MalformedError: it is too long, is no text, or shows nothing.
    """
    if len(data) > limits.PAGE_BYTES:
        raise MalformedError(f"it is longer than {limits.PAGE_BYTES:,} bytes", what=name)
    is_html = _BEGINS.match(first_characters(data)) is not None or name.lower().endswith(_ENDINGS)
    text, said = visible_text(data) if is_html else as_plain_text(data)
    if _NUL in text:
        raise MalformedError("it is no text", what=name)
    if not text.strip():
        raise MalformedError("it shows no text to a reader", what=name)
    return text.replace("\r\n", "\n").replace("\r", "\n"), (*said, *damaged(text))
