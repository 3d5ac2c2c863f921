"""The conventions that texts called canary.txt follow: what one says, so that whoever adds it is offered a profile.

- **OMG** (Onion Mirror Guidelines, dark.fail): the phrases "I am in control of my PGP key.", "I will update this canary
  within 14 days." and "Today is 2019-10-29", clearsigned.
- **Fields** (as security.txt has them, RFC 9116): a line `Issued: TIME` and a line `Expires: TIME`, each once.
- **Fugl**: a heading `# Metadata`, and after it a JSON object with `version`, `author`, `creation`, `expiry`, `nonce`,
  `promises` and `final`; what stands before it is for people. Nothing may stand after it.

What is recognised here has been signed by nobody until its format says so.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

import msgspec

from canary import limits
from canary.core.foreign.dates import read_date
from canary.core.foreign.words import normalised
from canary.errors import MalformedError
from canary.formats.foreign.strict_json import Json, parse_json

_IN_CONTROL = "i am in control of my pgp key"
_WITHIN = "i will update this canary within 14 days"
_TODAY = re.compile(r"\btoday is (?=[0-9]{4}-[0-9]{2}-[0-9]{2})", re.IGNORECASE)
_FIELD = re.compile(r"^(issued|expires):[ \t]{1,20}(.{1,100})$", re.IGNORECASE | re.MULTILINE)
_METADATA = re.compile(r"^# Metadata[ \t]{0,20}$", re.MULTILINE)
_FUGL_BYTES = 65_536


class Convention(StrEnum):
    """A convention."""

    OMG = "Onion Mirror Guidelines"
    FIELDS = "Issued and Expires fields"
    FUGL = "Fugl"

    @property
    def profile(self) -> str:
        """The name of the profile that ships for it."""
        return {Convention.OMG: "omg", Convention.FIELDS: "fields", Convention.FUGL: "fugl"}[self]


class Recognised(msgspec.Struct, frozen=True):
    """What a text says by its convention.

    Attributes:
        convention: which it follows.
        issued: when it says that it was issued (UTC; noon of a day without a time).
        expires: when it says that it ends (UTC); None where it names no moment.
        final: whether it says that no other one will follow.
    """

    convention: Convention
    issued: datetime
    expires: datetime | None = None
    final: bool = False


def recognise(text: str) -> Recognised | None:
    """Returns which convention a text follows; None where it follows none whole, or says a thing twice.

    Args:
        text: the text, with LF at the end of its lines; of a signed one what is signed.
    """
    if len(text) > limits.FOREIGN_TEXT_CHARACTERS:
        return None
    return _omg(text) or _fugl(text) or _fields(text)


def _omg(text: str) -> Recognised | None:
    words = normalised(text)
    lower = words.lower()
    today = _TODAY.search(words)
    day = read_date(words, today.end()) if today else None
    if day is None or _IN_CONTROL not in lower or _WITHIN not in lower:
        return None
    return Recognised(Convention.OMG, day[0].when())


def _fields(text: str) -> Recognised | None:
    found: dict[str, datetime] = {}
    for each in _FIELD.finditer(text):
        name, value = each[1].lower(), _when(each[2].strip())
        if name in found or value is None:
            return None
        found[name] = value
    if len(found) != len(("issued", "expires")) or found["expires"] <= found["issued"]:
        return None
    return Recognised(Convention.FIELDS, found["issued"], found["expires"])


def _fugl(text: str) -> Recognised | None:
    headings = list(_METADATA.finditer(text))
    if len(headings) != 1:
        return None
    try:
        found = parse_json(text[headings[0].end() :].encode(), what="the metadata", most=_FUGL_BYTES)
    except (MalformedError, UnicodeEncodeError):
        return None
    if not isinstance(found, dict) or found.get("version") != 0 or not isinstance(found.get("final"), bool):
        return None
    issued, expires = _time(found.get("creation")), _time(found.get("expiry"))
    if issued is None or expires is None or expires <= issued:
        return None
    return Recognised(Convention.FUGL, issued, expires, final=found["final"] is True)


def _time(value: Json) -> datetime | None:
    return _when(value) if isinstance(value, str) else None


def _when(text: str) -> datetime | None:
    """Returns the moment that a whole text spells."""
    words = normalised(text)
    found = read_date(words, 0)
    return found[0].when() if found and found[1] == len(words) else None
