"""Map: all articles on a plane, near where they mean the like, coloured by story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranker.pipeline import Ranking
from ranker.plots.projection import Method, Projection, projected
from ranker.plots.theme import SYMBOLS, Theme, broken, cut, escaped, new_figure, palette
from ranker.ranking.ranked import RankedStory

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLE_CHARACTERS = 38
_HEIGHT_PIXELS = 640
_METHODS = {"pca": "principal components", "tsne": "t-SNE, seed 0"}


def article_map(
    ranking: Ranking,
    *,
    highlight: Sequence[RankedStory] | None = None,
    method: Method | None = None,
    projection: Projection | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """All articles by meaning on a plane: eight stories in colours and marks of their own, the others grey; hover names each.

    The plane is t-SNE of the vectors' principal components with seed 0 on one thread (`projected`), for more than 2,000 articles the
    first two principal components; the subtitle says which, and how many of an article's nearest in meaning stay its nearest.
    Copies lie on top of each other.

    Parameters
    ----------
    highlight : stories of `ranking` that are coloured, at most eight; by default those with most articles.
    method : `tsne` or `pca`.
    projection : where it is at hand already, of `ranking.grouping.corpus.vectors`.
    """
    import plotly.graph_objects as go

    articles = ranking.grouping.corpus.articles
    plane = projection or projected(ranking.grouping.corpus.vectors, method=method)
    chosen = (_largest(ranking) if highlight is None else list(highlight))[: len(SYMBOLS)]
    colours = palette(theme)
    figure = new_figure(
        "Articles by meaning",
        subtitle=_told(plane, len(articles), len(ranking.stories.by_number)),
        alt=f"A map of {len(articles)} articles; near ones mean the like. Coloured are {_list(chosen)}.",
        theme=theme,
        height=_HEIGHT_PIXELS,
    )
    numbers = {ranked.number for ranked in chosen}
    rest = [row for row, article in enumerate(articles) if ranking.by_article[article.id].number not in numbers]
    figure.add_trace(_trace(go, "other stories", rest, plane.places, ranking, {"color": colours.muted, "size": 6, "opacity": 0.55}))
    for place, ranked in enumerate(chosen):
        rows = sorted(ranking.rows[article.id] for article in ranked.story.articles)
        marker = {"color": colours.series[place], "symbol": SYMBOLS[place], "size": 10, "line": {"width": 1, "color": colours.ground}}
        name = f"{ranked.rank}. {cut(ranked.lead.title, _TITLE_CHARACTERS)} ({len(rows)})"
        figure.add_trace(_trace(go, name, rows, plane.places, ranking, marker))
    bare = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False, "title": {"text": ""}}
    figure.update_layout(
        xaxis=bare,
        yaxis=bare | {"scaleanchor": "x"},
        legend={"orientation": "v", "x": 1.01, "xanchor": "left", "y": 1, "yanchor": "top"},
    )
    return figure


def _trace(go: Any, name: str, rows: list[int], places: NDArray[np.float64], ranking: Ranking, marker: dict[str, object]) -> Any:
    articles = [ranking.grouping.corpus.articles[row] for row in rows]
    return go.Scatter(
        name=name,
        mode="markers",
        x=places[rows, 0].tolist(),
        y=places[rows, 1].tolist(),
        marker=marker,
        customdata=[
            [
                broken(article.title),
                escaped(article.provider.name),
                "no usable date" if article.dated is None else f"{article.dated:%Y-%m-%d %H:%M} UTC",
                ranking.by_article[article.id].rank,
                broken(ranking.by_article[article.id].lead.title),
                escaped(article.id),
            ]
            for article in articles
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}, %{customdata[2]}<br>%{customdata[5]}<br>"
        "story #%{customdata[3]}: %{customdata[4]}<extra></extra>",
    )


def _largest(ranking: Ranking) -> list[RankedStory]:
    return sorted(ranking.stories, key=lambda ranked: (-len(ranked.story.articles), ranked.rank))


def _told(plane: Projection, articles: int, stories: int) -> str:
    kept = (
        ""
        if plane.neighbours_kept is None
        else f"; {plane.neighbours_kept:.0%} of an article's 5 nearest in meaning are its 5 nearest here"
    )
    variance = "" if plane.variance_kept is None else f" ({plane.variance_kept:.0%} of the variance)"
    return f"{articles} articles of {stories} stories; {_METHODS[plane.method]}{variance}{kept}"


def _list(chosen: Sequence[RankedStory]) -> str:
    return "; ".join(f"{ranked.lead.title} ({len(ranked.story.articles)} articles)" for ranked in chosen) or "none"
