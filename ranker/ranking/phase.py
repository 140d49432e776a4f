"""Phase: whether a story is breaking, developing, sustained or fading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ranker.ranking.heat import SECONDS_PER_HOUR
from ranker.ranking.table import Floats, StoryTable
from ranker.settings import PhaseSettings

PhaseName = Literal["breaking", "developing", "sustained", "fading"]


@dataclass(frozen=True, slots=True)
class Phase:
    """A story's phase and what it was read from; hours are None where no article has a date."""

    name: PhaseName
    pace: float  # texts told lately, each halved with every half-life
    peak: float  # the highest pace so far
    publisher_groups: int
    first_hours: float | None  # since the first report
    newest_group_hours: float | None  # since a publisher group told the story for the first time


def phase_of(table: StoryTable, story: int, as_of: float, settings: PhaseSettings) -> Phase:
    """The phase of one story of the table at one moment, by the first rule that holds.

    fading: its pace is below `fading_below` of its highest, or no article has a date. Pace is the sum of 0.5 ^ (age / half-life) over
    texts of its own and the first report; the highest is sought right after each text.
    breaking: its first report is at most `breaking_hours` old and `breaking_groups` publisher groups tell it.
    developing: within the last half-life a publisher group told it for the first time.
    sustained: those who tell it go on.
    """
    start, end = int(table.starts[story]), int(table.starts[story] + table.sizes[story])
    rows = np.flatnonzero(table.is_independent[start:end]) + start
    groups = table.groups[rows]
    dated = ~np.isnan(table.times[rows])
    ages = np.maximum(0.0, (as_of - table.times[rows][dated]) / SECONDS_PER_HOUR)
    known = len(set(groups.tolist()))
    if not len(ages):
        return Phase("fading", 0.0, 0.0, known, None, None)
    pace, peak = _pace(ages, settings.half_life_hours)
    _, first_rows = np.unique(groups[dated], return_index=True)
    first_hours, newest_group = float(ages[0]), float(ages[first_rows].min())
    name: PhaseName = "sustained"
    if pace < settings.fading_below * peak:
        name = "fading"
    elif first_hours <= settings.breaking_hours and known >= settings.breaking_groups:
        name = "breaking"
    elif newest_group <= settings.half_life_hours:
        name = "developing"
    return Phase(name, pace, peak, known, first_hours, newest_group)


def _pace(ages: Floats, half_life: float) -> tuple[float, float]:
    """The pace now, and the highest so far; `ages` fall from the first text to the newest."""
    pace = peak = 0.0
    before = float(ages[0])
    for age in ages.tolist():
        pace = pace * 0.5 ** ((before - age) / half_life) + 1.0
        peak = max(peak, pace)
        before = age
    return pace * 0.5 ** (before / half_life), peak
