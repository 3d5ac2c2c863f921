"""Runs commands in a workspace as a program of its own, for what cannot be done inside of a test.

    python -m tests.workspace.elsewhere [--as UID] FOLDER NOW COMMAND…

FOLDER holds a publisher and NOW is its clock. Everything is imported first, and then another user is taken on, who may
read nothing else. What each command (of `tests.workspace.row.COMMANDS`) came to is printed as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import canary
from tests.publisher import Publisher
from tests.workspace.row import COMMANDS


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--as", dest="user", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("now", type=datetime.fromisoformat)
    parser.add_argument("commands", nargs="+")
    given = parser.parse_args()
    for module in pkgutil.walk_packages(canary.__path__, "canary."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    if given.user is not None:
        os.setgroups([])
        os.setgid(given.user)
        os.setuid(given.user)
    publisher = Publisher(given.folder, now=given.now)
    print(json.dumps([asdict(COMMANDS[name](publisher)) for name in given.commands]))  # noqa: T201  # what it is for


if __name__ == "__main__":
    main()
