"""Pages: what a reader sees, in whatever characters and tags it is written, and nothing else."""

from __future__ import annotations

import html
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.matches import Fate, match_sentences
from canary.core.foreign.periods import period_of
from canary.core.foreign.pinned import Format, Pinned, PinnedStatement
from canary.core.foreign.proposals import Kind, propose_sentences
from canary.core.foreign.words import normalised
from canary.errors import MalformedError
from canary.formats.foreign.html_hidden import Sheet, declarations, hides
from canary.formats.foreign.page import PageReader
from tests.html_pages import COMMITMENTS, HIDDEN, SENTENCES, SHOWN, STATEMENTS, TEXT, escaped, page

READER = PageReader()
STATEMENT = STATEMENTS[0]


def pinned(*sentences: str) -> tuple[PinnedStatement, ...]:
    return tuple(PinnedStatement(f"s{number}", normalised(each)) for number, each in enumerate(sentences, 1))


PINNED = Pinned(Format.PAGE, "page", "", (), 0, pinned(*SENTENCES))


def read(data: bytes | str, name: str = "report") -> Edition:
    return READER.read(name, {name: data.encode() if isinstance(data, str) else data}, PINNED)


def fates(data: bytes | str, *sentences: str) -> list[Fate]:
    return [each.fate for each in match_sentences(pinned(*sentences), read(data).text)]


def damage(edition: Edition) -> list[str]:
    return [detail for remark, detail in edition.remarks if remark is Remark.DAMAGED_ENCODING]


@pytest.mark.parametrize("way", SHOWN)
def test_a_sentence_that_a_reader_sees_is_found_however_it_is_written(way: str) -> None:
    data = page("Before.", SHOWN[way](STATEMENT), "After.")
    assert fates(data, STATEMENT) == [Fate.FOUND]
    assert normalised(STATEMENT) in {each.words for each in propose_sentences(read(data).text)}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_sentence_that_a_reader_does_not_see_is_gone(way: str) -> None:
    data = page("Before.", HIDDEN[way](html.escape(STATEMENT)), "After.")
    edition = read(data)
    assert [each.fate for each in match_sentences(pinned(STATEMENT), edition.text)] == [Fate.GONE]
    assert "encryption" not in edition.text
    assert "Before." in edition.text
    assert "After." in edition.text


def test_nothing_is_signed_and_that_is_said() -> None:
    edition = read(page(STATEMENT))
    assert edition.remarks == ((Remark.NOT_SIGNED, ""),)
    assert edition.signatures == ()


def test_a_rule_for_paper_or_with_a_condition_hides_nothing_on_the_screen() -> None:
    sheets = "<style>@media print { p { display: none } } nav p { display: none } p:hover { opacity: 0 }</style>"
    assert fates(page(STATEMENT, head=sheets + "<style media=print>p{display:none}</style>"), STATEMENT) == [Fate.FOUND]


def test_a_later_rule_shows_again_what_an_earlier_one_hides() -> None:
    assert fates(page(STATEMENT, head="<style>p{display:none}p{display:block}</style>"), STATEMENT) == [Fate.FOUND]


def test_two_sentences_in_two_blocks_are_not_run_together() -> None:
    for block in ("<div>{}</div>", "<x-card>{}</x-card>", "<td>{}</td>", "<span style='display:flex'>{}</span>"):
        data = "<!doctype html><table><tr>" if "td" in block else "<!doctype html>"
        data += "".join(block.format(escaped(each)) for each in SENTENCES)
        assert fates(data, *SENTENCES) == [Fate.FOUND] * len(SENTENCES)


# --- characters -----------------------------------------------------------------------------------------

QUOTED = "We have “never” handed over our customers’ keys – café."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-15"])
def test_a_sentence_is_found_in_every_encoding_that_is_declared(encoding: str) -> None:
    label = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(encoding, encoding)
    sentence = "We have never handed over our customers' keys, café." if "8859" in encoding else QUOTED
    data = page(sentence, head=f'<meta charset="{label}">').encode(encoding)
    assert fates(data, sentence) == [Fate.FOUND]
    assert damage(read(data)) == []


def test_utf8_that_is_declared_as_something_else_is_read_as_utf8_and_told() -> None:
    edition = read(page(QUOTED, head="<meta http-equiv=content-type content='text/html; charset=iso-8859-1'>"))
    assert normalised(QUOTED) in normalised(edition.text)
    assert damage(edition) == ["it declares iso-8859-1, and is UTF-8"]


