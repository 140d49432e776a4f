"""Surroundings: what stands around a live article, or around a text that is not kept, for its related list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.window import Told, Window
from ranker.ranking.related import Paired
from ranker.stories.evidence import SECONDS_PER_DAY
from ranker.vectors.encoder import Vectors

_QUERY = -1  # the row of a text that is not kept
_MOST_COMPARED = 64  # members of a story that an article is held against, beside its near articles
_MORE_FOR_A_TEXT = 24  # the same, of a text that is not kept


@dataclass(frozen=True)
class LiveSurroundings:
    """The surroundings of live articles as they were grouped when `labels` was taken.

    Parameters
    ----------
    labels : (n_slots,) number of each slot's story, below 0 for articles that are gone; slots after the last are not seen.
    members : story number -> slots.
    """

    window: Window
    labels: NDArray[np.int64]
    members_of: dict[int, NDArray[np.int64]]
    window_days: float

    @property
    def articles(self) -> Sequence[Article]:
        """By slot."""
        return self.window.articles

    def paired(self, row: int) -> Paired:
        """Near articles of a slot."""
        pairs, times = self.window.pairs, self.window.times.rows
        places = pairs.of(row)
        others = pairs.other(places, row)
        gaps = np.abs(times[others] - times[row]) / SECONDS_PER_DAY
        kept = (others < len(self.labels)) & ~(gaps > self.window_days)
        places, others, gaps = places[kept], others[kept], gaps[kept]
        kept = self.labels[others] >= 0
        places, others = places[kept], others[kept]
        log_odds = self.window.model.log_odds(pairs.score[places].astype(np.float64))
        return Paired(others, pairs.dense[places].astype(np.float64), gaps[kept], log_odds)

    def members(self, row: int) -> NDArray[np.int64]:
        """The slots of its story."""
        return self.members_of[int(self.labels[row])]

    def compared(self, row: int, others: NDArray[np.int64]) -> Paired:
        """A slot and others, compared now; of very many those with the likest vectors."""
        window = self.window
        if len(others) > _MOST_COMPARED:
            likeness = window.vectors.rows[others] @ window.vectors.rows[row]
            others = np.sort(others[np.lexsort((others, -likeness))[:_MOST_COMPARED]])
        score = window.rows.of(np.append(others, row))
        log_odds = window.model.log_odds(score.of_pairs(np.full(len(others), len(others)), np.arange(len(others))))
        similarity = (window.vectors.rows[others] @ window.vectors.rows[row]).astype(np.float64)
        return Paired(others, similarity, np.abs(window.times.rows[others] - window.times.rows[row]) / SECONDS_PER_DAY, log_odds)

    def text_of(self, row: int) -> str:
        """A name of its text."""
        return str(self.window.texts.rows[row])

    def in_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers in the order of the articles' ids, as far as their first letters tell."""
        return self.window.id_keys.rows[rows]


class TextSurroundings:
    """The surroundings of a text that is not kept: its row is -1, after all others."""

    def __init__(self, around: LiveSurroundings, article: Article, vector: Vectors, told: Told) -> None:
        self._around = around
        window, labels = around.window, around.labels
        # The window of a desk without articles does not know how many dimensions vectors have.
        near = window.near_text(article, vector, told) if len(labels) else np.zeros(0, dtype=np.int64)
        near = near[near < len(labels)]
        near = near[labels[near] >= 0]
        scores = window.scores_of_text(article, vector, told, near) if len(near) else np.zeros(0)
        story, more = self._likeliest(near, scores)
        if len(more):
            scores = np.concatenate((scores, window.scores_of_text(article, vector, told, more)))
            near = np.concatenate((near, more))
        self.story: int | None = None  # the story that it would belong to, if any
        if story is not None:
            inside = labels[near] == story
            self.story = story if scores[inside].mean() > 0 else None
        time = np.nan if article.dated is None else article.dated.timestamp()
        gaps = np.abs(window.times.rows[near] - time) / SECONDS_PER_DAY
        kept = ~(gaps > around.window_days)
        similarity = (window.vectors.rows[near] @ vector.ravel()).astype(np.float64) if len(near) else np.zeros(0)
        self._paired = Paired(near[kept], similarity[kept], gaps[kept], window.model.log_odds(scores[kept]))
        self._text = window.text_name(article)
        # The text's own label comes last, where row -1 finds it.
        self.labels = np.append(labels, _QUERY - 1 if self.story is None else self.story)
        self.articles: Sequence[Article] = _WithOneMore(window.articles, article)

    def _likeliest(self, near: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[int | None, NDArray[np.int64]]:
        """The story whose near articles are likest on the mean, and members of it that are not among them."""
        nothing = np.zeros(0, dtype=np.int64)
        if not len(near) or scores.max() <= 0:
            return None, nothing
        labels = self._around.labels[near]
        names, places = np.unique(labels, return_inverse=True)
        means = np.bincount(places, scores) / np.bincount(places)
        best = int(names[np.lexsort((names, -means))[0]])
        return best, np.setdiff1d(self._around.members_of[best], near)[:_MORE_FOR_A_TEXT]

    def paired(self, row: int) -> Paired:  # noqa: ARG002 - there is but one
        """Near articles of the text."""
        return self._paired

    def members(self, row: int) -> NDArray[np.int64]:  # noqa: ARG002 - there is but one
        """Those of its story that were looked at, and itself."""
        rows = self._paired.rows
        return np.append(rows[self.labels[rows] == self.labels[_QUERY]], _QUERY)

    def compared(self, row: int, others: NDArray[np.int64]) -> Paired:  # noqa: ARG002 - all members are paired
        """Nothing is left to compare."""
        return Paired(others[:0], np.zeros(0), np.zeros(0), np.zeros(0))

    def text_of(self, row: int) -> str:
        """A name of a text."""
        return self._text if row == _QUERY else self._around.text_of(row)

    def in_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers in the order of the articles' ids."""
        return self._around.in_order(rows)


class _WithOneMore(Sequence[Article]):
    """Articles by slot and one more in row -1, not copied."""

    def __init__(self, articles: Sequence[Article], last: Article) -> None:
        self._articles, self._last = articles, last

    def __len__(self) -> int:
        return len(self._articles) + 1

    def __getitem__(self, row: int) -> Article:  # type: ignore[override] # rows are asked for one by one
        return self._last if row == _QUERY else self._articles[row]
