from __future__ import annotations

import subprocess
import sys
from bisect import bisect_right
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from canary.core.dating import difficulty
from canary.core.dating.difficulty import ENDS, FLOORS
from scripts.make_difficulty_floors import FIGURES, LARGEST_TARGET, Period, dated, length, quarters, read, target_of
from tests.public_values import bitcoin_blocks

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def periods() -> list[Period]:
    """Every period of the chain that the figures know, with its dates."""
    lines = [line for line in FIGURES.read_text("utf-8").splitlines() if not line.startswith("#")]
    return dated(*read(lines))


def floor_on(day: date) -> int:
    return FLOORS[bisect_right([begins for begins, _ in FLOORS], day) - 1][1]


def test_the_table_is_what_the_script_makes() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/make_difficulty_floors.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made.stdout == Path(difficulty.__file__).read_text("utf-8")


def test_every_floor_is_at_least_half_and_at_most_all_of_what_was_real(periods: list[Period]) -> None:
    checked = 0
    for began, ended, target in periods:
        real = LARGEST_TARGET // target
        # A day at each end: a header's own date is up to two hours off, and so are the dates that are reckoned.
        day, last = began.date() - timedelta(days=1), ended.date() + timedelta(days=1)
        while day <= last:
            if day >= FLOORS[0][0]:
                assert real <= 2 * floor_on(day), (day, real, floor_on(day))
                assert floor_on(day) <= real, (day, real, floor_on(day))
                checked += 1
            day += timedelta(days=1)
    assert checked > 1_000


def test_every_public_header_is_where_the_figures_have_its_period() -> None:
    lines = [line for line in FIGURES.read_text("utf-8").splitlines() if not line.startswith("#")]
    known = {int(line.split("\t")[0]): line.split("\t")[1] for line in lines}
    checked = 0
    for each in bitcoin_blocks():
        if bits := known.get(each.height // 2016):
            assert bytes.fromhex(each.header)[72:76][::-1].hex() == bits
            checked += 1
    assert checked >= 10


def test_the_dates_that_are_reckoned_agree_with_the_blocks_that_are_known() -> None:
    lines = [line for line in FIGURES.read_text("utf-8").splitlines() if not line.startswith("#")]
    targets, began = read(lines)
    known = sorted(began)
    assert len(known) >= 5
    for first, second in pairwise(known):
        if any(period not in targets for period in range(first, second + 1)):
            continue
        reckoned = began[first] + sum(length(targets, period) for period in range(first, second))
        assert abs(reckoned - began[second]) < 2 * 86_400


def test_the_rows_follow_on_each_other_up_to_the_end() -> None:
    days = [day for day, _ in FLOORS]
    assert days == sorted(set(days))
    assert days[0] == date(2023, 1, 1)
    assert days[-1] < ENDS
    assert all(timedelta(days=90) <= after - before <= timedelta(days=92) for before, after in pairwise(days))


def test_quarters_begin_where_quarters_begin() -> None:
    assert quarters(date(2023, 10, 1), date(2024, 4, 2)) == [
        (date(2023, 10, 1), date(2024, 1, 1)),
        (date(2024, 1, 1), date(2024, 4, 1)),
        (date(2024, 4, 1), date(2024, 7, 1)),
    ]


def test_the_compact_target_is_read_as_in_a_header() -> None:
    assert target_of(0x1D00FFFF) == LARGEST_TARGET
    assert target_of(0x1708417E) == 0x08417E << (8 * 20)
