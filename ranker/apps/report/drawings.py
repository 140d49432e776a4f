"""Drawings: the plots of a report as data for plotly.js, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranker.evaluation.coverage import provider_coverage
from ranker.pipeline import Ranking

if TYPE_CHECKING:
    from ranker.plots import Theme

_LEAST_ARTICLES = 3  # of fewer there is nothing to plot


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot.

    Parameters
    ----------
    name : of its place in the page.
    alt : what it shows, in words.
    height : pixels.
    light, dark : the figure as JSON that may stand inside a `<script>`.
    """

    name: str
    alt: str
    height: int
    light: str
    dark: str


def drawings_of(ranking: Ranking) -> list[Drawing]:
    """The main plots of a ranking: when stories were told, how hot they were, where articles lie, who reports first."""
    from ranker import plots

    if len(ranking.grouping.corpus) < _LEAST_ARTICLES or not any(article.dated for article in ranking.grouping.corpus.articles):
        return []
    coverage = provider_coverage(ranking)
    made: dict[str, Callable[[Theme], Any]] = {
        "coverage": lambda theme: plots.coverage_timeline(ranking.stories, theme=theme),
        "heat": lambda theme: plots.heat_over_time(ranking, theme=theme),
        "map": lambda theme: plots.article_map(ranking, theme=theme, projection=projection),
        "first": lambda theme: plots.first_reports(coverage, theme=theme),
    }
    projection = plots.projected(ranking.grouping.corpus.vectors)
    return [_drawing(name, make) for name, make in made.items()]


def _drawing(name: str, make: Callable[[Theme], Any]) -> Drawing:
    from ranker import plots

    light, dark = make("light"), make("dark")
    return Drawing(name, plots.alt_text(light), int(light.layout.height or 450), _in_script(light), _in_script(dark))


def _in_script(figure: Any) -> str:
    """A figure's JSON in which nothing ends the script around it."""
    return str(figure.to_json()).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
