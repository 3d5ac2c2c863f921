"""Every Hypothesis strategy of the tests, and the profile that they run under.

A strategy named in the plural makes valid values, some of them rarely seen in life but all of them allowed.
`mutated` makes bytes that were valid a moment ago.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from canary.core.documents.hint import Hint
from canary.core.documents.release import Anchor, Attachment, Release, Statement
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.documents.schedule import MAX_MONTHS, MAX_WEEKS, Cadence, Schedule, Unit, Window
from canary.core.foreign.pinned import Format
from canary.core.judging.findings import Code, Finding
from canary.core.judging.verdict import EditionSubject, Subject, Verdict
from canary.core.log.checkpoint import Checkpoint
from canary.core.log.merkle import HASH_BYTES
from canary.core.signed.kinds import Kind, ed25519_vkey, openpgp_vkey
from canary.core.signed.note import Note, SignatureLine
from canary.core.signed.vkey import VKey
from canary.core.text.characters import allowed
from canary.core.text.codepoints import ALLOWED
from canary.core.text.names import RESERVED_SIGNER, RESERVED_STATEMENT, key_name
from canary.core.text.times import FIRST_YEAR, LAST_YEAR
from canary.limits import ATTACHMENT_BYTES, ATTACHMENTS, CANARY_ID_CHARACTERS, MAX_NUMBER
from tests.simulator import public_key

settings.register_profile("canary", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("canary")

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_KEYS = tuple(public_key(f"pool {n}") for n in range(12))
"""Keys to draw from: making one takes longer than everything else that a strategy does."""

# --- characters and lines -------------------------------------------------------------------------------

ascii_characters = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
characters = ascii_characters | st.sampled_from(ALLOWED).flatmap(lambda run: st.integers(*run)).map(chr)


def _is_line(line: str) -> bool:
    return not line.endswith(" ") and all(allowed(character) for character in line)


def lines(*, max_size: int = 30) -> st.SearchStrategy[str]:
    """Returns lines that keep the profile; may be empty."""
    raw = st.text(characters, max_size=max_size).map(lambda text: unicodedata.normalize("NFC", text).rstrip(" "))
    return raw.filter(_is_line)


word_lines = lines().filter(lambda line: line != "" and not line.startswith(("[", "— ")))
words = st.lists(st.lists(word_lines, min_size=1, max_size=3).map("\n".join), min_size=1, max_size=3).map("\n\n".join)
organisations = lines().filter(lambda line: line != "" and line == line.strip())
one_line_texts = lines().map(lambda line: (line + "\n").encode())

# --- names and keys -------------------------------------------------------------------------------------

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
path_segments = st.text(_LOWER + "ABCXYZ._~-", min_size=1, max_size=12).filter(lambda text: text not in (".", ".."))
canary_ids = st.builds(
    lambda host, path: "/".join([".".join(host), *path]),
    st.lists(labels, min_size=1, max_size=3),
    st.lists(path_segments, max_size=3),
).filter(lambda text: len(text) <= CANARY_ID_CHARACTERS)
signer_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(lambda name: name != RESERVED_SIGNER)
statement_ids = st.text(_LOWER + "-", min_size=1, max_size=20).filter(lambda name: name != RESERVED_STATEMENT)
key_names = st.text(characters.filter(lambda c: c != "+" and not c.isspace()), min_size=1, max_size=30)
vkeys = st.builds(VKey.make, key_names, st.binary(min_size=1, max_size=60))

numbers = st.integers(1, 20) | st.integers(1, MAX_NUMBER)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)

# --- times and schedules --------------------------------------------------------------------------------

dates = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
times = st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31, 23, 59, 59)).map(  # noqa: DTZ001  st adds UTC
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)
date_ranges = st.tuples(dates, dates).map(lambda days: (min(days), max(days)))
cadences = st.builds(Cadence, st.integers(1, MAX_MONTHS), st.just(Unit.MONTH)) | st.builds(
    Cadence, st.integers(1, MAX_WEEKS), st.just(Unit.WEEK)
)


@st.composite
def schedules(draw: st.DrawFn, *, starts: st.SearchStrategy[date] = dates) -> Schedule:
    """Returns schedules whose window and grace fit between two openings."""
    start, cadence = draw(starts), draw(cadences)
    shortest = Schedule(start, cadence, timedelta(days=1), timedelta(0)).shortest_distance().days
    window = draw(st.integers(1, min(shortest, 366)))
    grace = draw(st.integers(0, min(shortest - window, 366)))
    return Schedule(start, cadence, timedelta(days=window), timedelta(days=grace))


# --- the texts ------------------------------------------------------------------------------------------


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Returns rosters."""
    canary, entry = draw(canary_ids), draw(numbers)
    keys = iter(draw(st.permutations(_KEYS)))
    names = draw(st.lists(signer_names, min_size=1, max_size=5, unique=True))
    signers = tuple(draw(_signers(canary, name, key)) for name, key in zip(names, keys, strict=False))
    witnesses = tuple(
        ed25519_vkey(name, key)
        for name, key in zip(draw(st.lists(_witness_names, max_size=2, unique=True)), keys, strict=False)
    )
    return Roster(
        canary=canary,
        entry=entry,
        previous=None if entry == 1 else draw(hashes),
        number=draw(numbers),
        issued=draw(times),
        organisation=draw(organisations),
        threshold=draw(st.integers(1, len(signers))),
        signers=signers,
        log=ed25519_vkey(canary, next(keys)),
        schedule=draw(schedules()),
        anchor_age=draw(st.none() | st.integers(0, 366).map(lambda days: timedelta(days=days))),
        witnesses=witnesses,
        witness_quorum=draw(st.integers(0, len(witnesses))),
    )


