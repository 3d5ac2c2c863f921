"""Draws the pages of the example sites into build/screenshots: light and dark, for a phone, a desk and paper.

    python -m scripts.make_screenshots [SCENE …]

Needs Chromium and the packages of the extra `browser`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.browser import chromium
from tests.site_scenes import SCENES, site_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES: Final = {"phone": (360, 780), "desk": (1280, 900)}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
OUT: Final = Path(__file__).parents[1] / "build" / "screenshots"


def main(names: list[str]) -> None:
    """Draws the scenes of these names, or all of them."""
    OUT.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name in names or list(SCENES):
            site = site_of(SCENES[name]())
            root = Path(folder) / name
            for path, data in site.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(data)
            # A browser draws an image by itself otherwise than the page that it is on.
            (root / "badge.html").write_text('<!DOCTYPE html><p>Our canary: <img src="badge.svg" alt="">', "utf-8")
            for path in (*shown(site), "badge.html"):
                draw(browser, root / path, f"{name}.{path.removesuffix('.html').replace('/', '.')}")
            print(name)


def shown(site: Mapping[str, bytes]) -> Iterator[str]:
    """Returns the pages of a site that are worth looking at: every kind of them, of the newest release."""
    newest = max((path for path in site if path.endswith("print.html")), key=_number, default=None)
    first = next((path for path in site if path.startswith("statements/")), None)
    yield from ("index.html", "releases/index.html", "rosters/index.html")
    yield from (path for path in (newest, newest and newest.replace("print", "index"), first) if path)


def draw(browser: Browser, file: Path, name: str) -> None:
    """Draws one page in every size and colour, and for paper."""
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(file.as_uri())
            page.screenshot(path=OUT / f"{name}.{size}.{scheme}.png", full_page=True)
            page.close()
    page = browser.new_page()
    page.goto(file.as_uri())
    page.pdf(path=OUT / f"{name}.pdf", format="A4")
    page.close()


def _number(path: str) -> int:
    return int(path.split("/")[1])


if __name__ == "__main__":
    main(sys.argv[1:])
