"""Planted truth: invented coverage of invented events, with the event of each article known."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ranker.articles.article import Article, Provider

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
_OWN_WORDS = 8  # names and things that one event alone is told with
_TOLD_WORDS = 6  # of which each article uses so many in its title, and so many in its excerpt
_COMMON_WORDS = (
    "minister council police report crowd market weather winter street morning company worker school region "
    "hospital election season record budget court evidence witness river airport harbour engine festival".split()
)
_SYLLABLES = ["".join(pair) for pair in itertools.product("bdfgklmnprstvz", "aeiou")]


@dataclass(frozen=True, slots=True)
class Planted:
    """Articles in no order, and the true story of each by article id."""

    articles: tuple[Article, ...]
    labels: dict[str, str]


def make_planted_stories(n_stories: int, per_story: int, noise: float, seed: int) -> Planted:
    """`n_stories` events with `per_story` articles each, every one from another provider, within half a day.

    Parameters
    ----------
    noise : share of an article's words, 0 to 1, that are common ones instead of the event's own.
    """
    rng = random.Random(seed)
    names = _invented_names(rng)
    articles: list[Article] = []
    labels: dict[str, str] = {}
    for story in range(n_stories):
        own = list(itertools.islice(names, _OWN_WORDS))
        begin = START + timedelta(hours=rng.randrange(48))
        for place in range(per_story):
            article = Article(
                id=f"a{rng.getrandbits(64):016x}",
                title=_told(own, noise, rng).capitalize(),
                excerpt=f"{_told(own, noise, rng).capitalize()}.",
                provider=Provider(f"Paper {place}", f"paper-{place}.example"),
                published=begin + timedelta(minutes=rng.randrange(12 * 60)),
            )
            articles.append(article)
            labels[article.id] = f"story {story}"
    rng.shuffle(articles)
    return Planted(tuple(articles), labels)


def _told(own: list[str], noise: float, rng: random.Random) -> str:
    words = rng.sample(own, _TOLD_WORDS)
    return " ".join(rng.choice(_COMMON_WORDS) if rng.random() < noise else word for word in words)


def _invented_names(rng: random.Random) -> Iterator[str]:
    """Names of three syllables, none twice: no two share a stem."""
    known: set[str] = set()
    while True:
        name = "".join(rng.choices(_SYLLABLES, k=3))
        if name not in known:
            known.add(name)
            yield name
