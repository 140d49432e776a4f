"""Unions: lists of pairs cut to a window in time, and put together."""

from __future__ import annotations

import numpy as np

from ranker.vectors.nearest import Pairs


def within(pairs: Pairs, days: float) -> Pairs:
    """The pairs that are not known to be farther apart than `days`."""
    return pairs.take(np.flatnonzero(~(pairs.gap_days > days)))


def united(one: Pairs, other: Pairs) -> Pairs:
    """The pairs of two lists, each once, in order of (left, right)."""
    both = Pairs(*(np.concatenate((getattr(one, name), getattr(other, name))) for name in ("left", "right", "dense", "rare", "gap_days")))
    order = np.lexsort((both.right, both.left))
    left, right = both.left[order], both.right[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return both.take(order[new])
