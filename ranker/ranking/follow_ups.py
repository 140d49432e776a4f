"""Follow-ups: which story goes on from which earlier one, though both are stories of their own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranker.ranking.table import StoryTable
from ranker.vectors.nearest import Pairs

_LEAST_SHARE = 0.5  # of the smaller story's articles
_LEAST_RARE_WORDS = 0.1  # cosine of rare words: what goes on from a matter names some of it, whatever an encoder takes for alike


def follow_ups(story_of: NDArray[np.int64], pairs: Pairs, table: StoryTable, *, similarity: float) -> Mapping[int, int]:
    """The story that each follow-up follows, both by their places in the table.

    Of two stories the one that was told first later follows the other if at least half of the smaller one's articles have an article
    of the other at `similarity` or nearer that shares rare words with it. Of several such stories it follows the one with the
    greatest share, then the latest, then the one with the smallest id. Undated stories follow none.

    Parameters
    ----------
    story_of : (n_rows,) the place in the table of each article's story; -1 for an article that is in none.
    pairs : near articles by row.
    similarity : cosine, -1 to 1.
    """
    left, right = story_of[pairs.left], story_of[pairs.right]
    near = np.flatnonzero((pairs.dense >= similarity) & (pairs.rare >= _LEAST_RARE_WORDS) & (left != right) & (left >= 0) & (right >= 0))
    shares = _shares(pairs.left[near], pairs.right[near], story_of, table.sizes)
    first = table.times[table.starts]
    best: dict[int, tuple[float, float, int]] = {}
    for (one, other), share in shares.items():
        if share < _LEAST_SHARE or first[one] == first[other] or np.isnan(first[one] + first[other]):
            continue
        parent, child = (one, other) if first[one] < first[other] else (other, one)
        claim = (share, float(first[parent]), -parent)
        best[child] = max(best.get(child, claim), claim)
    return {child: -claim[2] for child, claim in best.items()}


def _shares(
    left: NDArray[np.int32], right: NDArray[np.int32], story_of: NDArray[np.int64], sizes: NDArray[np.int64]
) -> dict[tuple[int, int], float]:
    """For pairs of stories (smaller number first) the share of the smaller one's articles that have a near one in the other."""
    touched: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        a, b = int(story_of[one]), int(story_of[other])
        key = (a, b) if a < b else (b, a)
        rows = touched.setdefault(key, (set(), set()))
        rows[a > b].add(one)
        rows[a < b].add(other)
    result: dict[tuple[int, int], float] = {}
    for (a, b), (of_a, of_b) in touched.items():
        result[a, b] = max(len(of) / int(sizes[story]) for story, of in ((a, of_a), (b, of_b)) if sizes[story] == min(sizes[a], sizes[b]))
    return result
