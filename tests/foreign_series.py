"""A publisher of a canary in a format that is not ours: numbered texts, signed by signify or by real gpg.

acme = ForeignSeries(SignifySeal())
files = acme.edition(1, "2026-01-05")      # the text and its signature, by name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from canary.core.foreign.judge import ForeignQuestion
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.state import ForeignState
from canary.formats.foreign.openpgp_checks import Answer, Question
from canary.formats.foreign.pinned_json import pin_of
from canary.formats.foreign.readers import reader_of
from canary.formats.settings.foreign_profile import parse_profile
from tests.signify_signer import SignifySigner

STATEMENTS = (
    "We have never handed our keys to anyone.",
    "We have never been compelled to change our software.",
)
TEMPLATE = "canary-{n:03}-{year}.txt"


def profile_text(series: str) -> str:
    """Returns a profile for what `ForeignSeries` writes: monthly, a week to publish in, two weeks of grace."""
    return f"""
about = "made by tests"

[issued]
from = ["text"]
text = ["Issued on {{date}}."]

[next]
text = ["The next one comes by {{date}}."]
interval = "1 month"
lead = "7 days"
grace = "14 days"

[statements]
kind = "numbered"
begins = ["Statements"]
ends = ["End"]

[series]
{series}
"""


FIXED = profile_text('kind = "fixed"')
NUMBERED = profile_text(f'kind = "template"\nname = "{TEMPLATE}"')
INDEXED = profile_text(f'kind = "index"\nname = "{TEMPLATE}"')
IN_GIT = profile_text(f'kind = "git"\nname = "{TEMPLATE}"\nfolder = "canaries"')


class Unasked:
    """Stands for gpg where it must not be asked anything."""

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        raise AssertionError((len(certificates), len(questions)))

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        raise AssertionError(len(data))


class Seal(Protocol):
    """Signs what a series publishes."""

    format: Format
    ending: str

    def sign(self, text: bytes, at: datetime) -> bytes:
        """Returns a detached signature."""

    def signer(self) -> PinnedSigner:
        """Returns the key."""


class SignifySeal:
    """Signs as signify does, without any other program."""

    format = Format.SIGNIFY
    ending = ".sig"

    def __init__(self, seed: int = 1) -> None:
        self._signer = SignifySigner.make(seed)

    def sign(self, text: bytes, at: datetime) -> bytes:  # noqa: ARG002  # the protocol's
        return self._signer.detached(text)

    def signer(self) -> PinnedSigner:
        return self._signer.pinned_signer()


class ForeignSeries:
    """One publisher.

    Args:
        seal: signs.
        profile: what is pinned as the profile.
    """

    def __init__(self, seal: Seal, profile: str = FIXED) -> None:
        self.seal = seal
        self.pinned = Pinned(
            format=seal.format,
            profile="tests",
            profile_text=profile,
            signers=(seal.signer(),),
            threshold=1,
            statements=tuple(PinnedStatement(str(n), words) for n, words in enumerate(STATEMENTS, 1)),
        )

    def text(self, number: int, day: str | date, statements: Sequence[str] = STATEMENTS, note: str = "") -> bytes:
        """Returns an edition's text."""
        issued = date.fromisoformat(day) if isinstance(day, str) else day
        numbered = "\n".join(f"{n}. {words}" for n, words in enumerate(statements, 1))
        return (
            f"Canary {number}\n\nIssued on {issued}.\n\nStatements\n\n{numbered}\n\nEnd\n\n"
            f"The next one comes by {issued + timedelta(days=31)}.\n{note}"
        ).encode()

    def edition(
        self,
        number: int,
        day: str | date,
        statements: Sequence[str] = STATEMENTS,
        *,
        name: str | None = None,
        note: str = "",
    ) -> dict[str, bytes]:
        """Returns an edition's files, by name."""
        issued = date.fromisoformat(day) if isinstance(day, str) else day
        text = self.text(number, issued, statements, note)
        called = name or f"canary-{number:03}-{issued.year}.txt"
        at = datetime(issued.year, issued.month, issued.day, 12, tzinfo=UTC)
        return {called: text, called + self.seal.ending: self.seal.sign(text, at)}

    def question(self, now: datetime, state: ForeignState | None = None) -> ForeignQuestion:
        """Returns what a look is judged by."""
        profile = parse_profile(self.pinned.profile_text.encode(), what="tests")
        return ForeignQuestion(now, self.pinned, pin_of(self.pinned), first_use=False, profile=profile, state=state)

    def reader(self) -> FormatReader:
        """Returns the reader of the format; gpg must not be needed."""
        return reader_of(self.seal.format, Unasked())
