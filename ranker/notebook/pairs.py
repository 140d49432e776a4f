"""Pairs in a notebook: near articles with P(same story), what was decided, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from ranker.articles.article import Article
from ranker.notebook.table import Column, Table, Tabular, lines_html
from ranker.pipeline import Ranking
from ranker.ranking.sentences import printable
from ranker.stories.reasons import DoubtfulPair, doubtful_pairs, pair_told
from ranker.stories.same_story import probability

_STRONGEST = 3  # kinds of evidence named in a row
_SHOWN_POINTS = 5e-4  # fewer would be shown as 0.000
_SECONDS_PER_HOUR = 3600.0
_PAIR_COLUMNS = (
    Column("probability", "number", "P", digits=3),
    Column("joined", "flag", "joined"),
    Column("same_story", "flag", "labels"),
    Column("left_title", "text", "one article", wide=True),
    Column("left_provider", "text"),
    Column("right_title", "text", "the other", wide=True),
    Column("right_provider", "text"),
    Column("hours_apart", "number", "hours apart", digits=1, plain=False),
    Column("similarity", "number", "cosine", plain=False),
    Column("left", "text"),
    Column("right", "text"),
)
_EVIDENCE = Column("evidence", "text", "strongest evidence", plain=False)
_KIND = Column("kind", "text", "kind of mistake", plain=False)


@dataclass(frozen=True, slots=True)
class Ends:
    """A pair before it is told: rows of the corpus, and its P."""

    left: int
    right: int
    probability: float
    kind: str = ""


class Pairs(Tabular, Sequence["PairView"]):
    """Some pairs of articles. `frame()` has a row a pair; each item shows its evidence.

    Parameters
    ----------
    labels : true story by article id, for the column `same_story`.
    with_evidence : name the strongest evidence in each row; takes a moment for thousands.
    """

    def __init__(self, title: str, ends: Sequence[Ends], ranking: Ranking, labels: Mapping[str, str], *, with_evidence: bool) -> None:
        self._title = title
        self._ends = tuple(ends)
        self._ranking = ranking
        self._labels = labels
        self._with_evidence = with_evidence

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> PairView: ...
    @overload
    def __getitem__(self, place: slice) -> list[PairView]: ...
    def __getitem__(self, place: int | slice) -> PairView | list[PairView]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        ends = self._ends[place]
        return PairView(pair_told(self._ranking.grouping, ends.left, ends.right), self._ranking, self._labels)

    def table(self) -> Table:
        """The pairs in rows."""
        kinds = any(ends.kind for ends in self._ends)
        columns = (*_PAIR_COLUMNS, *((_KIND,) if kinds else ()), *((_EVIDENCE,) if self._with_evidence else ()))
        rows = []
        for ends in self._ends:
            row = pair_row(self._ranking, self._labels, ends.left, ends.right, ends.probability)
            told = (strongest(pair_told(self._ranking.grouping, ends.left, ends.right)),) if self._with_evidence else ()
            rows.append((*row, *((ends.kind,) if kinds else ()), *told))
        return Table(self._title, columns, tuple(rows))


def near_pairs(ranking: Ranking, labels: Mapping[str, str], *, low: float = 0.0, high: float = 1.0) -> Pairs:
    """All near pairs with P within some bounds, likeliest first; ties by rows."""
    grouping = ranking.grouping
    chance = probability(grouping.log_odds)
    order = np.lexsort((grouping.pairs.right, grouping.pairs.left, -grouping.log_odds))
    chosen = [place for place in order.tolist() if low <= chance[place] <= high]
    ends = [Ends(int(grouping.pairs.left[place]), int(grouping.pairs.right[place]), float(chance[place])) for place in chosen]
    return Pairs(f"{len(ends):,} near pairs, P from {low:g} to {high:g}", ends, ranking, labels, with_evidence=False)


def borderline_pairs(ranking: Ranking, labels: Mapping[str, str], *, limit: int) -> Pairs:
    """The pairs that were hardest to decide, P nearest to one half first."""
    found = doubtful_pairs(ranking.grouping, limit=limit)
    ends = [Ends(ranking.rows[pair.left], ranking.rows[pair.right], pair.probability) for pair in found]
    return Pairs(f"the {len(ends)} pairs most in doubt", ends, ranking, labels, with_evidence=True)


class PairView(Tabular):
    """Two articles: P(same story), what was decided, and the evidence. `frame()` has the evidence; the points add up to the score."""

    def __init__(self, pair: DoubtfulPair, ranking: Ranking, labels: Mapping[str, str]) -> None:
        self.pair = pair
        self.ranking = ranking
        self._labels = labels

    @property
    def probability(self) -> float:
        """P(same story)."""
        return self.pair.probability

    @property
    def joined(self) -> bool:
        """Whether the two are in one story."""
        return self.pair.joined

    @property
    def same_story(self) -> bool | None:
        """What the labels say; None where they say nothing."""
        return _same(self.pair.left, self.pair.right, self._labels)

    @property
    def articles(self) -> tuple[Article, Article]:
        """The two."""
        return _article(self.pair.left, self.ranking), _article(self.pair.right, self.ranking)

    def table(self) -> Table:
        """The evidence, strongest for first, strongest against last."""
        join_at = self.ranking.grouping.model.join_at
        rows: list[tuple[object, ...]] = [
            (reason.evidence.replace("_", " "), reason.value, reason.weight, reason.points) for reason in self.pair.reasons
        ]
        rows.append(("what it takes to join", None, None, -join_at))
        rows.append(("score", None, None, sum(reason.points for reason in self.pair.reasons) - join_at))
        columns = (
            Column("evidence", "text", "evidence"),
            Column("value", "number", "value", digits=3),
            Column("weight", "number", "weight", digits=3),
            Column("points", "number", "points", digits=3),
        )
        return Table(f"P(same story) {self.probability:.3f}, {'joined' if self.joined else 'kept apart'}", columns, tuple(rows))

    def _head(self) -> list[str]:
        truth = {None: [], True: ["labelled one story"], False: ["labelled two stories"]}[self.same_story]
        return [*(_told(article) for article in self.articles), *truth]

    def __repr__(self) -> str:
        return "\n".join([*map(printable, self._head()), self.table().text()])

    def _repr_html_(self) -> str:
        return lines_html("two articles", self._head()) + self.table().html()


def strongest(pair: DoubtfulPair) -> str:
    """The strongest evidence of a pair in a few words."""
    shown = sorted(pair.reasons, key=lambda reason: (-abs(reason.points), reason.evidence))[:_STRONGEST]
    return ", ".join(f"{reason.evidence.replace('_', ' ')} {reason.points:+.2f}" for reason in shown if abs(reason.points) >= _SHOWN_POINTS)


def pair_row(ranking: Ranking, labels: Mapping[str, str], left: int, right: int, likely: float) -> tuple[object, ...]:
    """What a table of pairs says of two rows."""
    corpus = ranking.grouping.corpus
    one, other = corpus.articles[left], corpus.articles[right]
    apart = None if one.dated is None or other.dated is None else abs((one.dated - other.dated).total_seconds()) / _SECONDS_PER_HOUR
    joined = bool(ranking.grouping.labels[left] == ranking.grouping.labels[right])
    cosine = float(corpus.vectors[left] @ corpus.vectors[right])
    same = _same(one.id, other.id, labels)
    return (likely, joined, same, one.title, one.provider.name, other.title, other.provider.name, apart, cosine, one.id, other.id)


def _same(left: str, right: str, labels: Mapping[str, str]) -> bool | None:
    return labels[left] == labels[right] if left in labels and right in labels else None


def _article(article_id: str, ranking: Ranking) -> Article:
    return ranking.grouping.corpus.articles[ranking.rows[article_id]]


def _told(article: Article) -> str:
    when = "no date" if article.dated is None else f"{article.dated:%Y-%m-%d %H:%M} UTC"
    return f"{when}  {article.title}{f' ({article.provider.name})' if article.provider.name else ''}"
