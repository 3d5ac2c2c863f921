"""Runs one target under atheris, until something is found or the run is over.

    python -m tests.fuzz.run TARGET [libFuzzer's options and corpus folders]

Only `canary` is instrumented: coverage of the targets and of the libraries would lead the fuzzer astray.
"""

from __future__ import annotations

import signal
import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["canary"]):
    from tests.fuzz.harness import load

    TARGET = load(sys.argv[1])


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
    options = [sys.argv[0], f"-max_len={TARGET.max_bytes}", *sys.argv[2:]]
    atheris.Setup(options, _check, custom_mutator=_mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
