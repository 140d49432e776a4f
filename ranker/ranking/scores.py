"""Scores: the three signals of all stories at one moment, as columns, and each story's as values with their parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from ranker.articles.article import Article
from ranker.ranking.blend import Blend, BlendColumns, blend_of, blended
from ranker.ranking.heat import Heat, HeatColumns, heat_columns, heat_of, stepped
from ranker.ranking.phase import Phase, phase_of
from ranker.ranking.recency import NO_ROW, Recency, RecencyColumns, recency_columns, recency_of
from ranker.ranking.table import Floats, StoryTable, Whole
from ranker.settings import BlendSettings, HeatSettings, PhaseSettings, QualitySettings, RecencySettings, Settings
from ranker.stories.story import Counts


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """What of the settings the signals depend on."""

    quality: QualitySettings
    heat: HeatSettings
    phase: PhaseSettings
    recency: RecencySettings

    @classmethod
    def of(cls, settings: Settings) -> SignalSettings:
        """Those of a run."""
        return cls(settings.quality, settings.heat, settings.phase, settings.recency)


@dataclass(frozen=True, slots=True)
class GroupBest:
    """What the best article of one publisher group adds to its story's quality."""

    article_id: str
    quality: int
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class StoryQuality:
    """A story's quality: the best articles of its best publisher groups; their points add up to `points` exactly."""

    points: float
    parts: tuple[GroupBest, ...]


@dataclass(frozen=True)
class Scores:
    """The signals of all stories of a table at one moment. Weights play no part yet: blending is cheap and can be done again."""

    table: StoryTable
    as_of: datetime
    settings: SignalSettings
    leads: Whole  # (n_stories,) row of each lead
    newest: Floats  # (n_stories,) seconds of the newest dated article, -inf without
    best_rows: Whole  # (n_stories, places) rows of the best article of the best publisher groups, NO_ROW where there are fewer
    quality: Floats  # (n_stories,) points
    heat: HeatColumns
    recency: RecencyColumns

    def blended(self, settings: BlendSettings) -> BlendColumns:
        """The blend of all stories under some weights."""
        return blended(quality=self.quality, warmth=self.heat.warmth, recency=self.recency.values, settings=settings)

    def ordered(self, blend: BlendColumns) -> Whole:
        """(n_stories,) places of the stories, best first: by score, then the newest article, then id."""
        return np.lexsort((np.arange(len(self.newest)), -self.newest, -blend.scores))

    def lead(self, story: int) -> Article:
        """The article that stands for a story: the one that an editor chose, else the best quality among those who write their own.

        Of equals it is the freshest, then the first by id.
        """
        return self.table.articles[int(self.leads[story])]

    def blend_of(self, story: int, columns: BlendColumns) -> Blend:
        """The blend of one story, with what was measured."""
        values = (float(self.quality[story]), float(self.heat.warmth[story]), float(self.recency.values[story]))
        return blend_of(columns, story, values=values)

    def quality_of(self, story: int) -> StoryQuality:
        """The quality of one story and its parts."""
        parts = []
        for row, weight in zip(self.best_rows[story].tolist(), self.settings.quality.story_weights, strict=True):
            if row != NO_ROW:
                points = int(self.table.quality[row])
                parts.append(GroupBest(self.table.articles[row].id, points, weight, float(stepped(np.array([weight * points]))[0])))
        return StoryQuality(float(self.quality[story]), tuple(parts))

    def heat_of(self, story: int) -> Heat:
        """The heat of one story and its parts."""
        return heat_of(self.table, self.heat, story, int(self.leads[story]))

    def recency_of(self, story: int) -> Recency:
        """The recency of one story and its evidence."""
        return recency_of(self.table, self.recency, story)

    def phase_of(self, story: int) -> Phase:
        """The phase of one story and what it was read from."""
        return phase_of(self.table, story, self.as_of.timestamp(), self.settings.phase)

    def counts_of(self, story: int) -> Counts:
        """How many articles, texts, providers and publisher groups stand behind a story."""
        start = int(self.table.starts[story])
        rows = slice(start, start + int(self.table.sizes[story]))
        return Counts(
            articles=int(self.table.sizes[story]),
            unique_texts=int(self.table.is_first_text[rows].sum()),
            providers=len({article.provider.key for article in self.table.articles[rows]}),
            publisher_groups=len(set(self.table.groups[rows].tolist())),
        )

    @cached_property
    def place_of_article(self) -> dict[str, int]:
        """The place in the table of each article's story, by article id."""
        return {article.id: number for article, number in zip(self.table.articles, self.table.numbers.tolist(), strict=True)}


def scores_of(table: StoryTable, as_of: datetime, settings: SignalSettings) -> Scores:
    """The signals of all stories of a table at one moment."""
    seconds = as_of.timestamp()
    best_rows = _best_rows(table, len(settings.quality.story_weights))
    return Scores(
        table=table,
        as_of=as_of,
        settings=settings,
        leads=table.lead_order[table.starts],
        newest=_newest(table),
        best_rows=best_rows,
        quality=_quality(table, best_rows, settings.quality),
        heat=heat_columns(table, seconds, settings.heat),
        recency=recency_columns(table, seconds, settings.recency),
    )


def _newest(table: StoryTable) -> Floats:
    if not len(table):
        return np.zeros(0)
    return np.maximum.reduceat(np.where(np.isnan(table.times), -np.inf, table.times), table.starts)


def _best_rows(table: StoryTable, places: int) -> Whole:
    """(n_stories, places) each story's best independent articles, one a publisher group; the second and later none below 0 points."""
    result = np.full((len(table.starts), places), NO_ROW, dtype=np.int64)
    if not len(table):
        return result
    order = table.lead_order[table.is_independent[table.lead_order]]
    # By story, best first: an aggregator may not lead, but where it told its story first its points are as good as any.
    order = order[np.lexsort((-table.quality[order], table.numbers[order]))]
    _, firsts = np.unique(table.numbers[order] * (int(table.groups.max()) + 1) + table.groups[order], return_index=True)
    best = order[np.sort(firsts)]  # the best of each group, in the same order
    numbers = table.numbers[best]
    place = np.arange(len(best)) - np.searchsorted(numbers, numbers)
    kept = (place < places) & ((place == 0) | (table.quality[best] >= 0))
    result[numbers[kept], place[kept]] = best[kept]
    return result


def _quality(table: StoryTable, best_rows: Whole, settings: QualitySettings) -> Floats:
    """(n_stories,) the best article of each publisher group, the best groups weighed by `story_weights`, in points.

    What comes later never lowers it, and a loud group counts once: its articles do not outvote the others.
    """
    points = np.where(best_rows == NO_ROW, 0, table.quality[best_rows] if len(table) else 0)
    return np.asarray(stepped(points * np.array(settings.story_weights)).sum(axis=1), dtype=np.float64)
