"""Rare words: texts as sparse unit rows in which a word weighs the more the fewer texts hold it."""

from __future__ import annotations

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
    """The texts as tf-idf rows of length 1.

    The weight of a stem is (1 + ln tf) (-ln p) (Salton and Buckley, 1988, doi:10.1016/0306-4573(88)90021-0), where p is the share of
    texts that hold it: of these texts and of the background's, which count as much as `background_texts` texts would (a Dirichlet
    prior: Zhai and Lafferty, 2004, doi:10.1145/984321.984322).

    Returns
    -------
    (len(texts), n_stems) float32 sparse rows. A text without words is a row of zeros.
    """
    from scipy.sparse import csr_array  # 190 ms to import

    counts = [Counter(stems(text)) for text in texts]
    vocabulary = {stem: column for column, stem in enumerate(sorted({stem for count in counts for stem in count}))}
    lengths = np.array([len(count) for count in counts], dtype=np.intp)
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    columns = np.fromiter((vocabulary[stem] for count in counts for stem in sorted(count)), dtype=np.int32, count=int(indptr[-1]))
    tf = np.fromiter((count[stem] for count in counts for stem in sorted(count)), dtype=np.float64, count=int(indptr[-1]))
    share = _shares(np.bincount(columns, minlength=len(vocabulary)), len(texts), list(vocabulary), background, background_texts)
    weights = (1 + np.log(tf)) * -np.log(share[columns])
    squares = np.concatenate(([0], np.cumsum(weights**2)))
    norms = np.sqrt(squares[indptr[1:]] - squares[indptr[:-1]])
    weights /= np.repeat(np.where(norms > 0, norms, 1), lengths)
    return csr_array((weights.astype(np.float32), columns, indptr), shape=(len(texts), len(vocabulary)))


def _shares(
    df: NDArray[np.intp], n: int, vocabulary: Sequence[str], background: Background, background_texts: float
) -> NDArray[np.float64]:
    """For each stem the share of texts that hold it, strictly between 0 and 1."""
    if not background.texts or not background_texts:
        return np.asarray(df / (n + 1), dtype=np.float64)
    known = np.fromiter((background.holding.get(stem, 0) for stem in vocabulary), dtype=np.float64, count=len(vocabulary))
    prior = background_texts * (known + _UNSEEN_TEXTS) / (background.texts + 1)
    return np.asarray((df + prior) / (n + 1 + background_texts), dtype=np.float64)
