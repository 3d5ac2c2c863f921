"""`badge.svg`: its three states, as they are seen and as they are read aloud."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from canary.flows.site.badge import BadgeState
from tests.simulator import Publisher
from tests.site_pages import HOSTILE
from tests.site_scenes import SCENES, site_of

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("one-statement", "withdrawn", "no-release", "ended")


def badge(scene: str) -> ET.Element:
    return read(SCENES[scene]())


def read(sim: Publisher) -> ET.Element:
    return ET.fromstring(site_of(sim)["badge.svg"])  # noqa: S314  # our own


def shown(svg: ET.Element) -> str:
    return " | ".join(text.text or "" for text in svg.findall(f"{SVG}text"))


def spoken(svg: ET.Element) -> str:
    return svg.findtext(f"{SVG}title") or ""


def colour(svg: ET.Element) -> str:
    return svg.findall(f"{SVG}rect")[1].attrib["fill"]


@pytest.mark.parametrize(
    ("scene", "state", "said", "aloud"),
    [
        (
            "one-statement",
            BadgeState.STANDING,
            "canary | release 1 · until 28 May 2026",
            "Warrant canary of Example Networks: release 1, stale after 28 May 2026 (UTC).",
        ),
        (
            "withdrawn",
            BadgeState.WITHDRAWN,
            "canary | release 2 · 2 withdrawn · until 28 Aug 2026",
            "Warrant canary of Example Networks: release 2, stale after 28 August 2026 (UTC). 2 statements are gone.",
        ),
        (
            "no-release",
            BadgeState.NONE,
            "canary | no release yet",
            "Warrant canary of Example Networks: there is no release yet.",
        ),
        ("ended", BadgeState.NONE, "canary | ended", "Warrant canary of Example Networks: ended with release 2."),
    ],
    ids=NAMES,
)
def test_states(scene: str, state: BadgeState, said: str, aloud: str) -> None:
    svg = badge(scene)
    assert (shown(svg), spoken(svg), colour(svg)) == (said, aloud, state.value)


@pytest.mark.parametrize("scene", [*NAMES, "hostile", "writings"])
def test_a_screen_reader_hears_one_image_with_a_name(scene: str) -> None:
    svg = badge(scene)
    title = svg[0]
    assert svg.attrib["role"] == "img"
    assert (title.tag, title.attrib["id"]) == (f"{SVG}title", svg.attrib["aria-labelledby"])
    assert all(part.attrib["aria-hidden"] == "true" for part in svg[1:])
    assert {part.tag for part in svg.iter()} == {f"{SVG}{name}" for name in ("svg", "title", "rect", "text")}


def test_an_end_that_leaves_something_out_is_no_quiet_end() -> None:
    sim = SCENES["ended"]().fork_at(2)
    sim.release(final=True, without=["gag"])
    svg = read(sim)
    assert (shown(svg), colour(svg)) == ("canary | ended · 1 withdrawn", BadgeState.WITHDRAWN.value)


@pytest.mark.parametrize("state", list(BadgeState))
def test_white_letters_can_be_read_on_every_colour(state: BadgeState) -> None:
    # WCAG 2.2, relative luminance and contrast ratio.
    channels = [int(state.value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    luminance = sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) > 4.5


def test_the_widest_text_fits() -> None:
    svg = badge("withdrawn")
    last = svg.findall(f"{SVG}text")[1]
    assert float(last.attrib["x"]) + float(last.attrib["textLength"]) < float(svg.attrib["width"])


def test_hostile_names_are_names() -> None:
    data = site_of(SCENES["hostile"]())["badge.svg"]
    assert b"<script" not in data
    assert HOSTILE in spoken(badge("hostile"))
