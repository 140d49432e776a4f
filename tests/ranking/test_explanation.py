"""Explanation: why one story stands above another, and what would bring them level, held against the blend itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.streams import START, stream_table, told

from ranker.ranking.blend import SIGNALS, BlendColumns, blended
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.order import Adjustment, Listing
from ranker.ranking.ranked import RankedStories
from ranker.ranking.scores import Scores, SignalSettings, scores_of
from ranker.settings import BlendWeights, Settings
from ranker.settings_file import load_settings

DEFAULTS = load_settings()
# One more hour for the second: should their scores be equal, it is the newer one.
TWO = scores_of(stream_table([told(0), told(1)]), START.replace(hour=6), SignalSettings.of(DEFAULTS))
STALE = Adjustment("stale", "", by_score=1, place=2)

Values = tuple[float, float, float]  # quality in points, heat above the lead's quality in points, recency


def under(weights: Values = (0.5, 0.25, 0.25), *, scale: str = "fixed", quality_scale: float = 100.0, heat_half: float = 50.0) -> Settings:
    blend = msgspec.structs.replace(
        DEFAULTS.blend, weights=BlendWeights(**dict(zip(SIGNALS, weights, strict=True))), quality_scale=quality_scale, heat_half=heat_half
    )
    return msgspec.structs.replace(DEFAULTS, blend=msgspec.structs.replace(blend, scale=scale))


def columns_of(stories: Sequence[Values], settings: Settings) -> BlendColumns:
    quality, warmth, recency = np.array(stories, dtype=np.float64).T
    return blended(quality=quality, warmth=warmth, recency=recency, settings=settings.blend)


def scores_with(stories: Sequence[Values]) -> Scores:
    """Scores of two stories with such signals."""
    quality, warmth, recency = np.array(stories, dtype=np.float64).T
    heat = replace(TWO.heat, covered=warmth, burst=np.zeros(2), audience=np.zeros(2))
    return replace(TWO, quality=quality, heat=heat, recency=replace(TWO.recency, values=recency))


def explained(
    stories: Sequence[Values], settings: Settings, *, order: Sequence[int] | None = None, rules: Sequence[Adjustment] = ()
) -> tuple[WhyAbove, tuple[Values, Values]]:
    """Why one of two stories is above the other, in order of score unless told otherwise; and the signals of both, upper first.

    Parameters
    ----------
    rules : that moved the lower story.
    """
    scores, columns = scores_with(stories), columns_of(stories, settings)
    upper, lower = scores.ordered(columns).tolist() if order is None else order
    listing = Listing((upper, lower), {lower: tuple(rules)} if rules else {}, {}, ())
    above, below = RankedStories(scores, columns, listing)
    return why_above(above, below, settings), (stories[upper], stories[lower])


def with_value(values: Values, signal: str, value: float) -> Values:
    changed = [value if name == signal else old for name, old in zip(SIGNALS, values, strict=True)]
    return changed[0], changed[1], changed[2]


def step_of(settings: Settings) -> float:
    """What contributions are multiples of: 2^-16 for weights that add up to less than 2, twice that below 4, and so on."""
    weights = settings.blend.weights
    return float(2.0 ** (max(1, np.frexp(weights.quality + weights.heat + weights.recency)[1]) - 17))


# By hand

EXAMPLE: list[Values] = [(80.0, 0.0, 0.5), (40.0, 50.0, 0.5)]
WHY, _ = explained(EXAMPLE, under())
GAP = 80 / 100 * 0.5 - 40 / 100 * 0.5 - 50 / (50 + 50) * 0.25  # recency adds the same to both


def test_advantages_are_what_a_signal_adds_to_one_more_than_to_the_other() -> None:
    assert WHY.gap == pytest.approx(GAP, abs=1e-4)
    assert [item.signal for item in WHY.differences] == list(SIGNALS)
    assert [item.advantage for item in WHY.differences] == pytest.approx([0.4 - 0.2, -0.125, 0.0], abs=1e-4)


def test_the_signal_with_the_greatest_advantage_decides() -> None:
    assert WHY.decided_by == "quality"
    assert WHY.decisive is WHY.differences[0]
    assert WHY.rules == ()
    assert (WHY.upper.story.id, WHY.lower.story.id) == ("s000", "s001")


def test_the_value_that_would_do_adds_the_gap() -> None:
    quality, heat, recency = WHY.differences
    assert quality.lower_value == pytest.approx(40 + GAP / 0.5 * 100, rel=1e-3)
    share = 50 / (50 + 50) + GAP / 0.25
    assert heat.lower_value == pytest.approx(50 * share / (1 - share), rel=1e-3)  # of warmth / (warmth + 50)
    assert recency.lower_value == pytest.approx(0.5 + GAP / 0.25, rel=1e-3)


def test_the_weight_that_would_do_takes_the_gap_away() -> None:
    quality, heat, recency = WHY.differences
    assert quality.weight == pytest.approx(0.5 - GAP / (0.8 - 0.4), rel=1e-3)
    assert heat.weight == pytest.approx(0.25 + GAP / (0.5 - 0.0), rel=1e-3)
    assert recency.weight is None  # both are as fresh


@pytest.mark.parametrize(
    ("upper", "lower", "decided"),
    [
        ((90.0, 10.0, 0.5), (40.0, 12.0, 0.5), "quality"),
        ((40.0, 90.0, 0.5), (45.0, 10.0, 0.5), "heat"),
        ((40.0, 10.0, 0.9), (45.0, 10.0, 0.2), "recency"),
    ],
)
def test_each_signal_can_decide(upper: Values, lower: Values, decided: str) -> None:
    why, _ = explained([lower, upper], under())
    assert (why.decided_by, why.upper.number) == (decided, 1)
    assert why.decisive is next(item for item in why.differences if item.signal == decided)


def test_of_equal_scores_the_newer_last_article_decides() -> None:
    why, _ = explained([(40.0, 10.0, 0.5)] * 2, under())
    assert (why.gap, why.decided_by, why.decisive, why.upper.story.id) == (0.0, "newest", None, "s001")


@pytest.mark.parametrize("hours", [3.0, None])
def test_of_equal_scores_and_times_the_id_decides(hours: float | None, default_settings: Settings) -> None:
    scores = scores_of(stream_table([told(hours), told(hours)]), START.replace(hour=6), SignalSettings.of(default_settings))
    columns = scores.blended(default_settings.blend)
    listing = Listing(tuple(scores.ordered(columns).tolist()), {}, {}, ())
    above, below = RankedStories(scores, columns, listing)
    why = why_above(above, below, default_settings)
    assert (why.gap, why.decided_by, why.decisive, why.upper.story.id) == (0.0, "id", None, "s000")


def test_a_rule_decides_where_the_lower_score_stands_above() -> None:
    why, _ = explained(EXAMPLE, under(), order=(1, 0), rules=[STALE])
    assert why.gap == -WHY.gap < 0
    assert (why.decided_by, why.decisive, why.rules) == ("rule", None, (STALE,))


def test_a_rule_decides_between_equal_scores() -> None:
    why, _ = explained([(40.0, 10.0, 0.5)] * 2, under(), order=(0, 1), rules=[STALE])
    assert (why.gap, why.decided_by) == (0.0, "rule")


def test_a_rule_that_agrees_with_the_scores_is_told_but_does_not_decide() -> None:
    why, _ = explained(EXAMPLE, under(), rules=[STALE])
    assert (why.decided_by, why.rules) == ("quality", (STALE,))


@pytest.mark.parametrize(
    ("signal", "lower"),
    [
        ("quality", (100.0, 0.0, 0.0)),  # its quality counts in full already
        ("heat", (50.0, 1e6, 0.0)),  # heat never counts in full
        ("recency", (50.0, 0.0, 0.9)),
    ],
)
def test_what_no_value_can_do_is_said(signal: str, lower: Values) -> None:
    why, _ = explained([(100.0, 100.0, 1.0), lower], under((0.4, 0.3, 0.3)))
    assert next(item for item in why.differences if item.signal == signal).lower_value is None


def test_a_signal_that_weighs_nothing_has_no_value_that_would_do() -> None:
    why, _ = explained([(80.0, 0.0, 0.9), (40.0, 50.0, 0.5)], under((0.5, 0.0, 0.5)))
    heat = why.differences[1]
    assert (heat.lower_value, heat.advantage) == (None, 0.0)
    assert heat.weight == pytest.approx(why.gap / 0.5, rel=1e-6)  # so much, though, would turn them


def test_a_signal_that_the_whole_list_lacks_has_neither() -> None:
    heat = explained([(80.0, 0.0, 0.9), (40.0, 0.0, 0.5)], under(scale="list"))[0].differences[1]
    assert (heat.lower_value, heat.weight) == (None, None)


def test_no_weight_brings_level_what_is_behind_in_everything() -> None:
    why, _ = explained([(80.0, 50.0, 0.9), (40.0, 40.0, 0.8)], under())
    assert [item.weight for item in why.differences] == [None, None, None]


# By the blend itself

values = st.tuples(st.floats(0, 300), st.floats(0, 400), st.floats(0, 1))
weightings = st.tuples(*[st.sampled_from((0.0, 0.1, 0.25, 0.5, 1.0, 1.6))] * 3).filter(any)
settings_drawn = st.builds(
    under, weightings, scale=st.sampled_from(("fixed", "list")), quality_scale=st.sampled_from((100.0, 150.0)), heat_half=st.just(60.0)
)


@given(st.tuples(values, values), settings_drawn)
def test_advantages_add_up_to_the_gap_exactly(stories: tuple[Values, Values], settings: Settings) -> None:
    why, _ = explained(stories, settings)
    assert sum(item.advantage for item in why.differences) == why.gap == why.upper.score - why.lower.score >= 0
    for item in why.differences:
        assert item.advantage == item.upper.contribution - item.lower.contribution
        assert (item.upper, item.lower) == (getattr(why.upper.blend, item.signal), getattr(why.lower.blend, item.signal))


@given(st.tuples(values, values), settings_drawn)
def test_a_value_that_would_do_does_and_where_none_is_said_none_would(stories: tuple[Values, Values], settings: Settings) -> None:
    why, (upper, lower) = explained(stories, settings)
    for item in why.differences:
        if item.lower_value is not None:
            scores = columns_of([upper, with_value(lower, item.signal, item.lower_value)], settings).scores
            assert abs(scores[0] - scores[1]) <= step_of(settings)
        else:
            # All that the signal can ever add, whatever its value, is its weight.
            assert (
                why.lower.score - item.lower.contribution + item.lower.weight <= why.upper.score + step_of(settings) or not item.lower.scale
            )


@given(st.tuples(values, values), settings_drawn)
def test_a_weight_that_would_do_does_and_where_none_is_said_none_would(stories: tuple[Values, Values], settings: Settings) -> None:
    why, both = explained(stories, settings)

    def gap_under(signal: str, weight: float) -> tuple[float, float]:
        """The gap with such a weight; and what rounding makes of it at most: six contributions go into it, each off by half a step."""
        weights = msgspec.structs.replace(settings.blend.weights, **{signal: weight})
        changed = msgspec.structs.replace(settings, blend=msgspec.structs.replace(settings.blend, weights=weights))
        scores = columns_of(both, changed).scores
        return float(scores[0] - scores[1]), 3 * (step_of(settings) + step_of(changed))

    for item in why.differences:
        for weight in (0.0, item.upper.weight + 1.0) if item.weight is None else ():
            gap, rounding = gap_under(item.signal, weight)
            assert gap >= -rounding
        if item.weight is not None:
            gap, rounding = gap_under(item.signal, item.weight)
            assert abs(gap) <= rounding


@given(st.tuples(values, values), settings_drawn)
def test_only_signals_decide_between_scores_that_differ(stories: tuple[Values, Values], settings: Settings) -> None:
    why, _ = explained(stories, settings)
    if why.gap:
        assert why.decisive is not None
        assert why.decisive.advantage == max(item.advantage for item in why.differences) > 0
    else:
        assert why.decided_by == "newest"
