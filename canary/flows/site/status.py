"""`status.json`: the site's facts for programs. Specification of `warrant-canary/status/v1`.

It is a view of the signed texts and proves nothing: what must be trusted is checked with `canary verify`. It has
no clock in it, so it never says whether the canary is late; compare `expires` with today.

    {
      "canary": "example.net/canary",
      "entries": 6,                                 entries in the log
      "format": "warrant-canary/status/v1",
      "organisation": "Example Networks",
      "release": {                                  the newest release; null before the first one
        "attachments": [{"name": …, "path": …, "sha256": "sha256:…", "size": 183422}],
        "covers": "2026-07-01/2026-09-30",          null where the text does not say it
        "entry": 6,
        "expires": "2027-03-01T00:00:00Z",          null in a final release
        "final": false,
        "issued": "2026-11-03T14:30:00Z",
        "next": "2027-02-01/2027-02-14",            null in a final release; the last day is inclusive
        "not_after": "2026-11-03T16:05:12Z",        signed no later, as timestamps prove it; null where none does
        "not_before": "2026-11-03T13:50:00Z",       signed no earlier, as its anchors prove it; null likewise
        "not_counted": [{"name": "director", "outcome": "expired key"}],
        "not_signed": ["security"],
        "number": 4,
        "period": "2026-11-01",
        "roster": 2,                                the roster that judges this release
        "signed": ["legal", "treasurer"],           those whose signatures count
        "signers": ["legal", "security", "treasurer", "director"],
        "statements": [{"id": "encryption-keys", "version": 2, "words": "…"}],
        "text": "sha256:…",                         of the signed text
        "threshold": 2
      },
      "root": "LqGq…=",                             the log's root hash, base64
      "roster": {                                   the newest roster: who signs from now on
        "number": 2,
        "signers": [{"kind": "Ed25519", "name": "legal", "vkey": "example.net/canary/legal+…"}],
        "threshold": 2
      },
      "roster_1": "sha256:…"                        what a watcher pins
    }

Timestamps prove something here under the roots that this program comes with, and OpenTimestamps proofs never do.
Paths are relative to the canary's base. Names are sorted, two blanks indent, and characters are not escaped, so
the same log with the same timestamps always gives the same bytes. Later versions of this program may add members,
and take none away.
"""

from __future__ import annotations

import json
from typing import Final, TypeAlias

from canary.core.documents.layout import attachment_path
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.log.admitted import Admitted
from canary.core.log.history import History
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.text.strict import encode_base64, hash_field
from canary.core.text.times import format_date_range, format_time
from canary.flows.site.window import SigningWindow

FORMAT: Final = "warrant-canary/status/v1"

_Json: TypeAlias = "str | int | bool | list[_Json] | dict[str, _Json] | None"


def render_status(history: History, roster: Roster, window: SigningWindow | None) -> bytes:
    """Returns the bytes of `status.json`.

    Args:
        history: the log; it holds at least roster 1.
        roster: its newest roster.
        window: when the newest release was signed; None before the first one.
    """
    newest, release = history.newest, history.last_release
    status: dict[str, _Json] = {
        "format": FORMAT,
        "canary": roster.canary,
        "organisation": roster.organisation,
        "entries": len(history.admitted),
        "root": encode_base64(root_hash(leaf_hash(admitted.entry.data) for admitted in history.admitted)),
        "roster": _roster(roster),
        "roster_1": hash_field(history.admitted[0].entry.text_hash),
        "release": _release(newest, release, window) if newest and release and window else None,
    }
    return (json.dumps(status, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def _roster(roster: Roster) -> _Json:
    return {
        "number": roster.number,
        "threshold": roster.threshold,
        "signers": [
            {"name": signer.name, "kind": signer.kind.value, "vkey": signer.key.render()} for signer in roster.signers
        ],
    }


def _release(admitted: Admitted, release: Release, window: SigningWindow) -> _Json:
    tally, following = admitted.tally, release.next
    return {
        "number": release.number,
        "entry": release.entry,
        "text": hash_field(admitted.entry.text_hash),
        "period": release.period.isoformat(),
        "covers": format_date_range(release.covers) if release.covers else None,
        "issued": format_time(release.issued),
        "next": format_date_range((following.opens, following.last)) if following else None,
        "expires": format_time(release.expires) if release.expires else None,
        "not_before": format_time(window.not_before) if window.not_before else None,
        "not_after": format_time(window.not_after) if window.not_after else None,
        "final": release.final,
        "statements": [{"id": each.id, "version": each.version, "words": each.words} for each in release.statements],
        "attachments": [
            {
                "name": each.name,
                "path": attachment_path(release.number, each.name),
                "sha256": hash_field(each.sha256),
                "size": each.size,
            }
            for each in release.attachments
        ],
        "roster": admitted.roster.number,
        "threshold": tally.threshold,
        "signers": [signer.name for signer in admitted.roster.signers],
        "signed": list(tally.signed),
        "not_signed": list(tally.missing),
        "not_counted": [{"name": each.name, "outcome": str(each.outcome)} for each in tally.uncounted],
    }
