"""CanaryTail's JSON, version 0.1: one document, read strictly, with the text that stands for each field when signed.

    {
        "version": "0.1",
        "canary": {"domain": …, "min_signers": 1, "pubkeys": [{"role": …, "name": …, "key": …, "required": true}],
                   "panickey": …, "release": …, "expiry": …, "freshness": …, "codes": ["war", …], "mirrors": null},
        "signatures": {"<key>": {"domain": …, "min_signers": …, …}}
    }

Keys and signatures are base64. There are two layouts, and the one that a document has is the one it is read in:

- The newer one, as above. `pubkeys` is signed as Go's `%v` prints it: `[{ROLE NAME KEY true} {ROLE NAME KEY false}]`.
- The older one has `version` within `canary`, and `pubkeys` as a list of keys, signed as the keys with spaces between;
  all of them must sign. It may have `ipfs_hash` or `ipns_key`.

In both, a text is signed as it stands, a list of texts with spaces between them, a number in digits, and null as
nothing. A field's name is not signed with it. What is signed must be read in one way only, so these are malformed: a
code that is no word of letters, digits, `_` and `-`; a mirror with a space in it; a role or name with a brace; a
character in any text that is not printable, line ends among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

import msgspec

from canary import limits
from canary.core.text.strict import decode_base64
from canary.core.text.times import FIRST_YEAR, LAST_YEAR
from canary.errors import MalformedError
from canary.formats.foreign import ed25519
from canary.formats.foreign.strict_json import Json, parse_json

VERSION = "0.1"
WHAT = "the CanaryTail document"

_NEEDED = ("domain", "pubkeys", "panickey", "version", "release", "expiry", "freshness", "codes")
_OPTIONAL = ("min_signers", "mirrors", "ipfs_hash", "ipns_key")
_KNOWN = frozenset((*_NEEDED, *_OPTIONAL))
_TOP = ("version", "canary", "signatures")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
"""RFC 3339, section 5.6, as Go's time.RFC3339 reads it."""


class DocumentKey(msgspec.Struct, frozen=True):
    """A key that the document names.

    Attributes:
        name: whose it is; empty in the older layout.
        key: 64 hexadecimal digits.
        required: whether its signature is needed whatever the threshold.
    """

    name: str
    key: str
    required: bool


class Document(msgspec.Struct, frozen=True):
    """A document.

    Attributes:
        fields: each known field's name, and its value as it is signed, in the order of the document.
        keys: the keys that it names.
        threshold: how many of them must sign.
        panic_key: the panic key as it stands; may be empty, or no key.
        release: when it says that it was released (UTC).
        codes: its codes, in lower case.
        signatures: what stands for a signature, for each field, under each key (64 hexadecimal digits).
        unread: the names of what else is in it, which nobody signs.
        texts: every text in it outside of the signatures, for whoever looks for one.
    """

    fields: tuple[tuple[str, str], ...]
    keys: tuple[DocumentKey, ...]
    threshold: int
    panic_key: str
    release: datetime
    codes: tuple[str, ...]
    signatures: dict[str, dict[str, str]]
    unread: tuple[str, ...]
    texts: tuple[str, ...]

    def needs_signature(self, field: str) -> bool:
        """Tells whether nobody has signed the document without this field: only what may be left out needs none."""
        return field in (*_NEEDED, "min_signers") or bool(dict(self.fields)[field])

    def text(self) -> str:
        """Returns a line `name: value` for each field, with codes in lower case."""
        shown = dict(self.fields) | {"codes": " ".join(self.codes)}
        return "".join(f"{name}: {shown[name]}\n" for name, _ in self.fields)


def parse_document(data: bytes) -> Document:
    """Returns the document in some bytes.

    Raises:
        MalformedError: they hold none.
    """
    whole = _object(parse_json(data, what=WHAT, most=limits.CANARYTAIL_BYTES), "it")
    claims = _object(whole.get("canary"), "canary")
    if "version" in whole and "version" in claims:
        raise _fault("version stands in it twice")
    if "version" in whole:
        claims = {"version": whole["version"], **claims}
    if claims.get("version") != VERSION:
        raise _fault(f'its version is not "{VERSION}"')
    needed = (*_NEEDED, "min_signers") if "version" in whole else _NEEDED
    missing = [name for name in needed if name not in claims]
    if missing:
        raise _fault(f"it has no {missing[0]}")
    keys = _keys(claims["pubkeys"])
    codes = _codes(claims["codes"])
    _time(claims["expiry"], "expiry")
    return Document(
        fields=tuple((name, _signed_value(name, value)) for name, value in claims.items() if name in _KNOWN),
        keys=keys,
        threshold=_threshold(claims, keys),
        panic_key=_text(claims["panickey"], "panickey"),
        release=_time(claims["release"], "release"),
        codes=codes,
        signatures=_signatures(whole.get("signatures")),
        unread=tuple(name for name in (*whole, *claims) if name not in _KNOWN and name not in _TOP),
        texts=tuple(_texts([value for name, value in whole.items() if name != "signatures"])),
    )


