"""Table: the articles of grouped stories as columns, so that all stories are scored at once and none by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article, Provider
from ranker.ranking.quality import Scorecard
from ranker.settings import HeatSettings
from ranker.stories.publishers import Publishers
from ranker.stories.story import Story

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NO_COLUMNS = {"stories", "articles", "numbers", "group_names"}


@dataclass(frozen=True)
class StoryTable:
    """One row an article, rows in order of story, then time (undated last), then id; nothing in it depends on a moment but quality.

    `numbers` names the story of each row by its place in `stories`, from 0, rising. Every story has a row.
    """

    stories: Sequence[Story]  # in order of id
    articles: Sequence[Article]  # (n,) in order of the rows
    numbers: Whole  # (n,) place of each row's story
    times: Floats  # (n,) seconds since 1970, NaN without a date that can be trusted
    quality: Whole  # (n,) points
    groups: Whole  # (n,) publisher group, its place in `group_names`
    group_names: Sequence[str]  # in order
    texts: Whole  # (n,) a number of its text that copies share
    writes_own: Flags  # (n,) its provider is neither an aggregator nor a press release service
    audience: Floats  # (n,) visits and shares that the article carries, 0 without
    chosen: Whole  # (n,) 0, or above it where an editor made the article a lead: the latest choice has the highest number

    def __len__(self) -> int:
        return len(self.articles)

    @cached_property
    def starts(self) -> Whole:
        """(n_stories,) the first row of each story."""
        return np.flatnonzero(np.diff(self.numbers, prepend=-1)).astype(np.int64)

    @cached_property
    def sizes(self) -> Whole:
        """(n_stories,) rows of each story."""
        return np.asarray(np.diff(self.starts, append=len(self)), dtype=np.int64)

    @cached_property
    def is_first_report(self) -> Flags:
        """(n,) the row that told its story first."""
        flags = np.zeros(len(self), dtype=np.bool_)
        flags[self.starts] = True
        return flags

    @cached_property
    def is_first_text(self) -> Flags:
        """(n,) the first of its story's rows that carries its text."""
        flags = np.zeros(len(self), dtype=np.bool_)
        flags[np.unique(self.numbers * (int(self.texts.max(initial=0)) + 1) + self.texts, return_index=True)[1]] = True
        return flags

    @cached_property
    def is_independent(self) -> Flags:
        """(n,) evidence of its own: the first of its text, by a provider that writes its own; and who told the story first."""
        return (self.is_first_text & self.writes_own) | self.is_first_report

    @cached_property
    def is_new_voice(self) -> Flags:
        """(n,) independent, and of another publisher group than the one that told the story first."""
        return np.asarray(self.is_independent & (self.groups != self.groups[self.starts][self.numbers]), dtype=np.bool_)

    @cached_property
    def lead_order(self) -> Whole:
        """(n,) rows by story, and in each as they could lead it.

        The lead that an editor chose, then aggregators last, then best quality, then freshest, then id.
        """
        undated = np.isnan(self.times)
        # Rows of a story are in order of time, then id: of rows with one time the smaller row has the smaller id.
        freshest = np.where(undated, np.inf, -self.times)
        return np.lexsort((np.arange(len(self)), freshest, -self.quality, ~self.writes_own, -self.chosen, self.numbers))

    def taken(self, rows: Flags) -> StoryTable:
        """The table of some rows alone; stories without any are gone."""
        kept = np.flatnonzero(rows)
        places, numbers = np.unique(self.numbers[kept], return_inverse=True)
        columns = {item.name: getattr(self, item.name)[kept] for item in fields(self) if item.name not in _NO_COLUMNS}
        return StoryTable(
            [self.stories[place] for place in places.tolist()],
            [self.articles[row] for row in kept.tolist()],
            numbers.astype(np.int64),
            group_names=self.group_names,
            **columns,
        )

    def with_quality(self, card: Scorecard, as_of: datetime) -> StoryTable:
        """The table with the qualities of another moment: some rules look at the age."""
        return replace(self, quality=_points(self.articles, card, as_of))


def story_table(
    stories: Sequence[Story],
    texts: Mapping[str, str],
    card: Scorecard,
    publishers: Publishers,
    heat: HeatSettings,
    *,
    as_of: datetime,
    leads: Sequence[str] = (),
) -> StoryTable:
    """The table of some stories.

    Parameters
    ----------
    stories : in order of id; the articles of each in order of time, then id.
    texts : by article id, a name of its text that copies share.
    as_of : the moment for rules of the scorecard that look at the age.
    leads : ids of articles that an editor made leads, in order: of two in one story the later one leads it.
    """
    articles = [article for story in stories for article in story.articles]
    sizes = np.fromiter((len(story.articles) for story in stories), dtype=np.int64, count=len(stories))
    numbers = np.repeat(np.arange(len(stories), dtype=np.int64), sizes)
    times = np.fromiter(
        (np.nan if article.dated is None else article.dated.timestamp() for article in articles), dtype=np.float64, count=len(articles)
    )
    groups, group_names, writes_own = _providers(articles, publishers)
    choices = {article: choice for choice, article in enumerate(leads, start=1)}
    audience = np.zeros(len(articles))
    if heat.audience_points and heat.audience_fields:
        audience = np.fromiter((audience_of(article, heat) for article in articles), dtype=np.float64, count=len(articles))
    return StoryTable(
        stories=stories,
        articles=articles,
        numbers=numbers,
        times=times,
        quality=_points(articles, card, as_of),
        groups=groups,
        group_names=group_names,
        texts=_texts(articles, texts),
        writes_own=writes_own,
        audience=audience,
        chosen=np.fromiter((choices.get(article.id, 0) for article in articles), dtype=np.int64, count=len(articles)),
    )


def audience_of(article: Article, settings: HeatSettings) -> float:
    """Visits and shares that an article carries in the fields of the settings, added up; what is no number above 0 counts nothing."""
    total = 0.0
    for name in settings.audience_fields if article.extra else ():
        try:
            number = float(str(article.extra.get(name, 0)))
        except ValueError:
            continue
        if 0 < number < np.inf:
            total += number
    return total


def _points(articles: Sequence[Article], card: Scorecard, as_of: datetime) -> Whole:
    return np.fromiter((card.points_of(article, as_of) for article in articles), dtype=np.int64, count=len(articles))


def _providers(articles: Sequence[Article], publishers: Publishers) -> tuple[Whole, list[str], Flags]:
    """The publisher group of each article as a place in the names, the names in order, and whether its provider writes its own."""
    seen: dict[Provider, int] = {}
    which = np.fromiter((seen.setdefault(article.provider, len(seen)) for article in articles), dtype=np.int64, count=len(articles))
    outlets = [publishers.outlet(provider) for provider in seen]
    names = sorted({outlet.group for outlet in outlets})
    places = {name: place for place, name in enumerate(names)}
    groups = np.array([places[outlet.group] for outlet in outlets], dtype=np.int64)
    writes_own = np.array([outlet.writes_own for outlet in outlets], dtype=np.bool_)
    return groups[which], names, writes_own[which]


def _texts(articles: Sequence[Article], texts: Mapping[str, str]) -> Whole:
    """The text of each article as a number."""
    seen: dict[str, int] = {}
    return np.fromiter((seen.setdefault(texts[article.id], len(seen)) for article in articles), dtype=np.int64, count=len(articles))
