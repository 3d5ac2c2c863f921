"""The well-known hint: where a host's canary lives. Specification of `warrant-canary/hint/v1`.

    warrant-canary/hint/v1
    canary: example.net/canary
    roster-1: sha256:deb02cfcef0879f425ba04d8b2f1589beb544901b5144bf87002340bd71e9aca

It lies at `/.well-known/warrant-canary` on the canary's host (RFC 8615), and is at most 1,024 bytes. It keeps the
profile (`canary.core.signed.profile`), and consists of these three lines. It is not signed and nothing is trusted
because of it: it only tells which path on the same host to look at.

A watcher who was given a host without a path asks for `checkpoint` there. Where that is none, the hint is asked for; if
it is one and its canary id has a path, everything is fetched below that path of the same host, whatever host the id
names.
"""

from __future__ import annotations

import msgspec

from canary.core.text.fields import FieldReader
from canary.core.text.names import check_canary_id
from canary.core.text.strict import hash_field, parse_hash
from canary.errors import MalformedError

HEADER = "warrant-canary/hint/v1"


class Hint(msgspec.Struct, frozen=True):
    """A hint, parsed.

    Attributes:
        canary: the canary's id.
        roster_1: SHA-256 of roster 1's text, 64 hexadecimal digits.
    """

    canary: str
    roster_1: str

    @property
    def path(self) -> str:
        """The path of the canary's base on its host, without slashes around it; may be empty."""
        return self.canary.partition("/")[2]

    def render(self) -> bytes:
        """Returns the hint's bytes."""
        return f"{HEADER}\ncanary: {self.canary}\nroster-1: {hash_field(self.roster_1)}\n".encode()


def parse_hint(data: bytes) -> Hint:
    """Reads a hint.

    Raises:
        MalformedError: it is none.
    """
    reader = FieldReader.of(data, HEADER, "a hint")
    hint = Hint(reader.value("canary", check_canary_id), reader.value("roster-1", parse_hash))
    if not reader.at_end():
        raise MalformedError("nothing follows the field 'roster-1'", line=reader.number + 1)
    return hint
