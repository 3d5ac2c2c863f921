"""A watcher of one foreign canary without a host, a store or gpg: editions go in as they would be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.judge import ForeignQuestion, acknowledged, judge_foreign
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.state import ForeignState, KeptFile
from canary.core.judging.findings import Code
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.formats.foreign.pinned_json import parse_pinned, pin_of, render_pinned
from canary.formats.foreign.state_json import parse_foreign_state, render_foreign_state
from canary.formats.settings.foreign_profile import parse_profile

PROFILE = """\
about = "texts of this test"

[issued]
from = ["text", "signature"]
text = ["Issued {date}."]

[next]
text = ["The next one comes in the {window}."]
interval = "30 days"
lead = "7 days"
grace = "10 days"

[expires]
text = ["It ends {date}."]

[number]
text = ["Canary {number}"]

[statements]
kind = "numbered"
ends = ["--"]

[[freshness]]
kind = "bitcoin"
quoting = "hashes"

[series]
kind = "fixed"
"""

WORDS = ("We have never handed over a key.", "We have never changed a log.")
SIGNERS = ("legal", "security", "board")
HASH = "00000000" + "ab" * 28
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def text(
    number: int | None, issued: str = "", following: str = "", words: Sequence[str] = WORDS, more: str = ""
) -> str:
    """Returns an edition's text; empty values are left out."""
    lines = [
        f"Canary {number}" if number else "",
        f"Issued {issued}." if issued else "",
        f"The next one comes in the {following}." if following else "",
        *(f"{place}. {each}" for place, each in enumerate(words, 1)),
    ]
    return "\n".join([*filter(None, lines), "--", more])


def edition(
    words: str,
    *signers: str,
    name: str = "canary.txt",
    outcome: Outcome = Outcome.GOOD,
    at: datetime | None = None,
    remarks: tuple[tuple[Remark, str], ...] = (),
    others: tuple[Signed, ...] = (),
    **changed: Any,  # noqa: ANN401  any attribute of an edition
) -> Edition:
    """Returns an edition that some have signed, all with one outcome, and others in another way."""
    signatures = tuple(Signed(each, "", outcome, at, file=f"{name}.sig.{each}") for each in signers)
    return Edition(name, digest(words.encode()), words, (*signatures, *others), remarks, **changed)


def pinned(threshold: int = 2, words: Sequence[str] = WORDS, **changed: Any) -> Pinned:  # noqa: ANN401  as above
    """Returns what is pinned of a canary of three signers."""
    made: dict[str, Any] = {
        "format": Format.DETACHED,
        "profile": "test",
        "profile_text": PROFILE,
        "signers": tuple(PinnedSigner(each, digest(each.encode())[:40]) for each in SIGNERS),
        "threshold": threshold,
        "statements": tuple(PinnedStatement(str(place), each) for place, each in enumerate(words, 1)),
    }
    return Pinned(**(made | changed))


class Watch:
    """One canary that is followed.

    Args:
        of: what is pinned.
        now: when it begins.
        options: what else a question has.

    Attributes:
        now: the clock; move it.
        state: what is kept, as it came back from its bytes.
    """

    def __init__(self, of: Pinned | None = None, *, now: datetime = NEW_YEAR, **options: Any) -> None:  # noqa: ANN401
        self.pinned = parse_pinned(render_pinned(of or pinned()))
        self.profile = parse_profile(self.pinned.profile_text.encode(), what="test")
        self.now = now
        self.state: ForeignState | None = None
        self._options = options

    def look(self, *editions: Edition, serves: str = "", beyond: str = "") -> Verdict:
        """Returns the verdict on a look that brought editions; none: everything is as it was."""
        kept = self.state.files if self.state else ()
        files = tuple(KeptFile(each.name, each.sha256, None) for each in editions) or kept
        return self.see(SeenEditions(editions, files, serves, beyond))

    def see(self, seen: ForeignObservation) -> Verdict:
        """Returns the verdict on what a look brought back."""
        options = {"first_use": False, "state": self.state} | self._options
        question = ForeignQuestion(
            now=self.now, pinned=self.pinned, pin=pin_of(self.pinned), profile=self.profile, **options
        )
        judged = judge_foreign(seen, question)
        self.state = parse_foreign_state(render_foreign_state(judged.state)) if judged.state else None
        assert self.state == judged.state
        return judged.verdict

    def acknowledge(self) -> None:
        """A person reads what was found."""
        assert self.state is not None
        self.state = acknowledged(self.state, self.profile)


def codes(verdict: Verdict, *, weighing: bool = True) -> list[Code]:
    """Returns the codes that were found, in order; with `weighing` without notices and remarks."""
    return [each.code for each in verdict.findings if not weighing or each.severity != "notice"]
