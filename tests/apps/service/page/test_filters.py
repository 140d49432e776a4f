"""Filters of the templates: what is written of texts, moments, numbers and addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from markupsafe import escape

from ranker.apps.service.page import filters

NOW = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("line\nand\ttab", "line\nand\ttab"),
        ("bell\x07, null\x00, delete\x7f, C1\x9b", "bell, null, delete, C1"),
        ("right\u202eto left\u202c, isolated\u2067x\u2069", "rightto left, isolatedx"),
        ("half \ud83d a sign", "half  a sign"),
        ("right-to-left mark \u200f stays", "right-to-left mark \u200f stays"),
        (None, ""),
        (7, 7),
    ],
)
def test_shown(value: object, expected: object) -> None:
    assert filters.shown(value) == expected


@pytest.mark.parametrize(("text", "expected"), [("s8d1f", "s8d1f"), ("a/b?c", "a%2Fb%3Fc"), ("é", "%C3%A9"), ("\ud83d", "%3F"), ("", "")])
def test_part_of_an_address(text: str, expected: str) -> None:
    assert filters.part(text) == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=89, seconds=59), "89 min ago"),
        (timedelta(minutes=90), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=9), "9 days ago"),
    ],
)
def test_age(ago: timedelta, expected: str) -> None:
    assert filters.age(NOW - ago, NOW) == expected


def test_moments() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert filters.when("2026-03-11T18:20:00Z") == filters.when(elsewhere) == "11 Mar, 18:20 UTC"
    assert str(filters.time_tag(elsewhere)) == '<time datetime="2026-03-11T18:20:00Z" data-when>11 Mar, 18:20 UTC</time>'
    assert str(filters.age_tag("2026-03-11T18:00:00Z", NOW)) == '<time datetime="2026-03-11T18:00:00Z" data-age>20 min ago</time>'
    assert escape(filters.time_tag(NOW)) == filters.time_tag(NOW)


def test_what_has_no_date_says_so() -> None:
    assert {filters.age(None, NOW), filters.when(None), str(filters.time_tag(None)), str(filters.age_tag(None, NOW))} == {"undated"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ((filters.counted, 1, "article"), "1 article"),
        ((filters.counted, 1200, "article"), "1,200 articles"),
        ((filters.counted, 2, "story", "stories"), "2 stories"),
        ((filters.share, 0.375), "38\u202f%"),
        ((filters.decimals, 0.60865), "0.609"),
        ((filters.decimals, 12.5, 2), "12.50"),
        ((filters.exactly, 0.1), "0.1"),
    ],
)
def test_numbers(call: tuple[Any, ...], expected: str) -> None:
    assert call[0](*call[1:]) == expected


def test_parts_of_a_score_add_up_as_they_are_shown() -> None:
    signals = {"quality": {"contribution": 0.0004}, "heat": {"contribution": 0.0004}, "recency": {"contribution": 0.0004}}
    assert filters.contributions(signals) == [("quality", "0.001"), ("heat", "0.000"), ("recency", "0.000")]
    assert filters.score_in_words(signals) == "Score 0.001: quality 0.001, heat 0.000, recency 0.000"
