"""Desks over stores in memory, and what their stories, and a batch's, are as sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.articles.article import Article, Provider
from ranker.desk.desk import Desk
from ranker.desk.edition import Edition
from ranker.desk.memory import MemoryStore
from ranker.desk.records import Event
from ranker.desk.store import Store
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.corrections import NO_CORRECTIONS, Correction, CorrectionAction, Corrections
from ranker.vectors.encoder import Encoder

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Stories = frozenset[frozenset[str]]


@cache
def defaults() -> Settings:
    return load_settings()


def open_desk(store: Store | None = None, *, settings: Settings | None = None, encoder: Encoder | None = None, now: datetime = NOW) -> Desk:
    return Desk(settings or defaults(), encoder or HashingEncoder(), store or MemoryStore(), now=now, same_story=SAME_STORY)


def report(name: str, title: str, *, hours: float | None = 1, provider: str = "albion", **fields: Any) -> Article:
    """An article of so many hours before NOW, None without a date."""
    published = None if hours is None else NOW - timedelta(hours=hours)
    return Article(name, title, provider=Provider(provider, f"{provider}.example"), published=published, **fields)


QUAKE = [
    report("q1", "Quake of magnitude 6.8 strikes off Tarapay coast", hours=9, provider="pressline"),
    report("q2", "Tarapay coast struck by quake of magnitude 6.8", hours=8, provider="nineline"),
    report("q3", "Magnitude 6.8 quake strikes Tarapay coast, towns evacuated", hours=6, provider="continental"),
]
FERRY = [
    report("f1", "Lady Corinne ferry aground on Gannet Ledge", hours=30, provider="albion"),
    report("f2", "Ferry Lady Corinne runs aground on Gannet Ledge", hours=29, provider="pressline"),
]
ALONE = report("x1", "Schoolboy makes maximum snooker break", hours=None)
NEWSROOM = [*QUAKE, *FERRY, ALONE]


def correction(name: str, action: CorrectionAction, articles: str, others: str = "") -> Correction:
    """A correction of articles that are spelt with a blank between them."""
    return Correction(name, action, tuple(articles.split()), tuple(others.split()), by="Ann")


def stories_of(edition: Edition) -> Stories:
    """The stories as sets of article ids."""
    return frozenset(frozenset(article.id for article in story.articles) for story in edition.table.stories)


def names_of(edition: Edition) -> dict[str, str]:
    """The story id of each live article."""
    return {article.id: story.id for story in edition.table.stories for article in story.articles}


def batch(
    articles: Sequence[Article], *, corrections: Corrections = NO_CORRECTIONS, settings: Settings | None = None, now: datetime = NOW
) -> Ranking:
    return rank_articles(
        articles, settings or defaults(), as_of=now, encoder=HashingEncoder(), same_story=SAME_STORY, corrections=corrections
    )


def batch_stories(articles: Sequence[Article], *, corrections: Corrections = NO_CORRECTIONS) -> Stories:
    return frozenset(
        frozenset(article.id for article in story.articles) for story in batch(articles, corrections=corrections).grouping.stories
    )


def planted(n_stories: int, per_story: int, noise: float = 0.3, seed: int = 1) -> tuple[list[Article], dict[str, str]]:
    """Planted stories of the last two and a half days before NOW, and the true story of each article."""
    made = make_planted_stories(n_stories, per_story, noise, seed)
    latest = max(article.published for article in made.articles if article.published is not None)
    articles = [
        replace(article, published=NOW - (latest - article.published)) for article in made.articles if article.published is not None
    ]
    return articles, made.labels


def members_told(events: Iterable[Event]) -> dict[str, str]:
    """The story of each article, by events alone; articles of sealed stories stay in theirs."""
    story_of: dict[str, str] = {}
    for event in events:
        for article in event.articles:
            if event.kind in {"created", "grown"}:
                story_of[article] = event.story
            elif event.kind in {"shrunk", "split", "merged", "emptied"} and story_of.get(article) == event.story:
                del story_of[article]
    return story_of
