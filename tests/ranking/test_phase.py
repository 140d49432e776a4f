"""Phase: breaking, developing, sustained or fading, each rule at its edge."""

from __future__ import annotations

import math
from dataclasses import astuple
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import AS_OF, LISTS_OF_TELLINGS, PUBLISHERS, SECONDS, TELLINGS, Told, make_stories, make_table, table_of, told

from ranker.ranking.phase import Phase, phase_of
from ranker.settings import PhaseSettings, Settings
from ranker.stories.story import Story

PHASES = PhaseSettings(half_life_hours=6, breaking_hours=6, breaking_groups=2, fading_below=0.5)
MINUTE = 1 / 60


def phase(*reports: Told, settings: PhaseSettings = PHASES) -> Phase:
    """The phase of a story of such reports; another one stands before it in the table."""
    return phase_of(make_table([told("nineline", 999)], reports), 1, SECONDS, settings)


def test_these_are_the_default_rules(default_settings: Settings) -> None:
    assert default_settings.phase == PHASES


# One example of each


def test_a_story_that_two_groups_tell_within_hours_is_breaking() -> None:
    pace, peak = 0.5 ** (3 / 6) + 0.5 ** (1 / 6), 0.5 ** (2 / 6) + 1
    assert astuple(phase(told("albion", 3), told("pressline", 1))) == pytest.approx(("breaking", pace, peak, 2, 3, 1))


def test_an_older_story_that_another_group_takes_up_is_developing() -> None:
    pace, peak = 0.5 ** (18 / 6) + 0.5 ** (3 / 6), 0.5 ** (15 / 6) + 1
    assert astuple(phase(told("albion", 18), told("pressline", 3))) == pytest.approx(("developing", pace, peak, 2, 18, 3))


def test_a_story_that_those_who_know_it_go_on_telling_is_sustained() -> None:
    pace, peak = 0.5 ** (24 / 6) + 0.5 ** (12 / 6) + 1, 0.5 ** (24 / 6) + 0.5 ** (12 / 6) + 1
    assert astuple(phase(told("albion", 24), told("pressline", 12), told("albion", 0))) == pytest.approx(
        ("sustained", pace, peak, 2, 24, 12)
    )


def test_a_story_that_is_told_less_than_half_as_much_as_once_is_fading() -> None:
    pace, peak = 0.5**2 + 0.5**2 + 0.5 ** (11 / 6), 0.5 ** (1 / 6) + 0.5 ** (1 / 6) + 1
    found = phase(told("albion", 12), told("pressline", 12), told("nineline", 11))
    assert astuple(found) == pytest.approx(("fading", pace, peak, 3, 12, 11))


# Edges


@pytest.mark.parametrize(
    ("reports", "name"),
    [
        ([told("albion", 6)], "developing"),  # its pace is half of its peak, not less
        ([told("albion", 6 + MINUTE)], "fading"),
        ([told("albion", 0)], "developing"),
        ([told("albion", 6), told("pressline", 0)], "breaking"),
        ([told("albion", 6 + MINUTE), told("pressline", 0)], "developing"),
        ([told("ledger", 3), told("sun", 0)], "developing"),  # one house
        ([told("albion", 3), told("albion", 0)], "developing"),
        ([told("albion", 20), told("pressline", 6), told("albion", 0)], "developing"),
        ([told("albion", 20), told("pressline", 6 + MINUTE), told("albion", 0)], "sustained"),
        ([told("albion", -0.5), told("pressline", -0.5)], "breaking"),  # a clock that is fast
    ],
    ids=[
        "half its peak",
        "below half its peak",
        "new, by one alone",
        "as old as breaks",
        "too old to break",
        "one house",
        "one paper",
        "a group a half-life ago",
        "a group longer ago",
        "ahead of the clock",
    ],
)
def test_each_rule_ends_where_it_says(reports: list[Told], name: str) -> None:
    assert phase(*reports).name == name


