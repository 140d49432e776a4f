"""Clustering: average linkage along few links gives what it gives on all pairs, one join at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array
from scipy.spatial.distance import squareform
from support.partitions import canonical
from support.scored import rows_of_scores

from ranker.stories import clustering
from ranker.stories.clustering import average_linkage
from ranker.stories.score import Score

Matrix = NDArray[np.float64]  # (n, n) scores, symmetric; the diagonal says nothing
Links = Iterable[tuple[int, int]]


def _score(matrix: Matrix) -> Score:
    return _of_rows(rows_of_scores(matrix))


def _of_rows(rows: NDArray[np.float32], constant: float = 0.0) -> Score:
    none = csr_array((len(rows), 1), dtype=np.float32)
    return Score(rows, np.ones(rows.shape[1], dtype=np.float32), none, np.ones(1, dtype=np.float32), constant)


def _every_pair(n: int) -> list[tuple[int, int]]:
    return list(itertools.combinations(range(n), 2))


def _labels(score: Score, links: Links | None = None, **options: Any) -> list[int]:
    """Labels along the links, or along all pairs."""
    ends = np.array(list(_every_pair(len(score)) if links is None else links), dtype=np.int64).reshape(-1, 2)
    labels = average_linkage(score, ends[:, 0], ends[:, 1], **options)
    assert labels.dtype == np.int64
    return [int(label) for label in labels]


def _clustered(matrix: Matrix, links: Links | None = None, **options: Any) -> list[int]:
    return _labels(_score(matrix), links, **options)


def _random_matrix(n: int, seed: int, *, n_groups: int = 4) -> Matrix:
    """Scores around +1 inside planted groups and around -1 between them, so noisy that no two cuts agree; all distinct."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, size=n)
    noisy = np.where(group[:, None] == group[None, :], 1.0, -1.0) + rng.normal(scale=2.0, size=(n, n))
    return np.triu(noisy, k=1) + np.triu(noisy, k=1).T


def _scipys(matrix: Matrix) -> list[int]:
    """SciPy's average linkage, cut where the mean score is 0. A distance is what is missing to the greatest score."""
    greatest = matrix.max() + 1
    distances = squareform(np.where(np.eye(len(matrix)) == 1, 0, greatest - matrix), checks=False)
    return canonical(fcluster(linkage(distances, method="average"), t=greatest, criterion="distance").tolist())


def _mean(matrix: Matrix, one: frozenset[int], other: frozenset[int]) -> float:
    return float(matrix[np.ix_(sorted(one), sorted(other))].mean())


def _slowly(matrix: Matrix, links: Links, times: list[float], window: float) -> list[int]:
    """The same by sets: in rounds, all mutually best groups that a link joins."""
    groups = {row: frozenset({row}) for row in range(len(matrix))}
    linked = {frozenset((frozenset({i}), frozenset({j}))) for i, j in links if i != j}
    while True:
        means: dict[frozenset[frozenset[int]], float] = {}
        for link in linked:
            one, other = link
            span = np.ptp([times[row] for row in one | other])
            if (mean := _mean(matrix, one, other)) > 0 and span <= window:
                means[link] = mean
        best = {group: max((link for link in means if group in link), key=means.__getitem__, default=None) for group in groups.values()}
        joined = {link for link in means if all(best[group] == link for group in link)}
        if not joined:
            return [min(groups[row]) for row in range(len(matrix))]
        new = {group: frozenset().union(*link) for link in joined for group in link}
        groups = {row: new.get(group, group) for row, group in groups.items()}
        linked = {frozenset(new.get(group, group) for group in link) for link in means}
        linked = {link for link in linked if len(link) == 2}


# Against slow oracles


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
def test_some_links_and_a_window_give_what_slow_sets_give(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed + 100)
    matrix = _random_matrix(24, seed)
    links = [pair for pair in _every_pair(24) if rng.random() < share]
    times = rng.uniform(0, 10, size=24)
    for window in (np.inf, 6.0):
        assert _clustered(matrix, links, times=times, window=window) == _slowly(matrix, links, times.tolist(), window)


