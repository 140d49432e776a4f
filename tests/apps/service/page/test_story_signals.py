"""Signals taken apart: what is shown adds up as it is shown, and is what the wire tells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.service import Make, Service, planted_items

from ranker.apps.service.page.story_signals import SHOWN_TERMS, hours, phase_reason, taken_apart


def _shown(number: float, text: str, digits: int) -> bool:
    """Whether a text is a number rounded; where sums have to add up, the last digit may be the next one."""
    return abs(Decimal(text) - Decimal(number)) < Decimal(1).scaleb(-digits)


def _check(signals: dict[str, Any], score: float) -> None:
    found = taken_apart(signals)
    assert sum(Decimal(row.contribution) for row in found.rows) == Decimal(found.score)
    assert _shown(score, found.score, 4)
    for row in found.rows:
        signal = signals[row.name]
        assert row.value == f"{signal['value']:.2f}"
        assert row.normalised == f"{signal['normalised']:.4f}"
        assert row.weight == f"{signal['weight']:g}"
        assert _shown(signal["contribution"], row.contribution, 4)
    left = Decimal(found.quality_left[0]) if found.quality_left else Decimal(0)
    assert sum((Decimal(term.points) for term in found.quality), left) == Decimal(found.quality_total)
    assert _shown(signals["quality"]["value"], found.quality_total, 1)
    assert sum(Decimal(points) for _, points in found.heat) == Decimal(found.heat_total)
    assert _shown(signals["heat"]["value"], found.heat_total, 1)
    covered = sum((Decimal(term.points) for term in found.coverage), Decimal(found.coverage_left[0]) if found.coverage_left else Decimal(0))
    assert covered == Decimal(dict(found.heat).get("coverage", "0"))
    assert Decimal(found.above) == Decimal(found.heat_total) - signals["heat"]["parts"]["quality"]


def test_every_story_of_a_newsroom_adds_up(standing: Service) -> None:
    stories = standing.get("/v1/stories")["stories"]
    assert len(stories) == 3
    for story in stories:
        _check(story["signals"], story["score"])


def test_a_story_of_many_texts_adds_up_with_what_is_left_out(make_service: Make) -> None:
    service = make_service()
    service.post(planted_items(1, 40, seed=3))
    service.desk.advance(service.clock[0])
    (story,) = service.get("/v1/stories")["stories"]
    _check(story["signals"], story["score"])
    found = taken_apart(story["signals"])
    coverage = story["signals"]["heat"]["parts"]["coverage"]
    left = found.coverage_left[1] if found.coverage_left else 0
    assert len(found.coverage) + left + found.cooled == len(coverage)
    assert len(found.coverage) <= SHOWN_TERMS
    ages = [term.age for term in found.coverage if term.age is not None]
    assert ages == sorted(ages)  # the newest first


def test_long_sums_are_cut_and_the_rest_is_told() -> None:
    coverage = [{"id": f"a{number}", "ageHours": 20.0 - number, "points": 1.0, "pastPoints": 0.0} for number in range(20)]
    heat = {"quality": 50, "covered": 20.0, "burst": 0.0, "audience": 0.0, "expected": 0.0, "coverage": coverage}
    parts = [{"id": "a0", "quality": 50, "weight": 1.0, "points": 50.0}]
    plain = {"normalised": 0.5, "weight": 0.3, "contribution": 0.15}
    signals = {
        "quality": {"value": 50.0, "parts": parts, **plain},
        "heat": {"value": 70.0, "parts": heat, **plain},
        "recency": {"value": 0.5, **plain},
    }
    found = taken_apart(signals)
    assert [term.article for term in found.coverage] == [f"a{number}" for number in range(19, 7, -1)]
    assert (found.coverage_left, found.heat_total, found.above, found.expected) == (("8.0", 8), "70.0", "20.0", None)
    assert found.heat == (("quality of the lead", "50"), ("coverage", "20.0"))
    assert (found.quality_left, found.cooled) == (None, 0)
    assert [term.ago for term in found.coverage[:2]] == ["1 h ago", "2 h ago"]


def test_coverage_that_has_cooled_is_counted() -> None:
    coverage = [
        {"id": "a1", "ageHours": 200.0, "points": 0.03125, "pastPoints": 0.0},
        {"id": "a2", "ageHours": None, "points": 0.0, "pastPoints": 0.0},
    ]
    heat = {"quality": 50, "covered": 0.03125, "burst": 0.0, "audience": 0.0, "expected": 0.0, "coverage": coverage}
    plain = {"normalised": 0.0, "weight": 0.3, "contribution": 0.0}
    quality = {"value": 0.0, "parts": [], **plain}
    found = taken_apart({"quality": quality, "heat": {"value": 50.0, "parts": heat, **plain}, "recency": {"value": 0.0, **plain}})
    assert (found.cooled, found.coverage, found.heat, found.above) == (2, (), (("quality of the lead", "50"),), "0.0")


@pytest.mark.parametrize(("number", "text"), [(0.5, "30 min"), (1, "1 h"), (47.4, "47 h"), (48, "2 days"), (100, "4 days")])
def test_hours_for_the_eye(number: float, text: str) -> None:
    assert hours(number) == text


def test_a_phase_is_told_with_what_it_was_read_from(standing: Service) -> None:
    parts = standing.get(f"/v1/stories/{standing.story_of('quake-1')}/explanation")["phaseParts"]
    told = phase_reason(parts)
    assert told.startswith("first told 9 h ago, now by 3 publisher groups")
    assert f"{parts['pace']:.2f}" in told
    assert phase_reason(parts | {"firstHours": None}) == "because no article has a date"
