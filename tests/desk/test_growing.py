"""Rows that are added to: what is there stays, whoever looks at it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array, vstack

from ranker.desk.growing import Growing, GrowingRows

_LOTS = st.lists(st.integers(0, 90), max_size=6)


@given(_LOTS)
def test_what_was_added_is_there_in_order(lots: list[int]) -> None:
    held = Growing(np.float32, 3)
    added = np.random.default_rng(1).random((sum(lots), 3), dtype=np.float32)
    start = 0
    for lot in lots:
        held.add(added[start : start + lot])
        start += lot
    assert len(held) == len(added)
    assert np.array_equal(held.rows, added)


def test_a_view_stays_true_while_rows_are_added() -> None:
    held = Growing(np.int64)
    held.add(np.arange(10))
    before = held.rows
    for _ in range(20):
        held.add(np.arange(50))
    assert np.array_equal(before, np.arange(10))
    assert len(held) == 1010


def test_no_rows_are_none() -> None:
    held, rows = Growing(np.int64), GrowingRows()
    held.add(np.zeros(0))
    assert (len(held), len(held.rows), len(rows)) == (0, 0, 0)
    assert rows.of(np.zeros(0, dtype=np.int64)).shape == (0, 1)
    assert rows.all().shape == (0, 1)


def sparse(rows: int, columns: int, seed: int) -> csr_array:
    return csr_array(random_array((rows, columns), density=0.3, rng=np.random.default_rng(seed), dtype=np.float32))


@given(_LOTS, st.integers(0, 2**16))
def test_sparse_rows_are_what_stacking_gives(lots: list[int], seed: int) -> None:
    held, parts = GrowingRows(), []
    for place, lot in enumerate(lots):
        part = sparse(lot, 3 + 2 * place, seed + place)
        held.add(part)
        part.resize((lot, 3 + 2 * len(lots)))
        parts.append(part)
    whole = vstack(parts, format="csr").toarray() if parts else np.zeros((0, 1))
    assert len(held) == len(whole)
    width = held.all().shape[1]
    assert np.array_equal(held.all().toarray(), whole[:, :width])
    asked = np.random.default_rng(seed).integers(0, len(whole), 20) if len(whole) else np.zeros(0, dtype=np.int64)
    assert np.array_equal(held.of(asked).toarray(), whole[asked][:, :width])


def test_other_values_take_the_places_of_the_old() -> None:
    held = GrowingRows()
    part = sparse(20, 9, 4)
    held.add(part)
    held.put(2 * part.sorted_indices())
    assert np.allclose(held.all().toarray(), 2 * part.toarray())


def test_columns_come_in_order_whatever_the_order_they_were_given_in() -> None:
    held = GrowingRows()
    held.add(csr_array((np.array([2.0, 1.0], dtype=np.float32), np.array([1, 0]), np.array([0, 2])), shape=(1, 2)))
    assert held.all().has_sorted_indices
    assert held.all().toarray().tolist() == [[1, 2]]
