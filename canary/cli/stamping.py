"""Timestamp authorities, as the commands `publish` and `timestamp` ask them and tell of them."""

from __future__ import annotations

from canary.cli.session import Session
from canary.core.evidence import EvidenceOutcome
from canary.flows.issue.stamping import Stamped, Stamping


def stamping_of(session: Session, *, seconds: float) -> Stamping | None:
    """Returns what asking takes; None where `canary.toml` names no authority.

    Args:
        session: the command at work.
        seconds: what asking all of them may take.
    """
    authorities = session.config.timestamps.authorities
    if not authorities:
        return None
    # Imported here, because they are slow to import, and many a workspace asks nobody.
    from canary.edges.tsa import Authorities  # noqa: PLC0415
    from canary.edges.tsa_roots import read_roots  # noqa: PLC0415
    from canary.formats.rfc3161 import TokenChecker  # noqa: PLC0415

    return Stamping(
        drawer=session.workspace.timestamps,
        authorities=authorities,
        ask=Authorities(seconds=seconds),
        check=TokenChecker(read_roots),
        now=None if session.app.past else session.app.clock(),
    )


def failures(stamped: Stamped) -> list[str]:
    """Returns a line for each authority that gave nothing."""
    return [f"No timestamp of {each.authority}: {each.why}." for each in stamped.failures]


def unlisted(stamped: Stamped) -> list[str]:
    """Returns a line for each authority whose root no watcher has without adding it."""
    found = {
        each.wanted.authority: each.checked for each in stamped.kept if each.checked.outcome is EvidenceOutcome.CLAIMED
    }
    return [
        f"Watchers need --tsa-root for the timestamp of {authority}: {checked.words}."
        for authority, checked in found.items()
    ]
