"""An entry of a log that holds, with its signatures as they were found.

A watcher keeps every entry for ever and needs the words of few of them again: an entry that comes out of a stored state
is parsed when it is first asked for, so following a canary does not cost more with every year.
"""

from __future__ import annotations

from canary.core.documents.roster import Roster
from canary.core.signed.entry import Entry, NewerFormatError, parse_entry
from canary.core.signed.tally import Tally
from canary.errors import MalformedError


class Admitted:
    """An entry that holds.

    Args:
        data: the whole entry, the leaf of the log.
        tally: its signatures, by the roster that judges it; for a roster by itself, with the signatures of those
            who are only in the roster before it.
        in_force: the entry of the roster in force after it; None for a roster, which is that itself.
        entry: the same bytes, parsed, where that is done already.
    """

    __slots__ = ("_entry", "_in_force", "data", "tally")

    def __init__(self, data: bytes, tally: Tally, in_force: Admitted | None, entry: Entry | None = None) -> None:
        self.data = data
        self.tally = tally
        self._in_force = in_force
        self._entry = entry

    @property
    def entry(self) -> Entry:
        """The entry, parsed.

        Raises:
            MalformedError: it is none, so it cannot have been admitted: the stored state is damaged.
        """
        if self._entry is None:
            try:
                self._entry = parse_entry(self.data)
            except (MalformedError, NewerFormatError) as error:
                raise _damaged() from error
        return self._entry

    def forget(self) -> None:
        """Gives back the memory of what was parsed, except of a roster, which many entries are judged by."""
        if self._in_force is not None:
            self._entry = None

    @property
    def roster(self) -> Roster:
        """The roster in force after it.

        Raises:
            MalformedError: the stored state is damaged.
        """
        content = (self if self._in_force is None else self._in_force).entry.content
        if not isinstance(content, Roster):
            raise _damaged()
        return content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Admitted):
            return NotImplemented
        return (self.data, self.tally) == (other.data, other.tally)

    def __hash__(self) -> int:
        return hash(self.data)

    def __reduce__(self) -> tuple[type[Admitted], tuple[bytes, Tally, Admitted | None]]:
        return Admitted, (self.data, self.tally, self._in_force)

    def __repr__(self) -> str:
        return f"Admitted({self.data!r}, {self.tally!r})"


def _damaged() -> MalformedError:
    return MalformedError(
        "the stored log is damaged: it holds an entry that was never admitted",
        what="state",
        hint="Bring the state back from a backup, or begin anew with the pin.",
    )
