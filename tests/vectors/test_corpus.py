"""The corpus: rows in order of id, whatever order the articles came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.articles.article import Article
from ranker.vectors.cache import VectorCache
from ranker.vectors.corpus import build_corpus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ARTICLES = (
    Article("b", "Storm closes harbour", "Ferries stay in port.", published=NOON),
    Article("c", "Chess prodigy draws", published=None),
    Article("a", "Storm closes harbour", published=NOON.astimezone(timezone(timedelta(hours=5)))),
)


def test_rows_are_in_order_of_id() -> None:
    corpus = build_corpus(ARTICLES, HashingEncoder(), None)
    assert [article.id for article in corpus.articles] == ["a", "b", "c"]
    assert len(corpus) == corpus.vectors.shape[0] == corpus.rare.shape[0] == len(corpus.times) == 3


def test_a_row_is_computed_from_title_and_excerpt() -> None:
    corpus = build_corpus(ARTICLES, HashingEncoder(), None)
    expected = HashingEncoder().encode(["Storm closes harbour", "Storm closes harbour. Ferries stay in port.", "Chess prodigy draws"])
    assert np.array_equal(corpus.vectors, expected)


def test_times_are_seconds_whatever_the_zone_and_nan_without_a_date() -> None:
    times = build_corpus(ARTICLES, HashingEncoder(), None).times
    assert times[:2].tolist() == [NOON.timestamp(), NOON.timestamp()]
    assert np.isnan(times[2])


def test_the_order_of_articles_makes_no_difference() -> None:
    planted = make_planted_stories(4, 3, 0.2, seed=1).articles
    forward, backward = (build_corpus(articles, HashingEncoder(), None) for articles in (planted, planted[::-1]))
    assert forward.articles == backward.articles
    assert np.array_equal(forward.vectors, backward.vectors)
    assert np.array_equal(forward.rare.toarray(), backward.rare.toarray())
    assert np.array_equal(forward.times, backward.times)


def test_no_articles_are_a_corpus_of_no_rows() -> None:
    corpus = build_corpus([], HashingEncoder(), None)
    assert (len(corpus), len(corpus.vectors), corpus.rare.shape, corpus.times.tolist()) == (0, 0, (0, 0), [])


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two articles have the same id; see newest_versions"):
        build_corpus([*ARTICLES, replace(ARTICLES[0], title="Another title")], HashingEncoder(), None)


def test_what_was_computed_and_what_was_kept_is_counted(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", max_bytes=1e6)
    told: list[int] = []
    first = build_corpus(ARTICLES[:2], HashingEncoder(), cache)
    second = build_corpus(ARTICLES, HashingEncoder(), cache, progress=told.append)
    assert (first.computed, first.cached, second.computed, second.cached) == (2, 0, 1, 2)
    assert told == [2, 1]
    cache.close()
