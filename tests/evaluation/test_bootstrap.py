"""The bootstrap: whole stories are drawn, and the ends of an interval are where they should be."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranker.evaluation import bootstrap
from ranker.evaluation.bootstrap import Interval, percentile_interval, resampled_means

VALUED = st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=12)


def _one_column(pairs: list[tuple[int, float]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.array([story for story, _ in pairs], dtype=np.int64), np.array([[value] for _, value in pairs])


def _slow_means(pairs: list[tuple[int, float]], n_stories: int, resamples: int, seed: int) -> list[float]:
    """Article by article: those of a story stand in the list as often as it was drawn."""
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(resamples):
        drawn = rng.multinomial(n_stories, [1 / n_stories] * n_stories).tolist()
        listed = [value for story, value in pairs for _ in range(drawn[story])]
        means.append(sum(listed) / len(listed) if listed else float("nan"))
    return means


@given(pairs=VALUED, seed=st.integers(0, 5))
def test_means_are_those_of_the_articles_of_drawn_stories(pairs: list[tuple[int, float]], seed: int) -> None:
    means = resampled_means(*_one_column(pairs), n_stories=4, resamples=20, seed=seed)
    assert means[:, 0].tolist() == pytest.approx(_slow_means(pairs, 4, 20, seed), nan_ok=True)


def test_every_resample_has_as_many_stories_as_there_are() -> None:
    drawn = np.concatenate([counts for _, counts in bootstrap._draws(7, 50, 0)])
    assert drawn.shape == (50, 7)
    assert set(drawn.sum(axis=1).tolist()) == {7}


def test_stories_stay_whole() -> None:
    # One story of nought and one of ones: a draw has both, the first twice or the second twice.
    stories, values = _one_column([(0, 0.0)] * 3 + [(1, 1.0)])
    means = resampled_means(stories, values, n_stories=2, resamples=200)
    assert set(means[:, 0].tolist()) == {0.0, 1 / 4, 1.0}


def test_memory_in_blocks_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    stories, values = np.arange(9), np.linspace(0, 1, 9)[:, np.newaxis]
    whole = resampled_means(stories, values, n_stories=9, resamples=50)
    monkeypatch.setattr(bootstrap, "_BLOCK_DRAWS", 9 * 7)
    assert resampled_means(stories, values, n_stories=9, resamples=50).tolist() == whole.tolist()


def test_the_same_seed_draws_the_same_stories_and_another_seed_others() -> None:
    stories, values = np.arange(9), np.linspace(0, 1, 9)[:, np.newaxis]
    one, same, other = (resampled_means(stories, values, n_stories=9, resamples=20, seed=seed).tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_stories_without_a_value_are_drawn_too() -> None:
    means = resampled_means(np.array([0]), np.array([[0.5]]), n_stories=2, resamples=200)[:, 0]
    assert set(means[~np.isnan(means)].tolist()) == {0.5}
    assert 0.25 - 0.1 < np.isnan(means).mean() < 0.25 + 0.1  # the other story twice: one draw in four


def test_of_no_stories_there_is_no_mean() -> None:
    means = resampled_means(np.array([], dtype=np.int64), np.empty((0, 2)), n_stories=0, resamples=3)
    assert means.shape == (3, 2)
    assert np.isnan(means).all()


def test_values_of_another_number_of_articles_are_refused() -> None:
    with pytest.raises(ValueError, match="3 articles have a story but 2 have values"):
        resampled_means(np.zeros(3, dtype=np.int64), np.zeros((2, 1)), n_stories=1)


def test_an_interval_leaves_as_much_out_on_either_side() -> None:
    samples = np.arange(101) / 100
    for level, low, high in ((0.95, 0.025, 0.975), (0.5, 0.25, 0.75)):
        interval = percentile_interval(samples, level=level)
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((low, high))
    assert percentile_interval(samples) == percentile_interval(samples, level=0.95)


def test_an_interval_leaves_out_what_is_no_number() -> None:
    assert percentile_interval(np.array([np.nan, 0.5, np.nan])) == Interval(0.5, 0.5)


@pytest.mark.parametrize("samples", [[], [np.nan, np.nan]])
def test_without_a_sample_there_is_no_interval(samples: list[float]) -> None:
    assert percentile_interval(np.array(samples)) is None


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for trial in range(100):
        level = rng.random(60)  # each story's own level, the articles of a story alike: the mean of all is 1 / 2
        stories = np.repeat(np.arange(60), 5)
        means = resampled_means(stories, level[stories, np.newaxis], n_stories=60, resamples=200, seed=trial)
        interval = percentile_interval(means[:, 0])
        assert interval is not None
        covered += interval.low <= 1 / 2 <= interval.high
    assert covered >= 88  # 95 in 100; drawn by articles instead it is 60


def test_a_thousand_resamples_take_no_time() -> None:
    stories = np.random.default_rng(0).integers(0, 40, 2413)
    begin = time.process_time()
    resampled_means(stories, np.ones((2413, 2)), n_stories=40)
    assert time.process_time() - begin < 1
