"""Filters: how the templates write texts, moments, numbers and addresses that somebody else chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from ranker.articles.dates import iso_text
from ranker.articles.web_link import web_link
from ranker.ranking.sentences import added_up

# What nobody shall see, or what would turn the text around it: control characters, half characters (lone surrogates), and marks that
# override or embed a direction of writing (https://www.unicode.org/reports/tr9/). Marks that only isolate are harmless in pairs, and a
# text that leaves one open is held together by <bdi>; they go too, so that titles in attributes are safe.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
SCORE_DIGITS = 3  # of scores, as everywhere they are shown
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400  # seconds
_IN_MINUTES, _IN_HOURS = 90 * _MINUTE, 48 * _HOUR  # up to which age is told in minutes, and in hours
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def shown(value: object) -> object:
    """What is shown of a value: of a text all but what nobody shall see. Every expression of a template passes through this."""
    if type(value) is str and _UNSHOWN.search(value):
        return _UNSHOWN.sub("", value)
    return "" if value is None else value


def part(text: str) -> str:
    """A text as one part of an address."""
    return text if text.isascii() and text.isalnum() else quote(text.encode("utf-8", "replace").decode(), safe="")


def moment(value: str | datetime | None) -> datetime | None:
    """A moment of the wire, or one that is one already."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def age(value: str | datetime | None, as_of: datetime) -> str:
    """How long ago a moment is: "just now", "12 min ago", "5 h ago", "3 days ago"; "undated" for none."""
    then = moment(value)
    if then is None:
        return "undated"
    seconds = (as_of - then).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _IN_MINUTES:
        return f"{seconds // _MINUTE:.0f} min ago"
    if seconds < _IN_HOURS:
        return f"{seconds / _HOUR:.0f} h ago"
    return f"{seconds / _DAY:.0f} days ago"


def when(value: str | datetime | None) -> str:
    """A moment in words: "11 Mar, 18:20 UTC"; "undated" for none."""
    then = moment(value)
    if then is None:
        return "undated"
    then = then.astimezone(UTC)
    return f"{then.day} {_MONTHS[then.month - 1]}, {then:%H:%M} UTC"


def time_tag(value: str | datetime | None) -> Markup:
    """A moment as `<time>`; the script writes it in the reader's own time zone."""
    then = moment(value)
    if then is None:
        return Markup("undated")
    return Markup('<time datetime="{}" data-when>{}</time>').format(iso_text(then), when(then))


def age_tag(value: str | datetime | None, as_of: datetime) -> Markup:
    """How long ago a moment is as `<time>`; the script keeps it right while the page is open."""
    then = moment(value)
    if then is None:
        return Markup("undated")
    return Markup('<time datetime="{}" data-age>{}</time>').format(iso_text(then), age(then, as_of))


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what is counted: "1 story", "2 stories"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def share(value: float) -> str:
    """A weight or a probability in percent, with a narrow space: "50 %"."""
    return f"{value * 100:.0f}\N{NARROW NO-BREAK SPACE}%"


def decimals(value: float, digits: int = SCORE_DIGITS) -> str:
    """A number to read."""
    return f"{value:.{digits}f}"


def exactly(value: float) -> str:
    """A number in full, as JSON writes it."""
    return repr(value)


def contributions(signals: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What each signal adds to a score, rounded so that what is shown adds up to the score as it is shown."""
    names = list(signals)
    return list(zip(names, added_up([signals[name]["contribution"] for name in names], SCORE_DIGITS)[:-1], strict=True))


def largest(signals: Mapping[str, Any]) -> str:
    """The signal that adds most to a score; of equals the one that is named first."""
    return max(signals, key=lambda name: float(signals[name]["contribution"]))


def score_in_words(signals: Mapping[str, Any]) -> str:
    """A score and what it is made of: "Score 0.609: quality 0.191, heat 0.118, recency 0.300"."""
    names = list(signals)
    *parts, score = added_up([signals[name]["contribution"] for name in names], SCORE_DIGITS)
    return f"Score {score}: " + ", ".join(f"{name} {part}" for name, part in zip(names, parts, strict=True))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "web_link": web_link, "part": part, "age": age, "when": when, "time_tag": time_tag, "age_tag": age_tag, "counted": counted,
    "largest": largest,
    "share": share, "decimals": decimals, "exactly": exactly, "contributions": contributions, "score_in_words": score_in_words,
}  # fmt: skip
