"""`canary` as a program of its own, with the clock passed in.

python -m tests.faults.at_time 2025-02-10T12:00:00+00:00 watch run …
"""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial

from canary.cli import main
from canary.cli.app import App

if __name__ == "__main__":
    now = datetime.fromisoformat(sys.argv.pop(1))
    vars(main)["App"] = partial(App, clock=lambda: now)
    main.main()
