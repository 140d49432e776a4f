"""The corpus: articles with all that is computed from each alone, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.cache import VectorCache, embed
from ranker.vectors.encoder import Encoder, Progress, Vectors
from ranker.vectors.rare_words import rare_word_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles in order of id, and their rows: row i of every array is articles[i]."""

    articles: tuple[Article, ...]
    vectors: Vectors  # (n_articles, dimensions) float32 unit rows
    rare: csr_array  # (n_articles, n_words) float32 unit rows
    times: NDArray[np.float64]  # (n_articles,) seconds since 1970, NaN without a date
    computed: int  # distinct texts embedded in this run
    cached: int  # distinct texts whose vectors were kept from an earlier run

    def __len__(self) -> int:
        """Number of articles."""
        return len(self.articles)


def build_corpus(
    articles: Sequence[Article],
    encoder: Encoder,
    cache: VectorCache | None,
    *,
    background: Background = NO_BACKGROUND,
    background_texts: float = 0.0,
    progress: Progress | None = None,
) -> Corpus:
    """The corpus of some articles, whatever their order.

    Raises
    ------
    ValueError : if two articles have one id.
    """
    ordered = tuple(sorted(articles, key=lambda article: article.id))
    if len({article.id for article in ordered}) != len(ordered):
        raise ValueError("two articles have the same id; see newest_versions")
    texts = [article.text for article in ordered]
    embedding = embed(texts, encoder, cache, progress=progress)
    times = np.array([np.nan if article.dated is None else article.dated.timestamp() for article in ordered], dtype=np.float64)
    return Corpus(
        ordered,
        embedding.vectors,
        rare_word_rows(texts, background, background_texts=background_texts),
        times,
        embedding.computed,
        embedding.cached,
    )
