"""Comparing in a notebook: two rankings, what moved from one to the other and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ranker.notebook.table import Column, Table, Tabular
from ranker.plots import Theme, rank_moves
from ranker.ranking.blend import SIGNALS
from ranker.ranking.movement import Moved, Movement, Placed, movement
from ranker.ranking.placing import placed
from ranker.ranking.ranked import RankedStory
from ranker.ranking.sentences import why_moved

if TYPE_CHECKING:
    import plotly.graph_objects as go

_COLUMNS = (
    Column("rank_before", "whole", "from"),
    Column("rank_after", "whole", "to"),
    Column("places", "whole", "won"),
    Column("title", "text", "lead", wide=True),
    Column("why", "text", "why", wide=True),
    Column("cause", "text"),
    Column("score_before", "number", "score from", digits=3, plain=False),
    Column("score_after", "number", "to", digits=3, plain=False),
    *(Column(f"{name}_change", "number") for name in SIGNALS),
    Column("new_articles", "whole"),
    Column("story", "text"),
    Column("story_before", "text"),
)


class Compared(Tabular):
    """What entered, left and moved between two rankings.

    `frame()` has a row for every story of either, in order of the later ranking, those that left behind; `cause` is a signal, `rule`,
    `others` (its own score stayed, others passed it), `entered`, `left` or, where nothing changed, missing.
    """

    def __init__(self, before: Sequence[RankedStory], after: Sequence[RankedStory], names: tuple[str, str]) -> None:
        self.before = before
        self.after = after
        self.names = names

    @cached_property
    def movement(self) -> Movement:
        """The comparison itself."""
        return movement(placed(self.before), placed(self.after))

    @cached_property
    def summary(self) -> str:
        """The comparison in numbers."""
        found = self.movement
        moved = sum(bool(item.places) for item in found.moved)
        stayed = found.unchanged + len(found.moved) - moved
        ends = f"{self.names[0]} -> {self.names[1]}"
        return f"{ends}: {len(found.entered)} entered, {len(found.left)} left, {moved} moved, {stayed} in their place"

    def table(self) -> Table:
        """The stories that moved, in order of the later ranking, then those that kept their place."""
        found = self.movement
        moves = {item.after.id: item for item in found.moved}
        entered = {item.id for item in found.entered}
        rows = [_row(story, moves.get(story.id), is_new=story.id in entered) for story in placed(self.after)]
        rows += [_left(story) for story in found.left]
        return Table(self.summary, _COLUMNS, tuple(rows))

    def slope(self, *, limit: int = 15, theme: Theme = "light") -> go.Figure:
        """The first places of both side by side, joined by lines."""
        return rank_moves(self.before, self.after, names=self.names, limit=limit, theme=theme)


def _row(story: Placed, moved: Moved | None, *, is_new: bool) -> tuple[object, ...]:
    if moved is None:
        before = None if is_new else story.rank
        score = None if is_new else story.score
        changes = (None,) * len(SIGNALS) if is_new else (0.0,) * len(SIGNALS)
        why = "entered" if is_new else ""
        cause = "entered" if is_new else None
        places = None if is_new else 0
        return (
            before,
            story.rank,
            places,
            story.title,
            why,
            cause,
            score,
            story.score,
            *changes,
            None if is_new else 0,
            story.id,
            None if is_new else story.id,
        )
    return (
        moved.before.rank,
        moved.after.rank,
        moved.places,
        story.title,
        why_moved(moved),
        moved.cause,
        moved.before.score,
        moved.after.score,
        *(moved.changes[name] for name in SIGNALS),
        moved.new_articles,
        story.id,
        moved.before.id,
    )


def _left(story: Placed) -> tuple[object, ...]:
    return (story.rank, None, None, story.title, "left", "left", story.score, None, *((None,) * len(SIGNALS)), None, None, story.id)
