"""Live pairs: each found from either side, against a plain list of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ranker.desk.pairs import LivePairs

Lots = list[list[tuple[int, int]]]


@st.composite
def lots(draw: st.DrawFn) -> tuple[list[int], Lots]:
    """How many slots there are after each lot, and its pairs (later, earlier), in order of the later."""
    slots, made, first = [], [], 0
    for size in draw(st.lists(st.integers(0, 6), max_size=6)):
        stop = first + size
        possible = [(later, earlier) for later in range(first, stop) for earlier in range(later)]
        chosen = sorted(draw(st.lists(st.sampled_from(possible), unique=True, max_size=12))) if possible else []
        slots.append(stop)
        made.append(chosen)
        first = stop
    return slots, made


def held(slots: list[int], made: Lots) -> LivePairs:
    pairs = LivePairs()
    for stop, lot in zip(slots, made, strict=True):
        later, earlier = (np.array([pair[side] for pair in lot], dtype=np.int64) for side in (0, 1))
        values = later + earlier / 64
        places = pairs.add(stop, later, earlier, values, values / 2, values / 4)
        assert pairs.later[places].tolist() == later.tolist()
    return pairs


@given(lots())
@examples(max_examples=80)
def test_pairs_are_found_from_either_side(drawn: tuple[list[int], Lots]) -> None:
    slots, made = drawn
    pairs, everything = held(slots, made), [pair for lot in made for pair in lot]
    assert len(pairs) == len(everything)
    assert list(zip(pairs.later.tolist(), pairs.earlier.tolist(), strict=True)) == everything
    for slot in range(slots[-1] if slots else 0):
        places = pairs.of(slot)
        assert len(set(places.tolist())) == len(places)
        assert sorted(pairs.other(places, slot).tolist()) == sorted(sum(pair) - slot for pair in everything if slot in pair)
    expected = np.array([later + earlier / 64 for later, earlier in everything], dtype=np.float32)
    assert pairs.dense.tolist() == expected.tolist()
    assert pairs.rare.tolist() == (expected / 2).tolist()
    assert pairs.score.tolist() == (expected / 4).tolist()


@given(lots(), st.sets(st.integers(0, 30)))
@examples(max_examples=80)
def test_pairs_of_many_are_those_of_each(drawn: tuple[list[int], Lots], wanted: set[int]) -> None:
    slots, made = drawn
    pairs = held(slots, made)
    some = np.array(sorted(slot for slot in wanted if slots and slot < slots[-1]), dtype=np.int64)
    by_one = sorted(place for slot in some.tolist() for place in pairs.of(slot).tolist())
    assert sorted(pairs.of_any(some).tolist()) == by_one
    assert pairs.owned_by(some).tolist() == [place for place, later in enumerate(pairs.later.tolist()) if later in set(some.tolist())]


@pytest.mark.parametrize("slots", [0, 3])
def test_slots_without_pairs_have_none(slots: int) -> None:
    pairs = LivePairs()
    nothing = np.zeros(0)
    pairs.add(slots, nothing.astype(np.int64), nothing.astype(np.int64), nothing, nothing, nothing)
    assert [len(pairs.of(slot)) for slot in range(slots)] == [0] * slots
    assert len(pairs.of_any(np.arange(slots))) == 0


def test_a_reader_s_places_stay_true_while_pairs_are_added() -> None:
    pairs = held([2], [[(1, 0)]])
    before, later = pairs.of(0), pairs.later
    pairs.add(400, np.arange(2, 400), np.zeros(398, dtype=np.int64), *(np.ones(398) for _ in range(3)))
    assert before.tolist() == [0]
    assert later.tolist() == [1]
    assert len(pairs.of(0)) == 399
