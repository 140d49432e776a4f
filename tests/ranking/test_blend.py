"""Blend: three signals on fixed scales, and contributions that are the score to the last digit."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from math import fsum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.ranking.blend import Blend, blended
from ranker.settings import BlendSettings, BlendWeights, Settings

EVEN = BlendSettings(weights=BlendWeights(quality=0.25, heat=0.5, recency=0.25), quality_scale=150, heat_scale=250)


def contributions(blend: Blend) -> list[float]:
    return [blend.quality.contribution, blend.heat.contribution, blend.recency.contribution]


def as_decimals(blend: Blend) -> list[Decimal]:
    """Contributions and score as somebody reads them who reads JSON's numbers as decimals."""
    text = msgspec.json.encode([*contributions(blend), blend.score])
    return list(json.loads(text, parse_float=Decimal, parse_int=Decimal))


def test_each_signal_is_its_share_of_its_scale_times_its_weight() -> None:
    blend = blended(quality=75, heat=125, recency=0.5, settings=EVEN)
    assert contributions(blend) == [0.25 * 75 / 150, 0.5 * 125 / 250, 0.25 * 0.5]
    assert blend.score == 0.125 + 0.25 + 0.125


def test_a_signal_keeps_what_it_was_made_of() -> None:
    signal = blended(quality=75, heat=125, recency=0.5, settings=EVEN).heat
    assert (signal.value, signal.normalised, signal.weight) == (125, 125 / 250, 0.5)


@pytest.mark.parametrize(("quality", "normalised"), [(-5, 0), (0, 0), (150, 1), (300, 1)])
def test_a_signal_beyond_its_scale_counts_as_its_end(quality: float, normalised: float) -> None:
    assert blended(quality=quality, heat=0, recency=0, settings=EVEN).quality.normalised == normalised


def test_a_signal_of_weight_0_adds_nothing() -> None:
    settings = msgspec.structs.replace(EVEN, weights=BlendWeights(quality=0, heat=0, recency=0))
    assert contributions(blended(quality=75, heat=125, recency=0.5, settings=settings)) == [0, 0, 0]


def decimals(highest: int) -> st.SearchStrategy[float]:
    """Numbers with six digits after the point: unlike most floats that come to mind, they are long in binary."""
    return st.integers(0, highest * 10**6).map(lambda number: number / 10**6)


WEIGHT = decimals(1) | decimals(10) | st.floats(0, 1e6)
SETTINGS = st.builds(
    BlendSettings,
    weights=st.builds(BlendWeights, quality=WEIGHT, heat=WEIGHT, recency=WEIGHT),
    quality_scale=st.floats(1, 1e3),
    heat_scale=st.floats(1, 1e3),
)
BLENDS = st.builds(
    blended, quality=decimals(300) | st.floats(-50, 300), heat=decimals(600) | st.floats(-50, 600), recency=decimals(1), settings=SETTINGS
)


@given(BLENDS)
def test_contributions_add_up_to_the_score_in_any_order(blend: Blend) -> None:
    assert {sum(order) for order in itertools.permutations(contributions(blend))} == {blend.score}
    assert fsum(contributions(blend)) == blend.score


@given(BLENDS)
def test_contributions_add_up_to_the_score_as_decimals_read_from_json(blend: Blend) -> None:
    *terms, score = as_decimals(blend)
    assert sum(terms) == score


def test_contributions_of_the_default_weights_add_up_as_decimals(default_settings: Settings) -> None:
    for number in range(1_000):
        *terms, score = as_decimals(blended(quality=number / 7, heat=number / 3, recency=number / 999, settings=default_settings.blend))
        assert sum(terms) == score


@given(BLENDS)
def test_a_contribution_is_weight_times_signal_within_a_step(blend: Blend) -> None:
    step = 2.0**-16 * max(1, blend.quality.weight + blend.heat.weight + blend.recency.weight)
    for signal in (blend.quality, blend.heat, blend.recency):
        assert signal.contribution == pytest.approx(signal.weight * signal.normalised, abs=step)
