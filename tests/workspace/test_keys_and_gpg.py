"""gpg that is missing, too old, broken or hangs; passphrases that are wrong or cannot be asked for; keys that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from canary.edges.openpgp import openpgp_signer
from canary.edges.openpgp.gpg import Gpg
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL, PASSPHRASE, Publisher, Ran, done, text_hash, tree
from tests.workspace.row import COMMANDS, refused, sign

USER = "security <security@example.net>"


def drafted(publisher: Publisher, passphrase_file: Path | None = None) -> Publisher:
    """A publisher with one OpenPGP key among the signers: a release published, the next drafted and signed by one."""
    extra = () if passphrase_file is None else ("--passphrase-file", passphrase_file)
    publisher.prepare()
    done(publisher.canary("roster"))
    for name in publisher.signers:
        done(publisher.sign(name, *(extra if name == "security" else ())))
    done(publisher.publish())
    publisher.on("2026-02-03").release(*ADD_ALL, by=("legal", "director"))
    done(publisher.on("2026-05-02").canary("draft"))
    done(publisher.sign("director"))
    publisher.signature_file("director").rename(publisher.folder / "director.sig")
    done(publisher.sign("legal"))
    (publisher.folder / "text-hash").write_text(text_hash(publisher.draft_file.read_bytes()), "utf-8")
    (publisher.folder / "wrong").write_text("a guess\n", "utf-8")
    return publisher


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """The key of security is behind a passphrase. Nobody changes this one."""
    folder = tmp_path_factory.mktemp("locked")
    with GpgHome() as gpg:
        gpg.configure_agent("pinentry-program /nonexistent/pinentry")
        key = gpg.key(USER, passphrase=PASSPHRASE)
        publisher = Publisher(folder / "publisher", openpgp={"security": key}, gpg_home=gpg.path)
        yield drafted(publisher, publisher.passphrase_file)


@pytest.fixture
def publisher(locked: Publisher, tmp_path: Path) -> Publisher:
    return locked.copy_to(tmp_path / "publisher")


# --- gpg ------------------------------------------------------------------------------------------------

NEED = "gpg 2.2 or newer is needed"
UNLIKE_GPG = "/gpg could not be run: it does not answer as gpg does"
GPGS: dict[str, tuple[str | None, str]] = {
    "missing": ("", f"{NEED}, and there is no gpg here"),
    "1.4": ("echo cfg:version:1.4.23", "/gpg is 1.4.23"),
    "2.0": ("echo cfg:version:2.0.30", "/gpg is 2.0.30"),
    "2.1": ("echo cfg:version:2.1.18", "/gpg is 2.1.18"),
    "of no version": ("echo hello", "is one that does not tell its version"),
    "nonsense": ("head -c 100000 /dev/zero; echo '[GNUPG:] VALIDSIG'; exit 2", UNLIKE_GPG),
    "failing": ("exit 3", UNLIKE_GPG),
    "killed": ("kill -9 $$", UNLIKE_GPG),
    "no program": (None, "/gpg could not be run: it is no program"),
    "endless": ("while :; do echo cfg:version:2.2; done", "/gpg could not be run: gpg "),
    "hanging": ("exec sleep 60", "/gpg could not be run: gpg did not answer within 0.5 seconds"),
    "hanging later": (
        'case "$*" in *--list-config*) echo cfg:version:2.2.40;; *) exec sleep 60;; esac',
        "did not answer",
    ),
    "without an answer": ('case "$*" in *--list-config*) echo cfg:version:2.2.40;; esac', ""),
}


@pytest.fixture(params=list(GPGS))
def gpg_words(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A gpg on PATH that is not as it should be; what is said of it."""
    script, words = GPGS[request.param]
    folder = tmp_path / "bin"
    folder.mkdir()
    if script != "":
        program = folder / "gpg"
        program.write_text("\0" if script is None else f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    for patient in (Gpg, GpgVerifier):
        defaults = patient.__init__.__kwdefaults__
        assert defaults is not None
        monkeypatch.setitem(defaults, "seconds", 0.5)
    return words


@pytest.mark.parametrize("command", list(COMMANDS))
def test_a_gpg_that_is_not_as_it_should_be(publisher: Publisher, gpg_words: str, command: str) -> None:
    ran = refused(publisher, COMMANDS[command], 3, gpg_words)
    assert "gpg" in ran.err
    if not command.startswith("key"):
        assert "Nothing is wrong with the entry: gpg is needed to check it." in ran.err


def test_a_gpg_that_is_not_as_it_should_be_lets_no_key_in(publisher: Publisher, gpg_words: str) -> None:
    del gpg_words
    ran = refused(publisher, lambda each: each.canary("key", "openpgp", "fourth", "0" * 40), 3, "gpg")
    assert ran.err


def test_a_watcher_without_gpg_does_not_know(publisher: Publisher, gpg_words: str) -> None:
    del gpg_words
    ran = publisher.verify(at="2026-05-02")
    assert (ran.code, ran.out.partition(":")[0], "NOT-CHECKED" in ran.out) == (3, "UNKNOWN", True)
    assert "install gpg" in ran.said


def test_without_openpgp_signers_nobody_needs_gpg(
    midway: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name, command in COMMANDS.items():
        ran = command(midway.copy_to(tmp_path / name))
        assert ran.code == (1 if name == "status" else 0), ran
    assert midway.verify(at="2026-05-01").code == 0


# --- passphrases ----------------------------------------------------------------------------------------


def sign_with(name: str, *more: str) -> Callable[[Publisher], Ran]:
    """Signs with some of the files that lie beside the workspace."""

    def command(publisher: Publisher) -> Ran:
        files = [publisher.folder / each if not each.startswith("--") else each for each in more]
        named = (publisher.folder / "text-hash").read_text("utf-8")
        affirmed = [word for each in ("keys@v1", "taps@v1", "tell@v1") for word in ("--affirm", each)]
        return publisher.canary("sign", "--as", name, *affirmed, "--text", named, "--key-dir", publisher.keys, *files)

    return command


PASSPHRASES = {
    "wrong, for a key in a file": ("director", ("--passphrase-file", "wrong"), 3, "does not open with this passphrase"),
    "wrong, for an OpenPGP key": ("security", ("--passphrase-file", "wrong"), 3, "the passphrase of the key"),
    "none, and nobody to ask, for a key in a file": ("director", (), 1, "needs a passphrase, and nobody can be asked"),
    "none, and nobody to ask, for an OpenPGP key": ("security", (), 3, "gpg could not ask for the passphrase of the"),
    "an empty file": ("director", ("--passphrase-file", "empty"), 3, "holds no passphrase in its first line"),
    "an empty file, for an OpenPGP key": ("security", ("--passphrase-file", "empty"), 3, "holds no passphrase in its"),
    "a file that is not there": ("director", ("--passphrase-file", "nowhere"), 3, "nowhere cannot be read"),
    "a folder": ("security", ("--passphrase-file", "workspace"), 3, "workspace is no regular file"),
    "a file without end": ("director", ("--passphrase-file", "large"), 3, "large has more than 1,024 bytes"),
}


@pytest.mark.parametrize("case", list(PASSPHRASES))
def test_passphrases(publisher: Publisher, case: str) -> None:
    name, more, code, words = PASSPHRASES[case]
    (publisher.folder / "empty").touch()
    (publisher.folder / "large").write_bytes(b"x" * 10_000)
    ran = refused(publisher, sign_with(name, *more), code, words)
    assert "a guess" not in ran.said
    assert not publisher.signature_file(name).exists()


def test_the_right_passphrase_signs(publisher: Publisher) -> None:
    for name in ("director", "security"):
        assert sign_with(name, "--passphrase-file", "passphrase")(publisher).code == 0
    assert publisher.publish().code == 0


def test_a_pinentry_that_hangs(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pinentry"
    program.write_text("#!/bin/sh\nexec /bin/sleep 20\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(openpgp_signer, "PINENTRY_SECONDS", 1.0)
    with GpgHome() as gpg:
        key = gpg.key(USER, passphrase=PASSPHRASE)
        gpg.configure_agent(f"pinentry-program {program}")
        gpg.forget()
        publisher.gpg_home = gpg.path
        made = Publisher(tmp_path / "made", openpgp={"security": key}, gpg_home=gpg.path).prepare()
        done(made.canary("roster"))
        named = text_hash(made.draft_file.read_bytes())
        refused(
            made, lambda each: each.canary("sign", "--as", "security", "--text", named), 3, "did not answer within 1 s"
        )


# --- keys that ended ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Publisher, GpgHome]]:
    """The key of security expires in April; it signed the roster in January. Nobody changes this one."""
    folder = tmp_path_factory.mktemp("ended")
    with GpgHome() as gpg:
        key = gpg.key(USER, expires="20260401T000000")
        yield drafted(Publisher(folder / "publisher", openpgp={"security": key}, gpg_home=gpg.path)), gpg


def test_an_expired_key(ended: tuple[Publisher, GpgHome], tmp_path: Path) -> None:
    publisher = ended[0].copy_to(tmp_path / "publisher")
    key = publisher.openpgp["security"]
    refused(publisher, sign_with("security"), 3, "cannot sign: it has expired, is revoked")
    refused(publisher, lambda each: each.canary("key", "openpgp", "security", key), 1, "is expired or cannot sign")
    publisher.edit_config(("threshold = 2", "threshold = 3"))
    refused(publisher, COMMANDS["roster"], 1, "the OpenPGP key of security is expired or cannot sign")
    # What was signed in time stays signed, and the others go on.
    done(sign(publisher))
    done(publisher.publish())
    assert publisher.verify().code == 0


def test_a_revoked_key(tmp_path: Path) -> None:
    with GpgHome() as gpg:
        key = gpg.key(USER)
        publisher = drafted(Publisher(tmp_path / "publisher", openpgp={"security": key}, gpg_home=gpg.path))
        gpg.revoke(key)
        refused(publisher, sign_with("security"), 3, "cannot sign: it has expired, is revoked")
        refused(publisher, lambda each: each.canary("key", "openpgp", "security", key), 1, "is revoked")
        publisher.edit_config(("threshold = 2", "threshold = 3"))
        (publisher.root / "keys" / "security.asc").write_bytes(gpg.run("--armor", "--export", key))
        refused(publisher, COMMANDS["roster"], 1, "the OpenPGP key of security is revoked")
        done(sign(publisher))
        done(publisher.publish())
        assert publisher.verify().code == 0


def test_a_key_that_is_gone(ended: tuple[Publisher, GpgHome], tmp_path: Path) -> None:
    publisher = ended[0].copy_to(tmp_path / "publisher")
    with GpgHome() as empty:
        publisher.gpg_home = empty.path
        refused(publisher, sign_with("security"), 3, "gpg has no secret key for the key")
        refused(publisher, lambda each: each.canary("key", "openpgp", "fourth", "0" * 40), 3, "the keyring has no key")


def test_what_was_signed_in_time_holds_after_the_key_has_expired(ended: tuple[Publisher, GpgHome]) -> None:
    publisher, _ = ended
    before = tree(publisher.folder)
    assert publisher.verify(at="2026-05-03").code == 0
    assert tree(publisher.folder) == before
