"""Canaries that are reached through proxies, or have moved, or show a certificate that does not hold."""

from __future__ import annotations

import base64
import datetime as dt
import json
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from canary.cli.app import App
from canary.cli.watch.desk import open_desk
from canary.core.dating.evidence import OTS
from canary.core.text.strict import sha256
from canary.limits import SIGHTING_BYTES
from tests import ots_proofs as ots
from tests.loopback import Loopback, answer, says
from tests.outside import heard
from tests.socks_server import SocksProxy, Wanted, socks_url
from tests.watch_desk import FIRST_LOOK, WatchDesk

ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
PASSED_BY = {("resolve", "127.0.0.1"), ("connect", "127.0.0.1")}


def pinned(desk: WatchDesk) -> tuple[str, str]:
    return "--pin", f"sha256:{desk.sim.pin}"


def test_each_canary_goes_through_its_own_proxy_for_ever(desk: WatchDesk) -> None:
    names = SocksProxy({ONION: desk.server.port})
    desk.added(name="direct")
    with Loopback(on_connect=names) as tor, heard() as events:
        given = ("--name", "hidden", "--allow-http", "--proxy", socks_url(tor))
        ran = desk.watch("add", f"http://{ONION}", *pinned(desk), *given)
        assert ran.code == 0, ran.said
        assert desk.row("hidden")["status"] == "OK"
        names.asked.clear()
        asked = len(desk.server.asked)
        ran = desk.watch("run", at=FIRST_LOOK + timedelta(days=1))
        assert ran.code == 0, ran.said
        assert set(names.asked) == {Wanted("name", ONION, 80)}
        assert len(desk.server.asked) > asked + len(names.asked)
    assert set(events) == PASSED_BY
    assert f"proxy       {socks_url(tor)}" in desk.watch("show", "hidden").out


def test_a_source_of_blocks_is_asked_through_the_canarys_proxy(tmp_path: Path) -> None:
    entry = b"an entry"
    proof = ots.proof(entry, ots.way(sha256(entry), 900).tree)
    with WatchDesk(tmp_path, 'bitcoin_sources = ["esplora https://explorer.example"]\n') as desk:
        names = SocksProxy()
        with (
            Loopback(on_connect=names) as tor,
            open_desk(App(clock=lambda: desk.now), desk.config, make=True) as opened,
            heard() as events,
        ):
            opened.checkers(socks_url(tor))[OTS]("0.ots", proof, entry)
    assert set(names.asked) == {Wanted("name", "explorer.example", 443)}
    assert set(events) == PASSED_BY


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5h://me:hunter2@127.0.0.1:9050", "--proxy: an address holds no user name or password"),
        ("http://hunter2@127.0.0.1:8080", "--proxy: an address holds no user name or password"),
        ("socks5://127.0.0.1:9050", "--proxy: with socks5:// this machine would look the names up"),
        ("127.0.0.1:9050", "--proxy: an address is http://host:port or socks5h://host:port"),
    ],
)
@pytest.mark.parametrize("folder", [False, True])
def test_a_proxy_that_cannot_be_is_never_stored(
    desk: WatchDesk, tmp_path: Path, proxy: str, words: str, *, folder: bool
) -> None:
    ran = desk.watch("add", tmp_path if folder else desk.server.url, *pinned(desk), "--proxy", proxy)
    assert (ran.code, words in ran.said) == (3, True), ran.said
    assert "hunter2" not in ran.said
    listing = tmp_path / "list.jsonl"
    listing.write_text(f'{{"location": "{tmp_path}", "pin": "sha256:{desk.sim.pin}", "proxy": "{proxy}"}}\n')
    ran = desk.watch("import", listing)
    assert (ran.code, words.removeprefix("--") in ran.said) == (1, True), ran.said
    assert "hunter2" not in ran.said
    desk.added(name="acme")
    place = ("--location", tmp_path) if folder else ()
    ran = desk.watch("change", "acme", "--proxy", proxy, *place)
    assert (ran.code, words in ran.said) == (3, True), ran.said
    assert b"hunter2" not in b"".join(each.read_bytes() for each in desk.memory.parent.iterdir())