@given(n=st.integers(0, 9), scores=st.lists(st.integers(-3, 3), min_size=36, max_size=36))
def test_no_two_groups_are_left_that_attract_each_other(n: int, scores: list[int]) -> None:
    matrix = np.zeros((n, n))
    for (i, j), value in zip(_every_pair(n), scores, strict=False):
        matrix[i, j] = matrix[j, i] = value
    labels = _clustered(matrix)
    groups = [frozenset(row for row in range(n) if labels[row] == label) for label in sorted(set(labels))]
    assert all(_mean(matrix, one, other) <= 1e-6 for one, other in itertools.combinations(groups, 2))
    for group in groups:
        assert {labels[row] for row in group} == {min(group)}  # a label is the smallest row of its group
        if len(group) > 1:  # and whoever is in it attracts someone in it
            assert all(max(matrix[row, other] for other in group - {row}) > 0 for row in group)


# What makes no difference


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_articles_makes_no_difference(seed: int) -> None:
    matrix, rng = _random_matrix(25, seed), np.random.default_rng(seed)
    links = [pair for pair in _every_pair(25) if rng.random() < 0.5]
    order = rng.permutation(25)
    place = np.argsort(order)
    shuffled = _clustered(matrix[np.ix_(order, order)], [(int(place[i]), int(place[j])) for i, j in links])
    assert canonical(shuffled[place[row]] for row in range(25)) == canonical(_clustered(matrix, links))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_and_number_of_links_make_no_difference(seed: int) -> None:
    matrix, links = _random_matrix(20, seed), _every_pair(20)
    order = np.random.default_rng(seed).permutation(len(links))
    turned = [links[place][:: (-1) ** place] for place in order]
    assert _clustered(matrix, [*turned, *links[::3], (4, 4)]) == _clustered(matrix)


@pytest.mark.parametrize("seed", range(6))
def test_an_article_that_is_like_none_changes_no_group(seed: int) -> None:
    matrix = np.full((26, 26), -1.0)
    matrix[:25, :25] = _random_matrix(25, seed)
    assert _clustered(matrix) == [*_clustered(matrix[:25, :25]), 25]


@pytest.mark.parametrize("seed", range(6))
def test_a_group_that_goes_changes_no_other(seed: int) -> None:
    matrix = _random_matrix(30, seed)
    before = _clustered(matrix)
    for gone in set(before):
        left = [row for row in range(30) if before[row] != gone]
        after = _clustered(matrix[np.ix_(left, left)])
        assert [left[label] for label in after] == [before[row] for row in left]


# Edges


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_without_links_every_article_is_alone(n: int) -> None:
    assert _clustered(np.ones((n, n)), []) == list(range(n))


def test_no_articles_have_no_copies() -> None:
    assert _clustered(np.ones((0, 0)), [], copies=np.zeros(0, dtype=np.int64), times=np.zeros(0)) == []


def test_an_article_is_not_linked_with_itself() -> None:
    assert _labels(_of_rows(np.ones((2, 1), dtype=np.float32)), [(0, 0), (1, 1)]) == [0, 1]


@pytest.mark.parametrize(("mean", "expected"), [(0.001, [0, 0]), (0, [0, 1]), (-0.001, [0, 1])])
def test_two_articles_are_joined_above_nought(mean: float, expected: list[int]) -> None:
    assert _clustered(np.full((2, 2), mean)) == expected


@pytest.mark.parametrize(("mean", "expected"), [(1, [0] * 6), (0, [0, 1, 2, 3, 4, 5]), (-1, [0, 1, 2, 3, 4, 5])])
def test_equal_scores_join_all_or_none(mean: float, expected: list[int]) -> None:
    assert _clustered(np.full((6, 6), mean)) == expected


