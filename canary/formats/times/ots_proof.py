"""OpenTimestamps proofs as bytes: read, begun, and added to. The one corner that knows the `opentimestamps` package.

A detached proof (`.ots`) is a magic number, the version 1, the digest that it is over, and a tree: its edges are
operations (append, prepend, hashes, hexadecimal) on the bytes at a node, its leaves attestations of what the operations
came to. The format has no specification but the package (`DetachedTimestampFile` in `opentimestamps.core.timestamp`).

The package knows operations and attestations; the limits are kept here, because its own do not suffice: a proof of
65,029 bytes made it take 280 MB and 12 seconds, a number of thousands of digits passes for a height, and one kind of
operation has it warn. What this module reads, the stock client reads; the reverse is almost true (`_Source`).
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from canary.core.dating.ots_calendars import Promise
from canary.core.text.strict import sha256
from canary.errors import CanaryError, MalformedError
from canary.limits import EVIDENCE_BYTES, MAX_NUMBER, OTS_ATTESTATIONS, OTS_DEPTH, OTS_STEPS

if TYPE_CHECKING:
    from opentimestamps.core.timestamp import Timestamp

INSTALL = "pip install 'warrant-canary[ots]'"
"""What installs the package."""

NONCE_BYTES = 16
"""As many as the stock client takes."""

_WHAT = "OpenTimestamps proof"
_MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
_VERSION = 0x01
_SHA256 = 0x08
_APPEND = 0xF0
_REVERSE = b"\xf2"
_HASHES = {b"\x02": "sha1", b"\x03": "ripemd160"}
"""Operations that rest on a hash which OpenSSL may be built or configured without."""

_DIGEST_BYTES = 32
_NOTARY_BYTES = 8
_MOST_HEIGHT = 10_000_000
_TOO_DEEP = f"it is nested deeper than the {OTS_DEPTH} operations that are read"


class OtsUnreadableError(CanaryError):
    """Whether the bytes are a proof cannot be said here: the package or a hash is missing, or the format is newer."""


class OtsNotInstalledError(OtsUnreadableError):
    """The package is missing, so no proof can be read here."""


class Notary(StrEnum):
    """Whose word an attestation is."""

    BITCOIN = "bitcoin"
    CALENDAR = "calendar"
    OTHER = "other"


class Attested(msgspec.Struct, frozen=True):
    """A leaf of a proof. It is the proof's own account: nothing of it was verified.

    Attributes:
        notary: whose word it is.
        message: what the operations came to, and the notary is said to have attested.
        name: the notary's name, for people.
        height: of the Bitcoin block; 0 for other notaries.
    """

    notary: Notary
    message: bytes
    name: str
    height: int = 0


def check_installed() -> None:
    """Checks that proofs can be read here at all.

    Raises:
        OtsNotInstalledError: the package is not installed.
    """
    _load()


def read_proof(data: bytes, entry_sha256: bytes) -> tuple[Attested, ...]:
    """Reads a detached proof.

    Args:
        data: its bytes.
        entry_sha256: what it has to be over, 32 bytes.

    Returns:
        Its leaves, one or more, in no order that means anything.

    Raises:
        MalformedError: it is no proof, or none over that digest, or larger than any honest one.
        OtsUnreadableError: it cannot be read here.
    """
    return _leaves(_read(data, entry_sha256))


def open_promises(data: bytes, entry_sha256: bytes) -> tuple[Promise, ...]:
    """Returns the promises of calendars that no Bitcoin block follows in the proof yet.

    Args:
        data: a detached proof.
        entry_sha256: what it has to be over, 32 bytes.

    Raises:
        MalformedError, OtsUnreadableError: see `read_proof`.
    """
    promises = []
    for node in _nodes(_read(data, entry_sha256)):
        here = [_attested(node, each) for each in node.attestations]
        promised = [each for each in here if each.notary is Notary.CALENDAR]
        if promised and not _reaches_a_block(node):
            promises += [Promise(each.name, node.msg) for each in promised]
    return tuple(sorted(set(promises), key=lambda each: (each.calendar, each.commitment)))


def commitment(entry_sha256: bytes, nonce: bytes) -> bytes:
    """Returns what calendars are asked to commit to, 32 bytes: they cannot tell from it which entry was stamped.

    Args:
        entry_sha256: 32 bytes.
        nonce: 16 random bytes.
    """
    return sha256(entry_sha256 + nonce)


def begin_proof(entry_sha256: bytes, nonce: bytes, answer: bytes) -> bytes:
    """Makes a detached proof from the first calendar's answer.

    Args:
        entry_sha256: 32 bytes.
        nonce: 16 random bytes.
        answer: what the calendar said to `commitment(entry_sha256, nonce)`.

    Returns:
        The bytes of a `.ots` file.

    Raises:
        MalformedError: the answer is none.
        OtsUnreadableError: it cannot be read here.
    """
    salted = bytes([_APPEND, len(nonce)]) + nonce + bytes([_SHA256])
    return _normal(_head(entry_sha256) + salted + answer, entry_sha256)


def add_answer(data: bytes, entry_sha256: bytes, committed: bytes, answer: bytes) -> bytes:
    """Adds what a calendar said to a proof.

    Args:
        data: a detached proof.
        entry_sha256: what it is over, 32 bytes.
        committed: what the calendar was asked for; a node of the proof.
        answer: what it said.

    Returns:
        The bytes of the fuller proof; all that was in it still is.

    Raises:
        MalformedError: the answer is none, or the proof would become larger than any honest one.
        OtsUnreadableError: it cannot be read here.
    """
    proof = _read(data, entry_sha256)
    added = _read_tree(_Source(answer), committed)
    places = [node for node in _nodes(proof) if node.msg == committed]
    if not places:
        raise MalformedError("it does not lead to what the calendar was asked for", what=_WHAT)
    try:
        # Into one only, or a proof that comes to the same bytes by many ways would grow by as much for each.
        next((place for place in places if not _reaches_a_block(place)), places[0]).merge(added)
        merged = _render(proof, entry_sha256)
    except RecursionError as error:
        raise MalformedError(_TOO_DEEP, what=_WHAT) from error
    return _normal(merged, entry_sha256)


def read_answer(answer: bytes, committed: bytes) -> tuple[Attested, ...]:
    """Reads what a calendar said.

    Args:
        answer: its bytes.
        committed: what the calendar was asked for.

    Returns:
        Its leaves; see `read_proof`.

    Raises:
        MalformedError, OtsUnreadableError: see `begin_proof`.
    """
    return _leaves(_read_tree(_Source(answer), committed))


# --- reading --------------------------------------------------------------------------------------------


class _Source:
    """What the package reads from: bytes, and a count of what was taken.

    It gives the two calls that `Timestamp.deserialize` makes. The package reads one byte for each operation, fork and
    attestation, and eight for the kind of an attestation, and nothing else by that call. Stricter than the package:
    numbers are in their shortest spelling, and an operation that it has announced to give up (`reverse`) is refused.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0
        self._steps = 0
        self._attestations = 0

    def read_bytes(self, length: int) -> bytes:
        """Returns the next bytes."""
        piece = self._take(length)
        self._steps += 1
        self._attestations += length == _NOTARY_BYTES
        if self._steps > OTS_STEPS or self._attestations > OTS_ATTESTATIONS:
            raise MalformedError("it has more operations or attestations than any honest proof", what=_WHAT)
        if piece == _REVERSE:
            raise MalformedError("it reverses bytes, which no calendar does", what=_WHAT)
        if piece in _HASHES:
            _check_hash(_HASHES[piece])
        return piece

    def read_varbytes(self, most: int, min_len: int = 0) -> bytes:
        """Returns the next bytes, after their number."""
        length = self._number()
        if not min_len <= length <= most:
            raise MalformedError(f"{length} bytes stand where {min_len} to {most} may", what=_WHAT)
        return self._take(length)

    def check_end(self, tree: Timestamp) -> None:
        """Checks that nothing is left, and that all that was read is in the tree.

        Of two operations that are the same at one node the package keeps the second, with what follows it.
        """
        if self._place != len(self._data):
            raise MalformedError("something follows its end", what=_WHAT)
        if sum(len(node.attestations) for node in _nodes(tree)) != self._attestations:
            raise MalformedError("an operation or attestation in it stands twice at one place", what=_WHAT)

    def _number(self) -> int:
        """Returns the next number, at most 16,383: two bytes, seven bits each, the low ones first (LEB128)."""
        low = self._take(1)[0]
        if low < 0x80:  # noqa: PLR2004  # the bit that says that another byte follows
            return low
        high = self._take(1)[0]
        if not 0 < high < 0x80:  # noqa: PLR2004  # likewise
            raise MalformedError("a length is too large, or not in its shortest spelling", what=_WHAT)
        return low & 0x7F | high << 7

    def _take(self, length: int) -> bytes:
        piece = self._data[self._place : self._place + length]
        if len(piece) != length:
            raise MalformedError("it ends too early", what=_WHAT)
        self._place += length
        return piece


