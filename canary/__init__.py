"""Sign, publish and watch warrant canaries.

`canary.verify(location, now=…, pin=…)` verifies a canary from Python; the command `canary` does everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from canary.core.judging.verdict import Verdict

    verify: Callable[..., Verdict]

__all__ = ["verify"]


def __getattr__(name: str) -> object:
    """Returns `verify`, imported when it is first asked for: the command line should start quickly."""
    if name == "verify":
        from canary.library import verify as function  # noqa: PLC0415

        return function
    raise AttributeError(f"module 'canary' has no attribute {name!r}")
