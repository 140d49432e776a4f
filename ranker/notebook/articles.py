"""Articles in a notebook: all of them in rows, and one with its quality, its evidence and what is related to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ranker.articles.article import Article
from ranker.notebook.table import Column, Table, Tabular, lines_html
from ranker.pipeline import Ranking
from ranker.ranking.sentences import printable
from ranker.stories.reasons import Comparison, nearest_other_story, own_story, stories_apart

_ARTICLE_COLUMNS = (
    Column("id", "text"),
    Column("published_date_time", "time", "published (UTC)"),
    Column("title", "text", "title", link="web_url", wide=True),
    Column("provider", "text", "provider"),
    Column("quality", "whole", "quality"),
    Column("probability", "number", "P"),
    Column("is_lead", "flag", "lead", plain=False),
    Column("is_copy", "flag", "copy", plain=False),
    Column("excerpt", "text"),
    Column("domain", "text"),
    Column("publisher_group", "text"),
    Column("web_url", "text"),
    Column("original_url", "text"),
    Column("category", "text"),
    Column("type", "text"),
    Column("topics", "texts"),
    Column("image", "text"),
    Column("has_amp", "flag"),
    Column("date_health", "text"),
    Column("heat", "number"),
    Column("similarity", "number"),
    Column("nearest", "text"),
    Column("story", "text", "story", plain=False),
    Column("story_rank", "whole"),
)


def members_table(
    title: str, articles: Sequence[Article], ranking: Ranking, *, more: Mapping[str, Mapping[str, str]] | None = None
) -> Table:
    """Some articles in rows, each with what its story says of it.

    `published_date_time` is missing where a date cannot be trusted; `date_health` says so.

    Parameters
    ----------
    more : further columns of text by name, each by article id.
    """
    extra = more or {}
    stories = {ranking.by_article[article.id].number: ranking.by_article[article.id] for article in articles}
    shown = [replace(column, heading="") if column.name == "story" and len(stories) == 1 else column for column in _ARTICLE_COLUMNS]
    columns = (*shown, *(Column(name, "text") for name in extra))
    firsts: dict[tuple[int, str], str] = {}
    for number, ranked in stories.items():
        for other in ranked.story.articles:
            firsts.setdefault((number, ranking.grouping.texts[other.id]), other.id)
    warmth = {number: ranked.heat.points - ranked.heat.quality for number, ranked in stories.items()}
    rows = tuple((*_row(article, ranking, firsts, warmth), *(values.get(article.id) for values in extra.values())) for article in articles)
    return Table(title, columns, rows)


def _row(article: Article, ranking: Ranking, firsts: Mapping[tuple[int, str], str], warmth: Mapping[int, float]) -> tuple[object, ...]:
    ranked = ranking.by_article[article.id]
    membership = ranked.story.memberships[article.id]
    image = next((str(image["url"]) for image in article.images if image.get("url")), None)
    return (
        article.id,
        article.dated,
        article.title,
        article.provider.name,
        ranking.quality_points[article.id],
        membership.probability,
        article.id == ranked.lead.id,
        firsts[(ranked.number, ranking.grouping.texts[article.id])] != article.id,
        article.excerpt,
        article.provider.domain,
        ranking.publishers.group_of(article),
        article.url,
        article.own_url,
        article.category,
        article.type,
        article.topics,
        image,
        article.has_amp,
        article.date_health,
        warmth[ranked.number] + ranking.quality_points[article.id],
        membership.similarity,
        membership.nearest,
        ranked.story.id,
        ranked.rank,
    )


class Articles(Tabular):
    """All articles of a ranking, a row each, in the order of their stories and of time within each."""

    def __init__(self, ranking: Ranking, more: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._ranking = ranking
        self._more = more

    def __len__(self) -> int:
        return len(self._ranking.grouping.corpus)

    def table(self) -> Table:
        """The articles in rows; those of hidden stories come last."""
        ranking = self._ranking
        listed = [article for ranked in ranking.stories.with_folded() for article in ranked.story.articles]
        hidden = [article for story in ranking.stories.hidden for article in story.articles]
        return members_table(f"{len(self):,} articles", [*listed, *hidden], ranking, more=self._more)


class ArticleView(Tabular):
    """One article: its quality point by point, why it is in its story and in no other, what is related. `frame()` has the evidence."""

    def __init__(self, article: Article, ranking: Ranking) -> None:
        self.article = article
        self.ranking = ranking

    @property
    def id(self) -> str:
        """The article's id."""
        return self.article.id

    @property
    def title(self) -> str:
        """Its title."""
        return self.article.title

    @property
    def story_id(self) -> str:
        """The id of its story."""
        return self.ranking.by_article[self.id].story.id

    def quality(self) -> Table:
        """Its quality point by point; the points add up."""
        quality = self.ranking.quality_of(self.id)
        rows = [(part.feature, part.seen, part.points) for part in quality.parts]
        columns = (Column("rule", "text", "rule"), Column("seen", "text", "seen"), Column("points", "whole", "points"))
        return Table("quality, point by point", columns, (*rows, ("quality", "", quality.points)))

    def table(self) -> Table:
        """The evidence between it and the rest of its story, and the story that comes nearest to its own.

        The points of each, `what it takes to join` included, add up to its score; above 0 attracts.
        """
        grouping, row = self.ranking.grouping, self.ranking.rows[self.id]
        own, other = own_story(grouping, row), nearest_other_story(grouping, row)
        rows = [*_evidence_rows("own story", own), *_evidence_rows("nearest other story", other)]
        columns = (
            Column("against", "text", "against"),
            Column("evidence", "text", "evidence"),
            Column("value", "number", "mean", digits=3),
            Column("weight", "number", "weight", digits=3),
            Column("points", "number", "points", digits=3),
            Column("story", "text"),
            Column("nearest", "text"),
        )
        return Table("why it is in its story and in no other", columns, tuple(rows), note=" ".join(self._decided(own, other)))

    def _decided(self, own: Comparison | None, other: Comparison | None) -> list[str]:
        told = ["Alone in its story." if own is None else f"P with its own story {own.probability:.2f}."]
        if other is None:
            return [*told, "No other story is near."]
        lead = self.ranking.by_article[other.story.first.id].lead.title
        apart = stories_apart(self.ranking.grouping, self.ranking.rows[self.id], other.story)
        long = "; the two together would be longer than the window" if apart.too_long else ""
        return [
            *told,
            f"P with the nearest other one, {lead}, {other.probability:.2f}; mean score of the two stories {apart.score:+.3f}{long}.",
        ]

    def related(self) -> Table:
        """What to show beside it: the rest of its story, then what is nearest."""
        rows = [
            (
                item.similarity,
                item.probability,
                item.same_story,
                item.article.title,
                item.article.provider.name,
                item.article.id,
                item.article.url,
            )
            for item in self.ranking.related_to(self.id)
        ]
        columns = (
            Column("similarity", "number", "cosine"),
            Column("probability", "number", "P"),
            Column("same_story", "flag", "same story"),
            Column("title", "text", "title", link="web_url", wide=True),
            Column("provider", "text", "provider", plain=False),
            Column("id", "text"),
            Column("web_url", "text"),
        )
        return Table("related", columns, tuple(rows))

    def _head(self) -> tuple[str, list[str]]:
        article, ranked = self.article, self.ranking.by_article[self.id]
        when = "no date" if article.dated is None else f"{article.dated:%Y-%m-%d %H:%M} UTC"
        place = f"#{ranked.rank}" if ranked.rank else "hidden"
        about = f"{article.id}, {article.provider.name or 'no provider'}, {when}"
        return article.title, [
            about,
            f"{'lead' if article.id == ranked.lead.id else 'member'} of {place} {ranked.lead.title} ({ranked.story.id})",
        ]

    def __repr__(self) -> str:
        title, lines = self._head()
        return "\n".join([*map(printable, (title, *lines)), "", self.quality().text(), "", self.table().text(), "", self.related().text()])

    def _repr_html_(self) -> str:
        return lines_html(*self._head()) + self.quality().html() + self.table().html() + self.related().html()


def _evidence_rows(against: str, comparison: Comparison | None) -> list[tuple[object, ...]]:
    if comparison is None:
        return []
    ends = (comparison.story.id, comparison.nearest)
    rows: list[tuple[object, ...]] = [
        (against, reason.evidence.replace("_", " "), reason.value, reason.weight, reason.points, *ends) for reason in comparison.reasons
    ]
    return [
        *rows,
        (against, "what it takes to join", None, None, -comparison.join_at, *ends),
        (against, "score", None, None, comparison.score, *ends),
    ]
