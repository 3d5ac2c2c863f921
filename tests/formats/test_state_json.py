from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.judging.findings import Code
from canary.core.judging.state import State, Sticky
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing, Wording
from canary.core.signed.outcome import Outcome
from canary.core.signed.tally import CheckedSignature, Tally
from canary.core.text.strict import digest, hash_field
from canary.edges.memory.state_file import read_state, write_state
from canary.errors import MalformedError, WorkspaceError
from canary.formats.state_json import parse_state, render_state
from tests.publisher import noon

PLAIN = State(
    canary="example.net/canary",
    pin="0" * 64,
    first_use=False,
    entries=(
        Admitted(
            b"entry\x00\xff\n",
            Tally(
                2,
                (CheckedSignature("legal", Outcome.GOOD), CheckedSignature("security", Outcome.UNCHECKED, "no gpg")),
                ("director",),
            ),
            None,
        ),
    ),
    standing=Standing(
        rosters=[1],
        wordings={"keys": {1: Wording("3" * 64, 1), 3: Wording("4" * 64, 1)}},
        keys={"legal": b"\x00\xff"},
        unchecked=[1],
    ),
    checkpoint=b"checkpoint\n",
    etag='"1"',
    acknowledged=1,
    high_water=noon("2026-02-03"),
)
FULL = replace(
    PLAIN,
    first_use=True,
    etag=None,
    stale_since=noon("2026-02-04"),
    sticky=(
        Sticky(Code.TEXT_FORK, "two texts — “quoted”", 2, noon("2026-02-05"), (b"\x00", b"")),
        Sticky(Code.ROOT_MISMATCH, "", None, noon("2026-02-06"), (), acknowledged=True),
    ),
    attachments=("1" * 64, "2" * 64),
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  # hypothesis wants naive bounds, and adds the zone
    max_value=datetime(2999, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
checked = st.builds(CheckedSignature, texts, st.sampled_from(Outcome), texts, st.none() | moments)
tallies = st.builds(Tally, st.integers(0, 100), st.lists(checked).map(tuple), st.lists(texts).map(tuple))
stickies = st.builds(
    Sticky,
    st.sampled_from(Code),
    texts,
    st.none() | st.integers(1, 2**40),
    moments,
    st.lists(st.binary(max_size=20), max_size=3).map(tuple),
    st.booleans(),
)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def logs(draw: st.DrawFn) -> dict[str, object]:
    """Entries with a summary that could be theirs."""
    size = draw(st.integers(0, 4))
    rosters = [1, *sorted(draw(st.sets(st.integers(2, size))))] if size > 1 else [1][:size]
    releases = [number for number in range(1, size + 1) if number not in rosters]
    entries: list[Admitted] = []
    for number in range(1, size + 1):
        roster = None if number in rosters else entries[max(each for each in rosters if each < number) - 1]
        entries.append(Admitted(draw(st.binary(max_size=50)), draw(tallies), roster))
    numbers = st.integers(1, max(size, 1))
    wordings = st.dictionaries(
        texts, st.dictionaries(numbers, st.builds(Wording, hashes, numbers), min_size=1).map(in_order)
    )
    standing = Standing(
        rosters,
        releases[-1] if releases else None,
        draw(wordings) if size else {},
        draw(st.dictionaries(texts, st.binary(max_size=8))),
        draw(st.dictionaries(texts, numbers)) if size else {},
        sorted(draw(st.sets(numbers))) if size else [],
    )
    return {"entries": tuple(entries), "standing": standing}


def in_order(versions: dict[int, Wording]) -> dict[int, Wording]:
    return dict(sorted(versions.items()))


states = st.builds(
    lambda log, **rest: State(**log, **rest),
    log=logs(),
    canary=texts,
    pin=texts,
    first_use=st.booleans(),
    checkpoint=st.binary(max_size=50),
    etag=st.none() | texts,
    acknowledged=st.integers(0, 2**40),
    high_water=moments,
    stale_since=st.none() | moments,
    sticky=st.lists(stickies, max_size=2).map(tuple),
    attachments=st.lists(texts, max_size=2).map(tuple),
)


@given(states)
def test_every_state_reads_back_as_it_was(state: State) -> None:
    assert parse_state(render_state(state)) == state


@pytest.mark.parametrize("state", [PLAIN, FULL], ids=["plain", "full"])
def test_what_reads_is_written_again_with_the_same_bytes(state: State) -> None:
    data = render_state(state)
    assert render_state(parse_state(data)) == data


def test_the_document() -> None:
    document = json.loads(render_state(FULL))
    assert list(document) == [
        "version",
        "canary",
        "pin",
        "first_use",
        "acknowledged",
        "high_water",
        "stale_since",
        "etag",
        "checkpoint",
        "attachments",
        "sticky",
        "timing",
        "standing",
        "entries",
        "checksum",
    ]
    assert (document["version"], document["high_water"], document["stale_since"]) == (
        1,
        "2026-02-03T12:00:00Z",
        "2026-02-04T12:00:00Z",
    )
    assert document["sticky"][0] == {
        "code": "TEXT-FORK",
        "message": "two texts — “quoted”",
        "entry": 2,
        "seen_at": "2026-02-05T12:00:00Z",
        "proof": ["AA==", ""],
        "acknowledged": False,
    }
    assert document["entries"][0]["data"] == "ZW50cnkA/wo="


def changed(old: bytes, new: bytes) -> bytes:
    data = render_state(FULL)
    assert old in data
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        render_state(FULL)[:-10],
        render_state(FULL).rstrip(b"\n"),
        render_state(FULL) + b" ",
        b"\xef\xbb\xbf" + render_state(FULL),
        json.dumps(json.loads(render_state(FULL))).encode(),
        changed(b'"version": 1', b'"version": 1.0'),
        changed(b'"version": 1', b'"version": true'),
        changed(b'"version": 1', b'"version": "1"'),
        changed(b'"version": 1,', b'"version": 1, "version": 1,'),
        changed(b'"version": 1,', b'"version": 1, "more": 1,'),
        changed(b'"acknowledged": 1', b'"acknowledged": 1e0'),
        changed(b'"acknowledged": 1', b'"acknowledged": null'),
        changed(b'"first_use": true', b'"first_use": 1'),
        changed(b'"TEXT-FORK"', b'"TEXT_FORK"'),
        changed(b'"TEXT-FORK"', b'"NO-SUCH-CODE"'),
        changed("“quoted”".encode(), b"\\ud800"),
        changed(b'"AA=="', b'"AA"'),
        changed(b'"AA=="', b'"AB=="'),
        changed(b'"AA=="', b'"A A=="'),
        changed(b'"2026-02-03T12:00:00Z"', b'"2026-02-03T12:00:00+00:00"'),
        changed(b'"2026-02-03T12:00:00Z"', b'"2026-02-03"'),
        changed(b'"good"', b'"fine"'),
        changed("“".encode(), b"\\u201c"),
        changed("“".encode(), b"\xff"),
    ],
)
def test_any_other_spelling_is_a_damaged_file(data: bytes) -> None:
    with pytest.raises(MalformedError, match="state file: the state is damaged") as caught:
        parse_state(data)
    assert "Bring it back from a backup" in caught.value.hint


