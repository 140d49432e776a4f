"""Blend: three signals on fixed scales, and contributions that are the score to the last digit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from decimal import Decimal
from math import fsum

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.errors import SettingsError
from ranker.ranking.blend import SIGNALS, Blend, BlendColumns, Signal, blend_of, blended, parsed_weights
from ranker.settings import BlendSettings, BlendWeights, Settings

EVEN = BlendSettings(weights=BlendWeights(quality=0.25, heat=0.5, recency=0.25), quality_scale=150, heat_half=60, scale="fixed")
OF_LIST = msgspec.structs.replace(EVEN, scale="list")
Values = tuple[float, float, float]  # quality, warmth, recency of one story


def columns(*stories: Values, settings: BlendSettings = EVEN) -> BlendColumns:
    """The blend of stories of such quality, warmth and recency."""
    quality, warmth, recency = np.array(stories, dtype=np.float64).reshape(-1, 3).T
    return blended(quality=quality, warmth=warmth, recency=recency, settings=settings)


def blends(*stories: Values, settings: BlendSettings = EVEN) -> list[Blend]:
    """The blend of each of such stories."""
    made = columns(*stories, settings=settings)
    return [blend_of(made, place, values=values) for place, values in enumerate(stories)]


def contributions(blend: Blend) -> list[float]:
    return [blend.quality.contribution, blend.heat.contribution, blend.recency.contribution]


def normalised(made: BlendColumns, signal: str) -> list[float]:
    return list(made.normalised[:, SIGNALS.index(signal)].tolist())


# Fixed scales


def test_each_signal_is_its_share_of_its_scale_times_its_weight() -> None:
    (blend,) = blends((75, 60, 0.5))
    assert contributions(blend) == [0.25 * 75 / 150, 0.5 * 60 / (60 + 60), 0.25 * 0.5]
    assert blend.score == 0.125 + 0.25 + 0.125


def test_a_signal_keeps_what_it_was_made_of() -> None:
    (blend,) = blends((75, 180, 0.5))
    assert blend == Blend(
        quality=Signal(75, 150, 75 / 150, 0.25, 0.25 / 2),
        heat=Signal(180, 60, 180 / (180 + 60), 0.5, 0.5 * 3 / 4),
        recency=Signal(0.5, 1, 0.5, 0.25, 0.25 / 2),
    )


@pytest.mark.parametrize(("quality", "share"), [(-5, 0), (0, 0), (150, 1), (300, 1)])
def test_quality_beyond_its_scale_counts_as_its_end(quality: float, share: float) -> None:
    assert normalised(columns((quality, 0, 0)), "quality") == [share]


@pytest.mark.parametrize(("warmth", "share"), [(0, 0), (60, 1 / 2), (120, 2 / 3), (540, 9 / 10)])
def test_warmth_counts_one_half_at_its_half_and_never_quite_one(warmth: float, share: float) -> None:
    assert normalised(columns((0, warmth, 0)), "heat") == [pytest.approx(share)]


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20, unique=True).map(sorted))
def test_of_two_hot_stories_the_hotter_one_is_ahead_and_none_reaches_the_end(steps: list[int]) -> None:
    shares = normalised(columns(*[(0, step / 1024, 0) for step in steps]), "heat")  # a million points and one step more are told apart
    assert all(low < high for low, high in itertools.pairwise([*shares, 1.0]))


def test_a_signal_of_weight_0_adds_nothing() -> None:
    settings = msgspec.structs.replace(EVEN, weights=BlendWeights(quality=0, heat=0, recency=0))
    assert [contributions(blend) for blend in blends((75, 125, 0.5), settings=settings)] == [[0, 0, 0]]


@pytest.mark.parametrize("settings", [EVEN, OF_LIST])
def test_no_story_is_a_blend_without_rows(settings: BlendSettings) -> None:
    made = columns(settings=settings)
    assert (made.normalised.shape, made.contributions.shape, made.scores.tolist()) == ((0, 3), (0, 3), [])


def test_a_story_with_nothing_scores_nothing() -> None:
    assert columns((0, 0, 0)).scores.tolist() == [0]


STORIES = st.lists(st.tuples(st.floats(-50, 300), st.floats(0, 2000), st.floats(0, 1)), min_size=1, max_size=8)


@given(STORIES, STORIES)
def test_on_fixed_scales_a_score_does_not_move_because_another_story_appeared(stories: list[Values], others: list[Values]) -> None:
    assert blends(*others, *stories)[len(others) :] == blends(*stories)
    assert blends(*stories[::-1]) == blends(*stories)[::-1]


# The list's scale


def test_on_the_lists_scale_each_signal_is_divided_by_the_highest() -> None:
    made = columns((40, 10, 0.5), (80, 5, 0.25), (-8, 0, 0), settings=OF_LIST)
    assert list(made.scales) == [80, 10, 0.5]
    assert made.normalised.tolist() == [[40 / 80, 1, 1], [1, 5 / 10, 0.25 / 0.5], [0, 0, 0]]


def test_on_the_lists_scale_a_score_hangs_on_the_other_stories() -> None:
    alone, beside_a_hotter_one = columns((40, 10, 0.5), settings=OF_LIST), columns((40, 10, 0.5), (0, 40, 0), settings=OF_LIST)
    assert alone.scores[0] == 0.25 + 0.5 + 0.25
    assert beside_a_hotter_one.scores[0] == 0.25 + 0.5 * 10 / 40 + 0.25


@pytest.mark.parametrize("values", [(0, 0, 0), (-5, 0, 0)])
def test_a_signal_that_no_story_has_adds_nothing_on_the_lists_scale(values: Values) -> None:
    made = columns(values, values, settings=OF_LIST)
    assert list(made.scales) == [0, 0, 0]
    assert made.scores.tolist() == [0, 0]


@given(STORIES)
def test_on_the_lists_scale_all_shares_are_from_0_to_1(stories: list[Values]) -> None:
    made = columns(*stories, settings=OF_LIST)
    assert made.normalised.min() >= 0
    assert made.normalised.max(axis=0).tolist() == [float(scale > 0) for scale in made.scales]


# Sums


def as_decimals(blend: Blend) -> list[Decimal]:
    """Contributions and score as somebody reads them who reads JSON's numbers as decimals."""
    text = msgspec.json.encode([*contributions(blend), blend.score])
    return list(json.loads(text, parse_float=Decimal, parse_int=Decimal))


