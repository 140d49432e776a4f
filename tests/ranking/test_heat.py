"""Heat: quality and what coverage adds to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article
from ranker.ranking.heat import age_hours, heat_of, other_coverage
from ranker.settings import HeatSettings, Settings, load_settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)


def aged(*hours: float | None) -> list[Article]:
    """Articles of such ages at AS_OF; None for one without a date."""
    times = [None if age is None else AS_OF - timedelta(hours=age) for age in hours]
    return [Article(f"a{i}", f"Quake, report {i}", published=time) for i, time in enumerate(times)]


@pytest.fixture(scope="module")
def day(default_settings: Settings) -> HeatSettings:
    return msgspec.structs.replace(default_settings.heat, points_per_coverage=10, half_life_hours=24)


@pytest.fixture(scope="module")
def everyday() -> HeatSettings:
    return load_settings(profile="everyday").heat


def test_without_coverage_heat_is_quality(day: HeatSettings) -> None:
    heat = heat_of(83, [], AS_OF, day)
    assert (heat.points, heat.quality, heat.coverage) == (83, 83, ())


@pytest.mark.parametrize(("quality", "related", "heat"), [(83, 4, 83 + 4 * 10), (104, 3, 104 + 3 * 10)])
def test_the_format_s_own_numbers_cool_never(quality: int, related: int, heat: int, everyday: HeatSettings) -> None:
    assert heat_of(quality, aged(*[90.0] * related), AS_OF, everyday).points == heat


def test_coverage_loses_half_of_its_points_in_each_half_life(day: HeatSettings) -> None:
    heat = heat_of(83, aged(0, 24, 48, 12), AS_OF, day)
    assert [item.points for item in heat.coverage] == [10, 10 / 2, 10 / 4, pytest.approx(10 / 2**0.5)]
    assert heat.points == pytest.approx(83 + 10 + 5 + 2.5 + 10 / 2**0.5)


def test_each_coverage_tells_its_article_and_age(day: HeatSettings) -> None:
    assert [(item.article_id, item.age_hours) for item in heat_of(83, aged(6, None), AS_OF, day).coverage] == [("a0", 6), ("a1", None)]


def test_coverage_without_a_date_counts_only_where_nothing_cools(day: HeatSettings, everyday: HeatSettings) -> None:
    assert [heat_of(83, aged(None), AS_OF, settings).points for settings in (day, everyday)] == [83, 83 + 10]


def test_a_clock_that_is_fast_makes_nothing_hotter_than_new(day: HeatSettings) -> None:
    assert heat_of(83, aged(-0.9), AS_OF, day).points == 83 + 10


def test_the_heat_of_a_very_old_story_is_quality(day: HeatSettings) -> None:
    assert heat_of(83, aged(1e6), AS_OF, day).points == pytest.approx(83)


def test_an_age_is_never_negative() -> None:
    assert [age_hours(AS_OF - timedelta(minutes=90), AS_OF), age_hours(AS_OF + timedelta(minutes=5), AS_OF)] == [1.5, 0]


def test_copies_of_one_text_are_one_coverage_by_the_first_of_them() -> None:
    lead, first, copy, other = aged(4, 3, 2, 1)
    texts = {lead.id: "own", first.id: "agency", copy.id: "agency", other.id: "rival"}
    assert other_coverage(lead, [lead, first, copy, other], texts) == [first, other]


def test_copies_of_the_article_itself_are_no_coverage() -> None:
    lead, copy = aged(4, 3)
    assert other_coverage(lead, [lead, copy], {lead.id: "agency", copy.id: "agency"}) == []


AGES = st.lists(st.none() | st.floats(-1, 1e4), max_size=8)
HEATS = st.builds(
    HeatSettings,
    points_per_coverage=st.floats(0, 1e3),
    half_life_hours=st.none() | st.floats(0.01, 1e4),
    coverage=st.just("story"),
    non_lead=st.just("own"),
)


@given(st.integers(-200, 200), AGES, HEATS)
def test_heat_is_never_below_quality(quality: int, ages: list[float | None], settings: HeatSettings) -> None:
    assert heat_of(quality, aged(*ages), AS_OF, settings).points >= quality


@given(st.integers(-200, 200), AGES, st.none() | st.floats(-1, 1e4), st.integers(0, 8), HEATS)
def test_more_coverage_never_cools(quality: int, ages: list[float | None], age: float | None, place: int, settings: HeatSettings) -> None:
    more = [*ages[:place], age, *ages[place:]]
    assert heat_of(quality, aged(*more), AS_OF, settings).points >= heat_of(quality, aged(*ages), AS_OF, settings).points


@given(st.integers(-200, 200), AGES, HEATS)
def test_quality_and_the_points_of_coverage_add_up_to_heat(quality: int, ages: list[float | None], settings: HeatSettings) -> None:
    heat = heat_of(quality, aged(*ages), AS_OF, settings)
    assert heat.points == heat.quality + sum(item.points for item in heat.coverage)


def test_a_date_that_was_set_back_to_as_of_warms_nothing(day: HeatSettings) -> None:
    wrong = [replace(article, date_health="clamped") for article in aged(0)]
    assert heat_of(83, wrong, AS_OF, day).points == 83
