"""What holds of every judgement, whatever a host served and whoever's keys it had.

"Bare" is a host without any key: it can serve the honest site's files of any time, changed, mixed or withheld. What it
cannot do is stricter than what holds for a log key or a signer in the wrong hands, whose signatures prove something.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from canary.core.dating.evidence import TSR
from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.judging.findings import EXIT_CODES, Axis, Cause, Code, Status
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State, Sticky
from canary.core.judging.verdict import Verdict
from canary.core.log.history import History
from canary.core.log.tiles import bundles_of
from canary.core.signed.entry import Entry, parse_entry
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.note import parse_note
from canary.core.signed.vkey import VKey
from canary.core.text.times import midnight
from canary.flows.watch.verify import verify_site
from canary.formats.state_json import parse_state, render_state
from tests.fuzz.memory import remembering
from tests.fuzz.oracle import log_key_signed, quorum_signed, root_of
from tests.fuzz.site_evidence import CHECKERS
from tests.fuzz.site_scenarios import GPG, LOG_SEEDS, Scenario
from tests.fuzz.site_world import World
from tests.simulator import CANARY, MemorySource, public_key

FINE: Final = (Status.OK, Status.DUE, Status.RETIRED)
COULD_NOT_LOOK: Final = {
    *(Code.UNREACHABLE, Code.MISSING, Code.INCONSISTENT, Code.NOT_A_CANARY, Code.STALE_COPY, Code.ATTACHMENT_MISSING)
}
"""What a canary that has ended may be, beside RETIRED, as long as it is told: design, section 6."""

_LONGEST_MESSAGE: Final = 20_000
_MINUTE: Final = timedelta(minutes=1)

_LOG_KEYS: Final = tuple(ed25519_vkey(CANARY, public_key(seed)) for seed in LOG_SEEDS)

parsed = remembering(parse_entry)


def check(world: World, question: Question, judgement: Judgement, undated: Judgement | None) -> None:
    """Checks one judgement against every rule.

    Args:
        world: the host.
        question: what was asked.
        judgement: what came of it.
        undated: what comes of it without any evidence; None where the evidence is as it was published.
    """
    verdict, before, after = judgement.verdict, question.state, judgement.state
    bare = not world.log_keys and not world.signers
    _check_words(verdict)
    _check_pin(world, question, judgement)
    _check_bound(world.scenario, judgement)
    if undated is not None:
        _check_only_time_differs(verdict, undated.verdict)
    if after is not None:
        _check_kept_as_a_file(after)
        _check_summary(after)
        entries = [parsed(each.data) for each in after.entries]
        _check_chain(tuple(each.data for each in after.entries), after.pin)
        _check_checkpoint(after, before, entries)
        _check_status(verdict, after, before, entries)
        if before is not None:
            _check_kept(after, before, question)
        _check_sticky(after, before, entries)
        if not world.signers:
            assert [each.text for each in entries] == [each.text for each in world.scenario.log[: len(entries)]]
    if bare:
        _check_bare_host(world, question, judgement)


def _check_words(verdict: Verdict) -> None:
    assert verdict.exit_code == EXIT_CODES[verdict.status]
    for finding in verdict.findings:
        assert finding.message.isprintable(), f"control characters in {finding.message[:200]!r}"
        assert len(finding.message) <= _LONGEST_MESSAGE
        assert finding.told
    weights = [finding.cause for finding in verdict.findings if finding.cause is not None]
    assert weights == sorted(weights), "the weightiest finding does not stand first"


def _check_pin(world: World, question: Question, judgement: Judgement) -> None:
    if question.state is None and question.pin is None and not question.trust_first_use:
        assert judgement.verdict.status is Status.UNKNOWN, "judged without a pin"
        assert judgement.state is None
    if question.state is None and question.pin not in (None, world.scenario.pin):
        assert judgement.verdict.status not in FINE, "a canary passed under another one's pin"
        assert judgement.state is None
    if not question.as_of_now:
        assert judgement.state is None


# --- what evidence may do -------------------------------------------------------------------------------


def _check_bound(scenario: Scenario, judgement: Judgement) -> None:
    """An upper bound is one that an honest authority has signed, over that very entry."""
    verdict, after = judgement.verdict, judgement.state
    if verdict.not_after is not None:
        assert verdict.subject is not None
        assert verdict.not_after in scenario.bounds[verdict.subject.text_sha256], "a bound that nobody signed"
    if after is not None and after.timing is not None:
        for each in after.timing.evidence:
            honest = scenario.stamps.get(after.timing.entry, frozenset())
            stands = each.name.endswith(TSR) and each.sha256 in honest
            assert (each.bound is not None) == stands, "tampered bytes made a bound, or a token none"


def _check_only_time_differs(verdict: Verdict, undated: Verdict) -> None:
    """Whatever lies beside an entry, it is as valid, as fresh and as complete as without it."""
    assert verdict.status is undated.status
    assert verdict.subject == undated.subject
    for axis in (Axis.INTEGRITY, Axis.FRESHNESS, Axis.STATEMENTS):
        told = [finding for finding in verdict.findings if finding.code.axis is axis]
        assert told == [finding for finding in undated.findings if finding.code.axis is axis]


# --- what signatures must prove -------------------------------------------------------------------------


def _check_kept_as_a_file(after: State) -> None:
    assert parse_state(render_state(after)) == after


def _check_summary(after: State) -> None:
    """The summary that is kept beside the entries is the one that follows from them."""
    history = History()
    for each in after.entries:
        history.append_verified(parsed(each.data), each.tally)
    assert history.standing == after.standing


@remembering
def _check_chain(log: tuple[bytes, ...], pin: str) -> None:
    """Every stored entry follows from the pin by signatures of enough people."""
    entries = [parsed(data) for data in log]
    assert entries
    assert hashlib.sha256(entries[0].text).hexdigest() == pin
    roster: Roster | None = None
    previous: str | None = None
    for number, entry in enumerate(entries, start=1):
        assert entry.content.entry == number
        assert entry.content.previous == previous
        assert quorum_signed(entry, roster), f"entry {number} was stored without enough signatures"
        previous = hashlib.sha256(entry.text).hexdigest()
        if isinstance(entry.content, Roster):
            roster = entry.content


def _check_checkpoint(after: State, before: State | None, entries: list[Entry]) -> None:
    if before is not None and after.checkpoint == before.checkpoint:
        return
    size, root = _size_and_root(after.checkpoint)
    assert size == len(entries)
    assert root == root_of([entry.data for entry in entries])
    assert _signed_by_log_key(after.checkpoint, _newest_roster(entries))


def _size_and_root(checkpoint: bytes) -> tuple[int, str]:
    lines = checkpoint.decode().split("\n")
    return int(lines[1]), lines[2]


def _signed_by_log_key(checkpoint: bytes, roster: Roster) -> bool:
    return _signed_by(checkpoint, roster.log)


def _signed_by(checkpoint: bytes, key: VKey) -> bool:
    note = parse_note(checkpoint)
    return log_key_signed(key, note.text, [(line.name, line.key_id, line.signature) for line in note.signatures])


def _newest_roster(entries: list[Entry]) -> Roster:
    return [entry.content for entry in entries if isinstance(entry.content, Roster)][-1]


def _check_kept(after: State, before: State, question: Question) -> None:
    """What was known stays: no entry is lost or changed, and nothing but the clock moves the clock's mark."""
    assert (after.canary, after.pin, after.acknowledged) == (before.canary, before.pin, before.acknowledged)
    assert after.high_water == max(before.high_water, question.now)
    assert after.entries[: len(before.entries)] == before.entries
    assert before.first_use or not after.first_use
    assert after.stale_since is None or after.stale_since <= question.now
    assert after.sticky[: len(before.sticky)] == before.sticky


