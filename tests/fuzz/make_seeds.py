"""Writes the inputs that fuzzing begins with: `python -m tests.fuzz.make_seeds`.

They are kept in the repository, so that every run begins alike; a test holds them against this script.
"""

from __future__ import annotations

import shutil

from tests.fuzz.harness import NAMES, SEEDS, load


def main() -> None:
    shutil.rmtree(SEEDS, ignore_errors=True)
    for name in NAMES:
        folder = SEEDS / name
        folder.mkdir(parents=True)
        for file, data in load(name).seeds().items():
            (folder / file).write_bytes(data)


if __name__ == "__main__":
    main()
