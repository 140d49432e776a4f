"""Neighbours: the pairs of articles that are near enough, in meaning or in rare words, to be worth a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.settings import GroupingSettings
from ranker.vectors.encoder import Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SECONDS_PER_DAY = 86_400.0
_SLACK_SECONDS = 1.0  # added where columns are chosen, so that rounding never cuts off a pair at the window's edge


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of articles by row, each once, left < right, in order of (left, right)."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    dense: NDArray[np.float32]  # cosine of the encoder's vectors
    rare: NDArray[np.float32]  # cosine of the rare-word rows
    gap_days: NDArray[np.float32]  # NaN where an article has no date

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.left)

    def within(self, window_days: float) -> NDArray[np.intp]:
        """Places of the pairs that are not known to be farther apart than a window."""
        return np.flatnonzero(~(self.gap_days > window_days))

    def take(self, places: NDArray[np.intp]) -> Pairs:
        """The pairs at some places."""
        return Pairs(self.left[places], self.right[places], self.dense[places], self.rare[places], self.gap_days[places])


def candidate_pairs(
    vectors: Vectors, rare: csr_array, times: NDArray[np.float64], settings: GroupingSettings, *, window_days: float
) -> Pairs:
    """All pairs within the window that are near in meaning or share rare words.

    Exact: every pair in the window is compared, `block_rows` articles at a time.

    Parameters
    ----------
    vectors : (n_articles, dimensions) float32 unit rows.
    rare : (n_articles, n_words) float32 unit rows.
    times : (n_articles,) seconds since 1970, NaN without a date (such an article is in every window).
    window_days : articles farther apart are no pair.
    """
    order = np.argsort(np.where(np.isnan(times), -np.inf, times), kind="stable")
    blocks = _blocks(vectors[order], rare[order], times[order], settings, window_days)
    found = [block for block in blocks if len(block)]
    if not found:
        return _no_pairs()
    left, right = (order[np.concatenate([getattr(block, side) for block in found])] for side in ("left", "right"))
    low, high = np.minimum(left, right).astype(np.int32), np.maximum(left, right).astype(np.int32)
    by_rows = np.lexsort((high, low))
    dense, rare_cosine, gap = (np.concatenate([getattr(block, name) for block in found]) for name in ("dense", "rare", "gap_days"))
    return Pairs(low[by_rows], high[by_rows], dense[by_rows], rare_cosine[by_rows], gap[by_rows])


def _blocks(vectors: Vectors, rare: csr_array, times: NDArray[np.float64], settings: GroupingSettings, window_days: float) -> list[Pairs]:
    """Pairs block by block; rows are in order of time, undated ones first."""
    n = len(times)
    undated = int(np.isnan(times).sum())
    window = window_days * _SECONDS_PER_DAY
    found = []
    for start in range(0, n, settings.block_rows):
        stop = min(start + settings.block_rows, n)
        # An undated article may belong to any time, so its block looks at everything after it.
        last = n if start < undated else int(np.searchsorted(times, times[stop - 1] + window + _SLACK_SECONDS, side="right"))
        found.append(_block(vectors, rare, times, slice(start, stop), slice(start, last), settings, window_days))
    return found


def _block(
    vectors: Vectors,
    rare: csr_array,
    times: NDArray[np.float64],
    rows: slice,
    columns: slice,
    settings: GroupingSettings,
    window_days: float,
) -> Pairs:
    dense = vectors[rows] @ vectors[columns].T
    words = (rare[rows] @ rare[columns].T).toarray()
    gap = np.abs(times[rows, None] - times[None, columns]) / _SECONDS_PER_DAY
    later = np.arange(columns.start, columns.stop)[None, :] > np.arange(rows.start, rows.stop)[:, None]
    near = (dense >= settings.min_dense) | (words >= settings.min_rare_words)
    i, j = np.nonzero(later & near & ~(gap > window_days))  # an unknown gap (NaN) is within every window
    return Pairs(
        (i + rows.start).astype(np.int32), (j + columns.start).astype(np.int32), dense[i, j], words[i, j], gap[i, j].astype(np.float32)
    )


def _no_pairs() -> Pairs:
    none, nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    return Pairs(none, none, nothing, nothing, nothing)
