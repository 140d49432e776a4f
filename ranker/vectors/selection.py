"""Selection: how hard to search, and which of many likenesses are the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEVELS = 1 << 18  # cosines are compared to 1/2^18: what is nearer than float32 sums can tell apart is a tie, and ties go by row
_ROW_BITS, _LEVEL_BITS = 28, 20  # of a sort key of 64 bits: row (below 268 million), levels below the best; the rest is the query
MOST_QUERIES = 1 << 15  # of one selection: what the rest of the key's bits hold
_PAIRS_AT_ONCE = 1 << 15  # sparse rows multiplied together: some 10 MB of headlines
_BIN_BITS = 9  # of a level: likenesses are first counted in bins of 2^9 levels, so that few of many are sorted (chosen: 512 bins)
_BINS = (LEVELS >> _BIN_BITS) + 2


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to search. The defaults are measured: benchmarks/nearest.py."""

    exact_rows: int = 8192  # up to so many articles in reach of one, all are compared
    cell_rows: int = 400  # above, vectors are laid into cells of about so many of one reach ...
    cells: int = 24  # ... and each is compared with those in the nearest so many cells
    postings: int = 4000  # above, an article looks for partners by its rarest words: those that so many articles hold, all told
    shortlist: float = 2.0  # partners by rarest words that are compared by all words, as a multiple of the neighbours wanted
    block_megabytes: float = 32  # of the largest temporary array


def best(
    query: NDArray[np.intp], cosine: NDArray[np.float32], rows: NDArray[np.int64], number: int
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The best of each query, by cosine and, among equals, by row; what is not above 0 is none.

    Parameters
    ----------
    query : (n,) from 0 to below `MOST_QUERIES`, in any order.
    cosine : (n,) of the query and each row.

    Returns
    -------
    Queries in order, and the rows of each, the best first.
    """
    level = np.rint(cosine * LEVELS).astype(np.int64)
    above = np.flatnonzero(level > 0)
    if not len(above):
        return above, above
    if len(above) > 2 * number * (int(query.max()) + 1):
        above = above[_may_be_best(query[above], level[above], number)]
    # One sorted array of whole numbers: many times faster than sorting by several columns.
    key = ((query[above] << (_ROW_BITS + _LEVEL_BITS)) | ((2 * LEVELS - 1 - level[above]) << _ROW_BITS) | rows[above]).astype(np.uint64)
    key.sort()
    held = np.bincount(query[above])
    first = np.cumsum(held) - held
    kept = np.flatnonzero(np.arange(len(key)) - np.repeat(first, held) < number)
    return np.repeat(np.arange(len(held)), np.minimum(held, number)), (key[kept] & np.uint64((1 << _ROW_BITS) - 1)).astype(np.int64)


def _may_be_best(query: NDArray[np.intp], level: NDArray[np.int64], number: int) -> NDArray[np.bool_]:
    """Which are not surely behind the best of their query: those in no lower bin than its best so many reach down to."""
    bins = np.minimum(level >> _BIN_BITS, _BINS - 1)
    lines = int(query.max()) + 1
    held = np.bincount(query * _BINS + bins, minlength=lines * _BINS).reshape(lines, _BINS)
    reached = held[:, ::-1].cumsum(axis=1)[:, ::-1] >= number
    return np.asarray(bins >= np.maximum(reached.sum(axis=1) - 1, 0)[query])


def best_of_block(block: NDArray[np.float32], rows: NDArray[np.int64], number: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The best of each line of a block of cosines, as `best` gives them; `rows` are those of its columns."""
    least = np.full(len(block), 1 / LEVELS, dtype=np.float32)
    if block.shape[1] > number:
        place = block.shape[1] - number
        least = np.maximum(np.partition(block, place, axis=1)[:, place], least)
    line, column = np.divmod(np.flatnonzero(block >= least[:, None] - np.float32(1 / LEVELS)), max(1, block.shape[1]))
    return best(line, block[line, column], rows[column], number)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different ones of some whole numbers, in order: sorted, which takes a twentieth of the time of `numpy.unique` for a million."""
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    result: NDArray[np.int64] = ordered[is_first]
    return result


def numbered(rows: NDArray[np.integer], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ones of some rows, in order, and the place among these of each: as `numpy.unique`, without sorting.

    Parameters
    ----------
    rows : from 0 to below `n`.
    """
    is_there = np.zeros(n, dtype=np.bool_)
    is_there[rows] = True
    names = np.flatnonzero(is_there)
    place = np.empty(n, dtype=np.int64)
    place[names] = np.arange(len(names))
    return names, place[rows]


def pair_keys(one: NDArray[np.int64], other: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Pairs of `n` rows as whole numbers, in order of (smaller, larger)."""
    return np.asarray(np.minimum(one, other) * n + np.maximum(one, other), dtype=np.int64)


def sparse_products(rows: csr_array, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    """Products of sparse rows, pair by pair."""
    result = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        result[part] = rows[left[part]].multiply(rows[right[part]]).sum(axis=1)
    return result
