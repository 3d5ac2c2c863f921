"""The pages beside the front page, and which files one more release leaves as they are."""

from __future__ import annotations

import posixpath
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from canary.core.log.history import replay
from canary.core.text.strict import digest
from canary.flows.issue.printing import paper_of_draft
from canary.flows.issue.quorum import open_board
from canary.flows.site.pages import paper_page_of
from canary.flows.site.paper import paper_of_entry
from canary.flows.site.paths import relative
from tests import site_scenes
from tests.simulator import Publisher, noon
from tests.site_pages import HOSTILE, Page, page, pages

# --- one more release ------------------------------------------------------------------------------------

LEFT_ALONE = re.compile(r"(releases|rosters|keys|evidence|statements)/.+|\.well-known/.+|tile/.+")


def test_one_more_release_changes_no_page_of_what_was_there() -> None:
    sim = Publisher(start=date(2026, 2, 1), openpgp=("director",))
    sim.roster()
    sim.release()
    sim.stamp()
    sim.release(reword={"keys": "No key."}, attachments={"a.txt": b"a"})
    sim.stamp()
    before = site_scenes.site_of(sim)
    sim.release(without=["gag"])
    after = site_scenes.site_of(sim)
    changed = {path for path in before if LEFT_ALONE.fullmatch(path) and before[path] != after[path]}
    # The statement that it withdraws is told of on that statement's page alone.
    assert changed == {"releases/index.html", "statements/gag/index.html"}
    assert {path for path in before if before[path] != after[path]} - changed == {
        *("badge.svg", "calendar.ics", "canary.txt", "feed.atom", "index.html", "status.json"),
    }
    assert set(before) < set(after)


def test_the_front_page_does_not_grow_with_the_log() -> None:
    sizes = []
    for releases in (20, 40):
        site = site_scenes.site_of(site_scenes.long_log(releases, statements=3))
        sizes.append({path: len(site[path]) for path in ("index.html", "status.json", "calendar.ics", "badge.svg")})
        assert len([link for link in page(site, "releases/index.html").links if "statements" not in link]) > releases
    for path, size in sizes[0].items():
        assert abs(sizes[1][path] - size) < 600, path


# --- statements ------------------------------------------------------------------------------------------


def test_a_statements_page_tells_all_that_became_of_it() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.release(reword={"keys": "Example Networks has never handed a key to anyone."})
    sim.release(without=["keys"])
    gone = page(site_scenes.site_of(sim), "statements/keys/index.html")
    assert "No longer made since release 3, 2 August 2026, 12:00 UTC." in gone.words
    assert "stands" not in gone.ids
    sim.release(add={"keys": "Nobody has our keys."})
    site = site_scenes.site_of(sim)
    found = page(site, "statements/keys/index.html")
    told = re.findall(r"(\d+ \w+ 2026), release (\d) (Added|Reworded|Withdrawn|Reinstated)", found.said("history"))
    assert told == [
        ("2 November 2026", "4", "Reinstated"),
        ("2 August 2026", "3", "Withdrawn"),
        ("2 May 2026", "2", "Reworded"),
        ("2 February 2026", "1", "Added"),
    ]
    assert "As it stands, version 3 Nobody has our keys." in found.said("stands")
    marked = site["statements/keys/index.html"].decode()
    assert "has never handed <del>its encryption keys</del> <ins>a key</ins> to anyone." in marked


def test_the_front_page_names_what_is_no_longer_made_and_since_when_the_rest_stands() -> None:
    site = site_scenes.site_of(site_scenes.withdrawn())
    front = page(site)
    assert "2 statements were withdrawn since release 1: see what changed." in front.said("at-publication")
    assert (
        front.said("withdrawn")
        == "No longer made taps, gone since release 2, 2 May 2026 gag, gone since release 2, 2 May 2026"
    )
    assert "Withdrawn: it is no longer made. It said, in version 1: Nobody but Example Networks" in front.said(
        "changes"
    )
    kept = site_scenes.site_of(site_scenes.ordinary())
    said = page(kept).said("statements")
    assert "Made since release 1, 2 February 2026, 12:00 UTC. In these words since release 2, 2 May 2026" in said
    assert "In these words since release 3, 2 August 2026, 12:00 UTC." in said  # it was gone in between


def test_a_quick_correction_hides_no_withdrawal_from_the_front_page() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.release(without=["gag"])
    sim.release(correction=True)
    site = site_scenes.site_of(sim)
    assert "1 statement was withdrawn since release 1" in page(site).said("at-publication")
    assert "Changes since release 1" in page(site).said("changes")
    assert "No statement and no signer changed." in page(site, "releases/3/index.html").said("changes")


def test_a_last_release_that_rewords_is_told_as_withdrawing() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.release(final=True, reword={"gag": "We may say anything."})
    front = page(site_scenes.site_of(sim))
    assert "1 statement was withdrawn since release 1" in front.said("at-publication")
    assert "Withdrawn: the last release does not make it as it stood" in front.said("changes")
    assert front.ids.count("changes") == 1


# --- rosters ---------------------------------------------------------------------------------------------