@pytest.mark.parametrize("data", [page(QUOTED).encode("cp1252"), QUOTED.encode("cp1252")])
def test_what_is_not_utf8_and_does_not_say_so_is_read_as_windows_1252_and_told(data: bytes) -> None:
    edition = read(data)
    assert normalised(QUOTED) in normalised(edition.text)
    assert len(damage(edition)) == 1


def test_what_declares_utf8_and_is_not_loses_characters_and_that_is_told() -> None:
    edition = read(page(STATEMENT, "caf\xe9", head="<meta charset=utf-8>").encode("latin-1"))
    assert fates(page(STATEMENT, "caf\xe9", head="<meta charset=utf-8>").encode("latin-1"), STATEMENT) == [Fate.FOUND]
    assert damage(edition) == ["some of its characters are lost"]


@pytest.mark.parametrize("sign", ["©", "é", "’", "–", "“", "€", "中", "😀", "А"])
def test_characters_that_were_encoded_twice_are_told_and_sentences_elsewhere_are_found(sign: str) -> None:
    twice = "".join(
        chr(each) if each in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([each]).decode("cp1252")
        for each in sign.encode()
    )
    for data in (page(*map(escaped, SENTENCES), f"{twice} 2027"), f"{TEXT}\n\n{twice} 2027"):
        edition = read(data)
        assert fates(data, *SENTENCES) == [Fate.FOUND] * len(SENTENCES)
        assert any("byte by byte" in each for each in damage(edition))


def test_a_sentence_that_was_damaged_itself_is_not_the_one_that_was_pinned() -> None:
    data = page(STATEMENT.replace("'", "â€™"))
    (match,) = match_sentences(pinned(STATEMENT), read(data).text)
    assert match.fate is Fate.REWORDED
    assert "customersâ€" in match.difference


@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cc"]), max_size=60))
def test_ordinary_letters_with_accents_are_no_damage(text: str) -> None:
    words = " ".join(each for each in text.split() if sum(ord(one) > 0x7F for one in each) < 2)
    assert damage(read(page("x", html.escape(words)))) == []


# --- what is a page at all ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"<!doctype html><script>1</script>", b"\x00\x01", b"x" * (limits.PAGE_BYTES + 1)]
)
def test_what_shows_no_text_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError, match="report"):
        read(data)
    assert READER.identify("report", {"report": data}) is None


def test_any_text_is_offered_as_a_page() -> None:
    found = READER.identify("x", {"x": b"Anything that nobody can name."})
    assert found is not None
    assert (found.format, found.signers, found.threshold) == (Format.PAGE, (), 0)
    assert found.text == "Anything that nobody can name."


def test_tags_in_plain_text_stay_what_a_reader_of_plain_text_sees() -> None:
    assert "<b>not</b>" in read("We have <b>not</b> been asked.").text
    assert "<b>" not in read("We have <b>not</b> been asked.", name="x.HTML").text


@given(st.binary(max_size=200), st.sampled_from([b"", b"<!doctype html>", b"<p style='", b"<style>", b"<!--"]))
def test_any_bytes_are_a_page_or_malformed(data: bytes, start: bytes) -> None:
    whole = start + data
    found = READER.identify("x", {"x": whole})
    if found is None:
        with pytest.raises(MalformedError):
            read(whole)
    else:
        assert read(whole).text == found.text
        propose_sentences(found.text)


WORDS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x17F), min_size=1, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from(sorted(SHOWN)))
def test_any_words_are_read_back_from_any_markup(words: list[str], way: str) -> None:
    sentence = " ".join(words)
    assert normalised(sentence) in normalised(read(page(SHOWN[way](sentence))).text)


@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from(sorted(HIDDEN)))
def test_no_hidden_words_are_read(words: list[str], way: str) -> None:
    assert read(page("Seen.", HIDDEN[way](" ".join(words)))).text in ("Seen.", "Seen.\n\nx")


@given(st.text(max_size=60))
def test_any_style_is_read(style: str) -> None:
    hides(declarations(style))
    Sheet([style]).hides("p", "x", ["y"])


@given(st.sampled_from(["p", ".off", "#x", "p.off", "*.off"]), st.text(" \n/*", max_size=4))
def test_a_simple_selector_hides_what_it_names(selector: str, space: str) -> None:
    space = "" if "/" in space or "*" in space else space
    assert Sheet([f"{space}{selector}{space}{{{space}display{space}:none}}"]).hides("p", "x", ["off"])


# --- hostile pages --------------------------------------------------------------------------------------

