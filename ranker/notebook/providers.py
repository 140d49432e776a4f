"""Providers in a notebook: who is first, who follows, and who tells the same."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ranker.evaluation.coverage import GroupOverlap, ProviderCoverage, group_overlap, provider_coverage
from ranker.notebook.table import Column, Table, Tabular
from ranker.pipeline import Ranking
from ranker.plots import Theme, delays, first_reports, overlap_matrix

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SHOWN_GROUPS = 16
_COLUMNS = (
    Column("provider", "text", "provider", wide=True),
    Column("publisher_group", "text", "group", plain=False),
    Column("first", "whole", "first"),
    Column("shared", "whole", "of shared"),
    Column("median_delay_hours", "number", "hours behind", digits=1),
    Column("articles", "whole", "articles"),
    Column("stories", "whole", "stories"),
    Column("copies", "whole", "copies"),
    Column("domain", "text"),
    Column("country", "text"),
    Column("role", "text"),
)


class Providers(Tabular):
    """All providers of a ranking, most stories told first on top. `frame()` has a row a provider."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    @cached_property
    def coverage(self) -> list[ProviderCoverage]:
        """The numbers of each provider."""
        return provider_coverage(self._ranking)

    def __len__(self) -> int:
        return len(self.coverage)

    def table(self) -> Table:
        """The providers in rows."""
        rows = []
        for each in self.coverage:
            outlet = self._ranking.publishers.outlet(each.provider)
            counts = (each.first, each.shared, each.median_delay, each.articles, each.stories, each.copies)
            rows.append((each.name, each.group, *counts, each.provider.domain, outlet.country, outlet.role))
        note = "first: of the shared stories, which at least two publisher groups tell; hours behind the first report, in those it follows"
        return Table(f"{len(rows)} providers", _COLUMNS, tuple(rows), note=note)

    def delays(self) -> Table:
        """Hours behind the first report, a row for each provider and shared story that it did not tell first."""
        rows = tuple((each.name, each.group, hours) for each in self.coverage for hours in each.delays)
        columns = (
            Column("provider", "text", "provider"),
            Column("publisher_group", "text", "group"),
            Column("hours", "number", "hours behind", digits=1),
        )
        return Table("hours behind the first report", columns, rows)

    def overlap(self, *, limit: int | None = None) -> Table:
        """For each two publisher groups, how many stories of the first the second tells as well.

        Parameters
        ----------
        limit : groups at most, those with most stories; all by default.
        """
        found = self.group_overlap(limit=limit)
        rows = tuple(
            (one, other, int(found.stories[i, j]), float(found.shares[i, j]))
            for i, one in enumerate(found.groups)
            for j, other in enumerate(found.groups)
            if i != j
        )
        columns = (
            Column("publisher_group", "text", "group"),
            Column("other_group", "text", "other group"),
            Column("stories", "whole", "both"),
            Column("share", "number", "share"),
        )
        return Table(f"{len(found.groups)} publisher groups, two by two", columns, rows, note="share: of the first group's stories")

    def group_overlap(self, *, limit: int | None = None) -> GroupOverlap:
        """The same as arrays."""
        return group_overlap(self._ranking, limit=limit)

    def first_plot(self, *, limit: int = 20, theme: Theme = "light") -> go.Figure:
        """Who is first, as bars."""
        return first_reports(self.coverage, limit=limit, theme=theme)

    def delay_plot(self, *, limit: int = 20, theme: Theme = "light") -> go.Figure:
        """How far behind the first report, as boxes."""
        return delays(self.coverage, limit=limit, theme=theme)

    def overlap_plot(self, *, limit: int = _SHOWN_GROUPS, theme: Theme = "light") -> go.Figure:
        """Who tells the same stories, as a matrix of the groups with most stories."""
        return overlap_matrix(self.group_overlap(limit=limit), theme=theme)
