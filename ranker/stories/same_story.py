"""Same story: evidence about pairs of articles becomes the log-odds that both cover one event."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranker.settings import GroupingSettings
from ranker.stories.evidence import Evidence


class SameStory(Protocol):
    """What decides: clustering knows log-odds alone, so a decision can be replaced without touching it."""

    @property
    def far_log_odds(self) -> float:
        """Log-odds of a pair that was not near enough to be a candidate; negative."""
        ...

    def log_odds(self, evidence: Evidence) -> NDArray[np.float64]:
        """(n_pairs,) natural log-odds of "same story"; above 0 is more likely than not."""
        ...


class LinearSameStory:
    """A fixed linear score: two cosines, less what the gap in time and the crowd of other days' articles take off.

    log-odds = slope x (dense_weight x dense + rare_word_weight x rare - time_penalty x min(gap / saturation, 1)
    - saga_penalty x saga + subject - same_provider_penalty, if one provider published both, - join_at), every number a
    setting; where the gap is unknown, undated_penalty stands for its penalty. Weights and cut were chosen by hand
    with labelled headlines, round-ups and the sample newsroom in view (docs/grouping.md).
    """

    def __init__(self, settings: GroupingSettings) -> None:
        self._settings = settings

    @property
    def far_log_odds(self) -> float:
        """See `SameStory.far_log_odds`."""
        return self._settings.log_odds_per_point * (self._settings.far_score - self._settings.join_at)

    def log_odds(self, evidence: Evidence) -> NDArray[np.float64]:
        """See `SameStory.log_odds`."""
        settings = self._settings
        elapsed = settings.time_penalty * np.minimum(evidence.gap_days / settings.time_saturation_days, 1)
        time = np.where(np.isnan(evidence.gap_days), settings.undated_penalty, elapsed)
        likeness = settings.dense_weight * evidence.dense + settings.rare_word_weight * evidence.rare
        score = likeness - time - settings.saga_penalty * evidence.saga + evidence.subject
        score -= settings.same_provider_penalty * evidence.same_provider
        return np.asarray(settings.log_odds_per_point * (score - settings.join_at), dtype=np.float64)


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability, 0 to 1, that natural log-odds stand for."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))))
