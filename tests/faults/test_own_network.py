"""A watcher whose own network is broken: one alert in the place of many, and no canary is suspected for it."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from typing import Any

import pytest

from tests.faults.desk import EVERY, NOW, Desk, publisher, site
from tests.loopback import Asked, answer

HOUR = timedelta(hours=1)
LIST = 20


@pytest.fixture
def many(desk: Desk) -> Desk:
    """Twenty canaries on hosts of their own, all of which were well this morning; and a dead man's switch."""
    folders = [f"/{number:02}" for number in range(LIST)]
    desk.serve({folder + path: body for folder in folders for path, body in site(publisher()).items()})
    desk.hook.services["/ping"] = lambda _: answer(200)
    desk.configure(watch=f'per_host = 16\nping = "{desk.hook.url}/ping"\n')
    real = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as the real one has them
        return real("127.0.0.1" if host.endswith(".test") else host, *arguments, **options)

    desk.patch.setattr(socket, "getaddrinfo", resolved)
    rows = [
        {
            "name": f"canary-{folder[1:]}",
            "location": f"http://host-{folder[1:]}.test:{desk.host.port}{folder}",
            "pin": f"sha256:{publisher().pin}",
            "allow_http": True,
        }
        for folder in folders
    ]
    file = desk.folder / "list.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert desk.canary("import", file).code == 0
    made = desk.run()
    assert (made.exit_code, made.document["looked"]) == (0, LIST)
    desk.now = NOW + EVERY
    return desk


@pytest.fixture
def new(many: Desk) -> Desk:
    """The same list, of which nobody has looked at anything yet."""
    for number in range(LIST):
        assert many.canary("remove", f"canary-{number:02}", "--yes").code == 0
    assert many.canary("import", many.folder / "list.jsonl").code == 0
    return many


def fails(desk: Desk, number: int) -> None:
    """Lets so many of the canaries be refused."""
    page = answer(503, b"<html>Try again later</html>")
    for folder in range(number):
        desk.host.services[f"/{folder:02}/checkpoint"] = lambda _: page


def pings(desk: Desk) -> int:
    asked: list[Asked] = desk.hook.asked
    return len([each for each in asked if each.target == "/ping"])


def suspected(desk: Desk) -> int:
    return len([each for each in desk.listed()["canaries"] if each["suspected"]])


@pytest.mark.parametrize("number", [3, 10, LIST])
def test_one_alert_says_that_the_network_looks_broken(many: Desk, number: int) -> None:
    fails(many, number)
    made = many.run()
    assert (made.exit_code, made.document["unreachable"], made.document["alerts"]) == (1, number, 1)
    assert made.document["network_broken_since"] == "2025-02-10T18:00:00Z"
    assert {made.status(each["name"]) for each in many.listed()["canaries"]} == {"OK"}
    assert suspected(many) == 0
    assert many.told == ["network"]
    assert f"{number} of the {LIST} hosts" in json.dumps(many.events)
    for _ in range(4):
        many.now += HOUR
        assert many.run().exit_code == 1
    assert many.told == ["network"]
    assert suspected(many) == 0


def test_two_of_twenty_are_their_own_hosts_fault(many: Desk) -> None:
    fails(many, 2)
    made = many.run()
    assert (made.exit_code, made.document["network_broken_since"]) == (0, None)
    assert suspected(many) == 2
    many.passes(2, name="canary-00")
    many.passes(1, name="canary-01")
    many.now += HOUR
    assert many.run().exit_code == 1
    assert many.told == ["change UNREACHABLE"] * 2


@pytest.mark.parametrize("number", [4, LIST - 1])
def test_what_answers_meanwhile_ends_nothing_so_that_one_hosts_trouble_is_told_once(many: Desk, number: int) -> None:
    fails(many, number)
    many.run()
    many.now += EVERY - HOUR
    answered = 0
    # The others are due one by one, between the looks that are repeated.
    for _ in range(8):
        made = many.run()
        assert made.document["network_broken_since"] == "2025-02-10T18:00:00Z"
        answered += made.document["looked"] - made.document["unreachable"]
        many.now += timedelta(minutes=7)
    assert answered == LIST - number
    assert many.told == ["network"]


def test_what_fails_for_longer_than_a_day_is_believed_for_each(many: Desk) -> None:
    fails(many, 4)
    many.run()
    for _ in range(12):
        many.now += 3 * HOUR
        made = many.run()
    assert made.document["network_broken_since"] is None
    assert many.told == ["network", *["change UNREACHABLE"] * 4]


def test_too_few_that_are_left_say_nothing_about_the_network(many: Desk) -> None:
    fails(many, LIST)
    many.run()
    for number in range(1, LIST):
        assert many.canary("remove", f"canary-{number:02}", "--yes").code == 0
    assert [each.status("canary-00") for each in many.passes(3, name="canary-00")][-1] == "UNREACHABLE"
    assert many.told == ["network", "change UNREACHABLE"]
    assert many.run().document["network_broken_since"] is None


def test_the_network_back_again_goes_on_and_a_new_break_is_told_anew(many: Desk) -> None:
    fails(many, LIST)
    many.run()
    many.host.services.clear()
    many.now += HOUR
    made = many.run()
    assert (made.exit_code, made.document["looked"]) == (0, LIST)
    assert made.document["network_broken_since"] is None
    assert many.told == ["network"]
    many.now += 2 * EVERY
    fails(many, LIST)
    assert many.run().exit_code == 1
    assert many.told == ["network", "network"]
    assert len({each["id"] for each in many.events}) == 2


def test_a_dead_mans_switch_hears_nothing_while_nothing_is_seen(many: Desk) -> None:
    before = pings(many)
    assert before == 1
    fails(many, LIST)
    many.run()
    assert pings(many) == before
    many.host.services.clear()
    many.now += HOUR
    many.run()
    assert pings(many) == before + 1


def test_what_time_alone_proves_is_told_all_the_same(many: Desk) -> None:
    fails(many, LIST)
    many.run()
    many.now += timedelta(days=200)
    made = many.run()
    assert made.exit_code == 2
    assert sorted(many.told) == ["change EXPIRED"] * LIST + ["network"]


def test_a_list_that_is_taken_in_while_the_network_is_down_is_one_alert(new: Desk) -> None:
    fails(new, LIST)
    for _ in range(6):
        made = new.run()
        assert made.exit_code == 3
        assert new.told == ["network"]
        new.now += HOUR
    new.host.services.clear()
    made = new.run()
    assert (made.exit_code, made.document["network_broken_since"]) == (0, None)
    assert {made.status(each["name"]) for each in new.listed()["canaries"]} == {"OK"}
    assert new.told == ["network"]


def test_names_that_are_wrong_in_a_new_list_are_told_while_others_answer(new: Desk) -> None:
    fails(new, 3)
    for _ in range(4):
        new.run()
        new.now += HOUR
    assert new.told == ["change UNKNOWN"] * 3