def test_copies_and_what_aggregators_carry_keep_no_story_alive() -> None:
    reports = [told("albion", 9, "agency"), told("pressline", 0, "agency"), told("relay", 0), told("handout", 0)]
    assert astuple(phase(*reports)) == pytest.approx(("fading", 0.5 ** (9 / 6), 1, 1, 9, 9))


@pytest.mark.parametrize("reports", [[told("albion", None)], [told("albion", None), told("pressline", None), told("cable", None)]])
def test_a_story_without_a_date_is_fading(reports: list[Told]) -> None:
    assert phase(*reports) == Phase("fading", 0, 0, len(reports), None, None)


def test_an_undated_report_is_a_group_that_tells_it_but_no_pace() -> None:
    assert phase(told("albion", 0), told("pressline", None)) == Phase("breaking", 1, 1, 2, 0, 0)


@pytest.mark.parametrize(
    ("change", "name"),
    [({"breaking_groups": 3}, "developing"), ({"breaking_hours": 2}, "developing"), ({"fading_below": 1}, "fading"), ({}, "breaking")],
)
def test_the_rules_are_settings(change: dict[str, object], name: str) -> None:
    assert phase(told("albion", 3), told("pressline", 1), settings=msgspec.structs.replace(PHASES, **change)).name == name


def test_thousands_told_at_once_are_the_peak() -> None:
    found = phase(*[told(f"paper {number}", 1) for number in range(5_000)])
    assert astuple(found) == pytest.approx(("breaking", 5_000 * 0.5 ** (1 / 6), 5_000, 5_000, 1, 1))


# Laws


def _phase_slowly(story: Story, settings: PhaseSettings) -> tuple[float, float, int, float | None, float | None]:
    """Pace, peak, groups, hours since the first report and since the newest group, each pace summed up anew."""
    seen: set[str] = set()
    ages: list[float] = []
    first_of_group: dict[str, float] = {}
    for article in story.articles:
        outlet = PUBLISHERS.outlet(article.provider)
        if article == story.first or (article.title not in seen and outlet.role in {"publisher", "wire"}):
            age = math.inf if article.published is None else max(0.0, (AS_OF - article.published) / timedelta(hours=1))
            first_of_group.setdefault(outlet.group, age)
            if age < math.inf:
                ages.append(age)
        seen.add(article.title)
    if not ages:
        return 0, 0, len(first_of_group), None, None

    def pace_at(now: float, told_so_far: list[float]) -> float:
        return float(sum(0.5 ** ((age - now) / settings.half_life_hours) for age in told_so_far))

    peak = max(pace_at(age, ages[: place + 1]) for place, age in enumerate(ages))
    return pace_at(0, ages), peak, len(first_of_group), ages[0], min(first_of_group.values())


@given(LISTS_OF_TELLINGS, st.sampled_from([1.0, 6.0, 48.0]))
def test_a_phase_is_read_from_what_going_through_the_story_gives(stories: list[list[Told]], half_life: float) -> None:
    settings = msgspec.structs.replace(PHASES, half_life_hours=half_life)
    made = make_stories(*stories)
    table = table_of(made)
    for place, story in enumerate(made):
        assert astuple(phase_of(table, place, SECONDS, settings))[1:] == pytest.approx(_phase_slowly(story, settings))


@given(LISTS_OF_TELLINGS)
def test_a_storys_phase_does_not_hang_on_other_stories(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)
    together = [phase_of(table_of(made), place, SECONDS, PHASES) for place in range(len(made))]
    assert [phase_of(table_of([story]), 0, SECONDS, PHASES) for story in made] == together


@given(TELLINGS)
def test_a_pace_is_never_above_its_peak(reports: list[Told]) -> None:
    found = phase(*reports)
    assert 0 <= found.pace <= found.peak


@given(TELLINGS)
def test_a_story_that_a_crowd_takes_up_now_does_not_fade(reports: list[Told]) -> None:
    crowd = [told(f"paper {number}", 0) for number in range(len(reports) + 1)]
    assert phase(*reports, *crowd).name in {"breaking", "developing"}
