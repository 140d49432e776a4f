"""Related: for an article, the other coverage of its story first, then the nearest other stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.settings import RelatedSettings
from ranker.stories.evidence import SECONDS_PER_DAY
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping
from ranker.vectors.nearest import Pairs

_COLUMNS = ("rows", "same", "similarity", "log_odds", "affinity")


@dataclass(frozen=True, slots=True)
class RelatedArticle:
    """One item of a related list and why it stands there."""

    article: Article
    same_story: bool
    similarity: float  # cosine of the encoder's vectors
    probability: float  # P(same story) of this very pair
    affinity: float  # what the list is ordered by, within its part


@dataclass(frozen=True, slots=True)
class Paired:
    """Articles that were compared with one; entry i of every array is about rows[i]."""

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]
    gap_days: NDArray[np.float64]  # NaN where an article has no date
    log_odds: NDArray[np.float64]  # of "same story"


class Surroundings(Protocol):
    """What a related list is chosen from: articles by row, each with its story, and what stands around one of them."""

    @property
    def articles(self) -> Sequence[Article]:
        """By row."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """The story of each row, as a number."""
        ...

    def paired(self, row: int) -> Paired:
        """Near articles of its own and of other stories."""
        ...

    def members(self, row: int) -> NDArray[np.int64]:
        """The rows of its story."""
        ...

    def compared(self, row: int, others: NDArray[np.int64]) -> Paired:
        """It and others, compared now; of very many the likest."""
        ...

    def text_of(self, row: int) -> str:
        """A name of its text; copies share it."""
        ...

    def in_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers that put rows in the order of their articles' ids."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Articles that could be related to one; entry i of every array is about rows[i]."""

    rows: NDArray[np.int64]
    same: NDArray[np.bool_]
    similarity: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    affinity: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> _Candidates:
        """Some of these candidates."""
        return _Candidates(*(getattr(self, name)[kept] for name in _COLUMNS))

    def extended(self, more: _Candidates) -> _Candidates:
        """These candidates and more."""
        return _Candidates(*(np.concatenate((getattr(self, name), getattr(more, name))) for name in _COLUMNS))


def related_list(around: Surroundings, row: int, settings: RelatedSettings, *, limit: int | None = None) -> list[RelatedArticle]:
    """The related list of the article in a row.

    Never the article itself, nor a copy of it or of an item before; at most `per_provider` items of one provider; of
    each other story only its nearest article. Members of the story come by P(same story), other stories by
    cosine x exp(-days / time_decay_days); ties by id.

    Parameters
    ----------
    limit : items at most; the setting by default.
    """
    wanted = settings.limit if limit is None else limit
    near = around.paired(row)
    same = around.labels[near.rows] == around.labels[row]
    found = _weighed(near, same, settings).where(same | (near.similarity >= settings.min_similarity))
    chosen = _chosen(around, row, found, settings, wanted)
    paired = int(same.sum())
    # Members that are no near articles of it are likely to be behind those that are: they are looked at where those are too few.
    if len(around.members(row)) > 1 + paired and sum(item.same_story for item in chosen) < wanted:
        rest = np.setdiff1d(around.members(row), np.append(near.rows[same], row))
        if len(rest):
            compared = around.compared(row, rest)
            more = _weighed(compared, np.ones(len(compared.rows), dtype=np.bool_), settings)
            chosen = _chosen(around, row, found.extended(more), settings, wanted)
    return chosen


def _weighed(near: Paired, same: NDArray[np.bool_], settings: RelatedSettings) -> _Candidates:
    # An unknown gap decays as much as one of time_decay_days: neither near in time nor far.
    decayed = near.similarity * np.exp(-np.where(np.isnan(near.gap_days), 1.0, near.gap_days / settings.time_decay_days))
    affinity = np.where(same, near.log_odds, decayed) if settings.same_story_first else decayed
    return _Candidates(near.rows, same, near.similarity, near.log_odds, affinity)


