"""Every page in a real Chromium: nothing that axe-core finds fault with, nothing asked of anybody, nothing too wide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium, installed
from tests.site_scenes import SCENES, long_log, site_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

if installed() is None:
    pytest.skip(
        "NO PAGE WAS LOOKED AT: Chromium is not installed (Debian: apt install chromium)", allow_module_level=True
    )

NARROWEST = 320
"""CSS pixels; WCAG 2.2, success criterion 1.4.10, asks for no second scroll bar down to there."""

MANY = 40
"""Pages of a site; of one that has more, the first and the last of each kind are looked at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=sorted(SCENES))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Returns where a site lies, and the pages on it that are looked at."""
    scene = str(request.param)
    files = site_of(long_log(60, statements=20) if scene == "long-log" else SCENES[scene]())
    root = tmp_path_factory.mktemp(scene)
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root, list(looked_at(files))


def looked_at(files: Mapping[str, bytes]) -> Iterator[str]:
    kinds: dict[str, list[str]] = {}
    for path in files:
        if path.endswith(".html"):
            # The folder in between is a number or a statement's id.
            kinds.setdefault(re.sub("/.*/", "/*/", path), []).append(path)
    is_small = sum(map(len, kinds.values())) <= MANY
    for paths in kinds.values():
        yield from paths if is_small else dict.fromkeys((paths[0], paths[-1]))


def opened(browser: Browser, root: Path, path: str) -> tuple[Page, list[str]]:
    """Opens a page; returns it, and a list that whatever goes wrong is put on."""
    page = browser.new_page(color_scheme="light", viewport={"width": 1280, "height": 800})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"{path}: {message.text}"))
    page.on("dialog", lambda dialog: wrong.append(f"{path}: {dialog.message}"))
    page.on("request", lambda request: wrong.append(request.url) if request.url != (root / path).as_uri() else None)
    page.goto((root / path).as_uri())
    # What is folded away is looked at too.
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    return page, wrong


def faults(page: Page, options: Mapping[str, object] | None = None) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # slow, and only for this

    found = Axe().run(page, options=dict(options) if options else None).response
    assert found["passes"]
    return [
        f"{each['id']}: {node['target']} {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]
    ]


def test_no_page_has_a_fault_asks_for_anything_or_is_too_wide(browser: Browser, site: tuple[Path, list[str]]) -> None:
    root, paths = site
    for path in paths:
        page, wrong = opened(browser, root, path)
        # The style is the one that the policy names, or there would be no margin.
        assert page.evaluate("getComputedStyle(document.body).maxWidth") == "768px"
        assert faults(page) == [], path
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 26)"
        assert faults(page, {"runOnly": ["color-contrast"]}) == [], path
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, path
        page.close()
        assert wrong == []


def test_statements_run_in_their_own_direction(browser: Browser, tmp_path: Path) -> None:
    for path, data in site_of(SCENES["writings"]()).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    page, _ = opened(browser, tmp_path, "index.html")
    quotes = page.locator("#statements blockquote")
    directions = [quotes.nth(each).evaluate("each => getComputedStyle(each).direction") for each in range(5)]
    assert directions == ["rtl", "rtl", "ltr", "ltr", "ltr"]
    page.close()


def test_axe_finds_faults_where_there_are_some(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<html><body><img src='x'><p style='color:#999'>faint</p>", "utf-8")
    page, wrong = opened(browser, tmp_path, "bad.html")
    found = " ".join(faults(page))
    page.close()
    for rule in ("image-alt", "html-has-lang", "document-title", "color-contrast"):
        assert rule in found
    assert wrong != []  # the image was asked for
