"""Metrics: how well one division of articles into groups agrees with another, and how good ranked lists are."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and their harmonic mean, each 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean; 0 if both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def b_cubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Agreement:
    """B-cubed agreement of two divisions (Bagga and Baldwin, 1998; Amigo et al., 2009, doi:10.1007/s10791-008-9066-8).

    For each item, the share of its found group that is of its true group (precision), and of its true group that is in its
    found group (recall), the item itself counted; both averaged over items.

    Raises
    ------
    ValueError : if the lengths differ.
    """
    overlaps, true_sizes, found_sizes = _overlaps(truth, found)
    if not len(truth):
        return Agreement(1.0, 1.0)
    squares = overlaps.size.astype(np.float64) ** 2
    precision = (squares / found_sizes[overlaps.found]).sum() / len(truth)
    recall = (squares / true_sizes[overlaps.true]).sum() / len(truth)
    return Agreement(float(precision), float(recall))


def pairwise(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Agreement:
    """Agreement on pairs: of the pairs put together, the share that belongs together (precision), and the reverse (recall).

    Without any pair on a side, that side's share is 1: nothing was got wrong.
    """
    overlaps, true_sizes, found_sizes = _overlaps(truth, found)
    both, true, joined = (float((sizes * (sizes - 1)).sum() / 2) for sizes in (overlaps.size, true_sizes, found_sizes))
    return Agreement(both / joined if joined else 1.0, both / true if true else 1.0)


def adjusted_rand_index(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Rand index corrected for chance (Hubert and Arabie, 1985, doi:10.1007/BF01908075); 1 is perfect, 0 is chance."""
    from sklearn.metrics import adjusted_rand_score  # a second to import

    return float(adjusted_rand_score(_codes(truth), _codes(found)))


def average_precision(ranked: Sequence[Hashable], relevant: Collection[Hashable], *, limit: int | None = None) -> float:
    """Mean over the relevant items of the precision at their place in a ranked list; items not listed count 0.

    Parameters
    ----------
    ranked : each item once, best first.
    limit : how many places the list has, filled or not; None for any number. It caps the divisor as well: six places
        cannot hold ten relevant items. A list that ends before its last place gains nothing by that.

    Raises
    ------
    ValueError : if nothing is relevant, or if the list has no place.
    """
    if not relevant:
        raise ValueError("average precision needs at least one relevant item")
    if limit is not None and limit < 1:
        raise ValueError(f"average precision needs at least one place, limit is {limit}")
    hits, total = 0, 0.0
    for place, item in enumerate(ranked[:limit], start=1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / min(len(relevant), limit or len(relevant))


def _codes(labels: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), dtype=np.int64, count=len(labels))


@dataclass(frozen=True, slots=True)
class _Overlaps:
    """The groups of two divisions that share items: which true one, which found one, and how many items."""

    true: NDArray[np.int64]
    found: NDArray[np.int64]
    size: NDArray[np.int64]


def _overlaps(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[_Overlaps, NDArray[np.int64], NDArray[np.int64]]:
    """Overlapping groups, and the sizes of the groups of both sides."""
    if len(truth) != len(found):
        raise ValueError(f"{len(truth)} true labels but {len(found)} found ones")
    rows, columns = _codes(truth), _codes(found)
    n_found = int(columns.max(initial=-1)) + 1
    cells, sizes = np.unique(rows * max(1, n_found) + columns, return_counts=True)
    overlaps = _Overlaps(cells // max(1, n_found), cells % max(1, n_found), sizes.astype(np.int64))
    return overlaps, np.bincount(rows), np.bincount(columns, minlength=n_found)
