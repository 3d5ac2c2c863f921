"""Releases: the grammar, and what is computed from one before anything is known of its signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Final

from canary.core.documents.release import Release, check_words, parse_release
from canary.core.documents.schedule import Schedule, parse_cadence
from canary.core.documents.statements import compare, not_affirmed_by_final
from canary.core.judging.findings import Code
from canary.core.judging.freshness import Promise, time_findings
from canary.core.log.history import schedule_fault
from canary.core.text.names import RESERVED_STATEMENT
from canary.core.text.times import midnight
from canary.limits import ATTACHMENTS, TEXT_BYTES
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.mutation import mutate_lines
from tests.simulator import Publisher, example_publisher

SCHEDULE: Final = Schedule(date(2025, 2, 1), parse_cadence("4 weeks"), timedelta(days=14), timedelta(days=14))


def check(data: bytes) -> None:
    release = attempt(parse_release, data)
    if release is None:
        return
    assert release.render() == data
    assert len(data) <= TEXT_BYTES
    assert release.final == (release.expires is None)
    assert (release.previous is None) == (release.entry == 1)
    assert len({each.name.lower() for each in release.attachments}) == len(release.attachments) <= ATTACHMENTS
    for statement in release.statements:
        check_words(statement.words)
        assert statement.id != RESERVED_STATEMENT
        assert release.statement(statement.id) == statement
    if release.announcements is not None:
        check_words(release.announcements)
    _check_times(release)
    assert not list(compare(release, release, ()))
    assert not list(not_affirmed_by_final(release, [release]))


def _check_times(release: Release) -> None:
    fault = schedule_fault(release, SCHEDULE)
    if fault:
        check_message(fault)
    else:
        assert release.period <= release.issued.date()
    for day in (release.issued, midnight(release.period)):
        codes = {finding.code for finding in time_findings(Promise.of(release), day)}
        assert len(codes) <= 1
        assert (Code.RETIRED in codes) == release.final
    if release.expires is not None:
        assert {finding.code for finding in time_findings(Promise.of(release), release.expires)} == {Code.EXPIRED}


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    return mutate_lines(data, limit, random, scramble)


def seeds() -> Mapping[str, bytes]:
    sim = Publisher(("legal",), threshold=1, cadence="4 weeks")
    sim.roster()
    sim.release(announcements="One.\n\nTwo — “quoted”.")
    sim.release(attachments={"a": b"x", "b.pdf": b""}, covers=(date(2025, 2, 1), date(2025, 2, 28)))
    sim.release(final=True)
    return {
        "example": example_publisher().releases[0].render(),
        "announcing": sim.releases[0].render(),
        "attaching": sim.releases[1].render(),
        "final": sim.releases[2].render(),
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=4_096)
