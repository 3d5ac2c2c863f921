"""The whole verifier over a site's bytes: a program tampers with an honest site, and a watcher looks at it.

The watcher comes with the pin, without one, or with the state of a first look at the honest site. Nothing but a
judgement may come back, and `tests.fuzz.site_rules` says what must hold of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from canary.core.judging import front, reading
from canary.core.judging.question import Question
from canary.core.log import admitted, checkpoint, forks, history, merkle
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.signed import tally
from canary.core.signed.entry import parse_entry
from canary.core.signed.kinds import verify_ed25519
from canary.core.text import strict
from canary.core.text.strict import sha256
from canary.flows.watch.verify import verify_site
from canary.formats import native
from tests.fuzz import site_rules
from tests.fuzz.harness import Target
from tests.fuzz.memory import remembering
from tests.fuzz.site_evidence import CHECKERS
from tests.fuzz.site_mutation import mutate
from tests.fuzz.site_program import Do, Flag, Program, Step, decode
from tests.fuzz.site_scenarios import GPG
from tests.fuzz.site_world import World, play


def check(data: bytes) -> None:
    program = decode(data)
    world = play(program)
    question = _question(program, world)
    undated = None
    if world.evidence_touched:
        undated = verify_site(world.without_evidence(), question, GPG, CHECKERS)
    judgement = verify_site(world.source, question, GPG, CHECKERS)
    site_rules.check(world, question, judgement, undated)


def _question(program: Program, world: World) -> Question:
    flags, scenario = program.flags, world.scenario
    state = scenario.states[program.state % len(scenario.states)] if flags & Flag.STATE else None
    if state is not None and flags & Flag.NO_ETAG:
        state = replace(state, etag=None)
    pin = None
    if flags & Flag.PIN:
        pin = "0" * 64 if flags & Flag.WRONG_PIN else scenario.pin
    return Question(
        now=scenario.moments[program.moment % len(scenario.moments)],
        pin=pin,
        trust_first_use=bool(flags & Flag.FIRST_USE),
        state=state,
        as_of_now=not flags & Flag.AS_OF,
    )


def prepare() -> None:
    """Remembers what pure functions return: the same few honest texts are read millions of times.

    Each of the readers has a target of its own.
    """
    parse = remembering(parse_entry)
    for module in (admitted, history, reading, front):
        module.parse_entry = parse  # type: ignore[attr-defined]  # one name in four modules
    parse_checkpoint = remembering(parse_signed_checkpoint)
    for module in (native, reading, forks):
        module.parse_signed_checkpoint = parse_checkpoint  # type: ignore[attr-defined]  # likewise
    hashed = remembering(sha256)
    for module in (merkle, strict):
        module.sha256 = hashed  # type: ignore[attr-defined]  # likewise
    verify = remembering(verify_ed25519)
    for module in (tally, checkpoint):
        module.verify_ed25519 = verify  # type: ignore[attr-defined]  # likewise
    for ending, checker in CHECKERS.items():
        CHECKERS[ending] = remembering(checker)


def seeds() -> Mapping[str, bytes]:
    watching, first = Flag.STATE | Flag.NO_ETAG, Flag.PIN
    forged = (Step(Do.APPEND_FROM_POOL, 0, 3), Step(Do.SEAL))
    programs = {
        "first-look": Program(flags=first),
        "first-look-rotated": Program(scenario=1, flags=first),
        "first-look-retired": Program(scenario=2, flags=first),
        "without-pin": Program(),
        "first-use": Program(flags=Flag.FIRST_USE),
        "wrong-pin": Program(flags=first | Flag.WRONG_PIN),
        "as-of": Program(flags=first | Flag.AS_OF, moment=1),
        "unchanged": Program(flags=Flag.STATE, state=1),
        "one-more-release": Program(flags=watching),
        "rotated-since": Program(scenario=1, flags=watching),
        "due": Program(flags=watching, state=1, moment=3),
        "overdue": Program(flags=watching, state=1, moment=4),
        "expired": Program(flags=watching, state=1, moment=5),
        "older-copy": Program(flags=watching, state=1, steps=(Step(Do.OLDER_FILES, 1, 1),)),
        "cached": Program(flags=watching, state=1, steps=(Step(Do.DROP_FILE, 1), Step(Do.CACHE, 0, 2))),
        "lying-etags": Program(flags=Flag.STATE, steps=(Step(Do.LIE_ABOUT_ETAGS),)),
        "html": Program(flags=watching, steps=(Step(Do.WRITE_FILE, 1, 0, b"<!doctype html>"),)),
        "not-found": Program(flags=watching, steps=(Step(Do.ANSWER, 1, 6),)),
        "broken-off": Program(flags=watching, steps=(Step(Do.FAIL, 4, 0x100), Step(Do.DROP_FILE, 4))),
        "changed-front": Program(flags=watching, steps=(Step(Do.CHANGE_FILE, 0, 300, b"x"),)),
        "front-from-pool": Program(flags=watching, steps=(Step(Do.FRONT_FROM_POOL, 0, 18),)),
        "appended": Program(flags=watching, steps=forged),
        "forked": Program(flags=watching, state=1, steps=(Step(Do.ENTRY_FROM_POOL, 2, 10), Step(Do.SEAL))),
        "reordered": Program(flags=watching, steps=(Step(Do.DROP_ENTRY, 1), Step(Do.CHAIN_ENTRY, 1, 3), Step(Do.SEAL))),
        "stranger-added": Program(flags=first, steps=(Step(Do.ADD_SIGNATURE_LINE, 1, 1), Step(Do.SEAL))),
        "token-changed": Program(flags=first, steps=(Step(Do.CHANGE_FILE, 11, 400, b"x"),)),
        "token-of-another-entry": Program(flags=first, steps=(Step(Do.EVIDENCE_FROM_POOL, 0, 7),)),
        "token-out-of-use": Program(flags=first, steps=(Step(Do.EVIDENCE_FROM_POOL, 0, 15),)),
        "token-withheld": Program(flags=first, steps=(Step(Do.DROP_FILE, 11),)),
        "token-lied-about": Program(
            flags=watching, steps=(Step(Do.WRITE_FILE, 11, 0, b"x"), Step(Do.LIE_ABOUT_ETAGS, 3))
        ),
        "proof-and-no-token": Program(
            flags=first, steps=(Step(Do.EVIDENCE_FROM_POOL, 0, 1), Step(Do.EVIDENCE_FROM_POOL, 2, 3))
        ),
        "reworded": Program(
            flags=watching,
            state=1,
            steps=(Step(Do.CHANGE_ENTRY, 2, 500, b"never"), Step(Do.SIGN_ENTRY, 2, 3), Step(Do.SEAL)),
        ),
    }
    return {name: program.encode() for name, program in programs.items()}


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=1_024, prepare=prepare)
