"""Signals of a story taken apart for its page: the sums behind quality, heat and recency, rounded so that they add up as shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ranker.ranking.blend import SIGNALS
from ranker.ranking.sentences import added_up, many

SCORE_DIGITS, POINT_DIGITS = 4, 1
SHOWN_TERMS = 12  # of one sum; the wire has them all


@dataclass(frozen=True, slots=True)
class Row:
    """A signal as a row of the table of the score."""

    name: str
    value: str
    normalised: str
    weight: str
    contribution: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a sum.

    Parameters
    ----------
    article : id of the article that it comes from.
    times : what it is made of, as "0.7 x 99" with a proper sign; nothing if it stands for itself.
    age : hours, None without a date.
    """

    points: str
    article: str
    times: str = ""
    age: float | None = None

    @property
    def ago(self) -> str:
        """Its age for the eye; nothing without one."""
        return "" if self.age is None else f"{hours(self.age)} ago"


@dataclass(frozen=True, slots=True)
class Apart:
    """A story's score taken apart.

    Parameters
    ----------
    rows : one a signal; their contributions add up to `score` as they are shown.
    quality : the terms of `quality_total`, one a publisher group.
    heat : name and points of what adds up to `heat_total`.
    coverage : the newest terms of what coverage adds to heat.
    coverage_left : points and number of the older terms; None if there are none.
    cooled : texts beyond the first report of whose coverage nothing is left that would be shown.
    expected : what the story's own past foretold of its coverage; None where it foretells nothing.
    above : heat above the lead's quality.
    """

    rows: tuple[Row, ...]
    score: str
    quality: tuple[Term, ...]
    quality_left: tuple[str, int] | None
    quality_total: str
    heat: tuple[tuple[str, str], ...]
    heat_total: str
    coverage: tuple[Term, ...]
    coverage_left: tuple[str, int] | None
    cooled: int
    expected: float | None
    above: str


def taken_apart(signals: Mapping[str, Any]) -> Apart:
    """The sums behind a score, of the signals as the wire tells them."""
    *contributions, score = added_up([signals[name]["contribution"] for name in SIGNALS], SCORE_DIGITS)
    rows = tuple(_row(name, signals[name], contribution) for name, contribution in zip(SIGNALS, contributions, strict=True))
    parts, heat = signals["quality"]["parts"], signals["heat"]["parts"]
    *points, quality_total = added_up([part["points"] for part in parts], POINT_DIGITS)
    quality = [
        Term(term, part["id"], f"{part['weight']:g} \N{MULTIPLICATION SIGN} {part['quality']}")
        for term, part in zip(points, parts, strict=True)
    ]
    counted = [item for item in heat["coverage"] if item["points"]]
    _, *rounded, burst, audience, heat_total = added_up(
        [heat["quality"], *(item["points"] for item in counted), heat["burst"], heat["audience"]], POINT_DIGITS
    )
    told = (Term(term, item["id"], age=item["ageHours"]) for term, item in zip(rounded, counted, strict=True))
    terms = [term for term in told if Decimal(term.points)]  # what would be shown as 0.0 has cooled
    covered = str(_sum(terms))
    named = (("coverage", covered), ("burst", burst), ("audience", audience))
    return Apart(
        rows=rows,
        score=score,
        quality=tuple(quality[:SHOWN_TERMS]),
        quality_left=_left(quality[SHOWN_TERMS:]),
        quality_total=quality_total,
        heat=(("quality of the lead", str(heat["quality"])), *((name, number) for name, number in named if Decimal(number))),
        heat_total=heat_total,
        coverage=tuple(reversed(terms[-SHOWN_TERMS:])),
        coverage_left=_left(terms[:-SHOWN_TERMS]),
        cooled=len(heat["coverage"]) - len(terms),
        expected=heat["expected"] or None,
        above=str(Decimal(heat_total) - heat["quality"]),
    )


def phase_reason(parts: Mapping[str, Any]) -> str:
    """What a story's phase was read from, in words."""
    if parts["firstHours"] is None or parts["newestGroupHours"] is None:
        return "because no article has a date"
    return (
        f"first told {hours(parts['firstHours'])} ago, now by {many(parts['publisherGroups'], 'publisher group')}; the newest of them "
        f"joined {hours(parts['newestGroupHours'])} ago; its pace is {parts['pace']:.2f}, at its highest it was {parts['peak']:.2f}"
    )


def hours(number: float) -> str:
    """Hours for the eye: minutes below one, days from two days on."""
    if number < 1:
        return f"{number * 60:.0f} min"
    return f"{number:.0f} h" if number < 48 else f"{number / 24:.0f} days"  # noqa: PLR2004 - two days


def _row(name: str, signal: Mapping[str, Any], contribution: str) -> Row:
    return Row(name, f"{signal['value']:.2f}", f"{signal['normalised']:.4f}", f"{signal['weight']:g}", contribution)


def _left(terms: list[Term]) -> tuple[str, int] | None:
    return (str(_sum(terms)), len(terms)) if terms else None


def _sum(terms: list[Term]) -> Decimal:
    return sum((Decimal(term.points) for term in terms), Decimal("0.0"))
