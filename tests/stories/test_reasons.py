"""Reasons: points that add up to the score, over the members that a membership speaks of, and pairs in doubt or in error."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from support.decision import SAME_STORY, WEIGHTS
from support.hashing_encoder import HashingEncoder
from support.pairs import make_pairs
from support.planted import make_planted_stories

from ranker.articles.article import Article
from ranker.pipeline import group_articles
from ranker.settings import Settings
from ranker.stories.evidence import Evidence
from ranker.stories.reasons import Comparison, DoubtfulPair, Reason, doubtful_pairs, mistaken_pairs, nearest_other_story, own_story
from ranker.stories.same_story import Calibration, SameStory
from ranker.stories.story import Grouping, group
from ranker.vectors.corpus import build_corpus

CLOSE = 1e-6


def newsroom(noise: float = 0.5) -> list[Article]:
    """Planted articles with topics, categories and details; some undated, some of one provider."""
    articles = list(make_planted_stories(6, 4, noise, seed=11).articles)
    for place in range(0, len(articles), 4):
        articles[place] = replace(articles[place], topics=(f"Topic {place % 3}", "News"), category=("Sport", "World")[place % 8 == 0])
    for place in range(0, len(articles), 6):
        articles[place] = replace(articles[place], title=f"{articles[place].title} with {place % 5} dead", published=None)
    return articles


@pytest.fixture(scope="module")
def planted(default_settings: Settings) -> Grouping:
    grouping, _ = group_articles(build_corpus(newsroom(), HashingEncoder(), None), default_settings, SAME_STORY)
    assert 1 < len(grouping.stories) < len(grouping.corpus)
    return grouping


def own_stories(grouping: Grouping) -> dict[int, Comparison]:
    found = {row: own_story(grouping, row) for row in range(len(grouping.corpus))}
    return {row: comparison for row, comparison in found.items() if comparison is not None}


def other_stories(grouping: Grouping) -> dict[int, Comparison]:
    found = {row: nearest_other_story(grouping, row) for row in range(len(grouping.corpus))}
    return {row: comparison for row, comparison in found.items() if comparison is not None}


def rows_of(comparison: Comparison, grouping: Grouping, without: int) -> list[int]:
    members = {article.id for article in comparison.story.articles}
    return [row for row, article in enumerate(grouping.corpus.articles) if article.id in members and row != without]


def evidence_pair_by_pair(grouping: Grouping, row: int, members: Sequence[int]) -> dict[str, float]:
    """The mean evidence between an article and some others, one pair after the other."""
    found = {}
    for kind in grouping.evidence:
        found[kind.name] = sum(float(kind.of_pairs(np.array([row]), np.array([member]))[0]) for member in members) / len(members)
    return found


# What adds up


def test_the_points_of_the_own_story_less_what_it_takes_to_join_are_the_score(planted: Grouping) -> None:
    found = own_stories(planted)
    assert len(found) > 10
    for comparison in found.values():
        assert sum(reason.points for reason in comparison.reasons) - comparison.join_at == pytest.approx(comparison.score, abs=CLOSE)


def test_the_points_of_the_other_story_less_what_it_takes_to_join_are_the_score(planted: Grouping) -> None:
    found = other_stories(planted)
    assert len(found) > 10
    for comparison in found.values():
        assert sum(reason.points for reason in comparison.reasons) - comparison.join_at == pytest.approx(comparison.score, abs=CLOSE)


def test_the_points_of_a_pair_less_what_it_takes_to_join_give_its_probability(planted: Grouping) -> None:
    found = doubtful_pairs(planted, limit=len(planted.pairs))
    assert len(found) == len(planted.pairs) > 20
    model = planted.model
    for pair in found:
        score = sum(reason.points for reason in pair.reasons) - model.join_at
        log_odds = model.calibration.slope * score + model.calibration.intercept
        assert pair.probability == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=model.calibration.slope * CLOSE)


def test_many_small_reasons_are_not_lost(planted: Grouping, default_settings: Settings) -> None:
    weights = {name: weight / 500 for name, weight in WEIGHTS.items()}
    model = SameStory(weights, 0.0, Calibration(1.0, 0.0))
    grouping, _ = group_articles(planted.corpus, default_settings, model)
    for comparison in own_stories(grouping).values():
        assert sum(reason.points for reason in comparison.reasons) == pytest.approx(comparison.score, abs=CLOSE)


def test_points_are_value_times_weight_and_the_weights_are_the_models(planted: Grouping) -> None:
    for comparison in own_stories(planted).values():
        for reason in comparison.reasons:
            assert reason.weight == WEIGHTS[reason.evidence]
            assert reason.points == pytest.approx(reason.value * reason.weight)


@pytest.mark.parametrize("side", [own_stories, other_stories])
def test_values_are_means_over_the_members_pair_by_pair(side: object, planted: Grouping) -> None:
    assert callable(side)
    for row, comparison in side(planted).items():
        slow = evidence_pair_by_pair(planted, row, rows_of(comparison, planted, row))
        told = {reason.evidence: reason.value for reason in comparison.reasons}
        assert {name: told.get(name, 0.0) for name in slow} == pytest.approx(slow, abs=CLOSE)


def test_the_probability_is_what_the_membership_says(planted: Grouping) -> None:
    memberships = {key: value for story in planted.stories for key, value in story.memberships.items()}
    for row, comparison in own_stories(planted).items():
        assert comparison.probability == pytest.approx(memberships[planted.corpus.articles[row].id].probability, abs=1e-4)


def test_the_score_is_the_mean_over_the_other_members(planted: Grouping) -> None:
    for row, comparison in own_stories(planted).items():
        members = rows_of(comparison, planted, row)
        slow = [planted.score.of_pairs(np.array([row]), np.array([member]))[0] for member in members]
        assert comparison.score == pytest.approx(sum(slow) / len(slow))
        assert comparison.nearest_score == pytest.approx(max(slow))
        assert comparison.nearest == planted.corpus.articles[members[slow.index(max(slow))]].id


# What is told, and in which order


def test_the_strongest_reason_for_is_first_and_the_strongest_against_last(planted: Grouping) -> None:
    for comparison in [*own_stories(planted).values(), *other_stories(planted).values()]:
        points = [reason.points for reason in comparison.reasons]
        assert points == sorted(points, reverse=True)
    assert any(points > 0 for points in points)
    assert any(points < 0 for points in points)


def by_hand(evidence: Mapping[str, Sequence[float]], weights: Mapping[str, float], *, join_at: float = 0.0) -> Grouping:
    """Articles "a0", "a1", ... with one number each for each kind of evidence; all pairs near."""
    count = len(next(iter(evidence.values())))
    corpus = build_corpus([Article(f"a{row}", f"Title {row}") for row in range(count)], HashingEncoder(), None)
    kinds = tuple(Evidence(name, np.array(column, dtype=np.float32)[:, None]) for name, column in evidence.items())
    pairs = make_pairs([(one, other) for one in range(count) for other in range(one + 1, count)])
    return group(corpus, pairs, kinds, SameStory(dict(weights), join_at, Calibration(1.0, 0.0)), window_days=5)


def test_equal_reasons_are_in_order_of_name() -> None:
    grouping = by_hand({"c": [1, 1], "a": [1, 1], "b": [1, 1]}, {"a": 0.5, "b": 0.5, "c": 0.5})
    (comparison, _) = own_stories(grouping).values()
    assert comparison.reasons == tuple(Reason(name, 1.0, 0.5, 0.5) for name in "abc")


def test_evidence_that_counts_for_nothing_is_not_told() -> None:
    grouping = by_hand({"seen": [1, 1], "absent": [1, 0], "without a weight": [1, 1]}, {"seen": 0.5, "absent": -0.5})
    (comparison, _) = own_stories(grouping).values()
    assert [reason.evidence for reason in comparison.reasons] == ["seen"]


def test_an_article_alone_has_no_own_story_to_be_held_against() -> None:
    grouping = by_hand({"like": [1, 1, 0]}, {"like": 1.0}, join_at=0.5)
    assert own_story(grouping, 2) is None
    assert own_story(grouping, 0) is not None


def test_the_article_itself_is_no_member_to_be_held_against() -> None:
    grouping = by_hand({"like": [3, 1, 1]}, {"like": 1.0})
    comparison = own_story(grouping, 0)
    assert comparison is not None
    assert (comparison.score, comparison.nearest) == (3.0, "a1")  # with itself it would be (9 + 3 + 3) / 3


def test_the_nearest_member_is_the_one_with_the_highest_score() -> None:
    grouping = by_hand({"like": [1, 2, 4, 3]}, {"like": 1.0})
    comparison = own_story(grouping, 0)
    assert comparison is not None
    assert (comparison.nearest, comparison.nearest_score, comparison.score) == ("a2", 4.0, (2 + 4 + 3) / 3)


def test_an_article_that_nothing_is_near_to_has_no_other_story() -> None:
    grouping = by_hand({"like": [1, 0, 0]}, {"like": 1.0}, join_at=0.5)
    none = np.zeros(0, dtype=np.intp)
    grouping = replace(grouping, pairs=grouping.pairs.take(none), log_odds=grouping.log_odds[none])
    assert [nearest_other_story(grouping, row) for row in range(3)] == [None, None, None]


def test_where_all_is_one_story_there_is_no_other() -> None:
    assert other_stories(by_hand({"like": [1, 1, 1]}, {"like": 1.0})) == {}


def test_the_other_story_is_never_the_own_and_the_nearest_of_those_near(planted: Grouping) -> None:
    labels, pairs = planted.labels, planted.pairs
    for row in range(len(planted.corpus)):
        near = {
            int(labels[one if other == row else other])
            for one, other in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
            if row in {one, other}
        }
        means = {}
        for label in near - {int(labels[row])}:
            members = np.flatnonzero(labels == label)
            means[label] = float(planted.score.of_pairs(np.full(len(members), row), members).mean())
        found = nearest_other_story(planted, row)
        if not means:
            assert found is None
            continue
        assert found is not None
        assert found.score == pytest.approx(max(means.values()))
        best = max(means, key=means.__getitem__)
        assert {article.id for article in found.story.articles} == {
            planted.corpus.articles[member].id for member in np.flatnonzero(labels == best)
        }


def test_the_order_of_the_articles_makes_no_difference(default_settings: Settings) -> None:
    articles = newsroom()
    first, _ = group_articles(build_corpus(articles, HashingEncoder(), None), default_settings, SAME_STORY)
    random.Random(3).shuffle(articles)
    second, _ = group_articles(build_corpus(articles, HashingEncoder(), None), default_settings, SAME_STORY)
    assert own_stories(first) == own_stories(second)
    assert other_stories(first) == other_stories(second)
    assert doubtful_pairs(first, limit=50) == doubtful_pairs(second, limit=50)


# Pairs in doubt and in error


def judged(pairs: Mapping[tuple[int, int], float], labels: Sequence[int]) -> Grouping:
    """Articles in stories as labelled, with these log-odds of their near pairs."""
    corpus = build_corpus([Article(f"a{row}", f"Title {row}") for row in range(len(labels))], HashingEncoder(), None)
    kinds = (Evidence("like", np.ones((len(labels), 1), dtype=np.float32)),)
    made = group(corpus, make_pairs(list(pairs)), kinds, SAME_STORY, window_days=5)
    return replace(made, labels=np.array(labels, dtype=np.int64), log_odds=np.array(list(pairs.values())))


def named(pairs: Sequence[DoubtfulPair]) -> list[tuple[str, str]]:
    return [(pair.left, pair.right) for pair in pairs]


def test_the_most_doubtful_pair_is_first_whichever_way_it_went() -> None:
    grouping = judged({(0, 1): 3.0, (0, 2): -0.2, (1, 2): 1.0, (2, 3): -4.0}, [0, 0, 0, 3])
    found = doubtful_pairs(grouping, limit=4)
    assert named(found) == [("a0", "a2"), ("a1", "a2"), ("a0", "a1"), ("a2", "a3")]
    assert [pair.probability for pair in found] == [pytest.approx(1 / (1 + math.exp(-odds))) for odds in (-0.2, 1.0, 3.0, -4.0)]
    assert [pair.joined for pair in found] == [True, True, True, False]


def test_equally_doubtful_pairs_are_in_order_of_rows() -> None:
    rows = [(one, other) for one in range(9) for other in range(one + 1, 9)]
    grouping = judged(dict.fromkeys(reversed(rows), 0.5), [0] * 9)
    assert named(doubtful_pairs(grouping, limit=50)) == [(f"a{one}", f"a{other}") for one, other in rows]


def test_no_more_doubtful_pairs_than_asked_for_or_than_there_are() -> None:
    grouping = judged({(0, 1): 3.0, (0, 2): -0.2}, [0, 0, 0])
    assert [len(doubtful_pairs(grouping, limit=limit)) for limit in (1, 2, 3)] == [1, 2, 2]
    assert doubtful_pairs(judged({}, [0, 1]), limit=3) == []


def test_no_articles_have_no_pairs() -> None:
    corpus = build_corpus([], HashingEncoder(), None)
    grouping = group(corpus, make_pairs([]), (Evidence("like", np.ones((0, 1), dtype=np.float32)),), SAME_STORY, window_days=5)
    assert doubtful_pairs(grouping, limit=3) == mistaken_pairs(grouping, [], limit=3) == []


def test_mistakes_are_pairs_joined_or_parted_against_their_labels_surest_first() -> None:
    pairs = {(0, 1): 2.0, (0, 2): 0.5, (1, 2): 4.0, (2, 3): -3.0, (1, 3): -1.0}
    grouping = judged(pairs, [0, 0, 0, 3])  # 0, 1 and 2 joined; 3 apart
    found = mistaken_pairs(grouping, ["x", "x", "y", "y"], limit=9)
    # Wrongly joined: (0, 2) at .62 and (1, 2) at .98; wrongly apart: (2, 3) at 1 - .05.
    assert named(found) == [("a1", "a2"), ("a2", "a3"), ("a0", "a2")]
    assert [pair.joined for pair in found] == [True, False, True]


def test_equally_sure_mistakes_are_in_order_of_rows() -> None:
    rows = [(one, other) for one in range(9) for other in range(one + 1, 9)]
    grouping = judged(dict.fromkeys(reversed(rows), 0.5), [0] * 9)
    found = mistaken_pairs(grouping, [str(row) for row in range(9)], limit=20)
    assert named(found) == [(f"a{one}", f"a{other}") for one, other in rows[:20]]


def test_articles_without_a_label_are_in_no_mistake() -> None:
    pairs = {(0, 1): 2.0, (0, 2): 0.5, (1, 2): 4.0, (2, 3): -3.0}
    grouping = judged(pairs, [0, 0, 0, 3])
    assert named(mistaken_pairs(grouping, ["x", None, "y", None], limit=9)) == [("a0", "a2")]
    assert mistaken_pairs(grouping, [None] * 4, limit=9) == []


def test_where_all_went_right_there_is_no_mistake() -> None:
    grouping = judged({(0, 1): 2.0, (1, 2): -2.0}, [0, 0, 2])
    assert mistaken_pairs(grouping, ["x", "x", "y"], limit=9) == []


def test_an_unlikely_pair_that_was_joined_by_way_of_others_is_the_least_sure_mistake() -> None:
    grouping = judged({(0, 1): -2.0, (0, 2): 1.0}, [0, 0, 0])
    assert named(mistaken_pairs(grouping, ["x", "y", "z"], limit=9)) == [("a0", "a2"), ("a0", "a1")]


def test_probabilities_follow_the_calibration(planted: Grouping, default_settings: Settings) -> None:
    flat = msgspec.structs.replace(SAME_STORY, calibration=Calibration(1e-9, 0.0))
    grouping, _ = group_articles(planted.corpus, default_settings, flat)
    assert {round(comparison.probability, 6) for comparison in own_stories(grouping).values()} == {0.5}
