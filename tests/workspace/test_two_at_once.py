"""Two real processes in one workspace at the same moment, again and again."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.publisher import Publisher, Ran, done, tree
from tests.workspace.in_step import InStep

ROUNDS = 16
AT_WORK = "another canary command is at work in"
NOTHING_NEW = "There was nothing new to publish"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[InStep, InStep]]:
    with InStep() as one, InStep() as other:
        yield one, other


def at_once(pair: tuple[InStep, InStep], publisher: Publisher, *commands: str) -> list[Ran]:
    """Runs a command in each of two processes, released together."""
    for process, command in zip(pair, commands, strict=True):
        process.prepare(publisher, command)
    for process in pair:
        process.go()
    return [process.ran() for process in pair]


def hold_whole(publisher: Publisher, entries: int) -> None:
    """Holds the workspace to be one that a single command left."""
    assert len(list((publisher.root / "log").iterdir())) == entries
    assert len(list((publisher.root / ".public").iterdir())) == 1
    assert not [path for path in publisher.root.rglob("*") if path.name.endswith((".part", ".new"))]
    assert publisher.verify().code == 0


def test_two_publish_at_once(midway: Publisher, tmp_path: Path, pair: tuple[InStep, InStep]) -> None:
    expected = midway.copy_to(tmp_path / "expected")
    done(expected.publish())
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        publisher = midway.copy_to(tmp_path / str(number))
        ran = at_once(pair, publisher, "publish", "publish")
        told = sorted(
            "at work" if AT_WORK in each.err else "nothing new" if NOTHING_NEW in each.out else "published"
            for each in ran
        )
        assert told in (["at work", "published"], ["nothing new", "published"]), ran
        for each in ran:
            assert each.code == (3 if AT_WORK in each.err else 0)
            assert each.err.count("\n") == (2 if each.code else 0)
            assert each.code == 0 or "What to do: Wait for it to end." in each.err
        hold_whole(publisher, entries=3)
        assert tree(publisher.public.resolve()) == tree(expected.public.resolve())
        assert tree(publisher.root / "log") == tree(expected.root / "log")
        assert not list((publisher.root / "draft").iterdir())
        seen.update(told)
        shutil.rmtree(publisher.folder)
    # They did meet.
    assert seen["at work"] > 0


@pytest.mark.parametrize("other", ["merge", "sign", "unsign", "draft", "roster"])
def test_publish_while_another_command_changes_the_draft(
    midway: Publisher, tmp_path: Path, pair: tuple[InStep, InStep], other: str
) -> None:
    for number in range(ROUNDS // 4):
        publisher = midway.copy_to(tmp_path / str(number))
        published, changed = at_once(pair, publisher, "publish", other)
        for each in (published, changed):
            assert each.code in (0, 1, 3), (published, changed)
            assert each.err.count("\n") == (2 if each.code else 0), (published, changed)
        # One of them at least did its work, and what is left is whole.
        assert 0 in (published.code, changed.code)
        hold_whole(publisher, entries=3 if published.code == 0 else 2)
        shutil.rmtree(publisher.folder)


def test_two_signers_at_once(midway: Publisher, tmp_path: Path, pair: tuple[InStep, InStep]) -> None:
    for number in range(ROUNDS // 4):
        publisher = midway.copy_to(tmp_path / str(number))
        ran = at_once(pair, publisher, "sign", "merge")
        assert {each.code for each in ran} <= {0, 1, 3}
        assert 0 in {each.code for each in ran}
        assert publisher.signature_file("director").read_bytes() == (publisher.folder / "director.sig").read_bytes()
        shutil.rmtree(publisher.folder)
