"""Dates and promises in prose, and lengths of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.dates import NumericDates, read_date
from canary.core.foreign.promises import next_of, read_days_of_year, read_window
from canary.core.foreign.spans import Span, parse_days, parse_span, read_span
from canary.errors import MalformedError

DAY = date(2020, 12, 8)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "December 8, 2020",
            "December 8th, 2020",
            "December 8 2020",
            "Dec. 8, 2020",
            "8 December 2020",
            "08 Dec 2020",
        ),
        *("8th of December, 2020", "Tuesday, December 8, 2020", "Tue 8 Dec 2020", "2020-12-08", "DECEMBER 8, 2020"),
        *("2020-12-08 16:46", "December 8, 2020 at 16:46:00"),  # whose zone nobody says
    ],
)
def test_a_day_is_read_in_each_spelling(text: str) -> None:
    found = read_date(f"on {text}, they say", 3)
    assert found is not None
    assert (found[0].day, found[0].moment, found[1]) == (DAY, None, 3 + len(text))
    assert found[0].when() == datetime(2020, 12, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Tue, 08 Dec 2020 16:46:42 +0000",
            "2020-12-08T16:46:42Z",
            "2020-12-08 16:46:42 UTC",
            "8 Dec 2020 16:46:42 GMT",
        ),
        *("2020-12-08T17:46:42.123+01:00", "Tue, 08 Dec 2020 11:46:42 -0500", "December 8, 2020, 16:46:42 UTC"),
    ],
)
def test_a_moment_needs_its_zone(text: str) -> None:
    found = read_date(text, 0)
    assert found is not None
    assert (found[0].moment, found[1]) == (datetime(2020, 12, 8, 16, 46, 42, tzinfo=UTC), len(text))


def test_the_day_of_a_moment_is_the_one_in_utc() -> None:
    found = read_date("2020-12-08T23:30:00-05:00", 0)
    assert found is not None
    assert found[0].day == date(2020, 12, 9)


@pytest.mark.parametrize(
    "text",
    [
        *("Monday, December 8, 2020", "February 30, 2020", "December 8", "December 2020", "8.12.2020", "2020-13-01"),
        *("Smarch 1, 2020", "2020-12-081", "December 8, 20201", "December 8, 1969", "December 8, 3000", "0001-01-01"),
        *("2020-12-08T25:00:00Z", "2020-12-08T10:00:00+99:00", "", "December", "٢٠٢٠-١٢-٠٨"),
    ],
)
def test_what_contradicts_itself_or_lacks_a_part_is_no_date(text: str) -> None:
    assert read_date(text, 0) is None


@pytest.mark.parametrize(
    ("text", "unsaid", "day_first", "month_first"),
    [
        ("03/04/2020", None, date(2020, 4, 3), date(2020, 3, 4)),
        ("13/04/2020", date(2020, 4, 13), date(2020, 4, 13), None),
        ("04/13/2020", date(2020, 4, 13), None, date(2020, 4, 13)),
        ("5/5/2020", date(2020, 5, 5), date(2020, 5, 5), date(2020, 5, 5)),
        ("31/31/2020", None, None, None),
    ],
)
def test_dates_in_numbers(text: str, unsaid: date | None, day_first: date | None, month_first: date | None) -> None:
    found = [read_date(text, 0, each) for each in (None, NumericDates.DAY_FIRST, NumericDates.MONTH_FIRST)]
    assert [each and each[0].day for each in found] == [unsaid, day_first, month_first]


@given(st.dates(date(1970, 1, 1), date(2999, 12, 31)))
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    for text in (
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        day.isoformat(),
        f"{day:%A, %B %d %Y}",
    ):
        found = read_date(text, 0)
        assert found is not None
        assert (found[0].day, found[1]) == (day, len(text))


# --- promises -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "opens", "last"),
    [
        ("first week of March 2015", "2015-03-01", "2015-03-07"),
        ("first 2 weeks of August 2015", "2015-08-01", "2015-08-14"),
        ("first two weeks of April 2016", "2016-04-01", "2016-04-14"),
        ("first three weeks of January 2020", "2020-01-01", "2020-01-21"),
        ("first fourteen days of September 2026", "2026-09-01", "2026-09-14"),
        ("first day of May 2021", "2021-05-01", "2021-05-01"),
        ("last week of February 2024", "2024-02-23", "2024-02-29"),
        ("first half of June 2021", "2021-06-01", "2021-06-15"),
        ("second half of June 2021", "2021-06-16", "2021-06-30"),
        ("June 2021", "2021-06-01", "2021-06-30"),
        ("Feb. 2023", "2023-02-01", "2023-02-28"),
        ("first quarter of 2021", "2021-01-01", "2021-03-31"),
        ("second half of 2021", "2021-07-01", "2021-12-31"),
        ("Q3 2021", "2021-07-01", "2021-09-30"),
        ("H1 2021", "2021-01-01", "2021-06-30"),
    ],
)
def test_a_window_is_read(text: str, opens: str, last: str) -> None:
    found = read_window(f"the {text}.", 4)
    assert found is not None
    assert [str(found[0].opens), str(found[0].last), found[1]] == [opens, last, 4 + len(text)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "first five weeks of March 2015",
            "first 40 days of June 2021",
            "first zero days of June 2021",
            "week of March 2015",
        ),
        *("first 0 days of June 2021", "first week of March", "first week of Smarch 2015", "second week of March 2015"),
        *(
            "third half of 2021",
            "H3 2021",
            "Q5 2021",
            "last half of June 2021",
            "first two half of June 2021",
            "June 9999",
        ),
        "first 999999999 weeks of March 2015",
    ],
)
def test_what_is_no_window(text: str) -> None:
    assert read_window(text, 0) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("January 1st, April 1st, July 1st, October 1st", ((1, 1), (4, 1), (7, 1), (10, 1))),
        ("February 1 * May 1 * August 1", ((2, 1), (5, 1), (8, 1))),
        ("February * May * August * November", ((2, 1), (5, 1), (8, 1), (11, 1))),
        ("March and September", ((3, 1), (9, 1))),
        ("March 15, and September 30", ((3, 15), (9, 30))),
        ("February 29", ((2, 29),)),
    ],
)
def test_days_of_the_year(text: str, days: tuple[tuple[int, int], ...]) -> None:
    assert read_days_of_year(f"{text} We add", 0) == (days, len(text))


def test_what_is_no_day_of_the_year() -> None:
    assert read_days_of_year("February 30", 0) is None
    assert read_days_of_year("We", 0) is None
    assert read_days_of_year("May 1, Smarch 2", 0) == (((5, 1),), 5)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 28)), min_size=1, max_size=6),
    st.dates(date(1970, 1, 1), date(2998, 12, 31)),
    st.integers(1, 60),
)
def test_the_next_window_is_the_first_after_the_day(days: list[tuple[int, int]], after: date, length: int) -> None:
    window = next_of(days, after, length)
    assert (window.opens.month, window.opens.day) in days
    assert window.last - window.opens == timedelta(days=length - 1)
    between = (after + timedelta(days=n) for n in range(1, (window.opens - after).days))
    assert window.opens > after
    assert not any((each.month, each.day) in days for each in between)


def test_a_leap_day_is_the_28th_in_other_years() -> None:
    assert next_of([(2, 29)], date(2022, 6, 1), 1).opens == date(2023, 2, 28)


# --- lengths --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *(
            ("4 weeks", Span(days=28)),
            ("fourteen days", Span(days=14)),
            ("14-day", Span(days=14)),
            ("a month", Span(months=1)),
        ),
        *(("three months", Span(months=3)), ("1 year", Span(months=12)), ("10 years", Span(months=120))),
    ],
)
def test_a_length_is_read(text: str, span: Span) -> None:
    assert read_span(f"{text}, and", 0) == (span, len(text))
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["weeks", "0 days", "few weeks", "11 years", "999999999 days", "4 weekss", "4", "", "4  weeks", "4 weeks "]
)
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(MalformedError, match="a length of time is written like"):
        parse_span(text)


def test_months_are_clipped_and_ends_stay_ends() -> None:
    assert Span(months=1).after(date(2021, 1, 31)) == date(2021, 2, 28)
    assert Span(months=6).after_end(date(2021, 6, 30)) == date(2021, 12, 31)
    assert Span(days=28).after(date(2021, 4, 4)) == date(2021, 5, 2)


def test_days_are_counted_in_days_or_weeks() -> None:
    assert [parse_days(each) for each in ("0 days", "1 day", "2 weeks")] == [0, 1, 14]
    with pytest.raises(MalformedError, match="counted in days or weeks"):
        parse_days("1 month")
