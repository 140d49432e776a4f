"""Timelines: when a story was told and by whom, and when each of the first stories of a list was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ranker.articles.article import Article
from ranker.pipeline import Ranking
from ranker.plots.theme import Theme, broken, cut, escaped, labelled_places, new_figure, palette, shortened
from ranker.ranking.ranked import RankedStory

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NAME_CHARACTERS, _TITLE_CHARACTERS, _HEADING_CHARACTERS = 28, 46, 80
_ROW_PIXELS, _FRAME_PIXELS = 24, 170
_ONE_PIXELS = 8.0  # across a mark of one article; its area grows with the articles
_TIME_AXIS = "published (UTC)"
_ROLES = ("first report", "lead", "own words", "copy")
_ROLE_SYMBOLS = {"first report": "star", "lead": "diamond", "own words": "circle", "copy": "circle-open"}
_ROLE_SERIES = {"first report": 1, "lead": 0, "own words": 2, "copy": 3}


def story_timeline(ranked: RankedStory, ranking: Ranking, *, theme: Theme = "light") -> go.Figure:
    """One story's articles by time, a line for each provider, in the order in which they joined.

    The first report, the lead and copies have marks of their own (of an article that is several, the first of these). Articles without
    a date that can be trusted are counted in the subtitle.

    Parameters
    ----------
    ranked : a story of `ranking`.
    """
    import plotly.graph_objects as go

    dated = [(article, article.dated) for article in ranked.story.articles if article.dated is not None]
    providers = list(dict.fromkeys(article.provider.key for article, _ in dated))
    names = {article.provider.key: article.provider.name or article.provider.domain or "no name" for article, _ in dated}
    rows = {key: place for place, key in enumerate(providers)}
    figure = new_figure(
        shortened(ranked.lead.title, _HEADING_CHARACTERS),
        subtitle=_counted(ranked, len(dated)),
        alt=_story_alt(ranked, dated),
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * max(2, len(providers)),
    )
    roles = _roles(ranked, ranking)
    for role in _ROLES:
        shown = [(article, moment) for article, moment in dated if roles[article.id] == role]
        if shown:
            figure.add_trace(_role_trace(go, role, shown, rows, ranking, theme))
    figure.update_layout(
        xaxis={"title": {"text": _TIME_AXIS}, "type": "date"},
        yaxis=labelled_places([cut(names[key], _NAME_CHARACTERS) for key in providers]) | {"showgrid": True},
    )
    return figure


def _role_trace(go: Any, role: str, shown: Sequence[tuple[Article, datetime]], rows: dict[str, int], ranking: Ranking, theme: Theme) -> Any:
    return go.Scatter(
        name=role,
        mode="markers",
        x=[moment for _, moment in shown],
        y=[rows[article.provider.key] for article, _ in shown],
        marker={"symbol": _ROLE_SYMBOLS[role], "size": 13, "color": palette(theme).series[_ROLE_SERIES[role]], "line": {"width": 1.5}},
        customdata=[
            [broken(article.title), escaped(article.provider.name), ranking.quality_points[article.id], escaped(article.id)]
            for article, _ in shown
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}, %{x|%Y-%m-%d %H:%M} UTC<br>"
        f"{role}, quality %{{customdata[2]}} points<br>%{{customdata[3]}}<extra></extra>",
    )


def _roles(ranked: RankedStory, ranking: Ranking) -> dict[str, str]:
    """What each article of a story is to it."""
    roles: dict[str, str] = {}
    seen: set[str] = set()
    for article in ranked.story.articles:
        text = ranking.grouping.texts[article.id]
        roles[article.id] = "copy" if text in seen else "own words"
        seen.add(text)
    roles[ranked.lead.id] = "lead"
    roles[ranked.story.first.id] = "first report"
    return roles


def _counted(ranked: RankedStory, dated: int) -> str:
    undated = len(ranked.story.articles) - dated
    missing = f"; {undated} without a date that can be trusted {'is' if undated == 1 else 'are'} not shown" if undated else ""
    return f"who told it when: {len(ranked.story.articles)} articles by {ranked.counts.providers} providers{missing}"


def _story_alt(ranked: RankedStory, dated: Sequence[tuple[Article, datetime]]) -> str:
    if not dated:
        return f"No article of the story {ranked.lead.title} has a date that can be trusted."
    (first, start), (_, end) = dated[0], dated[-1]
    hours = (end - start).total_seconds() / 3600
    return f"{len(dated)} articles of the story {ranked.lead.title} over {hours:.1f} hours, told first by {first.provider.name}."


def coverage_timeline(stories: Sequence[RankedStory], *, limit: int = 20, theme: Theme = "light") -> go.Figure:
    """When each of the first stories of a list was told: a mark for each hour, its area as the articles of that hour.

    Parameters
    ----------
    stories : in the order of the list.
    limit : stories at most; the subtitle says of how many.
    """
    import plotly.graph_objects as go

    shown = list(stories[:limit])
    colours = palette(theme)
    figure = new_figure(
        "When the stories were told",
        subtitle=f"first {len(shown)} of {len(stories)} stories; the area of a mark is the number of articles in an hour",
        alt=f"Marks by hour of publication for {len(shown)} stories in order of rank.",
        theme=theme,
        height=_FRAME_PIXELS + _ROW_PIXELS * max(2, len(shown)),
    )
    marks = [(row, ranked, hour, told) for row, ranked in enumerate(shown) for hour, told in hours_of(ranked.story.articles)]
    figure.add_trace(
        go.Scatter(
            mode="markers",
            x=[hour for _, _, hour, _ in marks],
            y=[row for row, _, _, _ in marks],
            marker={
                "size": [_ONE_PIXELS * len(told) ** 0.5 for _, _, _, told in marks],
                "color": colours.series[0],
                "opacity": 0.85,
            },
            customdata=[
                [broken(ranked.lead.title), len(told), len({article.provider.key for article in told})] for _, ranked, _, told in marks
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>hour of %{x|%Y-%m-%d %H:%M} UTC<br>"
            "%{customdata[1]} articles by %{customdata[2]} providers<extra></extra>",
            showlegend=False,
        )
    )
    labels = [f"{ranked.rank}. {cut(ranked.lead.title, _TITLE_CHARACTERS)}" for ranked in shown]
    figure.update_layout(xaxis={"title": {"text": _TIME_AXIS}, "type": "date"}, yaxis=labelled_places(labels) | {"showgrid": True})
    return figure


def hours_of(articles: Sequence[Article]) -> list[tuple[datetime, list[Article]]]:
    """The hours in which articles were published, in order, and the articles of each; undated ones are in none."""
    hours: dict[datetime, list[Article]] = {}
    for article in articles:
        if article.dated is not None:
            hours.setdefault(article.dated.replace(minute=0, second=0, microsecond=0), []).append(article)
    return sorted(hours.items(), key=lambda item: item[0])
