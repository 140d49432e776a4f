"""Tuning: planted streams whose right settings are known, and streams that have none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

import pytest
from support.streams import START, Report, make_aimless_stream, make_fading_stream, stream_table

from ranker.evaluation.forecast import Forecast, ForecastPlan, Moment, forecast_of, moments_of, profile_score
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.training import tuning
from ranker.training.tuning import CHOICES, UNIT, Tuning, tuned

Halves = tuple[list[Moment], list[Moment]]
PLAN = ForecastPlan(every_hours=6, warm_up_hours=24)
DAYS = 6
# Heat alone, and slow: it sees yesterday's stories where today's go on.
SLOW = {"heat.half_life_hours": 24.0, "heat.burst": 0.0, "blend.weights.quality": 0.0, "blend.weights.recency": 0.0, UNIT: 1.0}


@cache
def settings_with(values: tuple[tuple[str, float], ...]) -> Settings:
    return load_settings(overrides=SLOW | dict(values))


def under(values: Mapping[str, float]) -> Settings:
    return settings_with(tuple(sorted(values.items())))


def halves(stories: list[list[Report]]) -> Halves:
    """The moments before and after the middle."""
    table, middle = stream_table(stories), START.timestamp() + DAYS / 2 * 86400
    return list(moments_of(table, PLAN, until=middle)), list(moments_of(table, PLAN, since=middle))


@pytest.fixture(scope="module")
def fading() -> Halves:
    return halves(make_fading_stream(days=DAYS, every_hours=6, half_life_hours=3, seed=1))


@pytest.fixture(scope="module")
def found(fading: Halves) -> Tuning:
    return tuned(under, *fading)


def goal(forecast: Forecast) -> float:
    return (forecast.ndcg[5] + forecast.ndcg[10]) / 2


def test_a_short_half_life_is_found_where_stories_fade_fast(found: Tuning) -> None:
    assert found.best.values["heat.half_life_hours"] <= 3  # 24 at the start
    assert found.is_better
    assert found.gain is not None
    assert found.gain.low > 0
    assert found.best_test.ndcg[5] > 1.5 * found.start_test.ndcg[5]
    assert goal(found.best.forecast) > goal(found.start.forecast)


def test_what_is_found_is_what_its_values_foretell(found: Tuning, fading: Halves) -> None:
    train, test = fading
    for values, on_train, on_test in (
        ({}, found.start.forecast, found.start_test),
        (found.best.values, found.best.forecast, found.best_test),
    ):
        settings = under(values)
        assert settings is not None
        assert forecast_of(profile_score(settings), train).ndcg == on_train.ndcg
        assert forecast_of(profile_score(settings), test).ndcg == on_test.ndcg
    assert found.start.values == {}


def test_only_values_of_the_choices_are_found_and_heat_s_weight_is_their_unit(found: Tuning) -> None:
    values = dict(found.best.values)
    assert values.pop(UNIT) == 1
    assert values
    assert all(value in CHOICES[key] for key, value in values.items())


def test_no_single_step_from_what_was_found_wins_more_than_the_least_gain(found: Tuning, fading: Halves) -> None:
    best = goal(found.best.forecast)
    for key, choices in CHOICES.items():
        for value in choices:
            settings = under({**found.best.values, key: value})
            if settings is not None:
                assert goal(forecast_of(profile_score(settings), fading[0])) <= best + 1e-4


def test_each_set_of_values_is_tried_and_told_once_and_a_second_search_finds_the_same(found: Tuning, fading: Halves) -> None:
    asked: list[Mapping[str, float]] = []
    told: list[int] = []

    def counted(values: Mapping[str, float]) -> Settings:
        asked.append(values)
        return under(values)

    again = tuned(counted, *fading, done=partial(told.append, 1))
    assert (again.best.values, again.tried, again.gain) == (found.best.values, found.tried, found.gain)
    tried = asked[1:-2]  # the start comes first; both are asked for once more in the end
    assert len(told) == found.tried == len(tried)
    assert len({tuple(sorted(values.items())) for values in tried}) == len(tried)


@pytest.mark.parametrize("seed", [0, 1])
def test_where_nothing_foretells_nothing_is_better(seed: int) -> None:
    """The search finds something that fits the first half by chance; the second half does not confirm it."""
    aimless = tuned(under, *halves(make_aimless_stream(days=DAYS, n_stories=20, n_articles=450, seed=seed)))
    assert goal(aimless.best.forecast) >= goal(aimless.start.forecast)
    assert not aimless.is_better


def test_the_start_stays_where_no_step_wins(fading: Halves) -> None:
    """All values are one setting under other names: none wins, and what is no better than itself is not better."""
    start = under({})
    same = tuned(lambda _: start, *fading)
    assert (same.best, same.best_test.ndcg, same.is_better) == (same.start, same.start_test.ndcg, False)
    assert same.gain is not None
    assert same.gain.low == same.gain.high == 0
    # Each choice once; those that are the start's own in several settings are one set of values.
    assert sum(map(len, CHOICES.values())) - 4 <= same.tried <= sum(map(len, CHOICES.values()))


def test_a_search_ends_after_its_rounds(found: Tuning, fading: Halves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_MAX_ROUNDS", 1)
    short = tuned(under, *fading)
    assert 0 < short.tried <= sum(map(len, CHOICES.values())) < found.tried
    assert goal(short.start.forecast) < goal(short.best.forecast) <= goal(found.best.forecast)


def test_every_choice_is_a_setting_and_its_values_rise() -> None:
    for key, choices in CHOICES.items():
        assert list(choices) == sorted(set(choices))
        assert all(load_settings(overrides={"heat.burst": 0, key: value}) is not None for value in choices)
    assert load_settings(overrides={UNIT: 1.0}).blend.weights.heat == 1


def test_the_start_is_searched_from_in_its_own_proportions(fading: Halves) -> None:
    asked: list[Mapping[str, float]] = []

    def counted(values: Mapping[str, float]) -> Settings:
        asked.append(values)
        return load_settings(overrides={"blend.weights.quality": 0.3, UNIT: 0.4, "blend.weights.recency": 0.2} | dict(values))

    tuned(counted, fading[0][:4], fading[1][:4])
    assert (asked[1]["blend.weights.quality"], asked[1][UNIT], asked[1]["blend.weights.recency"]) == pytest.approx((0.75, 1, 0.5))
