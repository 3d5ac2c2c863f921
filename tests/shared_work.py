"""Work for the processes of `canary.edges.share_processes`, well and badly behaved.

in_processes("tests.shared_work", [("count", 3), ("fail", "why")])
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from canary.edges.share_processes import serve
from canary.errors import StoreError


def work(order: tuple[str, Any]) -> Iterator[Any]:
    kind, what = order
    if kind == "count":
        yield from range(what)
    elif kind == "print":
        print(what, flush=True)  # noqa: T201  # as a library might
        yield what
    elif kind == "fail":
        yield 1
        raise StoreError(what, hint="mend it")
    elif kind == "much":
        yield os.getpid()
        while True:
            yield bytes(what)
    elif kind == "die":
        yield 1
        os._exit(0)
    elif kind == "go on":
        try:
            yield os.getpid()
            while True:
                time.sleep(0.01)
                yield b"x" * 10_000
        finally:
            what.unlink()


if __name__ == "__main__":
    serve(work)
