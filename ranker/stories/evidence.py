"""Evidence: what speaks for and against two articles covering one event, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.settings import GroupingSettings
from ranker.vectors.neighbours import Pairs


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence about pairs of articles; entry i of every array is about pair i.

    `dense` and `rare` are cosines; `gap_days` is NaN where an article has no date; `saga` (0 to 1) says how near both
    articles stand to articles of other days: high for the sequels of a long-running matter, where likeness proves little;
    `subject` is what topics and categories add, in points of the score; `same_provider` says whether one provider published both.
    """

    dense: NDArray[np.float64]
    rare: NDArray[np.float64]
    gap_days: NDArray[np.float64]
    saga: NDArray[np.float64]
    subject: NDArray[np.float64]
    same_provider: NDArray[np.bool_]


def evidence_of(pairs: Pairs, sagas: NDArray[np.float64], subject: NDArray[np.float64], same_provider: NDArray[np.bool_]) -> Evidence:
    """The evidence about some pairs.

    Parameters
    ----------
    sagas : (n_articles,) see `sagas`.
    subject : (n_pairs,) see `subject_evidence`.
    same_provider : (n_pairs,) see `same_provider`.
    """
    saga = np.sqrt(sagas[pairs.left] * sagas[pairs.right])
    return Evidence(
        pairs.dense.astype(np.float64), pairs.rare.astype(np.float64), pairs.gap_days.astype(np.float64), saga, subject, same_provider
    )


def likeness(pairs: Pairs, settings: GroupingSettings) -> NDArray[np.float64]:
    """(n_pairs,) how alike the texts of each pair are: the two cosines, weighted as in the decision."""
    dense, rare = pairs.dense.astype(np.float64), pairs.rare.astype(np.float64)
    return np.asarray(settings.dense_weight * dense + settings.rare_word_weight * rare, dtype=np.float64)


def sagas(n: int, pairs: Pairs, settings: GroupingSettings) -> NDArray[np.float64]:
    """For each article how near it stands to articles of other days.

    The mean `likeness` of the `saga_neighbours` likest articles among those that
    are at least `saga_from_days` and at most `saga_to_days` away; where there are fewer, the missing ones count 0.

    Parameters
    ----------
    n : number of articles.
    pairs : all candidates up to at least `saga_to_days` apart.

    Returns
    -------
    (n,) float64, 0 to 1.
    """
    apart = (pairs.gap_days >= settings.saga_from_days) & (pairs.gap_days <= settings.saga_to_days)
    ends = np.concatenate((pairs.left[apart], pairs.right[apart])).astype(np.int64)
    values = np.clip(np.tile(likeness(pairs, settings)[apart], 2), 0, 1)
    # Likest first within each article; then only the first few of each count.
    order = np.lexsort((-values, ends))
    ends, values = ends[order], values[order]
    starts = np.searchsorted(ends, np.arange(n))
    place = np.arange(len(ends)) - starts[ends]
    top = place < settings.saga_neighbours
    return np.bincount(ends[top], weights=values[top], minlength=n) / settings.saga_neighbours


def same_provider(articles: Sequence[Article], pairs: Pairs) -> NDArray[np.bool_]:
    """(n_pairs,) whether one provider published both articles; False where a provider is unknown.

    A provider seldom tells one event twice, and often tells two like events of one day.
    """
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(article.provider.key, len(numbers)) for article in articles], dtype=np.int64)
    known = np.array([bool(article.provider.key) for article in articles], dtype=np.bool_)
    return np.asarray((codes[pairs.left] == codes[pairs.right]) & known[pairs.left], dtype=np.bool_)
