"""Vectors of schedules that change: which release the newest one is compared with, and what a watcher is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scripts.vectors_format import Case, expect
from scripts.vectors_scene import FRESH, MARCH, begun, look, one
from tests.simulator import Publisher, noon


def grids() -> Iterator[Case]:
    """Returns the watchers of `look/grids`."""
    for name, about, start, holds in (
        ("earliest", "a new grid starts a day after the last period at the earliest", date(2025, 2, 2), True),
        ("too-early", "and not on it", date(2025, 2, 1), False),
        ("latest", "on the opening of the last next at the latest", date(2025, 5, 1), True),
        ("too-late", "and not a day later", date(2025, 5, 2), False),
    ):
        sim = begun()
        sim.roster(at=noon("2025-03-01"), start=start, cadence="2 months")
        expected = FRESH if holds else expect("INVALID", "BAD-SCHEDULE 3", release=(1, 2))
        yield one(name, about, sim, look(sim, MARCH, expected))
    yield from _compared()
    yield from _ended()


def _compared() -> Iterator[Case]:
    sim = begun()
    sim.roster(at=noon("2025-02-10"), start=date(2025, 3, 1))
    sim.release(at=noon("2025-03-02"), without=("gag",))
    gone = expect("WITHDRAWN", "WITHDRAWN 4", release=(2, 4))
    about = "periods that lie closer than the promised cadence are no two; then the oldest earlier one is compared with"
    yield one("closer-periods", about, sim, look(sim, MARCH, gone))
    sim = _monthly()
    sim.release(at=noon("2025-03-02"), without=("gag",))
    sim.release(at=noon("2025-04-02"))
    gone = expect("WITHDRAWN", "WITHDRAWN 5", "WITHDRAWN 4 remark", release=(3, 5))
    about = "a cadence goes on counting for one cadence after its roster was replaced"
    yield one("old-cadence-counts", about, sim, look(sim, "2025-04-10", gone))
    sim = _monthly()
    for month, without in ((3, ()), (4, ()), (5, ("gag",)), (6, ()), (7, ())):
        sim.release(at=noon(f"2025-0{month}-02"), without=without)
    old = expect("OK", "WITHDRAWN 6 remark", release=(6, 8))
    yield one("old-cadence-over", "and no longer", sim, look(sim, "2025-07-10", old))


def _ended() -> Iterator[Case]:
    sim = begun()
    sim.roster(at=noon("2025-02-10"), start=date(2025, 3, 1))
    sim.release(at=noon("2025-03-02"), without=("gag",))
    sim.roster(at=noon("2025-03-03"), start=date(2025, 4, 1), cadence="1 month", window=7, grace=7)
    sim.release(at=noon("2025-04-02"))
    sim.release(at=noon("2025-05-02"))
    sim.release(at=noon("2025-06-02"), final=True)
    gone = expect("WITHDRAWN", "WITHDRAWN 8", "WITHDRAWN 4 remark", "RETIRED 8", release=(5, 8))
    about = "a final release affirms what stood within twice the promised cadence, however the grid was moved"
    yield one("final-reach", about, sim, look(sim, "2025-06-10", gone))


def _monthly() -> Publisher:
    """Returns a publisher who changed from three months to one."""
    sim = begun()
    sim.roster(at=noon("2025-02-20"), start=date(2025, 3, 1), cadence="1 month", window=7, grace=7)
    return sim


def lengthened() -> Iterator[Case]:
    """Returns the watchers of `state/schedule`."""
    told = expect("CHANGED", "SCHEDULE-LENGTHENED 3", release=(1, 2))
    start = date(2025, 5, 1)
    for name, about, options, expected in (
        ("cadence", "a longer cadence", {"start": start, "cadence": "4 months"}, told),
        ("weeks", "13 weeks are shorter than 3 months", {"start": start, "cadence": "13 weeks"}, FRESH),
        ("window", "a longer window, though the grace is shorter", {"window": 15, "grace": 13}, told),
        ("grace", "a longer window and grace together", {"grace": 15}, told),
        ("shorter", "what is shorter needs no telling", {"start": start, "cadence": "2 months", "window": 13}, FRESH),
    ):
        sim = begun()
        sim.roster(at=noon("2025-03-01"), **options)
        yield one(name, about, sim, look(sim, "2025-02-10", FRESH, size=2), look(sim, MARCH, expected))
