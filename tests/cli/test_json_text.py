"""JSON as it is printed: the same document, indented, and nothing in it that a terminal obeys."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from canary.cli.formats import json_text

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["\u009b0m", "\u202e", "\x7f", "\ud800", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=3))
def test_it_says_the_same_in_one_way_and_indented_as_the_standard_library_does(document: dict[str, object]) -> None:
    line, indented = json_text(document), json_text(document, indent=2)
    assert json.loads(line) == json.loads(indented) == document
    assert all(each.isprintable() or each == "\n" for each in indented)
    assert indented == json_text_of_the_library(document)


def json_text_of_the_library(document: dict[str, object]) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)
