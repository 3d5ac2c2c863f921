"""Who answers at an http or https address (RFC 6454, section 4)."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_ADDRESS_HAS = frozenset(' "<>\\^`{|}')

_OF_IPV4 = [ipaddress.IPv6Network(each) for each in ("::ffff:0:0/96", "::/96", "64:ff9b::/96")]
_NOT_PUBLIC = [ipaddress.IPv6Network(each) for each in ("64:ff9b:1::/48", "fec0::/10")]


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
    """Tells whether a host may be anywhere: it is no address within a private network, and not this very machine.

    An IPv6 address that leads to an IPv4 one is as public as that: `::ffff:0:0/96` and `::/96` (RFC 4291, section
    2.5.5), `64:ff9b::/96` (NAT64, RFC 6052) and `2002::/16` (6to4, RFC 3056). `64:ff9b:1::/48` is for translation
    within a network (RFC 8215), and `fec0::/10` was for sites (RFC 3879).
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".") != "localhost"
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global
    if any(address in network for network in _NOT_PUBLIC):
        return False
    within = address.sixtofour or next((_last_of(address) for each in _OF_IPV4 if address in each), None)
    return address.is_global if within is None else within.is_global


def _last_of(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    """Returns the IPv4 address that an IPv6 one ends in."""
    return ipaddress.IPv4Address(address.packed[-4:])


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
