"""Dates: whatever an input calls a time, as timezone-aware UTC, or a clear refusal."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from ranker.errors import ArticleError

Zone = Literal["ok", "zoneless"]

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_SMALLEST_EPOCH = 1e8  # March 1973; smaller numbers are years, counters or mistakes
_MILLISECONDS_FROM = 1e11  # as seconds that is the year 5138, as milliseconds 1973
# Whole numbers of so many digits are somebody's 20260304 or 20260304101500, not a second of August 1970 or a
# millisecond of the year 2612.
_DIGIT_SPELLINGS = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
_MAX_SHOWN_CHARACTERS = 60
_FIRST_TWO_DIGIT_YEAR = 69  # as POSIX has it: 69 to 99 are 19.., 00 to 68 are 20..

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?", re.ASCII)
_DATE_AND_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:?\d\d)\Z", re.ASCII | re.IGNORECASE)
_END_OF_DAY = re.compile(r"(?<=[Tt ])24(?=:00(?::00(?:\.0+)?)?(?![:.\d]))", re.ASCII)
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?", re.ASCII)
_RFC_822 = re.compile(
    r"(?:[a-z]+\.?,?\s+)?(?P<day>\d{1,2})[\s-]+(?P<month>[a-z]{3,9})\.?[\s-]+(?P<year>\d{4}|\d\d)"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?)?(?:\s*(?P<zone>[a-z]*(?:[+-][\d:]+)?))?",
    re.ASCII | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Zone names that dates carry, in hours from UTC. Some stand for several zones; the one of the larger press is taken.
_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
          "MDT": -6, "PST": -8, "PDT": -7, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1,
          "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}  # fmt: skip
_UNKNOWN_ZONE = "-0000"  # RFC 2822: "a time in UTC, nothing said about the zone"
_HALVES_OF_THE_DAY = frozenset({"AM", "PM"})


def parsed_time(value: object, *, field: str = "publishedDateTime") -> tuple[datetime, Zone] | None:
    """The moment that `value` names, in UTC, and whether it said its zone.

    Accepts ISO 8601 in its usual spellings (24:00 is the next midnight), a date alone (midnight), RFC 822, seconds
    or milliseconds since 1970, `datetime` and `date`. None for a missing value. A time without a zone, or with
    a zone name that nobody knows, is taken as UTC.

    Raises
    ------
    ArticleError : for anything else, and for moments outside 1900 to 2200.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        moment = _read(value)
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise ArticleError(field, f"{_shown(value)} is no date") from error
    if not _EARLIEST <= utc < _LATEST:
        raise ArticleError(field, f"{_shown(value)} is outside the years 1900 to 2200")
    return utc, "zoneless" if moment.tzinfo is None else "ok"


def iso_text(moment: datetime) -> str:
    """`moment` as the format writes it: UTC, whole seconds, closing Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"a {type(value).__name__} is no date")
    if isinstance(value, int | float):
        return _from_number(float(value))
    text = value.strip()
    # Before ISO 8601: `fromisoformat` takes the milliseconds 1312010112345 for the first of January 1312.
    if _NUMBER.fullmatch(text):
        return _from_number(float(text))
    text, days = _END_OF_DAY.subn("00", text)
    moment = _from_rfc822(text) if _RFC_822.fullmatch(text) else _from_iso(text)
    return moment + timedelta(days=days)


def _from_number(number: float) -> datetime:
    spelling = _DIGIT_SPELLINGS.get(len(str(int(number)))) if number.is_integer() and number > 0 else None
    if spelling is not None:
        return datetime.strptime(str(int(number)), spelling)  # noqa: DTZ007 - zone-less on purpose, counted as such
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    if abs(seconds) < _SMALLEST_EPOCH:
        raise ValueError("too small for an epoch time")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _from_iso(text: str) -> datetime:
    """ISO 8601, also with a blank before the offset or with a zone's name ("... UTC", "... CET")."""
    text = _DATE_AND_ZONE.sub(r"\1T00:00\2", text).upper()
    head, _, zone = text.rpartition(" ")
    offset = _offset(zone) if ":" in head else None
    if offset is None and zone != _UNKNOWN_ZONE:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(head).replace(tzinfo=offset)


def _from_rfc822(text: str) -> datetime:
    match = _RFC_822.fullmatch(text)
    if match is None or (match["zone"] or "").upper() in _HALVES_OF_THE_DAY:
        raise ValueError("not RFC 822")
    year = int(match["year"])
    if len(match["year"]) == 2:  # noqa: PLR2004 - two digits
        year += 1900 if year >= _FIRST_TWO_DIGIT_YEAR else 2000
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    return datetime(year, month, int(match["day"]), hour, minute, second, tzinfo=_offset((match["zone"] or "").upper()))


def _offset(zone: str) -> timezone | None:
    """The zone of "CET", "+0200" or "GMT+2"; None for a name that is not known."""
    if zone == _UNKNOWN_ZONE:
        return None
    match = _OFFSET.fullmatch(zone)
    if match is None:
        return timezone(timedelta(hours=_ZONES[zone])) if zone in _ZONES else None
    size = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return timezone(-size if match["sign"] == "-" else size)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[: _MAX_SHOWN_CHARACTERS - 3]}..."
