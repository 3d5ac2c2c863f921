"""Whatever editions come in whatever order: judging never raises, and what is rejected changes nothing that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.observation import SeenEditions
from canary.core.foreign.pinned import Format
from canary.core.foreign.splices import FieldSignature
from canary.core.foreign.state import ForeignState, KeptFile
from canary.core.foreign.support import support_of
from canary.core.judging.findings import Code
from canary.core.judging.observation import Gone, NotACanary, Unreachable
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from tests.foreign_watch import HASH, NEW_YEAR, PROFILE, SIGNERS, WORDS, Watch, pinned, text

ISSUED = ("", "2025-12-20", "2026-01-02", "2026-02-03", "2999-12-31")
FOLLOWING = ("", "first week of February 2026", "December 2999", "first week of March 1970")
NOTHING_COUNTS = [each for each in Outcome if each not in (Outcome.GOOD, Outcome.WEAK_DIGEST)]

moments = st.timedeltas(timedelta(days=-40), timedelta(days=400)).map(lambda after: NEW_YEAR + after)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.builds(
    text,
    st.none() | st.integers(1, 5),
    st.sampled_from(ISSUED),
    st.sampled_from(FOLLOWING),
    st.lists(st.sampled_from((*WORDS, "We have never had a visit.")), max_size=3),
    st.sampled_from(("", HASH, "It ends 2026-02-01.", "It ends 2999-12-31.")),
)
fields = st.builds(
    FieldSignature,
    st.just("ab" * 32),
    st.sampled_from(("codes", "expiry")),
    st.sampled_from(("1" * 64, "2" * 64)),
    st.sampled_from(("3" * 64, "4" * 64)),
    moments,
)


def signatures(outcomes: Sequence[Outcome]) -> st.SearchStrategy[Signed]:
    return st.builds(
        Signed,
        st.sampled_from((*SIGNERS, "")),
        st.just(""),
        st.sampled_from(outcomes),
        st.none() | moments,
        st.text(max_size=5),
        st.text(max_size=5),
        st.none() | moments,
        st.booleans(),
    )


def editions(outcomes: Sequence[Outcome]) -> st.SearchStrategy[Edition]:
    return st.builds(
        lambda name, words, signed, remarks, signed_fields: Edition(
            name, digest(words.encode()), words, tuple(signed), tuple(remarks), tuple(signed_fields)
        ),
        st.sampled_from(("1.txt", "2.txt", "canary.txt")),
        texts,
        st.lists(signatures(outcomes), max_size=4),
        st.lists(st.tuples(st.sampled_from(Remark), st.text(max_size=5)), max_size=2),
        st.lists(fields, max_size=2),
    )


def looks(outcomes: Sequence[Outcome]) -> st.SearchStrategy[SeenEditions]:
    return st.builds(
        lambda several, serves, beyond: SeenEditions(
            tuple(several), tuple(KeptFile(each.name, each.sha256, None) for each in several), serves, beyond
        ),
        st.lists(editions(outcomes), max_size=3),
        st.sampled_from(("", "1.txt", "2.txt", "canary.txt")),
        st.sampled_from(("", "the index could not be reached")),
    )


nothing = st.sampled_from((Unreachable("no network"), Gone("404"), NotACanary("a login page")))
anything = st.lists(
    st.tuples(looks([Outcome.GOOD, Outcome.GOOD, *Outcome]) | nothing, moments, st.booleans()), min_size=1, max_size=5
)
watches = st.sampled_from(("signed", "page")).map(lambda kind: Watch() if kind == "signed" else page_watch())


def page_watch() -> Watch:
    profile = PROFILE.replace('kind = "numbered"\nends = ["--"]', 'kind = "pinned"')
    return Watch(pinned(0, format=Format.PAGE, signers=(), profile_text=profile))


@given(watches, anything)
def test_judging_never_raises_and_its_state_comes_back(
    watch: Watch, steps: list[tuple[SeenEditions | Unreachable | Gone | NotACanary, datetime, bool]]
) -> None:
    for seen, now, reads in steps:
        watch.now = now
        before = watch.state
        verdict = watch.see(seen)
        assert (watch.state is None) <= (verdict.edition is None)
        assert before is None or watch.state is not None
        if reads and watch.state is not None:
            watch.acknowledge()


@given(texts, st.lists(fields, max_size=2), looks(NOTHING_COUNTS).filter(lambda look: look.editions), moments)
def test_what_too_few_signed_changes_nothing_that_is_kept(
    words: str, signed_fields: list[FieldSignature], rejected: SeenEditions, now: datetime
) -> None:
    watch = Watch(now=now)
    signed = tuple(Signed(each, "", Outcome.GOOD) for each in SIGNERS)
    watch.look(Edition("canary.txt", digest(words.encode()), words, signed, fields=tuple(signed_fields)))
    before = watch.state
    watch.now += timedelta(days=1)
    # What a series serves beside them plays no part.
    watch.see(replace(rejected, serves=""))
    assert not any(support_of(each, watch.pinned, watch.now).enough for each in rejected.editions)
    if before is None:
        assert watch.state is None or (watch.state.newest is None and _kept(watch.state).sticky == ())
        return
    assert watch.state is not None
    assert _kept(watch.state) == _kept(before)


def _kept(state: ForeignState) -> ForeignState:
    """Returns what rejected bytes may not change; that the panic key was used needs no other signature."""
    sticky = tuple(each for each in state.sticky if each.code is not Code.PANIC)
    return replace(state, high_water=NEW_YEAR, stale_since=None, unproved_since=None, sticky=sticky)


@given(st.lists(texts, min_size=1, max_size=4), moments)
def test_what_is_found_again_at_once_is_the_same(several: list[str], now: datetime) -> None:
    """An unchanged look after one that was accepted says nothing else of the statements and of time."""
    watch = Watch()
    watch.now = now
    signed = tuple(Signed(each, "", Outcome.GOOD) for each in SIGNERS)
    verdict = watch.look(*(Edition("canary.txt", digest(each.encode()), each, signed) for each in several))
    if watch.state is None or any(each.code in (Code.STALE_COPY, Code.FUTURE_ISSUED) for each in verdict.findings):
        return
    again = watch.look()
    assert again.edition == verdict.edition
    assert again.status is verdict.status