def test_a_third_article_joins_if_the_mean_over_both_pairs_is_above_nought() -> None:
    def third_joins(to_one: float, to_other: float) -> bool:
        return _clustered(np.array([[0, 5, to_one], [5, 0, to_other], [to_one, to_other, 0]])) == [0, 0, 0]

    assert third_joins(1.1, -1)
    assert not third_joins(0.9, -1)


def test_a_pair_without_a_link_weighs_in_the_mean_with_its_own_score() -> None:
    def third_joins(to_other: float) -> bool:
        matrix = np.array([[0, 5, 2], [5, 0, to_other], [2, to_other, 0]])
        return _clustered(matrix, [(0, 1), (0, 2)]) == [0, 0, 0]

    assert third_joins(-1.9)  # (2 - 1.9) / 2 > 0
    assert not third_joins(-2.1)  # (2 - 2.1) / 2 < 0


def test_large_groups_weigh_by_all_their_articles() -> None:
    # 1 to 4 are one story; 0 likes three of them.
    matrix = np.full((5, 5), 9.0)
    for row in (1, 2, 3):
        matrix[0, row] = matrix[row, 0] = 1.0
    for last, joins in ((-2.9, True), (-3.1, False)):  # (3 x 1 + last) / 4
        matrix[0, 4] = matrix[4, 0] = last
        assert _clustered(matrix) == ([0] * 5 if joins else [0, 1, 1, 1, 1])


def test_a_tie_is_broken_in_one_way_every_time() -> None:
    ring = np.full((6, 6), -4.0)
    for row in range(6):
        ring[row, (row + 1) % 6] = ring[(row + 1) % 6, row] = 1
    first = _clustered(ring)
    assert _clustered(ring, [(j, i) for i, j in reversed(_every_pair(6))]) == first
    assert sorted(first.count(label) for label in set(first)) in ([2, 2, 2], [1, 1, 2, 2])


# Articles that must be apart


def _one_by_one(matrix: Matrix, apart: set[frozenset[int]]) -> list[int]:
    """All pairs, one join at a time: the best two groups that hold no pair that must be apart."""
    groups = [frozenset({row}) for row in range(len(matrix))]

    def allowed(one: frozenset[int], other: frozenset[int]) -> bool:
        return not any(pair & one and pair & other for pair in apart)

    while True:
        joins = [(one, other) for one, other in itertools.combinations(groups, 2) if allowed(one, other) and _mean(matrix, one, other) > 0]
        if not joins:
            return canonical(next(min(group) for group in groups if row in group) for row in range(len(matrix)))
        one, other = max(joins, key=lambda join: _mean(matrix, *join))
        groups = [*(group for group in groups if group not in (one, other)), one | other]


def _random_apart(n: int, seed: int, share: float) -> set[frozenset[int]]:
    rng = np.random.default_rng(seed + 7)
    return {frozenset(pair) for pair in _every_pair(n) if rng.random() < share}


