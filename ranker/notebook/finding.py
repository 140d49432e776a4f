"""Finding: the story or article that somebody names in one of several ways."""

from __future__ import annotations

import os

from ranker.articles.article import Article
from ranker.articles.identity import canonical_url
from ranker.pipeline import Ranking
from ranker.ranking.ranked import RankedStory


def found_article(ranking: Ranking, wanted: str) -> Article | None:
    """The article of an id, a web address or a file that holds it alone."""
    address, path = canonical_url(wanted), os.path.realpath(wanted)
    for article in ranking.grouping.corpus.articles:
        same_file = article.origin.line is None and os.path.realpath(article.origin.path) == path
        same_address = address and address in {canonical_url(article.url), canonical_url(article.own_url)}
        if article.id == wanted or same_address or same_file:
            return article
    return None


def found_story(ranking: Ranking, wanted: str) -> RankedStory | None:
    """The story of an id; a rank ("3", "#3") or an article's id, address or file names its story as well."""
    by_id = {ranked.story.id: ranked for ranked in ranking.stories.by_number.values()}
    if wanted in by_id:
        return by_id[wanted]
    place = wanted.removeprefix("#")
    if place.isdecimal() and 0 < int(place) <= len(ranking.stories):
        return ranking.stories[int(place) - 1]
    found = found_article(ranking, wanted)
    return None if found is None else ranking.by_article[found.id]
