"""Drafting a release: which statements, which window, and what is different from the last one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from canary.core.documents.release import Anchor, Attachment, Release, Statement, check_words, parse_release
from canary.core.log.history import History
from canary.errors import IntegrityError, MalformedError, RefusedError

Wordings = Mapping[str, Mapping[int, str]]
"""For each statement id and version the words in `statements/<id>/v<N>.txt`."""


class Wishes(msgspec.Struct, frozen=True):
    """What the person who drafts asks for.

    Attributes:
        without: ids to leave out.
        add: ids to take in; what once was left out enters only so.
        covers: the first and the last day of what an attached report covers.
        attachments: files to publish beside the release.
        announcements: free text.
        anchors: public values that fix the earliest time.
        correction: whether this replaces a release of the same window.
        final: whether this is the last release of the canary.
    """

    without: Sequence[str] = ()
    add: Sequence[str] = ()
    covers: tuple[date, date] | None = None
    attachments: Sequence[Attachment] = msgspec.field(default=())
    announcements: str | None = None
    anchors: Sequence[Anchor] = ()
    correction: bool = False
    final: bool = False


def draft_release(history: History, wordings: Wordings, wishes: Wishes, *, now: datetime) -> Release:
    """Returns the next release as a text to sign.

    Args:
        history: the log so far; it has a roster.
        wordings: the statement files.
        wishes: what the person asks for. For the first release `add` names every statement.
        now: becomes `issued`, to the whole second.

    Raises:
        RefusedError: nothing may be drafted now, or a wish cannot be met; says what to do.
        IntegrityError: a signed wording was changed on disk.
        RejectedError: the text would not hold.
        MalformedError: the text would break a rule of its grammar: it is too long, say.
    """
    roster = history.roster
    if roster is None:
        raise RefusedError(
            "there is no published roster yet, and a release needs one",
            hint="Run 'canary roster', have every signer sign it, and publish it.",
        )
    last = history.last_release
    if last is not None and last.final:
        raise RefusedError(f"release {last.number} was the last one of this canary; nothing can follow it")
    issued = now.replace(microsecond=0)
    period = roster.schedule.newest_opened(issued.date())
    if period is None:
        raise RefusedError(
            f"the first window opens on {roster.schedule.start}; nothing can be issued before",
            hint=f"Draft the release on {roster.schedule.start} or later.",
        )
    _check_correction(last, period, wishes)
    following = roster.schedule.following(period)
    entry = history.last
    release = Release(
        canary=roster.canary,
        entry=history.next_entry,
        previous=entry.text_hash if entry else None,
        number=last.number + 1 if last else 1,
        period=period,
        issued=issued,
        next=None if wishes.final else following,
        expires=None if wishes.final else roster.schedule.expiry(following),
        statements=choose_statements(history, wordings, without=wishes.without, add=wishes.add),
        covers=wishes.covers,
        anchors=tuple(wishes.anchors),
        attachments=tuple(wishes.attachments),
        announcements=wishes.announcements,
    )
    history.check(release)
    _check_reads_back(release)
    return release


def choose_statements(
    history: History, wordings: Wordings, *, without: Sequence[str], add: Sequence[str]
) -> tuple[Statement, ...]:
    """Returns the last release's statements in their newest versions, less `without`, and then `add`.

    Raises:
        RefusedError: an id is unknown, is added twice, or nothing is left.
        IntegrityError: a signed wording was changed on disk.
    """
    check_signed_wordings(history, wordings)
    last = history.last_release
    standing = [statement.id for statement in last.statements] if last else []
    for name in without:
        if name in add:
            raise RefusedError(f"--without {name} and --add {name} contradict each other", hint="Give one of them.")
        if name not in standing and name not in add:
            raise RefusedError(f"--without {name}: the last release has no such statement")
    for name in add:
        if name in standing:
            raise RefusedError(f"--add {name}: the last release has it already")
    chosen = [name for name in dict.fromkeys([*standing, *add]) if name not in without]
    if not chosen:
        raise RefusedError(
            "no statement is left, and a release has at least one",
            hint="Publish nothing: a canary also speaks by falling silent.",
        )
    return tuple(_newest(name, history, wordings) for name in chosen)


def check_signed_wordings(history: History, wordings: Wordings) -> None:
    """Checks that no wording that was signed has changed on disk, and that every wording can be signed.

    Raises:
        IntegrityError: one has changed; names the file and the version to create instead.
        MalformedError: the words cannot stand in a release.
    """
    for name, versions in wordings.items():
        for version, words in versions.items():
            _named_file(name, version, check_words, words)
            if history.standing.contradicts(Statement(name, version, words)):
                new = max(*versions, history.standing.highest_version(name)) + 1
                raise IntegrityError(
                    f"statements/{name}/v{version}.txt was signed with other words, and must never change",
                    hint=f"Put the old words back (they are in log/), and write the new ones into "
                    f"statements/{name}/v{new}.txt.",
                )


def check_words_on_file(release: Release, wordings: Wordings) -> None:
    """Checks that every statement of a draft stands in a statement file, word for word.

    What is signed in words that no file holds could never be affirmed again: the next draft is made from the files.

    Raises:
        IntegrityError: a file has other words, or there is none.
    """
    for statement in release.statements:
        file = f"statements/{statement.id}/v{statement.version}.txt"
        words = wordings.get(statement.id, {}).get(statement.version)
        if words is None:
            raise IntegrityError(
                f"the draft says {statement.label}, and there is no file {file}",
                hint="Bring statements/ up to date from version control; if it is, make a new draft with --replace.",
            )
        if words != statement.words:
            raise IntegrityError(
                f"the draft words {statement.label} otherwise than {file} does",
                hint="Drafts are not edited by hand: bring statements/ up to date from version control, or write the "
                "new words into a new version there, and make a new draft with --replace.",
            )


def left_out_before(history: History, open_draft: Release) -> tuple[str, ...]:
    """Returns the ids that stand in the last release and that an open draft leaves out.

    None for a draft that was made after another release than the last one: it says nothing of what stands now.
    """
    last = history.last_release
    if last is None or open_draft.number != last.number + 1:
        return ()
    return tuple(each.id for each in last.statements if open_draft.statement(each.id) is None)


def keep_left_out(wishes: Wishes, left_out: Sequence[str]) -> Wishes:
    """Returns the wishes for a draft that replaces one which left these ids out: they stay out unless added."""
    kept = [name for name in left_out if name not in wishes.add]
    return replace(
        wishes,
        without=tuple(dict.fromkeys([*wishes.without, *kept])),
        # They stand in the last release, so to take them in again is to leave them alone.
        add=tuple(name for name in wishes.add if name not in left_out),
    )


def newly_available(history: History, wordings: Wordings) -> tuple[str, ...]:
    """Returns the ids of statements that have files and do not stand in the last release."""
    last = history.last_release
    standing = {statement.id for statement in last.statements} if last else set()
    return tuple(sorted(set(wordings) - standing))


def _newest(name: str, history: History, wordings: Wordings) -> Statement:
    versions = wordings.get(name)
    signed = history.standing.highest_version(name)
    if not versions:
        raise RefusedError(
            f"there is no file statements/{name}/v{signed or 1}.txt",
            hint=_about_lost_file(name, history) if signed else "Write it.",
        )
    version = max(versions)
    if version < signed:
        raise RefusedError(
            f"statements/{name}/v{version}.txt is older than version {signed}, which was signed",
            hint="Bring the newer file back from your version control.",
        )
    return Statement(name, version, versions[version])


def _about_lost_file(name: str, history: History) -> str:
    told = "Bring it back from version control (its words stand in log/ too)."
    last = history.last_release
    if last is not None and last.statement(name) is not None:
        told += f" To leave it out, with --without {name}, is to withdraw it: watchers are alarmed."
    return told


def _check_correction(last: Release | None, period: date, wishes: Wishes) -> None:
    published = last is not None and last.period == period
    if published and last is not None and not wishes.correction and not wishes.final:
        due = f" The next window opens on {last.next.opens}." if last.next else ""
        raise RefusedError(
            f"release {last.number} is already published for the window that opened on {period}",
            hint=f"To replace it within this window, add --correction.{due}",
        )
    if wishes.correction and not published:
        raise RefusedError("there is nothing to correct: no release is published for this window")


def _check_reads_back(release: Release) -> None:
    """Checks what no single wish can show: the length, attachments of one name."""
    try:
        if parse_release(release.render()) != release:
            raise MalformedError("it does not read as it was drafted")
    except MalformedError as error:
        raise error.within("the new release") from error


def _named_file(name: str, version: int, check: Callable[[str], None], words: str) -> None:
    try:
        check(words)
    except MalformedError as error:
        raise error.within(f"statements/{name}/v{version}.txt") from error
