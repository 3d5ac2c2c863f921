"""`canary verify --state`: following one canary over time."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from canary.cli.app import App
from canary.edges.memory.state_file import held
from canary.errors import WorkspaceError
from tests.loopback import Loopback
from tests.publisher import Publisher, Ran, command, noon, tree


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def look(location: object, state: Path | str, *arguments: object, at: str = "2026-02-10") -> Ran:
    return command(App(clock=lambda: noon(at)), "verify", location, "--state", state, *arguments)


def status_of(ran: Ran) -> str:
    return ran.out.partition(":")[0]


# --- what is kept ---------------------------------------------------------------------------------------


def test_the_state_is_written_for_its_owner_alone(published: Publisher, state: Path) -> None:
    assert look(published.public, state, "--pin", published.pin).code == 0
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    lock = state.with_name(f".{state.name}.lock")
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    assert {each for each in state.parent.iterdir() if each != published.folder} == {state, lock}
    document = json.loads(state.read_bytes())
    assert f"sha256:{document['pin']}" == published.pin
    assert (document["canary"], document["first_use"], len(document["entries"])) == ("example.net/canary", False, 2)


def test_with_a_state_the_pin_need_not_be_given_again(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    ran = look(published.public, state)
    assert (status_of(ran), ran.code) == ("OK", 0)


def test_without_a_pin_nothing_is_kept(published: Publisher, state: Path) -> None:
    ran = look(published.public, state)
    assert (status_of(ran), ran.code) == ("UNKNOWN", 3)
    assert not state.exists()


def test_a_look_that_brings_nothing_back_begins_no_state(published: Publisher, state: Path, tmp_path: Path) -> None:
    assert look(tmp_path / "nowhere", state, "--pin", published.pin).code == 3
    assert not state.exists()


def test_what_did_not_hold_begins_no_state(published: Publisher, state: Path) -> None:
    assert look(published.public, state, "--pin", f"sha256:{'0' * 64}").code == 2
    assert not state.exists()


def test_an_unchanged_canary_costs_one_conditional_request(published: Publisher, state: Path) -> None:
    with Loopback(published.public.resolve()) as server:
        assert look(server.url, state, "--pin", published.pin).code == 0
        first = len(server.asked)
        assert first >= 3
        ran = look(server.url, state, at="2026-02-11")
        assert (status_of(ran), ran.code) == ("OK", 0)
        asked, *evidence = server.asked[first:]
        assert asked.target == "/checkpoint"
        assert "if-none-match" in asked.headers
        # As long as no timestamp bounds the newest release, it is asked whether one has come.
        assert [each.target.rpartition("/")[2] for each in evidence] == ["0.tsr", "0.ots"]
        # Unchanged is not fresh for ever.
        assert look(server.url, state, at="2026-06-10").code == 2


def test_the_next_release_is_followed(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    published.on("2026-05-02").release()
    ran = look(published.public, state, at="2026-05-03")
    assert (status_of(ran), ran.code) == ("OK", 0)
    assert len(json.loads(state.read_bytes())["entries"]) == 3


# --- trust on first use ---------------------------------------------------------------------------------


def test_trust_on_first_use_is_shown_ever_after(published: Publisher, state: Path) -> None:
    for arguments in (("--trust-first-use",), (), ("--trust-first-use",)):
        ran = look(published.public, state, *arguments)
        assert (status_of(ran), ran.code) == ("OK", 0)
        assert "TRUSTED-FIRST-USE" in ran.out
        assert f"roster 1 was trusted as it was first seen: {published.pin}" in ran.said.replace("Roster 1", "roster 1")


def test_the_same_pin_from_elsewhere_confirms_the_first_use(published: Publisher, state: Path) -> None:
    look(published.public, state, "--trust-first-use")
    for arguments in (("--pin", published.pin), ()):
        ran = look(published.public, state, *arguments)
        assert (ran.code, "TRUSTED-FIRST-USE" in ran.out) == (0, False)


def test_a_first_look_that_fails_is_not_trusted(published: Publisher, state: Path) -> None:
    front = published.public / "canary.txt"
    front.write_bytes(front.read_bytes().replace(b"never handed", b"hardly handed"))
    assert look(published.public, state, "--trust-first-use").code != 0
    assert not state.exists()


# --- acknowledging --------------------------------------------------------------------------------------


def test_a_withdrawal_stays_until_a_person_acknowledges_it(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    published.on("2026-05-02").release("--without", "taps")
    published.on("2026-05-04").release("--correction")
    for day in ("2026-05-05", "2026-05-06"):
        ran = look(published.public, state, at=day)
        assert (status_of(ran), ran.code) == ("WITHDRAWN", 2)
    ran = look(published.public, state, "--ack", at="2026-05-07")
    assert (status_of(ran), ran.code) == ("OK", 0)
    assert status_of(look(published.public, state, at="2026-05-08")) == "OK"


def test_acknowledging_is_not_done_ahead(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    published.on("2026-05-02").release("--without", "taps")
    # It acknowledges what an earlier look found; this one finds the withdrawal, and no look did before.
    assert status_of(look(published.public, state, "--ack", at="2026-05-05")) == "WITHDRAWN"
    assert status_of(look(published.public, state, "--ack", at="2026-05-06")) == "OK"


def test_a_fork_stays_though_the_honest_log_comes_back(published: Publisher, state: Path, tmp_path: Path) -> None:
    other = published.copy_to(tmp_path / "other")
    published.on("2026-05-02").release()
    other.on("2026-05-02").release("--without", "taps")
    look(published.public, state, "--pin", published.pin, at="2026-05-03")
    ran = look(other.public, state, at="2026-05-04")
    assert (status_of(ran), ran.code, "TEXT-FORK" in ran.out) == ("INVALID", 2, True)
    assert "TEXT-FORK" in look(published.public, state, at="2026-05-05").out
    assert status_of(look(published.public, state, "--ack", at="2026-05-06")) == "OK"


def test_an_older_copy_is_a_lagging_mirror_for_a_day(published: Publisher, state: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(published.public.resolve(), mirror)
    published.on("2026-05-02").release()
    look(published.public, state, "--pin", published.pin, at="2026-05-03")
    entries = json.loads(state.read_bytes())["entries"]
    ran = look(mirror, state, at="2026-05-04")
    assert (status_of(ran), ran.code, "STALE-COPY" in ran.out) == ("UNREACHABLE", 1, True)
    ran = look(mirror, state, at="2026-05-05")
    assert (status_of(ran), ran.code, "ROLLBACK" in ran.out) == ("INVALID", 2, True)
    assert json.loads(state.read_bytes())["entries"] == entries
    assert status_of(look(published.public, state, at="2026-05-06")) == "OK"


# --- what goes wrong ------------------------------------------------------------------------------------


def test_a_damaged_state_is_told_and_left_as_it_is_whatever_is_asked(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    before = state.read_bytes()[:-100]
    state.write_bytes(before)
    for form in ((), ("--pin", published.pin), ("--trust-first-use",), ("--ack",)):
        ran = look(published.public, state, *form)
        assert (ran.code, "the state is damaged" in ran.err, str(state) in ran.err) == (3, True, True)
        assert "Bring it back from a backup, or begin anew" in ran.said
    assert look(published.public, state, "--format", "nagios").out.startswith("CANARY UNKNOWN - ")
    assert state.read_bytes() == before


def test_a_state_that_cannot_be_written_is_told_instead_of_a_verdict(published: Publisher, tmp_path: Path) -> None:
    ran = look(published.public, tmp_path / "nowhere" / "state", "--pin", published.pin)
    assert (ran.code, "cannot be made: No such file" in ran.err, ran.out) == (3, True, "")
    assert not (tmp_path / "nowhere").exists()


def test_two_looks_at_once_do_not_forget_what_the_other_found(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    before = state.read_bytes()
    with held(state, seconds=1):
        ran = look(published.public, state, "--timeout", "0.2", at="2026-02-11")
    assert (ran.code, ran.out, str(state) in ran.err) == (3, "", True)
    assert state.read_bytes() == before
    assert look(published.public, state, at="2026-02-11").code == 0


def test_what_a_killed_look_left_half_written_is_cleared_away(published: Publisher, state: Path) -> None:
    (state.parent / f".{state.name}.abcdefgh.part").write_bytes(b"half a s")
    foreign = state.parent / ".other.json.abcdefgh.part"
    foreign.write_bytes(b"somebody else's")
    assert look(published.public, state, "--pin", published.pin).code == 0
    assert list(state.parent.glob(".*.part")) == [foreign]


def test_a_rest_that_cannot_be_removed_stops_no_look(
    published: Publisher, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, name: str) -> None:
        raise WorkspaceError(f"{folder / name} cannot be removed")

    monkeypatch.setattr("canary.edges.memory.state_file.sweep", refuse)
    assert look(published.public, state, "--pin", published.pin).code == 0


def test_a_folder_in_the_place_of_the_state_is_told(published: Publisher, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    before = tree(tmp_path)
    for folder in (tmp_path / "folder", ".", "/", "", "..", tmp_path / "folder" / ".."):
        ran = look(published.public, folder, "--pin", published.pin)
        assert (ran.code, "and a state is a file" in ran.said, "Traceback" in ran.err) == (3, True, False)
    assert tree(tmp_path) == before


def test_rejected_bytes_do_not_change_what_is_stored(published: Publisher, state: Path, tmp_path: Path) -> None:
    look(published.public, state, "--pin", published.pin)
    entries = json.loads(state.read_bytes())["entries"]
    published.on("2026-05-02").release()
    forged = tmp_path / "forged"
    shutil.copytree(published.public.resolve(), forged)
    bundle = forged / "tile" / "entries" / "000.p" / "3"
    bundle.write_bytes(bundle.read_bytes().replace(b"never handed", b"hardly fell."))
    for day in ("2026-05-03", "2026-05-04"):
        ran = look(forged, state, at=day)
        assert (status_of(ran), ran.code, "ROOT-MISMATCH" in ran.out) == ("INVALID", 2, True)
    assert json.loads(state.read_bytes())["entries"] == entries
    assert status_of(look(published.public, state, at="2026-05-05")) == "OK"
    assert len(json.loads(state.read_bytes())["entries"]) == 3


def test_a_clock_that_went_back_is_not_believed(published: Publisher, state: Path) -> None:
    look(published.public, state, "--pin", published.pin, at="2026-06-10")
    ran = look(published.public, state, at="2026-03-01")
    assert (status_of(ran), ran.code, "CLOCK-BACKWARDS" in ran.out) == ("UNKNOWN", 3, True)
    assert "run once with --trust-clock" in ran.said
    assert status_of(look(published.public, state, "--ack", at="2026-03-01")) == "UNKNOWN"
    ran = look(published.public, state, "--trust-clock", at="2026-03-01")
    assert (status_of(ran), ran.code) == ("OK", 0)
    assert status_of(look(published.public, state, at="2026-03-02")) == "OK"
