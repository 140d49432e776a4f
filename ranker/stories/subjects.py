"""Subjects: what topics and categories say about two articles, trusted as far as the input's taxonomy is a common one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.settings import GroupingSettings
from ranker.stories.evidence import likeness
from ranker.vectors.neighbours import Pairs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Names = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one kind of label says of each pair: the share of labels in common, and whether both have some but none in common."""

    shared: NDArray[np.float64]  # (n_pairs,) Jaccard index, 0 to 1
    conflict: NDArray[np.bool_]  # (n_pairs,)


def subject_evidence(articles: Sequence[Article], pairs: Pairs, settings: GroupingSettings) -> NDArray[np.float64]:
    """(n_pairs,) what topics and categories add to the score of each pair; 0 where an article has none.

    Topics in common add up to `topic_bonus`, topics without any in common take `topic_conflict_penalty`, different categories
    `category_conflict_penalty`. Each is multiplied by how far its labels can be trusted (`trust`).
    """
    providers = np.array([article.provider.key for article in articles], dtype=object)
    sure = (likeness(pairs, settings) >= settings.subject_sure_at) & (providers[pairs.left] != providers[pairs.right])
    total = np.zeros(len(pairs))
    topics = [[topic.casefold() for topic in article.topics] for article in articles]
    if any(topics):
        found = agreement(topics, pairs)
        value = settings.topic_bonus * found.shared - settings.topic_conflict_penalty * found.conflict
        total += trust(found.conflict[sure], settings) * value
    categories = [[article.category.casefold()] if article.category else [] for article in articles]
    if any(categories):
        found = agreement(categories, pairs)
        total -= trust(found.conflict[sure], settings) * settings.category_conflict_penalty * found.conflict
    return total


def agreement(names: Names, pairs: Pairs) -> Agreement:
    """What labels say of pairs.

    Parameters
    ----------
    names : for each article its labels.
    """
    rows = _indicator(names)
    sizes = np.diff(rows.indptr)
    common = np.asarray(rows[pairs.left].multiply(rows[pairs.right]).sum(axis=1), dtype=np.float64).ravel()
    one, other = sizes[pairs.left], sizes[pairs.right]
    return Agreement(common / np.maximum(one + other - common, 1), (one > 0) & (other > 0) & (common == 0))


def trust(conflicts: NDArray[np.bool_], settings: GroupingSettings) -> float:
    """How far a kind of label can be trusted, 0 to 1.

    Read from pairs of different providers that their text alone makes sure: where such pairs often conflict, each provider files
    by a taxonomy of its own, and labels say nothing. The rate is drawn towards `subject_prior_conflict` as if `subject_prior_pairs`
    more pairs had been seen, so that a few pairs decide little; trust falls from 1 at no conflict to 0 at `subject_conflict_limit`.
    """
    prior = settings.subject_prior_pairs
    rate = (float(conflicts.sum()) + prior * settings.subject_prior_conflict) / (len(conflicts) + prior)
    return max(0.0, 1.0 - rate / settings.subject_conflict_limit)


def _indicator(names: Names) -> csr_array:
    from scipy.sparse import csr_array

    distinct = [sorted(set(labels)) for labels in names]
    columns = {name: place for place, name in enumerate(sorted({name for labels in distinct for name in labels}))}
    indices = np.array([columns[name] for labels in distinct for name in labels], dtype=np.int32)
    indptr = np.concatenate(([0], np.cumsum([len(labels) for labels in distinct], dtype=np.int64)))
    return csr_array((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(names), max(1, len(columns))))
