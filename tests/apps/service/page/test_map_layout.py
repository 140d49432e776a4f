"""Places on a map: distances kept where two dimensions can, and the same map every time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranker.apps.service.page.map_layout import layout


def _units(seed: int, n: int, dimensions: int = 16) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, dimensions))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _distances(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.array([np.linalg.norm(rows[one] - rows[other]) for one, other in itertools.combinations(range(len(rows)), 2)])


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_up_to_three_texts_keep_their_distances(n: int, seed: int) -> None:
    rows = _units(seed, n)
    found = layout(rows)
    assert found.kept == pytest.approx(1.0)
    assert _distances(found.places) == pytest.approx(_distances(rows), abs=1e-6)


def test_the_distance_is_that_of_the_cosine() -> None:
    found = layout(np.array([[1.0, 0.0], [0.6, 0.8]]))
    assert _distances(found.places) == pytest.approx([np.sqrt(2 - 2 * 0.6)])


def test_nothing_and_one_text_lie_in_the_middle() -> None:
    assert layout(np.zeros((0, 4))).places.shape == (0, 2)
    assert layout(_units(0, 1)).places.tolist() == [[0.0, 0.0]]


def test_equal_texts_lie_on_one_spot() -> None:
    found = layout(np.repeat(_units(3, 1), 5, axis=0))
    assert found.places.tolist() == [[0.0, 0.0]] * 5
    assert found.kept == 1.0


def test_copies_lie_together_among_others() -> None:
    rows = _units(1, 6)
    found = layout(rows[[0, 0, 1, 2, 3, 4, 5]])
    assert found.places[0] == pytest.approx(found.places[1], abs=1e-9)


def test_what_is_kept_is_the_share_of_the_squared_distances() -> None:
    rows = _units(2, 12)
    found = layout(rows)
    assert found.kept == pytest.approx((_distances(found.places) ** 2).sum() / (_distances(rows) ** 2).sum(), abs=1e-6)
    assert 0 < found.kept < 1


def test_texts_that_are_all_equally_far_apart_keep_two_directions_of_many() -> None:
    found = layout(np.eye(5))
    assert found.kept == pytest.approx(2 / 4)


def test_a_text_without_words_is_a_text() -> None:
    rows = np.vstack((np.zeros(4), np.eye(4)[:2]))
    assert _distances(layout(rows).places) == pytest.approx([1.0, 1.0, np.sqrt(2.0)])


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_the_map_is_the_same_again_and_never_stretches(seed: int, n: int) -> None:
    rows = _units(seed, n)
    found = layout(rows)
    assert np.array_equal(found.places, layout(rows.copy()).places)
    assert (_distances(found.places) <= _distances(rows) + 1e-5).all()


@pytest.mark.parametrize("seed", range(8))
def test_which_way_is_up_is_decided_by_the_rows_alone(seed: int) -> None:
    rows = _units(seed, 9).astype(np.float64)
    one = layout(rows).places
    for axis in (0, 1):
        farthest = int(np.abs(one[:, axis]).argmax())
        assert one[farthest, axis] > 0
    turned = layout(rows[:, ::-1])  # the same texts by another order of the vectors' dimensions
    assert turned.places == pytest.approx(one, abs=1e-9)
