"""`canary publish` and `canary timestamp` with OpenTimestamps calendars on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from canary.core.text.strict import digest
from canary.formats.times import opentimestamps
from canary.formats.times.ots_proof import Notary, read_proof
from tests import ots_proofs as ots
from tests.authority import make_authority, pem, serving
from tests.calendar_simulator import Calendar, explorer
from tests.loopback import Fault, Loopback, answer, drip, says
from tests.publisher import Publisher, Ran, command, done, tree

NAME = "example.net/canary"
WAITING = f"{NAME}: no timestamp is missing; 2 entries wait for a Bitcoin block, which takes some hours.\n"


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with Calendar() as one:
        yield one


@pytest.fixture
def signed(drafted: Publisher, calendar: Calendar) -> Publisher:
    """Roster 1 is published without timestamps, then a calendar is named, and release 1 is signed."""
    drafted.asks(calendars=[calendar.url])
    for name in ("legal", "security"):
        done(drafted.sign(name))
    return drafted


@pytest.fixture
def cheap_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets blocks that nobody found pass for found ones."""
    monkeypatch.setattr(opentimestamps, "work_fault", lambda _: None)
    monkeypatch.setattr(opentimestamps, "without_floor", lambda _: None)


def entry_of(publisher: Publisher, number: int) -> bytes:
    return (publisher.root / "log" / f"{number:04d}.txt").read_bytes()


def folder_of(publisher: Publisher, number: int) -> Path:
    return publisher.root / "evidence" / digest(entry_of(publisher, number))


def kept(publisher: Publisher, number: int) -> dict[str, bytes]:
    """The proofs over an entry, as the workspace has them."""
    return {path.name: path.read_bytes() for path in sorted(folder_of(publisher, number).glob("*.ots"))}


def shown(publisher: Publisher, number: int) -> dict[str, bytes]:
    """The timestamps over an entry, as the site has them."""
    folder = publisher.public / "evidence" / digest(entry_of(publisher, number))
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def notaries(publisher: Publisher, number: int) -> set[Notary]:
    entry = entry_of(publisher, number)
    return {each.notary for data in kept(publisher, number).values() for each in read_proof(data, ots.sha256(entry))}


def host(calendar: Calendar) -> str:
    return calendar.url.removeprefix("http://")


def config(publisher: Publisher, text: str) -> None:
    path = publisher.root / "canary.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{text}", "utf-8")


# --- publishing -----------------------------------------------------------------------------------------


def test_the_first_site_has_the_promise(signed: Publisher, calendar: Calendar) -> None:
    ran = done(signed.publish())
    promised = f"A Bitcoin block is promised for it by {host(calendar)}: that takes hours, and 'canary timestamp' then"
    assert promised in ran.said
    assert "Timestamps still missing: 1 over earlier ones." in ran.said
    assert notaries(signed, 2) == {Notary.CALENDAR}
    assert list(kept(signed, 2)) == ["0.ots"]
    assert shown(signed, 2) == kept(signed, 2)
    assert signed.verify(at="2026-02-04").code == 0
    # What the calendar is asked for tells nothing of the entry, and is another number each time.
    (posted,) = calendar.posted
    assert posted not in (ots.sha256(entry_of(signed, 2)), ots.sha256(ots.sha256(entry_of(signed, 2)) + bytes(16)))
    site = tree(signed.public.resolve())
    done(signed.publish())
    assert tree(signed.public.resolve()) == site
    assert calendar.posted == [posted]


def test_every_stamp_has_a_nonce_of_its_own(signed: Publisher, calendar: Calendar) -> None:
    twin = signed.copy_to(signed.folder.with_name("twin"))
    for each in (signed, twin):
        done(each.publish())
    assert entry_of(signed, 2) == entry_of(twin, 2)
    assert len(set(calendar.posted)) == 2


