"""Stories: groups with ids, counts and the reasons of their members, the same for every order of articles."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.pairs import make_pairs
from support.planted import Planted, make_planted_stories
from support.scored import rows_of_scores

from ranker.articles.article import Article, Provider
from ranker.evaluation.metrics import b_cubed
from ranker.pipeline import group_articles
from ranker.settings import PublisherSettings, Settings
from ranker.stories.corrections import NO_CORRECTIONS, Correction, CorrectionAction, Corrections
from ranker.stories.evidence import Evidence
from ranker.stories.publishers import load_publishers
from ranker.stories.same_story import Calibration, SameStory
from ranker.stories.story import Counts, Grouping, Membership, Story, counts, group
from ranker.stories.syndication import text_groups
from ranker.vectors.corpus import build_corpus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FAR = -2.0  # score of the pairs that are not spelt out
SLOPE, INTERCEPT = 1.5, 0.25
MODEL = SameStory({"meaning": 1.0}, 0.0, Calibration(SLOPE, INTERCEPT))


def _articles(*hours: float | None) -> list[Article]:
    """Articles "a0", "a1", ... so many hours after noon; None for no date."""
    times = [None if after is None else NOON + timedelta(hours=after) for after in hours]
    return [Article(f"a{number}", f"Title {number}", published=time) for number, time in enumerate(times)]


def _grouped(
    articles: Sequence[Article],
    scores: dict[tuple[int, int], float],
    *,
    dense: object = 0.5,
    window_days: float = 5,
    corrections: Corrections = NO_CORRECTIONS,
) -> Grouping:
    """Stories where the pairs have such scores, and all others are far."""
    matrix = np.full((len(articles), len(articles)), FAR)
    for (i, j), score in scores.items():
        matrix[i, j] = matrix[j, i] = score
    corpus = build_corpus(articles, HashingEncoder(), None)
    evidence = (Evidence("meaning", rows_of_scores(matrix)),)
    constraints = corrections.constraints([article.id for article in corpus.articles]) if corrections else None
    return group(corpus, make_pairs(list(scores), dense=dense), evidence, MODEL, window_days=window_days, constraints=constraints)


def _members(grouping: Grouping) -> list[list[str]]:
    return sorted([article.id for article in story.articles] for story in grouping.stories)


def _chance(score: float) -> float:
    return round(1 / (1 + math.exp(-(SLOPE * score + INTERCEPT))), 4)


def test_every_article_is_in_one_story() -> None:
    grouping = _grouped(_articles(0, 1, 2, 3, 4), {(0, 2): 1, (1, 4): 2, (2, 3): -1})
    assert _members(grouping) == [["a0", "a2"], ["a1", "a4"], ["a3"]]
    assert grouping.labels.tolist() == [0, 1, 0, 3, 1]


def test_a_grouping_keeps_what_divided_it() -> None:
    grouping = _grouped(_articles(0, 1, 2), {(0, 2): 1, (1, 2): -2})
    assert grouping.log_odds.tolist() == [SLOPE * 1 + INTERCEPT, SLOPE * -2 + INTERCEPT]
    assert grouping.score.of_pairs(np.array([0]), np.array([1])).tolist() == [FAR]
    assert (grouping.model, [kind.name for kind in grouping.evidence], len(grouping.pairs)) == (MODEL, ["meaning"], 2)


def test_stories_are_in_order_of_id() -> None:
    ids = [story.id for story in _grouped(_articles(*range(9)), {}).stories]
    assert ids == sorted(ids)
    assert len(set(ids)) == 9


def test_no_articles_are_no_stories() -> None:
    grouping = _grouped([], {})
    assert (grouping.stories, grouping.labels.tolist(), grouping.texts) == ((), [], {})


def test_members_are_in_order_of_time_then_id_and_undated_ones_last() -> None:
    articles = _articles(5, None, 1, 5, None, 0)
    (story,) = _grouped(articles, {(i, j): 1 for i in range(6) for j in range(i + 1, 6)}).stories
    assert [article.id for article in story.articles] == ["a5", "a2", "a0", "a3", "a1", "a4"]
    assert story.first.id == "a5"


def test_a_story_keeps_its_id_while_later_articles_join_it() -> None:
    (before,) = _grouped(_articles(0, 1), {(0, 1): 1}).stories
    (after,) = _grouped(_articles(0, 1, 2), {(0, 1): 1, (0, 2): 1, (1, 2): 1}).stories
    assert after.id == before.id
    assert len(after.articles) == 3


def test_a_storys_id_comes_from_its_earliest_article() -> None:
    (story,) = _grouped(_articles(3, 0), {(0, 1): 1}).stories
    (alone,) = [story for story in _grouped(_articles(3, 0), {}).stories if story.first.id == "a1"]
    assert story.id == alone.id
    assert story.id.startswith("s")


@pytest.mark.parametrize(("hours", "stories"), [(48, 1), (49, 2)])
def test_no_story_is_longer_than_the_window(hours: float, stories: int) -> None:
    assert len(_grouped(_articles(0, hours), {(0, 1): 9}, window_days=2).stories) == stories


def test_not_even_copies_make_a_story_longer_than_the_window() -> None:
    copies = [replace(article, title="Ferry aground") for article in _articles(0, 30)]
    assert len(_grouped(copies, {(0, 1): 9}, window_days=1).stories) == 2


def test_copies_are_one_story_without_a_score_that_says_so() -> None:
    copies = [replace(article, title=title) for article, title in zip(_articles(0, 1, 2), ["Storm", "storm!", "Calm"], strict=True)]
    assert _members(_grouped(copies, {})) == [["a0", "a1"], ["a2"]]


def test_near_copies_are_one_story_without_a_score_that_says_so() -> None:
    told = "Ferry Lady Corinne ran aground off Gannet Ledge at dawn, the coast guard said"
    copies = [replace(article, title=title) for article, title in zip(_articles(0, 1), [told, f"{told} today"], strict=True)]
    corpus = build_corpus(copies, HashingEncoder(), None)
    evidence = (Evidence("meaning", rows_of_scores(np.full((2, 2), FAR))),)
    grouping = group(corpus, make_pairs([(0, 1)], rare=0.9), evidence, MODEL, window_days=5)
    assert _members(grouping) == [["a0", "a1"]]
    assert len(set(grouping.texts.values())) == 1


def test_copies_share_the_name_of_their_text() -> None:
    articles = [replace(article, title=title) for article, title in zip(_articles(0, 1, 2), ["Storm", "storm!", "Calm"], strict=True)]
    assert _grouped(articles, {}).texts == text_groups(articles)


# Memberships


def test_an_article_alone_has_no_membership_to_explain() -> None:
    (story,) = _grouped(_articles(0), {}).stories
    assert story.memberships == {"a0": Membership(None, None, None)}


def test_two_members_are_each_others_reason() -> None:
    (story,) = _grouped(_articles(0, 1), {(0, 1): 1.5}, dense=0.75).stories
    assert story.memberships == {"a0": Membership(_chance(1.5), 0.75, "a1"), "a1": Membership(_chance(1.5), 0.75, "a0")}


def test_a_membership_is_the_chance_of_the_mean_over_all_other_members_paired_or_not() -> None:
    (story,) = _grouped(_articles(0, 1, 2), {(0, 1): 4, (1, 2): 3}, dense=[0.75, 0.5]).stories
    assert story.memberships == {
        "a0": Membership(_chance((4 + FAR) / 2), 0.75, "a1"),
        "a1": Membership(_chance((4 + 3) / 2), 0.75, "a0"),
        "a2": Membership(_chance((3 + FAR) / 2), 0.5, "a1"),
    }


@given(st.lists(st.integers(1, 100), min_size=10, max_size=10, unique=True))
def test_memberships_are_what_a_slow_mean_gives(scores: list[int]) -> None:
    pairs = {pair: score / 64 for pair, score in zip(itertools.combinations(range(5), 2), scores, strict=True)}
    (story,) = _grouped(_articles(0, 1, 2, 3, 4), pairs).stories
    for row in range(5):
        own = {sum(pair) - row: score for pair, score in pairs.items() if row in pair}
        membership = story.memberships[f"a{row}"]
        assert membership.probability == pytest.approx(_chance(sum(own.values()) / 4), abs=1.1e-4)
        assert membership.nearest == f"a{max(own, key=own.__getitem__)}"


def test_pairs_with_other_stories_are_no_reason() -> None:
    grouping = _grouped(_articles(0, 1, 2), {(0, 1): 2, (0, 2): -5, (1, 2): -5}, dense=[0.25, 0.75, 0.75])
    memberships = {key: value for story in grouping.stories for key, value in story.memberships.items()}
    assert memberships["a0"] == Membership(_chance(2), 0.25, "a1")
    assert memberships["a2"] == Membership(None, None, None)


def test_the_nearest_member_is_a_member_even_if_another_article_is_likelier() -> None:
    copies = [replace(article, title=title) for article, title in zip(_articles(0, 1, 2), ["Storm", "storm!", "Calm"], strict=True)]
    grouping = _grouped(copies, {(0, 1): 1, (0, 2): -7, (1, 2): 6})
    assert _members(grouping) == [["a0", "a1"], ["a2"]]  # (6 - 7) / 2 < 0
    assert [story.memberships["a1"].nearest for story in grouping.stories if "a1" in story.memberships] == ["a0"]


def test_the_nearest_member_is_the_likeliest_and_of_equals_the_first() -> None:
    every = {(0, 1): 1.0, (0, 2): 2.0, (0, 3): 2.0, (1, 2): 3.0, (1, 3): 3.0, (2, 3): 1.0}
    (story,) = _grouped(_articles(0, 1, 2, 3), every, dense=[0.9, 0.1, 0.2, 0.3, 0.4, 0.5]).stories
    assert [story.memberships[f"a{row}"].nearest for row in range(4)] == ["a2", "a2", "a1", "a1"]
    assert [story.memberships[f"a{row}"].similarity for row in range(4)] == [0.1, 0.3, 0.3, 0.4]


def test_a_member_without_a_pair_names_the_nearest_by_its_vector() -> None:
    told = [("Ferry aground", ""), ("Ferry aground", "Crew safe after a long night"), ("Ferry aground", "Crew safe after a long night")]
    articles = [replace(article, title=title, excerpt=excerpt) for article, (title, excerpt) in zip(_articles(0, 1, 2), told, strict=True)]
    grouping = _grouped(articles, {})
    (story,) = grouping.stories
    vectors = grouping.corpus.vectors
    assert story.memberships == {
        "a0": Membership(_chance(FAR), round(float(vectors[0] @ vectors[1]), 4), "a1"),
        "a1": Membership(_chance(FAR), 1.0, "a2"),
        "a2": Membership(_chance(FAR), 1.0, "a1"),
    }


# Counts


def test_coverage_is_counted_in_four_ways() -> None:
    providers = ["daily.example", "daily.example", "Evening Echo", "someone.example"]
    titles = ["Storm", "Storm closes harbour", "storm!", "Harbour closed"]
    articles = tuple(
        Article(f"a{number}", title, provider=Provider(name, name))
        for number, (title, name) in enumerate(zip(titles, providers, strict=True))
    )
    publishers = load_publishers(PublisherSettings(known=False, files=[], groups={"Big Media": ["daily.example", "Evening Echo"]}))
    found = counts(Story("s", articles, {}), text_groups(articles), publishers)
    assert found == Counts(articles=4, unique_texts=3, providers=3, publisher_groups=2)


# Corrections


def _said(*corrections: tuple[CorrectionAction, str, str]) -> Corrections:
    """Corrections of articles that are spelt with a blank between them."""
    return Corrections.of(
        Correction(f"c{number}", action, tuple(articles.split()), tuple(others.split()))
        for number, (action, articles, others) in enumerate(corrections)
    )


def test_articles_that_are_joined_are_one_story_however_far_apart() -> None:
    articles = _articles(0, 24 * 30, None)
    assert _members(_grouped(articles, {}, corrections=_said(("join", "a0 a1 a2", "")))) == [["a0", "a1", "a2"]]


def test_a_joined_article_brings_what_is_like_it() -> None:
    # a0 is like a1, and a2 like a3; ten days lie between the two.
    articles, scores = _articles(0, 1, 240, 241), {(0, 1): 5.0, (2, 3): 5.0}
    assert _members(_grouped(articles, scores, corrections=_said(("join", "a0", "a2")))) == [["a0", "a1", "a2", "a3"]]


def test_articles_that_are_parted_are_two_stories_however_alike() -> None:
    articles, scores = _articles(0, 1, 2), {(0, 1): 9.0, (1, 2): 3.0, (0, 2): 1.0}
    assert _members(_grouped(articles, scores)) == [["a0", "a1", "a2"]]
    assert _members(_grouped(articles, scores, corrections=_said(("part", "a0", "a1")))) == [["a0"], ["a1", "a2"]]


def test_copies_that_are_parted_are_two_stories_and_still_copies() -> None:
    articles = [replace(article, title="Ferry aground on Gannet Ledge") for article in _articles(0, 1, 2)]
    grouping = _grouped(articles, {(0, 1): 1.0, (1, 2): 2.0, (0, 2): 1.0}, corrections=_said(("part", "a0 a1", "")))
    assert _members(grouping) == [["a0"], ["a1", "a2"]]
    assert len(set(grouping.texts.values())) == 1


def test_memberships_of_joined_articles_tell_what_the_evidence_says() -> None:
    (story,) = _grouped(_articles(0, 1), {}, corrections=_said(("join", "a0 a1", ""))).stories
    assert story.memberships["a0"].probability == _chance(FAR)
    assert story.memberships["a0"].nearest == "a1"


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[Article], dict[tuple[int, int], float], Corrections]:
    """Articles with any scores, some of them copies, and corrections that agree with some hidden division."""
    n = draw(st.integers(1, 8))
    articles = _articles(*draw(st.lists(st.none() | st.integers(0, 200), min_size=n, max_size=n)))
    titles = draw(st.lists(st.sampled_from(["", "", "Ferry aground", "Quake"]), min_size=n, max_size=n))
    articles = [replace(article, title=title or article.title) for article, title in zip(articles, titles, strict=True)]
    every = list(itertools.combinations(range(n), 2))
    scores = draw(st.dictionaries(st.sampled_from(every), st.floats(-2, 3), max_size=12)) if every else {}
    truth = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    said: list[tuple[CorrectionAction, str, str]] = [
        ("join" if truth[one] == truth[other] else "part", f"a{one}", f"a{other}")
        for one, other in (draw(st.lists(st.sampled_from(every), max_size=5)) if every else [])
    ]
    return articles, scores, _said(*said)


@given(_cases())
def test_every_join_and_every_part_is_honoured(case: tuple[list[Article], dict[tuple[int, int], float], Corrections]) -> None:
    articles, scores, corrections = case
    grouping = _grouped(articles, scores, corrections=corrections)
    story = {article.id: label for article, label in zip(grouping.corpus.articles, grouping.labels.tolist(), strict=True)}
    for item in corrections:
        assert (story[item.articles[0]] == story[item.others[0]]) == (item.action == "join")


@given(_cases())
def test_stories_that_no_corrected_article_is_tied_to_stay_as_they_are(
    case: tuple[list[Article], dict[tuple[int, int], float], Corrections],
) -> None:
    articles, scores, corrections = case
    tied = set(corrections.articles)
    copies = {(one.id, other.id) for one, other in itertools.combinations(articles, 2) if one.title == other.title}
    ties = copies | {(f"a{i}", f"a{j}") for (i, j), score in scores.items() if score > 0}
    for _ in articles:
        tied |= {each for tie in ties if tied.intersection(tie) for each in tie}
    before, after = _grouped(articles, scores), _grouped(articles, scores, corrections=corrections)
    kept = [[story for story in grouping.stories if not tied.intersection(story.memberships)] for grouping in (before, after)]
    assert kept[0] == kept[1]


@given(_cases(), st.randoms(use_true_random=False))
def test_the_order_of_corrections_and_of_articles_makes_no_difference(
    case: tuple[list[Article], dict[tuple[int, int], float], Corrections], order: random.Random
) -> None:
    articles, scores, corrections = case
    first = _grouped(articles, scores, corrections=corrections)
    shuffled, items = list(articles), list(corrections)
    order.shuffle(shuffled)
    order.shuffle(items)
    # The corpus puts articles in order of id, so pairs keep their rows.
    assert _grouped(shuffled, scores, corrections=Corrections.of(items)).stories == first.stories


def _divided(planted: Planted, settings: Settings) -> Grouping:
    return group_articles(build_corpus(planted.articles, HashingEncoder(), None), settings, SAME_STORY)[0]


class TestPlantedStories:
    """The whole road from articles to stories, on coverage whose stories are known."""

    @pytest.mark.parametrize(("n_stories", "per_story", "noise"), [(1, 1, 0.0), (1, 12, 0.2), (12, 1, 0.0), (10, 6, 0.0), (10, 6, 0.25)])
    def test_easy_stories_are_found_exactly(self, default_settings: Settings, n_stories: int, per_story: int, noise: float) -> None:
        planted = make_planted_stories(n_stories, per_story, noise, seed=n_stories)
        grouping = _divided(planted, default_settings)
        agreement = b_cubed([planted.labels[article.id] for article in grouping.corpus.articles], grouping.labels.tolist())
        assert (agreement.precision, agreement.recall) == pytest.approx((1, 1))

    def test_a_story_larger_than_all_neighbours_is_found_whole(self, default_settings: Settings) -> None:
        planted = make_planted_stories(3, 40, 0.2, seed=8)
        few = msgspec.structs.replace(default_settings, grouping=msgspec.structs.replace(default_settings.grouping, neighbours=6))
        assert sorted(len(story.articles) for story in _divided(planted, few).stories) == [40, 40, 40]

    def test_the_order_of_articles_makes_no_difference(self, default_settings: Settings) -> None:
        planted = list(make_planted_stories(8, 5, 0.5, seed=3).articles)
        planted[::7] = [replace(article, published=None) for article in planted[::7]]
        first = _divided(Planted(tuple(planted), {}), default_settings)
        random.Random(1).shuffle(planted)
        second = _divided(Planted(tuple(planted), {}), default_settings)
        assert second.stories == first.stories
        assert second.texts == first.texts

    def test_noise_alone_is_told_apart_from_stories(self, default_settings: Settings) -> None:
        planted = make_planted_stories(6, 4, 1.0, seed=5)  # nothing but common words
        grouping = _divided(planted, default_settings)
        truth = [planted.labels[article.id] for article in grouping.corpus.articles]
        assert b_cubed(truth, grouping.labels.tolist()).f1 < 0.9

    def test_the_same_stories_a_year_later_are_the_same_stories(self, default_settings: Settings) -> None:
        planted = make_planted_stories(8, 4, 0.4, seed=6)
        later = [replace(article, published=article.published + timedelta(days=365)) for article in planted.articles if article.published]
        first, second = _divided(planted, default_settings), _divided(Planted(tuple(later), {}), default_settings)
        assert second.labels.tolist() == first.labels.tolist()
