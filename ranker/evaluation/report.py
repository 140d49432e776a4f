"""Report: a ranking's stories and related lists measured against labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ranker.evaluation.metrics import Agreement, adjusted_rand_index, average_precision, b_cubed, pairwise
from ranker.pipeline import Ranking

RELATED_LIMIT = 20  # items of the related lists that are measured


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one run on one labelled set."""

    articles: int
    unlabelled: int
    true_stories: int
    found_stories: int
    b_cubed: Agreement
    pairwise: Agreement
    adjusted_rand_index: float
    related_map: float | None  # None if every labelled story has one article


def evaluate(ranking: Ranking, labels: Mapping[str, str]) -> Evaluation:
    """The ranking against the true stories.

    Articles without a label take part in the grouping and are left out of the figures.

    Parameters
    ----------
    labels : true story by article id.
    """
    corpus = ranking.grouping.corpus
    rows = [row for row, article in enumerate(corpus.articles) if article.id in labels]
    truth = [labels[corpus.articles[row].id] for row in rows]
    found = [int(ranking.grouping.labels[row]) for row in rows]
    return Evaluation(
        articles=len(rows),
        unlabelled=len(corpus) - len(rows),
        true_stories=len(set(truth)),
        found_stories=len(set(found)),
        b_cubed=b_cubed(truth, found),
        pairwise=pairwise(truth, found),
        adjusted_rand_index=adjusted_rand_index(truth, found),
        related_map=_related_map(ranking, labels),
    )


def _related_map(ranking: Ranking, labels: Mapping[str, str]) -> float | None:
    """Mean average precision of related lists: relevant is the other coverage of the story, copies of the article left out."""
    members: dict[str, set[str]] = {}
    for article_id, story in labels.items():
        members.setdefault(story, set()).add(article_id)
    texts = ranking.grouping.texts
    precisions = []
    for article_id in sorted(labels):
        relevant = {other for other in members[labels[article_id]] if texts[other] != texts[article_id]}
        if relevant:
            listed = [item.article.id for item in ranking.related_to(article_id, limit=RELATED_LIMIT) if item.article.id in labels]
            precisions.append(average_precision(listed[:RELATED_LIMIT], relevant) if listed else 0.0)
    return float(np.mean(precisions)) if precisions else None
