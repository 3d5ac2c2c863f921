"""The files of OpenBSD's signify and of minisign: public keys and signatures, byte for byte.

A public key is two lines; both programs write the same:

    untrusted comment: signify public key
    base64("Ed" || key number, 8 bytes || Ed25519 key, 32 bytes)

A signature by signify is two lines, and in its embedded form (`signify -S -e`) the text follows at once:

    untrusted comment: verify with signify.pub
    base64("Ed" || key number, 8 bytes || signature over the text, 64 bytes)

minisign signs the BLAKE2b-512 hash of the text ("ED"), or in its old form the text itself ("Ed"), and adds two lines,
of which the second is a signature over the first signature's 64 bytes and the trusted comment's:

    untrusted comment: signature from minisign secret key
    base64("ED" or "Ed" || key number, 8 bytes || signature, 64 bytes)
    trusted comment: timestamp:1795537377 file:canary.txt
    base64(signature, 64 bytes)

Every line ends with U+000A and nothing else, base64 has its one spelling, and nothing follows. The key number is no
fingerprint: it says which key to try, and is not signed. Sources: OpenBSD's signify.c and crypto_api.h; minisign's
documentation ("Signature format").
"""

from __future__ import annotations

import msgspec

from canary import limits
from canary.core.text.strict import decode_base64
from canary.errors import MalformedError
from canary.formats.foreign import ed25519

UNTRUSTED = b"untrusted comment: "
TRUSTED = b"trusted comment: "

_PLAIN = b"Ed"
_PREHASHED = b"ED"
_NUMBER_BYTES = 8
_KEY_FILE_BYTES = len(_PLAIN) + _NUMBER_BYTES + ed25519.KEY_BYTES
_SIGNATURE_FILE_BYTES = len(_PLAIN) + _NUMBER_BYTES + ed25519.SIGNATURE_BYTES


class PublicKey(msgspec.Struct, frozen=True):
    """A public key.

    Attributes:
        key_id: the key number, 16 hexadecimal digits, in the order of the file's bytes.
        key: the Ed25519 key, 64 hexadecimal digits.
    """

    key_id: str
    key: str


class Trusted(msgspec.Struct, frozen=True):
    """minisign's trusted comment.

    Attributes:
        comment: its bytes.
        signature: the 64 bytes that sign it, together with the signature over the text.
    """

    comment: bytes
    signature: bytes


class Signature(msgspec.Struct, frozen=True):
    """A signature.

    Attributes:
        key_id: the key number that it names, 16 hexadecimal digits.
        prehashed: whether the text's BLAKE2b-512 hash is signed instead of the text.
        signature: the 64 bytes over the text.
        trusted: the trusted comment; None in signify's form.
        text: the text of the embedded form; None for a detached signature.
        fault: what is wrong with the rest of the file, so that the signature cannot be right; empty where nothing is.
    """

    key_id: str
    prehashed: bool
    signature: bytes
    trusted: Trusted | None = None
    text: bytes | None = None
    fault: str = ""


def is_ours(data: bytes) -> bool:
    """Tells whether a file begins like one of signify or minisign."""
    return data.startswith(UNTRUSTED)


def parse_public_key(data: bytes) -> PublicKey:
    """Returns the public key in a file.

    Raises:
        MalformedError: it is no such file, or its key would verify anything.
    """
    if len(data) > limits.SIGNIFY_FILE_BYTES:
        raise MalformedError(f"it is longer than {limits.SIGNIFY_FILE_BYTES:,} bytes", what="the key")
    raw, rest = _head(data)
    if rest:
        raise MalformedError("something follows after the key", what="the key", line=3)
    if len(raw) != _KEY_FILE_BYTES or not raw.startswith(_PLAIN):
        raise MalformedError(f"a key is {_KEY_FILE_BYTES} bytes that begin with Ed", what="the key", line=2)
    number, key = raw[2 : 2 + _NUMBER_BYTES], raw[2 + _NUMBER_BYTES :]
    ed25519.check_key(key)
    return PublicKey(number.hex(), key.hex())


def parse_signature(data: bytes) -> Signature:
    """Returns the signature in a file, with what is wrong after its second line, if anything is.

    So a file that names a key, and is not in the kind's form, can be told as that key's bad signature.

    Raises:
        MalformedError: the first two lines are no signature.
    """
    raw, rest = _head(data)
    algorithm = raw[:2]
    if len(raw) != _SIGNATURE_FILE_BYTES or algorithm not in (_PLAIN, _PREHASHED):
        rule = f"a signature is {_SIGNATURE_FILE_BYTES} bytes that begin with Ed or ED"
        raise MalformedError(rule, what="the signature", line=2)
    found = Signature(
        key_id=raw[2 : 2 + _NUMBER_BYTES].hex(),
        prehashed=algorithm == _PREHASHED,
        signature=raw[2 + _NUMBER_BYTES :],
    )
    if rest.startswith(TRUSTED):
        try:
            return msgspec.structs.replace(found, trusted=_parse_trusted(rest))
        except MalformedError as error:
            return msgspec.structs.replace(found, fault=str(error))
    if found.prehashed:
        return msgspec.structs.replace(found, fault="a signature over a hash needs a trusted comment")
    return msgspec.structs.replace(found, text=rest) if rest else found


def _parse_trusted(lines: bytes) -> Trusted:
    comment, signature, rest = _two_lines(lines, TRUSTED, first=3)
    if rest:
        raise MalformedError("something follows after it", what="the signature", line=5)
    if len(signature) != ed25519.SIGNATURE_BYTES:
        rule = f"the trusted comment's signature is {ed25519.SIGNATURE_BYTES} bytes"
        raise MalformedError(rule, what="the signature", line=4)
    return Trusted(comment, signature)


def _head(data: bytes) -> tuple[bytes, bytes]:
    """Returns the bytes in the second line, and what follows."""
    _, raw, rest = _two_lines(data, UNTRUSTED, first=1)
    return raw, rest


def _two_lines(data: bytes, begins: bytes, *, first: int) -> tuple[bytes, bytes, bytes]:
    """Returns the comment of one line, what the next one holds in base64, and what follows."""
    if not data.startswith(begins):
        raise MalformedError(f"it does not begin with {begins.decode().strip()!a}", what="the file", line=first)
    end = data.find(b"\n", 0, len(begins) + limits.SIGNIFY_COMMENT_BYTES + 1)
    if end < 0:
        rule = f"a comment is one line of at most {limits.SIGNIFY_COMMENT_BYTES:,} bytes"
        raise MalformedError(rule, what="the file", line=first)
    last = data.find(b"\n", end + 1, end + 1 + limits.SIGNIFY_FILE_BYTES)
    if last < 0:
        raise MalformedError("the line of base64 does not end", what="the file", line=first + 1)
    try:
        raw = decode_base64(data[end + 1 : last].decode("ascii"))
    except (UnicodeDecodeError, MalformedError) as error:
        raise MalformedError("this is not base64 in its one spelling", what="the file", line=first + 1) from error
    return data[len(begins) : end], raw, data[last + 1 :]
