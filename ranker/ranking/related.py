"""Related: for an article, the other coverage of its story first, then the nearest other stories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.settings import RelatedSettings
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping
from ranker.vectors.neighbours import Pairs


@dataclass(frozen=True, slots=True)
class RelatedArticle:
    """One item of a related list and why it stands there."""

    article: Article
    same_story: bool
    similarity: float  # cosine of the encoder's vectors
    probability: float  # P(same story) of this very pair
    affinity: float  # what the list is ordered by, within its part


class RelatedArticles:
    """Related lists of a grouped corpus.

    Parameters
    ----------
    grouping : the corpus and its stories.
    pairs : pairs of articles within the related window (which may be wider than the story window).
    log_odds : (len(pairs),) log-odds of "same story" of those pairs.
    """

    def __init__(self, grouping: Grouping, pairs: Pairs, log_odds: NDArray[np.float64], settings: RelatedSettings) -> None:
        self._grouping = grouping
        self._pairs = pairs
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
        candidates = sorted(self._candidates(row), key=self._order)
        return self._chosen(row, candidates, wanted)

    def _order(self, item: RelatedArticle) -> tuple[bool, float, str]:
        other_story = self._settings.same_story_first and not item.same_story
        return (other_story, -item.affinity, item.article.id)

    def _candidates(self, row: int) -> list[RelatedArticle]:
        """Members of the story, paired or not, and near articles of other stories."""
        articles, labels = self._grouping.corpus.articles, self._grouping.labels
        found: list[RelatedArticle] = []
        others, places = self._neighbours(row)
        for other, place in zip(others.tolist(), places.tolist(), strict=True):
            same = bool(labels[other] == labels[row])
            similarity = float(self._pairs.dense[place])
            if not same and similarity < self._settings.min_similarity:
                continue
            likely = float(self._probability[place])
            gap = float(self._pairs.gap_days[place])
            # An unknown gap decays as much as one of time_decay_days: neither near in time nor far.
            decay = float(np.exp(-1 if np.isnan(gap) else -gap / self._settings.time_decay_days))
            found.append(
                RelatedArticle(articles[other], same, similarity, likely, float(self._log_odds[place]) if same else similarity * decay)
            )
        return found + self._unpaired_members(row, set(others.tolist()))

    def _unpaired_members(self, row: int, paired: set[int]) -> list[RelatedArticle]:
        """Members of the story that were no candidates of this article: they stand last among the members."""
        corpus = self._grouping.corpus
        members = [
            int(other) for other in self._members.get(int(self._grouping.labels[row]), ()) if other != row and int(other) not in paired
        ]
        similarity = (corpus.vectors[members] @ corpus.vectors[row]).tolist() if members else []
        return [
            RelatedArticle(corpus.articles[other], True, cosine, 0.0, -1e6 + cosine)
            for other, cosine in zip(members, similarity, strict=True)
        ]

    def _chosen(self, row: int, candidates: list[RelatedArticle], wanted: int) -> list[RelatedArticle]:
        texts: Mapping[str, str] = self._grouping.texts
        labels, rows = self._grouping.labels, self._rows
        own = self._grouping.corpus.articles[row]
        seen_texts, seen_stories = {texts[own.id]}, set()
        of_provider: dict[str, int] = {}
        chosen: list[RelatedArticle] = []
        for item in candidates:
            if len(chosen) >= wanted:
                break
            provider, story = item.article.provider.key, int(labels[rows[item.article.id]])
            if texts[item.article.id] in seen_texts or (not item.same_story and story in seen_stories):
                continue
            if provider and of_provider.get(provider, 0) >= self._settings.per_provider:
                continue
            of_provider[provider] = of_provider.get(provider, 0) + 1
            seen_texts.add(texts[item.article.id])
            seen_stories.add(story)
            chosen.append(item)
        return chosen

    def _neighbours(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows paired with `row`, and the places of those pairs."""
        other, place, starts = self._adjacency
        span = slice(int(starts[row]), int(starts[row + 1]))
        return other[span], place[span]

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """For each row, from starts[row] to starts[row + 1]: the rows paired with it, and the places of the pairs."""
        one = np.concatenate((self._pairs.left, self._pairs.right)).astype(np.int64)
        other = np.concatenate((self._pairs.right, self._pairs.left)).astype(np.int64)
        place = np.tile(np.arange(len(self._pairs), dtype=np.int64), 2)
        order = np.argsort(one, kind="stable")
        starts = np.searchsorted(one[order], np.arange(len(self._grouping.corpus) + 1))
        return other[order], place[order], starts

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {article.id: row for row, article in enumerate(self._grouping.corpus.articles)}

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        members: dict[int, list[int]] = {}
        for row, label in enumerate(self._grouping.labels.tolist()):
            members.setdefault(label, []).append(row)
        return members
