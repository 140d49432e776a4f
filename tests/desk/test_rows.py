"""Rows that are added to article by article against those of a whole corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from support.decision import SAME_STORY
from support.desks import NEWSROOM, planted, report
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.rows import LiveRows
from ranker.stories.details import details_of
from ranker.stories.evidence import Statistics, evidence_rows
from ranker.stories.feature_rows import Columns
from ranker.stories.score import Score, weighted_score
from ranker.vectors.corpus import Corpus, build_corpus

WEIGHTS = SAME_STORY.weights
CONSTANT = -SAME_STORY.join_at


def articles() -> list[Article]:
    """Articles with all that evidence looks at: names, numbers, topics, categories, videos, one provider twice."""
    made, _ = planted(8, 4)
    labelled = [
        replace(
            article, topics=(f"Topic {place % 4}",), category=("World", "Sport")[place % 2], type="video" if place % 5 == 0 else "article"
        )
        for place, article in enumerate(made)
    ]
    return [*labelled, *NEWSROOM, report("q5", "The 2nd Tarapay quake, of magnitude 5.1, kills 12", provider="pressline")]


def sub(corpus: Corpus, rows: NDArray[np.int64]) -> Corpus:
    return Corpus(tuple(corpus.articles[row] for row in rows.tolist()), corpus.vectors[rows], corpus.rare[rows], corpus.times[rows], 0, 0)


def statistics(corpus: Corpus, topics: float = 1.0, category: float = 1.0) -> Statistics:
    holding: dict[str, int] = {}
    for article in corpus.articles:
        for name in set(details_of(article).names):
            holding[name] = holding.get(name, 0) + 1
    return Statistics(len(corpus), holding, topics, category, 10)


def made(corpus: Corpus, saga: NDArray[np.float64], lots: int) -> LiveRows:
    vectors, rare, columns = Growing(np.float32, corpus.vectors.shape[1]), GrowingRows(), Columns()
    rows = LiveRows(SAME_STORY, vectors, rare)
    for places in np.array_split(np.arange(len(corpus)), lots):
        part = sub(corpus, places)
        vectors.add(part.vectors)
        rare.add(part.rare)
        details = [details_of(article) for article in part.articles]
        rows.add(evidence_rows(part, details, saga[places], statistics(corpus), columns))
    return rows


def products(score: Score, n: int) -> NDArray[np.float64]:
    left, right = np.triu_indices(n)
    return score.of_pairs(left, right)


@pytest.fixture
def corpus() -> Corpus:
    return build_corpus(articles(), HashingEncoder(), None)


@pytest.fixture
def saga(corpus: Corpus) -> NDArray[np.float64]:
    return np.random.default_rng(2).random(len(corpus))


@pytest.mark.parametrize("lots", [1, 3, 11])
def test_rows_score_as_those_of_a_whole_corpus(corpus: Corpus, saga: NDArray[np.float64], lots: int) -> None:
    details = [details_of(article) for article in corpus.articles]
    whole = weighted_score(evidence_rows(corpus, details, saga, statistics(corpus)), WEIGHTS, CONSTANT)
    live = made(corpus, saga, lots).of(np.arange(len(corpus)))
    assert products(live, len(corpus)) == pytest.approx(products(whole, len(corpus)), abs=2e-6)


def test_trust_in_labels_comes_in_when_rows_are_asked_for(corpus: Corpus, saga: NDArray[np.float64]) -> None:
    rows, n = made(corpus, saga, 4), len(corpus)
    rows.trust = {"shared_topics": 0.5, "other_topics": 0.5, "other_category": 0.0}
    details = [details_of(article) for article in corpus.articles]
    whole = weighted_score(evidence_rows(corpus, details, saga, statistics(corpus, 0.5, 0.0)), WEIGHTS, CONSTANT)
    assert products(rows.of(np.arange(n)), n) == pytest.approx(products(whole, n), abs=2e-6)


def test_sagas_may_change(corpus: Corpus, saga: NDArray[np.float64]) -> None:
    rows, some = made(corpus, saga, 4), np.array([0, 7, 8])
    before = rows.saga_share(some)
    assert before == pytest.approx(np.sqrt(saga[some] * abs(WEIGHTS["saga"])), abs=1e-6)
    rows.set_saga(some, np.array([0.0, 1.0, 0.25]))
    assert rows.saga_share(some) == pytest.approx(np.sqrt(abs(WEIGHTS["saga"])) * np.array([0, 1, 0.5]), abs=1e-6)
    changed = saga.copy()
    changed[some] = 0.0, 1.0, 0.25
    n = len(corpus)
    assert products(rows.of(np.arange(n)), n) == pytest.approx(products(made(corpus, changed, 1).of(np.arange(n)), n), abs=2e-6)


def test_some_rows_alone_are_the_same_rows(corpus: Corpus, saga: NDArray[np.float64]) -> None:
    rows, some = made(corpus, saga, 3), np.array([2, 3, 11, 30])
    vectors, rare = Growing(np.float32, corpus.vectors.shape[1]), GrowingRows()
    vectors.add(corpus.vectors[some])
    rare.add(corpus.rare[some])
    assert products(rows.taken(some, vectors, rare).of(np.arange(4)), 4) == pytest.approx(products(rows.of(some), 4), abs=1e-7)


def test_rows_of_nobody() -> None:
    rows = LiveRows(SAME_STORY, Growing(np.float32, 4), GrowingRows())
    assert rows.saga_share(np.zeros(0, dtype=np.int64)).tolist() == []
    assert len(rows.of(np.zeros(0, dtype=np.int64)).of_pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))) == 0
