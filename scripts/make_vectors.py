"""Writes the test vectors of `tests/vectors`, which the README there describes.

    python scripts/make_vectors.py [FOLDER]

Every key follows from a name and every moment is written down, so a second run gives the same bytes. What each vector
comes to is written by hand, beside what it is made of, and never taken from this program's own verdict. OpenPGP
signatures alone differ from run to run, so they were made once with gpg and are kept in `scripts/vectors_openpgp.tsv`;
`python scripts/vectors_openpgp.py` makes them anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# As a program this file has only its own folder to import from.
sys.path.insert(0, str(ROOT))

from scripts.vectors_files import file_vectors  # noqa: E402
from scripts.vectors_format import Vector  # noqa: E402
from scripts.vectors_looks import look_vectors  # noqa: E402
from scripts.vectors_notes import checkpoint_vectors, note_vectors, schedule_vectors  # noqa: E402
from scripts.vectors_openpgp import openpgp_vectors  # noqa: E402
from scripts.vectors_states import state_vectors  # noqa: E402
from scripts.vectors_texts import text_vectors  # noqa: E402

FOLDER = ROOT / "tests" / "vectors"
ENDING = ".vector"


def vectors() -> Iterator[Vector]:
    """Returns every vector."""
    yield from note_vectors()
    yield from checkpoint_vectors()
    yield from schedule_vectors()
    yield from text_vectors()
    yield from look_vectors()
    yield from openpgp_vectors()
    yield from state_vectors()
    yield from file_vectors()


def main(folder: Path = FOLDER) -> None:
    """Writes every vector below `folder`, and removes those that are no more."""
    made = {folder / f"{vector.path}{ENDING}": vector.render() for vector in vectors()}
    for path in set(folder.rglob(f"*{ENDING}")) - set(made):
        path.unlink()
    for path, data in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
