"""Neighbours: every pair that is near enough within the window, found block by block."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranker.settings import GroupingSettings, load_settings
from ranker.vectors.neighbours import Pairs, candidate_pairs

DAY = 86_400.0
NOON = 1_772_452_800.0  # 2026-03-02T12:00Z, so that times have the size of real ones
DEFAULTS = load_settings().grouping


@dataclass(frozen=True)
class Rows:
    """What a corpus gives to the search."""

    vectors: NDArray[np.float32]
    rare: NDArray[np.float32]
    times: NDArray[np.float64]


def _unit(numbers: object) -> NDArray[np.float32]:
    rows = np.atleast_2d(np.asarray(numbers, dtype=np.float64))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _rows(vectors: object, *, rare: object = None, times: object = None) -> Rows:
    unit = _unit(vectors)
    words = np.zeros((len(unit), 1), dtype=np.float32) if rare is None else _unit(rare)
    return Rows(unit, words, np.full(len(unit), NOON) if times is None else np.asarray(times, dtype=np.float64))


def _settings(**changes: Any) -> GroupingSettings:
    # The thresholds are numbers that no cosine of small whole numbers hits.
    return msgspec.structs.replace(DEFAULTS, **({"window_days": 5, "min_dense": 0.3217, "min_rare_words": 0.2179} | changes))


def _found(rows: Rows, **changes: Any) -> Pairs:
    settings = _settings(**changes)
    return candidate_pairs(rows.vectors, csr_array(rows.rare), rows.times, settings, window_days=settings.window_days)


def _by_rows(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def _oracle(rows: Rows, settings: GroupingSettings) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Every pair looked at by itself."""
    found = {}
    for i in range(len(rows.times)):
        for j in range(i + 1, len(rows.times)):
            dense, rare = float(rows.vectors[i] @ rows.vectors[j]), float(rows.rare[i] @ rows.rare[j])
            gap = abs(rows.times[i] - rows.times[j]) / DAY
            if not gap > settings.window_days and (dense >= settings.min_dense or rare >= settings.min_rare_words):
                found[i, j] = (dense, rare, gap)
    return found


def _agrees(rows: Rows, **changes: Any) -> None:
    pairs, expected = _found(rows, **changes), _oracle(rows, _settings(**changes))
    assert _by_rows(pairs) == list(expected)
    numbers = np.array(list(expected.values())).reshape(-1, 3)
    assert np.stack([pairs.dense, pairs.rare, pairs.gap_days], axis=1) == pytest.approx(numbers, abs=1e-5, nan_ok=True)


SMALL = st.integers(-2, 2)
ARTICLES = st.lists(
    st.tuples(st.tuples(SMALL, SMALL, SMALL), st.tuples(*[st.integers(0, 2)] * 4), st.none() | st.integers(0, 60)), max_size=14
)


@given(articles=ARTICLES, block_rows=st.integers(1, 16), window=st.sampled_from([0.25, 1, 5]))
def test_any_block_size_finds_what_looking_at_every_pair_finds(
    articles: list[tuple[tuple[int, ...], tuple[int, ...], int | None]], block_rows: int, window: float
) -> None:
    vectors, rare, quarters = [item[0] for item in articles], [item[1] for item in articles], [item[2] for item in articles]
    times = [np.nan if quarter is None else NOON + quarter * DAY / 4 for quarter in quarters]
    rows = Rows(_unit(np.reshape(vectors, (-1, 3))), _unit(np.reshape(rare, (-1, 4))), np.array(times, dtype=np.float64))
    _agrees(rows, block_rows=block_rows, window_days=window)


@pytest.mark.parametrize("block_rows", [1, 7, 64, 1000])
def test_many_articles_are_searched_like_few(block_rows: int) -> None:
    rng = np.random.default_rng(4)
    rare = rng.integers(0, 2, size=(150, 30)) * rng.integers(0, 2, size=(150, 30))
    times = NOON + rng.uniform(0, 30, size=150) * DAY
    times[rng.choice(150, size=6, replace=False)] = np.nan
    _agrees(_rows(rng.normal(size=(150, 8)), rare=rare, times=times), block_rows=block_rows)


