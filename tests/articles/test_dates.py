"""Dates: every usual spelling as UTC, everything else refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.dates import iso_text, parsed_time
from ranker.errors import ArticleError

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
NOON_EPOCH = 1_709_553_600  # date -u -d 2024-03-04T12:00 +%s
MIDNIGHT = datetime(2024, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-04T12:00:00Z",
        "2024-03-04t12:00:00z",
        "2024-03-04T12:00Z",
        "20240304T120000Z",
        "2024-03-04T12:00:00.000Z",
        "2024-03-04T12:00:00,000+00:00",
        "2024-03-04 12:00:00+00:00",
        "2024-03-04T14:00:00+02:00",
        "2024-03-04T14:00:00+0200",
        "2024-03-04 14:00:00 +02:00",
        "2024-03-04 14:00:00 +0200",
        "2024-03-04T07:00:00-05:00",
        "2024-03-04 12:00:00 UTC",
        "2024-03-04 12:00:00 GMT",
        "2024-03-04 12:00:00 Z",
        "2024-03-04 13:00:00 CET",
        "2024-03-04T07:00:00 EST",
        "  2024-03-04T12:00:00Z\n",
        "2024-W10-1T12:00:00Z",
        "Mon, 04 Mar 2024 12:00:00 GMT",
        "Mon, 4 Mar 2024 12:00 GMT",
        "Monday, 04 March 2024 12:00:00 UT",
        "04 Mar 2024 12:00:00 +0000",
        "04 Mar 24 12:00:00 Z",
        "04-Mar-2024 12:00:00 GMT",
        "Mon, 04 Mar 2024 14:00:00 +02:00",
        "Mon, 04 Mar 2024 07:00:00 EST",
        "Mon, 04 Mar 2024 04:00:00 PST",
        "Mon, 04 Mar 2024 13:00:00 CET",
        "Mon, 04 Mar 2024 17:30:00 IST",
        "Mon, 04 Mar 2024 14:00:00 GMT+2",
        "Mon, 04 Mar 2024 14:00:00 UTC+02:00",
        "Mon, 04 Mar 2024 12:00:00.000 GMT",
        NOON_EPOCH,
        float(NOON_EPOCH),
        NOON_EPOCH * 1000,
        str(NOON_EPOCH),
        str(NOON_EPOCH * 1000),
        f"{NOON_EPOCH}.0",
        "1.7095536e9",
        "1.7095536e+12",
        NOON,
        NOON.astimezone(timezone(timedelta(hours=-5))),
    ],
    ids=str,
)
def test_a_spelling_that_says_its_zone_is_read_as_utc(value: object) -> None:
    assert parsed_time(value) == (NOON, "ok")


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-04T12:00:00",
        "2024-03-04 12:00",
        "20240304120000",
        20240304120000,
        "Mon, 04 Mar 2024 12:00:00",
        "Mon, 04 Mar 2024 12:00:00 -0000",
        "2024-03-04 12:00:00 -0000",
        "Mon, 04 Mar 2024 12:00:00 XYZ",
        datetime(2024, 3, 4, 12),  # noqa: DTZ001 - zone-less on purpose
    ],
    ids=str,
)
def test_a_time_without_a_known_zone_is_utc_and_said_to_be_zoneless(value: object) -> None:
    assert parsed_time(value) == (NOON, "zoneless")


@pytest.mark.parametrize(
    "value", ["2024-03-04", "20240304", 20240304, date(2024, 3, 4), "4 March 2024", "Mon, 04 Mar 2024", "04-Mar-24"], ids=str
)
def test_a_date_alone_is_its_midnight(value: object) -> None:
    assert parsed_time(value) == (MIDNIGHT, "zoneless")


@pytest.mark.parametrize(("value", "hour"), [("2024-03-04Z", 0), ("2024-03-04+02:00", -2), ("2024-03-04-05:00", 5)])
def test_a_date_with_a_zone_is_that_zones_midnight(value: str, hour: int) -> None:
    assert parsed_time(value) == (MIDNIGHT + timedelta(hours=hour), "ok")


@pytest.mark.parametrize(
    "value", ["2024-03-03T24:00:00Z", "2024-03-03 24:00Z", "2024-03-03T24:00:00.000Z", "Sun, 03 Mar 2024 24:00:00 GMT"]
)
def test_24_00_is_the_next_midnight(value: str) -> None:
    assert parsed_time(value) == (MIDNIGHT, "ok")


@pytest.mark.parametrize("value", ["1312010112345", 1312010112345])
def test_milliseconds_that_look_like_a_medieval_date_are_milliseconds(value: object) -> None:
    assert parsed_time(value) == (datetime(2011, 7, 30, 7, 15, 12, 345_000, tzinfo=UTC), "ok")


@pytest.mark.parametrize(("year", "read"), [("68", 2068), ("69", 1969), ("99", 1999), ("00", 2000)])
def test_two_digit_years_turn_over_at_1969(year: str, read: int) -> None:
    assert parsed_time(f"04 Mar {year} 12:00 GMT") == (datetime(read, 3, 4, 12, tzinfo=UTC), "ok")


def test_fractions_of_a_second_are_kept() -> None:
    assert parsed_time("2024-03-04T12:00:00.25Z") == (NOON + timedelta(milliseconds=250), "ok")


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_missing_value_is_none(value: object) -> None:
    assert parsed_time(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "2023-02-29T10:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-03-04T25:00:00Z",
        "2024-03-04T24:00:01Z",
        "2024-03-04T24:01:00Z",
        "2024-03-04T12:61:00Z",
        "2024-03-04T12:00:00+99:00",
        "Fri, 30 Feb 2024 10:00:00 GMT",
        "Mon, 04 Foo 2024 10:00:00 GMT",
        "Mon, 04 Mar 2024 10:00:00 +9900",
        "04 Mar 2024 10:11 PM",
        "2024-03-04 10:11:12 PM",
        "03/04/2024",
        "yesterday",
        "2024",
        "12345",
        "nan",
        "inf",
        "-inf",
        "1_709_553_600",
        2024,
        0,
        -1,
        float("nan"),
        float("inf"),
        10**400,
        True,
        [],
        {"year": 2024},
    ],
    ids=repr,
)
def test_what_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(ArticleError, match=r"^publishedDateTime: .* is no date$"):
        parsed_time(value)


@pytest.mark.parametrize(
    "value",
    ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1899-12-31", "2200-01-01", 99991231, 8 * 10**12, datetime(1066, 10, 14, tzinfo=UTC)],
    ids=repr,
)
def test_a_moment_outside_1900_to_2200_is_refused(value: object) -> None:
    with pytest.raises(ArticleError, match="is outside the years 1900 to 2200"):
        parsed_time(value)


def test_a_moment_that_its_zone_takes_out_of_the_calendar_is_refused() -> None:
    with pytest.raises(ArticleError, match="is no date"):
        parsed_time(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))


def test_a_refusal_names_the_field_and_shows_a_long_value_in_part() -> None:
    with pytest.raises(ArticleError) as caught:
        parsed_time("x" * 500, field="updated")
    assert caught.value.field == "updated"
    assert caught.value.reason == f"'{'x' * 56}... is no date"


def test_iso_text_is_utc_in_whole_seconds() -> None:
    assert iso_text(datetime(2024, 3, 4, 14, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))) == "2024-03-04T12:00:00Z"


@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_law_every_way_to_write_one_moment_is_the_same_moment(naive: datetime, zone: timezone) -> None:
    moment = naive.replace(tzinfo=zone, microsecond=0)
    rfc822 = f"{moment:%d} {'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()[moment.month - 1]} {moment:%Y %H:%M:%S %z}"
    for spelling in (moment.isoformat(), moment.isoformat(" "), f"{moment:%Y%m%dT%H%M%S%z}", iso_text(moment), rfc822):
        assert parsed_time(spelling) == (moment, "ok")
