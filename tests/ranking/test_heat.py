"""Heat: quality, and what coverage, a burst of it and an audience add."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import AS_OF, LISTS_OF_TELLINGS, PUBLISHERS, REPORTS, SECONDS, TELLINGS, Told, make_stories, table_of, told

from ranker.ranking.heat import SECONDS_PER_HOUR, STEPS_A_POINT, Coverage, Heat, HeatColumns, heat_columns, heat_of, left_of, stepped
from ranker.settings import HeatSettings
from ranker.settings_file import load_settings
from ranker.stories.story import Story

COVERAGE = HeatSettings(
    points_per_coverage=10,
    half_life_hours=6,
    burst=0,
    past_half_life_hours=24,
    audience_fields=["visits"],
    audience_points=0,
    audience_cap=30,
    coverage="story",
    non_lead="own",
)
BURST = msgspec.structs.replace(COVERAGE, burst=2)
AUDIENCE = msgspec.structs.replace(COVERAGE, audience_points=2)
STEP = 1 / STEPS_A_POINT


@pytest.fixture(scope="module")
def everyday() -> HeatSettings:
    return load_settings(profile="everyday").heat


def heats(stories: Sequence[Story], settings: HeatSettings, *, as_of: float = SECONDS) -> dict[str, Heat]:
    """The heat of each story of one table, by its id."""
    table = table_of(stories, heat=settings)
    columns = heat_columns(table, as_of, settings)
    return {story.id: heat_of(table, columns, place, int(table.lead_order[table.starts[place]])) for place, story in enumerate(stories)}


def heat(*reports: Told, settings: HeatSettings = COVERAGE, hours_later: float = 0) -> Heat:
    """The heat of one story of such reports."""
    (found,) = heats(make_stories(reports), settings, as_of=SECONDS + hours_later * SECONDS_PER_HOUR).values()
    return found


def points(*reports: Told, settings: HeatSettings = COVERAGE) -> list[float]:
    """The points of each coverage in a story of such reports, the oldest first."""
    return [item.points for item in heat(*reports, settings=settings).coverage]


FIRST = told("albion", 99, quality=83)


# Coverage


def test_no_story_has_no_heat() -> None:
    columns = heat_columns(table_of([], heat=AUDIENCE), SECONDS, AUDIENCE)
    assert [len(column) for column in (columns.ages, columns.points, columns.covered, columns.warmth)] == [0, 0, 0, 0]


@pytest.mark.parametrize("settings", [COVERAGE, BURST, AUDIENCE])
@pytest.mark.parametrize("hours", [0, 99, None])
def test_an_article_alone_has_no_warmth(settings: HeatSettings, hours: float | None) -> None:
    alone = heat(told("albion", hours, quality=83), settings=settings)
    assert alone == Heat(points=83, quality=83, coverage=(), covered=0, past=0, expected=0, burst=0, audience=0)


@pytest.mark.parametrize(("quality", "groups", "expected"), [(83, 4, 83 + 4 * 10), (104, 3, 104 + 3 * 10)])
def test_the_formats_own_numbers_never_cool(quality: int, groups: int, expected: int, everyday: HeatSettings) -> None:
    others = [told(f"paper {number}", 90.0 + number) for number in range(groups)]
    assert heat(told("albion", 99, quality=quality), *others, settings=everyday).points == expected


def test_coverage_loses_half_of_its_points_in_each_half_life() -> None:
    found = points(FIRST, told("pressline", 12), told("nineline", 6), told("cable", 3), told("ledger", 0))
    assert found == [10 / 4, 10 / 2, pytest.approx(10 / 2**0.5, abs=STEP), 10]
    assert heat(FIRST, told("pressline", 12), told("nineline", 6)).points == 83 + 10 / 4 + 10 / 2


def test_each_coverage_tells_its_article_and_its_age() -> None:
    found = heat(FIRST, told("pressline", 6), told("nineline", None)).coverage
    assert found == (Coverage("a1", 6, 10 / 2, 0), Coverage("a2", None, 0, 0))


def test_a_group_never_counts_more_than_one_article_that_is_out_right_now() -> None:
    assert points(FIRST, *[told("pressline", 0) for _ in range(50)]) == [10] + [0] * 49
    assert heat(FIRST, *[told("pressline", number / 100) for number in range(500)]).covered == pytest.approx(10, abs=500 * STEP / 2)


def test_older_texts_of_a_group_count_what_the_newer_ones_leave() -> None:
    d1, d2, d3 = 1 / 2, 1 / 4, 1 / 8  # after one, two, three half-lives
    found = points(FIRST, told("pressline", 18), told("pressline", 12), told("pressline", 6))
    assert found == [stepped_once(10 * (1 - d1) * (1 - d2) * d3), 10 * (1 - d1) * d2, 10 * d1]
    assert sum(found) == pytest.approx(10 * (1 - (1 - d1) * (1 - d2) * (1 - d3)), abs=STEP)


def stepped_once(number: float) -> float:
    return round(number * STEPS_A_POINT) / STEPS_A_POINT


def test_papers_of_one_house_are_one_group() -> None:
    assert points(FIRST, told("ledger", 6), told("sun", 0)) == [(1 - 1) * 10 / 2, 10]
    assert points(FIRST, told("ledger", 6), told("pressline", 0)) == [10 / 2, 10]


def test_copies_and_what_aggregators_and_press_releases_carry_count_nothing() -> None:
    reports = [FIRST, told("pressline", 6, "agency"), told("nineline", 0, "agency"), told("relay", 0), told("handout", 0)]
    assert [item.article_id for item in heat(*reports).coverage] == ["a1"]
    assert heat(*reports).points == 83 + 10 / 2


def test_a_copy_of_the_first_report_counts_nothing() -> None:
    assert points(told("albion", 6, "agency"), told("pressline", 0, "agency")) == []


def test_the_first_report_counts_nothing_however_fresh() -> None:
    assert points(told("albion", 0), told("pressline", 0)) == [10]


@pytest.mark.parametrize("hours", [0, 6, None])
def test_the_first_report_takes_nothing_from_what_its_publisher_adds_at_the_same_time(hours: float | None, everyday: HeatSettings) -> None:
    assert points(told("albion", hours), told("albion", hours), settings=everyday) == [10]
    d = 0 if hours is None else 0.5 ** (hours / 6)
    assert points(told("albion", hours), told("albion", hours)) == [10 * d]


def test_coverage_without_a_date_counts_only_where_nothing_cools(everyday: HeatSettings) -> None:
    assert points(FIRST, told("pressline", None)) == [0]
    assert points(FIRST, told("pressline", None), settings=everyday) == [10]


def test_of_a_group_undated_coverage_counts_last(everyday: HeatSettings) -> None:
    assert points(FIRST, told("pressline", 50), told("pressline", None), settings=everyday) == [10, 0]


def test_a_clock_that_is_fast_makes_nothing_hotter_than_new() -> None:
    assert heat(FIRST, told("pressline", -0.9)).coverage == (Coverage("a1", 0, 10, 0),)


def test_the_heat_of_a_very_old_story_is_quality() -> None:
    assert heat(FIRST, told("pressline", 90), hours_later=1e6).points == 83


def test_heat_has_the_quality_of_the_lead() -> None:
    assert heat(told("albion", 9, quality=40), told("pressline", 6, quality=60), told("relay", 0, quality=99)).points == 60 + 10 / 2


def test_a_story_of_thousands_of_groups_is_their_sum() -> None:
    assert heat(FIRST, *[told(f"paper {number}", 6) for number in range(5_000)]).covered == 5_000 * 10 / 2


# Burst


def test_a_burst_is_what_coverage_has_above_what_the_past_foretells() -> None:
    found = heat(FIRST, told("pressline", 0), settings=BURST)
    expected = 10 * 6 / 24  # had it come at an even pace
    assert (found.past, found.expected, found.burst) == (10, expected, 2 * (10 - expected))
    assert found.points == 83 + 10 + 2 * (10 - expected)


def test_the_past_cools_with_the_longer_half_life() -> None:
    found = heat(FIRST, told("pressline", 24), told("nineline", 0), settings=BURST)
    assert [item.past_points for item in found.coverage] == [10 / 2, 10]
    covered, expected = 10 / 16 + 10, 15 * 6 / 24
    assert (found.covered, found.expected, found.burst) == (covered, expected, 2 * (covered - expected))


def test_a_story_that_everybody_told_yesterday_does_not_burst() -> None:
    found = heat(FIRST, *[told(f"paper {number}", 24) for number in range(8)], settings=BURST)
    assert (found.covered, found.expected, found.burst) == (8 * 10 / 16, 8 * (10 / 2) * 6 / 24, 0)


def test_a_story_that_is_told_at_an_even_pace_does_not_burst() -> None:
    found = heat(*[told(f"paper {number}", number + 0.5) for number in range(400)], settings=BURST)
    assert found.burst == pytest.approx(0, abs=0.1)
    assert found.expected == pytest.approx(found.covered, rel=0.001)


def test_there_is_no_burst_against_a_past_as_short_as_the_present() -> None:
    same = msgspec.structs.replace(BURST, past_half_life_hours=6)
    found = heat(FIRST, told("pressline", 3), told("nineline", 1), settings=same)
    assert (found.expected, found.burst) == (0, 0)


@pytest.mark.parametrize("change", [{"burst": 0}, {"half_life_hours": None}], ids=["burst 0", "nothing cools"])
def test_without_a_burst_there_is_no_past(change: dict[str, object]) -> None:
    found = heat(FIRST, told("pressline", 0), settings=msgspec.structs.replace(BURST, **change))
    assert (found.points, found.past, found.expected, found.burst) == (83 + 10, 0, 0, 0)
    assert [item.past_points for item in found.coverage] == [0]


# Audience


@pytest.mark.parametrize(("visits", "audience"), [(0, 0), (1, 2 * 1), (3, 2 * 2), (1023, 2 * 10), (2**15 - 1, 2 * 15), (10**9, 30)])
def test_an_audience_adds_points_with_each_doubling_as_far_as_its_cap(visits: int, audience: float) -> None:
    assert heat(told("albion", 0, visits=visits), settings=AUDIENCE).audience == audience


def test_the_audiences_of_all_articles_count_together_copies_and_aggregators_too() -> None:
    reports = [told("albion", 0, "agency", visits=1), told("pressline", 0, "agency", visits=2), told("relay", 0, visits=12)]
    assert heat(*reports, settings=AUDIENCE).audience == 2 * math.log2(1 + 1 + 2 + 12)


def test_an_audience_cools_with_its_article() -> None:
    reports = [told("albion", 6, visits=4), told("pressline", 12, visits=20), told("nineline", None, visits=999)]
    assert heat(*reports, settings=AUDIENCE).audience == 2 * math.log2(1 + 4 / 2 + 20 / 4)


def test_an_undated_audience_counts_where_nothing_cools() -> None:
    never = msgspec.structs.replace(AUDIENCE, half_life_hours=None)
    assert heat(told("albion", 999, visits=3), told("pressline", None, visits=4), settings=never).audience == 2 * math.log2(1 + 3 + 4)


def test_an_audience_is_part_of_heat_and_of_no_other_story() -> None:
    stories = make_stories([FIRST, told("pressline", 0, visits=3)], [told("albion", 1, quality=5)])
    found = heats(stories, AUDIENCE)
    assert [item.points for item in found.values()] == [83 + 10 + 2 * 2, 5]


# Small parts


def test_of_an_age_a_half_is_left_after_a_half_life_and_nothing_without_an_age() -> None:
    ages = np.array([0, 6, 12, np.nan])
    assert left_of(ages, 6).tolist() == [1, 1 / 2, 1 / 4, 0]
    assert left_of(ages, None).tolist() == [1, 1, 1, 1]


def test_points_are_rounded_to_the_nearest_step() -> None:
    assert stepped(np.array([0.3, 10 / 3, -0.3]) * STEP * 10).tolist() == [3 * STEP, 33 * STEP, -3 * STEP]


# Laws


def heat_settings(points: float, half_life: float | None, burst: float, longer: float, audience: float, cap: float) -> HeatSettings:
    return HeatSettings(
        points_per_coverage=points,
        half_life_hours=half_life,
        burst=burst,
        past_half_life_hours=(half_life or 24) * longer,
        audience_fields=["visits"],
        audience_points=audience,
        audience_cap=cap,
        coverage="story",
        non_lead="own",
    )


HALF_LIVES = st.none() | st.sampled_from([6.0, 24.0]) | st.floats(0.01, 1e4)
HEATS = st.builds(heat_settings, st.floats(0, 1e3), HALF_LIVES, st.floats(0, 5), st.floats(1, 8), st.floats(0, 10), st.floats(0, 100))


@given(LISTS_OF_TELLINGS, HEATS)
def test_no_part_of_heat_is_below_0(stories: list[list[Told]], settings: HeatSettings) -> None:
    for found in heats(make_stories(*stories), settings).values():
        assert min(found.covered, found.past, found.expected, found.burst, found.audience) >= 0
        assert all(item.points >= 0 and item.past_points >= 0 for item in found.coverage)
        assert found.points >= found.quality
        assert found.audience <= settings.audience_cap + STEP / 2


@given(LISTS_OF_TELLINGS, HEATS, st.randoms(use_true_random=False))
def test_all_parts_add_up_exactly_in_any_order(stories: list[list[Told]], settings: HeatSettings, random: Random) -> None:
    for found in heats(make_stories(*stories), settings).values():
        terms = [found.quality, *(item.points for item in found.coverage), found.burst, found.audience]
        assert sum(map(Fraction, terms)) == Fraction(found.points)
        assert sum(Decimal(repr(term)) for term in terms) == Decimal(repr(found.points))
        random.shuffle(terms)
        assert sum(terms) == math.fsum(terms) == found.points
        assert sum(item.points for item in found.coverage) == found.covered
        assert sum(item.past_points for item in found.coverage) == (found.past if settings.burst and settings.half_life_hours else 0)


@given(TELLINGS, REPORTS, st.integers(0, 12), HEATS)
def test_another_article_in_its_own_words_never_takes_from_coverage(
    reports: list[Told], more: Told, place: int, settings: HeatSettings
) -> None:
    own = told(more.who, more.hours)  # an earlier article with the text of a later one would make that one a copy
    before, after = heat(*reports, settings=settings), heat(*reports[:place], own, *reports[place:], settings=settings)
    assert after.covered >= before.covered - len(after.coverage) * STEP  # each part is rounded by itself


@given(TELLINGS, HEATS, st.floats(0, 500))
def test_without_new_articles_coverage_only_cools(reports: list[Told], settings: HeatSettings, hours: float) -> None:
    now, later = (heat(*reports, settings=settings, hours_later=after) for after in (0, hours))
    assert later.covered <= now.covered + len(now.coverage) * STEP


@given(TELLINGS, HEATS)
def test_no_group_covers_more_than_one_fresh_article(reports: list[Told], settings: HeatSettings) -> None:
    (story,) = make_stories(reports)
    group_of = {article.id: PUBLISHERS.group_of(article) for article in story.articles}
    by_group: dict[str, list[float]] = {}
    for item in heat(*reports, settings=settings).coverage:
        by_group.setdefault(group_of[item.article_id], []).append(item.points)
    for parts in by_group.values():
        assert sum(parts) <= settings.points_per_coverage + len(parts) * STEP


@given(LISTS_OF_TELLINGS, HEATS, st.randoms(use_true_random=False))
def test_a_storys_heat_hangs_neither_on_other_stories_nor_on_their_order(
    stories: list[list[Told]], settings: HeatSettings, random: Random
) -> None:
    made = make_stories(*stories)
    together = heats(made, settings)
    assert {key: value for story in made for key, value in heats([story], settings).items()} == together
    random.shuffle(made)
    assert heats(made, settings) == together


# A slow way to the same numbers


def _coverage_slowly(story: Story, amount: float, half_life: float | None) -> dict[str, float]:
    """Points of each text of its own that came after the first report, group by group, from the newest to the oldest."""
    seen = {story.first.title}
    by_group: dict[str, list[tuple[float, str]]] = {}
    for article in story.articles[1:]:
        outlet = PUBLISHERS.outlet(article.provider)
        if article.title not in seen and outlet.role in {"publisher", "wire"}:
            hours = math.inf if article.published is None else (AS_OF - article.published) / timedelta(hours=1)
            by_group.setdefault(outlet.group, []).append((hours, article.id))
        seen.add(article.title)
    found: dict[str, float] = {}
    for texts in by_group.values():
        left_to_count = 1.0
        for hours, name in sorted(texts):
            d = 1.0 if half_life is None else 0.5 ** (max(0.0, hours) / half_life)
            found[name] = amount * left_to_count * d
            left_to_count *= 1 - d
    return found


def _audience_slowly(story: Story, settings: HeatSettings) -> float:
    total = 0.0
    for article in story.articles:
        visits, half_life = float(str(article.extra["visits"])), settings.half_life_hours
        if half_life is None:
            total += visits
        elif article.published is not None:
            total += visits * 0.5 ** (max(0.0, (AS_OF - article.published) / timedelta(hours=1)) / half_life)
    return min(settings.audience_cap, settings.audience_points * math.log2(1 + total))


@given(LISTS_OF_TELLINGS, HEATS)
def test_heat_is_what_going_through_each_story_gives(stories: list[list[Told]], settings: HeatSettings) -> None:
    made = make_stories(*stories)
    for story, found in zip(made, heats(made, settings).values(), strict=True):
        near = STEP / 2 + 1e-9
        slow = _coverage_slowly(story, settings.points_per_coverage, settings.half_life_hours)
        assert {item.article_id: item.points for item in found.coverage} == pytest.approx(slow, abs=near)
        assert found.audience == pytest.approx(_audience_slowly(story, settings), abs=near)
        if settings.burst and settings.half_life_hours is not None and settings.half_life_hours < settings.past_half_life_hours:
            past = _coverage_slowly(story, settings.points_per_coverage, settings.past_half_life_hours)
            assert {item.article_id: item.past_points for item in found.coverage} == pytest.approx(past, abs=near)
            assert found.expected == pytest.approx(found.past * settings.half_life_hours / settings.past_half_life_hours, abs=near)
            assert found.burst == pytest.approx(settings.burst * max(0.0, found.covered - found.expected), abs=near)
        else:
            assert (found.past, found.expected, found.burst) == (0, 0, 0)


def test_warmth_is_what_stands_above_the_leads_quality() -> None:
    columns: HeatColumns = heat_columns(
        table_of(make_stories([FIRST, told("pressline", 0, visits=3)]), heat=AUDIENCE), SECONDS, msgspec.structs.replace(AUDIENCE, burst=2)
    )
    assert columns.warmth.tolist() == [10 + 2 * (10 - 10 * 6 / 24) + 2 * math.log2(1 + 3)]


@pytest.mark.parametrize("past", [1, 4, 6])
def test_a_past_no_longer_than_the_half_life_foretells_all_that_is_covered(past: float) -> None:
    settings = msgspec.structs.replace(BURST, half_life_hours=6, past_half_life_hours=past)
    found = heat(told("albion", 9), told("echo", 1), told("herald", 0), settings=settings)
    assert (found.covered > 0, found.burst) == (True, 0)
