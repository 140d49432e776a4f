"""Variants of an input: a share of it, the same moved in time."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.evaluation.variants import moved, sampled

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
MANY = tuple(Article(f"a{number}", "Storm") for number in range(2000))
HOURS = st.lists(st.integers(0, 500), min_size=1, max_size=8)


def _ids(articles: Iterable[Article]) -> set[str]:
    return {article.id for article in articles}


def _at(*hours: float | None) -> list[Article]:
    return [Article(f"a{i}", "Storm", published=None if at is None else START + timedelta(hours=at)) for i, at in enumerate(hours)]


def _hours(articles: tuple[Article, ...]) -> list[float]:
    return [(article.published - START) / timedelta(hours=1) for article in articles if article.published is not None]


class TestSample:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_has_about_the_share_asked_for(self, share: float) -> None:
        spread = 4 * (share * (1 - share) / len(MANY)) ** 0.5  # four standard deviations of a binomial share
        assert abs(len(sampled(MANY, share)) / len(MANY) - share) < spread

    def test_of_all_is_all(self) -> None:
        assert sampled(MANY, 1) == MANY

    def test_does_not_depend_on_the_order(self) -> None:
        shuffled = list(MANY)
        random.Random(1).shuffle(shuffled)
        assert _ids(sampled(shuffled, 0.3)) == _ids(sampled(MANY, 0.3))

    def test_keeps_the_order(self) -> None:
        assert list(sampled(reversed(MANY), 0.3)) == list(reversed(sampled(MANY, 0.3)))

    def test_decides_on_each_article_alone(self) -> None:
        assert sampled(MANY[:100], 0.3) == tuple(article for article in sampled(MANY, 0.3) if article in MANY[:100])

    def test_of_a_larger_share_holds_that_of_a_smaller_one(self) -> None:
        assert _ids(sampled(MANY, 0.2)) < _ids(sampled(MANY, 0.4))

    def test_is_another_for_another_seed(self) -> None:
        one, other = (_ids(sampled(MANY, 0.5, seed=seed)) for seed in (1, 2))
        assert 0.2 < len(one & other) / len(MANY) < 0.3  # independent: a quarter has both

    def test_of_no_articles_is_empty(self) -> None:
        assert sampled([], 0.5) == ()

    @pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
    def test_of_no_share_is_refused(self, share: float) -> None:
        with pytest.raises(ValueError, match="a share is above 0 and at most 1"):
            sampled(MANY, share)


class TestMoved:
    def test_times_are_stretched_around_the_earliest_and_then_shifted(self) -> None:
        later, as_of = moved(_at(3, 1, 5), START + timedelta(hours=6), shift_days=2, stretch=10)
        assert _hours(later) == [1 + 10 * 2 + 48, 1 + 48, 1 + 10 * 4 + 48]
        assert as_of == START + timedelta(hours=1 + 10 * 5 + 48)

    def test_times_may_go_back(self) -> None:
        later, as_of = moved(_at(3), START + timedelta(hours=3), shift_days=-1)
        assert _hours(later) == [3 - 24]
        assert as_of == START + timedelta(hours=3 - 24)

    @given(HOURS, st.integers(-1000, 1000))
    def test_a_shift_changes_no_gap(self, hours: list[int], days: int) -> None:
        later, _ = moved(_at(*hours), START, shift_days=days)
        assert [hour - days * 24 for hour in _hours(later)] == hours

    @given(HOURS, st.sampled_from([0.25, 0.5, 2, 8]))
    def test_a_stretch_multiplies_every_gap(self, hours: list[int], stretch: float) -> None:
        later, _ = moved(_at(*hours), START, stretch=stretch)
        assert [hour - min(hours) for hour in _hours(later)] == [stretch * (hour - min(hours)) for hour in hours]

    @given(HOURS, st.floats(0.1, 10), st.floats(-100, 100))
    def test_nothing_lies_ahead_of_the_new_moment(self, hours: list[int], stretch: float, days: float) -> None:
        later, as_of = moved(_at(*hours), START, shift_days=days, stretch=stretch)
        assert max(_hours(later)) <= (as_of - START) / timedelta(hours=1)

    def test_what_has_no_date_gets_none(self) -> None:
        (undated, dated), _ = moved(_at(None, 2), START + timedelta(hours=2), shift_days=1)
        assert undated.published is None
        assert dated.published == START + timedelta(hours=2 + 24)

    def test_of_no_articles_the_moment_moves(self) -> None:
        assert moved([], START, shift_days=1, stretch=3) == ((), START + timedelta(days=1))

    def test_a_date_that_was_set_back_is_not_the_earliest_and_moves_along(self) -> None:
        clamped = Article("late", "Storm", published=START, date_health="clamped")
        later, _ = moved([clamped, *_at(4)], START + timedelta(hours=4), stretch=2)
        assert _hours(later) == [4 - 2 * 4, 4]
        assert later[0].dated is None

    @pytest.mark.parametrize(("days", "stretch"), [(1e7, 1), (-1e6, 1), (1e300, 1), (0, 1e9), (float("inf"), 1), (float("nan"), 1)])
    def test_times_that_leave_the_calendar_are_refused(self, days: float, stretch: float) -> None:
        with pytest.raises(InputError, match="leave the years 1 to 9999"):
            moved(_at(0, 100), START + timedelta(hours=100), shift_days=days, stretch=stretch)

    @pytest.mark.parametrize("stretch", [0, -1, float("nan")])
    def test_times_are_not_folded(self, stretch: float) -> None:
        with pytest.raises(ValueError, match="stretched by a number above 0"):
            moved(_at(0), START, stretch=stretch)
