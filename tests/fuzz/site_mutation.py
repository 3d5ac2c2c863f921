"""Changes programs step by step, so that most of them still mean something."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.fuzz.harness import Scramble
from tests.fuzz.mutation import TOKENS
from tests.fuzz.site_program import MOST_STEPS, Do, Program, Step, decode


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    """Changes a program: its header, or its steps, one or two at a time."""
    if random.random() < 0.15:
        return scramble(data, limit)
    program = decode(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        program = _changed_program(program, random, scramble)
    return program.encode()[:limit]


def _changed_program(program: Program, random: Random, scramble: Scramble) -> Program:
    kind, steps = random.randrange(8), list(program.steps)
    if kind == 0:
        scenario, state, moment = random.choice(((1, 0, 0), (0, 1, 0), (0, 0, 1)))
        return replace(
            program,
            scenario=(program.scenario + scenario) % 256,
            state=(program.state + state) % 256,
            moment=(program.moment + moment) % 256,
        )
    if kind == 1:
        return replace(program, flags=program.flags ^ 1 << random.randrange(6))
    if kind == 2 and steps:
        del steps[random.randrange(len(steps))]
    elif kind == 3 and steps:
        place = random.randrange(len(steps))
        steps[place] = _changed_step(steps[place], random, scramble)
    elif kind == 4 and len(steps) > 1:
        one, other = random.randrange(len(steps)), random.randrange(len(steps))
        steps[one], steps[other] = steps[other], steps[one]
    elif kind == 5:
        steps += _forged_entry(random, scramble)
    else:
        steps.insert(random.randrange(len(steps) + 1), _new_step(random, scramble))
    return replace(program, steps=tuple(steps[-MOST_STEPS:]))


def _forged_entry(random: Random, scramble: Scramble) -> list[Step]:
    """Returns steps that belong together: an entry is changed or added, signed by some, and sealed by some log key."""
    where, mask = random.randrange(8), random.choice((3, 3, 7, 15, 1, 2, 0))
    made = [
        random.choice(
            (
                Step(Do.APPEND_FROM_POOL, 0, random.randrange(64)),
                Step(Do.ENTRY_FROM_POOL, where, random.randrange(64)),
                Step(Do.CHANGE_ENTRY, where, random.randrange(1024), _body(random, scramble)),
                Step(Do.DROP_ENTRY, where),
                Step(Do.ADD_SIGNATURE_LINE, where, 1),
            )
        )
    ]
    if random.random() < 0.7:
        made.append(Step(random.choice((Do.SIGN_ENTRY, Do.CHAIN_ENTRY)), where, mask))
    seed = random.choice((0, 0, 0, 1, 1, 2, 3))
    made.append(Step(Do.SEAL, random.choice((0, 0, 0, 1, 2, 4, 8, 16, 32)), seed))
    return made


def _new_step(random: Random, scramble: Scramble) -> Step:
    place = random.choice((random.randrange(8), random.randrange(0x200), random.randrange(0x800)))
    return Step(random.randrange(len(Do)), random.randrange(16), place, _body(random, scramble))


def _changed_step(step: Step, random: Random, scramble: Scramble) -> Step:
    kind = random.randrange(4)
    if kind == 0:
        return replace(step, where=random.randrange(256))
    if kind == 1:
        return replace(step, place=max(0, step.place + random.choice((-8, -1, 1, 8))) & 0xFFFF)
    if kind == 2:
        return replace(step, place=random.randrange(0x800))
    return replace(step, body=scramble(step.body or b"x", 255)[:255])


def _body(random: Random, scramble: Scramble) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return b""
    if kind == 1:
        return random.choice(TOKENS)
    return scramble(random.choice(TOKENS) if kind == 2 else b"x", 64)[:64]
