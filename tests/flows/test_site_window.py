"""What the pages and `status.json` say of when the newest release was signed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from canary.core.dating.anchors import check_anchor
from canary.core.dating.evidence import OTS, TSR, CheckedEvidence, Checkers, EvidenceOutcome
from canary.core.documents.release import Anchor
from canary.core.log.history import replay
from canary.core.text.strict import digest
from canary.flows.site.render import render_site
from scripts.public_values import CARRIED_BLOCK, CARRIED_ROUND
from tests.simulator import Publisher
from tests.site_pages import HOSTILE, page, pages

ISSUED = datetime(2026, 9, 25, 16, 30, tzinfo=UTC)
AT = datetime(2026, 9, 25, 16, 41, 2, 500_000, tzinfo=UTC)
HEADLINE = Anchor("headline", '2026-09-25 Example Times "It rains"')
WRONG = Anchor(CARRIED_ROUND.kind, CARRIED_ROUND.value[:-1] + "d")
UNKNOWN = Anchor("of-a-later-kind", "x")
FOLDER = "releases/2/index.html"
WORD = "Nothing here proves when it was signed: its date is the signers’ word."

Stamps = Mapping[str, tuple[EvidenceOutcome, str, datetime]]
PROVED, CLAIMED, BAD = EvidenceOutcome.PROVED, EvidenceOutcome.CLAIMED, EvidenceOutcome.BAD


def a(outcome: EvidenceOutcome, by: str = "A", at: datetime = AT) -> tuple[EvidenceOutcome, str, datetime]:
    return outcome, by, at


def checkers(stamps: Stamps) -> Checkers:
    """Checks pretended tokens as told; an OpenTimestamps proof must never come to a check."""

    def token(name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        assert data == f"{name} over {digest(entry)}".encode()
        outcome, by, moment = stamps[name]
        bound = moment if outcome is PROVED else None
        return CheckedEvidence(name, digest(data), outcome, moment, bound, by, f"words on {name}")

    def proof(name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        raise AssertionError((name, data, entry))

    return {TSR: token, OTS: proof}


def canary(*anchors: Anchor) -> Publisher:
    """Returns a publisher with an old release, and one of `ISSUED` with these anchors."""
    sim = Publisher(("legal",), threshold=1, start=date(2026, 8, 25), cadence="1 month", window=3, grace=3)
    sim.roster()
    sim.release(at=ISSUED - timedelta(days=30), anchors=(HEADLINE,))
    sim.release(at=ISSUED, anchors=anchors)
    return sim


def rendered(
    *anchors: Anchor, stamps: Stamps | None = None, more: Sequence[str] = (), checked: bool = True
) -> dict[str, bytes]:
    """Renders a site whose newest release has these anchors, these tokens, and more files of evidence."""
    sim, stamps = canary(*anchors), stamps or {}
    entry = digest(sim.entries[-1])
    evidence = {entry: [(name, f"{name} over {entry}".encode()) for name in sorted([*stamps, *more])]}
    ports = checkers(stamps) if checked else None
    return render_site(replay(sim.entries, sim.gpg), checkpoint=b"", attachments={}, evidence=evidence, checkers=ports)


def told(site: Mapping[str, bytes]) -> str:
    """Returns the sentence, which stands on the front page alone: a release's own page never changes."""
    front = page(site)
    assert {"when", "window", "proofs"}.isdisjoint(page(site, FOLDER).ids)
    assert not re.search(r" [.,:;]|\( | \)", front.said("when"))
    return front.said("window")


def bounds(site: Mapping[str, bytes]) -> tuple[str | None, str | None]:
    release = json.loads(site["status.json"])["release"]
    return release["not_before"], release["not_after"]


# --- the sentence ---------------------------------------------------------------------------------------


