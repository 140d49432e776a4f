"""Baselines: each formula on a moment small enough to work it out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.streams import START, Report, stream_table, told

from ranker.evaluation.baselines import DECAY_HALF_LIVES, baselines
from ranker.evaluation.forecast import Moment

MIDNIGHT = START.timestamp()
KNOWN = baselines()


def scores(name: str, *stories: list[Report], at: float) -> list[float]:
    """What a baseline gives to stories at some hour."""
    moment = Moment(MIDNIGHT + at * 3600, stream_table(stories), np.zeros(len(stories)))
    return [float(score) for score in KNOWN[name](moment)]


# Four words by three publishers over ten hours, and two by two in the last one; the clock says 12.
OLD: list[Report] = [(0.0, "Albion"), (1.0, "Herald"), (6.0, "Albion"), (10.0, "Echo")]
NEW: list[Report] = [(11.0, "Albion"), (12.0, "Echo")]


def test_every_baseline_is_known_by_name_in_the_order_shown() -> None:
    decays = [f"decay {half_life:g} h" for half_life in (1, 3, 6, 12, 24)]
    assert list(KNOWN) == ["total count", "distinct providers", "most recent", "Hacker News", "Reddit", *decays]
    assert DECAY_HALF_LIVES == (1, 3, 6, 12, 24)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("total count", [4, 2]),
        ("distinct providers", [3, 2]),
        ("most recent", [MIDNIGHT + 10 * 3600, MIDNIGHT + 12 * 3600]),
        ("Hacker News", [(4 - 1) ** 0.8 / (12 + 2) ** 1.8, (2 - 1) ** 0.8 / (1 + 2) ** 1.8]),
        ("decay 3 h", [0.5**4 + 0.5 ** (11 / 3) + 0.5**2 + 0.5 ** (2 / 3), 0.5 ** (1 / 3) + 1]),
        ("decay 24 h", [0.5**0.5 + 0.5 ** (11 / 24) + 0.5**0.25 + 0.5 ** (2 / 24), 0.5 ** (1 / 24) + 1]),
    ],
)
def test_two_stories_by_hand(name: str, expected: list[float]) -> None:
    assert scores(name, OLD, NEW, at=12) == pytest.approx(expected)


def test_reddit_takes_twelve_and_a_half_hours_for_ten_times_the_votes() -> None:
    old, new = scores("Reddit", OLD, NEW, at=12)
    assert old - new == pytest.approx(math.log10(4) - math.log10(2) - 11 * 3600 / 45000)
    hours = 45000 / 3600
    ten, one = scores("Reddit", told(*[0.0] * 10), told(hours), at=hours)
    assert ten == pytest.approx(one)


def test_reddit_looks_at_the_first_report_whatever_the_moment() -> None:
    assert scores("Reddit", OLD, NEW, at=12) == scores("Reddit", OLD, NEW, at=48)


def test_a_story_told_once_has_no_votes_on_hacker_news() -> None:
    assert scores("Hacker News", told(1), OLD, at=12)[0] == 0


@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("decay")])
def test_a_word_counts_half_after_each_half_life(name: str) -> None:
    half_life = float(name.split()[1])
    assert scores(name, told(0), told(0, half_life), at=2 * half_life) == pytest.approx([1 / 4, 1 / 4 + 1 / 2])


def test_groups_are_counted_story_by_story() -> None:
    """Numbers of groups run over all stories: one that is in both counts in both."""
    assert scores("distinct providers", [(0.0, "Albion"), (1.0, "Albion")], [(0.0, "Herald"), (1.0, "Albion")], OLD, at=12) == [1, 2, 3]
