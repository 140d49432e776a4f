"""Nearby: the articles in memory that are nearest to some of them, in meaning and in rare words, found without looking at all."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.parts import Parts
from ranker.vectors.cells import centres_of, nearest_centre
from ranker.vectors.encoder import Vectors
from ranker.vectors.reach import SECONDS_PER_DAY
from ranker.vectors.selection import MOST_QUERIES, Effort, best

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_LEAST_COSINE = 0.15  # of vectors; what is no nearer than this is nobody's partner (chosen: unrelated headlines reach .1 to .2)
_SLACK_SECONDS = 1e-3  # the edges of a band of time are inside
_LAY_AT = 1.6  # cells are laid anew when so many times the articles are there as when they were laid
_QUERIES = 512  # whose candidates are held at once
_FULL_SCAN_WORDS = 1 << 30

Slots = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Band:
    """Which articles are looked at, by the days between, and how many of each kind are wanted."""

    from_days: float
    to_days: float
    neighbours: int

    def holds(self, gap_seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether gaps are in the band; an unknown gap is, if the band begins at 0."""
        near, far = self.from_days * SECONDS_PER_DAY - _SLACK_SECONDS, self.to_days * SECONDS_PER_DAY + _SLACK_SECONDS
        inside = (gap_seconds >= near) & (gap_seconds <= far)
        return inside | np.isnan(gap_seconds) if self.from_days == 0 else inside


