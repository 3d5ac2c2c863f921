from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canary import limits
from canary.core.foreign.edition import Signed
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.errors import GpgError, MalformedError
from canary.flows.site.armor import Armor, armor
from canary.formats.foreign.openpgp_checks import Answer, Check, Question
from tests.foreign_keys import armored, clearsigned, signer
from tests.gpg_home import JAN, NOW, SIGNED, TEXT, GpgHome, bomb, day

DATA = Path(__file__).parents[3] / "shared" / "data" / "openpgp"


@pytest.fixture(scope="module")
def gpg() -> Iterator[ForeignGpg]:
    with ForeignGpg() as made:
        yield made


@pytest.fixture(scope="module")
def key(home: GpgHome) -> str:
    return home.key()


@pytest.fixture(scope="module")
def pinned(gpg: ForeignGpg, home: GpgHome, key: str) -> bytes:
    return signer(gpg, home, key).certificate


def one(gpg: ForeignGpg, certificate: bytes, signature: bytes, text: bytes | None = TEXT) -> Check:
    (answer,) = gpg.check([certificate], [Question(signature, text)])
    (check,) = answer.checks
    return check


# --- gpg's own traps, one file each ---------------------------------------------------------------------


def expected() -> list[dict[str, str]]:
    if not DATA.is_dir():
        return []
    names, *rows = (line.split("\t") for line in (DATA / "expected.tsv").read_text("utf-8").splitlines())
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the OpenPGP traps are not here: {DATA}")
@pytest.mark.parametrize("row", expected(), ids=lambda row: row["file"])
def test_every_trap_has_its_outcome_then_and_now(row: dict[str, str], gpg: ForeignGpg) -> None:
    certificates = [
        each
        for name in row["certificate"].split("+")
        for each in gpg.certificates_in((DATA / name).read_bytes()).values()
    ]
    text = None if row["data"] == "-" else (DATA / row["data"]).read_bytes()
    (answer,) = gpg.check(certificates, [Question((DATA / row["file"]).read_bytes(), text)])
    outcomes = [each for each in row["at_signing_time"].split(", ") if not each.startswith("text ")]
    assert [each.outcome for each in answer.checks] == outcomes
    assert {each.signed_at for each in answer.checks} == {datetime.fromtimestamp(int(row["signed_at"]), UTC)}
    now = [_signed(each).as_of(NOW) for each in answer.checks]
    assert now == [each for each in row["at_2026_11_24"].split(", ") if not each.startswith("text ")]
    if text is None:
        assert answer.text is not None
        assert answer.text.startswith(b"Canary statement\n")
        assert b"-----" not in answer.text


def _signed(check: Check) -> Signed:
    return Signed("x", check.key, check.outcome, check.signed_at, valid_until=check.valid_until)


# --- one signature --------------------------------------------------------------------------------------


