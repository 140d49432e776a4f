"""Clustering: groups of articles by average linkage over every pair, joined along the links of near articles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranker.stories.score import Score

Rows = NDArray[np.int64]


@dataclass(slots=True)
class Groups:
    """Groups of articles, as clustering joins them: mean rows, sizes, first and last time, and the longest time that each may span."""

    score: Score
    sizes: Rows
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    longest: NDArray[np.float64]

    def joined(self, groups: Rows) -> Groups:
        """These groups joined into fewer: `groups` is the new number of each."""
        n = int(groups.max()) + 1
        first, last, longest = np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n)
        np.minimum.at(first, groups, self.first)
        np.maximum.at(last, groups, self.last)
        np.maximum.at(longest, groups, self.longest)
        sizes = np.bincount(groups, weights=self.sizes).astype(np.int64)
        return Groups(self.score.averaged(groups, self.sizes), sizes, first, last, longest)

    def with_wide_ones(self, window: float) -> Groups:
        """These groups, those that are longer than the window already allowed a window more than they span."""
        span = self.last - self.first
        longest = self.longest.copy()
        longest[span > window] += span[span > window]
        return replace(self, longest=longest)

    def too_long(self, links: _Links) -> NDArray[np.bool_]:
        """(n_links,) whether the two groups of a link together would span more than either may."""
        left, right = links.left, links.right
        span = np.maximum(self.last[left], self.last[right]) - np.minimum(self.first[left], self.first[right])
        return np.asarray(span > np.maximum(self.longest[left], self.longest[right]), dtype=np.bool_)


@dataclass(slots=True)
class _Links:
    """Pairs of groups worth joining, left < right, each once, with their mean score."""

    left: Rows
    right: Rows
    mean: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> _Links:
        return _Links(self.left[kept], self.right[kept], self.mean[kept])


def average_linkage(  # noqa: PLR0913 - all but three are keywords
    score: Score,
    left: NDArray[np.integer],
    right: NDArray[np.integer],
    *,
    times: NDArray[np.float64] | None = None,
    window: float = np.inf,
    copies: Rows | None = None,
    apart: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
    known: NDArray[np.float64] | None = None,
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
    window : the longest time from the first to the last article of a group. One that is longer from the start, by its `copies`, may
        span as much more.
    copies : (n,) a number for each article that it shares with its copies, which are joined before all else; none by default.
    known : (n_links,) the scores of the links, where they are at hand; each link comes once, left < right.
    apart : two (n_pairs,) arrays of rows; the two of a pair are never in one group. None of the pairs are copies.

    Returns
    -------
    (n,) labels: the smallest row of each article's group. Ties are broken by rows, so rows must be in an order that
    does not depend on the input's (articles in order of id).

    Raises
    ------
    ValueError : if two articles that must be apart are copies.
    """
    n = len(score)
    labels = np.arange(n, dtype=np.int64) if copies is None else np.unique(copies, return_inverse=True)[1].astype(np.int64)
    if not n:
        return labels
    alone = Groups(score, np.ones(n, dtype=np.int64), *_spans(n, times), np.full(n, window, dtype=np.float64))
    groups = alone if copies is None else alone.joined(labels).with_wide_ones(window)
    return _smallest_rows(_linked(groups, _first_links(groups, labels, left, right, known), labels, apart))


def joined_groups(groups: Groups, left: Rows, right: Rows, mean: NDArray[np.float64]) -> Rows:
    """(n_groups,) numbers of what groups become when they are joined along links as `average_linkage` joins articles.

    Parameters
    ----------
    groups : to start from.
    left, right : (n_links,) groups that hold near articles, left < right, each pair once.
    mean : (n_links,) their mean scores.
    """
    return _linked(groups, _Links(left, right, mean), np.arange(len(groups.sizes), dtype=np.int64), None)


