"""Explanation: why one story stands above another, which signal decides it, and what would swap them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ranker.ranking.blend import SIGNALS, Blend, Signal
from ranker.ranking.order import Adjustment
from ranker.ranking.ranked import RankedStory
from ranker.settings import Settings


@dataclass(frozen=True, slots=True)
class Difference:
    """One signal of two stories: what it adds to each, and what would have to change in it, alone, to bring them level."""

    signal: str
    upper: Signal
    lower: Signal
    advantage: float  # contribution to the upper story less that to the lower
    lower_value: float | None  # what the lower story's value would have to be; None if no value would do
    weight: float | None  # what the signal would have to weigh; None if no weight of at least 0 would do


@dataclass(frozen=True, slots=True)
class WhyAbove:
    """Why the upper of two stories of one list is above the lower."""

    upper: RankedStory
    lower: RankedStory
    gap: float  # score of the upper less that of the lower; below 0 where a rule of the list turned them round
    differences: tuple[Difference, ...]  # in order of `SIGNALS`
    decided_by: str  # a signal, "rule", "newest" or "id"
    rules: tuple[Adjustment, ...]  # of the list, that moved either

    @property
    def decisive(self) -> Difference | None:
        """The signal that decided; None if none did."""
        return next((difference for difference in self.differences if difference.signal == self.decided_by), None)


def why_above(upper: RankedStory, lower: RankedStory, settings: Settings) -> WhyAbove:
    """Why one story stands above another of the same list.

    The signal that decides is the one with the greatest advantage. With equal scores the newest article decides, then the id.
    """
    gap = upper.score - lower.score
    differences = tuple(_difference(signal, upper.blend, lower.blend, gap, settings) for signal in SIGNALS)
    rules = (*upper.adjustments, *lower.adjustments)
    if gap < 0 or (rules and gap == 0):
        decided = "rule"
    elif gap == 0:
        decided = "newest" if _newest(upper) != _newest(lower) else "id"
    else:
        decided = max(differences, key=lambda difference: difference.advantage).signal
    return WhyAbove(upper, lower, gap, differences, decided, rules)


def _difference(name: str, upper: Blend, lower: Blend, gap: float, settings: Settings) -> Difference:
    one, other = getattr(upper, name), getattr(lower, name)
    advantage = one.contribution - other.contribution
    return Difference(name, one, other, advantage, _level_value(name, other, gap, settings), _level_weight(one, other, gap))


def _level_value(name: str, signal: Signal, gap: float, settings: Settings) -> float | None:
    """The value at which a signal would add as much more to its story as the gap, all else as it is."""
    if not signal.weight or not signal.scale:
        return None
    wanted = signal.normalised + gap / signal.weight
    if name == "heat" and settings.blend.scale == "fixed":
        return wanted * signal.scale / (1 - wanted) if 0 <= wanted < 1 else None
    return wanted * signal.scale if 0 <= wanted <= 1 else None


def _level_weight(upper: Signal, lower: Signal, gap: float) -> float | None:
    """The weight of a signal at which both scores would be level, the other weights as they are."""
    apart = upper.normalised - lower.normalised
    if not apart:
        return None
    weight = upper.weight - gap / apart
    return weight if weight >= 0 else None


def _newest(ranked: RankedStory) -> float:
    return max((article.dated.timestamp() for article in ranked.story.articles if article.dated is not None), default=-math.inf)