MISBEHAVIOUR: dict[str, tuple[Fault, str]] = {
    "a reset": (lambda wire: wire.reset(), "the connection "),
    "garbage": (says(answer(200, b"<html>Welcome</html>")), "gave no promise: "),
    "a proof that rests on nothing": (says(answer(200, ots.attestation(ots.STRANGER, b"x"))), "gave no promise: "),
    "a page": (says(answer(404, b"no such page")), "answered with status 404"),
    "silence": (lambda wire: wire.hang(), "did not answer within "),
    "a byte at a time": (drip(answer(200, b"", {"Content-Length": "9000"}), every=0.02), "did not answer within "),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_calendar_that_misbehaves_is_named_and_stops_nothing(
    signed: Publisher, calendar: Calendar, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, words = MISBEHAVIOUR[name]
    monkeypatch.setattr("canary.cli.publish.STAMPING_SECONDS", 1.0)
    with Loopback() as gone:
        dead = gone.url
    with Calendar(misbehaves=fault) as bad:
        signed.asks(calendars=[dead, bad.url, calendar.url])
        ran = done(signed.publish())
    lines = [line for line in ran.out.splitlines() if line.startswith("No timestamp of ")]
    assert lines[0] == f"No timestamp of {dead.removeprefix('http://')}: connection refused."
    assert lines[1].startswith(f"No timestamp of {host(bad)}: {words}")
    assert len(lines) == 2
    assert "A Bitcoin block is promised for it" in ran.said
    assert shown(signed, 2) == kept(signed, 2)
    assert notaries(signed, 2) == {Notary.CALENDAR}


def test_where_no_calendar_answers_the_release_is_out_and_the_proof_missing(
    signed: Publisher, calendar: Calendar
) -> None:
    calendar.misbehaves = says(answer(500))
    ran = done(signed.publish())
    assert f"No timestamp of {host(calendar)}: answered with status 500." in ran.said
    assert "Timestamps still missing: 1 over this entry and 1 over earlier ones." in ran.said
    assert shown(signed, 2) == {}
    assert signed.verify(at="2026-02-04").code == 0
    ran = signed.canary("timestamp")
    assert ran.code == 1
    assert ran.out == (
        f"{NAME}: 2 timestamps still missing.\n"
        f"No timestamp of {host(calendar)}: answered with status 500.\n"
        "Next: nothing for now, the next run asks again; where the same host stands here for days, check its address "
        "in canary.toml\n"
    )
    # It was asked once, and not again for the other entry.
    assert len(calendar.posted) == 2


def test_tokens_and_proofs_share_the_time(
    signed: Publisher, calendar: Calendar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canary.cli.publish.STAMPING_SECONDS", 1.0)
    with Loopback() as server, Calendar(misbehaves=lambda wire: wire.hang()) as silent:
        server.faults["/tsa"] = lambda wire: wire.hang()
        signed.asks(authorities=[f"{server.url}/tsa"], calendars=[silent.url, calendar.url])
        ran = done(signed.publish())
        hosts = f"{server.url.removeprefix('http://')}, {host(silent)}"
        assert f"No timestamp of {hosts}: did not answer within 0.5 s." in ran.out
    assert list(shown(signed, 2)) == ["0.ots"]
    authority = make_authority(tmp_path / "authority")
    with serving(authority) as (_, _, urls):
        root = tmp_path / "root.pem"
        root.write_text(pem(authority.root), "ascii")
        signed.asks(authorities=urls, calendars=[calendar.url], roots=[root])
        ran = done(signed.canary("timestamp"))
    assert ran.out.startswith(f"{NAME}: 2 timestamps fetched; no timestamp is missing; 2 entries wait for a Bitcoin")
    for number in (1, 2):
        assert list(shown(signed, number)) == ["0.ots", "0.tsr"]


# --- later ----------------------------------------------------------------------------------------------


def test_what_was_promised_is_fetched_when_the_block_is_there(signed: Publisher, calendar: Calendar) -> None:
    done(signed.publish())
    checkpoint = (signed.public / "checkpoint").read_bytes()

    ran = done(signed.canary("timestamp"))
    assert ran.out == (
        f"{NAME}: no timestamp is missing; 2 entries wait for a Bitcoin block, which takes some hours; "
        "upload public/ again.\n"
    )
    promised = shown(signed, 2)
    assert notaries(signed, 1) == notaries(signed, 2) == {Notary.CALENDAR}
    assert shown(signed, 1) == kept(signed, 1)

    root = tree(signed.root)
    ran = done(signed.canary("timestamp"))
    assert ran.out == WAITING
    assert tree(signed.root) == root

    calendar.finds_block(900)
    ran = done(signed.canary("timestamp"))
    assert ran.out == f"{NAME}: 2 timestamps fetched; no timestamp is missing; upload public/ again.\n"
    for number in (1, 2):
        assert notaries(signed, number) == {Notary.CALENDAR, Notary.BITCOIN}
        assert list(shown(signed, number)) == ["0.ots"]
        assert shown(signed, number) == kept(signed, number)
    assert shown(signed, 2) != promised
    assert (signed.public / "checkpoint").read_bytes() == checkpoint

    root, asked = tree(signed.root), len(calendar.asked)
    assert done(signed.canary("timestamp")).out == f"{NAME}: no timestamp is missing.\n"
    assert (tree(signed.root), len(calendar.asked)) == (root, asked)


@pytest.mark.parametrize(
    ("moment", "code"), [("2026-02-04T11:59:59", 0), ("2026-02-05T11:59:59", 0), ("2026-02-05T12:00:00", 1)]
)
def test_a_promise_may_be_open_for_two_days(signed: Publisher, calendar: Calendar, moment: str, code: int) -> None:
    done(signed.publish())
    done(signed.canary("timestamp"))
    ran = signed.on(_utc(moment)).canary("timestamp")
    assert ran.code == code
    if code == 0:
        assert ran.out == WAITING
        return
    assert ran.out == (
        f"{NAME}: 2 timestamps still missing.\n"
        f"Promised, and still without a Bitcoin block: {folder_of(signed, 2).relative_to(signed.root)} "
        f"(entry 2, since 2026-02-03T12:00:00Z), {folder_of(signed, 1).relative_to(signed.root)} "
        "(entry 1, since 2026-02-03T12:00:00Z).\n"
        "Next: if that stays so, move the .ots file there away, and the next run asks all calendars anew\n"
    )
    told = done(signed.publish()).said
    assert "Timestamps still missing: 1 over this entry and 1 over earlier ones." in told
    # What it says to do helps.
    (folder_of(signed, 2) / "0.ots").unlink()
    assert "1 entry waits" in signed.canary("timestamp").out
    calendar.finds_block(900)
    done(signed.canary("timestamp"))
    assert shown(signed, 2) == kept(signed, 2)
    assert Notary.BITCOIN in notaries(signed, 2)


def test_what_was_stamped_by_hand_is_as_old_as_its_entry(signed: Publisher, calendar: Calendar) -> None:
    done(signed.publish())
    done(signed.canary("timestamp"))
    for number in (1, 2):
        (folder_of(signed, number) / "0.ots.promised").unlink()
    assert "1 timestamp still missing; 1 entry waits" in signed.canary("timestamp").out  # roster 1 is two weeks old
    (folder_of(signed, 2) / "0.ots.promised").write_text("soon\n", "utf-8")
    assert "1 timestamp still missing; 1 entry waits" in signed.canary("timestamp").out
    assert len(calendar.posted) == 2


@pytest.mark.parametrize("name", [each for each in MISBEHAVIOUR if each != "a page"])
def test_a_calendar_that_misbehaves_later_leaves_the_promise_as_it_was(
    signed: Publisher, calendar: Calendar, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canary.cli.timestamp.LATER_STAMPING_SECONDS", 1.0)
    done(signed.publish())
    done(signed.canary("timestamp"))
    root = tree(signed.root)
    fault, _ = MISBEHAVIOUR[name]
    calendar.misbehaves_later(calendar.posted[0], fault)
    ran = done(signed.canary("timestamp"))
    first, second, third = ran.out.splitlines()
    assert f"{first}\n" == WAITING
    assert second.startswith(f"No timestamp of {host(calendar)}: ")
    assert third.startswith("Next: ")
    assert tree(signed.root) == root


@pytest.mark.usefixtures("cheap_blocks")
def test_a_calendar_that_names_a_false_block_is_found_out_by_the_publishers_own_sources(
    signed: Publisher, calendar: Calendar
) -> None:
    done(signed.publish())
    done(signed.canary("timestamp"))
    promised = kept(signed, 2)
    calendar.tells(calendar.posted[0], ots.way(b"another commitment", 900).tree)
    with Loopback(explorer(ots.header(900, ots.sha256(b"the real one"), signed.now))) as server:
        config(signed, f'[anchors]\nbitcoin = ["esplora {server.url}"]\n')
        ran = done(signed.canary("timestamp"))
        assert f"No timestamp of {host(calendar)}: gave no proof: Bitcoin block 900 does not hold it." in ran.out
        assert kept(signed, 2) == promised
        calendar.finds_block(901)
        server.files = explorer(*calendar.blocks.values())
        done(signed.canary("timestamp"))
    assert notaries(signed, 2) == {Notary.CALENDAR, Notary.BITCOIN}


def test_a_second_calendar_is_followed_after_the_first_ones_block_but_not_for_ever(signed: Publisher) -> None:
    with Calendar() as first, Calendar() as second:
        signed.asks(calendars=[first.url, second.url])
        done(signed.publish())
        done(signed.canary("timestamp"))
        first.finds_block(900)
        assert "2 timestamps fetched; no timestamp is missing" in done(signed.canary("timestamp")).out
        asked = len(second.asked)
        assert done(signed.canary("timestamp")).out == f"{NAME}: no timestamp is missing.\n"
        assert len(second.asked) == asked + 2
        late = signed.copy_to(signed.folder.with_name("late")).on("2026-02-06")
        assert done(late.canary("timestamp")).out == f"{NAME}: no timestamp is missing.\n"
        assert len(second.asked) == asked + 2
        second.finds_block(950)
        assert "2 timestamps fetched" in done(signed.canary("timestamp")).out
        assert done(late.canary("timestamp")).out == f"{NAME}: no timestamp is missing.\n"


def test_a_file_that_is_no_proof_is_named_and_another_begun(signed: Publisher, calendar: Calendar) -> None:
    done(signed.publish())
    path = folder_of(signed, 2) / "0.ots"
    path.write_bytes(b"junk")
    ran = done(signed.canary("timestamp"))
    name = path.relative_to(signed.root)
    assert f"No timestamp of {name}: it is no OpenTimestamps proof." in ran.out
    assert list(shown(signed, 2)) == ["0.ots", "1.ots"]
    assert path.read_bytes() == b"junk"
    calendar.finds_block(900)
    done(signed.canary("timestamp"))
    # Once there is a proof, what lies beside it is nothing to tell every day.
    assert done(signed.canary("timestamp")).out == f"{NAME}: no timestamp is missing.\n"


def test_stopped_between_the_file_and_the_site_the_next_run_puts_it_there(
    signed: Publisher, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(signed.publish())
    promised = shown(signed, 2)
    calendar.finds_block(900)

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("canary.edges.disk.workspace.laid_out_site", stopped)
        assert signed.canary("timestamp").code == 3
    assert shown(signed, 2) == promised != kept(signed, 2)
    assert "upload public/ again" in done(signed.canary("timestamp")).out
    assert shown(signed, 2) == kept(signed, 2)


# --- what watchers see ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("cheap_blocks")
def test_a_watcher_asks_conditionally_for_what_is_promised_and_so_sees_the_proof(
    signed: Publisher, calendar: Calendar, tmp_path: Path
) -> None:
    done(signed.publish())
    path = f"/evidence/{digest(entry_of(signed, 2))}/0.ots"

    def looked(server: Loopback) -> tuple[Ran, list[bool]]:
        before = len(server.asked)
        app = signed.on("2026-03-05").app
        headers = tmp_path / "headers"
        headers.write_text(
            "".join(f"{each.height} {each.header.hex()}\n" for each in calendar.blocks.values()), "ascii"
        )
        watching = ("--pin", signed.pin, "--state", tmp_path / "state.json", "--bitcoin-headers", headers)
        ran = command(app, "verify", server.url, *watching)
        asked = [each for each in server.asked[before:] if each.target == path]
        return ran, ["if-none-match" in each.headers for each in asked]

    with Loopback(signed.public) as server:
        ran, conditional = looked(server)
        assert conditional == [False]
        assert "EVIDENCE-PENDING" in ran.out
        ran, conditional = looked(server)
        assert conditional == [True]
        assert "EVIDENCE-PENDING" in ran.out

        calendar.finds_block(900)
        done(signed.on("2026-02-04").canary("timestamp"))
        # That nothing has changed is believed once.
        ran, conditional = looked(server)
        assert conditional == [False]
        assert "EVIDENCE-PENDING" not in ran.out
        assert "Signed no later than 2026-03-04 14:00 UTC, proved by Bitcoin block 900." in ran.out
        # The bound is late, so an earlier one is looked for still.
        assert "PROVED-LATE" in ran.out
        assert looked(server)[1] == [True]


# --- without the package --------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_opentimestamps")
def test_without_the_package_publishing_goes_on_and_says_what_to_install(signed: Publisher, calendar: Calendar) -> None:
    ran = done(signed.publish())
    (line,) = [line for line in ran.out.splitlines() if "opentimestamps" in line]
    assert line.endswith("because the package opentimestamps is not installed. Run: pip install 'warrant-canary[ots]'")
    assert "Timestamps still missing: 1 over this entry and 1 over earlier ones." in ran.said
    assert signed.verify(at="2026-02-04").code == 0
    ran = signed.canary("timestamp")
    assert ran.code == 1
    assert ran.out == f"{NAME}: 2 timestamps still missing.\n{line}\nNext: pip install 'warrant-canary[ots]'\n"
    assert calendar.asked == []


def test_where_the_package_went_away_nothing_is_known_to_be_there(
    signed: Publisher, request: pytest.FixtureRequest
) -> None:
    done(signed.publish())
    done(signed.canary("timestamp"))
    request.getfixturevalue("without_opentimestamps")
    root = tree(signed.root)
    ran = signed.canary("timestamp")
    assert ran.code == 1
    assert ran.out.startswith(f"{NAME}: what there is cannot be read here.\n")
    assert ran.out.endswith("Next: pip install 'warrant-canary[ots]'\n")
    assert tree(signed.root) == root


def _utc(moment: str) -> datetime:
    return datetime.fromisoformat(f"{moment}+00:00")