def _check_sticky(after: State, before: State | None, entries: list[Entry]) -> None:
    """What stays until a person reads it is proved by a log key's signature.

    Any log key that the scenario ever had is right: the roster that appoints it may stand in what was served, and not
    in what was stored.
    """
    for sticky in after.sticky[len(before.sticky) if before else 0 :]:
        if not sticky.proof:
            assert before is None, "a finding without a proof stayed"
            continue
        assert any(_signed_by(sticky.proof[0], key) for key in _LOG_KEYS)
        if sticky.code in (Code.TEXT_FORK, Code.LOG_FORK):
            _check_fork(sticky, entries)


def _check_fork(sticky: Sticky, entries: list[Entry]) -> None:
    ours, theirs, *two = sticky.proof
    if sticky.code is Code.LOG_FORK:
        assert ours != theirs
        assert any(_signed_by(theirs, key) for key in _LOG_KEYS)
        assert not two or two[0] != two[1]
        return
    # The two texts are the proof; one checkpoint may have been served with both.
    one, other = (parsed(data) for data in two)
    assert one.text != other.text
    assert sticky.entry is not None
    known = [each for each in entries if each.content.entry < sticky.entry]
    roster = _newest_roster(known) if known else None
    assert quorum_signed(one, roster)
    assert quorum_signed(other, roster), "a fork of texts that too few have signed"


# --- what a fine status must mean -----------------------------------------------------------------------


