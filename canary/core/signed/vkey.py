"""Verifier keys, as C2SP signed-note spells them: `NAME+hex(key id)+base64(type || key)`.

The first two `+` part the three (base64 may hold more of them). The type stands in front of the key without a border,
and both together are not empty. The key id is the first four bytes of SHA-256(name || 0A || type || key), written as
eight hexadecimal digits in lower case; another one than that of this name and key is malformed. Names are as on
signature lines (`canary.core.signed.note`).

This is the note layer: any key type passes here; `canary.core.signed.kinds` says which may sign a canary.
"""

from __future__ import annotations

import msgspec

from canary.core.text.strict import decode_base64, encode_base64, sha256
from canary.errors import MalformedError

KEY_ID_BYTES = 4


def check_key_name(name: str) -> str:
    """Returns `name` if a note's key can be called that: not empty, no space of any kind, no plus.

    Raises:
        MalformedError: it cannot (C2SP signed-note, "Format").
    """
    if not name or "+" in name or name.split() != [name]:
        raise MalformedError(f"a key's name is not empty and holds neither a space nor a plus: {name[:80]!r}")
    return name


def compute_key_id(name: str, data: bytes) -> bytes:
    """Returns the four bytes that name a key on a signature line.

    Args:
        name: the key's name.
        data: the type byte (or bytes) and the public key, together.
    """
    return sha256(name.encode() + b"\n" + data)[:KEY_ID_BYTES]


class VKey(msgspec.Struct, frozen=True):
    """A public key with its name.

    Attributes:
        name: the key's name.
        data: the type and the key, together (signed-note writes them without a border).
        key_id: four bytes, computed.
    """

    name: str
    data: bytes
    key_id: bytes

    @classmethod
    def make(cls, name: str, data: bytes) -> VKey:
        """Returns the key of that name, its id computed."""
        return cls(check_key_name(name), data, compute_key_id(name, data))

    def render(self) -> str:
        """Returns the vkey's one spelling."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(self.data)}"


def parse_vkey(text: str) -> VKey:
    """Reads a vkey.

    Raises:
        MalformedError: not three parts, a bad name, bad base64, an empty key, or a key id that is not the
            one of this name and key.
    """
    # The base64 may hold a plus and the name may not, so the first two pluses part the three.
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004  the form has three parts
        raise MalformedError("a vkey is written NAME+KEYID+BASE64")
    name, key_id, encoded = parts
    data = decode_base64(encoded)
    if not data:
        raise MalformedError("this vkey holds no key")
    key = VKey.make(name, data)
    if key.key_id.hex() != key_id:
        raise MalformedError(f"the key id of {name[:80]!a} is {key.key_id.hex()}, not {key_id[:20]!a}")
    return key
