"""Providers: who tells stories first, how far behind the others are, and which publisher groups tell the same stories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ranker.evaluation.coverage import GroupOverlap, ProviderCoverage
from ranker.plots.theme import Theme, bar_look, cut, escaped, labelled_places, new_figure, palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NAME_CHARACTERS = 26
_ROW_PIXELS, _FRAME_PIXELS = 24, 170
_NAMED_CELLS = 16  # groups up to which each cell shows its number


def first_reports(coverage: Sequence[ProviderCoverage], *, limit: int = 20, theme: Theme = "light") -> go.Figure:
    """How many shared stories each provider told first, beside those that it told after others.

    Parameters
    ----------
    coverage : as `provider_coverage` gives it.
    limit : providers at most, most first reports first.
    """
    import plotly.graph_objects as go

    shown = list(coverage[:limit])
    colours = palette(theme)
    figure = new_figure(
        "Who is first",
        subtitle=f"{len(shown)} of {len(coverage)} providers; stories that at least two publisher groups tell",
        alt="Bars of shared stories by provider: "
        + "; ".join(f"{each.name} first in {each.first} of {each.shared}" for each in shown[:5])
        + ".",
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * max(2, len(shown)),
    )
    hover = [[escaped(each.name), escaped(each.group), each.articles, each.stories, each.shared, each.first] for each in shown]
    for name, values, colour, pattern in (
        ("told first", [each.first for each in shown], colours.series[0], ""),
        ("told after others", [each.shared - each.first for each in shown], colours.series[5], "/"),
    ):
        figure.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                y=list(range(len(shown))),
                x=values,
                marker=bar_look(colour, pattern, colours.ground),
                customdata=hover,
                hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>"
                "first in %{customdata[5]} of %{customdata[4]} shared stories<br>"
                "%{customdata[2]} articles in %{customdata[3]} stories<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="stack", xaxis={"title": {"text": "shared stories"}, "rangemode": "tozero"}, yaxis=labelled_places(_names(shown))
    )
    return figure


def delays(coverage: Sequence[ProviderCoverage], *, limit: int = 20, theme: Theme = "light") -> go.Figure:
    """How many hours each provider is behind the first report, as boxes over its shared stories, quickest median first.

    Boxes reach from the lower to the upper quartile; every story is a point.

    Parameters
    ----------
    coverage : as `provider_coverage` gives it; those without any delay are left out.
    limit : providers at most, those with most delays, as their boxes say most.
    """
    import plotly.graph_objects as go

    late = [each for each in coverage if each.delays]
    most = sorted(late, key=lambda each: (-len(each.delays), each.name))[:limit]
    shown = sorted(most, key=lambda each: (each.median_delay or 0.0, each.name))
    colours = palette(theme)
    figure = new_figure(
        "How far behind the first report",
        subtitle=f"{len(shown)} of {len(late)} providers that ever follow, those with most stories; each point is a story",
        alt="Boxes of hours behind the first report: "
        + "; ".join(f"{each.name} median {each.median_delay:.1f} h" for each in shown[:5])
        + ".",
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * max(2, len(shown)),
    )
    for row, each in enumerate(shown):
        figure.add_trace(
            go.Box(
                x=list(each.delays),
                y=[row] * len(each.delays),
                orientation="h",
                boxpoints="all",
                pointpos=0,
                jitter=0.4,
                quartilemethod="linear",
                marker={"size": 4, "color": colours.series[0], "opacity": 0.6},
                line={"color": colours.series[0], "width": 1.5},
                fillcolor="rgba(0,0,0,0)",
                name=escaped(each.name),
                showlegend=False,
                hovertemplate="%{x:.1f} h<extra>" + escaped(each.name) + "</extra>",
            )
        )
    names = [f"{cut(each.name, _NAME_CHARACTERS)} ({len(each.delays)})" for each in shown]
    figure.update_layout(xaxis={"title": {"text": "hours behind the first report"}, "rangemode": "tozero"}, yaxis=labelled_places(names))
    return figure


def overlap_matrix(overlap: GroupOverlap, *, theme: Theme = "light") -> go.Figure:
    """Of the stories of each publisher group (row), the share that another one (column) tells as well.

    Parameters
    ----------
    overlap : as `group_overlap` gives it.
    """
    import plotly.graph_objects as go

    names = [cut(name, _NAME_CHARACTERS) for name in overlap.groups]
    shares = overlap.shares
    figure = new_figure(
        "Who tells the same stories",
        subtitle=f"{len(names)} publisher groups; share of the row's stories that the column tells as well",
        alt=f"A matrix of {len(names)} publisher groups: share of the row's stories that the column tells as well.",
        theme=theme,
        height=max(380, _FRAME_PIXELS + 100 + _ROW_PIXELS * len(names)),
    )
    counts = overlap.stories
    own = counts.diagonal()
    figure.add_trace(
        go.Heatmap(
            z=shares,
            zmin=0,
            colorscale=palette(theme).shades,
            zmax=1,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": "share"}, "tickformat": ".0%", "thickness": 12},
            texttemplate="%{z:.0%}" if len(names) <= _NAMED_CELLS else "",
            customdata=[
                [[escaped(row), escaped(column), int(counts[i, j]), int(own[i])] for j, column in enumerate(overlap.groups)]
                for i, row in enumerate(overlap.groups)
            ],
            hovertemplate="%{customdata[1]} tells %{customdata[2]} of the %{customdata[3]} stories of %{customdata[0]}<extra></extra>",
        )
    )
    ends = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_layout(xaxis=ends | {"tickangle": -45}, yaxis=ends | {"autorange": "reversed"})
    return figure


def _names(shown: Sequence[ProviderCoverage]) -> list[str]:
    return [cut(each.name, _NAME_CHARACTERS) for each in shown]
