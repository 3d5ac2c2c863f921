"""A real Chromium, for looking at pages as a person's browser shows them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> str | None:
    """Returns where Chromium is, if it is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Starts Chromium, which can reach nothing: every request but those for files fails.

    Raises:
        SystemExit: it is not installed.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only who looks at pages needs it

    path = installed()
    if path is None:
        raise SystemExit("Chromium is needed (Debian: apt install chromium)")
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
