"""Which editions of one look are accepted: step 3 of the judging of a foreign canary (`canary.core.foreign.judge`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from enum import Enum, auto

import msgspec
from msgspec.structs import replace

from canary.core.foreign.changes import Base, statement_findings
from canary.core.foreign.edition import Edition, Signed
from canary.core.foreign.observation import SeenEditions
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.profile import Profile
from canary.core.foreign.promise import promise_of
from canary.core.foreign.read import From, Read
from canary.core.foreign.reading import read_edition
from canary.core.foreign.splices import find_splices, remember
from canary.core.foreign.state import ForeignState, KeptEdition, KeptFile
from canary.core.foreign.support import lacking_findings, support_of, why_lacking
from canary.core.foreign.told import told
from canary.core.foreign.unproved import panic_findings, with_quotes
from canary.core.judging.findings import Code, Finding
from canary.core.judging.state import with_more
from canary.core.text.strict import digest, hash_field
from canary.core.text.times import format_time
from canary.limits import (
    BETWEEN_UPLOADS,
    DATE_TOLERANCE,
    FOREIGN_EDITIONS,
    FOREIGN_PROOF_BYTES,
    FUTURE_TOLERANCE,
    ROLLBACK_AFTER,
)

_NOON = time(12)
_SHOWN_DIGITS = 12


class _Taken(Enum):
    """What became of an edition."""

    ACCEPTED = auto()
    OLDER = auto()
    UNPROVED = auto()
    UNCHECKED = auto()
    REJECTED = auto()


class _Seen(msgspec.Struct, frozen=True):
    """One edition of the look, read.

    Attributes:
        edition: the edition.
        read: what was read in it.
        line: what would be kept of it.
    """

    edition: Edition
    read: Read
    line: KeptEdition


class Accepting:
    """Takes the editions of one look.

    Args:
        state: what is kept.
        pinned: whose signatures count.
        profile: how editions are read.
        now: the watcher's clock, aware.

    Attributes:
        state: what is kept after it.
        findings: what was found.
    """

    def __init__(self, state: ForeignState, pinned: Pinned, profile: Profile, now: datetime) -> None:
        self.state = state
        self.findings: list[Finding] = []
        self._pinned = pinned
        self._profile = profile
        self._now = now
        self._signed = pinned.format is not Format.PAGE
        self._is_unproved = False
        self._is_stale = False

    def take(self, seen: SeenEditions) -> None:
        """Takes what a look brought back; call it once."""
        all_taken = True
        doubted: list[Finding] = []
        for edition in seen.editions:
            taken, found = self._take_one(edition, seen)
            if taken is _Taken.ACCEPTED:
                # What is not proved of an edition weighs nothing once another one has followed it.
                self.findings += [replace(each, remark=True) for each in doubted]
                doubted = []
            (doubted if taken in (_Taken.UNPROVED, _Taken.UNCHECKED) else self.findings).extend(found)
            self._is_unproved = taken is _Taken.UNPROVED or (self._is_unproved and taken is not _Taken.ACCEPTED)
            all_taken = all_taken and taken in (_Taken.ACCEPTED, _Taken.OLDER)
        self.findings += doubted
        self._look_for_older_names(seen)
        self._note_times(seen)
        if all_taken and not self._is_stale:
            self.state = replace(self.state, files=seen.files)

    # --- one edition ---------------------------------------------------------------------------------------

    def _take_one(self, edition: Edition, look: SeenEditions) -> tuple[_Taken, list[Finding]]:
        seen, serves = self._read(edition), look.serves
        support = support_of(edition, self._pinned, self._now, seen.read.issued_in_text)
        self._look_for_panic(edition)
        if not support.enough:
            if support.undecided:
                return _Taken.UNCHECKED, [told(Code.NOT_CHECKED, why_lacking(edition, support))]
            if self._is_passed(seen, serves):
                return _Taken.OLDER, [replace(each, remark=True) for each in lacking_findings(edition, support)]
            bad = bool(support.bad) and not self._is_between_uploads(seen.line, support.bad, look.files)
            patience = BETWEEN_UPLOADS if support.bad else ROLLBACK_AFTER
            if bad or self.state.newest is None or self._has_lasted(self.state.unproved_since, patience):
                return _Taken.UNPROVED, lacking_findings(edition, support)
            return _Taken.UNPROVED, [told(Code.INCONSISTENT, why_lacking(edition, support))]
        if self._is_other_page(seen):
            message = f"{edition.name} has none of the pinned sentences; it may be another page"
            return _Taken.UNPROVED, [told(Code.NOT_A_CANARY, message)]
        return self._take_supported(seen, serves)

    def _take_supported(self, seen: _Seen, serves: str) -> tuple[_Taken, list[Finding]]:
        edition, line = seen.edition, seen.line
        if self._is_future(seen.read):
            message = f"{edition.name} says that it was issued {format_time(seen.read.issued or self._now)}, after now"
            return _Taken.REJECTED, [told(Code.FUTURE_ISSUED, message)]
        before = self.state.editions[-1] if self.state.editions else None
        if before is not None and (_is_older(line, before) or self._is_replayed(line, before)):
            return _Taken.OLDER, self._older(seen, serves)
        splices = find_splices(self.state.fields, edition.fields)
        if splices:
            found = [
                told(
                    Code.SPLICED,
                    f"{edition.name} was put together from several documents: "
                    + "; ".join(f"{each.field}: {each.kind} ({each.before:%Y-%m-%d})" for each in splices),
                    sticky=True,
                )
            ]
            self._stick(found)
            return _Taken.REJECTED, found
        found = []
        same = self._known(line)
        if same is not None and same.text_sha256 != line.text_sha256 and self._signed:
            found.append(self._edited(seen, same))
        elif before is not None and before.number is not None and (line.number or 0) > before.number + 1:
            found.append(_gap(before, line))
            self._stick(found)
        self._accept(seen, same)
        return _Taken.ACCEPTED, found

    def _look_for_panic(self, edition: Edition) -> None:
        """Tells that the panic key was used. Nothing that follows takes it back."""
        found = panic_findings(edition)
        self._stick(found)
        self.findings += found

    def _older(self, seen: _Seen, serves: str) -> list[Finding]:
        """Takes an edition that is older than the newest: an old copy, or an old text that was edited."""
        found: list[Finding] = []
        same = self._known(seen.line)
        if same is not None and same.text_sha256 != seen.line.text_sha256 and self._signed:
            found.append(self._edited(seen, same))
            lines = tuple(seen.line if each is same else each for each in self.state.editions)
            self.state = replace(self.state, editions=lines)
        if serves in ("", seen.edition.name):
            found.append(self._stale(f"{seen.edition.name} is older than the newest edition that was seen"))
        return found

    def _accept(self, seen: _Seen, same: KeptEdition | None) -> None:
        edition, read = seen.edition, seen.read
        base = Base(self.state.acknowledged, self.state.added)
        if self._signed:
            self._stick(statement_findings(base, read.statements, sticky=True))
        state, quotes = self.state, self.state.quotes
        if same is not None:
            # An edition that was edited may quote what it quoted before.
            quotes = tuple(
                replace(each, edition=seen.line.text_sha256) if each.edition == same.text_sha256 else each
                for each in quotes
            )
        self.state = replace(
            state,
            newest=edition,
            quotes=with_quotes(quotes, edition, read.quotes),
            fields=remember(state.fields, edition.fields) if edition.fields else state.fields,
            added=base.with_more(read.statements).added,
            promise=promise_of(read, self._profile, self._now) or state.promise,
        )
        self._keep_line(seen.line, same)

    def _is_passed(self, seen: _Seen, serves: str) -> bool:
        """Tells whether a series only still holds an edition that newer ones have followed, and it is no edited one."""
        before = self.state.editions[-1] if self.state.editions else None
        if before is None or serves in ("", seen.edition.name) or not _is_older(seen.line, before):
            return False
        same = self._known(seen.line)
        return same is None or same.text_sha256 == seen.line.text_sha256

    # --- what is so ----------------------------------------------------------------------------------------

    def _read(self, edition: Edition) -> _Seen:
        read = read_edition(edition, self._profile, Base(self.state.acknowledged, self.state.added).known)
        until = read.period[1] if read.period else None
        text = digest(edition.text.encode())
        line = KeptEdition(edition.name, text, read.number, read.issued, self._now, until, read.named)
        return _Seen(edition, read, line)

    def _is_between_uploads(self, line: KeptEdition, bad: Iterable[Signed], files: Iterable[KeptFile]) -> bool:
        """Tells whether a text is newer by its own account, and the bad signatures are those of the one before."""
        if not self.state.editions or not _is_older(self.state.editions[-1], line):
            return False
        known = {(each.path, each.sha256) for each in self.state.files if each.sha256 is not None}
        left_over = {_name(each) for each in files if (each.path, each.sha256) in known}
        return all(each.file in left_over for each in bad)

    def _is_other_page(self, seen: _Seen) -> bool:
        """Tells whether a page has no pinned sentence any more, and for less than a day."""
        newest, known = self.state.newest, self.state.acknowledged
        if self._signed or newest is None or not known or seen.read.statements:
            return False
        had = read_edition(newest, self._profile, known).statements
        return bool(had) and not self._has_lasted(self.state.unproved_since)

    def _is_replayed(self, line: KeptEdition, before: KeptEdition) -> bool:
        """Tells whether a text that was accepted before came back, and nothing that is signed makes it newer."""
        if line.issued is not None and line.issued != before.issued:
            return False
        if line.named and before.number is not None and (line.number or 0) > before.number:
            return any(each.text_sha256 == line.text_sha256 for each in self.state.editions)
        followed = any(each.text_sha256 == line.text_sha256 for each in self.state.editions[:-1])
        return self._signed and _is_dateless(line) and followed and line.text_sha256 != before.text_sha256

    def _is_future(self, read: Read) -> bool:
        if read.issued is None:
            return False
        # A day without a time is read as its noon.
        a_day = read.issued_from is From.TEXT and read.issued.time() == _NOON
        return read.issued > self._now + (DATE_TOLERANCE if a_day else FUTURE_TOLERANCE)

    def _has_lasted(self, since: datetime | None, patience: timedelta = ROLLBACK_AFTER) -> bool:
        return since is not None and self._now - since >= patience

    def _known(self, line: KeptEdition) -> KeptEdition | None:
        """Returns the line of the same edition; None where there is none."""
        return next((each for each in reversed(self.state.editions) if _is_same(each, line)), None)

    # --- what stays ----------------------------------------------------------------------------------------

    def _edited(self, seen: _Seen, before: KeptEdition) -> Finding:
        newest = self.state.newest
        texts = [seen.edition.text.encode()]
        if newest is not None and digest(newest.text.encode()) == before.text_sha256:
            texts.insert(0, newest.text.encode())
        proof = tuple(each for each in texts if len(each) <= FOREIGN_PROOF_BYTES)
        old, new = (hash_field(each[:_SHOWN_DIGITS]) for each in (before.text_sha256, seen.line.text_sha256))
        message = f"the text of {seen.edition.name} was edited after it was published ({old}… became {new}…)"
        found = told(Code.EDITED, message, sticky=True)
        self._stick([found], proof)
        return found

    def _stale(self, why: str) -> Finding:
        self._is_stale = True
        since = self.state.stale_since
        if self._has_lasted(since) and since is not None:
            return told(Code.ROLLBACK, f"{why}, and has been served since {format_time(since)}")
        return told(Code.STALE_COPY, why)

    def _look_for_older_names(self, seen: SeenEditions) -> None:
        """Tells where the newest name that is served is an older edition's."""
        newest = self.state.newest
        known = any(each.name == seen.serves for each in self.state.editions)
        if not self._is_stale and newest is not None and known and seen.serves != newest.name:
            message = f"the newest edition that is served is {seen.serves}, and {newest.name} was seen before"
            self.findings.append(self._stale(message))

    def _note_times(self, seen: SeenEditions) -> None:
        state = self.state
        unproved = (state.unproved_since or self._now) if self._is_unproved else None
        stale = (state.stale_since or self._now) if self._is_stale else None
        if seen.beyond:
            # A look that did not come to its end denies nothing.
            unproved, stale = unproved or state.unproved_since, stale or state.stale_since
        self.state = replace(state, unproved_since=unproved, stale_since=stale)

    def _stick(self, found: Iterable[Finding], proof: tuple[bytes, ...] = ()) -> None:
        kept = with_more(list(self.state.sticky), found, now=self._now, proof=proof)
        self.state = replace(self.state, sticky=tuple(kept))

    def _keep_line(self, line: KeptEdition, same: KeptEdition | None) -> None:
        lines = self.state.editions
        if same is not None:
            unchanged = same.text_sha256 == line.text_sha256
            lines = (*(each for each in lines if each is not same), same if unchanged else line)
        elif not self._signed and lines and _is_dateless(lines[-1]) and _is_dateless(line):
            # A page without a date is edited all the time, and its lines would say nothing.
            lines = (*lines[:-1], line)
        else:
            lines = (*lines, line)
        self.state = replace(self.state, editions=lines[-FOREIGN_EDITIONS:])


def _name(file: KeptFile) -> str:
    return file.path.rpartition("/")[2]


def _gap(before: KeptEdition, after: KeptEdition) -> Finding:
    missing = (after.number or 0) - (before.number or 0) - 1
    message = (
        f"{after.name} is number {after.number}, and the one before it was {before.number}: {missing} were not seen"
    )
    return told(Code.EDITION_GAP, message, sticky=not (before.named or after.named))


def _is_older(line: KeptEdition, newest: KeptEdition) -> bool:
    dated = line.issued is not None and newest.issued is not None
    by_name = (line.named or newest.named) and dated and line.issued != newest.issued
    if not by_name and line.number is not None and newest.number is not None and line.number != newest.number:
        return line.number < newest.number
    if line.issued is not None and newest.issued is not None:
        return line.issued < newest.issued
    return line.until is not None and newest.until is not None and line.until < newest.until


def _is_same(one: KeptEdition, other: KeptEdition) -> bool:
    if one.number is not None and other.number is not None:
        return one.number == other.number
    return one.name == other.name and one.issued is not None and one.issued == other.issued


def _is_dateless(line: KeptEdition) -> bool:
    return line.number is None and line.issued is None and line.until is None
