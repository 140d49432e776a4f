"""Recency: the age of a story's newest independent evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ranker.articles.article import Article, Provider
from ranker.ranking.recency import Recency, recency_of
from ranker.settings import PublisherSettings, RecencySettings
from ranker.stories.story import Story, time_order

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
HALF_LIFE = RecencySettings(half_life_hours=12)
OWNERS = PublisherSettings(groups={"Harbor House": ["ledger.example", "Harbor Sun"]})


def told_by(*reports: tuple[str, float | None]) -> Story:
    """A story of such reports: who, and how many hours before AS_OF; their ids are a0, a1, ..."""
    articles = [
        Article(f"a{i}", "Ferry aground", provider=Provider(name, name), published=None if age is None else AS_OF - timedelta(hours=age))
        for i, (name, age) in enumerate(reports)
    ]
    return Story("s1", tuple(sorted(articles, key=time_order)), {})


def recency(*reports: tuple[str, float | None]) -> Recency:
    return recency_of(told_by(*reports), AS_OF, HALF_LIFE, OWNERS)


@pytest.mark.parametrize(("age", "value"), [(0, 1), (12, 1 / 2), (24, 1 / 4), (36, 1 / 8), (6, 0.5**0.5)])
def test_freshness_halves_in_each_half_life(age: float, value: float) -> None:
    found = recency(("albion", age))
    assert found.value == pytest.approx(value)
    assert (found.article_id, found.age_hours) == ("a0", age)


def test_a_story_is_as_fresh_as_its_newest_report_by_somebody_else() -> None:
    assert recency(("albion", 36), ("pressline", 24), ("nineline", 12)) == Recency(1 / 2, "a2", 12)


def test_a_publisher_that_repeats_itself_does_not_freshen_its_story() -> None:
    assert recency(("albion", 24), ("albion", 12), ("albion", 0)) == Recency(1 / 4, "a0", 24)


def test_the_first_publisher_does_not_freshen_what_others_took_up() -> None:
    assert recency(("albion", 36), ("pressline", 24), ("albion", 0)) == Recency(1 / 4, "a1", 24)


def test_publishers_of_one_owner_are_no_independent_evidence() -> None:
    assert recency(("ledger.example", 24), ("harbor sun", 0)) == Recency(1 / 4, "a0", 24)


def test_reports_without_a_date_are_no_evidence_of_freshness() -> None:
    assert recency(("albion", 24), ("pressline", None)) == Recency(1 / 4, "a0", 24)


def test_a_story_without_any_date_is_not_fresh() -> None:
    assert recency(("albion", None), ("pressline", None)) == Recency(0, None, None)


def test_a_report_ahead_of_the_clock_is_as_fresh_as_can_be() -> None:
    assert recency(("albion", -0.5)) == Recency(1, "a0", 0)


def test_a_date_that_was_set_back_to_as_of_makes_no_story_fresh() -> None:
    story = told_by(("albion", 36), ("pressline", 0))
    wrong = tuple(replace(article, date_health="clamped") if article.id == "a1" else article for article in story.articles)
    assert recency_of(replace(story, articles=wrong), AS_OF, HALF_LIFE, OWNERS) == Recency(1 / 8, "a0", 36)
