"""Texts around OpenPGP signatures: as they are read, as they are compared, and as a page's markup has changed them."""

from __future__ import annotations

import html
import re

_LINE_BREAK = re.compile(rb"<br[ \t]*/?>[ \t]*\r?\n?", re.IGNORECASE)
_PARAGRAPH = re.compile(rb"</p>\s*<p[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(rb"</?[a-zA-Z][^<>]{0,1000}>")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def decoded(text: bytes) -> str:
    """Returns a text as UTF-8 (what is not UTF-8 replaced), line ends as LF, without a byte order mark."""
    return text.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def without_line_ends(text: bytes) -> list[bytes]:
    """Returns a text's lines without their ends, blanks before those, and empty lines at its end.

    None of that is covered by a cleartext signature (RFC 9580, section 7.2), or it is what programs add when they save
    a text.
    """
    lines = [line.rstrip(b" \t\r") for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def has_markup(block: bytes) -> bool:
    """Tells whether a block holds what looks like a page's tags or entities."""
    return any(each.search(block) for each in (_TAG, _ENTITY))


def without_markup(block: bytes) -> bytes:
    """Returns a block as a browser would show it: line breaks and paragraphs as lines, no tags, entities resolved.

    It need not be exact: gpg decides whether the outcome is what somebody signed.
    """
    lines = _TAG.sub(b"", _PARAGRAPH.sub(b"\n\n", _LINE_BREAK.sub(b"\n", block)))
    return _ENTITY.sub(lambda entity: html.unescape(entity[0].decode("ascii")).encode("utf-8"), lines)
