"""Rooms that tests of plots and of the notebook surface look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from support.hostile import MARKUP

from ranker.articles.article import Article, Provider
from ranker.notebook import Newsroom
from ranker.settings_file import load_settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
PLOTLY = [
    "%{x}",
    "%{customdata[0]}",
    "$\\alpha$",
    "<b>bold</b><br>next",
    "<extra>more</extra>",
    "&lt;b&gt;",
    '<a href="javascript:alert(1)">x</a>',
]
HOSTILE = [*MARKUP.values(), *PLOTLY]


@cache
def sample_room() -> Newsroom:
    """The sample newsroom with the static encoder; its ranking is made once in a run."""
    return Newsroom.sample(encoder="static")


def room_of(articles: Sequence[Article], *, as_of: datetime = AS_OF) -> Newsroom:
    """A room of some articles."""
    return Newsroom(
        tuple(sorted(articles, key=lambda article: article.id)),
        load_settings(overrides={"encoder.name": "static"}),
        as_of,
        overrides={"encoder.name": "static"},
    )


@cache
def hostile_room() -> Newsroom:
    """A room in which everything that a stranger writes is hostile; two providers tell each story, and labels call some of it wrong."""
    articles = []
    for number, text in enumerate(HOSTILE):
        first = Article(
            id=f"a{number:03} {text}",
            title=f"{number} {text} quake strikes Tarapay coast number {number}",
            excerpt=f"{text} Towns were evacuated {number}.",
            provider=Provider(f"{text} Wire", f"wire-{number}.example{text}"),
            published=AS_OF - timedelta(hours=number % 30),
            url=f"javascript:{text}",
            topics=(f"topic {text}",),
            category=text,
        )
        second = replace(
            first, id=f"b{number:03} {text}", provider=Provider(f"{text} Post"), published=AS_OF - timedelta(hours=number % 30 / 2)
        )
        articles += [first, second]
    room = room_of(articles)
    return room.labelled({article.id: article.id[1:4] if place % 3 else "another" for place, article in enumerate(articles)})
