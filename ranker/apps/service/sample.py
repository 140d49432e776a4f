"""The sample newsroom as a service: its articles, its settings, and a clock that stands where it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median_low

from ranker.articles.article import Article
from ranker.articles.reading import newest_time, read_articles
from ranker.errors import ArtifactError
from ranker.places import newsroom_folder
from ranker.settings import Settings

_HALF_DAYS = 30  # the sample's ten days lie well within so many days of their middle; its wrong dates are years ahead


def sample_settings_file() -> Path:
    """The settings that go with it."""
    return newsroom_folder() / "ranker.yaml"


def sample_articles(settings: Settings) -> tuple[Article, ...]:
    """Its articles."""
    return read_articles([str(newsroom_folder() / "articles")], settings.reading).articles


def sample_clock(articles: Sequence[Article]) -> Callable[[], datetime]:
    """A clock that goes on from the newest article, so that ten days of March are news; wrong dates do not count."""
    times = [article.published for article in articles if article.published is not None]
    start = newest_time(articles, now=median_low(times) + timedelta(days=_HALF_DAYS)) if times else None
    if start is None:
        raise ArtifactError(f"{newsroom_folder()}: the sample has no article with a date")
    begun, first = time.monotonic(), start

    def now() -> datetime:
        return first + timedelta(seconds=time.monotonic() - begun)

    return now
