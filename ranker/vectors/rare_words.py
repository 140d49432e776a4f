"""Rare words: texts as sparse unit rows in which a word weighs the more the fewer texts hold it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.words import stems

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

_UNSEEN_TEXTS = 0.5  # a word that no text holds counts as if half a text did


def rare_word_rows(texts: Sequence[str], background: Background = NO_BACKGROUND, *, background_texts: float = 0.0) -> csr_array:
    """The texts as tf-idf rows of length 1, weighed by these texts and the background (see `RareWords`).

    Returns
    -------
    (len(texts), n_stems) float32 sparse rows. A text without words is a row of zeros.
    """
    counts = [Counter(stems(text)) for text in texts]
    words = RareWords(background, background_texts=background_texts)
    words.count(counts)
    return words.rows(counts)


class RareWords:
    """How many texts hold each stem, and texts as rows weighed by that.

    The weight of a stem is (1 + ln tf) (-ln p) (Salton and Buckley, 1988, doi:10.1016/0306-4573(88)90021-0), where p is the share of
    texts that hold it: of the texts counted and of the background's, which count as much as `background_texts` texts would (a
    Dirichlet prior: Zhai and Lafferty, 2004, doi:10.1145/984321.984322).
    """

    def __init__(self, background: Background = NO_BACKGROUND, *, background_texts: float = 0.0) -> None:
        self._background = background if background_texts else NO_BACKGROUND
        self._weight = background_texts
        self.texts = 0
        self.columns: dict[str, int] = {}  # stem -> column
        self._holding = np.zeros(0, dtype=np.float64)  # by column: texts counted that hold the stem
        self._prior = np.zeros(0, dtype=np.float64)  # by column: what the background adds to that

    @property
    def holding(self) -> NDArray[np.float64]:
        """(n_columns,) how many of the texts counted hold each stem."""
        return self._holding

    def restore(self, columns: Sequence[str], holding: NDArray[np.float64], texts: int) -> None:
        """Be again what had these columns, `holding` and `texts`."""
        self.columns = {stem: column for column, stem in enumerate(columns)}
        self._holding, self.texts = holding, texts
        self._prior = self._prior_of(columns)

    def count(self, texts: Sequence[Counter[str]]) -> None:
        """Take texts into account, as the stems they hold."""
        self._learn({stem for text in texts for stem in text})
        columns = np.fromiter((self.columns[stem] for text in texts for stem in text), dtype=np.int64)
        np.add.at(self._holding, columns, 1.0)
        self.texts += len(texts)

    def uncount(self, columns: NDArray[np.integer]) -> None:
        """Take a text into account no longer, as the columns it holds."""
        self._holding[columns] -= 1
        self.texts -= 1

    def rows(self, texts: Sequence[Counter[str]]) -> csr_array:
        """(len(texts), n_columns) float32 unit rows of texts, weighed by what is counted; a text without words is a row of zeros."""
        return self.weighed(self.counted(texts))

    def row_of(self, text: Counter[str]) -> csr_array:
        """(1, n_columns) the unit row of a text that is not counted; nothing is learned from it, so any thread may ask."""
        from scipy.sparse import csr_array  # 190 ms to import

        columns = self.columns
        stems_known = sorted((column, stem) for stem in text if (column := columns.get(stem)) is not None)
        known = np.array([column for column, _ in stems_known], dtype=np.int32)
        tf = np.array([text[stem] for _, stem in stems_known], dtype=np.float64)
        unseen = np.array([text[stem] for stem in text if stem not in columns], dtype=np.float64)
        weights = (1 + np.log(tf)) * -np.log(self._shares(known))
        rarest = -math.log((1 + self._weight * _UNSEEN_TEXTS / (self._background.texts + 1)) / (self.texts + 2 + self._weight))
        length = math.sqrt(float((weights**2).sum() + (((1 + np.log(unseen)) * rarest) ** 2).sum())) or 1.0
        return csr_array(((weights / length).astype(np.float32), known, [0, len(known)]), shape=(1, len(self._holding)))

    def counted(self, texts: Sequence[Counter[str]]) -> csr_array:
        """(len(texts), n_columns) float32: how often each text holds each stem."""
        from scipy.sparse import csr_array  # 190 ms to import

        self._learn({stem for text in texts for stem in text})
        indptr = np.concatenate(([0], np.cumsum([len(text) for text in texts], dtype=np.intp)))
        columns = np.fromiter((self.columns[stem] for text in texts for stem in sorted(text)), dtype=np.int32, count=int(indptr[-1]))
        tf = np.fromiter((text[stem] for text in texts for stem in sorted(text)), dtype=np.float32, count=int(indptr[-1]))
        return csr_array((tf, columns, indptr), shape=(len(texts), len(self.columns)))

    def weighed(self, counts: csr_array) -> csr_array:
        """Texts, as `counted` gives them, as unit rows weighed by what is counted by now."""
        from scipy.sparse import csr_array  # 190 ms to import

        indptr = counts.indptr
        weights = (1 + np.log(counts.data.astype(np.float64))) * -np.log(self._shares(counts.indices))
        squares = np.concatenate(([0], np.cumsum(weights**2)))
        norms = np.sqrt(squares[indptr[1:]] - squares[indptr[:-1]])
        weights /= np.repeat(np.where(norms > 0, norms, 1), np.diff(indptr))
        return csr_array((weights.astype(np.float32), counts.indices, indptr), shape=counts.shape)

    def _learn(self, found: set[str]) -> None:
        new = sorted(found - self.columns.keys())
        for stem in new:
            self.columns[stem] = len(self.columns)
        if not new:
            return
        self._holding = np.concatenate((self._holding, np.zeros(len(new))))
        self._prior = np.concatenate((self._prior, self._prior_of(new)))

    def _prior_of(self, stems: Sequence[str]) -> NDArray[np.float64]:
        known = np.fromiter((self._background.holding.get(stem, 0) for stem in stems), dtype=np.float64, count=len(stems))
        return np.asarray(self._weight * (known + _UNSEEN_TEXTS) / (self._background.texts + 1), dtype=np.float64)

    def _shares(self, columns: NDArray[np.int32]) -> NDArray[np.float64]:
        """The share of texts that hold each stem, strictly between 0 and 1; a stem of no counted text is held by the text that asks."""
        holding = np.maximum(self._holding[columns], 1)
        if not self._background.texts:
            return np.asarray(holding / (self.texts + 1), dtype=np.float64)
        return np.asarray((holding + self._prior[columns]) / (self.texts + 1 + self._weight), dtype=np.float64)
