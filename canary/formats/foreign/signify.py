"""signify and minisign: a text X with signatures beside it, or one file that holds signature and text.

Beside X lie `X.sig`, `X.minisig` or `X.embed.sig`, and with a signer's name `X.sig.NAME` or `X.minisig.NAME`. What is
inside decides, not the ending:

- A detached signature is over the bytes of X. One that a text follows (`signify -S -e`) is over that text, which must
  be X to the byte; otherwise it is BAD, with a remark.
- What does not begin with `untrusted comment:` is not looked at where it is OpenPGP (that is another format), and is
  UNCHECKED otherwise: a host that answers with an error page has forged nothing.
- A file that names a pinned key by its number, and is wrong in any way after that, is BAD; one that names no pinned key
  is NO_KEY. The number is no fingerprint: only the pinned key with that number is tried.

The untrusted comment is never read. The signatures have no time of their own: the time in minisign's trusted comment
is whatever the signer's program wrote there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.foreign.reader import Identified
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.errors import MalformedError
from canary.formats.foreign import ed25519
from canary.formats.foreign.minisign import is_trusted, prehash, shown
from canary.formats.foreign.openpgp_text import decoded
from canary.formats.foreign.signify_files import PublicKey, Signature, is_ours, parse_public_key, parse_signature

_ENDINGS = (".sig", ".minisig", ".embed.sig")
_BESIDE = re.compile(r"\.(?:embed\.)?(?:sig|minisig)(?:\.(?P<signer>[^./\\]+))?")
_OPENPGP = (b"-----BEGIN PGP ", *(bytes([first]) for first in (*range(0x88, 0x8C), 0xC2)))
"""How OpenPGP signatures begin: armored, or with a signature packet (RFC 9580, sections 4.2 and 6.2)."""


class SignifyReader:
    """Reads signify and minisign; implements `canary.core.foreign.reader.FormatReader`."""

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:
        """Returns the names of the signatures; with pinned signers that have names, those that end in them too."""
        signers = [each.name for each in pinned.signers if each.name] if pinned else []
        plain = tuple(f"{name}{ending}" for ending in _ENDINGS)
        return (*(f"{each}.{signer}" for signer in signers for each in plain[:2]), *plain)

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns what a file is: one with a signature in it, or beside it. Keys in other files are used.

        A signer without a key in any file has an empty `key`, and its number as `key_id`: whoever adds the canary has
        to give the key.
        """
        own = files.get(name, b"")
        if not own.strip() or len(own) > limits.FOREIGN_TEXT_BYTES:
            return None
        text, found = _signatures(name, files, _names(name, files, None))
        readable = [(file, each) for file, each in found if isinstance(each, Signature)]
        if not readable or text is None:
            return None
        keys = dict(_keys(files.values()))
        signers: dict[str, PinnedSigner] = {}
        for file, each in readable:
            key = keys.get(each.key_id, "")
            signers.setdefault(each.key_id, PinnedSigner(_signer_in(name, file), key, key_id=each.key_id))
        return Identified(format=Format.SIGNIFY, signers=tuple(signers.values()), threshold=1, text=decoded(text))

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:
        """Returns an edition: see the port. Whose file a signature lies in plays no part in whose it is."""
        own = files.get(name, b"")
        if len(own) > limits.FOREIGN_TEXT_BYTES:
            raise MalformedError(f"it is longer than {limits.FOREIGN_TEXT_BYTES:,} bytes", what=name)
        if not decoded(own).strip():
            raise MalformedError("it is empty", what=name)
        text, found = _signatures(name, files, _names(name, files, pinned))
        if text is None:
            raise MalformedError("it begins like a signature by signify, and no signed text is in it", what=name)
        remarks: dict[tuple[Remark, str], None] = {(Remark.NO_TIME, ""): None}
        signatures = []
        for file, each in found:
            if isinstance(each, str):
                signatures.append(
                    Signed(signer="", key="", outcome=Outcome.UNCHECKED, detail=each, file=file, absent=True)
                )
                continue
            signed = _checked(each, text if each.text is None else each.text, pinned, file)
            remarks[Remark.UNTRUSTED_COMMENT, file] = None
            if each.text not in (None, text) and signed.outcome.is_right:
                signed = _bad(signed, "it signs another text than the edition's")
                remarks[Remark.OTHER_TEXT, file] = None
            signatures.append(signed)
        return Edition(
            name=name, sha256=digest(own), text=decoded(text), signatures=tuple(signatures), remarks=tuple(remarks)
        )


