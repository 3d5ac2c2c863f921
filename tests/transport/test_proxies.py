"""`canary verify --proxy`: a whole look through a proxy, and proxies that do not get there."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable

import pytest

from canary.cli.app import App
from canary.core.text.strict import sha256
from tests import ots_proofs as ots
from tests.loopback import Fault, Loopback, Wire, answer, says, tunnels_to
from tests.outside import heard
from tests.publisher import command, noon
from tests.socks_server import SocksProxy, Wanted, socks_url
from tests.transport.stand import (
    BASE,
    HEARD,
    UNHEARD,
    Row,
    Setting,
    Stand,
    check,
    check_at_once,
    each_row,
)
from tests.transport.test_tls_and_redirects import context_of

ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
NAME = "canary.example"

PASSED_BY = {("resolve", "127.0.0.1"), ("connect", "127.0.0.1")}
"""What a look does that goes past no proxy: it connects to the proxy, and looks up nothing else."""


def secured(stand: Stand) -> None:
    """Serves the canary over https under a name that only a proxy finds."""
    stand.server = stand.stack.enter_context(
        Loopback(dict(stand.site), tls=context_of(stand.authority.issue_cert(NAME)))
    )
    file = stand.folder / "authority.pem"
    stand.authority.cert_pem.write_to_path(str(file))
    stand.url = f"https://{NAME}{BASE}"
    stand.options += ["--ca-file", str(file)]


def onion(stand: Stand) -> None:
    stand.url = f"http://{ONION}{BASE}"
    stand.options += ["--allow-http"]


def socks(prepare: Callable[[Stand], None], **options: object) -> Callable[[Stand], None]:
    """A look through a SOCKS proxy that knows where the server is."""

    def arrange(stand: Stand) -> None:
        prepare(stand)
        names = SocksProxy({ONION: stand.server.port, NAME: stand.server.port}, **options)  # type: ignore[arg-type]
        proxy = stand.stack.enter_context(Loopback(on_connect=names))
        stand.options += ["--proxy", socks_url(proxy)]

    return arrange


def http(prepare: Callable[[Stand], None], on_connect: Fault | None = None) -> Callable[[Stand], None]:
    """A look through an HTTP proxy that knows where the server is, or does something else."""

    def arrange(stand: Stand) -> None:
        prepare(stand)
        proxy = stand.stack.enter_context(Loopback(on_connect=on_connect or tunnels_to(stand.server)))
        stand.options += ["--proxy", proxy.url]

    return arrange


def closed(scheme: str) -> Callable[[Stand], None]:
    def arrange(stand: Stand) -> None:
        secured(stand)
        with Loopback() as gone:
            port = gone.port
        stand.options += ["--proxy", f"{scheme}://127.0.0.1:{port}"]

    return arrange


@each_row(
    Row("SOCKS, https", socks(secured), code="", statuses=HEARD, learns=True),
    Row("SOCKS, an onion service", socks(onion), code="", statuses=HEARD, learns=True),
    Row("HTTP, https", http(secured), code="", statuses=HEARD, learns=True),
    Row("SOCKS, refused", socks(secured, refuses=5), words="the host refused the proxy's connection"),
    Row("SOCKS, unknown", socks(onion, refuses=4), words="through the proxy: the proxy does not reach the host"),
    Row("SOCKS, not there", closed("socks5h"), words=f"{NAME}, through the proxy: connection refused"),
    Row("HTTP, not there", closed("http"), words=f"{NAME}, through the proxy: connection refused"),
    Row("HTTP, refused", http(secured, says(answer(403))), words="the proxy refused, with status 403"),
    Row("HTTP at a SOCKS proxy", http(secured, says(answer(501))), words="the proxy refused, with status 501"),
)
def test_proxies(stand: Stand, row: Row, setting: Setting) -> None:
    with heard() as events:
        check(stand, row, setting)
    assert set(events) == PASSED_BY


@pytest.mark.parametrize(
    "arrange",
    [
        socks(onion, instead=Wire.hang),
        http(secured, Wire.hang),
    ],
    ids=["SOCKS", "HTTP"],
)
def test_a_proxy_that_hangs(stand: Stand, arrange: Callable[[Stand], None]) -> None:
    check_at_once(stand, Row("hangs", arrange, words="did not answer within 2 s", statuses=UNHEARD))


def test_the_proxy_is_asked_for_the_name(stand: Stand) -> None:
    onion(stand)
    names = SocksProxy({ONION: stand.server.port})
    proxy = stand.stack.enter_context(Loopback(on_connect=names))
    stand.options += ["--proxy", socks_url(proxy)]
    assert stand.look(Setting.NOTHING).status == "OK"
    assert set(names.asked) == {Wanted("name", ONION, 80)}


def test_a_source_of_blocks_is_asked_through_the_proxy(stand: Stand) -> None:
    """Whoever hides the look would not want to be seen by a block explorer."""
    newest = stand.site[f"{BASE}/canary.txt"]
    proof = ots.proof(newest, ots.way(sha256(newest), 900).tree)
    stand.server.files = {**stand.site, f"{BASE}/evidence/{sha256(newest).hex()}/0.ots": proof}
    onion(stand)
    names = SocksProxy({ONION: stand.server.port})
    proxy = stand.stack.enter_context(Loopback(on_connect=names))
    stand.options += ["--proxy", socks_url(proxy), "--bitcoin-source", "esplora https://explorer.example"]
    with Loopback() as own, heard() as events:
        stand.options += ["--bitcoin-source", f"esplora {own.url}"]
        looked = stand.look(Setting.NOTHING)
        assert own.asked  # it is on this very machine, where no proxy finds it
    assert "explorer.example, through the proxy: the proxy does not reach the host" in looked.ran.out
    assert Wanted("name", "explorer.example", 443) in names.asked
    assert set(events) == PASSED_BY


# --- the option -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["verify", "explain"])
@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("127.0.0.1:9050", "--proxy: an address is http://host:port or socks5h://host:port"),
        ("socks5://127.0.0.1:9050", "--proxy: with socks5:// this machine would look the names up"),
        ("socks5h://me:hunter2@127.0.0.1:9050", "--proxy: an address holds no user name or password"),
        ("http://me:hunter2@127.0.0.1:8080", "--proxy: an address holds no user name or password"),
    ],
)
def test_a_proxy_that_cannot_be(stand: Stand, verb: str, proxy: str, words: str) -> None:
    ran = command(_app(), verb, stand.server.url + BASE, "--proxy", proxy)
    assert (ran.code, ran.out) == (3, "")
    assert words in ran.said
    assert "hunter2" not in ran.said
    assert stand.server.asked == []


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    ran = command(_app(), "verify", f"https://{NAME}/", "--proxy", "socks5h://127.0.0.1:9050")
    assert (ran.code, ran.out) == (3, "")
    assert "Run: pip install 'warrant-canary[socks]'" in ran.said
    assert "Traceback" not in ran.said


def test_an_onion_service_without_a_proxy_says_where_to_go(stand: Stand) -> None:
    with heard() as events:
        ran = command(_app(), "verify", f"http://{ONION}/", "--pin", stand.pin, "--allow-http")
    assert (ran.code, ran.out, events) == (3, "", [])
    assert "--proxy socks5h://127.0.0.1:9050" in ran.said


def test_the_line_to_run_again_has_the_proxy(stand: Stand) -> None:
    names = SocksProxy({ONION: stand.server.port})
    proxy = stand.stack.enter_context(Loopback(on_connect=names))
    given = ["--proxy", socks_url(proxy), "--allow-http"]
    ran = command(_app(), "verify", f"http://{ONION}{BASE}", *given)
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  canary verify ")]
    assert shlex.split(line) == ["canary", "verify", f"http://{ONION}{BASE}", *given, "--pin", stand.pin]


def _app() -> App:
    return App(clock=lambda: noon("2026-02-10"))
