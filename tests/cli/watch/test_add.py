"""`canary watch add`: looks, says what it found, and takes a canary in under a pin."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from tests.loopback import Loopback, answer, says
from tests.watch_desk import WatchDesk

WRONG_PIN = f"sha256:{'0' * 64}"


def names(desk: WatchDesk) -> list[str]:
    """Returns the list; empty where there is none."""
    listed = desk.json("list")
    return [each["name"] for each in listed.get("canaries", ())]


def test_without_a_pin_it_tells_the_fingerprint_and_adds_nothing(desk: WatchDesk) -> None:
    ran = desk.add()
    assert ran.code == 3
    assert f"canary watch add {desk.server.url} --config {desk.config} --pin sha256:{desk.sim.pin}" in ran.said
    assert "Nothing was added." in ran.said
    assert names(desk) == []


def test_with_the_pin_it_is_in_the_list_and_called_by_its_id(desk: WatchDesk) -> None:
    ran = desk.add("--pin", f"sha256:{desk.sim.pin}", "--tag", "vpn", "--tag", "vital", "--every", "30m")
    assert ran.code == 0
    assert ran.out.startswith("OK: ")
    row = desk.row("example.net/canary")
    assert (row["location"], row["tags"], row["every"]) == (desk.server.url, ["vpn", "vital"], "30m")
    assert (row["pin"], row["status"], row["looked_at"]) == (f"sha256:{desk.sim.pin}", "OK", "2025-02-03T12:00:00Z")


def test_trust_at_first_use_pins_what_was_seen_and_says_so(desk: WatchDesk) -> None:
    ran = desk.add("--trust-first-use")
    assert ran.code == 0
    assert "The pin was taken from this first look." in ran.said
    assert desk.row("example.net/canary")["pin"] == f"sha256:{desk.sim.pin}"
    assert "confirmed by nobody" in desk.watch("show", "example.net/canary").said


def test_another_canary_than_the_pin_says_is_not_added(desk: WatchDesk) -> None:
    ran = desk.add("--pin", WRONG_PIN)
    assert (ran.code, names(desk)) == (3, [])
    assert "nothing was added: what lies there is another canary than the pin says" in ran.said


def test_with_a_pin_a_canary_is_taken_in_that_cannot_be_reached_now(desk: WatchDesk) -> None:
    desk.server.on_connect = says(b"")
    ran = desk.add("--pin", f"sha256:{desk.sim.pin}", "--name", "later")
    assert ran.code == 3
    assert desk.row("later")["status"] == "UNKNOWN"
    desk.server.on_connect = None
    assert desk.watch("run", at="2025-02-04").code == 0


def test_nothing_is_trusted_at_first_use_that_was_not_seen(desk: WatchDesk) -> None:
    desk.server.on_connect = says(b"")
    ran = desk.add("--trust-first-use")
    assert (ran.code, names(desk)) == (3, [])
    assert "no canary was seen there that could be trusted" in ran.said


def test_a_name_is_taken_once(desk: WatchDesk) -> None:
    desk.added()
    asked = len(desk.server.asked)
    ran = desk.add("--pin", f"sha256:{desk.sim.pin}", "--name", "acme")
    assert ran.code == 1
    assert "acme is in the list already" in ran.said
    assert len(desk.server.asked) == asked


def test_what_stands_is_not_told_again_by_the_next_run(desk: WatchDesk) -> None:
    ran = desk.watch("add", desk.server.url, "--pin", f"sha256:{desk.sim.pin}", "--name", "late", at="2025-05-20")
    assert (ran.code, desk.row("late")["status"]) == (1, "OVERDUE")
    ran = desk.watch("run", at="2025-05-21")
    assert (ran.code, "0 alerts" in ran.said) == (1, True)


def test_a_host_that_redirects_is_followed_once_and_the_final_one_is_pinned(desk: WatchDesk, tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(desk.files, tls=context) as final:
        to = {path: says(answer(301, b"", {"Location": final.url + path})) for path in desk.files}
        with Loopback({}, faults=to) as before:
            arguments = ("--pin", f"sha256:{desk.sim.pin}", "--name", "moved", "--ca-file", ca_file)
            ran = desk.watch("add", before.url, *arguments)
            assert ran.code == 0, ran.said
            assert f"{before.url} redirects to {final.url}" in ran.said
        assert desk.row("moved")["location"].rstrip("/") == final.url
        assert desk.watch("run", at="2025-02-04").code == 0


@pytest.mark.parametrize(
    ("arguments", "says_so"),
    [
        (("--every", "soon"), "--every: an interval is written like 30m, 6h or 7d, not 'soon'"),
        (("--every", "1m"), "--every: an interval lies between 5m and 30d"),
        (("--name", "-acme"), "--name: a name is 1 to 128 letters"),
        (("--tag", "VPN"), "--tag: a tag is 1 to 64 of a-z"),
        (("--tag", "a", "--tag", "a"), "--tag: a canary has at most 20 tags, each once"),
        (("--pin", "1234"), "--pin: "),
        (("--proxy", "ftp://127.0.0.1:1", "--allow-http"), "proxy"),
        (("--ca-file", "/nowhere.pem"), "/nowhere.pem"),
    ],
)
def test_a_bad_option_is_named_and_nothing_is_looked_at(
    desk: WatchDesk, arguments: tuple[str, ...], says_so: str
) -> None:
    ran = desk.add("--pin", f"sha256:{desk.sim.pin}", *arguments) if "--pin" not in arguments else desk.add(*arguments)
    assert (ran.code, says_so in ran.said) == (3, True), ran.said
    assert "Traceback" not in ran.said
    assert names(desk) == []
    assert desk.server.asked == []


def test_a_folder_is_followed_by_its_whole_path(
    desk: WatchDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, body in desk.files.items():
        file = tmp_path / "copy" / path.removeprefix("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    monkeypatch.chdir(tmp_path)
    assert desk.watch("add", "copy", "--pin", f"sha256:{desk.sim.pin}", "--name", "copy").code == 0
    assert desk.row("copy")["location"] == str(tmp_path / "copy")
