"""The receipt for the signers."""

from __future__ import annotations

from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.text.strict import digest, encode_base64
from canary.flows.issue.receipt import Event, receipt
from tests.publisher import Desk, noon


def made(before: str = "", *events: Event) -> str:
    desk = Desk().begin().release(noon("2026-02-03"))
    root = root_hash([leaf_hash(each.entry.data) for each in desk.history.admitted])
    return receipt(desk.history.admitted[1], root, desk.history.admitted[0].entry.text_hash, before, events)


COPIED = Event(noon("2026-02-03"), "the site was copied to /srv/www")


def test_the_whole_text() -> None:
    desk = Desk().begin().release(noon("2026-02-03"))
    roster, release = (each.entry for each in desk.history.admitted)
    root = encode_base64(root_hash([leaf_hash(roster.data), leaf_hash(release.data)]))
    assert made("", COPIED) == (
        "Receipt: release 1 of example.net/canary\n"
        "\n"
        "  canary       example.net/canary\n"
        "  entry        2, in log/0002.txt\n"
        f"  its SHA-256  sha256:{digest(release.data)}\n"
        f"  of its text  sha256:{digest(release.text)}\n"
        "  dated        2026-02-03T12:00:00Z\n"
        "  signed by    legal, security (2 needed)\n"
        f"  log          2 entries, root {root}\n"
        f"  pin          sha256:{digest(roster.text)}\n"
        "\n"
        "What happened, and when it was first so:\n"
        "\n"
        "  2026-02-03T12:00:00Z  the site was copied to /srv/www\n"
    )


def test_a_line_stays_as_it_was_and_comes_once() -> None:
    first = made("", COPIED)
    seen = Event(noon("2026-02-04"), "seen at https://example.net/canary/: OK")
    second = made(first, seen, Event(noon("2026-02-05"), COPIED.words))
    assert second == first + "  2026-02-04T12:00:00Z  seen at https://example.net/canary/: OK\n"
    assert made(second, seen, COPIED) == second


def test_a_head_that_somebody_changed_is_written_anew_and_junk_is_dropped() -> None:
    first = made("", COPIED)
    assert made(first.replace("legal", "nobody").replace("What happened", "junk\nWhat happened")) == first


def test_a_roster_has_one_too() -> None:
    desk = Desk().begin()
    text = receipt(desk.history.admitted[0], b"\0" * 32, "0" * 64, "", [])
    assert text.startswith("Receipt: roster 1 of example.net/canary\n")
    assert "  signed by    legal, security, director (3 needed)\n" in text
