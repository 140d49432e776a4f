"""Nearest: the fast searches find what looking at every pair finds, exactly while small, nearly all of it above."""

from __future__ import annotations

import json
import random
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranker.vectors.encoder import Encoder
from ranker.vectors.nearest import Pairs, nearest_pairs
from ranker.vectors.rare_words import rare_word_rows
from ranker.vectors.selection import Effort, best_of_block

DAY = 86_400.0
NOON = 1_772_452_800.0  # 2026-03-02T12:00Z, so that times have the size of real ones
STREAM = Path(__file__).parents[2] / ".." / "shared" / "data" / "stream-dev.jsonl"
ALWAYS_CELLS = Effort(exact_rows=0, cell_rows=20, cells=4)
EVERY_CELL_AND_WORD = Effort(exact_rows=0, cell_rows=20, cells=10**6, postings=10**9)


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


def _found(rows: Rows, *, neighbours: int = 3, days: tuple[float, float] = (0, 5), effort: Effort | None = None) -> Pairs:
    rare = csr_array(rows.rare)
    return nearest_pairs(
        rows.vectors, rare, rows.times, from_days=days[0], to_days=days[1], neighbours=neighbours, effort=effort or Effort()
    )


def _by_rows(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def _oracle(rows: Rows, neighbours: int, days: tuple[float, float]) -> set[tuple[int, int]]:
    """Full matrices, and every article's others sorted by likeness and row."""
    gap = np.abs(rows.times[:, None] - rows.times[None, :]) / DAY
    near = np.where(np.isnan(gap), days[0] == 0, (gap >= days[0]) & (gap <= days[1]))
    pairs = set()
    for cosines in (rows.vectors @ rows.vectors.T, rows.rare @ rows.rare.T):
        level = np.rint(cosines * 2**18)  # nearer than that is a tie
        for i in range(len(level)):
            others = [j for j in range(len(level)) if j != i and near[i, j] and level[i, j] > 0]
            pairs |= {(min(i, j), max(i, j)) for j in sorted(others, key=lambda j: (-level[i, j], j))[:neighbours]}
    return pairs


def _agrees(rows: Rows, *, neighbours: int = 3, days: tuple[float, float] = (0, 5), effort: Effort | None = None) -> None:
    assert _by_rows(_found(rows, neighbours=neighbours, days=days, effort=effort)) == sorted(_oracle(rows, neighbours, days))


def _random_rows(n: int, seed: int, *, undated: int = 0, share: float = 0.1) -> Rows:
    """Articles of nothing in particular over thirty days; each holds a share of forty words."""
    rng = np.random.default_rng(seed)
    times = NOON + np.round(rng.uniform(0, 30, size=n) * DAY)
    times[rng.choice(n, size=undated, replace=False)] = np.nan
    return _rows(rng.normal(size=(n, 8)), rare=rng.random((n, 40)) * (rng.random((n, 40)) < share), times=times)


def _stories(sizes: list[int], seed: int) -> Rows:
    """Stories of some sizes in one window; members share a direction and words, and each has words of its own."""
    rng = np.random.default_rng(seed)
    story = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    n, n_words = len(story), 3000
    vectors = rng.normal(size=(len(sizes), 32))[story] + 0.5 * rng.normal(size=(n, 32))
    words = np.zeros((n, n_words))
    shared = rng.integers(0, n_words, size=(len(sizes), 9))
    for row in range(n):
        words[row, rng.choice(shared[story[row]], size=6)] = 1
        words[row, rng.integers(0, n_words, size=4)] = 1
    weights = -np.log(((words > 0).sum(axis=0) + 1) / (n + 2))
    return _rows(vectors, rare=words * weights, times=NOON + rng.uniform(0, 4, size=n) * DAY)


# Rows whose cosines are few (0.36, 0.48, 0.6 ...) and none halfway between two levels, so that ties abound, the same to both searches.
VECTORS = st.sampled_from([(0, 0, 0), (1, 0, 0), (3, 4, 0), (0, 3, 4), (4, 0, 3), (-3, 0, 4), (0, -4, 3)])
WORDS = st.sampled_from([(0, 0, 0, 0), (1, 0, 0, 0), (3, 4, 0, 0), (0, 3, 4, 0), (0, 0, 3, 4), (4, 0, 0, 3)])
ARTICLES = st.lists(st.tuples(VECTORS, WORDS, st.none() | st.integers(0, 60)), max_size=14)
BANDS = st.sampled_from([(0, 0.25), (0, 1), (0, 5), (0.5, 1), (2.5, 10), (1, 1)])
EFFORTS = st.sampled_from([Effort(), Effort(block_megabytes=1e-5), EVERY_CELL_AND_WORD, Effort(exact_rows=3, cells=99, postings=99)])


@given(articles=ARTICLES, neighbours=st.integers(1, 16), days=BANDS, effort=EFFORTS)
def test_any_effort_finds_what_looking_at_every_pair_finds(
    articles: list[tuple[tuple[int, ...], tuple[int, ...], int | None]], neighbours: int, days: tuple[float, float], effort: Effort
) -> None:
    vectors, rare = np.reshape([item[0] for item in articles], (-1, 3)), np.reshape([item[1] for item in articles], (-1, 4))
    times = [np.nan if quarter is None else NOON + quarter * DAY / 4 for _, _, quarter in articles]
    _agrees(_rows(vectors, rare=rare, times=times), neighbours=neighbours, days=days, effort=effort)


@pytest.mark.parametrize("days", [(0, 5), (2.5, 10), (0, 100)], ids=["story", "other days", "whole corpus"])
@pytest.mark.parametrize("effort", [Effort(), Effort(block_megabytes=0.001), EVERY_CELL_AND_WORD], ids=["exact", "small blocks", "cells"])
def test_many_articles_are_searched_like_few(days: tuple[float, float], effort: Effort) -> None:
    _agrees(_random_rows(400, seed=4, undated=9), days=days, effort=effort)


def test_pairs_are_arrays_of_small_numbers_in_order_of_rows() -> None:
    pairs = _found(_rows([[1, 0]] * 4, times=[NOON + 3, NOON, NOON + 2, NOON + 1]))
    assert _by_rows(pairs) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [array.dtype for array in (pairs.left, pairs.right)] == [np.int32] * 2
    assert [array.dtype for array in (pairs.dense, pairs.rare, pairs.gap_days)] == [np.float32] * 3


def test_pairs_at_places_keep_all_their_numbers() -> None:
    pairs = _found(_random_rows(30, seed=1))
    some = pairs.take(np.array([4, 2]))
    for name in ("left", "right", "dense", "rare", "gap_days"):
        assert getattr(some, name).tolist() == [getattr(pairs, name)[4], getattr(pairs, name)[2]]


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS], ids=["exact", "cells"])
def test_the_cosines_and_gaps_of_pairs_are_exact(effort: Effort) -> None:
    rows = _random_rows(700, seed=2, undated=20)
    pairs = _found(rows, neighbours=6, effort=effort)
    left, right = rows.vectors[pairs.left], rows.vectors[pairs.right]
    assert pairs.dense == pytest.approx((left * right).sum(axis=1), abs=1e-6)
    assert pairs.rare == pytest.approx((rows.rare[pairs.left] * rows.rare[pairs.right]).sum(axis=1), abs=1e-6)
    assert pairs.gap_days == pytest.approx(np.abs(rows.times[pairs.left] - rows.times[pairs.right]) / DAY, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS], ids=["exact", "cells"])
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_articles_have_no_pairs(n: int, effort: Effort) -> None:
    pairs = _found(Rows(np.ones((n, 2), np.float32), np.ones((n, 3), np.float32), np.full(n, NOON)), effort=effort)
    assert len(pairs) == len(pairs.left) == len(pairs.dense) == len(pairs.rare) == len(pairs.gap_days) == 0


