"""Many jobs at many hosts: all of them are done, few at once at any host, and stopping stops the rest."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.edges.web import host_pool
from canary.edges.web.host_pool import by_host


class Watching:
    """Work that counts how much of it is done at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.together = 0

    def __call__(self, job: tuple[str, int]) -> tuple[str, int]:
        with self.lock:
            self.now[job[0]] += 1
            self.most[job[0]] = max(self.most[job[0]], self.now[job[0]])
            self.together = max(self.together, self.now.total())
        threading.Event().wait(0.001)
        with self.lock:
            self.now[job[0]] -= 1
        return job


@given(hosts=st.lists(st.sampled_from("abcd"), max_size=30), threads=st.integers(1, 8), per_host=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_every_job_is_done_once_and_no_host_is_crowded(hosts: list[str], threads: int, per_host: int) -> None:
    jobs = [(host, number) for number, host in enumerate(hosts)]
    work = Watching()
    done = list(by_host(jobs, lambda job: job[0], work, threads=threads, per_host=per_host))
    assert sorted(done) == sorted(jobs)
    assert all(most <= per_host for most in work.most.values())
    assert work.together <= threads


def test_one_slow_host_does_not_hold_up_the_others() -> None:
    go = threading.Event()

    def work(job: tuple[str, int]) -> tuple[str, int]:
        if job[0] == "slow":
            assert go.wait(30)
        return job

    jobs = [("slow", number) for number in range(5)] + [("quick", number) for number in range(5)]
    found = by_host(jobs, lambda job: job[0], work, threads=3, per_host=1)
    first = [next(found) for _ in range(5)]
    go.set()
    assert {job[0] for job in first} == {"quick"}
    assert {job[0] for job in found} == {"slow"}


def test_what_the_work_raises_is_raised_and_ends_the_rest() -> None:
    begun: list[int] = []

    def work(job: int) -> int:
        begun.append(job)
        raise KeyError(job)

    with pytest.raises(KeyError):
        list(by_host(range(1_000), lambda _: "host", work, threads=2, per_host=1))
    assert len(begun) < 20


def test_whoever_stops_taking_results_stops_the_rest() -> None:
    begun: list[int] = []

    def work(job: int) -> int:
        begun.append(job)
        return job

    found = by_host(range(10_000), str, work, threads=2, per_host=1)
    next(found)
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(begun) < 20
    assert threading.active_count() < 10


def test_whoever_stops_need_not_wait_for_work_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_pool, "STOPPING_SECONDS", 0.1)
    go, waited = threading.Event(), []

    def work(job: str) -> str:
        if job == "hangs":
            waited.append(go.wait(30))
        return job

    found = by_host(["hangs", "works"], str, work, threads=2, per_host=1)
    assert next(found) == "works"
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert waited == []
    go.set()


def test_nothing_to_do() -> None:
    assert list(by_host([], str, str, threads=4, per_host=1)) == []


@given(
    hosts=st.lists(st.sampled_from("abcd"), min_size=1, max_size=30),
    threads=st.integers(1, 8),
    per_host=st.integers(1, 3),
    data=st.data(),
)
@settings(max_examples=25, deadline=None)
def test_wherever_somebody_stops_no_thread_is_left(
    hosts: list[str], threads: int, per_host: int, data: st.DataObject
) -> None:
    taken = data.draw(st.integers(0, len(hosts)))
    before = threading.active_count()
    begun: list[int] = []

    def work(job: int) -> int:
        begun.append(job)
        return job

    found = by_host(range(len(hosts)), hosts.__getitem__, work, threads=threads, per_host=per_host)
    first = [next(found) for _ in range(taken)]
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert threading.active_count() <= before  # a thread of an earlier test may have ended meanwhile
    assert set(first) <= set(begun)
    assert len(set(begun)) == len(begun)


@given(hosts=st.lists(st.sampled_from("abcd"), min_size=1, max_size=30), threads=st.integers(1, 8), data=st.data())
@settings(max_examples=25, deadline=None)
def test_wherever_the_work_fails_that_is_raised_and_no_thread_is_left(
    hosts: list[str], threads: int, data: st.DataObject
) -> None:
    fails = data.draw(st.integers(0, len(hosts) - 1))
    before = threading.active_count()

    def work(job: int) -> int:
        if job == fails:
            raise KeyboardInterrupt
        return job

    found = by_host(range(len(hosts)), hosts.__getitem__, work, threads=threads, per_host=2)
    with pytest.raises(KeyboardInterrupt):
        list(found)
    assert threading.active_count() <= before  # a thread of an earlier test may have ended meanwhile


def test_results_do_not_pile_up_before_somebody_takes_them() -> None:
    begun: list[int] = []
    idle = threading.Event()

    def work(job: int) -> int:
        begun.append(job)
        return job

    threads = 3
    found = by_host(range(1_000), str, work, threads=threads, per_host=1)
    first = next(found)
    idle.wait(0.2)
    # One was taken; twice as many as threads wait in the queue, and each thread holds one more.
    assert len(begun) <= 1 + 2 * threads + threads
    assert sorted([first, *found]) == list(range(1_000))
