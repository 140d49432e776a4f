"""Same story: what any decision about pairs must keep to, whatever its numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from support.pairs import make_pairs

from ranker.settings import Settings
from ranker.stories.evidence import Evidence, evidence_of
from ranker.stories.same_story import LinearSameStory, probability
from ranker.vectors.neighbours import Pairs

COSINES = np.linspace(0, 1, 6)


@pytest.fixture
def model(default_settings: Settings) -> LinearSameStory:
    return LinearSameStory(default_settings.grouping)


def _evidence(pairs: Pairs, saga: float = 0.0, *, subject: float = 0.0, same_provider: bool = False) -> Evidence:
    return evidence_of(pairs, np.full(10, saga), np.full(len(pairs), subject), np.full(len(pairs), same_provider))


def _log_odds(model: LinearSameStory, **numbers: object) -> NDArray[np.float64]:
    return model.log_odds(_evidence(make_pairs([(0, 1 + place) for place in range(6)], **numbers)))


def test_pairs_nobody_compared_are_rather_apart(model: LinearSameStory) -> None:
    assert -math.inf < model.far_log_odds < 0


def test_each_pair_gets_a_number(model: LinearSameStory) -> None:
    log_odds = _log_odds(model, dense=COSINES)
    assert log_odds.dtype == np.float64
    assert log_odds.shape == (6,)
    assert np.isfinite(log_odds).all()
    assert model.log_odds(_evidence(make_pairs([]))).shape == (0,)


@pytest.mark.parametrize("evidence", ["dense", "rare"])
def test_nearer_pairs_are_never_less_likely(model: LinearSameStory, evidence: str) -> None:
    log_odds = _log_odds(model, **{evidence: COSINES})
    assert (np.diff(log_odds) >= 0).all()
    assert log_odds[-1] > log_odds[0]


def test_a_longer_gap_is_never_more_likely(model: LinearSameStory) -> None:
    log_odds = _log_odds(model, gap_days=[0, 0.5, 1, 2, 3, 5])
    assert (np.diff(log_odds) <= 0).all()
    assert log_odds[-1] < log_odds[0]


def test_a_pair_is_judged_by_itself(model: LinearSameStory) -> None:
    dense, gaps = np.array([0.9, 0.2, 0.5]), np.array([0.1, 3, 0])
    together = model.log_odds(_evidence(make_pairs([(0, 1), (0, 2), (1, 2)], dense=dense, gap_days=gaps)))
    alone = [model.log_odds(_evidence(make_pairs([(0, 1)], dense=one, gap_days=gap)))[0] for one, gap in zip(dense, gaps, strict=True)]
    assert together == pytest.approx(alone)


def test_copies_are_one_story_and_strangers_are_not(model: LinearSameStory) -> None:
    copies, strangers = model.log_odds(_evidence(make_pairs([(0, 1), (0, 2)], dense=[1, 0], rare=[1, 0])))
    assert copies > 0 > strangers


@pytest.mark.parametrize(("odds", "expected"), [(0, 1 / 2), (math.log(3), 3 / 4), (-math.log(3), 1 / 4), (math.log(99), 99 / 100)])
def test_a_probability_is_odds_over_odds_and_one(odds: float, expected: float) -> None:
    assert probability(np.array([odds]))[0] == pytest.approx(expected)


def test_probabilities_stay_within_nought_and_one_however_sure() -> None:
    values = probability(np.array([-math.inf, -1e9, -800, 800, 1e9, math.inf]))
    assert values.tolist() == pytest.approx([0, 0, 0, 1, 1, 1])
    assert ((values >= 0) & (values <= 1)).all()


def test_no_log_odds_have_no_probabilities() -> None:
    assert probability(np.zeros(0)).tolist() == []


def test_the_sequels_of_a_saga_are_never_more_likely_for_being_its_sequels(model: LinearSameStory) -> None:
    pair = make_pairs([(0, 1)], dense=0.7, rare=0.4)
    log_odds = [model.log_odds(_evidence(pair, saga))[0] for saga in (0, 0.2, 0.5, 1)]
    assert log_odds == sorted(log_odds, reverse=True)
    assert log_odds[-1] < log_odds[0]


def test_an_unknown_gap_speaks_neither_for_one_moment_nor_for_days_apart(model: LinearSameStory) -> None:
    at_once, unknown, far = _log_odds(model, dense=0.7, gap_days=[0, np.nan, 5, 0, 0, 0])[:3]
    assert far < unknown < at_once


def test_topics_in_common_speak_for_a_pair_and_topics_apart_against_it(model: LinearSameStory) -> None:
    pair = make_pairs([(0, 1)], dense=0.7, rare=0.4)
    apart, silent, common = (model.log_odds(_evidence(pair, subject=points))[0] for points in (-0.1, 0.0, 0.05))
    assert apart < silent < common


def test_one_provider_seldom_tells_one_event_twice(model: LinearSameStory) -> None:
    pair = make_pairs([(0, 1)], dense=0.5, rare=0.2)
    assert model.log_odds(_evidence(pair, same_provider=True))[0] < model.log_odds(_evidence(pair))[0]
    copies = make_pairs([(0, 1)], dense=1, rare=1)
    assert model.log_odds(_evidence(copies, same_provider=True))[0] > 0
