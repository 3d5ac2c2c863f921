"""A signed text on paper, or one that is still to be signed: what a lawyer files. Pure.

One HTML document that holds everything it shows: the exact text, its SHA-256, whose signatures there are and by which
keys, and lines to sign on by hand. It loads nothing, runs nothing, and escapes whatever comes from a text. No clock is
read, so one text with the same signatures makes the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from canary.core.admitted import Admitted
from canary.core.days import day_in_words, days_in_words
from canary.core.entry import Text
from canary.core.history import History
from canary.core.kinds import Kind, fingerprint_of
from canary.core.outcome import Outcome
from canary.core.release import Release
from canary.core.roster import Roster, RosterSigner
from canary.core.strict import encode_base64, hash_field, sha256
from canary.core.tally import CheckedSignature
from canary.flows.issue.quorum import DRAFT, Board, who_may_sign

_GROUP: Final = 4


class PaperSigner(msgspec.Struct, frozen=True):
    """One who may sign the text.

    Attributes:
        name: the short name.
        kind: the kind of the key, in words.
        key: what names the key: an OpenPGP fingerprint in groups of four, as gpg prints it, or the vkey.
        state: what came of the signature, in words.
    """

    name: str
    kind: str
    key: str
    state: str


class Paper(msgspec.Struct, frozen=True):
    """A text with what stands around it on paper.

    Attributes:
        title: what it is, in words.
        draft: whether it is not published.
        organisation: who speaks.
        facts: what is known of it, each with a label.
        text: the exact text.
        text_sha256: its SHA-256, 64 hexadecimal digits.
        file: what the text's file is called, for checking it.
        signers: who may sign it.
        signed: who has, and how many must, in words.
    """

    title: str
    draft: bool
    organisation: str
    facts: tuple[tuple[str, str], ...]
    text: str
    text_sha256: str
    file: str
    signers: tuple[PaperSigner, ...]
    signed: str


def paper_of_draft(history: History, board: Board) -> Paper:
    """Returns the paper of the open draft.

    Args:
        history: the log.
        board: the draft with its signatures.
    """
    return Paper(
        title=f"{_kind(board.content)}, a draft",
        draft=True,
        organisation=_organisation(history.roster, board.content),
        facts=_facts(history, board.content),
        text=board.text.decode(),
        text_sha256=board.text_hash,
        file=DRAFT,
        signers=_signers(board.signers, list(board.checked.values())),
        signed=board.describe(),
    )


def paper_of_entry(history: History, admitted: Admitted) -> Paper:
    """Returns the paper of an entry of the log.

    Args:
        history: the log.
        admitted: the entry.
    """
    entry = admitted.entry
    content = entry.content
    before = history.admitted[content.entry - 2].roster if content.entry > 1 else None
    folder = "releases" if isinstance(content, Release) else "rosters"
    return Paper(
        title=_kind(content),
        draft=False,
        organisation=_organisation(admitted.roster, content),
        facts=_facts(history, content),
        text=entry.text.decode(),
        text_sha256=entry.text_hash,
        file=f"{folder}/{content.number}/text.txt",
        signers=_signers(who_may_sign(before, content), admitted.tally.checked),
        signed=admitted.tally.describe(),
    )


def render_paper(paper: Paper) -> bytes:
    """Returns the document, in UTF-8."""
    style = _environment().get_template("paper.css").render(sha256=paper.text_sha256)
    policy = f"default-src 'none'; style-src 'sha256-{encode_base64(sha256(style.encode()))}'; base-uri 'none'"
    html = (
        _environment()
        .get_template("paper.html")
        .render(
            # Our own file, and escaped it would be another style with another hash.
            style=Markup(style),  # noqa: S704
            policy=policy,
            paper=paper,
        )
    )
    return html.encode()


def _kind(content: Text) -> str:
    return f"{'Release' if isinstance(content, Release) else 'Roster'} {content.number}"


def _organisation(roster: Roster | None, content: Text) -> str:
    if isinstance(content, Roster):
        return content.organisation
    return roster.organisation if roster else ""


def _facts(history: History, content: Text) -> tuple[tuple[str, str], ...]:
    facts = [("Canary", content.canary), ("Place in the log", f"entry {content.entry}")]
    if history.admitted:
        facts.append(("Pin (SHA-256 of roster 1)", hash_field(history.admitted[0].entry.text_hash)))
    facts.append(("Dated", _moment(content.issued)))
    if isinstance(content, Release):
        facts.append(("For the window that opened on", day_in_words(content.period)))
        if content.next is not None and content.expires is not None:
            facts.append(("The next one is due", days_in_words(content.next.opens, content.next.last)))
            facts.append(("Without one it is stale from", _moment(content.expires)))
        else:
            facts.append(("The next one is due", "never: this is the last release"))
    return tuple(facts)


def _signers(signers: Sequence[RosterSigner], checked: Sequence[CheckedSignature]) -> tuple[PaperSigner, ...]:
    # Where two certificates of one signer come to two outcomes, the worse one is told.
    found: dict[str, CheckedSignature] = {}
    for each in checked:
        if each.name not in found or not each.counts:
            found[each.name] = each
    return tuple(
        PaperSigner(signer.name, signer.kind.value, _key(signer), _state(found.get(signer.name))) for signer in signers
    )


def _state(checked: CheckedSignature | None) -> str:
    if checked is None:
        return "not signed"
    if checked.outcome is Outcome.GOOD:
        return "signed"
    detail = f" ({checked.detail})" if checked.detail else ""
    return f"not counted: {checked.outcome}{detail}"


def _key(signer: RosterSigner) -> str:
    if signer.kind is not Kind.OPENPGP:
        return signer.key.render()
    digits = fingerprint_of(signer.key).hex().upper()
    return " ".join(digits[place : place + _GROUP] for place in range(0, len(digits), _GROUP))


def _moment(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{day_in_words(utc.date())}, {utc:%H:%M:%S} UTC"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("canary.flows.issue"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
