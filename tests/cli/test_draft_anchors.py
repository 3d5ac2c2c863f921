from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.core.dating.anchor_drand import CHAIN_HASH
from canary.core.dating.anchors import BITCOIN
from canary.core.documents.release import Anchor, Release
from canary.core.signed.entry import parse_text
from canary.flows.issue.config import parse_config
from tests.loopback import Loopback
from tests.public_values import bitcoin_blocks
from tests.publisher import Publisher, done, tree
from tests.simulator import EXAMPLE_ANCHOR

ROUND, SIGNATURE = EXAMPLE_ANCHOR.value.split(" ")
LATEST = f"/{CHAIN_HASH}/public/latest"
AFTER = "2026-09-01"
"""17 hours after the example's round, and after the window of August opened."""


@pytest.fixture
def relay() -> Iterator[Loopback]:
    with Loopback({LATEST: json.dumps({"round": int(ROUND), "signature": SIGNATURE}).encode()}) as running:
        yield running


@pytest.fixture
def explorer() -> Iterator[Loopback]:
    block = bitcoin_blocks()[-1]
    files = {
        "/blocks/tip/height": str(block.height + 3).encode(),
        f"/block-height/{block.height}": block.hash.encode(),
        f"/block/{block.hash}/header": block.header.encode(),
    }
    with Loopback(files) as running:
        yield running


