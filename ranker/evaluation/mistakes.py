"""Mistakes: pairs of articles that were decided against their labels, each with the way in which it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from ranker.pipeline import Ranking
from ranker.stories.same_story import probability

MistakeKind = Literal["taken for one", "joined by way of others", "taken for two", "outvoted", "never compared"]
MISTAKE_KINDS: tuple[MistakeKind, ...] = ("taken for one", "joined by way of others", "taken for two", "outvoted", "never compared")
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Mistake:
    """Two articles that are in one story and should not be, or should be and are not.

    taken for one : joined, and P(same story) is at least one half.
    joined by way of others : joined though their P is below; other articles of the story brought them together.
    taken for two : apart, and P is below one half.
    outvoted : apart though their P is at least one half; the mean over their stories' pairs, or the window, kept them apart.
    never compared : apart, and they were no near pair, whatever P would have been.
    """

    left: str  # article ids, the smaller row first
    right: str
    joined: bool
    probability: float
    kind: MistakeKind


def mistakes_of(ranking: Ranking, labels: Mapping[str, str]) -> list[Mistake]:
    """All pairs that were decided against their labels, in order of kind, surest first; ties by rows.

    Parameters
    ----------
    labels : true story by article id; articles without one are left out.
    """
    grouping = ranking.grouping
    known = [(row, labels[article.id]) for row, article in enumerate(grouping.corpus.articles) if article.id in labels]
    found = {row: int(grouping.labels[row]) for row, _ in known}
    true = dict(known)
    wrong = sorted({*_against(found, true), *_against(true, found)})
    if not wrong:
        return []
    left, right = np.array(wrong, dtype=np.int64).T
    chance = probability(grouping.model.log_odds(grouping.score.of_pairs(left, right)))
    near = set(zip(grouping.pairs.left.tolist(), grouping.pairs.right.tolist(), strict=True))
    articles = grouping.corpus.articles
    mistakes = []
    for (one, other), likely in zip(wrong, chance.tolist(), strict=True):
        joined = found[one] == found[other]
        kind = _kind(likely, joined=joined, near=(one, other) in near)
        mistakes.append(Mistake(articles[one].id, articles[other].id, joined, likely, kind))
    return sorted(mistakes, key=lambda each: (MISTAKE_KINDS.index(each.kind), -each.probability if each.joined else each.probability))


def _against(groups: Mapping[int, object], others: Mapping[int, object]) -> Iterable[tuple[int, int]]:
    """Pairs of rows that are together in `groups` and apart in `others`, the smaller row first."""
    members: dict[object, list[int]] = {}
    for row, group in groups.items():
        members.setdefault(group, []).append(row)
    for rows in members.values():
        if len({others[row] for row in rows}) > 1:
            yield from ((one, other) for one, other in combinations(sorted(rows), 2) if others[one] != others[other])


def _kind(likely: float, *, joined: bool, near: bool) -> MistakeKind:
    if joined:
        return "taken for one" if likely >= _EVEN else "joined by way of others"
    if not near:
        return "never compared"
    return "outvoted" if likely >= _EVEN else "taken for two"


def counted_kinds(mistakes: Sequence[Mistake]) -> dict[MistakeKind, int]:
    """How many mistakes there are of each kind, kinds without any included."""
    return {kind: sum(each.kind == kind for each in mistakes) for kind in MISTAKE_KINDS}
