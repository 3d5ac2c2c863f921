from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from canary.core.dating.evidence import EvidenceOutcome
from canary.edges.times.tsa import Authorities, ask_authority
from canary.errors import CanaryError, FetchError
from canary.formats.times.rfc3161 import TokenChecker
from canary.limits import EVIDENCE_BYTES
from tests.authority import ENTRY, Authority, Service, make_authority, query_for, serving
from tests.loopback import Fault, Loopback, Wire, answer, drip, redirects, says

SHORT = 0.6
LONG = 5.0


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa"), intermediates=1)


@pytest.fixture
def service(tsa: Authority) -> Iterator[tuple[Loopback, Service, str]]:
    with serving(tsa) as (server, (only,), (url,)):
        yield server, only, url


def refusal(url: str, *, seconds: float = LONG) -> str:
    """The message of an asking that fails, in time; it names the authority."""
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        ask_authority(url, ENTRY, seconds=seconds)
    assert time.monotonic() - started < LONG
    told = caught.value.what
    assert re.search(r"127\.0\.0\.1:\d+", told)
    assert told.isprintable()
    return told


def test_a_reply_comes_as_the_authority_sent_it(tsa: Authority, service: tuple[Loopback, Service, str]) -> None:
    _, only, url = service
    sent: list[bytes] = []
    only.change = lambda reply: sent.append(reply) or reply  # type: ignore[func-returns-value]
    found = ask_authority(url, ENTRY, seconds=LONG)
    assert [found] == sent
    assert TokenChecker(lambda: tsa.roots)("0.tsr", found, ENTRY).outcome is EvidenceOutcome.PROVED


def test_what_is_asked(service: tuple[Loopback, Service, str]) -> None:
    _, only, url = service
    ask_authority(url, ENTRY, seconds=LONG)
    (asked,) = only.queries
    assert asked.method == "POST"
    assert asked.headers["content-type"] == "application/timestamp-query"
    assert ENTRY not in asked.body


def test_over_https_the_host_has_to_prove_its_name(tsa: Authority, tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(services={"/tsa": Service(tsa)}, tls=context) as server:
        url = f"{server.url}/tsa"
        assert ask_authority(url, ENTRY, seconds=LONG, ca_file=tmp_path / "ca.pem")
        assert "not trusted here" in refusal(url)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: b"", "it is no RFC 3161 reply"),
        (lambda _: b"<html>Welcome to our hotel</html>", "it is no RFC 3161 reply"),
        (lambda reply: reply[:-1], "it is no RFC 3161 reply"),
        (lambda reply: reply + bytes(EVIDENCE_BYTES), "larger than the"),
        (lambda _: bytes.fromhex("30053003020102"), "it was refused"),
    ],
    ids=["nothing", "a page", "cut off", "too long", "refused"],
)
def test_garbage(service: tuple[Loopback, Service, str], change: Callable[[bytes], bytes], words: str) -> None:
    _, only, url = service
    only.change = change
    assert words in refusal(url)


def test_an_answer_to_another_request_has_another_nonce(tsa: Authority, service: tuple[Loopback, Service, str]) -> None:
    _, only, url = service
    only.change = lambda _: tsa.reply(query_for(ENTRY))
    assert "its nonce is not that of the request" in refusal(url)


def test_an_answer_over_other_bytes_is_found_by_who_keeps_it(
    tsa: Authority, service: tuple[Loopback, Service, str]
) -> None:
    _, _, url = service
    found = ask_authority(url, b"other", seconds=LONG)
    assert TokenChecker(lambda: tsa.roots)("0.tsr", found, ENTRY).outcome is EvidenceOutcome.BAD


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(answer(503)), "answered with status 503"),
        (says(answer(404)), "answered with status 404"),
        (redirects("http://127.0.0.1:1/tsa"), "answered with status 302"),
        (says(b"SSH-2.0-OpenSSH\r\n"), "what came back is not HTTP"),
        (says(b""), "the connection was closed without an answer"),
    ],
    ids=["503", "404", "redirect", "ssh", "hangs up"],
)
def test_a_server_that_is_no_authority(service: tuple[Loopback, Service, str], fault: Fault, words: str) -> None:
    server, _, url = service
    server.faults["/tsa/0"] = fault
    assert words in refusal(url)


def begins(wire: Wire) -> None:
    """Sends the headers and the first bytes of a body."""
    wire.send(answer(200, b"0\x82", {"Content-Length": "1000"}))
    wire.hang()


@pytest.mark.parametrize(
    "fault",
    [
        lambda wire: wire.hang(),
        drip(answer(200, b"x" * 1_000)),
        begins,
    ],
    ids=["silence", "slow drip", "a body that never comes"],
)
def test_an_authority_that_never_ends_is_cut_off(service: tuple[Loopback, Service, str], fault: Fault) -> None:
    server, _, url = service
    server.faults["/tsa/0"] = fault
    assert "did not answer within 0.6 s" in refusal(url, seconds=SHORT)


def test_a_dead_authority() -> None:
    with Loopback() as gone:
        url = f"{gone.url}/tsa"
    assert "connection refused" in refusal(url)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/tsa", "http://user:pass@127.0.0.1/", "http://"])
def test_an_address_that_cannot_be(url: str) -> None:
    with pytest.raises(CanaryError, match="The address of"):
        ask_authority(url, ENTRY, seconds=LONG)


def test_all_together_have_one_budget(service: tuple[Loopback, Service, str]) -> None:
    server, _, url = service
    server.faults["/tsa/0"] = lambda wire: wire.hang()
    ask = Authorities(seconds=SHORT, each=0.4)
    started = time.monotonic()
    for words in ("within 0.4 s", "within 0.", "was not asked: the 0.6 s for authorities were over"):
        with pytest.raises(FetchError, match=re.escape(words)):
            ask(url, ENTRY)
    assert time.monotonic() - started < LONG
    assert server.connections == 2