def decode_key(text: str) -> bytes | None:
    """Returns the 32 bytes that a text spells in base64; None where it spells no key that may sign."""
    try:
        key = decode_base64(text)
        ed25519.check_key(key)
    except MalformedError:
        return None
    return key


def _fault(rule: str) -> MalformedError:
    return MalformedError(rule, what=WHAT)


def _object(value: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise _fault(f"{name} is not an object")
    return value


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str) or len(value) > limits.CANARYTAIL_CHARACTERS or not value.isprintable():
        raise _fault(f"{name} is not a line of at most {limits.CANARYTAIL_CHARACTERS:,} printable characters")
    return value


def _list(value: Json, name: str, most: int) -> list[Json]:
    if not isinstance(value, list) or len(value) > most:
        raise _fault(f"{name} is not a list of at most {most}")
    return value


def _time(value: Json, name: str) -> datetime:
    match = _TIME.fullmatch(_text(value, name))
    try:
        time = datetime.fromisoformat(match[1] + match[2]).astimezone(UTC) if match else None
    except (ValueError, OverflowError):
        time = None
    if time is None or not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise _fault(f"{name} is no time like 2026-11-03T14:30:00Z, as RFC 3339 writes it")
    return time


def _keys(value: Json) -> tuple[DocumentKey, ...]:
    found = [_key(each) for each in _list(value, "pubkeys", limits.CANARYTAIL_SIGNERS)]
    if not found or len({each.key for each in found}) != len(found):
        raise _fault("pubkeys names no key, or one of them twice")
    if isinstance(value, list) and len({type(each) for each in value}) != 1:
        raise _fault("pubkeys is half in the older layout and half in the newer one")
    return tuple(found)


def _key(value: Json) -> DocumentKey:
    entry: Mapping[str, Json] = {"key": value, "required": True} if isinstance(value, str) else _object(value, "a key")
    key = decode_key(_text(entry.get("key"), "a key"))
    required = entry.get("required")
    if key is None:
        raise _fault("a key in pubkeys is none, or one that would verify anything")
    if not isinstance(required, bool):
        raise _fault("required is not true or false")
    for name in ("role", "name"):
        if not {"{", "}"}.isdisjoint(_text(entry.get(name, ""), name)):
            raise _fault(f"a {name} has a brace in it, so that what is signed could be read in two ways")
    return DocumentKey(_text(entry.get("name", ""), "name"), key.hex(), required)


def _threshold(claims: Mapping[str, Json], keys: tuple[DocumentKey, ...]) -> int:
    value = claims.get("min_signers", len(keys))
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limits.CANARYTAIL_SIGNERS:
        raise _fault(f"min_signers is not a number from 0 to {limits.CANARYTAIL_SIGNERS}")
    return max(1, value)


def _codes(value: Json) -> tuple[str, ...]:
    found = [_text(each, "a code") for each in _list([] if value is None else value, "codes", limits.CANARYTAIL_CODES)]
    if not all(_CODE.fullmatch(each) for each in found):
        raise _fault("a code is not a word of letters, digits, _ and -")
    lower = tuple(each.lower() for each in found)
    if len(set(lower)) != len(lower):
        raise _fault("a code stands in it twice")
    return lower


def _signed_value(name: str, value: Json) -> str:
    """Returns the text that stands for a field when it is signed."""
    if name == "pubkeys" and isinstance(value, list) and isinstance(value[0], dict):
        return f"[{' '.join(_printed(_object(each, name)) for each in value)}]"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        if name in _NEEDED and name != "codes":
            raise _fault(f"{name} is null")
        return ""
    if isinstance(value, list):
        parts = [_text(each, name) for each in _list(value, name, limits.CANARYTAIL_CODES)]
        if any(not each or " " in each for each in parts):
            raise _fault(f"{name} holds a text with a space in it, so that what is signed could be read in two ways")
        return " ".join(parts)
    return _text(value, name)


def _printed(entry: Mapping[str, Json]) -> str:
    role, name, key = (_text(entry.get(each, ""), each) for each in ("role", "name", "key"))
    return f"{{{role} {name} {key} {'true' if entry.get('required') else 'false'}}}"


def _signatures(value: Json) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    sets = _object(value, "signatures")
    if len(sets) > limits.CANARYTAIL_SIGNERS:
        raise _fault(f"it is signed by more than {limits.CANARYTAIL_SIGNERS} keys")
    for name, fields in sets.items():
        key = decode_key(name)
        if key is None:
            raise _fault("signatures stand under what is no key")
        entries = _object(fields, "a set of signatures").items()
        found[key.hex()] = {field: each for field, each in entries if isinstance(each, str)}
    return found


def _texts(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)
        elif isinstance(value, dict):
            yield from _texts(value.values())


def spelled_bytes(texts: Iterable[str], lengths: Iterable[int], most: int) -> Iterator[bytes]:
    """Returns what texts spell in base64, if it has one of some lengths in bytes; the first ones alone."""
    wanted = {(length + 2) // 3 * 4 for length in lengths}
    for text in islice((each for each in texts if len(each) in wanted), most):
        try:
            yield decode_base64(text)
        except MalformedError:
            continue
