"""A transparency report of our own, as text, as HTML, and as HTML in which everything that could go wrong does."""

from __future__ import annotations

import html
from collections.abc import Callable

STATEMENTS = (
    "Example Networks has never handed its encryption keys, or its customers' keys, to anyone.",
    "Example Networks has never installed any law enforcement equipment on its network.",
    "Example Networks has never changed customer content at the request of a third party.",
)
COMMITMENTS = (
    "We will not sell your personal information without your consent.",
    "It is our policy to notify our customers of a subpoena before disclosure, unless legally prohibited.",
    "If we were asked to do any of these, we would exhaust all legal remedies.",
)
SENTENCES = (*STATEMENTS, *COMMITMENTS)

TEXT = "\n\n".join(
    (
        "EXAMPLE NETWORKS TRANSPARENCY REPORT - H1 2026",
        "SOME THINGS WE HAVE NEVER DONE",
        *SENTENCES,
        (
            "The data below covers the period from January 1, 2026, to June 30, 2026. A request that was received in "
            "June 2026, but not processed until July 2026, is shown as in process."
        ),
        "© 2027 Example Networks, Inc.",
    )
)


def page(*paragraphs: str, head: str = "") -> str:
    """Returns a page with these paragraphs of HTML."""
    body = "\n".join(f"<p>{each}</p>" for each in paragraphs)
    return f"<!DOCTYPE html><html><head><title>Report</title>{head}</head><body>{body}</body></html>"


def escaped(sentence: str) -> str:
    return html.escape(sentence)


def as_entities(sentence: str) -> str:
    """Spells every other character as a numeric entity, decimal and hexadecimal in turn."""
    spelled = (f"&#{ord(each)};" if place % 4 else f"&#x{ord(each):X};" for place, each in enumerate(sentence))
    return "".join(spelling if place % 2 else html.escape(sentence[place]) for place, spelling in enumerate(spelled))


def with_tags_in_words(sentence: str) -> str:
    """Puts inline tags, comments and invisible characters into the middle of words."""
    inside = (
        "<b>{}</b>",
        "<i><span>{}</span></i>",
        "{}<!-- x -->",
        "&shy;{}",
        "{}<wbr>",
        "&#8203;{}",
        "<a href=x>{}</a>",
    )
    return "".join(inside[place % len(inside)].format(html.escape(each)) for place, each in enumerate(sentence))


def with_line_breaks(sentence: str) -> str:
    """Puts a line break, or a run of white space, between the words."""
    between = ("<br>", "<br/>\n", "&nbsp;", "\n\t ", "&#x2003;")
    words = [html.escape(each) for each in sentence.split()]
    return "".join(word + between[place % len(between)] for place, word in enumerate(words))


def with_typographic_quotes(sentence: str) -> str:
    return sentence.replace("'", "\u2019").replace("-", "\u2011")


def unclosed(sentence: str) -> str:
    return f"<div><b><i>{html.escape(sentence)}<p><li><td>"


SHOWN: dict[str, Callable[[str], str]] = {
    "escaped": escaped,
    "entities": as_entities,
    "tags in words": with_tags_in_words,
    "line breaks": with_line_breaks,
    "typographic quotes": with_typographic_quotes,
    "unclosed tags": unclosed,
    "hidden from reading programs": lambda each: f'<span aria-hidden="true">{html.escape(each)}</span>',
    "folded": lambda each: f"<details><summary>More</summary>{html.escape(each)}</details>",
    "in a table": lambda each: f"<table><tr><td>{html.escape(each)}<td>2026</table>",
    "in a list": lambda each: f"<ul><li>One<li>{html.escape(each)}</ul>",
    "in preformatted text": lambda each: f"<pre>\n{html.escape(each)}\n</pre>",
    "after a heading": lambda each: f"<h2>Never done</h2>{html.escape(each)}",
    "in blocks by style": lambda each: f"<span>So:</span><span style='display: block'>{html.escape(each)}</span>",
    "a little to the left": lambda each: f'<p style="position:relative;left:-12px">{html.escape(each)}</p>',
    "without a margin": lambda each: f'<p style="margin:0;height:0;opacity:.9;color:#000">{html.escape(each)}</p>',
    "beside hidden text": lambda each: f"{html.escape(each)}<span hidden> Not so.</span>",
}
"""Ways to write a sentence so that a reader sees it whole."""

