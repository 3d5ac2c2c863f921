"""`canary.library.final_location` against web servers on this machine, which are found under names."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from canary.core.documents.hint import Hint
from canary.edges.web.http import HttpSource
from canary.errors import FetchError
from canary.library import final_location
from tests.loopback import Loopback, Wire, redirects
from tests.outside import heard
from tests.socks_server import SocksProxy, Wanted, socks_url

LONG = 5.0


class Hosts:
    """Web servers by name, which a proxy finds: https servers with certificates of their own."""

    def __init__(self, stack: ExitStack, authority: trustme.CA, folder: Path) -> None:
        self._stack = stack
        self._authority = authority
        self.ca_file = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.names = SocksProxy()
        self.proxy = stack.enter_context(Loopback(on_connect=self.names))

    def add(self, name: str, files: dict[str, bytes] | None = None) -> Loopback:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        server = self._stack.enter_context(Loopback(files or {}, tls=context))
        self.names.places[name] = server.port
        return server

    def find(self, location: str, *, seconds: float = LONG) -> str:
        with heard() as events:
            found = final_location(location, seconds=seconds, ca_file=self.ca_file, proxy=socks_url(self.proxy))
        assert set(events) <= {("resolve", "127.0.0.1"), ("connect", "127.0.0.1")}
        return found


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    with ExitStack() as stack:
        yield Hosts(stack, trustme.CA(), tmp_path)


def test_the_common_case(hosts: Hosts) -> None:
    """The bare name redirects to the one with www, path by path."""
    bare = hosts.add("example.net")
    bare.faults["/checkpoint"] = redirects("https://www.example.net/checkpoint", 301)
    hosts.add("www.example.net", {"/checkpoint": b"anything"})
    assert hosts.find("https://example.net/") == "https://www.example.net/"
    assert hosts.names.asked[:2] == [Wanted("name", "example.net", 443), Wanted("name", "www.example.net", 443)]


def test_a_hint_that_redirects(hosts: Hosts) -> None:
    """The canary is below the host named in the redirect, where the hint leads on."""
    hint = Hint("example.net/canary", "ab" * 32).render()
    bare = hosts.add("example.net")
    bare.faults["/.well-known/warrant-canary"] = redirects("https://www.example.net/.well-known/warrant-canary")
    hosts.add("www.example.net", {"/.well-known/warrant-canary": hint, "/canary/checkpoint": b"anything"})
    assert hosts.find("https://example.net/") == "https://www.example.net/"


def test_a_hint_whose_path_redirects(hosts: Hosts) -> None:
    hint = Hint("example.net/canary", "ab" * 32).render()
    bare = hosts.add("example.net", {"/.well-known/warrant-canary": hint})
    bare.faults["/canary/checkpoint"] = redirects("https://www.example.net/canary/checkpoint")
    hosts.add("www.example.net", {"/canary/checkpoint": b"anything"})
    assert hosts.find("https://example.net/") == "https://www.example.net/canary"


def test_first_within_the_host_and_then_elsewhere(hosts: Hosts) -> None:
    bare = hosts.add("example.net")
    bare.faults["/canary/checkpoint"] = redirects("/new/checkpoint")
    bare.faults["/new/checkpoint"] = redirects("https://canary.example.org/checkpoint")
    hosts.add("canary.example.org", {"/checkpoint": b"anything"})
    assert hosts.find("https://example.net/canary") == "https://canary.example.org/"


def test_where_nothing_redirects_elsewhere(hosts: Hosts) -> None:
    server = hosts.add("example.net", {"/here/checkpoint": b"anything"})
    server.faults["/canary/checkpoint"] = redirects("/here/checkpoint")
    assert hosts.find("https://example.net/canary") == "https://example.net/canary"
    assert hosts.find("https://example.net/nothing") == "https://example.net/nothing"
    assert hosts.find("https://nobody.example/canary") == "https://nobody.example/canary"


def test_two_redirects_to_other_hosts(hosts: Hosts) -> None:
    hosts.add("a.example").faults["/checkpoint"] = redirects("https://b.example/checkpoint")
    hosts.add("b.example").faults["/checkpoint"] = redirects("https://c.example/checkpoint")
    third = hosts.add("c.example", {"/checkpoint": b"anything"})
    with pytest.raises(FetchError, match=r"^https://a\.example redirects to https://b\.example/, and that to yet"):
        hosts.find("https://a.example")
    assert third.connections == 0


def test_a_certificate_that_does_not_hold_there(hosts: Hosts) -> None:
    hosts.add("a.example").faults["/checkpoint"] = redirects("https://b.example/checkpoint")
    other = hosts.add("c.example", {"/checkpoint": b"anything"})
    hosts.names.places["b.example"] = other.port
    with pytest.raises(FetchError, match=r"^b\.example: the certificate is not valid for this host name"):
        hosts.find("https://a.example")
    assert other.asked == []


def test_the_time_is_for_both(hosts: Hosts) -> None:
    first, second = hosts.add("a.example"), hosts.add("b.example")

    def slow(wire: Wire) -> None:
        wire.pause(1.0)
        redirects("https://b.example/checkpoint")(wire)

    first.faults["/checkpoint"] = slow
    second.faults["/checkpoint"] = Wire.hang
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"^b\.example did not answer within"):
        hosts.find("https://a.example", seconds=2.0)
    assert time.monotonic() - started < LONG


def test_what_is_no_url_has_not_moved(tmp_path: Path) -> None:
    assert final_location(str(tmp_path)) == str(tmp_path)


def test_an_ordinary_look_follows_no_such_redirect(hosts: Hosts) -> None:
    hosts.add("a.example").faults["/checkpoint"] = redirects("https://b.example/checkpoint")
    second = hosts.add("b.example", {"/checkpoint": b"anything"})
    with (
        HttpSource("https://a.example", seconds=LONG, ca_file=hosts.ca_file, proxy=socks_url(hosts.proxy)) as source,
        pytest.raises(FetchError, match="redirects elsewhere, to "),
    ):
        source.get("checkpoint", limit=100)
    assert second.connections == 0


def test_this_machine_may_lead_to_itself(hosts: Hosts, tmp_path: Path) -> None:
    """Without a proxy, where the addresses are known: as a publisher tries a site before it is public."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    with Loopback({"/checkpoint": b"anything"}, tls=context) as second, Loopback() as first:
        first.faults["/checkpoint"] = redirects(f"{second.url}/checkpoint")
        assert final_location(first.url, seconds=LONG, ca_file=tmp_path / "own.pem") == f"{second.url}/"
    assert hosts.names.asked == []
