"""Runs one target under atheris, until something is found or the run is over.

    python -m tests.fuzz.run TARGET [libFuzzer's options and corpus folders]

Only `canary` is instrumented: coverage of the targets and of the libraries would lead the fuzzer astray. The whole
verifier is instrumented where it decides; its readers have targets of their own, and coverage costs half of the time.
"""

from __future__ import annotations

import gc
import signal
import sys
from random import Random

import atheris

DECIDING = [
    *(
        "canary.flows.watch",
        "canary.core.judging.judge",
        "canary.core.judging.reading",
        "canary.core.log.history",
        "canary.core.log.forks",
    ),
    *(
        "canary.core.judging.taking",
        "canary.core.judging.front",
        "canary.core.judging.changes",
        "canary.core.documents.statements",
        "canary.core.judging.state",
    ),
    *("canary.core.dating.bounding", "canary.core.dating.timing"),
]

with atheris.instrument_imports(include=DECIDING if sys.argv[1] == "site" else ["canary"]):
    from tests.fuzz.harness import load

    TARGET = load(sys.argv[1])


_COLLECT_AFTER = 50_000


def _mutate(data: bytes, limit: int, seed: int) -> bytes:
    # Not for secrets: the same seed has to give the same input.
    return TARGET.mutate(data, limit, Random(seed), atheris.Mutate)  # noqa: S311


def _check(data: bytes) -> None:
    try:
        TARGET.check(data)
    except BaseException:
        # libFuzzer's alarm, which finds inputs that take too long, would end the process before it has kept the input.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        raise


def main() -> None:
    TARGET.prepare()
    # What is there by now stays, and what an input makes is gone with it: looking for cycles is a tenth of the time.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    # A mutation of a target's own already changes an input in several places.
    options = [sys.argv[0], f"-max_len={TARGET.max_bytes}", "-mutate_depth=2", *sys.argv[2:]]
    atheris.Setup(options, _check, custom_mutator=_mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
