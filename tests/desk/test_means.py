"""Means: a story's kept mean row is the mean of its members' rows, however it came about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, random_array

from ranker.desk import means as module
from ranker.desk.means import StoryMeans, stacked
from ranker.stories.score import Score

RNG = np.random.default_rng(3)
DENSE = RNG.normal(size=(40, 4)).astype(np.float32)
SPARSE = csr_array(random_array((40, 9), density=0.4, rng=RNG)).astype(np.float32)
MEMBERS = {story: np.arange(story, 40, 5) for story in range(5)}


def rows_of(slots: NDArray[np.int64]) -> Score:
    return Score(DENSE[slots], np.ones(4, np.float32), csr_array(SPARSE[slots]), np.ones(9, np.float32), -0.1)


def mean_score(slot: int, story: int) -> float:
    """The slow way."""
    rows = rows_of(np.append(MEMBERS[story], slot))
    others = np.arange(len(MEMBERS[story]))
    return float(rows.of_pairs(np.full(len(others), len(others)), others).mean())


def scores(means: StoryMeans, slot: int, stories: list[int]) -> list[float]:
    own = rows_of(np.array([slot]))
    found = means.of(stories, MEMBERS, own)
    return [float(score) for score in own.across(np.zeros(len(stories), dtype=np.int64), found, np.arange(len(stories)))]


def test_a_score_against_a_mean_is_the_mean_of_the_scores() -> None:
    means = StoryMeans(rows_of)
    assert np.allclose(scores(means, 7, [0, 3, 4]), [mean_score(7, story) for story in (0, 3, 4)], atol=1e-5)


def test_means_are_kept_until_they_are_dropped() -> None:
    asked: list[int] = []

    def counted(slots: NDArray[np.int64]) -> Score:
        asked.extend(slots.tolist())
        return rows_of(slots)

    means = StoryMeans(counted)
    scores(means, 7, [0, 3])
    scores(means, 8, [0, 3])
    assert len(asked) == len(MEMBERS[0]) + len(MEMBERS[3])
    means.drop(3)
    scores(means, 8, [0, 3])
    assert len(asked) == len(MEMBERS[0]) + 2 * len(MEMBERS[3])
    means.clear()
    scores(means, 8, [0])
    assert len(asked) == 2 * len(MEMBERS[0]) + 2 * len(MEMBERS[3])


def test_what_was_dropped_long_ago_takes_no_memory() -> None:
    means = StoryMeans(rows_of)
    for _ in range(3 * module._FEWEST_OLD // 5):
        for story in MEMBERS:
            means.drop(story)
        scores(means, 1, list(MEMBERS))
    assert means._dense is not None
    assert len(means._dense) <= 2 * (module._FEWEST_OLD + 5)
    assert np.allclose(scores(means, 7, [0, 3, 4]), [mean_score(7, story) for story in (0, 3, 4)], atol=1e-5)


def test_stacked_rows_are_those_of_the_one_and_then_of_the_other() -> None:
    both = stacked(rows_of(np.arange(3)), rows_of(np.arange(3, 6)))
    left, right = np.triu_indices(6, 1)
    assert np.allclose(both.of_pairs(left, right), rows_of(np.arange(6)).of_pairs(left, right), atol=1e-6)
