"""Learning "same story": examples made of labelled articles, a search that keeps to its sides and its seed, a calibration."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.evaluation.metrics import b_cubed
from ranker.pipeline import group_articles
from ranker.settings import GroupingSettings, Settings
from ranker.stories.evidence import SIDES, Evidence
from ranker.stories.same_story import Calibration, SameStory
from ranker.training import same_story
from ranker.training.same_story import (
    LIMITS,
    START,
    START_JOIN_AT,
    Example,
    LabelledInput,
    Learned,
    LearningSettings,
    calibrated,
    examples_of,
    f1_of,
    learn,
    near_pairs,
)
from ranker.vectors.background import NO_BACKGROUND
from ranker.vectors.corpus import build_corpus

NAMES = list(SIDES)
START_WEIGHTS = np.array([*(START.get(name, 0.0) for name in NAMES), START_JOIN_AT])
QUICK = LearningSettings(steps=12, articles=60)


def planted(name: str = "planted", *, noise: float = 0.75, seed: int = 1, stories: int = 6, per_story: int = 4) -> LabelledInput:
    made = make_planted_stories(stories, per_story, noise, seed)
    return LabelledInput(name, made.articles, made.labels)


def with_topics(labelled: LabelledInput) -> LabelledInput:
    """Each story with a topic and a category of its own."""
    labels = labelled.labels
    articles = tuple(replace(article, topics=(labels[article.id],), category=labels[article.id]) for article in labelled.articles)
    return replace(labelled, articles=articles)


def undated(labelled: LabelledInput) -> LabelledInput:
    return replace(labelled, articles=tuple(replace(article, published=None) for article in labelled.articles))


@pytest.fixture(scope="module")
def grouping_settings(default_settings: Settings) -> GroupingSettings:
    return default_settings.grouping


@pytest.fixture(scope="module")
def examples(grouping_settings: GroupingSettings) -> list[Example]:
    """Two inputs of their own noise, in all their variants."""
    encoder = HashingEncoder(64)
    inputs = (planted("one"), with_topics(planted("two", noise=0.6, seed=2)))
    return [example for each in inputs for example in examples_of(each, encoder, NO_BACKGROUND, grouping_settings, QUICK)]


@pytest.fixture(scope="module")
def learned(examples: list[Example]) -> Learned:
    return learn(examples, QUICK)


def made(labelled: LabelledInput, settings: GroupingSettings, learning: LearningSettings = QUICK) -> dict[str, Example]:
    return {each.variant: each for each in examples_of(labelled, HashingEncoder(64), NO_BACKGROUND, settings, learning)}


def assert_equal(one: Example, other: Example) -> None:
    assert (one.source, one.variant, one.truth) == (other.source, other.variant, other.truth)
    np.testing.assert_array_equal(one.evidence, other.evidence)
    np.testing.assert_array_equal(one.beyond, other.beyond)
    np.testing.assert_array_equal(one.near, other.near)


# Examples


def test_an_input_is_seen_whole_in_part_and_with_its_times_stretched(grouping_settings: GroupingSettings) -> None:
    assert list(made(planted(), grouping_settings)) == ["stories", "articles", "fewer", "stretched"]


def test_topics_are_also_left_out_where_there_are_some(grouping_settings: GroupingSettings) -> None:
    found = made(with_topics(planted()), grouping_settings)
    kinds = [NAMES.index(name) for name in ("shared_topics", "other_topics", "other_category")]
    assert np.abs(found["stories"].evidence[kinds]).max(axis=1).min() > 0
    assert np.abs(found["without topics"].evidence[kinds]).max() == 0
    rest = [place for place in range(len(NAMES)) if place not in kinds]
    np.testing.assert_array_equal(found["stories"].evidence[rest], found["without topics"].evidence[rest])


def test_without_dates_there_is_nothing_to_stretch(grouping_settings: GroupingSettings) -> None:
    assert list(made(undated(planted()), grouping_settings)) == ["stories", "articles", "fewer"]


def test_stretched_times_are_three_times_as_far_apart(grouping_settings: GroupingSettings) -> None:
    early, late = make_planted_stories(1, 2, 0.0, seed=1).articles
    begin = early.published
    assert begin is not None
    for days in (grouping_settings.window_days / 2, grouping_settings.window_days / 4):
        pair = (early, replace(late, published=begin + timedelta(days=days)), replace(late, id="z", title="Other", published=begin))
        labelled = LabelledInput("pair", pair, {article.id: article.title for article in pair})
        found = made(labelled, grouping_settings)
        assert not found["stories"].beyond.any()
        assert found["stretched"].beyond.any() == (days * 3 > grouping_settings.window_days)


def test_the_stories_of_an_example_are_whole(grouping_settings: GroupingSettings) -> None:
    few = replace(QUICK, articles=10)
    found = made(planted(stories=8, per_story=4), grouping_settings, few)
    assert sorted(found["stories"].truth.count(story) for story in set(found["stories"].truth)) == [4, 4]
    assert found["stretched"].truth == found["stories"].truth


def test_a_story_with_more_articles_than_an_example_may_have_is_there_alone(grouping_settings: GroupingSettings) -> None:
    found = made(planted(stories=2, per_story=6), grouping_settings, replace(QUICK, articles=4))
    assert len(found["stories"].truth) == 6


def test_samples_are_at_most_half_and_a_fifth_of_the_articles(grouping_settings: GroupingSettings) -> None:
    found = made(planted(stories=25, per_story=4), grouping_settings, replace(QUICK, articles=1000))
    assert len(found["stories"].truth) == 100
    assert 35 <= len(found["articles"].truth) <= 65  # each article by a lot of its own: 50 expected, 5 standard deviation
    assert 8 <= len(found["fewer"].truth) <= 32  # 20 expected, 4 standard deviation


def test_of_many_articles_a_sample_of_as_many_as_an_example_may_have_is_seen(grouping_settings: GroupingSettings) -> None:
    found = made(planted(stories=25, per_story=4), grouping_settings, replace(QUICK, variant_articles=20))
    assert 8 <= len(found["articles"].truth) <= 32
    assert 2 <= len(found["fewer"].truth) <= 22  # half of that


def test_another_seed_draws_other_articles(grouping_settings: GroupingSettings) -> None:
    one, other = (made(planted(stories=25), grouping_settings, replace(QUICK, articles=20, seed=seed)) for seed in (0, 1))
    assert one["articles"].truth != other["articles"].truth
    assert one["stories"].truth != other["stories"].truth


def test_the_order_of_the_articles_makes_no_difference(grouping_settings: GroupingSettings) -> None:
    labelled = with_topics(planted())
    shuffled = list(labelled.articles)
    random.Random(5).shuffle(shuffled)
    assert shuffled != list(labelled.articles)
    one = made(labelled, grouping_settings)
    other = made(replace(labelled, articles=tuple(shuffled)), grouping_settings)
    assert list(one) == list(other)
    for variant in one:
        assert_equal(one[variant], other[variant])


@pytest.mark.parametrize("labels", [{}, {"a": "x", "b": "x"}])
def test_an_input_of_one_story_is_refused_by_name(labels: dict[str, str], grouping_settings: GroupingSettings) -> None:
    articles = tuple(Article(key, f"Title {key}") for key in labels)
    with pytest.raises(InputError, match=r"^planted: has fewer than two labelled stories; nothing can be learned from it$"):
        made(LabelledInput("planted", articles, labels), grouping_settings)


def test_each_text_is_embedded_once_for_all_variants(grouping_settings: GroupingSettings) -> None:
    encoder = HashingEncoder(64)
    examples_of(with_topics(planted()), encoder, NO_BACKGROUND, grouping_settings, QUICK)
    assert len(encoder.seen) == len(set(encoder.seen)) > 0


def test_scores_of_an_example_are_those_of_ranking(default_settings: Settings, grouping_settings: GroupingSettings) -> None:
    labelled = planted(noise=0.4)
    model = SameStory({name: float(weight) for name, weight in zip(NAMES, START_WEIGHTS[:-1], strict=True)}, 0.05, Calibration(1.0, 0.0))
    grouping, _ = group_articles(build_corpus(labelled.articles, HashingEncoder(64), None), default_settings, model)
    example = made(labelled, grouping_settings)["stories"]
    left, right = np.triu_indices(len(example.truth), 1)
    np.testing.assert_allclose(example.scores(START_WEIGHTS[:-1], 0.05), grouping.score.of_pairs(left, right), atol=1e-3)
    near = {(int(left[place]), int(right[place])) for place in np.flatnonzero(example.near)}
    assert near == set(zip(grouping.pairs.left.tolist(), grouping.pairs.right.tolist(), strict=True))


def test_the_f1_of_an_example_is_that_of_ranking(default_settings: Settings, grouping_settings: GroupingSettings) -> None:
    seen = set()
    for join_at in (-0.4, 0.05, 0.3, 0.9):
        labelled = planted(noise=0.6)
        model = SameStory(START, join_at, Calibration(1.0, 0.0))
        grouping, _ = group_articles(build_corpus(labelled.articles, HashingEncoder(64), None), default_settings, model)
        truth = [labelled.labels[article.id] for article in grouping.corpus.articles]
        expected = b_cubed(truth, grouping.labels.tolist()).f1
        assert f1_of(made(labelled, grouping_settings)["stories"], model) == pytest.approx(expected)
        seen.add(round(expected, 6))
    assert len(seen) > 2


def test_pairs_beyond_the_window_are_never_joined(grouping_settings: GroupingSettings) -> None:
    articles = make_planted_stories(1, 2, 0.0, seed=1).articles
    assert articles[0].published is not None
    far = (articles[0], replace(articles[1], published=articles[0].published + timedelta(days=grouping_settings.window_days + 1)))
    labelled = LabelledInput("far", far, {far[0].id: "x", far[1].id: "y"})
    example = made(labelled, grouping_settings)["stories"]
    assert example.scores(START_WEIGHTS[:-1], 0.0).max() < -1
    assert f1_of(example, SameStory({"meaning": 1.0, "rare_words": 1.0}, 0.0, Calibration(1.0, 0.0))) == 1


def test_evidence_without_rows_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"^evidence meaning has no rows$"):
        same_story._all_pairs(Evidence("meaning", None))


# The search


@given(st.integers(0, 10_000), st.floats(0.05, 2.0))
@hypothesis_settings(max_examples=8)
def test_no_weight_leaves_its_side(examples: list[Example], seed: int, step_size: float) -> None:
    found = learn(examples[:2], replace(QUICK, seed=seed, step_size=step_size)).model
    assert list(found.weights) == NAMES
    assert all(weight * SIDES[name] >= 0 for name, weight in found.weights.items())


def test_the_same_seed_gives_the_same_model(examples: list[Example], learned: Learned) -> None:
    assert learn(examples, QUICK) == learned


def test_another_seed_searches_elsewhere(examples: list[Example], learned: Learned) -> None:
    assert learn(examples, replace(QUICK, seed=1)).model != learned.model


def test_the_order_of_the_inputs_makes_no_difference(examples: list[Example], learned: Learned) -> None:
    found = learn(sorted(examples, key=lambda example: example.source, reverse=True), QUICK)
    assert (found.model.weights, found.model.join_at) == (learned.model.weights, learned.model.join_at)
    assert found.objective == pytest.approx(learned.objective)
    assert found.f1 == learned.f1
    assert (found.model.calibration.slope, found.model.calibration.intercept) == pytest.approx(
        (learned.model.calibration.slope, learned.model.calibration.intercept), rel=1e-2
    )


def start_of(examples: Sequence[Example]) -> Learned:
    return learn(examples, replace(QUICK, steps=0))


def test_without_a_step_the_start_is_what_was_learned(examples: list[Example]) -> None:
    found = start_of(examples).model
    assert found.weights == {name: START.get(name, 0.0) for name in NAMES}
    assert found.join_at == START_JOIN_AT


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_is_no_worse_than_the_start(seed: int, examples: list[Example]) -> None:
    assert learn(examples, replace(QUICK, seed=seed)).objective >= start_of(examples).objective - 1e-12


def test_the_search_finds_something_better_where_there_is_something(examples: list[Example]) -> None:
    found = learn(examples, replace(QUICK, steps=40)).objective
    assert start_of(examples).objective < found < 1


def test_no_weight_passes_its_limit(examples: list[Example]) -> None:
    found = learn(examples, replace(QUICK, steps=40, step_size=2.0)).model.weights
    assert all(abs(found[name]) <= limit for name, limit in LIMITS.items())
    assert any(abs(found[name]) == limit for name, limit in LIMITS.items())


def test_the_objective_is_the_mean_over_inputs_drawn_towards_the_worst(learned: Learned) -> None:
    means = []
    for source in ("one", "two"):
        values = {variant: value for (of, variant), value in learned.f1.items() if of == source}
        others = [value for variant, value in values.items() if variant not in {"stories", "articles"}]
        means.append((6 * values["stories"] + 2 * values["articles"] + sum(others)) / (6 + 2 + len(others)))
    assert learned.objective == pytest.approx(0.7 * sum(means) / 2 + 0.3 * min(means))


def test_figures_are_told_for_each_variant_of_each_input(examples: list[Example], learned: Learned) -> None:
    assert list(learned.f1) == [(example.source, example.variant) for example in examples]
    assert all(0 < value <= 1 for value in learned.f1.values())


def test_the_figures_are_those_of_the_weights_that_are_written(examples: list[Example]) -> None:
    exactly = replace(QUICK, margins=(0.0,))
    found = learn(examples, exactly)
    assert {(each.source, each.variant): f1_of(each, found.model) for each in examples} == pytest.approx(found.f1)
    numbers = [*found.model.weights.values(), found.model.join_at]
    assert [round(number, 4) for number in numbers] == numbers


def test_the_mean_over_cuts_is_what_a_margin_gives(examples: list[Example]) -> None:
    margins = (-0.1, 0.0, 0.1)
    found = learn(examples[:1], replace(QUICK, steps=0, margins=margins))
    cuts = [f1_of(examples[0], msgspec.structs.replace(found.model, join_at=START_JOIN_AT + margin)) for margin in margins]
    assert len(set(cuts)) > 1
    assert found.objective == pytest.approx(sum(cuts) / 3)


def test_progress_is_told_step_by_step(examples: list[Example]) -> None:
    told: list[int] = []
    learn(examples[:1], QUICK, progress=told.append)
    assert told == [1] * 12


# The calibration


def pairs_of(example: Example) -> list[tuple[int, bool]]:
    """Place and truth of each near pair, counted out."""
    found, place = [], 0
    for one in range(len(example.truth)):
        for other in range(one + 1, len(example.truth)):
            if example.near[place]:
                found.append((place, example.truth[one] == example.truth[other]))
            place += 1
    return found


def test_near_pairs_are_counted_out_and_every_example_weighs_the_same(examples: list[Example]) -> None:
    scores, same, weight = near_pairs(examples, START_WEIGHTS)
    expected = [(example, place, truth) for example in examples for place, truth in pairs_of(example)]
    assert same.tolist() == [truth for _, _, truth in expected]
    of_each = {id(example): example.scores(START_WEIGHTS[:-1], START_JOIN_AT) for example in examples}
    assert scores.tolist() == pytest.approx([float(of_each[id(example)][place]) for example, place, _ in expected])
    assert weight.sum() == pytest.approx(len(examples))
    assert weight[: len(pairs_of(examples[0]))].tolist() == pytest.approx([1 / len(pairs_of(examples[0]))] * len(pairs_of(examples[0])))


def test_a_higher_score_is_a_higher_probability(learned: Learned) -> None:
    assert learned.model.calibration.slope > 0


def test_probabilities_are_right_on_the_whole(examples: list[Example]) -> None:
    found = calibrated(examples, START_WEIGHTS)
    scores, same, weight = near_pairs(examples, START_WEIGHTS)
    chance = [1 / (1 + math.exp(-(found.slope * score + found.intercept))) for score in scores.tolist()]
    # What logistic regression with a constant is bound to give: the mean probability is the share.
    assert np.average(chance, weights=weight) == pytest.approx(float(np.average(same, weights=weight)), abs=2e-3)


def test_no_other_slope_or_intercept_is_likelier(examples: list[Example]) -> None:
    scores, same, weight = near_pairs(examples, START_WEIGHTS)

    def loss(slope: float, intercept: float) -> float:
        return float(np.average(np.logaddexp(0, np.where(same, -1, 1) * (slope * scores + intercept)), weights=weight))

    found = calibrated(examples, START_WEIGHTS)
    best = loss(found.slope, found.intercept)
    for slope, intercept in ((1.1, 0), (0.9, 0), (1, 0.1), (1, -0.1)):
        assert loss(found.slope * slope, found.intercept + intercept) > best


def test_labels_of_one_kind_of_pair_are_refused(grouping_settings: GroupingSettings) -> None:
    pair = planted(stories=2, per_story=1, noise=0.0)
    with pytest.raises(InputError, match="near pairs are all of one story, or all of two"):
        learn(list(made(pair, grouping_settings).values()), QUICK)


def test_labels_that_contradict_all_evidence_are_refused(grouping_settings: GroupingSettings) -> None:
    labelled = planted(noise=0.3)
    across = {article.id: article.provider.key for article in labelled.articles}  # one article of each event is a story
    with pytest.raises(InputError, match="are these the right labels"):
        learn(list(made(replace(labelled, labels=across), grouping_settings).values()), replace(QUICK, steps=0))
