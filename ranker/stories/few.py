"""Few: average linkage of few articles over a matrix of all their scores, which for few is quicker than over links."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranker.stories.score import Score

Rows = NDArray[np.int64]


def linkage_of_few(
    score: Score,
    left: NDArray[np.integer],
    right: NDArray[np.integer],
    *,
    times: NDArray[np.float64],
    window: float,
    copies: Rows,
    apart: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
) -> Rows:
    """What `average_linkage` finds, in time and memory that grow with the square of the articles.

    Of equal means the one with the smaller row is the best.

    Parameters
    ----------
    score, left, right, times, window, copies, apart : as those of `average_linkage`.
    """
    labels = np.unique(copies, return_inverse=True)[1].astype(np.int64)
    m = int(labels.max(initial=-1)) + 1
    total, sizes = _totals(score, labels, m), np.bincount(labels, minlength=m).astype(np.float64)
    linked, barred = _pairs(labels, m, left, right), _pairs(labels, m, *(apart or (labels[:0], labels[:0])))
    first, last = np.full(m, np.inf), np.full(m, -np.inf)
    dated = ~np.isnan(times)
    np.minimum.at(first, labels[dated], times[dated])
    np.maximum.at(last, labels[dated], times[dated])
    longest = np.where(last - first > window, window + (last - first), window)
    while True:
        mean = total / np.outer(sizes, sizes)
        too_long = _span(first, last) > np.maximum(longest[:, None], longest[None, :])
        linked &= (mean > 0) & ~too_long & ~barred  # what is no link now is none for ever, as in `average_linkage`
        best = np.where(linked, mean, -np.inf).argmax(axis=1) if m else np.zeros(0, dtype=np.int64)
        rows = np.arange(m)
        merging = linked[rows, best] & (best[best] == rows) & (rows < best)
        if not merging.any():
            break
        parent = rows.copy()
        parent[best[merging]] = rows[merging]
        order = np.argsort(parent, kind="stable")
        starts = np.flatnonzero(np.diff(parent[order], prepend=-1))
        numbers = np.searchsorted(parent[order][starts], parent)
        labels, m = numbers[labels], len(starts)
        total, sizes = _folded(np.add, total, order, starts), np.add.reduceat(sizes[order], starts)
        linked, barred = (_folded(np.logical_or, pairs, order, starts) for pairs in (linked, barred))
        np.fill_diagonal(linked, val=False)
        first = np.minimum.reduceat(first[order], starts)
        last, longest = (np.maximum.reduceat(values[order], starts) for values in (last, longest))
    smallest = np.full(m, len(labels), dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(len(labels)))
    return smallest[labels]


def _folded(how: np.ufunc, matrix: NDArray[Any], order: Rows, starts: Rows) -> NDArray[Any]:
    """A matrix whose rows and columns of one group are put together."""
    return how.reduceat(how.reduceat(matrix[order], starts, axis=0)[:, order], starts, axis=1)


def _totals(score: Score, labels: Rows, m: int) -> NDArray[np.float64]:
    """(m, m) sums of the scores of all pairs between groups."""
    from scipy.sparse import csr_array

    n = len(labels)
    sparse = score.sparse
    signed = csr_array((sparse.data * score.sparse_signs[sparse.indices], sparse.indices, sparse.indptr), shape=sparse.shape)
    pairs = (score.dense * score.dense_signs) @ score.dense.T + (signed @ sparse.T).toarray() + score.constant
    if np.array_equal(labels, np.arange(n)):
        return np.asarray(pairs, dtype=np.float64)
    totals = np.zeros((m, n))
    np.add.at(totals, labels, pairs)
    result = np.zeros((m, m))
    np.add.at(result, labels, totals.T)
    return result.T


def _pairs(labels: Rows, m: int, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(m, m) whether a pair of two groups is among some pairs of rows; no group with itself."""
    held = np.zeros((m, m), dtype=np.bool_)
    held[labels[left], labels[right]] = True
    held |= held.T
    np.fill_diagonal(held, val=False)
    return held


def _span(first: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # groups without dates: nothing is longer than no time at all
        return np.maximum(last[:, None], last[None, :]) - np.minimum(first[:, None], first[None, :])