def _linked(groups: Groups, links: _Links, labels: Rows, apart: tuple[NDArray[np.integer], NDArray[np.integer]] | None) -> Rows:
    """The group of each row in the end; `labels` are those it is in at the beginning."""
    while True:
        # What is too long or must be apart stays so, since groups only grow; what is not above 0 is left, too: a mean
        # is above 0 only if a part is, and the parts that are have links of their own unless they were no near articles.
        links = links.where((links.mean > 0) & ~groups.too_long(links) & ~_kept_apart(links, labels, apart))
        merges = _mutually_best(len(groups.sizes), links)
        if not len(merges):
            return labels
        parent = np.arange(len(groups.sizes), dtype=np.int64)
        parent[links.right[merges]] = links.left[merges]
        changed = np.zeros(len(parent), dtype=np.bool_)
        changed[links.left[merges]] = True
        kept, numbers = np.unique(parent, return_inverse=True)
        groups, labels = groups.joined(numbers), numbers[labels]
        links = _relinked(groups, links, numbers, changed[kept])


def _kept_apart(links: _Links, labels: Rows, apart: tuple[NDArray[np.integer], NDArray[np.integer]] | None) -> NDArray[np.bool_]:
    """(n_links,) whether the two groups of a link hold the two articles of a pair that must be apart.

    To drop these links is enough. Each group takes part in at most one join of a round, the one along its best link, so that no two
    joins of one round can bring together what neither link joins. And a group is no nearer to another for having taken in one that
    must be apart from it, so average linkage stays reducible, and joins at once still give what joins one at a time give.
    """
    if apart is None or not len(apart[0]):
        return np.zeros(len(links.left), dtype=np.bool_)
    one, other = labels[apart[0]], labels[apart[1]]
    if (one == other).any():
        place = int(np.flatnonzero(one == other)[0])
        raise ValueError(f"rows {apart[0][place]} and {apart[1][place]} must be apart and are copies of each other")
    n = int(labels.max()) + 1
    return np.isin(links.left * n + links.right, np.minimum(one, other) * n + np.maximum(one, other))


def _first_links(
    groups: Groups, labels: Rows, left: NDArray[np.integer], right: NDArray[np.integer], known: NDArray[np.float64] | None
) -> _Links:
    """Links between the groups that clustering starts from; of two articles that are alone, with the score that is known."""
    one, other = labels[left], labels[right]
    if known is None:
        return _scored(groups, _distinct(one, other, len(groups.sizes)))
    alone = (groups.sizes[one] == 1) & (groups.sizes[other] == 1)
    scored = _scored(groups, _distinct(one[~alone], other[~alone], len(groups.sizes)))
    low, high = np.minimum(one[alone], other[alone]), np.maximum(one[alone], other[alone])
    return _Links(np.concatenate((low, scored.left)), np.concatenate((high, scored.right)), np.concatenate((known[alone], scored.mean)))


def _relinked(groups: Groups, links: _Links, numbers: Rows, changed: NDArray[np.bool_]) -> _Links:
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
    keys = low[low != high] * n + high[low != high]
    keys.sort()  # np.unique hashes first, which takes several times as long here
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys // n, keys % n


def _scored(groups: Groups, ends: tuple[Rows, Rows]) -> _Links:
    return _Links(*ends, groups.score.of_pairs(*ends))


def _mutually_best(n: int, links: _Links) -> Rows:
    """Indices of the links that are the best of both their ends.

    Equal links are put in an order that mixes the rows: in order of rows the first row would be everybody's best, and n copies of
    one text would take n rounds.
    """
    highest = np.full(n, -np.inf)
    np.maximum.at(highest, links.left, links.mean)
    np.maximum.at(highest, links.right, links.mean)
    # Only the best of either end need be put in order: sorting all links in every round is what took the time.
    top = np.flatnonzero((links.mean == highest[links.left]) | (links.mean == highest[links.right]))
    left, right, mean = links.left[top], links.right[top], links.mean[top]
    order = np.lexsort((right, left, _mixed(left, right), -mean))
    best = np.full(n, len(order), dtype=np.int64)
    places = np.arange(len(order))
    np.minimum.at(best, left[order], places)
    np.minimum.at(best, right[order], places)
    both_best = (best[left[order]] == places) & (best[right[order]] == places)
    return np.asarray(top[order[both_best]], dtype=np.int64)


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
