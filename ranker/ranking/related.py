"""Related: for an article, the other coverage of its story first, then the nearest other stories."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.settings import RelatedSettings
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping
from ranker.vectors.nearest import Pairs

_LAST = 1e6  # taken off the affinity of members that are no near articles of it


@dataclass(frozen=True, slots=True)
class RelatedArticle:
    """One item of a related list and why it stands there."""

    article: Article
    same_story: bool
    similarity: float  # cosine of the encoder's vectors
    probability: float  # P(same story) of this very pair
    affinity: float  # what the list is ordered by, within its part


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Articles that could be related to one; entry i of every array is about rows[i]."""

    rows: NDArray[np.int64]
    same: NDArray[np.bool_]
    similarity: NDArray[np.float64]
    probability: NDArray[np.float64]
    affinity: NDArray[np.float64]

    def extended(self, more: _Candidates) -> _Candidates:
        """These candidates and more."""
        names = ("rows", "same", "similarity", "probability", "affinity")
        return _Candidates(*(np.concatenate((getattr(self, name), getattr(more, name))) for name in names))


class RelatedArticles:
    """Related lists of a grouped corpus.

    Parameters
    ----------
    grouping : the corpus and its stories.
    pairs : pairs of articles within the related window (which may be wider than the story window).
    log_odds : (len(pairs),) log-odds of "same story" of those pairs.
    """

    def __init__(self, grouping: Grouping, pairs: Pairs, log_odds: NDArray[np.float64], settings: RelatedSettings) -> None:
        self.grouping = grouping
        self.pairs = pairs
        self._probability = probability(log_odds)
        self._log_odds = log_odds
        self._settings = settings

    def of(self, row: int, *, limit: int | None = None) -> list[RelatedArticle]:
        """The related list of the article in a row of the corpus.

        Never the article itself, nor a copy of it or of an item before; at most `per_provider` items of one provider; of
        each other story only its nearest article. Members of the story come by P(same story), other stories by
        cosine x exp(-days / time_decay_days); ties by id.

        Parameters
        ----------
        limit : items at most; the setting by default.
        """
        wanted = self._settings.limit if limit is None else limit
        found = self._candidates(row)
        other_story = ~found.same if self._settings.same_story_first else np.zeros(len(found.rows), dtype=bool)
        # Rows are in order of id, so the last key breaks ties by id.
        order = np.lexsort((found.rows, -found.affinity, other_story))
        return self._chosen(row, found, order, wanted)

    def _candidates(self, row: int) -> _Candidates:
        """Members of the story, paired or not, and near articles of other stories."""
        settings, labels = self._settings, self.grouping.labels
        rows, places = self._neighbours(row)
        same = labels[rows] == labels[row]
        similarity = self.pairs.dense[places].astype(np.float64)
        kept = same | (similarity >= settings.min_similarity)
        rows, places, same, similarity = rows[kept], places[kept], same[kept], similarity[kept]
        # An unknown gap decays as much as one of time_decay_days: neither near in time nor far.
        gaps = self.pairs.gap_days[places].astype(np.float64)
        decayed = similarity * np.exp(-np.where(np.isnan(gaps), 1.0, gaps / settings.time_decay_days))
        affinity = np.where(same, self._log_odds[places], decayed) if settings.same_story_first else decayed
        paired = _Candidates(rows, same, similarity, self._probability[places], affinity)
        return paired.extended(self._unpaired_members(row, rows))

    def _unpaired_members(self, row: int, paired: NDArray[np.int64]) -> _Candidates:
        """Members of the story that were no candidates of this article: they stand last among the members."""
        vectors, labels = self.grouping.corpus.vectors, self.grouping.labels
        members = self._members[int(labels[row])]
        rest = np.setdiff1d(members, np.append(paired, row))
        similarity = (vectors[rest] @ vectors[row]).astype(np.float64)
        scores = self.grouping.score.of_pairs(np.full(len(rest), row), rest)
        chance = probability(self.grouping.model.log_odds(scores))
        return _Candidates(rest, np.ones(len(rest), dtype=bool), similarity, chance, similarity - _LAST)

    def _chosen(self, row: int, found: _Candidates, order: NDArray[np.intp], wanted: int) -> list[RelatedArticle]:
        articles, texts, labels = self.grouping.corpus.articles, self.grouping.texts, self.grouping.labels
        seen_texts, seen_stories = {texts[articles[row].id]}, set()
        of_provider: dict[str, int] = {}
        chosen: list[RelatedArticle] = []
        for place in order.tolist():
            if len(chosen) >= wanted:
                break
            other, same = int(found.rows[place]), bool(found.same[place])
            article = articles[other]
            provider, story = article.provider.key, int(labels[other])
            if texts[article.id] in seen_texts or (not same and story in seen_stories):
                continue
            if provider and of_provider.get(provider, 0) >= self._settings.per_provider:
                continue
            of_provider[provider] = of_provider.get(provider, 0) + 1
            seen_texts.add(texts[article.id])
            seen_stories.add(story)
            chosen.append(
                RelatedArticle(article, same, float(found.similarity[place]), float(found.probability[place]), float(found.affinity[place]))
            )
        return chosen

    def _neighbours(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows paired with `row`, and the places of those pairs."""
        other, place, starts = self._adjacency
        span = slice(int(starts[row]), int(starts[row + 1]))
        return other[span], place[span]

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
        labels = self.grouping.labels
        order = np.argsort(labels, kind="stable")
        names, starts = np.unique(labels[order], return_index=True)
        return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True))
