"""State files that are missing, corrupt or another canary's; and clocks that moved back."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec

from canary.core.judging.findings import Code
from canary.limits import STATE_BYTES
from tests.badinput.fields import other_canary
from tests.badinput.log import again
from tests.badinput.row import FIRST, INVALID, UNKNOWN, Build, Given, Kept, Told, begun, given
from tests.simulator import noon

ANEW = "the state is damaged"


@dataclass(frozen=True)
class BadState:
    """A row about the file that `--state` names, while the canary is an honest one.

    Attributes:
        name: the case.
        spoil: changes the file, which holds the state of an honest look.
        words: what is told.
        arguments: further arguments.
        code: the finding that decides; None where the tool itself gives up.
    """

    name: str
    spoil: Callable[[Path], object]
    words: str
    arguments: tuple[str, ...] = ()
    code: Code | None = None


def honest() -> Given:
    """Returns an honest canary of two releases, and the state of somebody who saw the first."""
    sim = begun()
    sim.release()
    return given(sim)


def of_another_canary() -> Given:
    """Returns an honest canary, and the state of another one."""
    return replace(honest(), state=other_canary().watched(FIRST))


def back(delta: timedelta) -> Build:
    """Returns an honest canary, looked at that long before the last look."""

    def build() -> Given:
        sim = begun()
        return replace(given(sim, now=FIRST - delta))

    return build


def ahead() -> Given:
    """Returns an honest canary, and a state that was written by a clock years ahead."""
    found = honest()
    return replace(found, state=msgspec.structs.replace(found.state, high_water=noon("2035-01-01")))


def bytes_of(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Returns the spoiling of a file's bytes."""
    return lambda file: file.write_bytes(change(file.read_bytes()))


def field(name: str, value: object) -> Callable[[Path], object]:
    """Returns the spoiling of one field, in the spelling that a state has."""

    def spoil(file: Path) -> None:
        document = json.loads(file.read_bytes())
        document[name] = value
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")

    return spoil


def flipped(file: Path) -> None:
    """Changes one letter within the words of a stored entry, as a disk may."""
    document = json.loads(file.read_bytes())
    entry = base64.b64decode(document["entries"][1]["data"])
    document["entries"][1]["data"] = base64.b64encode(entry.replace(b"never handed", b"newer handed")).decode()
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def lost(name: str) -> Callable[[Path], object]:
    """Returns the spoiling that drops a field."""

    def spoil(file: Path) -> None:
        document = json.loads(file.read_bytes())
        del document[name]
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")

    return spoil


def entries(change: Callable[[list[object]], object]) -> Callable[[Path], object]:
    """Returns the spoiling of the list of entries."""

    def spoil(file: Path) -> None:
        document = json.loads(file.read_bytes())
        change(document["entries"])
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")

    return spoil


