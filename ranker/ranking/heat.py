"""Heat: how strongly a story is being covered now, in quality's points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ranker.articles.article import Article
from ranker.settings import HeatSettings

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """One other article that covers the story: its age, and the points that are left of it."""

    article_id: str
    age_hours: float | None  # None without a date
    points: float


@dataclass(frozen=True, slots=True)
class Heat:
    """An article's heat: its quality and the points of each coverage; they add up to `points`."""

    points: float
    quality: int
    coverage: tuple[Coverage, ...]


def heat_of(quality: int, coverage: Iterable[Article], as_of: datetime, settings: HeatSettings) -> Heat:
    """Heat of an article of some quality, given the other coverage of its story.

    heat = quality + sum over coverage of points_per_coverage x 0.5 ^ (age / half-life); an article without coverage has
    heat = quality. Without a half-life nothing cools: those are the format's own numbers (83 with four related: 123).
    Coverage without a date counts only if nothing cools: its age is unknown, and heat never exceeds the evidence.
    """
    warmed = tuple(_warmed(article, as_of, settings) for article in coverage)
    return Heat(quality + sum(item.points for item in warmed), quality, warmed)


def other_coverage(article: Article, members: Sequence[Article], texts: Mapping[str, str]) -> list[Article]:
    """The members of a story that cover it in other words than `article`; of copies of one text the first counts.

    Parameters
    ----------
    members : in order of time.
    texts : by article id, a name of its text that copies share.
    """
    first_of_text: dict[str, Article] = {}
    for other in members:
        if texts[other.id] != texts[article.id]:
            first_of_text.setdefault(texts[other.id], other)
    return list(first_of_text.values())


def age_hours(moment: datetime, as_of: datetime) -> float:
    """Hours from a moment to `as_of`, 0 if it lies (within the tolerance for wrong clocks) ahead."""
    return max(0.0, (as_of - moment).total_seconds() / _SECONDS_PER_HOUR)


def _warmed(article: Article, as_of: datetime, settings: HeatSettings) -> Coverage:
    age = None if article.dated is None else age_hours(article.dated, as_of)
    if settings.half_life_hours is None:
        return Coverage(article.id, age, settings.points_per_coverage)
    left = 0.0 if age is None else 0.5 ** (age / settings.half_life_hours)
    return Coverage(article.id, age, settings.points_per_coverage * left)