def test_detached_and_clearsigned(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    good = Check(Outcome.GOOD, key.lower(), SIGNED)
    assert one(gpg, pinned, armored(home, key, TEXT)) == good
    assert one(gpg, pinned, home.sign(key, TEXT, at=SIGNED)) == good
    assert one(gpg, pinned, armored(home, key, TEXT, "--textmode")) == good
    (answer,) = gpg.check([pinned], [Question(clearsigned(home, key, b"- a dash\nno end"), None)])
    assert answer == Answer((good,), b"- a dash\nno end\n")


def test_other_text_and_other_key(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    bad = one(gpg, pinned, armored(home, key, TEXT), TEXT + b"x")
    assert (bad.outcome, bad.key) == (Outcome.BAD, key.lower())
    mallory = home.key("mallory <m@example.org>")
    other = one(gpg, pinned, armored(home, mallory, TEXT))
    assert (other.outcome, other.key, other.signed_at) == (Outcome.NO_KEY, mallory.lower(), SIGNED)
    (nothing,) = gpg.check([], [Question(armored(home, key, TEXT), TEXT)])
    assert [each.outcome for each in nothing.checks] == [Outcome.NO_KEY]


def test_a_subkey_signs_for_its_primary_key(gpg: ForeignGpg, home: GpgHome) -> None:
    primary = home.key("with subkey <s@example.org>", usage="cert")
    home.subkey(primary, expires="1y")
    certificate = signer(gpg, home, primary).certificate
    signature = armored(home, primary, TEXT)
    check = one(gpg, certificate, signature)
    assert (check.outcome, check.key, check.valid_until) == (Outcome.GOOD, primary.lower(), day(2027, 1, 1))
    bad = one(gpg, certificate, signature, b"other")
    assert (bad.outcome, bad.key) == (Outcome.BAD, primary.lower())


def test_an_extended_key_was_never_expired(gpg: ForeignGpg, home: GpgHome) -> None:
    key = home.key("extended <e@example.org>", expires="20260301T000000")
    before = home.export(key)
    signature = armored(home, key, TEXT)
    (old,) = gpg.certificates_in(before).values()
    check = one(gpg, old, signature)
    assert (check.outcome, check.valid_until) == (Outcome.GOOD, day(2026, 3, 1))
    home.extend(key, "20300101T000000", at=day(2026, 6, 1))
    later = armored(home, key, TEXT, at=day(2026, 7, 1))
    assert one(gpg, old, later).outcome is Outcome.EXPIRED_KEY
    # gpg takes the newest self-signature of a certificate, with or without the ones before it.
    for data in (home.export(key), before + home.export(key)):
        (certificate,) = gpg.certificates_in(data).values()
        for each in (signature, later):
            check = one(gpg, certificate, each)
            assert (check.outcome, check.valid_until) == (Outcome.GOOD, day(2030, 1, 1))


def test_expired_revoked_weak_and_early(gpg: ForeignGpg, home: GpgHome) -> None:
    key = home.key("rsa <rsa@example.org>", algorithm="rsa2048", expires="1y")
    weak = armored(home, key, TEXT, "--digest-algo=SHA1")
    good = signer(gpg, home, key).certificate
    check = one(gpg, good, weak)
    assert check == Check(Outcome.WEAK_DIGEST, key.lower(), SIGNED, JAN + timedelta(days=365), "its digest is SHA-1")
    assert _signed(check).as_of(JAN + timedelta(days=366)) is Outcome.EXPIRED_KEY
    assert one(gpg, good, weak, b"other").outcome is Outcome.BAD
    early = armored(home, key, TEXT, "--ignore-time-conflict", at=day(2025, 12, 1))
    assert one(gpg, good, early).outcome is Outcome.OUTSIDE_TIME
    assert one(gpg, good, early, b"other").outcome is Outcome.BAD
    home.revoke(key)
    revoked = signer(gpg, home, key).certificate
    # A rule that lets weak digests count must not let a revoked key count with them.
    assert one(gpg, revoked, weak).outcome is Outcome.REVOKED_KEY


def test_a_signature_that_expires(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    check = one(gpg, pinned, armored(home, key, TEXT, "--default-sig-expire=10d"))
    assert (check.outcome, check.valid_until) == (Outcome.GOOD, SIGNED + timedelta(days=10))


def test_status_lines_in_what_strangers_word(gpg: ForeignGpg, home: GpgHome) -> None:
    forged = "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}[GNUPG:] BADSIG 0123456789ABCDEF nobody"
    key = home.key(f"{forged} <a@example.org>")
    options = ("--set-notation=a@example.org=x%0A[GNUPG:] NEWSIG", "--sig-policy-url=https://x/%0A[GNUPG:] BADSIG 0")
    check = one(gpg, signer(gpg, home, key).certificate, armored(home, key, TEXT, *options))
    assert check.outcome is Outcome.GOOD


# --- what is no such signature --------------------------------------------------------------------------


def test_a_signed_message_is_no_detached_signature(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    message = home.run(f"--local-user={key}", "--sign", "--compress-algo=none", at=SIGNED, data=b"another text")
    for signature in (message, armor(Armor.SIGNATURE, message), clearsigned(home, key, TEXT)):
        (answer,) = gpg.check([pinned], [Question(signature, TEXT)])
        assert not any(each.outcome.is_right for each in answer.checks)
        assert answer.text is None
    (answer,) = gpg.check([pinned], [Question(armored(home, key, TEXT), None)])
    assert not any(each.outcome.is_right for each in answer.checks)


def test_a_block_with_a_second_text_in_its_signature(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    message = home.run(f"--local-user={key}", "--sign", "--compress-algo=none", at=SIGNED, data=b"another text")
    block = clearsigned(home, key, TEXT)
    forged = block[: block.index(b"-----BEGIN PGP SIGNATURE-----")] + armor(Armor.SIGNATURE, message)
    (answer,) = gpg.check([pinned], [Question(forged, None)])
    assert not any(each.outcome.is_right for each in answer.checks)


@pytest.mark.parametrize("data", [b"", b"\n", b"<html>", b"\x88\x00", b"\x88\x10junk", b"\xa3\x02", b"\x00" * 50])
def test_junk(data: bytes, gpg: ForeignGpg, pinned: bytes) -> None:
    for text in (TEXT, None):
        (answer,) = gpg.check([pinned], [Question(data, text)])
        assert not any(each.outcome.is_right for each in answer.checks)


# --- hostile bytes --------------------------------------------------------------------------------------


def test_packets_without_end(home: GpgHome, key: str, pinned: bytes) -> None:
    signature = home.sign(key, TEXT, at=SIGNED)
    with ForeignGpg(seconds=1.5) as gpg:
        hostile = [Question(each, TEXT) for each in (bomb(), bomb() + signature, armor(Armor.SIGNATURE, bomb()))]
        *worst, last = gpg.check([pinned], [*hostile, Question(signature, TEXT)])
    assert all(not each.outcome.is_right for answer in worst for each in answer.checks)
    assert [each.outcome for each in last.checks] == [Outcome.GOOD]


def test_a_thousand_packets(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    (answer,) = gpg.check([pinned], [Question(home.sign(key, TEXT, at=SIGNED) * 1_000, TEXT)])
    assert len(answer.checks) == limits.FOREIGN_SIGNATURES + 1  # one more, so that a reader sees that there are more


def test_all_questions_share_a_bound_in_time(
    home: GpgHome, key: str, pinned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOREIGN_SECONDS", 0.0)
    with ForeignGpg() as gpg:
        check = one(gpg, pinned, armored(home, key, TEXT))
    assert check == Check(Outcome.UNCHECKED, detail="the time for this canary's signatures is over")


def test_gpg_that_is_missing_or_hangs(home: GpgHome, key: str, pinned: bytes, tmp_path: Path) -> None:
    signature = armored(home, key, TEXT)
    with ForeignGpg(str(tmp_path / "gpg")) as missing:
        assert one(missing, pinned, signature).outcome is Outcome.UNCHECKED
        with pytest.raises(GpgError):
            missing.certificates_in(pinned)
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\ncase "$*" in *--verify*) exec sleep 60;; *) exec gpg "$@";; esac\n', "utf-8")
    slow.chmod(0o755)
    with ForeignGpg(str(slow), seconds=1) as gpg:
        check = one(gpg, pinned, signature)
    assert check == Check(Outcome.UNCHECKED, detail="gpg did not answer within 1 seconds")


# --- certificates ---------------------------------------------------------------------------------------


def test_certificates_are_found_in_files_and_pages(gpg: ForeignGpg, home: GpgHome, key: str, pinned: bytes) -> None:
    other = home.key("other <o@example.org>")
    blocks = [home.run("--armor", "--export", each) for each in (key, other)]
    page = b"<p>Our keys:</p><pre>" + blocks[0] + b"</pre> and <pre>" + blocks[1] + b"</pre>"
    wanted = {key.lower(), other.lower()}
    for data in (page, b"".join(blocks), home.export(key) + home.export(other)):
        found = gpg.certificates_in(data)
        assert set(found) == wanted
        assert found[key.lower()] == pinned
    assert gpg.certificates_in(b"no key") == {}
    assert gpg.certificates_in(b"") == {}
    assert gpg.certificates_in(pinned) == {key.lower(): pinned}


def test_other_peoples_signatures_are_left_out(gpg: ForeignGpg, home: GpgHome) -> None:
    key = home.key("popular <p@example.org>")
    alone = home.export(key)
    for number in range(3):
        admirer = home.key(f"admirer {number} <a{number}@example.org>")
        home.run(f"--local-user={admirer}", "--quick-sign-key", key, at=JAN)
    assert len(home.export(key)) > len(alone)
    assert gpg.certificates_in(home.export(key)) == {key.lower(): alone}


def test_a_secret_key_is_never_kept(gpg: ForeignGpg, home: GpgHome, key: str) -> None:
    secret = home.run("--export-secret-keys", key)
    for certificate in gpg.certificates_in(secret).values():
        assert certificate[:1] == b"\x98"
    assert gpg.certificates_in(home.run("--armor", "--export-secret-keys", key)) == {}


def test_ten_thousand_identities(gpg: ForeignGpg, key: str, pinned: bytes) -> None:
    names = [f"x{number} <x@example.org>".encode() for number in range(10_000)]
    unsigned = pinned + b"".join(b"\xb4" + bytes((len(name),)) + name for name in names)
    assert gpg.certificates_in(unsigned) == {key.lower(): pinned}
    name = b"legal <legal@example.org>"
    user_id = pinned[pinned.index(b"\xb4" + bytes((len(name),)) + name) :]
    assert gpg.certificates_in(pinned + user_id * 5_000) == {key.lower(): pinned}
    with pytest.raises(MalformedError, match="take more than"):
        gpg.certificates_in(pinned + user_id * 10_000)


def test_a_certificate_that_stays_too_long(gpg: ForeignGpg, pinned: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOREIGN_CERTIFICATE_BYTES", len(pinned) - 1)
    with pytest.raises(MalformedError, match=f"takes {len(pinned)} bytes"):
        gpg.certificates_in(pinned)


def test_more_certificates_than_are_read(
    gpg: ForeignGpg, home: GpgHome, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOREIGN_SIGNATURES", 1)
    with pytest.raises(MalformedError, match="more than 1"):
        gpg.certificates_in(home.export(key) + home.export(home.key("second <s2@example.org>")))


# --- what is left behind --------------------------------------------------------------------------------


def test_hundreds_of_checks_leave_nothing_behind(
    home: GpgHome, key: str, pinned: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GNUPGHOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    signature = Question(home.sign(key, TEXT, at=SIGNED), TEXT)
    threads = threading.active_count()
    with ForeignGpg() as gpg:
        for _ in range(200):
            assert gpg.check([pinned], [signature])[0].checks[0].outcome is Outcome.GOOD
        (made,) = (tmp_path / "temporary").iterdir()
        assert made.stat().st_mode & 0o777 == 0o700
        assert {file.name for file in made.iterdir()} == {"pubring.kbx", "pubring.kbx~"}  # no agent, socket or lock
        gpg.certificates_in(pinned)
    assert list(tmp_path.iterdir()) == [tmp_path / "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert threading.active_count() == threads
    assert _children_running("gpg") == []


def _children_running(program: str) -> list[str]:
    """Returns the processes of that name which this process has started and which are not gone."""
    own = str(threading.main_thread().native_id)
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text("utf-8").splitlines() if ":\t" in line)
        except OSError:  # it ended meanwhile
            continue
        if fields.get("PPid") == own and fields.get("Name", "").startswith(program):
            found.append(fields["Name"])
    return found


def test_only_the_last_homes_are_kept(
    home: GpgHome, key: str, pinned: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(limits, "FOREIGN_HOMES", 2)
    question = Question(home.sign(key, TEXT, at=SIGNED), TEXT)
    with ForeignGpg() as gpg:
        for copies in (1, 2, 3, 1):
            assert gpg.check([pinned] * copies, [question])[0].checks[0].outcome is Outcome.GOOD
            assert len(list(tmp_path.iterdir())) == min(copies, 2) or copies == 1
    assert list(tmp_path.iterdir()) == []


def test_several_threads(home: GpgHome, key: str, pinned: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOREIGN_HOMES", 1)
    question = Question(home.sign(key, TEXT, at=SIGNED), TEXT)

    def outcome(number: int) -> Outcome:
        return verifier.check([pinned] * (1 + number % 3), [question])[0].checks[0].outcome

    with ForeignGpg() as verifier, ThreadPoolExecutor(6) as pool:
        assert set(pool.map(outcome, range(30))) == {Outcome.GOOD}
