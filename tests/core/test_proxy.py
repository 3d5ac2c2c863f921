from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.judging.proxy import Proxy, parse_proxy
from canary.errors import MalformedError


@pytest.mark.parametrize(
    ("address", "expected", "url"),
    [
        ("http://proxy.example:8080", Proxy("http", "proxy.example", 8080), "http://proxy.example:8080"),
        ("socks5h://127.0.0.1:9050", Proxy("socks5h", "127.0.0.1", 9050), "socks5h://127.0.0.1:9050"),
        ("socks5h://[::1]:9050/", Proxy("socks5h", "::1", 9050), "socks5h://[::1]:9050"),
        ("SOCKS5H://LOCALHOST:1", Proxy("socks5h", "localhost", 1), "socks5h://localhost:1"),
    ],
)
def test_addresses(address: str, expected: Proxy, url: str) -> None:
    found = parse_proxy(address)
    assert (found, found.url) == (expected, url)
    assert parse_proxy(found.url) == found


@pytest.mark.parametrize(
    "address",
    [
        *("", "127.0.0.1:9050", "http://", "http://host", "http://host:", "http://host:x", "http://host:0"),
        *("http://host:70000", "http://[::1:80", "https://host:443", "socks4a://host:1080", "socks://host:1080"),
        *(
            "socks5h://host:1/path",
            "http://host:1?a",
            "http://host:1#a",
            "http://ho st:1",
            "http://hö:1",
            "http://\n:1",
        ),
    ],
)
def test_what_names_no_proxy(address: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_proxy(address)
    assert caught.value.what == "the proxy: an address is http://host:port or socks5h://host:port"
    assert "socks5h://127.0.0.1:9050" in caught.value.hint


def test_names_are_not_looked_up_here() -> None:
    with pytest.raises(MalformedError, match="this machine would look the names up") as caught:
        parse_proxy("socks5://127.0.0.1:9050")
    assert caught.value.hint.startswith("Write socks5h://")


@pytest.mark.parametrize("scheme", ["http", "socks5h", "https", "socks5"])
@pytest.mark.parametrize("user", ["me:hunter2", "hunter2", ":hunter2", "hunter2:", "%40hunter2"])
def test_a_password_is_refused_and_not_shown(scheme: str, user: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_proxy(f"{scheme}://{user}@127.0.0.1:9050")
    assert "hunter2" not in repr(caught.value) + caught.value.hint


@given(st.text(max_size=40), st.sampled_from(["", "http://", "socks5h://", "socks5h://a:1"]))
def test_any_text_is_an_address_or_none(text: str, before: str) -> None:
    try:
        found = parse_proxy(before + text)
    except MalformedError:
        return
    assert parse_proxy(found.url) == found
    assert 0 < found.port < 65_536
