"""Stream: every event once and in order, from where a reader was, for as long as it reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from support.service import NEWSROOM, Make, Service
from support.serving import Answer, asked

PATH = "/v1/changes/stream"


class Told:
    """One message of a stream."""

    def __init__(self, text: str) -> None:
        fields = [line.partition(": ") for line in text.splitlines() if line]
        self.fields = {name: value for name, _, value in fields if name}
        self.comment = next((value for name, _, value in fields if not name), None)

    @property
    def number(self) -> int:
        return int(self.fields["id"])

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fields["data"])
        return found


async def message(answer: Answer) -> Told:
    return Told(await answer.next())


def reading(service: Service, read: Callable[[Answer], Coroutine[Any, Any, Any]], query: str = "", **headers: str) -> Any:
    """What is read from a stream."""

    async def listen() -> Any:
        async with asked(
            service.app, PATH, query=query, headers={name.replace("_", "-"): value for name, value in headers.items()}
        ) as answer:
            assert answer.status == 200
            return await read(answer)

    return asyncio.run(listen())


async def numbers(answer: Answer, count: int) -> list[int]:
    """Numbers of the next events."""
    hello = await message(answer)
    assert hello.comment == "hello"
    return [(await message(answer)).number for _ in range(count)]


def test_an_event_is_told_as_changes_tell_it(newsroom: Service) -> None:
    known = newsroom.get("/v1/changes")["events"]

    async def read(answer: Answer) -> list[Told]:
        return [await message(answer) for _ in range(len(known) + 1)]

    hello, *events = reading(newsroom, read, "since=0")
    assert hello.fields == {"id": "0", "retry": "2000"}
    assert [event.data for event in events] == known
    assert [event.fields["event"] for event in events] == [event["kind"] for event in known]
    assert [event.number for event in events] == [event["number"] for event in known]


def test_without_a_number_only_what_comes_is_told(newsroom: Service) -> None:
    last = newsroom.runner.work.last_event

    async def read(answer: Answer) -> Told:
        assert (await message(answer)).number == last
        newsroom.runner.accept([])
        await asyncio.to_thread(newsroom.post, [NEWSROOM[0] | {"id": "other", "title": "Comet Hashimoto is seen", "excerpt": "A tail."}])
        return await message(answer)

    event = reading(newsroom, read)
    assert event.number > last
    assert event.data["cause"] == "1 article arrived"


def test_the_answer_is_an_event_stream_that_nobody_keeps(newsroom: Service) -> None:
    async def read(answer: Answer) -> dict[str, str]:
        return answer.headers

    headers = reading(newsroom, read)
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in headers


def test_who_comes_again_misses_nothing_and_sees_nothing_twice(newsroom: Service) -> None:
    whole = [event["number"] for event in newsroom.get("/v1/changes")["events"]]
    assert len(whole) == 3
    seen: list[int] = []
    position = "0"
    for _ in whole:
        seen += reading(newsroom, lambda answer: numbers(answer, 1), "since=0", Last_Event_ID=position)
        position = str(seen[-1])
    assert seen == whole
    assert reading(newsroom, lambda answer: numbers(answer, 0), Last_Event_ID=position) == []


def test_the_header_goes_before_the_query(newsroom: Service) -> None:
    first, second, _ = [event["number"] for event in newsroom.get("/v1/changes")["events"]]
    assert reading(newsroom, lambda answer: numbers(answer, 1), f"since={second}", Last_Event_ID=str(first)) == [second]
    assert reading(newsroom, lambda answer: numbers(answer, 1), f"since={first}", Last_Event_ID=" ") == [second]


def test_only_the_kinds_that_are_wanted_are_told(newsroom: Service) -> None:
    newsroom.client.delete("/v1/articles/quake-3")
    newsroom.step()
    events = newsroom.get("/v1/changes")["events"]
    (shrunk,) = [event["number"] for event in events if event["kind"] == "shrunk"]
    assert reading(newsroom, lambda answer: numbers(answer, 1), "since=0&kinds=shrunk,merged") == [shrunk]


def test_a_heartbeat_tells_how_far_it_is(make_service: Make) -> None:
    service = make_service(stream_heartbeat_seconds=0.05)
    service.post(NEWSROOM)

    async def read(answer: Answer) -> Told:
        await message(answer)
        return await message(answer)

    beat = reading(service, read, "since=0&kinds=merged")
    assert beat.comment == "all is well"
    assert beat.fields == {"id": str(service.runner.work.last_event)}


def test_what_no_edition_holds_yet_is_not_told(newsroom: Service) -> None:
    whole = [event["number"] for event in newsroom.get("/v1/changes")["events"]]
    newsroom.runner.work.last_event = whole[1]

    async def read(answer: Answer) -> list[int]:
        found = await numbers(answer, 2)
        await asyncio.sleep(0.05)
        assert answer.bodies.empty()
        newsroom.runner.work.last_event = whole[2]
        newsroom.runner._bells.ring()
        return [*found, (await message(answer)).number]

    assert reading(newsroom, read, "since=0") == whole


def test_it_ends_when_the_service_stops(newsroom: Service) -> None:
    async def read(answer: Answer) -> bool:
        await message(answer)
        newsroom.runner.send_away()
        assert await answer.next() == ""
        return answer.is_over

    assert reading(newsroom, read)


def test_a_reader_who_hangs_up_is_forgotten(newsroom: Service) -> None:
    async def read(answer: Answer) -> int:
        await message(answer)
        return int(newsroom.app.state.readers.now)

    assert reading(newsroom, read) == 1
    assert newsroom.app.state.readers.now == 0
    assert len(newsroom.runner._bells) == 0


def test_a_reader_who_takes_in_nothing_is_cut_off(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom = make_service(stream_heartbeat_seconds=0.05)
    newsroom.post(NEWSROOM)
    monkeypatch.setattr("ranker.apps.service.stream._SEND_SECONDS", 0.05)

    async def listen() -> None:
        async with asked(newsroom.app, PATH, query="since=0") as answer:
            await message(answer)
            answer.may_send.clear()
            for _ in range(200):
                if not newsroom.app.state.readers.now:
                    break
                await asyncio.sleep(0.01)
            assert newsroom.app.state.readers.now == 0
            assert not answer.is_over

    asyncio.run(listen())


def test_more_readers_than_the_settings_allow_are_refused(make_service: Make) -> None:
    service = make_service(stream_limit=1)

    async def read(answer: Answer) -> int:
        await message(answer)
        async with asked(service.app, PATH) as second:
            assert json.loads(await second.next())["title"] == "Too many readers"
            assert second.headers["retry-after"] == "10"
            return second.status

    assert reading(service, read) == 503


@pytest.mark.parametrize(
    ("query", "header", "status", "says"),
    [
        ("since=-1", None, 422, "since"),
        ("since=x", None, 422, "since"),
        ("kinds=created,bron", None, 422, "kinds: there is no such kind of event; there are created, grown, "),
        ("", "x", 422, "Last-Event-ID: expected the number of an event"),
        ("", "9" * 5000, 422, "Last-Event-ID"),
        ("since=99", None, 410, "There is no event 99 yet, the last one is 3"),
        ("since=0", "99", 410, "There is no event 99 yet"),
    ],
)
def test_a_position_that_is_none_is_refused(query: str, header: str | None, status: int, says: str, newsroom: Service) -> None:
    answer = newsroom.client.get(f"{PATH}?{query}", headers={} if header is None else {"Last-Event-ID": header})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_who_was_away_longer_than_events_are_kept_is_told_so(newsroom: Service) -> None:
    newsroom.post([NEWSROOM[5] | {"id": "later", "title": "Comet Hashimoto is seen", "publishedDateTime": None}])
    last = newsroom.runner.work.last_event
    newsroom.desk.store.retain(newsroom.clock[0].replace(year=2030))
    answer = newsroom.client.get(f"{PATH}?since=1")
    assert answer.status_code == 410
    assert (answer.json()["first"], answer.json()["last"]) == (last + 1, last)
    assert reading(newsroom, lambda answer: numbers(answer, 0), f"since={last}") == []


def test_a_stream_whose_events_are_dropped_meanwhile_ends(newsroom: Service) -> None:
    async def read(answer: Answer) -> bool:
        await message(answer)
        newsroom.runner.work.last_event += 5  # told, and gone before it could be read
        newsroom.runner._bells.ring()
        assert await answer.next() == ""
        return answer.is_over

    assert reading(newsroom, read)


def test_only_its_head_may_be_asked_for(newsroom: Service) -> None:
    assert newsroom.client.head(PATH).status_code in {200, 405}
