"""Rosters: the grammar, the rules no single line can show, and the schedule that a roster sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random

from canary.core.documents.roster import Roster, check_roster, material, parse_roster
from canary.core.documents.schedule import parse_cadence
from canary.core.signed.kinds import Kind
from canary.core.text.names import key_name
from canary.core.text.times import midnight
from canary.limits import SIGNATURE_LINES, TEXT_BYTES
from tests.fuzz.harness import Scramble, Target, attempt
from tests.fuzz.mutation import mutate_lines, repair
from tests.simulator import Publisher, example_publisher


def check(data: bytes) -> None:
    roster = attempt(parse_roster, data)
    if roster is None:
        return
    assert roster.render() == data
    assert len(data) <= TEXT_BYTES
    check_roster(roster)
    assert 1 <= roster.threshold <= len(roster.signers) <= SIGNATURE_LINES
    assert (roster.previous is None) == (roster.entry == 1)
    _check_keys(roster)
    _check_schedule(roster)


def _check_keys(roster: Roster) -> None:
    keys = [*(signer.key for signer in roster.signers), roster.log, *roster.witnesses]
    assert len({key.name for key in keys}) == len(keys), "a name stands twice"
    assert len({material(key) for key in keys}) == len(keys), "a key stands twice"
    for signer in roster.signers:
        assert signer.key.name == key_name(roster.canary, signer.name)
        assert bool(signer.certificate) == (signer.kind is Kind.OPENPGP)
        assert roster.signer(signer.name) == signer
    assert roster.log.name == roster.canary


def _check_schedule(roster: Roster) -> None:
    schedule = roster.schedule
    assert parse_cadence(schedule.cadence.render()) == schedule.cadence
    day = roster.issued.date()
    period = schedule.newest_opened(day)
    if period is None:
        assert day < schedule.start
        return
    following = schedule.following(period)
    assert period <= day < following.opens <= following.last
    assert schedule.window_at(period).over <= midnight(following.opens)
    assert schedule.expiry(following) <= midnight(schedule.following(following.opens).opens)
    assert schedule.expiry(following) - following.over == schedule.grace


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    changed = mutate_lines(data, limit, random, scramble)
    if random.random() < 0.1:
        changed = changed.replace(b"example.net/canary", random.choice((b"a", b"x.example/~/..", b"1.1.1.1/A_")))
    return (repair(changed) if random.random() < 0.7 else changed)[:limit]


def seeds() -> Mapping[str, bytes]:
    sim = Publisher(("legal", "security"), cadence="1 week", window=6, grace=1)
    sim.roster()
    sim.roster(add=("director",), remove=("legal",), new_log_key=True, anchor_age=timedelta(days=3))
    one = Publisher(("legal",), threshold=1, canary="a", cadence="24 months", organisation="Zoë’s 網路")
    one.roster()
    return {
        "example": example_publisher().rosters[0].render(),
        "first": sim.rosters[0].render(),
        "second": sim.rosters[1].render(),
        "one-signer": one.rosters[0].render(),
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=4_096)
