"""Unions: windows cut by known gaps alone, and two lists put together without a pair twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import make_pairs

from ranker.vectors.nearest import Pairs
from ranker.vectors.unions import united, within

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(6, 9)), unique=True, max_size=12).map(sorted)


def _ends(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@pytest.mark.parametrize(("gap", "stays"), [(0, True), (2, True), (2.001, False), (9, False), (np.nan, True)])
def test_a_window_keeps_the_pairs_not_known_to_be_farther_apart(gap: float, *, stays: bool) -> None:
    assert len(within(make_pairs([(0, 1)], gap_days=gap), 2)) == stays


def test_a_window_keeps_order_and_numbers() -> None:
    found = within(make_pairs([(0, 1), (0, 2), (1, 2)], dense=[0.1, 0.2, 0.3], rare=[0.4, 0.5, 0.6], gap_days=[1, 5, 2]), 2)
    assert _ends(found) == [(0, 1), (1, 2)]
    assert found.dense.tolist() == pytest.approx([0.1, 0.3])
    assert found.rare.tolist() == pytest.approx([0.4, 0.6])
    assert found.gap_days.tolist() == [1, 2]


def test_each_pair_of_a_union_brings_its_own_numbers() -> None:
    one = make_pairs([(0, 3), (2, 3)], dense=[0.1, 0.2], rare=[0.3, 0.4], gap_days=[1, 2])
    other = make_pairs([(0, 1), (0, 3), (1, 2)], dense=[0.5, 0.1, 0.6], rare=[0.7, 0.3, 0.8], gap_days=[3, 1, np.nan])
    found = united(one, other)
    assert _ends(found) == [(0, 1), (0, 3), (1, 2), (2, 3)]
    assert found.dense.tolist() == pytest.approx([0.5, 0.1, 0.6, 0.2])
    assert found.rare.tolist() == pytest.approx([0.7, 0.3, 0.8, 0.4])
    assert found.gap_days.tolist() == pytest.approx([3, 1, np.nan, 2], nan_ok=True)


@given(ROWS, ROWS)
def test_a_union_holds_the_pairs_of_both_once_and_in_order(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert _ends(united(make_pairs(one), make_pairs(other))) == sorted({*one, *other})


def test_the_union_of_nothing_is_nothing() -> None:
    assert len(united(make_pairs([]), make_pairs([]))) == 0
    assert len(within(make_pairs([]), 1)) == 0
