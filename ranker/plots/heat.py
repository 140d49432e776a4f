"""Heat over time: how warm stories were at each moment up to now, by what was out at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ranker.pipeline import Ranking
from ranker.plots.theme import LINE_DASHES, Theme, broken, cut, new_figure, palette
from ranker.ranking.ranked import RankedStory
from ranker.ranking.scores import SignalSettings, scores_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLE_CHARACTERS = 60
_HEIGHT_PIXELS, _LEGEND_ROW_PIXELS = 400, 20
_MOST_LINES = len(LINE_DASHES)  # more could not be told apart


@dataclass(frozen=True, slots=True)
class HeatLine:
    """The heat of one story in points at some moments; None before it was told."""

    ranked: RankedStory
    moments: tuple[datetime, ...]
    points: tuple[float | None, ...]

    @property
    def begin(self) -> int:
        """The place of the first moment with heat; the last moment has some."""
        return next(place for place, heat in enumerate(self.points) if heat is not None)


def heat_lines(ranking: Ranking, stories: Sequence[RankedStory], *, hours: float = 72, every_hours: float = 1) -> list[HeatLine]:
    """The heat of stories at even moments up to `ranking.as_of`.

    The stories are those of now; at each moment only their articles that were out by then count (undated ones from the first dated one
    on), so the last point is the heat that `ranking` gives.

    Parameters
    ----------
    stories : of `ranking`.
    hours : how far back.
    every_hours : between two moments, above 0.

    Raises
    ------
    ValueError : if `hours` is below 0 or `every_hours` is not above it.
    """
    if hours < 0 or every_hours <= 0:
        raise ValueError(f"hours {hours} must be at least 0, and every_hours {every_hours} above it")
    steps = int(hours / every_hours)
    moments = tuple(ranking.as_of - timedelta(hours=every_hours * step) for step in range(steps, -1, -1))
    wanted = {ranked.number: place for place, ranked in enumerate(stories)}
    table = ranking.scores.table.taken(np.isin(ranking.scores.table.numbers, list(wanted)))
    places = {ranked.story.id: place for place, ranked in enumerate(stories)}
    signals = SignalSettings.of(ranking.settings)
    points: list[list[float | None]] = [[None] * len(moments) for _ in stories]
    for column, moment in enumerate(moments):
        out = np.isnan(table.times) | (table.times <= moment.timestamp()) if column < steps else np.ones(len(table), dtype=np.bool_)
        known = table.taken(out)
        if ranking.scorecard.ages and len(known):
            known = known.with_quality(ranking.scorecard, moment)
        scores = scores_of(known, moment, signals)
        begun = {known.stories[number].id for number in known.numbers[~np.isnan(known.times)].tolist()}
        for number, story in enumerate(known.stories):
            if column == steps or story.id in begun:
                points[places[story.id]][column] = scores.heat_of(number).points
    return [HeatLine(ranked, moments, tuple(line)) for ranked, line in zip(stories, points, strict=True)]


def heat_over_time(
    ranking: Ranking,
    stories: Sequence[RankedStory] | None = None,
    *,
    limit: int = _MOST_LINES,
    hours: float = 72,
    every_hours: float = 1,
    theme: Theme = "light",
) -> go.Figure:
    """How the heat of some stories rose and cooled; see `heat_lines` for what counts at each moment.

    Parameters
    ----------
    stories : of `ranking`, by default those with most heat above the quality of their lead; at most six are drawn, the subtitle says of
        how many.
    limit : stories, 1 to 6.
    """
    import plotly.graph_objects as go

    most = max(1, min(limit, _MOST_LINES))
    chosen = list(stories) if stories is not None else sorted(ranking.stories, key=lambda each: (-each.blend.heat.value, each.rank))
    lines = heat_lines(ranking, chosen[:most], hours=hours, every_hours=every_hours)
    colours = palette(theme)
    about = (
        f"the {len(lines)} of {len(chosen)} stories with most heat above their lead's quality"
        if stories is None
        else f"{len(lines)} of {len(chosen)} stories asked for"
    )
    figure = new_figure(
        "Heat over time",
        subtitle=f"{about}; at each moment by the articles that were out by then, every {every_hours:g} h",
        alt=_alt(lines),
        theme=theme,
        height=_HEIGHT_PIXELS + _LEGEND_ROW_PIXELS * len(lines),
    )
    begin = min((line.begin for line in lines), default=0)  # nothing to see before
    for place, line in enumerate(lines):
        figure.add_trace(
            go.Scatter(
                name=f"{line.ranked.rank}. {cut(line.ranked.lead.title, _TITLE_CHARACTERS)}",
                mode="lines",
                x=list(line.moments[begin:]),
                y=list(line.points[begin:]),
                line={"color": colours.series[place], "dash": LINE_DASHES[place], "width": 2},
                customdata=[[broken(line.ranked.lead.title)]] * len(line.moments[begin:]),
                hovertemplate="<b>%{customdata[0]}</b><br>%{x|%Y-%m-%d %H:%M} UTC: heat %{y:.1f} points<extra></extra>",
            )
        )
    figure.update_layout(
        xaxis={"title": {"text": "moment (UTC)"}, "type": "date"},
        yaxis={"title": {"text": "heat (points)"}, "rangemode": "tozero"},
        legend={"orientation": "v", "y": -0.24, "yanchor": "top"},
    )
    return figure


def _alt(lines: Sequence[HeatLine]) -> str:
    told = (f"{line.ranked.lead.title}: now {line.points[-1]:.0f} points" for line in lines if line.points[-1] is not None)
    return f"Lines of heat by hour. {'; '.join(told)}." if lines else "No story to draw."
