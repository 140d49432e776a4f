"""Clustering: groups of articles by average linkage over every pair, joined along the links of near articles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.stories.score import Score

Rows = NDArray[np.int64]


@dataclass(slots=True)
class _Groups:
    """The groups of one round: mean rows, sizes, first and last time of each."""

    score: Score
    sizes: Rows
    first: NDArray[np.float64]
    last: NDArray[np.float64]

    def joined(self, groups: Rows) -> _Groups:
        """These groups joined into fewer: `groups` is the new number of each."""
        n = int(groups.max()) + 1
        first, last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(first, groups, self.first)
        np.maximum.at(last, groups, self.last)
        sizes = np.bincount(groups, weights=self.sizes).astype(np.int64)
        return _Groups(self.score.averaged(groups, self.sizes), sizes, first, last)


@dataclass(slots=True)
class _Links:
    """Pairs of groups worth joining, left < right, each once, with their mean score."""

    left: Rows
    right: Rows
    mean: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> _Links:
        return _Links(self.left[kept], self.right[kept], self.mean[kept])


def average_linkage(
    score: Score,
    left: NDArray[np.integer],
    right: NDArray[np.integer],
    *,
    times: NDArray[np.float64] | None = None,
    window: float = np.inf,
    copies: Rows | None = None,
) -> Rows:
    """Groups of articles, joined along links as long as a mean score above 0 is left.

    The two groups with the highest mean score over **all** pairs between them are joined, as long as that mean is above 0
    (average linkage: Sokal and Michener, 1958). One bridge between two stories is outvoted by the pairs it does not
    bridge. All mutually best groups are joined at once, which gives the same result as one at a time where all pairs above 0
    are links, because average linkage is reducible (Bruynooghe, 1978; Murtagh, 1983, doi:10.1093/comjnl/26.4.354). The mean over
    all pairs is the score of the groups' mean rows, so no pair within or between them is gone through; only links that join near
    articles are ever looked at, and only those above 0, since no mean can be above 0 where all parts are below.

    Parameters
    ----------
    score : of the articles.
    left, right : (n_links,) rows of near articles.
    times : (n,) when each article was published, NaN if unknown, in the unit of `window`.
    window : the longest time from the first to the last article of a group.
    copies : (n,) a number for each article that it shares with its copies, which are joined before all else; none by default.

    Returns
    -------
    (n,) labels: the smallest row of each article's group. Ties are broken by rows, so rows must be in an order that
    does not depend on the input's (articles in order of id).
    """
    n = len(score)
    labels = np.arange(n, dtype=np.int64) if copies is None else np.unique(copies, return_inverse=True)[1].astype(np.int64)
    if not n:
        return labels
    alone = _Groups(score, np.ones(n, dtype=np.int64), *_spans(n, times))
    groups = alone if copies is None else alone.joined(labels)
    links = _scored(groups, _distinct(labels[left], labels[right], len(groups.sizes)))
    while True:
        span = np.maximum(groups.last[links.left], groups.last[links.right]) - np.minimum(
            groups.first[links.left], groups.first[links.right]
        )
        # What is too wide now will be so for ever, since spans only grow; what is not above 0 is left, too: a mean is above 0 only
        # if a part is, and the parts that are have links of their own unless they were no near articles.
        links = links.where((links.mean > 0) & ~(span > window))
        merges = _mutually_best(len(groups.sizes), links)
        if not len(merges):
            return _smallest_rows(labels)
        parent = np.arange(len(groups.sizes), dtype=np.int64)
        parent[links.right[merges]] = links.left[merges]
        changed = np.zeros(len(parent), dtype=np.bool_)
        changed[links.left[merges]] = True
        kept, numbers = np.unique(parent, return_inverse=True)
        groups, labels = groups.joined(numbers), numbers[labels]
        links = _relinked(groups, links, numbers, changed[kept])


def _relinked(groups: _Groups, links: _Links, numbers: Rows, changed: NDArray[np.bool_]) -> _Links:
    """Links between the groups that are left; those of changed groups are scored again."""
    left, right = numbers[links.left], numbers[links.right]
    again = changed[left] | changed[right]
    rescored = _scored(groups, _distinct(left[again], right[again], len(groups.sizes)))
    same = ~again
    low, high = np.minimum(left[same], right[same]), np.maximum(left[same], right[same])
    return _Links(
        np.concatenate((low, rescored.left)), np.concatenate((high, rescored.right)), np.concatenate((links.mean[same], rescored.mean))
    )


def _distinct(one: NDArray[np.integer], other: NDArray[np.integer], n: int) -> tuple[Rows, Rows]:
    """Pairs of different groups, left < right, each once, in order."""
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
    keys = np.unique(low[low != high] * n + high[low != high])
    return keys // n, keys % n


def _scored(groups: _Groups, ends: tuple[Rows, Rows]) -> _Links:
    return _Links(*ends, groups.score.of_pairs(*ends))


def _mutually_best(n: int, links: _Links) -> Rows:
    """Indices of the links that are the best of both their ends.

    Equal links are put in an order that mixes the rows: in order of rows the first row would be everybody's best, and n copies of
    one text would take n rounds.
    """
    order = np.lexsort((links.right, links.left, _mixed(links.left, links.right), -links.mean))
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


def _smallest_rows(labels: Rows) -> Rows:
    smallest = np.full(int(labels.max()) + 1, len(labels), dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(len(labels), dtype=np.int64))
    return smallest[labels]