def test_both_bounds_in_one_sentence_with_links_to_the_proofs() -> None:
    site = rendered(CARRIED_ROUND, CARRIED_BLOCK, stamps={"0.tsr": a(PROVED, "A"), "1.tsr": a(PROVED, "B")})
    assert told(site) == (
        "Signed between 25 September 2026, 14:28 UTC and 16:42 UTC: proved by a drand round and a Bitcoin block in its "
        "text, and by the timestamps of A and B."
    )
    assert bounds(site) == ("2026-09-25T14:28:31Z", "2026-09-25T16:41:02Z")
    front = page(site)
    stamps = [path for path in site if path.endswith(".tsr")]
    # The first ones are those of the sentence; the table below it has the same again.
    assert [link for link in front.links if link in ("releases/2/text.txt", *stamps)][:4] == [
        *["releases/2/text.txt"] * 2,
        *stamps,
    ]


def test_bounds_of_two_days_both_have_their_date() -> None:
    site = rendered(CARRIED_BLOCK, stamps={"0.tsr": a(PROVED, at=AT.replace(day=26, second=0, microsecond=0))})
    assert "between 25 September 2026, 14:28 UTC and 26 September 2026, 16:41 UTC: proved by a Bitcoin" in told(site)


def test_three_proofs_are_listed_and_an_authority_is_named_once() -> None:
    stamps = {f"{number}.tsr": a(PROVED, by) for number, by in enumerate("ABAC")}
    assert told(rendered(CARRIED_ROUND, stamps=stamps)).endswith("by the timestamps of A, B and C.")


def test_a_lower_bound_alone() -> None:
    site = rendered(CARRIED_ROUND)
    assert told(site) == (
        "Not signed before 31 August 2026, 18:45 UTC: proved by a drand round in its text. That it was signed no later "
        "than it says is the signers’ word."
    )
    assert bounds(site) == ("2026-08-31T18:45:15Z", None)


def test_an_upper_bound_alone() -> None:
    site = rendered(stamps={"0.tsr": a(PROVED)})
    assert told(site) == (
        "Signed no later than 25 September 2026, 16:42 UTC: proved by the timestamp of A. That it was signed no "
        "earlier than it says is the signers’ word."
    )
    assert bounds(site) == (None, "2026-09-25T16:41:02Z")


@pytest.mark.parametrize("anchors", [(), (HEADLINE,), (WRONG, UNKNOWN)], ids=["none", "headline", "wrong"])
def test_where_nothing_is_proved_the_date_is_the_signers_word(anchors: tuple[Anchor, ...]) -> None:
    site = rendered(*anchors, stamps={"0.tsr": a(BAD, "")}, more=["0.ots"])
    assert told(site) == WORD
    assert bounds(site) == (None, None)


def test_a_timestamp_that_an_anchor_speaks_against_does_not_count() -> None:
    site = rendered(CARRIED_BLOCK, stamps={"0.tsr": a(PROVED, at=AT - timedelta(days=1))})
    assert told(site).startswith("Not signed before 25 September 2026, 14:28 UTC: proved by a Bitcoin block")
    assert bounds(site)[1] is None


# --- what proves nothing ----------------------------------------------------------------------------------


def test_a_token_that_nobody_trusts_is_a_claim_and_bounds_nothing() -> None:
    site = rendered(stamps={"0.tsr": a(CLAIMED, "Own Notary")})
    assert told(site) == WORD
    assert bounds(site) == (None, None)
    said = page(site).said("when")
    assert "Claimed, and not proved: the timestamp of Own Notary, 25 September 2026, 16:41:02 UTC. Its root" in said
    assert "--tsa-root" in said


def test_a_bitcoin_proof_is_shown_and_never_checked_here() -> None:
    site = rendered(CARRIED_ROUND, more=["0.ots", "1.ots"])
    assert told(site).startswith("Not signed before")
    said = page(site).said("when")
    assert "Not counted here: a Bitcoin proof and a Bitcoin proof (check it with canary verify and" in said
    assert [link for link in page(site).links if link.endswith(".ots")] == [path for path in site if ".ots" in path]


