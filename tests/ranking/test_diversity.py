"""Diversity: topics, publishers and meaning of the first stories, by hand and pair by pair."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.ranking.diversity import Diversity, diversity_of
from ranker.vectors.encoder import Vectors


def unit_rows(*rows: Sequence[float]) -> Vectors:
    """Such directions, of length 1."""
    made = np.array(rows, dtype=np.float32).reshape(len(rows), -1)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def of_names(names: Sequence[str]) -> float | None:
    """The diversity of topics, and of publisher groups, with such names."""
    vectors = np.zeros((len(names), 2), dtype=np.float32)
    by_topic, by_group = diversity_of(names, [""] * len(names), vectors), diversity_of([""] * len(names), names, vectors)
    assert by_topic.topics == by_group.publisher_groups
    assert by_topic.publisher_groups is None
    assert by_group.topics is None
    return by_topic.topics


def of_meaning(vectors: Vectors) -> float | None:
    return diversity_of([""] * len(vectors), [""] * len(vectors), vectors).meaning


def test_no_story_and_one_have_nothing_to_compare() -> None:
    assert diversity_of([], [], np.zeros((0, 2), dtype=np.float32)) == Diversity(0, None, None, None)
    assert diversity_of(["a"], ["x"], unit_rows([1, 0])) == Diversity(1, None, None, None)


def test_two_stories_that_differ_in_everything_are_as_varied_as_can_be() -> None:
    assert diversity_of(["a", "b"], ["x", "y"], unit_rows([1, 0], [0, 1])) == Diversity(2, 1, 1, 1)


def test_two_stories_that_are_alike_are_not_varied() -> None:
    assert diversity_of(["a", "a"], ["x", "x"], unit_rows([1, 0], [1, 0])) == Diversity(2, 0, 0, 0)


@pytest.mark.parametrize(
    ("names", "diversity"),
    [
        ("aab", 2 / 3),  # of three pairs two differ
        ("aabb", 4 / 6),
        ("abc", 1),
        ("aaaa", 0),
        ("aaaab", 4 / 10),
        ("a.b.a", 2 / 3),  # those without a name are left out
        ("a.", None),
        ("...", None),
    ],
)
def test_names_are_as_varied_as_two_drawn_at_random_differ(names: str, diversity: float | None) -> None:
    assert of_names([name.strip(".") for name in names]) == pytest.approx(diversity)


def test_meaning_is_the_mean_of_what_pairs_lack_to_a_cosine_of_1() -> None:
    vectors = unit_rows([1, 0], [3, 4], [0, 1])
    cosines = [3 / 5, 0, 4 / 5]
    assert of_meaning(vectors) == pytest.approx(1 - sum(cosines) / 3)


@pytest.mark.parametrize(
    ("rows", "meaning"),
    [([[1, 0], [-1, 0]], 1), ([[1, 0], [-1, 0], [0, 1], [0, -1]], 1), ([[1, 2]] * 1000, 0)],
    ids=["opposite", "all around", "all equal"],
)
def test_meaning_is_held_within_0_and_1(rows: list[list[float]], meaning: float) -> None:
    found = of_meaning(unit_rows(*rows))
    assert found is not None
    assert 0 <= found <= 1
    assert found == pytest.approx(meaning, abs=1e-6)


def test_thousands_of_stories_in_as_many_directions_are_all_apart() -> None:
    assert of_meaning(np.eye(2_000, dtype=np.float32)) == 1
    assert of_names([f"topic {number}" for number in range(5_000)]) == 1


@given(st.lists(st.sampled_from(["a", "a", "b", "c", ""]), max_size=12))
def test_names_are_as_varied_as_going_through_all_pairs_finds(names: list[str]) -> None:
    pairs = list(itertools.combinations([name for name in names if name], 2))
    expected = sum(one != other for one, other in pairs) / len(pairs) if pairs else None
    assert of_names(names) == pytest.approx(expected)
    assert of_names(names[::-1]) == of_names(names)


COORDINATES = st.integers(-9, 9)
ROWS = st.lists(st.tuples(COORDINATES, COORDINATES, COORDINATES).filter(any), min_size=2, max_size=9)


@given(ROWS)
def test_meaning_is_what_going_through_all_pairs_finds(rows: list[tuple[int, int, int]]) -> None:
    vectors = unit_rows(*rows)
    total, pairs = 0.0, 0
    for i in range(len(vectors)):
        for j in range(len(vectors)):
            if i != j:
                total += 1 - float(vectors[i].astype(np.float64) @ vectors[j].astype(np.float64))
                pairs += 1
    assert of_meaning(vectors) == pytest.approx(min(1.0, max(0.0, total / pairs)), abs=1e-9)
    assert of_meaning(vectors[::-1]) == pytest.approx(of_meaning(vectors))
