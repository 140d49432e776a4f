"""Movement: what entered, left and moved between two lists, and what did it."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.ranking.blend import SIGNALS
from ranker.ranking.movement import Moved, Movement, Placed, movement

Terms = tuple[float, float, float]  # what quality, heat and recency add


def placed(
    name: str, rank: int, *, terms: Terms = (0.25, 0.5, 0.125), articles: Collection[str] | None = None, rules: Sequence[str] = ()
) -> Placed:
    return Placed(
        id=name,
        rank=rank,
        title=f"Title of {name}",
        lead=f"lead of {name}",
        score=sum(terms),
        contributions=dict(zip(SIGNALS, terms, strict=True)),
        articles=frozenset(articles if articles is not None else [f"{name} 1", f"{name} 2"]),
        publisher_groups=2,
        rules=tuple(rules),
    )


def listed(names: str, **terms: Terms) -> list[Placed]:
    """A list of stories with one letter each, best first; scores fall by 1/64 from place to place unless they are given."""
    return [placed(name, place, terms=terms.get(name, (0.25, 0.5 - place / 64, 0.125))) for place, name in enumerate(names, start=1)]


def ids(stories: Sequence[Placed]) -> list[str]:
    return [story.id for story in stories]


def the_only(found: Movement) -> Moved:
    (moved,) = found.moved
    return moved


# Entered, left, moved, unchanged


def test_a_story_that_is_new_entered_and_one_that_is_gone_left() -> None:
    found = movement(listed("abcd"), listed("axc"))
    assert (ids(found.entered), ids(found.left), found.moved, found.unchanged) == (["x"], ["b", "d"], (), 2)


def test_output_is_in_order_of_rank() -> None:
    """Entered and moved by the new rank, left by the old one."""
    found = movement(listed("abcdefg"), listed("xgcyfz"))
    assert ids(found.entered) == ["x", "y", "z"]
    assert ids(found.left) == ["a", "b", "d", "e"]
    assert [(item.after.id, item.before.rank, item.after.rank, item.places) for item in found.moved] == [("g", 7, 2, 5), ("f", 6, 5, 1)]
    assert found.unchanged == 1  # c


def test_a_story_with_another_score_in_its_old_place_is_told_as_moved() -> None:
    found = movement(listed("abc"), listed("abc", b=(0.25, 0.25, 0.25)))
    moved = the_only(found)
    assert (moved.after.id, moved.places, moved.overtaken_by, found.unchanged) == ("b", 0, 0, 2)


def test_terms_that_change_and_leave_place_and_score_are_no_move() -> None:
    found = movement(listed("a", a=(0.25, 0.5, 0.125)), listed("a", a=(0.5, 0.25, 0.125)))
    assert (found.moved, found.unchanged) == ((), 1)


@pytest.mark.parametrize(("before", "after", "entered", "left"), [("", "", [], []), ("", "ab", ["a", "b"], []), ("ab", "", [], ["a", "b"])])
def test_an_empty_list_is_entered_or_left_whole(before: str, after: str, entered: list[str], left: list[str]) -> None:
    found = movement(listed(before), listed(after))
    assert (ids(found.entered), ids(found.left), found.moved, found.unchanged) == (entered, left, (), 0)


def test_changes_and_new_articles_are_told_by_signal_and_number() -> None:
    one = placed("a", 2, terms=(0.25, 0.125, 0.5), articles=["1", "2", "3"])
    other = placed("a", 1, terms=(0.25, 0.375, 0.4375), articles=["2", "3", "4", "5"])
    moved = the_only(movement([one], [other]))
    assert moved.changes == {"quality": 0.0, "heat": 0.375 - 0.125, "recency": 0.4375 - 0.5}
    assert moved.new_articles == 2
    assert (moved.before, moved.after) == (one, other)


def test_a_signal_that_a_list_does_not_tell_adds_nothing_to_it() -> None:
    one, other = placed("a", 1), replace(placed("a", 1, terms=(0.25, 0.0, 0.25)), contributions={"quality": 0.25, "recency": 0.25})
    assert the_only(movement([one], [other])).changes == {"quality": 0.0, "heat": -0.5, "recency": 0.125}


# The cause


@pytest.mark.parametrize(
    ("terms", "rank", "cause"),
    [
        ((0.25, 0.75, 0.125), 1, "heat"),  # rises by heat
        ((0.375, 0.5625, 0.125), 1, "quality"),
        ((0.25, 0.5, 0.25), 1, "recency"),
        ((0.375, 0.625, 0.0), 1, "quality"),  # heat rose by as much, the first signal is named; recency fell
        ((0.25, 0.25, 0.25), 3, "heat"),  # falls by heat, though recency rose
        ((0.0, 0.5, 0.125), 3, "quality"),
        ((0.25, 0.5, 0.125), 3, "others"),  # its own score stayed
        ((0.25, 0.75, 0.125), 3, "others"),  # and fell with a higher one
        ((0.25, 0.25, 0.125), 1, "others"),  # or rose with a lower one
        ((0.25, 0.5, 0.0625), 2, "recency"),  # in its old place: what its score did
        ((0.25, 0.5, 0.1875), 2, "recency"),
    ],
)
def test_the_cause_is_what_changed_most_the_way_the_story_went(terms: Terms, rank: int, cause: str) -> None:
    assert the_only(movement([placed("a", 2)], [placed("a", rank, terms=terms)])).cause == cause


@pytest.mark.parametrize(("before", "after"), [([], ["pinned"]), (["stale"], []), (["stale"], ["pinned"])])
def test_a_rule_of_the_list_that_came_or_went_is_the_cause(before: list[str], after: list[str]) -> None:
    one, other = placed("a", 2, rules=before), placed("a", 1, terms=(0.25, 0.75, 0.125), rules=after)
    assert the_only(movement([one], [other])).cause == "rule"


def test_a_rule_that_held_before_as_after_is_no_cause() -> None:
    one, other = placed("a", 2, rules=["stale"]), placed("a", 1, terms=(0.25, 0.75, 0.125), rules=["stale"])
    assert the_only(movement([one], [other])).cause == "heat"


# Which story is which


def test_an_id_is_enough_whatever_the_articles() -> None:
    found = movement([placed("a", 1, articles=["1"])], [placed("a", 1, articles=["2"])])
    assert (found.entered, found.left, found.unchanged) == ((), (), 1)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("123", "0123", True),  # an earlier article turned up and gave its story another id
        ("1234", "34567", False),  # two of the four in the smaller: half is not more than half
        ("1234", "234567", True),
        ("12", "2", True),  # all of the smaller one
        ("12", "34", False),
    ],
)
def test_another_id_with_more_than_half_of_the_smaller_story_is_the_same_story(before: str, after: str, same: bool) -> None:
    old, new = placed("old", 2, articles=before), placed("new", 1, articles=after)
    found = movement([old], [new])
    assert (ids(found.left), ids(found.entered)) == (([], []) if same else (["old"], ["new"]))
    assert [(item.before.id, item.after.id, item.places) for item in found.moved] == ([("old", "new", 1)] if same else [])


def test_a_story_that_broke_in_two_is_the_part_with_most_of_its_articles() -> None:
    old, parts = placed("old", 1, articles="12345"), [placed("p", 1, articles="12"), placed("q", 2, articles="345")]
    found = movement([old], parts)
    assert (ids(found.entered), [item.after.id for item in found.moved]) == (["p"], ["q"])


def test_of_two_stories_that_became_one_the_one_with_more_of_it_goes_on() -> None:
    found = movement([placed("p", 1, articles="12"), placed("q", 2, articles="345")], [placed("new", 1, articles="12345")])
    assert (ids(found.left), [item.before.id for item in found.moved]) == (["p"], ["q"])


def test_of_equal_claims_the_smaller_id_wins() -> None:
    new = placed("new", 1, articles="1234")
    found = movement([placed("q", 1, articles="34"), placed("p", 2, articles="12")], [new])
    assert (ids(found.left), [item.before.id for item in found.moved]) == (["q"], ["p"])
    found = movement([new], [placed("q", 1, articles="34"), placed("p", 2, articles="12")])
    assert (ids(found.entered), [item.after.id for item in found.moved]) == (["q"], ["p"])


def test_a_story_that_kept_its_id_is_not_claimed_by_another() -> None:
    before = [placed("a", 1, articles="1234"), placed("b", 2, articles="56")]
    found = movement(before, [placed("a", 1, articles="123456")])
    assert (ids(found.left), found.unchanged) == (["b"], 1)


# Passing


def test_a_story_is_overtaken_by_those_that_come_from_below_or_from_nowhere() -> None:
    found = movement(listed("abcd"), listed("xdabc"))
    by_id = {item.after.id: item.overtaken_by for item in found.moved}
    assert by_id == {"d": 1, "a": 2, "b": 2, "c": 2}  # d by x, the others by x and d


runs = st.lists(st.sampled_from("abcdefghij"), unique=True).map("".join)


def overtaken(moved: Moved, before: Sequence[Placed], after: Sequence[Placed]) -> int:
    """Two loops: of those above now, all that were not above before."""
    count = 0
    for other in after:
        above_before = any(old.id == other.id and old.rank < moved.before.rank for old in before)
        count += other.rank < moved.after.rank and not above_before
    return count


@given(runs, runs)
def test_overtaking_is_counted_as_two_loops_count_it(one: str, other: str) -> None:
    before, after = listed(one), listed(other)
    found = movement(before, after)
    assert [item.overtaken_by for item in found.moved] == [overtaken(item, before, after) for item in found.moved]
    assert {item.after.id for item in found.moved} == {name for name in {*one} & {*other} if one.index(name) != other.index(name)}


@given(runs)
def test_a_run_against_itself_moves_nothing(names: str) -> None:
    run = listed(names)
    assert movement(run, run) == Movement((), (), (), len(names))


@st.composite
def regrouped(draw: st.DrawFn) -> tuple[list[Placed], list[Placed]]:
    """Two runs over the same articles, each grouped its own way, some ids kept."""
    runs = []
    for mark in ("", draw(st.sampled_from(("", "'")))):
        articles = list(range(12))
        random.Random(draw(st.integers(0, 1000))).shuffle(articles)
        cuts = sorted(draw(st.sets(st.integers(1, 11), max_size=6)))
        parts = [articles[start:end] for start, end in zip([0, *cuts], [*cuts, 12], strict=True)]
        runs.append([
            placed(f"{min(part)}{mark}", place, terms=(0.25, 0.5 - place / 64, 0.125), articles=[str(article) for article in part])
            for place, part in enumerate(parts, start=1)
        ])  # fmt: skip
    return runs[0], runs[1]


@given(regrouped())
def test_swapped_runs_swap_what_entered_and_what_left(runs: tuple[list[Placed], list[Placed]]) -> None:
    there, back = movement(*runs), movement(*reversed(runs))
    assert (there.entered, there.left, there.unchanged) == (back.left, back.entered, back.unchanged)
    assert {(item.before.id, item.after.id, item.places) for item in there.moved} == {
        (item.after.id, item.before.id, -item.places) for item in back.moved
    }


@given(regrouped())
def test_every_story_is_told_once(runs: tuple[list[Placed], list[Placed]]) -> None:
    before, after = runs
    found = movement(before, after)
    assert len(found.left) + len(found.moved) + found.unchanged == len(before)
    assert len(found.entered) + len(found.moved) + found.unchanged == len(after)
    for item in found.moved:
        shared = len(item.before.articles & item.after.articles)
        assert item.before.id == item.after.id or 2 * shared > min(len(item.before.articles), len(item.after.articles))