HIDDEN: dict[str, Callable[[str], str]] = {
    "comment": lambda each: f"<!-- {each} -->",
    "odd comment": lambda each: f"<!--> x <!-- {each} --!>",
    "script": lambda each: f"<script>var x = {each!r}</script>",
    "style": lambda each: f"<style>/* {each} */</style>",
    "template": lambda each: f"<template>{each}</template>",
    "declarative shadow root": lambda each: f"<div><template shadowrootmode=open>{each}</template></div>",
    "noscript": lambda each: f"<noscript>{each}</noscript>",
    "title": lambda each: f"<svg><title>{each}</title></svg>",
    "attribute": lambda each: f'<img alt="{each}" src=x>',
    "input": lambda each: f'<input type=hidden value="{each}">',
    "hidden": lambda each: f"<div hidden>{each}</div>",
    "hidden until found": lambda each: f"<div hidden=until-found>{each}</div>",
    "within hidden": lambda each: f"<div hidden><p><b>{each}</b></p></div>",
    "display none": lambda each: f'<p style="color: red; display : none">{each}</p>',
    "display none, important": lambda each: f'<p style="DISPLAY:NONE!important">{each}</p>',
    "display none, escaped": lambda each: f'<p style="d\\69 splay:none">{each}</p>',
    "display none, commented": lambda each: f'<p style="display/**/:/**/none">{each}</p>',
    "display none, the second": lambda each: f'<p style="display:block;display:none">{each}</p>',
    "visibility": lambda each: f'<p style="visibility:hidden">{each}</p>',
    "opacity": lambda each: f'<p style="opacity: 0.0">{each}</p>',
    "size of nought": lambda each: f'<p style="font-size: 0px">{each}</p>',
    "transparent": lambda each: f'<p style="color: transparent">{each}</p>',
    "outside of the page": lambda each: f'<p style="position:absolute; left:-9999px">{each}</p>',
    "far to the left": lambda each: f'<p style="text-indent: -1000em">{each}</p>',
    "of no height": lambda each: f'<div style="height:0;overflow:hidden"><p>{each}</p></div>',
    "cut away": lambda each: f'<p style="position:absolute;clip:rect(1px, 1px, 1px, 1px)">{each}</p>',
    "cut away, newer": lambda each: f'<p style="clip-path:inset(50%)">{each}</p>',
    "shrunk": lambda each: f'<p style="transform:scale(0)">{each}</p>',
    "class": lambda each: f"<style>.x, .off {{ display: none }}</style><p class='a off'>{each}</p>",
    "id": lambda each: f"<style>#gone{{display:none}}</style><p id=gone>{each}</p>",
    "tag": lambda each: f"<style>em{{visibility:hidden}}</style><em>{each}</em>",
    "tag with class": lambda each: f"<style>@import 'x';p.off{{display:none}}</style><p class=off>{each}</p>",
    "dialog": lambda each: f"<dialog>{each}</dialog>",
    "popover": lambda each: f"<div popover>{each}</div>",
    "struck out": lambda each: f"<del>{each}</del>",
    "struck out by its style": lambda each: f'<span style="text-decoration: red line-through">{each}</span>',
    "struck out by its line": lambda each: f'<span style="text-decoration-line:line-through">{each}</span>',
    "struck": lambda each: f"<s>{each}</s>",
    "list to choose from": lambda each: f"<select><option>{each}</select>",
    "frame": lambda each: f"<iframe srcdoc='x'>{each}</iframe>",
    "without a plug-in": lambda each: f"<object data=x>{each}</object>",
    "drawing": lambda each: f"<svg><desc>{each}</desc></svg>",
    "another media": lambda each: f"<style media=screen>q{{display:none}}</style><q>{each}</q>",
}
"""Ways to have a sentence in the bytes of a page that a reader does not see."""
