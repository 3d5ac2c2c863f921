"""The newest edition of a foreign canary as people, scripts and monitoring see it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from canary.cli.verdicts import document, nagios, tell_verdict
from canary.core.judging.observation import Unreachable
from canary.core.text.strict import digest, hash_field
from tests.flows.test_foreign_message import page, signed
from tests.foreign_watch import WORDS, Watch


def test_people_are_told_what_was_signed_by_whom_and_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    tell_verdict(signed(WORDS))
    told = " ".join(capsys.readouterr().out.split())
    assert "OK: it is valid, complete and fresh." in told
    assert "edition canary.txt, issued 2026-02-01T12:00:00Z (openpgp-detached)" in told
    assert "signed by legal, security (2 of 3 pinned; 2 needed)" in told
    assert "claimed signed 2026-02-01T00:00:00Z by legal, 2026-02-01T00:00:00Z by security" in told
    assert "statements 1, 2" in told
    assert "next 2026-03-01 to 2026-03-07; stale from 2026-03-18T00:00:00Z" in told
    assert "roster" not in told


def test_people_are_told_that_a_page_is_signed_by_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    tell_verdict(page("\n".join(WORDS)))
    told = " ".join(capsys.readouterr().out.split())
    assert "OK: every pinned sentence is there, and the page is fresh; nothing of it is signed." in told
    assert "edition report.html, without a date of issue (page)" in told
    assert "signed by nobody" in told
    assert "integrity unknown" in told
    assert "NOT-SIGNED" in told
    assert "NO-SCHEDULE" in told


def test_what_strangers_named_is_printed_without_its_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = signed(WORDS)
    assert verdict.edition is not None
    hostile = replace(verdict.edition, name="a\x1b[2Jb\u202ec.txt", signers=("x\ny",))
    tell_verdict(replace(verdict, edition=hostile))
    told = capsys.readouterr().out
    assert "\x1b[2J" not in told
    assert "\u202e" not in told
    assert "x y" in told


def test_scripts_get_the_edition_and_no_release() -> None:
    verdict = signed(WORDS)
    assert verdict.edition is not None
    made = document(verdict, "https://example.net/canary.txt")
    assert made["release"] is None
    assert made["edition"] == {
        "name": "canary.txt",
        "canary_format": "openpgp-detached",
        "text": hash_field(verdict.edition.text_sha256),
        "number": 2,
        "issued": "2026-02-01T12:00:00Z",
        "next": {"opens": "2026-03-01", "last": "2026-03-07"},
        "expires": "2026-03-18T00:00:00Z",
        "signers": ["legal", "security"],
        "threshold": 2,
        "pinned_signers": 3,
        "signature_times": {"legal": "2026-02-01T00:00:00Z", "security": "2026-02-01T00:00:00Z"},
        "statements": [{"id": "1", "words": WORDS[0]}, {"id": "2", "words": WORDS[1]}],
        "not_before": None,
    }
    unsigned = document(page("\n".join(WORDS)), "https://example.net/report.html")
    assert unsigned["edition"]["issued"] is unsigned["edition"]["next"] is unsigned["edition"]["expires"] is None
    assert unsigned["edition"]["text"] == hash_field(digest("\n".join(WORDS).encode()))
    never = Watch().see(Unreachable("no network"))
    assert document(never, "https://example.net/canary.txt")["edition"] is None


def test_monitoring_gets_the_days_that_are_left() -> None:
    assert nagios(signed(WORDS)) == "CANARY OK - canary.txt OK: it is valid, complete and fresh | days_to_expiry=44"
    assert "|" not in nagios(page("\n".join(WORDS)))
    assert nagios(signed(WORDS[:1])).startswith("CANARY CRITICAL - canary.txt WITHDRAWN: the statement 2 is gone")
