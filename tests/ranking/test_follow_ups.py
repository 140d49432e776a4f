"""Follow-ups: which story goes on from which, by near articles and by who was told first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hashing_encoder import HashingEncoder
from support.pairs import make_pairs
from support.tables import LISTS_OF_TELLINGS, Told, make_stories, table_of, told

from ranker.ranking.follow_ups import follow_ups
from ranker.stories.story import Story
from ranker.vectors.corpus import build_corpus

SIMILARITY = 0.55
Near = Mapping[tuple[int, int], float]  # cosine by numbers of articles, the smaller first


def followed(stories: Sequence[Story], near: Near, *, rare: float = 0.5) -> dict[int, int]:
    """Who follows whom among stories whose articles have such cosines."""
    corpus = build_corpus([article for story in stories for article in story.articles], HashingEncoder(), None)
    table = table_of(stories)
    place = {article.id: number for article, number in zip(table.articles, table.numbers.tolist(), strict=True)}
    story_of = np.array([place[article.id] for article in corpus.articles], dtype=np.int64)
    pairs = make_pairs(sorted(near), dense=[near[pair] for pair in sorted(near)], rare=rare)
    return dict(follow_ups(story_of, pairs, table, similarity=SIMILARITY))


def at(*hours: float | None) -> list[Told]:
    """A story told so many hours ago."""
    return [told("albion", age) for age in hours]


def test_no_story_follows_none() -> None:
    assert followed([], {}) == {}


def test_stories_with_nothing_near_follow_none() -> None:
    assert followed(make_stories(at(48), at(2)), {}) == {}


def test_the_story_that_was_told_later_follows() -> None:
    assert followed(make_stories(at(48), at(2)), {(0, 1): 0.8}) == {1: 0}
    assert followed(make_stories(at(2), at(48)), {(0, 1): 0.8}) == {0: 1}


@pytest.mark.parametrize(("cosine", "follows"), [(0.55, {1: 0}), (0.56, {1: 0}), (0.54, {}), (-1.0, {})])
def test_articles_are_near_from_the_similarity_on(cosine: float, follows: dict[int, int]) -> None:
    assert followed(make_stories(at(48), at(2)), {(0, 1): cosine}) == follows


@pytest.mark.parametrize(("rare", "follows"), [(0.0, {}), (0.05, {}), (0.2, {1: 0})])
def test_articles_that_share_no_rare_words_are_not_near_whatever_the_encoder_says(rare: float, follows: dict[int, int]) -> None:
    assert followed(make_stories(at(48), at(2)), {(0, 1): 0.9}, rare=rare) == follows


def test_who_was_told_first_is_what_the_first_report_says() -> None:
    stories = make_stories(at(48, 0, 0), at(24, 23, 22))  # the first story goes on after the second
    assert followed(stories, {(1, 3): 0.8, (2, 4): 0.8}) == {1: 0}


@pytest.mark.parametrize(
    ("near", "follows"),
    [
        ([(0, 4)], {}),  # 1 of 3
        ([(0, 4), (1, 4), (2, 4), (3, 4)], {}),  # one article that is near all others is still 1 of 3
        ([(0, 4), (0, 5)], {1: 0}),  # 2 of 3
        ([(0, 4), (0, 5), (0, 6)], {1: 0}),
        ([(4, 5), (5, 6), (0, 1)], {}),  # within one story
    ],
)
def test_half_of_the_smaller_storys_articles_must_be_near(near: list[tuple[int, int]], follows: dict[int, int]) -> None:
    assert followed(make_stories(at(48, 47, 46, 45), at(9, 8, 7)), dict.fromkeys(near, 0.8)) == follows


def test_exactly_half_is_enough() -> None:
    assert followed(make_stories(at(48, 47), at(9, 8)), {(0, 2): 0.8}) == {1: 0}


def test_the_smaller_story_may_be_the_one_that_is_followed() -> None:
    assert followed(make_stories(at(48), at(9, 8, 7, 6)), {(0, 3): 0.8}) == {1: 0}


def test_of_stories_of_one_size_either_may_have_the_half() -> None:
    stories = make_stories(at(48, 47, 46), at(9, 8, 7))
    assert followed(stories, {(0, 3): 0.8, (1, 3): 0.8}) == {1: 0}
    assert followed(stories, {(0, 3): 0.8, (0, 4): 0.8}) == {1: 0}
    assert followed(stories, {(0, 3): 0.8}) == {}


@pytest.mark.parametrize(("one", "other"), [((5.0,), (5.0,)), ((None,), (5.0,)), ((5.0,), (None,)), ((None,), (None,))])
def test_of_stories_told_at_one_time_or_at_no_known_time_none_follows(one: tuple[float | None], other: tuple[float | None]) -> None:
    assert followed(make_stories(at(*one), at(*other)), {(0, 1): 0.8}) == {}


def test_an_undated_report_of_a_dated_story_counts() -> None:
    assert followed(make_stories(at(48), at(9, None)), {(0, 2): 0.8}) == {1: 0}


def test_of_several_a_story_follows_the_one_with_the_greatest_share() -> None:
    stories = make_stories(at(48, 47), at(24, 23), at(2, 1))
    assert followed(stories, {(0, 4): 0.6, (0, 5): 0.6, (2, 4): 0.9}) == {2: 0}  # all of it, and half of it


def test_then_the_one_that_was_told_last() -> None:
    stories = make_stories(at(48), at(24), at(36), at(2))
    assert followed(stories, {(0, 3): 0.9, (1, 3): 0.6, (2, 3): 0.9}) == {3: 1}


def test_then_the_one_with_the_smallest_id() -> None:
    stories = make_stories(at(24), at(48), at(24), at(2))
    assert followed(stories, {(0, 3): 0.6, (1, 3): 0.9, (2, 3): 0.9}) == {3: 0}


def test_a_saga_is_a_chain() -> None:
    assert followed(make_stories(at(1), at(48), at(24)), {(0, 2): 0.8, (1, 2): 0.8}) == {0: 2, 2: 1}


def test_a_story_may_have_many_follow_ups() -> None:
    n = 200
    stories = make_stories(*[at(n - number) for number in range(n)])
    assert followed(stories, {(0, number): 0.8 for number in range(1, n)}) == dict.fromkeys(range(1, n), 0)


def test_a_follow_up_of_thousands_of_articles_is_one() -> None:
    n = 2_000
    stories = make_stories(at(*[99.0] * n), at(*[9.0] * n))
    assert followed(stories, {(row, n + row): 0.8 for row in range(0, n, 2)}) == {1: 0}
    assert followed(stories, {(row, n + row): 0.8 for row in range(2, n, 2)}) == {}


# A slow way to the same


def _followed_slowly(stories: Sequence[Story], near: Near) -> dict[int, int]:
    """Each pair of stories for itself, each article of the smaller one against each of the other."""

    def is_near(one: str, other: str) -> bool:
        pair = sorted((int(one[1:]), int(other[1:])))
        return near.get((pair[0], pair[1]), -1.0) >= SIMILARITY

    def share(few: Story, many: Story) -> float:
        return sum(any(is_near(one.id, other.id) for other in many.articles) for one in few.articles) / len(few.articles)

    found: dict[int, int] = {}
    for child, later in enumerate(stories):
        claims: list[tuple[float, float, int]] = []
        for parent, earlier in enumerate(stories):
            if later.first.published is None or earlier.first.published is None or earlier.first.published >= later.first.published:
                continue
            least = min(len(later.articles), len(earlier.articles))
            shares = [share(few, many) for few, many in ((later, earlier), (earlier, later)) if len(few.articles) == least]
            if max(shares) >= 1 / 2:
                claims.append((-max(shares), -earlier.first.published.timestamp(), parent))
        if claims:
            found[child] = min(claims)[2]
    return found


@given(LISTS_OF_TELLINGS, st.data())
def test_follow_ups_are_what_comparing_each_two_stories_finds(stories: list[list[Told]], data: st.DataObject) -> None:
    made = make_stories(*stories)
    n = sum(map(len, stories))
    rows = st.integers(0, n - 1)
    pairs = st.tuples(rows, rows).filter(lambda pair: pair[0] < pair[1]) if n > 1 else st.nothing()
    near = data.draw(st.dictionaries(pairs, st.sampled_from([0.5, 0.6, 0.6, 0.9]), max_size=30)) if n > 1 else {}
    assert followed(made, near) == _followed_slowly(made, near)
