"""Channels that fail: every alert arrives once they work again, none is lost, and none holds up another channel."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest

from tests.faults.desk import CHECKPOINT_PATH, EVERY, SECRET, Desk
from tests.loopback import Loopback, answer, says
from tests.mailbox import Failing, Mailbox

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def mailbox() -> Mailbox:
    """A mail server that has been up once, so that its port is known; now it is down."""
    made = Mailbox(users={"watcher": SECRET})
    with made:
        pass
    return made


@pytest.fixture
def mailing(followed: Desk, mailbox: Mailbox) -> Desk:
    """A desk that mails its alerts beside the webhook."""
    followed.configure(
        f"""
[channels.mail]
kind = "smtp"
host = "{mailbox.host}"
port = {mailbox.port}
security = "none"
from = "canary@example.net"
to = ["oncall@example.net"]
user = "watcher"
password_file = "key"
timeout = "2s"
"""
    )
    return followed


def loses_its_canary(desk: Desk) -> None:
    """Lets the canary be gone until that is believed."""
    desk.host.faults[CHECKPOINT_PATH] = says(answer(404))
    desk.passes(3)


def every_five_minutes(desk: Desk, time: timedelta) -> list[int]:
    """Runs as cron does, for so long; returns the exit codes."""
    until, codes = desk.now + time, []
    while desk.now < until:
        desk.now += 5 * MINUTE
        codes.append(desk.run().exit_code)
    return codes


def test_a_mail_server_that_is_down_for_an_hour_gets_the_alert_once(mailing: Desk, mailbox: Mailbox) -> None:
    loses_its_canary(mailing)
    assert set(every_five_minutes(mailing, HOUR)) == {2}
    assert mailing.told == ["change MISSING"]
    (failure,) = mailing.listed()["undelivered"]
    assert (failure["channel"], failure["kind"], failure["tries"] > 3) == ("mail", "change", True)
    assert "refused" in failure["error"]
    assert "mail: 1 alert, the last error" in mailing.canary("list").said
    with mailbox:
        every_five_minutes(mailing, HOUR)
        (mail,) = mailbox.mails
        assert mail.message["Subject"] == "MISSING: acme (Example Networks)"
        assert "it comes late" in mail.part("plain")
    assert mailing.listed()["undelivered"] == []
    assert mailing.told == ["change MISSING"]


@pytest.mark.parametrize("failing", [Failing.TEMPORARY, Failing.CLOSING, Failing.DROP, Failing.HANG])
def test_a_mail_server_that_takes_nothing_for_now_is_asked_again(
    mailing: Desk, mailbox: Mailbox, failing: Failing
) -> None:
    mailbox.failing = failing
    with mailbox:
        loses_its_canary(mailing)
        assert mailbox.mails == []
        assert mailing.told == ["change MISSING"]
        mailbox.failing = None
        mailing.now += MINUTE
        mailing.run()
        assert len(mailbox.mails) == 1
        every_five_minutes(mailing, HOUR)
        assert len(mailbox.mails) == 1


def test_a_mail_server_that_takes_nothing_for_good_is_shown_until_a_person_has_read_it(
    mailing: Desk, mailbox: Mailbox
) -> None:
    mailbox.failing = Failing.PERMANENT
    with mailbox:
        loses_its_canary(mailing)
        sessions = mailbox.sessions
        every_five_minutes(mailing, HOUR)
        assert mailbox.sessions == sessions
    assert "dismiss mail" in mailing.canary("list").said
    mailing.host.faults.clear()
    assert [each.exit_code for each in mailing.passes(2)] == [1, 1]
    assert mailing.told == ["change MISSING", "recovery OK"]
    mailing.canary("dismiss", "mail")
    # The recovery is still on its way to a server that is down again.
    assert [each["kind"] for each in mailing.listed()["undelivered"]] == ["recovery"]


def test_a_mail_that_was_taken_and_not_said_to_be_comes_again_with_the_same_id(mailing: Desk, mailbox: Mailbox) -> None:
    mailbox.failing = Failing.TAKE_AND_DROP
    with mailbox:
        loses_its_canary(mailing)
        mailbox.failing = None
        every_five_minutes(mailing, HOUR)
        first, second = mailbox.mails
        assert first.message["Message-ID"] == second.message["Message-ID"]


# --- the webhook ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_webhook_that_answers_500_and_then_200_gets_the_alert_once(followed: Desk, status: int) -> None:
    refused: list[str] = []

    def refuses(asked: object) -> bytes:
        refused.append(json.loads(vars(asked)["body"])["id"])
        return answer(status, b"<html>" + SECRET.encode())

    followed.hook.services["/hook"] = refuses
    loses_its_canary(followed)
    (failure,) = followed.listed()["undelivered"]
    assert failure["tries"] == 1
    assert f"answered with status {status}" in failure["error"]
    followed.run()
    assert len(refused) == 1
    followed.hook.services["/hook"] = followed.take
    followed.now += MINUTE
    followed.run()
    assert [each["id"] for each in followed.events] == refused
    every_five_minutes(followed, HOUR)
    assert followed.told == ["change MISSING"]
    assert followed.listed()["undelivered"] == []


def test_an_outage_counts_in_the_exit_code_though_every_canary_is_well(followed: Desk) -> None:
    followed.hook.services["/hook"] = lambda _: answer(500)
    loses_its_canary(followed)
    followed.host.faults.clear()
    codes = [each.exit_code for each in followed.passes(2)]
    assert codes == [1, 1]
    followed.hook.services["/hook"] = followed.take
    followed.now += EVERY
    assert followed.run().exit_code == 0
    assert sorted(followed.told) == ["change MISSING", "recovery OK"]


def gone(desk: Desk) -> None:
    (desk.folder / "key").unlink()


def emptied(desk: Desk) -> None:
    (desk.folder / "key").write_text("")


@pytest.mark.parametrize("spoil", [gone, emptied])
def test_a_key_that_cannot_be_read_holds_the_alert_back_and_loses_it_not(
    followed: Desk, spoil: Callable[[Desk], None]
) -> None:
    spoil(followed)
    loses_its_canary(followed)
    assert followed.told == []
    (failure,) = followed.listed()["undelivered"]
    assert str(followed.folder / "key") in failure["error"]
    (followed.folder / "key").write_text(SECRET)
    followed.now += MINUTE
    followed.run()
    assert followed.told == ["change MISSING"]


# --- the others -----------------------------------------------------------------------------------------


def test_a_command_that_fails_and_one_that_hangs_stop_no_other_channel(followed: Desk) -> None:
    python = json.dumps(sys.executable)
    followed.configure(
        f"""
[channels.fails]
kind = "command"
run = [{python}, "-c", "import sys; sys.exit('no')"]
[channels.hangs]
kind = "command"
run = [{python}, "-c", "import time; time.sleep(60)"]
timeout = "1s"
[channels.missing]
kind = "command"
run = ["/nowhere/page"]
"""
    )
    loses_its_canary(followed)
    assert followed.told == ["change MISSING"]
    assert {each["channel"] for each in followed.listed()["undelivered"]} == {"fails", "hangs", "missing"}


def test_a_dead_mans_switch_that_does_not_answer_is_told_and_harms_nothing(followed: Desk) -> None:
    with ExitStack() as stack:
        gone = stack.enter_context(Loopback())
    followed.configure(watch=f'ping = "{gone.url}/{SECRET}"\n')
    followed.now += EVERY
    made = followed.run()
    assert (made.exit_code, made.status()) == (0, "OK")
    assert "the ping after the run did not get through" in made.ran.err
