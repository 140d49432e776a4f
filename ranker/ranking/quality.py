"""Quality: a scorecard that says, point by point, what an article is worth by itself."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from ranker.articles.article import Article
from ranker.articles.identity import canonical_url, domain_of
from ranker.settings import QualitySettings

_DIGITS = 9  # of a feature's points; what lies beyond is the noise of binary fractions


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a sum: the feature, what was seen, and the points it gives."""

    feature: str
    seen: str
    points: int


@dataclass(frozen=True, slots=True)
class Quality:
    """An article's quality in points; `parts` add up to `points` exactly."""

    points: int
    parts: tuple[Part, ...]


def quality_of(article: Article, settings: QualitySettings) -> Quality:
    """The scorecard of one article.

    quality = floor <= base + topics + image + amp + type + source + topic terms in the title + title length <= cap,
    each rounded towards zero. With the points in `defaults.yaml` it is the sum that was recovered, exactly, from
    files of the format (docs/scores.md).
    """
    points = settings.points
    parts = [
        _part("base", "", settings.base),
        _part("topics", f"{len(article.topics)}", points.topic * len(article.topics)),
        _part("image", "yes", points.image if article.images else 0),
        _part("amp", "yes", points.amp if article.has_amp else 0),
        _part("type", article.type, points.types.get(article.type, 0)),
        _source(article, settings),
        _topic_terms(article.title, settings),
        _title_length(article.title_as_read or article.title, settings),
    ]
    total = sum(part.points for part in parts)
    limited = max(total, math.trunc(settings.floor))
    if settings.cap is not None:
        limited = min(limited, math.trunc(settings.cap))
    if limited != total:
        parts.append(Part("floor" if limited > total else "cap", f"{total}", limited - total))
    return Quality(limited, tuple(part for part in parts if part.points))


def _part(feature: str, seen: str, points: float) -> Part:
    # 100 x 0.29 is 28.999999999999996 in binary; whoever set 0.29 means 29.
    return Part(feature, seen, math.trunc(round(points, _DIGITS)))


def _source(article: Article, settings: QualitySettings) -> Part:
    """Exactly one of own feed, known provider, unknown provider."""
    own = _own_prefixes(tuple(settings.own_feeds))
    if any(_under(canonical_url(url), prefix) for url in (article.own_url, article.url) for prefix in own):
        return _part("source", "own feed", settings.points.own_feed)
    domains = {_folded(article.provider.domain), domain_of(article.url)} - {""}
    if domains & _all_folded(tuple(settings.known_providers)):
        return _part("source", "known provider", settings.points.known_provider)
    return _part("source", "unknown provider", settings.points.unknown_provider)


def _under(address: str, prefix: str) -> bool:
    """Whether a canonical address is the prefix or lies below it; a prefix without a path takes the whole host."""
    return bool(prefix) and (address == prefix or address.startswith((f"{prefix}/", f"{prefix}?")))


@lru_cache(maxsize=64)
def _own_prefixes(feeds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(canonical_url(feed if "://" in feed else f"https://{feed}") for feed in feeds)


@lru_cache(maxsize=64)
def _all_folded(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_folded, domains))


def _folded(domain: str) -> str:
    return domain.strip().casefold().removeprefix("www.")


def _topic_terms(title: str, settings: QualitySettings) -> Part:
    found = [synonyms[0] for synonyms in settings.topic_terms if synonyms and _pattern(tuple(synonyms)).search(title)]
    return _part("topic terms in title", ", ".join(found), settings.points.topic_term_in_title * len(found))


@lru_cache(maxsize=1024)
def _pattern(synonyms: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in synonyms)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def _title_length(title: str, settings: QualitySettings) -> Part:
    """Points by the title's length as it stands in the input, before any repair: so the format counts it."""
    over = max(0, len(title) - settings.title_length_limit)
    return _part("title length", f"{len(title)} characters", settings.points.title_character_over * over)
