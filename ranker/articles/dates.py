"""Dates: whatever an input calls a time, as timezone-aware UTC, or a clear refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

from ranker.errors import ArticleError

Zone = Literal["ok", "zoneless"]

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_SMALLEST_EPOCH = 1e8  # March 1973; smaller numbers are years, counters or mistakes
_DAY_DIGITS = 8  # 20260304
_MAX_SHOWN_CHARACTERS = 60
_MILLISECONDS_FROM = 1e11  # as seconds that is the year 5138, as milliseconds 1973
# Zone abbreviations that RFC 822 dates in feeds carry beyond those the standard library knows, hours from UTC.
_ABBREVIATIONS = {"BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1, "MSK": 3, "IST": 5.5, "JST": 9,
                  "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}  # fmt: skip


def parsed_time(value: object, *, field: str = "publishedDateTime") -> tuple[datetime, Zone] | None:
    """The moment that `value` names, in UTC, and whether it said its zone.

    Accepts ISO 8601 in its usual spellings, a date alone (midnight), RFC 822, seconds or milliseconds since
    1970, `datetime` and `date`. None for a missing value. A zone-less time is taken as UTC.

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
        return _from_epoch(float(value))
    text = value.strip()
    try:
        return datetime.fromisoformat(_iso_spelling(text))
    except ValueError:
        pass
    try:
        return _from_epoch(float(text))
    except ValueError:
        return _from_rfc822(text)


def _iso_spelling(text: str) -> str:
    """Spellings that people write and `fromisoformat` refuses: "... UTC", a blank before the offset."""
    head, _, tail = text.rpartition(" ")
    if head and (tail.upper() in {"UTC", "GMT", "Z"}):
        return f"{head}+00:00"
    if head and tail[:1] in "+-" and ":" in head:
        return f"{head}{tail}"
    return text


def _from_epoch(number: float) -> datetime:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    # Eight digits are somebody's 20260304, not a second of August 1970.
    if float(number).is_integer() and len(str(abs(int(number)))) == _DAY_DIGITS:
        return datetime.strptime(str(int(number)), "%Y%m%d")  # noqa: DTZ007 - zone-less on purpose, counted as such
    if abs(seconds) < _SMALLEST_EPOCH:
        raise ValueError("too small for an epoch time")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _from_rfc822(text: str) -> datetime:
    head, _, zone = text.rpartition(" ")
    if zone.upper() in _ABBREVIATIONS:
        offset = timezone(timedelta(hours=_ABBREVIATIONS[zone.upper()]))
        return parsedate_to_datetime(f"{head} +0000").replace(tzinfo=offset)
    try:
        return parsedate_to_datetime(text)
    except TypeError as error:  # what the standard library raises for some malformed dates
        raise ValueError(str(error)) from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[: _MAX_SHOWN_CHARACTERS - 3]}..."
