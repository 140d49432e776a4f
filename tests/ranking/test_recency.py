"""Recency: the age of a story's newest independent evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import AS_OF, LISTS_OF_TELLINGS, PUBLISHERS, SECONDS, TELLINGS, Told, make_stories, make_table, table_of, told

from ranker.articles.article import Article
from ranker.ranking.recency import NO_ROW, Recency, recency_columns, recency_of
from ranker.settings import RecencySettings
from ranker.stories.story import Story

HALF_LIFE = RecencySettings(half_life_hours=12)


def recencies(stories: Sequence[Story]) -> dict[str, Recency]:
    """The recency of each story of one table, by its id."""
    table = table_of(stories)
    columns = recency_columns(table, SECONDS, HALF_LIFE)
    return {story.id: recency_of(table, columns, place) for place, story in enumerate(stories)}


def recency(*reports: Told) -> Recency:
    """The recency of one story of such reports."""
    (found,) = recencies(make_stories(reports)).values()
    return found


def test_no_story_has_no_recency() -> None:
    columns = recency_columns(make_table(), SECONDS, HALF_LIFE)
    assert [len(column) for column in (columns.values, columns.rows, columns.ages)] == [0, 0, 0]


@pytest.mark.parametrize(("age", "value"), [(0, 1), (12, 1 / 2), (24, 1 / 4), (36, 1 / 8), (6, 0.5**0.5)])
def test_freshness_halves_in_each_half_life(age: float, value: float) -> None:
    assert astuple(recency(told("albion", age))) == pytest.approx((value, "a0", age))


def test_a_story_is_as_fresh_as_its_newest_report_by_somebody_else() -> None:
    assert recency(told("albion", 36), told("pressline", 24), told("nineline", 12)) == Recency(1 / 2, "a2", 12)


def test_a_publisher_that_repeats_itself_does_not_freshen_its_story() -> None:
    assert recency(told("albion", 24), told("albion", 12), told("albion", 0)) == Recency(1 / 4, "a0", 24)


def test_the_first_publisher_does_not_freshen_what_others_took_up() -> None:
    assert recency(told("albion", 36), told("pressline", 24), told("albion", 0)) == Recency(1 / 4, "a1", 24)


def test_publishers_of_one_house_are_no_independent_evidence() -> None:
    assert recency(told("ledger", 24), told("sun", 0)) == Recency(1 / 4, "a0", 24)


def test_a_copy_is_no_evidence_of_freshness() -> None:
    assert recency(told("albion", 24, "agency"), told("pressline", 0, "agency")) == Recency(1 / 4, "a0", 24)
    assert recency(told("albion", 36), told("pressline", 24, "agency"), told("nineline", 0, "agency")) == Recency(1 / 4, "a1", 24)


@pytest.mark.parametrize("who", ["relay", "handout"])
@pytest.mark.parametrize("text", ["", "agency"])
def test_a_stale_story_does_not_become_fresh_because_others_carry_it_today(who: str, text: str) -> None:
    assert recency(told("albion", 48, "agency"), told("pressline", 36), told(who, 0, text)) == Recency(1 / 8, "a1", 36)


def test_a_wire_that_confirms_freshens_a_story() -> None:
    assert recency(told("relay", 48), told("cable", 12)) == Recency(1 / 2, "a1", 12)


def test_reports_without_a_date_are_no_evidence_of_freshness() -> None:
    assert recency(told("albion", 24), told("pressline", None)) == Recency(1 / 4, "a0", 24)


def test_a_story_without_any_date_is_not_fresh() -> None:
    assert recency(told("albion", None), told("pressline", None)) == Recency(0, None, None)


def test_a_report_ahead_of_the_clock_is_as_fresh_as_can_be() -> None:
    assert recency(told("albion", -0.5)) == Recency(1, "a0", 0)


def test_a_date_that_was_set_back_to_as_of_makes_no_story_fresh() -> None:
    (story,) = make_stories([told("albion", 36), told("pressline", 0)])
    wrong = tuple(replace(article, date_health="clamped") if article.id == "a1" else article for article in story.articles)
    assert recencies([replace(story, articles=wrong)]) == {"s0": Recency(1 / 8, "a0", 36)}


def test_a_story_without_a_date_does_not_borrow_one_of_the_next() -> None:
    table = make_table([told("albion", 24)], [told("albion", None)], [told("albion", 12)])
    columns = recency_columns(table, SECONDS, HALF_LIFE)
    assert (columns.values.tolist(), columns.rows.tolist()) == ([1 / 4, 0, 1 / 2], [0, NO_ROW, 2])
    assert np.isnan(columns.ages).tolist() == [False, True, False]


def test_a_story_of_thousands_of_copies_is_as_old_as_their_text() -> None:
    assert recency(*[told(f"paper {number}", 24 - number / 1000, "agency") for number in range(5_000)]).value == 1 / 4


# Laws


def _recency_slowly(story: Story) -> Recency:
    def age(article: Article) -> float:
        assert article.published is not None
        return max(0.0, (AS_OF - article.published) / timedelta(hours=1))

    seen, newest = {story.first.title}, None if story.first.published is None else story.first
    for article in story.articles:
        outlet = PUBLISHERS.outlet(article.provider)
        is_own = article.title not in seen and outlet.role in {"publisher", "wire"}
        if is_own and article.published is not None and outlet.group != PUBLISHERS.group_of(story.first):
            newest = article  # they are in order of time
        seen.add(article.title)
    return Recency(0, None, None) if newest is None else Recency(0.5 ** (age(newest) / 12), newest.id, age(newest))


@given(LISTS_OF_TELLINGS)
def test_recency_is_what_going_through_each_story_gives(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)
    for story, found in zip(made, recencies(made).values(), strict=True):
        assert astuple(found) == pytest.approx(astuple(_recency_slowly(story)))


@given(LISTS_OF_TELLINGS)
def test_recency_is_a_share(stories: list[list[Told]]) -> None:
    assert all(0 <= found.value <= 1 for found in recencies(make_stories(*stories)).values())


@given(TELLINGS, st.sampled_from(["relay", "echo", "handout"]), st.floats(0, 200), st.sampled_from(["", "agency", "rival"]))
def test_what_is_carried_later_changes_no_recency(reports: list[Told], who: str, hours: float, text: str) -> None:
    dated = [report.hours for report in reports if report.hours is not None]
    later = told(who, min([*dated, hours]) if dated else None, text)
    # Ids have as many digits as there are articles: the same article is "a9" of ten and "a09" of eleven.
    assert astuple(recency(*reports, later))[::2] == astuple(recency(*reports))[::2]


@given(LISTS_OF_TELLINGS)
def test_a_storys_recency_hangs_neither_on_other_stories_nor_on_their_order(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)
    together = recencies(made)
    assert {key: value for story in made for key, value in recencies([story]).items()} == together
    assert recencies(made[::-1]) == together