def test_asking_for_more_neighbours_than_there_are_gives_all() -> None:
    assert len(_found(_rows([[3, 4]] * 30), neighbours=1000)) == 30 * 29 // 2


def test_among_equals_the_smaller_rows_are_nearest() -> None:
    assert _by_rows(_found(_rows([[3, 4]] * 5), neighbours=2)) == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)]


def test_cosines_that_only_rounding_tells_apart_are_ties() -> None:
    block = np.array([[0.5, 0.5 + 1e-7, 0.2], [0.5, 0.5 + 1e-5, 0.2]], dtype=np.float32)
    line, row = best_of_block(block, np.array([3, 9, 1]), 1)
    assert (line.tolist(), row.tolist()) == ([0, 1], [3, 9])


def test_rows_break_ties_whatever_the_order_in_time() -> None:
    pairs = _found(_rows([[3, 4]] * 4, times=[NOON + 3, NOON + 2, NOON + 1, NOON]), neighbours=1)
    assert _by_rows(pairs) == [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS, EVERY_CELL_AND_WORD], ids=["exact", "cells", "every cell"])
def test_many_copies_of_one_text_have_the_neighbours_wanted_and_no_more(effort: Effort) -> None:
    rows = _rows(np.tile([3, 4, 12], (1500, 1)), rare=np.tile([1, 2], (1500, 1)))
    pairs = _found(rows, neighbours=5, effort=effort)
    degree = np.bincount(np.concatenate([pairs.left, pairs.right]), minlength=1500)
    assert degree.min() >= 5
    assert len(pairs) <= 2 * 5 * 1500


