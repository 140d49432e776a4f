"""Clustering: average linkage on few pairs gives what it gives on all of them, one join at a time."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from support.partitions import canonical

from ranker.stories import clustering
from ranker.stories.clustering import average_linkage

Matrix = NDArray[np.float64]  # (n, n) log-odds, symmetric; the diagonal says nothing
FAR = -2.0


def _clustered(matrix: Matrix, *, candidates: NDArray[np.bool_] | None = None, far: float = FAR) -> list[int]:
    """The labels of a full matrix, or of those of its pairs that are candidates."""
    compared = np.ones(matrix.shape, dtype=bool) if candidates is None else candidates
    left, right = (side.astype(np.int32) for side in np.nonzero(np.triu(compared, k=1)))
    labels: list[int] = average_linkage(len(matrix), left, right, matrix[left, right], far=far).tolist()
    return labels


def _random_matrix(n: int, seed: int, *, n_groups: int = 4) -> Matrix:
    """Log-odds around +1 inside planted groups and around -1 between them, so noisy that no two cuts agree; all distinct."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, size=n)
    noisy = np.where(group[:, None] == group[None, :], 1.0, -1.0) + rng.normal(scale=2.0, size=(n, n))
    return np.triu(noisy, k=1) + np.triu(noisy, k=1).T


def _scipys(matrix: Matrix) -> list[int]:
    """SciPy's average linkage, cut where the mean log-odds is 0. A distance is what is missing to the greatest log-odds."""
    if len(matrix) < 2:
        return list(range(len(matrix)))
    greatest = matrix.max() + 1
    distances = squareform(np.where(np.eye(len(matrix)) == 1, 0, greatest - matrix), checks=False)
    return canonical(fcluster(linkage(distances, method="average"), t=greatest, criterion="distance").tolist())


def _mean_between(matrix: Matrix, labels: list[int]) -> dict[tuple[int, int], float]:
    """Mean log-odds over all pairs between two groups, for every two groups."""
    rows = np.array(labels)
    two_groups = itertools.combinations(sorted(set(labels)), 2)
    return {(one, other): float(matrix[np.ix_(rows == one, rows == other)].mean()) for one, other in two_groups}


@pytest.mark.parametrize("n", [2, 3, 5, 9, 17, 40])
@pytest.mark.parametrize("seed", range(6))
def test_all_pairs_give_what_scipy_gives(n: int, seed: int) -> None:
    matrix = _random_matrix(n, seed)
    assert canonical(_clustered(matrix)) == _scipys(matrix)


def test_the_random_matrices_have_something_to_find() -> None:
    sizes = {len(set(_clustered(_random_matrix(40, seed)))) for seed in range(6)}
    assert min(sizes) > 1
    assert max(sizes) < 40


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("seed", range(6))
def test_pairs_that_are_no_candidates_count_as_far(share: float, seed: int) -> None:
    matrix = _random_matrix(30, seed)
    rng = np.random.default_rng(seed + 100)
    candidates = np.triu(rng.random(matrix.shape) < share, k=1)
    filled = np.where(candidates | candidates.T, matrix, FAR)
    assert canonical(_clustered(matrix, candidates=candidates)) == _scipys(filled)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_articles_makes_no_difference(seed: int) -> None:
    matrix = _random_matrix(25, seed)
    order = random.Random(seed).sample(range(25), 25)
    shuffled = _clustered(matrix[np.ix_(order, order)])
    assert canonical(shuffled[order.index(row)] for row in range(25)) == canonical(_clustered(matrix))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_pairs_makes_no_difference(seed: int) -> None:
    matrix = _random_matrix(20, seed)
    left, right = (side.astype(np.int32) for side in np.triu_indices(20, k=1))
    order = np.random.default_rng(seed).permutation(len(left))
    shuffled = average_linkage(20, left[order], right[order], matrix[left, right][order], far=FAR)
    assert shuffled.tolist() == _clustered(matrix)


