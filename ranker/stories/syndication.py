"""Syndication: articles that carry one text, or nearly one, are known as copies: joined first and counted once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.vectors.nearest import Pairs
from ranker.vectors.words import words

# Of 2-word shingles (Broder, 1997, doi:10.1109/SEQUEN.1997.666900), the share in common of two texts that are one with small edits.
NEAR_COPY_SHARE = 0.8
NEAR_COPY_RARE = 0.8  # pairs whose rare words are less alike than this are not compared
NEAR_COPY_WORDS = 6  # shorter texts are copies only word for word: in those one word is the news
COPY_DAYS = 2.0  # a text that comes back later (a column's title, a daily form) is no copy
_NUMBER = re.compile(r"\d")


def text_groups(articles: Iterable[Article]) -> dict[str, str]:
    """For each article id a name of its text; copies have one name.

    Copies have the same words, in order, in title and excerpt, whatever their case, marks and spacing. An article without
    an excerpt is a copy of those with its title (of the one whose excerpt comes first in order of words, if they differ).
    """
    excerpts: dict[str, list[str]] = {}
    keys: dict[str, tuple[str, str]] = {}
    for article in articles:
        title, excerpt = text_key(article)
        keys[article.id] = title, excerpt
        if excerpt:
            excerpts.setdefault(title, []).append(excerpt)
    first = {title: min(found) for title, found in excerpts.items()}
    return {key: f"{title} | {excerpt or first.get(title, '')}" for key, (title, excerpt) in keys.items()}


def text_key(article: Article) -> tuple[str, str]:
    """The words of an article's title and of its excerpt; of copies both are the same."""
    return " ".join(words(article.title)) or article.title, " ".join(words(article.excerpt))


def with_near_copies(articles: Sequence[Article], texts: Mapping[str, str], near: Pairs) -> dict[str, str]:
    """`text_groups` with those joined that differ by small edits alone: another agency's line, a word mended.

    Two texts are near copies if `NEAR_COPY_SHARE` of their 2-word shingles are in common and all their numbers are: a 13th package is
    no edit of the 12th. Texts are held against the first of the group, so that small edits do not add up; nor are two texts of
    one provider near copies: they are a form filled in anew.

    Parameters
    ----------
    articles : in the order of the rows of `near`.
    near : pairs of near articles; no others are compared.

    Returns
    -------
    By article id the name of its text: of texts joined, that of the first row.
    """
    close = near.take(np.flatnonzero(near.rare >= NEAR_COPY_RARE))
    first: dict[str, int] = {}
    for row, article in enumerate(articles):
        first.setdefault(texts[article.id], row)
    spelt: dict[str, list[str]] = {}
    parent: dict[str, str] = {}
    for left, right in zip(close.left.tolist(), close.right.tolist(), strict=True):
        one, other = _root(parent, texts[articles[left].id]), _root(parent, texts[articles[right].id])
        if one == other or (articles[left].provider.key and articles[left].provider.key == articles[right].provider.key):
            continue
        for name in (one, other):
            if name not in spelt:
                spelt[name] = words(articles[first[name]].text)
        if nearly_equal(spelt[one], spelt[other]):
            later, earlier = sorted((one, other), key=first.__getitem__, reverse=True)
            parent[later] = earlier
    return {key: _root(parent, text) for key, text in texts.items()}


def copy_groups(
    articles: Sequence[Article], texts: Mapping[str, str], times: NDArray[np.float64], *, window: float = COPY_DAYS
) -> NDArray[np.int64]:
    """(n_articles,) a number for each article that it shares with its copies of the same days.

    Parameters
    ----------
    texts : by article id the name of its text.
    times : (n_articles,) days, NaN without a date. Undated articles are copies of each other alone.
    window : copies lie within so many days of their earliest, and within `COPY_DAYS`.
    """
    by_text: dict[str, list[int]] = {}
    for row in np.argsort(times, kind="stable").tolist():  # undated last
        by_text.setdefault(texts[articles[row].id], []).append(row)
    numbers = np.empty(len(articles), dtype=np.int64)
    for rows in by_text.values():
        first = rows[0]
        for row in rows:
            apart = times[row] - times[first] > min(COPY_DAYS, window)
            if apart or np.isnan(times[row]) != np.isnan(times[first]):
                first = row
            numbers[row] = first
    return numbers


def nearly_equal(one: list[str], other: list[str]) -> bool:
    """Whether two texts, as their words, are one with small edits."""
    if min(len(one), len(other)) < NEAR_COPY_WORDS or _numbers(one) != _numbers(other):
        return False
    first, second = set(pairwise(one)), set(pairwise(other))
    return len(first & second) >= NEAR_COPY_SHARE * len(first | second)


def _numbers(text: list[str]) -> set[str]:
    return {word for word in text if _NUMBER.search(word)}


def _root(parent: Mapping[str, str], name: str) -> str:
    while name in parent:
        name = parent[name]
    return name
