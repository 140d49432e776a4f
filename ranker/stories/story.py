"""Stories: the groups as values with ids, members and the reason each member belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.identity import hashed_id
from ranker.stories.clustering import average_linkage
from ranker.stories.constraints import Constraints
from ranker.stories.evidence import SECONDS_PER_DAY, Evidence
from ranker.stories.publishers import Publishers
from ranker.stories.same_story import SameStory, probability
from ranker.stories.score import Score
from ranker.stories.syndication import copy_groups, text_groups, with_near_copies
from ranker.vectors.corpus import Corpus
from ranker.vectors.nearest import Pairs

_FAR_FUTURE = float("inf")
_SLACK_DAYS = 1e-9  # what a time in days since 1970 is rounded by, and more: the window's edge is inside


@dataclass(frozen=True, slots=True)
class Membership:
    """Why an article is in its story: P(same story) at its mean score with the others, and its nearest member."""

    probability: float | None  # None for an article that is alone
    similarity: float | None  # cosine with the nearest member
    nearest: str | None  # id of the nearest member


@dataclass(frozen=True, slots=True)
class Story:
    """The articles that cover one event, in order of time, then id; each belongs to exactly one story."""

    id: str
    articles: tuple[Article, ...]
    memberships: Mapping[str, Membership]  # by article id

    @property
    def first(self) -> Article:
        """The earliest article; undated ones come last."""
        return self.articles[0]


@dataclass(frozen=True, slots=True)
class Counts:
    """Four honest counts of a story's coverage."""

    articles: int
    unique_texts: int
    providers: int
    publisher_groups: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """A corpus divided into stories, with the pairs, the evidence and the scores that divided it."""

    corpus: Corpus
    pairs: Pairs  # near articles within the story window
    log_odds: NDArray[np.float64]  # (len(pairs),) of "same story"
    labels: NDArray[np.int64]  # (n_articles,) the smallest row of each article's story
    texts: Mapping[str, str]  # by article id, a name of its text; copies share it
    stories: tuple[Story, ...]  # in order of id
    evidence: tuple[Evidence, ...]
    model: SameStory
    score: Score
    window_days: float  # the longest time from the first to the last article of a story


def group(
    corpus: Corpus,
    pairs: Pairs,
    evidence: tuple[Evidence, ...],
    model: SameStory,
    *,
    window_days: float,
    constraints: Constraints | None = None,
) -> Grouping:
    """The stories of a corpus.

    Parameters
    ----------
    pairs : near articles, all within the story window.
    evidence : of the corpus, see `evidence_of`.
    window_days : the longest time from the first to the last article of a story.
    constraints : what must be in one story and what must not, whatever the evidence, the window and the copies say.
    """
    days = corpus.times / SECONDS_PER_DAY
    score = model.score(evidence)
    scores = score.of_pairs(pairs.left, pairs.right)
    texts = with_near_copies(corpus.articles, text_groups(corpus.articles), pairs)
    copies = copy_groups(corpus.articles, texts, days, window=window_days)
    attracting = scores > 0  # of two groups with a mean above 0 some pair is
    window = window_days + _SLACK_DAYS
    apart = None
    if constraints is not None:
        copies, apart = constraints.united(copies), constraints.apart
    ends = pairs.left[attracting], pairs.right[attracting]
    labels = average_linkage(score, *ends, times=days, window=window, copies=copies, apart=apart)
    memberships = memberships_of(corpus, pairs, scores, labels, score, model)
    by_label: dict[int, list[Article]] = {}
    for article, label in zip(corpus.articles, labels.tolist(), strict=True):
        by_label.setdefault(label, []).append(article)
    stories = (_story(members, memberships) for members in by_label.values())
    by_id = tuple(sorted(stories, key=lambda story: story.id))
    return Grouping(corpus, pairs, model.log_odds(scores), labels, texts, by_id, evidence, model, score, window_days)


def time_order(article: Article) -> tuple[float, str]:
    """Sorting key: earliest first, undated last, ties by id."""
    return (_FAR_FUTURE if article.dated is None else article.dated.timestamp(), article.id)


def story_id(first_article: str, again: int = 0) -> str:
    """The id of a new story: from its first article's id; `again` counts the stories that had this id before."""
    return hashed_id("s", "story", first_article, *([str(again)] if again else []))


def counts(story: Story, texts: Mapping[str, str], publishers: Publishers) -> Counts:
    """How many articles, texts, providers and owners stand behind a story."""
    return Counts(
        articles=len(story.articles),
        unique_texts=len({texts[article.id] for article in story.articles}),
        providers=len({article.provider.key for article in story.articles}),
        publisher_groups=len({publishers.group_of(article) for article in story.articles}),
    )


def _story(members: list[Article], memberships: Mapping[str, Membership]) -> Story:
    ordered = tuple(sorted(members, key=time_order))
    own = {article.id: memberships[article.id] for article in ordered}
    return Story(story_id(ordered[0].id), ordered, own)


def memberships_of(
    corpus: Corpus, pairs: Pairs, scores: NDArray[np.float64], labels: NDArray[np.int64], score: Score, model: SameStory
) -> dict[str, Membership]:
    """Why each article of a corpus is in its story, by article id.

    Parameters
    ----------
    scores : (len(pairs),) of the pairs.
    labels : (n_articles,) a number for each article that it shares with its story.
    """
    n = len(corpus)
    if not n:
        return {}
    _, numbers, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    stories = score.averaged(numbers.astype(np.int64), np.ones(n, dtype=np.int64))
    others = sizes[numbers] - 1
    with_itself = score.across(np.arange(n), stories, numbers) * sizes[numbers]
    mean = probability(model.log_odds((with_itself - score.itself()) / np.maximum(others, 1)))
    nearest, likeness = _nearest_members(n, pairs, scores, labels)
    result: dict[str, Membership] = {}
    for row, article in enumerate(corpus.articles):
        if not others[row]:
            result[article.id] = Membership(None, None, None)
            continue
        other = int(nearest[row])
        if other < 0:  # no pair within its story: copies, or articles joined by way of others
            members = np.setdiff1d(np.flatnonzero(labels == labels[row]), [row])
            cosines = corpus.vectors[members] @ corpus.vectors[row]
            other, likeness[row] = int(members[cosines.argmax()]), cosines.max()
        result[article.id] = Membership(round(float(mean[row]), 4), round(float(likeness[row]), 4), corpus.articles[other].id)
    return result


def _nearest_members(
    n: int, pairs: Pairs, scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each row the member of its story with the highest score, -1 if no pair is known, and their cosine."""
    inside = np.flatnonzero(labels[pairs.left] == labels[pairs.right])
    one = np.concatenate((pairs.left[inside], pairs.right[inside])).astype(np.int64)
    other = np.concatenate((pairs.right[inside], pairs.left[inside])).astype(np.int64)
    nearest, cosine = np.full(n, -1, dtype=np.int64), np.zeros(n)
    order = np.lexsort((-other, np.tile(scores[inside], 2)))  # of equal ones the smallest row is written last, and stays
    nearest[one[order]] = other[order]
    cosine[one[order]] = np.tile(pairs.dense[inside], 2)[order]
    return nearest, cosine
