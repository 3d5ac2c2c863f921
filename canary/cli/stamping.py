"""Timestamp authorities and calendars, as the commands `publish` and `timestamp` ask them."""

from __future__ import annotations

from canary.cli.session import Session
from canary.flows.issue.proving import Proving
from canary.flows.issue.stamping import Stamping
from canary.flows.issue.timestamping import Timestamping


def timestamping_of(session: Session, *, seconds: float) -> Timestamping | None:
    """Returns what asking takes; None where `canary.toml` names neither authority nor calendar.

    Args:
        session: the command at work.
        seconds: what asking all of them may take; where there are both kinds, each has half of it.
    """
    named = session.config.timestamps
    kinds = bool(named.authorities) + bool(named.calendars)
    if not kinds:
        return None
    return Timestamping(
        _stamping(session, seconds=seconds / kinds) if named.authorities else None,
        _proving(session, seconds=seconds / kinds) if named.calendars else None,
    )


def _stamping(session: Session, *, seconds: float) -> Stamping:
    # Imported here, because they are slow to import, and many a workspace asks nobody.
    from canary.edges.tsa import Authorities  # noqa: PLC0415
    from canary.edges.tsa_roots import read_roots  # noqa: PLC0415
    from canary.formats.rfc3161 import TokenChecker  # noqa: PLC0415

    return Stamping(
        drawer=session.workspace.timestamps,
        authorities=session.config.timestamps.authorities,
        ask=Authorities(seconds=seconds),
        check=TokenChecker(read_roots),
        now=None if session.app.past else session.app.clock(),
    )


def _proving(session: Session, *, seconds: float) -> Proving:
    # Imported here: see above.
    import secrets  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from canary.edges.calendars import CalendarClient  # noqa: PLC0415
    from canary.edges.header_services import HeaderServices  # noqa: PLC0415
    from canary.edges.web_request import request  # noqa: PLC0415
    from canary.formats.ots_proof import NONCE_BYTES  # noqa: PLC0415

    calendars = CalendarClient(request, session.config.timestamps.calendars, seconds=seconds)
    return Proving(
        drawer=session.workspace.timestamps,
        calendars=calendars,
        nonce=partial(secrets.token_bytes, NONCE_BYTES),
        headers=HeaderServices(session.config.anchors.chains(), left=calendars.left, outside=session.workspace.root),
        now=session.app.clock(),
    )
