"""`make demo`: the whole line from statements in files to a stranger's verdict, told in plain words.

    python scripts/demo.py [FOLDER]

makes a workspace in FOLDER (`build/demo` without one), publishes a year of releases from it, serves the site on
this machine, has it verified as a stranger would, shows what a watcher is told when something is wrong, and follows
the canary until an e-mail comes. Every status, exit code, deciding finding and e-mail is checked: the demo exits with
1, and names the difference, if one is not as it should be. It needs gpg and no network, and leaves nothing behind but
FOLDER.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from dateutil.relativedelta import relativedelta

ROOT = Path(__file__).resolve().parent.parent
# As a program this file has only its own folder to import from.
sys.path.insert(0, str(ROOT))

from canary.core.documents.release import Anchor  # noqa: E402
from canary.core.text.times import midnight  # noqa: E402
from canary.errors import CanaryError  # noqa: E402
from scripts.demo_attacks import show_attacks  # noqa: E402
from scripts.demo_follow import FOLLOWED, Passed, show_following  # noqa: E402
from scripts.demo_publisher import (  # noqa: E402
    CANARY,
    ED25519_SIGNERS,
    NEWEST_SIGNERS,
    OPENPGP_SIGNER,
    ORGANISATION,
    SIGNERS,
    THRESHOLD,
    DemoError,
    Publisher,
    canary,
)
from scripts.demo_scene import Scene  # noqa: E402
from scripts.demo_server import serving  # noqa: E402
from scripts.demo_talk import heading, say, show_command, show_line, unwrapped  # noqa: E402
from scripts.demo_time import Notary, running_notary, say_what_is_left_out, show_times, write_anchors  # noqa: E402
from scripts.demo_watcher import EXPECTED, Expected, Watcher, without_timestamps  # noqa: E402

_MARK = ".made-by-demo"
_PIN = "PIN"
"""Holds the pin, so that the README can name a command that works after every run."""
_ROOT_FILE = "authority.pem"
"""Holds the root of the demo's timestamp authority, likewise."""
_CADENCE = relativedelta(months=3)
_PAST = (
    (3, ("legal", "security")),
    (5, ("legal", "director")),
    (2, ("security", "director")),
    (9, ("legal", "security", "director")),
    (4, ("legal", "security")),
)
"""For each past window: how many days after its opening the release was made, and who signed it."""

_EXAMPLE = "encryption-keys"
_REWORDED_IN = 3
_REWORDED = "changed-content"
_NEW_WORDS = (
    "Example Networks has never altered what its customers publish, nor added anything to it, because somebody outside "
    "the company demanded it.\n"
)
_OPENING_DAYS = (22, 15, 8, 1)
_DUE = 1
"""What `canary status` leaves with while a window is open and nothing is published for it."""


def main(
    arguments: Sequence[str],
    *,
    expected: Mapping[str, Expected] = EXPECTED,
    followed: Mapping[str, Passed] = FOLLOWED,
) -> int:
    """Runs the demo and returns the exit code.

    Args:
        arguments: the folder to make the workspace in, or nothing.
        expected: what each look of the watcher has to come to.
        followed: what each command of somebody who follows the canary has to come to.
    """
    folder = Path(arguments[0]) if arguments else ROOT / "build" / "demo"
    try:
        # Not in TMPDIR: the path of gpg-agent's socket in it has to stay below 108 characters.
        with tempfile.TemporaryDirectory(prefix="c-", dir="/tmp", ignore_cleanup_errors=True) as private:
            _tell(folder, Path(private), expected, followed)
    except CanaryError as error:
        click.echo(f"\nThe demo went wrong. {error.what}", err=True)
        if error.hint:
            click.echo(error.hint, err=True)
        return 1
    return 0


def first_window(today: date) -> date:
    """Returns an opening day fifteen months ago, so that five windows have passed and the sixth one is open today.

    It falls on a 1st, 8th, 15th or 22nd: every month has those, and whatever day it is today, the window (14 days)
    that opened on the last of them is open for days to come, and the next one is months away.
    """
    opened = next(today.replace(day=day) for day in _OPENING_DAYS if day <= today.day)
    return opened - len(_PAST) * _CADENCE


def _tell(folder: Path, private: Path, expected: Mapping[str, Expected], followed: Mapping[str, Passed]) -> None:
    _clear(folder)
    publisher = Publisher(folder, private)
    start = first_window(datetime.now(UTC).date())
    say(
        f"""This is the whole life of a warrant canary in one go: an example organisation, {ORGANISATION}, says every
        three months what it has never done; three people sign it; strangers check it. All of it happens on this
        machine, through the same commands that you would type."""
    )
    with _agent_ended(publisher), running_notary(private / "notary", folder / _ROOT_FILE) as notary:
        pin = _begin(publisher, start)
        older, anchor = _publish_releases(publisher, start, private, notary)
        root = notary.root if notary else None
        watcher = Watcher(pin, root, expected if notary else without_timestamps(expected))
        state = private / "watcher.state"
        _verify(publisher, watcher, state)
        scene = Scene(publisher, older, watcher, state, private)
        _show_what_spoils_the_times(scene, notary, anchor)
        _show_what_can_happen(scene)
        _follow(scene, followed)
    watcher.check_complete()
    _say_what_next(folder, watcher)


