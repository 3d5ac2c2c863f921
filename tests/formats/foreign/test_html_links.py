"""The links of a page: what a browser would follow, and no more than are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.formats.foreign.html_links import links_in
from canary.limits import FOREIGN_LINKS


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ('<a href="one.txt">one</a> <A HREF=two.txt>two</A> <a href="one.txt">again</a>', ("one.txt", "two.txt")),
        ('<a href=" a&amp;b.txt&#10;">x</a>', ("a&b.txt",)),
        ('<!-- <a href="hidden.txt"> --><script>"<a href=s.txt>"</script><a name="x">y</a>', ()),
        ('<base href="/canaries/"><a href="one.txt">1</a><a href="/two.txt">2</a>', ("/canaries/one.txt", "/two.txt")),
        ('<base href="//["><a href="one.txt">1</a>', ("one.txt",)),
        ("<a href>x</a> text <b>", ("",)),
    ],
)
def test_links_are_those_of_the_tree(page: str, links: tuple[str, ...]) -> None:
    assert links_in(page.encode()) == links


def test_a_page_of_links_without_end_is_cut() -> None:
    page = b"".join(b'<a href="%d">' % number for number in range(FOREIGN_LINKS + 10))
    assert len(links_in(page)) == FOREIGN_LINKS


@given(st.binary(max_size=400) | st.text(alphabet="<a href=\"=>/.x: '&;b#", max_size=200).map(str.encode))
def test_no_bytes_break_it(page: bytes) -> None:
    assert all(isinstance(each, str) for each in links_in(page))
