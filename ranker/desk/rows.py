"""Rows: what speaks for and against articles being one story, kept an article and weighed when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.parts import Parts
from ranker.stories.evidence import Evidence
from ranker.stories.same_story import SameStory
from ranker.stories.score import Score
from ranker.vectors.selection import numbered

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_KEPT_ELSEWHERE = {"meaning": "vectors", "rare_words": "rare"}  # kept once, by the window
_SAGA = "saga"
_KINDS = ("dense", "sparse")

Cosines = NDArray[np.float32]


class LiveRows:
    """The rows that `weighted_score` makes of a corpus, added to article by article.

    They are kept as they are measured. Weights, and the trust in labels, come in when rows are asked for, so that both may change.

    Parameters
    ----------
    vectors, rare : of all slots, kept elsewhere.
    """

    def __init__(self, model: SameStory, vectors: Growing[np.float32], rare: GrowingRows) -> None:
        self._model, self._vectors, self._rare = model, vectors, rare
        self._dense: Growing[np.float32] | None = None
        self._dense_kinds: list[tuple[str, bool]] = []  # by column: kind and whether it is its plus
        self._saga = 0  # column
        self._sparse = GrowingRows()
        self._sparse_kinds: list[tuple[str, bool]] = []
        self._kind_of_column = Growing(np.int16)  # place in `_sparse_kinds`
        self._places: dict[tuple[str, bool], Growing[np.int32]] = {}  # column of each of a kind's own columns
        self.trust: Mapping[str, float] = {}  # kind -> 0 to 1; 1 for all others

    def add(self, evidence: Sequence[Evidence]) -> None:
        """Add the rows of more articles; their evidence was made with the columns of all before, and with labels fully trusted."""
        dense: list[NDArray[np.float32]] = []
        kinds: list[tuple[str, bool]] = []
        parts: list[csr_array] = []
        n = len(self._vectors) - len(self._sparse)
        for key, rows in self._weighing(evidence):
            if isinstance(rows, np.ndarray):
                self._saga = len(kinds) if key[0] == _SAGA else self._saga
                dense.append(rows)
                kinds += [key] * rows.shape[1]
            else:
                parts.append(self._placed(rows, key))
        block = np.concatenate(dense, axis=1) if dense else np.zeros((n, 0), dtype=np.float32)
        if self._dense is None:
            self._dense, self._dense_kinds = Growing(np.float32, block.shape[1]), kinds
        self._dense.add(block)
        self._sparse.add(_side_by_side(parts, n, max(1, len(self._kind_of_column))))

    def parts(self) -> Parts:
        """What `restore` makes them of again."""
        arrays: dict[str, NDArray[Any]] = {"kind_of_column": self._kind_of_column.rows}
        if self._dense is not None:
            arrays["dense"] = self._dense.rows
        values = {"dense_kinds": self._dense_kinds, "saga": self._saga, "sparse_kinds": self._sparse_kinds, "trust": dict(self.trust)}
        places = {str(self._sparse_kinds.index(kind)): held.rows for kind, held in self._places.items()}
        return Parts(arrays, values, {"sparse": self._sparse.parts(), "places": Parts(places)})

    def restore(self, parts: Parts) -> None:
        """Be again what the parts are of."""
        self._dense = Growing.of(parts.arrays["dense"]) if "dense" in parts.arrays else None
        self._dense_kinds, self._sparse_kinds = ([(kind, plus) for kind, plus in parts.values[f"{name}_kinds"]] for name in _KINDS)
        self._saga, self.trust = parts.values["saga"], parts.values["trust"]
        self._kind_of_column = Growing.of(parts.arrays["kind_of_column"])
        self._sparse = GrowingRows.restored(parts.inner["sparse"])
        self._places = {self._sparse_kinds[int(number)]: Growing.of(held) for number, held in parts.inner["places"].arrays.items()}

    def set_saga(self, slots: NDArray[np.int64], sagas: NDArray[np.float64]) -> None:
        """Change how near articles stand to others of other days, 0 to 1."""
        if self._dense is not None and self._model.weights.get(_SAGA):
            self._dense.rows[slots, self._saga] = np.sqrt(sagas)

    def saga_share(self, slots: NDArray[np.integer]) -> NDArray[np.float64]:
        """(n,) what slots bring into the product that sagas add to a score."""
        if self._dense is None or not self._model.weights.get(_SAGA):
            return np.zeros(len(slots))
        weight = math.sqrt(abs(self._model.weights[_SAGA]))
        return np.asarray(self._dense.rows[slots, self._saga] * weight, dtype=np.float64)

    def of(self, slots: NDArray[np.int64]) -> Score:
        """The score rows of some slots."""
        meaning, rare_words = (self._model.weights.get(name, 0.0) for name in _KEPT_ELSEWHERE)
        vectors = self._vectors.rows[slots] * np.float32(math.sqrt(abs(meaning)))
        rest = self._rest(slots)
        words = self._rare.of(slots)
        words.data *= np.float32(math.sqrt(abs(rare_words)))
        labels, width = rest.sparse, max(words.shape[1], rest.sparse.shape[1])
        return Score(
            np.concatenate((vectors, rest.dense), axis=1),
            np.concatenate((np.full(vectors.shape[1], math.copysign(1, meaning), dtype=np.float32), rest.dense_signs)),
            _side_by_side([_spread(words, 0), _spread(labels, 1)], len(slots), 2 * width),
            self._sparse_signs(width, rare_words, rest.sparse_signs[:-1]),
            rest.constant,
        )

    def scores(self, left: NDArray[np.integer], right: NDArray[np.integer], dense: Cosines, rare: Cosines) -> NDArray[np.float64]:
        """(n_pairs,) the scores of pairs of slots whose cosines are known: only what else there is has to be multiplied.

        Parameters
        ----------
        dense, rare : (n_pairs,) cosines of vectors and of rare words.
        """
        meaning, rare_words = (self._model.weights.get(name, 0.0) for name in _KEPT_ELSEWHERE)
        slots, places = numbered(np.concatenate((left, right)), len(self._vectors))
        one, other = np.split(places, 2)
        return np.asarray(self._rest(slots).of_pairs(one, other) + meaning * dense + rare_words * rare, dtype=np.float64)

    def scores_of_text(self, evidence: Sequence[Evidence], slots: NDArray[np.int64], dense: Cosines, rare: Cosines) -> NDArray[np.float64]:
        """(n,) the scores of a text that is not kept with some slots; nothing is added, so any thread may ask.

        Parameters
        ----------
        evidence : about the text alone, made with the columns of all that is kept, overlaid.
        dense, rare : (n,) cosines of vectors and of rare words.
        """
        meaning, rare_words = (self._model.weights.get(name, 0.0) for name in _KEPT_ELSEWHERE)
        rest = self._rest(slots)
        own: list[NDArray[np.float32]] = [np.zeros((1, 0), dtype=np.float32)]
        labels = np.zeros(rest.sparse.shape[1], dtype=np.float32)
        scale, _ = self._weighed(self._dense_kinds)
        for key, rows in self._weighing(evidence):
            if isinstance(rows, np.ndarray):
                own.append(rows)
            elif key in self._places:
                places = self._places[key].rows
                known = rows.indices < len(places)
                columns = places[rows.indices[known]]
                inside = columns < len(labels)
                labels[columns[inside]] = rows.data[known][inside] * self._weighed([key])[0]
        told = (np.concatenate(own, axis=1)[0] * scale * rest.dense_signs) @ rest.dense.T
        told = told + rest.sparse @ (labels * rest.sparse_signs[: len(labels)])
        return np.asarray(told + meaning * dense + rare_words * rare + rest.constant, dtype=np.float64)

    def _weighing(self, evidence: Sequence[Evidence]) -> Iterator[tuple[tuple[str, bool], NDArray[np.float32] | csr_array]]:
        """Of evidence that weighs something and is kept here: its kind, whether it is the kind's plus, and the rows."""
        for kind in evidence:
            if not self._model.weights.get(kind.name) or kind.name in _KEPT_ELSEWHERE:
                continue
            for rows, plus in ((kind.plus, True), (kind.minus, False)):
                if rows is not None:
                    yield (kind.name, plus), rows

    def _rest(self, slots: NDArray[np.integer]) -> Score:
        """The score rows of some slots without vectors and words."""
        scale, signs = self._weighed(self._dense_kinds)
        rest = self._dense.rows[slots] * scale if self._dense is not None else np.zeros((len(slots), 0), dtype=np.float32)
        # In the reverse of the order in which they are added to: another thread may be adding a kind just now.
        labels = self._sparse.of(slots)
        kinds = self._kind_of_column.rows
        kind_scale, kind_signs = self._weighed(self._sparse_kinds)
        labels.data *= kind_scale[kinds[labels.indices]]
        return Score(rest, signs, labels, np.append(kind_signs[kinds], np.float32(1)), -self._model.join_at)

    def taken(self, slots: NDArray[np.int64], vectors: Growing[np.float32], rare: GrowingRows) -> LiveRows:
        """The rows of some slots alone, with the vectors and words of these."""
        result = LiveRows(self._model, vectors, rare)
        result.__dict__.update(
            {name: value for name, value in vars(self).items() if name not in {"_vectors", "_rare", "_dense", "_sparse"}}
        )
        if self._dense is not None:
            result._dense = Growing(np.float32, self._dense.rows.shape[1])
            result._dense.add(self._dense.rows[slots])
        result._sparse.add(self._sparse.of(slots))
        return result

    def _weighed(self, kinds: Sequence[tuple[str, bool]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each of some kinds the factor of its rows and its sign."""
        weights = [self._model.weights[name] * self.trust.get(name, 1.0) * (1 if plus else -1) for name, plus in kinds]
        return np.sqrt(np.abs(np.array(weights, dtype=np.float32))), np.where(np.array(weights) < 0, -1, 1).astype(np.float32)

    @staticmethod
    def _sparse_signs(width: int, rare_words: float, labels: NDArray[np.float32]) -> NDArray[np.float32]:
        signs = np.ones(2 * width, dtype=np.float32)
        signs[::2] = math.copysign(1, rare_words)
        signs[1 : 2 * len(labels) : 2] = labels
        return signs

    def _placed(self, rows: csr_array, key: tuple[str, bool]) -> csr_array:
        """Rows of one kind with their columns among all columns."""
        from scipy.sparse import csr_array

        if key not in self._places:
            self._places[key] = Growing(np.int32)
            self._sparse_kinds.append(key)
        places, kind = self._places[key], self._sparse_kinds.index(key)
        more = rows.shape[1] - len(places)
        if more > 0:
            places.add(np.arange(len(self._kind_of_column), len(self._kind_of_column) + more))
            self._kind_of_column.add(np.full(more, kind))
        return csr_array((rows.data, places.rows[rows.indices], rows.indptr), shape=(rows.shape[0], len(self._kind_of_column)))


def _spread(rows: csr_array, odd: int) -> csr_array:
    """Rows with their columns among every second one: so columns keep their numbers when both kinds become more."""
    from scipy.sparse import csr_array

    return csr_array((rows.data, 2 * rows.indices + odd, rows.indptr), shape=(rows.shape[0], 2 * rows.shape[1] + odd))


def _side_by_side(parts: Sequence[csr_array], n: int, width: int) -> csr_array:
    """The entries of several sparse rows, whose columns are different, as one row each; in order of the parts."""
    from scipy.sparse import csr_array

    if not parts:
        return csr_array((n, width), dtype=np.float32)
    line = np.concatenate([np.repeat(np.arange(n), np.diff(part.indptr)) for part in parts])
    order = np.argsort(line, kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(line, minlength=n))))
    data, indices = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("data", "indices"))
    return csr_array((data, indices, indptr), shape=(n, width))
