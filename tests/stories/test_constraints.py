"""Constraints: groups to start from hold what is joined, hold copies, and never what must be apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.partitions import canonical

from ranker.stories.constraints import Constraints

Pairs = Sequence[tuple[int, int]]


def constraints(n: int, joins: Pairs = (), apart: Pairs = ()) -> Constraints:
    """Rows that are joined by pairs, and pairs that are apart; these as the groups they belong to."""
    joined = list(range(n))
    for one, other in joins:
        low, high = sorted((joined[one], joined[other]))
        joined = [low if group == high else group for group in joined]
    pairs = sorted({(min(joined[one], joined[other]), max(joined[one], joined[other])) for one, other in apart})
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Constraints(np.array(joined, dtype=np.int64), (ends[:, 0], ends[:, 1]))


def united(copies: Sequence[int], joins: Pairs = (), apart: Pairs = ()) -> list[int]:
    """The groups to start from, by first appearance."""
    groups = constraints(len(copies), joins, apart).united(np.array(copies, dtype=np.int64))
    assert groups.dtype == np.int64
    return canonical(groups.tolist())


def test_no_articles_have_no_groups() -> None:
    assert united([]) == []


def test_without_corrections_copies_are_together() -> None:
    assert united([5, 9, 5, 2]) == [0, 1, 0, 2]


def test_copies_and_joins_lead_on_from_one_to_the_other() -> None:
    # 0 and 1 are copies, 1 and 2 joined, 2 and 3 copies.
    assert united([0, 0, 2, 2, 4], joins=[(1, 2)]) == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("copies", "joins", "apart", "expected"),
    [
        ([0, 0], [], [(0, 1)], [0, 1]),
        ([0, 0, 0, 0], [], [(1, 2)], [0, 1, 2, 0]),  # nobody speaks of 0 and 3
        ([0, 0, 0, 0], [], [(0, 1), (0, 2), (0, 3)], [0, 1, 1, 1]),  # one against three
        ([0, 0, 0, 0], [], [(0, 2), (0, 3), (1, 2), (1, 3)], [0, 0, 1, 1]),  # two against two
        ([0, 0, 2, 2], [(1, 2)], [(0, 3)], [0, 1, 1, 2]),  # the way from 0 to 3 goes by a join
        ([0, 0, 2], [(0, 2)], [(1, 2)], [0, 1, 0]),  # what is joined with a foe of 1 is a foe of 1
        ([0, 0, 2], [], [(0, 2)], [0, 0, 1]),  # no copies anyway
    ],
    ids=["two", "bystanders", "one against three", "two against two", "by a join", "joined with a foe", "no copies"],
)
def test_copies_that_must_be_apart_are_taken_out(copies: list[int], joins: Pairs, apart: Pairs, expected: list[int]) -> None:
    assert united(copies, joins, apart) == expected


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], Pairs, Pairs]:
    """Copies, joins and parts of a few rows; joins within hidden groups, parts between them, so that they never contradict."""
    n = draw(st.integers(1, 9))
    truth = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    copies = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    inside = [pair for pair in itertools.combinations(range(n), 2) if truth[pair[0]] == truth[pair[1]]]
    across = [pair for pair in itertools.combinations(range(n), 2) if truth[pair[0]] != truth[pair[1]]]
    joins = draw(st.lists(st.sampled_from(inside), max_size=4)) if inside else []
    apart = draw(st.lists(st.sampled_from(across), max_size=6)) if across else []
    return copies, joins, apart


@given(cases())
def test_what_is_joined_is_together_and_what_must_be_apart_is_not(case: tuple[list[int], Pairs, Pairs]) -> None:
    _, joins, apart = case
    groups = united(*case)
    assert all(groups[one] == groups[other] for one, other in joins)
    assert all(groups[one] != groups[other] for one, other in apart)


@given(cases())
def test_nothing_else_is_taken_out_or_brought_together(case: tuple[list[int], Pairs, Pairs]) -> None:
    copies, joins, apart = case
    groups, free = united(*case), united(copies, joins)
    spoken_of = {row for pair in apart for row in pair}
    for one, other in itertools.combinations(range(len(copies)), 2):
        if groups[one] == groups[other]:
            assert free[one] == free[other]
        if not any(free[row] == free[one] for row in spoken_of):
            assert (groups[one] == groups[other]) == (free[one] == free[other])


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(case: tuple[list[int], Pairs, Pairs], random: Random) -> None:
    copies, joins, apart = case
    order = list(range(len(copies)))
    random.shuffle(order)
    place = {row: new for new, row in enumerate(order)}
    moved = ([(place[one], place[other]) for one, other in pairs] for pairs in (joins, apart))
    shuffled = united([copies[row] for row in order], *moved)
    assert canonical(shuffled[place[row]] for row in range(len(copies))) == united(*case)
