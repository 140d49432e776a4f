"""The client that does not wait in its thread: it asks and tells what the other one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from support.places import Place, placed
from support.scripted import BRISK, Script, problem
from support.service import NEWSROOM

from ranker.client import AsyncRankerClient, Gone, NotFound, RankerClient, Refused

T = TypeVar("T")
Scripted = Callable[..., Script]


def run(place: Place, ask: Callable[[AsyncRankerClient], Awaitable[T]]) -> T:
    """What is told in the same process, without a network."""

    async def asked() -> T:
        transport = httpx.ASGITransport(place.app, client=("127.0.0.1", 50_000))
        async with AsyncRankerClient(place.url, transport=transport, patience=BRISK) as client:
            return await ask(client)

    return asyncio.run(asked())


async def crawl() -> AsyncIterator[dict[str, Any]]:
    for article in NEWSROOM:
        await asyncio.sleep(0)
        yield article


def test_it_tells_what_the_other_tells(place: Place, client: RankerClient) -> None:
    async def ask(other: AsyncRankerClient) -> None:
        receipts = [receipt async for receipt in other.add(crawl(), per_request=4, wait=10)]
        assert [receipt.id for receipt in receipts] == [article["id"] for article in NEWSROOM]
        assert [receipt.status async for receipt in other.add(NEWSROOM, wait=10)] == ["unchanged"] * 6
        story = (await other.article("quake-1")).story
        assert story is not None
        same = [
            (await other.story(story), client.story(story)),
            (await other.explanation(story), client.explanation(story)),
            (await other.timeline(story), client.timeline(story)),
            (await other.related("quake-1"), client.related("quake-1")),
            (await other.page(limit=2, sort="newest"), client.page(limit=2, sort="newest")),
            (await other.readiness(), client.readiness()),
            ([found async for found in other.stories(limit=1)], list(client.stories())),
            ([event async for event in other.changes(limit=2)], list(client.changes())),
            ([topic async for topic in other.topics(limit=2)], list(client.topics())),
            ([provider async for provider in other.providers(limit=2)], list(client.providers())),
        ]
        assert all(one == another for one, another in same)
        text = {"title": NEWSROOM[0]["title"], "published": "2026-03-11T12:00:00Z"}
        assert await other.related_to(**text) == client.related_to(**text)
        assert await other.rank(NEWSROOM, as_of="2026-03-11T18:00:00Z") == client.rank(NEWSROOM, as_of="2026-03-11T18:00:00Z")

    run(place, ask)


def test_it_corrects_removes_and_is_refused(place: Place) -> None:
    async def ask(client: AsyncRankerClient) -> None:
        assert await client.ready()
        stories = {receipt.id: receipt.story async for receipt in client.add(NEWSROOM, wait=10)}
        joined = await client.correct("join", articles=["ferry-1", "quake-1"], wait=10)
        assert [correction async for correction in client.corrections()] == [await client.correction(joined.id)]
        heir = (await client.article("quake-1")).story
        (merged,) = {stories["quake-1"], stories["ferry-1"]} - {heir}
        assert merged is not None
        assert (await client.story(merged)).asked_for == merged
        assert (await client.undo(joined.id, wait=10)).state == "undone"
        assert (await client.remove("snooker", wait=10)).status == "removed"
        with pytest.raises(Gone):
            await client.story(stories["snooker"] or "")
        with pytest.raises(NotFound):
            await client.remove("snooker")
        with pytest.raises(Refused):
            [found async for found in client.stories(sort="oddest")]

    run(place, ask)


def test_2500_articles_over_broken_connections_are_each_kept_once(tmp_path: Path) -> None:
    class Breaking(httpx.ASGITransport):
        count = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.count += 1
            response = await super().handle_async_request(request)
            if self.count == 3:
                raise httpx.ReadError("reset")
            return response

    async def send(place: Place) -> list[int]:
        transport = Breaking(place.app, client=("127.0.0.1", 50_000))
        async with AsyncRankerClient(place.url, transport=transport, patience=BRISK) as client:
            articles = ({"id": f"a{number}", "title": f"Report {number} of the day"} for number in range(2500))
            return [receipt.index async for receipt in client.add(articles)]

    with placed(tmp_path / "desk.sqlite", decides=False, backlog_limit=50_000) as place:
        assert asyncio.run(send(place)) == list(range(2500))
        kept = [change.article.id for change in place.runner.desk.store.waiting(limit=10_000) if change.article is not None]
    assert (len(set(kept)), len(kept)) == (2500, 3000)


def test_what_cannot_be_written_is_refused_in_its_place(script: Scripted) -> None:
    def taking(request: httpx.Request) -> httpx.Response:
        told = [{"line": number, "id": "a", "status": "created"} for number, _ in enumerate(request.content.splitlines(), 1)]
        return httpx.Response(200, content=msgspec.json.encode({"items": told}))

    async def ask() -> list[str]:
        async with AsyncRankerClient(transport=httpx.MockTransport(script(problem(503), taking)), patience=BRISK) as client:
            return [receipt.status async for receipt in client.add([object(), {"title": "x"}, object()])]

    assert asyncio.run(ask()) == ["refused", "created", "refused"]
