"""Ranked stories: a list whose members are views of columns, made when they are looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.streams import START, stream_table, told

from ranker.articles.article import Article
from ranker.ranking import ranked as module
from ranker.ranking.blend import BlendColumns
from ranker.ranking.order import Adjustment, Listing
from ranker.ranking.ranked import RankedStories, RankedStory, story_topics
from ranker.ranking.scores import Scores, SignalSettings, scores_of
from ranker.settings import Settings
from ranker.stories.story import Story

NUMBERS = range(5)
FOLLOW_UP = Adjustment("follow_up_folded", "2", by_score=3, place=1)
PINNED = Adjustment("pinned", "", by_score=4, place=2)
TOPIC = Adjustment("topic_in_a_row", "2", by_score=1, place=3)


@pytest.fixture(scope="module")
def scores(default_settings: Settings) -> Scores:
    """Five stories an hour after the last report; s000 and s004 are alike in everything."""
    hours = [(0, 1), (2, 3, 5), (1, 4, 4.5, 5), (None, None), (0, 1)]
    topics = [("Sea",), ("Peru", "Quake"), ("Snooker",), (), ("Sea",)]
    table = stream_table([told(*story) for story in hours], topics=topics)
    return scores_of(table, START.replace(hour=6), SignalSettings.of(default_settings))


@pytest.fixture(scope="module")
def columns(scores: Scores, default_settings: Settings) -> BlendColumns:
    return scores.blended(default_settings.blend)


def listing(
    *order: int,
    adjustments: Mapping[int, Sequence[Adjustment]] | None = None,
    folded: Mapping[int, int] | None = None,
    hidden: Sequence[int] = (),
) -> Listing:
    moved = {story: tuple(moves) for story, moves in (adjustments or {}).items()}
    return Listing(order, moved, folded or {}, tuple(hidden))


@pytest.fixture
def stories(scores: Scores, columns: BlendColumns) -> RankedStories:
    """s002 with s000 and s001 folded under it, then s004; s003 is hidden."""
    moves = {1: [FOLLOW_UP], 4: [PINNED, TOPIC]}
    return RankedStories(scores, columns, listing(2, 4, adjustments=moves, folded={0: 2, 1: 2}, hidden=[3]))


def numbered(order: Sequence[int], scores: Scores, columns: BlendColumns) -> RankedStories:
    return RankedStories(scores, columns, listing(*order))


# The list


def test_places_are_counted_from_the_top_and_ranks_from_1(stories: RankedStories) -> None:
    assert len(stories) == 2
    assert [(ranked.number, ranked.rank, ranked.story.id) for ranked in stories] == [(2, 1, "s002"), (4, 2, "s004")]


@given(st.permutations(NUMBERS), st.slices(len(NUMBERS)), st.integers(-len(NUMBERS), len(NUMBERS) - 1))
def test_an_index_and_a_slice_are_a_list_s(scores: Scores, columns: BlendColumns, order: list[int], part: slice, place: int) -> None:
    stories = numbered(order, scores, columns)
    whole = list(stories)
    assert [ranked.number for ranked in whole] == order
    assert stories[place] is whole[place]
    assert stories[part] == whole[part]
    assert list(reversed(stories)) == whole[::-1]
    assert [stories.index(ranked) for ranked in whole] == list(range(len(order)))


@pytest.mark.parametrize("place", [2, -3, 99])
def test_a_place_outside_the_list_is_an_index_error(place: int, stories: RankedStories) -> None:
    with pytest.raises(IndexError):
        stories[place]


def test_the_empty_list_is_empty_in_every_way(scores: Scores, columns: BlendColumns) -> None:
    nothing = numbered((), scores, columns)
    assert (len(nothing), list(nothing), nothing[:5], dict(nothing.by_number), list(nothing.with_folded()), nothing.hidden) == (
        0, [], [], {}, [], (),
    )  # fmt: skip


def test_stories_are_made_when_they_are_looked_at_and_once(scores: Scores, columns: BlendColumns, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Counted(RankedStory):
        def __init__(self, scores: Scores, columns: BlendColumns, number: int, rank: int, listing: Listing) -> None:
            made.append(number)
            super().__init__(scores, columns, number, rank, listing)

    monkeypatch.setattr(module, "RankedStory", Counted)
    stories = numbered((4, 2, 0, 1, 3), scores, columns)
    assert made == []
    top = stories[:2]
    assert made == [4, 2]
    assert (stories[0], stories[-4]) == (top[0], top[1])
    assert made == [4, 2]


def test_a_place_costs_none_of_the_numbers_behind_it() -> None:
    nobody = cast("Any", object())  # has no scores to be asked for
    stories = RankedStories(nobody, nobody, listing(*range(20_000)))
    assert (stories[-1].number, stories[-1].rank) == (19_999, 20_000)


# The story


def test_every_number_is_the_columns_own(stories: RankedStories, scores: Scores, columns: BlendColumns) -> None:
    assert sorted(stories.by_number) == list(NUMBERS)
    for number, ranked in stories.by_number.items():
        assert ranked.number == number
        assert ranked.story is scores.table.stories[number]
        assert ranked.lead is scores.lead(number)
        assert ranked.score == float(columns.scores[number])
        assert ranked.blend == scores.blend_of(number, columns)
        assert ranked.quality == scores.quality_of(number)
        assert ranked.heat == scores.heat_of(number)
        assert ranked.recency == scores.recency_of(number)
        assert ranked.phase == scores.phase_of(number)
        assert ranked.counts == scores.counts_of(number)


def test_a_story_s_own_numbers_add_up_to_its_score(stories: RankedStories) -> None:
    for ranked in stories.by_number.values():
        assert ranked.blend.score == ranked.score
        assert ranked.quality.points == ranked.blend.quality.value == sum(part.points for part in ranked.quality.parts)
        heat = ranked.heat
        assert heat.points - heat.quality == ranked.blend.heat.value == sum(item.points for item in heat.coverage) + heat.burst
        assert ranked.recency.value == ranked.blend.recency.value


def test_a_story_without_a_date_has_no_recency_and_a_lead_all_the_same(stories: RankedStories) -> None:
    undated = stories.by_number[3]
    assert (undated.recency.value, undated.recency.article_id, undated.lead.id) == (0.0, None, "a003-000")


def test_counts_are_of_the_story_s_own_articles(stories: RankedStories) -> None:
    counts = stories[0].counts
    assert (counts.articles, counts.unique_texts, counts.providers, counts.publisher_groups) == (4, 4, 4, 4)


def test_topics_come_most_frequent_first_and_ties_by_the_alphabet() -> None:
    topics = [("Sea", "Peru"), ("Peru", "Quake"), ("Quake", "Aid"), ()]
    articles = tuple(Article(f"a{place}", "Quake", topics=names) for place, names in enumerate(topics))
    assert story_topics(Story("s", articles, {})) == ("Peru", "Quake", "Aid", "Sea")
    assert story_topics(Story("s", articles[3:], {})) == ()


def test_topics_are_those_of_its_articles(stories: RankedStories) -> None:
    assert [ranked.topics for _, ranked in sorted(stories.by_number.items())] == [("Sea",), ("Peru", "Quake"), ("Snooker",), (), ("Sea",)]


# Folded, hidden, moved


def test_follow_ups_stand_under_their_leader_best_first(stories: RankedStories) -> None:
    leader, other = stories
    assert [(under.story.id, under.rank) for under in leader.folded] == [("s001", 1), ("s000", 1)]
    assert leader.folded[0].score > leader.folded[1].score
    assert other.folded == ()
    assert [under.folded for under in leader.folded] == [(), ()]


def test_equal_follow_ups_stand_in_the_list_s_order(scores: Scores, columns: BlendColumns) -> None:
    """By score, then the newest article, then id."""
    level = dataclasses.replace(columns, scores=columns.scores * 0)
    stories = RankedStories(scores, level, listing(3, folded=dict.fromkeys((0, 1, 2, 4), 3)))
    assert [under.number for under in stories[0].folded] == [1, 2, 0, 4]  # the last articles at 5, 5, 1 and 1 o'clock
    assert [under.number for under in stories[0].folded] == [number for number in scores.ordered(level).tolist() if number != 3]


def test_with_folded_puts_each_behind_its_leader(stories: RankedStories) -> None:
    assert [(ranked.story.id, ranked.rank) for ranked in stories.with_folded()] == [("s002", 1), ("s001", 1), ("s000", 1), ("s004", 2)]


def test_folded_and_hidden_stories_are_found_by_number(stories: RankedStories) -> None:
    assert {number: ranked.rank for number, ranked in stories.by_number.items()} == {0: 1, 1: 1, 2: 1, 3: 0, 4: 2}
    assert (stories.by_number[2], stories.by_number[4]) == (stories[0], stories[1])
    assert [story.id for story in stories.hidden] == ["s003"]


def test_what_moved_a_follow_up_names_the_other_story_by_its_id(stories: RankedStories) -> None:
    """Rules know places in the table; readers know ids. A topic that looks like a place stays what it is."""
    assert stories.by_number[1].adjustments == (Adjustment("follow_up_folded", "s002", by_score=3, place=1),)
    assert stories[1].adjustments == (PINNED, TOPIC)
    assert stories[0].adjustments == ()
    near = RankedStories(
        stories._scores, stories._columns, listing(4, 3, adjustments={3: [Adjustment("follow_up_near", "4", by_score=5, place=2)]})
    )
    assert near[1].adjustments == (Adjustment("follow_up_near", "s004", by_score=5, place=2),)


def test_of_equal_stories_the_newest_then_the_smallest_id_is_first(scores: Scores, columns: BlendColumns) -> None:
    order = scores.ordered(columns).tolist()
    for upper, lower in pairwise(order):
        assert (-columns.scores[upper], -scores.newest[upper], upper) < (-columns.scores[lower], -scores.newest[lower], lower)
    assert order.index(4) == order.index(0) + 1
