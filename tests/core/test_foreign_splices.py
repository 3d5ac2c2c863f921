"""Old fields beside new ones, told from what was seen before; honest series raise nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.splices import FieldSignature, Seen, SpliceKind, find_splices, remember
from canary.core.text.strict import digest

START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "ab" * 32


def at(number: int) -> datetime:
    return START + timedelta(days=30 * number)


def made(number: int, *, signed: str = "", **fields: str) -> tuple[FieldSignature, ...]:
    """Returns the fields of the edition of a month; the same value has the same signature, but for `signed`."""
    values = {"release": str(number), "domain": "example.org", **fields}
    return tuple(
        FieldSignature(KEY, field, digest(value.encode()), digest(f"{signed}{value}".encode()), at(number))
        for field, value in values.items()
    )


def seen(*documents: tuple[FieldSignature, ...]) -> tuple[Seen, ...]:
    kept: tuple[Seen, ...] = ()
    for each in documents:
        kept = remember(kept, each)
    return kept


def test_old_codes_beside_a_new_date_are_a_splice() -> None:
    before = seen(made(1, codes="war gag"), made(2, codes="gag"))
    (found,) = find_splices(before, made(3, codes="war gag"))
    assert (found.kind, found.field, found.key) == (SpliceKind.CAME_BACK, "codes", KEY)
    assert (found.before, found.meanwhile) == (at(1), at(2))


def test_an_old_value_that_was_signed_anew_is_none() -> None:
    before = seen(made(1, codes="war gag"), made(2, codes="gag"))
    assert find_splices(before, made(3, codes="war gag", signed="anew")) == ()


def test_one_release_with_two_values_is_a_splice_whichever_came_first() -> None:
    for first, second in (("war gag", "gag"), ("gag", "war gag")):
        (found,) = find_splices(seen(made(2, codes=first)), made(2, codes=second))
        assert (found.kind, found.field, found.before) == (SpliceKind.ONE_RELEASE, "codes", at(2))


def test_the_honest_document_after_the_spliced_one_is_told_too() -> None:
    before = seen(made(1, codes="war gag"), made(2, codes="war gag"))
    assert [each.kind for each in find_splices(before, made(2, codes="gag"))] == [SpliceKind.ONE_RELEASE]


def test_the_same_document_again_and_an_older_one_are_none() -> None:
    before = seen(made(1, codes="war"), made(2, codes="gag"))
    assert find_splices(before, made(2, codes="gag")) == ()
    assert find_splices(before, made(1, codes="war")) == ()


def test_another_key_has_a_memory_of_its_own() -> None:
    before = seen(made(1, codes="war gag"), made(2, codes="gag"))
    other = tuple(
        FieldSignature("cd" * 32, each.field, each.value, each.signature, at(3)) for each in made(1, codes="war gag")
    )
    assert find_splices(before, other) == ()


CODES = st.lists(st.sampled_from(["war", "war gag", "gag", "war gag subp"]), min_size=1, max_size=8)


@given(CODES)
def test_only_a_value_that_came_back_is_told_in_any_series(codes: list[str]) -> None:
    kept: tuple[Seen, ...] = ()
    for number, each in enumerate(codes):
        document = made(number, codes=each)
        returned = each in codes[:number] and codes[number - 1] != each
        assert [one.kind for one in find_splices(kept, document)] == [SpliceKind.CAME_BACK] * returned
        kept = remember(kept, document)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b"])), max_size=6), st.randoms())
def test_what_is_kept_does_not_depend_on_the_order(documents: list[tuple[int, str]], order: random.Random) -> None:
    made_all = [made(number, codes=codes) for number, codes in documents]
    shuffled = list(made_all)
    order.shuffle(shuffled)
    assert seen(*made_all) == seen(*shuffled)


def test_no_more_is_kept_than_the_limit() -> None:
    kept = remember((), [each for number in range(limits.FIELDS_REMEMBERED + 5) for each in made(number)])
    releases = [each for each in kept if each.field == "release"]
    assert len(releases) == limits.FIELDS_REMEMBERED
    assert min(each.first for each in releases) == at(5)
    assert [each.last for each in kept if each.field == "domain"] == [at(limits.FIELDS_REMEMBERED + 4)]