def test_the_page_of_rosters_says_what_changed_and_who_signed_it() -> None:
    sim = Publisher(("legal", "security", "director"), openpgp=("director",), start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.roster(
        remove=("security",),
        add=("treasurer",),
        threshold=1,
        grace=20,
        new_log_key=True,
        signed_by=("legal", "director", "treasurer"),
    )
    found = page(site_scenes.site_of(sim), "rosters/index.html")
    said = found.said("roster-2")
    for words in (
        "The signers changed by roster 2: joined treasurer; left security.",
        "The threshold went from 2 to 1 of 3.",
        "The schedule got longer: every 3 months, a window of 14 days and 14 days of grace became every 3 months, a",
        "The log has another key.",
        "treasurer: signed",
        "director: signed (director.asc)",
        "Signers who left with it security: did not sign it",
    ):
        assert words in said
    assert "It is the first one." in found.said("roster-1")
    assert "security: signed" in found.said("roster-1")


def test_a_roster_that_changes_what_no_watcher_is_told_of_says_so() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.roster(edit=lambda text: text.replace("organisation: Example Networks", "organisation: Networks Ltd"))
    sim.roster()
    found = page(site_scenes.site_of(sim), "rosters/index.html")
    assert "What it changed The organisation was called Example Networks before. Its" in found.said("roster-2")
    assert "What it changed Nothing but its number and its date. Its" in found.said("roster-3")


def test_a_release_page_keeps_the_name_that_the_organisation_had() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.roster(edit=lambda text: text.replace("organisation: Example Networks", "organisation: Networks Ltd"))
    site = site_scenes.site_of(sim)
    assert "Warrant canary of Networks Ltd" in page(site).words
    assert "Warrant canary of Example Networks" in page(site, "releases/1/index.html").words


# --- paper -----------------------------------------------------------------------------------------------


def test_paper_has_the_exact_text_its_hash_and_every_signer_with_their_key() -> None:
    sim = site_scenes.ordinary()
    site = site_scenes.site_of(sim)
    found = page(site, "releases/4/print.html")
    text = site["releases/4/text.txt"]
    assert found.inside["signed-text"].encode() == text
    assert found.inside["text-sha256"] == digest(text)
    assert "Place in the logentry 6" in found.words
    assert "3 of 4 signed (legal, director, treasurer), 3 needed; missing: security-2." in found.words
    signers = found.said("signers")
    assert "did not sign" in signers.partition("security-2")[2]
    for signer in sim.rosters[-1].signers:
        assert signer.name in signers
    fingerprint = sim.certificates["director"][0].hex().upper()
    assert fingerprint in signers.replace(" ", "")
    assert sim.rosters[-1].signers[0].key.render() in signers
    assert "releases/4/print.html" in {
        posixpath.normpath(posixpath.join("releases/4", link)) for link in page(site, "releases/4/index.html").links
    }


def test_a_draft_goes_on_paper_before_anybody_signs_it() -> None:
    sim = site_scenes.hostile()
    history = replay(sim.entries, sim.gpg)
    text = sim.fork_at(len(sim.entries)).release(announcements=HOSTILE).rpartition(b"\n\xe2\x80\x94")[0]
    text = text[: text.index(b"\n\n\xe2\x80\x94") + 1]
    board = open_board(history, text, {}, sim.gpg)
    found = Page(paper_page_of(paper_of_draft(history, board)))
    assert found.inside["signed-text"].encode() == text
    assert found.inside["text-sha256"] == board.text_hash
    assert found.said("signers").count("has not signed") == 3
    assert f"Release {board.content.number}, a draft" in found.words
    assert found.links == []
    assert {"script", "img"}.isdisjoint(found.tags)


def test_the_site_and_the_command_print_the_same_sheet() -> None:
    sim = site_scenes.ordinary()
    history = replay(sim.entries, sim.gpg)
    printed = paper_page_of(paper_of_entry(history, history.admitted[-1]))
    on_the_site = site_scenes.site_of(sim)["releases/4/print.html"]
    without_the_way_back = re.sub(rb"<nav.*</nav>\n", b"", on_the_site)
    assert on_the_site != printed == without_the_way_back


# --- every page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", sorted(set(site_scenes.SCENES) - {"long-log"}))
def test_every_page_is_well_formed_names_its_place_and_leads_nowhere_else(scene: str) -> None:
    site = site_scenes.site_of(site_scenes.SCENES[scene]())
    for path, found in pages(site):
        assert found.tags.count("h1") == found.tags.count("title") == found.tags.count("main") == 1
        for link in found.links:
            target = link.partition("#")[0]
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            assert resolved in site, (path, link)


def test_the_pages_are_english_and_claim_no_language_for_a_statement() -> None:
    site = site_scenes.site_of(site_scenes.writings())
    for path, _ in pages(site):
        assert site[path].startswith(b'<!DOCTYPE html>\n<html lang="en">')
    quotes = re.findall(r"<blockquote[^>]*>|<pre id=.signed-text[^>]*>", site["releases/1/index.html"].decode())
    assert len(quotes) > 8
    assert all('lang="" dir="auto"' in quote for quote in quotes)


def test_links_are_as_short_as_they_can_be() -> None:
    assert relative("index.html", page="index.html") == "index.html"
    assert relative("a/b.txt", page="index.html") == "a/b.txt"
    assert relative("a/b.txt", page="a/index.html") == "b.txt"
    assert relative("a/c/b.txt", page="a/d/index.html") == "../c/b.txt"
    assert relative("index.html", page="a/d/index.html") == "../../index.html"
    assert relative("a", page="a/b/c") == "../../a"


def test_dates_do_not_follow_the_machines_locale_or_zone() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release(at=datetime(2026, 2, 1, 23, 59, 59, tzinfo=UTC))
    assert "issued 1 February 2026, 23:59:59 UTC" in page(site_scenes.site_of(sim)).words
    assert noon("2026-02-02") - sim.releases[0].issued < timedelta(days=1)
