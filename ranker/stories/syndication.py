"""Syndication: articles that carry the same text are known as copies, and counted once."""

from __future__ import annotations

from collections.abc import Iterable

from ranker.articles.article import Article
from ranker.vectors.words import words


def text_groups(articles: Iterable[Article]) -> dict[str, str]:
    """For each article id a name of its text; copies have one name.

    Copies have the same words, in order, in title and excerpt, whatever their case, marks and spacing. An article without
    an excerpt is a copy of those with its title (of the one whose excerpt comes first in order of words, if they differ).
    """
    excerpts: dict[str, list[str]] = {}
    keys: dict[str, tuple[str, str]] = {}
    for article in articles:
        title, excerpt = " ".join(words(article.title)) or article.title, " ".join(words(article.excerpt))
        keys[article.id] = title, excerpt
        if excerpt:
            excerpts.setdefault(title, []).append(excerpt)
    first = {title: min(found) for title, found in excerpts.items()}
    return {key: f"{title} | {excerpt or first.get(title, '')}" for key, (title, excerpt) in keys.items()}
