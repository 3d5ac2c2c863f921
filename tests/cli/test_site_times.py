"""The site of a real workspace says when its newest release was signed, as a watcher with the shipped roots sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canary.core.text.strict import digest
from scripts.public_values import CARRIED_ROUND
from tests.authority import Authority, make_authority, pem, serving
from tests.loopback import Loopback, answer, says
from tests.publisher import Publisher, done, tree
from tests.site_pages import Page

ISSUED = "2026-09-01"
"""17 hours after the round."""

HEAVY = ("rfc3161_client", "py_arkworks_bls12381", "opentimestamps", "requests")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Loopback, str]]:
    """Serves the authority, whose root is the shipped list."""
    shipped = tmp_path / "shipped.pem"
    shipped.write_text(pem(authority.root), "ascii")
    monkeypatch.setattr("canary.edges.times.tsa_roots.SHIPPED", shipped)
    with serving(authority) as (loopback, _, (url,)):
        yield loopback, url


@pytest.fixture
def anchored(published: Publisher, tmp_path: Path) -> Publisher:
    """Release 2 has an anchor, and is signed and not published."""
    anchors = tmp_path / "anchors.txt"
    anchors.write_text(f"{CARRIED_ROUND.kind} {CARRIED_ROUND.value}\n", "ascii")
    done(published.on(ISSUED).canary("draft", "--anchor", anchors))
    for name in published.signers[: published.threshold]:
        done(published.sign(name))
    return published


def name(publisher: Publisher, url: str, *roots: Path) -> None:
    """Names an authority in `canary.toml`, where no table of them was written."""
    config = publisher.root / "canary.toml"
    text = config.read_text("utf-8").split("\n[timestamps]")[0]
    table = f'[timestamps]\nauthorities = ["{url}"]\nroots = {[str(root) for root in roots]}\n'
    config.write_text(f"{text}\n{table}", "utf-8")


def told(publisher: Publisher) -> str:
    return Page((publisher.public / "index.html").read_bytes()).said("window")


def bounds(publisher: Publisher) -> tuple[str | None, str | None]:
    release = json.loads((publisher.public / "status.json").read_bytes())["release"]
    return release["not_before"], release["not_after"]


def as_verified(publisher: Publisher, *arguments: object) -> tuple[str | None, str | None]:
    # The authority tells the real time, which is later than the publisher's.
    watcher = replace(publisher, now=datetime.now(UTC) + timedelta(minutes=1))
    release = json.loads(watcher.verify("--json", *arguments).out)["release"]
    return release["not_before"], release["not_after"]


def test_the_site_shows_what_its_watchers_see(anchored: Publisher, server: tuple[Loopback, str]) -> None:
    name(anchored, server[1])
    done(anchored.publish())
    assert told(anchored).startswith("Signed between 31 August 2026, 18:45 UTC and ")
    assert told(anchored).endswith(": proved by a drand round in its text, and by the timestamp of Test TSA.")
    assert bounds(anchored) == as_verified(anchored)
    assert None not in bounds(anchored)


def test_a_token_that_comes_later_is_told_once_it_is_there(anchored: Publisher, server: tuple[Loopback, str]) -> None:
    loopback, url = server
    loopback.faults["/tsa/0"] = says(answer(503))
    name(anchored, url)
    done(anchored.publish())
    assert told(anchored).startswith("Not signed before 31 August 2026, 18:45 UTC: proved by a drand round")
    loopback.faults.clear()
    done(anchored.canary("timestamp"))
    assert told(anchored).startswith("Signed between ")
    assert bounds(anchored) == as_verified(anchored)


def test_a_token_under_no_shipped_root_is_told_as_a_claim(
    anchored: Publisher, authority: Authority, tmp_path: Path
) -> None:
    root = tmp_path / "root.pem"
    root.write_text(pem(authority.root), "ascii")
    with serving(authority) as (_, _, (url,)):
        name(anchored, url, root)
        done(anchored.publish())
    assert told(anchored).startswith("Not signed before 31 August 2026, 18:45 UTC")
    said = Page((anchored.public / "index.html").read_bytes()).said("when")
    assert "Claimed, and not proved: the timestamp of Test TSA, " in said
    assert bounds(anchored) == as_verified(anchored) == ("2026-08-31T18:45:15Z", None)
    assert as_verified(anchored, "--tsa-root", root)[1] is not None


def test_an_older_release_is_dated_by_whoever_looks_at_its_own_time(
    anchored: Publisher, server: tuple[Loopback, str]
) -> None:
    name(anchored, server[1])
    done(anchored.publish())
    window = bounds(anchored)
    name(anchored, "http://127.0.0.1:9/")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    anchored.on(tomorrow).release()
    assert bounds(anchored) == (None, None)
    assert "when" not in Page((anchored.public / "releases/2/index.html").read_bytes()).ids
    before = tomorrow - timedelta(minutes=1)
    assert as_verified(anchored, "--at", f"{before:%Y-%m-%dT%H:%M:%SZ}") == window


def test_a_timestamp_that_proves_the_date_to_be_false_is_not_published(
    anchored: Publisher, server: tuple[Loopback, str], authority: Authority
) -> None:
    del server
    done(anchored.publish())
    entry = max((anchored.root / "log").iterdir()).read_bytes()
    folder = anchored.root / "evidence" / digest(entry)
    folder.mkdir(parents=True)
    (folder / "0.tsr").write_bytes(authority.stamp(entry, at=datetime(2026, 8, 31, 20, tzinfo=UTC)))
    before = tree(anchored.public.resolve())
    ran = anchored.publish()
    assert ran.code == 2
    assert "watchers would not accept this: it says that it was issued 2026-09-01" in ran.said
    assert tree(anchored.public.resolve()) == before


def test_publishing_what_has_no_proof_imports_nothing_that_checks_one(published: Publisher) -> None:
    done(published.on(ISSUED).canary("draft"))
    for signer in published.signers[: published.threshold]:
        done(published.sign(signer))
    arguments = ["publish", "--key-dir", str(published.keys), "--workspace", str(published.root)]
    script = f"""
import sys
from datetime import datetime
from canary.cli.app import App
from canary.cli.main import run
code = run({arguments!r}, App(clock=lambda: datetime.fromisoformat("{ISSUED}T12:00:00+00:00"), past=True))
print(code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stderr == "0 []\n"
    assert told(published) == "Nothing here proves when it was signed: its date is the signers’ word."
