"""The lead: best quality, then freshest, then smallest id."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from ranker.articles.article import Article
from ranker.stories.lead import lead_article

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _article(name: str, hours: float | None) -> Article:
    return Article(name, "Storm closes harbour", published=None if hours is None else NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("articles", "quality", "lead"),
    [
        ([("a", 0)], {"a": -5}, "a"),
        ([("a", 5), ("b", 0)], {"a": 60, "b": 61}, "b"),
        ([("a", 0), ("b", 1)], {"a": 60, "b": 60}, "b"),
        ([("a", None), ("b", -9000)], {"a": 60, "b": 60}, "b"),
        ([("a", None), ("b", None)], {"a": 60, "b": 60}, "a"),
        ([("c", 1), ("b", 1), ("a", 0)], {"a": 60, "b": 60, "c": 60}, "b"),
    ],
    ids=["alone", "best", "freshest", "dated", "undated", "smallest id"],
)
def test_the_lead_is_the_same_in_every_order(articles: list[tuple[str, float | None]], quality: dict[str, int], lead: str) -> None:
    for order in itertools.permutations(_article(name, hours) for name, hours in articles):
        assert lead_article(order, quality).id == lead


def test_nothing_has_no_lead() -> None:
    with pytest.raises(ValueError, match="empty"):
        lead_article([], {})