def _names(name: str, files: Mapping[str, bytes], pinned: Pinned | None) -> list[str]:
    """Returns the names of files that may hold signatures, those that are expected first."""
    expected = [each for each in SignifyReader().beside(name, pinned) if each in files]
    others = [
        each
        for each in files
        if each not in expected and each.startswith(name) and _BESIDE.fullmatch(each, len(name)) is not None
    ]
    return expected + others


def _signatures(
    name: str, files: Mapping[str, bytes], beside: list[str]
) -> tuple[bytes | None, list[tuple[str, Signature | str]]]:
    """Returns the edition's text, None where there is none, and each file's signature, or why it holds none."""
    own = files[name]
    found: list[tuple[str, Signature | str]] = []
    text: bytes | None = own
    if is_ours(own):
        embedded = _signature(own)
        text = embedded.text if isinstance(embedded, Signature) else None
        found.append((name, embedded))
    for file in beside[: limits.SIGNIFY_FILES]:
        data = files[file]
        if is_ours(data):
            found.append((file, _signature(data)))
        elif not data.lstrip().startswith(_OPENPGP):
            found.append((file, "it holds no signature by signify or minisign"))
    if len(beside) > limits.SIGNIFY_FILES:
        why = f"there are more than {limits.SIGNIFY_FILES} files; this and the rest were not looked at"
        found.append((beside[limits.SIGNIFY_FILES], why))
    return text, found


def _signature(data: bytes) -> Signature | str:
    if len(data) > limits.FOREIGN_TEXT_BYTES + limits.SIGNIFY_FILE_BYTES:
        return f"it is longer than {limits.FOREIGN_TEXT_BYTES:,} bytes"
    try:
        return parse_signature(data)
    except MalformedError as error:
        return str(error)


def _checked(each: Signature, text: bytes, pinned: Pinned, file: str) -> Signed:
    signers = [one for one in pinned.signers if one.key_id == each.key_id]
    if not signers:
        return Signed(signer="", key=each.key_id, outcome=Outcome.NO_KEY, detail="its key is not pinned", file=file)
    message = prehash(text) if each.prehashed else text
    right = next((one for one in signers if ed25519.is_right_by(one.key, each.signature, message)), None)
    signer = right or signers[0]
    signed = Signed(signer=signer.name or signer.key, key=signer.key, outcome=Outcome.GOOD, file=file)
    if each.fault:
        return _bad(signed, each.fault)
    if right is None:
        return _bad(signed, "it is not over this text")
    if each.trusted is None:
        return signed
    if not is_trusted(signer.key, each.signature, each.trusted):
        return _bad(signed, "its trusted comment is not the one that was signed")
    return Signed(signed.signer, signed.key, Outcome.GOOD, detail=shown(each.trusted), file=file)


def _bad(signed: Signed, why: str) -> Signed:
    return Signed(signed.signer, signed.key, Outcome.BAD, detail=why, file=signed.file)


def _keys(files: Iterable[bytes]) -> Iterable[tuple[str, str]]:
    """Returns the number and the key of every file that holds a public key."""
    for data in files:
        if is_ours(data) and len(data) <= limits.SIGNIFY_FILE_BYTES:
            try:
                found: PublicKey = parse_public_key(data)
            except MalformedError:
                continue
            yield found.key_id, found.key


def _signer_in(name: str, file: str) -> str:
    match = _BESIDE.fullmatch(file, len(name))
    return (match["signer"] or "") if match else ""
