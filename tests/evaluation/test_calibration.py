"""Calibration: probabilities held against the truth, bin by bin, and against a slow count."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.evaluation.calibration import Reliability, ReliabilityBin, reliability

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def judged(pairs: Sequence[tuple[float, bool]], *, bins: int = 10) -> Reliability:
    found = reliability(np.array([chance for chance, _ in pairs]), [same for _, same in pairs], bins=bins)
    assert found is not None
    return found


def slow_bins(pairs: Sequence[tuple[float, bool]], bins: int) -> list[ReliabilityBin]:
    """The bins, pair by pair: the first whose upper end lies above the probability, the last one if none does."""
    members: dict[int, list[tuple[float, bool]]] = {}
    for chance, same in pairs:
        place = next((number for number in range(bins) if chance * bins < number + 1), bins - 1)
        members.setdefault(place, []).append((chance, same))
    return [
        ReliabilityBin(
            place / bins,
            (place + 1) / bins,
            len(inside),
            sum(chance for chance, _ in inside) / len(inside),
            sum(same for _, same in inside) / len(inside),
        )
        for place, inside in sorted(members.items())
    ]


def test_no_pairs_have_no_reliability() -> None:
    assert reliability(np.zeros(0), []) is None


def test_a_perfectly_calibrated_forecast_has_no_error() -> None:
    # Of ten pairs at .2 two are one story, of ten at .8 eight.
    found = judged([(0.2, number < 2) for number in range(10)] + [(0.8, number < 8) for number in range(10)])
    assert found.calibration_error == pytest.approx(0)
    assert [(each.predicted, each.observed) for each in found.bins] == [pytest.approx((0.2, 0.2)), pytest.approx((0.8, 0.8))]
    assert found.brier == pytest.approx((2 * 0.8**2 + 8 * 0.2**2) / 10)


def test_certainty_that_is_right_has_a_brier_score_of_0_and_one_that_is_wrong_of_1() -> None:
    right, wrong = judged([(0.0, False), (1.0, True)]), judged([(0.0, True), (1.0, False)])
    assert (right.brier, right.calibration_error) == (0, 0)
    assert (wrong.brier, wrong.calibration_error) == (1, 1)


def test_certain_pairs_are_in_the_outer_bins() -> None:
    found = judged([(0.0, False), (1.0, True), (1.0, False)])
    assert found.bins == (ReliabilityBin(0.0, 0.1, 1, 0.0, 0.0), ReliabilityBin(0.9, 1.0, 2, 1.0, 0.5))


def test_a_pair_on_the_border_of_two_bins_is_in_the_upper_one() -> None:
    assert [(each.low, each.high) for each in judged([(0.25, True)], bins=4).bins] == [(0.25, 0.5)]


def test_the_error_weighs_bins_by_their_pairs() -> None:
    found = judged([(0.15, False)] * 3 + [(0.65, True)])
    assert found.calibration_error == pytest.approx((3 * 0.15 + 1 * (1 - 0.65)) / 4)


def test_always_saying_the_share_of_one_story_has_a_brier_score_of_its_variance() -> None:
    found = judged([(0.25, same) for same in (True, False, False, False)])
    assert found.share == 1 / 4
    assert found.brier == pytest.approx(found.share * (1 - found.share))


@given(JUDGED, st.integers(1, 12))
def test_the_bins_and_both_figures_agree_with_a_count_pair_by_pair(pairs: list[tuple[float, bool]], bins: int) -> None:
    found, slow = judged(pairs, bins=bins), slow_bins(pairs, bins)
    assert [(each.low, each.high, each.pairs) for each in found.bins] == [(each.low, each.high, each.pairs) for each in slow]
    for fast, plain in zip(found.bins, slow, strict=True):
        assert (fast.predicted, fast.observed) == pytest.approx((plain.predicted, plain.observed))
    assert found.brier == pytest.approx(sum((chance - same) ** 2 for chance, same in pairs) / len(pairs))
    assert found.calibration_error == pytest.approx(sum(abs(each.predicted - each.observed) * each.pairs for each in slow) / len(pairs))


@given(JUDGED)
def test_both_figures_lie_from_0_to_1_and_every_pair_is_in_a_bin(pairs: list[tuple[float, bool]]) -> None:
    found = judged(pairs)
    assert 0 <= found.brier <= 1
    assert 0 <= found.calibration_error <= 1
    assert found.share == pytest.approx(sum(same for _, same in pairs) / len(pairs))
    assert sum(each.pairs for each in found.bins) == found.pairs == len(pairs)
    assert all(each.low - 1e-12 <= each.predicted <= each.high + 1e-12 for each in found.bins)


@given(JUDGED, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_makes_no_difference(pairs: list[tuple[float, bool]], rng: random.Random) -> None:
    shuffled = list(pairs)
    rng.shuffle(shuffled)
    one, other = judged(pairs), judged(shuffled)
    assert (one.brier, one.calibration_error) == pytest.approx((other.brier, other.calibration_error))
    assert [each.pairs for each in one.bins] == [each.pairs for each in other.bins]
