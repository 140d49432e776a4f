"""Pairs: how sure the decision was of near pairs, and which ones were in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.plots.theme import Theme, new_figure, palette
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping

if TYPE_CHECKING:
    import plotly.graph_objects as go

DOUBT = (0.3, 0.7)  # probabilities between which a pair is called borderline
_MARKED = (0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999)  # probabilities named under the axis
_BARS = 60
_MOST_LOG_ODDS = 10.0  # rarer ones are counted in the outermost bars, which the axis says
_HEIGHT_PIXELS = 480
_ROW_TITLE_PIXELS = 12


def pair_scores(grouping: Grouping, labels: Mapping[str, str] | None = None, *, theme: Theme = "light") -> go.Figure:
    """How many near pairs have which P(same story): joined ones above, those kept apart below, each on a scale of its own.

    The axis is even in log-odds, so that 0.99 and 0.999 are told apart. Shaded is what is called borderline: P from 0.3 to 0.7.

    Parameters
    ----------
    labels : true story by article id. With them the rows are what is true and the colours what was decided, so that mistakes stand out;
        pairs without labels are left out.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    left, right = grouping.pairs.left, grouping.pairs.right
    joined = grouping.labels[left] == grouping.labels[right]
    rows = joined
    counted = np.ones(len(joined), dtype=np.bool_)
    if labels is not None:
        codes: dict[str, int] = {}
        stories = (labels.get(article.id) for article in grouping.corpus.articles)
        true = np.array([-1 if name is None else codes.setdefault(name, len(codes)) for name in stories], dtype=np.int64)
        counted = (true[left] >= 0) & (true[right] >= 0)
        rows = true[left] == true[right]
    log_odds = np.clip(grouping.log_odds, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    edges = np.linspace(-_MOST_LOG_ODDS, _MOST_LOG_ODDS, _BARS + 1)
    middles, width = (edges[:-1] + edges[1:]) / 2, float(edges[1] - edges[0])
    chance = probability(grouping.log_odds)
    doubtful = int(((chance >= DOUBT[0]) & (chance <= DOUBT[1]) & counted).sum())
    names = ("joined", "kept apart") if labels is None else ("labelled one story", "labelled two stories")
    titles = [_title(name, joined[row & counted], with_labels=labels is not None) for name, row in zip(names, (rows, ~rows), strict=True)]
    base = new_figure(
        "How sure the decision is",
        subtitle=f"{int(counted.sum()):,} near pairs, {doubtful:,} of them borderline (P from {DOUBT[0]:g} to {DOUBT[1]:g}, shaded)",
        alt=f"Histograms of P(same story): {'; '.join(titles)}; {doubtful:,} are borderline.",
        theme=theme,
        height=_HEIGHT_PIXELS,
    )
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles, figure=base)
    colours = palette(theme)
    for number, row in enumerate((rows, ~rows), start=1):
        for name, decided, colour in (("joined", joined, colours.series[0]), ("kept apart", ~joined, colours.series[1])):
            counts = np.histogram(log_odds[row & decided & counted], bins=edges)[0]
            if counts.any():
                figure.add_trace(
                    go.Bar(
                        name=name,
                        legendgroup=name,
                        showlegend=labels is not None and (number == 1) == (name == "joined"),
                        x=middles,
                        y=counts,
                        width=width,
                        marker={"color": colour, "line": {"width": 0}},
                        customdata=np.column_stack([probability(edges[:-1]), probability(edges[1:])]),
                        hovertemplate=f"%{{y:,}} pairs {name}, P from %{{customdata[0]:.4f}} to %{{customdata[1]:.4f}}<extra></extra>",
                    ),
                    row=number,
                    col=1,
                )
        figure.update_yaxes(title_text="pairs", row=number, col=1)
    low, high = (float(np.log(limit / (1 - limit))) for limit in DOUBT)
    figure.add_vrect(x0=low, x1=high, fillcolor=colours.muted, opacity=0.2, line_width=0, layer="below")
    ticks = [float(np.log(limit / (1 - limit))) for limit in _MARKED]
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{limit:g}" for limit in _MARKED], range=[-_MOST_LOG_ODDS, _MOST_LOG_ODDS])
    figure.update_xaxes(title_text="P(same story), even in log-odds; the outermost bars hold all beyond", row=2, col=1)
    figure.update_annotations(font_size=_ROW_TITLE_PIXELS, xanchor="left", x=0)
    figure.update_layout(barmode="stack", bargap=0, margin={"t": 110}, legend={"y": 1.07})
    return figure


def _title(name: str, joined: NDArray[np.bool_], *, with_labels: bool) -> str:
    """What a row holds, in numbers."""
    yes, no = int(joined.sum()), int((~joined).sum())
    return f"{name}: {yes:,} pairs joined, {no:,} kept apart" if with_labels else f"{yes + no:,} pairs {name}"
