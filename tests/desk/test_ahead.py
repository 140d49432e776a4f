"""Ahead: what is made meanwhile is what would be made now, and each text is made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from support.desks import NOW, planted
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.desk.ahead import Ahead
from ranker.desk.memory import MemoryStore
from ranker.desk.records import Change
from ranker.desk.window import told_by
from ranker.vectors.cache import embed
from ranker.vectors.encoder import Progress, Vectors

ARTICLES = planted(60, 5, noise=0.3)[0]


class Counting(HashingEncoder):
    """Counts the texts it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.texts += texts
        return super().encode(texts, progress=progress)


def waiting(store: MemoryStore, articles: Sequence[Article]) -> list[int]:
    return store.accept([Change("put", NOW, article=article) for article in articles])


def test_what_is_made_meanwhile_is_what_would_be_made_now() -> None:
    store, encoder = MemoryStore(), Counting()
    numbers = waiting(store, ARTICLES)
    ahead = Ahead(store, encoder)
    ahead.next_round(numbers[149], 150)
    first = ahead.taken(ARTICLES[:150])
    ahead.next_round(numbers[-1], 150)
    second = ahead.taken(ARTICLES[150:])
    for (vectors, told), articles in ((first, ARTICLES[:150]), (second, ARTICLES[150:])):
        assert np.array_equal(vectors, embed([article.text for article in articles], HashingEncoder(), None).vectors)
        assert told == [told_by(article) for article in articles]
    assert sorted(encoder.texts) == sorted({article.text for article in ARTICLES})


def test_a_text_that_came_otherwise_is_made_anew() -> None:
    store = MemoryStore()
    numbers = waiting(store, ARTICLES[:200])
    ahead = Ahead(store, HashingEncoder())
    ahead.next_round(numbers[0] - 1, 200)
    ahead.next_round(numbers[-1], 1)
    other = replace(ARTICLES[3], title="A ferry runs aground")
    vectors, told = ahead.taken([other])
    assert np.array_equal(vectors, embed([other.text], HashingEncoder(), None).vectors)
    assert told == [told_by(other)]


def test_small_rounds_are_not_worth_a_thread() -> None:
    ahead = Ahead(MemoryStore(), HashingEncoder())
    ahead.next_round(5, 5)
    assert ahead._thread is None
    assert len(ahead.taken(ARTICLES[:2])[1]) == 2


def test_a_failure_meanwhile_is_told_to_who_needs_the_text() -> None:
    class Failing(HashingEncoder):
        def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:  # noqa: ARG002 - an encoder's signature
            raise OSError("the model is gone")

    store = MemoryStore()
    numbers = waiting(store, ARTICLES[:200])
    ahead = Ahead(store, Failing())
    ahead.next_round(numbers[0] - 1, 200)
    ahead.next_round(numbers[-1], 1)
    with pytest.raises(OSError, match="the model is gone"):
        ahead.taken(ARTICLES[:200])
