"""Bootstrap: how far a mean over articles could have come out otherwise, had other stories been drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000  # Efron and Tibshirani (1993), section 13.3: enough for the ends of a 95 % interval
LEVEL = 0.95  # share of the resamples that an interval holds
_BLOCK_DRAWS = 1 << 22  # counts held at once: 32 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """The lower and upper end of an interval of confidence."""

    low: float
    high: float


def resampled_means(
    stories: NDArray[np.int64], values: NDArray[np.float64], *, n_stories: int, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """Means of the articles' values over stories drawn with replacement: the cluster bootstrap.

    Articles of one story succeed and fail together, so whole stories are drawn, as many as there are, and a story that is drawn
    twice counts its articles twice (Field and Welsh, 2007, doi:10.1111/j.1467-9868.2007.00593.x). The values themselves stay as
    they are.

    Parameters
    ----------
    stories : (n_articles,) the story of each, 0 to n_stories - 1.
    values : (n_articles, n_columns) float64, one column a figure.
    n_stories : stories to draw from, those without a value too: the same number and seed draw the same stories.

    Returns
    -------
    (resamples, n_columns) float64; NaN where the drawn stories have no article.

    Raises
    ------
    ValueError : if there are not as many values as stories given.
    """
    if len(stories) != len(values):
        raise ValueError(f"{len(stories)} articles have a story but {len(values)} have values")
    sums = np.zeros((n_stories, values.shape[1]))
    np.add.at(sums, stories, values)
    articles = np.bincount(stories, minlength=n_stories).astype(np.float64)
    means = np.full((resamples, values.shape[1]), np.nan)
    for rows, drawn in _draws(n_stories, resamples, seed):
        total = drawn @ articles
        some = total > 0
        means[rows.start + np.flatnonzero(some)] = (drawn[some] @ sums) / total[some, np.newaxis]
    return means


def percentile_interval(samples: NDArray[np.float64], *, level: float = LEVEL) -> Interval | None:
    """The interval that holds the middle `level` of the samples (Efron and Tibshirani, 1993, section 13.3); NaN are left out.

    None if no sample is left.
    """
    known = samples[~np.isnan(samples)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _draws(n_stories: int, resamples: int, seed: int) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """How often each story is drawn, some resamples at a time: (resamples of the slice, n_stories)."""
    if n_stories == 0:
        return
    rng = np.random.default_rng(seed)
    even = np.full(n_stories, 1 / n_stories)
    step = max(1, _BLOCK_DRAWS // n_stories)
    for start in range(0, resamples, step):
        rows = slice(start, min(start + step, resamples))
        yield rows, rng.multinomial(n_stories, even, size=rows.stop - rows.start).astype(np.float64)
