from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.text.characters import allowed
from canary.core.text.printable import printable, sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Beispiel — “GmbH”", "Beispiel — “GmbH”"),
        (" a\r\nb\u2028c\u00a0d ", "a b c d"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("abc\u202edef", "abc\\u202edef"),
        ("pay\u200bpal", "pay\\u200bpal"),
        ("\ud800", "\\ud800"),
        ("0123456789", "0123456789"),
        ("0123456789a", "012345678…"),
        ("01234567 9a", "01234567…"),
    ],
)
def test_what_a_stranger_wrote_becomes_one_line(text: str, line: str) -> None:
    assert printable(text, most=10 if text.startswith("0") else 80) == line


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(2, 50))
def test_the_line_is_short_and_printable(text: str, most: int) -> None:
    line = printable(text, most=most)
    assert len(line) <= most
    assert line.isprintable()
    assert all(map(allowed, line))


@given(st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=40))
def test_harmless_words_stay_as_they_are(text: str) -> None:
    assert printable(text, most=40) == " ".join(text.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("it is late", "It is late."),
        ("example.net: refused", "example.net: refused."),
        ("log/0002.txt is gone", "log/0002.txt is gone."),
        ("is it late?", "Is it late?"),
        ("cut sho…", "Cut sho…"),
    ],
)
def test_words_become_a_sentence(words: str, told: str) -> None:
    assert sentence(words) == told