def name_sources(publisher: Publisher, *, drand: str = "", bitcoin: str = "", age: str = "") -> None:
    """Writes the table `[anchors]`."""
    lines = ["", "[anchors]"]
    lines += [f'age = "{age}"'] if age else []
    lines += [f'drand = ["{drand}"]'] if drand else []
    lines += [f'bitcoin = ["{bitcoin}"]'] if bitcoin else []
    with (publisher.root / "canary.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def anchors_of(publisher: Publisher) -> tuple[Anchor, ...]:
    content = parse_text(publisher.draft_file.read_bytes())
    assert isinstance(content, Release)
    return content.anchors


def refused(publisher: Publisher, *wishes: object, code: int = 1) -> str:
    before = tree(publisher.folder)
    ran = publisher.canary("draft", *wishes)
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


def asking_for(publisher: Publisher, **sources: str) -> Publisher:
    """Publishes a roster that asks for an anchor of at most 3 days."""
    name_sources(publisher, age="3 days", **sources)
    publisher.on("2026-05-20").rotate(by=publisher.signers[:2])
    return publisher.on(AFTER)


# --- fetched --------------------------------------------------------------------------------------------


def test_a_draft_fetches_its_anchors_and_says_what_they_rest_on(
    published: Publisher, relay: Loopback, explorer: Loopback
) -> None:
    name_sources(published, drand=relay.url, bitcoin=f"esplora {explorer.url}")
    ran = done(published.on("2026-09-26").canary("draft"))
    block = bitcoin_blocks()[-1]
    assert anchors_of(published) == (EXAMPLE_ANCHOR, Anchor(BITCOIN, f"{block.height} {block.header}"))
    assert "drand-quicknet, 2026-08-31T18:45:15Z, 25 days before the text's own date; proves" in ran.said
    assert "threshold network" in ran.said
    assert "cost a block's work to make" in ran.said
    assert "Warning" not in ran.said


def test_corrections_and_the_last_release_have_anchors_too(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=relay.url)
    published.on(AFTER).release()
    ran = done(published.on("2026-09-02").canary("draft", "--correction"))
    assert "the newest drand-quicknet anchor stands in an earlier release already" in ran.said
    assert anchors_of(published) == ()
    assert "It has no anchor" in ran.said


def test_the_last_release_has_anchors_too(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=relay.url)
    done(published.on(AFTER).canary("draft", "--final"))
    assert anchors_of(published) == (EXAMPLE_ANCHOR,)


def test_no_source_reachable_is_told_and_no_obstacle_without_a_rule(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=f"{relay.url}/nowhere", bitcoin=f"core-rest {relay.url}")
    ran = done(published.on(AFTER).canary("draft"))
    assert f"Warning: drand: 127.0.0.1:{relay.port} answered with status 404." in ran.said
    assert f"Warning: bitcoin: 127.0.0.1:{relay.port} answered with status 404." in ran.said
    assert "It has no anchor: nothing in it proves that it was not made earlier than it says." in ran.said
    assert anchors_of(published) == ()


def test_what_cannot_be_drafted_asks_nobody(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=relay.url)
    assert "is already published for the window" in refused(published.on("2026-02-10"))
    assert relay.asked == []


def test_no_anchors_asks_nobody(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=relay.url)
    assert "It has no anchor" in done(published.on(AFTER).canary("draft", "--no-anchors")).said
    assert relay.asked == []


def test_a_clock_that_is_behind_is_found_out(published: Publisher, relay: Loopback) -> None:
    name_sources(published, drand=relay.url)
    assert "Set the clock right" in refused(published.on("2026-08-03"))


# --- the roster's rule ----------------------------------------------------------------------------------


def test_the_rule_comes_from_the_settings_through_the_roster(published: Publisher) -> None:
    name_sources(published, age="3 days")
    ran = done(published.on("2026-05-20").canary("roster"))
    assert "anchor age at most 3 days" in ran.said
    published.signed(*published.signers[:2])
    published.edit_config(('age = "3 days"\n', ""))
    assert "nothing is different" in published.canary("roster").said
    published.edit_config(("[anchors]\n", '[anchors]\nage = "none"\n'))
    assert "anchor age no rule" in done(published.on("2026-05-21").canary("roster")).said


def test_where_the_roster_asks_for_one_a_draft_without_is_refused(published: Publisher, relay: Loopback) -> None:
    publisher = asking_for(published, drand=f"{relay.url}/nowhere")
    for wishes in ((), ("--no-anchors",)):
        said = refused(publisher, *wishes)
        assert "asks for an anchor that is at most 3 days old, and this draft has none" in said
        assert "canary draft --anchor FILE" in said


def test_where_the_roster_asks_for_one_a_stale_one_is_not_enough(published: Publisher, relay: Loopback) -> None:
    publisher = asking_for(published, drand=relay.url)
    assert "the newest one of this draft is 4 days old" in refused(publisher.on("2026-09-05"))
    done(publisher.on("2026-09-03").canary("draft"))
    assert anchors_of(publisher) == (EXAMPLE_ANCHOR,)


# --- from a file ----------------------------------------------------------------------------------------


def test_anchors_are_taken_from_files_and_nobody_is_asked(
    published: Publisher, relay: Loopback, tmp_path: Path
) -> None:
    publisher = asking_for(published, drand=relay.url)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(f"anchor: {EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}\n", "utf-8")
    two.write_text('headline 2026-08-31 Example Times "It rains"\n', "utf-8")
    ran = done(publisher.canary("draft", "--anchor", one, "--anchor", two))
    assert [each.kind for each in anchors_of(publisher)] == ["drand-quicknet", "headline"]
    assert "a claim, which proves nothing: a headline: look it up" in ran.said
    assert relay.asked == []


def test_a_file_that_holds_something_else_is_named(published: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    publisher = published.on(AFTER)
    assert "cannot be read" in refused(publisher, "--anchor", path, code=3)
    path.write_text("bitcoin 1 00\n", "utf-8")
    said = refused(publisher, "--anchor", path, code=3)
    assert f"{path}, line 1: a block has a height" in said
    assert "as in a release" in said
    assert "contradict each other" in refused(publisher, "--anchor", path, "--no-anchors")


def test_an_anchor_of_an_earlier_release_is_refused(published: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    path.write_text(f"{EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}\n", "utf-8")
    published.on(AFTER).release("--anchor", path)
    said = refused(published.on("2026-09-02"), "--correction", "--anchor", path)
    assert "stood in release 2 already" in said


# --- shown ----------------------------------------------------------------------------------------------


def test_status_shows_each_anchor_with_its_age(published: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    path.write_text(f"{EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}\nheadline 2026 x\n", "utf-8")
    done(published.on(AFTER).canary("draft", "--anchor", path))
    # What is told is the age at `issued`: a ceremony may take days.
    published.on("2026-09-08")
    assert "2026-08-31T18:45:15Z, 17 hours before the text's own date" in published.canary("status").said
    drand, headline = json.loads(published.canary("status", "--json").out)["draft"]["anchors"]
    assert drand["kind"] == "drand-quicknet"
    assert (drand["outcome"], drand["time"], drand["age_seconds"]) == ("proved", "2026-08-31T18:45:15Z", 62_085)
    assert (headline["outcome"], headline["time"], headline["age_seconds"]) == ("claimed", None, None)


def test_a_draft_with_a_wrong_anchor_is_not_signed(published: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    path.write_text(f"{EXAMPLE_ANCHOR.kind} {EXAMPLE_ANCHOR.value}\n", "utf-8")
    done(published.on(AFTER).canary("draft", "--anchor", path))
    text = published.draft_file.read_text("utf-8")
    published.draft_file.write_text(text.replace(f" {ROUND} ", f" {int(ROUND) + 1} "), "utf-8")
    ran = published.sign("legal")
    assert (ran.code, "an anchor is wrong: the signature of drand round" in ran.said) == (1, True)
    assert "WRONG: the signature" in published.canary("status").said


# --- settings -------------------------------------------------------------------------------------------


def test_init_names_public_services_and_says_so(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    done(publisher.init())
    assert "[anchors]" not in (publisher.root / "canary.toml").read_text("utf-8")
    other = Publisher(tmp_path / "other")
    other.folder.mkdir()
    given = ["--id", "example.net/canary", "--organisation", "Example", "--every", "3 months", "--signer", "a"]
    done(other.run("init", other.root, *given, "--start", "2026-02-01", "--key-dir", other.keys))
    config = parse_config((other.root / "canary.toml").read_text("utf-8"))
    assert len(config.anchors.relays()) >= 3
    assert len(config.anchors.chains()) >= 2
    assert all(url.startswith("https://") for url in config.anchors.relays())
    assert config.anchors.age is None


def test_a_password_in_the_workspace_is_refused_before_anybody_is_asked(published: Publisher, relay: Loopback) -> None:
    password = published.root / "password"
    password.write_text("a:b\n", "utf-8")
    name_sources(published, drand=relay.url, bitcoin=f"core-rpc {relay.url} {password}")
    assert "lies in the workspace" in refused(published.on(AFTER), code=3)
    assert relay.asked == []
