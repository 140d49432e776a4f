"""Pairs: which texts of which stories a training step sees together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping
from ranker.vectors.encoder import Encoder, Progress, Vectors

_FEWEST_STORIES = 2  # one story alone has nothing to be told from


@dataclass(frozen=True, slots=True)
class TrainingStory:
    """Articles of one event, and the pairs of them (places in `articles`) that may be trained on; at least one."""

    articles: tuple[Article, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PairSettings:
    """How a batch is put together."""

    batch_pairs: int = 32
    hard_negatives: int = 3  # stories near a drawn one that join its batch ...
    hard_share: float = 1.0  # ... for this share of the drawn ones
    nearest: int = 12  # of so many nearest
    title_only: float = 0.5  # share of the texts that are the title without the excerpt
    doubles_at: float | None = 0.85  # stories so near may be one event: they are no negatives; None: all are
    mined_share: float = 0.25  # share of the drawn stories that are mined ones, if there are any


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """Which pairs of an unlabelled stream are taken for one story."""

    sure_at: float = 0.9  # P(same story) ...
    words_at_most: float = 0.35  # ... although the rare-word cosine is no higher
    within_days: float = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Pair i is (anchors[i], positives[i]); `doubles` marks the stories that are no negatives of each other."""

    anchors: list[str]
    positives: list[str]
    doubles: NDArray[np.bool_]  # (n_pairs, n_pairs), the diagonal False


def labelled_stories(articles: Sequence[Article], labels: Mapping[str, str]) -> list[TrainingStory]:
    """The stories with at least two different texts, in order of label.

    Parameters
    ----------
    labels : story by article id.

    Raises
    ------
    InputError : if there are fewer than two such stories.
    """
    members: dict[str, dict[str, Article]] = {}
    for article in sorted(articles, key=lambda article: article.id):
        if article.id in labels:
            members.setdefault(labels[article.id], {}).setdefault(article.text, article)
    found = [tuple(members[label].values()) for label in sorted(members)]
    stories = [TrainingStory(own, tuple(combinations(range(len(own)), 2))) for own in found if len(own) > 1]
    if len(stories) < _FEWEST_STORIES:
        raise InputError(f"training needs at least {_FEWEST_STORIES} stories of two different texts each, got {len(stories)}")
    return stories


def mined_stories(grouping: Grouping, settings: MiningSettings) -> list[TrainingStory]:
    """Stories of an unlabelled stream: pairs that the grouping is sure of although their words differ.

    Parameters
    ----------
    grouping : of the stream, by any encoder.

    Returns
    -------
    One story for each group that has such pairs, in order of its first row; both sides are of different providers.
    """
    pairs, labels, articles = grouping.pairs, grouping.labels, grouping.corpus.articles
    sure = probability(grouping.log_odds) >= settings.sure_at
    wanted = sure & (pairs.rare <= settings.words_at_most) & (pairs.gap_days <= settings.within_days)
    wanted &= labels[pairs.left] == labels[pairs.right]
    rows_of: dict[int, list[tuple[int, int]]] = {}
    for place in np.flatnonzero(wanted).tolist():
        left, right = int(pairs.left[place]), int(pairs.right[place])
        if articles[left].provider.key != articles[right].provider.key:
            rows_of.setdefault(int(labels[left]), []).append((left, right))
    return [_story_of(rows_of[label], articles) for label in sorted(rows_of)]


def story_vectors(stories: Sequence[TrainingStory], encoder: Encoder, *, progress: Progress | None = None) -> Vectors:
    """Each story's mean vector at length 1, (n_stories, dimensions) float32."""
    texts = [article.text for story in stories for article in story.articles]
    vectors = encoder.encode(texts, progress=progress)
    starts = np.cumsum([0, *(len(story.articles) for story in stories)])[:-1]
    sums = np.add.reduceat(vectors, starts, axis=0)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.finfo(np.float32).tiny), dtype=np.float32)


class BatchSampler:
    """Batches without end, the same ones for the same seed.

    Parameters
    ----------
    stories : labelled ones, then mined ones.
    vectors : (n_stories, dimensions) unit rows, by which stories are near each other.
    n_mined : how many of the stories, at the end, are mined.
    """

    def __init__(
        self, stories: Sequence[TrainingStory], vectors: Vectors, settings: PairSettings, *, n_mined: int = 0, seed: int = 0
    ) -> None:
        if len(stories) != len(vectors):
            raise ValueError(f"{len(stories)} stories but {len(vectors)} vectors")
        self._stories, self._settings, self._n_mined = stories, settings, n_mined
        self._draw = np.random.default_rng(seed)
        self._likeness = vectors @ vectors.T
        np.fill_diagonal(self._likeness, -1)
        # Equal likeness is put in order of story, so that a batch depends on nothing but the input and the seed.
        self._near = np.argsort(-self._likeness, axis=1, kind="stable")[:, : settings.nearest]
        self._size = min(settings.batch_pairs, len(stories))

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self._batch(self._rows())

    def _rows(self) -> list[int]:
        """Rows of the stories of one batch: drawn ones, each with some of those near it."""
        rows: dict[int, None] = {}
        settings = self._settings
        while len(rows) < self._size:
            first = self._one()
            rows[first] = None
            wanted = min(settings.hard_negatives, self._near.shape[1])
            if wanted and self._draw.random() < settings.hard_share:
                rows.update(dict.fromkeys(int(row) for row in self._draw.choice(self._near[first], wanted, replace=False)))
        return list(rows)[: self._size]

    def _one(self) -> int:
        n_labelled = len(self._stories) - self._n_mined
        if self._n_mined and (not n_labelled or self._draw.random() < self._settings.mined_share):
            return n_labelled + int(self._draw.integers(self._n_mined))
        return int(self._draw.integers(n_labelled))

    def _batch(self, rows: list[int]) -> Batch:
        anchors, positives = [], []
        for row in rows:
            story = self._stories[row]
            pair = story.pairs[int(self._draw.integers(len(story.pairs)))]
            one, other = pair if self._draw.random() < 0.5 else pair[::-1]  # noqa: PLR2004 - either way round
            anchors.append(self._text(story.articles[one]))
            positives.append(self._text(story.articles[other]))
        limit = self._settings.doubles_at
        likeness = self._likeness[np.ix_(rows, rows)]
        return Batch(anchors, positives, np.zeros_like(likeness, dtype=bool) if limit is None else likeness > limit)

    def _text(self, article: Article) -> str:
        return article.title if self._draw.random() < self._settings.title_only else article.text


def _story_of(rows: list[tuple[int, int]], articles: Sequence[Article]) -> TrainingStory:
    own = sorted({row for pair in rows for row in pair})
    place = {row: number for number, row in enumerate(own)}
    return TrainingStory(tuple(articles[row] for row in own), tuple((place[left], place[right]) for left, right in rows))
