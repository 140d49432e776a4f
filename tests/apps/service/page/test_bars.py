"""Bars: the hours of a story on one scale for all stories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ranker.apps.service.page.bars import HOURS, bars_of

AS_OF = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)


def hour(ago: int, articles: int) -> dict[str, object]:
    moment = AS_OF.replace(minute=0) - timedelta(hours=ago)
    return {"hour": moment.isoformat().replace("+00:00", "Z"), "articles": articles}


def test_the_right_edge_is_now() -> None:
    bars = bars_of([hour(HOURS - 1, 1), hour(0, 3)], AS_OF)
    # 3 + 17 x share high, from the ground up: one of three articles, then all three.
    assert bars.path == "M0 20v-8.7h1.6v8.7zM94 20v-20.0h1.6v20.0z"
    assert bars.width == 2 * HOURS
    assert bars.label == "Last 48 hours: 4 articles in 2 different hours, most (3) from 11 Mar, 18:00 UTC"


def test_few_articles_make_no_high_bar_and_many_a_full_one() -> None:
    assert "v-8.7h" in bars_of([hour(5, 1)], AS_OF).path
    assert "v-20.0h" in bars_of([hour(5, 40), hour(6, 1)], AS_OF).path


def test_what_was_told_earlier_is_counted() -> None:
    bars = bars_of([hour(HOURS, 2), hour(HOURS + 30, 5), hour(3, 1)], AS_OF)
    assert (bars.earlier, bars.path.count("M")) == (7, 1)
    assert bars.label == "Last 48 hours: 1 article; 7 earlier"


def test_a_story_of_later_hours_than_now_stands_at_the_edge() -> None:
    assert bars_of([hour(-2, 1)], AS_OF).path.startswith("M94 ")


def test_a_story_without_dates() -> None:
    assert bars_of([], AS_OF) == bars_of((), AS_OF)
    assert (bars_of([], AS_OF).path, bars_of([], AS_OF).label) == ("", "Last 48 hours: 0 articles")
