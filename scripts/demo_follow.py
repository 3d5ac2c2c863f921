"""Somebody follows the demo's canary with `canary watch`: one edit of the site is one e-mail, and no second one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType

from canary.cli.app import App
from scripts.demo_attacks import edit_site
from scripts.demo_mailbox import Mailbox, receiving
from scripts.demo_publisher import Answer, DemoError, canary
from scripts.demo_scene import Scene
from scripts.demo_server import serving
from scripts.demo_talk import say, show_command, show_line

_NAME = "example"
_EVERY = timedelta(hours=6)
_BLOCKS = 2
"""How many blocks of an e-mail's text are shown: what has happened, and the facts."""

_CONFIGURATION = """\
[watch]
memory = "watch.db"
tsa_roots = {roots}

[channels.mail]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
from = "canary@example.net"
to = ["you@example.net"]
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """What a command of the watcher has to come to.

    Attributes:
        status: the status of the canary that stands after it.
        exit_code: what the command leaves with.
        subjects: the subjects of the e-mails that it sends.
    """

    status: str
    exit_code: int
    subjects: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Returns it in words."""
        return f"{self.status}, exit code {self.exit_code}, e-mails: {'; '.join(self.subjects) or 'none'}"


FOLLOWED: Mapping[str, Passed] = MappingProxyType(
    {
        "added": Passed("OK", 0),
        "nothing new": Passed("OK", 0),
        "edited": Passed("INVALID", 2, ("INVALID: example (Example Networks)",)),
        "repeated": Passed("INVALID", 2),
    }
)
"""Every command, and what it has to come to."""


def show_following(scene: Scene, expected: Mapping[str, Passed] = FOLLOWED) -> None:
    """Shows a canary that is followed, before and after an edit of its site.

    Raises:
        DemoError: the watcher did something else than expected.
    """
    folder, site = scene.folder / "following", scene.site("followed")
    folder.mkdir()
    with serving(site) as url, receiving() as mailbox:
        following = _Following(folder / "watch.toml", scene.watcher.root, mailbox, expected)
        say(
            """The watcher says in one file how it is to be told: here by e-mail, through a mail server that the demo
            runs on this machine."""
        )
        added = following.canary("added", "add", url, "--pin", scene.watcher.pin, "--name", _NAME, "--tag", "vital")
        shown = f"canary watch add {url} --pin {scene.watcher.pin[:19]}… --name {_NAME} --tag vital"
        show_command(shown, added.output, "OK", f"{_NAME} is in the list", "It is looked at next")
        say(
            "canary watch run is one line of a crontab. Six hours later there is nothing to tell, and it tells nothing:"
        )
        following.run("nothing new")
        files = edit_site(site)
        say(f"Then somebody edits a word on the site, in all {files} files that hold it. The next run finds it:")
        following.run("edited")
        say("It has sent one e-mail:")
        _show_mail(mailbox.mails[-1])
        say(
            """Six hours later the site is still the same, and so is what the run says to a monitoring system. But
            nobody gets a second e-mail for the same thing; a day later there would be a reminder, until a person has
            said with canary watch ack that they have read it."""
        )
        following.run("repeated")


class _Following:
    """The watcher at work; time passes from one run to the next."""

    def __init__(self, config: Path, root: Path | None, mailbox: Mailbox, expected: Mapping[str, Passed]) -> None:
        self._config = config
        self._mailbox = mailbox
        self._expected = expected
        self._now = datetime.now(UTC)
        roots = json.dumps([str(root.absolute())] if root else [])
        config.write_text(_CONFIGURATION.format(roots=roots, port=mailbox.port), "utf-8")

    def run(self, case: str) -> None:
        """Lets time pass, runs once, shows what that says, and holds it to what was expected."""
        self._now += _EVERY
        answer = self.canary(case, "run")
        show_command("canary watch run", answer.output, "Looked at", self._expected[case].status)

    def canary(self, case: str, *arguments: str) -> Answer:
        """Runs a command of `canary watch`, and holds it to what was expected.

        Raises:
            DemoError: it came to something else.
        """
        before = len(self._mailbox.mails)
        answer = self._run(*arguments)
        listed = self._run("list", "--json")
        try:
            (status,) = [each["status"] for each in json.loads(listed.output)["canaries"]]
        except (json.JSONDecodeError, KeyError, ValueError) as error:
            raise DemoError(f"{case}: 'canary watch list --json' said {listed.output or listed.errors!r}") from error
        subjects = tuple(str(each["Subject"]) for each in self._mailbox.mails[before:])
        seen = Passed(status, answer.exit_code, subjects)
        if seen != self._expected[case]:
            raise DemoError(f"{case}: expected {self._expected[case]}; got {seen}", hint=answer.errors.strip())
        return answer

    def _run(self, *arguments: str) -> Answer:
        now = self._now
        return canary("watch", *arguments, "--config", str(self._config), app=App(lambda: now))


def _show_mail(mail: EmailMessage) -> None:
    """Shows the headers that a person sees, and how the text begins."""
    body = mail.get_body(("plain",))
    if not isinstance(body, EmailMessage):
        raise DemoError("the e-mail has no plain text")
    headers = "\n".join(f"{header}: {mail[header]}" for header in ("From", "To", "Subject"))
    text = "\n".join(str(body.get_content()).splitlines())
    for block in (headers, *text.split("\n\n")[:_BLOCKS]):
        for line in block.splitlines():
            show_line(line)
        print()
    show_line("…")
    print()
