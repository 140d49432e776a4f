"""Reasons: why an article is in its story and in no other, as evidence whose points add up to a score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.stories.evidence import SECONDS_PER_DAY
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping, Story

_NEGLIGIBLE = 1e-8  # points: less than the rows' own rounding, so that what is left still adds up
_DOUBT = 0.5  # the probability at which a pair is in doubt most


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of evidence between an article and some others: its mean, its weight, and what it adds to the score."""

    evidence: str
    value: float
    weight: float
    points: float  # value x weight


@dataclass(frozen=True, slots=True)
class Comparison:
    """An article against the (other) members of a story. The reasons' points add up to `score` + `join_at`."""

    story: Story
    nearest: str  # id of the member with the highest score
    nearest_score: float
    score: float  # mean over the members; above 0 attracts
    probability: float
    join_at: float
    reasons: tuple[Reason, ...]  # those that count for anything, strongest for first, strongest against last


@dataclass(frozen=True, slots=True)
class Apart:
    """Why an article's story and the one it comes nearest to were not joined: what counts is the mean over all their members."""

    score: float  # mean score of the two stories; above 0 attracts
    probability: float
    too_long: bool  # together they would span more than the window


@dataclass(frozen=True, slots=True)
class DoubtfulPair:
    """Two near articles, the probability that they are one story and why, against what was decided."""

    left: str  # article ids
    right: str
    probability: float
    joined: bool
    reasons: tuple[Reason, ...]


def own_story(grouping: Grouping, row: int) -> Comparison | None:
    """The article in a row against the rest of its story; None if it is alone."""
    others = np.setdiff1d(np.flatnonzero(grouping.labels == grouping.labels[row]), [row])
    return _comparison(grouping, row, others) if len(others) else None


def nearest_other_story(grouping: Grouping, row: int) -> Comparison | None:
    """The article against the story, of those that near articles are in, that comes nearest to its own; None if nothing is near."""
    pairs, labels = grouping.pairs, grouping.labels
    beside = np.concatenate((pairs.right[pairs.left == row], pairs.left[pairs.right == row]))
    others = np.unique(labels[beside])
    found = [_comparison(grouping, row, np.flatnonzero(labels == label)) for label in others if label != labels[row]]
    return max(found, key=lambda each: (each.score, each.story.id), default=None)


def stories_apart(grouping: Grouping, row: int, other: Story) -> Apart:
    """The story of the article in a row against another, as wholes."""
    labels, articles = grouping.labels, grouping.corpus.articles
    wanted = next(place for place, article in enumerate(articles) if article.id == other.first.id)
    one, two = np.flatnonzero(labels == labels[row]), np.flatnonzero(labels == labels[wanted])
    score = sum(reason.points for reason in _reasons(grouping, one, two)) - grouping.model.join_at
    times = grouping.corpus.times[np.concatenate((one, two))] / SECONDS_PER_DAY
    known = times[~np.isnan(times)]
    return Apart(score, _probability(grouping, score), bool(len(known)) and float(np.ptp(known)) > grouping.window_days)


def doubtful_pairs(grouping: Grouping, *, limit: int) -> list[DoubtfulPair]:
    """The near pairs whose probability is nearest to one half, most doubtful first; ties by rows."""
    chance = probability(grouping.log_odds)
    order = np.lexsort((grouping.pairs.right, grouping.pairs.left, np.abs(chance - _DOUBT)))[:limit]
    return list(_told(grouping, order, chance))


def pair_told(grouping: Grouping, left: int, right: int) -> DoubtfulPair:
    """The articles in two rows, near or not, doubtful or not."""
    chance = probability(grouping.model.log_odds(grouping.score.of_pairs(np.array([left]), np.array([right]))))
    reasons = _reasons(grouping, np.array([left]), np.array([right]))
    articles, labels = grouping.corpus.articles, grouping.labels
    return DoubtfulPair(articles[left].id, articles[right].id, float(chance[0]), bool(labels[left] == labels[right]), reasons)


def mistaken_pairs(grouping: Grouping, stories: Sequence[str | None], *, limit: int) -> list[DoubtfulPair]:
    """The near pairs that were decided against their labels, surest mistakes first; ties by rows.

    Parameters
    ----------
    stories : the true story of each row; None where it is not known.
    """
    codes: dict[str, int] = {}
    true = np.array([-1 if story is None else codes.setdefault(story, len(codes)) for story in stories], dtype=np.int64)
    left, right = grouping.pairs.left, grouping.pairs.right
    joined = grouping.labels[left] == grouping.labels[right]
    wrong = np.flatnonzero((true[left] >= 0) & (true[right] >= 0) & (joined != (true[left] == true[right])))
    chance = probability(grouping.log_odds)
    sureness = np.where(joined[wrong], chance[wrong], 1 - chance[wrong])
    order = wrong[np.lexsort((right[wrong], left[wrong], -sureness))][:limit]
    return list(_told(grouping, order, chance))


def _told(grouping: Grouping, places: NDArray[np.intp], chance: NDArray[np.float64]) -> Iterator[DoubtfulPair]:
    articles, labels = grouping.corpus.articles, grouping.labels
    for place in places.tolist():
        left, right = int(grouping.pairs.left[place]), int(grouping.pairs.right[place])
        reasons = _reasons(grouping, np.array([left]), np.array([right]))
        yield DoubtfulPair(articles[left].id, articles[right].id, float(chance[place]), bool(labels[left] == labels[right]), reasons)


def _comparison(grouping: Grouping, row: int, members: NDArray[np.intp]) -> Comparison:
    scores = grouping.score.of_pairs(np.full(len(members), row), members)
    nearest, articles = int(scores.argmax()), grouping.corpus.articles
    story = _story_of(grouping, int(members[0]))
    mean = float(scores.mean())
    reasons = _reasons(grouping, np.array([row]), members)
    return Comparison(
        story,
        articles[int(members[nearest])].id,
        float(scores[nearest]),
        mean,
        _probability(grouping, mean),
        grouping.model.join_at,
        reasons,
    )


def _story_of(grouping: Grouping, row: int) -> Story:
    wanted = grouping.corpus.articles[row].id
    return next(story for story in grouping.stories if wanted in story.memberships)


def _reasons(grouping: Grouping, one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[Reason, ...]:
    found = []
    for kind in grouping.evidence:
        weight, value = grouping.model.weights.get(kind.name, 0.0), kind.between(one, other)
        if abs(weight * value) >= _NEGLIGIBLE:
            found.append(Reason(kind.name, value, weight, weight * value))
    return tuple(sorted(found, key=lambda reason: (-reason.points, reason.evidence)))


def _probability(grouping: Grouping, score: float) -> float:
    return float(probability(grouping.model.log_odds(np.array([score])))[0])
