"""Asks: requests as they are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import httpx
import msgspec
import pytest
from support.scripted import Script, problem

from ranker import __version__
from ranker.client import ClientError, Moved, RankerClient

Scripted = Callable[..., Script]
PAGE = {"asOf": "2026-03-11T18:00:00Z", "edition": 1, "total": 0, "stories": [], "next": None}


def written(script: Script, ask: Callable[[RankerClient], object], **options: object) -> httpx.Request:
    """What is sent; the script answers it with an error."""
    with script.client(**options) as client, pytest.raises(ClientError):
        ask(client)
    return script.asked[0]


def test_filters_are_written_as_the_service_reads_them(script: Scripted) -> None:
    when = datetime(2026, 3, 11, 20, tzinfo=timezone(timedelta(hours=2)))
    played = script(httpx.Response(200, json=PAGE))
    with played.client() as client:
        found = client.page(
            weights={"quality": 0.2, "heat": 0.5, "recency": 0.3}, as_of=when, since="2026-03-10T00:00:00Z", min_providers=2,
            q="quake coast", explain=True, limit=5, cursor="x.5",
        )  # fmt: skip
    assert found.as_of == datetime(2026, 3, 11, 18, tzinfo=UTC)
    assert dict(played.asked[0].url.params) == {
        "weights": "quality:0.2,heat:0.5,recency:0.3", "asOf": "2026-03-11T20:00:00+02:00", "since": "2026-03-10T00:00:00Z",
        "minProviders": "2", "q": "quake coast", "explain": "true", "limit": "5", "cursor": "x.5",
    }  # fmt: skip


def test_a_time_without_a_zone_is_a_mistake() -> None:
    with Script([]).client() as client, pytest.raises(ValueError, match="since: 2026-03-11 00:00:00 has no time zone"):
        client.stories(since=datetime(2026, 3, 11))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(
    ("article_id", "path"),
    [("a1", "a1"), ("https://x.example/a?b#c", "https%3A%2F%2Fx%2Eexample%2Fa%3Fb%23c"), ("..", "%2E%2E"), ("ä b", "%C3%A4%20b")],
)
def test_an_id_is_one_part_of_the_path_whatever_stands_in_it(script: Scripted, article_id: str, path: str) -> None:
    request = written(script(problem(404)), lambda client: client.related(article_id, limit=3))
    assert request.url.raw_path.decode() == f"/v1/articles/{path}/related?limit=3"


@pytest.mark.parametrize("ask", [RankerClient.story, RankerClient.article, RankerClient.remove, RankerClient.undo])
def test_an_empty_id_is_a_mistake(ask: Callable[[RankerClient, str], object]) -> None:
    with Script([]).client() as client, pytest.raises(ValueError, match="empty"):
        ask(client, "")


def test_the_key_goes_with_every_request_and_to_the_service_alone(script: Scripted) -> None:
    played = script(problem(308, headers={"location": "https://elsewhere.example/v1/stories/s2"}))
    with played.client(key="k3y", base_url="http://desk.example/news/") as client, pytest.raises(Moved):
        client.story("s1")
    (request,) = played.asked
    assert request.headers["authorization"] == "Bearer k3y"
    assert request.headers["user-agent"] == f"ranker/{__version__}"
    assert str(request.url) == "http://desk.example/news/v1/stories/s1"


def test_without_a_key_none_is_sent(script: Scripted) -> None:
    assert "authorization" not in written(script(problem(401)), lambda client: client.article("a1")).headers


def test_a_body_holds_what_was_given(script: Scripted) -> None:
    request = written(script(problem(422)), lambda client: client.related_to("Quake", provider="Pressline", limit=2))
    assert msgspec.json.decode(request.content) == {"title": "Quake", "excerpt": "", "provider": "Pressline", "limit": 2}
    assert request.headers["content-type"] == "application/json"
    when = datetime(2026, 3, 11, 18, tzinfo=UTC)
    request = written(script(problem(422)), lambda client: client.rank(iter([{"title": "Quake"}]), as_of=when, weights={"heat": 1.0}))
    assert msgspec.json.decode(request.content) == {
        "articles": [{"title": "Quake"}], "asOf": "2026-03-11T18:00:00Z", "weights": "heat:1.0", "corrections": [],
    }  # fmt: skip


def test_an_answer_that_waits_may_take_longer(script: Scripted) -> None:
    def timeout(ask: Callable[[RankerClient], object], seconds: float | None) -> object:
        return written(script(problem(404)), ask, timeout=seconds).extensions["timeout"]["read"]

    assert timeout(lambda client: client.remove("a1"), 3) == 3
    assert timeout(lambda client: client.remove("a1", wait=20), 3) == 23
    assert timeout(lambda client: client.remove("a1", wait=20), None) is None


def test_heirs_in_a_circle_are_an_error(script: Scripted) -> None:
    played = script(*(problem(308, heir=f"s{number % 2}") for number in range(9)))
    with played.client() as client, pytest.raises(Moved):
        client.timeline("s1")
