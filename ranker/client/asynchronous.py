"""The client for asyncio: the same requests, and no thread waits for their answers."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import anyio
import httpx
import tenacity

from ranker.client import table
from ranker.client.answers import Receipt
from ranker.client.asks import Ask, Listing, Talk
from ranker.client.connection import DEFAULT_URL, PER_REQUEST, QUIET_SECONDS, TIMEOUT_SECONDS, as_method, options
from ranker.client.errors import Busy, ClientError, Unreachable
from ranker.client.following import AsyncFollowing
from ranker.client.lots import Lot, Packer
from ranker.client.patience import Patience, Tries
from ranker.client.replies import Reply, reply_of
from ranker.client.stream import Reading

P = ParamSpec("P")
T = TypeVar("T")
Page = TypeVar("Page")


def _one(request: Callable[P, Talk[T]]) -> Callable[Concatenate[AsyncRankerClient, P], Awaitable[T]]:
    """A method that makes a request of the table."""

    async def method(self: AsyncRankerClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._conduct(request(*args, **kwargs))

    return as_method(method, request, listed="AsyncIterator")


def _many(request: Callable[P, Listing[Page, T]]) -> Callable[Concatenate[AsyncRankerClient, P], AsyncIterator[T]]:
    """A method that goes through a list of the table, page by page."""

    def method(self: AsyncRankerClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self._listed(request(*args, **kwargs))

    return as_method(method, request, listed="AsyncIterator")


class AsyncRankerClient:
    """A client of the service for use with `await` and `async for`; what it can do, and how, is what `RankerClient` says.

    Parameters
    ----------
    key : of the service's settings; None where it has none.
    timeout : seconds that a connection, or an answer, may keep one waiting.
    transport : of httpx; sends the requests some other way.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout, self._patience = timeout, patience or Patience()
        self._http = httpx.AsyncClient(transport=transport, **options(base_url, key, timeout))
        self._followings: weakref.WeakSet[AsyncFollowing] = weakref.WeakSet()

    page = _one(table.page)
    stories = _many(table.stories)
    story = _one(table.story)
    explanation = _one(table.explanation)
    timeline = _one(table.timeline)
    article = _one(table.article)
    related = _one(table.related)
    related_to = _one(table.related_to)
    rank = _one(table.rank)
    remove = _one(table.remove)
    correct = _one(table.correct)
    corrections = _many(table.corrections)
    correction = _one(table.correction)
    undo = _one(table.undo)
    changes = _many(table.changes)
    topics = _many(table.topics)
    providers = _many(table.providers)
    readiness = _one(table.readiness)

    async def ready(self) -> bool:
        """Whether the service takes requests just now; asked once. `readiness` waits until it does."""
        try:
            await self._attempt(Ask("GET", "/readyz"), Tries())
        except (Busy, Unreachable):
            return False
        return True

    def add(
        self, articles: Iterable[Any] | AsyncIterable[Any], *, per_request: int = PER_REQUEST, wait: float = 0
    ) -> AsyncIterator[Receipt]:
        """Send articles and give a receipt for each; see `RankerClient.add`. The articles may come from an asynchronous generator."""
        return self._added(Packer(per_request=per_request, wait=wait), articles)

    async def _added(self, packer: Packer, articles: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Receipt]:
        async for lot in _packed(packer, articles):
            for receipt in lot.unsent():
                yield receipt
            while (ask := lot.ask()) is not None:
                for receipt in lot.settle(await self._outcome(ask)):
                    yield receipt

    def follow(self, since: int | None = None, *, kinds: Iterable[str] = (), quiet_seconds: float = QUIET_SECONDS) -> AsyncFollowing:
        """What happens to stories, as it happens, until it is closed, from this or from another task; see `RankerClient.follow`."""
        timeout = httpx.Timeout(self._timeout, read=quiet_seconds)
        following = AsyncFollowing(self._http, self._patience, Reading(since, tuple(kinds)), timeout)
        self._followings.add(following)
        return following

    async def aclose(self) -> None:
        """Close its connections, and end what it follows."""
        for following in tuple(self._followings):
            await following.aclose()
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def _listed(self, listing: Listing[Page, T]) -> AsyncIterator[T]:
        ask: Ask | None = listing.first
        while ask is not None:
            found = (await self._sent(ask)).read(listing.kind)
            for item in listing.items(found):
                yield item
            ask = listing.next(found)

    async def _conduct(self, talk: Talk[T]) -> T:
        try:
            ask = next(talk)
            while True:
                outcome = await self._outcome(ask)
                ask = talk.send(outcome) if isinstance(outcome, Reply) else talk.throw(outcome)
        except StopIteration as end:
            found: T = end.value
            return found

    async def _outcome(self, ask: Ask) -> Reply | ClientError:
        try:
            return await self._sent(ask)
        except ClientError as error:
            return error

    async def _sent(self, ask: Ask) -> Reply:
        return await tenacity.AsyncRetrying(**self._patience.options(), sleep=anyio.sleep)(self._attempt, ask, Tries())

    async def _attempt(self, ask: Ask, tries: Tries) -> Reply:
        with tries.attempt():
            return reply_of(await self._http.request(**ask.arguments(self._timeout)))


async def _packed(packer: Packer, articles: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Lot]:
    if isinstance(articles, AsyncIterable):
        async for article in articles:
            for lot in packer.put(article):
                yield lot
        for lot in packer.rest():
            yield lot
        return
    for lot in packer.packed(articles):
        yield lot
