"""Means: the mean score row of each story, kept so that an article can be held against a story without looking at its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ranker.desk.growing import Growing, GrowingRows
from ranker.stories.score import Score

_FEWEST_OLD, _OLD_SHARE = 1000, 0.5  # rows of stories as they were before: when so many are kept, they are let go

Slots = NDArray[np.int64]


class StoryMeans:
    """Mean rows by story number.

    Parameters
    ----------
    rows_of : the score rows of slots.
    """

    def __init__(self, rows_of: Callable[[Slots], Score]) -> None:
        self._rows_of = rows_of
        self._place: dict[int, int] = {}
        self._dense: Growing[np.float32] | None = None
        self._sparse = GrowingRows()

    def drop(self, story: int) -> None:
        """Forget the mean of a story whose members are others now."""
        self._place.pop(story, None)

    def clear(self) -> None:
        """Forget all means: the rows of articles are others now."""
        self._place.clear()
        self._dense = None
        self._sparse = GrowingRows()

    def put(self, stories: Sequence[int], means: Score) -> None:
        """Keep means that somebody has computed, row i that of stories[i]."""
        if self._dense is None:
            self._dense = Growing(np.float32, means.dense.shape[1])
        first = len(self._dense)
        self._dense.add(means.dense)
        self._sparse.add(means.sparse)
        self._place.update(zip(stories, range(first, first + len(stories)), strict=True))
        old = len(self._dense) - len(self._place)
        if old > _FEWEST_OLD and old > _OLD_SHARE * len(self._dense):
            self._pack()

    def of(self, stories: Sequence[int], members: Mapping[int, Slots], like: Score) -> Score:
        """The mean rows of stories, in order, to be held against others such as `like`."""
        missing = [story for story in stories if story not in self._place]
        if missing:
            sizes = [len(members[story]) for story in missing]
            rows = self._rows_of(np.concatenate([members[story] for story in missing]))
            groups = np.repeat(np.arange(len(missing)), sizes)
            self.put(missing, rows.averaged(groups, np.ones(len(groups), dtype=np.int64)))
        places = np.array([self._place[story] for story in stories], dtype=np.int64)
        dense = np.zeros((0, like.dense.shape[1]), dtype=np.float32) if self._dense is None else self._dense.rows[places]
        sparse = self._sparse.of(places)
        sparse.resize((len(places), like.sparse.shape[1]))
        return Score(dense, like.dense_signs, sparse, like.sparse_signs, like.constant)

    def _pack(self) -> None:
        stories, places = list(self._place), np.array(list(self._place.values()), dtype=np.int64)
        dense, sparse = self._dense, self._sparse
        if dense is None:
            return
        self._dense, self._sparse, self._place = Growing(np.float32, dense.rows.shape[1]), GrowingRows(), {}
        self._dense.add(dense.rows[places])
        self._sparse.add(sparse.of(places))
        self._place = dict(zip(stories, range(len(stories)), strict=True))


def stacked(one: Score, other: Score) -> Score:
    """The rows of one score and then those of another."""
    from scipy.sparse import csr_array

    first, second = one.sparse, other.sparse
    width = max(first.shape[1], second.shape[1])
    sparse = csr_array(
        (
            np.concatenate((first.data, second.data)),
            np.concatenate((first.indices, second.indices)),
            np.concatenate((first.indptr, first.indptr[-1] + second.indptr[1:])),
        ),
        shape=(first.shape[0] + second.shape[0], width),
    )
    return Score(np.concatenate((one.dense, other.dense)), one.dense_signs, sparse, one.sparse_signs, one.constant)
