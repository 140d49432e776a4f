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
    labels : true story by article id; ids that are not in the corpus make no difference.
    """
    corpus = ranking.grouping.corpus
    rows = [row for row, article in enumerate(corpus.articles) if article.id in labels]
    known = {corpus.articles[row].id: labels[corpus.articles[row].id] for row in rows}
    truth = list(known.values())
    found = [int(ranking.grouping.labels[row]) for row in rows]
    return Evaluation(
        articles=len(rows),
        unlabelled=len(corpus) - len(rows),
        true_stories=len(set(truth)),
        found_stories=len(set(found)),
        b_cubed=b_cubed(truth, found),
        pairwise=pairwise(truth, found),
        adjusted_rand_index=adjusted_rand_index(truth, found),
        related_map=_related_map(ranking, known),
    )


def _related_map(ranking: Ranking, labels: Mapping[str, str]) -> float | None:
    """Mean average precision of related lists: relevant are the other texts of the story; a list holds one of several copies."""
    texts = ranking.grouping.texts
    members: dict[str, set[str]] = {}
    for article_id, story in labels.items():
        members.setdefault(story, set()).add(texts[article_id])
    precisions = []
    for article_id in sorted(labels):
        relevant = members[labels[article_id]] - {texts[article_id]}
        if relevant:
            related = ranking.related_to(article_id, limit=RELATED_LIMIT)
            listed = [texts[item.article.id] for item in related if item.article.id in labels]
            precisions.append(average_precision(listed, relevant, limit=RELATED_LIMIT))
    return float(np.mean(precisions)) if precisions else None
