"""What every command is given: the one wall clock, and where this machine keeps its keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class App(NamedTuple):
    """The outside world of one run.

    Attributes:
        clock: returns now, aware; the only wall clock of the project.
        gpg_home: the signer's GnuPG home; None for the person's own.
        past: whether `clock` tells a past time on purpose, so that gpg is to sign as of then (the demo and the
            tests make past releases through these very commands).
    """

    clock: Callable[[], datetime] = _wall_clock
    gpg_home: Path | None = None
    past: bool = False
