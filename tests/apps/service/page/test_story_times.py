"""Hours of a story: every dated article counted once, in bars that are never too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.service import NOW, Service

from ranker.apps.service.page.story_times import times_of
from ranker.articles.article import Article, Provider


def _article(name: str, published: datetime | None, provider: str = "") -> Article:
    return Article(name, name, published=published, provider=Provider(provider, provider))


def test_bars_are_hours_with_articles_and_providers() -> None:
    told = [
        _article("a", NOW, "x"),
        _article("b", NOW + timedelta(minutes=59), "x"),
        _article("c", NOW + timedelta(hours=3), "y"),
        _article("d", None),
    ]
    found = times_of(told)
    assert [(bar.place, bar.start, bar.articles, bar.providers) for bar in found.bars] == [
        (0, NOW, 2, 1),
        (3, NOW + timedelta(hours=3), 1, 1),
    ]
    assert (found.span_hours, found.spans, found.undated, found.most) == (1, 4, 1, 2)


def test_without_dates_there_are_no_bars() -> None:
    for articles in ([], [_article("a", None)]):
        found = times_of(articles)
        assert (found.bars, found.spans, found.most, found.undated) == ((), 0, 0, len(articles))


def test_a_long_story_has_wider_bars() -> None:
    assert times_of([_article("a", NOW), _article("b", NOW + timedelta(days=8) - timedelta(hours=1))]).span_hours == 1
    assert times_of([_article("a", NOW), _article("b", NOW + timedelta(days=8))]).span_hours == 2
    assert times_of([_article("a", datetime(1900, 1, 1, tzinfo=UTC)), _article("b", NOW)]).spans <= 192


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=40))
def test_every_article_is_in_one_bar(minutes: list[int]) -> None:
    articles = [_article(f"a{place}", NOW + timedelta(minutes=minute)) for place, minute in enumerate(minutes)]
    found = times_of(articles)
    assert sum(bar.articles for bar in found.bars) == len(articles)
    assert found.spans == found.bars[-1].place + 1 <= 192
    span = timedelta(hours=found.span_hours)
    for article in articles:
        assert article.published is not None
        assert sum(bar.start <= article.published < bar.start + span for bar in found.bars) == 1


def test_bars_are_those_of_the_wire(standing: Service) -> None:
    story = standing.story_of("quake-1")
    ranked = standing.desk.edition.ranking().story(story)
    assert ranked is not None
    told = standing.get(f"/v1/stories/{story}/timeline")["timeline"]
    found = times_of(ranked.story.articles)
    assert [(f"{bar.start:%Y-%m-%dT%H:%M:%SZ}", bar.articles, bar.providers) for bar in found.bars] == [
        (hour["hour"], hour["articles"], hour["providers"]) for hour in told
    ]
