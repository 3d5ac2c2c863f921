"""The replay of a log: entry after entry, each judged by the newest roster before it and by no other.

`History` takes bytes and keeps only what holds. The publisher asks it before anything is published, the watcher after
everything is fetched; so both keep the same rules. What breaks a rule is found under its code; the first one decides,
in this order.

For every entry:

- its `canary` is that of entry 1 (OTHER-CANARY);
- `entry` counts from 1, and `previous` is the hash of the text before it, whichever its kind, so the quorum signs the
  order of everything (CHAIN-BROKEN);
- `issued` is not before that of the entry before it (ISSUED-BACKWARDS);
- no final release came before it (AFTER-FINAL).

For a roster:

- `roster` is one more than in the roster before it; 1 in the first (NUMBER-GAP);
- a signer's name that any earlier roster had carries the same key as there; a new key needs a new name (BAD-ROTATION);
- the signatures of its signers and of those in the roster before it, each key once, fit into one entry as in
  `canary.core.documents.roster` (BAD-ROTATION);
- if its `start` or `cadence` differs from that of the roster before it, and there is a newest release and it is not
  final: `start` is after the `period` of that release, and not after the opening day of its `next` (BAD-SCHEDULE).
  Window and grace may change at any time.

For a release:

- there is a roster before it: entry 1 is a roster (CHAIN-BROKEN);
- `release` is one more than in the release before it; 1 in the first (NUMBER-GAP);
- `period`, `next` and `expires` are as `canary.core.documents.schedule` has them for its `issued` (BAD-SCHEDULE); in a
  final release only `period` is;
- a statement with an id and version that any earlier release had has the same words as there (FORGED);
- a statement has no lower version than the newest release with that id (VERSION-DOWN).

Then the signatures (`canary.core.signed.tally`):

- a release has the threshold of the roster before it;
- roster 1 has a signature of every signer in it, whatever its threshold;
- a later roster has three at once: its own threshold of its own signers, the threshold of the roster before it of that
  one's signers, and a signature of every signer of its own whose name or key is not in the roster before it.

A wrong signature of any of these signers is BAD-SIGNATURE. If there is none, then count by count: NOT-CHECKED if it is
not met, and what could not be checked could have met it; BELOW-THRESHOLD if it is not met otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from canary.core.documents.release import Release
from canary.core.documents.roster import Roster, check_signatures_fit, material
from canary.core.documents.schedule import Schedule
from canary.core.judging.findings import Code
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing
from canary.core.signed.entry import Entry, Text, parse_entry
from canary.core.signed.outcome import OpenPGPVerifier
from canary.core.signed.tally import SignatureChecker, Tally
from canary.core.text.times import format_time
from canary.errors import CanaryError, IntegrityError, MalformedError

_KEPT_PARSED = 256
"""Entries at the end of a log that are kept as they were parsed, not only as bytes: all of them in most logs."""


class RejectedError(IntegrityError):
    """An entry that does not hold.

    Attributes:
        code: which rule it breaks.
        entry: the number it should have had in the log.
    """

    def __init__(self, code: Code, what: str, *, entry: int) -> None:
        super().__init__(f"entry {entry}: {what}")
        self.code = code
        self.entry = entry
        if code is Code.NOT_CHECKED:
            # Not a word against the entry: the tool could not do its work.
            self.exit_code = CanaryError.exit_code


class History:
    """What a log says, as far as it holds. `append` changes it only if the entry is admitted.

    Attributes:
        admitted: the entries that hold, in order.
        standing: what they leave behind for the next one.
    """

    __slots__ = ("admitted", "standing")

    def __init__(self) -> None:
        self.admitted: list[Admitted] = []
        self.standing = Standing()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return (self.admitted, self.standing) == (other.admitted, other.standing)

    __hash__ = None  # type: ignore[assignment]  # it grows

    @classmethod
    def resume(cls, admitted: Iterable[Admitted], standing: Standing) -> History:
        """Returns the history of entries that were admitted before, none of which is read for that.

        Args:
            admitted: the entries.
            standing: their summary, as `standing` was once they had been admitted.
        """
        history = cls()
        history.admitted = list(admitted)
        history.standing = standing.copy()
        return history

    @property
    def roster(self) -> Roster | None:
        """The newest roster; None while the log is empty."""
        return self.admitted[-1].roster if self.admitted else None

    @property
    def last(self) -> Entry | None:
        """The newest entry."""
        return self.admitted[-1].entry if self.admitted else None

    @property
    def last_release(self) -> Release | None:
        """The newest release."""
        content = self.newest.entry.content if self.newest is not None else None
        return content if isinstance(content, Release) else None

    @property
    def newest(self) -> Admitted | None:
        """The entry of the newest release."""
        number = self.standing.release
        return None if number is None else self.admitted[number - 1]

    @property
    def next_entry(self) -> int:
        """The number that the next entry must have."""
        return len(self.admitted) + 1

    def copy(self) -> History:
        """Returns a history that can grow without this one growing."""
        return History.resume(self.admitted, self.standing)

    def releases(self) -> list[Release]:
        """Returns every release, oldest first."""
        return list(self.releases_back())[::-1]

    def releases_back(self, entry: int | None = None) -> Iterator[Release]:
        """Returns the releases, newest first; an entry that nobody gets to is not read.

        Args:
            entry: the entry to begin at; None for the newest.
        """
        rosters = set(self.standing.rosters)
        for number in range(entry or self.standing.release or 0, 0, -1):
            if number not in rosters:
                content = self.admitted[number - 1].entry.content
                if isinstance(content, Release):
                    yield content

    def rosters_from(self, entry: int) -> list[Roster]:
        """Returns the roster in force at an entry, and those after it, oldest first."""
        first = self.standing.roster_before(entry + 1) or 1
        return [self.admitted[number - 1].roster for number in self.standing.rosters if number >= first]

    def append(self, data: bytes, verifier: OpenPGPVerifier) -> Admitted:
        """Admits one more entry.

        Args:
            data: its bytes.
            verifier: the port to OpenPGP.

        Returns:
            The entry with its signatures.

        Raises:
            RejectedError: it breaks a rule (code NOT_CHECKED: it could not be checked).
            NewerFormatError: it is of a later format.
        """
        try:
            entry = parse_entry(data)
        except MalformedError as error:
            raise RejectedError(Code.MALFORMED, error.what, entry=self.next_entry) from error
        return self.append_entry(entry, verifier)

    def append_entry(self, entry: Entry, verifier: OpenPGPVerifier) -> Admitted:
        """Admits one more entry that is parsed already.

        Raises:
            RejectedError: it breaks a rule (code NOT_CHECKED: it could not be checked).
        """
        self.check(entry.content)
        tally = self._tally(entry, SignatureChecker(entry, verifier))
        return self._admit(entry, tally)

    def append_verified(self, entry: Entry, tally: Tally) -> Admitted:
        """Admits an entry whose signatures were checked before.

        Raises:
            RejectedError: it breaks a rule, its signatures aside.
        """
        self.check(entry.content)
        return self._admit(entry, tally)

    def check(self, content: Text) -> None:
        """Checks a text against everything before it, its signatures aside.

        Raises:
            RejectedError: the rule that it breaks.
        """
        self._check_chain(content)
        if isinstance(content, Roster):
            self._check_roster(content)
        else:
            self._check_release(content)

    def requirements(self, entry: Entry, verifier: OpenPGPVerifier) -> list[tuple[str, Tally]]:
        """Returns every tally that `entry`, whose text holds, has to meet, each with the words that say whose."""
        return [(whose, tally) for tally, whose in self._tallies(entry, SignatureChecker(entry, verifier))]

    def _reject(self, code: Code, what: str) -> RejectedError:
        return RejectedError(code, what, entry=self.next_entry)

    def _check_chain(self, content: Text) -> None:
        last = self.last
        if last is not None and content.canary != last.content.canary:
            raise self._reject(Code.OTHER_CANARY, f"it belongs to {content.canary}, not {last.content.canary}")
        if content.entry != self.next_entry:
            raise self._reject(Code.CHAIN_BROKEN, f"it calls itself entry {content.entry}")
        if content.previous != (last.text_hash if last else None):
            raise self._reject(Code.CHAIN_BROKEN, "its 'previous' is not the hash of the text before it")
        if last is not None and content.issued < last.content.issued:
            before = format_time(last.content.issued)
            raise self._reject(
                Code.ISSUED_BACKWARDS,
                f"issued {format_time(content.issued)}, before the entry before it ({before})",
            )
        release = self.last_release
        if release is not None and release.final:
            raise self._reject(Code.AFTER_FINAL, f"it follows release {release.number}, which was the last")

    def _check_roster(self, roster: Roster) -> None:
        before = self.roster
        expected = before.number + 1 if before else 1
        if roster.number != expected:
            raise self._reject(Code.NUMBER_GAP, f"it calls itself roster {roster.number} instead of {expected}")
        for signer in roster.signers:
            if self.standing.keys.get(signer.name, material(signer.key)) != material(signer.key):
                raise self._reject(
                    Code.BAD_ROTATION,
                    f"the signer {signer.name} had another key before; a new key needs a new name",
                )
        if before is None:
            return
        everyone = {signer.key.name: signer for signer in (*before.signers, *roster.signers)}
        try:
            check_signatures_fit(everyone.values())
        except MalformedError as error:
            raise self._reject(Code.BAD_ROTATION, error.rule) from error
        self._check_grid(before, roster)

    def _check_grid(self, before: Roster, roster: Roster) -> None:
        release = self.last_release
        if release is None or release.next is None or roster.schedule.same_grid(before.schedule):
            return
        if not release.period < roster.schedule.start <= release.next.opens:
            raise self._reject(
                Code.BAD_SCHEDULE,
                f"its new grid starts on {roster.schedule.start}, and must start after {release.period} and no "
                f"later than {release.next.opens}",
            )

    def _check_release(self, release: Release) -> None:
        roster = self.roster
        if roster is None:
            raise self._reject(Code.CHAIN_BROKEN, "a log begins with roster 1")
        before = self.last_release
        expected = before.number + 1 if before else 1
        if release.number != expected:
            raise self._reject(Code.NUMBER_GAP, f"it calls itself release {release.number} instead of {expected}")
        fault = schedule_fault(release, roster.schedule)
        if fault:
            raise self._reject(Code.BAD_SCHEDULE, fault)
        for statement in release.statements:
            if self.standing.contradicts(statement):
                raise self._reject(Code.FORGED, f"{statement.label} was signed before with other words")
            highest = self.standing.highest_version(statement.id)
            if statement.version < highest:
                raise self._reject(Code.VERSION_DOWN, f"{statement.label} goes back behind version {highest}")

    def _tallies(self, entry: Entry, checker: SignatureChecker) -> list[tuple[Tally, str]]:
        content, before = entry.content, self.roster
        if isinstance(content, Release):
            return [(checker.tally(before.signers, before.threshold), "")] if before else []
        if before is None:
            return [(checker.tally(content.signers, len(content.signers)), "every signer of roster 1 must sign: ")]
        known = {(signer.name, material(signer.key)) for signer in before.signers}
        newcomers = [each for each in content.signers if (each.name, material(each.key)) not in known]
        return [
            (checker.tally(content.signers, content.threshold), "of the new roster: "),
            (checker.tally(before.signers, before.threshold), "of the old roster: "),
            (checker.tally(newcomers, len(newcomers)), "of the keys that are new: "),
        ]

    def _tally(self, entry: Entry, checker: SignatureChecker) -> Tally:
        tallies = self._tallies(entry, checker)
        for tally, _ in tallies:
            if tally.bad:
                names = ", ".join(each.name for each in tally.bad)
                raise self._reject(Code.BAD_SIGNATURE, f"not over this text, or not by the key it names: {names}")
        for tally, whose in tallies:
            if tally.undecided:
                raise self._reject(Code.NOT_CHECKED, f"not everything could be checked: {tally.describe()}")
            if not tally.met:
                raise self._reject(Code.BELOW_THRESHOLD, f"{whose}{tally.describe()}")
        return _together([tally for tally, _ in tallies])

    def _admit(self, entry: Entry, tally: Tally) -> Admitted:
        in_force = None
        if not isinstance(entry.content, Roster):
            if not self.standing.rosters:
                raise self._reject(Code.CHAIN_BROKEN, "a log begins with roster 1")
            in_force = self.admitted[self.standing.rosters[-1] - 1]
        before = self.admitted[-1] if self.admitted else None
        if before is not None and before.tally == tally:
            tally = before.tally  # the same people sign year after year; their names need not be kept as often
        admitted = Admitted(entry.data, tally, in_force, entry)
        self.standing.take(entry.content, tally, self.last_release)
        self.admitted.append(admitted)
        if len(self.admitted) > _KEPT_PARSED:
            self.admitted[-_KEPT_PARSED - 1].forget()
        return admitted


def _together(tallies: Sequence[Tally]) -> Tally:
    """Returns the first tally, with the signers that only the others know."""
    first = tallies[0]
    checked = {each.name: each for tally in reversed(tallies) for each in tally.checked}
    named = [each.name for each in first.checked]
    only_others = [each for name, each in checked.items() if name not in named]
    return Tally(first.threshold, (*first.checked, *only_others), first.missing)


def schedule_fault(release: Release, schedule: Schedule) -> str | None:
    """Returns how a release's own dates differ from those that its roster's schedule gives; None if they agree."""
    period = schedule.newest_opened(release.issued.date())
    if period is None:
        return f"issued before the first window opens on {schedule.start}"
    if release.period != period:
        return f"its period is {release.period} instead of {period}"
    following = schedule.following(period)
    if release.next is not None and release.next != following:
        return (
            f"its next window is {release.next.opens}/{release.next.last} instead of {following.opens}/{following.last}"
        )
    if release.expires is not None and release.expires != schedule.expiry(following):
        return f"it expires {format_time(release.expires)} instead of {format_time(schedule.expiry(following))}"
    return None


def replay(entries: Sequence[bytes], verifier: OpenPGPVerifier) -> History:
    """Returns the history of a whole log.

    Raises:
        RejectedError: an entry does not hold.
        NewerFormatError: an entry is of a later format.
    """
    history = History()
    for data in entries:
        history.append(data, verifier)
    return history
