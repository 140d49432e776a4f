"""Rooms that tests of plots and of the notebook surface look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.hostile import MARKUP
from support.planted import make_planted_stories

from ranker.articles.article import Article, Provider
from ranker.notebook import Newsroom
from ranker.pipeline import rank_articles
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
    planted = make_planted_stories(len(HOSTILE), 2, 0.0, seed=1)
    for place, article in enumerate(sorted(planted.articles, key=lambda each: planted.labels[each.id])):
        text = HOSTILE[place // 2]
        told = replace(
            article,
            id=f"{article.id} {text}",
            title=f"{text} {article.title}",
            provider=Provider(f"{text} {place % 2}", "" if place % 2 else f"wire-{place}.example{text}"),
            published=AS_OF - timedelta(hours=place % 30 + place % 2),
            url=f"javascript:{text}",
            topics=(f"topic {text}",),
            category=text,
        )
        articles.append(told)
    labels = {article.id: "another" if place % 5 == 0 else str(place // 2) for place, article in enumerate(articles)}
    room = room_of(articles)
    made = rank_articles(room.articles_read, room.settings, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)
    return replace(room, labels=labels, _made=made)
