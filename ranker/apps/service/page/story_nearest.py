"""Nearest other stories: those of which some article most likely tells the same as some article of a story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ranker.articles.article import Article
from ranker.desk.edition import Edition
from ranker.stories.same_story import probability

NEAREST = 6  # stories
_LOOKED_AT = 2000  # pairs, the likeliest first: of a story's many neighbours most are of the same few stories


@dataclass(frozen=True, slots=True)
class Near:
    """Another story, and the pair of articles by which it is near."""

    story: str
    similarity: float  # cosine of the two articles' vectors
    probability: float  # P(same story) of the two
    own: str  # id of the article of the story that was asked about
    other: Article


def nearest_stories(edition: Edition, articles: Sequence[Article], *, limit: int = NEAREST) -> list[Near]:
    """The nearest other stories of an edition: by the pair of articles that most likely tell the same; ties by similarity, then id.

    Parameters
    ----------
    articles : of one story; those that are not in the edition play no part.
    """
    window, pairs = edition.window, edition.window.pairs
    slots = np.array([slot for article in articles if (slot := edition.row_of(article.id)) is not None], dtype=np.int64)
    if not len(slots):
        return []
    places = pairs.of_any(slots)  # those that lead outward come once
    later, earlier = pairs.later[places].astype(np.int64), pairs.earlier[places].astype(np.int64)
    later_is_own = np.isin(later, slots)
    outward = later_is_own != np.isin(earlier, slots)
    places, later, earlier, later_is_own = places[outward], later[outward], earlier[outward], later_is_own[outward]
    own, other = np.where(later_is_own, later, earlier), np.where(later_is_own, earlier, later)
    similarity, score = pairs.dense[places].astype(np.float64), pairs.score[places].astype(np.float64)
    likely = probability(window.model.log_odds(score))
    found: dict[str, Near] = {}
    for place in np.lexsort((other, own, -similarity, -likely))[:_LOOKED_AT].tolist():
        article, mine = window.articles[other[place]], window.articles[own[place]]
        story = edition.story_of(article.id)  # None for one that is gone, or of a later edition
        if story is None:
            continue
        near = Near(story, float(similarity[place]), float(likely[place]), mine.id, article)
        known = found.get(story)
        if known is None or _order(near) < _order(known):  # of equal pairs the one with the first ids
            found[story] = near
    return sorted(found.values(), key=_order)[:limit]


def _order(near: Near) -> tuple[float, float, str, str, str]:
    return -near.probability, -near.similarity, near.story, near.own, near.other.id
