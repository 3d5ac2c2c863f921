"""Writes `canary/core/dating/difficulty.py`: how much work a Bitcoin block header must show to prove its date.

    python scripts/make_difficulty_floors.py > canary/core/dating/difficulty.py

It reads `scripts/difficulty_figures.tsv`, which says where its figures come from. The chain's own rule dates what is
not dated there: a period of 2,016 blocks takes two weeks times the target after it, divided by its own target.

A floor holds for a quarter of a year. It is 55 percent of the highest difficulty in that quarter and the week on each
side of it, so it is at least half of what was real on every day of it. Where the figures have a gap, the ends of the
gap stand for it. The table ends 180 days after the last figure: in no half year since 2021 has the difficulty doubled.
To extend it, add a line to the figures for the newest period and run this again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FIGURES = Path(__file__).with_name("difficulty_figures.tsv")
PERIOD_BLOCKS = 2016
PERIOD_SECONDS = 14 * 24 * 60 * 60
LARGEST_TARGET = 0xFFFF << 208
SHARE = 55
FIRST = date(2023, 1, 1)
MARGIN = timedelta(days=7)
GOES_ON_FOR = timedelta(days=180)

Period = tuple[datetime, datetime, int]
"""When a period began and ended, and its target."""

HEADER = '''"""How much work a Bitcoin block header must show to prove its date.

Made by `scripts/make_difficulty_floors.py`, which says where the figures come from; never edited. Each row is the first
day of a span of time, and the least difficulty of a header dated in it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

FLOORS: Final[tuple[tuple[date, int], ...]] = ('''


def target_of(bits: int) -> int:
    """Returns the target that a header's compact field stands for."""
    return (bits & 0x7FFFFF) << (8 * ((bits >> 24) - 3))


def read(lines: list[str]) -> tuple[dict[int, int], dict[int, float]]:
    """Returns for each period its target, and for some of them when they began, in seconds since 1970."""
    targets: dict[int, int] = {}
    began: dict[int, float] = {}
    blocks: dict[int, tuple[int, int]] = {}
    for line in lines:
        period, bits, *block = line.split("\t")
        targets[int(period)] = target_of(int(bits, 16))
        if block:
            blocks[int(period)] = int(block[0]), int(block[1])
    for number, (height, time) in blocks.items():
        began[number] = time - (height - number * PERIOD_BLOCKS) / PERIOD_BLOCKS * length(targets, number)
    return targets, began


def length(targets: dict[int, int], period: int) -> float:
    """Returns how many seconds a period took; two weeks where the target after it is not known."""
    following = targets.get(period + 1, targets[period])
    return PERIOD_SECONDS * following / targets[period]


def dated(targets: dict[int, int], began: dict[int, float]) -> list[Period]:
    """Returns every period with its dates, counted on from the nearest one that is known."""
    starts = dict(began)
    for period in sorted(targets):
        if period not in starts and period - 1 in starts:
            starts[period] = starts[period - 1] + length(targets, period - 1)
    for period in sorted(targets, reverse=True):
        if period not in starts:
            starts[period] = starts[period + 1] - length(targets, period)
    return [
        (_time(starts[each]), _time(starts[each] + length(targets, each)), targets[each]) for each in sorted(targets)
    ]


def quarters(first: date, last: date) -> list[tuple[date, date]]:
    """Returns the first day of each quarter, and that of the next one."""
    found: list[tuple[date, date]] = []
    while first <= last:
        month = first.month + 3
        after = date(first.year + month // 13, (month - 1) % 12 + 1, 1)
        found.append((first, after))
        first = after
    return found


def floor_of(periods: list[Period], begins: date, ends: date) -> int:
    """Returns the floor of a span of days."""
    before = [period for period in periods if period[0].date() <= begins + MARGIN]
    after = [period for period in periods if period[1].date() >= ends - MARGIN]
    within = [period for period in periods if period[0].date() < ends + MARGIN and period[1].date() > begins - MARGIN]
    hardest = min(target for *_, target in [*within, *before[-1:], *after[:1]])
    return SHARE * LARGEST_TARGET // hardest // 100


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def main() -> None:
    """Prints the module."""
    lines = [line for line in FIGURES.read_text("utf-8").splitlines() if not line.startswith("#")]
    periods = dated(*read(lines))
    known = [int(block[1]) for _, _, *block in (line.split("\t") for line in lines) if block]
    ends = _time(max(known)).date() + GOES_ON_FOR
    print(HEADER)
    for begins, after in quarters(FIRST, ends):
        print(f"    (date({begins.year}, {begins.month}, {begins.day}), {floor_of(periods, begins, after):_}),")
    print(")")
    print(f'\nENDS: Final = date({ends.year}, {ends.month}, {ends.day})\n"""From this day on nothing is known yet."""')


if __name__ == "__main__":
    main()
