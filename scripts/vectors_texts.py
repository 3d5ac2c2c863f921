"""Vectors of the grammars: rosters, releases, hints, whole entries. Each breaks one rule, or shows what is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from canary.limits import TEXT_BYTES
from scripts.vectors_edits import (
    HINT,
    MALFORMED,
    NEWER,
    RELEASE,
    ROSTER,
    Edit,
    openpgp_roster_text,
    release_text,
    roster_text,
)
from scripts.vectors_format import Vector
from scripts.vectors_releases import release_edits
from scripts.vectors_rosters import openpgp_roster_edits, roster_edits
from tests.simulator import CANARY, Publisher

_OFTEN = 3


def text_vectors() -> Iterator[Vector]:
    """Returns every vector of a text or an entry."""
    roster, release, openpgp = roster_text(), release_text(), openpgp_roster_text()
    for name, text, kind in (("roster", roster, ROSTER), ("release", release, RELEASE), ("openpgp", openpgp, ROSTER)):
        yield _text(f"text/{name}-whole", "every kind of line that there is", text, kind)
    for edit in roster_edits():
        yield _edited("roster", roster, edit)
    for edit in openpgp_roster_edits():
        yield _edited("roster-openpgp", openpgp, edit)
    for edit in release_edits():
        yield _edited("release", release, edit)
    for edit in _profile_edits():
        yield _edited("profile", release, edit)
    yield from _sizes(release)
    yield from _hints()
    yield from _entries()


def _text(path: str, about: str, text: str, result: str) -> Vector:
    return Vector(path, about, "text", (("result", result),), (("text", text.encode("utf-8", "surrogatepass"), 1),))


def _edited(group: str, text: str, edit: Edit) -> Vector:
    if text.count(edit.old) != 1:
        raise ValueError(f"{edit.name}: {edit.old!r} stands {text.count(edit.old)} times")
    return _text(f"text/{group}-{edit.name}", edit.about, text.replace(edit.old, edit.new), edit.result)


# --- the profile ----------------------------------------------------------------------------------------


def _profile_edits() -> Iterator[Edit]:
    yield Edit("no-newline", "the last line ends in a newline", "A second paragraph.\n", "A second paragraph.")
    yield Edit("trailing-blank", "no line ends in a blank", "A second paragraph.\n", "A second paragraph. \n")
    yield Edit(
        "carriage-return", "a line ends at U+000A and nowhere else", "A second paragraph.\n", "A second paragraph.\r\n"
    )
    yield Edit("tab", "a tab is a control character", "A second", "A\tsecond")
    yield Edit("delete", "so is U+007F", "A second", "A\u007fsecond")
    yield Edit("c1", "so is U+0085", "A second", "A\u0085second")
    yield Edit("line-separator", "U+2028 is no line end and is not allowed", "A second", "A\u2028second")
    yield Edit("no-break-space", "there is one space", "A second", "A\u00a0second")
    yield Edit("zero-width", "a format character is not allowed", "A second", "A\u200bsecond")
    yield Edit("right-to-left", "nor is one that turns the writing round", "A second", "A\u202esecond")
    yield Edit("soft-hyphen", "nor is U+00AD", "A second", "A\u00adsecond")
    yield Edit("variation-selector", "nor what fonts ignore by default", "A second", "A\ufe0fsecond")
    yield Edit("hangul-filler", "nor U+3164, which shows as nothing", "A second", "A\u3164second")
    yield Edit("braille-blank", "nor U+2800", "A second", "A\u2800second")
    yield Edit("private-use", "nor what is for private use", "A second", "A\ue000second")
    yield Edit("unassigned", "nor what Unicode 14 has not assigned", "A second", "A\U0001fae8second")
    yield Edit(
        "byte-order-mark",
        "no byte order mark stands in front",
        "warrant-canary/release/v1",
        "\ufeffwarrant-canary/release/v1",
    )
    yield Edit("decomposed", "a text is in Form C", "A second", "A se\u0301cond")
    yield Edit("composed", "a letter with its accent in one code point is", "A second", "A s\u00e9cond", RELEASE)
    yield Edit(
        "other-scripts", "every script that Unicode 14 has may be used", "A second", "Ⅷ 二 δεύτερη 🦀 second", RELEASE
    )
    yield Edit("surrogate", "half a surrogate pair is no UTF-8", "A second", "A\ud800second")


def _sizes(release: str) -> Iterator[Vector]:
    """A text of the greatest size, and one of a byte more."""
    head, tail = release.removesuffix("A second paragraph.\n").encode(), b"The end.\n"
    row = b"x" * 63 + b"\n"
    for name, size, result in (("largest", TEXT_BYTES, RELEASE), ("too-large", TEXT_BYTES + 1, MALFORMED)):
        rows, rest = divmod(size - len(head) - len(tail) - 2, len(row))
        blocks = (("text", head, 1), ("text", row, rows), ("text", b"y" * (rest + 1) + b"\n", 1), ("text", tail, 1))
        about = f"a text has at most {TEXT_BYTES:,} bytes, and this has {size:,}"
        yield Vector(f"text/profile-{name}", about, "text", (("result", result),), blocks)


def _hints() -> Iterator[Vector]:
    text = f"warrant-canary/hint/v1\ncanary: {CANARY}\nroster-1: sha256:{'0' * 64}\n"
    yield _text("text/hint-whole", "where a canary lies on its host", text, HINT)
    yield _text("text/hint-v2", "a hint of another version", text.replace("v1", "v2"), MALFORMED)
    yield _text("text/hint-more", "nothing follows", text + "\n", MALFORMED)
    for name, about, canary, result in (
        ("url", "a canary id has no scheme", f"https://{CANARY}", MALFORMED),
        ("host-alone", "a host alone is one", "example.net", HINT),
        ("host-upper-case", "a host is in lower case", "Example.net/canary", MALFORMED),
        ("path-upper-case", "a path need not be", "example.net/Canary_1~x.y", HINT),
        ("port", "an id has no port", "example.net:443/canary", MALFORMED),
        ("label-hyphen", "no label ends with a hyphen", "example-.net", MALFORMED),
        ("label-63", "a label has at most 63 characters", f"{'a' * 63}.net", HINT),
        ("label-64", "and not one more", f"{'a' * 64}.net", MALFORMED),
        ("dot-at-the-end", "no label is empty", "example.net.", MALFORMED),
        ("slash", "no segment is empty", f"{CANARY}/", MALFORMED),
        ("dot", "no segment is a dot alone", "example.net/./canary", MALFORMED),
        ("dots", "or two", "example.net/..", MALFORMED),
        ("three-dots", "three are a name", "example.net/...", HINT),
        ("percent", "no character is escaped", "example.net/%63anary", MALFORMED),
        ("128", "an id has at most 128 characters", "example.net/" + "c" * 116, HINT),
        ("129", "and not one more", "example.net/" + "c" * 117, MALFORMED),
    ):
        yield _text(f"text/hint-{name}", about, text.replace(CANARY, canary), result)


# --- entries --------------------------------------------------------------------------------------------


def _entries() -> Iterator[Vector]:
    sim = Publisher(("legal", "security"))
    entry = sim.roster()
    text, _, lines = entry.rpartition(b"\n\n")
    first, second = lines.splitlines(keepends=True)
    unknown = "— exämple.net/x AAAAAAA=\n".encode()
    cases = (
        ("signed", "a roster with two signatures", entry, ROSTER),
        ("unsigned", "an entry has at least one signature line", text + b"\n", MALFORMED),
        ("no-signature", "an entry whose signatures are gone", text + b"\n\n", MALFORMED),
        ("name-not-ascii", "a key's name is ASCII, an unknown one's too", entry + unknown, MALFORMED),
        ("blank-after", "nothing follows the signatures", entry + b"\n", MALFORMED),
        ("lines-100", "at most a hundred signature lines", text + b"\n\n" + first * 99 + second, ROSTER),
        ("lines-101", "and not one more", text + b"\n\n" + first * 100 + second, MALFORMED),
        ("crlf", "line ends of another kind", entry.replace(b"\n", b"\r\n"), MALFORMED),
        (
            "newer",
            "a newer format may have another profile, so its name is read first",
            b"warrant-canary/roster/v2\n\xff",
            NEWER,
        ),
    )
    for name, about, data, result in cases:
        yield Vector(f"entry/{name}", about, "entry", (("result", result),), _compact(data, first))
    yield from _entry_sizes(entry)


def _compact(data: bytes, line: bytes) -> tuple[tuple[str, bytes, int], ...]:
    """Returns the blocks of an entry, a line that stands many times written once."""
    times = data.count(line)
    if times < _OFTEN or line * times not in data:
        return (("entry", data, 1),)
    before, _, after = data.partition(line * times)
    return ("entry", before, 1), ("entry", line, times), ("entry", after, 1)


def _entry_sizes(entry: bytes) -> Iterator[Vector]:
    """An entry of the greatest size, filled with a stranger's signature, and one of a byte more."""
    for name, size, result in (("largest", 65_535, ROSTER), ("too-large", 65_536, MALFORMED)):
        line = "— {} {}\n"
        overhead = len(line.format("", "").encode())
        name_length = 10 + (size - len(entry) - overhead - 10) % 4
        encoded = size - len(entry) - overhead - name_length
        blocks = (
            ("entry", entry + f"— {'x' * name_length} ".encode(), 1),
            ("entry", b"AAAA", encoded // 4),
            ("entry", b"\n", 1),
        )
        yield Vector(
            f"entry/{name}",
            f"an entry has at most 65,535 bytes, and this has {size:,}",
            "entry",
            (("result", result),),
            blocks,
        )