def _ends(apart: Iterable[frozenset[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ends = np.array([sorted(pair) for pair in sorted(apart, key=sorted)], dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("seed", range(6))
def test_joins_at_once_are_joins_one_by_one_where_some_must_be_apart(share: float, seed: int) -> None:
    matrix, apart = _random_matrix(25, seed, n_groups=2), _random_apart(25, seed, share)
    found = canonical(_clustered(matrix, apart=_ends(apart)))
    assert found == _one_by_one(matrix, apart)
    assert found != canonical(_clustered(matrix))  # they make a difference


@given(n=st.integers(2, 9), scores=st.lists(st.integers(-1, 3), min_size=36, max_size=36), data=st.data())
def test_what_must_be_apart_is_and_all_else_that_attracts_is_joined(n: int, scores: list[int], data: st.DataObject) -> None:
    matrix = np.zeros((n, n))
    for (i, j), value in zip(_every_pair(n), scores, strict=False):
        matrix[i, j] = matrix[j, i] = value
    apart = data.draw(st.sets(st.sampled_from([frozenset(pair) for pair in _every_pair(n)])))
    labels = _clustered(matrix, apart=_ends(apart))
    groups = [frozenset(row for row in range(n) if labels[row] == label) for label in set(labels)]
    assert not [pair for pair in apart for group in groups if pair <= group]
    for one, other in itertools.combinations(groups, 2):
        assert _mean(matrix, one, other) <= 1e-6 or any(pair & one and pair & other for pair in apart)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_articles_makes_no_difference_where_some_must_be_apart(seed: int) -> None:
    matrix, apart = _random_matrix(25, seed), _random_apart(25, seed, 0.2)
    order = np.random.default_rng(seed).permutation(25)
    place = np.argsort(order)
    moved = {frozenset(int(place[row]) for row in pair) for pair in apart}
    shuffled = _clustered(matrix[np.ix_(order, order)], apart=_ends(moved))
    assert canonical(shuffled[place[row]] for row in range(25)) == canonical(_clustered(matrix, apart=_ends(apart)))


def test_the_order_and_direction_of_pairs_that_must_be_apart_make_no_difference() -> None:
    matrix, apart = _random_matrix(20, 1), _random_apart(20, 1, 0.3)
    left, right = _ends(apart)
    turned = np.concatenate((right[::-1], left)), np.concatenate((left[::-1], right))
    assert _clustered(matrix, apart=turned) == _clustered(matrix, apart=(left, right))


def test_two_joins_of_one_round_bring_nothing_together_that_must_be_apart() -> None:
    # Round one joins 0 with 1 and 2 with 3 at once; 0 and 3 must be apart, so these two pairs must not be joined then.
    matrix = np.full((4, 4), 2.0)
    matrix[0, 1] = matrix[1, 0] = matrix[2, 3] = matrix[3, 2] = 5
    assert _clustered(matrix) == [0, 0, 0, 0]
    assert _clustered(matrix, apart=_ends([frozenset({0, 3})])) == [0, 0, 2, 2]


def test_twins_that_must_be_apart_part_all_that_is_like_both() -> None:
    # 0 and 1 are alike in all, and so is everybody: each other article is with one of the two, or with neither.
    labels = _clustered(np.ones((9, 9)), apart=_ends([frozenset({0, 1})]))
    assert labels[0] != labels[1]
    assert len(set(labels)) == 2


def test_copies_bring_along_what_they_must_be_apart_from() -> None:
    # 2 must be apart from 1, and so from 0, whose copy 1 is.
    copies = np.array([0, 0, 2])
    assert _clustered(np.ones((3, 3)), copies=copies, apart=_ends([frozenset({1, 2})])) == [0, 0, 2]


def test_copies_that_must_be_apart_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"^rows 0 and 2 must be apart and are copies of each other$"):
        _clustered(np.ones((3, 3)), copies=np.array([5, 6, 5]), apart=_ends([frozenset({1, 2}), frozenset({0, 2})]))


def test_no_pairs_that_must_be_apart_make_no_difference() -> None:
    matrix = _random_matrix(20, 4)
    assert _clustered(matrix, apart=_ends([])) == _clustered(matrix)


# Groups that are longer than the window from the start


def test_an_article_beside_either_end_of_a_long_group_joins_it() -> None:
    times, copies = np.array([0.0, 9.0, 2.0, 8.0]), np.array([0, 0, 2, 3])
    assert _clustered(np.ones((4, 4)), times=times, copies=copies, window=3) == [0, 0, 0, 0]


def test_a_long_group_grows_by_a_window_and_no_more() -> None:
    # 9 days from the start, so 12 in the end.
    copies = np.array([0, 0, 2])
    assert _clustered(np.ones((3, 3)), times=np.array([0.0, 9.0, 12.0]), copies=copies, window=3) == [0, 0, 0]
    assert _clustered(np.ones((3, 3)), times=np.array([0.0, 9.0, 12.1]), copies=copies, window=3) == [0, 0, 2]


def test_a_long_group_lengthens_no_other() -> None:
    times, copies = np.array([0.0, 9.0, 20.0, 23.1]), np.array([0, 0, 2, 3])
    assert _clustered(np.ones((4, 4)), times=times, copies=copies, window=3) == [0, 0, 2, 3]


def test_a_group_as_long_as_the_window_is_no_long_one() -> None:
    times, copies = np.array([0.0, 3.0, 3.5]), np.array([0, 0, 2])
    assert _clustered(np.ones((3, 3)), times=times, copies=copies, window=3) == [0, 0, 2]


# Stories


def _two_stories(size: int, *, inside: float, between: float) -> Matrix:
    matrix = np.full((2 * size, 2 * size), between)
    matrix[:size, :size] = matrix[size:, size:] = inside
    return matrix


def test_one_bridge_does_not_weld_two_stories() -> None:
    matrix = _two_stories(4, inside=3, between=-3)
    matrix[0, 4] = matrix[4, 0] = 2.9  # (2.9 + 15 x -3) / 16 < 0
    assert _clustered(matrix) == [0, 0, 0, 0, 4, 4, 4, 4]


def test_a_bridge_is_outvoted_by_pairs_without_a_link() -> None:
    matrix = _two_stories(2, inside=3, between=-1)
    matrix[1, 2] = matrix[2, 1] = 2.5
    assert _clustered(matrix, [(0, 1), (1, 2), (2, 3)]) == [0, 0, 2, 2]  # (2.5 + 3 x -1) / 4 < 0


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


def test_a_long_chain_does_not_become_one_story() -> None:
    matrix = np.full((60, 60), -2.0)
    for row, strength in enumerate(np.linspace(1, 2, 59)):
        matrix[row, row + 1] = matrix[row + 1, row] = strength
    labels = _clustered(matrix, [(row, row + 1) for row in range(59)])
    assert max(labels.count(label) for label in labels) <= 3


def test_a_story_of_300_noisy_articles_is_one_with_ten_links_each() -> None:
    rng = np.random.default_rng(1)
    tell = rng.permutation(320) < 300
    rows = rng.normal(scale=0.25, size=(320, 20)).astype(np.float32)
    rows[:, 0] = np.where(tell, 0.8, 0)  # the event that 300 tell and 20 do not
    score = _of_rows(rows, constant=-0.4)
    every = score.of_pairs(*np.indices((320, 320)).reshape(2, -1)).reshape(320, 320)
    assert (every[np.ix_(tell, tell)] < 0).mean() > 0.15  # more than one pair in seven says no
    np.fill_diagonal(every, -np.inf)
    nearest = np.argsort(-every, axis=1)[:, :10]
    labels = np.array(_labels(score, [(row, int(other)) for row in range(320) for other in nearest[row]]))
    assert len(set(labels[tell].tolist())) == 1
    assert not set(labels[tell].tolist()) & set(labels[~tell].tolist())


# Windows


def test_no_group_spans_more_than_the_window() -> None:
    # A chain of days, each like the next: without the window it would be one group.
    days, ones = np.arange(10, dtype=np.float64), np.ones((10, 10))
    assert set(_clustered(ones)) == {0}
    labels = np.array(_clustered(ones, times=days, window=3))
    spans = [np.ptp(days[labels == label]) for label in set(labels.tolist())]
    assert max(spans) <= 3
    assert len(spans) < 10


def test_articles_a_window_apart_may_be_joined() -> None:
    assert _clustered(np.ones((2, 2)), times=np.array([0.0, 3.0]), window=3) == [0, 0]
    assert _clustered(np.ones((2, 2)), times=np.array([3.001, 0.0]), window=3) == [0, 1]


def test_without_times_there_is_no_window() -> None:
    assert _clustered(np.ones((2, 2)), window=0) == [0, 0]


def test_an_unknown_time_widens_no_group() -> None:
    times = np.array([0, np.nan, 2.0, np.nan])
    assert _clustered(np.ones((4, 4)), times=times, window=2) == [0, 0, 0, 0]


@given(
    times=st.lists(st.floats(0, 10) | st.just(np.nan), min_size=1, max_size=9),
    window=st.floats(0, 10),
    seed=st.integers(0, 1000),
)
def test_no_group_is_ever_wider_than_the_window(times: list[float], window: float, seed: int) -> None:
    days = np.array(times)
    labels = np.array(_clustered(_random_matrix(len(times), seed, n_groups=1), times=days, window=window))
    for label in set(labels.tolist()):
        known = days[(labels == label) & ~np.isnan(days)]
        assert not len(known) or np.ptp(known) <= window


# Copies


@pytest.mark.parametrize(("to_one", "expected"), [(-4.9, [0, 0, 0, 3]), (-5.1, [0, 1, 1, 3])])
def test_copies_are_joined_before_all_else(to_one: float, expected: list[int]) -> None:
    # Alone 0 would take 2, whom it likes; it takes both copies, if (5 + to_one) / 2 > 0, or none.
    matrix = np.full((4, 4), -1.0)
    matrix[0, 2] = matrix[2, 0] = 5
    matrix[0, 1] = matrix[1, 0] = to_one
    assert _clustered(matrix, copies=np.array([7, 3, 3, 9])) == expected


def test_without_links_copies_are_still_together() -> None:
    assert _clustered(-np.ones((5, 5)), [], copies=np.array([4, 1, 4, 2, 1])) == [0, 1, 0, 3, 1]


def test_copies_that_are_all_alone_make_no_difference() -> None:
    matrix = _random_matrix(20, 3)
    assert _clustered(matrix, copies=np.arange(20)[::-1]) == _clustered(matrix)


def test_the_span_of_copies_counts() -> None:
    times, copies = np.array([0.0, 2.0, 4.0]), np.array([0, 0, 2])
    assert _clustered(np.ones((3, 3)), times=times, copies=copies, window=3) == [0, 0, 2]
    assert _clustered(np.ones((3, 3)), times=times, copies=copies, window=4) == [0, 0, 0]


def _rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of links of each round to come."""
    seen: list[int] = []
    mutually_best = clustering._mutually_best

    def counted(n: int, links: Any) -> Any:
        seen.append(len(links.left))
        return mutually_best(n, links)

    monkeypatch.setattr(clustering, "_mutually_best", counted)
    return seen


def _ring(n: int, reach: int) -> list[tuple[int, int]]:
    return [(row, (row + step) % n) for row in range(n) for step in range(1, reach + 1)]


def test_3000_copies_take_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = _rounds(monkeypatch)
    score = _of_rows(np.ones((3000, 2), dtype=np.float32))
    assert set(_labels(score, _ring(3000, 24), copies=np.zeros(3000, dtype=np.int64))) == {0}
    assert rounds == [0]


def test_many_equal_pairs_take_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    # With ties broken in order of rows the first row would be everybody's best, and each round join one pair.
    rounds = _rounds(monkeypatch)
    rows = np.full((3000, 3), 1 / 3, dtype=np.float32)
    assert set(_labels(_of_rows(rows), _ring(3000, 24))) == {0}
    assert len(rounds) < 100


def test_nothing_is_written_into_what_was_given() -> None:
    score = _score(_random_matrix(12, 1))
    before = replace(score, dense=score.dense.copy())
    ends = np.array(_every_pair(12), dtype=np.int32)
    left, right, copies = ends[:, 0].copy(), ends[:, 1].copy(), np.arange(12)
    average_linkage(score, left, right, times=np.arange(12.0), window=3, copies=copies)
    assert score.dense.tolist() == before.dense.tolist()
    assert (left.tolist(), right.tolist(), copies.tolist()) == (ends[:, 0].tolist(), ends[:, 1].tolist(), list(range(12)))
