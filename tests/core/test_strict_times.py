from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.text.names import (
    check_attachment_name,
    check_canary_id,
    check_signer,
    check_statement_id,
    key_name,
    signer_of,
)
from canary.core.text.strict import decode_base64, digest, encode_base64, hash_field, parse_hash, parse_number
from canary.core.text.times import (
    format_date_range,
    format_time,
    midnight,
    minute_after,
    minute_before,
    parse_date,
    parse_date_range,
    parse_time,
)
from canary.errors import MalformedError
from canary.limits import CANARY_ID_CHARACTERS, MAX_NUMBER
from tests import strategies


def refuses(check: Callable[[str], object], text: str) -> str:
    with pytest.raises(MalformedError) as caught:
        check(text)
    return caught.value.rule


# --- numbers, hashes, base64 ----------------------------------------------------------------------------


@given(st.integers(0, MAX_NUMBER))
def test_a_number_has_one_spelling(number: int) -> None:
    assert parse_number(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "01", "00", "1.0", "1e3", " 1", "1 ", "1_000", "0x10", "٣", "１", "²", "0" * 5000]
)
def test_another_spelling_of_a_number_is_refused(text: str) -> None:
    assert refuses(parse_number, text).startswith("a number is written")


@pytest.mark.parametrize("digits", [str(MAX_NUMBER + 1), str(2**63), "9" * 16, "9" * 40])
def test_a_number_that_json_readers_would_round_is_refused(digits: str) -> None:
    assert refuses(parse_number, digits) == f"{digits} lies outside 0 to {MAX_NUMBER}"


def test_a_number_without_end_is_told_with_its_first_digits() -> None:
    assert refuses(parse_number, "9" * 5000) == f"{'9' * 40}… lies outside 0 to {MAX_NUMBER}"


def test_letters_that_look_like_others_are_told_apart() -> None:
    assert refuses(check_canary_id, "ex\u0430mple.net").endswith(r"not 'ex\u0430mple.net'")


def test_a_number_keeps_within_its_bounds() -> None:
    assert parse_number("5", least=5, most=5) == 5
    assert "outside 5 to 6" in refuses(lambda text: parse_number(text, least=5, most=6), "4")
    assert "outside 5 to 6" in refuses(lambda text: parse_number(text, least=5, most=6), "7")


@given(st.binary(max_size=40))
def test_a_hash_has_one_spelling(data: bytes) -> None:
    assert parse_hash(hash_field(digest(data))) == digest(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        digest(b""),
        f"sha256:{digest(b'')[1:]}",
        f"sha256:{digest(b'')}0",
        f"sha256:{digest(b'').upper()}",
        f"sha256:sha256:{digest(b'')}",
        f"SHA256:{digest(b'')}",
        f"sha256: {digest(b'')[1:]}",
        f"sha256:{digest(b'')[1:]}٣",
    ],
)
def test_another_spelling_of_a_hash_is_refused(text: str) -> None:
    assert "lower-case hex" in refuses(parse_hash, text)


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data


@given(st.text(st.sampled_from("AQb/+-_= \n=é"), max_size=12))
def test_whatever_is_read_as_base64_is_written_again(text: str) -> None:
    try:
        data = decode_base64(text)
    except MalformedError:
        return
    assert encode_base64(data) == text


@pytest.mark.parametrize("text", ["A", "AA", "AA=", "AB==", "AA==\n", " AA==", "AA==AA==", "A-==", "é", "AA===", "="])
def test_another_spelling_of_base64_is_refused(text: str) -> None:
    assert "base64" in refuses(decode_base64, text)


# --- times ----------------------------------------------------------------------------------------------


@given(strategies.times)
def test_a_time_has_one_spelling(time: datetime) -> None:
    assert parse_time(format_time(time)) == time


@given(strategies.times, st.integers(-14, 14))
def test_a_time_is_written_in_utc_wherever_it_was_taken(time: datetime, hours: int) -> None:
    assert format_time(time.astimezone(timezone(timedelta(hours=hours)))) == format_time(time)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2026-11-03",
        "2026-11-03T14:30:00",
        "2026-11-03T14:30:00z",
        "2026-11-03t14:30:00Z",
        "2026-11-03 14:30:00Z",
        "2026-11-03T14:30Z",
        "2026-11-03T14:30:00.0Z",
        "2026-11-03T14:30:00.000000Z",
        "2026-11-03T14:30:00+00:00",
        "2026-11-03T14:30:00+01:00Z",
        "2026-11-03T14:30:00ZZ",
        "20261103T143000Z",
        "2026-W45-2T14:30:00Z",
        "2026-11-03T24:00:00Z",
        "2026-11-03T14:30:60Z",
        "2026-13-03T14:30:00Z",
        "2026-02-29T14:30:00Z",
        "2026-11-3T14:30:00Z",
        "02026-11-03T14:30:00Z",
        "٢٠٢٦-11-03T14:30:00Z",
        " 2026-11-03T14:30:00Z",
        "2026-11-03T14:30:00Z ",
    ],
)
def test_another_spelling_of_a_time_is_refused(text: str) -> None:
    assert "a time is written" in refuses(parse_time, text)


