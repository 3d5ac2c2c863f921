"""What a canary, its signers, its statements and its attachments are called. All of it is ASCII.

- A **canary id** is a URL without its scheme, at most 128 characters: a host, then any number of path segments, each
  behind a `/`. The host is one or more labels with dots between; a label is 1 to 63 of `a-z`, `0-9` and `-`, and
  neither begins nor ends with `-`. A segment is one or more of `A-Z`, `a-z`, `0-9`, `.`, `_`, `~` and `-`, and neither
  `.` nor `..` alone. There is no port and no slash at the end. The canary lives at `https://<canary id>/`.
- A **signer** is called by 1 to 64 of `a-z`, `0-9` and `-`, beginning with a letter or digit. `log` is taken.
- The **key name** of a signer is `<canary id>/<signer>`; that of the log's key is the canary id itself.
- A **statement id** is 1 to 64 of `a-z`, `0-9` and `-`; `announcements` is taken.
- An **attachment** is called by 1 to 100 of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`, beginning with a letter or digit.
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
