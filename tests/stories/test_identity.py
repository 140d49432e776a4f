"""Who goes on as whom, against an oracle that settles one claim at a time."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ranker.stories.identity import NO_STORY, Succession, succession

_NUMBERS = st.integers(NO_STORY, 5)
_ARTICLES = st.lists(st.tuples(_NUMBERS, _NUMBERS), max_size=30)
Claims = Counter[tuple[int, int]]


def found(articles: list[tuple[int, int]]) -> Succession:
    columns = np.array(articles, dtype=np.int64).reshape(-1, 2)
    return succession(columns[:, 0], columns[:, 1])


def claims_of(articles: list[tuple[int, int]]) -> Claims:
    return Counter((story, group) for story, group in articles if NO_STORY not in {story, group})


def oracle(articles: list[tuple[int, int]]) -> dict[int, int]:
    """Group -> story."""
    left, result = claims_of(articles), dict[int, int]()
    while left:
        story, group = min(left, key=lambda claim: (-left[claim], *claim))
        result[group] = story
        left = Counter({claim: count for claim, count in left.items() if claim[0] != story and claim[1] != group})
    return result


def test_nothing_becomes_of_nothing() -> None:
    assert found([]) == Succession({}, {}, {})


def test_a_story_that_only_grows_goes_on() -> None:
    assert found([(3, 7), (3, 7), (NO_STORY, 7)]) == Succession({7: 3}, {3: (7,)}, {7: (3,)})


def test_of_a_merge_the_larger_goes_on_and_of_a_tie_the_older() -> None:
    assert found([(1, 0), (2, 0), (2, 0)]) == Succession({0: 2}, {1: (0,), 2: (0,)}, {0: (2, 1)})
    assert found([(2, 0), (1, 0)]).story_of_group == {0: 1}


def test_of_a_split_the_larger_part_goes_on_and_of_a_tie_the_smaller_number() -> None:
    assert found([(1, 4), (1, 5), (1, 5)]) == Succession({5: 1}, {1: (5, 4)}, {4: (1,), 5: (1,)})
    assert found([(1, 5), (1, 4)]).story_of_group == {4: 1}


def test_a_story_whose_best_group_is_taken_goes_on_as_the_next() -> None:
    assert found([(1, 0)] * 3 + [(2, 0)] * 2 + [(2, 9)]).story_of_group == {0: 1, 9: 2}


def test_a_story_without_articles_has_no_heirs_and_a_new_group_no_sources() -> None:
    assert found([(1, NO_STORY), (NO_STORY, 4)]) == Succession({}, {1: ()}, {4: ()})


@given(_ARTICLES)
def test_claims_are_settled_as_the_oracle_settles_them(articles: list[tuple[int, int]]) -> None:
    assert dict(found(articles).story_of_group) == oracle(articles)


@given(_ARTICLES)
def test_a_story_goes_on_as_one_group_at_most(articles: list[tuple[int, int]]) -> None:
    went_on = found(articles).story_of_group
    assert len(set(went_on.values())) == len(went_on)
    assert all((story, group) in claims_of(articles) for group, story in went_on.items())


@given(_ARTICLES)
def test_heirs_and_sources_are_all_claims_the_largest_first(articles: list[tuple[int, int]]) -> None:
    result, claims = found(articles), claims_of(articles)
    assert {(story, group) for story, groups in result.heirs.items() for group in groups} == set(claims)
    assert {(story, group) for group, stories in result.sources.items() for story in stories} == set(claims)
    for story, groups in result.heirs.items():
        assert list(groups) == sorted(groups, key=lambda group: (-claims[story, group], group))
    for group, stories in result.sources.items():
        assert list(stories) == sorted(stories, key=lambda story: (-claims[story, group], story))


@given(_ARTICLES, st.randoms(use_true_random=False))
def test_the_order_of_articles_makes_no_difference(articles: list[tuple[int, int]], random: Random) -> None:
    shuffled = list(articles)
    random.shuffle(shuffled)
    assert found(shuffled) == found(articles)


@given(_ARTICLES, st.integers(1, 9))
def test_other_numbers_in_the_same_order_make_no_difference(articles: list[tuple[int, int]], factor: int) -> None:
    def other(number: int) -> int:
        return number if number == NO_STORY else number * factor + 3

    went_on = found([(other(story), other(group)) for story, group in articles]).story_of_group
    assert dict(went_on) == {other(group): other(story) for group, story in found(articles).story_of_group.items()}


@given(_ARTICLES)
def test_groups_that_are_the_stories_change_nothing(articles: list[tuple[int, int]]) -> None:
    stories = [story for story, _ in articles]
    assert found([(story, story) for story in stories]).story_of_group == {story: story for story in set(stories) - {NO_STORY}}


@given(_ARTICLES)
def test_at_least_half_of_the_articles_keep_their_story_that_could(articles: list[tuple[int, int]]) -> None:
    from scipy.optimize import linear_sum_assignment

    claims = claims_of(articles)
    counts = np.zeros((6, 6))
    for (story, group), count in claims.items():
        counts[story, group] = count
    best = counts[linear_sum_assignment(counts, maximize=True)].sum()
    assert sum(claims[story, group] for group, story in found(articles).story_of_group.items()) * 2 >= best
