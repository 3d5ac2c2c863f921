"""Releases: one signed edition of the statements.

This is the specification of `warrant-canary/release/v1`. A release is the text of a signed note in our profile
(`canary.core.signed.profile`): header lines `name: value` in this order and no other, then sections.

    warrant-canary/release/v1
    canary: example.net/canary
    entry: 2
    previous: sha256:deb02cfcef0879f425ba04d8b2f1589beb544901b5144bf87002340bd71e9aca
    release: 1
    period: 2026-09-01
    covers: 2026-04-01/2026-06-30
    issued: 2026-09-02T14:30:00Z
    next: 2026-12-01/2026-12-14
    expires: 2026-12-29T00:00:00Z
    anchor: drand-quicknet 31799517 b7a6d29a93f17085866bf67bed95be9c3b46fd74e7cab12bbf91340f27d99ecc83bc5d46ff4b2b4c6f28aa975bf69fcc
    attachment: report.pdf sha256:6c1dce1fe955d14aa9b858068def48fe10dc0d4fbec4d8adc3bb859c045c52c6 27

    [encryption-keys v2]
    Example Networks has never handed its encryption or authentication keys, or its
    customers' keys, to anyone.

    [network-taps v1]
    Nobody but Example Networks has ever installed equipment in its network.

    [announcements]
    Free text, optional, last, and not a statement.

    A blank line parts two paragraphs.

- `canary`, `entry`, `previous` and `issued` are as in a roster. `release` counts the releases from 1.
- `period` is a date, `next` a range of days, `expires` a time. They follow from `issued` and the roster's schedule
  (`canary.core.documents.schedule`); whoever reads the text alone takes any, and whoever has the roster computes them anew.
- `covers` (may be left out) is the range of days that an attached report covers.
- The last release of a canary has the line `final: yes` in the place of `next` and `expires`.
- `anchor` (at most 10): a kind of 1 to 32 of `a-z`, `0-9` and `-`, one space, and what that kind says, 1 to 1,000
  characters. Which kinds prove anything is not this layer's matter.
- `attachment` (at most 10): a name (`canary.core.text.names`), its SHA-256 as a hash, and its size in bytes, at most 33,554,432
  (32 MiB), with a space between. No two names are the same when capitals are ignored.
- Then one or more sections. A blank line, a title line, and the words. The title is `[id vN]`: a statement id, a space,
  `v` and the version, a number from 1. No id stands twice. The last section may be `[announcements]`, which is no
  statement and does not stand alone.
- The words are all lines up to the end of the text, or to a blank line behind which a line begins with `[`. There is at
  least one line, the first and the last are not blank, and no two blank lines follow each other: a blank line parts
  two paragraphs. No line of words begins with `[`, or with an em dash (U+2014) and a space. The words of a statement
  are these lines with a newline between, and are compared byte for byte.
"""  # noqa: E501  an anchor stands on one line

from __future__ import annotations

import re
from datetime import date, datetime

import msgspec

from canary.core.documents.roster import parse_previous, render_previous
from canary.core.documents.schedule import Window
from canary.core.signed.note import SIGNATURE_PREFIX
from canary.core.text.fields import FieldReader
from canary.core.text.names import RESERVED_STATEMENT, check_attachment_name, check_canary_id, check_statement_id
from canary.core.text.strict import hash_field, parse_hash, parse_number
from canary.core.text.times import format_date_range, format_time, parse_date, parse_date_range, parse_time
from canary.errors import MalformedError
from canary.limits import ANCHOR_CHARACTERS, ANCHORS, ATTACHMENT_BYTES, ATTACHMENTS

HEADER = "warrant-canary/release/v1"
_ANNOUNCEMENTS = f"[{RESERVED_STATEMENT}]"
_STATEMENT = re.compile(r"\[([^ ]+) v([0-9]+)\]")
_ANCHOR_KIND = re.compile(r"[a-z0-9-]{1,32}")
_ATTACHMENT_PARTS = 3


