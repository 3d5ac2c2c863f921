"""Logs that are smaller, forked or junk, and checkpoints that are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec

from canary.core.documents.layout import CHECKPOINT, attachment_path
from canary.core.judging.findings import Code
from canary.core.log.tiles import bundle_path
from canary.core.signed.note import parse_note
from canary.limits import CHECKPOINT_BYTES, ENTRY_BYTES
from tests.badinput.notes import PAGE
from tests.badinput.row import (
    INVALID,
    SECOND,
    UNKNOWN,
    UNREACHABLE,
    Build,
    Given,
    Kept,
    Row,
    Told,
    begun,
    given,
    line_in,
    malformed,
    row,
    serving,
)
from tests.simulator import MemorySource, Publisher, noon, with_stranger

BUNDLE = bundle_path(0, 3)
REPORT = attachment_path(2, "report.pdf")


def shown(change: Callable[[Publisher, MemorySource], object]) -> Build:
    """Returns an honest canary of two releases whose site is then changed."""

    def build() -> Given:
        sim = begun()
        sim.release()
        site = sim.site()
        change(sim, site)
        return given(sim, site=site)

    return build


def checkpoint(**changes: object) -> Build:
    """Returns an honest canary of two releases with another checkpoint over it."""
    return shown(lambda sim, site: site.files.__setitem__(CHECKPOINT, sim.checkpoint(**changes)))  # type: ignore[arg-type]  # rows name them


def line_of_checkpoint(number: int, new: str) -> Build:
    """Returns an honest canary with another line in its checkpoint."""

    def change(data: bytes) -> bytes:
        lines = data.decode().split("\n")
        lines[number - 1] = new
        return "\n".join(lines).encode()

    return serving(CHECKPOINT, change)


def strangers(data: bytes) -> bytes:
    """Gives a note a hundred and one signature lines."""
    note = parse_note(data)
    more = tuple(msgspec.structs.replace(note.signatures[0], name=f"stranger-{i}") for i in range(100))
    return msgspec.structs.replace(note, signatures=(*note.signatures, *more)).render()


def junk(name: str, build: Build, code: Code, words: str) -> Row:
    """Returns the row of what may be a host's junk: nothing is known of the canary, and nothing is an alarm."""
    line = line_in(words)
    first = Told(Code.NEVER_FETCHED, UNKNOWN, words, line=line)
    return Row(name, build, first, Told(code, UNREACHABLE, words, line=line))


def no_checkpoint(name: str, build: Build, words: str) -> Row:
    """Returns the row of a body that is no checkpoint."""
    return junk(name, build, Code.NOT_A_CANARY, words)


def half(name: str, build: Build, words: str) -> Row:
    """Returns the row of a site that may be between two uploads."""
    return junk(name, build, Code.INCONSISTENT, words)


def again(name: str, build: Build, told: Told) -> Row:
    """Returns the row of what only somebody who was there before can find."""
    return Row(name, build, None, told)


def junk_leaf() -> Given:
    """Appends junk to the log, with a checkpoint that the log key signed over it."""
    sim = begun()
    sim.append_raw(b"\x00" * 33)
    return given(sim)


def smaller(*, since: timedelta | None = None) -> Build:
    """Returns a canary that shows an older copy to somebody who has seen more, maybe for some time."""

    def build() -> Given:
        sim = begun()
        sim.release()
        state = sim.watched(SECOND)
        if since is not None:
            state = msgspec.structs.replace(state, stale_since=SECOND - since)
        return replace(given(sim, site=sim.site(2)), state=state)

    return build


def forked(**changes: object) -> Build:
    """Returns a canary that shows another release 1 than the one that was seen."""

    def build() -> Given:
        sim = begun()
        other = sim.fork_at(1)
        other.release(**changes)  # type: ignore[arg-type]  # rows name them
        return replace(given(other, honest=1), state=sim.watched(noon("2025-02-10")), now=noon("2025-02-11"))

    return build


def forked_and_smaller() -> Given:
    """Shows a shorter log that is no beginning of the one that was seen."""
    sim = begun()
    sim.release()
    other = sim.fork_at(1)
    other.release(without=["gag"])
    return replace(given(other, honest=1), state=sim.watched(SECOND))


def two_roots() -> Given:
    """Shows the entries that were seen under another root."""
    sim = begun()
    site = sim.site()
    site.files[CHECKPOINT] = sim.checkpoint(root=bytes(32))
    return given(sim, site=site)


