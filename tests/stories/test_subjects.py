"""Subjects: topics and categories as evidence, trusted as far as providers share a taxonomy."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import make_pairs

from ranker.articles.article import Article, Provider
from ranker.settings import GroupingSettings, load_settings
from ranker.stories.subjects import agreement, subject_evidence, trust


def _settings(**changes: Any) -> GroupingSettings:
    fixed = {
        "dense_weight": 0.4,
        "rare_word_weight": 0.6,
        "topic_bonus": 0.05,
        "topic_conflict_penalty": 0.1,
        "category_conflict_penalty": 0.03,
        "subject_sure_at": 0.35,
        "subject_conflict_limit": 0.4,
        "subject_prior_conflict": 0.0,
        "subject_prior_pairs": 10,
    }
    return msgspec.structs.replace(load_settings().grouping, **(fixed | changes))


def _article(number: int, *topics: str, category: str = "", provider: str = "") -> Article:
    return Article(f"a{number}", "Storm", topics=topics, category=category, provider=Provider(provider or f"Provider {number}"))


def test_labels_are_compared_as_sets() -> None:
    found = agreement([["a", "b"], ["b", "c"], ["d"], [], ["a", "a"]], make_pairs([(0, 1), (0, 2), (0, 3), (0, 4), (2, 3)]))
    assert found.shared == pytest.approx([1 / 3, 0, 0, 1 / 2, 0])
    assert found.conflict.tolist() == [False, True, False, False, False]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=2, max_size=6))
def test_the_agreement_of_any_labels_is_that_of_python_s_sets(names: list[list[str]]) -> None:
    rows = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    found = agreement(names, make_pairs(rows))
    for place, (i, j) in enumerate(rows):
        one, other = set(names[i]), set(names[j])
        assert found.shared[place] == pytest.approx(len(one & other) / max(1, len(one | other)))
        assert found.conflict[place] == (bool(one) and bool(other) and not one & other)


@pytest.mark.parametrize(
    ("conflicts", "pairs", "expected"),
    [
        (0, 0, 1 - (0 + 10 * 0.1) / 10 / 0.4),
        (0, 90, 1 - (0 + 10 * 0.1) / 100 / 0.4),
        (9, 90, 1 - (9 + 10 * 0.1) / 100 / 0.4),
        (90, 90, 0),
    ],
)
def test_trust_falls_with_the_share_of_sure_pairs_that_conflict(conflicts: int, pairs: int, expected: float) -> None:
    seen = np.arange(pairs) < conflicts
    assert trust(seen, _settings(subject_prior_conflict=0.1)) == pytest.approx(expected)


def test_topics_in_common_add_and_topics_apart_take_away() -> None:
    articles = [_article(0, "Energy", "Rain"), _article(1, "energy", "rain"), _article(2, "Chess"), _article(3)]
    found = subject_evidence(articles, make_pairs([(0, 1), (0, 2), (0, 3)], dense=0.1, rare=0.1), _settings())
    assert found == pytest.approx([0.05, -0.1, 0])


def test_different_categories_take_away_a_little() -> None:
    articles = [_article(0, category="Sport"), _article(1, category="sport"), _article(2, category="news"), _article(3)]
    found = subject_evidence(articles, make_pairs([(0, 1), (0, 2), (0, 3)], dense=0.1, rare=0.1), _settings())
    assert found == pytest.approx([0, -0.03, 0])


def test_where_sure_pairs_conflict_topics_say_nothing() -> None:
    # Each provider files by its own names: articles alike in text to the letter have no topic in common.
    articles = [_article(number, f"Topic {number}") for number in range(30)]
    rows = [(0, number) for number in range(1, 30)]
    assert subject_evidence(articles, make_pairs(rows, dense=0.9, rare=0.9), _settings()).tolist() == [0] * 29


def test_pairs_of_one_provider_do_not_vouch_for_a_common_taxonomy() -> None:
    articles = [_article(number, f"Topic {number}", provider="Ledger") for number in range(30)]
    rows = [(0, number) for number in range(1, 30)]
    found = subject_evidence(articles, make_pairs(rows, dense=0.9, rare=0.9), _settings())
    assert found == pytest.approx([-0.1] * 29)


def test_without_topics_and_categories_there_is_nothing_to_say() -> None:
    assert subject_evidence([_article(0), _article(1)], make_pairs([(0, 1)]), _settings()).tolist() == [0]
    assert subject_evidence([], make_pairs([]), _settings()).tolist() == []