def decimals(highest: int) -> st.SearchStrategy[float]:
    """Numbers with six digits after the point: unlike most floats that come to mind, they are long in binary."""
    return st.integers(0, highest * 10**6).map(lambda number: number / 10**6)


WEIGHT = decimals(1) | decimals(10) | st.floats(0, 1e6)
SETTINGS = st.builds(
    BlendSettings,
    weights=st.builds(BlendWeights, quality=WEIGHT, heat=WEIGHT, recency=WEIGHT),
    quality_scale=st.floats(1, 1e3),
    heat_half=st.floats(1, 1e3),
    scale=st.sampled_from(["fixed", "list"]),
)
VALUES = st.tuples(decimals(300) | st.floats(-50, 300), decimals(600) | st.floats(0, 600), decimals(1))
BLENDS = st.builds(lambda stories, settings: blends(*stories, settings=settings), st.lists(VALUES, min_size=1, max_size=5), SETTINGS)


@given(BLENDS)
def test_contributions_add_up_to_the_score_in_any_order(made: Sequence[Blend]) -> None:
    for blend in made:
        assert {sum(order) for order in itertools.permutations(contributions(blend))} == {blend.score}
        assert fsum(contributions(blend)) == blend.score


@given(BLENDS)
def test_contributions_add_up_to_the_score_as_decimals_read_from_json(made: Sequence[Blend]) -> None:
    for blend in made:
        *terms, score = as_decimals(blend)
        assert sum(terms) == score


def test_contributions_of_the_default_weights_add_up_as_decimals(default_settings: Settings) -> None:
    for blend in blends(*[(number / 7, number / 3, number / 999) for number in range(1_000)], settings=default_settings.blend):
        *terms, score = as_decimals(blend)
        assert sum(terms) == score


@given(st.lists(VALUES, min_size=1, max_size=5), SETTINGS)
def test_scores_of_the_columns_are_scores_of_the_stories(stories: list[Values], settings: BlendSettings) -> None:
    assert columns(*stories, settings=settings).scores.tolist() == [blend.score for blend in blends(*stories, settings=settings)]


@given(BLENDS)
def test_a_contribution_is_weight_times_signal_within_a_step(made: Sequence[Blend]) -> None:
    for blend in made:
        step = 2.0**-16 * max(1, blend.quality.weight + blend.heat.weight + blend.recency.weight)
        for signal in (blend.quality, blend.heat, blend.recency):
            assert signal.contribution == pytest.approx(signal.weight * signal.normalised, abs=step)


# Weights as text


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("quality:0.2,heat:0.5,recency:0.3", (0.2, 0.5, 0.3)),
        ("recency:0.3,quality:0.2,heat:0.5", (0.2, 0.5, 0.3)),
        (" heat : 1 , quality : 2 ", (2, 1, 0)),
        ("heat:1", (0, 1, 0)),
        ("heat:1e3,quality:0", (0, 1000, 0)),
    ],
)
def test_weights_are_read_from_text(text: str, weights: tuple[float, float, float]) -> None:
    quality, heat, recency = weights
    assert parsed_weights(text) == BlendWeights(quality=quality, heat=heat, recency=recency)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' names no signal, or one twice; write quality:0.2,heat:0.5,recency:0.3"),
        ("quality", "'quality' names no signal, or one twice"),
        ("quality:1,", "'' names no signal, or one twice"),
        ("quality:1,speed:2", "'speed:2' names no signal, or one twice"),
        ("Quality:1", "'Quality:1' names no signal, or one twice"),
        ("quality:1, quality:2", "'quality:2' names no signal, or one twice"),
        ("quality:much", "'much' is no number; write quality:0.2"),
        ("quality:", "'' is no number"),
        ("quality:1:2", "'1:2' is no number"),
        ("quality:1,heat:2000000", "2000000 must be a number from 0 to 1,000,000"),
        ("quality:-1", "-1 must be a number from 0 to 1,000,000"),
        ("quality:nan", "nan must be a number from 0 to 1,000,000"),
        ("quality:1,heat:inf", "inf must be a number from 0 to 1,000,000"),
        ("quality:0,heat:0", "at least one must be above 0"),
    ],
)
def test_wrong_weights_are_an_error_that_names_them(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parsed_weights(text)
    assert str(caught.value).startswith(f"weights {text!r}: ")
    assert message in str(caught.value)
