"""Metrics: worked by hand, against slow oracles, and within their bounds."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from ranker.evaluation.metrics import (
    Agreement,
    VMeasure,
    adjusted_rand_index,
    average_precision,
    b_cubed,
    b_cubed_items,
    ndcg,
    pairwise,
    purity_of_largest,
    reciprocal_rank,
    share_alone,
    v_measure,
)

# Bagga and Baldwin's own example (1998): twelve mentions of three people, and two answers that each weld two of them.
PEOPLE = "AAAAABBCCCCC"
WELDED_SMALL = "AAAAABBBBBBB"  # the two of B with the five of C
WELDED_LARGE = "AAAAABBAAAAA"  # the five of A with the five of C

DIVISIONS = st.integers(1, 12).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2))


def _slow_b_cubed(truth: Sequence[object], found: Sequence[object]) -> Agreement:
    """Item by item, as the definition says it."""
    precision = recall = 0.0
    for one, its in zip(truth, found, strict=True):
        both = sum(other == one and theirs == its for other, theirs in zip(truth, found, strict=True))
        precision += both / sum(theirs == its for theirs in found)
        recall += both / sum(other == one for other in truth)
    return Agreement(precision / len(truth), recall / len(truth))


def _slow_pairwise(truth: Sequence[object], found: Sequence[object]) -> Agreement:
    """Pair by pair."""
    pairs = list(itertools.combinations(range(len(truth)), 2))
    true = {(i, j) for i, j in pairs if truth[i] == truth[j]}
    joined = {(i, j) for i, j in pairs if found[i] == found[j]}
    return Agreement(len(true & joined) / len(joined) if joined else 1, len(true & joined) / len(true) if true else 1)


def _slow_rand_index(truth: Sequence[object], found: Sequence[object]) -> float:
    """Rand index less what is expected, over its maximum less what is expected, on counted pairs."""
    pairs = list(itertools.combinations(range(len(truth)), 2))
    true = sum(truth[i] == truth[j] for i, j in pairs)
    joined = sum(found[i] == found[j] for i, j in pairs)
    both = sum(truth[i] == truth[j] and found[i] == found[j] for i, j in pairs)
    expected = true * joined / len(pairs) if pairs else 0
    highest = (true + joined) / 2
    return 1.0 if highest == expected else (both - expected) / (highest - expected)


def _entropy(labels: Sequence[object]) -> float:
    shares = [count / len(labels) for count in Counter(labels).values()]
    return -sum(share * math.log(share) for share in shares)


def _slow_v_measure(truth: Sequence[object], found: Sequence[object]) -> VMeasure:
    """By the entropies of the paper: H(C|K) = H(C, K) - H(K)."""
    of_truth, of_found, of_both = _entropy(truth), _entropy(found), _entropy(list(zip(truth, found, strict=True)))
    homogeneity = 1 - (of_both - of_found) / of_truth if of_truth else 1.0
    completeness = 1 - (of_both - of_truth) / of_found if of_found else 1.0
    total = homogeneity + completeness
    return VMeasure(homogeneity, completeness, 2 * homogeneity * completeness / total if total > 1e-12 else 0.0)


def _slow_purity(truth: Sequence[object], found: Sequence[object], groups: int) -> float:
    """Group by group, the largest first, of equals the one with the smaller majority."""
    members = [[one for one, its in zip(truth, found, strict=True) if its == group] for group in set(found)]
    chosen = sorted((-len(group), max(Counter(group).values())) for group in members)[:groups]
    return sum(majority for _, majority in chosen) / sum(-size for size, _ in chosen)


def test_b_cubed_of_the_papers_example() -> None:
    assert b_cubed(PEOPLE, WELDED_SMALL).precision == pytest.approx((5 * 5 / 5 + 2 * 2 / 7 + 5 * 5 / 7) / 12)
    assert b_cubed(PEOPLE, WELDED_LARGE).precision == pytest.approx((5 * 5 / 10 + 2 * 2 / 2 + 5 * 5 / 10) / 12)
    assert b_cubed(PEOPLE, WELDED_SMALL).recall == b_cubed(PEOPLE, WELDED_LARGE).recall == 1


def test_b_cubed_of_a_story_torn_in_two() -> None:
    torn = b_cubed("AAAAB", [1, 1, 1, 2, 3])
    assert torn.precision == 1
    assert torn.recall == pytest.approx((3 * 3 / 4 + 1 * 1 / 4 + 1) / 5)


def test_pairwise_worked_by_hand() -> None:
    # True pairs: 3 of A and 1 of B. Joined pairs: 1 (two of A) and 3 (one of A with both of B). In both: 1 and 1.
    found = pairwise("AAABB", [1, 1, 2, 2, 2])
    assert found.precision == pytest.approx((1 + 1) / (1 + 3))
    assert found.recall == pytest.approx((1 + 1) / (3 + 1))


def test_the_adjusted_rand_index_worked_by_hand() -> None:
    # 10 pairs; 4 true, 4 joined, 2 both; expected 4 x 4 / 10, at most (4 + 4) / 2.
    assert adjusted_rand_index("AAABB", [1, 1, 2, 2, 2]) == pytest.approx((2 - 4 * 4 / 10) / (4 - 4 * 4 / 10))


def test_the_harmonic_mean_worked_by_hand() -> None:
    assert Agreement(0.5, 1.0).f1 == pytest.approx(2 * 0.5 * 1 / (0.5 + 1))
    assert Agreement(0.0, 1.0).f1 == 0
    assert Agreement(0.0, 0.0).f1 == 0


@pytest.mark.parametrize(
    ("fast", "slow"),
    [(b_cubed, _slow_b_cubed), (pairwise, _slow_pairwise)],
)
@given(divisions=DIVISIONS)
def test_agreement_is_what_counting_one_by_one_gives(
    fast: Callable[..., Agreement], slow: Callable[..., Agreement], divisions: tuple[list[int], list[int]]
) -> None:
    found, expected = fast(*divisions), slow(*divisions)
    assert (found.precision, found.recall) == pytest.approx((expected.precision, expected.recall))


@given(divisions=DIVISIONS)
def test_b_cubed_is_the_mean_over_items(divisions: tuple[list[int], list[int]]) -> None:
    truth, found = divisions
    precision, recall = b_cubed_items(truth, found)
    for item, (one, its) in enumerate(zip(truth, found, strict=True)):
        both = sum(other == one and theirs == its for other, theirs in zip(truth, found, strict=True))
        assert precision[item] == pytest.approx(both / found.count(its))
        assert recall[item] == pytest.approx(both / truth.count(one))
    assert b_cubed(truth, found) == Agreement(precision.mean(), recall.mean())


@given(divisions=DIVISIONS)
def test_the_v_measure_is_what_entropies_give(divisions: tuple[list[int], list[int]]) -> None:
    expected, given_back = _slow_v_measure(*divisions), v_measure(*divisions)
    assert given_back.homogeneity == pytest.approx(expected.homogeneity, abs=1e-9)
    assert given_back.completeness == pytest.approx(expected.completeness, abs=1e-9)
    assert given_back.v_measure == pytest.approx(expected.v_measure, abs=1e-9)


@given(divisions=DIVISIONS, groups=st.integers(1, 6))
def test_purity_is_what_counting_group_by_group_gives(divisions: tuple[list[int], list[int]], groups: int) -> None:
    assert purity_of_largest(*divisions, groups=groups) == pytest.approx(_slow_purity(*divisions, groups))


@given(divisions=DIVISIONS)
def test_homogeneity_is_completeness_seen_from_the_other_side(divisions: tuple[list[int], list[int]]) -> None:
    truth, found = divisions
    assert v_measure(truth, found).homogeneity == pytest.approx(v_measure(found, truth).completeness, abs=1e-9)


@given(divisions=DIVISIONS)
def test_the_adjusted_rand_index_is_what_counting_pairs_gives(divisions: tuple[list[int], list[int]]) -> None:
    assert adjusted_rand_index(*divisions) == pytest.approx(_slow_rand_index(*divisions))


@pytest.mark.parametrize("metric", [b_cubed, pairwise])
@given(divisions=DIVISIONS)
def test_agreement_is_within_nought_and_one(metric: Callable[..., Agreement], divisions: tuple[list[int], list[int]]) -> None:
    found = metric(*divisions)
    assert 0 <= found.precision <= 1 + 1e-12
    assert 0 <= found.recall <= 1 + 1e-12
    assert 0 <= found.f1 <= 1 + 1e-12


@given(divisions=DIVISIONS)
def test_entropy_and_purity_are_within_nought_and_one(divisions: tuple[list[int], list[int]]) -> None:
    entropy = v_measure(*divisions)
    for share in (entropy.homogeneity, entropy.completeness, entropy.v_measure, purity_of_largest(*divisions), share_alone(divisions[0])):
        assert -1e-12 <= share <= 1 + 1e-12


@pytest.mark.parametrize("metric", [b_cubed, pairwise])
@given(divisions=DIVISIONS)
def test_precision_is_recall_seen_from_the_other_side(metric: Callable[..., Agreement], divisions: tuple[list[int], list[int]]) -> None:
    truth, found = divisions
    assert metric(truth, found).precision == pytest.approx(metric(found, truth).recall)


@given(divisions=DIVISIONS, rng=st.randoms(use_true_random=False))
def test_neither_names_nor_order_of_items_make_a_difference(divisions: tuple[list[int], list[int]], rng: random.Random) -> None:
    truth, found = divisions
    order = list(range(len(truth)))
    rng.shuffle(order)
    renamed = [f"story {truth[i]}" for i in order], [-found[i] for i in order]
    for metric in (b_cubed, pairwise):
        expected = metric(truth, found)
        assert (metric(*renamed).precision, metric(*renamed).recall) == pytest.approx((expected.precision, expected.recall))
    assert adjusted_rand_index(*renamed) == pytest.approx(adjusted_rand_index(truth, found))
    assert v_measure(*renamed).v_measure == pytest.approx(v_measure(truth, found).v_measure, abs=1e-9)
    assert purity_of_largest(*renamed, groups=2) == purity_of_largest(truth, found, groups=2)
    assert share_alone(renamed[0]) == share_alone(truth)


@given(truth=st.lists(st.integers(0, 4), max_size=12))
def test_a_perfect_answer_is_worth_one(truth: list[int]) -> None:
    renamed = [f"group {label}" for label in truth]
    assert [b_cubed(truth, renamed).f1, pairwise(truth, renamed).f1, adjusted_rand_index(truth, renamed)] == pytest.approx([1, 1, 1])
    assert [v_measure(truth, renamed).v_measure, purity_of_largest(truth, renamed)] == pytest.approx([1, 1])


class TestPurityOfTheLargest:
    def test_weighs_each_group_by_its_size(self) -> None:
        # Groups of 4 (three of A), 2 (two of B) and 1: the two largest hold six items.
        assert purity_of_largest("AAABBBC", [1, 1, 1, 1, 2, 2, 3], groups=2) == (3 + 2) / (4 + 2)

    def test_looks_at_no_more_groups_than_asked_for(self) -> None:
        assert purity_of_largest("AAABBC", [1, 1, 1, 2, 2, 2], groups=1) == 2 / 3

    def test_takes_the_less_pure_of_groups_of_one_size(self) -> None:
        assert purity_of_largest("AABC", [1, 1, 2, 2], groups=1) == purity_of_largest("BCAA", [1, 1, 2, 2], groups=1) == 1 / 2

    def test_of_more_groups_than_there_are_is_of_all(self) -> None:
        assert purity_of_largest("AABC", [1, 1, 2, 2], groups=9) == (2 + 1) / 4

    def test_of_no_group_is_not_defined(self) -> None:
        with pytest.raises(ValueError, match="at least one group, not 0"):
            purity_of_largest("A", "x", groups=0)


@pytest.mark.parametrize(("labels", "expected"), [("AABCD", 3 / 5), ("AABB", 0), ("ABC", 1)])
def test_the_share_alone_is_of_items(labels: str, expected: float) -> None:
    assert share_alone(labels) == expected


def test_labels_of_any_kind_are_told_apart() -> None:
    assert b_cubed([None, "", 0, ("a",)], ["w", "x", "y", "z"]) == Agreement(1, 1)


class TestNothingToAgreeOn:
    """Where a share has no whole, nothing was got wrong: it is 1."""

    def test_no_items(self) -> None:
        assert b_cubed([], []) == pairwise([], []) == Agreement(1, 1)
        assert adjusted_rand_index([], []) == purity_of_largest([], []) == 1
        assert v_measure([], []) == VMeasure(1, 1, 1)
        assert [len(values) for values in b_cubed_items([], [])] == [0, 0]

    def test_of_no_items_none_is_alone(self) -> None:
        assert share_alone([]) == 0

    def test_one_item(self) -> None:
        assert b_cubed("A", "x") == pairwise("A", "x") == Agreement(1, 1)
        assert adjusted_rand_index("A", "x") == purity_of_largest("A", "x") == share_alone("A") == 1
        assert v_measure("A", "x") == VMeasure(1, 1, 1)

    def test_no_pair_is_joined(self) -> None:
        assert pairwise("AAB", "xyz") == Agreement(1, 0)

    def test_no_pair_is_true(self) -> None:
        assert pairwise("ABC", "xxy") == Agreement(0, 1)

    def test_no_pair_on_either_side(self) -> None:
        assert pairwise("ABC", "xyz") == Agreement(1, 1)
        assert adjusted_rand_index("ABC", "xyz") == 1


@pytest.mark.parametrize("metric", [b_cubed, b_cubed_items, pairwise, purity_of_largest])
def test_divisions_of_different_lengths_are_refused(metric: Callable[..., Agreement]) -> None:
    with pytest.raises(ValueError, match="3 true labels but 2 found ones"):
        metric("AAB", "xy")


@pytest.mark.parametrize("metric", [adjusted_rand_index, v_measure])
def test_divisions_of_different_lengths_are_refused_by_the_library(metric: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="inconsistent"):
        metric("AAB", "xy")


class TestAveragePrecision:
    @pytest.mark.parametrize(
        ("ranked", "relevant", "expected"),
        [
            ("ab", "ab", 1),
            ("xab", "ab", (1 / 2 + 2 / 3) / 2),
            ("axb", "ab", (1 / 1 + 2 / 3) / 2),
            ("a", "abc", (1 / 1) / 3),
            ("xxa", "abc", (1 / 3) / 3),
            ("xyz", "ab", 0),
            ("", "ab", 0),
        ],
    )
    def test_is_the_mean_precision_at_each_relevant_item(self, ranked: str, relevant: str, expected: float) -> None:
        assert average_precision(ranked, set(relevant)) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("ranked", "limit", "expected"),
        [
            ("ab", 2, 1),  # two places, both right: all that a list of two can do for four relevant items
            ("a", 2, (1 / 1) / 2),  # a place left empty is no merit
            ("", 2, 0),
            ("xbacd", 2, (1 / 2) / 2),  # what stands after the last place does not count
            ("abcd", 9, 1),
        ],
    )
    def test_of_a_list_with_few_places_is_measured_against_the_best_such_list(self, ranked: str, limit: int, expected: float) -> None:
        assert average_precision(ranked, set("abcd"), limit=limit) == pytest.approx(expected)

    @given(st.permutations("abcdef"), st.sets(st.sampled_from("abcdef"), min_size=1), st.none() | st.integers(1, 8))
    def test_is_within_nought_and_one_and_one_for_the_relevant_first(
        self, ranked: list[str], relevant: set[str], limit: int | None
    ) -> None:
        best = sorted(ranked, key=lambda item: item not in relevant)
        assert 0 <= average_precision(ranked, relevant, limit=limit) <= average_precision(best, relevant, limit=limit)
        assert average_precision(best, relevant, limit=limit) == pytest.approx(1)


class TestReciprocalRank:
    @pytest.mark.parametrize(
        ("ranked", "limit", "expected"),
        [("axb", None, 1), ("xab", None, 1 / 2), ("xxxb", None, 1 / 4), ("xyz", None, 0), ("", None, 0), ("xxb", 2, 0), ("xxb", 3, 1 / 3)],
    )
    def test_is_one_over_the_place_of_the_first_relevant_item(self, ranked: str, limit: int | None, expected: float) -> None:
        assert reciprocal_rank(ranked, set("ab"), limit=limit) == expected

    @given(st.permutations("abcdef"), st.sets(st.sampled_from("abcdef"), min_size=1))
    def test_is_never_below_the_precision_averaged_over_all(self, ranked: list[str], relevant: set[str]) -> None:
        assert 0 < reciprocal_rank(ranked, relevant) <= 1
        assert reciprocal_rank(ranked, relevant) >= 1 / len(ranked)


class TestNdcg:
    @pytest.mark.parametrize(
        ("ranked", "limit", "expected"),
        [
            ("ab", 5, 1),
            ("xab", 5, (1 / math.log2(3) + 1 / math.log2(4)) / (1 / math.log2(2) + 1 / math.log2(3))),
            ("xab", 2, (1 / math.log2(3)) / (1 / math.log2(2) + 1 / math.log2(3))),
            ("xab", 1, 0),
            ("a", 1, 1),  # one place, and it is right: two do not fit
            ("a", 2, 1 / (1 / math.log2(2) + 1 / math.log2(3))),
            ("", 5, 0),
        ],
    )
    def test_worked_by_hand(self, ranked: str, limit: int, expected: float) -> None:
        assert ndcg(ranked, set("ab"), limit=limit) == pytest.approx(expected)

    @given(st.permutations("abcdef"), st.sets(st.sampled_from("abcdef"), min_size=1), st.integers(1, 8))
    def test_is_what_scikit_learn_gives(self, ranked: list[str], relevant: set[str], limit: int) -> None:
        gains = np.array([[float(item in relevant) for item in ranked]])
        scores = np.array([[-float(place) for place in range(len(ranked))]])
        assert ndcg(ranked, relevant, limit=limit) == pytest.approx(ndcg_score(gains, scores, k=limit))


METRICS_OF_LISTS: list[tuple[str, Callable[..., float]]] = [
    ("average precision", average_precision), ("reciprocal rank", reciprocal_rank), ("nDCG", ndcg),
]  # fmt: skip


@pytest.mark.parametrize(("name", "metric"), METRICS_OF_LISTS)
class TestEveryMetricOfLists:
    def test_is_not_defined_if_nothing_is_relevant(self, name: str, metric: Callable[..., float]) -> None:
        with pytest.raises(ValueError, match=f"{name} needs at least one relevant item"):
            metric("ab", set[str](), limit=2)

    def test_is_not_defined_for_a_list_without_a_place(self, name: str, metric: Callable[..., float]) -> None:
        with pytest.raises(ValueError, match=f"{name} needs at least one place, limit is 0"):
            metric("ab", {"a"}, limit=0)

    @pytest.mark.parametrize("relevant", [{"a"}, ["a"], frozenset("a")])
    def test_takes_any_collection(self, name: str, metric: Callable[..., float], relevant: Collection[str]) -> None:
        assert metric("ab", relevant, limit=2) == 1, name
