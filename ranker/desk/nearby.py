"""Nearby: the articles in memory that are nearest to some of them, in meaning and in rare words, found without looking at all."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.parts import Parts
from ranker.vectors.cells import centres_of, nearest_centre
from ranker.vectors.encoder import Vectors
from ranker.vectors.reach import SECONDS_PER_DAY
from ranker.vectors.selection import LEVELS, MOST_QUERIES, Effort, best, distinct, numbered

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_VECTORS, _WORDS = "vectors", "words"
# What is no nearer than this is nobody's partner (chosen: vectors of unrelated headlines reach .1 to .2).
_BARS = {_VECTORS: 0.15, _WORDS: 0.0}
_BAR_STEP = 0.02
_ASKED_AGAIN = 0.1  # of the slots: when more are asked for twice, the bar is too high (chosen)
_TEACHING = 64  # slots that must be asked for at once to say anything of it
_SLACK_SECONDS = 1e-3  # the edges of a band of time are inside
_LAY_AT = 1.6  # cells are laid anew when so many times the articles are there as when they were laid
_QUERIES = 512  # whose candidates are held at once
_FULL_SCAN_WORDS = 1 << 30
_MANY_WORDS = 1000  # asked for at once: above, all words are turned to their slots (of 100,000 headlines that takes 10 ms)

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
        self._bars = dict(_BARS)  # likeness above which is looked at first, see `_nearest`

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
            for kind, more in ((_VECTORS, 1.0), (_WORDS, self._effort.shortlist)):
                wanted = [int(band.neighbours * more) for band in bands]
                for pairs, near in zip(found, self._nearest(kind, asked, bands, wanted), strict=True):
                    pairs.append(near)
        return [_joined(pairs) for pairs in found]

    def _nearest(self, kind: str, asked: Slots, bands: Sequence[Band], wanted: Sequence[int]) -> list[tuple[Slots, Slots]]:
        """For each band the pairs (slot asked for, slot), the nearest so many.

        Most slots have thousands of likenesses and want the best few: at first only those above a bar are looked at, and for the slots
        that found too few all of them. The bar settles where few slots have to be asked for again; it changes no answer.
        """
        bar = self._bars[kind]
        found = self._best_in_bands(kind, asked, bands, wanted, bar)
        if bar > _BARS[kind]:
            short = np.any(
                [np.bincount(lines, minlength=len(asked)) < number for (lines, _), number in zip(found, wanted, strict=True)], axis=0
            )
            again = np.flatnonzero(short)
            if len(again):
                more = self._best_in_bands(kind, asked[again], bands, wanted, _BARS[kind])
                found = [_instead(one, short, (again[lines], near)) for one, (lines, near) in zip(found, more, strict=True)]
            step = -_BAR_STEP if len(again) > _ASKED_AGAIN * len(asked) else _BAR_STEP
        else:
            step = _BAR_STEP
        if len(asked) >= _TEACHING:
            self._bars[kind] = min(1.0, max(_BARS[kind], _between_levels(bar + step)))
        return [(asked[lines], near) for lines, near in found]

    def _best_in_bands(
        self, kind: str, asked: Slots, bands: Sequence[Band], wanted: Sequence[int], bar: float
    ) -> list[tuple[NDArray[np.intp], Slots]]:
        """For each band the lines of what is asked for, in order, and the nearest so many slots of each that are above a bar."""
        if kind == _VECTORS:
            line, other, cosine = self._by_vector(self._vectors.rows[asked], asked, bar)
        else:
            line, other, cosine = self._by_words(self._rare.of(asked), asked, bar, turned=True)
        gaps = np.abs(self._times.rows[asked[line]] - self._times.rows[other])
        found = []
        for band, number in zip(bands, wanted, strict=True):
            inside = np.flatnonzero(band.holds(gaps))
            found.append(best(line[inside], cosine[inside], other[inside], number))
        return found

    def of_text(self, vector: Vectors, words: csr_array, time: float, band: Band) -> Slots:
        """The slots nearest to a text that is none of the articles."""
        nobody = np.array([-1])
        found = []
        for line, other, cosine in (self._by_vector(vector, nobody, _BARS[_VECTORS]), self._by_words(words, nobody, _BARS[_WORDS])):
            inside = np.flatnonzero(band.holds(np.abs(time - self._times.rows[other])))
            found.append(best(line[inside], cosine[inside], other[inside], band.neighbours)[1])
        return distinct(np.concatenate(found))

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

    def _by_vector(self, vectors: Vectors, own: Slots, bar: float) -> tuple[NDArray[np.intp], Slots, NDArray[np.float32]]:
        """Lines of the texts asked for, slots that are nearer than a bar, and cosines."""
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
            hit = np.flatnonzero(cosines > bar)
            line, column = np.divmod(hit, max(1, len(slots)))
            line, other = lines[line], slots[column]
            kept = alive[other] & (own[line] != other)
            found.append((line[kept], other[kept], cosines.ravel()[hit[kept]]))
        if not found:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value] # three columns

    def _by_words(
        self, words: csr_array, own: Slots, bar: float, *, turned: bool = False
    ) -> tuple[NDArray[np.intp], Slots, NDArray[np.float32]]:
        """Lines of the texts asked for, slots that share their rarest words, and the cosine by these words where it is above a bar.

        Parameters
        ----------
        turned : whether all words may be turned to their slots at once, if many are asked for: by the writing thread alone.
        """
        from scipy.sparse import csr_array

        line = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
        known = words.indices < len(self._slots_of_word)
        line, columns, weights = line[known], words.indices[known].astype(np.int64), words.data[known]
        holding = np.array([len(self._slots_of_word[column]) for column in columns.tolist()], dtype=np.int64)
        limit = _FULL_SCAN_WORDS if self._known <= self._effort.exact_rows else self._effort.postings
        order = np.lexsort((columns, holding, line))
        total = np.concatenate([[0], np.cumsum(holding[order])])
        first = np.searchsorted(line[order], np.arange(words.shape[0]))
        kept = order[total[1:] - total[first[line[order]]] <= limit]
        line, columns, weights = line[kept], columns[kept], weights[kept]
        if not len(columns):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        names, places = numbered(columns, len(self._slots_of_word))
        turned = turned and len(names) > _MANY_WORDS
        by_word = self._all_by_word() if turned else self._by_some_words(names.tolist())
        places = columns if turned else places
        asked = csr_array((weights, (line, places)), shape=(words.shape[0], by_word.shape[0]))
        product = asked @ by_word
        near = np.flatnonzero(product.data > bar)
        line = np.repeat(np.arange(words.shape[0]), np.diff(product.indptr))[near]
        other, cosine = product.indices[near].astype(np.int64), product.data[near]
        kept = self._alive.rows[other] & (own[line] != other)
        return line[kept], other[kept], cosine[kept]

    def _by_some_words(self, names: list[int]) -> csr_array:
        """(words, slots) the weights of some words, from what is kept of each: any thread may ask."""
        from scipy.sparse import csr_array

        # Slices are copies: a view would keep the writing thread from making its array longer.
        weights_of = [np.frombuffer(self._weights_of_word[name][:], dtype=np.float32) for name in names]
        slots_of = [
            np.frombuffer(self._slots_of_word[name][:], dtype=np.int32)[: len(held)] for name, held in zip(names, weights_of, strict=True)
        ]
        slots, held = np.concatenate(slots_of), np.concatenate(weights_of)
        indptr = np.concatenate(([0], np.cumsum([len(part) for part in slots_of])))
        return csr_array((held, slots, indptr), shape=(len(names), max(self._known, int(slots.max(initial=0)) + 1)))

    def _all_by_word(self) -> csr_array:
        """(words, slots) the weights of all words; for the writing thread, which has many to ask for: turned at once that costs less."""
        from scipy.sparse import csr_array

        columns = self._rare.all().tocsc()
        return csr_array((columns.data, columns.indices, columns.indptr), shape=columns.shape[::-1])


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


def _between_levels(bar: float) -> float:
    """A bar that parts no likenesses which `best` takes for equal."""
    return (math.floor(bar * LEVELS) + 0.5) / LEVELS


def _instead(
    found: tuple[NDArray[np.intp], Slots], lines: NDArray[np.bool_], others: tuple[NDArray[np.intp], Slots]
) -> tuple[NDArray[np.intp], Slots]:
    """What was found, with other answers for some lines."""
    kept = ~lines[found[0]]
    return np.concatenate((found[0][kept], others[0])), np.concatenate((found[1][kept], others[1]))


def _joined(pairs: list[tuple[Slots, Slots]]) -> tuple[Slots, Slots]:
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate([one for one, _ in pairs]), np.concatenate([other for _, other in pairs])


if MOST_QUERIES < _QUERIES:
    raise AssertionError("more queries at once than a selection holds")
