"""Recency: how fresh a story's newest independent evidence is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ranker.ranking.heat import SECONDS_PER_HOUR, left_of
from ranker.ranking.table import Floats, StoryTable, Whole
from ranker.settings import RecencySettings

NO_ROW = -1


@dataclass(frozen=True, slots=True)
class Recency:
    """A freshness from 0 to 1, and the article and age it was read from."""

    value: float
    article_id: str | None
    age_hours: float | None


@dataclass(frozen=True, slots=True)
class RecencyColumns:
    """The recency of all stories, and the evidence it was read from."""

    values: Floats  # (n_stories,) from 0 to 1
    rows: Whole  # (n_stories,) row of the evidence, NO_ROW where no article has a date
    ages: Floats  # (n_stories,) its age in hours, NaN without


def recency_columns(table: StoryTable, as_of: float, settings: RecencySettings) -> RecencyColumns:
    """Freshness of all stories at one moment: 0.5 ^ (age / half-life) of each story's newest new voice.

    A new voice is an article in its own words, by another publisher group than the one that told the story first, and by no
    aggregator: late confirmation makes a story fresh again, a copy or an outlet repeating itself does not. A story without one is
    as old as its first report. 0 without any date.

    Parameters
    ----------
    as_of : seconds since 1970.
    """
    if not len(table):
        return RecencyColumns(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
    dated = ~np.isnan(table.times)
    evidence = np.where(table.is_new_voice & dated, np.arange(len(table)), NO_ROW)
    rows = np.maximum.reduceat(evidence, table.starts)  # rows are in order of time: the last is the newest
    rows = np.where(rows >= 0, rows, np.where(dated[table.starts], table.starts, NO_ROW))
    ages = np.where(rows >= 0, np.maximum(0.0, (as_of - table.times[rows]) / SECONDS_PER_HOUR), np.nan)
    return RecencyColumns(left_of(ages, settings.half_life_hours), rows, ages)


def recency_of(table: StoryTable, columns: RecencyColumns, story: int) -> Recency:
    """The recency of one story of the table, with its evidence."""
    row = int(columns.rows[story])
    if row == NO_ROW:
        return Recency(0.0, None, None)
    return Recency(float(columns.values[story]), table.articles[row].id, float(columns.ages[story]))