def _chosen(around: Surroundings, row: int, found: _Candidates, settings: RelatedSettings, wanted: int) -> list[RelatedArticle]:
    """The best of some candidates, as `related_list` says."""
    per_provider = settings.per_provider
    other_story = ~found.same if settings.same_story_first else np.zeros(len(found.rows), dtype=bool)
    order = np.lexsort((around.in_order(found.rows), -found.affinity, other_story))
    articles, labels = around.articles, around.labels
    seen_texts, seen_stories = {around.text_of(row)}, set()
    of_provider: dict[str, int] = {}
    chosen: list[RelatedArticle] = []
    for place in order.tolist():
        if len(chosen) >= wanted:
            break
        other, same = int(found.rows[place]), bool(found.same[place])
        article, text = articles[other], around.text_of(other)
        provider, story = article.provider.key, int(labels[other])
        if text in seen_texts or (not same and story in seen_stories):
            continue
        if provider and of_provider.get(provider, 0) >= per_provider:
            continue
        of_provider[provider] = of_provider.get(provider, 0) + 1
        seen_texts.add(text)
        seen_stories.add(story)
        chance = float(probability(found.log_odds[place]))
        chosen.append(RelatedArticle(article, same, float(found.similarity[place]), chance, float(found.affinity[place])))
    return chosen


class RelatedArticles:
    """Related lists of a grouped corpus; it is the `Surroundings` of each of its rows.

    Parameters
    ----------
    grouping : the corpus and its stories.
    pairs : pairs of articles within the related window (which may be wider than the story window).
    log_odds : (len(pairs),) log-odds of "same story" of those pairs.
    """

    def __init__(self, grouping: Grouping, pairs: Pairs, log_odds: NDArray[np.float64], settings: RelatedSettings) -> None:
        self.grouping = grouping
        self.pairs = pairs
        self.log_odds = log_odds
        self._settings = settings

    def of(self, row: int, *, limit: int | None = None) -> list[RelatedArticle]:
        """The related list of the article in a row of the corpus, see `related_list`."""
        return related_list(self, row, self._settings, limit=limit)

    @property
    def articles(self) -> Sequence[Article]:
        """By row."""
        return self.grouping.corpus.articles

    @property
    def labels(self) -> NDArray[np.int64]:
        """The story of each row."""
        return self.grouping.labels

    def paired(self, row: int) -> Paired:
        """The articles paired with the one in a row."""
        other, place, starts = self._adjacency
        span = slice(int(starts[row]), int(starts[row + 1]))
        places, pairs = place[span], self.pairs
        return Paired(other[span], pairs.dense[places].astype(np.float64), pairs.gap_days[places].astype(np.float64), self.log_odds[places])

    def members(self, row: int) -> NDArray[np.int64]:
        """The rows of its story."""
        return self._members[int(self.labels[row])]

    def compared(self, row: int, others: NDArray[np.int64]) -> Paired:
        """The article in a row and others, compared now."""
        corpus, pairs = self.grouping.corpus, np.full(len(others), row)
        gaps = np.abs(corpus.times[others] - corpus.times[row]) / SECONDS_PER_DAY
        log_odds = self.grouping.model.log_odds(self.grouping.score.of_pairs(pairs, others))
        return Paired(others, (corpus.vectors[others] @ corpus.vectors[row]).astype(np.float64), gaps, log_odds)

    def text_of(self, row: int) -> str:
        """A name of its text."""
        return self.grouping.texts[self.articles[row].id]

    def in_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows themselves: they are in order of id."""
        return rows

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """For each row, from starts[row] to starts[row + 1]: the rows paired with it, and the places of the pairs."""
        one = np.concatenate((self.pairs.left, self.pairs.right)).astype(np.int64)
        other = np.concatenate((self.pairs.right, self.pairs.left)).astype(np.int64)
        place = np.tile(np.arange(len(self.pairs), dtype=np.int64), 2)
        order = np.argsort(one, kind="stable")
        starts = np.searchsorted(one[order], np.arange(len(self.grouping.corpus) + 1))
        return other[order], place[order], starts

    @cached_property
    def _members(self) -> dict[int, NDArray[np.int64]]:
        """The rows of each story, by its label."""
        order = np.argsort(self.labels, kind="stable")
        names, starts = np.unique(self.labels[order], return_index=True)
        return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True))
