"""Timestamp authorities and calendars, as the commands `publish` and `timestamp` ask them."""

from __future__ import annotations

from pathlib import Path

from canary.cli.session import Session
from canary.edges.disk.files import check_inside
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
    from canary.edges.times.tsa import Authorities  # noqa: PLC0415
    from canary.edges.times.tsa_roots import read_roots  # noqa: PLC0415
    from canary.formats.times.rfc3161 import TokenChecker  # noqa: PLC0415

    shipped = TokenChecker(read_roots)
    own = _root_files(session)
    # Read at once, so that a file that is not there is told of before anybody is asked.
    trusted = read_roots(own) if own else ()
    return Stamping(
        drawer=session.workspace.timestamps,
        authorities=session.config.timestamps.authorities,
        ask=Authorities(seconds=seconds),
        check=shipped,
        trust=TokenChecker(lambda: trusted) if own else shipped,
        now=None if session.app.past else session.app.clock(),
    )


def _root_files(session: Session) -> list[Path]:
    """Returns the files of roots that `canary.toml` names; raises WorkspaceError where one's link leads out."""
    root = session.workspace.root
    named = session.config.timestamps.roots
    for each in named:
        if not Path(each).is_absolute():
            check_inside(root, root / each)
    return [root / each for each in named]


def _proving(session: Session, *, seconds: float) -> Proving:
    # Imported here: see above.
    import secrets  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from canary.edges.times.calendars import CalendarClient  # noqa: PLC0415
    from canary.edges.times.header_services import HeaderServices  # noqa: PLC0415
    from canary.edges.web.web_request import request  # noqa: PLC0415
    from canary.formats.times.ots_proof import NONCE_BYTES  # noqa: PLC0415

    calendars = CalendarClient(request, session.config.timestamps.calendars, seconds=seconds)
    return Proving(
        drawer=session.workspace.timestamps,
        calendars=calendars,
        nonce=partial(secrets.token_bytes, NONCE_BYTES),
        headers=HeaderServices(session.config.anchors.chains(), left=calendars.left, outside=session.workspace.root),
        now=session.app.clock(),
    )
