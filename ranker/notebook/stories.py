"""Stories in a notebook: the ranked list, and one story taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, overload

from ranker.articles.article import Article
from ranker.notebook.articles import ArticleView, members_table
from ranker.notebook.table import Column, Table, Tabular, lines_html
from ranker.pipeline import Ranking
from ranker.plots import Theme, heat_over_time, story_timeline
from ranker.ranking.blend import SIGNALS
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.ranked import RankedStory
from ranker.ranking.sentences import added_up, decided_lines, many, moved, printable
from ranker.stories.story import Counts

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SCORE_DIGITS = 4

_STORY_COLUMNS = (
    Column("rank", "whole", "#"),
    Column("score", "number", "score", digits=3),
    Column("", "bar", "quality, heat, recency", plain=False),
    Column("quality_contribution", "number", "quality", digits=3),
    Column("heat_contribution", "number", "heat", digits=3),
    Column("recency_contribution", "number", "recency", digits=3),
    Column("publisher_groups", "whole", "groups"),
    Column("articles", "whole", "articles", plain=False),
    Column("phase", "text", "phase", plain=False),
    Column("title", "text", "lead", link="web_url", wide=True),
    Column("provider", "text", "provider", plain=False),
    Column("story", "text", "story", plain=False),
    Column("quality", "number"),
    Column("heat", "number"),
    Column("recency", "number"),
    Column("quality_normalised", "number"),
    Column("heat_normalised", "number"),
    Column("recency_normalised", "number"),
    Column("unique_texts", "whole"),
    Column("providers", "whole"),
    Column("first_published", "time"),
    Column("last_published", "time"),
    Column("lead", "text"),
    Column("web_url", "text"),
    Column("topics", "texts"),
    Column("folded_under", "text"),
)


class Stories(Tabular, Sequence["StoryView"]):
    """The stories of a ranking in order, follow-ups that are folded right behind their leaders. `frame()` has a row a story."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking
        self._ranked = tuple(ranking.stories.with_folded())

    def __len__(self) -> int:
        return len(self._ranked)

    @overload
    def __getitem__(self, place: int) -> StoryView: ...
    @overload
    def __getitem__(self, place: slice) -> list[StoryView]: ...
    def __getitem__(self, place: int | slice) -> StoryView | list[StoryView]:
        if isinstance(place, slice):
            return [StoryView(ranked, self._ranking) for ranked in self._ranked[place]]
        return StoryView(self._ranked[place], self._ranking)

    def table(self) -> Table:
        """The list in rows."""
        leaders = {under.number: ranked.story.id for ranked in self._ranking.stories for under in ranked.folded}
        rows = tuple(_story_row(ranked, leaders.get(ranked.number)) for ranked in self._ranked)
        title = f"{len(self):,} {'story' if len(self) == 1 else 'stories'} as of {self._ranking.as_of:%Y-%m-%d %H:%M} UTC"
        return Table(title, _STORY_COLUMNS, rows)


def _story_row(ranked: RankedStory, leader: str | None) -> tuple[object, ...]:
    blend, counts, lead = ranked.blend, ranked.counts, ranked.lead
    parts = [getattr(blend, name) for name in SIGNALS]
    times = [article.dated for article in ranked.story.articles if article.dated is not None]
    return (
        ranked.rank,
        ranked.score,
        tuple(part.contribution for part in parts),
        *(part.contribution for part in parts),
        counts.publisher_groups,
        counts.articles,
        ranked.phase.name,
        lead.title,
        lead.provider.name,
        ranked.story.id,
        ranked.quality.points,
        ranked.heat.points,
        ranked.recency.value,
        *(part.normalised for part in parts),
        counts.unique_texts,
        counts.providers,
        min(times, default=None),
        max(times, default=None),
        lead.id,
        lead.url,
        ranked.topics,
        leader,
    )


