"""Constraints: what corrections mean for the rows of one corpus, as arrays that clustering honours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Constraints:
    """Which articles of a corpus must be in one story, and which in two."""

    joined: Rows  # (n_articles,) a number that articles share which must be in one story: the smallest of their rows
    apart: tuple[Rows, Rows]  # two (n_pairs,) arrays of such numbers, left < right, each pair once: never in one story

    def united(self, copies: Rows) -> Rows:
        """(n_articles,) numbers of the groups to start from: copies and joined articles are together, none with one it must be apart from.

        Copies are no longer held together where that would bring together what must be apart. Of a set of articles that copies and
        joins connect, those go on together that must be apart from the same others of the set; an article that no correction
        speaks of stays with its copies.

        Parameters
        ----------
        copies : (n_articles,) a number for each article that it shares with its copies.
        """
        together = connected(copies, self.joined)
        left, right = self.apart
        inside = together[left] == together[right]
        if not inside.any():
            return together
        # Each step from copy to copy leads to one with the same foes, and no article is its own foe: no way leads to a foe.
        foes: dict[int, set[int]] = {}
        for one, other in zip(left[inside].tolist(), right[inside].tolist(), strict=True):
            foes.setdefault(one, set()).add(other)
            foes.setdefault(other, set()).add(one)
        kinds: dict[frozenset[int], int] = {frozenset(): 0}
        kind = np.zeros(len(self.joined), dtype=np.int64)  # by number
        for number, others in foes.items():
            kind[number] = kinds.setdefault(frozenset(others), len(kinds))
        return connected(np.unique(copies, return_inverse=True)[1] * len(kinds) + kind[self.joined], self.joined)


def connected(one: NDArray[np.integer], other: NDArray[np.integer]) -> Rows:
    """(n,) numbers that two rows share if steps between rows of one number, in either array, lead from one to the other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(one):
        return np.zeros(0, dtype=np.int64)
    for alone, numbers in ((one, other), (other, one)):
        if len(np.unique(alone)) == len(alone):  # no two rows share a number of it
            return np.asarray(np.unique(numbers, return_inverse=True)[1], dtype=np.int64)
    first, second = (np.unique(numbers, return_inverse=True)[1].astype(np.int64) for numbers in (one, other))
    n = int(first.max()) + 1
    size = n + int(second.max()) + 1
    graph = coo_array((np.ones(len(first), dtype=np.bool_), (first, n + second)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][first], dtype=np.int64)
