"""Few: over a matrix the same groups come out as along links in rounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array, random_array

from ranker.stories.clustering import average_linkage
from ranker.stories.few import linkage_of_few
from ranker.stories.score import Score

WINDOW = 7.0
Rows = NDArray[np.int64]


def score_of(n: int, rng: np.random.Generator) -> Score:
    """Scores of both signs, of dense and of sparse rows."""
    dense = rng.normal(size=(n, 5)).astype(np.float32)
    sparse = csr_array(random_array((n, 20), density=0.2, rng=rng)).astype(np.float32)
    return Score(dense, np.array([1, 1, 1, 1, -1], dtype=np.float32), sparse, np.ones(20, dtype=np.float32), -0.3)


def links_of(score: Score, rng: np.random.Generator, share: float) -> tuple[Rows, Rows]:
    """Some of the pairs with a score above 0."""
    left, right = np.triu_indices(len(score), 1)
    kept = (score.of_pairs(left, right) > 0) & (rng.random(len(left)) < share)
    return left[kept], right[kept]


@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), share=st.sampled_from([0.0, 0.6, 1.0]), flags=st.tuples(*[st.booleans()] * 3))
def test_few_are_grouped_as_many_are(seed: int, n: int, share: float, flags: tuple[bool, bool, bool]) -> None:
    timed, copied, parted = flags
    rng = np.random.default_rng(seed)
    score = score_of(n, rng)
    left, right = links_of(score, rng, share)
    times = np.where(rng.random(n) < 0.1, np.nan, rng.random(n) * 10) if timed else np.zeros(n)
    copies = np.where(rng.random(n) < 0.2, rng.integers(0, 3, n), np.arange(n) + 5) if copied else np.arange(n)
    one, other = rng.integers(0, n, 4), rng.integers(0, n, 4)
    differ = copies[one] != copies[other]
    apart = (one[differ], other[differ]) if parted else None
    found = linkage_of_few(score, left, right, times=times, window=WINDOW, copies=copies, apart=apart)
    expected = average_linkage(score, left, right, times=times, window=WINDOW, copies=copies, apart=apart)
    assert found.tolist() == expected.tolist()


def test_none_are_no_group() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    empty = Score(np.zeros((0, 1), np.float32), np.ones(1, np.float32), csr_array((0, 1), dtype=np.float32), np.ones(1, np.float32), 0.0)
    assert linkage_of_few(empty, nothing, nothing, times=np.zeros(0), window=WINDOW, copies=nothing).tolist() == []


@pytest.mark.parametrize(("linked", "groups"), [(True, [0, 0]), (False, [0, 1])])
def test_only_what_is_linked_is_joined(linked: bool, groups: list[int]) -> None:
    score = Score(np.ones((2, 1), np.float32), np.ones(1, np.float32), csr_array((2, 1), dtype=np.float32), np.ones(1, np.float32), 0.0)
    left, right = np.arange(1)[: int(linked)], np.arange(1, 2)[: int(linked)]
    found = linkage_of_few(score, left, right, times=np.zeros(2), window=WINDOW, copies=np.arange(2))
    assert found.tolist() == groups
