"""Baselines: scores that are in use elsewhere, to hold a profile's forecast against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ranker.evaluation.forecast import Moment, StoryScore
from ranker.ranking.heat import SECONDS_PER_HOUR, left_of
from ranker.ranking.table import Floats

DECAY_HALF_LIVES = (1.0, 3.0, 6.0, 12.0, 24.0)  # hours
_HACKER_NEWS_GRAVITY, _HACKER_NEWS_POWER, _HACKER_NEWS_HEAD_START = 1.8, 0.8, 2.0  # the last in hours
_REDDIT_SECONDS = 45000.0  # so much younger is worth as much as ten times the votes


def baselines() -> Mapping[str, StoryScore]:
    """Baselines by name, in the order in which they are shown."""
    known: dict[str, StoryScore] = {
        "total count": _total,
        "distinct providers": _providers,
        "most recent": lambda moment: moment.newest,
        "Hacker News": _hacker_news,
        "Reddit": _reddit,
    }
    return known | {f"decay {half_life:g} h": _decay(half_life) for half_life in DECAY_HALF_LIVES}


def _total(moment: Moment) -> Floats:
    """Articles so far."""
    return moment.table.sizes.astype(np.float64)


def _providers(moment: Moment) -> Floats:
    """Publisher groups so far."""
    table = moment.table
    keys = np.unique(table.numbers * (int(table.groups.max()) + 1) + table.groups)
    return np.bincount(keys // (int(table.groups.max()) + 1), minlength=len(table.starts)).astype(np.float64)


def _hacker_news(moment: Moment) -> Floats:
    """(votes - 1) ^ 0.8 / (age in hours + 2) ^ 1.8, as its published source has it; articles are the votes."""
    table = moment.table
    age = (moment.time - table.times[table.starts]) / SECONDS_PER_HOUR
    votes = np.maximum(0.0, table.sizes - 1.0)
    return np.asarray(votes**_HACKER_NEWS_POWER / (age + _HACKER_NEWS_HEAD_START) ** _HACKER_NEWS_GRAVITY, dtype=np.float64)


def _reddit(moment: Moment) -> Floats:
    """log10(votes) + seconds since an epoch / 45000 (reddit's `_sorts.pyx`); the epoch makes no difference to the order."""
    table = moment.table
    return np.asarray(np.log10(table.sizes) + table.times[table.starts] / _REDDIT_SECONDS, dtype=np.float64)


def _decay(half_life: float) -> StoryScore:
    """The sum over articles of 0.5 ^ (age / half-life)."""

    def score(moment: Moment) -> Floats:
        left = left_of((moment.time - moment.table.times) / SECONDS_PER_HOUR, half_life)
        return np.asarray(np.add.reduceat(left, moment.table.starts), dtype=np.float64)

    return score