HOSTILE = {
    "deep": b"<div>" * 100_000,
    "deep in a table": b"<table><tr><td>" * 60_000,
    "deep formatting": b"<a><b><i><p>" * 80_000,
    "attributes": b"<p " + b"a=b " * 250_000 + b">",
    "different attributes": b"<p " + b" ".join(b"a%d=b" % number for number in range(150_000)) + b">",
    "a long attribute": b"<p a='" + b"x" * 1_500_000 + b"'>",
    "unclosed everything": b"<p><i>word <span" * 60_000,
    "unclosed comments": b"<!--" * 400_000,
    "entities": b"&#x41;&amp" * 150_000,
    "less-than signs": b"<" * 1_500_000,
    "declarations": b"<p style='" + b"a:b;" * 250_000 + b"'>",
    "rules": b"<style>" + b".a{display:none}" * 90_000 + b"</style>" + b"<p class=a>" * 5_000,
    "unclosed rules": b"<style>" + b"/*{" * 400_000,
    "selectors": b"<style>" + b",".join(b".c%d" % number for number in range(100_000)) + b"{display:none}</style>",
    "classes": b"<style>.a{display:none}</style><p class='" + b"x " * 500_000 + b"'>",
    "white space": b"<pre>" + b" \n" * 700_000,
    "no sentences": b"<p>" + b"a b c " * 250_000,
    "one full stop after another": b"<p>" + b"A. " * 400_000,
    "no sentence ends": b"has never " * 150_000,
    "bullets": b"* no\n" * 200_000,
    "accents": b"<p>a" + "\u0301".encode() * 500_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_page_is_read_whole(kind: str) -> None:
    data = b"<!doctype html><p>We have never.</p>" + HOSTILE[kind]
    assert len(data) <= limits.PAGE_BYTES
    edition = read(data)
    assert edition.text.startswith("We have never.")
    assert propose_sentences(edition.text)[0].words == "We have never."
    assert [each.fate for each in match_sentences(pinned("We have never."), edition.text)] == [Fate.FOUND]
    period_of(edition.text)


# --- a real page ----------------------------------------------------------------------------------------

REAL = Path(__file__).parents[4] / "shared" / "data" / "canaries" / "pages" / "cloudflare-transparency-h1-2021.txt"


@pytest.mark.skipif(not REAL.is_file(), reason=f"the transparency report is not here: {REAL}")
def test_the_real_reports_sentences_are_proposed_pinned_and_found_and_its_period_is_read() -> None:
    text = read(REAL.read_bytes()).text
    proposed = propose_sentences(text)
    assert [each.words for each in proposed if each.kind is Kind.STATEMENT] == [
        line for line in text.splitlines() if line.startswith("Cloudflare has never ")
    ]
    commitments = [each.words for each in proposed if each.kind is Kind.COMMITMENT]
    assert [each.split()[:4] for each in commitments] == [
        ["We", "will", "not", "sell,"],
        ["It", "is", "our", "policy"],
        ["If", "Cloudflare", "were", "asked"],
    ]
    assert (len(proposed), len(commitments)) == (9, 3)
    assert period_of(text) == (date(2021, 1, 1), date(2021, 6, 30))
    assert damage(read(REAL.read_bytes())) == ["characters stand in it byte by byte, such as Â©"]

    chosen = pinned(*(each.words for each in proposed))
    assert {each.fate for each in match_sentences(chosen, text)} == {Fate.FOUND}
    for statement in chosen:
        removed = match_sentences(chosen, text.replace(statement.words, ""))
        assert [each.statement.id for each in removed if each.fate is Fate.GONE] == [statement.id]
        assert [each.fate for each in removed].count(Fate.FOUND) == len(chosen) - 1
        words = statement.words.split()
        reworded = text.replace(statement.words, " ".join([*words[:3], "knowingly", *words[3:]]))
        (changed,) = [each for each in match_sentences(chosen, reworded) if each.fate is not Fate.FOUND]
        assert (changed.statement, changed.fate) == (statement, Fate.REWORDED)
        assert "{+knowingly+}" in changed.difference


def test_our_own_report_is_proposed_whole_as_text_and_as_html() -> None:
    for data in (TEXT, page(*(escaped(each) for each in TEXT.split("\n\n")))):
        text = read(data).text
        proposed = propose_sentences(text)
        assert [each.words for each in proposed if each.kind is Kind.STATEMENT] == list(STATEMENTS)
        assert [each.words for each in proposed if each.kind is Kind.COMMITMENT] == list(COMMITMENTS)
        assert period_of(text) == (date(2026, 1, 1), date(2026, 6, 30))
