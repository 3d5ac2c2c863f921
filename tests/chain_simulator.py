"""Somebody who knows the Bitcoin chain, at any of the HTTP interfaces, on a loopback server.

with Loopback({}) as server:
    serve_chain(server, ChainInterface.ESPLORA, [block], tip=800_000)
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from canary.core.anchor_bitcoin import BitcoinHeader
from canary.core.anchor_source import ChainInterface
from tests.loopback import Loopback, Wire, answer

SECRET = "canary:very secret"


def serve_chain(
    server: Loopback, interface: ChainInterface, blocks: Sequence[BitcoinHeader], *, tip: int, chain: str = "main"
) -> None:
    """Lets a server know some blocks; files that it has already stay."""
    assert isinstance(server.files, dict)
    report = json.dumps({"chain": chain, "blocks": tip, "warnings": [], "softforks": {"x": {}}}).encode()
    if interface is ChainInterface.CORE_RPC:
        server.faults["/"] = _node(server, blocks, tip, chain)
        return
    for block in blocks:
        header = block.header.hex().encode()
        if interface is ChainInterface.ESPLORA:
            server.files |= {
                "/blocks/tip/height": str(tip).encode(),
                f"/block-height/{block.height}": block.hash.encode(),
                f"/block/{block.hash}/header": header,
            }
        else:
            server.files |= {
                "/rest/chaininfo.json": report,
                f"/rest/blockhashbyheight/{block.height}.hex": block.hash.encode() + b"\n",
                f"/rest/headers/{block.hash}.hex?count=1": header + b"\n",
            }


def _node(server: Loopback, blocks: Sequence[BitcoinHeader], tip: int, chain: str) -> Callable[[Wire], None]:
    """Answers as Bitcoin Core's JSON-RPC does, to who sends `SECRET`."""
    hashes = {block.height: block.hash for block in blocks}
    headers = {block.hash: block.header.hex() for block in blocks}

    def fault(wire: Wire) -> None:
        sent, body = server.asked[-1].headers, server.asked[-1].body
        if sent.get("authorization") != f"Basic {base64.b64encode(SECRET.encode()).decode()}":
            wire.send(answer(401))
            return
        asked = json.loads(body)
        method, given = asked["method"], asked["params"]
        if method == "getblockheader" and given[1:] != [False]:
            wire.send(answer(500))
            return
        result: Any = {"chain": chain, "blocks": tip, "headers": tip}
        if method == "getblockhash":
            result = hashes[given[0]]
        elif method == "getblockheader":
            result = headers[given[0]]
        told = {"result": result, "error": None, "id": asked["id"]}
        wire.send(answer(200, json.dumps(told).encode() + b"\n"))

    return fault
