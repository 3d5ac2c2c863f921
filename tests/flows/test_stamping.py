from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.signed.entry import Entry
from canary.core.text.strict import digest
from canary.errors import FetchError, WorkspaceError
from canary.flows.issue.stamping import Stamped, Stamping, missing_tokens, stamp
from tests.publisher import Desk, noon

NOW = noon("2026-02-03")
FIRST, SECOND, THIRD = "http://one.example/", "http://two.example/", "http://three.example/"


@dataclass
class Memory:
    """The port to the timestamps that are kept, in memory."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    full: bool = False

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        return sorted(self.files.get(entry_sha256, {}).items())

    def evidence_sources(self, entry_sha256: str) -> Mapping[str, str]:
        return self.sources.get(entry_sha256, {})

    def keep_evidence(self, entry_sha256: str, name: str, data: bytes, source: str) -> None:
        if self.full:
            raise WorkspaceError("the disk is full")
        files = self.files.setdefault(entry_sha256, {})
        assert name not in files
        files[name] = data
        self.sources.setdefault(entry_sha256, {})[name] = source


@dataclass
class World:
    """Authorities and the check, as a test wants them.

    Attributes:
        dead: whom to hear nothing from.
        outcome: what the check says.
        trusted: what the publisher's own check says; the same, unless it is given.
        moment: what the tokens say.
        asked: who was asked for what.
    """

    drawer: Memory = field(default_factory=Memory)
    dead: set[str] = field(default_factory=set)
    outcome: EvidenceOutcome = EvidenceOutcome.PROVED
    trusted: EvidenceOutcome | None = None
    moment: datetime | None = NOW
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    def ask(self, url: str, entry: bytes) -> bytes:
        self.asked.append((url, entry))
        if url in self.dead:
            raise FetchError(f"{url}: connection refused")
        return url.encode() + entry

    def check(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        assert data.endswith(entry)
        return CheckedEvidence(name, digest(data), self.outcome, self.moment, self.moment, "someone", "the reason")

    def trust(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        return replace(self.check(name, data, entry), outcome=self.trusted or self.outcome)

    def stamping(self, *urls: str, now: datetime | None = NOW) -> Stamping:
        return Stamping(self.drawer, urls, self.ask, self.check, self.trust, now)

    def stamp(self, entries: Sequence[Entry], *urls: str, now: datetime | None = NOW) -> Stamped:
        return stamp(self.stamping(*urls, now=now), entries)


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    desk = Desk().begin()
    desk.release(NOW - timedelta(hours=1))
    return [admitted.entry for admitted in desk.history.admitted]


def test_every_authority_owes_a_token_over_every_entry_the_newest_first(entries: list[Entry]) -> None:
    wanted = missing_tokens(World().stamping(FIRST, SECOND), entries)
    assert [(each.entry.content.entry, each.authority) for each in wanted] == [
        (2, FIRST),
        (2, SECOND),
        (1, FIRST),
        (1, SECOND),
    ]


def test_what_came_is_kept_under_the_next_free_numbers(entries: list[Entry]) -> None:
    world = World()
    stamped = world.stamp(entries, FIRST, SECOND)
    assert (len(stamped.kept), stamped.failures, stamped.missing) == (4, (), 0)
    for entry in entries:
        hashed = digest(entry.data)
        assert world.drawer.evidence(hashed) == [
            ("0.tsr", FIRST.encode() + entry.data),
            ("1.tsr", SECOND.encode() + entry.data),
        ]
        assert world.drawer.evidence_sources(hashed) == {"0.tsr": FIRST, "1.tsr": SECOND}


def test_again_nobody_is_asked_whatever_the_order(entries: list[Entry]) -> None:
    world = World()
    world.stamp(entries, FIRST, SECOND)
    world.asked.clear()
    assert world.stamp(entries, SECOND, FIRST) == Stamped((), (), 0)
    assert world.asked == []


def test_a_dead_authority_is_asked_once_and_leaves_no_gap(entries: list[Entry]) -> None:
    world = World(dead={FIRST})
    stamped = world.stamp(entries, FIRST, SECOND)
    assert [each.source for each in stamped.failures] == [FIRST]
    assert stamped.failures[0].reason == "connection refused"
    assert stamped.missing == 2
    assert [url for url, _ in world.asked].count(FIRST) == 1
    newest = digest(entries[-1].data)
    assert world.drawer.evidence_sources(newest) == {"0.tsr": SECOND}
    world.dead.clear()
    assert world.stamp(entries, FIRST, SECOND).missing == 0
    assert world.drawer.evidence_sources(newest) == {"0.tsr": SECOND, "1.tsr": FIRST}


def test_an_authority_that_is_new_in_the_file_owes_what_the_others_gave(entries: list[Entry]) -> None:
    world = World()
    world.stamp(entries, FIRST)
    assert [each.authority for each in missing_tokens(world.stamping(THIRD, FIRST), entries)] == [THIRD, THIRD]


def test_a_token_that_came_by_hand_takes_a_number_and_settles_nothing(entries: list[Entry]) -> None:
    world = World()
    hashed = digest(entries[0].data)
    world.drawer.files[hashed] = {"0.tsr": b"by hand", "0.ots": b"another kind"}
    world.stamp(entries[:1], FIRST)
    assert world.drawer.evidence_sources(hashed) == {"1.tsr": FIRST}


def test_ten_tokens_are_enough(entries: list[Entry]) -> None:
    world = World()
    hashed = digest(entries[0].data)
    world.drawer.files[hashed] = {f"{number}.tsr": b"by hand" for number in range(9)}
    stamped = world.stamp(entries[:1], FIRST, SECOND)
    assert (len(stamped.kept), stamped.missing) == (1, 0)
    assert world.drawer.evidence_sources(hashed) == {"9.tsr": FIRST}
    assert world.stamp(entries[:1], FIRST, SECOND) == Stamped((), (), 0)


def test_a_token_under_a_root_that_the_publisher_names_is_kept_as_what_watchers_see(entries: list[Entry]) -> None:
    world = World(outcome=EvidenceOutcome.CLAIMED, trusted=EvidenceOutcome.PROVED)
    stamped = world.stamp(entries, FIRST)
    assert [each.checked.outcome for each in stamped.kept] == [EvidenceOutcome.CLAIMED] * 2
    assert world.stamp(entries, FIRST) == Stamped((), (), 0)


def test_a_token_under_a_root_that_nobody_names_is_not_kept_and_stays_missing(entries: list[Entry]) -> None:
    world = World(outcome=EvidenceOutcome.CLAIMED)
    stamped = world.stamp(entries, FIRST)
    assert (stamped.kept, stamped.missing, world.drawer.files) == ((), 2, {})
    (failure,) = stamped.failures
    assert failure.source == FIRST
    assert 'name its file in canary.toml under [timestamps]: roots = ["FILE.pem"]' in failure.reason


@pytest.mark.parametrize("outcome", [EvidenceOutcome.CLAIMED, EvidenceOutcome.BAD])
def test_a_kept_token_that_is_not_proved_settles_nothing(entries: list[Entry], outcome: EvidenceOutcome) -> None:
    world = World()
    world.stamp(entries, FIRST)
    world.outcome = outcome
    assert len(missing_tokens(world.stamping(FIRST), entries)) == len(entries)
    world.outcome = EvidenceOutcome.PROVED
    assert missing_tokens(world.stamping(FIRST), entries) == []


@pytest.mark.parametrize("outcome", [EvidenceOutcome.BAD, EvidenceOutcome.UNCHECKED, EvidenceOutcome.PENDING])
def test_a_token_that_is_not_sound_is_not_kept(entries: list[Entry], outcome: EvidenceOutcome) -> None:
    world = World(outcome=outcome)
    stamped = world.stamp(entries, FIRST)
    assert [each.reason for each in stamped.failures] == ["its token is not kept: the reason"]
    assert (stamped.kept, stamped.missing, world.drawer.files) == ((), 2, {})


@pytest.mark.parametrize(
    ("moment", "now", "words"),
    [
        (NOW - timedelta(hours=2), None, "it says 2026-02-03T10:00:00Z, which is before the entry was issued"),
        (NOW + timedelta(hours=1), NOW, "it says 2026-02-03T13:00:00Z, and the clock here says 2026-02-03T12:00:00Z"),
        (NOW - timedelta(minutes=20), NOW, "it says 2026-02-03T11:40:00Z, and the clock here says"),
        (None, NOW, "its token is not kept"),
    ],
    ids=["before it was issued", "ahead", "behind", "no time"],
)
def test_a_token_whose_time_cannot_be_is_not_kept(
    entries: list[Entry], moment: datetime | None, now: datetime | None, words: str
) -> None:
    world = World(moment=moment)
    stamped = world.stamp(entries[-1:], FIRST, now=now)
    assert words in stamped.failures[0].reason
    assert world.drawer.files == {}


def test_where_the_clock_tells_a_past_time_on_purpose_a_token_may_be_later(entries: list[Entry]) -> None:
    assert World(moment=NOW + timedelta(days=300)).stamp(entries, FIRST, now=None).missing == 0


def test_a_full_disk_is_no_fault_of_an_authority(entries: list[Entry]) -> None:
    world = World(drawer=Memory(full=True))
    with pytest.raises(WorkspaceError, match="the disk is full"):
        world.stamp(entries, FIRST)
