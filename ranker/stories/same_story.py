"""Same story: evidence about pairs of articles becomes the log-odds that both cover one event."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranker.settings import GroupingSettings
from ranker.vectors.neighbours import Pairs


class SameStory(Protocol):
    """What decides: clustering knows log-odds alone, so a decision can be replaced without touching it."""

    @property
    def far_log_odds(self) -> float:
        """Log-odds of a pair that was not near enough to be a candidate; negative."""
        ...

    def log_odds(self, pairs: Pairs) -> NDArray[np.float64]:
        """(len(pairs),) natural log-odds of "same story"; above 0 is more likely than not."""
        ...


class LinearSameStory:
    """A fixed linear score: two cosines, less a penalty that grows with the gap in time and saturates.

    log-odds = slope x (dense_weight x dense + rare_word_weight x rare - time_penalty x min(gap / saturation, 1) - join_at),
    every number a setting. Weights and cut were chosen on labelled headlines and round-ups (docs/grouping.md).
    """

    def __init__(self, settings: GroupingSettings) -> None:
        self._settings = settings

    @property
    def far_log_odds(self) -> float:
        """See `SameStory.far_log_odds`."""
        return self._settings.log_odds_per_point * (self._settings.far_score - self._settings.join_at)

    def log_odds(self, pairs: Pairs) -> NDArray[np.float64]:
        """See `SameStory.log_odds`."""
        settings = self._settings
        penalty = settings.time_penalty * np.minimum(pairs.gap_days.astype(np.float64) / settings.time_saturation_days, 1)
        score = settings.dense_weight * pairs.dense.astype(np.float64) + settings.rare_word_weight * pairs.rare.astype(np.float64) - penalty
        return np.asarray(settings.log_odds_per_point * (score - settings.join_at))


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability, 0 to 1, that natural log-odds stand for."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))))
