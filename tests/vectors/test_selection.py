"""Selection against plain sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ranker.vectors import selection
from ranker.vectors.selection import LEVELS, best, distinct, numbered

whole_numbers = st.lists(st.integers(0, 400), max_size=60)


def plainly_best(query: list[int], cosine: list[float], rows: list[int], number: int) -> list[tuple[int, int]]:
    """By level, then row, one query after the other."""
    held = [
        (q, -round(np.float32(c) * LEVELS), row) for q, c, row in zip(query, cosine, rows, strict=True) if round(np.float32(c) * LEVELS) > 0
    ]
    found: list[tuple[int, int]] = []
    for q in sorted(set(query)):
        found += [(q, row) for _, _, row in sorted(each for each in held if each[0] == q)[:number]]
    return found


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 1000)), min_size=1, max_size=200), st.integers(1, 6), st.integers(0, 2**32 - 1)
)
def test_the_best_are_those_of_sorting_all(likenesses: list[tuple[int, int]], number: int, seed: int) -> None:
    query = [q for q, _ in likenesses]
    cosine = [level / 997 for _, level in likenesses]
    rows = np.random.default_rng(seed).permutation(len(query)).tolist()
    lines, near = best(np.array(query), np.array(cosine, dtype=np.float32), np.array(rows), number)
    assert list(zip(lines.tolist(), near.tolist(), strict=True)) == plainly_best(query, cosine, rows, number)


def test_of_very_many_only_those_that_may_be_best_are_sorted() -> None:
    rng = np.random.default_rng(3)
    query, level = rng.integers(0, 4, 8000), rng.integers(1, LEVELS, 8000)
    kept = selection._may_be_best(query, level, 5)
    assert 20 <= kept.sum() < 800
    for line in range(4):
        fifth = np.sort(level[query == line])[-5]
        assert kept[(query == line) & (level >= fifth)].all()


@given(whole_numbers)
def test_the_different_ones_are_numpy_s(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    names, places = numbered(array, 401)
    expected, where = np.unique(array, return_inverse=True)
    assert distinct(array).tolist() == names.tolist() == expected.tolist()
    assert places.tolist() == where.tolist()
