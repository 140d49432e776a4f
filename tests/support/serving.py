"""Serving: a desk over a store in a file, invented articles for it, and an ASGI client that can read what never ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.streams import SUBJECTS

from ranker.apps.service.runner import DeskRunner
from ranker.apps.service.work import WatchedEncoder, Work
from ranker.articles.article import Article, Provider
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.desk.sqlite import SqliteStore
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.vectors.encoder import Encoder

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
PATIENCE_SECONDS = 10.0  # for what takes milliseconds, on a machine that does much else


def service_settings(**service: object) -> Settings:
    """The defaults, with some of the service's settings."""
    return load_settings(overrides={"service.tick_seconds": 3600, **{f"service.{key}": value for key, value in service.items()}})


def told(story: int, number: int, *, hours_ago: float = 1.0, **fields: Any) -> Article:
    """Report `number` of one of the invented stories, each by another provider."""
    words = SUBJECTS[story].split()
    rng = random.Random(story * 1000 + number)
    title, excerpt = (" ".join(rng.sample(words, 7)) for _ in range(2))
    made: dict[str, Any] = {
        "id": f"a{story:02}-{number:03}",
        "title": title,
        "excerpt": excerpt,
        "provider": Provider(f"Paper {number}", f"paper-{number}.example"),
        "published": NOW - timedelta(hours=hours_ago),
        "url": f"https://paper-{number}.example/{story}",
        "topics": (words[0],),
    }
    return Article(**(made | fields))


def puts(articles: Sequence[Article], now: datetime = NOW) -> list[Change]:
    """The changes that take articles in."""
    return [Change("put", now, article=article) for article in articles]


@contextmanager
def desk_runner(
    path: Path,
    settings: Settings | None = None,
    *,
    encoder: Encoder | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    aside: Path | None = None,
) -> Iterator[DeskRunner]:
    """A runner that was not started, over the store at a path."""
    chosen, work = settings or service_settings(), Work()
    with closing(SqliteStore(path)) as store:
        desk = Desk(chosen, WatchedEncoder(encoder or HashingEncoder(), work), store, now=clock(), same_story=SAME_STORY)
        runner = DeskRunner(desk, chosen, clock=clock, work=work, aside=aside)
        try:
            yield runner
        finally:
            runner.stop()


class Answer:
    """What an application answers to one request, as it comes."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_over = False
        self.bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.gone = asyncio.Event()

    async def receive(self) -> Mapping[str, Any]:
        if not hasattr(self, "_asked"):
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        await self.may_send.wait()
        self.is_over = not message.get("more_body", False)
        await self.bodies.put(message.get("body", b""))

    async def next(self) -> str:
        """The next piece of the body."""
        return (await asyncio.wait_for(self.bodies.get(), PATIENCE_SECONDS)).decode()


@asynccontextmanager
async def asked(
    app: Any, path: str, *, query: str = "", headers: Mapping[str, str] | None = None, method: str = "GET"
) -> AsyncIterator[Answer]:
    """The answer of an application while it is being given; who leaves hangs up."""
    answer = Answer()
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"127.0.0.1"), *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items())],
    }  # fmt: skip
    task = asyncio.ensure_future(app(scope, answer.receive, answer.send))
    try:
        while not answer.status and not task.done():
            await asyncio.sleep(0.001)
        yield answer
    finally:
        answer.gone.set()
        answer.may_send.set()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), PATIENCE_SECONDS)
