"""Patience: what fails for now is asked again, when the service says or ever later, and not for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest
from support.scripted import BRISK, Script, problem

from ranker.client import AsyncRankerClient, Busy, NotFound, Patience, Refused, Unreachable

Scripted = Callable[..., Script]
TOPICS = {"total": 0, "topics": [], "next": None}
FAILURES = [
    httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut"),
    *(problem(status) for status in (429, 502, 503, 504)),
]  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: getattr(failure, "status_code", type(failure).__name__))
def test_what_fails_for_now_is_asked_again(script: Scripted, failure: httpx.Response | Exception) -> None:
    played = script(failure, httpx.Response(200, json=TOPICS))
    with played.client() as client:
        assert list(client.topics()) == []
    assert [str(request.url) for request in played.asked] == ["http://127.0.0.1:8710/v1/topics"] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 415, 422, 500])
def test_what_fails_for_good_is_asked_once(script: Scripted, status: int) -> None:
    played = script(problem(status))
    with played.client() as client, pytest.raises(Exception, match=str(status)):
        client.article("a1")


def test_it_gives_up_after_so_many_attempts_with_the_last_error(script: Scripted) -> None:
    played = script(httpx.ConnectError("1"), httpx.ConnectError("2"), problem(503, detail="3"))
    with played.client(patience=Patience(attempts=3, first_pause=0.001)) as client, pytest.raises(Busy, match="3"):
        client.article("a1")


def test_it_does_not_begin_what_would_be_too_late(script: Scripted) -> None:
    played = script(problem(429, headers={"retry-after": "60"}))
    started = time.monotonic()
    with played.client(patience=Patience(seconds=30)) as client, pytest.raises(Busy) as caught:
        client.article("a1")
    assert caught.value.retry_after == 60
    assert time.monotonic() - started < 5


def test_it_waits_as_long_as_the_service_says(script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    played = script(
        problem(429, headers={"retry-after": "7"}), problem(503, headers={"retry-after": "2"}), httpx.Response(200, json=TOPICS)
    )
    with played.client(patience=Patience()) as client:
        list(client.topics())
    assert waited == [7, 2]


def test_pauses_grow_and_have_an_end(script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    patience = Patience(attempts=12, seconds=1e9, first_pause=0.5, longest_pause=4)
    with script(*[httpx.ConnectError("no")] * 12).client(patience=patience) as client, pytest.raises(Unreachable):
        client.article("a1")
    assert len(waited) == 11
    assert all(0.5 <= pause <= 4 for pause in waited)
    assert all(pause <= 0.5 * 2**number for number, pause in enumerate(waited))
    assert max(waited) > 1


def test_there_is_at_least_one_attempt() -> None:
    with pytest.raises(ValueError, match="attempts = 0"):
        Patience(attempts=0)


def test_a_client_that_does_not_wait_is_as_patient(script: Scripted) -> None:
    played = script(httpx.ConnectError("refused"), problem(429, headers={"retry-after": "0"}), httpx.Response(200, json=TOPICS))

    async def ask() -> list[object]:
        async with AsyncRankerClient(transport=httpx.MockTransport(played), patience=BRISK) as client:
            return [topic async for topic in client.topics()]

    assert asyncio.run(ask()) == []
    assert len(played.asked) == 3


# An attempt that may have done its work


def test_what_the_lost_attempt_removed_is_removed(script: Scripted) -> None:
    with script(httpx.ReadError("reset"), problem(404)).client() as client:
        assert client.remove("a1").status == "removed"


@pytest.mark.parametrize("before", [(), (problem(429),), (problem(503),)], ids=["at once", "busy", "not ready"])
def test_what_no_attempt_can_have_removed_was_not_there(script: Scripted, before: tuple[httpx.Response, ...]) -> None:
    with script(*before, problem(404)).client() as client, pytest.raises(NotFound):
        client.remove("a1")


def test_what_the_lost_attempt_undid_is_looked_up(script: Scripted) -> None:
    undone = {
        "id": "c1", "action": "hide", "articles": ["a1"], "others": [], "by": "Ann", "at": None, "why": "", "state": "undone",
        "undone": {"by": "Ben", "at": "2026-03-11T18:00:00Z"},
    }  # fmt: skip
    played = script(problem(502), problem(404), httpx.Response(200, json=undone))
    with played.client() as client:
        assert client.undo("c1").state == "undone"
    assert [request.method for request in played.asked] == ["DELETE", "DELETE", "GET"]


def test_what_nobody_undid_is_not_found(script: Scripted) -> None:
    with script(problem(404)).client() as client, pytest.raises(NotFound):
        client.undo("c1")


def test_ready_is_asked_once(script: Scripted) -> None:
    ready = {"status": "ready", "edition": 1, "articles": 2, "waiting": 0}
    with script(problem(503), httpx.ConnectError("no"), httpx.Response(200, json=ready), problem(422)).client() as client:
        assert [client.ready() for _ in range(3)] == [False, False, True]
        with pytest.raises(Refused):
            client.ready()


def test_ready_is_asked_once_without_waiting_in_the_thread(script: Scripted) -> None:
    played = script(problem(503), httpx.Response(200, json={}))

    async def ask() -> list[bool]:
        async with AsyncRankerClient(transport=httpx.MockTransport(played), patience=BRISK) as client:
            return [await client.ready(), await client.ready()]

    assert asyncio.run(ask()) == [False, True]
