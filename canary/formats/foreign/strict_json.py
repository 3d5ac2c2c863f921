"""JSON from strangers (RFC 8259), strictly: what two programs could read in two ways is refused.

Refused are names that stand twice in one object, NaN and the infinities, whole numbers that not every reader holds
exactly, fractions and exponents, halves of surrogate pairs, a byte order mark, and more levels than a document needs.
Each is the one `MalformedError`, and none takes more than one pass over the bytes.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from canary import limits
from canary.errors import MalformedError

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_WHOLE_NUMBER_DIGITS = 17


def parse_json(data: bytes, *, what: str, most: int) -> Json:
    """Returns what a JSON text holds.

    Args:
        data: its bytes.
        what: what it is called in messages.
        most: the most bytes it may have.

    Raises:
        MalformedError: it is no such text.
    """
    if len(data) > most:
        raise MalformedError(f"it has more than {most:,} bytes", what=what)
    _check_depth(data, what)
    try:
        found: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_float=_refuse_fraction,
            parse_int=_whole_number,
        )
        # Half of a surrogate pair has no UTF-8, and programs read it in different ways.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except MalformedError as error:
        raise error.within(what) from error
    except UnicodeError as error:
        raise MalformedError("its text is not UTF-8", what=what) from error
    except (ValueError, RecursionError) as error:
        raise MalformedError("it is no JSON", what=what) from error
    return found


def _check_depth(data: bytes, what: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(data):
        first = data[token.start() : token.start() + 1]
        if first in b"[{":
            depth += 1
            if depth > limits.JSON_DEPTH:
                raise MalformedError(f"it has more than {limits.JSON_DEPTH} levels", what=what)
        elif first in b"]}":
            depth -= 1


def _without_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a name stands twice in one object")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedError("it holds NaN or Infinity, which JSON does not have")


def _refuse_fraction(_: str) -> NoReturn:
    raise MalformedError("it holds a number that is not whole, or has an exponent")


def _whole_number(digits: str) -> int:
    if len(digits) > _WHOLE_NUMBER_DIGITS or abs(int(digits)) > limits.MAX_NUMBER:
        raise MalformedError("it holds a number that not every reader holds exactly")
    return int(digits)