_witness_names = signer_names.map(lambda name: f"witness.example/of/{name}")


@st.composite
def _signers(draw: st.DrawFn, canary: str, name: str, key: bytes) -> RosterSigner:
    if draw(st.booleans()):
        return RosterSigner(name, ed25519_vkey(key_name(canary, name), key), Kind.ED25519)
    vkey = openpgp_vkey(key_name(canary, name), key[:20])
    return RosterSigner(name, vkey, Kind.OPENPGP, draw(st.binary(min_size=1, max_size=60)))


statements = st.builds(Statement, statement_ids, numbers, words)
anchor_values = lines().filter(lambda line: line != "" and not line.startswith(" "))
anchors = st.builds(Anchor, st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True), anchor_values)
attachments = st.builds(
    Attachment,
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    hashes,
    st.integers(0, ATTACHMENT_BYTES),
)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """Returns releases, their dates unrelated to each other: the grammar does not know the schedule."""
    entry, final = draw(numbers), draw(st.booleans())
    return Release(
        canary=draw(canary_ids),
        entry=entry,
        previous=None if entry == 1 else draw(hashes),
        number=draw(numbers),
        period=draw(dates),
        issued=draw(times),
        next=None if final else Window(*draw(date_ranges)),
        expires=None if final else draw(times),
        statements=tuple(draw(st.lists(statements, min_size=1, max_size=4, unique_by=lambda each: each.id))),
        covers=draw(st.none() | date_ranges),
        anchors=tuple(draw(st.lists(anchors, max_size=2))),
        attachments=tuple(draw(st.lists(attachments, max_size=ATTACHMENTS, unique_by=lambda each: each.name.lower()))),
        announcements=draw(st.none() | words),
    )


# --- notes, checkpoints, hints --------------------------------------------------------------------------

signature_lines = st.builds(
    SignatureLine, key_names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
texts = st.lists(lines(), max_size=6).map(lambda several: ("\n".join(several) + "\n").encode())
notes = st.builds(Note, texts, st.lists(signature_lines, min_size=1, max_size=5).map(tuple))
checkpoints = st.builds(
    Checkpoint,
    lines().filter(bool),
    st.integers(0, MAX_NUMBER),
    st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES),
    st.lists(lines().filter(bool), max_size=3).map(tuple),
)
hints = st.builds(Hint, canary_ids, hashes)

