"""Diversity: how varied the top of a list is, in topics, in publishers and in meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ranker.vectors.encoder import Vectors


@dataclass(frozen=True, slots=True)
class Diversity:
    """Of the first stories of a list; each from 0 (all alike) to 1, None where there are fewer than two to compare."""

    stories: int
    topics: float | None
    publisher_groups: float | None
    meaning: float | None


def diversity_of(topics: Sequence[str], groups: Sequence[str], vectors: Vectors) -> Diversity:
    """The diversity of some stories.

    Topics and publisher groups: the odds that two different stories drawn from the list have different ones (Simpson, 1949,
    doi:10.1038/163688a0); stories without one are left out. Meaning: the mean of 1 - cosine over all pairs of leads (intra-list
    diversity: Ziegler et al., 2005, doi:10.1145/1060745.1060754), held within 0 and 1.

    Parameters
    ----------
    topics, groups : of each story; "" for none.
    vectors : (n_stories, dim) float32, unit rows; of each story's lead.
    """
    return Diversity(len(vectors), _simpson(list(filter(None, topics))), _simpson(list(filter(None, groups))), _apart(vectors))


def _simpson(names: Sequence[Hashable]) -> float | None:
    n = len(names)
    if n < 2:  # noqa: PLR2004 - two make a pair
        return None
    return 1 - sum(count * (count - 1) for count in Counter(names).values()) / (n * (n - 1))


def _apart(vectors: Vectors) -> float | None:
    n = len(vectors)
    if n < 2:  # noqa: PLR2004 - two make a pair
        return None
    total = vectors.astype(np.float64).sum(axis=0)
    itself = float((vectors.astype(np.float64) ** 2).sum())
    mean = (float(total @ total) - itself) / (n * (n - 1))
    return min(1.0, max(0.0, 1 - mean))
