"""Measured: figures of an evaluation as plots: calibration, sweeps, and mistakes by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ranker.evaluation.calibration import Reliability
from ranker.evaluation.mistakes import MISTAKE_KINDS, Mistake, counted_kinds
from ranker.evaluation.report import Evaluation
from ranker.plots.theme import LINE_DASHES, SYMBOLS, Theme, bar_look, escaped, new_figure, palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEIGHT_PIXELS = 460
_ROW_PIXELS = 44
_BIN_WIDTH = 0.1


def reliability_curve(found: Reliability, *, theme: Theme = "light") -> go.Figure:
    """Whether pairs that are said to be one story with P = .8 are so four times of five: predicted against true, and how many pairs.

    On the dotted line probabilities can be taken at their word.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    colours = palette(theme)
    base = new_figure(
        "Can P be taken at its word?",
        subtitle=f"{found.pairs:,} near pairs, {found.share:.1%} one story; "
        f"Brier score {found.brier:.4f}, off by {found.calibration_error:.3f} on average",
        alt="Predicted probability against the true share: "
        + "; ".join(f"{each.predicted:.2f} predicted, {each.observed:.2f} true, {each.pairs} pairs" for each in found.bins)
        + ".",
        theme=theme,
        height=_HEIGHT_PIXELS,
    )
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.06, figure=base)
    line = {"color": colours.muted, "dash": "dot", "width": 1.5}
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name="taken at its word", hoverinfo="skip"), row=1, col=1)
    told = [[each.low, each.high, each.pairs] for each in found.bins]
    about = "P from %{customdata[0]:.1f} to %{customdata[1]:.1f}: %{customdata[2]:,} pairs"
    figure.add_trace(
        go.Scatter(
            x=[each.predicted for each in found.bins],
            y=[each.observed for each in found.bins],
            mode="lines+markers",
            name="measured",
            line={"color": colours.series[0], "width": 2},
            marker={"size": 9},
            customdata=told,
            hovertemplate=f"{about}<br>predicted %{{x:.3f}}, true %{{y:.3f}}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            x=[(each.low + each.high) / 2 for each in found.bins],
            y=[each.pairs for each in found.bins],
            width=_BIN_WIDTH * 0.9,
            text=[f"{each.pairs:,}" for each in found.bins],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colours.series[5]},
            customdata=told,
            hovertemplate=f"{about}<extra></extra>",
            showlegend=False,
        ),
        row=2,
        col=1,
    )
    figure.update_xaxes(range=[0, 1])
    figure.update_xaxes(title_text="predicted P(same story)", row=2, col=1)
    figure.update_yaxes(title_text="share that is one story", range=[0, 1.02], row=1, col=1)
    figure.update_yaxes(title_text="pairs", showticklabels=False, showgrid=False, row=2, col=1)
    return figure


