"""Paging and caching by themselves: what is kept, for how long, and how much of it."""

from __future__ import annotations

import pytest

from ranker.apps.service.caching import Answers
from ranker.apps.service.paging import Cursors
from ranker.apps.service.problems import Problem


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_list_is_made_once_for_each_key() -> None:
    cursors = Cursors(10)
    first = cursors.frozen("key", {}, lambda: [1, 2, 3])
    assert cursors.frozen("key", {}, lambda: [4]) is first
    assert cursors.frozen("other", {}, lambda: [4]) is not first
    assert cursors.found(first.cursor(1) or "", {}) == (first, 1)
    assert first.cursor(3) is None
    assert (first.holds(2), first.holds(9)) == (True, False)


def test_a_list_is_kept_for_some_minutes_after_its_last_use() -> None:
    clock = Clock()
    cursors = Cursors(10, clock=clock)
    cursor = cursors.frozen("key", {}, lambda: [1, 2]).cursor(1) or ""
    for clock.seconds in (500.0, 1000.0, 1500.0):
        cursors.found(cursor, {})
    clock.seconds = 2200.0
    with pytest.raises(Problem) as gone:
        cursors.found(cursor, {})
    assert gone.value.status_code == 410
    assert cursors._items == len(cursors._lists) == len(cursors._by_key) == 0


def test_lists_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.apps.service.paging._MOST_LISTS", 3)
    cursors = Cursors(10)
    first, *_ = [cursors.frozen(number, {}, lambda: [1, 2]) for number in range(4)]
    assert len(cursors._lists) == len(cursors._by_key) == 3
    with pytest.raises(Problem):
        cursors.found(first.cursor(1) or "", {})
    monkeypatch.setattr("ranker.apps.service.paging._MOST_ITEMS", 5)
    cursors.frozen("long", {}, lambda: [1, 2, 3, 4, 5, 6])
    assert len(cursors._lists) == 1  # one that is too long by itself is kept all the same


def test_two_may_make_the_list_of_one_key_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.apps.service.paging._MOST_LISTS", 1)
    cursors = Cursors(10)

    def made() -> list[int]:
        cursors.frozen("key", {}, lambda: [1])
        return [1, 2]

    second = cursors.frozen("key", {}, made)
    assert cursors.kept("key") is second
    assert len(cursors._lists) == 1


@pytest.mark.parametrize("position", ["0", "2", "3", "x"])
def test_positions_lie_in_the_list(position: str) -> None:
    cursors = Cursors(10)
    frozen = cursors.frozen("key", {}, lambda: [1, 2])
    with pytest.raises(Problem):
        cursors.found(f"{frozen.id}.{position}", {})


def test_answers_have_bounds() -> None:
    answers = Answers(most_bytes=10)
    answers.keep("a", b"12345", tag="1")
    answers.keep("b", b"12345", tag="2")
    assert answers.get("a") is not None
    answers.keep("c", b"12345", tag="3")  # the least used goes
    assert (answers.get("b"), answers.get("a") is None, answers.get("c") is None) == (None, False, False)
    answers.keep("c", b"1234567890", tag="4")
    assert (answers.get("a"), answers._bytes) == (None, 10)
    assert Answers().tag("x", 1) != Answers().tag("x", 1)
    assert answers.tag("x", 1) == answers.tag("x", 1) != answers.tag("x", 2)
