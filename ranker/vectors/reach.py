"""Reach: which articles may be compared, by their times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400.0
_SLACK_SECONDS = 5e-7  # half a microsecond, what dates are told to: the band's edges are inside whatever the rounding of sums


@dataclass(frozen=True, slots=True)
class Reach:
    """A band of time around each article.

    Places are articles in order of time, undated ones first; among equals the smaller row comes first.
    """

    rows: NDArray[np.int64]  # (n_articles,) row of each place
    times: NDArray[np.float64]  # (n_articles,) seconds, of each place
    undated: int  # the first so many places have no date
    with_undated: bool  # whether an article without a date is in reach
    nearest: float  # seconds
    farthest: float  # seconds

    @classmethod
    def of(cls, times: NDArray[np.float64], *, from_days: float, to_days: float) -> Reach:
        """The reach of articles with these times (NaN without a date); an unknown gap is within if `from_days` is 0."""
        rows = np.argsort(np.where(np.isnan(times), -np.inf, times), kind="stable")
        nearest, farthest = from_days * SECONDS_PER_DAY - _SLACK_SECONDS, to_days * SECONDS_PER_DAY + _SLACK_SECONDS
        return cls(rows, times[rows], int(np.isnan(times).sum()), from_days == 0, nearest, farthest)

    def most(self) -> int:
        """The most articles not farther from one than the band's end."""
        dated = self.times[self.undated :]
        if not len(dated):
            return len(self.rows)
        width = np.searchsorted(dated, dated + self.farthest, side="right") - np.searchsorted(dated, dated - self.farthest)
        return int(width.max()) + self.undated * self.with_undated

    def within(self, places: NDArray[np.intp], first: int, last: int) -> NDArray[np.intp]:
        """Of some places in order, those in reach of any from `first` to `last`: all dated, or all undated."""
        if last < self.undated:
            return places if self.with_undated else places[:0]
        undated = int(np.searchsorted(places, self.undated))
        dated = self.times[places[undated:]]
        start = undated + int(np.searchsorted(dated, self.times[first] - self.farthest))
        stop = undated + int(np.searchsorted(dated, self.times[last] + self.farthest, side="right"))
        return np.concatenate([places[: undated * self.with_undated], places[start:stop]])

    def allowed(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether the articles at places, pair by pair, are in reach of each other."""
        gap = np.abs(self.times[one] - self.times[other])
        near = ~((gap < self.nearest) | (gap > self.farthest)) & (self.with_undated | ~np.isnan(gap))
        return np.asarray(near & (one != other))

    def hide(self, block: NDArray[np.float32], asked: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
        """Set to 0 what is out of reach, in a block of cosines of the places asked for with those `within` gave for them."""
        itself = np.minimum(np.searchsorted(columns, asked), len(columns) - 1)
        same = np.flatnonzero(columns[itself] == asked)
        block[same, itself[same]] = 0
        if asked[-1] < self.undated:
            return
        undated = int(np.searchsorted(columns, self.undated))
        dated, times = self.times[columns[undated:]], self.times[asked]
        starts, pauses = np.searchsorted(dated, times - self.farthest), np.searchsorted(dated, times - self.nearest, side="right")
        resumes, stops = np.searchsorted(dated, times + self.nearest), np.searchsorted(dated, times + self.farthest, side="right")
        # Two runs of columns at most are in reach of a line: hiding the rest run by run beats looking at each cell's gap.
        for line, start, pause, resume, stop in zip(block[:, undated:], starts, pauses, resumes, stops, strict=True):
            line[:start] = line[pause:resume] = line[stop:] = 0
