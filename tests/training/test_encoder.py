"""Fine-tuning: the loss against a slow one, the rate over the steps, and two steps on a tiny model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ranker.articles.article import Article
from ranker.settings import Settings
from ranker.training.encoder import TrainingSettings, contrastive_loss, rate_at, train_encoder
from ranker.training.pairs import PairSettings, TrainingStory, labelled_stories, story_vectors
from ranker.vectors.encoder import Vectors
from ranker.vectors.transformer import TransformerEncoder

TEMPERATURE = 0.1
SETTINGS = TrainingSettings(steps=2, learning_rate=1e-2, pairs=PairSettings(batch_pairs=3, doubles_at=None))


def unit_rows(seed: int, n: int = 4) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def slow_loss(anchors: Vectors, positives: Vectors, doubles: np.ndarray[Any, Any], *, same_side: bool) -> float:
    """The loss number by number."""
    total = 0.0
    n = len(anchors)
    for near, far in ((anchors, positives), (positives, anchors)):
        for i in range(n):
            own = float(np.exp(near[i] @ far[i] / TEMPERATURE))
            others = [j for j in range(n) if j != i and not doubles[i, j]]
            rivals = sum(float(np.exp(near[i] @ far[j] / TEMPERATURE)) for j in others)
            if same_side:
                rivals += sum(float(np.exp(near[i] @ near[j] / TEMPERATURE)) for j in others)
            total -= np.log(own / (own + rivals)) / (2 * n)
    return total


def fast_loss(anchors: Vectors, positives: Vectors, doubles: np.ndarray[Any, Any], *, same_side: bool) -> float:
    tensors = [torch.from_numpy(array) for array in (anchors, positives, doubles)]
    return float(contrastive_loss(*tensors, temperature=TEMPERATURE, same_side=same_side))


@pytest.mark.parametrize("same_side", [True, False])
@pytest.mark.parametrize("masked", [[], [(0, 1)], [(0, 1), (2, 3), (1, 3)]])
def test_the_loss_is_the_slow_one(masked: list[tuple[int, int]], same_side: bool) -> None:
    doubles = np.zeros((4, 4), dtype=bool)
    for i, j in masked:
        doubles[i, j] = doubles[j, i] = True
    expected = slow_loss(unit_rows(1), unit_rows(2), doubles, same_side=same_side)
    assert fast_loss(unit_rows(1), unit_rows(2), doubles, same_side=same_side) == pytest.approx(expected, rel=1e-5)


def test_a_double_costs_nothing_however_near() -> None:
    rows, doubles = unit_rows(3), np.zeros((4, 4), dtype=bool)
    rows[1] = rows[0]
    with_it = fast_loss(rows, rows, doubles, same_side=True)
    doubles[0, 1] = doubles[1, 0] = True
    assert fast_loss(rows, rows, doubles, same_side=True) < with_it - 0.1


def test_partners_alike_and_all_else_apart_cost_nothing() -> None:
    rows = np.eye(4, 6, dtype=np.float32)
    assert fast_loss(rows, rows, np.zeros((4, 4), dtype=bool), same_side=True) == pytest.approx(0, abs=1e-3)


def test_the_rate_rises_in_a_line_and_falls_in_a_line() -> None:
    settings = replace(SETTINGS, steps=10, warm_up=0.2)
    assert [rate_at(step, settings) for step in range(11)] == pytest.approx(
        [1 / 2, 2 / 2, 8 / 8, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0]
    )


@pytest.fixture(scope="module")
def stories(labelled: tuple[list[Article], dict[str, str]]) -> list[TrainingStory]:
    return labelled_stories(*labelled)


@pytest.fixture(scope="module")
def vectors(stories: list[TrainingStory], tiny_transformer: Path, default_settings: Settings) -> Vectors:
    return story_vectors(stories, TransformerEncoder(tiny_transformer, default_settings.encoder))


class TestTraining:
    """Two steps on a model of random weights."""

    @staticmethod
    def trained(base: Path, stories: list[TrainingStory], vectors: Vectors, **changes: Any) -> tuple[Vectors, list[float]]:
        model, losses = train_encoder(base, stories, vectors, replace(SETTINGS, **changes))
        return model.encode(["a storm closed the harbour", "calm sea"], show_progress_bar=False), losses

    def test_two_steps_change_the_vectors(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        after, losses = self.trained(tiny_transformer, stories, vectors)
        before, _ = self.trained(tiny_transformer, stories, vectors, learning_rate=0.0)
        assert len(losses) == 2
        assert np.abs(after - before).max() > 0.01

    def test_the_same_seed_gives_the_same_model(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        one, other = (self.trained(tiny_transformer, stories, vectors, seed=5) for _ in range(2))
        assert one[1] == other[1]
        assert np.array_equal(one[0], other[0])

    def test_another_seed_gives_another(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        one, other = (self.trained(tiny_transformer, stories, vectors, seed=seed) for seed in (5, 6))
        assert not np.array_equal(one[0], other[0])

    def test_training_leaves_the_callers_chance_alone(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        before = torch.get_rng_state()
        self.trained(tiny_transformer, stories, vectors)
        assert torch.equal(torch.get_rng_state(), before)

    def test_thirty_steps_bring_the_loss_down(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        _, losses = self.trained(tiny_transformer, stories, vectors, steps=30)
        assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])

    def test_shorter_prefixes_are_trained_if_asked_for(
        self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors
    ) -> None:
        whole, nested = (self.trained(tiny_transformer, stories, vectors, nested_dimensions=widths)[1][0] for widths in ((), (8, 4)))
        assert whole != nested

    def test_each_step_is_told(self, tiny_transformer: Path, stories: list[TrainingStory], vectors: Vectors) -> None:
        told: list[int] = []
        train_encoder(tiny_transformer, stories, vectors, SETTINGS, progress=told.append)
        assert told == [1, 1]