def instead(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Returns the spoiling that puts something that is no file in the file's place."""

    def spoil(file: Path) -> None:
        file.unlink()
        make(file)

    return spoil


def huge(file: Path) -> None:
    """Makes the file a gibibyte long, which takes no room on disk."""
    os.truncate(file, 1 << 30)


ROWS = (
    again(
        "another canary's state",
        of_another_canary,
        Told(Code.PIN_MISMATCH, INVALID, "roster 1, of example.net/canary, is sha256:", entry=1),
    ),
    again("a clock moved back", back(timedelta(minutes=11)), Told(Code.CLOCK_BACKWARDS, UNKNOWN, "2025-02-10")),
    again("a clock moved back by years", back(timedelta(days=7)), Told(Code.CLOCK_BACKWARDS, UNKNOWN, "2025-02-10")),
    again("a clock that was years ahead", ahead, Told(Code.CLOCK_BACKWARDS, UNKNOWN, "2035-01-01", kept=Kept.LOG)),
)

FILES = (
    BadState("missing", Path.unlink, "no pin was given, so anyone could have made this canary", code=Code.NO_PIN),
    BadState(
        "missing, with something to acknowledge",
        Path.unlink,
        "there is no state yet, so there is nothing to acknowledge",
        ("--ack",),
    ),
    BadState("missing, with a clock to trust", Path.unlink, "there is no state yet", ("--trust-clock",)),
    BadState(
        "another pin",
        lambda _: None,
        "the state is of the canary example.net/canary, pinned as sha256:",
        ("--pin", f"sha256:{'0' * 64}"),
    ),
    BadState("empty", bytes_of(lambda _: b""), ANEW),
    BadState("cut short", bytes_of(lambda data: data[:-100]), ANEW),
    BadState("one byte more", bytes_of(lambda data: data + b"\n"), ANEW),
    BadState("zeros", bytes_of(lambda data: bytes(len(data))), ANEW),
    BadState("not UTF-8", bytes_of(lambda data: data.replace(b"good", b"g\xffod", 1)), ANEW),
    BadState("CRLF", bytes_of(lambda data: data.replace(b"\n", b"\r\n")), ANEW),
    BadState("a byte order mark", bytes_of(lambda data: b"\xef\xbb\xbf" + data), ANEW),
    BadState("an error page", bytes_of(lambda _: b"<html></html>\n"), ANEW),
    BadState("another document", bytes_of(lambda _: b"{}\n"), ANEW),
    BadState("a list", bytes_of(lambda _: b"[]\n"), ANEW),
    BadState("a million brackets", bytes_of(lambda _: b"[" * 1_000_000), ANEW),
    BadState(
        "a million brackets in a field",
        bytes_of(lambda data: data.replace(b'"sticky": []', b'"sticky": ' + b"[" * 1_000_000)),
        ANEW,
    ),
    BadState("a million brackets in an unknown field", bytes_of(lambda _: b'{"x": ' + b"[" * 1_000_000), ANEW),
    BadState("another version", field("version", 2), "written by another version of canary"),
    BadState("an unknown field", field("note", "x"), ANEW),
    BadState("a missing field", lost("checkpoint"), ANEW),
    BadState(
        "a field twice",
        bytes_of(lambda data: data.replace(b'"first_use": false', b'"first_use": true, "first_use": false')),
        ANEW,
    ),
    BadState(
        "another order",
        bytes_of(lambda data: json.dumps(dict(reversed(json.loads(data).items())), indent=1).encode() + b"\n"),
        ANEW,
    ),
    BadState(
        "a number with a fraction",
        bytes_of(lambda data: data.replace(b'"acknowledged": 2', b'"acknowledged": 2.0')),
        ANEW,
    ),
    BadState("a number past 2^53", field("acknowledged", 2**53), ANEW),
    BadState(
        "a number of a thousand digits",
        bytes_of(lambda data: data.replace(b'"acknowledged": 2', b'"acknowledged": ' + b"2" * 1_000)),
        ANEW,
    ),
    BadState("a negative number", field("acknowledged", -1), ANEW),
    BadState("more acknowledged than there is", field("acknowledged", 3), ANEW),
    BadState("a time in another zone", field("high_water", "2025-02-10T12:00:00+01:00"), ANEW),
    BadState("a time in year 9999", field("high_water", "9999-12-31T23:59:59Z"), ANEW),
    BadState("a pin that is none", field("pin", "0" * 63), ANEW),
    BadState("another pin within", field("pin", "0" * 64), ANEW),
    BadState("another canary's name within", field("canary", "example.org/canary"), ANEW),
    BadState("an entity tag with a line end", field("etag", '"x"\r\nCookie: y'), ANEW),
    BadState("a checkpoint that is none", field("checkpoint", base64.b64encode(b"junk\n").decode()), ANEW),
    BadState("no checkpoint", field("checkpoint", ""), ANEW),
    BadState("one letter in a stored entry", flipped, ANEW),
    BadState("without entries", field("entries", []), ANEW),
    BadState("an entry lost", entries(lambda found: found.pop()), ANEW),
    BadState("an entry twice", entries(lambda found: found.append(found[-1])), ANEW),
    BadState("entries in the other order", entries(lambda found: found.reverse()), ANEW),
    BadState("a gibibyte", huge, f"has more than {STATE_BYTES:,} bytes"),
    BadState("a folder", instead(Path.mkdir), "and a state is a file"),
    BadState("a named pipe", instead(os.mkfifo), "is no regular file"),
    BadState("a link in a circle", instead(lambda file: file.symlink_to(file.name)), ""),
    BadState("a link to nothing", instead(lambda file: file.symlink_to("nothing")), ""),
)
