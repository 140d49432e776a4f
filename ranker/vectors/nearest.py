"""Nearest: for every article the few nearest in meaning and in rare words, among those near in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.vectors.cells import nearest_vectors
from ranker.vectors.encoder import Vectors
from ranker.vectors.postings import nearest_words
from ranker.vectors.reach import SECONDS_PER_DAY, Reach
from ranker.vectors.selection import Effort, sparse_products

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DEFAULT_EFFORT = Effort()
_PAIRS_AT_ONCE = 256  # whose vectors are multiplied together: 2 x 0.4 MB at 384 dimensions stay in the processor's cache


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

    def take(self, places: NDArray[np.intp]) -> Pairs:
        """The pairs at some places."""
        return Pairs(self.left[places], self.right[places], self.dense[places], self.rare[places], self.gap_days[places])


def nearest_pairs(
    vectors: Vectors,
    rare: csr_array,
    times: NDArray[np.float64],
    *,
    from_days: float,
    to_days: float,
    neighbours: int,
    effort: Effort = _DEFAULT_EFFORT,
) -> Pairs:
    """Each article's nearest by cosine of vectors and its nearest by cosine of rare words, all in one list of pairs.

    Only articles at least `from_days` and at most `to_days` apart are looked at; an article without a date is in reach of
    all if `from_days` is 0, else of none. A cosine of 0 or less makes no neighbour. Among equals (to 1/2^18) the smaller row
    is nearer. The cosines of the pairs found are exact.

    Which pairs are found is exact too while no article has more than `effort.exact_rows` in reach. Above, vectors are searched cell by
    cell and words from each article's rarest: nearly all is found, and the time grows with the articles, not with their square.

    Parameters
    ----------
    vectors : (n_articles, dimensions) float32 unit rows, or rows of zeros; rows that are no numbers count as such.
    rare : (n_articles, n_words) float32 unit rows, or rows of zeros.
    times : (n_articles,) seconds since 1970, NaN without a date.
    neighbours : of each kind and article, at least 1; fewer where fewer are in reach.

    Raises
    ------
    ValueError : if the three differ in length.
    """
    if not len(vectors) == rare.shape[0] == len(times):
        raise ValueError(f"{len(vectors)} vectors, {rare.shape[0]} rows of words and {len(times)} times: one of each an article")
    numbers = np.isfinite(vectors.sum(axis=1))
    vectors = vectors if numbers.all() else np.where(numbers[:, None], vectors, np.float32(0))
    rare = rare if rare.has_sorted_indices else rare.sorted_indices()  # products of rows need it
    reach = Reach.of(times, from_days=from_days, to_days=to_days)
    found = [*nearest_vectors(vectors, reach, neighbours, effort), *nearest_words(rare, reach, neighbours, effort)]
    return _filled(_distinct(found), vectors, rare, times)


def _distinct(found: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The keys in order, each once (np.unique hashes first, which takes five times as long here)."""
    keys = np.concatenate([np.zeros(0, dtype=np.int64), *found])
    keys.sort()
    return keys[np.diff(keys, prepend=-1) > 0]


def _filled(keys: NDArray[np.int64], vectors: Vectors, rare: csr_array, times: NDArray[np.float64]) -> Pairs:
    """The pairs of some keys, with both cosines and the gap."""
    left, right = np.divmod(keys, max(1, len(vectors)))
    dense = np.empty(len(keys), dtype=np.float32)
    for start in range(0, len(keys), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        np.einsum("ij,ij->i", vectors[left[part]], vectors[right[part]], out=dense[part])
    gap = np.abs(times[left] - times[right]) / SECONDS_PER_DAY
    return Pairs(left.astype(np.int32), right.astype(np.int32), dense, sparse_products(rare, left, right), gap.astype(np.float32))
