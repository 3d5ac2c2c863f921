"""`badge.svg`: what the newest release says, small enough for another page. It is a view, and proves nothing.

It has three states. **standing**: a release that withdraws nothing, with the last day on which it is fresh.
**withdrawn**: the same, and how many statements are gone, compared as on the front page. **none**: there is no release
yet, or the canary has ended. A badge has no clock: the day on it is what tells its reader that it is too old.
"""

from __future__ import annotations

from enum import Enum
from typing import Final
from xml.etree import ElementTree as ET

from canary.core.text.days import day_in_words, last_good_day, short_day
from canary.flows.site.overview import Overview

_SVG: Final = "http://www.w3.org/2000/svg"
_LABEL: Final = "canary"
_HEIGHT: Final = 22
_BASELINE: Final = 15
_PADDING: Final = 8
_CHARACTER: Final = 6.2
"""How wide a character is drawn, on average: `textLength` stretches the text to it, whichever font there is."""


class BadgeState(Enum):
    """What a badge says, with the colour that it says it in: white on it has a contrast of more than 4.5."""

    STANDING = "#23683a"
    WITHDRAWN = "#a3271f"
    NONE = "#555b61"


def badge_state(view: Overview) -> BadgeState:
    """Returns the state of a canary's badge."""
    if view.newest is None:
        return BadgeState.NONE
    if view.gone:
        return BadgeState.WITHDRAWN
    return BadgeState.NONE if view.newest.release.final else BadgeState.STANDING


def render_badge(view: Overview) -> bytes:
    """Returns the badge."""
    short, title = _said(view)
    left, right = _width(_LABEL), _width(short)
    size = {"width": f"{left + right:g}", "height": f"{_HEIGHT}", "viewBox": f"0 0 {left + right:g} {_HEIGHT}"}
    svg = ET.Element("svg", {"xmlns": _SVG, "role": "img", "aria-labelledby": "title", **size})
    named = ET.SubElement(svg, "title", {"id": "title"})
    named.text = f"Warrant canary of {view.roster.organisation}: {title}"
    _part(svg, 0, left, "#2b2f33", _LABEL)
    _part(svg, left, right, badge_state(view).value, short)
    rendered: bytes = ET.tostring(svg, encoding="utf-8")
    return rendered + b"\n"


def _said(view: Overview) -> tuple[str, str]:
    """Returns what stands on the badge, and the same in full."""
    if view.newest is None:
        return "no release yet", "there is no release yet."
    release, gone = view.newest.release, len(view.gone)
    withdrawn = f" · {gone} withdrawn" if gone else ""
    more = f" {gone} statement{'s are' if gone > 1 else ' is'} gone." if gone else ""
    if release.expires is None:
        return f"ended{withdrawn}", f"ended with release {release.number}.{more}"
    last = last_good_day(release.expires)
    return (
        f"release {release.number}{withdrawn} · until {short_day(last)}",
        f"release {release.number}, stale after {day_in_words(last)} (UTC).{more}",
    )


def _part(svg: ET.Element, x: float, width: float, colour: str, words: str) -> None:
    ET.SubElement(
        svg,
        "rect",
        {"x": f"{x:g}", "width": f"{width:g}", "height": f"{_HEIGHT}", "fill": colour, "aria-hidden": "true"},
    )
    text = ET.SubElement(
        svg,
        "text",
        {
            "x": f"{x + _PADDING:g}",
            "y": f"{_BASELINE}",
            "textLength": f"{width - 2 * _PADDING:g}",
            "fill": "#ffffff",
            "font-family": "Verdana, DejaVu Sans, sans-serif",
            "font-size": "11",
            "aria-hidden": "true",
        },
    )
    text.text = words


def _width(words: str) -> float:
    return round(len(words) * _CHARACTER + 2 * _PADDING, 1)