def _read(data: bytes, entry_sha256: bytes) -> Timestamp:
    """Returns the tree of a detached proof over a digest."""
    _load()
    if len(data) > EVIDENCE_BYTES:
        raise MalformedError(f"it has more than {EVIDENCE_BYTES:,} bytes", what=_WHAT)
    version, kind = len(_MAGIC), len(_MAGIC) + 1
    over = slice(kind + 1, kind + 1 + _DIGEST_BYTES)
    if not data.startswith(_MAGIC) or len(data) <= over.stop:
        raise MalformedError("it is no OpenTimestamps proof", what=_WHAT)
    if data[version] != _VERSION:
        raise OtsUnreadableError("it is of a newer version of OpenTimestamps proofs than this program reads")
    if data[kind] != _SHA256:
        raise MalformedError("it is not over a SHA-256", what=_WHAT)
    if data[over] != entry_sha256:
        raise MalformedError("it is over something else than this entry", what=_WHAT)
    return _read_tree(_Source(data[over.stop :]), entry_sha256)


def _read_tree(source: _Source, message: bytes) -> Timestamp:
    """Returns the tree that begins at `message`, all of `source`."""
    package = _load()
    try:
        tree = package.Timestamp.deserialize(source, message, _recursion_limit=OTS_DEPTH)
    except package.opentimestamps.core.serialize.RecursionLimitError as error:
        raise MalformedError(_TOO_DEEP, what=_WHAT) from error
    except RecursionError as error:
        raise MalformedError(_TOO_DEEP, what=_WHAT) from error
    # ValueError: an operand that may not be, and numbers so long that Python refuses to put them in a message.
    except (package.opentimestamps.core.serialize.DeserializationError, ValueError) as error:
        raise MalformedError("an operation or attestation in it is none that there is", what=_WHAT) from error
    source.check_end(tree)
    for node in _nodes(tree):
        for each in node.attestations:
            _attested(node, each)
    return tree


