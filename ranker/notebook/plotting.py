"""Plotting: the plots of a whole newsroom as its methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ranker.notebook.stories import StoryView
from ranker.pipeline import Ranking
from ranker.plots import Theme, article_map, coverage_timeline, heat_over_time, pair_scores, score_bars
from ranker.plots.projection import Method, Projection

if TYPE_CHECKING:
    import plotly.graph_objects as go


class _Room(Protocol):
    """What plots need of a room."""

    @property
    def ranking(self) -> Ranking:
        """The ranking."""
        ...

    @property
    def projection(self) -> Projection:
        """Where its articles lie on a plane."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """True story by article id."""
        ...


class Plots:
    """Figures of plotly; every one takes `theme="light"` or `"dark"`, and `ranker.plots.alt_text` says in words what it shows."""

    def map(
        self: _Room, *, highlight: Sequence[StoryView] | None = None, method: Method | None = None, theme: Theme = "light"
    ) -> go.Figure:
        """All articles on a plane, near where they mean the like, coloured by story; see `ranker.plots.article_map`."""
        chosen = None if highlight is None else [story.ranked for story in highlight]
        plane = self.projection if method is None else None
        return article_map(self.ranking, highlight=chosen, method=method, projection=plane, theme=theme)

    def bars(self: _Room, *, limit: int = 20, theme: Theme = "light") -> go.Figure:
        """What each signal adds to the score of the first stories."""
        return score_bars(self.ranking.stories, limit=limit, theme=theme)

    def timeline(self: _Room, *, limit: int = 20, theme: Theme = "light") -> go.Figure:
        """When the first stories were told."""
        return coverage_timeline(self.ranking.stories, limit=limit, theme=theme)

    def heat_over_time(
        self: _Room,
        stories: Sequence[StoryView] | None = None,
        *,
        limit: int = 6,
        hours: float = 72,
        every_hours: float = 1,
        theme: Theme = "light",
    ) -> go.Figure:
        """How stories heated up and cooled; the warmest by default."""
        chosen = None if stories is None else [story.ranked for story in stories]
        return heat_over_time(self.ranking, chosen, limit=limit, hours=hours, every_hours=every_hours, theme=theme)

    def pair_scores(self: _Room, *, theme: Theme = "light") -> go.Figure:
        """How sure the decision was of near pairs; held against the labels where there are some."""
        return pair_scores(self.ranking.grouping, self.labels or None, theme=theme)
