"""The most memory that some work has at once."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

MEGABYTE = 1024 * 1024
MOST_MEMORY = 48 * MEGABYTE
"""Wide: the largest inputs here have two megabytes, and Python's texts and lists of them several times as much."""


def peak(work: Callable[[], object]) -> int:
    """Returns the most memory that some work has at once, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