@contextmanager
def _agent_ended(publisher: Publisher) -> Iterator[None]:
    try:
        yield
    finally:
        publisher.end_gpg_agent()


def _clear(folder: Path) -> None:
    """Makes the folder anew, and removes only what an earlier demo made there.

    Raises:
        DemoError: something else lies there.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise DemoError(f"{folder} is there already, and no demo made it", hint="Name another folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("scripts/demo.py made this folder, and removes it when it runs again.\n", "utf-8")


def _begin(publisher: Publisher, start: date) -> str:
    """Tells of the workspace, the keys and roster 1; returns the pin."""
    heading("1. The organisation begins its canary")
    at = midnight(start) - timedelta(days=10) + timedelta(hours=9)
    signers = [word for name in SIGNERS for word in ("--signer", name)]
    options = ["--id", CANARY, "--organisation", ORGANISATION, "--every", "3 months", "--start", start.isoformat()]
    # The demo needs no network, leaves no trace outside of this machine, and its past releases could not have an anchor
    # or a timestamp of today.
    rest = ["--threshold", str(THRESHOLD), "--no-anchors", "--no-timestamps", "--key-dir", str(publisher.keys)]
    command = ["init", str(publisher.workspace), *options, *signers, *rest]
    answer = canary(*command, app=publisher.app(at))
    if answer.exit_code:
        raise DemoError(f"canary init: {answer.errors}")
    shutil.copytree(ROOT / "statements", publisher.workspace / "statements", dirs_exist_ok=True)
    say(
        f"""A canary lives in a folder: its settings, its statements, and everything that was ever published. This one
        begins on {start}, fifteen months ago, so for the past releases the demo tells the commands an earlier date."""
    )
    shown = f"{shlex.join(['canary', 'init', *options[:-2]])} …"
    show_command(shown, answer.output, "The canary", "statements/", "log/")
    _make_keys(publisher, at)
    say(
        """The roster says who may sign, how many have to, and when. The first one is signed by everybody in it, and
        its fingerprint, the pin, is all that a watcher ever has to be told: put it in print, read it out on the
        telephone."""
    )
    roster = publisher.run("roster", at=at)
    show_command("canary roster", roster, "signer", "threshold", "schedule", "log key", "This is")
    for name in SIGNERS:
        publisher.sign(name, at=at)
    published = publisher.publish(at=at)
    show_command("canary publish", published, "Roster 1", "The pin")
    pin = next(word for line in unwrapped(published) for word in line.split() if word.startswith("sha256:"))
    (publisher.workspace / _PIN).write_text(f"{pin}\n", "utf-8")
    return pin


def _make_keys(publisher: Publisher, at: datetime) -> None:
    say(
        f"""Three people can sign, and two of them have to, so that neither one lost key nor one forced hand decides.
        Each makes a key on a machine of their own, behind a passphrase; the {OPENPGP_SIGNER} has used OpenPGP for
        years and goes on with that. Only the public halves come into the folder."""
    )
    for name in ED25519_SIGNERS:
        file, keys = publisher.passphrase_file(name), str(publisher.keys)
        made = publisher.run("key", "new", name, "--passphrase-file", file, "--key-dir", keys, at=at)
        show_command(f"canary key new {name}", made, "The public key")
    fingerprint = publisher.make_openpgp_key(at=at - timedelta(days=200))
    made = publisher.run("key", "openpgp", OPENPGP_SIGNER, fingerprint, at=at)
    show_command(f"canary key openpgp {OPENPGP_SIGNER} {fingerprint}", made, "The certificate", "user id", "expires")


def _publish_releases(
    publisher: Publisher, start: date, private: Path, notary: Notary | None
) -> tuple[Publisher, Anchor]:
    """Tells of every release; returns a copy of the publisher as it was before the newest one, and its block."""
    heading("2. Six releases, one every three months")
    statements = sorted(folder.name for folder in (publisher.workspace / "statements").iterdir())
    added = [word for name in statements for word in ("--add", name)]
    say(f"The organisation makes {len(statements)} statements, each a short text in a file of its own. One of them:")
    example = (publisher.workspace / "statements" / _EXAMPLE / "v1.txt").read_text("utf-8")
    show_line(" ".join(example.split()))
    click.echo()
    say(
        """To sign, a person is shown one statement at a time, in full, and asked: "Is this still true?" Only
        after a yes to every one can they type their name and sign; there is no yes to all. A person who cannot say yes
        simply does not sign: no reason is asked, and nothing is written down. A script, like this demo, has to name
        each statement and the fingerprint of the very text, so that no forgotten script can sign the next release."""
    )
    for number, (days, signers) in enumerate(_PAST, start=1):
        at = midnight(start + (number - 1) * _CADENCE) + timedelta(days=days, hours=9)
        if number == _REWORDED_IN:
            _reword(publisher)
        drafted = publisher.release(signers, *(added if number == 1 else ()), at=at)
        show_line(f"{at:%Y-%m-%d}  release {number}, signed by {', '.join(signers)}")
        for line in unwrapped(drafted):
            if line.strip().startswith("changed:"):
                show_line(f"            {line.strip()}")
    click.echo()
    say(
        f"""A wording that was signed never changes: release {_REWORDED_IN} says one statement in better words, as its
        version 2, and watchers were shown both. Now to the release that is due today. canary status is what a daily
        cron job runs to remind the signers:"""
    )
    older = publisher.copy(private / "older")
    show_command("canary status", publisher.run("status", at=None, expected=_DUE), CANARY, "window", "deadline", "Next")
    anchors = private / "anchors.txt"
    _, block = write_anchors(anchors)
    say(
        """A date in a text is only what its signers say. Two things prove it. The release quotes public values that did
        not exist before some moment, its anchors: so it was not signed earlier. And a timestamp authority signs that it
        has seen the signed release: so it was not signed later. canary draft fetches anchors of the hour, and public
        authorities answer within a second. This demo asks no network: its anchors come from a file, and are old, and
        its authority runs on this machine."""
    )
    drafted = publisher.run("draft", "--anchor", str(anchors), at=None)
    shown = ("Release", "anchor:", "The statements", "The next", "Next")
    show_command("canary draft --anchor FILE", drafted, *shown)
    for name in NEWEST_SIGNERS:
        command = f"canary sign --as {name} --affirm … --text sha256:…"
        show_command(command, publisher.sign(name, at=None), "Signed by", "The draft")
    with publisher.asking(notary.url, notary.root) if notary else nullcontext():
        published = publisher.publish(at=None)
    show_command("canary publish", published, "Release", "It has a timestamp", "Watchers need", "The site", "Next")
    return older, block


def _reword(publisher: Publisher) -> None:
    folder = publisher.workspace / "statements" / _REWORDED
    version = len(list(folder.iterdir())) + 1
    (folder / f"v{version}.txt").write_text(_NEW_WORDS, "utf-8")


def _verify(publisher: Publisher, watcher: Watcher, state: Path) -> None:
    heading("3. A stranger checks it")
    say(
        """The site is plain files, and any web server can hold it; here one serves it to this machine only. The
        stranger has its address and the pin. canary verify fetches the whole history and checks all of it: who
        signed, in which order, whether anything was changed, whether it is fresh. --state remembers what was seen for
        the next time."""
    )
    with serving(publisher.workspace / "public") as url:
        answer = canary("verify", url, *watcher.options(state), app=publisher.app(None))
        trust = "--tsa-root FILE " if watcher.root else ""
        show_command(f"canary verify {url} {trust}--pin {watcher.pin[:19]}… --state FILE", answer.output)
        watcher.look("published", url, state=state)
    say(
        """OK, and the exit code is 0, which is what a monitoring system looks at. SIGNED-BETWEEN is the window in which
        the newest release was signed, as far as that is proved; the site's index.html says it too."""
    )


