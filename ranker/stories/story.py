"""Stories: the groups as values with ids, members and the reason each member belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.identity import hashed_id
from ranker.settings import PublisherSettings
from ranker.stories.clustering import average_linkage
from ranker.stories.same_story import probability
from ranker.stories.syndication import text_groups
from ranker.vectors.corpus import Corpus
from ranker.vectors.neighbours import Pairs

_FAR_FUTURE = float("inf")
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Membership:
    """Why an article is in its story: P(same story) with the others on average, and its nearest member."""

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
    """A corpus divided into stories, with the pairs and log-odds that divided it."""

    corpus: Corpus
    pairs: Pairs
    log_odds: NDArray[np.float64]
    labels: NDArray[np.int64]  # (n_articles,) the smallest row of each article's story
    texts: Mapping[str, str]  # by article id, a name of its text; copies share it
    stories: tuple[Story, ...]  # in order of id


def group(corpus: Corpus, pairs: Pairs, log_odds: NDArray[np.float64], *, far: float, window_days: float) -> Grouping:
    """The stories of a corpus.

    Parameters
    ----------
    pairs : the candidates, all within the story window.
    log_odds : (len(pairs),) natural log-odds of "same story".
    far : log-odds of pairs that are no candidates.
    window_days : the longest time from the first to the last article of a story.
    """
    days = corpus.times / _SECONDS_PER_DAY
    labels = average_linkage(len(corpus), pairs.left, pairs.right, log_odds, far=far, times=days, window=window_days)
    memberships = _memberships(corpus, pairs, log_odds, labels, far)
    by_label: dict[int, list[Article]] = {}
    for article, label in zip(corpus.articles, labels.tolist(), strict=True):
        by_label.setdefault(label, []).append(article)
    stories = (_story(members, memberships) for members in by_label.values())
    by_id = tuple(sorted(stories, key=lambda story: story.id))
    return Grouping(corpus, pairs, log_odds, labels, text_groups(corpus.articles), by_id)


def time_order(article: Article) -> tuple[float, str]:
    """Sorting key: earliest first, undated last, ties by id."""
    return (_FAR_FUTURE if article.dated is None else article.dated.timestamp(), article.id)


def publisher_group(article: Article, settings: PublisherSettings) -> str:
    """The owner an article's provider belongs to, else the provider itself."""
    names = {article.provider.domain.casefold(), article.provider.name.casefold()} - {""}
    for owner, members in settings.groups.items():
        if any(member.casefold() in names for member in members):
            return owner
    return article.provider.key


def counts(story: Story, texts: Mapping[str, str], settings: PublisherSettings) -> Counts:
    """How many articles, texts, providers and owners stand behind a story."""
    return Counts(
        articles=len(story.articles),
        unique_texts=len({texts[article.id] for article in story.articles}),
        providers=len({article.provider.key for article in story.articles}),
        publisher_groups=len({publisher_group(article, settings) for article in story.articles}),
    )


def _story(members: list[Article], memberships: Mapping[str, Membership]) -> Story:
    ordered = tuple(sorted(members, key=time_order))
    own = {article.id: memberships[article.id] for article in ordered}
    return Story(hashed_id("s", "story", ordered[0].id), ordered, own)


def _memberships(
    corpus: Corpus, pairs: Pairs, log_odds: NDArray[np.float64], labels: NDArray[np.int64], far: float
) -> dict[str, Membership]:
    n = len(corpus)
    inside = np.flatnonzero(labels[pairs.left] == labels[pairs.right])
    one = np.concatenate((pairs.left[inside], pairs.right[inside]))
    other = np.concatenate((pairs.right[inside], pairs.left[inside]))
    odds, dense = np.tile(log_odds[inside], 2), np.tile(pairs.dense[inside], 2)
    others = np.bincount(labels, minlength=n)[labels] - 1
    compared = np.bincount(one, minlength=n)
    totals = np.bincount(one, weights=odds, minlength=n) + far * (others - compared)
    mean = probability(totals / np.maximum(others, 1))
    nearest = np.full(n, -1, dtype=np.int64)
    by_odds = np.lexsort((-other, odds))  # of equal ones the smallest row is written last, and stays
    nearest[one[by_odds]] = by_odds
    result: dict[str, Membership] = {}
    for row, article in enumerate(corpus.articles):
        if nearest[row] < 0:
            result[article.id] = Membership(None, None, None)
        else:
            pair = nearest[row]
            result[article.id] = Membership(round(float(mean[row]), 4), round(float(dense[pair]), 4), corpus.articles[int(other[pair])].id)
    return result
