"""A real transparency report as the HTML page that it came from, built by our own script around its text."""

from __future__ import annotations

import re
from datetime import date

import pytest

from canary.core.foreign.edition import Edition
from canary.core.foreign.matches import Fate, match_sentences
from canary.core.foreign.periods import period_of
from canary.core.foreign.pinned import Format, Pinned, PinnedStatement
from canary.core.foreign.proposals import propose_sentences
from canary.formats.foreign.page import PageReader
from tests.foreign_corpus import CORPUS, NOT_HERE
from tests.html_pages import HIDDEN, SHOWN, escaped, page

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)

REPORT = CORPUS / "pages" / "cloudflare-transparency-h1-2021.txt"
ONE = 2
"""Which of its sentences is written in another way, or hidden."""


def read(data: bytes, name: str = "report.html") -> Edition:
    return PageReader().read(name, {name: data}, Pinned(Format.PAGE, "page", "", (), 0, ()))


def sentences() -> tuple[PinnedStatement, ...]:
    proposed = propose_sentences(read(REPORT.read_bytes(), REPORT.name).text)
    return tuple(PinnedStatement(f"s{number}", each.words) for number, each in enumerate(proposed, 1))


def as_html(write: dict[str, str]) -> bytes:
    """Returns the report as a page; some of its sentences are written as HTML that is given."""
    text = REPORT.read_text(encoding="utf-8")
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text)]
    made = []
    for paragraph in paragraphs:
        spelled = escaped(paragraph)
        for sentence, spelling in write.items():
            spelled = spelled.replace(escaped(sentence), spelling)
        made.append(spelled)
    return page(*made).encode()


def test_all_of_it_is_found_in_the_page() -> None:
    pinned, data = sentences(), as_html({})
    assert len(pinned) == 9
    assert {each.fate for each in match_sentences(pinned, read(data).text)} == {Fate.FOUND}
    assert [each.words for each in propose_sentences(read(data).text)] == [each.words for each in pinned]
    assert period_of(read(data).text) == (date(2021, 1, 1), date(2021, 6, 30))


@pytest.mark.parametrize("way", SHOWN)
def test_a_sentence_that_is_written_otherwise_is_found(way: str) -> None:
    pinned = sentences()
    data = as_html({pinned[ONE].words: SHOWN[way](pinned[ONE].words)})
    assert SHOWN[way](pinned[ONE].words).encode() in data
    assert {each.fate for each in match_sentences(pinned, read(data).text)} == {Fate.FOUND}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_sentence_that_is_hidden_is_gone_and_no_other(way: str) -> None:
    pinned = sentences()
    data = as_html({pinned[ONE].words: HIDDEN[way](escaped(pinned[ONE].words))})
    fates = {each.statement.id: each.fate for each in match_sentences(pinned, read(data).text)}
    assert fates.pop(pinned[ONE].id) is Fate.GONE
    assert set(fates.values()) == {Fate.FOUND}