def test_articles_that_share_nothing_are_no_pair() -> None:
    assert len(_found(_rows([[1, 0], [0, 1], [0, 0], [0, 0], [-1, 0]]))) == 0


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS], ids=["exact", "cells"])
def test_a_vector_that_is_no_number_is_near_to_nothing(effort: Effort) -> None:
    rows = _rows([[1, 0]] * 3, rare=[[1], [1], [0]])
    rows.vectors[1] = np.nan
    pairs = _found(rows, effort=effort)
    assert _by_rows(pairs) == [(0, 1), (0, 2)]
    assert pairs.dense.tolist() == [0, 1]


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS], ids=["exact", "cells"])
@pytest.mark.parametrize("window_days", [0.1, 0.3, 1 / 3, 5, 7.7])
def test_both_edges_of_the_band_are_inside(window_days: float, effort: Effort) -> None:
    edge = round(window_days * DAY)
    rows = _rows([[1, 0]] * 4, times=[NOON, NOON + edge, NOON - edge, NOON + edge + 1])
    assert _by_rows(_found(rows, days=(0, window_days), effort=effort)) == [(0, 1), (0, 2), (1, 3)]
    assert _by_rows(_found(rows, days=(edge / DAY, edge / DAY), effort=effort)) == [(0, 1), (0, 2)]


@pytest.mark.parametrize("millionths", range(0, 1_000_000, 71_429))
def test_the_edges_are_inside_whatever_the_rounding_of_times(millionths: int) -> None:
    first = NOON + millionths / 1e6
    last = round(first + 0.3 * DAY, 6)
    rows = _rows([[1, 0]] * 2, times=[first, last])
    assert [len(_found(rows, days=days)) for days in ((0, 0.3), (0.3, 0.3), (0.3, 1))] == [1, 1, 1]


def test_a_hundredth_of_a_second_beyond_the_window_is_outside() -> None:
    rows = _rows([[1, 0]] * 3, times=[NOON, NOON + 5 * DAY + 0.01, NOON + 10 * DAY])
    assert _by_rows(_found(rows)) == [(1, 2)]


