"""Heat: how strongly a story is being covered now, in quality's points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ranker.ranking.table import Floats, StoryTable, Whole
from ranker.settings import HeatSettings

SECONDS_PER_HOUR = 3600.0
STEPS_A_POINT = 1024.0  # points are multiples of a power of two, so that they add up exactly, in any order


@dataclass(frozen=True, slots=True)
class Coverage:
    """One text that covers the story beyond the first report: its age, and the points that are left of it now."""

    article_id: str
    age_hours: float | None  # None without a date
    points: float
    past_points: float  # what the longer half-life leaves of it


@dataclass(frozen=True, slots=True)
class Heat:
    """A story's heat: its lead's quality, the points of coverage, burst and audience; they add up to `points` exactly."""

    points: float
    quality: int
    coverage: tuple[Coverage, ...]
    covered: float  # sum of the coverage's points
    past: float  # sum of the coverage's past points
    expected: float  # points that the story's own past foretells
    burst: float
    audience: float


@dataclass(frozen=True, slots=True)
class HeatColumns:
    """The parts of all stories' heat, without their leads' quality."""

    ages: Floats  # (n,) hours, NaN without a date
    points: Floats  # (n,) of each row's coverage
    past_points: Floats  # (n,)
    covered: Floats  # (n_stories,)
    past: Floats  # (n_stories,)
    expected: Floats  # (n_stories,)
    burst: Floats  # (n_stories,)
    audience: Floats  # (n_stories,)

    @property
    def warmth(self) -> Floats:
        """(n_stories,) points of heat above the lead's quality."""
        return self.covered + self.burst + self.audience


def heat_columns(table: StoryTable, as_of: float, settings: HeatSettings) -> HeatColumns:
    """The heat of all stories at one moment, part by part.

    heat = quality of the lead + covered + burst + audience, where

    covered = points_per_coverage x sum over publisher groups of (1 - product over the group's texts of (1 - d)), where
    d = 0.5 ^ (age / half-life):
    the group's newest text counts d, the one before what is left, and so on, so that a group never counts more than one article
    that is out right now. Copies count nothing, and neither does the first report: coverage is what came after it.

    burst = `burst` x max(0, covered - expected); expected is what covered would be had the story been told at the even pace that the
    longer half-life sees: the same sum with `past_half_life_hours`, times half_life / past_half_life. (Two exponential kernels, one
    rewarding and one discounting, as in a self-exciting process: Hawkes, 1971, doi:10.1093/biomet/58.1.83.)

    audience = min(cap, audience_points x log2(1 + visits and shares, each cooled with its article's age)).

    Parameters
    ----------
    as_of : seconds since 1970.
    """
    ages = np.maximum(0.0, (as_of - table.times) / SECONDS_PER_HOUR)
    order, places = _by_group(table)
    half_life, past_half_life = settings.half_life_hours, settings.past_half_life_hours
    points = _coverage(table, ages, order, places, settings.points_per_coverage, half_life)
    covered = _story_sums(table, points)
    none = np.zeros(len(covered))
    if half_life is not None and bursts(settings):
        past_points = _coverage(table, ages, order, places, settings.points_per_coverage, past_half_life)
        past = _story_sums(table, past_points)
        expected = stepped(past * (half_life / past_half_life))
        burst = stepped(settings.burst * np.maximum(0.0, covered - expected))
    else:
        past_points, past, expected, burst = np.zeros(len(table)), none, none, none
    return HeatColumns(ages, points, past_points, covered, past, expected, burst, _audience(table, ages, settings))


def bursts(settings: HeatSettings) -> bool:
    """Whether there is a burst: coverage cools, and faster than the past that it is held against."""
    return settings.burst > 0 and settings.half_life_hours is not None and settings.half_life_hours < settings.past_half_life_hours


def stepped(points: Floats) -> Floats:
    """Points rounded to what adds up exactly."""
    return np.round(points * STEPS_A_POINT) / STEPS_A_POINT


def left_of(ages: Floats, half_life: float | None) -> Floats:
    """What is left, from 1 to 0, at some ages in hours; without a half-life all, without an age none."""
    if half_life is None:
        return np.ones(len(ages))
    return np.where(np.isnan(ages), 0.0, np.exp2(-ages / half_life))


def _by_group(table: StoryTable) -> tuple[Whole, Whole]:
    """Rows that count, by story and publisher group, newest first; and the place of each in its group, from 0."""
    rows = np.flatnonzero(table.is_independent & ~table.is_first_report)
    newest_first = np.where(np.isnan(table.times[rows]), np.inf, -table.times[rows])
    order = rows[np.lexsort((rows, newest_first, table.groups[rows], table.numbers[rows]))]
    is_start = np.r_[True, (np.diff(table.numbers[order]) != 0) | (np.diff(table.groups[order]) != 0)][: len(order)]
    counter = np.arange(len(order), dtype=np.int64)
    return order, counter - np.maximum.accumulate(np.where(is_start, counter, 0)) if len(order) else counter


def _coverage(table: StoryTable, ages: Floats, order: Whole, places: Whole, points: float, half_life: float | None) -> Floats:
    """(n,) points of each row: what is left of it, times what the group's newer texts left to count."""
    left = left_of(ages[order], half_life)
    count = left.copy()
    open_share = 1.0 - left  # of each row's group, after its own text and the newer ones
    # Place by place: a running product over all rows at once would carry rounding from story to story.
    for place in range(1, int(places.max(initial=0)) + 1):
        rows = np.flatnonzero(places == place)
        count[rows] = left[rows] * open_share[rows - 1]
        open_share[rows] *= open_share[rows - 1]
    result = np.zeros(len(table))
    result[order] = stepped(points * count)
    return result


def _story_sums(table: StoryTable, values: Floats) -> Floats:
    return np.bincount(table.numbers, values, minlength=len(table.starts)).astype(np.float64)


def _audience(table: StoryTable, ages: Floats, settings: HeatSettings) -> Floats:
    if not settings.audience_points or not table.audience.any():
        return np.zeros(len(table.starts))
    cooled = np.add.reduceat(table.audience * left_of(ages, settings.half_life_hours), table.starts)
    return stepped(np.minimum(settings.audience_cap, settings.audience_points * np.log2(1.0 + cooled)))


def heat_of(table: StoryTable, columns: HeatColumns, story: int, lead: int) -> Heat:
    """The heat of one story of the table, with the parts it is made of.

    Parameters
    ----------
    story : its place in the table.
    lead : the row of its lead.
    """
    start = int(table.starts[story])
    rows = [row for row in range(start, start + int(table.sizes[story])) if table.is_independent[row] and row != start]
    coverage = tuple(
        Coverage(
            table.articles[row].id,
            None if np.isnan(columns.ages[row]) else float(columns.ages[row]),
            float(columns.points[row]),
            float(columns.past_points[row]),
        )
        for row in rows
    )
    quality = int(table.quality[lead])
    return Heat(
        points=quality + float(columns.warmth[story]),
        quality=quality,
        coverage=coverage,
        covered=float(columns.covered[story]),
        past=float(columns.past[story]),
        expected=float(columns.expected[story]),
        burst=float(columns.burst[story]),
        audience=float(columns.audience[story]),
    )
