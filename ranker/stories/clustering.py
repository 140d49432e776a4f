"""Clustering: pairs with log-odds become groups, by average linkage on the sparse graph of candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(slots=True)
class _Links:
    """Sums of log-odds between clusters: left < right, `count` pairs were candidates."""

    left: Rows
    right: Rows
    total: NDArray[np.float64]
    count: Rows

    def where(self, kept: NDArray[np.bool_]) -> _Links:
        """The links of a mask."""
        return _Links(self.left[kept], self.right[kept], self.total[kept], self.count[kept])


def average_linkage(
    n: int,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    log_odds: NDArray[np.float64],
    *,
    far: float,
    times: NDArray[np.float64] | None = None,
    window: float = np.inf,
) -> Rows:
    """Groups such that no two could be joined at better than even odds on average.

    The two groups with the highest mean log-odds over all pairs between them are joined, as long as that mean is
    above 0 (average linkage: Sokal and Michener, 1958). One bridge between two stories is outvoted by the pairs it
    does not bridge. All mutually best groups are joined at once, which gives the same result as one at a time
    because average linkage is reducible (Bruynooghe, 1978; Murtagh, 1983, doi:10.1093/comjnl/26.4.354).

    Parameters
    ----------
    n : number of articles.
    left, right, log_odds : (n_pairs,) each; rows left < right, every pair once.
    far : log-odds of each pair that is not among them; finite, not above 0.
    times : (n,) when each article was published, NaN if unknown, in the unit of `window`.
    window : the longest time from the first to the last article of a group.

    Returns
    -------
    (n,) labels: the smallest row of each article's group. Ties are broken by rows, so rows must be in an order that
    does not depend on the input's (articles in order of id).

    Raises
    ------
    ValueError : if `far` is above 0 or not finite, or if a log-odds is not a number.
    """
    if far > 0:
        raise ValueError(f"far must not be above 0, is {far}: pairs nobody compared would attract each other")
    if not np.isfinite(far) or np.isnan(log_odds).any():
        raise ValueError(f"far must be finite, is {far}, and no log-odds may be NaN ({np.isnan(log_odds).sum()} are)")
    labels = np.arange(n, dtype=np.int64)
    sizes = np.ones(n, dtype=np.int64)
    links = _Links(left.astype(np.int64), right.astype(np.int64), log_odds.astype(np.float64), np.ones(len(left), dtype=np.int64))
    links = _inside_components(n, links)
    first, last = _spans(n, times)
    while True:
        mean = (links.total + far * (sizes[links.left] * sizes[links.right] - links.count)) / (sizes[links.left] * sizes[links.right])
        fits = np.maximum(last[links.left], last[links.right]) - np.minimum(first[links.left], first[links.right]) <= window
        merges = _mutually_best(n, links, np.where(fits, mean, -np.inf))
        if not len(merges):
            return labels
        parent = np.arange(n, dtype=np.int64)
        kept, gone = links.left[merges], links.right[merges]
        parent[gone] = kept
        sizes[kept] += sizes[gone]
        first[kept], last[kept] = np.minimum(first[kept], first[gone]), np.maximum(last[kept], last[gone])
        labels = parent[labels]
        links = _contracted(n, links, parent)


def _inside_components(n: int, links: _Links) -> _Links:
    """The links inside components that attracting links (above 0) connect: groups never grow beyond these.

    A mean above 0 needs at least one pair above 0, so two components can never be joined.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    attracting = links.where(links.total > 0)
    ones = np.ones(len(attracting.left), dtype=np.int8)
    graph = coo_array((ones, (attracting.left, attracting.right)), shape=(n, n))
    component = connected_components(graph, directed=False)[1]
    return links.where(component[links.left] == component[links.right])


def _mutually_best(n: int, links: _Links, mean: NDArray[np.float64]) -> Rows:
    """Indices of the attracting links that are the best of both their ends.

    Equal links are put in an order that mixes the rows: in order of rows the first row would be everybody's best, and n copies of
    one text would take n rounds.
    """
    attracting = np.flatnonzero(mean > 0)
    left, right = links.left[attracting], links.right[attracting]
    order = attracting[np.lexsort((right, left, _mixed(left, right), -mean[attracting]))]
    best = np.full(n, len(order), dtype=np.int64)
    places = np.arange(len(order))
    np.minimum.at(best, links.left[order], places)
    np.minimum.at(best, links.right[order], places)
    both_best = (best[links.left[order]] == places) & (best[links.right[order]] == places)
    return np.asarray(order[both_best], dtype=np.int64)


def _mixed(left: Rows, right: Rows) -> NDArray[np.uint64]:
    """A number for each pair of rows that depends on nothing else and looks like chance (the finaliser of SplitMix64: Steele, 2014)."""
    mixed = left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def _spans(n: int, times: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and last time of each article alone; an unknown time widens no span."""
    if times is None:
        return np.full(n, np.inf), np.full(n, -np.inf)
    unknown = np.isnan(times)
    return np.where(unknown, np.inf, times), np.where(unknown, -np.inf, times)


def _contracted(n: int, links: _Links, parent: Rows) -> _Links:
    """The links after each cluster has become its parent, sums and counts of parallel links added."""
    one, other = parent[links.left], parent[links.right]
    between = one != other
    low, high = np.minimum(one, other)[between], np.maximum(one, other)[between]
    if not len(low):
        return links.where(between)
    key = low * n + high
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], key[order][1:] != key[order][:-1])))
    firsts = order[starts]
    total = np.add.reduceat(links.total[between][order], starts)
    count = np.add.reduceat(links.count[between][order], starts)
    return _Links(low[firsts], high[firsts], total, count)