@pytest.mark.parametrize("effort", [Effort(), ALWAYS_CELLS, Effort(block_megabytes=1e-5)], ids=["exact", "cells", "small blocks"])
def test_an_article_without_a_date_is_within_reach_of_all(effort: Effort) -> None:
    rows = _rows([[1, 0]] * 4, times=[NOON, np.nan, NOON + 300 * DAY, np.nan])
    pairs = _found(rows, effort=effort)
    assert _by_rows(pairs) == [(0, 1), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert not (pairs.gap_days >= 0).any()


@pytest.mark.parametrize("from_days", [1e-12, 2.5])
def test_an_article_without_a_date_is_on_no_other_day(from_days: float) -> None:
    rows = _rows([[1, 0]] * 4, rare=[[1, 1]] * 4, times=[NOON, np.nan, NOON + 3 * DAY, np.nan])
    assert _by_rows(_found(rows, days=(from_days, 10))) == [(0, 2)]


def test_articles_without_any_date_are_searched_too() -> None:
    _agrees(_rows(np.eye(6) + 1, times=[np.nan] * 6), neighbours=2)
    assert len(_found(_rows([[1, 0]] * 4, times=[np.nan] * 4), days=(2.5, 10))) == 0


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="2 vectors, 2 rows of words and 3 times"):
        _found(_rows([[1, 0]] * 2, times=[NOON] * 3))


@pytest.mark.parametrize("effort", [Effort(), EVERY_CELL_AND_WORD, Effort(block_megabytes=0.001)], ids=["exact", "cells", "small blocks"])
def test_the_order_of_articles_changes_nothing_but_their_rows(effort: Effort) -> None:
    rows = _random_rows(200, seed=8, undated=5, share=0.3)
    order = random.Random(2).sample(range(200), 200)
    shuffled = _found(Rows(rows.vectors[order], rows.rare[order], rows.times[order]), effort=effort)
    back = sorted(tuple(sorted((order[i], order[j]))) for i, j in _by_rows(shuffled))
    assert back == _by_rows(_found(rows, effort=effort))


def test_the_same_articles_give_the_same_pairs_cell_by_cell() -> None:
    rows = _stories([60, 30, *[5] * 100], seed=3)
    first, again = _found(rows, effort=ALWAYS_CELLS), _found(rows, effort=ALWAYS_CELLS)
    assert _by_rows(first) == _by_rows(again)
    assert first.dense.tobytes() == again.dense.tobytes()


def test_words_in_any_order_within_a_row_give_the_same_pairs() -> None:
    rows = _random_rows(60, seed=5)
    rare = csr_array(rows.rare)
    turned = csr_array((rare.data.copy(), rare.indices.copy(), rare.indptr), shape=rare.shape)
    for start, stop in zip(rare.indptr[:-1], rare.indptr[1:], strict=True):
        turned.data[start:stop], turned.indices[start:stop] = rare.data[start:stop][::-1], rare.indices[start:stop][::-1]
    found = nearest_pairs(rows.vectors, turned, rows.times, from_days=0, to_days=5, neighbours=3)
    assert found.rare == pytest.approx(_found(rows).rare, abs=1e-6)
    assert turned.indices.tolist() != rare.indices.tolist()


def _share_of_best(rows: Rows, pairs: Pairs, *, best: int, at_least: float = 0) -> float:
    """Share found of each article's `best` likest, by 0.4 dense + 0.6 rare, as far as they are so much alike."""
    likeness = 0.4 * rows.vectors @ rows.vectors.T + 0.6 * rows.rare @ rows.rare.T
    np.fill_diagonal(likeness, -1)
    likest = np.argsort(-likeness, axis=1, kind="stable")[:, :best]
    found = set(_by_rows(pairs))
    wanted = [(min(i, j), max(i, j)) for i in range(len(likest)) for j in likest[i].tolist() if likeness[i, j] >= at_least]
    return sum(pair in found for pair in wanted) / len(wanted)