# --- verdicts -------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  st adds UTC
findings = st.builds(
    Finding,
    st.sampled_from(Code),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    st.none() | numbers,
    st.booleans(),
    st.booleans(),
    st.none() | moments,
)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Returns what verdicts speak of, the last release of a canary among them."""
    final = draw(st.booleans())
    return Subject(
        release=draw(numbers),
        entry=draw(numbers),
        text_sha256=draw(hashes),
        period=draw(dates),
        issued=draw(times),
        next=None if final else draw(date_ranges),
        expires=None if final else draw(times),
        signers=tuple(draw(st.lists(signer_names, max_size=3))),
        threshold=draw(numbers),
        roster_signers=draw(numbers),
        statements=tuple(draw(st.lists(statement_ids, max_size=3))),
        claimed_times=tuple(draw(st.lists(st.tuples(signer_names, moments), max_size=2))),
    )


@st.composite
def edition_subjects(draw: st.DrawFn) -> EditionSubject:
    """Returns what verdicts on foreign canaries speak of."""
    promises = draw(st.booleans())
    names = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    return EditionSubject(
        name=draw(names),
        format=draw(st.sampled_from(Format)),
        text_sha256=draw(hashes),
        number=draw(st.none() | numbers),
        issued=draw(st.none() | times),
        next=draw(date_ranges) if promises else None,
        expires=draw(times) if promises else None,
        signers=tuple(draw(st.lists(names, max_size=3))),
        claimed_times=tuple(draw(st.lists(st.tuples(names, moments), max_size=2))),
        threshold=draw(st.integers(0, 3)),
        pinned_signers=draw(numbers),
        statements=tuple(draw(st.lists(st.tuples(names, names), max_size=3))),
    )


@st.composite
def _verdicts(draw: st.DrawFn) -> Verdict:
    """Returns verdicts of both kinds of canary."""
    kind = draw(st.sampled_from(["native", "foreign", "nothing"]))
    return Verdict(
        judged_at=draw(moments),
        findings=tuple(draw(st.lists(findings, max_size=4))),
        canary=draw(st.none() | statement_ids),
        organisation=draw(st.none() | st.text(characters, max_size=10)),
        fingerprint=draw(st.none() | hashes),
        pin=draw(st.none() | hashes),
        log_size=draw(numbers),
        subject=draw(subjects()) if kind == "native" else None,
        edition=draw(edition_subjects()) if kind == "foreign" else None,
        not_before=draw(st.none() | moments),
        not_after=draw(st.none() | moments),
    )


verdicts = _verdicts()

# --- bytes that were valid ------------------------------------------------------------------------------

_INSERTED = st.binary(min_size=1, max_size=4) | st.sampled_from(
    [
        *(b"\n", b"\n\n", b"\r\n", b" ", b"\t", b"\x00", b"0", b"-", b"+", b"=", b"[", b"]", b"v1", b": "),
        *("— ".encode(), "\u00a0".encode(), "\u2028".encode(), "\u200b".encode(), "e\u0301".encode(), "é".encode()),
        *("٣".encode(), b"\xed\xa0\x80", b"\xff", b"\nfinal: yes", b"\n\n[announcements]\nx", b"warrant-canary/"),
    ]
)


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[bytes]) -> bytes:
    """Returns valid bytes after one to three changes: of a byte, a stretch, a line or the order of lines."""
    data = draw(valid)
    for _ in range(draw(st.integers(1, 3))):
        data = draw(st.sampled_from((_byte, _stretch, _insertion, _line, _order)))(draw, data)
    return data


def _byte(draw: st.DrawFn, data: bytes) -> bytes:
    place = draw(st.integers(0, max(0, len(data) - 1)))
    return data[:place] + bytes([draw(st.integers(0, 255))]) + data[place + 1 :]


def _stretch(draw: st.DrawFn, data: bytes) -> bytes:
    first = draw(st.integers(0, len(data)))
    last = draw(st.integers(first, min(len(data), first + 20)))
    return data[:first] + data[first:last] * draw(st.sampled_from((0, 2))) + data[last:]


def _insertion(draw: st.DrawFn, data: bytes) -> bytes:
    place = draw(st.integers(0, len(data)))
    return data[:place] + draw(_INSERTED) + data[place:]


def _line(draw: st.DrawFn, data: bytes) -> bytes:
    parts = data.split(b"\n")
    place = draw(st.integers(0, len(parts) - 1))
    return b"\n".join(parts[:place] + parts[place : place + 1] * draw(st.sampled_from((0, 2))) + parts[place + 1 :])


def _order(draw: st.DrawFn, data: bytes) -> bytes:
    parts = data.split(b"\n")
    one, other = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
    parts[one], parts[other] = parts[other], parts[one]
    return b"\n".join(parts)
