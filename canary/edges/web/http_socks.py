"""The way through a SOCKS 5 proxy (RFC 1928), which looks names up itself; by PySocks, an extra.

PySocks' sockets are made and held by the look's deadline like all others, so that a proxy which hangs, or answers a
byte at a time, is cut. Only a name or an address of the host ever goes into them: nothing is looked up here but the
proxy itself, and no connection goes anywhere else.
"""

from __future__ import annotations

import re
import socket
from typing import Any

from urllib3.exceptions import ProxyError

from canary.core.judging.proxy import Proxy
from canary.edges.web.http_connections import Connect, Deadline
from canary.errors import CanaryError

_LONGEST_NAME = 127
"""Bytes of a name; PySocks writes the length of a longer one wrongly."""

_ANSWERS = {
    1: "the proxy failed",
    2: "the proxy does not allow this connection",
    3: "the proxy does not reach the network",
    4: "the proxy does not reach the host, or does not know the name",
    5: "the host refused the proxy's connection",
    6: "the host did not answer the proxy in time",
    7: "the proxy does not make connections",
    8: "the proxy does not take this kind of address",
}
"""By the codes of RFC 1928, section 6."""


class SocksError(ProxyError):
    """A SOCKS proxy that was reached, and did not connect.

    Args:
        words: what happened, as the end of a sentence.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words, ConnectionError(words))
        self.words = words


def through_socks(proxy: Proxy, look: Deadline) -> Connect:
    """Returns what connects to a host and port through a SOCKS proxy; it raises ProxyError where that fails.

    Args:
        proxy: the proxy.
        look: the time that is left for it.

    Raises:
        CanaryError: PySocks is not installed.
    """
    try:
        # Imported here: it is an extra, and few look through a proxy.
        import socks  # noqa: PLC0415
    except ImportError:
        raise CanaryError(
            "A SOCKS proxy needs the package PySocks, which is not installed",
            hint="Run: pip install 'warrant-canary[socks]'",
        ) from None

    def connect(host: str, port: int) -> socket.socket:
        name = host.strip("[]")
        if len(name) > _LONGEST_NAME:
            raise SocksError(f"the host's name has more than {_LONGEST_NAME} characters, which no SOCKS proxy is asked")

        def reach(sock: Any, address: Any) -> None:  # noqa: ANN401  # PySocks has no types
            sock.set_proxy(socks.SOCKS5, address[0], address[1], rdns=True)
            try:
                sock.connect((name, port))
            except socks.ProxyError as error:
                cause: OSError = error
                # Whatever fails within PySocks is wrapped by it, its own errors too.
                while isinstance(cause, socks.ProxyError) and cause.socket_err:
                    cause = cause.socket_err
                sock.close()
                if isinstance(cause, socks.ProxyError):
                    raise SocksError(_words(cause, socks)) from None
                raise cause from None

        try:
            return look.connect(proxy.host, proxy.port, make=socks.socksocket, reach=reach)
        except OSError as error:
            raise ProxyError("failed", error) from error

    return connect


def _words(error: Any, socks: Any) -> str:  # noqa: ANN401  # PySocks has no types
    if isinstance(error, socks.SOCKS5AuthError):
        return "the proxy wants a user name and password, or none of the ways in that it knows"
    if isinstance(error, socks.SOCKS5Error) and (code := re.match(r"0x([0-9a-f]{2})\b", error.msg)):
        number = int(code[1], 16)
        return _ANSWERS.get(number, f"the proxy refused, with code {number}")
    return "what the proxy answers is not SOCKS 5, or it broke off"
