"""Metrics: how well one division of articles into groups agrees with another, and how good ranked lists are."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_GROUPS = 10  # found groups whose purity is looked at: what stands at the top of a front page


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


@dataclass(frozen=True, slots=True)
class VMeasure:
    """Homogeneity (a found group holds one true group), completeness (a true group is in one found group), their harmonic mean."""

    homogeneity: float
    completeness: float
    v_measure: float


def b_cubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Agreement:
    """B-cubed agreement of two divisions (Bagga and Baldwin, 1998; Amigo et al., 2009, doi:10.1007/s10791-008-9066-8).

    The mean over items of `b_cubed_items`; 1 where there is no item.

    Raises
    ------
    ValueError : if the lengths differ.
    """
    precision, recall = b_cubed_items(truth, found)
    if not len(truth):
        return Agreement(1.0, 1.0)
    return Agreement(float(precision.mean()), float(recall.mean()))


def b_cubed_items(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """B-cubed precision and recall of each item.

    The share of its found group that is of its true group (precision), and of its true group that is in its found group
    (recall), the item itself counted.

    Returns
    -------
    two arrays (len(truth),) float64, each above 0 and at most 1; entry i is about item i.

    Raises
    ------
    ValueError : if the lengths differ.
    """
    cut = _Cut.of(truth, found)
    together = cut.sizes[cut.cell].astype(np.float64)
    return together / cut.found_sizes[cut.found[cut.cell]], together / cut.true_sizes[cut.true[cut.cell]]


def pairwise(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Agreement:
    """Agreement on pairs: of the pairs put together, the share that belongs together (precision), and the reverse (recall).

    Without any pair on a side, that side's share is 1: nothing was got wrong.
    """
    cut = _Cut.of(truth, found)
    both, true, joined = (float((sizes * (sizes - 1)).sum() / 2) for sizes in (cut.sizes, cut.true_sizes, cut.found_sizes))
    return Agreement(both / joined if joined else 1.0, both / true if true else 1.0)


def adjusted_rand_index(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Rand index corrected for chance (Hubert and Arabie, 1985, doi:10.1007/BF01908075); 1 is perfect, 0 is chance."""
    from sklearn.metrics import adjusted_rand_score  # a second to import

    return float(adjusted_rand_score(_codes(truth), _codes(found)))


def v_measure(truth: Sequence[Hashable], found: Sequence[Hashable]) -> VMeasure:
    """Agreement by entropy (Rosenberg and Hirschberg, 2007, https://aclanthology.org/D07-1043); beta is 1.

    It favours many small groups where there is little to go on: read it beside the adjusted Rand index, never alone.
    """
    from sklearn.metrics import homogeneity_completeness_v_measure  # a second to import

    return VMeasure(*(float(share) for share in homogeneity_completeness_v_measure(_codes(truth), _codes(found))))


def purity_of_largest(truth: Sequence[Hashable], found: Sequence[Hashable], *, groups: int = LARGEST_GROUPS) -> float:
    """Purity of the largest found groups: the share of their items that are of their group's most frequent true group.

    Manning, Raghavan and Schuetze (2008), Introduction to Information Retrieval, section 16.3, over some groups instead of all;
    a group counts by its size. Of groups of one size the less pure come first, so that names make no difference and no luck
    flatters. 1 where there is no item.

    Parameters
    ----------
    groups : how many, at least 1.

    Raises
    ------
    ValueError : if the lengths differ, or if no group is asked for.
    """
    if groups < 1:
        raise ValueError(f"purity needs at least one group, not {groups}")
    cut = _Cut.of(truth, found)
    if not len(truth):
        return 1.0
    majority = np.zeros(len(cut.found_sizes), dtype=np.int64)
    np.maximum.at(majority, cut.found, cut.sizes)
    chosen = np.lexsort((majority, -cut.found_sizes))[:groups]
    return float(majority[chosen].sum() / cut.found_sizes[chosen].sum())


def share_alone(labels: Sequence[Hashable]) -> float:
    """Share of the items that are alone in their group, 0 to 1; 0 where there is no item."""
    sizes = np.bincount(_codes(labels))
    return float((sizes == 1).sum() / len(labels)) if len(labels) else 0.0


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
    _check_list("average precision", relevant, limit)
    hits, total = 0, 0.0
    for place, item in enumerate(ranked[:limit], start=1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / min(len(relevant), limit or len(relevant))


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable], *, limit: int | None = None) -> float:
    """1 over the place of the first relevant item of a ranked list, 0 if it lists none (Voorhees, 1999, TREC-8).

    Parameters
    ----------
    limit : places that are looked at; None for all.

    Raises
    ------
    ValueError : if nothing is relevant, or if the list has no place.
    """
    _check_list("reciprocal rank", relevant, limit)
    return next((1 / place for place, item in enumerate(ranked[:limit], start=1) if item in relevant), 0.0)


def ndcg(ranked: Sequence[Hashable], relevant: Collection[Hashable], *, limit: int) -> float:
    """Discounted gain of the first `limit` places over that of the best such list, 0 to 1.

    Jarvelin and Kekalainen (2002, doi:10.1145/582415.582418) with a gain of 1 for a relevant item and the discount
    1 / log2(1 + place) of Burges et al. (2005, doi:10.1145/1102351.1102363). Gains are 0 or 1, so that the linear and the
    exponential form are one.

    Raises
    ------
    ValueError : if nothing is relevant, or if the list has no place.
    """
    _check_list("nDCG", relevant, limit)
    gained = math.fsum(_discount(place) for place, item in enumerate(ranked[:limit], start=1) if item in relevant)
    return gained / math.fsum(_discount(place) for place in range(1, min(len(relevant), limit) + 1))


def _discount(place: int) -> float:
    return 1 / math.log2(1 + place)


def _check_list(metric: str, relevant: Collection[Hashable], limit: int | None) -> None:
    if not relevant:
        raise ValueError(f"{metric} needs at least one relevant item")
    if limit is not None and limit < 1:
        raise ValueError(f"{metric} needs at least one place, limit is {limit}")


def _codes(labels: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), dtype=np.int64, count=len(labels))


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where two divisions cut each other: a cell is what one true and one found group have in common, if anything."""

    cell: NDArray[np.int64]  # (n_items,) the cell of each item
    true: NDArray[np.int64]  # (n_cells,) the true group of each cell
    found: NDArray[np.int64]  # (n_cells,) its found group
    sizes: NDArray[np.int64]  # (n_cells,) its items
    true_sizes: NDArray[np.int64]  # items of each true group
    found_sizes: NDArray[np.int64]  # items of each found group

    @classmethod
    def of(cls, truth: Sequence[Hashable], found: Sequence[Hashable]) -> _Cut:
        if len(truth) != len(found):
            raise ValueError(f"{len(truth)} true labels but {len(found)} found ones")
        rows, columns = _codes(truth), _codes(found)
        n_found = max(1, int(columns.max(initial=-1)) + 1)
        cells, cell, sizes = np.unique(rows * n_found + columns, return_inverse=True, return_counts=True)
        return cls(cell, cells // n_found, cells % n_found, sizes.astype(np.int64), np.bincount(rows), np.bincount(columns))
