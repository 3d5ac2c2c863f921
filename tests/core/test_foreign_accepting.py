"""What a host, or time, can do to editions in a row: lose their dates, rename them, serve old ones again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.observation import SeenEditions
from canary.core.foreign.pinned import Format, Pinned
from canary.core.foreign.state import KeptFile
from canary.core.judging.findings import Code, Status
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from tests.foreign_watch import DAY, NEW_YEAR, PROFILE, WORDS, Watch, codes, edition, pinned, text

GOOD = ("legal", "security")
TEXT_ONLY = PROFILE.replace('["text", "signature"]', '["text"]')
NAMED = TEXT_ONLY.replace('text = ["Canary {number}"]', 'text = ["Edition {number}"]').replace(
    'kind = "fixed"', 'kind = "template"\nname = "canary-{n:03}.txt"'
)
PERIODS = """[period]
text = ["It covers {date} to {date}."]
cadence = "6 months"
lag = "3 months"

[statements]"""


def of_a_page(profile: str = TEXT_ONLY) -> Pinned:
    words = profile.replace('kind = "numbered"\nends = ["--"]', 'kind = "pinned"')
    return pinned(0, format=Format.PAGE, signers=(), profile_text=words)


def page(date: str = "") -> Edition:
    return edition("\n\n".join([date, *WORDS]), name="page.html", remarks=((Remark.NOT_SIGNED, ""),))


def signed(date: str) -> Edition:
    return edition(f"{date}\n{text(None)}", *GOOD)


@pytest.mark.parametrize(("of", "make"), [(of_a_page(), page), (pinned(profile_text=TEXT_ONLY), signed)])
@pytest.mark.parametrize("unread", ["", "Issued 2026-01-20. Issued 2026-01-21."])
def test_an_edition_that_loses_its_date_stays_as_stale_as_it_was(
    of: Pinned, make: Callable[[str], Edition], unread: str
) -> None:
    watch = Watch(of, now=NEW_YEAR + DAY)
    assert watch.look(make("Issued 2026-01-01.")).status is Status.OK
    watch.now += 20 * DAY
    verdict = watch.look(make(unread))
    assert Code.NO_SCHEDULE not in codes(verdict)
    assert any("goes on counting" in each.message for each in verdict.findings if each.code is Code.NOT_READ)
    watch.now += 100 * DAY
    assert watch.look().status is Status.EXPIRED
    assert watch.look(make("Issued 2026-05-01.")).status is Status.OK


@pytest.mark.parametrize("date", ["", "Issued 2026-01-01. Issued 2026-01-02.", "Issued 2026-01-01."])
def test_what_ends_in_a_hundred_years_is_not_believed_whatever_the_date_of_issue(date: str) -> None:
    watch = Watch(pinned(profile_text=TEXT_ONLY), now=NEW_YEAR + DAY)
    verdict = watch.look(signed(f"{date} It ends 2126-01-01."))
    assert verdict.edition is not None
    assert verdict.edition.expires is None or verdict.edition.expires < NEW_YEAR + 366 * DAY


def test_a_report_on_a_period_far_ahead_is_not_believed() -> None:
    watch = Watch(of_a_page(TEXT_ONLY.replace("[statements]", PERIODS)), now=NEW_YEAR + DAY)
    watch.look(page("It covers 2025-07-01 to 2025-12-31."))
    watch.look(page("It covers 2126-07-01 to 2126-12-31."))
    watch.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert watch.look().status is Status.EXPIRED


def test_a_page_on_an_earlier_period_is_an_older_copy() -> None:
    """A cache that serves last year's report for an hour does not make this year's stale."""
    watch = Watch(of_a_page(TEXT_ONLY.replace("[statements]", PERIODS)), now=datetime(2026, 5, 1, tzinfo=UTC))
    assert watch.look(page("It covers 2025-07-01 to 2025-12-31.")).status is Status.OK
    verdict = watch.look(page("It covers 2025-01-01 to 2025-06-30."))
    assert (verdict.status, codes(verdict)[0]) == (Status.UNREACHABLE, Code.STALE_COPY)
    assert watch.look(page("It covers 2025-07-01 to 2025-12-31.")).status is Status.OK


def test_a_number_that_only_a_name_says_cannot_keep_later_editions_out() -> None:
    watch = Watch(pinned(profile_text=NAMED), now=NEW_YEAR + DAY)
    watch.look(edition(text(None, "2026-01-01"), *GOOD, name="canary-001.txt"))
    watch.now += 30 * DAY
    verdict = watch.look(edition(text(None, "2026-01-31"), *GOOD, name="canary-009.txt"))
    assert codes(verdict) == [Code.EDITION_GAP]
    assert watch.look().status is Status.OK
    watch.now += 30 * DAY
    third = edition(text(None, "2026-03-02"), *GOOD, name="canary-003.txt")
    assert watch.look(third).status is Status.OK
    watch.now += 2 * DAY
    assert watch.look(third).status is Status.OK


def test_an_edition_that_could_not_be_checked_weighs_nothing_once_another_followed() -> None:
    watch = Watch(now=NEW_YEAR + DAY)
    watch.look(edition(text(1, "2026-01-01"), *GOOD))
    watch.now += 30 * DAY
    unchecked = Signed("security", "", Outcome.UNCHECKED, file="canary-2.txt.sig")
    second = edition(text(2, "2026-01-20"), "legal", others=(unchecked,), name="canary-2.txt")
    assert watch.look(second).status is Status.UNKNOWN
    third = edition(text(2, "2026-01-30"), *GOOD, name="canary-3.txt")
    assert watch.look(second, third, serves="canary-3.txt").status is Status.OK


def test_an_undated_text_that_others_have_followed_is_an_old_copy() -> None:
    watch = Watch(pinned(profile_text=TEXT_ONLY), now=NEW_YEAR)
    first, second = edition(text(None), *GOOD), edition(text(None, words=WORDS[:1]), *GOOD)
    watch.look(first)
    assert watch.look(second).status is Status.WITHDRAWN
    watch.acknowledge()
    assert Code.STALE_COPY in codes(watch.look(first))
    watch.now += DAY
    assert watch.look(first).status is Status.INVALID
    assert watch.look(second).status is Status.OK


@pytest.mark.parametrize(("days", "status"), [(31, Status.OK), (32, Status.INVALID)])
@pytest.mark.parametrize("outcome", [Outcome.GOOD, Outcome.WEAK_DIGEST])
def test_a_signature_that_is_dated_back_to_when_its_key_was_good_does_not_count(
    days: int, status: Status, outcome: Outcome
) -> None:
    """A key that has expired or a digest that is weak signs only what is as old as they are."""
    issued = datetime(2017, 3, 1, 12, tzinfo=UTC)
    watch = Watch(now=issued + DAY)
    made = issued - days * DAY
    verdict = watch.look(edition(text(1, "2017-03-01"), *GOOD, outcome=outcome, at=made))
    assert verdict.status is status
    told = [each.message for each in verdict.findings if each.code is Code.BELOW_THRESHOLD]
    assert all("long before the date of issue" in each for each in told)
    one = edition(text(1, "2017-03-01"), *GOOD, others=(Signed("board", "", outcome, made),))
    told = [each.message for each in watch.look(one).findings if each.code is Code.NOT_COUNTED]
    assert len(told) == (status is Status.INVALID)


@pytest.mark.parametrize(("of", "make"), [(of_a_page(), page), (pinned(profile_text=TEXT_ONLY), signed)])
def test_what_says_nothing_any_more_is_not_ok_whoever_has_read_it(of: Pinned, make: Callable[[str], Edition]) -> None:
    watch = Watch(of, now=NEW_YEAR + DAY)
    whole, empty = make("Issued 2026-01-01."), make("Issued 2026-01-02.")
    for each in WORDS:
        empty = replace(empty, text=empty.text.replace(each, "Hello."))
    watch.look(whole)
    if of.format is not Format.PAGE:
        empty = replace(empty, text=empty.text.replace("1. Hello.", "").replace("2. Hello.", ""))
    watch.look(empty)
    watch.now += DAY
    assert watch.look(empty).status is Status.WITHDRAWN
    watch.acknowledge()
    assert watch.look().status is Status.WITHDRAWN
    assert watch.look(make("Issued 2026-01-03.")).status is Status.OK


def see(watch: Watch, seen: Edition, beside: KeptFile) -> Verdict:
    return watch.see(SeenEditions((seen,), (beside,), serves="", beyond=""))


def test_the_signatures_of_the_text_before_are_bad_ones_after_an_hour() -> None:
    """Where a text and its signatures lie at fixed addresses, they are uploaded one after the other."""
    watch = Watch(now=NEW_YEAR + DAY)
    old, new = (KeptFile("about/canary.txt.sig", digest(each), None) for each in (b"old", b"new"))
    see(watch, edition(text(1, "2026-01-01"), *GOOD), old)
    watch.now += 20 * DAY
    bad = tuple(Signed(each, "", Outcome.BAD, file="canary.txt.sig") for each in GOOD)
    between = edition(text(2, "2026-01-21"), others=bad)
    assert codes(see(watch, between, old)) == [Code.INCONSISTENT]
    assert Code.BAD_SIGNATURE in codes(see(watch, between, new))
    for no_newer in (text(1, "2026-01-01", words=WORDS[:1]), text(1, "2025-12-01"), text(None)):
        assert Code.BAD_SIGNATURE in codes(see(watch, edition(no_newer, others=bad), old))
    watch.now += timedelta(minutes=59)
    assert codes(see(watch, between, old)) == [Code.INCONSISTENT]
    watch.now += timedelta(minutes=1)
    assert set(codes(see(watch, between, old))) == {Code.BAD_SIGNATURE, Code.BELOW_THRESHOLD}
    assert see(watch, edition(text(2, "2026-01-21"), *GOOD), new).status is Status.OK
