"""Vectors of the layers below our texts: signed notes, checkpoints, and the arithmetic of schedules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from canary.core.log.checkpoint import Checkpoint
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import SignatureLine
from canary.core.signed.vkey import VKey
from canary.limits import CHECKPOINT_BYTES
from scripts.vectors_format import Vector
from tests.simulator import CANARY, private_key, public_key

TEXT = "If it is not signed, it is not said.\n"
REJECTED = "rejected"


def key(name: str) -> VKey:
    """Returns the key of that name."""
    return ed25519_vkey(name, public_key(name))


def line(name: str, text: str = TEXT) -> str:
    """Returns the signature line of that name over `text`."""
    return SignatureLine(name, key(name).key_id, private_key(name).sign(text.encode())).render() + "\n"


def note_vectors() -> Iterator[Vector]:
    """Returns the vectors of the note layer: keys known to the reader are `a` and `b`."""
    a, b, c = (line(name) for name in "abc")
    spoiled = a.replace(a[-10], "B" if a[-10] != "B" else "C")
    cases = (
        ("one", "one known key", f"{TEXT}\n{a}", "a"),
        ("two", "two known keys", f"{TEXT}\n{a}{b}", "a b"),
        ("unknown", "a line by an unknown key is ignored", f"{TEXT}\n{c}{a}", "a"),
        ("unknown-only", "a note that no known key signed", f"{TEXT}\n{c}", ""),
        ("bad", "a known key's bad signature rejects the note", f"{TEXT}\n{b}{spoiled}", REJECTED),
        ("repeated-bad", "what repeats a key is dropped unread", f"{TEXT}\n{a}{spoiled}", "a"),
        ("repeated-first-bad", "and the first is read", f"{TEXT}\n{spoiled}{a}", REJECTED),
        ("key-id", "a known name under another key id is an unknown key", f"{TEXT}\n{a}{_other_key()}", "a"),
        ("edited", "another text", f"{TEXT.replace('not', 'just')}\n{a}", REJECTED),
        ("last-blank-line", "the last blank line parts text and signatures", _inner_blank_line(), "a"),
        ("no-blank-line", "no blank line", f"{TEXT}{a}", REJECTED),
        ("no-signature", "no signature", f"{TEXT}\n", REJECTED),
        ("no-newline", "the last line ends in a newline", f"{TEXT}\n{a[:-1]}", REJECTED),
        ("trailing-blank-line", "a blank line behind the signatures", f"{TEXT}\n{a}\n", REJECTED),
        ("text-among-lines", "a line that is no signature", f"{TEXT}\n{a}text\n{b}", REJECTED),
        ("hyphen", "an em dash and no hyphen", f"{TEXT}\n{a}{b.replace('—', '-')}", REJECTED),
        (
            "no-break-space",
            "a name has no space of any kind",
            f"{TEXT}\n{a}" + b.replace(" b ", " b\u00a0c "),
            REJECTED,
        ),
        ("plus", "nor a plus", f"{TEXT}\n{a}{b.replace(' b ', ' b+c ')}", REJECTED),
        ("two-spaces", "one space stands before the base64", f"{TEXT}\n{a}{b.replace(' b ', ' b  ')}", REJECTED),
        ("no-padding", "base64 is padded", f"{TEXT}\n{a}{b.replace('=', '')}", REJECTED),
        ("stray-bits", "and has no stray bits", f"{TEXT}\n{a}— x AAAAAAB=\n", REJECTED),
        ("url-alphabet", "and is of the standard alphabet", f"{TEXT}\n{a}— x AAAAAA-_\n", REJECTED),
        ("key-id-only", "a signature is longer than its key id", f"{TEXT}\n{a}— x AAAAAA==\n", REJECTED),
        ("tab", "no control character but the newline", f"{TEXT.replace(' ', chr(9), 1)}\n{line('a')}", REJECTED),
        ("carriage-return", "U+000D neither", f"{TEXT}\n{a}".replace("\n", "\r\n"), REJECTED),
        ("next-line", "U+0085 ends no line, and is allowed here", *_with_character("\u0085")),
        ("line-separator", "nor does U+2028", *_with_character("\u2028")),
        ("byte-order-mark", "nor is U+FEFF taken away", *_with_character("\ufeff", front=True)),
        ("short-signature", "a known key's signature of another length is bad", f"{TEXT}\n{_short()}", REJECTED),
    )
    for name, about, note, result in cases:
        yield _note(name, about, note.encode(), result)
    yield _note("not-utf-8", "a note is UTF-8", f"{TEXT}\n{a}".encode().replace(b"not", b"\xff"), REJECTED)
    yield _many(100, "a")
    yield _many(101, REJECTED)


def checkpoint_vectors() -> Iterator[Vector]:
    """Returns the vectors of checkpoints, under the log key of the canary."""
    body = Checkpoint(CANARY, 2, bytes(32)).render().decode()
    root = body.split("\n")[2]
    cases = (
        ("signed", "a checkpoint", body, "signed"),
        ("extension", "further lines are signed and mean nothing here", f"{body}more\n", "signed"),
        ("empty-log", "a log of no entries", body.replace("\n2\n", "\n0\n"), "signed"),
        ("size-zeros", "a size has no leading zeros", body.replace("\n2\n", "\n02\n"), REJECTED),
        ("size-negative", "nor a sign", body.replace("\n2\n", "\n-2\n"), REJECTED),
        ("root-short", "a root has 32 bytes", body.replace(root, root[:40]), REJECTED),
        ("root-padding", "in canonical base64", body.replace(root, root[:-2] + "B="), REJECTED),
        ("two-lines", "a checkpoint has at least three lines", f"{CANARY}\n2\n", REJECTED),
        ("no-origin", "the origin is not empty", body.replace(CANARY, "", 1), REJECTED),
        ("empty-line", "no line is empty", f"{body}\nmore\n", REJECTED),
    )
    yield from _checkpoint_sizes(body)
    log = ed25519_vkey(CANARY, public_key("log"))
    for name, about, text, result in cases:
        signature = SignatureLine(log.name, log.key_id, private_key("log").sign(text.encode())).render()
        yield _checkpoint(name, about, f"{text}\n{signature}\n", result)
    stranger = ed25519_vkey(CANARY, public_key("stranger"))
    other = SignatureLine(stranger.name, stranger.key_id, private_key("stranger").sign(body.encode())).render()
    right = SignatureLine(log.name, log.key_id, private_key("log").sign(body.encode())).render()
    spoiled = SignatureLine(log.name, log.key_id, bytes(64)).render()
    yield _checkpoint("other-key", "another key of the log's name", f"{body}\n{other}\n", "unsigned")
    yield _checkpoint("bad-signature", "a bad signature of the log key", f"{body}\n{spoiled}\n", "unsigned")
    yield _checkpoint("cosigned", "lines by others, of any kind and name", f"{body}\n{_witness()}{right}\n", "signed")


def _checkpoint_sizes(body: str) -> Iterator[Vector]:
    """A checkpoint of the greatest size, filled with lines of a stranger, and one of a byte more."""
    log = ed25519_vkey(CANARY, public_key("log"))
    right = SignatureLine(log.name, log.key_id, private_key("log").sign(body.encode())).render()
    note = f"{body}\n{right}\n".encode()
    for name, size, result in (("largest", CHECKPOINT_BYTES, "signed"), ("too-large", CHECKPOINT_BYTES + 1, REJECTED)):
        frame = len("— x \n".encode())
        fill = size - len(note) - frame
        owner = "x" * (1 + fill % 4)
        made = _checkpoint(name, f"a checkpoint has at most 16,384 bytes, and this has {size:,}", "", result)
        blocks = (
            ("checkpoint", note + f"— {owner} ".encode(), 1),
            ("checkpoint", b"AAAA", fill // 4),
            ("checkpoint", b"\n", 1),
        )
        yield Vector(made.path, made.about, made.kind, made.fields, blocks)


def schedule_vectors() -> Iterator[Vector]:
    """Returns tables: for a schedule and a moment, the period, the next window and the expiry. Written by hand."""
    before = "none none none"
    yield _schedule(
        "quarters",
        "three months from the first of a month",
        ("2026-02-01", "3 months", "14 days", "14 days"),
        (
            ("2026-01-31T23:59:59Z", before),
            ("2026-02-01T00:00:00Z", "2026-02-01 2026-05-01/2026-05-14 2026-05-29T00:00:00Z"),
            ("2026-04-30T23:59:59Z", "2026-02-01 2026-05-01/2026-05-14 2026-05-29T00:00:00Z"),
            ("2026-11-03T14:30:00Z", "2026-11-01 2027-02-01/2027-02-14 2027-03-01T00:00:00Z"),
            ("2027-02-28T23:59:59Z", "2027-02-01 2027-05-01/2027-05-14 2027-05-29T00:00:00Z"),
        ),
    )
    yield _schedule(
        "month-ends",
        "months are counted from start, and clipped to the month's length each by itself",
        ("2027-12-31", "1 month", "7 days", "7 days"),
        (
            ("2028-01-30T12:00:00Z", "2027-12-31 2028-01-31/2028-02-06 2028-02-14T00:00:00Z"),
            ("2028-01-31T12:00:00Z", "2028-01-31 2028-02-29/2028-03-06 2028-03-14T00:00:00Z"),
            ("2028-02-28T12:00:00Z", "2028-01-31 2028-02-29/2028-03-06 2028-03-14T00:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-02-29 2028-03-31/2028-04-06 2028-04-14T00:00:00Z"),
            ("2028-03-30T12:00:00Z", "2028-02-29 2028-03-31/2028-04-06 2028-04-14T00:00:00Z"),
            ("2028-04-30T12:00:00Z", "2028-04-30 2028-05-31/2028-06-06 2028-06-14T00:00:00Z"),
            ("2029-02-28T12:00:00Z", "2029-02-28 2029-03-31/2029-04-06 2029-04-14T00:00:00Z"),
        ),
    )
    yield _schedule(
        "leap-day",
        "two years from a leap day",
        ("2024-02-29", "24 months", "30 days", "0 days"),
        (
            ("2026-02-27T12:00:00Z", "2024-02-29 2026-02-28/2026-03-29 2026-03-30T00:00:00Z"),
            ("2026-02-28T12:00:00Z", "2026-02-28 2028-02-29/2028-03-29 2028-03-30T00:00:00Z"),
        ),
    )
    yield _schedule(
        "weeks",
        "weeks run on, whatever the month",
        ("2026-12-29", "2 weeks", "3 days", "11 days"),
        (
            ("2026-12-28T23:59:59Z", before),
            ("2026-12-29T00:00:00Z", "2026-12-29 2027-01-12/2027-01-14 2027-01-26T00:00:00Z"),
            ("2027-01-11T23:59:59Z", "2026-12-29 2027-01-12/2027-01-14 2027-01-26T00:00:00Z"),
            ("2027-01-12T00:00:00Z", "2027-01-12 2027-01-26/2027-01-28 2027-02-09T00:00:00Z"),
        ),
    )
    yield _schedule(
        "one-day",
        "a window of one day, and no grace",
        ("2026-03-15", "1 week", "1 day", "0 days"),
        (("2026-03-20T00:00:00Z", "2026-03-15 2026-03-22/2026-03-22 2026-03-23T00:00:00Z"),),
    )
    yield _schedule(
        "too-long-later",
        "the shortest distance counts, though it comes after a leap year: from January 31 to February 28, 2025",
        ("2023-03-31", "1 month", "20 days", "9 days"),
        (),
        result="refused",
    )
    yield _schedule(
        "fits", "28 days between February 28 and March 28 or 31", ("2025-01-28", "1 month", "20 days", "8 days"), ()
    )
    for name, about, schedule in (
        ("too-long", "window and grace are longer than February", ("2025-01-28", "1 month", "20 days", "9 days")),
        (
            "too-long-clipped",
            "from January 31 to February 28 are 28 days",
            ("2025-01-31", "1 month", "20 days", "9 days"),
        ),
        ("too-long-weeks", "15 days in two weeks", ("2025-01-01", "2 weeks", "10 days", "5 days")),
        ("no-window", "a window has at least a day", ("2025-01-01", "2 weeks", "0 days", "5 days")),
    ):
        yield _schedule(name, about, schedule, (), result="refused")


def _note(name: str, about: str, note: bytes, result: str) -> Vector:
    keys = tuple(("key", key(each).render()) for each in "ab")
    expected = ("result", REJECTED) if result == REJECTED else ("verified", result or "nobody")
    return Vector(f"note/{name}", about, "note", (*keys, expected), (("note", note, 1),))


def _many(count: int, result: str) -> Vector:
    note = _note(f"lines-{count}", "a note has at most a hundred signature lines", b"", result)
    blocks = (("note", f"{TEXT}\n{line('a')}".encode(), 1), ("note", line("c").encode(), count - 1))
    return Vector(note.path, note.about, note.kind, note.fields, blocks)


def _other_key() -> str:
    return SignatureLine("b", key("c").key_id, bytes(64)).render() + "\n"


def _short() -> str:
    return SignatureLine("a", key("a").key_id, bytes(63)).render() + "\n"


def _inner_blank_line() -> str:
    text = f"One.\n\n{TEXT}"
    return f"{text}\n{line('a', text)}"


def _with_character(character: str, *, front: bool = False) -> tuple[str, str]:
    text = f"{character}One.\n" if front else f"One.{character}Two.\n"
    return f"{text}\n{line('a', text)}", "a"


def _witness() -> str:
    return SignatureLine("wítness.example/1", b"\1\2\3\4", b"".join(repeat(b"\7", 72))).render() + "\n"


def _checkpoint(name: str, about: str, note: str, result: str) -> Vector:
    fields = (("key", ed25519_vkey(CANARY, public_key("log")).render()), ("result", result))
    return Vector(f"checkpoint/{name}", about, "checkpoint", fields, (("checkpoint", note.encode(), 1),))


def _schedule(
    name: str,
    about: str,
    schedule: tuple[str, str, str, str],
    rows: tuple[tuple[str, str], ...],
    *,
    result: str = "valid",
) -> Vector:
    names = ("start", "cadence", "window", "grace")
    fields = [*zip(names, schedule, strict=True), ("result", result)]
    fields += [("issued", f"{issued} {dates}") for issued, dates in rows]
    return Vector(f"schedule/{name}", about, "schedule", tuple(fields))
