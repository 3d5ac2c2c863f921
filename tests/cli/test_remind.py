"""`canary remind`, with a real mail server and real programs."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from canary.edges.disk import reminded_file
from canary.errors import WorkspaceError
from tests.mailbox import Failing, Mail, Mailbox
from tests.publisher import Publisher, Ran, done, tree

ADDRESSES = {"legal": "jo@example.net", "security": "sam@example.net", "director": "kim@example.net"}


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is written down for the person who runs the tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


def by_mail(publisher: Publisher, mailbox: Mailbox, *, lines: str = "") -> Publisher:
    """Has the signers reminded by e-mail through this server."""
    table = "\n".join(f'{name} = "{address}"' for name, address in ADDRESSES.items())
    publisher.root.joinpath("remind.toml").write_text(
        f'[signers]\n{table}\n[mail]\nhost = "{mailbox.host}"\nport = {mailbox.port}\nsecurity = "none"\n'
        f'from = "canary@example.net"\n{lines}\n',
        "utf-8",
    )
    return publisher


def record(at_home: Path) -> Path:
    return at_home / "data/warrant-canary/reminded/example.net%2Fcanary.json"


def told(mails: list[Mail]) -> list[str]:
    names = {address: name for name, address in ADDRESSES.items()}
    return [names[recipient] for mail in mails for recipient in mail.recipients]


def remind(publisher: Publisher, moment: str | datetime, *arguments: object) -> Ran:
    return publisher.on(moment).canary("remind", *arguments)


# --- a year ---------------------------------------------------------------------------------------------


def test_a_year_of_reminders(rostered: Publisher, mailbox: Mailbox) -> None:
    """Cron runs it every morning at eight; the signers do what they do at noon.

    In February two sign within the window, one after the other. In May everybody forgets, and comes late. In August the
    release is there on the first day. In November two have signed, and nobody publishes it until the day after the next
    reminder.
    """
    year = by_mail(rostered, mailbox)
    at_noon: dict[str, Callable[[], object]] = {
        "2026-02-03": lambda: done(year.canary("draft", "--add", "keys", "--add", "taps")),
        "2026-02-05": lambda: done(year.sign("legal")),
        "2026-02-12": lambda: year.signed("security"),
        "2026-05-20": year.release,
        "2026-08-01": year.release,
        "2026-11-08": lambda: done(year.canary("draft")),
        "2026-11-09": lambda: done(year.sign("director")),
        "2026-11-12": lambda: done(year.sign("legal")),
        "2026-11-13": lambda: done(year.publish()),
    }
    rows: list[tuple[str, str, str, str]] = []
    day = datetime(2026, 1, 21, tzinfo=UTC)
    while day < datetime(2027, 1, 21, tzinfo=UTC):
        before = len(mailbox.mails)
        ran = remind(year, datetime.combine(day, time(8), UTC), "--quiet")
        assert (ran.code == year.canary("status").code) if day.day % 5 == 0 else ran.err == ""
        sent = mailbox.mails[before:]
        assert (ran.out == "") == (not sent)
        if sent:
            subjects = {str(mail.message["Subject"]).strip() for mail in sent}
            leads = {mail.part("plain").splitlines()[1] for mail in sent}
            assert (len(subjects), len(leads)) == (1, 1)
            rows.append((f"{day:%Y-%m-%d}", ", ".join(told(sent)), subjects.pop(), leads.pop()))
        doing = at_noon.get(f"{day:%Y-%m-%d}")
        if doing:
            year.on(f"{day:%Y-%m-%d}")
            doing()
        day += timedelta(days=1)
    everybody = "legal, security, director"
    release = "example.net/canary: the release for the window of"
    assert rows == [
        (
            "2026-01-31",
            everybody,
            f"{release} 1 to 14 February 2026 is due",
            "The window opens on 1 February 2026, and it is over at the end of 14 February 2026; 14 days left.",
        ),
        (
            "2026-02-01",
            everybody,
            f"{release} 1 to 14 February 2026 is due",
            "The window is open, and it is over at the end of 14 February 2026; 13 days left.",
        ),
        (
            "2026-02-07",
            "security, director",
            f"{release} 1 to 14 February 2026 is due",
            "The window is open, and it is over at the end of 14 February 2026; 7 days left.",
        ),
        (
            "2026-02-11",
            "security, director",
            f"{release} 1 to 14 February 2026 is due",
            "The window is open, and it is over at the end of 14 February 2026; 3 days left.",
        ),
        (
            "2026-04-30",
            everybody,
            f"{release} 1 to 14 May 2026 is due",
            "The window opens on 1 May 2026, and it is over at the end of 14 May 2026; 14 days left.",
        ),
        (
            "2026-05-01",
            everybody,
            f"{release} 1 to 14 May 2026 is due",
            "The window is open, and it is over at the end of 14 May 2026; 13 days left.",
        ),
        (
            "2026-05-07",
            everybody,
            f"{release} 1 to 14 May 2026 is due",
            "The window is open, and it is over at the end of 14 May 2026; 7 days left.",
        ),
        (
            "2026-05-11",
            everybody,
            f"{release} 1 to 14 May 2026 is due",
            "The window is open, and it is over at the end of 14 May 2026; 3 days left.",
        ),
        (
            "2026-05-13",
            everybody,
            f"{release} 1 to 14 May 2026 is due",
            "The window is open, and it is over at the end of 14 May 2026; 1 day left.",
        ),
        (
            "2026-05-15",
            everybody,
            f"{release} 1 to 14 May 2026 is overdue",
            "The window is over. From 2026-05-29T00:00:00Z on, the canary is stale; 13 days left.",
        ),
        (
            "2026-07-31",
            everybody,
            f"{release} 1 to 14 August 2026 is due",
            "The window opens on 1 August 2026, and it is over at the end of 14 August 2026; 14 days left.",
        ),
        (
            "2026-08-01",
            everybody,
            f"{release} 1 to 14 August 2026 is due",
            "The window is open, and it is over at the end of 14 August 2026; 13 days left.",
        ),
        (
            "2026-10-31",
            everybody,
            f"{release} 1 to 14 November 2026 is due",
            "The window opens on 1 November 2026, and it is over at the end of 14 November 2026; 14 days left.",
        ),
        (
            "2026-11-01",
            everybody,
            f"{release} 1 to 14 November 2026 is due",
            "The window is open, and it is over at the end of 14 November 2026; 13 days left.",
        ),
        (
            "2026-11-07",
            everybody,
            f"{release} 1 to 14 November 2026 is due",
            "The window is open, and it is over at the end of 14 November 2026; 7 days left.",
        ),
        (
            "2026-11-11",
            "legal, security",
            f"{release} 1 to 14 November 2026 is due",
            "The window is open, and it is over at the end of 14 November 2026; 3 days left.",
        ),
        (
            "2026-11-13",
            everybody,
            f"{release} 1 to 14 November 2026 is due",
            "The window is open, and it is over at the end of 14 November 2026; 1 day left.",
        ),
    ]


# --- an e-mail ------------------------------------------------------------------------------------------


def test_each_signer_gets_an_e_mail_of_their_own(published: Publisher, mailbox: Mailbox) -> None:
    ran = remind(by_mail(published, mailbox), "2026-05-07")
    assert (ran.code, ran.err) == (1, "")
    assert "the window of 2026-05-01 to 2026-05-14 is open; 7 days until it is over." in ran.said
    assert "Reminded (7 days): legal, security, director." in ran.said
    assert [mail.recipients for mail in mailbox.mails] == [(address,) for address in ADDRESSES.values()]
    for name, mail in zip(ADDRESSES, mailbox.mails, strict=True):
        assert f"canary sign --as {name}\r\n" in mail.part("plain")
        assert str(mail.message["To"]) == ADDRESSES[name]
        assert mail.message.get_body(("html",)) is None
        assert mail.message["Auto-Submitted"] == "auto-generated"


def test_nothing_of_the_statements_reaches_the_mail_server(published: Publisher, mailbox: Mailbox) -> None:
    done(published.on("2026-05-02").canary("draft", "--without", "taps"))
    remind(by_mail(published, mailbox), "2026-05-07")
    assert len(mailbox.mails) == 3
    for mail in mailbox.mails:
        assert not any(
            word in mail.data for word in (b"taps", b"handed", b"encryption", b"Example Networks", b"sha256")
        )


def test_what_was_told_is_written_down_for_the_user_alone(
    published: Publisher, mailbox: Mailbox, at_home: Path
) -> None:
    before = tree(by_mail(published, mailbox).root)
    remind(published, "2026-05-07")
    assert tree(published.root) == before
    file = record(at_home)
    assert json.loads(file.read_bytes()) == {
        "version": 1,
        "canary": "example.net/canary",
        "window": "2026-05-01/2026-05-14",
        "told": dict.fromkeys(ADDRESSES, "7 days"),
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_record_can_lie_elsewhere(published: Publisher, mailbox: Mailbox, at_home: Path) -> None:
    by_mail(published, mailbox)
    for _ in range(2):
        remind(published, "2026-05-07", "--state", at_home / "told.json")
    assert (len(mailbox.mails), record(at_home).exists()) == (3, False)
    assert (at_home / "told.json").exists()


# --- what goes wrong ------------------------------------------------------------------------------------


def test_who_was_not_reached_is_reminded_by_the_next_run_and_nobody_else(
    published: Publisher, mailbox: Mailbox
) -> None:
    by_mail(published, mailbox)
    mailbox.refused = {ADDRESSES["security"]: "451 4.2.0 Try later"}
    ran = remind(published, "2026-05-07")
    assert ran.code == 3
    assert "canary: security was not reminded:" in ran.err
    assert "Reminded (7 days): legal, director." in ran.said
    mailbox.refused = {}
    assert remind(published, "2026-05-08").code == 1
    assert told(mailbox.mails) == ["legal", "director", "security"]


@pytest.mark.parametrize("failing", list(Failing.__members__.values())[:4])
def test_a_mail_server_that_fails_is_told_and_loses_nothing(
    failing: Failing, published: Publisher, mailbox: Mailbox
) -> None:
    by_mail(published, mailbox)
    mailbox.failing = failing
    assert remind(published, "2026-05-07", "--quiet").code == 3
    assert mailbox.mails == []
    mailbox.failing = None
    assert remind(published, "2026-05-07", "--quiet").code == 1
    assert told(mailbox.mails) == list(ADDRESSES)


def test_a_crash_after_an_e_mail_repeats_that_one_under_its_id_and_loses_none(
    published: Publisher, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_mail(published, mailbox)
    real, left = reminded_file.write_reminded, [1]

    def dies_at_the_second(*arguments: object) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("canary.cli.remind.write_reminded", dies_at_the_second)
    assert remind(published, "2026-05-07").code == 3
    assert told(mailbox.mails) == ["legal", "security"]
    monkeypatch.setattr("canary.cli.remind.write_reminded", real)
    remind(published, "2026-05-07")
    assert told(mailbox.mails) == ["legal", "security", "security", "director"]
    assert mailbox.mails[1].message["Message-ID"] == mailbox.mails[2].message["Message-ID"]


def test_a_record_that_cannot_be_written_is_told(
    published: Publisher, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise WorkspaceError("the disk is full", hint="Make room.")

    monkeypatch.setattr("canary.cli.remind.write_reminded", full)
    ran = remind(by_mail(published, mailbox), "2026-05-07")
    assert (ran.code, "the disk is full" in ran.err) == (3, True)
    assert told(mailbox.mails) == ["legal"]


def test_a_damaged_record_is_told_and_left_alone(published: Publisher, mailbox: Mailbox, at_home: Path) -> None:
    file = at_home / "told.json"
    file.write_text("{")
    ran = remind(by_mail(published, mailbox), "2026-05-07", "--state", file)
    assert (ran.code, mailbox.mails, file.read_text()) == (3, [], "{")
    assert f"{file}: it does not say who was reminded of what" in ran.err
    assert "What to do: Move it away" in ran.err


def test_the_record_of_another_canary_is_not_taken(published: Publisher, mailbox: Mailbox, at_home: Path) -> None:
    file = at_home / "told.json"
    remind(by_mail(published, mailbox), "2026-05-07", "--state", file)
    file.write_text(file.read_text().replace("example.net", "example.org"))
    ran = remind(published, "2026-05-11", "--state", file)
    assert (ran.code, len(mailbox.mails)) == (3, 3)
    assert "is about the reminders of another canary, example.org/canary" in ran.said


def test_a_signer_without_an_address_is_told_of_every_day(published: Publisher, mailbox: Mailbox) -> None:
    by_mail(published, mailbox)
    config = published.root / "remind.toml"
    config.write_text(config.read_text("utf-8").replace("director", "directer"), "utf-8")
    ran = remind(published, "2026-03-01")
    assert (ran.code, "there is no address of director, so nobody can remind them" in ran.err) == (3, True)
    assert remind(published, "2026-05-07").code == 3
    assert told(mailbox.mails) == ["legal", "security"]


def test_without_a_configuration_it_says_where_one_belongs(published: Publisher) -> None:
    ran = remind(published, "2026-05-07")
    assert ran.code == 3
    assert f"Write who is reminded how into {published.root}/remind.toml" in ran.err


def test_a_password_in_the_workspace_is_refused(published: Publisher, mailbox: Mailbox) -> None:
    published.root.joinpath("secret").write_text("hush\n")
    ran = remind(by_mail(published, mailbox, lines='user = "me"\npassword_file = "secret"'), "2026-05-07")
    assert (ran.code, mailbox.sessions) == (3, 0)
    assert "secret lies in the workspace" in ran.err
    assert "hush" not in ran.said


def test_a_password_that_everybody_can_read_is_told_and_never_printed(mailbox: Mailbox, published: Publisher) -> None:
    secret = published.folder / "secret"
    secret.write_text("hush\n")
    secret.chmod(0o644)
    mailbox.users["me"] = "hush"
    ran = remind(by_mail(published, mailbox, lines=f'user = "me"\npassword_file = "{secret}"'), "2026-05-07")
    assert (ran.code, len(mailbox.mails)) == (1, 3)
    assert f"Warning: Every user of this machine can read {secret}." in ran.err
    secret.chmod(0o600)
    mailbox.users["me"] = "other"
    ran = remind(published, "2026-05-11")
    assert (ran.code, "refused the login" in ran.said, "hush" in ran.said) == (3, True, False)


# --- exit codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-03T12:00:00",
        "2026-04-23T23:59:59",
        "2026-04-24T00:00:00",
        "2026-05-12T00:00:00",
        "2026-05-12T00:00:01",
        "2026-05-15T00:00:00",
        "2027-01-01T00:00:00",
    ],
)
def test_the_exit_code_is_that_of_status(published: Publisher, mailbox: Mailbox, moment: str) -> None:
    now = datetime.fromisoformat(f"{moment}+00:00")
    expected = by_mail(published, mailbox).on(now).canary("status").code
    assert [remind(published, now).code for _ in range(2)] == [expected, expected]


def test_without_a_roster_it_cannot_tell(prepared: Publisher, mailbox: Mailbox) -> None:
    ran = remind(by_mail(prepared, mailbox), "2026-02-07")
    assert (ran.code, mailbox.mails) == (3, [])
    assert "no roster is published yet" in ran.said


def test_after_the_last_release_nobody_is_reminded(published: Publisher, mailbox: Mailbox) -> None:
    by_mail(published.on("2026-05-02").release("--final"), mailbox)
    ran = remind(published, "2026-08-07")
    assert (ran.code, mailbox.mails) == (0, [])
    assert "Nobody was to be reminded just now." in ran.said


def test_a_broken_draft_is_told_and_everybody_is_reminded(published: Publisher, mailbox: Mailbox) -> None:
    done(published.on("2026-05-02").canary("draft"))
    done(published.sign("legal"))
    published.draft_file.write_bytes(published.draft_file.read_bytes() + b"more\n")
    ran = remind(by_mail(published, mailbox), "2026-05-07")
    assert (ran.code, "the open draft is broken" in ran.said) == (1, True)
    assert told(mailbox.mails) == list(ADDRESSES)


def test_publishing_that_was_interrupted_is_everybodys(published: Publisher, mailbox: Mailbox, tmp_path: Path) -> None:
    before = by_mail(published, mailbox).copy_to(tmp_path / "before")
    published.on("2026-05-02").release()
    before.root.joinpath("log/0003.txt").write_bytes(published.root.joinpath("log/0003.txt").read_bytes())
    ran = remind(before, "2026-05-07")
    assert (ran.code, "publishing was interrupted" in ran.said) == (1, True)
    assert all("canary publish\r\n" in mail.part("plain") for mail in mailbox.mails)
    assert told(mailbox.mails) == list(ADDRESSES)


# --- a test, and a program ------------------------------------------------------------------------------


def test_a_test_reaches_everybody_and_is_written_down_nowhere(
    published: Publisher, mailbox: Mailbox, at_home: Path
) -> None:
    ran = remind(by_mail(published, mailbox), "2026-03-01", "--test")
    assert (ran.code, ran.out) == (0, "legal: taken.\nsecurity: taken.\ndirector: taken.\n")
    assert told(mailbox.mails) == list(ADDRESSES)
    assert {str(mail.message["Subject"]) for mail in mailbox.mails} == {"example.net/canary: a test of the reminders"}
    assert not record(at_home).exists()
    mailbox.failing = Failing.PERMANENT
    ran = remind(published, "2026-03-01", "--test")
    assert (ran.code, ran.err.count("was not told")) == (3, 3)


def test_a_program_gets_each_reminder_as_json(published: Publisher, tmp_path: Path) -> None:
    program = tmp_path / "tell"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\nevent = json.load(sys.stdin)\n"
        f"open({str(tmp_path)!r} + '/' + event['signer'], 'x').write(event['text'])\n"
        "sys.exit(event['signer'] == 'security')\n"
    )
    program.chmod(0o700)
    config = tmp_path / "elsewhere.toml"
    config.write_text(f'[command]\nrun = ["{program}"]\n')
    ran = remind(published, "2026-05-07", "--config", config)
    assert (ran.code, "security was not reminded" in ran.err) == (3, True)
    assert "ended with exit code 1" in ran.err
    for name in ADDRESSES:
        assert f"canary sign --as {name}\n" in (tmp_path / name).read_text()
        os.unlink(tmp_path / name)  # noqa: PTH108  # written anew below
    assert remind(published, "2026-05-07", "--config", config).code == 3
    assert [name for name in ADDRESSES if (tmp_path / name).exists()] == ["security"]
