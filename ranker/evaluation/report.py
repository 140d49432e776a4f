"""Report: a ranking's stories and related lists measured against labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.evaluation.bootstrap import RESAMPLES, Interval, percentile_interval, resampled_means
from ranker.evaluation.calibration import Reliability, reliability
from ranker.evaluation.metrics import (
    Agreement,
    VMeasure,
    adjusted_rand_index,
    average_precision,
    b_cubed,
    b_cubed_items,
    ndcg,
    pairwise,
    purity_of_largest,
    reciprocal_rank,
    share_alone,
    v_measure,
)
from ranker.pipeline import Ranking
from ranker.stories.same_story import probability

RELATED_LIMIT = 20  # items of the related lists that are measured
NDCG_LIMIT = 5  # of which nDCG looks at the first so many: what a page shows beside an article
_LEAST_STORIES = 2  # one story drawn with replacement is always itself: no interval


@dataclass(frozen=True, slots=True)
class Intervals:
    """95 % intervals of some figures; None where there is nothing to resample."""

    precision: Interval | None  # of B-cubed, like recall and F1
    recall: Interval | None
    f1: Interval | None
    related_map: Interval | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one run on one labelled set, all of them shares from 0 to 1 (the adjusted Rand index can be below 0)."""

    articles: int
    unlabelled: int
    true_stories: int
    found_stories: int
    b_cubed: Agreement
    pairwise: Agreement
    adjusted_rand_index: float
    v_measure: VMeasure
    purity: float  # of the largest stories found
    alone_found: float  # share of articles that are alone in their story, as found
    alone_true: float  # and as labelled
    related_map: float | None  # None, like the two below, if every labelled story has one text
    related_mrr: float | None
    related_ndcg: float | None  # of the first `NDCG_LIMIT` items
    reliability: Reliability | None  # of P(same story) of near pairs; None without any
    intervals: Intervals


def evaluate(
    ranking: Ranking, labels: Mapping[str, str], *, among: Collection[str] | None = None, resamples: int = RESAMPLES, seed: int = 0
) -> Evaluation:
    """The ranking against the true stories.

    Articles without a label take part in the grouping and are left out of the figures.

    The intervals are of a bootstrap over true stories. The B-cubed precision and recall of each article, and the worth of its
    related list, are those of the whole run and stay fixed: nothing is grouped again. What is drawn with replacement are the
    true stories with all their articles, so the intervals tell what other stories of the same kind might have given, not what
    grouping another set would (Efron and Tibshirani, 1993, An Introduction to the Bootstrap, chapter 13, doi:10.1201/9780429246593;
    Field and Welsh, 2007, doi:10.1111/j.1467-9868.2007.00593.x).

    Parameters
    ----------
    labels : true story by article id; ids that are not in the corpus make no difference.
    among : ids of the articles that are measured, None for all; the others count as without a label, and not as unlabelled.
    resamples : how often the stories are drawn again.
    seed : of those draws.
    """
    corpus = ranking.grouping.corpus
    measured = [row for row, article in enumerate(corpus.articles) if among is None or article.id in among]
    rows = [row for row in measured if corpus.articles[row].id in labels]
    known = {corpus.articles[row].id: labels[corpus.articles[row].id] for row in rows}
    truth = list(known.values())
    found = [int(ranking.grouping.labels[row]) for row in rows]
    related = _related_worth(ranking, known)
    means = [float(mean) for mean in related.worth.mean(axis=0)] if len(related.worth) else [None] * related.worth.shape[1]
    return Evaluation(
        articles=len(rows),
        unlabelled=len(measured) - len(rows),
        true_stories=len(set(truth)),
        found_stories=len(set(found)),
        b_cubed=b_cubed(truth, found),
        pairwise=pairwise(truth, found),
        adjusted_rand_index=adjusted_rand_index(truth, found),
        v_measure=v_measure(truth, found),
        purity=purity_of_largest(truth, found),
        alone_found=share_alone(found),
        alone_true=share_alone(truth),
        related_map=means[0],
        related_mrr=means[1],
        related_ndcg=means[2],
        reliability=_reliability(ranking, known),
        intervals=_intervals(truth, found, related, resamples=resamples, seed=seed),
    )


def _reliability(ranking: Ranking, labels: Mapping[str, str]) -> Reliability | None:
    """P(same story) of near pairs with labels held against them."""
    grouping = ranking.grouping
    numbers: dict[str, int] = {}
    names = (labels.get(article.id) for article in grouping.corpus.articles)
    codes = np.array([-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
    left, right = codes[grouping.pairs.left], codes[grouping.pairs.right]
    known = (left >= 0) & (right >= 0)
    return reliability(probability(grouping.log_odds[known]), (left == right)[known])


@dataclass(frozen=True, slots=True)
class _RelatedWorth:
    """What related lists are worth, for the articles whose list has something to find."""

    stories: list[str]  # the true story of each such article
    worth: NDArray[np.float64]  # (len(stories), 3) average precision, reciprocal rank, nDCG


def _related_worth(ranking: Ranking, labels: Mapping[str, str]) -> _RelatedWorth:
    """Worth of related lists: relevant are the other texts of the story; a list holds one of several copies."""
    texts = ranking.grouping.texts
    members: dict[str, set[str]] = {}
    for article_id, story in labels.items():
        members.setdefault(story, set()).add(texts[article_id])
    stories, worth = [], []
    for article_id in sorted(labels):
        relevant = members[labels[article_id]] - {texts[article_id]}
        if relevant:
            related = ranking.related_to(article_id, limit=RELATED_LIMIT)
            listed = [texts[item.article.id] for item in related if item.article.id in labels]
            stories.append(labels[article_id])
            worth.append(
                (
                    average_precision(listed, relevant, limit=RELATED_LIMIT),
                    reciprocal_rank(listed, relevant, limit=RELATED_LIMIT),
                    ndcg(listed, relevant, limit=NDCG_LIMIT),
                )
            )
    return _RelatedWorth(stories, np.array(worth, dtype=np.float64).reshape(-1, 3))


def _intervals(truth: Sequence[str], found: Sequence[int], related: _RelatedWorth, *, resamples: int, seed: int) -> Intervals:
    numbers = {story: number for number, story in enumerate(sorted(set(truth)))}
    if len(numbers) < _LEAST_STORIES:
        return Intervals(None, None, None, None)
    items = np.column_stack(b_cubed_items(truth, found))
    means = resampled_means(_numbered(truth, numbers), items, n_stories=len(numbers), resamples=resamples, seed=seed)
    precision, recall = means.T
    # Each article is in its own groups, so no precision and no recall is 0 and the sum can be divided by.
    f1 = 2 * precision * recall / (precision + recall)
    lists = resampled_means(
        _numbered(related.stories, numbers), related.worth[:, :1], n_stories=len(numbers), resamples=resamples, seed=seed
    )
    return Intervals(*(percentile_interval(samples) for samples in (precision, recall, f1, lists[:, 0])))


def _numbered(stories: Sequence[str], numbers: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([numbers[story] for story in stories], dtype=np.int64)
