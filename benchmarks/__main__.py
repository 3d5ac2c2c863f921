"""`make bench`: prints every figure with what it is a ratio of, and the bound it is held to."""

from __future__ import annotations

import compileall
from pathlib import Path

from benchmarks.dating import dating
from benchmarks.following import following
from benchmarks.foreign import foreign
from benchmarks.foreign_ed25519 import foreign_ed25519
from benchmarks.listing import listing
from benchmarks.measuring import Row
from benchmarks.rendering import rendering
from benchmarks.starting import starting
from benchmarks.storing import storing
from benchmarks.watching import watching

_ROOT = Path(__file__).parent.parent


def main() -> None:
    """Measures everything, one after the other, and prints each figure as it comes."""
    # As an installed package has it: the first start of a fresh checkout would compile every module.
    compileall.compile_dir(str(_ROOT / "canary"), quiet=1)
    for measure in (starting, dating, following, storing, listing, rendering, watching, foreign, foreign_ed25519):
        for row in measure():
            _print(row)


def _print(row: Row) -> None:
    bound = "" if row.bound is None else f"{'≥' if row.at_least else '≤'} {row.bound:.2f}"
    print(f"{row.value:7.2f}{bound:>9}  {row.verdict:5}  {row.what}, against {row.note}", flush=True)


if __name__ == "__main__":
    main()
