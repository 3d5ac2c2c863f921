"""`canary publish` and `canary timestamp` with real authorities on this machine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canary.cli.app import App
from canary.core.dating.evidence import EvidenceOutcome
from canary.core.text.strict import digest
from canary.edges.times.tsa_roots import read_roots
from canary.formats.times.rfc3161 import TokenChecker
from tests.authority import Authority, Service, make_authority, new_root, pem, query_for, serving
from tests.loopback import Loopback, answer, says
from tests.publisher import ADD_ALL, Publisher, Ran, command, done, tree

Served = tuple[Loopback, list[Service], list[str]]


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> list[Authority]:
    folder = tmp_path_factory.mktemp("authorities")
    return [make_authority(folder / str(number), intermediates=number) for number in range(2)]


@pytest.fixture
def served(authorities: list[Authority], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    """Two authorities, whose roots are on the shipped list."""
    shipped = tmp_path / "shipped.pem"
    shipped.write_text("".join(pem(each.root) for each in authorities), "ascii")
    monkeypatch.setattr("canary.edges.times.tsa_roots.SHIPPED", shipped)
    with serving(*authorities) as found:
        yield found


@pytest.fixture
def stamped(rostered: Publisher, served: Served) -> Publisher:
    """Roster 1 is published without timestamps, then authorities are named, and release 1 is signed."""
    _, _, urls = served
    rostered.asks(authorities=urls)
    done(rostered.on("2026-02-03").canary("draft", *ADD_ALL))
    for name in ("legal", "security"):
        done(rostered.sign(name))
    return rostered


def entry_of(publisher: Publisher, number: int) -> bytes:
    return (publisher.root / "log" / f"{number:04d}.txt").read_bytes()


def kept(publisher: Publisher, number: int) -> dict[str, bytes]:
    """The tokens over an entry, as the workspace has them."""
    folder = publisher.root / "evidence" / digest(entry_of(publisher, number))
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tsr"))}


def shown(publisher: Publisher, number: int) -> dict[str, bytes]:
    """The tokens over an entry, as the site has them."""
    folder = publisher.public / "evidence" / digest(entry_of(publisher, number))
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def outcomes(publisher: Publisher, number: int, authorities: list[Authority]) -> list[EvidenceOutcome]:
    checker = TokenChecker(lambda: [each.root.certificate for each in authorities])
    entry = entry_of(publisher, number)
    return [checker(name, data, entry).outcome for name, data in kept(publisher, number).items()]


# --- publishing -----------------------------------------------------------------------------------------


def test_the_first_site_has_the_tokens_of_every_authority(
    stamped: Publisher, served: Served, authorities: list[Authority]
) -> None:
    ran = done(stamped.publish())
    assert "It has a timestamp of Test TSA, Test TSA." in ran.said
    # Only the newest entry is stamped while somebody waits.
    assert "Timestamps still missing: 2 over earlier ones. 'canary timestamp' fetches them later" in ran.said
    assert outcomes(stamped, 2, authorities) == [EvidenceOutcome.PROVED] * 2
    assert shown(stamped, 2) == kept(stamped, 2)
    assert stamped.verify(at="2026-02-04").code == 0
    _, services, _ = served
    assert [len(each.queries) for each in services] == [1, 1]
    assert kept(stamped, 1) == {}


def test_what_came_is_kept_as_it_was_received(stamped: Publisher, served: Served) -> None:
    _, services, _ = served
    sent: list[bytes] = []
    for each in services:
        each.change = lambda reply: sent.append(reply) or reply  # type: ignore[func-returns-value]
    done(stamped.publish())
    assert list(kept(stamped, 2).values()) == sent


def test_publishing_again_asks_nobody_again(stamped: Publisher, served: Served) -> None:
    done(stamped.publish())
    site = tree(stamped.public.resolve())
    done(stamped.publish())
    assert tree(stamped.public.resolve()) == site
    _, services, _ = served
    assert [len(each.queries) for each in services] == [1, 1]


def test_a_dead_authority_is_one_line_and_stops_nothing(stamped: Publisher, served: Served) -> None:
    _, _, urls = served
    with Loopback() as gone:
        dead = f"{gone.url}/tsa"
    stamped.asks(authorities=[dead, urls[0]])
    ran = done(stamped.publish())
    assert f"No timestamp of {dead.split('/')[2]}: connection refused." in ran.said
    told = "Timestamps still missing: 1 over this entry and 2 over earlier ones. 'canary timestamp' fetches them later;"
    assert told in ran.said
    assert list(shown(stamped, 2)) == ["0.tsr"]
    # What is asked next counts the same.
    with Loopback() as nobody:
        stamped.asks(authorities=[f"{nobody.url}/a", f"{nobody.url}/b"])
        assert stamped.canary("timestamp").out.startswith("example.net/canary: 4 timestamps still missing.\n")


LIES = {
    "garbage": "it is no RFC 3161 reply in DER, or is broken",
    "another nonce": "its nonce is not that of the request",
    "other bytes": "its token is not kept: it is over other bytes than this entry",
    "silence": "did not answer within",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_authority_is_named_and_its_token_not_kept(
    stamped: Publisher, served: Served, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, services, (honest, liar) = served
    signer = services[1].authority
    if lie == "garbage":
        services[1].change = lambda _: b"<html>"
    elif lie == "another nonce":
        services[1].change = lambda _: signer.reply(query_for(b"other"))
    elif lie == "other bytes":
        # It sends the nonce back, and signs another hash.
        hashed = bytes.fromhex(digest(entry_after(stamped)))
        server.services["/tsa/1"] = lambda asked: answer(200, signer.reply(asked.body.replace(hashed, bytes(32))))
    else:
        monkeypatch.setattr("canary.cli.publish.STAMPING_SECONDS", 2.0)
        server.faults["/tsa/1"] = lambda wire: wire.hang()
    started = time.monotonic()
    ran = done(stamped.publish())
    assert time.monotonic() - started < 5
    assert f"No timestamp of {liar}:" in ran.said
    assert f"No timestamp of {honest}:" not in ran.said
    assert LIES[lie] in ran.said
    assert list(kept(stamped, 2)) == ["0.tsr"]
    assert list(shown(stamped, 2)) == ["0.tsr"]


def entry_after(publisher: Publisher) -> bytes:
    """The entry that publishing makes next."""
    copy = publisher.copy_to(publisher.folder.with_name("copy"))
    copy.asks()
    done(copy.publish())
    return entry_of(copy, 2)


def test_under_a_root_that_the_publisher_names_and_no_watcher_has_by_default_it_is_kept_and_said(
    stamped: Publisher, served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    roots = (tmp_path / "shipped.pem").rename(stamped.root / "ours.pem")
    monkeypatch.undo()
    _, _, urls = served
    stamped.asks(authorities=urls, roots=[roots.name])
    ran = done(stamped.publish())
    assert f"Watchers need --tsa-root for the timestamp of {urls[0]}: its root, 'Test Root'," in ran.said
    assert len(shown(stamped, 2)) == 2
    assert stamped.canary("timestamp").out.startswith("example.net/canary: 2 timestamps fetched; no timestamp is")
    assert read_roots()


def test_what_somebody_on_the_way_answers_under_a_root_of_their_own_is_not_kept_and_stays_missing(
    stamped: Publisher, served: Served, authorities: list[Authority], tmp_path: Path
) -> None:
    _, services, urls = served
    services[0].authority = make_authority(tmp_path / "between", root=new_root("Some Other Root"))
    ran = done(stamped.publish())
    assert f"No timestamp of {urls[0]}: its token is not kept: its root, 'Some Other Root', is not on the" in ran.said
    assert outcomes(stamped, 2, authorities) == [EvidenceOutcome.PROVED]
    ran = stamped.canary("timestamp")
    assert ran.code == 1
    assert "2 timestamps still missing" in ran.out
    services[0].authority = authorities[0]
    done(stamped.canary("timestamp"))
    assert outcomes(stamped, 2, authorities) == [EvidenceOutcome.PROVED] * 2


def test_a_claim_that_was_kept_before_settles_nothing(
    stamped: Publisher, authorities: list[Authority], tmp_path: Path
) -> None:
    done(stamped.publish())
    done(stamped.canary("timestamp"))
    first = stamped.root / "evidence" / digest(entry_of(stamped, 2)) / "0.tsr"
    own = make_authority(tmp_path / "between", root=new_root("Some Other Root"))
    first.write_bytes(own.stamp(entry_of(stamped, 2)))
    ran = done(stamped.canary("timestamp"))
    assert ran.out.startswith("example.net/canary: 1 timestamp fetched; no timestamp is missing")
    assert outcomes(stamped, 2, authorities) == [EvidenceOutcome.CLAIMED, *[EvidenceOutcome.PROVED] * 2]


@pytest.mark.parametrize(
    ("roots", "words"),
    [
        (["none.pem"], "none.pem"),
        (["../none.pem"], "leads out of"),
        (["canary.toml"], "holds no certificates that can be read"),
        (["a.pem", "a.pem"], "timestamps.roots: a file stands twice"),
        ([""], "timestamps.roots: "),
        (["a\tb"], "timestamps.roots: "),
        ([f"{number}.pem" for number in range(11)], "timestamps.roots: there are at most 10 files"),
    ],
)
def test_roots_that_cannot_be_are_told_of_before_anybody_is_asked(
    stamped: Publisher, served: Served, roots: list[str], words: str
) -> None:
    _, services, urls = served
    stamped.asks(authorities=urls, roots=roots)
    before = tree(stamped.root)
    ran = stamped.publish()
    assert ran.code == 3
    assert words in ran.said
    assert tree(stamped.root) == before
    assert [each.queries for each in services] == [[], []]


def test_stopped_while_it_asks_it_is_finished_by_one_more_run(
    stamped: Publisher, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("canary.edges.times.tsa.ask_authority", stopped)
        assert stamped.publish().code == 3
    # The release is out all the same; what is left is to clear the draft away.
    assert stamped.verify(at="2026-02-04").code == 0
    assert shown(stamped, 2) == {}
    assert stamped.canary("status").code != 0
    assert len(list((stamped.root / "log").iterdir())) == 2
    done(stamped.publish())
    assert len(shown(stamped, 2)) == 2
    assert stamped.verify(at="2026-02-04").code == 0
    _, services, _ = served
    assert [len(each.queries) for each in services] == [1, 1]


# --- later ----------------------------------------------------------------------------------------------


def test_what_is_missing_is_fetched_later_and_put_on_the_site(
    stamped: Publisher, served: Served, authorities: list[Authority]
) -> None:
    server, services, urls = served
    server.faults["/tsa/1"] = says(answer(503))
    done(stamped.publish())
    assert list(shown(stamped, 2)) == ["0.tsr"]
    checkpoint = (stamped.public / "checkpoint").read_bytes()

    ran = stamped.canary("timestamp")
    assert ran.code == 1
    assert ran.out == (
        "example.net/canary: 1 timestamp fetched; 2 timestamps still missing; upload public/ again.\n"
        f"No timestamp of {urls[1]}: answered with status 503.\n"
        "Next: upload public/ again; nothing else for now, the next run asks again; "
        "where the same host stands here for days, check its address in canary.toml\n"
    )

    server.faults.clear()
    ran = done(stamped.canary("timestamp"))
    assert ran.out == "example.net/canary: 2 timestamps fetched; no timestamp is missing; upload public/ again.\n"
    assert not ran.err
    for number in (1, 2):
        assert outcomes(stamped, number, authorities) == [EvidenceOutcome.PROVED] * 2
        assert shown(stamped, number) == kept(stamped, number)
    assert (stamped.public / "checkpoint").read_bytes() == checkpoint
    assert stamped.verify(at="2026-02-04").code == 0

    site = tree(stamped.root)
    asked = [len(each.queries) for each in services]
    ran = done(stamped.canary("timestamp"))
    assert ran.out == "example.net/canary: no timestamp is missing.\n"
    assert tree(stamped.root) == site
    assert [len(each.queries) for each in services] == asked


def test_it_needs_no_private_key_and_leaves_the_draft_alone(stamped: Publisher, served: Served) -> None:
    server, _, _ = served
    server.faults["/tsa/0"] = server.faults["/tsa/1"] = says(answer(503))
    done(stamped.publish())
    server.faults.clear()
    done(stamped.on("2026-05-02").canary("draft"))
    done(stamped.sign("legal"))
    draft = tree(stamped.root / "draft")
    shutil.rmtree(stamped.keys)
    done(stamped.canary("timestamp"))
    assert tree(stamped.root / "draft") == draft
    assert len(shown(stamped, 2)) == 2


def test_tokens_that_a_killed_run_left_beside_the_site_are_put_on_it(
    stamped: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(stamped.publish())

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("canary.edges.disk.workspace.laid_out_site", stopped)
        assert stamped.canary("timestamp").code == 3
    assert len(kept(stamped, 1)) == 2
    assert shown(stamped, 1) == {}
    ran = done(stamped.canary("timestamp"))
    assert ran.out == "example.net/canary: no timestamp is missing; upload public/ again.\n"
    assert shown(stamped, 1) == kept(stamped, 1)


def test_without_a_site_they_are_kept_for_the_next_one(stamped: Publisher) -> None:
    done(stamped.publish())
    stamped.public.unlink()
    ran = done(stamped.canary("timestamp"))
    assert "the next 'canary publish' puts them onto the site" in ran.out
    assert not stamped.public.exists()
    done(stamped.publish())
    assert shown(stamped, 1) == kept(stamped, 1) != {}


def test_where_nobody_is_named_it_says_so_and_is_not_quietly_done(published: Publisher) -> None:
    ran = published.canary("timestamp")
    assert ran.code == 1
    assert "canary.toml names no timestamp authority and no calendar" in ran.err


def test_what_one_cause_keeps_from_coming_is_one_line_and_says_what_to_do(stamped: Publisher, served: Served) -> None:
    server, _, urls = served
    with Loopback() as gone:
        dead = [f"{gone.url}/a", f"{gone.url}/b"]
    stamped.asks(authorities=dead)
    done(stamped.publish())
    ran = stamped.canary("timestamp")
    assert ran.code == 1
    assert ran.out == (
        "example.net/canary: 4 timestamps still missing.\n"
        f"No timestamp of {', '.join(dead)}: connection refused.\n"
        "Next: let this machine connect to them (a firewall, a proxy or DNS may be in the way); "
        "the next run asks again\n"
    )
    server.faults["/tsa/0"] = says(answer(404))
    stamped.asks(authorities=[*dead, urls[0]])
    first, *others, following = stamped.canary("timestamp").out.splitlines()
    assert first == "example.net/canary: 6 timestamps still missing."
    assert others == [
        f"No timestamp of {', '.join(dead)}: connection refused.",
        f"No timestamp of {urls[0].split('/')[2]}: answered with status 404.",
    ]
    assert following.startswith("Next: nothing for now, the next run asks again; where the same host stands here for")


def test_two_runs_at_once_do_not_meet(stamped: Publisher, served: Served) -> None:
    done(stamped.publish())
    server, services, _ = served
    second: list[int] = []

    def meanwhile(reply: bytes) -> bytes:
        second.append(stamped.canary("timestamp").code)
        return reply

    services[0].change = meanwhile
    done(stamped.canary("timestamp"))
    assert second == [3]
    assert len(kept(stamped, 1)) == 2
    assert server.connections >= 4


def test_a_clock_that_is_wrong_keeps_no_token(stamped: Publisher, served: Served) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    done(stamped.on(now).publish())

    def at(moment: datetime) -> Ran:
        # Not a past time on purpose, as the publisher's own clock is.
        return command(App(clock=lambda: moment), "timestamp", "--workspace", stamped.root)

    ran = at(now + timedelta(hours=1))
    assert ran.code == 1
    line = ran.out.splitlines()[1]
    assert line.startswith(f"No timestamp of {', '.join(served[2])}: its token is not kept: it says")
    assert kept(stamped, 1) == {}
    assert at(now).code == 0
    assert len(kept(stamped, 1)) == 2
