"""Score: evidence and its weights as one signed inner product of rows, for articles and for groups of articles alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.stories.evidence import DenseRows, Evidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_BLOCK_ENTRIES = 2_000_000  # of sparse rows in such a block: 24 MB
_BLOCK_PAIRS = 4096  # pairs of rows multiplied together: two blocks of 450 float32 each stay near the processor


@dataclass(frozen=True, slots=True)
class Score:
    """Rows of articles, or mean rows of groups. Of rows i and j the score is above 0 where one story is the better guess.

    score(i, j) = constant + sum over columns of sign x row i x row j. Of groups, with their mean rows, that is the mean score of
    all pairs between them.
    """

    dense: DenseRows  # (n, p)
    dense_signs: NDArray[np.float32]  # (p,) +1 or -1
    sparse: csr_array  # (n, q) float32
    sparse_signs: NDArray[np.float32]  # (q,)
    constant: float

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.dense)

    def of_pairs(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.float64]:
        """(n_pairs,) scores of pairs of rows."""
        return self.across(left, self, right)

    def across(self, left: NDArray[np.integer], other: Score, right: NDArray[np.integer]) -> NDArray[np.float64]:
        """(n_pairs,) scores of rows of this and rows of another made by the same weights."""
        total = np.full(len(left), self.constant, dtype=np.float64)
        signed = self._signed()
        for block in _blocks(np.diff(signed.indptr)[left] + np.diff(other.sparse.indptr)[right]):
            total[block] += np.einsum("ij,ij->i", self.dense[left[block]] * self.dense_signs, other.dense[right[block]])
            total[block] += signed[left[block]].multiply(other.sparse[right[block]]).sum(axis=1)
        return total

    def _signed(self) -> csr_array:
        from scipy.sparse import csr_array

        sparse = self.sparse
        return csr_array((sparse.data * self.sparse_signs[sparse.indices], sparse.indices, sparse.indptr), shape=sparse.shape)

    def itself(self) -> NDArray[np.float64]:
        """(n,) the score of each row with itself."""
        rows = np.arange(len(self))
        return self.of_pairs(rows, rows)

    def averaged(self, groups: NDArray[np.int64], weights: NDArray[np.int64]) -> Score:
        """Mean rows of groups of rows.

        Parameters
        ----------
        groups : (n,) the group of each row, 0 to the number of groups - 1, none empty.
        weights : (n,) how many articles each row stands for.
        """
        from scipy.sparse import csr_array

        totals = np.bincount(groups, weights=weights)
        share = (weights / totals[groups]).astype(np.float32)
        mean = csr_array((share, (groups, np.arange(len(groups)))), shape=(len(totals), len(groups)))
        return Score(
            np.asarray(mean @ self.dense, dtype=np.float32),
            self.dense_signs,
            csr_array(mean @ self.sparse),
            self.sparse_signs,
            self.constant,
        )


def _blocks(entries: NDArray[np.integer]) -> Iterator[slice]:
    """Pairs in blocks that hold neither too many pairs nor too many entries: the mean row of a big story holds all its words."""
    ends = np.cumsum(entries, dtype=np.int64)
    start = 0
    while start < len(entries):
        before = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, before + _BLOCK_ENTRIES, side="right"))
        stop = max(start + 1, min(stop, start + _BLOCK_PAIRS))
        yield slice(start, stop)
        start = stop


def weighted_score(evidence: Sequence[Evidence], weights: Mapping[str, float], constant: float) -> Score:
    """The score of articles: constant + sum of weight x evidence.

    Parameters
    ----------
    weights : by name of the evidence; evidence without a weight counts for nothing. A weight below 0 counts against.
    """
    from scipy.sparse import csr_array, hstack

    dense: list[tuple[DenseRows, float]] = []
    sparse: list[tuple[csr_array, float]] = []
    for kind in evidence:
        weight = weights.get(kind.name, 0.0)
        for rows, side in ((kind.plus, weight), (kind.minus, -weight)):
            if rows is None or not side:
                continue
            scaled = rows * np.float32(math.sqrt(abs(side)))
            if isinstance(scaled, np.ndarray):
                dense.append((scaled, math.copysign(1, side)))
            else:
                sparse.append((scaled, math.copysign(1, side)))
    n = _number_of_rows(evidence)
    dense_rows = np.concatenate([rows for rows, _ in dense], axis=1) if dense else np.zeros((n, 0), dtype=np.float32)
    sparse_rows = csr_array(hstack([rows for rows, _ in sparse], format="csr")) if sparse else csr_array((n, 1), dtype=np.float32)
    sparse_signs = _signs([(rows.shape[1], side) for rows, side in sparse]) if sparse else np.ones(1, dtype=np.float32)
    return Score(dense_rows, _signs([(rows.shape[1], side) for rows, side in dense]), sparse_rows, sparse_signs, constant)


def _signs(columns: Sequence[tuple[int, float]]) -> NDArray[np.float32]:
    return np.array([side for width, side in columns for _ in range(width)], dtype=np.float32)


def _number_of_rows(evidence: Sequence[Evidence]) -> int:
    return next((rows.shape[0] for kind in evidence for rows in (kind.plus, kind.minus) if rows is not None), 0)
