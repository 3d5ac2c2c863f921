"""What a watcher remembers, as samples: canaries of a list, verdicts, looks and alerts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from canary.core.foreign.pinned import Format
from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.state import State
from canary.core.judging.verdict import Subject, Verdict
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.core.watching.alerts import Alert, AlertKind, Delivery, alert_id
from canary.core.watching.followed import Followed
from canary.core.watching.recorded import Recorded
from canary.core.watching.watched import Acknowledged, Check, Sighting, Suspicion, Telling, Transition, Watched
from canary.edges.memory.watch_store import open_watch_store

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SUBJECT = Subject(
    release=4,
    entry=7,
    text_sha256="4" * 64,
    period=date(2026, 11, 1),
    issued=NOW - 20 * DAY,
    next=(date(2027, 2, 1), date(2027, 2, 14)),
    expires=datetime(2027, 3, 1, tzinfo=UTC),
    signers=("legal", "security"),
    threshold=2,
    roster_signers=3,
    statements=("encryption-keys@v2", "network-taps@v1", "informants@v1"),
    claimed_times=(("security", NOW - 20 * DAY),),
)
OK = Verdict(
    judged_at=NOW,
    findings=(
        Finding(Code.SIGNED_BETWEEN, "signed between 2026-11-03 and 2026-11-04", 7),
        Finding(Code.ADDED, "informants v1 was added", 4, remark=True, found=NOW - DAY),
    ),
    canary="example.net/canary",
    organisation="Beispiel — “GmbH”",
    fingerprint="1" * 64,
    pin="1" * 64,
    log_size=7,
    subject=SUBJECT,
    not_before=NOW - 21 * DAY,
    not_after=NOW - 20 * DAY,
)
WITHDRAWN = replace(
    OK, findings=(Finding(Code.WITHDRAWN, "network-taps v1 is gone", 7, sticky=True), *OK.findings), organisation=None
)
UNREACHABLE = Verdict(NOW, (Finding(Code.UNREACHABLE, "connection refused"),), pin="1" * 64)
STATE = State(
    canary="example.net/canary",
    pin="1" * 64,
    first_use=False,
    entries=(Admitted(b"entry\x00\xff\n", Tally(1, (CheckedSignature("legal", Outcome.GOOD),), ()), None),),
    standing=Standing(rosters=[1], keys={"legal": b"\x00\xff"}),
    checkpoint=b"checkpoint\n",
    etag='"1"',
    acknowledged=1,
    high_water=NOW.replace(microsecond=0) + timedelta(seconds=1),
)


def followed(name: str = "one", *, tags: tuple[str, ...] = ()) -> Followed:
    """Returns a canary of the list."""
    return Followed(
        name=name,
        location=f"https://{name}.example/canary/",
        pin="1" * 64,
        tags=tags,
        every=timedelta(hours=6),
        added_at=NOW - 30 * DAY,
    )


def fresh(name: str = "one", *, tags: tuple[str, ...] = (), next_at: datetime = NOW) -> Watched:
    """Returns a canary that nobody has looked at yet."""
    return Watched(followed(name, tags=tags), next_at)


def looked_at(watched: Watched, verdict: Verdict = OK, *, at: datetime = NOW) -> Watched:
    """Returns a canary after a look that is believed."""
    return replace(
        watched,
        next_at=at + watched.followed.every,
        believed=verdict,
        status=verdict.status,
        status_since=at,
        checked_at=at,
        succeeded_at=at,
        took=0.25,
        checks=watched.checks + 1,
    )


FULL = replace(
    looked_at(Watched(replace(followed("full", tags=("vpn", "eu.west")), pin=None, first_use=True), NOW), WITHDRAWN),
    followed=Followed(
        name="full",
        location="http://127.0.0.1:8000/",
        pin=None,
        tags=("vpn", "eu.west"),
        every=timedelta(minutes=90),
        added_at=NOW - DAY,
        proxy="socks5h://127.0.0.1:9050",
        allow_http=True,
        ca_file="/etc/ca.pem",
        first_use=True,
        format=Format.SIGNIFY,
    ),
    suspicion=Suspicion(NOW - HOUR, 2, UNREACHABLE),
    acknowledged=Acknowledged(Status.WITHDRAWN, NOW - HOUR, "read, asked them — “no answer”\n"),
    telling=Telling(
        told=Status.WITHDRAWN,
        reminded_at=NOW,
        good=1,
        changed_at=(NOW - DAY, NOW),
        ahead_of=SUBJECT.expires,
        ahead=(14, 7),
    ),
    muted_until=NOW + 7 * DAY,
    alerts=3,
)
"""Every field of it is set."""


def check(*, at: datetime = NOW, status: Status = Status.OK, detail: str = "") -> Check:
    """Returns a look."""
    return Check(at, status, 0.25, detail)


def sighting(*, at: datetime = NOW, body: bytes = b"<html>") -> Sighting:
    """Returns what was seen at a failed look."""
    return Sighting(at, "checkpoint", "", 503, (("Server", "x"), ("Retry-After", "60")), body, b"\x30\x00")


def alert(name: str = "one", *, kind: AlertKind = AlertKind.CHANGE, at: datetime = NOW, occasion: str = "1") -> Alert:
    """Returns an alert that has everything."""
    return Alert(
        id=alert_id(kind, name, occasion, NOW - 30 * DAY),
        kind=kind,
        at=at,
        name=name,
        tags=("vpn",),
        location="https://one.example/canary/",
        before=Status.OK,
        after=Status.WITHDRAWN,
        since=at,
        verdict=WITHDRAWN,
        words="network-taps v1 is gone",
    )


def deliveries(of: Alert, *channels: str, due_at: datetime | None = None) -> tuple[Delivery, ...]:
    """Returns an alert's deliveries through these channels."""
    return tuple(Delivery(of, each, due_at or of.at) for each in channels)


def everything(watched: Watched, *, at: datetime = NOW, occasion: str = "1") -> Recorded:
    """Returns a look that leaves something of every kind."""
    told = alert(watched.followed.name, at=at, occasion=occasion)
    return Recorded(
        looked_at(watched, WITHDRAWN, at=at),
        state=STATE,
        check=check(at=at, status=Status.WITHDRAWN, detail="network-taps v1 is gone"),
        sighting=sighting(at=at),
        transition=Transition(at, watched.status, Status.WITHDRAWN, WITHDRAWN),
        alerts=((told, deliveries(told, "mail", "hook")),),
    )


def filled(path: Path) -> Path:
    """Makes a memory of one canary with its state and history, and a note; returns its path."""
    with open_watch_store(path) as store:
        store.add(fresh(), STATE)
        store.record([everything(fresh())])
        store.set_note("key", "value")
    return path