@given(
    n=st.integers(0, 9),
    odds=st.lists(st.integers(-3, 3), min_size=36, max_size=36),
    kept=st.lists(st.booleans(), min_size=36, max_size=36),
    far=st.sampled_from([0.0, -1.0, -2.5]),
)
def test_no_two_groups_are_left_that_attract_each_other(n: int, odds: list[int], kept: list[bool], far: float) -> None:
    matrix = np.full((n, n), far)
    candidates = np.zeros((n, n), dtype=bool)
    for place, (i, j) in enumerate(itertools.combinations(range(n), 2)):
        candidates[i, j] = kept[place]
        matrix[i, j] = matrix[j, i] = odds[place] if kept[place] else far
    labels = _clustered(matrix, candidates=candidates, far=far)
    assert all(mean <= 1e-9 for mean in _mean_between(matrix, labels).values())
    for label in set(labels):
        rows = [row for row, own in enumerate(labels) if own == label]
        assert label == rows[0]  # a label is the smallest row of its group
        if len(rows) > 1:  # and whoever is in it attracts someone in it
            assert all(max(matrix[row, other] for other in rows if other != row) > 0 for row in rows)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_without_pairs_every_article_is_alone(n: int) -> None:
    none = np.zeros(0, dtype=np.int32)
    labels = average_linkage(n, none, none, np.zeros(0), far=FAR)
    assert labels.dtype == np.int64
    assert labels.tolist() == list(range(n))


@pytest.mark.parametrize(("odds", "expected"), [(0.001, [0, 0]), (0, [0, 1]), (-0.001, [0, 1])])
def test_two_articles_are_joined_at_better_than_even_odds(odds: float, expected: list[int]) -> None:
    assert _clustered(np.full((2, 2), odds)) == expected


@pytest.mark.parametrize(("odds", "expected"), [(1, [0] * 6), (0, [0, 1, 2, 3, 4, 5]), (-1, [0, 1, 2, 3, 4, 5])])
def test_equal_log_odds_join_all_or_none(odds: float, expected: list[int]) -> None:
    assert _clustered(np.full((6, 6), odds)) == expected


def test_a_third_article_joins_if_the_mean_over_both_pairs_is_above_nought() -> None:
    def third_joins(to_one: float, to_other: float) -> bool:
        return _clustered(np.array([[0, 5, to_one], [5, 0, to_other], [to_one, to_other, 0]])) == [0, 0, 0]

    assert third_joins(1.1, -1)
    assert not third_joins(0.9, -1)


def test_a_pair_that_is_no_candidate_weighs_in_the_mean_as_far() -> None:
    def third_joins(to_one: float) -> bool:
        left, right = np.array([0, 0], dtype=np.int32), np.array([1, 2], dtype=np.int32)
        return not average_linkage(3, left, right, np.array([5, to_one]), far=-2).any()

    assert third_joins(2.1)  # (2.1 - 2) / 2 > 0
    assert not third_joins(1.9)  # (1.9 - 2) / 2 < 0


def test_a_tie_goes_to_the_smaller_rows() -> None:
    middle_between_two = np.array([[0, 2, -9], [2, 0, 2], [-9, 2, 0]], dtype=np.float64)
    assert _clustered(middle_between_two) == [0, 0, 2]


def test_ties_are_broken_in_one_way_every_time() -> None:
    ring = np.full((6, 6), -4.0)
    for row in range(6):
        ring[row, (row + 1) % 6] = ring[(row + 1) % 6, row] = 1
    assert _clustered(ring) == [0, 0, 2, 2, 4, 4]


def _two_stories(size: int, *, inside: float, between: float) -> Matrix:
    matrix = np.full((2 * size, 2 * size), between)
    matrix[:size, :size] = matrix[size:, size:] = inside
    return matrix


def test_one_bridge_does_not_weld_two_stories() -> None:
    matrix = _two_stories(4, inside=3, between=-3)
    matrix[0, 4] = matrix[4, 0] = 2.9  # (2.9 + 15 x -3) / 16 < 0
    assert _clustered(matrix) == [0, 0, 0, 0, 4, 4, 4, 4]


def test_not_even_a_bridge_stronger_than_the_stories_welds_them() -> None:
    matrix = _two_stories(4, inside=3, between=-3)
    matrix[0, 4] = matrix[4, 0] = 6  # these two are joined first; (3 + -3) / 2 brings nobody else to them
    assert _clustered(matrix) == [0, 1, 1, 1, 0, 5, 5, 5]


