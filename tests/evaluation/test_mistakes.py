"""Mistakes: every pair of articles looked at one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from support.rooms import sample_room

from ranker.evaluation.mistakes import MISTAKE_KINDS, counted_kinds, mistakes_of
from ranker.stories.same_story import probability


def test_mistakes_are_all_pairs_that_labels_and_stories_disagree_on() -> None:
    ranking, labels = sample_room().ranking, dict(sample_room().labels)
    for dropped in sorted(labels)[::7]:
        del labels[dropped]
    grouping = ranking.grouping
    near = set(zip(grouping.pairs.left.tolist(), grouping.pairs.right.tolist(), strict=True))
    wanted = {}
    for left, right in combinations(range(len(grouping.corpus)), 2):
        one, other = grouping.corpus.articles[left].id, grouping.corpus.articles[right].id
        if one not in labels or other not in labels:
            continue
        joined = ranking.by_article[one].number == ranking.by_article[other].number
        if joined == (labels[one] == labels[other]):
            continue
        score = grouping.score.of_pairs(np.array([left]), np.array([right]))
        likely = float(probability(grouping.model.log_odds(score))[0])
        kinds = ("taken for one", "joined by way of others") if joined else ("outvoted", "taken for two")
        kind = kinds[0] if likely >= 0.5 else kinds[1]
        wanted[one, other] = (joined, kind if joined or (left, right) in near else "never compared", round(likely, 9))
    mistakes = mistakes_of(ranking, labels)
    assert {(each.left, each.right): (each.joined, each.kind, round(each.probability, 9)) for each in mistakes} == wanted
    assert len(mistakes) == len(wanted)
    assert all(counted_kinds(mistakes).values())
    assert sum(counted_kinds(mistakes).values()) == len(mistakes)


def test_mistakes_come_by_kind_and_the_surest_first() -> None:
    mistakes = mistakes_of(sample_room().ranking, sample_room().labels)
    keys = [(MISTAKE_KINDS.index(each.kind), -each.probability if each.joined else each.probability) for each in mistakes]
    assert keys == sorted(keys)


def test_without_mistakes_there_are_none() -> None:
    ranking = sample_room().ranking
    own = {article.id: ranked.story.id for ranked in ranking.stories for article in ranked.story.articles}
    assert mistakes_of(ranking, own) == []
    assert mistakes_of(ranking, {}) == []
    assert counted_kinds([]) == dict.fromkeys(MISTAKE_KINDS, 0)