def sweep_curves(key: str, values: Sequence[object], results: Sequence[Evaluation], *, theme: Theme = "light") -> go.Figure:
    """Figures over the values of a setting; the band is the 95 % interval of B-cubed F1.

    Parameters
    ----------
    key : the setting, dotted.
    values : what it was, in the order of `results`; side by side unless all are numbers.

    Raises
    ------
    ValueError : if there are not as many values as results, or none.
    """
    import plotly.graph_objects as go

    if len(values) != len(results) or not results:
        raise ValueError(f"{len(values)} values for {len(results)} results; one each, and at least one")
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    order = sorted(range(len(values)), key=lambda place: values[place]) if numeric else list(range(len(values)))  # type: ignore[arg-type,return-value]  # numbers
    across = [values[place] if numeric else place for place in order]
    told = [results[place] for place in order]
    colours = palette(theme)
    best = max(range(len(told)), key=lambda place: (told[place].b_cubed.f1, -place))
    figure = new_figure(
        f"Figures over {key}",
        subtitle=f"{told[0].articles:,} articles of {told[0].true_stories:,} stories; "
        f"best B-cubed F1 {told[best].b_cubed.f1:.4f} at {_plain(values[order[best]])}",
        alt=f"B-cubed F1 over {key}: "
        + "; ".join(f"{_plain(values[place])} gives {results[place].b_cubed.f1:.4f}" for place in order)
        + ".",
        theme=theme,
        height=_HEIGHT_PIXELS,
    )
    _band(figure, across, told, colours.series[0])
    for place, (name, line) in enumerate(_lines(told).items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=across,
                y=line,
                mode="lines+markers",
                line={"color": colours.series[place], "dash": LINE_DASHES[place], "width": 3 if place == 0 else 1.8},
                marker={"symbol": SYMBOLS[place], "size": 7},
                hovertemplate=f"{name} %{{y:.4f}}<extra></extra>",
            )
        )
    ticks = {} if numeric else {"tickvals": across, "ticktext": [escaped(_plain(values[place])) for place in order]}
    figure.update_layout(
        xaxis={"title": {"text": escaped(key)}} | ticks,
        yaxis={"title": {"text": "share (axis does not start at 0)"}},
        hovermode="x unified",
        legend={"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top"},
    )
    return figure


def _lines(told: Sequence[Evaluation]) -> dict[str, list[float | None]]:
    return {
        "B-cubed F1": [each.b_cubed.f1 for each in told],
        "B-cubed precision": [each.b_cubed.precision for each in told],
        "B-cubed recall": [each.b_cubed.recall for each in told],
        "pairwise F1": [each.pairwise.f1 for each in told],
        "adjusted Rand index": [each.adjusted_rand_index for each in told],
        "related MAP": [each.related_map for each in told],
    }


def _band(figure: go.Figure, across: Sequence[object], told: Sequence[Evaluation], colour: str) -> None:
    import plotly.graph_objects as go

    ends = [each.intervals.f1 for each in told]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or len(known) < 2:  # noqa: PLR2004 - a band has two ends
        return
    figure.add_trace(
        go.Scatter(
            x=[*across, *reversed(across)],
            y=[*(end.high for end in known), *(end.low for end in reversed(known))],
            fill="toself",
            fillcolor=colour,
            opacity=0.15,
            line={"width": 0},
            name="95 % interval of B-cubed F1",
            hoverinfo="skip",
        )
    )


def _plain(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def errors_by_kind(mistakes: Sequence[Mistake], *, theme: Theme = "light") -> go.Figure:
    """How many pairs were decided against their labels, by the way in which that came about (`Mistake` says what each kind is).

    Parameters
    ----------
    mistakes : as `mistakes_of` gives them.
    """
    import plotly.graph_objects as go

    colours = palette(theme)
    counts = counted_kinds(mistakes)
    joined = sum(each.joined for each in mistakes)
    figure = new_figure(
        "Mistakes by kind",
        subtitle=f"{joined:,} pairs wrongly joined, {len(mistakes) - joined:,} wrongly kept apart",
        alt="Bars of mistaken pairs: " + "; ".join(f"{kind} {count}" for kind, count in counts.items()) + ".",
        theme=theme,
        height=150 + _ROW_PIXELS * len(MISTAKE_KINDS),
    )
    for name, kinds, colour, pattern in (
        ("wrongly joined", MISTAKE_KINDS[:2], colours.series[1], "/"),
        ("wrongly kept apart", MISTAKE_KINDS[2:], colours.series[0], ""),
    ):
        figure.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                y=list(kinds),
                x=[counts[kind] for kind in kinds],
                text=[f"{counts[kind]:,}" for kind in kinds],
                textposition="outside",
                cliponaxis=False,
                marker=bar_look(colour, pattern, colours.ground),
                hovertemplate=f"{name}, %{{y}}: %{{x:,}} pairs<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="overlay",
        xaxis={"title": {"text": "pairs"}, "rangemode": "tozero"},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": list(reversed(MISTAKE_KINDS)), "showgrid": False},
    )
    return figure