ROOT = "what is served is not what was published: its entries do not hash to the root that the log key signed"
NO_ROOT = "its entries do not hash to the root in its checkpoint; the site may be between two uploads"
UNSIGNED = Told(Code.CHECKPOINT_UNSIGNED, INVALID, "the checkpoint is not signed by the log key of the newest roster")
MISMATCH = Told(Code.ROOT_MISMATCH, INVALID, ROOT)

ROWS = (
    # a body that is no checkpoint
    no_checkpoint("an error page for the checkpoint", serving(CHECKPOINT, lambda _: PAGE), "no blank line parts"),
    no_checkpoint(
        "an empty checkpoint", serving(CHECKPOINT, lambda _: b""), "checkpoint, line 1: the last line does not end"
    ),
    no_checkpoint(
        "a release for the checkpoint",
        shown(lambda sim, site: site.files.__setitem__(CHECKPOINT, sim.entries[1])),
        "checkpoint: an extension line is empty",
    ),
    no_checkpoint(
        "a checkpoint that is not UTF-8",
        serving(CHECKPOINT, lambda data: b"\xff" + data),
        "checkpoint, line 1: not UTF-8",
    ),
    no_checkpoint(
        "a checkpoint with CRLF",
        serving(CHECKPOINT, lambda data: data.replace(b"\n", b"\r\n")),
        "checkpoint, line 1: the control character U+000D",
    ),
    no_checkpoint(
        "a checkpoint cut short",
        serving(CHECKPOINT, lambda data: data[:40]),
        "checkpoint, line 3: the last line does not end",
    ),
    no_checkpoint(
        "a checkpoint without signatures",
        serving(CHECKPOINT, lambda data: data.partition(b"\n\n")[0] + b"\n\n"),
        "checkpoint, line 5: no signature stands after the last blank line",
    ),
    no_checkpoint(
        "a checkpoint with a hundred and one signatures",
        serving(CHECKPOINT, strangers),
        "checkpoint, line 105: more than 100 signature lines",
    ),
    no_checkpoint(
        "a size with a leading zero",
        line_of_checkpoint(2, "03"),
        "checkpoint, line 2: a number is written in plain digits without leading zeros",
    ),
    no_checkpoint("a size below zero", line_of_checkpoint(2, "-3"), "checkpoint, line 2: a number is written"),
    no_checkpoint(
        "a size of 2^53", line_of_checkpoint(2, str(2**53)), "checkpoint, line 2: 9007199254740992 lies outside"
    ),
    no_checkpoint(
        "a size of more entries than are read",
        line_of_checkpoint(2, "16385"),
        "it counts 16,385 entries; at most 16,384 are read",
    ),
    no_checkpoint(
        "a root of 31 bytes", line_of_checkpoint(3, "A" * 40 + "AA=="), "checkpoint, line 3: a root hash has 32 bytes"
    ),
    no_checkpoint(
        "a root that is no base64", line_of_checkpoint(3, "!"), "checkpoint, line 3: this is not standard base64"
    ),
    no_checkpoint(
        "a checkpoint without an origin", line_of_checkpoint(1, ""), "checkpoint, line 1: the origin is empty"
    ),
    Row(
        "a checkpoint of one byte too many",
        serving(CHECKPOINT, lambda data: data.ljust(CHECKPOINT_BYTES + 1, b"\n")),
        Told(Code.NEVER_FETCHED, UNKNOWN, f"is larger than the {CHECKPOINT_BYTES} bytes it may have"),
        Told(Code.UNREACHABLE, UNREACHABLE, f"is larger than the {CHECKPOINT_BYTES} bytes it may have"),
    ),
    # a checkpoint that is not over this log
    row("a wrong root", checkpoint(root=bytes(32)), MISMATCH),
    half("a wrong root that nobody signed", checkpoint(root=bytes(32), signed_by="stranger"), NO_ROOT),
    row("a checkpoint signed by a stranger", checkpoint(signed_by="stranger"), UNSIGNED),
    row("a checkpoint with a bad signature", serving(CHECKPOINT, lambda data: data[:-8] + b"AAAAA==\n"), UNSIGNED),
    row(
        "a checkpoint of another canary",
        checkpoint(origin="example.org/canary"),
        Told(
            Code.OTHER_CANARY,
            INVALID,
            "the checkpoint is of 'example.org/canary', not of example.net/canary",
            kept=Kept.BOTH,
        ),
    ),
    half("a checkpoint of no entries", checkpoint(size=0), "its log is empty"),
    half(
        "a checkpoint of more entries than there are",
        line_of_checkpoint(2, "4"),
        "has a checkpoint and no tile/entries/000.p/4",
    ),
    # leaves and bundles
    row("a junk leaf", junk_leaf, malformed("the control character U+0000", line=1)),
    half(
        "a short tile of entries",
        serving(BUNDLE, lambda data: data[:-1]),
        "serves no entries as tile/entries/000.p/3: it ends within entry 3 of 3",
    ),
    half(
        "a tile of entries cut within a length",
        serving(BUNDLE, lambda data: data[:1]),
        "serves no entries as tile/entries/000.p/3: it ends within entry 1 of 3",
    ),
    half(
        "an empty tile of entries",
        serving(BUNDLE, lambda _: b""),
        "serves no entries as tile/entries/000.p/3: it ends within entry 1 of 3",
    ),
    half(
        "a long tile of entries",
        serving(BUNDLE, lambda data: data + b"\x00\x01x"),
        "serves no entries as tile/entries/000.p/3: bytes are left over after 3 entries",
    ),
    half(
        "a bundle with trailing bytes",
        serving(BUNDLE, lambda data: data + b"\x00"),
        "serves no entries as tile/entries/000.p/3: bytes are left over after 3 entries",
    ),
    half(
        "an error page for a bundle",
        serving(BUNDLE, lambda _: PAGE),
        "serves no entries as tile/entries/000.p/3: it ends within entry 1 of 3",
    ),
    half("no bundle", shown(lambda _, site: site.files.pop(BUNDLE)), "has a checkpoint and no tile/entries/000.p/3"),
    Row(
        "a bundle of more bytes than its entries can have",
        serving(BUNDLE, lambda data: data.ljust(3 * (ENTRY_BYTES + 2) + 1, b"\n")),
        Told(Code.NEVER_FETCHED, UNKNOWN, "is larger than the 196611 bytes it may have"),
        Told(Code.UNREACHABLE, UNREACHABLE, "is larger than the 196611 bytes it may have"),
    ),
    row(
        "a bundle with a changed word",
        serving(BUNDLE, lambda data: data.replace(b"never handed", b"hardly fell.")),
        MISMATCH,
    ),
    # against what was seen before
    again(
        "a log smaller than before",
        smaller(),
        Told(
            Code.STALE_COPY, UNREACHABLE, "an older copy is served: 2 entries, and 3 were there before", kept=Kept.SINCE
        ),
    ),
    again(
        "a log smaller than before for a day",
        smaller(since=timedelta(days=1)),
        Told(
            Code.ROLLBACK,
            INVALID,
            "an older copy is served: 2 entries, and 3 were there before; it has been so since 2025-05-09 12:00 UTC",
            kept=Kept.SINCE,
        ),
    ),
    again(
        "a log forked by the quorum",
        forked(without=["gag"]),
        Told(
            Code.TEXT_FORK,
            INVALID,
            "two different texts of entry 2 (release 1) carry enough signatures",
            entry=2,
            kept=Kept.PROOF,
        ),
    ),
    again(
        "a log forked by the log key alone",
        forked(signed_by=["legal", "security"]),
        Told(
            Code.LOG_FORK,
            INVALID,
            "the log key signed two logs that differ from entry 2 (release 1) on",
            entry=2,
            kept=Kept.PROOF,
        ),
    ),
    again(
        "a log forked by the log key, with one more signature",
        forked(tamper=with_stranger()),
        Told(Code.LOG_FORK, INVALID, "the log key signed two logs that differ from entry 2", entry=2, kept=Kept.PROOF),
    ),
    again(
        "a log forked and smaller",
        forked_and_smaller,
        Told(
            Code.TEXT_FORK,
            INVALID,
            "two different texts of entry 2 (release 1) carry enough signatures",
            entry=2,
            kept=Kept.PROOF,
        ),
    ),
    Row(
        "two roots over one log",
        two_roots,
        MISMATCH,
        Told(
            Code.LOG_FORK,
            INVALID,
            "the log key signed two roots over the first 2 entries",
            also=(Code.ROOT_MISMATCH,),
            kept=Kept.PROOF,
        ),
    ),
)

HARMLESS: dict[str, Build] = {
    "a short tile of hashes": serving("tile/0/000.p/3", lambda data: data[:-1]),
    "a long tile of hashes": serving("tile/0/000.p/3", lambda data: data + b"\x00"),
    "a tile of other hashes": serving("tile/0/000.p/3", lambda data: bytes(len(data))),
    "no tile of hashes": shown(lambda _, site: site.files.pop("tile/0/000.p/3")),
    "an older bundle that is junk": serving(bundle_path(0, 1), lambda _: PAGE),
}
"""What a watcher who fetches every entry never asks for: the root is made from the entries themselves."""
