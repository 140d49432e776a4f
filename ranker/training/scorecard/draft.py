"""A scorecard on the way: rules with points, held against the qualities they should give, one yardstick for every change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranker.training.scorecard.candidates import SEEN_IN, Candidates, Floats, Ints, Line

_DIGITS = 9  # of a rule's points, as in `Scorecard`

# What a part of the card must earn: it is taken up if it makes more than so many more articles exact. (A description that is worth its
# length, after Rissanen, 1978, 10.1016/0005-1098(78)90005-5; the amounts are chosen, a coincidence of three articles is rare enough.)
NEW_PART = 2.5  # a rule that the settings do not have, a bound of the sum, a term that is no topic's name
CHANGED_POINTS = 1.5  # other points than the settings have; a class of sources with such points
TOLD_PART = 0.5  # a rule of the settings that acts, a term that is a topic's name, an entry in the list of a class


@dataclass(frozen=True, slots=True)
class Draft:
    """Lines by name with the points they have now, those that do not act with 0."""

    lines: Mapping[str, Line]
    points: Mapping[str, float]
    terms: tuple[tuple[int, ...], ...] = ()  # lists of synonyms, by their place among the phrases
    entries: tuple[tuple[int, str], ...] = ()  # node of the tree of sites, and the line of its class
    classes: tuple[str, ...] = ()  # lines that stand for the source, the first for all that no entry names

    def given(self, points: Mapping[str, float]) -> Draft:
        """The draft with other points for some lines."""
        return replace(self, points={**self.points, **points})


@dataclass(frozen=True, slots=True)
class Bench:
    """What a draft is held against."""

    candidates: Candidates
    floor: float
    cap: float
    terms_line: str  # name of the line of the terms

    @property
    def is_low(self) -> NDArray[np.bool_]:
        """(n,) whose quality says only that the sum is no higher."""
        return self.candidates.wanted <= self.floor

    @property
    def is_high(self) -> NDArray[np.bool_]:
        """(n,) whose quality says only that the sum is no lower."""
        return self.candidates.wanted >= self.cap

    def hits(self, totals: Floats) -> NDArray[np.bool_]:
        """Which sums, (..., n), give the quality exactly."""
        return np.asarray(np.clip(totals, self.floor, self.cap) == self.candidates.wanted)

    def value(self, draft: Draft) -> float:
        """Articles that a draft makes exact, less what its parts must earn."""
        return float(np.count_nonzero(self.hits(totals_of(draft)))) - self.cost(draft)

    def cost(self, draft: Draft) -> float:
        """What the parts of a draft must earn."""
        rules = sum(cost_of(line, draft.points[name]) for name, line in draft.lines.items())
        return rules + self.cost_of_terms(draft.terms) + self.cost_of_sources(draft)

    def cost_of_terms(self, terms: Iterable[tuple[int, ...]]) -> float:
        """What the terms must earn, each by itself; of a list that names a topic every form is such a name."""
        phrases = self.candidates.phrases
        if phrases is None:
            return 0.0
        return sum(TOLD_PART if phrases.is_named[phrase] else NEW_PART for synonyms in terms for phrase in synonyms)

    def cost_of_sources(self, draft: Draft) -> float:
        """What classes of sources and the entries of their lists must earn."""
        if self.candidates.sites is None:
            return 0.0
        return TOLD_PART * len(draft.entries) + sum(self.cost_of_class(draft.points[name]) for name in draft.classes[1:])

    def cost_of_class(self, points: float) -> float:
        """What a class of sources must earn."""
        return TOLD_PART if points in self.candidates.worth_of_sources else CHANGED_POINTS


def cost_of(line: Line, points: float) -> float:
    """What a line must earn with so many points."""
    if line.standing == "free":
        return 0.0
    if line.standing == "new":
        return NEW_PART if points else 0.0
    is_hardly_seen = np.count_nonzero(line.units) < SEEN_IN
    is_changed = points != line.rule.points and (bool(points) or is_hardly_seen)
    return (TOLD_PART if points else 0.0) + (CHANGED_POINTS if is_changed else 0.0)


def contribution(units: Floats | Ints, points: float | Floats) -> Floats:
    """Points for units, rounded towards zero as `Scorecard` rounds them."""
    return np.asarray(np.trunc(np.round(points * units, _DIGITS)), dtype=np.float64)


def totals_of(draft: Draft, *, without: Iterable[str] = ()) -> Floats:
    """(n,) sums before floor and cap; of rules that exclude each other the one with most points that applies."""
    left_out = frozenset(without)
    first = next(iter(draft.lines.values()))
    total = np.zeros(len(first.units))
    sets: dict[str, Floats] = {}
    for name, line in draft.lines.items():
        if name in left_out or not (draft.points[name] or line.rule.one_of):
            continue
        gives = contribution(line.units, draft.points[name])
        if line.rule.one_of is None:
            total += gives
        else:
            applying = np.where(line.units != 0, gives, -np.inf)
            sets[line.rule.one_of] = np.maximum(sets.get(line.rule.one_of, applying), applying)
    for best in sets.values():
        total += np.where(np.isfinite(best), best, 0.0)
    return total
