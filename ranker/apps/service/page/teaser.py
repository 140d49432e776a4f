"""Teaser: what a card shows of an article, whatever it has."""

from __future__ import annotations

from ranker.articles.article import Article

UNTITLED = "Untitled"


def shown_title(article: Article | None) -> str:
    """Its title, or that there is none."""
    return (article.title if article else "") or UNTITLED


def shown_excerpt(article: Article | None, characters: int) -> str:
    """Its excerpt in at most so many characters and an ellipsis, cut between words."""
    text = article.excerpt if article else ""
    return text if len(text) <= characters else f"{text[:characters].rsplit(' ', 1)[0]}\N{HORIZONTAL ELLIPSIS}"
