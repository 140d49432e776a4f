"""Wire shapes: ranked stories, articles and related lists as JSON-ready values (camelCase, UTC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.ranking.blend import Signal
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.heat import Heat
from ranker.ranking.order import Adjustment
from ranker.ranking.phase import Phase
from ranker.ranking.ranked import RankedStories, RankedStory
from ranker.ranking.related import RelatedArticle
from ranker.settings import Settings
from ranker.stories.story import Membership

_DIGITS = 6  # of similarities; all that a score is made of is exact


class RankedList(Protocol):
    """What the wire tells of: a batch's ranking or a live one."""

    @property
    def as_of(self) -> datetime:
        """The moment it was made for."""
        ...

    @property
    def settings(self) -> Settings:
        """What it was made with."""
        ...

    @property
    def stories(self) -> RankedStories:
        """In order."""
        ...

    @property
    def quality_points(self) -> Mapping[str, int]:
        """The quality of each article, by its id."""
        ...


def story_json(ranked: RankedStory, ranking: RankedList) -> dict[str, Any]:
    """A ranked story; its contributions add up to its score exactly, and so do the parts of each signal to its value."""
    story, counts = ranked.story, ranked.counts
    times = [article.dated for article in story.articles if article.dated is not None]
    return {
        "id": story.id,
        "rank": ranked.rank,
        "score": ranked.score,
        "asOf": iso_text(ranking.as_of),
        "signals": signals_json(ranked, ranking),
        "adjustments": [adjustment_json(move) for move in ranked.adjustments],
        "counts": {
            "articles": counts.articles,
            "uniqueTexts": counts.unique_texts,
            "providers": counts.providers,
            "publisherGroups": counts.publisher_groups,
        },
        "phase": ranked.phase.name,
        "firstPublished": iso_text(min(times)) if times else None,
        "lastPublished": iso_text(max(times)) if times else None,
        "lead": article_json(ranked.lead, ranking),
        "articles": [member_json(article, ranking, story.memberships[article.id]) for article in story.articles],
        "topics": list(ranked.topics),
        "timeline": timeline(story.articles),
        "lineage": None,  # a batch has no history; the service tells it
        "folded": [under.story.id for under in ranked.folded],
    }


