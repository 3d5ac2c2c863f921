"""The newest edition of a foreign canary, for people and for scripts.

The JSON document, stable within `format` 1:

- `name`: its file's name or address. `canary_format`: how it is signed (`openpgp-detached`, `openpgp-clearsigned`,
  `signify`, `canarytail`, or `page`: not at all). `text`: `sha256:…` of its text.
- `number`: its number in its series, or null. `issued`: when it says it was issued, or null.
- `next`: `opens` and `last`, the days on which the next one is promised, or null. `expires`: when it goes stale, or
  null.
- `signers`: the pinned signers that count, `threshold` (0 where nothing is signed) and `pinned_signers`.
- `signature_times`: the times that signatures state themselves, by signer; claims, and no proof.
- `statements`: a list of `id` and `words`, as far as they were read.
- `not_before`: a time before which it was not written, as far as that is proved, or null.
"""

from __future__ import annotations

from typing import Any

from canary.cli.talk import say
from canary.core.judging.verdict import EditionSubject, Verdict
from canary.core.text.printable import printable
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time

_LINE_CHARACTERS = 300


def edition_document(edition: EditionSubject, verdict: Verdict) -> dict[str, Any]:
    """Returns the JSON document that the module describes."""
    window = None
    if edition.next is not None:
        window = {"opens": edition.next[0].isoformat(), "last": edition.next[1].isoformat()}
    return {
        "name": edition.name,
        "canary_format": edition.format,
        "text": hash_field(edition.text_sha256),
        "number": edition.number,
        "issued": format_time(edition.issued) if edition.issued else None,
        "next": window,
        "expires": format_time(edition.expires) if edition.expires else None,
        "signers": list(edition.signers),
        "threshold": edition.threshold,
        "pinned_signers": edition.pinned_signers,
        "signature_times": {name: format_time(moment) for name, moment in edition.claimed_times},
        "statements": [{"id": name, "words": words} for name, words in edition.statements],
        "not_before": format_time(verdict.not_before) if verdict.not_before else None,
    }


def tell_edition(edition: EditionSubject, verdict: Verdict) -> None:
    """Prints an edition, a line for each fact; what a stranger chose is made printable."""
    issued = f"issued {format_time(edition.issued)}" if edition.issued else "without a date of issue"
    say(f"  edition     {_line(edition.name)}, {issued} ({edition.format})")
    if edition.threshold:
        names = ", ".join(_line(each) for each in edition.signers)
        say(
            f"  signed by   {names} ({len(edition.signers)} of {edition.pinned_signers} pinned; "
            f"{edition.threshold} needed)"
        )
    else:
        say("  signed by   nobody: it is only checked that the pinned sentences are there")
    if edition.claimed_times:
        times = ", ".join(f"{format_time(moment)} by {_line(name)}" for name, moment in edition.claimed_times)
        say(f"  claimed     signed {times} (the signatures' own time)")
    if verdict.not_before is not None:
        say(f"  written     not before {format_time(verdict.not_before)}, by the block that it quotes")
    say(f"  statements  {', '.join(_line(name) for name, _ in edition.statements) or 'none were read'}")
    if edition.next is not None and edition.expires is not None:
        say(f"  next        {edition.next[0]} to {edition.next[1]}; stale from {format_time(edition.expires)}")


def _line(text: str) -> str:
    return printable(text, most=_LINE_CHARACTERS)
