"""Which profile fits: proposed by what each of them reads, and never by what an edition says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.edition import Edition
from canary.core.foreign.fitting import Candidate, fits
from canary.core.foreign.pinned import Format
from canary.edges.disk.foreign_profiles import read_profile, shipped_profiles
from canary.flows.watch.pinning import chosen_sentences, proposed_sentences
from canary.formats.settings.foreign_profile import parse_profile
from tests.foreign_corpus import CORPUS, NOT_HERE, edition, signed_at

CANDIDATES = [
    Candidate(name, read_profile(name).decode(), parse_profile(read_profile(name), what=name))
    for name in shipped_profiles()
]
FUGL = (
    "# Example\n\nWe have never been asked.\n\n# Metadata\n\n"
    '{"version": 0, "creation": "2026-11-01T01:00:00+01:00", "expiry": "2026-12-01T00:00:00Z", "final": false}\n'
)


def best(edition: Edition, format_: Format) -> str:
    found = fits(edition, CANDIDATES, format_, proposed_sentences(edition.text))
    assert [each.points for each in found] == sorted((each.points for each in found), reverse=True)
    return found[0].candidate.name


@pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)
def test_each_canary_of_others_is_offered_its_own_profile() -> None:
    for path in sorted((CORPUS / "qubes" / "canaries").glob("*.txt")):
        assert best(edition(f"qubes/canaries/{path.name}"), Format.DETACHED) == "qubes"
    for publisher in ("kicksecure", "opensats"):
        for path in sorted((CORPUS / publisher / "history").iterdir()):
            name = f"{publisher}/history/{path.name}/canary.txt"
            assert best(edition(name, signed_at(f"{name}.asc")), Format.CLEARSIGNED) == publisher, name
    assert best(edition("purism/purism-warrant-canary-20160101.txt"), Format.DETACHED) == "purism"
    assert best(edition("omg/canary.txt"), Format.CLEARSIGNED) == "omg"
    assert best(edition("pages/cloudflare-transparency-h1-2021.txt"), Format.PAGE) == "page"


def test_the_conventions_have_profiles() -> None:
    fields = Edition("canary.txt", "", "Issued: 2026-11-01\nExpires: 2026-12-01\n\nWe have never been asked.\n")
    fugl = Edition("canary.md", "", FUGL)
    for format_ in (Format.DETACHED, Format.CLEARSIGNED, Format.PAGE):
        assert best(fields, format_) == "fields"
        assert best(fugl, format_) == "fugl"


def test_what_no_profile_is_for_is_read_by_the_general_one_of_its_kind() -> None:
    plain = Edition("canary.txt", "", "We have never been asked.\n")
    assert best(plain, Format.SIGNIFY) == "signed"
    assert best(plain, Format.PAGE) == "page"
    assert fits(plain, CANDIDATES, Format.CANARYTAIL) == ()


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["We have never. ", "Issued: ", "1. ", "# Metadata\n", "\n"])).map("".join)
)
def test_no_text_makes_it_raise_and_every_proposal_can_be_chosen(text: str) -> None:
    made = Edition("canary.txt", "", text)
    proposed = proposed_sentences(text)
    for format_ in (Format.DETACHED, Format.PAGE):
        for each in fits(made, CANDIDATES, format_, proposed):
            if each.candidate.is_chosen:
                words = [one.words for one in each.read.statements]
                found = chosen_sentences(made, each.candidate.profile, words)
                assert sorted(one.words for one in found) == sorted(set(words))
