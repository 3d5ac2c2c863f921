"""Fetching the function that does a command's work, once its options have been understood."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable


def worker(module: str, function: str) -> Callable[..., int | None]:
    """Imports a module and returns its function: the work of one command.

    Args:
        module: its dotted name.
        function: the function's name; it takes the `App` and the options, and returns the exit code, or None for 0.
    """
    # The collector finds nothing in what is being imported, and takes a tenth of the time.
    gc.disable()
    try:
        found: Callable[..., int | None] = getattr(importlib.import_module(module), function)
    finally:
        gc.enable()
    return found
