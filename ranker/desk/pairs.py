"""Pairs: near articles in memory, each pair once, found from either of the two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ranker.desk.growing import Growing
from ranker.desk.parts import Parts

_NONE = -1
_COLUMNS = ("later", "earlier", "dense", "rare", "score", "next", "starts", "stops", "chains")
Places = NDArray[np.int64]


class LivePairs:
    """Pairs of slots, the later slot first. Pairs are only ever added, and a reader may look while that is done.

    Pairs of one later slot lie together; those of one earlier slot are a chain, newest first.
    """

    def __init__(self) -> None:
        self._later = Growing(np.int32)
        self._earlier = Growing(np.int32)
        self._dense = Growing(np.float32)  # cosine of vectors
        self._rare = Growing(np.float32)  # cosine of rare words
        self._score = Growing(np.float32)  # above 0: one story is the better guess
        self._next = Growing(np.int32)  # the pair before with the same earlier slot
        self._starts = Growing(np.int32)  # by slot: its first pair as the later one
        self._stops = Growing(np.int32)
        self._chains = Growing(np.int32)  # by slot: the newest pair in which it is the earlier one

    def __len__(self) -> int:
        return len(self._next)

    def parts(self) -> Parts:
        """What `restored` makes them of again."""
        return Parts({name: getattr(self, f"_{name}").rows for name in _COLUMNS})

    @classmethod
    def restored(cls, parts: Parts) -> LivePairs:
        """Pairs of their parts."""
        result = cls()
        for name in _COLUMNS:
            setattr(result, f"_{name}", Growing.of(parts.arrays[name]))
        return result

    @property
    def later(self) -> NDArray[np.int32]:
        """(n_pairs,) the slot that came later."""
        return self._later.rows

    @property
    def earlier(self) -> NDArray[np.int32]:
        """(n_pairs,) the slot that was there before."""
        return self._earlier.rows

    @property
    def dense(self) -> NDArray[np.float32]:
        """(n_pairs,) cosine of the vectors."""
        return self._dense.rows

    @property
    def rare(self) -> NDArray[np.float32]:
        """(n_pairs,) cosine of the rare words."""
        return self._rare.rows

    @property
    def score(self) -> NDArray[np.float32]:
        """(n_pairs,) above 0 where one story is the better guess."""
        return self._score.rows

    def add(
        self,
        slots: int,
        later: Places,
        earlier: Places,
        dense: NDArray[np.floating],
        rare: NDArray[np.floating],
        score: NDArray[np.floating],
    ) -> Places:
        """Add pairs; returns their places.

        Parameters
        ----------
        slots : how many slots there are now. The later slots of the pairs are among those added since the last call.
        later, earlier : (n,) slots, later > earlier, in order of the later.
        """
        first, known = len(self), len(self._starts)
        new = slots - known
        self._chains.add(np.full(new, _NONE))
        places = np.arange(first, first + len(later))
        for column, values in ((self._later, later), (self._earlier, earlier), (self._dense, dense), (self._rare, rare)):
            column.add(values)
        self._score.add(score)
        order = np.argsort(earlier, kind="stable")
        ends = np.flatnonzero(np.diff(earlier[order], append=_NONE))  # the last of each run of one earlier slot
        before = np.empty(len(order), dtype=np.int64)
        before[order[1:]] = places[order[:-1]]
        heads = order[np.concatenate(([0], ends[:-1] + 1))] if len(order) else order
        chains = self._chains.rows
        before[heads] = chains[earlier[heads]]
        self._next.add(before)
        chains[earlier[order[ends]]] = places[order[ends]]
        bounds = first + np.searchsorted(later, np.arange(known, slots + 1))
        self._starts.add(bounds[:-1])
        self._stops.add(bounds[1:])
        return places

    def of(self, slot: int) -> Places:
        """The places of all pairs of a slot."""
        found = list(range(int(self._starts.rows[slot]), int(self._stops.rows[slot])))
        chain, place = self._next.rows, int(self._chains.rows[slot])
        while place != _NONE:
            found.append(place)
            place = int(chain[place])
        return np.array(found, dtype=np.int64)

    def owned_by(self, slots: Places) -> Places:
        """The places of the pairs whose later slot is among some."""
        begin, end = self._starts.rows[slots].astype(np.int64), self._stops.rows[slots].astype(np.int64)
        lengths = end - begin
        offsets = np.cumsum(lengths) - lengths
        return np.repeat(begin - offsets, lengths) + np.arange(int(lengths.sum()))

    def of_any(self, slots: Places) -> Places:
        """The places of all pairs with a slot among some; a pair of two of them comes twice."""
        found = [self.owned_by(slots)]
        place = self._chains.rows[slots].astype(np.int64)
        chain = self._next.rows
        while len(place := place[place != _NONE]):
            found.append(place)
            place = chain[place].astype(np.int64)
        return np.concatenate(found)

    def other(self, places: Places, slot: int) -> Places:
        """The other slot of each pair of one."""
        later, earlier = self._later.rows[places], self._earlier.rows[places]
        return np.where(later == slot, earlier, later).astype(np.int64)
