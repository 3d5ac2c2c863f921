"""`canary.toml`: who publishes, who signs and when. The strict reading of it.

    [canary]
    id = "example.net/canary"
    organisation = "Example Networks"

    [signers]
    names = ["legal", "security", "director"]
    threshold = 2

    [schedule]
    start = 2026-02-01
    every = "3 months"
    window = "14 days"
    grace = "14 days"

    [timestamps]
    authorities = ["http://timestamp.digicert.com", "http://ts.ssl.com"]
    calendars = ["https://alice.btc.calendar.opentimestamps.org"]
    roots = ["our-authority.pem"]

    [anchors]
    age = "3 days"
    drand = ["https://api.drand.sh"]
    bitcoin = ["esplora https://blockstream.info/api", "core-rpc http://127.0.0.1:8332 ~/.bitcoin/.cookie"]

A key that does not stand here is an error, and so is one that is missing, but for the tables `[timestamps]` and
`[anchors]`, and each key in them. `timestamps.authorities` are asked for RFC 3161 tokens, `timestamps.calendars` for
OpenTimestamps proofs (`canary.core.dating.ots_calendars`); where one is missing, nobody is asked for those.
`timestamps.roots` are files of roots in PEM form, in the workspace or at an absolute path; tokens under them are kept
like those under the roots that come with this program, and under no others. `anchors.age` is
how old a release's newest anchor may be, or `none`; where it is missing, the next roster has what the last one had. The
others are where `canary draft` fetches anchors (`canary.core.dating.anchor_source`).

What counts is the signed roster; this file is what the next roster is drafted from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from canary.core.dating.anchor_source import ChainPlace, parse_chain_place, parse_service_url
from canary.core.dating.ots_calendars import checked_calendars
from canary.core.documents.roster import parse_anchor_age, parse_organisation
from canary.core.documents.schedule import Schedule, parse_cadence, parse_days
from canary.core.judging.fetched import shown
from canary.core.judging.origin import origin
from canary.core.text.names import check_canary_id, check_signer
from canary.errors import MalformedError
from canary.limits import ANCHOR_SOURCES, AUTHORITY_URL_CHARACTERS, EVIDENCE_FILES

FILE = "canary.toml"
ROOT_PATH_CHARACTERS = 1_024
"""Characters of one path in `timestamps.roots`."""
T = TypeVar("T")


class CanaryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[canary]`."""

    id: str
    organisation: str


class SignersTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[signers]`."""

    names: list[str]
    threshold: int


class ScheduleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[schedule]`."""

    start: date
    every: str
    window: str
    grace: str

    def schedule(self) -> Schedule:
        """Returns the schedule, read and checked.

        Raises:
            MalformedError: a value is misspelt, or window and grace are longer than a cadence.
        """
        schedule = Schedule(
            start=self.start,
            cadence=_named("schedule.every", parse_cadence, self.every),
            window=_named("schedule.window", parse_days, self.window),
            grace=_named("schedule.grace", parse_days, self.grace),
        )
        schedule.check()
        return schedule


class TimestampsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[timestamps]`: the addresses of whoever is asked.

    Attributes:
        authorities: RFC 3161 authorities, in the order in which they are asked.
        calendars: OpenTimestamps calendars.
        roots: files of roots of authorities that are trusted besides the shipped ones, as they stand there.
    """

    authorities: list[str] = []
    calendars: list[str] = []
    roots: list[str] = []


class AnchorsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[anchors]`."""

    age: str | None = None
    drand: list[str] = []
    bitcoin: list[str] = []

    def relays(self) -> list[str]:
        """Returns the addresses of drand's relays, read and checked.

        Raises:
            MalformedError: one cannot be.
        """
        return [_named("anchors.drand", parse_service_url, each) for each in self.drand]

    def chains(self) -> list[ChainPlace]:
        """Returns where the Bitcoin chain can be asked about, read and checked.

        Raises:
            MalformedError: one cannot be.
        """
        return [_named("anchors.bitcoin", parse_chain_place, each) for each in self.bitcoin]

    def roster_age(self, before: timedelta | None) -> timedelta | None:
        """Returns the next roster's rule for the age of anchors.

        Args:
            before: the last roster's.

        Raises:
            MalformedError: it is misspelt, or no anchor could keep it.
        """
        return before if self.age is None else _named("anchors.age", _parse_age, self.age)


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    canary: CanaryTable
    signers: SignersTable
    schedule: ScheduleTable
    timestamps: TimestampsTable = TimestampsTable()
    anchors: AnchorsTable = AnchorsTable()


def parse_config(text: str) -> Config:
    """Reads `canary.toml`.

    Raises:
        MalformedError: no TOML, an unknown or missing key, or a value that cannot be.
    """
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
    except (ValueError, RecursionError) as error:
        # The reader's own error, a number without end, brackets in brackets, or a field that is none of ours.
        raise _malformed(str(error)) from error
    _named("canary.id", check_canary_id, config.canary.id)
    _named("canary.organisation", parse_organisation, config.canary.organisation)
    for name in config.signers.names:
        _named("signers.names", check_signer, name)
    if len(set(config.signers.names)) != len(config.signers.names):
        raise _malformed("signers.names: a name stands twice")
    if not 1 <= config.signers.threshold <= max(1, len(config.signers.names)):
        raise _malformed("signers.threshold: it lies between 1 and the number of signers")
    try:
        check_authorities(config.timestamps.authorities)
    except MalformedError as error:
        raise MalformedError(f"timestamps.authorities: {error.rule}", what=FILE) from error
    try:
        checked_calendars(config.timestamps.calendars)
    except MalformedError as error:
        raise MalformedError(f"timestamps.calendars: {error.rule}", what=FILE, hint=error.hint) from error
    _check_root_files(config.timestamps.roots)
    try:
        config.schedule.schedule()
    except MalformedError as error:
        raise _malformed(error.rule) from error
    config.anchors.roster_age(None)
    _check_sources("anchors.drand", config.anchors.relays())
    _check_sources("anchors.bitcoin", [place.url for place in config.anchors.chains()])
    return config


def check_authorities(urls: Sequence[str]) -> None:
    """Checks the addresses of timestamp authorities.

    Raises:
        MalformedError: one cannot be an address, one stands twice, or there are more than ten.
    """
    for url in urls:
        try:
            origin(url)
        except ValueError as error:
            told = str(error).replace("https://", "http:// or https://")
            raise MalformedError(f"the address {shown(url)} {told}") from error
        if "#" in url or len(url) > AUTHORITY_URL_CHARACTERS:
            raise MalformedError(f"the address {shown(url)} holds a fragment, or is too long")
    if len(set(urls)) != len(urls):
        raise MalformedError("an address stands twice")
    if len(urls) > EVIDENCE_FILES:
        raise MalformedError(f"at most {EVIDENCE_FILES} are asked")


def _check_root_files(paths: Sequence[str]) -> None:
    for path in paths:
        if not path.isprintable() or not 1 <= len(path) <= ROOT_PATH_CHARACTERS:
            raise _malformed(f"timestamps.roots: {shown(path)} is no path of a file")
    if len(set(paths)) != len(paths):
        raise _malformed("timestamps.roots: a file stands twice")
    if len(paths) > EVIDENCE_FILES:
        raise _malformed(f"timestamps.roots: there are at most {EVIDENCE_FILES} files")


def _check_sources(key: str, urls: list[str]) -> None:
    if len(set(urls)) != len(urls):
        raise _malformed(f"{key}: an address stands twice, and would agree with itself")
    if len(urls) > ANCHOR_SOURCES:
        raise _malformed(f"{key}: there are at most {ANCHOR_SOURCES} sources")


def _parse_age(value: str) -> timedelta | None:
    age = parse_anchor_age(value)
    if age is not None and age < timedelta(days=1):
        raise MalformedError("it is at least 1 day, or 'none': no anchor is younger than the draft it is made for")
    return age


def _named(key: str, parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except MalformedError as error:
        raise _malformed(f"{key}: {error.rule}") from error


def _malformed(rule: str) -> MalformedError:
    return MalformedError(rule, what=FILE, hint="Mend it in a text editor, or bring it back from version control.")
