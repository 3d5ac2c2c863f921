"""Which profile fits an edition, when somebody begins to follow its canary: a proposal, for a person to judge.

Each profile reads the edition, and what it found is counted: a date of issue in the text, or else in the signatures; a
promise, or a period; an end; a number; statements; what proves freshness. What it looked for in vain counts against it.
A profile that looks for statements of its own and finds none does not fit, nor one that leaves them to a person and
finds no date in the text; `page` and `signed` fit all the same. `page` is for pages alone, `signed` for all
that is signed, `canarytail` for that format and the only one for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from canary.core.foreign.edition import Edition
from canary.core.foreign.pinned import Format, PinnedStatement
from canary.core.foreign.profile import Profile, StatementKind
from canary.core.foreign.read import From, Read
from canary.core.foreign.reading import read_edition

PAGE_PROFILE = "page"
"""The profile that any page can be read with."""

SIGNED_PROFILE = "signed"
"""The profile that any signed text can be read with."""

_CANARYTAIL_PROFILE = "canarytail"


class Candidate(msgspec.Struct, frozen=True):
    """A profile that may fit.

    Attributes:
        name: the name of one that ships, or the path of a file.
        text: its bytes, decoded.
        profile: the same, parsed.
    """

    name: str
    text: str
    profile: Profile

    @property
    def is_chosen(self) -> bool:
        """Whether a person chooses the statements."""
        return self.profile.statements.kind is StatementKind.PINNED


class Fit(msgspec.Struct, frozen=True):
    """What a profile made of an edition.

    Attributes:
        candidate: the profile.
        read: what it read.
        points: how well it fits; more is better.
    """

    candidate: Candidate
    read: Read
    points: int


def fits(
    edition: Edition, candidates: Iterable[Candidate], format_: Format, proposed: Sequence[PinnedStatement] = ()
) -> tuple[Fit, ...]:
    """Returns the profiles that fit an edition, the best first; of those that fit alike the first by name.

    Args:
        edition: the edition.
        candidates: the profiles that ship, or some of them.
        format_: how the edition is signed.
        proposed: the sentences that a person can choose, for the profiles that leave the statements to a person.
    """
    found = [fit_of(edition, each, proposed) for each in candidates if _is_for(each.name, format_)]
    return tuple(sorted(filter(_says_something, found), key=lambda each: (-each.points, each.candidate.name)))


def fit_of(edition: Edition, candidate: Candidate, proposed: Sequence[PinnedStatement] = ()) -> Fit:
    """Returns what one profile makes of an edition; `proposed` as `fits` has it."""
    read = read_edition(edition, candidate.profile, tuple(proposed) if candidate.is_chosen else ())
    by_text = read.issued is not None and read.issued_from is From.TEXT
    promised = read.due is not None and read.due_from is From.TEXT
    points = 2 * by_text + (read.issued is not None) + 2 * promised + 2 * (read.period is not None)
    own_statements = bool(read.statements) and not candidate.is_chosen
    points += (read.expires is not None) + (read.number is not None) + 2 * own_statements + bool(read.quotes)
    return Fit(candidate, read, points - len(read.missing))


def _says_something(fit: Fit) -> bool:
    """Tells whether a profile found what its texts have; the general ones fit whatever they find."""
    if not fit.candidate.is_chosen:
        return bool(fit.read.statements)
    dated = fit.read.issued is not None and fit.read.issued_from is From.TEXT
    return dated or fit.candidate.name in (PAGE_PROFILE, SIGNED_PROFILE)


def _is_for(name: str, format_: Format) -> bool:
    if format_ is Format.CANARYTAIL or name == _CANARYTAIL_PROFILE:
        return name == _CANARYTAIL_PROFILE and format_ is Format.CANARYTAIL
    return name != (SIGNED_PROFILE if format_ is Format.PAGE else PAGE_PROFILE)