def test_cells_and_rarest_words_find_nearly_all_the_likest() -> None:
    rows = _stories([200, 100, 50, *[4] * 300, *[1] * 450], seed=6)
    effort = Effort(exact_rows=200, cell_rows=50, cells=12, postings=300)
    assert _share_of_best(rows, _found(rows, neighbours=48, effort=effort), best=10, at_least=0.25) >= 0.99


def test_one_cell_finds_less_than_eight() -> None:
    rows = _stories([200, 100, 50, *[4] * 300, *[1] * 450], seed=6)
    few, many = (_found(rows, neighbours=10, effort=Effort(exact_rows=200, cell_rows=50, cells=n, postings=0)) for n in (1, 8))
    assert _share_of_best(rows, few, best=10) < _share_of_best(rows, many, best=10)


def test_a_word_that_all_hold_costs_nothing_above_the_limit() -> None:
    """Two articles of one window that share a rare word are found; the word of all the others finds nobody."""
    n = 400
    words = np.ones((n, 2))
    words[:, 1] = 0
    words[[7, 311], 1] = 3
    rows = _rows(np.zeros((n, 2)), rare=words)
    assert _by_rows(_found(rows, effort=Effort(exact_rows=100, postings=50))) == [(7, 311)]


def test_partners_by_rarest_words_are_ordered_by_all_words() -> None:
    """By the rare word alone article 1 is the likest to article 0; by all words, also the common one, article 2 is."""
    words = np.zeros((300, 2))
    words[:, 1] = 1
    words[:3] = np.array([[2, 1], [2, 0], [2, 1.2]])
    rows = _rows(np.zeros((300, 2)), rare=words)
    assert rows.rare[0, 0] * rows.rare[1, 0] > rows.rare[0, 0] * rows.rare[2, 0]
    assert (0, 2) in _by_rows(_found(rows, neighbours=1, effort=Effort(exact_rows=100, postings=50)))
    assert (0, 2) not in _by_rows(_found(rows, neighbours=1, effort=Effort(exact_rows=100, postings=50, shortlist=1)))


def _peak_megabytes(rows: Rows, effort: Effort) -> float:
    rare = csr_array(rows.rare)
    tracemalloc.start()
    nearest_pairs(rows.vectors, rare, rows.times, from_days=0, to_days=5, neighbours=2, effort=effort)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


@pytest.mark.parametrize("exact_rows", [10**6, 500], ids=["exact", "cells"])
def test_small_blocks_need_little_memory(exact_rows: int) -> None:
    rng = np.random.default_rng(0)
    n = 3000
    rows = _rows(rng.normal(size=(n, 8)), rare=rng.random((n, 50)) * (rng.random((n, 50)) < 0.1))
    block_megabytes = 0.5
    _peak_megabytes(rows, Effort(exact_rows=exact_rows))  # loads what is loaded once
    peak = _peak_megabytes(rows, Effort(exact_rows=exact_rows, block_megabytes=block_megabytes))
    at_rest = 2 * 2 * n * 8 * 6 / 1e6  # 2 neighbours of 2 kinds, kept as six arrays of 8 bytes at most
    assert peak < 8 * block_megabytes + at_rest < n * n * 4 / 1e6 / 4


@pytest.mark.skipif(not STREAM.exists(), reason="the stream of real headlines is not beside the project (../shared/data)")
def test_real_headlines_in_one_window_lose_next_to_nothing(static_encoder: Encoder) -> None:
    texts = [json.loads(line)["title"] for line in STREAM.read_text("utf-8").splitlines()[:3000]]
    rows = Rows(static_encoder.encode(texts), rare_word_rows(texts).toarray(), np.full(len(texts), NOON))
    effort = Effort(exact_rows=500, cell_rows=100, cells=8, postings=500)
    assert _share_of_best(rows, _found(rows, neighbours=48, effort=effort), best=10) >= 0.99
