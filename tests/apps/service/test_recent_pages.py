"""Pages of a moment ago: for readers who come while changes wait, and for nobody else."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from support.service import NEWSROOM, Make, Service, item

from ranker.apps.service.caching import Answer
from ranker.apps.service.recent_pages import _MOST_BYTES, RecentPages

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


def test_an_answer_is_good_for_a_second() -> None:
    clock = [100.0]
    pages = RecentPages(lambda: clock[0])
    assert pages.last("first") is None
    answer = pages.keep("first", Answer(b"page", "tag"))
    clock[0] += 1.0
    assert pages.last("first") is answer
    assert pages.last("other") is None
    clock[0] += 0.1
    assert pages.last("first") is None


def test_an_answer_without_a_body_is_not_kept() -> None:
    pages = RecentPages()
    pages.keep("first", Answer(b"", "tag"))
    assert pages.last("first") is None


def test_the_oldest_of_many_questions_is_forgotten() -> None:
    pages, large = RecentPages(), Answer(b"x" * (_MOST_BYTES // 4), "tag")
    for number in range(5):
        for _ in range(3):
            pages.keep(number, large)
    assert [number for number in range(5) if pages.last(number) is not None] == [1, 2, 3, 4]


async def test_of_several_who_ask_at_once_one_makes_it_and_a_failure_is_no_end() -> None:
    pages, made = RecentPages(), 0

    async def make() -> Answer:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        if made == 1:
            raise OSError("the disk is full")
        return Answer(b"page", "tag")

    for _ in range(2):
        for _ in range(3):
            pages.renew("first", make)
        while pages._under_way:
            await asyncio.sleep(0)
    assert made == 2
    assert pages.last("first") == Answer(b"page", "tag")


async def _read(service: Service, **parameters: object) -> tuple[int, int]:
    """The edition and the stories of a first page."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://127.0.0.1:8710") as client:
        answer = (await client.get("/v1/stories", params={"limit": 100, **parameters})).json()  # type: ignore[dict-item] # numbers and words
        return answer["edition"], answer["total"]


@pytest.fixture
def busy(make_service: Make) -> Service:
    """A service with an edition, a newer one that nobody has read, and a change that waits."""
    service = make_service()
    service.post(NEWSROOM)
    return service


def _one_more_edition(service: Service, number: int, *, waiting: bool) -> None:
    service.client.post("/v1/articles", json=[item(f"new-{number}", f"Something else altogether, number {number}")])
    service.step()
    if waiting:
        service.client.post("/v1/articles", json=[item(f"late-{number}", f"And one more thing, number {number}")])


async def test_while_changes_wait_a_reader_gets_the_page_of_a_moment_ago_and_the_next_one_the_new_one(busy: Service) -> None:
    edition, stories = await _read(busy)
    await asyncio.to_thread(_one_more_edition, busy, 1, waiting=True)
    assert await _read(busy) == (edition, stories)
    while busy.app.state.serving.recent_pages._under_way:
        await asyncio.sleep(0.01)
    newer, more = await _read(busy)
    assert newer > edition
    assert more == stories + 1


async def test_when_nothing_waits_every_reader_gets_the_newest(busy: Service) -> None:
    _, stories = await _read(busy)
    await asyncio.to_thread(_one_more_edition, busy, 1, waiting=False)
    assert (await _read(busy))[1] == stories + 1


async def test_another_question_has_no_page_of_a_moment_ago(busy: Service) -> None:
    _, stories = await _read(busy)
    await asyncio.to_thread(_one_more_edition, busy, 1, waiting=True)
    assert (await _read(busy, sort="newest"))[1] == stories + 1
