"""Service: the articles of a running service, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ranker.articles.article import Article, DateHealth, Origin, Provider
from ranker.articles.reading import newest_versions
from ranker.settings import Settings

if TYPE_CHECKING:
    from ranker.client import RankerClient, answers

_POINTS, _MINUS = "servicePoints", "serviceMinusPoints"  # extra fields that carry the quality which the service gives
_LOWEST = -1e6  # points; a service's floor is not known here


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a service told: its articles, the moment of its list, and the id of the story of each article there."""

    articles: tuple[Article, ...]
    as_of: datetime | None
    stories: dict[str, str]  # by article id


def fetched(client: RankerClient) -> Fetched:
    """All articles of the stories that a service lists; one request a page of stories, and one an article.

    Raises
    ------
    ClientError : if the service cannot be asked.
    """
    articles: list[Article] = []
    stories: dict[str, str] = {}
    as_of: datetime | None = None
    for story in client.stories():
        as_of = story.as_of if as_of is None else as_of
        for member in story.articles:
            stories[member.id] = story.id
            articles.append(_article(client.article(member.id)))
    return Fetched(newest_versions(articles), as_of, stories)


def _article(told: answers.Article) -> Article:
    health: DateHealth = "ok"
    for known in ("zoneless", "missing", "clamped"):
        health = known if told.date_health == known else health
    return Article(
        id=told.id,
        title=told.title,
        excerpt=told.excerpt,
        provider=Provider(told.provider.name, told.provider.domain),
        published=told.published_date_time,
        url=told.web_url,
        category=told.category,
        type=told.type,
        topics=told.topics,
        images=told.images,
        date_health=health,
        origin=Origin("service"),
        extra={_POINTS: max(0, told.quality), _MINUS: max(0, -told.quality)},
    )


def service_quality(settings: Settings) -> dict[str, object]:
    """Overrides of the settings by which an article has the quality that its service gives: not all that a scorecard looks at is told."""
    rules: dict[str, object] = {f"quality.rules.{name}": None for name in settings.quality.rules}
    given = {"feature": _POINTS, "test": "count", "points": 1}
    below = {"feature": _MINUS, "test": "count", "points": -1}
    ends: dict[str, object] = {"quality.base": 0, "quality.floor": _LOWEST, "quality.cap": None}
    return rules | ends | {"quality.rules.as_the_service_says": given, "quality.rules.as_the_service_says_below_0": below}
