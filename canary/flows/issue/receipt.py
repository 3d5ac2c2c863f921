"""A receipt for the signers: what was published, and when it was seen where. Pure.

One text for each entry of the log, `receipts/<number>.txt`. Its head follows from the log; below that stands what
happened, a line for each, when it was first so:

    2026-11-03T14:30:00Z  entry 6 was put into the log
    2026-11-03T14:30:02Z  the site was copied to /srv/www/canary
    2026-11-03T14:30:04Z  seen at https://example.net/canary/: OK, with entry 6 as the newest

A line that stands there is never changed and never written twice. Nothing in it is signed: what proves anything are the
entry, its timestamps and the watchers' own looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from canary.core.documents.release import Release
from canary.core.log.admitted import Admitted
from canary.core.text.strict import digest, encode_base64, hash_field
from canary.core.text.times import format_time

_EVENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z  [^\n]+")
_INDENT = "  "


class Event(msgspec.Struct, frozen=True):
    """Something that happened.

    Attributes:
        at: when (UTC).
        words: what, on one line.
    """

    at: datetime
    words: str


def receipt(admitted: Admitted, root: bytes, pin: str, before: str, events: Sequence[Event]) -> str:
    """Returns the receipt of an entry.

    Args:
        admitted: the entry, the newest of the log.
        root: the root hash of the log with it.
        pin: SHA-256 of roster 1's text.
        before: the receipt as it is; empty where there is none.
        events: what happened since.
    """
    content = admitted.entry.content
    kind = "release" if isinstance(content, Release) else "roster"
    tally = admitted.tally
    head = (
        ("canary", content.canary),
        ("entry", f"{content.entry}, in log/{content.entry:04d}.txt"),
        ("its SHA-256", hash_field(digest(admitted.entry.data))),
        ("of its text", hash_field(admitted.entry.text_hash)),
        ("dated", format_time(content.issued)),
        ("signed by", f"{', '.join(tally.signed)} ({tally.threshold} needed)"),
        ("log", f"{content.entry} entries, root {encode_base64(root)}"),
        ("pin", hash_field(pin)),
    )
    lines = _events(before)
    known = {line.partition(_INDENT)[2] for line in lines}
    for event in events:
        if event.words not in known:
            known.add(event.words)
            lines.append(f"{format_time(event.at)}{_INDENT}{event.words}")
    return "\n".join(
        (
            f"Receipt: {kind} {content.number} of {content.canary}",
            "",
            *(f"  {label:<12} {words}" for label, words in head),
            "",
            "What happened, and when it was first so:",
            "",
            *(f"  {line}" for line in lines),
            "",
        )
    )


def _events(before: str) -> list[str]:
    lines = [line.strip() for line in before.split("\n")]
    return [line for line in lines if _EVENT.fullmatch(line)]
