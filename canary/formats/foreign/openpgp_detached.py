"""Detached OpenPGP: a text X, and beside it `X.sig.NAME`, `X.asc.NAME`, `X.sig` or `X.asc`, one or several.

What is inside a file decides, not its ending:

- ASCII armor, one block or several, or a binary signature packet: signatures over the bytes of X.
- Cleartext blocks: signed copies. What gpg puts out must be X but for line ends and blanks before them (which a
  cleartext signature does not cover: RFC 9580, section 7.2); otherwise the signature is BAD, with a remark.
- What signify and minisign write begins with `untrusted comment:`, and is not looked at.
- Anything else is UNCHECKED: a host that answers with an error page has forged nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import Identified
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import sha256
from canary.errors import MalformedError
from canary.formats.foreign import openpgp_found as found
from canary.formats.foreign.openpgp_blocks import Kind, split_blocks
from canary.formats.foreign.openpgp_checks import Answer, ForeignVerifier, Question
from canary.formats.foreign.openpgp_text import decoded, without_line_ends

_ENDINGS = (".sig", ".asc")
_BESIDE = re.compile(r"\.(?:sig|asc)(?:\.(?P<signer>[^./\\]+))?")
_SIGNATURE_FIRST_BYTES = frozenset(range(0x88, 0x8C)) | {0xC2}
"""First bytes of a signature packet (RFC 9580, section 4.2): old format, and new."""

_OTHER_FORMAT = b"untrusted comment:"
_OTHER_TEXT = "it signs another text than the edition's"


class _Asked(msgspec.Struct, frozen=True):
    """A question, and the file it came from."""

    file: str
    question: Question


class DetachedReader:
    """Reads detached OpenPGP; implements `canary.core.foreign.reader.FormatReader`.

    Args:
        verifier: gpg.
    """

    def __init__(self, verifier: ForeignVerifier) -> None:
        self._verifier = verifier

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:
        """Returns the names of the signatures: `X.sig`, `X.asc`, and for each pinned signer with a name both again."""
        names = [each.name for each in pinned.signers if each.name] if pinned else []
        plain = tuple(f"{name}{ending}" for ending in _ENDINGS)
        return (*(f"{each}.{signer}" for signer in names for each in plain), *plain)

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns what a text with OpenPGP signatures beside it is; certificates in the other files are used."""
        if not files.get(name):
            return None
        beside = {file: data for file, data in files.items() if file != name and _is_beside(name, file)}
        asked, _ = _questions(beside, files[name])
        if not asked:
            return None
        others = {file: data for file, data in files.items() if file != name}
        offered = found.offered_certificates(others, self._verifier)
        answers = self._verifier.check(tuple(offered.values()), [each.question for each in asked])
        checks = [
            (_signer_in(name, each.file), check)
            for each, answer in zip(asked, answers, strict=True)
            for check in answer.checks
        ]
        if not checks:
            return None
        return Identified(
            format=Format.DETACHED,
            signers=found.to_pin(checks, offered),
            threshold=1,
            text=decoded(files[name]),
        )

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:
        """Returns an edition: see the port. Whose file a signature lies in plays no part in whose it is."""
        text = files.get(name, b"")
        if len(text) > limits.FOREIGN_TEXT_BYTES:
            raise MalformedError(f"it is longer than {limits.FOREIGN_TEXT_BYTES} bytes", what=name)
        if not decoded(text).strip():
            raise MalformedError("it is empty", what=name)
        expected = self.beside(name, pinned)
        names = [each for each in expected if each in files]
        names += [each for each in files if each != name and each not in names and _is_beside(name, each)]
        asked, rest = _questions({each: files[each] for each in names}, text)
        answers = self._verifier.check(found.certificates(pinned), [each.question for each in asked])
        remarks = [(Remark.OUTSIDE_TEXT, each) for each in rest.outside]
        signatures = list(rest.unreadable)
        for each, answer in zip(asked, answers, strict=True):
            here = found.signed(answer, pinned, file=each.file)
            if each.question.text is None and any(signed.outcome.is_right for signed in here):
                here, remark = _compared(here, answer, text)
                remarks += remark
            signatures += here
        signatures.sort(key=lambda signed: names.index(signed.file))
        return Edition(
            name=name,
            sha256=sha256(text).hex(),
            text=decoded(text),
            signatures=found.bounded(signatures),
            remarks=tuple(dict.fromkeys(remarks)),
        )


class _Rest(msgspec.Struct, frozen=True):
    """What is said of files without a question to gpg."""

    unreadable: list[Signed]
    outside: list[str]


def _questions(beside: Mapping[str, bytes], text: bytes) -> tuple[list[_Asked], _Rest]:
    asked: list[_Asked] = []
    rest = _Rest([], [])
    for file, data in beside.items():
        if data.lstrip().startswith(_OTHER_FORMAT):
            continue
        questions, outside = _in_file(data, text) if len(data) <= limits.FOREIGN_TEXT_BYTES else ([], False)
        why = _why_not(data, questions, room=limits.FOREIGN_SIGNATURES - len(asked))
        if why:
            rest.unreadable.append(found.unreadable(file, why))
            continue
        asked += [_Asked(file, each) for each in questions]
        if outside:
            rest.outside.append(file)
    return asked, rest


def _why_not(data: bytes, questions: list[Question], *, room: int) -> str:
    """Returns why gpg is not asked about a file; empty where it is."""
    if len(data) > limits.FOREIGN_TEXT_BYTES:
        return f"it is longer than {limits.FOREIGN_TEXT_BYTES} bytes"
    if not questions:
        return found.NO_SIGNATURE
    detached = [len(each.signature) for each in questions if each.text is not None]
    if max(detached, default=0) > limits.FOREIGN_SIGNATURE_BYTES:
        return f"a signature in it is longer than {limits.FOREIGN_SIGNATURE_BYTES} bytes"
    if len(questions) > room:
        return f"with it there are more than {limits.FOREIGN_SIGNATURES} signatures, and it was not looked at"
    return ""


def _in_file(data: bytes, text: bytes) -> tuple[list[Question], bool]:
    """Returns what a file asks gpg, and whether anything stands outside of its blocks."""
    if data[:1] and data[0] in _SIGNATURE_FIRST_BYTES:
        return [Question(data, text)], False
    split = split_blocks(data)
    questions = [
        Question(each.data, None if each.kind is Kind.CLEARSIGNED else text)
        for each in split.blocks
        if each.kind is not Kind.CERTIFICATE
    ]
    return questions, split.outside


def _compared(signatures: list[Signed], answer: Answer, text: bytes) -> tuple[list[Signed], list[tuple[Remark, str]]]:
    """Compares a signed copy with the edition's text."""
    if answer.text is not None and without_line_ends(answer.text) == without_line_ends(text):
        return signatures, []
    other = [
        msgspec.structs.replace(each, outcome=Outcome.BAD, detail=_OTHER_TEXT) if each.outcome.is_right else each
        for each in signatures
    ]
    return other, [(Remark.OTHER_TEXT, signatures[0].file)]


def _is_beside(name: str, file: str) -> bool:
    return file.startswith(name) and _BESIDE.fullmatch(file[len(name) :]) is not None


def _signer_in(name: str, file: str) -> str:
    match = _BESIDE.fullmatch(file[len(name) :])
    return (match["signer"] or "") if match else ""
