"""The address of a proxy that a look goes through: `http://host:port` or `socks5h://host:port`.

- Over `http`, the way to an https address is a tunnel (CONNECT: RFC 9110, section 9.3.6).
- `socks5h` is SOCKS 5 (RFC 1928) where the proxy looks names up. With `socks5` this machine would, and so tell its name
  servers which canaries it follows; and no name server knows an onion service (RFC 7686). So that one is refused.
- No user name and no password: an address is kept in lists, shown, and seen by everybody who may see a command line.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from canary.core.judging.origin import origin
from canary.errors import MalformedError

SOCKS = "socks5h"
_SCHEMES = {"http", SOCKS}
_FORM = "an address is http://host:port or socks5h://host:port"
_TOR = "For Tor, write socks5h://127.0.0.1:9050."


class Proxy(NamedTuple):
    """A proxy's address."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_proxy(address: str) -> Proxy:
    """Returns the proxy that an address names.

    Raises:
        MalformedError: it names none that a look can go through; the message shows nothing of the address, which may
            hold a password.
    """
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme == "socks5":
        raise _refused(
            "with socks5:// this machine would look the names up, and tell others whom it follows",
            hint="Write socks5h://, with which the proxy looks them up.",
        )
    if scheme not in _SCHEMES:
        raise _refused(_FORM)
    if "@" in rest:
        raise _refused(
            "an address holds no user name or password: it is kept and shown",
            hint="Let the proxy take this machine without one, or put a forwarder on this machine in between.",
        )
    try:
        place, parts = origin(f"http://{rest}"), urlsplit(f"http://{rest}")
    except ValueError:
        raise _refused(_FORM) from None
    if not parts.port or parts.path not in ("", "/") or {"?", "#"} & set(rest):
        raise _refused(_FORM)
    return Proxy(scheme, place.host, parts.port)


def kept_proxy(address: str) -> str:
    """Returns an address as it is kept with a canary of a list: empty for no proxy.

    Raises:
        MalformedError: it names no proxy that a look can go through.
    """
    return parse_proxy(address).url if address else ""


def _refused(rule: str, *, hint: str = _TOR) -> MalformedError:
    return MalformedError(rule, what="the proxy", hint=hint)
