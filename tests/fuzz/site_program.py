"""What a fuzzed host does, as bytes: a header, and steps that change an honest site one after the other.

    header: scenario, flags, state, moment       one byte each
    step:   what, where, place (2 bytes), length, and as many bytes

Any bytes are a program, so libFuzzer may change them as it likes; `mutate` changes them step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HEADER_BYTES: Final = 4
MOST_STEPS: Final = 10
_STEP_BYTES: Final = 5


class Flag(IntEnum):
    """Bits of the header's second byte."""

    STATE = 1
    PIN = 2
    FIRST_USE = 4
    AS_OF = 8
    NO_ETAG = 16
    WRONG_PIN = 32


class Do(IntEnum):
    """What a step does. The log is changed first; SEAL makes files of it."""

    ENTRY_FROM_POOL = 0
    APPEND_FROM_POOL = 1
    DROP_ENTRY = 2
    CHANGE_ENTRY = 3
    SIGN_ENTRY = 4
    CHAIN_ENTRY = 5
    SEAL = 6
    WRITE_FILE = 7
    CHANGE_FILE = 8
    DROP_FILE = 9
    COPY_FILE = 10
    OLDER_FILES = 11
    ANSWER = 12
    FAIL = 13
    CACHE = 14
    LIE_ABOUT_ETAGS = 15
    FRONT_FROM_POOL = 16
    ADD_SIGNATURE_LINE = 17
    EVIDENCE_FROM_POOL = 18


@dataclass(frozen=True)
class Step:
    """One step of a program."""

    what: int
    where: int = 0
    place: int = 0
    body: bytes = b""

    def encode(self) -> bytes:
        """Returns the step's bytes."""
        return bytes([self.what, self.where]) + self.place.to_bytes(2, "big") + bytes([len(self.body)]) + self.body


@dataclass(frozen=True)
class Program:
    """A whole input."""

    scenario: int = 0
    flags: int = 0
    state: int = 0
    moment: int = 0
    steps: tuple[Step, ...] = ()

    def encode(self) -> bytes:
        """Returns the program's bytes."""
        header = bytes([self.scenario, self.flags, self.state, self.moment])
        return header + b"".join(step.encode() for step in self.steps)


def decode(data: bytes) -> Program:
    """Returns the program that any bytes are."""
    scenario, flags, state, moment = data[:HEADER_BYTES].ljust(HEADER_BYTES, b"\0")
    place = HEADER_BYTES
    steps: list[Step] = []
    while place < len(data) and len(steps) < MOST_STEPS:
        head = data[place : place + _STEP_BYTES].ljust(_STEP_BYTES, b"\0")
        place += _STEP_BYTES
        body = data[place : place + head[4]]
        place += head[4]
        steps.append(Step(head[0] % len(Do), head[1], int.from_bytes(head[2:4], "big"), body))
    return Program(scenario, flags, state, moment, tuple(steps))
