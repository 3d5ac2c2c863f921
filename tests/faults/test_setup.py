"""What a watcher cannot even begin with: exit code 3 and the path it looked at, in every format, and nothing made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.desk import CHECKPOINT_PATH, EVERY, SECRET, Desk, publisher, site
from tests.loopback import answer, says

FORMATS = pytest.mark.parametrize("output", ["text", "json", "jsonl", "nagios", "prometheus"])


@dataclass(frozen=True)
class Row:
    """One way in which there is nothing to begin with.

    Attributes:
        name: what is amiss, in words.
        arrange: makes it so.
        words: a part of what is said; `{config}` and `{memory}` are the paths.
    """

    name: str
    arrange: Callable[[Desk], None]
    words: str


def written(text: str) -> Callable[[Desk], None]:
    def arrange(desk: Desk) -> None:
        desk.config.write_text(text.replace("MEMORY", str(desk.memory)))

    return arrange


def written_in_bytes(desk: Desk) -> None:
    desk.config.write_bytes(b'[watch]\nmemory = "\xff"\n')


def config_is_gone(desk: Desk) -> None:
    desk.config.unlink()


def config_is_a_folder(desk: Desk) -> None:
    desk.config.unlink()
    desk.config.mkdir()


def config_is_a_pipe(desk: Desk) -> None:
    desk.config.unlink()
    os.mkfifo(desk.config)


def config_is_a_dangling_link(desk: Desk) -> None:
    desk.config.unlink()
    desk.config.symlink_to("nowhere")


def list_is_missing(_: Desk) -> None:
    pass


def list_is_empty(desk: Desk) -> None:
    assert desk.follow(desk.serve(site(publisher()))).code == 0
    assert desk.canary("remove", "acme", "--yes").code == 0


def list_is_a_folder(desk: Desk) -> None:
    desk.memory.mkdir()


ROWS = (
    Row("a configuration that is not there", config_is_gone, "configuration {config}"),
    Row("a configuration that is a folder", config_is_a_folder, "configuration {config}"),
    Row("a configuration that is a pipe", config_is_a_pipe, "configuration {config}"),
    Row("a configuration that leads nowhere", config_is_a_dangling_link, "configuration {config}"),
    Row("a configuration that is no TOML", written("[watch\nmemory ="), "{config}, line 1"),
    Row("a configuration that is no text", written_in_bytes, "{config}"),
    Row("a table that nobody knows", written("[wach]\n"), "{config}, line 1: wach: "),
    Row(
        "a key that nobody knows",
        written('[watch]\nmemory = "MEMORY"\nevry = "6h"\n'),
        "{config}, line 3: watch.evry: ",
    ),
    Row(
        "a value that is none",
        written('[watch]\nmemory = "MEMORY"\nevery = "often"\n'),
        "{config}, line 3: watch.every: ",
    ),
    Row("a key twice", written('[watch]\nevery = "6h"\nevery = "7h"\n'), "{config}, line 3"),
    Row("a route to nowhere", written('[[routes]]\nchannels = ["mail"]\n'), "{config}, line 2"),
    Row("a list that is missing", list_is_missing, "{memory} is missing"),
    Row("a list that is empty", list_is_empty, "the list in {memory} is empty"),
    Row("a list that is a folder", list_is_a_folder, "{memory} is no regular file"),
)


@FORMATS
@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_run_that_cannot_begin_says_where_it_looked(desk: Desk, row: Row, output: str) -> None:
    row.arrange(desk)
    there = desk.memory.exists()
    ran = desk.canary("run", "--format", output)
    words = row.words.format(config=desk.config, memory=desk.memory)
    assert ran.code == 3
    match output:
        case "json" | "jsonl":
            document = json.loads(ran.out)
            assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)
            assert words in document["error"]
            assert document["advice"]
            assert output == "json" or ran.out.count("\n") == 1
            assert ran.err == ""
        case "nagios":
            assert ran.out.startswith("CANARY UNKNOWN - ")
            assert (words in ran.out, ran.out.count("\n"), ran.err) == (True, 1, "")
        case _:
            assert ran.out == ""
            assert words in ran.err
            assert "What to do: " in ran.err
    assert (desk.told, desk.memory.exists()) == ([], there)


@FORMATS
def test_a_command_line_that_cannot_be_understood_is_told_likewise(followed: Desk, output: str) -> None:
    ran = followed.canary("run", "--evry", "6h", "--format", output)
    assert ran.code == 3
    assert "--evry" in ran.out + ran.err
    assert ran.out.startswith(
        {"json": '{\n  "format": 1', "jsonl": '{"format": 1', "nagios": "CANARY UNKNOWN - "}.get(output, "")
    )


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_list_that_cannot_be_shown_says_where_it_looked(desk: Desk, row: Row) -> None:
    row.arrange(desk)
    ran = desk.canary("list")
    assert (ran.code, ran.out) == (3, "")
    assert row.words.format(config=desk.config, memory=desk.memory) in ran.err


@FORMATS
def test_a_tag_that_matches_nothing_is_no_success(followed: Desk, output: str) -> None:
    followed.host.asked.clear()
    ran = followed.canary("run", "--tag", "vital", "--format", output)
    assert ran.code == 3
    assert f"nothing in the list in {followed.memory} is filed under" in ran.out + ran.err
    assert followed.host.asked == []


def test_a_tag_looks_at_what_is_filed_under_it_and_at_nothing_else(desk: Desk) -> None:
    desk.serve({folder + path: body for folder in ("/a", "/b") for path, body in site(publisher()).items()})
    assert desk.follow(f"{desk.host.url}/a", "--tag", "vital", name="a").code == 0
    assert desk.follow(f"{desk.host.url}/b", name="b").code == 0
    desk.host.asked.clear()
    desk.now += EVERY
    made = desk.run("--tag", "vital")
    assert (made.exit_code, [each["name"] for each in made.document["canaries"]]) == (0, ["a"])
    assert {each.target.split("/")[1] for each in desk.host.asked} == {"a"}


def test_a_secret_that_stands_where_it_must_not_is_refused_and_not_repeated(followed: Desk) -> None:
    followed.config.write_text(f'[channels.mail]\nkind = "smtp"\nhost = "127.0.0.1"\npassword = "{SECRET}"\n')
    ran = followed.canary("run")
    assert (ran.code, f"{followed.config}, line 4" in ran.err) == (3, True)


def test_a_secret_in_an_address_is_refused_and_not_repeated(followed: Desk) -> None:
    followed.config.write_text(f'[channels.a]\nkind = "webhook"\nurl = "https://me:{SECRET}@127.0.0.1/"\n')
    assert followed.canary("run").code == 3
    assert followed.canary("add", f"https://me:{SECRET}@127.0.0.1/", "--pin", f"sha256:{publisher().pin}").code == 3
    followed.configure()
    proxy = f"socks5h://me:{SECRET}@127.0.0.1:9"
    assert (
        followed.canary("add", "https://127.0.0.1/", "--proxy", proxy, "--pin", f"sha256:{publisher().pin}").code == 3
    )


def test_an_output_that_cannot_be_written_is_no_success_and_what_was_seen_is_stored(followed: Desk) -> None:
    followed.host.faults[CHECKPOINT_PATH] = says(answer(404))
    followed.now += EVERY
    ran = followed.canary("run", "--format", "prometheus", "--output", followed.folder / "nowhere" / "canary.prom")
    assert ran.code == 3
    assert str(followed.folder / "nowhere") in ran.err
    assert [each["status"] for each in followed.shown()["looks"]] == ["MISSING", "OK"]
