"""The one base class of every error that this project raises on purpose.

An error says what happened, where, and what to do about it. The command line catches `CanaryError` once, at
the top, prints both sentences and leaves with `exit_code`. A stale or forged canary is not an error: it is a
verdict (`canary.core.judging.verdict`).
"""

from __future__ import annotations


class CanaryError(Exception):
    """Something could not be done.

    Args:
        what: one sentence: what happened, and where.
        hint: one sentence: what to do next; empty when there is nothing sensible to advise.
    """

    exit_code = 3
    """The monitoring plugins' UNKNOWN: the tool could not do its work, which says nothing about a canary."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class MalformedError(CanaryError):
    """Bytes that do not follow their grammar.

    Args:
        rule: the rule that was broken, as a sentence without a full stop.
        line: the line, counted from 1; None where the fault has no single line.
        what: what was being read ("release", "checkpoint", "draft/text.txt").
    """

    def __init__(self, rule: str, *, line: int | None = None, what: str = "text", hint: str = "") -> None:
        where = what if line is None else f"{what}, line {line}"
        super().__init__(f"{where}: {rule}", hint=hint)
        self.rule = rule
        self.line = line
        self.source = what

    def within(self, what: str) -> MalformedError:
        """Returns the same fault, told of `what` (a file's name, say) instead of a general word."""
        return type(self)(self.rule, line=self.line, what=what, hint=self.hint)


class FetchError(CanaryError):
    """A look at a location that brought nothing back: network, TLS, a refusal, a bound that was passed."""


class BadAnswerError(FetchError):
    """A service that was reached, and answered with something else than it was asked for."""


class NotAskedError(FetchError):
    """A service that was not asked at all: no time was left, or it is none that may be asked."""


class GpgError(CanaryError):
    """GnuPG is missing, too old, or would not do what was asked; says nothing about a signature."""


class SigningError(CanaryError):
    """A private key that could not be opened or used: wrong passphrase, locked, expired, missing."""


class WorkspaceError(CanaryError):
    """The publisher's folder is not as it must be."""


class StoreError(CanaryError):
    """A watcher's memory that is damaged, read-only, full, or held by somebody else for too long."""


class StateError(StoreError):
    """What a watcher's memory holds of one canary's log; all else in it can be read."""


class DeliveryError(CanaryError):
    """A message that a channel did not take.

    Args:
        what: one sentence: what happened, and where; no password and no secret address in it.
        hint: one sentence: what to do next.
        temporary: whether it may be taken when it is sent again later.
    """

    def __init__(self, what: str, *, temporary: bool, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.temporary = temporary


class RefusedError(CanaryError):
    """A command that will not do as told until a person has done something else first."""

    exit_code = 1


class IntegrityError(CanaryError):
    """What was to be published would raise an alarm at every watcher."""

    exit_code = 2
