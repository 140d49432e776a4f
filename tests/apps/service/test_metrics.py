"""Metrics: every request by its route, what the desk holds and did, and next to nothing for the time it takes."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Receive, Scope, Send
from support.service import NEWSROOM, Make, Service

from ranker import __version__
from ranker.apps.service.logs import Logged
from ranker.apps.service.metrics import Measured, Metrics
from ranker.apps.service.running import Running

MOST_SECONDS = 50e-6  # of one request, for both layers
ROUNDS, REQUESTS = 7, 500
NOBODY = cast("Running", None)  # is not asked anything before the text of its metrics is


def samples(service: Service) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = service.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def requests(service: Service) -> dict[tuple[str, str, str], float]:
    return {
        (dict(labels)["method"], dict(labels)["route"], dict(labels)["status"]): value
        for (name, labels), value in samples(service).items()
        if name == "ranker_requests_total"
    }


def test_requests_are_counted_by_route_and_status_never_by_address(newsroom: Service) -> None:
    for _ in range(2):
        newsroom.client.get("/v1/articles/quake-1/related")
    newsroom.client.get("/v1/articles/ferry-1/related?limit=1")
    newsroom.client.get("/v1/articles/no-such-one/related")
    newsroom.client.get("/no/such/place")
    newsroom.client.request("BREW", "/v1/stories")
    counted = requests(newsroom)
    assert counted["GET", "/v1/articles/{id}/related", "200"] == 3
    assert counted["GET", "/v1/articles/{id}/related", "404"] == 1
    assert counted["GET", "unmatched", "404"] == 1
    assert counted["POST", "/v1/articles", "200"] == 1
    assert {method for method, _, _ in counted} == {"GET", "POST", "other"}
    told = newsroom.client.get("/metrics").text
    assert "no-such-one" not in told
    assert "/no/such/place" not in told


def test_the_time_of_answers_is_a_histogram(newsroom: Service) -> None:
    newsroom.client.get("/v1/stories")
    found = samples(newsroom)
    assert found["ranker_request_seconds_count", (("route", "/v1/stories"),)] == 1
    assert found["ranker_request_seconds_bucket", (("le", "+Inf"), ("route", "/v1/stories"))] == 1
    assert not any(name.endswith("_created") for name, _ in found)


def test_how_long_somebody_listens_is_not_the_time_of_an_answer() -> None:
    metrics = Metrics(NOBODY)
    metrics.count("GET", "/v1/changes/stream", 200, 3600)
    assert "/v1/changes/stream" not in str(metrics._seconds.collect())


def test_the_desk_and_its_work_are_told_of(newsroom: Service) -> None:
    found = samples(newsroom)
    work, edition = newsroom.runner.work, newsroom.desk.edition
    assert found["ranker_build_info", (("version", __version__),)] == 1
    assert found["ranker_articles", ()] == len(NEWSROOM)
    assert found["ranker_stories", ()] == len(edition.table.stories)
    assert found["ranker_edition_number", ()] == edition.number
    assert found["ranker_edition_age_seconds", ()] == 0
    assert found["ranker_backlog_changes", ()] == 0
    assert found["ranker_ready", ()] == 0
    assert found["ranker_decided_changes_total", ()] == len(NEWSROOM)
    assert found["ranker_story_events_total", (("kind", "created"),)] == work.events["created"] > 0
    assert found["ranker_story_events_total", (("kind", "merged"),)] == 0
    assert found["ranker_decide_seconds_total", ()] == work.decide_seconds > 0
    newsroom.client.post("/v1/articles", json=[NEWSROOM[0] | {"title": "Another quake altogether"}])
    assert samples(newsroom)["ranker_backlog_changes", ()] == 1


def test_two_applications_count_apart(make_service: Make) -> None:
    first = make_service()
    first.client.get("/v1/stories")
    second = make_service()
    assert ("GET", "/v1/stories", "200") not in requests(second)


def test_what_breaks_is_counted_as_broken() -> None:
    async def break_down(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI has it
        raise OSError("broken")

    metrics = Metrics(NOBODY)
    with pytest.raises(OSError, match="broken"):
        asyncio.run(Measured(break_down, metrics)(_scope(), _receive, _send))
    assert [(key[2]) for key in metrics._series] == [500]


def test_what_is_no_request_goes_through() -> None:
    seen: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI has it
        seen.append(scope["type"])

    asyncio.run(Logged(Measured(note, Metrics(NOBODY)))({"type": "lifespan"}, _receive, _send))
    assert seen == ["lifespan"]


@pytest.mark.skipif(sys.gettrace() is not None, reason="what is traced is not timed")
def test_both_layers_cost_next_to_nothing(newsroom: Service) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI has it
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b""})

    surrounded = Logged(Measured(answer, newsroom.app.state.metrics))
    bare = min(asyncio.run(_seconds(answer)) for _ in range(ROUNDS))
    assert min(asyncio.run(_seconds(surrounded)) for _ in range(ROUNDS)) - bare < MOST_SECONDS


async def _seconds(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> float:
    started = time.perf_counter()
    for _ in range(REQUESTS):
        await app(_scope(), _receive, _send)
    return (time.perf_counter() - started) / REQUESTS


def _scope() -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": "/v1/stories", "headers": [(b"host", b"here")], "endpoint": answer_nothing}


def answer_nothing() -> None:
    pass


async def _receive() -> Message:
    return {"type": "http.disconnect"}


async def _send(message: Message) -> None:
    pass
