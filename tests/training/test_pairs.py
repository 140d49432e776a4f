"""Pairs: which stories can be learnt from, and which texts a batch puts beside each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.stories.story import Grouping
from ranker.training.pairs import (
    Batch,
    BatchSampler,
    MiningSettings,
    PairSettings,
    TrainingStory,
    labelled_stories,
    mined_stories,
    story_vectors,
)
from ranker.vectors.encoder import Vectors

SETTINGS = PairSettings(batch_pairs=4, hard_negatives=1, nearest=2)


def article(number: int, title: str, provider: str = "") -> Article:
    from ranker.articles.article import Provider

    return Article(id=f"a{number:02}", title=title, excerpt=f"excerpt {number}", provider=Provider(provider or f"Paper {number}"))


def line_of_stories(n: int) -> tuple[list[TrainingStory], Vectors]:
    """Stories on a half circle: the nearest ones of a story are its neighbours in number."""
    stories = [
        TrainingStory((article(2 * number, f"story {number} one"), article(2 * number + 1, f"story {number} other")), ((0, 1),))
        for number in range(n)
    ]
    angles = np.linspace(0, np.pi, n)
    return stories, np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def batches(n: int, count: int, *, seed: int = 0, n_mined: int = 0, **changes: Any) -> list[Batch]:
    stories, vectors = line_of_stories(n)
    return list(islice(BatchSampler(stories, vectors, replace(SETTINGS, **changes), seed=seed, n_mined=n_mined), count))


def numbers(texts: list[str]) -> list[int]:
    return [int(text.split()[1]) for text in texts]


class TestLabelledStories:
    """Articles and labels in, stories out."""

    def test_stories_come_in_order_of_label_with_every_pair_of_their_texts(self, labelled: tuple[list[Article], dict[str, str]]) -> None:
        stories = labelled_stories(*labelled)
        assert [labelled[1][story.articles[0].id] for story in stories] == ["dawn", "ferry", "storm"]
        assert [story.pairs for story in stories] == [((0, 1), (0, 2), (1, 2))] * 3

    def test_the_order_of_articles_makes_no_difference(self, labelled: tuple[list[Article], dict[str, str]]) -> None:
        articles, labels = labelled
        assert labelled_stories(articles[::-1], labels) == labelled_stories(articles, labels)

    def test_a_copy_is_no_second_text(self) -> None:
        articles = [article(1, "one"), article(1, "one"), article(2, "two"), article(3, "three"), article(4, "four")]
        copies = [replace(articles[0], id="a00"), *articles[1:]]
        stories = labelled_stories(copies, {"a00": "x", "a01": "x", "a02": "x", "a03": "y", "a04": "y"})
        assert [[item.id for item in story.articles] for story in stories] == [["a00", "a02"], ["a03", "a04"]]

    @pytest.mark.parametrize("labels", [{}, {"a00": "x", "a01": "x"}, {"a00": "x", "a01": "y", "a02": "z"}])
    def test_fewer_than_two_stories_of_two_texts_are_refused(self, labels: dict[str, str]) -> None:
        with pytest.raises(InputError, match=r"training needs at least 2 stories of two different texts each, got [01]"):
            labelled_stories([article(number, f"title {number}") for number in range(3)], labels)


class TestMinedStories:
    """A grouping of unlabelled articles in, the pairs it is sure of out."""

    @staticmethod
    def grouping(**changes: object) -> Grouping:
        """Four articles; 0, 1 and 2 are one group, all of whose pairs are sure, of other words, and of one hour."""
        pairs: dict[str, object] = {
            "left": np.array([0, 0, 1, 2]), "right": np.array([1, 2, 2, 3]), "rare": np.array([0.1, 0.2, 0.3, 0.1]),
            "gap_days": np.array([0.1, 0.1, 0.1, 0.1]),
        }  # fmt: skip
        articles = tuple(article(number, f"title {number}", cast("str", changes.pop(f"provider_{number}", ""))) for number in range(4))
        log_odds = changes.pop("log_odds", np.array([9.0, 9.0, 9.0, 9.0]))
        made = SimpleNamespace(
            pairs=SimpleNamespace(**(pairs | changes)), log_odds=log_odds, labels=np.array([0, 0, 0, 3]),
            corpus=SimpleNamespace(articles=articles),
        )  # fmt: skip
        return cast("Grouping", made)

    def test_sure_pairs_of_one_group_become_one_story(self) -> None:
        (story,) = mined_stories(self.grouping(), MiningSettings())
        assert [item.id for item in story.articles] == ["a00", "a01", "a02"]
        assert story.pairs == ((0, 1), (0, 2), (1, 2))

    @pytest.mark.parametrize(
        "changes",
        [
            {"log_odds": np.array([9.0, 2.0, 9.0, 9.0])},  # P = 1 / (1 + exp(-2)) = 0.88
            {"rare": np.array([0.1, 0.5, 0.3, 0.1])},
            {"gap_days": np.array([0.1, 1.5, 0.1, 0.1])},
            {"gap_days": np.array([0.1, np.nan, 0.1, 0.1])},
            {"provider_0": "Same", "provider_2": "Same"},
        ],
        ids=["unsure", "same words", "another day", "undated", "same provider"],
    )
    def test_any_other_pair_is_left_out(self, changes: dict[str, object]) -> None:
        (story,) = mined_stories(self.grouping(**changes), MiningSettings())
        assert story.pairs == ((0, 1), (1, 2))

    def test_nothing_sure_gives_no_story(self) -> None:
        assert mined_stories(self.grouping(log_odds=np.zeros(4)), MiningSettings()) == []


class TestBatches:
    """What stands in a batch."""

    def test_each_pair_is_of_one_story_and_each_story_stands_once(self) -> None:
        for batch in batches(9, 20):
            assert numbers(batch.anchors) == numbers(batch.positives)
            assert len(set(numbers(batch.anchors))) == 4

    def test_a_pair_has_two_different_articles_either_way_round(self) -> None:
        firsts = set()
        for batch in batches(9, 20):
            for one, other in zip(batch.anchors, batch.positives, strict=True):
                sides = (one.split()[2].strip("."), other.split()[2].strip("."))
                assert sorted(sides) == ["one", "other"]
                firsts.add(sides[0])
        assert firsts == {"one", "other"}

    def test_the_same_seed_gives_the_same_batches(self) -> None:
        def told(seed: int) -> list[tuple[list[str], list[str]]]:
            return [(batch.anchors, batch.positives) for batch in batches(9, 5, seed=seed)]

        assert told(3) == told(3)
        assert told(3) != told(4)

    def test_hard_negatives_are_among_the_nearest(self) -> None:
        for batch in batches(30, 20, batch_pairs=2):
            drawn, near = numbers(batch.anchors)
            assert abs(drawn - near) <= 2

    def test_without_hard_negatives_nearness_makes_no_difference(self) -> None:
        stories, vectors = line_of_stories(30)
        settings = replace(SETTINGS, hard_negatives=0, doubles_at=None)
        one = next(iter(BatchSampler(stories, vectors, settings)))
        other = next(iter(BatchSampler(stories, vectors[::-1].copy(), settings)))
        assert one.anchors == other.anchors

    def test_stories_nearer_than_the_limit_are_doubles(self) -> None:
        limit = float(np.cos(1.5 * np.pi / 29))  # between one step on the line and two
        for batch in batches(30, 10, doubles_at=limit):
            places = np.array(numbers(batch.anchors))
            assert np.array_equal(batch.doubles, np.abs(places[:, None] - places[None, :]) == 1)

    def test_without_a_limit_there_are_no_doubles(self) -> None:
        assert not any(batch.doubles.any() for batch in batches(30, 10, doubles_at=None))

    @pytest.mark.parametrize(("share", "with_excerpt"), [(1.0, {False}), (0.0, {True}), (0.5, {False, True})])
    def test_a_share_of_the_texts_is_the_title_alone(self, share: float, with_excerpt: set[bool]) -> None:
        texts = [text for batch in batches(9, 10, title_only=share) for text in batch.anchors + batch.positives]
        assert {"excerpt" in text for text in texts} == with_excerpt

    def test_a_small_collection_gives_small_batches(self) -> None:
        assert [sorted(numbers(batch.anchors)) for batch in batches(3, 2)] == [[0, 1, 2], [0, 1, 2]]

    @pytest.mark.parametrize(("share", "drawn"), [(0.0, set(range(4))), (1.0, {4, 5})])
    def test_mined_stories_are_drawn_by_their_share(self, share: float, drawn: set[int]) -> None:
        found = batches(6, 30, n_mined=2, mined_share=share, hard_negatives=0, batch_pairs=1)
        assert {number for batch in found for number in numbers(batch.anchors)} == drawn

    def test_stories_and_vectors_must_be_as_many(self) -> None:
        stories, vectors = line_of_stories(5)
        with pytest.raises(ValueError, match="5 stories but 4 vectors"):
            BatchSampler(stories, vectors[:4], SETTINGS)


@given(n=st.integers(2, 12), size=st.integers(1, 20), hard=st.integers(0, 6), nearest=st.integers(1, 20), seed=st.integers(0, 99))
def test_a_batch_never_holds_a_story_twice(n: int, size: int, hard: int, nearest: int, seed: int) -> None:
    (batch,) = batches(n, 1, seed=seed, batch_pairs=size, hard_negatives=hard, nearest=nearest)
    assert len(batch.anchors) == len(set(numbers(batch.anchors))) == min(n, size)


def test_a_story_lies_at_the_mean_of_its_texts(labelled: tuple[list[Article], dict[str, str]]) -> None:
    stories, encoder = labelled_stories(*labelled), HashingEncoder()
    sums = [encoder.encode([item.text for item in story.articles]).sum(axis=0) for story in stories]
    expected = np.stack([total / np.linalg.norm(total) for total in sums])
    assert story_vectors(stories, encoder) == pytest.approx(expected, abs=1e-6)