def timeline(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """The hours in which a story was told: the start of each, its articles and its providers; undated articles count in none."""
    hours: dict[datetime, list[Article]] = {}
    for article in articles:
        if article.dated is not None:
            hours.setdefault(article.dated.replace(minute=0, second=0, microsecond=0), []).append(article)
    return [
        {"hour": iso_text(hour), "articles": len(told), "providers": len({article.provider.key for article in told})}
        for hour, told in sorted(hours.items(), key=lambda item: item[0])
    ]


def signals_json(ranked: RankedStory, ranking: RankedList) -> dict[str, Any]:
    """The three signals, each with all that its value is made of.

    Heat's value is the story's heat: the quality of its lead and what lies above it; that alone is normalised, so that quality
    counts once.
    """
    blend, quality, heat, recency = ranked.blend, ranked.quality, ranked.heat, ranked.recency
    return {
        "quality": _signal(blend.quality, quality.points)
        | {
            "parts": [
                {"id": part.article_id, "quality": part.quality, "weight": part.weight, "points": part.points} for part in quality.parts
            ]
        },
        "heat": _signal(blend.heat, heat.points) | {"parts": heat_json(heat)},
        "recency": _signal(blend.recency, recency.value)
        | {"parts": {"id": recency.article_id, "ageHours": recency.age_hours, "halfLifeHours": ranking.settings.recency.half_life_hours}},
    }


def explained_json(ranked: RankedStory, ranking: RankedList) -> dict[str, Any]:
    """A ranked story with its phase taken apart and why it is above the next."""
    told = story_json(ranked, ranking) | {"phaseParts": phase_json(ranked.phase)}
    if 0 < ranked.rank < len(ranking.stories):
        told["whyAboveNext"] = why_json(why_above(ranked, ranking.stories[ranked.rank], ranking.settings))
    return told


def why_json(why: WhyAbove) -> dict[str, Any]:
    """Why one story stands above another; the advantages add up to the gap exactly."""
    return {
        "upper": {"id": why.upper.story.id, "rank": why.upper.rank, "score": why.upper.score},
        "lower": {"id": why.lower.story.id, "rank": why.lower.rank, "score": why.lower.score},
        "gap": why.gap,
        "decidedBy": why.decided_by,
        "rules": [adjustment_json(move) for move in why.rules],
        "differences": [
            {
                "signal": item.signal,
                "upper": item.upper.contribution,
                "lower": item.lower.contribution,
                "advantage": item.advantage,
                "levelValue": item.lower_value,
                "levelWeight": item.weight,
            }
            for item in why.differences
        ],
    }


def heat_json(heat: Heat) -> dict[str, Any]:
    """Heat taken apart: lead quality + covered + burst + audience = heat."""
    return {
        "quality": heat.quality,
        "covered": heat.covered,
        "burst": heat.burst,
        "audience": heat.audience,
        "expected": heat.expected,
        "coverage": [
            {"id": item.article_id, "ageHours": item.age_hours, "points": item.points, "pastPoints": item.past_points}
            for item in heat.coverage
        ],
    }


def adjustment_json(move: Adjustment) -> dict[str, Any]:
    """What moved a story after scoring."""
    return {"rule": move.rule, "because": move.because, "byScore": move.by_score, "place": move.place}


def phase_json(phase: Phase) -> dict[str, Any]:
    """A phase and what it was read from."""
    return {
        "name": phase.name,
        "pace": phase.pace,
        "peak": phase.peak,
        "publisherGroups": phase.publisher_groups,
        "firstHours": phase.first_hours,
        "newestGroupHours": phase.newest_group_hours,
    }


def article_json(article: Article, ranking: RankedList) -> dict[str, Any]:
    """An article with everything that is shown of it."""
    return _short_article(article, ranking) | {
        "excerpt": article.excerpt,
        "category": article.category,
        "topics": list(article.topics),
        "images": [dict(image) for image in article.images],
        "dateHealth": article.date_health,
    }


def member_json(article: Article, ranking: RankedList, membership: Membership) -> dict[str, Any]:
    """A member of a story and why it belongs."""
    return _short_article(article, ranking) | {
        "membership": {"probability": membership.probability, "similarity": membership.similarity, "nearest": membership.nearest}
    }


def related_json(item: RelatedArticle, ranking: RankedList) -> dict[str, Any]:
    """An item of a related list."""
    return _short_article(item.article, ranking) | {
        "similarity": round(item.similarity, _DIGITS),
        "sameStory": item.same_story,
        "probability": round(item.probability, _DIGITS),
    }


def file_item(article: Article, quality: int) -> dict[str, object]:
    """A related article as the front matter format holds it, missing fields left out."""
    provider = {"name": article.provider.name, "domain": article.provider.domain}
    fields: dict[str, object] = {
        "title": article.title,
        "excerpt": article.excerpt,
        "publishedDateTime": iso_text(article.dated) if article.dated is not None else None,
        "webUrl": article.url,
        "type": article.type,
        "provider": {key: value for key, value in provider.items() if value} or None,
        "quality": quality,
        "images": [dict(image) for image in article.images] or None,
    }
    return {key: value for key, value in fields.items() if value is not None and value != ""}


def flat_rows(ranking: RankedList) -> list[dict[str, object]]:
    """One row an article, in the order of stories and of time within each: for spreadsheets."""
    rows: list[dict[str, object]] = []
    for ranked in ranking.stories.with_folded():
        for article in ranked.story.articles:
            shown = _short_article(article, ranking)
            provider: Mapping[str, object] = shown.pop("provider")
            rows.append(
                {
                    "storyRank": ranked.rank,
                    "storyId": ranked.story.id,
                    "storyScore": ranked.score,
                    "isLead": article.id == ranked.lead.id,
                }
                | shown
                | {"provider.name": provider["name"], "provider.domain": provider["domain"], "excerpt": article.excerpt}
            )
    return rows


def _short_article(article: Article, ranking: RankedList) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "provider": {"name": article.provider.name, "domain": article.provider.domain},
        "publishedDateTime": iso_text(article.published) if article.published is not None else None,
        "webUrl": article.url,
        "type": article.type,
        "quality": ranking.quality_points[article.id],
    }


def _signal(signal: Signal, value: float) -> dict[str, Any]:
    return {
        "value": value,
        "scale": signal.scale,
        "normalised": signal.normalised,
        "weight": signal.weight,
        "contribution": signal.contribution,
    }
