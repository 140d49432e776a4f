"""Postings: for each word the articles that hold it, by which each article finds its nearest in rare words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.vectors.reach import Reach
from ranker.vectors.selection import MOST_QUERIES, Effort, best, pair_keys, sparse_products

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_CANDIDATE_BYTES = 64  # of one candidate, all arrays that it is in counted
_FEWEST_ASKED = 1024  # articles that one set of postings is made for, however long they span


def nearest_words(rare: csr_array, reach: Reach, neighbours: int, effort: Effort) -> Iterator[NDArray[np.int64]]:
    """Keys of the pairs of each article and its nearest by rare-word cosine, block by block; a pair may come twice.

    Exact where no more than `effort.exact_rows` articles are in reach of a run of them.
    """
    everything = np.arange(len(reach.rows))
    for first, last in _runs(reach):
        others = reach.within(everything, first, last - 1)
        if len(others):
            yield from _Postings.of(rare, reach, others, effort).keys(first, last, neighbours)


def _runs(reach: Reach) -> Iterator[tuple[int, int]]:
    """The undated places, then dated ones in runs as long as the band reaches: the first of each and the first after it."""
    first, n = reach.undated, len(reach.rows)
    if first:
        yield 0, first
    while first < n:
        within = int(np.searchsorted(reach.times, reach.times[first] + reach.farthest, side="right"))
        last = min(n, max(within, first + _FEWEST_ASKED))
        yield first, last
        first = last


@dataclass(frozen=True, slots=True)
class _Postings:
    """The words of the articles in reach, by word."""

    rare: csr_array
    reach: Reach
    effort: Effort
    others: NDArray[np.intp]  # places
    by_word: csr_array  # (n_words, n_others)
    holding: NDArray[np.intp]  # (n_words,) others that hold each word

    @classmethod
    def of(cls, rare: csr_array, reach: Reach, others: NDArray[np.intp], effort: Effort) -> _Postings:
        by_word = rare[reach.rows[others]].T.tocsr()
        return cls(rare, reach, effort, others, by_word, np.diff(by_word.indptr).astype(np.intp))

    def keys(self, first: int, last: int, neighbours: int) -> Iterator[NDArray[np.int64]]:
        """Keys of the nearest of the places from `first` to before `last`."""
        rows, n = self.reach.rows, len(self.reach.rows)
        asked = self.rare[rows[first:last]]
        exact = len(self.others) <= self.effort.exact_rows
        words = asked if exact else self._rarest(asked)
        for start, stop in self._blocks(words):
            line, cosine, row = self._sharing(words[start:stop], first + start)
            if not exact:
                line, row = best(line, cosine, row, int(neighbours * self.effort.shortlist))
                cosine = sparse_products(self.rare, rows[first + start + line], row)
            line, row = best(line, cosine, row, neighbours)
            yield pair_keys(rows[first + start + line], row, n)

    def _rarest(self, asked: csr_array) -> csr_array:
        """The rows asked for, of each only the rarest words, as many as `postings` articles hold, all told.

        So the work grows with the articles, whatever words a burst of news shares (in the manner of an impact-ordered
        index: Anh and Moffat, 2006, doi:10.1145/1148170.1148235).
        """
        from scipy.sparse import csr_array  # 190 ms to import

        line = np.repeat(np.arange(asked.shape[0]), np.diff(asked.indptr))
        holding = self.holding[asked.indices]
        order = np.lexsort((asked.indices, holding, line))
        total = np.concatenate([[0], np.cumsum(holding[order])])
        kept = np.sort(order[total[1:] - total[asked.indptr[line]] <= self.effort.postings])
        indptr = np.concatenate([[0], np.cumsum(np.bincount(line[kept], minlength=asked.shape[0]))])
        return csr_array((asked.data[kept], asked.indices[kept], indptr), shape=asked.shape)

    def _blocks(self, words: csr_array) -> Iterator[tuple[int, int]]:
        """Runs of rows whose candidates fit into memory: the first of each and the first after it."""
        cost = np.concatenate([[0], np.cumsum(self.holding[words.indices])])[words.indptr]
        candidates = self.effort.block_megabytes * 1e6 / _CANDIDATE_BYTES
        start, n = 0, words.shape[0]
        while start < n:
            fitting = int(np.searchsorted(cost, cost[start] + candidates, side="right")) - 1
            stop = min(max(fitting, start + 1), start + MOST_QUERIES, n)
            yield start, stop
            start = stop

    def _sharing(self, words: csr_array, first: int) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.int64]]:
        """Line, cosine by these words, and row of all in reach that share one of them; the first line is the place `first`."""
        product = words @ self.by_word
        line = np.repeat(np.arange(words.shape[0]), np.diff(product.indptr))
        places = self.others[product.indices]
        kept = np.flatnonzero(self.reach.allowed(first + line, places))
        return line[kept], product.data[kept], self.reach.rows[places[kept]]