@pytest.mark.parametrize("name", [r"\u001b[2J", r"\n", "x" * 5_000])
def test_what_a_damaged_file_holds_is_told_in_one_plain_line(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_state(changed(b'"etag"', f'"{name}"'.encode()))
    assert caught.value.what.isprintable()
    assert len(caught.value.what) < 300


@given(st.integers(0, len(render_state(FULL)) - 1), st.integers(1, 255))
def test_one_changed_byte_is_always_noticed(place: int, flip: int) -> None:
    data = bytearray(render_state(FULL))
    data[place] ^= flip
    # A changed version number reads as another version's, which is refused as well.
    with pytest.raises(MalformedError, match=r"the state (is damaged|was written by another version)"):
        parse_state(bytes(data))


@pytest.mark.parametrize("field", ["canary", "pin", "high_water", "checkpoint", "entries"])
def test_a_value_that_nobody_wrote_is_noticed_however_well_it_is_spelled(field: str) -> None:
    plain, full = (json.loads(render_state(each)) for each in (replace(PLAIN, canary="other", pin="1" * 64), FULL))
    plain["entries"], plain["high_water"] = [], "2026-02-07T12:00:00Z"
    full[field] = plain[field] if field != "checkpoint" else ""
    spelled = json.dumps(full, indent=1, ensure_ascii=False) + "\n"
    with pytest.raises(MalformedError, match="the state is damaged"):
        parse_state(spelled.encode())


# --- the file -------------------------------------------------------------------------------------------


def test_a_state_is_kept_in_a_file_of_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) is None
    write_state(path, PLAIN)
    path.chmod(0o644)
    write_state(path, FULL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_state(path) == FULL
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("version", [0, 2, 10**18])
@pytest.mark.parametrize("fields", [{}, {"a_new_field": []}])
def test_a_state_of_another_version_is_told_as_that(version: int, fields: dict[str, object]) -> None:
    document = json.loads(render_state(PLAIN)) | fields | {"version": version}
    with pytest.raises(MalformedError, match="written by another version of canary") as caught:
        parse_state(json.dumps(document).encode())
    assert "Use the version that wrote it" in caught.value.hint


def test_a_whole_state_with_other_fields_is_told_as_another_versions() -> None:
    document = json.loads(render_state(PLAIN)) | {"checksum": ""}
    del document["timing"]
    spelled = json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
    whole = spelled.replace(b'"checksum": ""', b'"checksum": "' + hash_field(digest(spelled)).encode() + b'"')
    with pytest.raises(MalformedError, match="written by another version of canary"):
        parse_state(whole)
    with pytest.raises(MalformedError, match="the state is damaged"):
        parse_state(whole.replace(b'"pin"', b'"pim"'))


def test_a_state_that_would_not_be_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    write_state(path, PLAIN)
    most = len(render_state(FULL))
    monkeypatch.setattr("canary.edges.memory.state_file.STATE_BYTES", most - 1)
    with pytest.raises(WorkspaceError, match=f"would have {most:,} bytes"):
        write_state(path, FULL)
    assert read_state(path) == PLAIN
    monkeypatch.setattr("canary.edges.memory.state_file.STATE_BYTES", most)
    write_state(path, FULL)
    assert read_state(path) == FULL


def test_a_damaged_file_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}", "utf-8")
    with pytest.raises(MalformedError, match=r"state\.json: the state is damaged"):
        read_state(tmp_path / "state.json")


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    for path, told in ((tmp_path, "is no regular file"), (tmp_path / "link", "cannot be read: No such file")):
        with pytest.raises(WorkspaceError, match=told) as caught:
            read_state(path)
        assert "Bring it back from a backup" in caught.value.hint
    with pytest.raises(WorkspaceError, match="cannot be written"):
        write_state(tmp_path / "nowhere" / "state.json", PLAIN)
