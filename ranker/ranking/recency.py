"""Recency: how fresh a story's newest independent evidence is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ranker.ranking.heat import age_hours
from ranker.settings import PublisherSettings, RecencySettings
from ranker.stories.story import Story, publisher_group


@dataclass(frozen=True, slots=True)
class Recency:
    """A freshness from 0 to 1, and the article and age it was read from."""

    value: float
    article_id: str | None
    age_hours: float | None


def recency_of(story: Story, as_of: datetime, settings: RecencySettings, publishers: PublisherSettings) -> Recency:
    """Freshness of a story: 0.5 ^ (age / half-life) of its newest article from another publisher than the first.

    A story that one publisher tells is as old as its first article: repeating oneself is no news. 0 without any date.
    """
    dated = [(article.dated, article) for article in story.articles if article.dated is not None]
    if not dated:
        return Recency(0.0, None, None)
    source = publisher_group(dated[0][1], publishers)
    independent = [item for item in dated if publisher_group(item[1], publishers) != source]
    moment, evidence = independent[-1] if independent else dated[0]
    age = age_hours(moment, as_of)
    return Recency(0.5 ** (age / settings.half_life_hours), evidence.id, age)
