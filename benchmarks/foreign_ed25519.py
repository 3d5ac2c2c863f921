"""What reading CanaryTail, signify and minisign costs, against the bare Ed25519 checks of their signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.measuring import Row, milliseconds, quickest_calls
from canary.core.foreign.pinned import Pinned
from canary.core.foreign.reader import FormatReader
from canary.core.text.strict import decode_base64
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.minisign import prehash
from canary.formats.foreign.signify import SignifyReader
from tests.canarytail_publisher import as_go_prints, document, encoded, public
from tests.signify_signer import SignifySigner, pinned

_CANARIES = 100
_TEXT = b"Example Networks has never handed its keys to anyone.\n" * 100
"""As long as those of Kicksecure."""


class _Series(msgspec.Struct, frozen=True):
    """Canaries in memory, and the signatures in them: the key, the signature and what it is over."""

    what: str
    reader: FormatReader
    pinned: Pinned
    canaries: Sequence[dict[str, bytes]]
    signatures: Sequence[tuple[bytes, bytes, bytes]]


def foreign_ed25519() -> Iterator[Row]:
    """Measures canaries of our own make."""
    for series in (_canarytail(), _signify(), _minisign()):
        bare, ours = _checking(series), _reading(series)
        taken = quickest_calls({"bare": bare, "ours": ours}, rounds=15)
        note = f"{len(series.signatures)} bare Ed25519 checks ({milliseconds(taken['bare'])})"
        yield Row(f"reading {len(series.canaries)} canaries by {series.what}", taken["ours"] / taken["bare"], 3.0, note)


def _checking(series: _Series) -> Callable[[], None]:
    def check() -> None:
        for key, signature, text in series.signatures:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, text)

    return check


def _reading(series: _Series) -> Callable[[], None]:
    def read() -> None:
        for files in series.canaries:
            if not series.reader.read(next(iter(files)), files, series.pinned).signers():
                raise SystemExit(f"{series.what}: a canary is not signed as it should be")

    return read


def _canarytail() -> _Series:
    made = document("author", "bob")
    fields = {"version": made["version"], **made["canary"]}
    signatures = [
        (public(name), decode_base64(signed[field]), as_go_prints(value).encode())
        for name, signed in zip(("author", "bob"), made["signatures"].values(), strict=True)
        for field, value in fields.items()
    ]
    reader, data = CanaryTailReader(), encoded(made)
    found = reader.identify("canary.json", {"canary.json": data})
    if found is None:
        raise SystemExit("the document is none")
    keys = Pinned(found.format, "canarytail", "", found.signers, found.threshold, (), found.panic_key)
    return _Series("CanaryTail", reader, keys, [{"canary.json": data}] * _CANARIES, signatures * _CANARIES)


def _signify() -> _Series:
    signer = SignifySigner.make(1)
    files = {"canary.txt": _TEXT, "canary.txt.sig": signer.detached(_TEXT)}
    signature = (signer.public, signer.key.sign(_TEXT), _TEXT)
    keys = pinned(signer.pinned_signer())
    return _Series("signify", SignifyReader(), keys, [files] * _CANARIES, [signature] * _CANARIES)


def _minisign() -> _Series:
    """Of each minisign signature there are two: over the text's hash, and over the trusted comment."""
    signer, comment = SignifySigner.make(1), b"timestamp:1795537377"
    files = {"canary.txt": _TEXT, "canary.txt.minisig": signer.minisign(_TEXT, trusted=comment)}
    hashed = prehash(_TEXT)
    first = signer.key.sign(hashed)
    both = [(signer.public, first, hashed), (signer.public, signer.key.sign(first + comment), first + comment)]
    keys = pinned(signer.pinned_signer())
    return _Series("minisign", SignifyReader(), keys, [files] * _CANARIES, both * _CANARIES)
