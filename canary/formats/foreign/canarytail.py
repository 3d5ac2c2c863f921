"""CanaryTail's JSON, version 0.1: signatures by pinned keys, each field by itself (`canarytail_document`).

A signer has signed where a signature over every field of the document is right; one that is missing or wrong makes the
signer's outcome BAD. What may be left out, and is empty, needs none. What is pinned counts, never what the document
says of keys: that it asks for other keys or fewer signers is told.

**Panic.** The standard gives a panic key to people who shall be able to end the canary. It is told, and nothing else
in the document matters, when the pinned panic key has signed any field; when it stands among the signers, in a list
that a pinned signer has signed; and when the private half of it is published in the document. Whoever only serves the
document can do none of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.foreign.reader import Identified
from canary.core.foreign.splices import FieldSignature
from canary.core.signed.outcome import Outcome
from canary.core.text.printable import printable
from canary.core.text.strict import decode_base64, digest
from canary.errors import MalformedError
from canary.formats.foreign import ed25519
from canary.formats.foreign.canarytail_document import Document, decode_key, parse_document, spelled_bytes

_NAMES_CHARACTERS = 200
_MOST_TEXTS = 2 * limits.CANARYTAIL_SIGNERS


class CanaryTailReader:
    """Reads CanaryTail; implements `canary.core.foreign.reader.FormatReader`."""

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:  # noqa: ARG002  # the port's signature
        """Returns nothing: everything is in the one document."""
        return ()

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns what a document names; a panic key that is none is left out."""
        try:
            document = parse_document(files.get(name, b""))
        except MalformedError:
            return None
        times = Counter(each.name for each in document.keys)
        return Identified(
            format=Format.CANARYTAIL,
            # Two keys of one name would count as one signer.
            signers=tuple(
                PinnedSigner(each.name if times[each.name] == 1 else "", each.key, required=each.required)
                for each in document.keys
            ),
            threshold=document.threshold,
            text=document.text(),
            panic_key=document.panic_key if decode_key(document.panic_key) else "",
        )

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:
        """Returns an edition: see the port."""
        data = files.get(name, b"")
        try:
            document = parse_document(data)
        except MalformedError as error:
            raise error.within(name) from error
        names = {each.key: each.name or each.key for each in pinned.signers}
        panic = decode_key(pinned.panic_key)
        panic_key = panic.hex() if panic else ""
        signatures, fields = [], []
        for key, signed in document.signatures.items():
            if key not in names:
                signatures.append(_foreign(key, panic_key, name))
                continue
            each = _checked(document, key, names[key], name)
            signatures.append(each)
            if each.outcome is Outcome.GOOD:
                fields += _field_signatures(document, key, signed)
        return Edition(
            name=name,
            sha256=digest(data),
            text=document.text(),
            signatures=tuple(signatures),
            remarks=_remarks(document, pinned, panic_key),
            fields=tuple(fields),
        )


def _foreign(key: str, panic_key: str, file: str) -> Signed:
    detail = "it is the panic key's" if key == panic_key else "its key is not pinned"
    return Signed(signer="", key=key, outcome=Outcome.NO_KEY, detail=detail, file=file)


def _checked(document: Document, key: str, signer: str, file: str) -> Signed:
    signed = document.signatures[key]
    missing = [field for field, _ in document.fields if field not in signed and document.needs_signature(field)]
    wrong = [field for field, value in document.fields if field in signed and not _is_right(key, signed[field], value)]
    if not missing and not wrong:
        return Signed(signer, key, Outcome.GOOD, file=file)
    faults = [(missing, "no signature over"), (wrong, "a wrong signature over")]
    detail = "; ".join(f"{what} {', '.join(which)}" for which, what in faults if which)
    return Signed(signer, key, Outcome.BAD, detail=detail, file=file)


def _is_right(key: str, signature: str, value: str) -> bool:
    try:
        return ed25519.is_right_by(key, decode_base64(signature), value.encode())
    except MalformedError:
        return False


def _field_signatures(document: Document, key: str, signed: Mapping[str, str]) -> list[FieldSignature]:
    return [
        FieldSignature(
            key=key,
            field=field,
            value=digest(value.encode()),
            signature=digest(decode_base64(signed[field])),
            release=document.release,
        )
        for field, value in document.fields
        if field in signed
    ]


def _remarks(document: Document, pinned: Pinned, panic_key: str) -> tuple[tuple[Remark, str], ...]:
    found = [(Remark.FIELDS_NOT_BOUND, "")]
    found += [(Remark.PANIC, why) for why in _panic(document, pinned, panic_key)]
    found += [(Remark.OTHER_KEYS, why) for why in _other_keys(document, pinned)]
    if document.unread:
        found.append((Remark.OUTSIDE_TEXT, printable(", ".join(document.unread), most=_NAMES_CHARACTERS)))
    return tuple(found)


def _panic(document: Document, pinned: Pinned, panic_key: str) -> list[str]:
    if not panic_key:
        return []
    found = []
    if any(_has_signed(document, panic_key, field) for field, _ in document.fields):
        found.append("it has signed the document")
    if any(each.key == panic_key for each in document.keys) and any(
        _has_signed(document, each.key, "pubkeys") for each in pinned.signers
    ):
        found.append("it stands among the signers")
    if _is_published(document, bytes.fromhex(panic_key)):
        found.append("its private half is published in the document")
    return found


def _has_signed(document: Document, key: str, field: str) -> bool:
    signature = document.signatures.get(key, {}).get(field)
    return signature is not None and _is_right(key, signature, dict(document.fields)[field])


def _is_published(document: Document, public: bytes) -> bool:
    """Tells whether a private key stands in a document: the seed alone, or followed by the public key as Go has it."""
    lengths = (ed25519.KEY_BYTES, 2 * ed25519.KEY_BYTES)
    return any(
        len(each) in lengths
        and each[ed25519.KEY_BYTES :] in (b"", public)
        and ed25519.public_of(each[: ed25519.KEY_BYTES]) == public
        for each in spelled_bytes(document.texts, lengths, _MOST_TEXTS)
    )


def _other_keys(document: Document, pinned: Pinned) -> list[str]:
    found = []
    if {each.key: each.required for each in document.keys} != {each.key: each.required for each in pinned.signers}:
        found.append("the signers, or which of them are required")
    if document.threshold != pinned.threshold:
        found.append(f"{document.threshold} of them are to sign")
    if document.panic_key != pinned.panic_key:
        found.append("the panic key")
    return found
