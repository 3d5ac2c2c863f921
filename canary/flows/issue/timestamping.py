"""Timestamps of both kinds over entries: tokens of RFC 3161 authorities, and OpenTimestamps proofs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from canary.core.signed.entry import Entry
from canary.flows.issue.failures import Failure
from canary.flows.issue.proving import Proved, Proving, missing_proofs, prove
from canary.flows.issue.stamping import Stamped, Stamping, missing_tokens, stamp


class Timestamped(msgspec.Struct, frozen=True):
    """What asking came to.

    Attributes:
        tokens: what the authorities gave.
        proofs: what the calendars gave.
        missing_before: how many timestamps are missing over earlier entries, for which nobody was asked.
    """

    tokens: Stamped
    proofs: Proved
    missing_before: int = 0

    @property
    def fetched(self) -> int:
        """How many timestamps came."""
        return len(self.tokens.kept) + self.proofs.completed

    @property
    def changed(self) -> bool:
        """Whether something was written that belongs on the site."""
        return bool(self.tokens.kept or self.proofs.completed or self.proofs.promised)

    @property
    def missing(self) -> int:
        """How many timestamps are missing over the entries for which somebody was asked."""
        return self.tokens.missing + self.proofs.missing

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Who gave nothing, and files that are no timestamps."""
        return self.tokens.failures + self.proofs.failures


class Timestamping(msgspec.Struct, frozen=True):
    """What asking takes.

    Attributes:
        tokens: what asking authorities takes; None where none is named.
        proofs: what asking calendars takes; None where none is named.
    """

    tokens: Stamping | None
    proofs: Proving | None

    def ask(self, entries: Sequence[Entry], *, before: Sequence[Entry] = ()) -> Timestamped:
        """Asks for the timestamps that are missing over some entries, and keeps those that are sound.

        Args:
            entries: the entries, in the order of the log.
            before: entries for which nobody is asked now, and what is missing is counted.

        Raises:
            WorkspaceError: what is kept cannot be read, or something cannot be written. What was kept before stays.
        """
        tokens, proofs = self.tokens, self.proofs
        return Timestamped(
            stamp(tokens, entries) if tokens else Stamped((), (), 0),
            prove(proofs, entries) if proofs else Proved(),
            (len(missing_tokens(tokens, before)) if tokens else 0) + (missing_proofs(proofs, before) if proofs else 0),
        )
