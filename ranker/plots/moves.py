"""Moves: where stories stand in one ranking and in another, joined by lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranker.plots.theme import Theme, broken, cut, new_figure, palette, shortened
from ranker.ranking.blend import SIGNALS
from ranker.ranking.movement import Moved, Placed, movement
from ranker.ranking.placing import placed
from ranker.ranking.ranked import RankedStory

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLE_CHARACTERS, _NAME_CHARACTERS = 38, 36
_ROW_PIXELS, _FRAME_PIXELS = 27, 170
_STUB = 0.16  # of the width: how far a line goes of a story that is beyond the places of the other list ...
_DROP = 0.5  # ... and how many rows it falls on the way
_LEFT_MARGIN, _RIGHT_MARGIN = 310, 310


@dataclass(frozen=True, slots=True)
class _Line:
    """A story on its way from one list to the other; None where it is beyond the places shown, or in no list at all."""

    story: Placed  # as it stands in the later list, or stood in the earlier
    before: int | None
    after: int | None
    moved: Moved | None

    @property
    def kind(self) -> str:
        if self.before is None or self.after is None:
            return "enters or leaves"
        return "up" if self.after < self.before else "down" if self.after > self.before else "stays"


def rank_moves(
    before: Sequence[RankedStory],
    after: Sequence[RankedStory],
    *,
    names: tuple[str, str] = ("before", "after"),
    limit: int = 15,
    theme: Theme = "light",
) -> go.Figure:
    """The first places of two rankings side by side, a line for each story: who rises, who falls, who enters and leaves the first places.

    Stories are matched as `ranker.ranking.movement.movement` does it; hover tells what changed in each signal.

    Parameters
    ----------
    before, after : in order, such as `ranking.stories` under two settings.
    names : of the two rankings.
    limit : first places shown of each.
    """
    import plotly.graph_objects as go

    lines = _lines(placed(before), placed(after), limit)
    rows = max(min(limit, len(before)), min(limit, len(after)), 1)
    colours = palette(theme)
    look = {
        "up": (colours.series[2], "solid", "rises"),
        "down": (colours.series[1], "dash", "falls"),
        "stays": (colours.muted, "solid", "keeps its place"),
        "enters or leaves": (colours.series[0], "dot", "enters or leaves the first places"),
    }
    figure = new_figure(
        f"{shortened(names[0], _NAME_CHARACTERS)} \u2192 {shortened(names[1], _NAME_CHARACTERS)}",
        subtitle=f"the first {rows} places of each; {_counted(lines)}",
        alt=f"Lines between two rankings, {names[0]} and {names[1]}: {_counted(lines)} among the first {rows} places.",
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * rows,
    )
    for kind, (colour, dash, told) in look.items():
        chosen = [line for line in lines if line.kind == kind]
        for place, line in enumerate(chosen):
            figure.add_trace(_trace(go, line, colour, dash, name=told, shown=place == 0))
    figure.update_layout(
        margin={"l": _LEFT_MARGIN, "r": _RIGHT_MARGIN},
        xaxis={
            "range": [0, 1],
            "tickvals": [0, 1],
            "ticktext": [cut(name, _NAME_CHARACTERS) for name in names],
            "tickangle": 0,
            "side": "top",
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
        },
        yaxis=_axis([(line.before, line.story) for line in lines], rows),
        yaxis2=_axis([(line.after, line.story) for line in lines], rows) | {"overlaying": "y", "side": "right"},
        legend={"y": -0.04, "yanchor": "top"},
    )
    # The right axis is drawn only where a trace uses it.
    figure.add_trace(go.Scatter(x=[1], y=[1], yaxis="y2", mode="markers", marker={"opacity": 0}, hoverinfo="skip", showlegend=False))
    return figure


def _lines(before: Sequence[Placed], after: Sequence[Placed], limit: int) -> list[_Line]:
    """The stories that are among the first places of either list, in order of the later one, then of the earlier."""
    found = movement(before, after)
    moves = {item.after.id: item for item in found.moved}
    came_from = {item.after.id: item.before.rank for item in found.moved}
    entered = {item.id for item in found.entered}
    lines = [
        _Line(
            story,
            _within(None if story.id in entered else came_from.get(story.id, story.rank), limit),
            _within(story.rank, limit),
            moves.get(story.id),
        )
        for story in after
    ]
    lines += [_Line(story, _within(story.rank, limit), None, None) for story in found.left]
    return [line for line in lines if line.before is not None or line.after is not None]


def _within(rank: int | None, limit: int) -> int | None:
    return rank if rank is not None and 0 < rank <= limit else None


def _counted(lines: Sequence[_Line]) -> str:
    kinds = [line.kind for line in lines]
    entering = sum(line.before is None for line in lines)
    return f"{kinds.count('up')} rise, {kinds.count('down')} fall, {kinds.count('stays')} keep their place, {entering} enter"


def _trace(go: Any, line: _Line, colour: str, dash: str, *, name: str, shown: bool) -> Any:
    across, ends = _drawn(line)
    return go.Scatter(
        x=across,
        y=ends,
        mode="lines+markers",
        name=name,
        legendgroup=name,
        showlegend=shown,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"size": 8, "opacity": [1 if at in {0, 1} else 0 for at in across]},
        cliponaxis=False,
        customdata=[[_hover(line)]] * 2,
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _drawn(line: _Line) -> tuple[list[float], list[float]]:
    """Where the line of a story begins and ends: over the whole width, or a stub."""
    if line.before is not None and line.after is not None:
        return [0, 1], [line.before, line.after]
    if line.before is not None:
        return [0, _STUB], [line.before, line.before + _DROP]
    at = line.after or 0
    return [1 - _STUB, 1], [at + _DROP, at]


def _hover(line: _Line) -> str:
    told = [f"<b>{broken(line.story.title)}</b>"]
    if line.moved is not None:
        one, other = line.moved.before, line.moved.after
        told.append(f"#{one.rank} \u2192 #{other.rank}, score {one.score:.3f} \u2192 {other.score:.3f}")
        told.append(", ".join(f"{signal} {line.moved.changes[signal]:+.3f}" for signal in SIGNALS))
        told.append(f"cause: {line.moved.cause}")
    else:
        told.append(
            f"#{line.story.rank}, score {line.story.score:.3f}, {'unchanged' if line.before and line.after else 'in one list only'}"
        )
    return "<br>".join(told)


def _axis(ends: Sequence[tuple[int | None, Placed]], rows: int) -> dict[str, Any]:
    at = sorted((rank, story.title) for rank, story in ends if rank is not None)
    return {
        "tickvals": [rank for rank, _ in at],
        "ticktext": [f"{rank}. {cut(title, _TITLE_CHARACTERS)}" for rank, title in at],
        "range": [rows + 0.9, 0.4],
        "showgrid": False,
        "zeroline": False,
        "ticklen": 8,
        "tickcolor": "rgba(0,0,0,0)",
        "automargin": False,
    }