@functools.cache
def _load() -> Any:  # noqa: ANN401  # the package ships no types
    """Returns the package's module of proofs.

    Raises:
        OtsNotInstalledError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            # The package is old; what Python says of that while it compiles it is nothing to its users.
            warnings.simplefilter("ignore")
            from opentimestamps.core import timestamp  # noqa: PLC0415
    except (ImportError, OSError) as error:  # OSError: a native part of what it needs cannot be loaded
        raise OtsNotInstalledError(
            "OpenTimestamps proofs cannot be read here, because the package opentimestamps is not installed",
            hint=f"Run: {INSTALL}",
        ) from error
    return timestamp


def _check_hash(name: str) -> None:
    """Raises OtsUnreadableError where OpenSSL has no such hash."""
    import hashlib  # noqa: PLC0415  # not at the start: see canary.core.text.strict.sha256

    try:
        hashlib.new(name, b"")
    except ValueError as error:
        raise OtsUnreadableError(f"it rests on {name}, a hash that OpenSSL does not have on this machine") from error


def _nodes(tree: Timestamp) -> Iterator[Timestamp]:
    """Yields every node of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.ops.values()


def _leaves(tree: Timestamp) -> tuple[Attested, ...]:
    return tuple(_attested(node, each) for node in _nodes(tree) for each in node.attestations)


def _reaches_a_block(tree: Timestamp) -> bool:
    return any(each.notary is Notary.BITCOIN for each in _leaves(tree))


def _attested(node: Timestamp, attestation: Any) -> Attested:  # noqa: ANN401  # the package ships no types
    """Returns an attestation in our own words; raises MalformedError for a height that no block has."""
    kind, message = type(attestation).__name__, bytes(node.msg)
    if kind == "PendingAttestation":
        return Attested(Notary.CALENDAR, message, attestation.uri)
    if kind == "UnknownAttestation":
        return Attested(Notary.OTHER, message, f"a notary that is not known here ({attestation.TAG.hex()})")
    most = _MOST_HEIGHT if kind == "BitcoinBlockHeaderAttestation" else MAX_NUMBER
    if attestation.height > most:
        raise MalformedError("it names a block of a height that no block has", what=_WHAT)
    if kind == "BitcoinBlockHeaderAttestation":
        return Attested(Notary.BITCOIN, message, f"Bitcoin block {attestation.height}", attestation.height)
    return Attested(Notary.OTHER, message, f"{kind.removesuffix('BlockHeaderAttestation')} block {attestation.height}")


# --- writing --------------------------------------------------------------------------------------------


def _normal(data: bytes, entry_sha256: bytes) -> bytes:
    """Returns a proof as the package writes it, having read back what is returned."""
    written = _render(_read(data, entry_sha256), entry_sha256)
    _read(written, entry_sha256)
    return written


def _render(proof: Timestamp, entry_sha256: bytes) -> bytes:
    target = _load().opentimestamps.core.serialize.BytesSerializationContext()
    proof.serialize(target)
    written: bytes = target.getbytes()
    return _head(entry_sha256) + written


def _head(entry_sha256: bytes) -> bytes:
    return _MAGIC + bytes([_VERSION, _SHA256]) + entry_sha256