class Statement(msgspec.Struct, frozen=True):
    """One sentence (or a few) that can be affirmed.

    Attributes:
        id: what the statement is called for ever.
        version: counts its wordings from 1.
        words: the wording: lines parted by newlines, none at the end.
    """

    id: str
    version: int
    words: str

    @property
    def label(self) -> str:
        """The statement as it is named to people and on the command line, `encryption-keys@v2`."""
        return f"{self.id}@v{self.version}"


class Anchor(msgspec.Struct, frozen=True):
    """A public value that did not exist before some moment: its kind, and what that kind says."""

    kind: str
    value: str


class Attachment(msgspec.Struct, frozen=True):
    """A file published beside the release.

    Attributes:
        name: a plain file name.
        sha256: 64 lower-case hexadecimal digits.
        size: bytes.
    """

    name: str
    sha256: str
    size: int


class Release(msgspec.Struct, frozen=True):
    """A release's text, parsed. `next` and `expires` are None in a final release, and only there."""

    canary: str
    entry: int
    previous: str | None
    number: int
    period: date
    issued: datetime
    next: Window | None
    expires: datetime | None
    statements: tuple[Statement, ...]
    covers: tuple[date, date] | None = None
    anchors: tuple[Anchor, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    announcements: str | None = None

    @property
    def final(self) -> bool:
        """Whether this is the last release of its canary."""
        return self.next is None

    def statement(self, statement_id: str) -> Statement | None:
        """Returns the statement of that id, if this release has it."""
        return next((each for each in self.statements if each.id == statement_id), None)

    def render(self) -> bytes:
        """Returns the text's bytes."""
        header = [
            HEADER,
            f"canary: {self.canary}",
            f"entry: {self.entry}",
            f"previous: {render_previous(self.previous)}",
            f"release: {self.number}",
            f"period: {self.period.isoformat()}",
            *([f"covers: {format_date_range(self.covers)}"] if self.covers else []),
            f"issued: {format_time(self.issued)}",
            *self._time_lines(),
            *(f"anchor: {anchor.kind} {anchor.value}" for anchor in self.anchors),
            *(f"attachment: {each.name} {hash_field(each.sha256)} {each.size}" for each in self.attachments),
        ]
        sections = [f"[{each.id} v{each.version}]\n{each.words}" for each in self.statements]
        if self.announcements is not None:
            sections.append(f"{_ANNOUNCEMENTS}\n{self.announcements}")
        return ("\n\n".join(["\n".join(header), *sections]) + "\n").encode()

    def _time_lines(self) -> list[str]:
        if self.next is None or self.expires is None:
            return ["final: yes"]
        days = format_date_range((self.next.opens, self.next.last))
        return [f"next: {days}", f"expires: {format_time(self.expires)}"]


def parse_release(text: bytes) -> Release:
    """Reads a release's text.

    Raises:
        MalformedError: a rule above is broken; the error names the line and the rule.
    """
    reader = FieldReader.of(text, HEADER, "a release")
    canary = reader.value("canary", check_canary_id)
    entry = reader.value("entry", lambda value: parse_number(value, least=1))
    previous = reader.value("previous", lambda value: parse_previous(value, entry))
    number = reader.value("release", lambda value: parse_number(value, least=1))
    period = reader.value("period", parse_date)
    covers = reader.optional("covers", parse_date_range)
    issued = reader.value("issued", parse_time)
    final = reader.optional("final", _parse_yes)
    following = None if final else Window(*reader.value("next", parse_date_range))
    expires = None if final else reader.value("expires", parse_time)
    anchors = reader.repeated("anchor", parse_anchor)
    if len(anchors) > ANCHORS:
        raise MalformedError(f"a release has at most {ANCHORS} anchors", line=reader.number)
    attachments = reader.repeated("attachment", _parse_attachment)
    _check_attachments(attachments, reader.number)
    statements, announcements = _parse_sections(reader)
    return Release(
        canary=canary,
        entry=entry,
        previous=previous,
        number=number,
        period=period,
        issued=issued,
        next=following,
        expires=expires,
        statements=statements,
        covers=covers,
        anchors=anchors,
        attachments=attachments,
        announcements=announcements,
    )


def parse_anchor(value: str) -> Anchor:
    """Reads what stands after `anchor: `.

    Raises:
        MalformedError: it is not a kind, a space and a value, or the value is too long.
    """
    kind, _, rest = value.partition(" ")
    if len(rest) > ANCHOR_CHARACTERS:
        raise MalformedError(f"what an anchor says has at most {ANCHOR_CHARACTERS:,} characters")
    if not _ANCHOR_KIND.fullmatch(kind) or not rest or rest.startswith(" "):
        raise MalformedError("an anchor is a kind, a space and its value")
    return Anchor(kind, rest)


def check_words(words: str) -> None:
    """Checks the words of a statement or of the announcements.

    Raises:
        MalformedError: empty, a blank line at an end or twice running, or a line that would read as a section
            or a signature.
    """
    lines = words.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith(("[", SIGNATURE_PREFIX)):
            raise MalformedError(f"a line of words does not start with '[' or '{SIGNATURE_PREFIX}'", line=number)
        if not line and (number in (1, len(lines)) or not lines[number]):
            raise MalformedError("words have no blank line at an end, and never two running", line=number)


def _parse_sections(reader: FieldReader) -> tuple[tuple[Statement, ...], str | None]:
    statements: list[Statement] = []
    seen: set[str] = set()
    announcements: str | None = None
    while not reader.at_end():
        if announcements is not None:
            raise MalformedError("nothing follows the announcements", line=reader.number + 1)
        if reader.line():
            raise MalformedError("here a blank line must stand, before a section", line=reader.number)
        title = reader.line()
        title_line = reader.number
        words = _parse_words(reader)
        if title == _ANNOUNCEMENTS:
            announcements = words
            continue
        statement = _parse_statement(title, words, title_line)
        if statement.id in seen:
            raise MalformedError(f"the statement {statement.id!r} stands twice", line=title_line)
        seen.add(statement.id)
        statements.append(statement)
    if not statements:
        raise MalformedError("a release has at least one statement", line=reader.number)
    return tuple(statements), announcements


def _parse_words(reader: FieldReader) -> str:
    """Reads lines until the text ends or a blank line comes before a section."""
    first = reader.number + 1
    lines: list[str] = []
    while not reader.at_end() and not (reader.peek() == "" and reader.peek(1).startswith("[")):
        lines.append(reader.line())
    try:
        check_words("\n".join(lines))
    except MalformedError as error:
        raise MalformedError(error.rule, line=first + (error.line or 1) - 1) from error
    return "\n".join(lines)


def _parse_statement(title: str, words: str, line: int) -> Statement:
    match = _STATEMENT.fullmatch(title)
    if not match:
        raise MalformedError(f"a section begins with [id vN], not {title[:60]!a}", line=line)
    try:
        return Statement(check_statement_id(match[1]), parse_number(match[2], least=1), words)
    except MalformedError as error:
        raise MalformedError(error.rule, line=line) from error


def _parse_yes(value: str) -> bool:
    if value != "yes":
        raise MalformedError("'final' is 'yes' or does not stand")
    return True


def _parse_attachment(value: str) -> Attachment:
    parts = value.split(" ")
    if len(parts) != _ATTACHMENT_PARTS:
        raise MalformedError("an attachment is a name, a hash and a size")
    name, sha256, size = parts
    return Attachment(check_attachment_name(name), parse_hash(sha256), parse_number(size, most=ATTACHMENT_BYTES))


def _check_attachments(attachments: tuple[Attachment, ...], line: int) -> None:
    names = {attachment.name.lower() for attachment in attachments}
    if len(names) != len(attachments):
        raise MalformedError("two attachments have the same name", line=line)
    if len(attachments) > ATTACHMENTS:
        raise MalformedError(f"a release has at most {ATTACHMENTS} attachments", line=line)