def test_nothing_is_proved_where_nothing_checks() -> None:
    site = rendered(stamps={"0.tsr": a(PROVED)}, checked=False)
    assert told(site) == WORD
    assert "nothing here checks such files" in page(site).said("proofs")


def test_only_those_timestamps_count_that_watchers_read() -> None:
    site = rendered(stamps={"0.tsr": a(CLAIMED), "2.tsr": a(PROVED)}, more=["1.ots"])
    assert told(site) == WORD
    assert "Not counted here" not in page(site).said("when")


# --- the table on the newest release's page ----------------------------------------------------------------


def test_the_front_page_says_what_each_proof_rests_on() -> None:
    stamps = {"0.tsr": a(PROVED), "1.tsr": a(CLAIMED, "B"), "2.tsr": a(BAD, "")}
    site = rendered(CARRIED_ROUND, HEADLINE, WRONG, UNKNOWN, stamps=stamps)
    words = page(site).said("proofs")
    for said in (
        f"text.txt D{check_anchor(CARRIED_ROUND).words[1:]} not signed before 31 August 2026, 18:45 UTC",
        f"text.txt A{check_anchor(HEADLINE).words[1:]} nothing",
        f"text.txt T{check_anchor(WRONG).words[1:]} nothing",
        f"text.txt T{check_anchor(UNKNOWN).words[1:]} nothing",
        "0.tsr A: words on 0.tsr signed no later than 25 September 2026, 16:42 UTC",
        "1.tsr B: words on 1.tsr nothing",
        "2.tsr It counts for nothing: words on 2.tsr nothing",
    ):
        assert said in words


def test_a_release_without_proofs_has_no_table() -> None:
    site = rendered(more=["0.ots"])
    assert "proofs" not in page(site).ids


def test_only_the_newest_release_is_checked_and_told_of() -> None:
    sim = canary(CARRIED_BLOCK)
    older = digest(sim.entries[1])
    site = render_site(
        replay(sim.entries, sim.gpg),
        checkpoint=b"",
        attachments={},
        evidence={older: [("0.tsr", b"that no checker may see")]},
        checkers=checkers({}),
    )
    assert {"when", "window", "proofs"}.isdisjoint(page(site, "releases/1/index.html").ids)
    assert f"../../evidence/{older}/0.tsr" in page(site, "releases/1/index.html").links


def test_no_page_of_an_empty_canary_speaks_of_it() -> None:
    sim = Publisher(("legal",), threshold=1)
    sim.roster()
    site = render_site(replay(sim.entries, sim.gpg), checkpoint=b"", attachments={}, checkers=checkers({}))
    assert "when" not in page(site).ids


# --- hostile input, and sameness ------------------------------------------------------------------------


def test_an_authoritys_name_and_an_anchors_words_are_no_markup() -> None:
    anchor = Anchor("headline", f'2026-09-25 X "{HOSTILE}"')
    site = rendered(
        CARRIED_ROUND, anchor, stamps={"0.tsr": a(PROVED, HOSTILE), "1.tsr": a(CLAIMED, f"{{{{ 7 * 7 }}}} {HOSTILE}")}
    )
    for path, found in pages(site):
        assert b"<script" not in site[path]
        assert b"<img" not in site[path]
        assert {"script", "img"}.isdisjoint(found.tags)
    assert HOSTILE in page(site).said("window")
    assert f"{{{{ 7 * 7 }}}} {HOSTILE}" in page(site).said("when")


def test_the_same_log_and_timestamps_give_the_same_bytes() -> None:
    stamps = {"0.tsr": a(PROVED), "1.tsr": a(CLAIMED, "B")}
    one, other = (rendered(CARRIED_ROUND, CARRIED_BLOCK, stamps=stamps, more=["0.ots"]) for _ in range(2))
    assert list(one.items()) == list(other.items())
