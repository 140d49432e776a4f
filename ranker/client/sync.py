"""The client that waits for each answer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx
import tenacity

from ranker.client import table
from ranker.client.answers import Receipt
from ranker.client.asks import Ask, Listing, Talk
from ranker.client.connection import DEFAULT_URL, PER_REQUEST, QUIET_SECONDS, TIMEOUT_SECONDS, as_method, options
from ranker.client.errors import Busy, ClientError, Unreachable
from ranker.client.following import Following
from ranker.client.lots import Packer
from ranker.client.patience import Patience, Tries
from ranker.client.replies import Reply, reply_of
from ranker.client.stream import Reading

P = ParamSpec("P")
T = TypeVar("T")
Page = TypeVar("Page")


def _one(request: Callable[P, Talk[T]]) -> Callable[Concatenate[RankerClient, P], T]:
    """A method that makes a request of the table."""

    def method(self: RankerClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._conduct(request(*args, **kwargs))

    return as_method(method, request, listed="Iterator")


def _many(request: Callable[P, Listing[Page, T]]) -> Callable[Concatenate[RankerClient, P], Iterator[T]]:
    """A method that goes through a list of the table, page by page."""

    def method(self: RankerClient, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._listed(request(*args, **kwargs))

    return as_method(method, request, listed="Iterator")


class RankerClient:
    """A client of the service that waits for each answer; may be used by several threads.

    Requests that fail for now are made again, as its patience has it; all else that goes wrong is a `ClientError`.

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._timeout, self._patience = timeout, patience or Patience()
        self._http = httpx.Client(transport=transport, **options(base_url, key, timeout))
        self._followings: weakref.WeakSet[Following] = weakref.WeakSet()

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

    def ready(self) -> bool:
        """Whether the service takes requests just now; asked once. `readiness` waits until it does."""
        try:
            self._attempt(Ask("GET", "/readyz"), Tries())
        except (Busy, Unreachable):
            return False
        return True

    def add(self, articles: Iterable[Any], *, per_request: int = PER_REQUEST, wait: float = 0) -> Iterator[Receipt]:
        """Send articles, as many as there are, and give a receipt for each, in their order; nothing is sent before receipts are taken.

        What has a receipt that is not `refused` survives a crash of the service. What was sent when a connection broke is sent again,
        which changes nothing if it had come through.

        Parameters
        ----------
        articles : mappings with the fields of articles, or whatever msgspec writes as such. A generator is read as far as is sent.
        per_request : at most so many in one request.
        wait : seconds, up to 30, that each answer waits until its articles are in their stories; receipts then name these.

        Raises
        ------
        ClientError : if sending it again does not help, or the patience is at its end; what has no receipt is to be sent again.
        """
        return self._added(Packer(per_request=per_request, wait=wait), articles)

    def _added(self, packer: Packer, articles: Iterable[Any]) -> Iterator[Receipt]:
        for lot in packer.packed(articles):
            yield from lot.unsent()
            while (ask := lot.ask()) is not None:
                yield from lot.settle(self._outcome(ask))

    def follow(self, since: int | None = None, *, kinds: Iterable[str] = (), quiet_seconds: float = QUIET_SECONDS) -> Following:
        """What happens to stories, as it happens, until it is closed, from this or from another thread.

        After a break it comes again and goes on where it was: nothing is missed, nothing told twice.

        Parameters
        ----------
        since : number of the last event that is known; without it, what happens from now on.
        kinds : of the events that are wanted; all unless said.
        quiet_seconds : a connection on which nothing comes for so long is given up for another.

        Raises
        ------
        Gone : when going on, if events after `since` are kept no more.
        """
        following = Following(self._http, self._patience, Reading(since, tuple(kinds)), httpx.Timeout(self._timeout, read=quiet_seconds))
        self._followings.add(following)
        return following

    def close(self) -> None:
        """Close its connections, and end what it follows."""
        for following in tuple(self._followings):
            following.close()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _listed(self, listing: Listing[Page, T]) -> Iterator[T]:
        ask: Ask | None = listing.first
        while ask is not None:
            found = self._sent(ask).read(listing.kind)
            yield from listing.items(found)
            ask = listing.next(found)

    def _conduct(self, talk: Talk[T]) -> T:
        try:
            ask = next(talk)
            while True:
                outcome = self._outcome(ask)
                ask = talk.send(outcome) if isinstance(outcome, Reply) else talk.throw(outcome)
        except StopIteration as end:
            found: T = end.value
            return found

    def _outcome(self, ask: Ask) -> Reply | ClientError:
        try:
            return self._sent(ask)
        except ClientError as error:
            return error

    def _sent(self, ask: Ask) -> Reply:
        return tenacity.Retrying(**self._patience.options())(self._attempt, ask, Tries())

    def _attempt(self, ask: Ask, tries: Tries) -> Reply:
        with tries.attempt():
            return reply_of(self._http.request(**ask.arguments(self._timeout)))
