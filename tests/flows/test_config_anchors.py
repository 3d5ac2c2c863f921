from __future__ import annotations

from datetime import timedelta

import pytest

from canary.core.dating.anchor_source import ChainInterface, ChainPlace
from canary.errors import MalformedError
from canary.flows.issue.config import parse_config

TOML = """\
[canary]
id = "example.net/canary"
organisation = "Example Networks"
[signers]
names = ["legal"]
threshold = 1
[schedule]
start = 2026-02-01
every = "3 months"
window = "14 days"
grace = "14 days"
"""


def test_without_the_table_there_are_no_sources_and_the_rule_stays_as_it_is() -> None:
    anchors = parse_config(TOML).anchors
    assert (anchors.relays(), anchors.chains()) == ([], [])
    assert anchors.roster_age(timedelta(days=3)) == timedelta(days=3)
    assert anchors.roster_age(None) is None


def test_every_key_of_the_table() -> None:
    anchors = parse_config(
        TOML
        + """\
[anchors]
age = "2 days"
drand = ["https://api.example.net/", "http://127.0.0.1:8080"]
bitcoin = [
    "esplora https://explorer.example.net/api",
    "core-rest http://localhost:8332",
    "core-rpc http://[::1]:8332 /home/a name/.cookie",
]
"""
    ).anchors
    assert anchors.roster_age(timedelta(days=3)) == timedelta(days=2)
    assert anchors.relays() == ["https://api.example.net", "http://127.0.0.1:8080"]
    assert anchors.chains() == [
        ChainPlace(ChainInterface.ESPLORA, "https://explorer.example.net/api"),
        ChainPlace(ChainInterface.CORE_REST, "http://localhost:8332"),
        ChainPlace(ChainInterface.CORE_RPC, "http://[::1]:8332", "/home/a name/.cookie"),
    ]


def test_none_ends_the_rule() -> None:
    assert parse_config(f'{TOML}[anchors]\nage = "none"\n').anchors.roster_age(timedelta(days=3)) is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sources = []", "unknown field"),
        ('age = "3"', "anchors.age: a length is written"),
        ('age = "0 days"', "anchors.age: it is at least 1 day"),
        ("age = 3", "str"),
        ('drand = "https://api.example.net"', "array"),
        ('drand = ["api.example.net"]', "anchors.drand: an address does not start with https://"),
        ('drand = ["http://api.example.net"]', "anchors.drand: .* is not encrypted"),
        ('drand = ["https://a:b@api.example.net"]', "anchors.drand: an address holds a user name or password"),
        ('drand = ["https://api.example.net/?x"]', "anchors.drand: an address holds a query"),
        ('drand = ["https://a.example", "https://a.example/"]', "anchors.drand: an address stands twice"),
        (f"drand = {[f'https://a{n}.example' for n in range(11)]}", "anchors.drand: there are at most 10"),
        ('bitcoin = ["https://explorer.example"]', "anchors.bitcoin: a source of blocks is one of esplora"),
        ('bitcoin = ["esplora"]', "anchors.bitcoin: an address"),
        ('bitcoin = ["electrum https://a.example"]', "anchors.bitcoin: a source of blocks is one of"),
        ('bitcoin = ["esplora https://a.example file"]', "anchors.bitcoin: core-rpc, and nothing else"),
        ('bitcoin = ["core-rpc http://127.0.0.1:8332"]', "anchors.bitcoin: core-rpc, and nothing else"),
        ('bitcoin = ["core-rpc http://127.0.0.1:8332 cookie"]', "anchors.bitcoin: .* needs its whole path"),
        ('bitcoin = ["core-rpc http://127.0.0.1:8332 ~somebody/cookie"]', "anchors.bitcoin: .* needs its whole path"),
        ('bitcoin = ["core-rpc http://10.0.0.1:8332 /c"]', "anchors.bitcoin: .* is not encrypted"),
        ('bitcoin = ["esplora https://a.example", "core-rest https://a.example"]', "an address stands twice"),
    ],
)
def test_what_cannot_be_is_named(line: str, told: str) -> None:
    with pytest.raises(MalformedError, match=rf"canary\.toml.*{told}") as caught:
        parse_config(f"{TOML}[anchors]\n{line}\n")
    assert "a:b" not in caught.value.what
