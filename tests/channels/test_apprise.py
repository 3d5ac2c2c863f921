from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from canary.core.watching.watch_settings import Apprise, Secret
from canary.edges.channels.channel_apprise import AppriseChannel
from tests.channels.sending import LONG, MESSAGE, SHORT, failure, told
from tests.loopback import Loopback, answer

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr'")  # something below apprise imports it

TOKEN = "T0KENofthechat"


@pytest.fixture
def urls(tmp_path: Path) -> Path:
    return tmp_path / "urls"


def channel(urls: Path, *, seconds: float = LONG) -> AppriseChannel:
    return AppriseChannel(Apprise(Secret(file=str(urls))), seconds=seconds)


def address(server: Loopback, path: str = TOKEN) -> str:
    return f"json://127.0.0.1:{server.port}/{path}"


def test_the_text_is_sent_to_each_address(urls: Path) -> None:
    with Loopback(services={f"/{name}": lambda _: answer(200) for name in "ab"}) as server:
        urls.write_text(f"# chats\n{address(server, 'a')}\n\n{address(server, 'b')}\n", "utf-8")
        channel(urls).send(MESSAGE)
    assert [each.target for each in server.asked] == ["/a", "/b"]
    said = json.loads(server.asked[0].body)
    assert said["title"] == MESSAGE.subject
    assert said["message"].split() == MESSAGE.text.split()


def test_who_took_it_does_not_get_it_again(urls: Path) -> None:
    answers = {"/a": answer(200), "/b": answer(500)}
    with Loopback(services={path: lambda asked: answers[asked.target] for path in answers}) as server:
        urls.write_text(f"{address(server, 'b')}\n{address(server, 'a')}\n", "utf-8")
        sending = channel(urls)
        error = failure(sending)
        assert error.temporary
        assert "could not send to 1 of 2 addresses (lines: 1)" in error.what
        answers["/b"] = answer(200)
        sending.send(MESSAGE)
        assert [each.target for each in server.asked] == ["/b", "/a", "/b"]
        sending.send(MESSAGE)
        assert len(server.asked) == 5


def test_a_line_that_is_no_address_holds_up_no_other(urls: Path) -> None:
    with Loopback(services={f"/{TOKEN}": lambda _: answer(200)}) as server:
        urls.write_text(f"{TOKEN}://{TOKEN}\nnothing {TOKEN}\n{address(server)}\n", "utf-8")
        error = failure(channel(urls))
    assert len(server.asked) == 1
    assert "2 of 3 addresses (lines: 1, 2)" in error.what
    assert TOKEN not in told(error)


def test_the_time_is_bounded(urls: Path) -> None:
    with Loopback(faults={f"/{TOKEN}": lambda wire: wire.hang()}) as server:
        urls.write_text(f"{address(server)}\n{address(server, 'never')}\n", "utf-8")
        error = failure(channel(urls, seconds=SHORT))
    assert error.temporary
    assert "did not send within 0.6 s" in error.what
    assert [each.target for each in server.asked] == [f"/{TOKEN}"]


def test_without_the_extra_nothing_is_lost(urls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(services={f"/{TOKEN}": lambda _: answer(200)}) as server:
        urls.write_text(address(server), "utf-8")
        sending = channel(urls)
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "apprise", None)
            error = failure(sending)
        assert error.temporary
        assert "pip install 'warrant-canary[alerts]'" in error.hint
        sending.send(MESSAGE)
    assert len(server.asked) == 1


SEND = """
import logging, sys
from canary.core.watching.watch_settings import Apprise, Secret
from canary.edges.channels.channel_apprise import AppriseChannel
from canary.errors import DeliveryError
from tests.channels.sending import MESSAGE
assert "apprise" not in sys.modules
if sys.argv[2] == "somebody reads logs":
    logging.basicConfig()
try:
    AppriseChannel(Apprise(Secret(file=sys.argv[1])), seconds=10).send(MESSAGE)
except DeliveryError as error:
    print(error)
if sys.argv[2] == "nobody reads logs":
    logging.getLogger("a library below apprise").warning("T0KENofthechat")
"""


@pytest.mark.parametrize("logs", ["nobody reads logs", "somebody reads logs"])
def test_no_address_is_printed_by_any_library(logs: str, urls: Path) -> None:
    with Loopback(services={f"/{TOKEN}": lambda _: answer(500)}) as server:
        urls.write_text(
            f"{TOKEN}://{TOKEN}\nnothing {TOKEN}\njson://user:{TOKEN}@127.0.0.1:1/{TOKEN}\n{address(server)}\n"
            f"slack://{TOKEN}\n",
            "utf-8",
        )
        done = subprocess.run(
            [sys.executable, "-c", SEND, str(urls), logs], capture_output=True, text=True, check=True, timeout=60
        )
    assert done.stderr == ""
    assert done.stdout == "apprise could not send to 5 of 5 addresses (lines: 1, 2, 3, 4, 5)\n"
