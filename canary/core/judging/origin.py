"""Who answers at an http or https address (RFC 6454, section 4)."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_ADDRESS_HAS = frozenset(' "<>\\^`{|}')


class Origin(NamedTuple):
    """Who answers at an address: two addresses of one origin are the same server's."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine, so that nobody is on the way."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_onion(self) -> bool:
        """Whether it is an onion service, which nobody reaches but through Tor (RFC 7686)."""
        return self.host.rstrip(".").endswith(".onion")


def is_public(host: str) -> bool:
    """Tells whether a host may be anywhere: it is no address within a private network, and not this very machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".") != "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_global


def origin(address: str) -> Origin:
    """Returns the origin of an http or https address in plain ASCII.

    Raises:
        ValueError: the address is malformed or has credentials; the message ends the sentence "The address ...".
    """
    if not (address.isascii() and address.isprintable()) or _NO_ADDRESS_HAS.intersection(address):
        raise ValueError("has characters that no address has")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise ValueError("names a host or a port that cannot be") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("does not start with https://")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password")
    if not host:
        raise ValueError("names no host")
    return Origin(parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port)
