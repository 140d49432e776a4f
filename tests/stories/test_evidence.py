"""Evidence: what is known of pairs, and how near articles stand to those of other days."""

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
from ranker.stories.evidence import evidence_of, sagas, same_provider


def _settings(**changes: Any) -> GroupingSettings:
    fixed = {"dense_weight": 0.4, "rare_word_weight": 0.6, "saga_from_days": 2.0, "saga_to_days": 10.0, "saga_neighbours": 2}
    return msgspec.structs.replace(load_settings().grouping, **(fixed | changes))


def test_a_saga_is_the_mean_likeness_of_the_likest_articles_of_other_days() -> None:
    pairs = make_pairs([(0, 1), (0, 2), (0, 3)], dense=[0.5, 0.9, 0.7], rare=[0.1, 0.5, 0.0], gap_days=[3, 4, 5])
    likest = (0.4 * 0.9 + 0.6 * 0.5, 0.4 * 0.7 + 0.6 * 0.0, 0.4 * 0.5 + 0.6 * 0.1)
    expected = [(likest[0] + likest[1]) / 2, likest[2] / 2, likest[0] / 2, likest[1] / 2]
    assert sagas(4, pairs, _settings()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("gap", "counts"), [(1.9, False), (2.0, True), (10.0, True), (10.1, False), (np.nan, False)])
def test_only_articles_of_other_days_make_a_saga(gap: float, *, counts: bool) -> None:
    values = sagas(2, make_pairs([(0, 1)], dense=0.8, rare=0.8, gap_days=gap), _settings())
    assert (values > 0).tolist() == [counts, counts]


def test_without_pairs_nothing_is_a_saga() -> None:
    assert sagas(3, make_pairs([]), _settings()).tolist() == [0, 0, 0]


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=8))
def test_a_saga_is_between_none_and_all(cosines: list[float]) -> None:
    pairs = make_pairs([(0, 1 + place) for place in range(len(cosines))], dense=cosines, rare=cosines, gap_days=4)
    values = sagas(len(cosines) + 1, pairs, _settings())
    assert values.min() >= 0
    assert values.max() <= 1


def test_a_pair_stands_in_a_saga_as_far_as_both_of_its_articles_do() -> None:
    evidence = evidence_of(
        make_pairs([(0, 1), (0, 2)], dense=0.3, rare=0.2, gap_days=[1, np.nan]),
        np.array([0.25, 0.64, 0.0]),
        np.array([0.05, -0.1]),
        np.array([True, False]),
    )
    assert evidence.saga == pytest.approx([(0.25 * 0.64) ** 0.5, 0])
    assert evidence.dense == pytest.approx([0.3, 0.3], abs=1e-6)
    assert evidence.rare == pytest.approx([0.2, 0.2], abs=1e-6)
    assert evidence.gap_days == pytest.approx([1, np.nan], nan_ok=True)
    assert evidence.subject.tolist() == [0.05, -0.1]
    assert evidence.same_provider.tolist() == [True, False]


def test_articles_of_one_provider_are_known_and_of_unknown_ones_are_not() -> None:
    providers = [Provider("Ledger", "ledger.example"), Provider("The Ledger", "ledger.example"), Provider("Sun"), Provider(), Provider()]
    articles = [Article(f"a{place}", "Storm", provider=provider) for place, provider in enumerate(providers)]
    pairs = make_pairs([(0, 1), (0, 2), (2, 3), (3, 4)])
    assert same_provider(articles, pairs).tolist() == [True, False, False, False]
