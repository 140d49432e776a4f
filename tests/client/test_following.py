"""Following: each event is told once and in order, over breaks and restarts, until it is closed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.places import Place, placed
from support.scripted import BRISK, Script, problem
from support.service import NEWSROOM
from support.serving import PATIENCE_SECONDS

from ranker.client import AsyncRankerClient, Event, Gone, Malformed, NotAllowed, Patience, RankerClient, Unreachable

Scripted = Callable[..., Script]
SSE = {"content-type": "text/event-stream"}


def told(*numbers: int) -> bytes:
    """A stream that says hello and tells of some events."""
    events = [Event(number=number, kind="grown", story="s", at=NOW, cause="", articles=(), stories=()) for number in numbers]
    messages = [b"id: %d\nevent: grown\ndata: %s\n\n" % (event.number, msgspec.json.encode(event)) for event in events]
    return b": hello\nid: %d\nretry: 1\n\n" % (numbers[0] - 1 if numbers else 0) + b"".join(messages)


NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)


class Torn(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise httpx.ReadError("reset")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        raise httpx.ReadError("reset")


def torn(*pieces: bytes) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, headers=SSE, stream=Torn(*pieces))


def whole(*numbers: int) -> httpx.Response:
    return httpx.Response(200, headers=SSE, content=told(*numbers))


def numbers_of(script: Script, count: int, *, since: int | None = None, patience: Patience = BRISK, **options: Any) -> list[int]:
    with script.client(patience=patience) as client, client.follow(since, **options) as events:
        return [event.number for event in islice(events, count)]


async def async_numbers_of(script: Script, count: int, *, since: int | None = None) -> list[int]:
    async with AsyncRankerClient(transport=httpx.MockTransport(script), patience=BRISK) as client, client.follow(since) as events:
        found: list[int] = []
        async for event in events:
            found.append(event.number)
            if len(found) == count:
                break
        return found


def go_on(script: Scripted) -> Script:
    """Events over breaks of all kinds."""
    return script(
        httpx.ConnectError("refused"),
        whole(4, 5),
        torn(told(6), b"id: 7\ndata: {"),
        problem(503, headers={"retry-after": "0"}),
        whole(7, 8),
    )


def last_ids(script: Script) -> list[str | None]:
    return [request.headers.get("last-event-id") for request in script.asked]


def test_after_a_break_it_goes_on_where_it_was(script: Scripted) -> None:
    played = go_on(script)
    assert numbers_of(played, 5, since=3, kinds=["grown", "merged"]) == [4, 5, 6, 7, 8]
    assert last_ids(played) == [None, None, "5", "6", "6"]
    assert {str(request.url.query, "ascii") for request in played.asked} == {"since=3&kinds=grown%2Cmerged"}
    assert played.asked[0].headers["accept"] == "text/event-stream"


def test_after_a_break_it_goes_on_where_it_was_without_waiting_in_the_thread(script: Scripted) -> None:
    played = go_on(script)
    assert asyncio.run(async_numbers_of(played, 5, since=3)) == [4, 5, 6, 7, 8]
    assert last_ids(played) == [None, None, "5", "6", "6"]


def test_it_goes_on_after_what_was_passed_over(script: Scripted) -> None:
    played = script(httpx.Response(200, headers=SSE, content=told() + b": still here\nid: 40\n\n"), whole(41))
    assert numbers_of(played, 1) == [41]
    assert last_ids(played) == [None, "40"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(410), Gone),
        (problem(401), NotAllowed),
        (httpx.Response(200, text="data: x\n\n", headers=SSE), Malformed),
        (httpx.Response(200, text="<html>Please log in</html>"), Malformed),
        (httpx.Response(200, json={}), Malformed),
    ],
)
def test_what_does_not_pass_ends_it(script: Scripted, answer: httpx.Response, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        numbers_of(script(answer), 1)


def test_what_does_not_pass_ends_it_without_waiting_in_the_thread(script: Scripted) -> None:
    with pytest.raises(Gone):
        asyncio.run(async_numbers_of(script(whole(1), problem(410)), 2))


def test_it_comes_again_when_the_service_says(script: Scripted) -> None:
    played = script(httpx.Response(200, headers=SSE, content=told(1).replace(b"retry: 1\n", b"retry: 300\n")), whole(2))
    started = time.monotonic()
    assert numbers_of(played, 2) == [1, 2]
    assert time.monotonic() - started > 0.3


def test_a_service_that_stays_away_ends_it(script: Scripted) -> None:
    played = script(whole(1), httpx.ConnectError("1"), httpx.ConnectError("2"))
    with pytest.raises(Unreachable):
        numbers_of(played, 2, patience=Patience(attempts=2, first_pause=0.001))


def test_where_it_is_can_be_asked(script: Scripted) -> None:
    with script(whole(4, 5, 6)).client() as client, client.follow() as events:
        seen = [events.last, *((next(events).number, events.last) for _ in range(3))]
    assert seen == [None, (4, 4), (5, 5), (6, 6)]


def test_closing_ends_it_also_twice_and_before_it_began(script: Scripted) -> None:
    with script(whole(4, 5)).client() as client:
        events = client.follow()
        assert next(events).number == 4
        events.close()
        events.close()
        assert list(events) == []
        unused = client.follow()
        unused.close()
        assert list(unused) == []


def test_closing_the_client_ends_what_it_follows(script: Scripted) -> None:
    client = script(whole(4, 5)).client()
    events = client.follow()
    assert next(events).number == 4
    client.close()
    assert list(events) == []


@pytest.mark.parametrize("patience", [BRISK, Patience()])
def test_closing_ends_it_while_it_waits_to_come_again(patience: Patience) -> None:
    with RankerClient("http://127.0.0.1:9", patience=patience) as client:
        events = client.follow()
        timer = threading.Timer(0.01 if patience is BRISK else 0.4, events.close)
        timer.start()
        started = time.monotonic()
        try:
            assert list(events) == []
        except Unreachable:
            assert patience is BRISK
        assert time.monotonic() - started < 5
        timer.join()


# The real service


def added(place: Place, articles: list[dict[str, Any]]) -> None:
    with RankerClient(place.url, patience=BRISK) as client:
        assert all(receipt.story for receipt in client.add(articles, wait=10))


def test_what_happens_is_told_as_changes_tell_it(place: Place, client: RankerClient) -> None:
    with client.follow(0) as events:
        added(place, NEWSROOM)
        known = list(client.changes())
        assert list(islice(events, len(known))) == known
        added(place, [{"id": "late", "title": "Bakers on strike in Vell", "publishedDateTime": "2026-03-11T18:00:00Z"}])
        assert next(events).kind == "created"
    with client.follow(0, kinds=["sealed"]) as events:
        threading.Timer(0.3, events.close).start()
        assert list(events) == []


def test_a_reader_that_waits_is_ended_from_another_thread(client: RankerClient) -> None:
    events = client.follow()
    found: list[Event] = []
    reader = threading.Thread(target=lambda: found.extend(events))
    reader.start()
    time.sleep(0.2)
    started = time.monotonic()
    client.close()
    reader.join(PATIENCE_SECONDS)
    assert not reader.is_alive()
    assert time.monotonic() - started < 5
    assert found == []


def test_a_quiet_connection_is_given_up_for_another(place: Place, client: RankerClient) -> None:
    asked: list[str | None] = []
    client._http.event_hooks = {"request": [lambda request: asked.append(request.headers.get("last-event-id"))]}
    with client.follow(quiet_seconds=0.2) as events:
        events._reading.pause = 0.01
        timer = threading.Timer(0.7, lambda: added(place, NEWSROOM[:1]))
        timer.start()
        assert next(events).kind == "created"
        timer.join()
    assert asked[:2] == [None, "0"]


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    with placed(path) as place:
        added(place, NEWSROOM[:2])
        port = int(place.url.rpartition(":")[2])
        client = RankerClient(place.url, patience=Patience(first_pause=0.01, longest_pause=0.1))
        events = client.follow(0)
        first = next(events)
    with placed(path, port=port) as place:
        added(place, NEWSROOM[3:5])
        found = [first, *islice(events, 1)]
        known = list(client.changes())
        client.close()
    assert len(known) == 2
    assert found == known


def test_it_is_followed_without_waiting_in_the_thread(place: Place) -> None:
    async def follow() -> list[Event]:
        async with AsyncRankerClient(place.url, patience=BRISK) as client:
            events, found = client.follow(0), list[Event]()

            async def read() -> None:
                async for event in events:
                    found.append(event)

            reader = asyncio.create_task(read())
            await asyncio.to_thread(added, place, NEWSROOM)
            known = [event async for event in client.changes()]
            while len(found) < len(known):
                await asyncio.sleep(0.01)
            await events.aclose()
            await asyncio.wait_for(reader, 5)
            await events.aclose()
            assert [event async for event in events] == []
            assert found == known
            other = client.follow()
            waiting = asyncio.create_task(anext(other))
            await asyncio.sleep(0.1)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(waiting, 5)
        return found

    assert asyncio.run(follow())
