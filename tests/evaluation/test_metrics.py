"""Metrics: worked by hand, against slow oracles, and within their bounds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.evaluation.metrics import Agreement, adjusted_rand_index, average_precision, b_cubed, pairwise

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
def test_the_adjusted_rand_index_is_what_counting_pairs_gives(divisions: tuple[list[int], list[int]]) -> None:
    assert adjusted_rand_index(*divisions) == pytest.approx(_slow_rand_index(*divisions))


@pytest.mark.parametrize("metric", [b_cubed, pairwise])
@given(divisions=DIVISIONS)
def test_agreement_is_within_nought_and_one(metric: Callable[..., Agreement], divisions: tuple[list[int], list[int]]) -> None:
    found = metric(*divisions)
    assert 0 <= found.precision <= 1 + 1e-12
    assert 0 <= found.recall <= 1 + 1e-12
    assert 0 <= found.f1 <= 1 + 1e-12


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


@given(truth=st.lists(st.integers(0, 4), max_size=12))
def test_a_perfect_answer_is_worth_one(truth: list[int]) -> None:
    renamed = [f"group {label}" for label in truth]
    assert [b_cubed(truth, renamed).f1, pairwise(truth, renamed).f1, adjusted_rand_index(truth, renamed)] == pytest.approx([1, 1, 1])


def test_labels_of_any_kind_are_told_apart() -> None:
    assert b_cubed([None, "", 0, ("a",)], ["w", "x", "y", "z"]) == Agreement(1, 1)


class TestNothingToAgreeOn:
    """Where a share has no whole, nothing was got wrong: it is 1."""

    def test_no_items(self) -> None:
        assert b_cubed([], []) == pairwise([], []) == Agreement(1, 1)
        assert adjusted_rand_index([], []) == 1

    def test_one_item(self) -> None:
        assert b_cubed("A", "x") == pairwise("A", "x") == Agreement(1, 1)
        assert adjusted_rand_index("A", "x") == 1

    def test_no_pair_is_joined(self) -> None:
        assert pairwise("AAB", "xyz") == Agreement(1, 0)

    def test_no_pair_is_true(self) -> None:
        assert pairwise("ABC", "xxy") == Agreement(0, 1)

    def test_no_pair_on_either_side(self) -> None:
        assert pairwise("ABC", "xyz") == Agreement(1, 1)
        assert adjusted_rand_index("ABC", "xyz") == 1


@pytest.mark.parametrize("metric", [b_cubed, pairwise])
def test_divisions_of_different_lengths_are_refused(metric: Callable[..., Agreement]) -> None:
    with pytest.raises(ValueError, match="3 true labels but 2 found ones"):
        metric("AAB", "xy")


def test_the_rand_index_of_different_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="inconsistent"):
        adjusted_rand_index("AAB", "xy")


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

    def test_is_not_defined_if_nothing_is_relevant(self) -> None:
        with pytest.raises(ValueError, match="at least one relevant item"):
            average_precision("ab", set())

    def test_is_not_defined_for_a_list_without_a_place(self) -> None:
        with pytest.raises(ValueError, match="at least one place, limit is 0"):
            average_precision("ab", {"a"}, limit=0)
