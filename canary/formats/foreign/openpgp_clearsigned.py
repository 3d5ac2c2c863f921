"""Clearsigned text (RFC 9580, section 7), alone or inside a text or a page.

Exactly one block is read, and of it gpg's output, once a pinned key's signature over it is right: never the bytes of
the block, nor what stands around it. More than one block (one in a page's comment, or hidden by its style, counts like
any other) and none is read.

A page's markup inside a block (entities, `<br>`, tags) makes its signature wrong. Then it is tried again without the
markup; whichever form gpg says is signed, is what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping

from canary import limits
from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.reader import Identified
from canary.core.text.strict import sha256
from canary.errors import MalformedError
from canary.formats.foreign import openpgp_found as found
from canary.formats.foreign.openpgp_blocks import Block, Kind, Split, speaks_of_a_block, split_blocks
from canary.formats.foreign.openpgp_checks import Answer, ForeignVerifier, Question
from canary.formats.foreign.openpgp_text import decoded, has_markup, without_markup


class ClearsignedReader:
    """Reads clearsigned text; implements `canary.core.foreign.reader.FormatReader`.

    Args:
        verifier: gpg.
    """

    def __init__(self, verifier: ForeignVerifier) -> None:
        self._verifier = verifier

    def beside(self, name: str, pinned: Pinned | None) -> tuple[str, ...]:
        """Returns nothing: a block holds its own signatures."""
        del name, pinned
        return ()

    def identify(self, name: str, files: Mapping[str, bytes]) -> Identified | None:
        """Returns what a file with one cleartext block is; certificates in the other files are used."""
        data = files.get(name, b"")
        block = _only_block(split_blocks(data)) if len(data) <= limits.FOREIGN_TEXT_BYTES else None
        if block is None:
            return None
        others = {file: content for file, content in files.items() if file != name}
        offered = found.offered_certificates(others, self._verifier)
        (answer,) = self._verifier.check(tuple(offered.values()), [Question(block.data, None)])
        if not answer.checks or answer.text is None:
            return None
        return Identified(
            format=Format.CLEARSIGNED,
            signers=found.to_pin([("", check) for check in answer.checks], offered),
            threshold=1,
            text=decoded(answer.text),
        )

    def read(self, name: str, files: Mapping[str, bytes], pinned: Pinned) -> Edition:
        """Returns an edition: see the port. Its text is empty where no pinned key's signature over it is right."""
        data = files.get(name, b"")
        if len(data) > limits.FOREIGN_TEXT_BYTES:
            raise MalformedError(f"it is longer than {limits.FOREIGN_TEXT_BYTES} bytes", what=name)
        if not speaks_of_a_block(data):
            raise MalformedError("it holds no clearsigned text", what=name)
        split = split_blocks(data)
        block = _only_block(split)
        text = ""
        signatures: tuple[Signed, ...] = ()
        remarks: list[tuple[Remark, str]] = []
        if block is not None:
            text, signatures, remarks = self._read_block(name, block, pinned)
            if split.outside or len(split.blocks) > 1:
                remarks.append((Remark.OUTSIDE_TEXT, ""))
        elif split.begun > 1:
            remarks.append((Remark.MORE_BLOCKS, f"{split.begun}"))
        else:
            remarks.append((Remark.DAMAGED_BLOCK, split.broken))
        return Edition(name=name, sha256=sha256(data).hex(), text=text, signatures=signatures, remarks=tuple(remarks))

    def _read_block(
        self, name: str, block: Block, pinned: Pinned
    ) -> tuple[str, tuple[Signed, ...], list[tuple[Remark, str]]]:
        def asked(form: bytes) -> tuple[Answer, tuple[Signed, ...], bool]:
            (answer,) = self._verifier.check(found.certificates(pinned), [Question(form, None)])
            signatures = found.bounded(found.signed(answer, pinned, file=name))
            return answer, signatures, any(each.outcome.is_right for each in signatures)

        answer, signatures, right = asked(block.data)
        remarks = []
        if not right and has_markup(block.data):
            remarks.append((Remark.DAMAGED_BLOCK, "it holds tags or entities"))
            form = _only_block(split_blocks(without_markup(block.data)))
            cleaned = asked(form.data) if form is not None else None
            if cleaned is not None and cleaned[2]:
                answer, signatures, right = cleaned
                remarks = [(Remark.MARKUP_REMOVED, "")]
        text = decoded(answer.text) if right and answer.text is not None else ""
        return text, signatures, remarks


def _only_block(split: Split) -> Block | None:
    blocks = split.of(Kind.CLEARSIGNED)
    return blocks[0] if len(blocks) == 1 and split.begun == 1 and not split.broken else None
