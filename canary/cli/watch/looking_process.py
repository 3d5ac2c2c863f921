"""One of the processes that look at a long list, started by `canary.cli.watch.spreading`."""

from __future__ import annotations

import canary.edges.web.http  # noqa: F401  # loaded while the order is waited for, and not by the first look
from canary.cli.watch.spreading import looks
from canary.edges.share_processes import serve

if __name__ == "__main__":
    serve(looks)
