"""Score: one inner product gives the weighted sum of all evidence, of articles and of groups alike."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranker.stories.evidence import Evidence
from ranker.stories.score import Score, _blocks, weighted_score

SEEDS = st.integers(0, 2**32 - 1)
WEIGHTS = {"meaning": 0.5, "rare_words": 0.75, "other_names": -0.25, "hours_apart": -1.5, "shared_names": 0.3, "undated": -0.1}
CONSTANT = -0.2


def _sparse(rng: np.random.Generator, n: int, columns: int) -> csr_array:
    return csr_array((rng.normal(size=(n, columns)) * (rng.random((n, columns)) < 0.4)).astype(np.float32))


def _dense(rng: np.random.Generator, n: int, columns: int) -> NDArray[np.float32]:
    return rng.normal(size=(n, columns)).astype(np.float32)


def _evidence(n: int, seed: int) -> tuple[Evidence, ...]:
    """Evidence of every make: dense, sparse, both, one-sided, two-sided."""
    rng = np.random.default_rng(seed)
    return (
        Evidence("meaning", _dense(rng, n, 5)),
        Evidence("rare_words", _sparse(rng, n, 7)),
        Evidence("other_names", _dense(rng, n, 1), _sparse(rng, n, 4)),
        Evidence("hours_apart", _dense(rng, n, 1), _dense(rng, n, 6)),
        Evidence("shared_names", _sparse(rng, n, 3), _sparse(rng, n, 3)),
        Evidence("undated", None, _dense(rng, n, 2)),
    )


def _score(n: int, seed: int) -> Score:
    return weighted_score(_evidence(n, seed), WEIGHTS, CONSTANT)


def _every_pair(n: int, m: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    one, other = np.indices((n, m or n)).reshape(2, -1)
    return one, other


@given(SEEDS)
def test_a_score_is_the_constant_and_the_weighted_sum_of_the_evidence(seed: int) -> None:
    evidence, pairs = _evidence(6, seed), _every_pair(6)
    expected = np.full(36, CONSTANT)
    for kind in evidence:
        expected += WEIGHTS[kind.name] * kind.of_pairs(*pairs)
    assert weighted_score(evidence, WEIGHTS, CONSTANT).of_pairs(*pairs) == pytest.approx(expected, abs=1e-4)


def test_evidence_without_a_weight_counts_for_nothing() -> None:
    evidence, pairs = _evidence(5, 1), _every_pair(5)
    alone = weighted_score(evidence[:1], {"meaning": 2.0}, 0.0)
    assert weighted_score(evidence, {"meaning": 2.0, "rare_words": 0.0}, 0.0).of_pairs(*pairs).tolist() == alone.of_pairs(*pairs).tolist()
    assert alone.of_pairs(*pairs) == pytest.approx(2 * evidence[0].of_pairs(*pairs), abs=1e-5)


@pytest.mark.parametrize("weights", [{}, {"meaning": 0.0}])
def test_without_weights_the_constant_is_left(weights: dict[str, float]) -> None:
    score = weighted_score(_evidence(4, 2), weights, 0.5)
    assert len(score) == 4
    assert score.of_pairs(*_every_pair(4)).tolist() == [0.5] * 16


@pytest.mark.parametrize("kept", [["meaning", "hours_apart"], ["rare_words", "shared_names"]], ids=["dense alone", "sparse alone"])
def test_evidence_of_one_make_alone_will_do(kept: list[str]) -> None:
    evidence, pairs = [kind for kind in _evidence(5, 3) if kind.name in kept], _every_pair(5)
    expected = sum(WEIGHTS[kind.name] * kind.of_pairs(*pairs) for kind in evidence)
    assert weighted_score(evidence, WEIGHTS, 0.0).of_pairs(*pairs) == pytest.approx(expected, abs=1e-4)


def test_the_constant_may_be_a_whole_number() -> None:
    evidence, pairs = _evidence(3, 3), _every_pair(3)
    assert (
        weighted_score(evidence, WEIGHTS, 1).of_pairs(*pairs).tolist() == weighted_score(evidence, WEIGHTS, 1.0).of_pairs(*pairs).tolist()
    )


def test_no_articles_have_no_scores() -> None:
    none = np.zeros(0, dtype=np.int64)
    for score in (_score(0, 1), weighted_score((), WEIGHTS, 1.0)):
        assert len(score) == 0
        assert score.of_pairs(none, none).shape == (0,)
        assert score.itself().shape == (0,)


def test_a_score_has_no_sides() -> None:
    score, (one, other) = _score(7, 4), _every_pair(7)
    assert score.of_pairs(one, other) == pytest.approx(score.of_pairs(other, one), abs=1e-6)


def test_itself_is_the_score_of_each_row_with_itself() -> None:
    score, rows = _score(7, 5), np.arange(7)
    assert score.itself().tolist() == score.of_pairs(rows, rows).tolist()


def test_many_pairs_are_scored_as_one_by_one() -> None:
    score = _score(100, 6)
    one, other = _every_pair(100)  # 10,000 pairs are three blocks
    together = score.of_pairs(one, other)
    for place in (0, 4095, 4096, 8191, 8192, 9999):
        assert together[place] == pytest.approx(score.of_pairs(one[place : place + 1], other[place : place + 1])[0], abs=1e-5)


def _means(score: Score, groups: NDArray[np.int64], n_groups: int) -> NDArray[np.float64]:
    """The mean score of all pairs between two groups, for every two groups and each with itself; pair by pair."""
    n = len(score)
    every = score.of_pairs(*_every_pair(n)).reshape(n, n)
    return np.array([[every[np.ix_(groups == one, groups == other)].mean() for other in range(n_groups)] for one in range(n_groups)])


@given(SEEDS, st.integers(1, 5))
def test_the_score_of_mean_rows_is_the_mean_score_of_all_pairs(seed: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.concatenate((np.arange(n_groups), rng.integers(0, n_groups, size=7)))
    score = _score(len(groups), seed)
    averaged = score.averaged(groups, np.ones(len(groups), dtype=np.int64))
    assert len(averaged) == n_groups
    assert averaged.of_pairs(*_every_pair(n_groups)).reshape(n_groups, n_groups) == pytest.approx(_means(score, groups, n_groups), abs=1e-4)


@given(SEEDS)
def test_means_of_means_are_the_means_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = np.concatenate((np.arange(5), rng.integers(0, 5, size=9)))
    large = np.concatenate((np.arange(2), rng.integers(0, 2, size=3)))
    score = _score(14, seed)
    nested = score.averaged(small, np.ones(14, dtype=np.int64)).averaged(large, np.bincount(small))
    at_once = score.averaged(large[small], np.ones(14, dtype=np.int64))
    assert nested.dense == pytest.approx(at_once.dense, abs=1e-5)
    assert nested.sparse.toarray() == pytest.approx(at_once.sparse.toarray(), abs=1e-5)
    assert nested.of_pairs(*_every_pair(2)) == pytest.approx(at_once.of_pairs(*_every_pair(2)), abs=1e-4)


def test_articles_are_scored_across_to_groups() -> None:
    score, groups = _score(6, 7), np.array([0, 1, 0, 1, 1, 0])
    averaged = score.averaged(groups, np.ones(6, dtype=np.int64))
    for row, group in itertools.product(range(6), range(2)):
        members = np.flatnonzero(groups == group)
        expected = score.of_pairs(np.full(3, row), members).mean()
        assert score.across(np.array([row]), averaged, np.array([group]))[0] == pytest.approx(expected, abs=1e-5)


def test_each_alone_is_averaged_to_itself() -> None:
    score = _score(5, 8)
    averaged = score.averaged(np.arange(5), np.array([3, 1, 4, 1, 5]))
    assert averaged.dense.tolist() == score.dense.tolist()
    assert averaged.sparse.toarray().tolist() == score.sparse.toarray().tolist()
    assert averaged.constant == score.constant


def test_the_size_of_a_block_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    score, rows = _score(12, 8), np.arange(12)
    whole = score.of_pairs(rows, rows[::-1])
    monkeypatch.setattr("ranker.stories.score._BLOCK_ENTRIES", 3)
    assert score.of_pairs(rows, rows[::-1]).tolist() == pytest.approx(whole.tolist(), abs=1e-6)


def test_a_block_holds_few_entries_or_one_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.stories.score._BLOCK_ENTRIES", 10)
    monkeypatch.setattr("ranker.stories.score._BLOCK_PAIRS", 3)
    found = [(block.start, block.stop) for block in _blocks(np.array([4, 4, 4, 50, 0, 0, 0, 0]))]
    assert found == [(0, 2), (2, 3), (3, 4), (4, 7), (7, 8)]