def test_an_article_between_two_stories_joins_the_nearer_and_does_not_weld_them() -> None:
    matrix = np.full((9, 9), 0.0)
    matrix[:8, :8] = _two_stories(4, inside=3, between=-3)
    matrix[8, :4] = matrix[:4, 8] = 2  # a round-up, rather of the first
    matrix[8, 4:8] = matrix[4:8, 8] = 1
    assert _clustered(matrix) == [0, 0, 0, 0, 4, 4, 4, 4, 0]


def test_a_bridge_is_outvoted_by_pairs_that_nobody_compared() -> None:
    left, right = np.array([0, 1, 2], dtype=np.int32), np.array([1, 2, 3], dtype=np.int32)  # 0-1, the bridge 1-2, 2-3
    labels = average_linkage(4, left, right, np.array([3.0, 2.5, 3.0]), far=-1.0)
    assert labels.tolist() == [0, 0, 2, 2]  # (2.5 + 3 x -1) / 4 < 0


def test_a_long_chain_does_not_become_one_story() -> None:
    left = np.arange(99, dtype=np.int32)
    labels = average_linkage(100, left, left + 1, np.linspace(1, 2, 99), far=-2.0).tolist()
    assert max(labels.count(label) for label in labels) <= 3


def test_a_story_of_300_is_one() -> None:
    rng = np.random.default_rng(1)
    matrix = np.full((320, 320), -3.0)
    noisy = rng.normal(loc=1, scale=2, size=(300, 300))  # three pairs in ten say no
    matrix[:300, :300] = np.triu(noisy) + np.triu(noisy, k=1).T
    order = rng.permutation(320)
    labels = np.array(_clustered(matrix[np.ix_(order, order)]))
    assert len(set(labels[order < 300].tolist())) == 1
    assert len(set(labels.tolist())) == 1 + 20


@pytest.mark.parametrize("far", [0.001, 1, float("inf")])
def test_pairs_that_nobody_compared_may_not_attract(far: float) -> None:
    with pytest.raises(ValueError, match="far must not be above 0"):
        _clustered(np.ones((3, 3)), far=far)


@pytest.mark.parametrize("far", [float("-inf"), float("nan")])
def test_far_must_be_finite(far: float) -> None:
    with pytest.raises(ValueError, match="far must be finite"):
        _clustered(np.ones((3, 3)), far=far)


def test_log_odds_that_are_no_numbers_are_refused() -> None:
    matrix = np.ones((3, 3))
    matrix[0, 2] = np.nan
    with pytest.raises(ValueError, match=r"no log-odds may be NaN \(1 are\)"):
        _clustered(matrix)


def test_many_equal_pairs_take_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Copies of one text: with ties broken in order of rows, the first row would be everybody's best, and each round join one pair.
    rounds = 0
    mutually_best = clustering._mutually_best

    def counted(*arguments: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return mutually_best(*arguments)

    monkeypatch.setattr(clustering, "_mutually_best", counted)
    left, right = (side.astype(np.int32) for side in np.triu_indices(200, 1))
    labels = clustering.average_linkage(200, left, right, np.ones(len(left)), far=-1)
    assert set(labels.tolist()) == {0}
    assert rounds < 200 / 4


def test_no_group_spans_more_than_the_window() -> None:
    # A chain of days, each like the next: without the window it would be one group.
    left, right = np.arange(9, dtype=np.int32), np.arange(1, 10, dtype=np.int32)
    days = np.arange(10, dtype=np.float64)
    assert len(set(clustering.average_linkage(10, left, right, np.ones(9), far=0).tolist())) == 1
    labels = clustering.average_linkage(10, left, right, np.ones(9), far=0, times=days, window=3)
    spans = [np.ptp(days[labels == label]) for label in set(labels.tolist())]
    assert max(spans) <= 3
    assert len(spans) < 10


def test_an_unknown_time_widens_no_group() -> None:
    left, right = np.array([0, 1], dtype=np.int32), np.array([1, 2], dtype=np.int32)
    times = np.array([0, np.nan, 2.0])
    assert clustering.average_linkage(3, left, right, np.ones(2), far=0, times=times, window=2).tolist() == [0, 0, 0]
