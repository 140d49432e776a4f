"""Forecast: moments of planted streams, and how well scores foretell what comes, held against slow loops and other libraries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import ndcg_score
from support.streams import START, Report, make_fading_stream, stream_table, told

from ranker.evaluation.baselines import baselines
from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.forecast import (
    Forecast,
    ForecastPlan,
    Moment,
    StoryScore,
    difference_interval,
    forecast_of,
    heat_score,
    moments_of,
    profile_score,
)
from ranker.ranking.scores import SignalSettings, scores_of
from ranker.ranking.table import Floats
from ranker.settings import BlendWeights, QualityRule, Settings

MIDNIGHT = START.timestamp()
PLAN = ForecastPlan(every_hours=3, horizon_hours=3, alive_hours=12, warm_up_hours=0)
# A long and a short story; the last word of the long one comes after hours of silence.
TWO_STORIES = [told(0, 1, 4, 5, 20), told(3, 7)]


def hours_of(moments: Sequence[Moment]) -> list[float]:
    return [(moment.time - MIDNIGHT) / 3600 for moment in moments]


def gains_of(stories: Sequence[Sequence[Report]], plan: ForecastPlan, **limits: float) -> dict[float, dict[str, float]]:
    """What each story that is alive wins, by hour and story id."""
    moments = list(moments_of(stream_table(stories), plan, **limits))
    told_by_hour = zip(hours_of(moments), moments, strict=True)
    return {hour: dict(zip([story.id for story in one.table.stories], one.gains.tolist(), strict=True)) for hour, one in told_by_hour}


def moment_with(gains: Sequence[float], newest_hours: Sequence[float] | None = None) -> Moment:
    """A moment with one story for each gain, told once, at such hours."""
    hours = newest_hours or [0.0] * len(gains)
    return Moment(MIDNIGHT + 24 * 3600, stream_table([told(hour) for hour in hours]), np.array(gains, dtype=np.float64))


def constant(*scores: float) -> StoryScore:
    return lambda _: np.array(scores, dtype=np.float64)


def perfect(moment: Moment) -> Floats:
    return moment.gains


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


# Moments


def test_moments_are_evenly_spaced_and_those_without_a_gain_left_out() -> None:
    assert gains_of(TWO_STORIES, PLAN) == {
        0: {"s000": 1},  # the first report is out, the next comes at 1
        3: {"s000": 2, "s001": 0},  # 4 and 5
        6: {"s000": 0, "s001": 1},  # 7
        # Nothing at 9 to 15; at 18 the long story has been silent for 13 hours, its word at 20 is no gain of a story alive.
    }


def test_a_story_is_alive_to_the_very_hour() -> None:
    stories = [told(0, 12, 30), told(6, 18, 31)]
    plan = ForecastPlan(every_hours=6, horizon_hours=6, alive_hours=12, warm_up_hours=0)
    # At 24 the first was silent for 12 hours and the second for 6; at 30 the first has just spoken. 31 is behind the last moment.
    assert gains_of(stories, plan) == {
        6: {"s000": 1, "s001": 0},
        12: {"s000": 0, "s001": 1},
        24: {"s000": 1, "s001": 0},
    }
    less = ForecastPlan(every_hours=6, horizon_hours=6, alive_hours=11.9, warm_up_hours=0)
    assert gains_of(stories, less) == {6: {"s000": 1, "s001": 0}, 12: {"s000": 0, "s001": 1}}


def test_moments_fall_on_full_hours_of_the_clock_after_the_warm_up() -> None:
    stories = [told(*np.arange(0.5, 30, 0.5))]
    plan = ForecastPlan(every_hours=6, horizon_hours=3, alive_hours=12, warm_up_hours=7)
    assert list(gains_of(stories, plan)) == [12, 18, 24]  # from 7.5 on; 30 has no horizon left


@pytest.mark.parametrize(("last", "hours"), [(9.0, [0, 3, 6]), (8.9, [0, 3])])
def test_the_whole_horizon_lies_inside_the_data(last: float, hours: list[float]) -> None:
    assert list(gains_of([told(*np.arange(0, 8.9, 0.25), last)], PLAN)) == hours


def test_moments_lie_within_since_and_until_with_their_horizon() -> None:
    stories = [told(*range(25))]
    assert list(gains_of(stories, PLAN)) == [0, 3, 6, 9, 12, 15, 18, 21]
    middle = MIDNIGHT + 12 * 3600
    assert list(gains_of(stories, PLAN, until=middle)) == [0, 3, 6, 9]
    assert list(gains_of(stories, PLAN, since=middle)) == [12, 15, 18, 21]
    assert list(gains_of(stories, PLAN, since=MIDNIGHT + 4 * 3600, until=MIDNIGHT + 13 * 3600)) == [6, 9]


def test_undated_articles_are_never_out() -> None:
    (moment, *_) = moments_of(stream_table([told(0, 1, None), told(None), told(0, 3)]), PLAN)
    assert [(story.id, size) for story, size in zip(moment.table.stories, moment.table.sizes.tolist(), strict=True)] == [
        ("s000", 1),
        ("s002", 1),
    ]
    assert moment.gains.tolist() == [1, 1]


@pytest.mark.parametrize("stories", [[], [told(None, None)], [told(3)], [told(3, 3)], [told(0, 1)]])
def test_too_little_has_no_moments(stories: list[list[Report]]) -> None:
    assert list(moments_of(stream_table(stories), PLAN)) == []


def test_groups_that_are_new_to_a_story_count_once() -> None:
    stories: list[list[Report]] = [
        [(0, "Albion"), (1, "Herald"), (1.5, "Herald"), (2, "Albion"), (2.5, "Echo")],  # two are new: Herald, Echo
        [(0, "Herald"), (1, "Herald")],  # none is
        [(0, "Albion"), (0, "Echo"), (2, "Touchline"), (3, "Wire"), (3.5, "Late")],  # Late is later than the horizon
    ]
    assert gains_of(stories, replace(PLAN, gain="groups"))[0] == {"s000": 2, "s001": 0, "s002": 2}
    assert gains_of(stories, PLAN)[0] == {"s000": 4, "s001": 1, "s002": 2}


streams = st.lists(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 80).map(lambda quarter: quarter / 4)), st.sampled_from(("Albion", "Herald", "Echo"))),
        min_size=1,
        max_size=8,
    ),
    max_size=5,
)
plans = st.builds(
    ForecastPlan,
    every_hours=st.sampled_from((1.0, 2.5, 3.0)),
    horizon_hours=st.sampled_from((0.5, 3.0)),
    alive_hours=st.sampled_from((1.0, 6.0, 48.0)),
    warm_up_hours=st.sampled_from((0.0, 5.25)),
    gain=st.sampled_from(("articles", "groups")),
)


def slowly(stories: Sequence[Sequence[Report]], plan: ForecastPlan) -> dict[float, tuple[dict[str, float], dict[str, list[float]]]]:
    """Gains and hours known by story, moment by moment and article by article."""
    every = {f"s{place:03}": [(hour, group) for hour, group in story if hour is not None] for place, story in enumerate(stories)}
    hours = sorted(hour for story in every.values() for hour, _ in story)
    found: dict[float, tuple[dict[str, float], dict[str, list[float]]]] = {}
    step = 0
    while hours and step * plan.every_hours + plan.horizon_hours <= hours[-1]:
        # Moments are multiples of the step since 1970; midnight need not be one.
        seconds = (math.ceil(MIDNIGHT / (plan.every_hours * 3600)) + step) * plan.every_hours * 3600
        now, step = (seconds - MIDNIGHT) / 3600, step + 1
        if now < hours[0] + plan.warm_up_hours or now + plan.horizon_hours > hours[-1]:
            continue
        gains, known = {}, {}
        for name, story in every.items():
            out = [(hour, group) for hour, group in story if hour <= now]
            if not out or now - max(hour for hour, _ in out) > plan.alive_hours:
                continue
            coming = [group for hour, group in story if now < hour <= now + plan.horizon_hours]
            gains[name] = float(len(coming) if plan.gain == "articles" else len(set(coming) - {group for _, group in out}))
            known[name] = sorted(hour for hour, _ in out)
        if any(gains.values()):
            found[now] = gains, known
    return found


@given(streams, plans)
def test_moments_are_what_slow_loops_find(stories: list[list[Report]], plan: ForecastPlan) -> None:
    found = {}
    for moment in moments_of(stream_table(stories), plan):
        names = [story.id for story in moment.table.stories]
        known: dict[str, list[float]] = {name: [] for name in names}
        for number, time in zip(moment.table.numbers.tolist(), moment.table.times.tolist(), strict=True):
            known[names[number]].append((time - MIDNIGHT) / 3600)
        found[(moment.time - MIDNIGHT) / 3600] = dict(zip(names, moment.gains.tolist(), strict=True)), known
    assert found == slowly(stories, plan)


@given(streams)
def test_a_moment_knows_nothing_of_what_comes(stories: list[list[Report]]) -> None:
    """Its table is the one that the articles out by then make by themselves, column by column."""
    for moment in moments_of(stream_table(stories), PLAN):
        now = (moment.time - MIDNIGHT) / 3600
        assert moment.table.times.max() <= moment.time
        known = [[(hour, group) for hour, group in story if hour is not None and hour <= now] for story in stories]
        alone = stream_table([story for story in known if story and now - max(hour for hour, _ in story if hour is not None) <= 12])
        table = moment.table
        assert [table.group_names[group] for group in table.groups.tolist()] == [
            alone.group_names[group] for group in alone.groups.tolist()
        ]
        for name in ("numbers", "times", "quality", "is_first_text", "writes_own", "audience", "starts", "lead_order", "is_new_voice"):
            assert getattr(table, name).tolist() == getattr(alone, name).tolist()


def test_the_newest_article_of_each_story_is_told() -> None:
    moment = next(iter(moments_of(stream_table([told(0, 1, 2.5), told(2, 6)]), PLAN, since=MIDNIGHT + 3600)))
    assert ((moment.newest - MIDNIGHT) / 3600).tolist() == [2.5, 2.0]


# nDCG and rank correlation


def test_ndcg_takes_the_gain_itself_and_discounts_by_place() -> None:
    found = forecast_of(constant(3, 2, 1), [moment_with([1, 3, 0])])
    ndcg = (1 / math.log2(2) + 3 / math.log2(3)) / (3 / math.log2(2) + 1 / math.log2(3))
    assert found.ndcg == {5: pytest.approx(ndcg), 10: pytest.approx(ndcg)}
    assert found.moments == 1


def test_ndcg_looks_at_the_first_places_alone() -> None:
    gains = [0, 0, 0, 0, 4, 8]  # in order of the scores
    found = forecast_of(constant(6, 5, 4, 3, 2, 1), [moment_with(gains)])
    best = 8 / math.log2(2) + 4 / math.log2(3)
    assert found.ndcg == {5: pytest.approx(4 / math.log2(6) / best), 10: pytest.approx((4 / math.log2(6) + 8 / math.log2(7)) / best)}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-50, 50)), min_size=2, max_size=30, unique_by=lambda pair: pair[1]))
def test_ndcg_is_scikit_learn_s(stories: list[tuple[int, int]]) -> None:
    gains, scores = ([float(pair[place]) for pair in stories] for place in (0, 1))
    if any(gains):
        found = forecast_of(constant(*scores), [moment_with(gains)])
        assert found.ndcg == {cut: pytest.approx(ndcg_score([gains], [scores], k=cut)) for cut in (5, 10)}
        assert all(0 <= value <= 1 + 1e-12 for value in found.ndcg.values())


def test_ndcg_is_the_mean_over_moments() -> None:
    moments = [moment_with([1, 3, 0]), moment_with([5, 1, 0])]
    found = forecast_of(constant(3, 2, 1), moments)
    alone = [forecast_of(constant(3, 2, 1), [moment]).ndcg[5] for moment in moments]
    assert found.by_moment[5].tolist() == alone
    assert found.ndcg[5] == pytest.approx(sum(alone) / 2)


def test_equal_scores_are_ordered_by_the_newest_article_then_by_id() -> None:
    gains, hours = [1, 2, 4, 8], [5.0, 7.0, 7.0, 1.0]
    found = forecast_of(constant(0, 0, 0, 0), [moment_with(gains, hours)])
    order = [2, 4, 1, 8]  # s001 and s002 at 7, s000 at 5, s003 at 1
    discounts = [1 / math.log2(2 + place) for place in range(4)]
    best = sum(gain * discount for gain, discount in zip([8, 4, 2, 1], discounts, strict=True))
    assert found.ndcg[5] == pytest.approx(sum(gain * discount for gain, discount in zip(order, discounts, strict=True)) / best)


def test_what_comes_as_a_score_is_perfect() -> None:
    moments = list(moments_of(stream_table(make_fading_stream(days=4, every_hours=6, half_life_hours=3, seed=1)), ForecastPlan()))
    found = forecast_of(perfect, moments)
    assert len(moments) > 10
    assert found.ndcg == {5: pytest.approx(1), 10: pytest.approx(1)}
    assert found.spearman == pytest.approx(1)
    assert [ends(found.intervals[cut]) for cut in (5, 10)] == [pytest.approx((1, 1))] * 2


def test_rank_correlation_is_scipy_s_over_moments_where_there_is_any() -> None:
    gains = [[1, 3, 0, 2], [2, 2, 2, 2], [5, 0, 0, 1]]
    scores = (4.0, 3.0, 2.0, 1.0)
    found = forecast_of(constant(*scores), [moment_with(row) for row in gains])
    assert found.spearman == pytest.approx((spearmanr(scores, gains[0]).statistic + spearmanr(scores, gains[2]).statistic) / 2)
    assert math.isnan(forecast_of(constant(1, 1, 1, 1), [moment_with(gains[0])]).spearman)


def test_no_moments_give_no_figures() -> None:
    found = forecast_of(constant(), [])
    assert (found.moments, list(found.days), found.intervals) == (0, [], {5: None, 10: None})
    assert all(map(math.isnan, [*found.ndcg.values(), found.spearman]))
    assert difference_interval(found, found, 5) is None


# Intervals


def on_days(*days: int) -> list[Moment]:
    return [Moment(MIDNIGHT + day * 86400, stream_table([told(0), told(1)]), np.array([1.0, 0.0])) for day in days]


def of_moments(values: Sequence[float], days: Sequence[int]) -> Forecast:
    by_moment = {cut: np.array(values) for cut in (5, 10)}
    return Forecast({}, {}, 0.0, len(values), by_moment, days)


def test_a_moment_belongs_to_its_day_in_utc() -> None:
    found = forecast_of(constant(2, 1), on_days(0, 0, 3))
    first = int(MIDNIGHT) // 86400
    assert list(found.days) == [first, first, first + 3]


def test_whole_days_are_drawn() -> None:
    """A good day of three moments and a bad one of a single one: both days drawn twice are the ends."""
    scores = iter([[2.0, 1.0]] * 3 + [[1.0, 2.0]])
    found = forecast_of(lambda _: np.array(next(scores)), on_days(0, 0, 0, 1))
    second = 1 / math.log2(3)
    assert found.by_moment[5].tolist() == pytest.approx([1, 1, 1, second])
    assert ends(found.intervals[5]) == pytest.approx((second, 1))
    same = forecast_of(constant(1, 2), on_days(0, 0))
    assert ends(same.intervals[5]) == pytest.approx((second, second))


def test_a_forecast_is_no_better_than_itself() -> None:
    found = forecast_of(constant(1, 2), on_days(0, 1, 2))
    assert difference_interval(found, found, 5) == Interval(0.0, 0.0)


def test_a_difference_is_the_first_less_the_second() -> None:
    days = [0, 0, 1, 2]
    one, other = of_moments([0.75, 0.5, 0.5, 1.0], days), of_moments([0.5, 0.25, 0.25, 0.75], days)
    assert difference_interval(one, other, 10) == Interval(0.25, 0.25)
    assert difference_interval(other, one, 10) == Interval(-0.25, -0.25)


def test_a_seed_draws_the_same_days_again() -> None:
    one, other = of_moments([0.9, 0.1, 0.4, 0.6, 0.3], range(5)), of_moments([0.5] * 5, range(5))
    assert difference_interval(one, other, 5, seed=3) == difference_interval(one, other, 5, seed=3)
    assert difference_interval(one, other, 5, seed=3) != difference_interval(one, other, 5, seed=4)


# Scores


def test_where_hot_stories_stay_hot_what_was_said_lately_foretells_better_than_all_that_was_said() -> None:
    table = stream_table(make_fading_stream(days=6, every_hours=6, half_life_hours=3, seed=1))
    moments = list(moments_of(table, ForecastPlan()))
    known = baselines()
    lately, in_all = (forecast_of(known[name], moments) for name in ("decay 3 h", "total count"))
    assert lately.ndcg[5] > 2 * in_all.ndcg[5]
    gain = difference_interval(lately, in_all, 5)
    assert gain is not None
    assert gain.low > 0
    assert lately.spearman > 0 > in_all.spearman


@pytest.fixture(scope="module")
def moment() -> Moment:
    table = stream_table([told(0, 1, 2, 2.5), told(0.5, 1, 6), told(2)])
    return next(iter(moments_of(table, PLAN, since=MIDNIGHT + 3 * 3600)))


def test_a_profile_s_score_is_the_blend_at_the_moment(moment: Moment, default_settings: Settings) -> None:
    scores = scores_of(moment.table, datetime.fromtimestamp(moment.time, tz=UTC), SignalSettings.of(default_settings))
    assert profile_score(default_settings)(moment).tolist() == scores.blended(default_settings.blend).scores.tolist()


def test_a_profile_s_heat_is_what_lies_above_quality(moment: Moment, default_settings: Settings) -> None:
    scores = scores_of(moment.table, datetime.fromtimestamp(moment.time, tz=UTC), SignalSettings.of(default_settings))
    above = [heat.points - heat.quality for heat in map(scores.heat_of, range(3))]
    assert heat_score(default_settings)(moment).tolist() == above
    assert above[0] > above[1] > above[2] == 0


def test_a_rule_that_looks_at_the_age_is_asked_at_each_moment(default_settings: Settings) -> None:
    """A stream's table has the qualities of one moment; a profile's score has those of the moment that is ranked."""
    aging = QualityRule(feature="age", test="age", points=-10)
    quality = msgspec.structs.replace(default_settings.quality, base=100, rules={"aging": aging}, story_weights=[1.0])
    blend = msgspec.structs.replace(default_settings.blend, weights=BlendWeights(quality=1, heat=0, recency=0), quality_scale=100)
    settings = msgspec.structs.replace(default_settings, quality=quality, blend=blend)
    table = stream_table([told(0, 1, 4), told(2, 5)], settings=settings)
    assert table.quality.tolist() == [100] * 5
    (moment,) = moments_of(table, replace(PLAN, horizon_hours=2), since=MIDNIGHT + 3600)
    assert hours_of([moment]) == [3]
    best = [(100 - 10 * 2) / 100, (100 - 10 * 1) / 100]  # of the articles at 1 and at 2
    assert profile_score(settings)(moment).tolist() == pytest.approx(best, abs=1e-4)
    assert moment.table.quality.tolist() == [100] * 3


def test_a_profile_with_rules_of_its_own_rates_articles_by_them(default_settings: Settings) -> None:
    """The table's qualities are those of other settings than the profile's."""
    card = msgspec.structs.replace(default_settings.quality, base=100, rules={}, story_weights=[1.0])
    blend = msgspec.structs.replace(default_settings.blend, weights=BlendWeights(quality=1, heat=0, recency=0), quality_scale=100)
    settings = msgspec.structs.replace(default_settings, quality=card, blend=blend)
    table = stream_table([told(0, 1, 4), told(2, 5)], settings=default_settings)
    (moment,) = moments_of(table, replace(PLAN, horizon_hours=2), since=MIDNIGHT + 3600)
    assert profile_score(settings, rated_by=default_settings.quality)(moment).tolist() == [1, 1]
    assert profile_score(settings, rated_by=card)(moment).tolist() == [0, 0]  # as rated by the default card: below its floor
    shared = msgspec.structs.replace(card, story_weights=[0.5], publish_at=1)
    assert profile_score(settings, rated_by=shared)(moment).tolist() == [0, 0]
