"""Cells: the nearest vectors of each, searched among those laid into the same and the nearest cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.vectors.encoder import Vectors
from ranker.vectors.reach import Reach
from ranker.vectors.selection import Effort, best_of_block, pair_keys

_ROWS_AT_ONCE = 512  # of one matrix product: more gain no speed
_VOTES = 5  # a row votes for so many of its nearest cells; measured at 24 cells searched: 5 find .895 of the nearest 48, 24 find .891
_SAMPLE_PER_CELL, _ROUNDS, _SEED = 64, 8, 0  # k-means looks at so many rows a cell (chosen), so many times


def nearest_vectors(vectors: Vectors, reach: Reach, neighbours: int, effort: Effort) -> Iterator[NDArray[np.int64]]:
    """Keys of the pairs of each article and its nearest by cosine, block by block; a pair may come twice.

    Exact where no article has more than `effort.exact_rows` others in reach, for then there is one cell.
    """
    undated, dated = np.split(np.arange(len(vectors)), [reach.undated])
    if len(dated):
        yield from _Cells.of(vectors, reach, reach.most(), effort).keys(dated, neighbours)
    if len(undated) and reach.with_undated:  # they have everything in reach, so their cells are laid for that
        yield from _Cells.of(vectors, reach, len(vectors), effort).keys(undated, neighbours)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Vectors laid into cells, an inverted file (Jegou, Douze and Schmid, 2011, doi:10.1109/TPAMI.2010.57)."""

    vectors: Vectors
    reach: Reach
    effort: Effort
    centres: Vectors  # (n_cells, dimensions) unit rows
    members: list[NDArray[np.intp]]  # places of each cell, in order

    @classmethod
    def of(cls, vectors: Vectors, reach: Reach, most: int, effort: Effort) -> _Cells:
        """Cells that hold about `cell_rows` of the `most` articles in reach of one; a single cell if these are few."""
        number = 1 if most <= effort.exact_rows else min(len(vectors), -(-most // effort.cell_rows))
        centres = centres_of(vectors, number)
        cell = nearest_centre(vectors, centres)[reach.rows]
        bounds = np.cumsum(np.bincount(cell, minlength=number))[:-1]
        return cls(vectors, reach, effort, centres, np.split(np.argsort(cell, kind="stable"), bounds))

    def keys(self, asked: NDArray[np.intp], neighbours: int) -> Iterator[NDArray[np.int64]]:
        """Keys of the nearest of a run of places, some of one cell at a time."""
        for members in self.members:
            mine = members[(members >= asked[0]) & (members <= asked[-1])]
            for start in range(0, len(mine), _ROWS_AT_ONCE):
                yield from self._of_some(mine[start : start + _ROWS_AT_ONCE], neighbours)

    def _of_some(self, asked: NDArray[np.intp], neighbours: int) -> Iterator[NDArray[np.int64]]:
        """Keys of the nearest of some members of one cell, as many at a time as memory allows."""
        rows = self.reach.rows
        columns = np.sort(np.concatenate([self.reach.within(self.members[cell], asked[0], asked[-1]) for cell in self._nearest(asked)]))
        others = self.vectors[rows[columns]]
        step = max(1, int(self.effort.block_megabytes * 1e6 / others.itemsize / max(1, len(columns))))
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            block = self.vectors[rows[part]] @ others.T
            self.reach.hide(block, part, columns)
            line, row = best_of_block(block, rows[columns], neighbours)
            yield pair_keys(rows[part[line]], row, len(rows))

    def _nearest(self, asked: NDArray[np.intp]) -> NDArray[np.intp]:
        """The cells with the most votes of the rows asked for; without votes, the likest."""
        number = len(self.centres)
        if number <= self.effort.cells:
            return np.arange(number)
        likeness = self.vectors[self.reach.rows[asked]] @ self.centres.T
        place = max(0, number - _VOTES)
        votes = np.count_nonzero(likeness >= np.partition(likeness, place, axis=1)[:, place, None], axis=0)
        return np.lexsort((-likeness.mean(axis=0), -votes))[: self.effort.cells]


def centres_of(vectors: Vectors, number: int) -> Vectors:
    """Centres by spherical k-means (Dhillon and Modha, 2001, doi:10.1023/A:1007612920971) on a sample, the same every time.

    By hand, since scikit-learn adds up in as many parts as there are threads, so that its centres depend on the machine.
    """
    if number == 1:
        return vectors[:1]
    sample = np.random.default_rng(_SEED).permutation(len(vectors))[: number * _SAMPLE_PER_CELL]
    points = vectors[sample]
    centres = points[:number]
    for _ in range(_ROUNDS):
        centres = _moved(points, centres)
    return centres


def _moved(points: Vectors, centres: Vectors) -> Vectors:
    """Each centre moved to the mean of its points, at length 1; one without points starts anew at a point that no centre is near."""
    from scipy.sparse import csr_array  # 190 ms to import

    cell = nearest_centre(points, centres)
    shape = (len(centres), len(points))
    sums = csr_array((np.ones(len(cell), dtype=np.float32), (cell, np.arange(len(cell)))), shape=shape) @ points
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    moved = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
    empty = np.flatnonzero(np.bincount(cell, minlength=len(centres)) == 0)
    lonely = np.argsort(np.einsum("ij,ij->i", points, moved[cell]), kind="stable")
    moved[empty] = points[lonely[: len(empty)]]
    return np.asarray(moved, dtype=np.float32)


def nearest_centre(vectors: Vectors, centres: Vectors) -> NDArray[np.intp]:
    """(n,) the centre that each vector is nearest to by cosine."""
    if len(centres) <= 1:
        return np.zeros(len(vectors), dtype=np.intp)
    starts = range(0, len(vectors), _ROWS_AT_ONCE)
    return np.concatenate([np.argmax(vectors[start : start + _ROWS_AT_ONCE] @ centres.T, axis=1) for start in starts])