def test_a_proxy_is_changed_and_taken_away(desk: WatchDesk) -> None:
    desk.added()
    with Loopback(on_connect=SocksProxy()) as tor:
        onion = ("--location", f"https://{ONION}", "--proxy", socks_url(tor))
        assert desk.watch("change", "acme", *onion).code == 0
    assert f"proxy       {socks_url(tor)}" in desk.watch("show", "acme").out
    assert desk.watch("change", "acme", "--proxy", "").code == 3  # nobody reaches an onion service without one
    assert desk.watch("change", "acme", "--proxy", "", "--location", desk.server.url).code == 0
    assert "proxy       " not in desk.watch("show", "acme").out


def test_what_a_bad_certificate_was_is_kept(desk: WatchDesk, tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    good, bad = (
        authority.issue_cert("127.0.0.1"),
        authority.issue_cert("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    good.configure_cert(context)
    with Loopback(desk.files, tls=context) as server:
        given = ("--name", "acme", "--ca-file", ca_file)
        assert desk.watch("add", server.url, *pinned(desk), *given).code == 0
        bad.configure_cert(context)
        desk.watch("run", at=FIRST_LOOK + timedelta(days=1))
    (seen,) = desk.json("show", "acme")["failed_looks"]
    assert seen["error"].endswith("the certificate has expired")
    assert (seen["http_status"], seen["headers"], seen["body"]) == (None, [], "")
    assert seen["certificate"].strip() == bad.cert_chain_pems[0].bytes().decode().strip()


@pytest.mark.parametrize(
    ("path", "fault", "error", "status", "body"),
    [
        ("/checkpoint", answer(503, b"tired"), "answered 503", 503, b"tired"),
        ("/checkpoint", answer(200, b"<html>Log in"), "serves as checkpoint is none", 200, b"<html>Log in"),
        ("/.well-known/warrant-canary", answer(302, b"", {"Location": "https://a.example/"}), "elsewhere", 302, b""),
        ("/canary.txt", answer(503, b"tired"), "answered 503", 503, b"tired"),
        ("/canary.txt", answer(404, b"gone"), "canary.txt is not there", 404, b"gone"),
        ("/canary.txt", answer(200, b"<html>Log in"), "is no release", 200, b"<html>Log in"),
        ("/canary.txt", answer(302, b"", {"Location": "https://a.example/"}), "redirects elsewhere", 302, b""),
        ("/canary.txt", answer(200, b"x" * 300_000), "larger than", 200, b"x"),
    ],
)
def test_what_failed_is_kept_and_not_what_was_asked_afterwards(  # noqa: PLR0917  # one row of a table
    desk: WatchDesk, path: str, fault: bytes, error: str, status: int, body: bytes
) -> None:
    desk.added()
    desk.server.faults[path] = says(fault)
    if path == "/canary.txt":
        desk.server.faults["/checkpoint"] = says(answer(200, desk.files["/checkpoint"]))  # and so never unchanged
    elif path != "/checkpoint":
        desk.server.faults["/checkpoint"] = says(answer(404))  # and so the hint is asked for
    desk.watch("run", at=FIRST_LOOK + timedelta(days=1))
    (seen,) = desk.json("show", "acme")["failed_looks"]
    assert error in seen["error"]
    assert seen["asked"] == desk.server.url + path
    assert seen["http_status"] == status
    kept = base64.b64decode(seen["body"])
    assert kept[: len(body)] == body
    assert len(kept) <= SIGHTING_BYTES


def test_nothing_that_a_host_answers_reaches_a_terminal_as_it_came(desk: WatchDesk) -> None:
    desk.added()
    hostile = b"\x9b2J\x7f\xc2\x9b31m\xe2\x80\xae"
    desk.server.faults["/checkpoint"] = lambda wire: wire.send(
        b"HTTP/1.1 500 No\r\nServer: " + hostile + b"\r\nContent-Length: 11\r\n\r\n" + hostile
    )
    desk.watch("run", at="2025-02-04")
    shown = [desk.watch("show", "acme").out, desk.watch("show", "acme", "--json").out]
    assert all(each.isprintable() for text in shown for each in text if each != "\n")
    (failed,) = json.loads(shown[1])["failed_looks"]
    assert ["Server", hostile.decode("latin-1").strip()] in failed["headers"]
