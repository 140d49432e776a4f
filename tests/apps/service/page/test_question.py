"""Questions: what an address says, in the plainest way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from ranker.apps.service.page.question import Question, local_minute, question_of, wrong_parts

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)


def question(query: str, root: str = "") -> Question:
    return question_of(Request({"type": "http", "query_string": query.encode(), "root_path": root, "headers": []}))


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/"),
        ("q=quake&topic=Sea", "/?q=quake&topic=Sea"),
        ("q=&topic=%20&limit=5", "/?limit=5"),
        ("q=one&q=two", "/?q=two"),
        ("q=a%26b%3Dc%23d%2Be%20f", "/?q=a%26b%3Dc%23d%2Be%20f"),
        ("set=weights&quality=0.3&heat=0.4&recency=0.3&weights=heat:1", "/?weights=quality:0.3,heat:0.4,recency:0.3"),
        ("quality=1", "/?weights=quality:1,heat:0,recency:0"),
        ("set=profile&quality=1&profile=newest&weights=heat:1", "/?profile=newest"),
        ("cursor=abc.2&part=stories&q=x", "/?q=x"),
    ],
)
def test_addresses(query: str, address: str) -> None:
    assert question(query).address() == address
    assert question(query, "/news").address() == f"/news{address}"


@pytest.mark.parametrize(
    ("query", "is_plain"), [("", True), ("q=x&part=stories", True), ("q=", False), ("q=a&q=b", False), ("heat=1", False)]
)
def test_a_plain_address_is_known(query: str, is_plain: bool) -> None:
    assert question(query).is_plain == is_plain


def test_a_part_is_asked_for() -> None:
    assert [question(query).is_part for query in ("", "part=stories", "part=all")] == [False, True, False]


def test_addresses_near_it() -> None:
    asked = question("q=quake&topic=Sea&cursor=abc.2")
    assert asked.changed("topic", "Fish & chips") == "/?q=quake&topic=Fish%20%26%20chips"
    assert asked.without("q") == "/?topic=Sea"
    assert asked.without("q", "topic", "none") == "/"


def test_what_programs_would_ask() -> None:
    asked = question("q=quake&within=6&asOf=2026-03-11T12:00:00Z").asked(NOW)
    assert asked.filters() == {"q": "quake", "asOf": datetime(2026, 3, 11, 12, tzinfo=UTC), "since": datetime(2026, 3, 11, 6, tzinfo=UTC)}
    assert question("within=6").asked(NOW).since == datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert question("within=6&since=2026-03-01T00:00").asked(NOW).since == datetime(2026, 3, 1, tzinfo=UTC)
    with_cursor = question("cursor=abcdefghijkl.2&q=quake&limit=3&within=6").asked(NOW)
    assert (with_cursor.filters(), with_cursor.limit, with_cursor.cursor) == ({}, 3, "abcdefghijkl.2")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0", {"limit": "'0' must be at least 1"}),
        ("within=999", {"within": "'999' must be at most 744"}),
        (
            "minProviders=x&sort=best",
            {"minProviders": "'x' must be a whole number", "sort": "'best' must be 'score', 'newest', 'heat' or 'quality'"},
        ),
        ("q=%00", {"q": "holds the character NUL"}),
        ("weights=charm:1", {"weights": "'charm:1' must be written as quality:0.2,heat:0.5,recency:0.3, and one of them above 0"}),
    ],
)
def test_what_is_wrong(query: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        question(query).asked(NOW)
    assert wrong_parts(error.value) == wrong


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-11T18:00:00Z", "2026-03-11T18:00"),
        ("2026-03-11T18:00:05Z", "2026-03-11T18:00:05"),
        ("2026-03-11T10:30:00+02:00", "2026-03-11T08:30"),
        ("2026-03-11T10:30", "2026-03-11T10:30"),
        ("soon", ""),
        ("", ""),
    ],
)
def test_moments_as_fields_have_them(value: str, expected: str) -> None:
    assert local_minute(value) == expected
