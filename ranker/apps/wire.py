"""Wire shapes: ranked stories, articles and related lists as JSON-ready values (camelCase, UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.pipeline import RankedStory, Ranking
from ranker.ranking.blend import Signal
from ranker.ranking.related import RelatedArticle
from ranker.stories.story import Membership

_DIGITS = 6  # of signals and similarities; contributions and scores are exact


def story_json(ranked: RankedStory, ranking: Ranking) -> dict[str, Any]:
    """A ranked story; its contributions add up to its score exactly."""
    story, counts, blend = ranked.story, ranked.counts, ranked.blend
    times = [article.dated for article in story.articles if article.dated is not None]
    return {
        "id": story.id,
        "rank": ranked.rank,
        "score": blend.score,
        "signals": {name: _signal(getattr(blend, name)) for name in ("quality", "heat", "recency")},
        "adjustments": [],
        "counts": {
            "articles": counts.articles,
            "uniqueTexts": counts.unique_texts,
            "providers": counts.providers,
            "publisherGroups": counts.publisher_groups,
        },
        "firstPublished": iso_text(min(times)) if times else None,
        "lastPublished": iso_text(max(times)) if times else None,
        "lead": article_json(ranked.lead, ranking),
        "articles": [member_json(article, ranking, story.memberships[article.id]) for article in story.articles],
        "topics": story_topics(ranked),
    }


def article_json(article: Article, ranking: Ranking) -> dict[str, Any]:
    """An article with everything that is shown of it."""
    return _short_article(article, ranking) | {
        "excerpt": article.excerpt,
        "category": article.category,
        "topics": list(article.topics),
        "images": [dict(image) for image in article.images],
        "dateHealth": article.date_health,
    }


def member_json(article: Article, ranking: Ranking, membership: Membership) -> dict[str, Any]:
    """A member of a story and why it belongs."""
    return _short_article(article, ranking) | {
        "membership": {"probability": membership.probability, "similarity": membership.similarity, "nearest": membership.nearest}
    }


def related_json(item: RelatedArticle, ranking: Ranking) -> dict[str, Any]:
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


def story_topics(ranked: RankedStory) -> list[str]:
    """Topics of a story's articles, the most frequent first, ties in alphabetical order."""
    found: dict[str, int] = {}
    for article in ranked.story.articles:
        for topic in article.topics:
            found[topic] = found.get(topic, 0) + 1
    return sorted(found, key=lambda topic: (-found[topic], topic))


def flat_rows(ranking: Ranking) -> list[dict[str, object]]:
    """One row an article, in the order of stories and of time within each: for spreadsheets."""
    rows: list[dict[str, object]] = []
    for ranked in ranking.stories:
        for article in ranked.story.articles:
            shown = _short_article(article, ranking)
            provider: Mapping[str, object] = shown.pop("provider")
            rows.append(
                {
                    "storyRank": ranked.rank,
                    "storyId": ranked.story.id,
                    "storyScore": ranked.blend.score,
                    "isLead": article.id == ranked.lead.id,
                }
                | shown
                | {"provider.name": provider["name"], "provider.domain": provider["domain"], "excerpt": article.excerpt}
            )
    return rows


def _short_article(article: Article, ranking: Ranking) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "provider": {"name": article.provider.name, "domain": article.provider.domain},
        "publishedDateTime": iso_text(article.published) if article.published is not None else None,
        "webUrl": article.url,
        "type": article.type,
        "quality": ranking.qualities[article.id].points,
    }


def _signal(signal: Signal) -> dict[str, float]:
    return {
        "value": round(signal.value, _DIGITS),
        "normalised": signal.normalised,
        "weight": signal.weight,
        "contribution": signal.contribution,
    }
