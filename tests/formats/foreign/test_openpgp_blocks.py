from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.formats.foreign.openpgp_blocks import Block, Kind, split_blocks
from canary.formats.foreign.openpgp_text import has_markup, without_line_ends, without_markup

SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\niIcEABYI\n=iL6Q\n-----END PGP SIGNATURE-----"
CERTIFICATE = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----"
CLEARSIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nWe never have.\n" + SIGNATURE


def clearsigned(text: bytes) -> bytes:
    return CLEARSIGNED.replace(b"We never have.", text)


BLOCKS = st.one_of(
    st.just(Block(Kind.SIGNATURE, SIGNATURE)),
    st.just(Block(Kind.CERTIFICATE, CERTIFICATE)),
    st.binary().filter(lambda text: b"-----" not in text).map(lambda t: Block(Kind.CLEARSIGNED, clearsigned(t))),
)
"""Whole blocks; a signed text may hold anything but a line that a signing program would have escaped."""

BETWEEN = st.binary().filter(lambda text: b"-----" not in text)


@given(st.lists(st.tuples(BETWEEN, BLOCKS)), BETWEEN)
def test_blocks_are_found_whole_and_in_order(parts: list[tuple[bytes, Block]], last: bytes) -> None:
    data = b"".join(between + b"\n" + block.data + b"\n" for between, block in parts) + last
    split = split_blocks(data)
    assert split.broken == ""
    assert list(split.blocks) == [block for _, block in parts]
    assert split.begun == sum(block.kind is Kind.CLEARSIGNED for _, block in parts)
    outside = b" ".join([*(between for between, _ in parts), last]).removeprefix(b"\xef\xbb\xbf")
    assert split.outside == bool(outside.strip())


@given(
    st.lists(st.sampled_from([*(SIGNATURE + CLEARSIGNED + CERTIFICATE).splitlines(keepends=True), b" ", b">", b"- "]))
)
def test_whatever_the_order_of_lines_every_block_is_a_part_of_the_file(lines: list[bytes]) -> None:
    data = b"".join(lines)
    split = split_blocks(data)
    place = 0
    for block in split.blocks:
        place = data.index(block.data, place) + len(block.data)
        assert block.data.startswith(b"-----BEGIN PGP " + block.kind.value + b"-----")
        ends = Kind.SIGNATURE if block.kind is Kind.CLEARSIGNED else block.kind
        assert block.data.endswith(b"-----END PGP " + ends.value + b"-----")
    assert split.begun <= data.count(b"-----BEGIN PGP SIGNED MESSAGE-----")


@given(st.binary())
def test_any_bytes_are_split(data: bytes) -> None:
    split = split_blocks(data)
    assert split.blocks == ()
    assert split.outside == bool(data.removeprefix(b"\xef\xbb\xbf").strip())


@pytest.mark.parametrize(
    ("data", "blocks", "begun", "broken"),
    [
        (b"<pre>" + CLEARSIGNED + b"</pre>", 1, 1, False),
        (b"\xef\xbb\xbf" + CLEARSIGNED, 1, 1, False),
        (CLEARSIGNED.replace(b"\n", b"\r\n"), 1, 1, False),
        (clearsigned(b"- -----BEGIN PGP SIGNED MESSAGE-----\n- -----BEGIN PGP SIGNATURE-----"), 1, 1, False),
        (clearsigned(b"> -----BEGIN PGP SIGNED MESSAGE-----"), 1, 1, False),
        (clearsigned(b"see -----BEGIN PGP SIGNATURE----- below"), 1, 1, False),
        (b"the line -----BEGIN PGP SIGNATURE----- begins one\n" + SIGNATURE, 1, 0, False),
        (CLEARSIGNED + b"\n<!-- " + CLEARSIGNED + b" -->", 2, 2, False),
        (CLEARSIGNED + b"\n<!--\n" + CLEARSIGNED + b"\n-->", 2, 2, False),
        (CLEARSIGNED + b"\n<p hidden>" + CLEARSIGNED, 2, 2, False),
        (b"<p hidden>" + CLEARSIGNED + b"<pre>" + CLEARSIGNED + b"</pre>", 2, 2, False),
        (clearsigned(CLEARSIGNED), 0, 2, True),
        (clearsigned(SIGNATURE), 2, 1, False),
        (CLEARSIGNED[:-5], 0, 1, True),
        (CLEARSIGNED[: len(CLEARSIGNED) // 2], 0, 1, True),
        (SIGNATURE + b"\n-----END PGP SIGNATURE-----", 1, 0, True),
        (CLEARSIGNED.replace(b"END PGP SIGNATURE", b"END PGP PUBLIC KEY BLOCK"), 0, 1, True),
    ],
)
def test_nested_hidden_and_broken_blocks(data: bytes, blocks: int, begun: int, *, broken: bool) -> None:
    split = split_blocks(data)
    assert (len(split.blocks), split.begun, bool(split.broken)) == (blocks, begun, broken)


# --- texts ----------------------------------------------------------------------------------------------


def test_only_ends_of_lines_and_of_the_text_compare_as_nothing() -> None:
    assert without_line_ends(b"a \r\nb\t\n\n") == without_line_ends(b"a\nb")
    for other in (b"a\n b", b"a b", b"\na\nb", b"a\n\nb", b"A\nb", b""):
        assert without_line_ends(other) != without_line_ends(b"a\nb")


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (b"a<br>b<br/>\nc<BR />\r\nd", b"a\nb\nc\nd"),
        (b"<p>a</p>\n<p class='x'>b</p>", b"a\n\nb"),
        (b"<b>never</b> &lt;us@example.org&gt; &amp;amp; &#39;x&#39;", b"never <us@example.org> &amp; 'x'"),
        (b"\xff &amp; \xc3\xa9", b"\xff & \xc3\xa9"),
    ],
)
def test_markup_is_taken_out(page: bytes, shown: bytes) -> None:
    assert has_markup(page)
    assert without_markup(page) == shown


@pytest.mark.parametrize("plain", [b"a < b && c > d", b"AT&T & co", b"<3", b"x &; y"])
def test_what_is_no_markup_is_none(plain: bytes) -> None:
    assert not has_markup(plain)


@given(st.binary())
def test_markup_is_taken_out_of_any_bytes(data: bytes) -> None:
    if not has_markup(data):
        assert without_markup(data) == data
