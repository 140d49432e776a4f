"""The lead: the article that stands for a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ranker.articles.article import Article


def lead_article(articles: Sequence[Article], quality: Mapping[str, int]) -> Article:
    """The article of the best quality; of equals the freshest, of these the one with the smallest id.

    Parameters
    ----------
    articles : at least one.
    quality : points by article id.
    """
    return min(articles, key=lambda article: (-quality[article.id], -_seconds(article), article.id))


def _seconds(article: Article) -> float:
    return float("-inf") if article.dated is None else article.dated.timestamp()