class Nearby:
    """An index of live articles by slot, which grows with them.

    Up to `effort.exact_rows` articles every one is compared; above, vectors lie in cells and words are looked up by the rarest, as
    `nearest_pairs` does for a batch.

    Parameters
    ----------
    vectors, rare, times : of all slots; the index reads them and never changes them.
    """

    def __init__(
        self, vectors: Growing[np.float32], rare: GrowingRows, times: Growing[np.float64], alive: Growing[np.bool_], effort: Effort
    ) -> None:
        self._vectors, self._rare, self._times, self._alive, self._effort = vectors, rare, times, alive, effort
        self._cells: _Cells | None = None
        self._slots_of_word: list[array[int]] = []
        self._weights_of_word: list[array[float]] = []
        self._known = 0  # slots that the index holds

    def grow(self) -> None:
        """Take in the slots that were added since the last call."""
        new = np.arange(self._known, len(self._vectors))
        if not len(new):
            return
        self._post(new)
        self._known = len(self._vectors)
        if self._known <= self._effort.exact_rows:
            return
        if self._cells is None or self._known > _LAY_AT * self._cells.laid:
            self._cells = _Cells.of(self._vectors.rows, self._effort)
        else:
            self._cells.add(new, self._vectors.rows[new])

    def parts(self) -> Parts:
        """What `restore` makes it of again; vectors are kept elsewhere."""
        arrays = {
            "lengths": np.array([len(held) for held in self._slots_of_word], dtype=np.int32),
            "slots": np.frombuffer(b"".join(held.tobytes() for held in self._slots_of_word), dtype=np.int32),
            "weights": np.frombuffer(b"".join(held.tobytes() for held in self._weights_of_word), dtype=np.float32),
        }
        return Parts(arrays, inner={} if self._cells is None else {"cells": self._cells.parts(self._known)})

    def restore(self, parts: Parts) -> None:
        """Be again what the parts are of; the rows that it reads are there already."""
        stops = (4 * np.cumsum(parts.arrays["lengths"], dtype=np.int64)).tolist()
        spans = list(zip([0, *stops[:-1]], stops, strict=True)) if stops else []
        slots, weights = parts.arrays["slots"].tobytes(), parts.arrays["weights"].tobytes()
        self._slots_of_word = [array("i", slots[start:stop]) for start, stop in spans]
        self._weights_of_word = [array("f", weights[start:stop]) for start, stop in spans]
        self._known = len(self._vectors)
        if "cells" in parts.inner:
            arrays, laid = parts.inner["cells"].arrays, parts.inner["cells"].values["laid"]
            self._cells = _Cells(self._vectors.rows, self._effort, centres=arrays["centres"], cell=arrays["cell"], laid=laid)

    def of(self, slots: Slots, bands: tuple[Band, ...]) -> list[tuple[Slots, Slots]]:
        """For each band the pairs (slot asked for, near slot), nearest by vectors or by words; a pair may come twice."""
        found: list[list[tuple[Slots, Slots]]] = [[] for _ in bands]
        for start in range(0, len(slots), _QUERIES):
            asked = slots[start : start + _QUERIES]
            candidates = (
                (*self._by_vector(self._vectors.rows[asked], asked), 1.0),
                (*self._by_words(self._rare.of(asked), asked), self._effort.shortlist),
            )
            for line, other, cosine, more in candidates:
                gaps = np.abs(self._times.rows[asked[line]] - self._times.rows[other])
                for band, pairs in zip(bands, found, strict=True):
                    inside = np.flatnonzero(band.holds(gaps))
                    wanted = int(band.neighbours * more)
                    lines, near = best(line[inside], cosine[inside], other[inside], wanted)
                    pairs.append((asked[lines], near))
        return [_joined(pairs) for pairs in found]

    def of_text(self, vector: Vectors, words: csr_array, time: float, band: Band) -> Slots:
        """The slots nearest to a text that is none of the articles."""
        nobody = np.array([-1])
        found = []
        for line, other, cosine in (self._by_vector(vector, nobody), self._by_words(words, nobody)):
            inside = np.flatnonzero(band.holds(np.abs(time - self._times.rows[other])))
            found.append(best(line[inside], cosine[inside], other[inside], band.neighbours)[1])
        return np.unique(np.concatenate(found))

    def holding(self, column: int) -> NDArray[np.int64]:
        """The slots whose text holds a word, dead ones too."""
        if column >= len(self._slots_of_word):
            return np.zeros(0, dtype=np.int64)
        return np.frombuffer(self._slots_of_word[column][:], dtype=np.int32).astype(np.int64)

    def _post(self, new: Slots) -> None:
        rows = self._rare.of(new)
        for _ in range(rows.shape[1] - len(self._slots_of_word)):
            self._slots_of_word.append(array("i"))
            self._weights_of_word.append(array("f"))
        slots = np.repeat(new, np.diff(rows.indptr)).tolist()
        for slot, column, weight in zip(slots, rows.indices.tolist(), rows.data.tolist(), strict=True):
            self._slots_of_word[column].append(slot)
            self._weights_of_word[column].append(weight)

    def _by_vector(self, vectors: Vectors, own: Slots) -> tuple[NDArray[np.intp], Slots, NDArray[np.float32]]:
        """Lines of the texts asked for, near slots, and cosines."""
        found: list[tuple[NDArray[np.intp], Slots, NDArray[np.float32]]] = []
        blocks: Iterator[tuple[NDArray[np.intp], Slots, Vectors]]
        if self._cells is None:
            everything = np.arange(self._known)  # asked once: another thread may be adding some
            blocks = iter([(np.arange(len(vectors)), everything, self._vectors.rows[: len(everything)])])
        else:
            blocks = self._cells.probed(vectors)
        alive = self._alive.rows
        for lines, slots, held in blocks:
            cosines = vectors[lines] @ held.T
            hit = np.flatnonzero(cosines > _LEAST_COSINE)
            line, column = np.divmod(hit, max(1, len(slots)))
            line, other = lines[line], slots[column]
            kept = alive[other] & (own[line] != other)
            found.append((line[kept], other[kept], cosines.ravel()[hit[kept]]))
        if not found:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value] # three columns

    def _by_words(self, words: csr_array, own: Slots) -> tuple[NDArray[np.intp], Slots, NDArray[np.float32]]:
        """Lines of the texts asked for, slots that share their rarest words, and the cosine by these words."""
        from scipy.sparse import csr_array

        line = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
        known = words.indices < len(self._slots_of_word)
        line, columns, weights = line[known], words.indices[known], words.data[known]
        holding = np.array([len(self._slots_of_word[column]) for column in columns.tolist()], dtype=np.int64)
        limit = _FULL_SCAN_WORDS if self._known <= self._effort.exact_rows else self._effort.postings
        order = np.lexsort((columns, holding, line))
        total = np.concatenate([[0], np.cumsum(holding[order])])
        first = np.searchsorted(line[order], np.arange(words.shape[0]))
        kept = order[total[1:] - total[first[line[order]]] <= limit]
        line, columns, weights = line[kept], columns[kept], weights[kept]
        distinct, places = np.unique(columns, return_inverse=True)
        if not len(distinct):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        names = distinct.tolist()
        # Slices are copies: a view would keep the writing thread from making its array longer.
        weights_of = [np.frombuffer(self._weights_of_word[name][:], dtype=np.float32) for name in names]
        slots_of = [
            np.frombuffer(self._slots_of_word[name][:], dtype=np.int32)[: len(held)] for name, held in zip(names, weights_of, strict=True)
        ]
        slots, held = np.concatenate(slots_of), np.concatenate(weights_of)
        indptr = np.concatenate(([0], np.cumsum([len(part) for part in slots_of])))
        by_word = csr_array((held, slots, indptr), shape=(len(distinct), max(self._known, int(slots.max(initial=0)) + 1)))
        asked = csr_array((weights, (line, places)), shape=(words.shape[0], len(distinct)))
        product = asked @ by_word
        line = np.repeat(np.arange(words.shape[0]), np.diff(product.indptr))
        other = product.indices.astype(np.int64)
        kept = self._alive.rows[other] & (own[line] != other)
        return line[kept], other[kept], product.data[kept]


