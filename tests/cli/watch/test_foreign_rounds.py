"""Canaries in other formats in rounds: what stands, what is told, and what is kept of a look that failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.watch import spreading
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.spreading import Spread
from canary.core.dating.anchor_bitcoin import parse_bitcoin
from canary.core.judging.findings import Code, Status
from canary.core.watching.followed import Followed
from canary.core.watching.watched import Watched
from canary.flows.watch.rounds import Looked
from canary.formats.foreign.pinned_json import pin_of
from scripts.public_values import CARRIED_BLOCK
from tests.foreign_series import FIXED, IN_GIT, NUMBERED, STATEMENTS, ForeignSeries, SignifySeal
from tests.git_repository import GitRepository
from tests.loopback import Loopback, answer, says
from tests.simulator import noon
from tests.watch_desk import WatchDesk

ROOT = Path(__file__).parents[3]


class ForeignDesk(WatchDesk):
    """A watcher that follows one canary in another format, called `ours`, on the same server as the native one."""

    series = ForeignSeries(SignifySeal(), NUMBERED)
    path = "canary-001-2025.txt"

    def follow(self, *, name: str = "ours", location: str | None = None) -> None:
        """Takes the canary into the list."""
        if not self.memory.exists():
            self.added()
        pinned = self.series.pinned
        followed = Followed(
            name=name,
            location=location or f"{self.server.url}/c/{self.path}",
            pin=pin_of(pinned),
            tags=(),
            every=timedelta(hours=6),
            added_at=self.now,
            format=pinned.format,
        )
        with self.store() as store:
            store.add(Watched(followed, self.now), None, pinned)

    def publish(self, number: int, day: str | date, statements: tuple[str, ...] = STATEMENTS) -> None:
        """Puts an edition beside the native canary."""
        files = self.series.edition(number, day, statements)
        self.files |= {f"/c/{name}": body for name, body in files.items()}

    def status(self) -> str | None:
        status = self.row("ours")["status"]
        assert status is None or isinstance(status, str)
        return status

    def codes(self) -> set[Code]:
        with self.store() as store:
            row = store.find("ours")
        assert row
        assert row.believed
        return {each.code for each in row.believed.findings}


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[ForeignDesk]:
    with ForeignDesk(tmp_path) as desk:
        desk.publish(1, "2025-02-01")
        desk.follow()
        desk.watch("run")
        yield desk


def test_a_year_of_a_canary_that_is_late_once(ours: ForeignDesk) -> None:
    """Monthly editions; the seventh comes only after it has gone stale."""
    issued = [*(date(2025, month, 1) for month in range(2, 8)), date(2025, 9, 20)]
    issued += [date(2025, 10, 15), date(2025, 11, 12), date(2025, 12, 10)]
    day = date(2025, 2, 3)
    stood: list[tuple[str, str | None]] = []
    number = 1
    while day <= date(2025, 12, 20):
        while number < len(issued) and issued[number] <= day:
            number += 1
            ours.publish(number, issued[number - 1])
        ours.watch("run", at=day.isoformat())
        newest = issued[number - 1]
        due = newest + timedelta(days=31)
        expected = "OK"
        if day > due + timedelta(days=14):
            expected = "EXPIRED"
        elif day > due:
            expected = "OVERDUE"
        elif day >= due - timedelta(days=7):
            expected = "DUE"
        status = ours.status()
        assert status == expected, day
        if not stood or stood[-1][1] != status:
            stood.append((day.isoformat(), status))
        day += timedelta(days=3)
    assert [status for _, status in stood if status not in ("OK", "DUE")] == ["OVERDUE", "EXPIRED"]
    with ours.store() as store:
        told = [each.after for each in reversed(store.transitions("ours", limit=1_000))]
        state = store.foreign_state("ours")
    assert told.count(Status.EXPIRED) == told.count(Status.OVERDUE) == 1
    assert state
    assert [each.number for each in state.editions] == list(range(1, len(issued) + 1))
    assert state.sticky == ()


def test_a_withdrawal_stays_until_it_is_acknowledged(ours: ForeignDesk) -> None:
    assert ours.status() == "OK"
    ours.publish(2, "2025-03-01", STATEMENTS[:1])
    assert ours.watch("run", at="2025-03-02").code == 2
    assert ours.status() == "WITHDRAWN"
    ours.publish(3, "2025-03-10")
    ours.watch("run", at="2025-03-11")
    assert ours.status() == "WITHDRAWN", "a later edition with the statement does not take it back"
    ran = ours.watch("ack", "ours", "--note", "asked them")
    assert ran.code == 0, ran.said
    assert ours.row("ours")["acknowledged"]
    ours.watch("run", at="2025-03-12")
    ours.publish(4, "2025-03-12", STATEMENTS[1:])
    ours.watch("run", at="2025-03-13")
    assert ours.status() == "WITHDRAWN"


def test_a_failure_is_believed_when_it_has_lasted_and_what_was_seen_is_kept(ours: ForeignDesk) -> None:
    ours.server.faults["/c/canary-001-2025.txt.sig"] = says(answer(503, b"<html>Maintenance</html>", {"Server": "x"}))
    at = noon("2025-02-04")
    for minutes in (0, 13, 45):
        assert ours.status() == "OK"
        ours.watch("run", at=at + timedelta(minutes=minutes))
    assert ours.status() == "UNREACHABLE"
    with ours.store() as store:
        newest = store.sightings("ours")[0]
    assert newest.what == f"{ours.server.url}/c/canary-001-2025.txt.sig"
    assert (newest.http_status, newest.body) == (503, b"<html>Maintenance</html>")
    del ours.server.faults["/c/canary-001-2025.txt.sig"]
    ours.watch("run", at=at + timedelta(hours=7))
    assert ours.status() == "OK"


def test_the_page_of_a_host_is_kept_that_stood_in_the_place_of_a_text(ours: ForeignDesk) -> None:
    ours.files["/c/canary-001-2025.txt"] = b"<html>Please log in</html>"
    ours.watch("run", at="2025-02-04")
    with ours.store() as store:
        (seen,) = store.sightings("ours")
    assert (seen.http_status, seen.body) == (200, b"<html>Please log in</html>")
    assert "a web page, and no edition" in seen.error


def test_what_is_missing_is_kept_with_the_answer_for_the_edition_itself(ours: ForeignDesk) -> None:
    ours.server.faults["/c/canary-001-2025.txt"] = says(answer(410, b"gone for good"))
    ours.watch("run", at="2025-02-04")
    assert ours.status() == "OK", "three tries over half an hour"
    with ours.store() as store:
        (seen,) = store.sightings("ours")
    assert (seen.what.removeprefix(ours.server.url), seen.http_status) == ("/c/canary-001-2025.txt", 410)
    for minutes in (13, 45):
        ours.watch("run", at=noon("2025-02-04") + timedelta(minutes=minutes))
    assert ours.status() == "MISSING"


def test_a_look_that_finds_nothing_new_writes_no_state(ours: ForeignDesk) -> None:
    def stored() -> bytes:
        with sqlite3.connect(ours.memory) as db:
            query = "SELECT state FROM states JOIN canaries ON id = canary WHERE name = 'ours'"
            return bytes(db.execute(query).fetchone()[0])

    before = stored()
    ours.watch("run", at="2025-02-04")
    assert stored() == before
    with ours.store() as store:
        state, row = store.foreign_state("ours"), store.find("ours")
    assert row
    assert state
    assert state.high_water == row.checked_at == noon("2025-02-04")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pinned SET pinned = x'7b7d'",
        "UPDATE pinned SET pinned = 'text'",
        "DELETE FROM pinned",
        "UPDATE canaries SET pin = substr(pin, 2) || '0' WHERE name = 'ours'",
        "UPDATE canaries SET format = 'page' WHERE name = 'ours'",
        "UPDATE states SET state = x'7b7d' WHERE canary = (SELECT id FROM canaries WHERE name = 'ours')",
    ],
)
def test_what_is_damaged_of_one_canary_makes_it_unknown_and_nothing_else(ours: ForeignDesk, change: str) -> None:
    with sqlite3.connect(ours.memory) as db:
        assert db.execute(change).rowcount == 1
    ours.watch("run", at="2025-02-04")
    assert ours.status() == "UNKNOWN"
    assert ours.row("acme")["status"] == "OK"


def test_removing_a_canary_removes_what_is_pinned(ours: ForeignDesk) -> None:
    assert ours.watch("remove", "ours", "--yes").code == 0
    with sqlite3.connect(ours.memory) as db:
        assert db.execute("SELECT count(*) FROM pinned").fetchone() == (0,)


def test_a_location_can_be_changed_to_a_mirror(ours: ForeignDesk) -> None:
    mirror = {path.replace("/c/", "/mirror/"): body for path, body in ours.files.items() if path.startswith("/c/")}
    with Loopback(mirror) as other:
        assert ours.watch("change", "ours", "--location", f"{other.url}/mirror/{ours.path}").code == 0
        ours.watch("run", at="2025-02-04")
        assert ours.status() == "OK"
        assert ours.codes() == ours.codes()
        assert other.asked[0].target == f"/mirror/{ours.path}"


def test_a_repository_is_kept_beside_the_memory(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "theirs")
    with ForeignDesk(tmp_path) as desk:
        desk.series = ForeignSeries(SignifySeal(), IN_GIT)
        repository.commit(dict(desk.series.edition(1, "2025-02-01")), "canaries")
        desk.follow(location=f"git+{repository.url}")
        desk.watch("run")
        assert desk.status() == "OK"
        assert [each.name for each in desk.memory.parent.glob("*.repositories/*") if each.is_dir()]
        repository.commit(dict(desk.series.edition(2, "2025-02-04", STATEMENTS[:1])), "canaries")
        desk.watch("run", at="2025-02-05")
        assert desk.status() == "WITHDRAWN"
        desk.follow(name="twin", location=f"git+{repository.url}#canaries/")
        desk.watch("remove", "ours", "--yes")
        assert list(desk.memory.parent.glob("*.repositories/*")), "another canary lies in it"
        desk.watch("remove", "twin", "--yes")
        assert not list(desk.memory.parent.glob("*.repositories/*"))


def test_a_block_that_the_watcher_s_own_headers_have_bounds_an_edition(tmp_path: Path) -> None:
    quoting = '\n[[freshness]]\nkind = "bitcoin"\nquoting = "hashes"\n\n[series]'
    block = parse_bitcoin(CARRIED_BLOCK.value)
    headers = tmp_path / "headers.txt"
    headers.write_text(f"{CARRIED_BLOCK.value}\n")
    with ForeignDesk(tmp_path, f'bitcoin_headers = "{headers}"\n') as desk:
        desk.series = ForeignSeries(SignifySeal(), NUMBERED.replace("\n[series]", quoting))
        desk.publish(1, "2025-02-01", (*STATEMENTS, f"The newest block is {block.hash} ."))
        desk.follow()
        desk.watch("run")
        with desk.store() as store:
            row = store.find("ours")
    assert row
    assert row.believed
    assert row.believed.not_before == block.bound


def test_several_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(spreading, "_processors", lambda: 2)
    series = ForeignSeries(SignifySeal(), FIXED)
    config = tmp_path / "watch.toml"
    config.write_text(f'[watch]\nmemory = "{tmp_path / "watch.db"}"\n')
    files = {f"/{name}": body for name, body in series.edition(1, now.date(), name="canary.txt").items()}
    with ExitStack() as stack:
        server = stack.enter_context(Loopback(files))
        desk = stack.enter_context(open_desk(App(), config, make=True))
        for number in range(8):
            url = server.url.replace("127.0.0.1", "localhost") if number % 2 else server.url
            name = "canary" if number != 5 else "gone"
            followed = Followed(
                f"canary-{number}", f"{url}/{name}.txt", pin_of(series.pinned), (), timedelta(hours=6), now
            )
            row = Watched(replace(followed, format=series.pinned.format), now)
            desk.store.add(row, None, series.pinned)
        alone = _looks(desk)
        monkeypatch.setattr(spreading, "LOOKS_A_PROCESS", 2)
        spread = _looks(desk)
    assert spread.keys() == alone.keys()
    for name, found in spread.items():
        assert found.verdict.status is alone[name].verdict.status
        assert found.verdict.edition == alone[name].verdict.edition
        assert (found.state is None) is (alone[name].state is None)
    assert [name for name, found in spread.items() if found.verdict.status is not Status.OK] == ["canary-5"]


def _looks(desk: Desk) -> dict[str, Looked]:
    with Spread(desk, trust_clock=False) as spread:
        return {each.watched.followed.name: each for each in spread(desk.store.watched())}
