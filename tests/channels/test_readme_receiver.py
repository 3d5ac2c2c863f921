"""The receiver's check of a webhook's signature, as it stands in the README."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from canary.core.watching.watch_settings import Secret, Webhook
from canary.edges.channels.channel_webhook import WebhookChannel
from tests.channels.sending import LONG, MESSAGE
from tests.loopback import Asked, Loopback, answer

KEY = "a key that two know"
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

Check = Callable[[bytes, CaseInsensitiveDict[str], bytes], bool]


@pytest.fixture
def check() -> Check:
    (code,) = (each for each in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "hmac" in each)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102  # our own README
    made: Check = found["is_genuine"]
    return made


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta], Asked]]:
    monkeypatch.setenv("HOOK_KEY", KEY)
    with Loopback(services={"/": lambda _: answer(200)}) as server:

        def post(age: timedelta) -> Asked:
            webhook = Webhook(f"{server.url}/", Secret(environment="HOOK_KEY"))
            WebhookChannel(webhook, seconds=LONG, clock=lambda: datetime.now(UTC) - age).send(MESSAGE)
            return server.asked[-1]

        yield post


def test_what_was_sent_is_genuine(check: Check, posted: Callable[[timedelta], Asked]) -> None:
    asked = posted(timedelta(0))
    headers = CaseInsensitiveDict(asked.headers)
    assert check(KEY.encode(), headers, asked.body)
    assert not check(b"another key", headers, asked.body)
    assert not check(KEY.encode(), headers, asked.body + b" ")
    for name in ("Canary-Timestamp", "Canary-Signature"):
        assert not check(KEY.encode(), CaseInsensitiveDict({**headers, name.lower(): "1"}), asked.body)
        assert not check(KEY.encode(), CaseInsensitiveDict({**headers, name.lower(): "é"}), asked.body)
        without = CaseInsensitiveDict({key: value for key, value in headers.items() if key != name.lower()})
        assert not check(KEY.encode(), without, asked.body)


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_what_is_repeated_later_is_not(age: timedelta, check: Check, posted: Callable[[timedelta], Asked]) -> None:
    asked = posted(age)
    assert not check(KEY.encode(), CaseInsensitiveDict(asked.headers), asked.body)
