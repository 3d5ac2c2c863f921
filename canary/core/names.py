"""What a canary and its signers are called.

A **canary id** is a URL without its scheme: a host in lower case and any number of path segments,
`example.net/canary`. The canary lives at `https://<id>/`. At most 128 ASCII characters.

A **signer** is called `[a-z0-9]` and then up to 63 of `[a-z0-9-]`; it names files, so it is the same on every
file system. The **key name** of a signer is `<canary id>/<signer>`; that of the log is the canary id itself
(C2SP tlog-checkpoint: the origin is the log key's name). `log` is taken, and no signer's name.

A **statement id** is 1 to 64 of `[a-z0-9-]`; `announcements` is taken.
"""

from __future__ import annotations

import re

from canary.errors import MalformedError
from canary.limits import CANARY_ID_CHARACTERS

RESERVED_SIGNER = "log"
RESERVED_STATEMENT = "announcements"

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+"
_CANARY_ID = re.compile(rf"{_HOST}(?:/{_SEGMENT})*")
_SIGNER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_STATEMENT_ID = re.compile(r"[a-z0-9-]{1,64}")
_ATTACHMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_canary_id(text: str) -> str:
    """Returns `text` if it is a canary id.

    Raises:
        MalformedError: it is none.
    """
    if len(text) > CANARY_ID_CHARACTERS or not _CANARY_ID.fullmatch(text):
        raise MalformedError(f"a canary id is a URL without https://, like example.net/canary, not {text[:80]!a}")
    return text


def check_signer(text: str) -> str:
    """Returns `text` if it can name a signer.

    Raises:
        MalformedError: it cannot.
    """
    if not _SIGNER.fullmatch(text) or text == RESERVED_SIGNER:
        raise MalformedError(
            f"a signer's name is 1 to 64 of a-z, 0-9 and -, not starting with -, and not "
            f"{RESERVED_SIGNER!r}: {text[:80]!a}"
        )
    return text


def key_name(canary_id: str, signer: str) -> str:
    """Returns the name of a signer's key."""
    return f"{canary_id}/{signer}"


def signer_of(canary_id: str, name: str) -> str:
    """Returns the signer whose key is called `name`.

    Raises:
        MalformedError: the key is not named after this canary.
    """
    prefix = f"{canary_id}/"
    if not name.startswith(prefix):
        raise MalformedError(f"the key {name[:80]!a} is not named {prefix}NAME")
    return check_signer(name[len(prefix) :])


def check_statement_id(text: str) -> str:
    """Returns `text` if it is a statement's id.

    Raises:
        MalformedError: it is none.
    """
    if not _STATEMENT_ID.fullmatch(text) or text == RESERVED_STATEMENT:
        raise MalformedError(
            f"a statement's id is 1 to 64 of a-z, 0-9 and -, and not {RESERVED_STATEMENT!r}: {text[:80]!a}"
        )
    return text


def check_attachment_name(text: str) -> str:
    """Returns `text` if an attachment can be called that: a plain file name on every system.

    Raises:
        MalformedError: it cannot.
    """
    if not _ATTACHMENT.fullmatch(text):
        raise MalformedError(
            f"an attachment's name is 1 to 100 of A-Z, a-z, 0-9, '.', '_' and '-', starting with a letter "
            f"or digit: {text[:80]!a}"
        )
    return text