class _Cells:
    """Vectors laid into cells; each cell's vectors lie together, so that asking several texts at once is one product a cell."""

    def __init__(self, vectors: Vectors, effort: Effort, *, centres: Vectors, cell: NDArray[np.integer], laid: int) -> None:
        self.laid, self._effort, self._centres = laid, effort, centres
        members = np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell, minlength=len(centres)))[:-1])
        self._slots = [Growing.of(held) for held in members]
        self._vectors = [Growing.of(vectors[held]) for held in members]

    @classmethod
    def of(cls, vectors: Vectors, effort: Effort) -> _Cells:
        """Vectors laid into cells of their own."""
        centres = centres_of(vectors, -(-len(vectors) // effort.cell_rows))
        return cls(vectors, effort, centres=centres, cell=nearest_centre(vectors, centres), laid=len(vectors))

    def parts(self, known: int) -> Parts:
        """What they are made of again: the centres, and the cell of each slot."""
        cell = np.zeros(known, dtype=np.int32)
        for number, held in enumerate(self._slots):
            cell[held.rows] = number
        return Parts({"centres": self._centres, "cell": cell}, {"laid": self.laid})

    def add(self, slots: Slots, vectors: Vectors) -> None:
        """Lay more vectors into the nearest cells."""
        cell = nearest_centre(vectors, self._centres)
        order = np.argsort(cell, kind="stable")
        names, starts = np.unique(cell[order], return_index=True)
        for name, members in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
            self._vectors[name].add(vectors[members])
            self._slots[name].add(slots[members])

    def probed(self, vectors: Vectors) -> Iterator[tuple[NDArray[np.intp], Slots, Vectors]]:
        """For each cell that is near any of some vectors: the lines of those, and the cell's slots and vectors."""
        number = len(self._centres)
        cells = min(self._effort.cells, number)
        likeness = vectors @ self._centres.T
        chosen = np.argpartition(likeness, number - cells, axis=1)[:, number - cells :]
        lines = np.repeat(np.arange(len(vectors)), cells)
        order = np.argsort(chosen.ravel(), kind="stable")
        names, starts = np.unique(chosen.ravel()[order], return_index=True)
        for name, asking in zip(names.tolist(), np.split(lines[order], starts[1:]), strict=True):
            slots = self._slots[name].rows
            yield asking, slots, self._vectors[name].rows[: len(slots)]  # another thread may be adding some: vectors come first


def _joined(pairs: list[tuple[Slots, Slots]]) -> tuple[Slots, Slots]:
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate([one for one, _ in pairs]), np.concatenate([other for _, other in pairs])


if MOST_QUERIES < _QUERIES:
    raise AssertionError("more queries at once than a selection holds")