@given(st.datetimes(max_value=datetime(9999, 12, 31, 23, 58), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis asks for naive ones
def test_bounds_in_whole_minutes_lie_outwards(time: datetime) -> None:
    before, after = minute_before(time), minute_after(time)
    assert before <= time <= after
    assert time - before < timedelta(minutes=1)
    assert after - time < timedelta(minutes=1)
    assert [each.second or each.microsecond for each in (before, after)] == [0, 0]


def test_the_last_minute_that_there_is_has_none_after_it() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert minute_after(last) == last


@given(strategies.dates)
def test_a_date_has_one_spelling(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    ["", "20261103", "2026-W45-2", "2026-11-3", "2026-02-30", "2026-11-03T00:00:00Z", "2026-11-03 ", "٢٠٢٦-11-03"],
)
def test_another_spelling_of_a_date_is_refused(text: str) -> None:
    assert "a date is written" in refuses(parse_date, text)


@pytest.mark.parametrize("year", ["1969", "3000", "9999", "0001"])
def test_a_year_that_schedules_cannot_count_with_is_refused(year: str) -> None:
    refuses(parse_date, f"{year}-01-01")
    refuses(parse_time, f"{year}-01-01T00:00:00Z")


@given(strategies.date_ranges)
def test_a_range_of_days_has_one_spelling(days: tuple[date, date]) -> None:
    assert parse_date_range(format_date_range(days)) == days


@pytest.mark.parametrize(
    "text", ["2026-07-01", "2026-07-01/", "/2026-07-01", "2026-07-02/2026-07-01", "2026-07-01/P1M"]
)
def test_another_spelling_of_a_range_is_refused(text: str) -> None:
    refuses(parse_date_range, text)


TIME_LIKE = st.text(st.sampled_from("0123456789-:TZ/W+ ."), max_size=24)


@given(strategies.mutated(strategies.times.map(lambda time: format_time(time).encode())) | TIME_LIKE.map(str.encode))
def test_whatever_is_read_as_a_time_is_written_again(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        time = parse_time(text)
    except MalformedError:
        return
    assert format_time(time) == text


@given(strategies.mutated(strategies.date_ranges.map(lambda days: format_date_range(days).encode())))
def test_whatever_is_read_as_a_range_of_days_is_written_again(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        days = parse_date_range(text)
    except MalformedError:
        return
    assert format_date_range(days) == text


def test_a_day_begins_at_midnight_utc() -> None:
    assert midnight(date(2026, 11, 3)) == datetime(2026, 11, 3, 0, 0, 0, tzinfo=UTC)


# --- names ----------------------------------------------------------------------------------------------


@given(strategies.canary_ids, strategies.signer_names)
def test_a_signer_is_found_again_in_the_name_of_the_key(canary: str, signer: str) -> None:
    assert check_canary_id(canary) == canary
    assert signer_of(canary, key_name(canary, signer)) == signer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "example.net/",
        "/canary",
        "https://example.net",
        "Example.net",
        "example..net",
        "-example.net",
        "example-.net",
        "example.net:8080",
        "user@example.net",
        "example.net//canary",
        "example.net/../canary",
        "example.net/.",
        "example.net/a b",
        "example.net/ä",
        "exämple.net",
        "example.net/canary?x",
        "example.net/canary#x",
        "example.net/%41",
        "example.net\n",
        "e" * 64 + ".net",
        "example.net/" + "x" * CANARY_ID_CHARACTERS,
    ],
)
def test_what_is_no_canary_id_is_refused(text: str) -> None:
    assert "a canary id is a URL" in refuses(check_canary_id, text)


@pytest.mark.parametrize("text", ["localhost", "example.net", "a.b-c.example/~x/v1.2/...", "xn--exmple-cua.net"])
def test_a_url_without_its_scheme_is_a_canary_id(text: str) -> None:
    assert check_canary_id(text) == text


@pytest.mark.parametrize("text", ["", "log", "-legal", "Legal", "le_gal", "legal/x", "legal\n", "x" * 65, "é"])
def test_what_cannot_name_a_signer_is_refused(text: str) -> None:
    assert "a signer's name" in refuses(check_signer, text)


def test_a_key_of_another_canary_is_no_signers() -> None:
    assert "is not named" in refuses(lambda name: signer_of("example.net", name), "example.org/legal")
    assert "is not named" in refuses(lambda name: signer_of("example.net", name), "example.net")
    assert "a signer's name" in refuses(lambda name: signer_of("example.net", name), "example.net/a/b")


@pytest.mark.parametrize("text", ["", "announcements", "Keys", "a b", "a_b", "x" * 65, "é"])
def test_what_is_no_statement_id_is_refused(text: str) -> None:
    assert "a statement's id" in refuses(check_statement_id, text)


@pytest.mark.parametrize("text", ["", ".", "..", ".htaccess", "a/b", "a\\b", "a b", "-rf", "é.pdf", "x" * 101, "a\n"])
def test_what_is_no_plain_file_name_is_refused(text: str) -> None:
    assert "an attachment's name" in refuses(check_attachment_name, text)