class StoryView(Tabular):
    """One story: its members, its signals and what they are made of, and why it stands above the next. `frame()` has its members."""

    def __init__(self, ranked: RankedStory, ranking: Ranking) -> None:
        self.ranked = ranked
        self.ranking = ranking

    @property
    def id(self) -> str:
        """The story's id."""
        return self.ranked.story.id

    @property
    def rank(self) -> int:
        """Its place, from 1; that of its leader if it is folded, 0 if it is hidden."""
        return self.ranked.rank

    @property
    def score(self) -> float:
        """The sum of the contributions of its signals."""
        return self.ranked.score

    @property
    def title(self) -> str:
        """The title of its lead."""
        return self.ranked.lead.title

    @property
    def phase(self) -> str:
        """Breaking, developing, sustained or fading."""
        return self.ranked.phase.name

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics of its articles, the most frequent first."""
        return self.ranked.topics

    @property
    def counts(self) -> Counts:
        """How many articles, texts, providers and publisher groups tell it."""
        return self.ranked.counts

    @property
    def lead(self) -> ArticleView:
        """The article that stands for it."""
        return ArticleView(self.ranked.lead, self.ranking)

    @property
    def articles(self) -> tuple[ArticleView, ...]:
        """Its members in order of time."""
        return tuple(ArticleView(article, self.ranking) for article in self.ranked.story.articles)

    def table(self) -> Table:
        """Its members, a row each, in order of time."""
        return members_table("members", self.ranked.story.articles, self.ranking)

    def signals(self) -> Table:
        """Quality, heat and recency: as measured, from 0 to 1, weighted. The contributions add up to the score."""
        values = {"quality": self.ranked.quality.points, "heat": self.ranked.heat.points, "recency": self.ranked.recency.value}
        rows: list[tuple[object, ...]] = []
        for name in SIGNALS:
            signal = getattr(self.ranked.blend, name)
            rows.append((name, values[name], signal.normalised, signal.weight, signal.contribution))
        rows.append(("score", None, None, None, self.score))
        columns = (
            Column("signal", "text", "signal"),
            Column("value", "number", "value"),
            Column("normalised", "number", "0 to 1", digits=4),
            Column("weight", "number", "weight"),
            Column("contribution", "number", "contribution", digits=4),
        )
        shown = added_up([getattr(self.ranked.blend, name).contribution for name in SIGNALS], _SCORE_DIGITS)
        return Table("score", columns, tuple(rows), texts={(number, "contribution"): text for number, text in enumerate(shown)})

    def parts(self) -> Table:
        """What quality and heat are made of: the parts of a signal add up to its value in points; recency names its evidence."""
        titles = {article.id: article for article in self.ranked.story.articles}
        quality, heat, recency = self.ranked.quality, self.ranked.heat, self.ranked.recency
        rows: list[tuple[object, ...]] = [
            _part("quality", f"{part.weight:g} x {part.quality}", part.points, None, titles[part.article_id]) for part in quality.parts
        ]
        rows.append(_part("heat", "quality of the lead", float(heat.quality), None, self.ranked.lead))
        rows += [_part("heat", "coverage", each.points, each.age_hours, titles[each.article_id]) for each in heat.coverage]
        rows += [_part("heat", name, points, None, None) for name, points in (("burst", heat.burst), ("audience", heat.audience)) if points]
        evidence = None if recency.article_id is None else titles[recency.article_id]
        rows.append(_part("recency", "newest new voice", recency.value, recency.age_hours, evidence))
        columns = (
            Column("signal", "text", "signal"),
            Column("part", "text", "part"),
            Column("points", "number", "points"),
            Column("age_hours", "number", "age (h)", digits=1),
            Column("title", "text", "article", link="web_url", wide=True),
            Column("provider", "text", "provider", plain=False),
            Column("id", "text"),
            Column("web_url", "text"),
        )
        return Table("what the signals are made of", columns, tuple(rows))

    def why(self, other: StoryView | None = None) -> Why | None:
        """Why it stands above the next story, or above or below another; None for the last, and for one that is folded or hidden.

        Parameters
        ----------
        other : of the same ranking, in the list.
        """
        stories = self.ranking.stories
        if other is not None:
            upper, lower = sorted((self.ranked, other.ranked), key=lambda ranked: ranked.rank)
            return Why(why_above(upper, lower, self.ranking.settings), self.ranking) if upper.rank and upper.rank < lower.rank else None
        is_listed = 0 < self.rank < len(stories) and stories[self.rank - 1].number == self.ranked.number
        return Why(why_above(self.ranked, stories[self.rank], self.ranking.settings), self.ranking) if is_listed else None

    def timeline(self, *, theme: Theme = "light") -> go.Figure:
        """Who told it when."""
        return story_timeline(self.ranked, self.ranking, theme=theme)

    def heat_over_time(self, *, hours: float = 72, every_hours: float = 1, theme: Theme = "light") -> go.Figure:
        """How its heat rose and cooled."""
        return heat_over_time(self.ranking, [self.ranked], hours=hours, every_hours=every_hours, theme=theme)

    def _head(self) -> tuple[str, list[str]]:
        counts = self.counts
        place = f"#{self.rank}" if self.rank else "hidden"
        told = (
            f"story {self.id}, {self.phase}: {many(counts.articles, 'article')}, {many(counts.unique_texts, 'different text')}, "
            f"{many(counts.providers, 'provider')}, {many(counts.publisher_groups, 'publisher group')}"
        )
        return f"{place}  {self.title}", [told, *(moved(move) for move in self.ranked.adjustments)]

    def __repr__(self) -> str:
        title, lines = self._head()
        why = self.why()
        parts = [
            *map(printable, (title, *lines)),
            "",
            self.signals().text(),
            "",
            self.table().text(),
            *(["", repr(why)] if why is not None else []),
        ]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        why = self.why()
        return lines_html(*self._head()) + self.signals().html() + self.table().html() + (why._repr_html_() if why is not None else "")


def _part(signal: str, part: str, points: float, age: float | None, article: Article | None) -> tuple[object, ...]:
    if article is None:
        return (signal, part, points, age, None, None, None, None)
    return (signal, part, points, age, article.title, article.provider.name, article.id, article.url)


class Why(Tabular):
    """Why one story stands above another: signal by signal, what decides, and what would bring them level."""

    def __init__(self, why: WhyAbove, ranking: Ranking) -> None:
        self.why = why
        self.ranking = ranking

    @property
    def sentences(self) -> list[str]:
        """What decides, and what would bring the two level."""
        return decided_lines(self.why, self.ranking.settings)

    def table(self) -> Table:
        """The contributions side by side; the advantages add up to the gap."""
        rows = [(item.signal, item.upper.contribution, item.lower.contribution, item.advantage) for item in self.why.differences]
        rows.append(("score", self.why.upper.score, self.why.lower.score, self.why.gap))
        columns = (
            Column("signal", "text", "signal"),
            Column("upper", "number", f"#{self.why.upper.rank}", digits=4),
            Column("lower", "number", f"#{self.why.lower.rank}", digits=4),
            Column("advantage", "number", "advantage", digits=4),
        )
        title = f"why #{self.why.upper.rank} is above #{self.why.lower.rank}  {self.why.lower.lead.title}"
        return Table(title, columns, tuple(rows), note=" ".join(self.sentences), texts=self._texts())

    def _texts(self) -> dict[tuple[int, str], str]:
        """The contributions rounded together, so that what is shown adds up down and across."""
        above = added_up([item.upper.contribution for item in self.why.differences], _SCORE_DIGITS)
        below = added_up([item.lower.contribution for item in self.why.differences], _SCORE_DIGITS)
        texts: dict[tuple[int, str], str] = {}
        for number, (one, other) in enumerate(zip(above, below, strict=True)):
            texts |= {(number, "upper"): one, (number, "lower"): other, (number, "advantage"): f"{Decimal(one) - Decimal(other):+f}"}
        return texts
