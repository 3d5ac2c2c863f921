"""`canary watch import` and `export`: the list goes out as it came in, and what cannot be taken is named."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.watching.followed import Followed
from canary.core.watching.watched import Watched
from canary.formats.foreign.pinned_json import pin_of, render_pinned
from tests.foreign_series import ForeignSeries, SignifySeal
from tests.watch_desk import WatchDesk

PIN = f"sha256:{'1' * 64}"


def line(**changes: object) -> str:
    return json.dumps({"location": "https://example.net/canary/", "pin": PIN, "name": "one"} | changes)


@pytest.mark.parametrize("output", ["toml", "jsonl"])
def test_what_is_exported_can_be_imported(desk: WatchDesk, tmp_path: Path, output: str) -> None:
    desk.added("--tag", "vpn", "--every", "90m").added(name="other")
    exported = desk.watch("export", "--format", output).out
    file = tmp_path / f"list.{output}"
    file.write_text(exported)
    for name in ("acme", "other"):
        desk.watch("remove", name, "--yes")
    ran = desk.watch("import", file)
    assert (ran.code, "New in the list: 2 canaries; refused: 0." in ran.said) == (0, True)
    assert desk.watch("export", "--format", output).out == exported
    assert desk.watch("run").code == 0


def test_each_line_that_is_refused_is_named_and_the_others_are_taken(desk: WatchDesk, tmp_path: Path) -> None:
    lines = [
        line(),
        line(name="two", pin="sha256:12"),
        "{",
        "",
        line(name="three", everry="6h"),
        line(),
        line(name="four", location="http://example.net/"),
        line(name="five", pin=""),
        '{"location": "https://a.example/", "location": "https://b.example/", "trust_first_use": true}',
        line(name="six", every="10s"),
        line(name="seven", tags=["VPN"]),
        line(name="eight", tags="vpn"),
        line(name="nine", location=5),
        line(name="ten", proxy="gopher://127.0.0.1"),
        line(name="", pin="", trust_first_use=True, location="https://last.example/canary/"),
    ]
    file = tmp_path / "list.jsonl"
    file.write_text("\n".join(lines))
    document = desk.json("import", file)
    assert document["added"] == 2
    refused = {each["number"]: each["why"] for each in document["refused"]}
    assert sorted(refused) == [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    for number, words in {
        2: "pin: ",
        3: "it is no JSON",
        5: "everry",
        6: "one stands there already, as number 1",
        7: "not encrypted",
        8: "it has no pin",
        9: "a key stands twice",
        10: "every: an interval",
        11: "a tag is",
        12: "tags",
        13: "location",
        14: "proxy",
    }.items():
        assert words in refused[number]
    assert [each["name"] for each in desk.json("list")["canaries"]] == ["last.example/canary", "one"]
    ran = desk.watch("import", file)
    assert (ran.code, f"{file}, 1: one is in the list already" in ran.err) == (1, True)


def test_thousands_go_at_once(desk: WatchDesk, tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text("\n".join(line(name=f"n{number}") for number in range(3_000)))
    assert desk.json("import", file)["added"] == 3_000
    assert len(desk.json("list")["canaries"]) == 3_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[canary]\n", "it is no TOML"),
        ("[canary]\nlocation = 'https://a.example/'\n", "tables called [[canary]] alone"),
        ("[[canaries]]\n", "'canaries'"),
        ("\ud800", "it is no TOML"),
        (f"number = {'1' * 5_000}\n", "it is no TOML"),
        (f"{'[' * 5_000}\n", "it is no TOML"),
        (f"# {'.' * 99}\nname = '{'.' * 99}'\n{'a.' * 20_000}a = 1\n", "line 3: keys lie too deep in keys"),
        (f"a = ['''\n' ''', {{{'a.' * 20_000}a = 1, b = ''}}]\n", "line 2: keys lie too deep in keys"),
        ("".join(f"{number} = 1\n" for number in range(5_000)), "it holds '0', and"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(desk: WatchDesk, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "list.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    ran = desk.watch("import", file)
    assert (ran.code, words in ran.said) == (3, True), ran.said


def test_paths_in_a_file_are_relative_to_it(desk: WatchDesk, tmp_path: Path) -> None:
    file = tmp_path / "list.toml"
    (tmp_path / "copies" / "acme").mkdir(parents=True)
    file.write_text(f"[[canary]]\nlocation = 'copies/acme'\npin = '{PIN}'\nname = 'acme'\n")
    assert desk.watch("import", file).code == 0
    assert desk.row()["location"] == str(tmp_path / "copies" / "acme")


@pytest.mark.parametrize(
    "hostile",
    [
        {"location": "\ud800"},
        {"location": "/home/\0"},
        {"location": "/home/\x1b[2J"},
        {"location": "/home/\u202e"},
        {"ca_file": "\ud800"},
        {"ca_file": "\0"},
        {"ca_file": "/dev/zero"},
        {"\ud800": 1},
        {"\x1b[2J" * 100_000: 1},
    ],
)
def test_whatever_stands_in_one_line_costs_no_other(
    desk: WatchDesk, tmp_path: Path, hostile: dict[str, object]
) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text(f"{line(name='bad', **hostile)}\n{line()}\n")
    ran = desk.watch("import", file)
    assert (ran.code, "New in the list: 1 canary; refused: 1." in ran.said) == (1, True), ran.said
    assert len(ran.said) < 2_000
    assert all(each.isprintable() for each in ran.out + ran.said if each != "\n")


def test_a_file_of_which_next_to_nothing_can_be_read_is_refused_whole(desk: WatchDesk, tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text(f"{line()}\n" + "x\n" * 20_000)
    ran = desk.watch("import", file)
    assert (ran.code, "more than 10,000 of its canaries cannot be read, number 10002 among them" in ran.said) == (
        3,
        True,
    )
    assert desk.watch("list").code == 3


def test_a_folder_whose_name_cannot_be_shown_is_not_followed(desk: WatchDesk, tmp_path: Path) -> None:
    desk.added()
    for name in ("\udcff", "\x1b[2J", "\u202e"):
        (tmp_path / name).mkdir()
        for words in (("add", tmp_path / name, "--trust-first-use"), ("change", "acme", "--location", tmp_path / name)):
            ran = desk.watch(*words)
            assert (ran.code, "an address or a path is of printable characters" in ran.said) == (3, True), ran.said


# --- canaries in other formats --------------------------------------------------------------------------

SERIES = ForeignSeries(SignifySeal())
PINNED = render_pinned(SERIES.pinned).decode()
FOREIGN_PIN = f"sha256:{pin_of(SERIES.pinned)}"


@pytest.mark.parametrize("output", ["toml", "jsonl"])
def test_what_is_pinned_goes_along(desk: WatchDesk, tmp_path: Path, output: str) -> None:
    desk.added()
    desk.files |= {f"/c/{name}": body for name, body in SERIES.edition(1, "2025-02-01", name="canary.txt").items()}
    followed = Followed(
        *("ours", f"{desk.server.url}/c/canary.txt", pin_of(SERIES.pinned), ("vpn",), timedelta(hours=3), desk.now),
        format=SERIES.pinned.format,
    )
    with desk.store() as store:
        store.add(Watched(followed, desk.now), None, SERIES.pinned)
    exported = desk.watch("export", "--format", output).out
    file = tmp_path / f"list.{output}"
    file.write_text(exported)
    for name in ("acme", "ours"):
        desk.watch("remove", name, "--yes")
    ran = desk.watch("import", file)
    assert (ran.code, "New in the list: 2 canaries; refused: 0." in ran.said) == (0, True)
    assert desk.watch("export", "--format", output).out == exported
    with desk.store() as store:
        assert store.pinned("ours") == SERIES.pinned
        row = store.find("ours")
    assert row
    assert row.followed == followed
    assert desk.watch("run").code == 0
    assert desk.row("ours")["status"] == "OK"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pinned": "{}"}, "pinned: "),
        ({"pinned": PINNED.replace("never", "always")}, "pinned: "),
        ({"pinned": PINNED + "\n"}, "pinned: "),
        ({"pinned": "\ud800"}, "half characters"),
        ({"pinned": 5}, "pinned"),
        ({"pin": PIN}, f"pinned: its pin would be {FOREIGN_PIN}, and the row says another, or none"),
        ({"pin": "", "trust_first_use": True}, "and the row says another, or none"),
        ({"location": "http://example.net/c.txt"}, "is not encrypted"),
        ({"location": "https://example.net/c.txt?x"}, "holds a query or a fragment"),
    ],
)
def test_what_cannot_be_pinned_is_refused(
    desk: WatchDesk, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text(line(**({"pinned": PINNED, "pin": FOREIGN_PIN} | changes)) + "\n" + line(name="two"))
    document = desk.json("import", file)
    assert document["added"] == 1
    (refused,) = document["refused"]
    assert refused["number"] == 1
    assert words in refused["why"]


def test_a_pinned_profile_that_cannot_be_read_is_refused(desk: WatchDesk, tmp_path: Path) -> None:
    pinned = replace(SERIES.pinned, profile_text='[next]\ninterval = "soon"\n')
    file = tmp_path / "list.jsonl"
    file.write_text(line(pinned=render_pinned(pinned).decode(), pin=f"sha256:{pin_of(pinned)}"))
    document = desk.json("import", file)
    assert document["added"] == 0
    assert "pinned: next.interval: a length of time is written like" in document["refused"][0]["why"]


def test_hundreds_of_them_go_at_once(desk: WatchDesk, tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text("\n".join(line(pinned=PINNED, pin=FOREIGN_PIN, name=f"c{number}") for number in range(500)))
    assert desk.json("import", file) == {"format": 1, "added": 500, "refused": []}
    with desk.store() as store:
        assert store.pinned("c499") == SERIES.pinned
