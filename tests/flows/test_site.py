"""The published site, from small histories made here: Ed25519 signers, and OpenPGP ones that a stub vouches for."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import posixpath
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from canary.core.documents.release import Attachment, Release, Statement
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.documents.schedule import Schedule, parse_cadence
from canary.core.log.history import History
from canary.core.log.tiles import parse_bundle
from canary.core.signed.kinds import Kind, ed25519_vkey, openpgp_vkey
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.core.signed.vkey import VKey
from canary.errors import IntegrityError, MalformedError, WorkspaceError
from canary.flows.site.render import render_site
from tests.gpg_home import GpgHome
from tests.site_pages import HOSTILE, Page, page, pages

CANARY = "example.net/canary"
SCHEDULE = Schedule(date(2026, 2, 1), parse_cadence("3 months"), timedelta(14), timedelta(14))
KEYS = Statement("encryption-keys", 1, "Example has never handed its keys to anyone.\n\nNot even once.")
TAPS = Statement("network-taps", 1, "Nobody has installed equipment in our network.")
REPORT = b"%PDF: a report\n"
SHORT = Attachment("report.pdf", hashlib.sha256(REPORT).hexdigest(), len(REPORT))


# --- a publisher in a few lines --------------------------------------------------------------------------


@dataclass
class Person:
    signer: RosterSigner
    sign: Callable[[bytes], bytes]

    def line(self, text: bytes) -> SignatureLine:
        return SignatureLine(self.signer.key.name, self.signer.key.key_id, self.sign(text))


def ed25519(name: str) -> Person:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    vkey = ed25519_vkey(f"{CANARY}/{name}", key.public_key().public_bytes_raw())
    return Person(RosterSigner(name, vkey, Kind.ED25519), key.sign)


def openpgp(name: str, certificate: bytes = b"", fingerprint: bytes = bytes(20), signature: bytes = b"") -> Person:
    vkey = openpgp_vkey(f"{CANARY}/{name}", fingerprint)
    signer = RosterSigner(name, vkey, Kind.OPENPGP, certificate or b"certificate of " + name.encode())
    return Person(signer, lambda text: signature or b"packet by " + name.encode() + text[:1])


def log_key() -> VKey:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return ed25519_vkey(CANARY, key.public_key().public_bytes_raw())


@dataclass
class Publisher:
    people: list[Person]
    threshold: int = 2
    organisation: str = "Example Networks"
    history: History = field(default_factory=History)
    outcome: Outcome = Outcome.GOOD

    def roster(self, *, issued: str = "2026-01-20T10:00:00", signed_by: list[Person] | None = None) -> None:
        before = self.history.roster
        roster = Roster(
            canary=CANARY,
            entry=self.history.next_entry,
            previous=self.previous(),
            number=before.number + 1 if before else 1,
            issued=datetime.fromisoformat(issued).replace(tzinfo=UTC),
            organisation=self.organisation,
            threshold=self.threshold,
            signers=tuple(person.signer for person in self.people),
            log=log_key(),
            schedule=SCHEDULE,
        )
        self.append(roster, self.people if signed_by is None else signed_by)

    def release(
        self,
        *statements: Statement,
        issued: str = "2026-02-03T14:30:00",
        final: bool = False,
        signed_by: list[Person] | None = None,
        announcements: str | None = None,
        attachments: tuple[Attachment, ...] = (),
        covers: tuple[date, date] | None = None,
    ) -> None:
        moment = datetime.fromisoformat(issued).replace(tzinfo=UTC)
        period = SCHEDULE.newest_opened(moment.date())
        assert period is not None
        following = SCHEDULE.following(period)
        release = Release(
            canary=CANARY,
            entry=self.history.next_entry,
            previous=self.previous(),
            number=len(self.history.releases()) + 1,
            period=period,
            issued=moment,
            next=None if final else following,
            expires=None if final else SCHEDULE.expiry(following),
            statements=statements,
            covers=covers,
            attachments=attachments,
            announcements=announcements,
        )
        self.append(release, self.people if signed_by is None else signed_by)

    def previous(self) -> str | None:
        return self.history.last.text_hash if self.history.last else None

    def append(self, content: Roster | Release, signers: list[Person]) -> None:
        text = content.render()
        entry = Note(text, tuple(person.line(text) for person in signers)).render()

        def vouch(*, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
            del certificate, fingerprint, text, signature
            good = isinstance(content, Roster) or self.outcome is Outcome.GOOD
            return OpenPGPCheck(Outcome.GOOD if good else self.outcome, content.issued)

        self.history.append(entry, vouch)

    def site(self, evidence: Mapping[str, Sequence[tuple[str, bytes]]] | None = None) -> dict[str, bytes]:
        reports = {SHORT.sha256: REPORT}
        return render_site(self.history, checkpoint=b"checkpoint", attachments=reports, evidence=evidence or {})


def entry_hash(publisher: Publisher, number: int) -> str:
    return hashlib.sha256(publisher.history.admitted[number - 1].entry.data).hexdigest()


@pytest.fixture
def story() -> Publisher:
    """Two rosters and three releases: an attachment, a rewording, a withdrawal and a return."""
    legal, security, treasurer = ed25519("legal"), ed25519("security"), openpgp("treasurer")
    publisher = Publisher([legal, security, treasurer])
    publisher.roster()
    publisher.release(KEYS, TAPS, attachments=(SHORT,), covers=(date(2025, 7, 1), date(2025, 12, 31)))
    reworded = msgspec.structs.replace(KEYS, version=2, words="Example has never handed any key to anyone.")
    publisher.release(reworded, issued="2026-05-03T00:00:00", signed_by=[legal, treasurer])
    publisher.people = [legal, treasurer, openpgp("director", fingerprint=bytes([7] * 20))]
    publisher.roster(issued="2026-06-01T00:00:00", signed_by=[legal, security, *publisher.people[1:]])
    publisher.release(reworded, TAPS, issued="2026-08-02T12:00:01", announcements="We moved.\n\nTwice.")
    return publisher


# --- the files -------------------------------------------------------------------------------------------


def test_every_file_of_a_site(story: Publisher) -> None:
    site = story.site({entry_hash(story, 2): [("0.tsr", b"stamp")], "0" * 64: [("0.tsr", b"stray")]})
    tiles = {path for path in site if path.startswith("tile/")}
    assert tiles == {f"tile/{kind}/000.p/{size}" for kind in ("0", "entries") for size in range(1, 6)}
    assert sorted(set(site) - tiles) == [
        ".well-known/warrant-canary",
        "badge.svg",
        "calendar.ics",
        "canary.txt",
        "checkpoint",
        f"evidence/{entry_hash(story, 2)}/0.tsr",
        "feed.atom",
        "index.html",
        "keys/director.asc",
        "keys/director.vkey",
        "keys/legal.vkey",
        "keys/log.vkey",
        *(f"keys/roster-1/{name}" for name in ("legal.vkey", "log.vkey", "security.vkey", "treasurer.asc")),
        "keys/roster-1/treasurer.vkey",
        *(f"keys/roster-2/{name}" for name in ("director.asc", "director.vkey", "legal.vkey", "log.vkey")),
        *(f"keys/roster-2/{name}" for name in ("treasurer.asc", "treasurer.vkey")),
        "keys/treasurer.asc",
        "keys/treasurer.vkey",
        "releases/1/entry.txt",
        "releases/1/files/report.pdf",
        *(f"releases/1/{name}" for name in ("index.html", "print.html", "text.txt", "treasurer.asc")),
        *(f"releases/2/{name}" for name in ("entry.txt", "index.html", "print.html", "text.txt", "treasurer.asc")),
        *(f"releases/3/{name}" for name in ("director.asc", "entry.txt", "index.html", "print.html", "text.txt")),
        "releases/3/treasurer.asc",
        "releases/index.html",
        *(f"rosters/1/{name}" for name in ("entry.txt", "text.txt", "treasurer.asc")),
        *(f"rosters/2/{name}" for name in ("director.asc", "entry.txt", "text.txt", "treasurer.asc")),
        "rosters/index.html",
        "statements/encryption-keys/index.html",
        "statements/network-taps/index.html",
        "status.json",
    ]


def test_the_bytes_are_those_of_the_log(story: Publisher) -> None:
    site = story.site()
    entries = [admitted.entry for admitted in story.history.admitted]
    assert site["checkpoint"] == b"checkpoint"
    assert site["canary.txt"] == entries[-1].data == site["releases/3/entry.txt"]
    assert site["releases/3/text.txt"] == entries[-1].text
    assert (site["rosters/2/entry.txt"], site["rosters/2/text.txt"]) == (entries[3].data, entries[3].text)
    assert site["releases/1/files/report.pdf"] == REPORT
    for size in range(1, 6):
        bundle = parse_bundle(site[f"tile/entries/000.p/{size}"], size)
        assert bundle == tuple(entry.data for entry in entries[:size])
        leaves = b"".join(hashlib.sha256(b"\0" + entry.data).digest() for entry in entries[:size])
        assert site[f"tile/0/000.p/{size}"] == leaves
    assert site[".well-known/warrant-canary"] == (
        f"warrant-canary/hint/v1\ncanary: {CANARY}\nroster-1: sha256:{entries[0].text_hash}\n".encode()
    )
    assert site["keys/log.vkey"] == f"{log_key().render()}\n".encode()
    assert b"-----BEGIN PGP PUBLIC KEY BLOCK-----" in site["keys/treasurer.asc"]
    assert base64.b64encode(b"packet by treasurerw") in site["releases/3/treasurer.asc"]


def test_the_same_history_gives_the_same_bytes(story: Publisher) -> None:
    assert list(story.site().items()) == list(story.site().items())


def test_a_signature_that_does_not_count_is_not_offered() -> None:
    people = [ed25519("legal"), ed25519("security"), openpgp("treasurer")]
    publisher = Publisher(people, outcome=Outcome.EXPIRED_KEY)
    publisher.roster()
    publisher.release(KEYS)
    site = publisher.site()
    assert "rosters/1/treasurer.asc" in site
    assert "releases/1/treasurer.asc" not in site
    assert "treasurer: not counted (expired key)" in page(site).words
    assert page(site, "releases/1/index.html").inside["check-commands"] == "sha256sum text.txt\n"
    assert json.loads(site["status.json"])["release"]["not_counted"] == [
        {"name": "treasurer", "outcome": "expired key"}
    ]


def test_a_roster_keeps_the_signatures_of_those_who_leave() -> None:
    leaving = openpgp("treasurer")
    publisher = Publisher([ed25519("legal"), leaving])
    publisher.roster()
    publisher.people = [ed25519("legal"), ed25519("security")]
    publisher.roster(issued="2026-02-01T00:00:00", signed_by=[*publisher.people, leaving])
    assert "rosters/2/treasurer.asc" in publisher.site()


def test_an_attachment_must_be_the_signed_file(story: Publisher) -> None:
    for attachments, fault in (({}, "is missing"), ({SHORT.sha256: b"another"}, "is not the file")):
        with pytest.raises(IntegrityError, match=rf"report\.pdf of release 1 {fault}") as caught:
            render_site(story.history, checkpoint=b"", attachments=attachments)
        assert SHORT.sha256 in caught.value.hint


def test_evidence_cannot_leave_its_folder(story: Publisher) -> None:
    with pytest.raises(MalformedError):
        story.site({entry_hash(story, 2): [("../../index.html", b"")]})


def test_an_empty_log_has_no_site() -> None:
    with pytest.raises(WorkspaceError):
        render_site(History(), checkpoint=b"", attachments={})


def test_status(story: Publisher) -> None:
    data = story.site()["status.json"]
    status = json.loads(data)
    assert data == (json.dumps(status, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()
    release = status.pop("release")
    assert (status["canary"], status["organisation"], status["entries"]) == (CANARY, "Example Networks", 5)
    assert len(base64.b64decode(status["root"])) == 32
    assert status["roster_1"] == f"sha256:{story.history.admitted[0].entry.text_hash}"
    assert (status["roster"]["number"], status["roster"]["threshold"]) == (2, 2)
    assert [signer["name"] for signer in status["roster"]["signers"]] == ["legal", "treasurer", "director"]
    assert (release["number"], release["period"], release["final"]) == (3, "2026-08-01", False)
    assert (release["issued"], release["expires"]) == ("2026-08-02T12:00:01Z", "2026-11-29T00:00:00Z")
    assert release["next"] == "2026-11-01/2026-11-14"
    assert release["statements"][1] == {"id": "network-taps", "version": 1, "words": TAPS.words}
    assert (release["signed"], release["not_signed"]) == (["legal", "treasurer", "director"], [])


# --- the pages -------------------------------------------------------------------------------------------


def test_the_front_page(story: Publisher) -> None:
    words = page(story.site()).words
    pin = story.history.admitted[0].entry.text_hash
    for said in (
        "Warrant canary of Example Networks",
        "If today is later than 28 November 2026 (UTC), this canary is stale",
        "Issued2 August 2026, 12:00:01 UTC",
        "Next release due1 November 2026 to 14 November 2026",
        "Goes stale at29 November 2026, 00:00 UTC",
        "encryption-keys, version 2",
        "In these words since release 2, 3 May 2026, 00:00 UTC.",
        "In these words since this release, 2 August 2026",
        "Reinstated, in version 1: it stood once, was withdrawn, and is back.",
        "The signers changed by roster 2: joined director; left security",
        "When it was published, 3 of 3 had signed it (2 needed), and no statement was withdrawn since release 2.",
        "3 of 3 signed; 2 needed.",
        "We moved.",
        f"canary verify https://{CANARY}/ --pin sha256:{pin}",
        "Confirm it over another channel than this site",
    ):
        assert said in words
    assert page(story.site()).inside["verify-command"] == f"canary verify https://{CANARY}/ --pin sha256:{pin}"


def test_release_pages(story: Publisher) -> None:
    site = story.site({entry_hash(story, 2): [("0.tsr", b"stamp")]})
    first, second = page(site, "releases/1/index.html"), page(site, "releases/2/index.html")
    assert first.inside["signed-text"].encode() == site["releases/1/text.txt"]
    assert first.inside["text-sha256"] == hashlib.sha256(site["releases/1/text.txt"]).hexdigest()
    assert "This is the first release." in first.words
    assert "This page stays as it is when newer releases come: they stand on the front page." in first.words
    assert "Its report covers1 July 2025 to 31 December 2025" in first.words
    assert SHORT.sha256 in first.inside["attachments"]
    assert f"../../evidence/{entry_hash(story, 2)}/0.tsr" in first.links
    assert "network-taps Withdrawn: it is no longer made. It said, in version 1:" in second.words
    assert b"has never handed <del>its keys</del> <ins>any key</ins> to anyone." in site["releases/2/index.html"]
    assert "security: did not sign" in second.said("signers")
    assert "2 of 3 signed; 2 needed." in second.words


def test_a_newer_roster_is_told(story: Publisher) -> None:
    story.people = [*story.people[:2], ed25519("auditor")]
    story.roster(issued="2026-09-01T00:00:00")
    told = " ".join(page(story.site()).inside["new-roster"].split())
    assert told == (
        "Since this release, roster 3 has come into force. From now on 2 of these 3 must sign: "
        "legal, treasurer, auditor."
    )


def test_no_release_yet() -> None:
    publisher = Publisher([ed25519("legal")], threshold=1)
    publisher.roster()
    site = publisher.site()
    assert "canary.txt" not in site
    assert json.loads(site["status.json"])["release"] is None
    words = page(site).words
    assert "There is no release yet." in words
    assert "due from 1 February 2026 to 14 February 2026" in words
    assert "If today is later than 28 February 2026 (UTC)" in words
    assert [path for path, _ in pages(site)] == ["index.html", "releases/index.html", "rosters/index.html"]
    assert "There is no release yet." in page(site, "releases/index.html").words


def test_a_final_release_says_so(story: Publisher) -> None:
    reworded = story.history.releases()[-1].statements
    story.release(*reworded, issued="2026-11-02T00:00:00", final=True)
    site = story.site()
    release = json.loads(site["status.json"])["release"]
    assert (release["final"], release["next"], release["expires"]) == (True, None, None)
    front, last = page(site).words, page(site, "releases/4/index.html").words
    assert "This canary has ended. Release 4, issued 2 November 2026, 00:00 UTC, is the last one." in front
    assert "This is the last release." in last
    for words in (front, last):
        assert "stale" not in words
        assert "No statement and no signer changed." in words


# --- hostile input, and links ----------------------------------------------------------------------------


def test_nothing_in_a_text_becomes_markup() -> None:
    publisher = Publisher([ed25519("legal")], threshold=1, organisation=HOSTILE)
    publisher.roster()
    publisher.release(Statement("a", 1, "Before."))
    publisher.release(
        Statement("a", 2, HOSTILE), Statement("b", 1, f"{{{{ 7 * 7 }}}} {HOSTILE}"), announcements=HOSTILE
    )
    site = publisher.site()
    for path, found in pages(site):
        assert b"<script" not in site[path]
        assert b"<img" not in site[path]
        assert {"script", "img", "iframe", "base", "form"}.isdisjoint(found.tags)
        assert found.tags.count("link") == (0 if path.endswith("print.html") else 1)
    front = page(site)
    assert front.shown.count(HOSTILE) >= 5
    assert "{{ 7 * 7 }}" in front.shown
    assert json.loads(site["status.json"])["organisation"] == HOSTILE


def test_every_link_leads_to_a_file_of_the_site(story: Publisher) -> None:
    site = story.site(
        {entry_hash(story, 5): [("0.tsr", b"a"), ("1.ots", b"b")], entry_hash(story, 1): [("0.tsr", b"c")]}
    )
    reached = {"index.html"}
    for path, found in pages(site):
        for link in found.links:
            target, _, fragment = link.partition("#")
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            assert resolved in site, (path, link)
            assert not fragment or fragment in Page(site[resolved]).ids
            reached.add(resolved)
        assert b"http://" not in site[path]
    # All that is needed to check the site by hand is linked, so a copy made by following links is whole.
    apart = re.compile(r"tile/|\.well-known/|keys/[a-z-]+\.")
    assert {path for path in site if not apart.match(path)} == reached


def test_pages_allow_nothing_but_their_own_style(story: Publisher) -> None:
    site = story.site()
    for path, found in pages(site):
        style = re.findall(rb"<style>(.*?)</style>", site[path], re.DOTALL)
        (policy,) = [meta["content"] for meta in found.metas if meta.get("http-equiv") == "Content-Security-Policy"]
        hashed = base64.b64encode(hashlib.sha256(style[0]).digest()).decode()
        assert policy is not None
        assert policy.split("; ")[:3] == ["default-src 'none'", f"style-src 'sha256-{hashed}'", "img-src 'self'"]
        assert len(style) == 1
        assert b"url(" not in style[0]
        assert b"@import" not in style[0]
        assert site[path].startswith(b'<!DOCTYPE html>\n<html lang="en">')
        assert None not in found.scopes
        assert found.tags.count("h1") == found.tags.count("title") == found.tags.count("main") == 1


# --- by hand ---------------------------------------------------------------------------------------------


def test_the_commands_on_a_release_page_work(tmp_path: Path) -> None:
    """The signer is real: text, key and signature go through gpg, and so does what a reader is told to type."""
    with GpgHome() as home:
        fingerprint = home.key("treasurer <treasurer@example.net>")
        subkey = home.subkey(fingerprint)

        def sign(text: bytes) -> bytes:
            return home.sign(f"{subkey}!", text, at=datetime(2026, 2, 3, 15, tzinfo=UTC))

        treasurer = openpgp("treasurer", home.export(fingerprint), bytes.fromhex(fingerprint))
        publisher = Publisher([ed25519("legal"), dataclasses.replace(treasurer, sign=sign)])
        publisher.roster()
        publisher.release(KEYS)
        site = publisher.site()
    for path, data in site.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    folder = tmp_path / "releases" / "1"
    found = page(site, "releases/1/index.html")
    with GpgHome() as reader:
        for read, place, over in ((found, folder, "text.txt"), (page(site), tmp_path, "releases/1/text.txt")):
            (_, hashed), (_, shown), (_, dearmored), (code, verified) = typed(read, place, reader)
            assert hashed == f"{found.inside['text-sha256']} {over}"
            assert "must print " + hashed.split()[0] in read.said("check")
        (printed,) = re.findall(r"(?:[0-9A-F]{4} ){9}[0-9A-F]{4}", shown)
        assert printed in found.inside["signers"]
        assert dearmored == ""
        assert code == 0
        assert 'Good signature from "treasurer <treasurer@example.net>"' in verified
        assert not re.search("warning|error|bad", verified, re.IGNORECASE)
        (folder / "text.txt").write_bytes(site["releases/1/text.txt"] + b"and more\n")
        code, verified = typed(found, folder, reader)[-1]
        assert code == 1
        assert "BAD signature" in verified
        assert reader.run("--list-keys") == b""
        assert not [path for path in reader.path.iterdir() if path.name.startswith("S.")]
        (code, _), (bad, verified) = typed(found, folder, reader, "keyring-commands")
        assert (code, bad) == (0, 1)
        assert "BAD signature" in verified
        (folder / "text.txt").write_bytes(site["releases/1/text.txt"])
        (code, _), (good, verified) = typed(found, folder, reader, "keyring-commands")
        assert (code, good) == (0, 0)
        assert 'Good signature from "treasurer <treasurer@example.net>"' in verified
        primary = re.search("Primary key fingerprint: ((?:[0-9A-F]{4} ){9}[0-9A-F]{4})", verified)
        assert primary is not None
        assert primary[1] in found.inside["signers"]


def typed(found: Page, folder: Path, reader: GpgHome, block: str = "check-commands") -> list[tuple[int, str]]:
    """Types each command of a release page in the release's folder; returns exit codes and what was said."""
    environment = {**os.environ, "GNUPGHOME": str(reader.path), "LC_ALL": "C"}
    answers = []
    for command in found.inside[block].splitlines():
        done = subprocess.run(
            shlex.split(command), cwd=folder, env=environment, capture_output=True, check=False, timeout=60
        )
        said = " ".join((done.stdout + done.stderr).decode().split())
        answers.append((done.returncode, re.sub(r"gpg: keybox '[^']*' created ?", "", said)))
    return answers