def test_pairs_are_arrays_of_small_numbers_in_order_of_rows() -> None:
    pairs = _found(_rows([[1, 0]] * 4, times=[NOON + 3, NOON, NOON + 2, NOON + 1]))
    assert _by_rows(pairs) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [array.dtype for array in (pairs.left, pairs.right)] == [np.int32] * 2
    assert [array.dtype for array in (pairs.dense, pairs.rare, pairs.gap_days)] == [np.float32] * 3


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_articles_have_no_pairs(n: int) -> None:
    pairs = _found(_rows(np.ones((n, 2)), times=[NOON] * n) if n else Rows(_unit(np.zeros((0, 1))), _unit(np.zeros((0, 0))), np.zeros(0)))
    assert len(pairs) == len(pairs.left) == len(pairs.dense) == 0


def test_articles_that_share_nothing_are_no_pair() -> None:
    assert len(_found(_rows([[1, 0], [0, 1], [0, 0]]))) == 0


def test_a_pair_is_near_in_meaning_from_the_setting_on() -> None:
    rows = _rows([[1, 0], [0.6, 0.8]])
    assert _by_rows(_found(rows, min_dense=0.5999)) == [(0, 1)]
    assert _by_rows(_found(rows, min_dense=0.6001)) == []


def test_a_pair_that_shares_rare_words_is_found_whatever_its_vectors() -> None:
    rows = _rows([[1, 0], [-1, 0]], rare=[[1, 0], [0.6, 0.8]])
    assert _by_rows(_found(rows, min_rare_words=0.5999)) == [(0, 1)]
    assert _by_rows(_found(rows, min_rare_words=0.6001)) == []


@pytest.mark.parametrize("block_rows", [1, 2, 512])
@pytest.mark.parametrize("window_days", [0.1, 0.3, 1 / 3, 5, 7.7])
def test_the_windows_edge_is_inside(block_rows: int, window_days: float) -> None:
    edge = round(window_days * DAY)
    rows = _rows([[1, 0]] * 4, times=[NOON, NOON + edge, NOON - edge, NOON + edge + 1])
    assert _by_rows(_found(rows, block_rows=block_rows, window_days=window_days)) == [(0, 1), (0, 2), (1, 3)]


@pytest.mark.parametrize("block_rows", [1, 512])
def test_a_hundredth_of_a_second_beyond_the_window_is_outside_in_every_block_size(block_rows: int) -> None:
    rows = _rows([[1, 0]] * 3, times=[NOON, NOON + 5 * DAY + 0.01, NOON + 10 * DAY])
    assert _by_rows(_found(rows, block_rows=block_rows)) == [(1, 2)]


@pytest.mark.parametrize("block_rows", [1, 2, 512])
def test_an_article_without_a_date_is_in_every_window(block_rows: int) -> None:
    rows = _rows([[1, 0]] * 4, times=[NOON, np.nan, NOON + 300 * DAY, np.nan])
    pairs = _found(rows, block_rows=block_rows)
    assert _by_rows(pairs) == [(0, 1), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert not (pairs.gap_days > 0).any()


def test_a_gap_is_told_in_days() -> None:
    assert _found(_rows([[1, 0]] * 2, times=[NOON + 1.5 * DAY, NOON])).gap_days.tolist() == [1.5]


def test_equal_articles_are_all_pairs() -> None:
    pairs = _found(_rows([[3, 4]] * 30), block_rows=7)
    assert len(pairs) == 30 * 29 // 2
    assert pairs.dense == pytest.approx(1)


def test_vectors_of_no_length_are_near_to_nothing() -> None:
    assert len(_found(_rows([[0, 0], [0, 0]]), min_dense=0.0001)) == 0


def test_a_vector_that_is_no_number_is_near_to_nothing() -> None:
    rows = _rows([[1, 0]] * 3)
    rows.vectors[1] = np.nan
    assert _by_rows(_found(rows)) == [(0, 2)]


def test_the_order_of_articles_changes_nothing_but_their_rows() -> None:
    rng = np.random.default_rng(8)
    rows = _rows(rng.normal(size=(40, 4)), rare=rng.integers(0, 2, size=(40, 9)), times=NOON + rng.integers(0, 40, size=40) * DAY / 4)
    order = random.Random(2).sample(range(40), 40)
    shuffled = _found(Rows(rows.vectors[order], rows.rare[order], rows.times[order]), block_rows=6)
    back = sorted(tuple(sorted((order[i], order[j]))) for i, j in _by_rows(shuffled))
    assert back == _by_rows(_found(rows, block_rows=6))
