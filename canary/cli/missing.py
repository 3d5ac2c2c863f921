"""What the commands `publish` and `timestamp` say of timestamps that did not come, and what is to be done."""

from __future__ import annotations

from collections.abc import Collection

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.text.times import format_time
from canary.edges.publishing.site_folder import PUBLIC
from canary.errors import BadAnswerError, FetchError, NotAskedError
from canary.flows.issue.config import Config
from canary.flows.issue.failures import Failure, by_reason
from canary.flows.issue.proving import Overdue
from canary.flows.issue.stamping import Stamped
from canary.flows.issue.timestamping import Timestamped
from canary.formats.times.ots_proof import INSTALL

_ASKED_AGAIN = "the next run asks again"


def counted(number: int) -> str:
    """Returns a number of timestamps in words."""
    return f"{number} timestamp{'' if number == 1 else 's'}"


def addresses(config: Config) -> list[str]:
    """Returns the addresses of everyone who is asked for timestamps."""
    return [*config.timestamps.authorities, *config.timestamps.calendars]


def reasons(done: Timestamped, asked: Collection[str]) -> list[str]:
    """Returns a line for each reason why something did not come, or does not count everywhere.

    Args:
        done: what asking came to.
        asked: the addresses of everyone in `canary.toml`.
    """
    lines = [f"No timestamp of {', '.join(each.names)}: {each.words}." for each in by_reason(done.failures, asked)]
    absent = done.proofs.not_installed
    if absent is not None:
        lines.append(f"{absent.what}. {absent.hint}")
    if done.proofs.overdue:
        lines.append(_overdue(done.proofs.overdue))
    return lines + _unlisted(done.tokens)


def next_step(done: Timestamped, asked: Collection[str], *, upload: bool) -> str:
    """Returns what a person should do about what did not come; no full stop.

    Args:
        done: what asking came to.
        asked: the address of everyone in `canary.toml`.
        upload: whether the site has changed.
    """
    steps = [f"upload {PUBLIC}/ again"] * upload
    if done.proofs.not_installed is not None:
        steps.append(INSTALL)
    if done.proofs.overdue:
        steps.append("if that stays so, move the .ots file there away, and the next run asks all calendars anew")
    failed = done.failures
    unreachable = {each.source.rstrip("/") for each in failed if _unreachable(each)}
    if failed and {each.rstrip("/") for each in asked} <= unreachable:
        steps.append(f"let this machine connect to them (a firewall, a proxy or DNS may be in the way); {_ASKED_AGAIN}")
    elif failed:
        steps.append(
            f"nothing{' else' * bool(steps)} for now, {_ASKED_AGAIN}; "
            "where the same host stands here for days, check its address in canary.toml"
        )
    elif not steps:
        steps.append(f"nothing, {_ASKED_AGAIN}")
    return "; ".join(steps)


def _unreachable(failure: Failure) -> bool:
    return isinstance(failure.error, FetchError) and not isinstance(failure.error, BadAnswerError | NotAskedError)


def _overdue(entries: tuple[Overdue, ...]) -> str:
    places = ", ".join(f"{each.folder} (entry {each.entry}, since {format_time(each.since)})" for each in entries)
    return f"Promised, and still without a Bitcoin block: {places}."


def _unlisted(stamped: Stamped) -> list[str]:
    """Returns a line for each authority whose root no watcher has without adding it."""
    found = {
        each.wanted.authority: each.checked for each in stamped.kept if each.checked.outcome is EvidenceOutcome.CLAIMED
    }
    return [
        f"Watchers need --tsa-root for the timestamp of {authority}: {checked.words}."
        for authority, checked in found.items()
    ]
