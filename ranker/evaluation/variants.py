"""Variants: the same articles fewer, later or farther apart, to see what the figures lean on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ranker.articles.article import Article
from ranker.errors import InputError

_HASH_BYTES = 8


def sampled(articles: Iterable[Article], share: float, *, seed: int = 0) -> tuple[Article, ...]:
    """A random share of the articles.

    A hash of seed and id decides on each article alone: neither the order nor the other articles make a difference, and a
    larger share holds all that a smaller one of the same seed holds. The number is as random as the choice.

    Parameters
    ----------
    share : above 0, at most 1 (all of them).

    Raises
    ------
    ValueError : if the share is none.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share is above 0 and at most 1, not {share}")
    limit = share * 2.0 ** (8 * _HASH_BYTES)
    return tuple(article for article in articles if _hashed(seed, article.id) < limit)


def moved(
    articles: Sequence[Article], as_of: datetime, *, shift_days: float = 0.0, stretch: float = 1.0
) -> tuple[tuple[Article, ...], datetime]:
    """The articles with all times stretched around the earliest, then shifted; and the moment that goes with them.

    Parameters
    ----------
    articles : no time of theirs ahead of `as_of` for good (see `clamp_future`).
    shift_days : days that all times move, to either side.
    stretch : how many times as far from the earliest time each lies, above 0.

    Returns
    -------
    The articles in their order, and `as_of` moved in the same way, or the newest of the new times if that is later.

    Raises
    ------
    ValueError : if `stretch` is not above 0.
    InputError : if a time would leave the calendar.
    """
    if not stretch > 0:
        raise ValueError(f"times are stretched by a number above 0, not {stretch}")
    earliest = min((article.dated for article in articles if article.dated is not None), default=as_of)

    def placed(time: datetime) -> datetime:
        return earliest + (time - earliest) * stretch + timedelta(days=shift_days)

    try:
        later = tuple(
            article if article.published is None else replace(article, published=placed(article.published)) for article in articles
        )
        moment = placed(as_of)
    except (OverflowError, ValueError) as error:
        raise InputError(f"times shifted by {shift_days:g} days and stretched {stretch:g} times leave the years 1 to 9999") from error
    return later, max([moment, *(article.published for article in later if article.published is not None)])


def _hashed(seed: int, article_id: str) -> int:
    """A number from 0 to 2^64 - 1."""
    digest = hashlib.sha256(f"{seed}\x1f{article_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_HASH_BYTES], "big")
