"""Scores: what quality, heat and recency add to each story of a list, as bars that add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ranker.plots.theme import SIGNAL_PATTERNS, Theme, bar_look, broken, cut, labelled_places, new_figure, palette
from ranker.ranking.blend import SIGNALS
from ranker.ranking.ranked import RankedStory

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLE_CHARACTERS = 46
_ROW_PIXELS, _FRAME_PIXELS = 26, 170


def score_bars(stories: Sequence[RankedStory], *, limit: int = 20, theme: Theme = "light") -> go.Figure:
    """The scores of the first stories of a list: a bar each, whose three parts are what the signals contribute.

    Parameters
    ----------
    stories : in the order of the list, such as `ranking.stories`.
    limit : bars at most; the subtitle says of how many.
    """
    import plotly.graph_objects as go

    shown = list(stories[:limit])
    colours = palette(theme)
    figure = new_figure(
        "What each signal adds to the score",
        subtitle=f"first {len(shown)} of {len(stories)} stories; a bar is as long as the story's score",
        alt=_alt(shown),
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * len(shown),
    )
    for name in SIGNALS:
        signals = [getattr(ranked.blend, name) for ranked in shown]
        figure.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                y=list(range(len(shown))),
                x=[signal.contribution for signal in signals],
                marker=bar_look(colours.signals[name], SIGNAL_PATTERNS[name], colours.ground),
                customdata=[
                    [broken(ranked.lead.title), ranked.rank, signal.normalised, signal.weight, ranked.score]
                    for ranked, signal in zip(shown, signals, strict=True)
                ],
                hovertemplate=f"<b>#%{{customdata[1]}}</b> %{{customdata[0]}}<br>{name} %{{customdata[2]:.4f}} x weight "
                "%{customdata[3]:g} = %{x:.4f}<br>score %{customdata[4]:.4f}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[ranked.score for ranked in shown],
            y=list(range(len(shown))),
            mode="text",
            text=[f" {ranked.score:.3f}" for ranked in shown],
            textposition="middle right",
            showlegend=False,
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    labels = [f"{ranked.rank}. {cut(ranked.lead.title, _TITLE_CHARACTERS)}" for ranked in shown]
    most = max((ranked.score for ranked in shown), default=1.0)
    figure.update_layout(
        barmode="stack",
        xaxis={"title": {"text": "score (contributions of the signals)"}, "range": [0, most * 1.1 or 1.0]},
        yaxis=labelled_places(labels),
    )
    return figure


def _alt(shown: Sequence[RankedStory]) -> str:
    if not shown:
        return "No story is ranked."
    first, last = shown[0], shown[-1]
    return (
        f"Stacked bars of {len(shown)} stories by score, from {first.score:.3f} ({first.lead.title}) to {last.score:.3f} "
        f"({last.lead.title}); each bar is divided into quality, heat and recency."
    )