def _check_status(verdict: Verdict, after: State, before: State | None, entries: list[Entry]) -> None:
    if verdict.status is Status.EXPIRED:
        last = [entry.content for entry in entries if isinstance(entry.content, Release)][-1]
        assert last.expires is not None
        assert verdict.judged_at >= last.expires, "expired before its time"
    if verdict.status not in FINE:
        return
    releases = [entry for entry in entries if isinstance(entry.content, Release)]
    assert releases, "fine, and nothing was ever said"
    newest = releases[-1].content
    assert isinstance(newest, Release)
    subject = verdict.subject
    assert subject is not None
    assert subject.text_sha256 == releases[-1].text_hash
    assert (subject.release, subject.expires) == (newest.number, newest.expires)
    now = verdict.judged_at
    if verdict.status is Status.RETIRED:
        assert newest.final
    else:
        assert newest.next is not None
        assert now < newest.next.over, "fine after the window was over"
        assert (verdict.status is Status.DUE) == (now >= midnight(newest.next.opens))
    for sticky in after.sticky:
        outweighed = sticky.code.cause is Cause.CHANGED and verdict.status is Status.RETIRED
        assert sticky.acknowledged or outweighed, f"fine, and {sticky.code.spelling} was never read"
    said = [entry.content for entry in entries[: before.acknowledged]] if before else []
    acknowledged = [content for content in said if isinstance(content, Release)][-1:]
    told = {finding.code for finding in verdict.findings}
    stands = {statement.id: statement.version for statement in newest.statements}
    for statement in (each for release in acknowledged for each in release.statements):
        assert statement.id in stands, f"fine, and {statement.label} is gone"
        # What was reworded before the last release weighs less than the end, and is told all the same.
        reworded = verdict.status is Status.RETIRED and Code.REWORDED in told
        assert stands[statement.id] == statement.version or reworded, f"fine, and {statement.label} was reworded"


# --- a host without keys --------------------------------------------------------------------------------


def _check_bare_host(world: World, question: Question, judgement: Judgement) -> None:
    scenario, verdict, before, after = world.scenario, judgement.verdict, question.state, judgement.state
    honest = {entry.text_hash for entry in scenario.log if isinstance(entry.content, Release)}
    assert verdict.subject is None or verdict.subject.text_sha256 in honest
    assert verdict.status is not Status.WITHDRAWN, "a host withdrew a statement"
    if after is not None:
        assert [each.data for each in after.entries] == [each.data for each in scenario.log[: len(after.entries)]]
        assert before is None or after.sticky == before.sticky, "a host made a finding stay"
    told = {finding.code for finding in verdict.findings}
    withheld = verdict.status is Status.RETIRED and told & COULD_NOT_LOOK
    if verdict.status in FINE and question.as_of_now and not withheld:
        _check_what_was_served(world, question)
    if before is not None and after is not None and after != _undisturbed(before, question):
        _check_not_poisoned(scenario, before, after, question)


def _undisturbed(before: State, question: Question) -> State:
    return replace(before, high_water=max(before.high_water, question.now))


def _check_what_was_served(world: World, question: Question) -> None:
    """A fine status stands for the honest files, byte for byte, or for a checkpoint that had not changed."""
    given, before, scenario = world.source.given, question.state, world.scenario
    if given[CHECKPOINT].status == 304:
        assert before is not None
        return
    served = given[CHECKPOINT].body
    size, _ = _size_and_root(served)
    assert size >= (len(before.entries) if before else 1), "fine with an older copy than was known"
    honest = scenario.sites[size - 1]
    assert parse_note(served).text == parse_note(honest[CHECKPOINT]).text
    assert _signed_by_log_key(served, _newest_roster(list(scenario.log[:size])))
    for path, _ in bundles_of(size):
        assert given[path].body == honest[path]
    assert given[FRONT].body == honest[FRONT]
    newest = [entry.content for entry in scenario.log[:size] if isinstance(entry.content, Release)][-1]
    intact = before.attachments if before else ()
    for attachment in newest.attachments:
        path = attachment_path(newest.number, attachment.name)
        assert attachment.sha256 in intact or (path in given and given[path].body == honest[path])


def _check_not_poisoned(scenario: Scenario, before: State, after: State, question: Question) -> None:
    """After whatever a host without keys has served, the honest site is judged as if it had not been."""
    published = scenario.log[-1].content.issued
    at = replace(question, now=max(question.now, before.high_water, published) + _MINUTE, as_of_now=True)
    clean = _honest_look(scenario, replace(at, state=before))
    later = _honest_look(scenario, replace(at, state=after))
    assert clean.verdict.status is later.verdict.status, "what a host served changed a later verdict"
    assert clean.state is not None
    assert later.state is not None
    assert clean.state.entries == later.state.entries
    assert clean.state.checkpoint == later.state.checkpoint
    assert clean.state.sticky == later.state.sticky
    assert later.state.stale_since is None
    if clean.verdict.not_after is not None and later.verdict.not_after is None:
        # An entity tag that the host chose is believed for one look, and no longer.
        again = _honest_look(scenario, replace(at, state=later.state))
        assert again.verdict.not_after is not None, "a bound was lost for good"


def _honest_look(scenario: Scenario, question: Question) -> Judgement:
    state = None if question.state is None else render_state(question.state)
    return _judged(scenario, replace(question, state=None), state)


@remembering
def _judged(scenario: Scenario, question: Question, state: bytes | None) -> Judgement:
    question = replace(question, state=None if state is None else parse_state(state))
    return verify_site(MemorySource(dict(scenario.sites[-1])), question, GPG, CHECKERS)