def _show_what_spoils_the_times(scene: Scene, notary: Notary | None, anchor: Anchor) -> None:
    heading("4. When was it signed?")
    say(
        """This is what a watcher is told where what should prove the date is not what it seems. None of it makes a
        canary invalid: a statement may be true and badly dated. The verdict says what is proved."""
    )
    show_times(scene, notary, anchor)


def _show_what_can_happen(scene: Scene) -> None:
    heading("5. What a watcher is told when something is wrong")
    say(
        """Everything below happens to copies, each served on this machine and looked at with the same command. Exit
        code 1 is a warning, 2 is an alarm."""
    )
    show_attacks(scene)


def _follow(scene: Scene, followed: Mapping[str, Passed]) -> None:
    heading("6. Follow it for ever")
    say(
        """Nobody types canary verify every day for years. canary watch keeps a list of canaries, with what it has seen
        of them; it looks when it is time, and tells what has changed, once."""
    )
    show_following(scene, followed)


def _say_what_next(folder: Path, watcher: Watcher) -> None:
    heading("7. Your turn")
    say(
        f"""Every one of these answers was as it has to be. The site lies in {_short(folder / "public")}: open its
        index.html in a browser. The private keys of this demo are gone, so nobody can add to it; the pin is in
        {_short(folder / _PIN)}. Check it yourself; then change a word in its canary.txt, and check it again:"""
    )
    if watcher.root is None:
        say_what_is_left_out()
    program = Path(sys.executable).with_name("canary")
    command = [_short(program)] if program.exists() else [_short(Path(sys.executable)), "-m", "canary"]
    trust = ["--tsa-root", _short(watcher.root)] if watcher.root else []
    click.echo(f"  {shlex.join([*command, 'verify', _short(folder / 'public'), *trust, '--pin', watcher.pin])}")


def _short(path: Path) -> str:
    """Returns a path as a person would type it from here."""
    here = Path.cwd()
    absolute = here / path
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
