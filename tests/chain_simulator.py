"""Somebody who knows the Bitcoin chain, at any of the HTTP interfaces, on a loopback server.

with Loopback({}) as server:
    serve_chain(server, ChainInterface.ESPLORA, [block], tip=800_000)
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchor_source import ChainInterface
from tests.loopback import Asked, Loopback, answer

SECRET = "canary:very secret"


def serve_chain(
    server: Loopback, interface: ChainInterface, blocks: Sequence[BitcoinHeader], *, tip: int, chain: str = "main"
) -> None:
    """Lets a server know some blocks; files that it has already stay."""
    assert isinstance(server.files, dict)
    report = json.dumps({"chain": chain, "blocks": tip, "warnings": [], "softforks": {"x": {}}}).encode()
    if interface is ChainInterface.CORE_RPC:
        server.services["/"] = _node(blocks, tip, chain)
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


def _node(blocks: Sequence[BitcoinHeader], tip: int, chain: str) -> Callable[[Asked], bytes]:
    """Answers as Bitcoin Core's JSON-RPC does, to who sends `SECRET`."""
    hashes = {block.height: block.hash for block in blocks}
    headers = {block.hash: block.header.hex() for block in blocks}

    def service(request: Asked) -> bytes:
        if request.headers.get("authorization") != f"Basic {base64.b64encode(SECRET.encode()).decode()}":
            return answer(401)
        asked = json.loads(request.body)
        method, given = asked["method"], asked["params"]
        if method == "getblockheader" and given[1:] != [False]:
            return answer(500)
        result: Any = {"chain": chain, "blocks": tip, "headers": tip}
        if method == "getblockcount":
            result = tip
        elif method == "getblockhash":
            result = hashes[given[0]]
        elif method == "getblockheader":
            result = headers[given[0]]
        told = {"result": result, "error": None, "id": asked["id"]}
        return answer(200, json.dumps(told).encode() + b"\n")

    return service
