"""Calibration: whether pairs that are said to be one story with P = .8 are one story four times of five."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The pairs whose probability lies in one range."""

    low: float
    high: float
    pairs: int
    predicted: float  # mean probability
    observed: float  # share that is one story


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far probabilities can be taken at their word."""

    pairs: int
    brier: float  # mean squared error of the probabilities, 0 is best (Brier, 1950)
    share: float  # of the pairs that is one story; always saying it has a Brier score of share x (1 - share)
    calibration_error: float  # mean distance of predicted and observed over the bins, by pairs (Naeini et al., 2015)
    bins: tuple[ReliabilityBin, ...]  # those with pairs, from low to high


def reliability(probabilities: NDArray[np.float64], same: Sequence[bool] | NDArray[np.bool_], *, bins: int = _BINS) -> Reliability | None:
    """Probabilities held against what was true; None without any pair.

    Parameters
    ----------
    probabilities : (n_pairs,) 0 to 1.
    same : (n_pairs,) whether each pair is one story.
    bins : ranges of equal width.
    """
    truth = np.asarray(same, dtype=np.float64)
    if not len(truth):
        return None
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    found = []
    for number in range(bins):
        inside = place == number
        if inside.any():
            low, high = number / bins, (number + 1) / bins
            found.append(ReliabilityBin(low, high, int(inside.sum()), float(probabilities[inside].mean()), float(truth[inside].mean())))
    share = float(truth.mean())
    return Reliability(
        pairs=len(truth),
        brier=float(np.mean((probabilities - truth) ** 2)),
        share=share,
        calibration_error=sum(each.pairs * abs(each.predicted - each.observed) for each in found) / len(truth),
        bins=tuple(found),
    )
