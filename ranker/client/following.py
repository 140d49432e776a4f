"""Following: the stream of events as an iterator that comes again after a break; one that waits, and one that does not."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator
from threading import Event as Flag
from threading import Lock
from types import TracebackType
from typing import Any, Self

import anyio
import httpx
import tenacity

from ranker.client.errors import ClientError, Unreachable
from ranker.client.patience import Patience, Tries, connected
from ranker.client.records import Event
from ranker.client.replies import Reply, error_of
from ranker.client.stream import PATH, Reading, is_stream


class _Follower:
    """What both have: where they are, and what was read and not yet told."""

    def __init__(self, patience: Patience, reading: Reading, timeout: httpx.Timeout) -> None:
        self._patience, self._reading, self._timeout = patience, reading, timeout
        self._response: httpx.Response | None = None
        self._events: deque[Event] = deque()

    @property
    def last(self) -> int | None:
        """Number of the last event; a later `follow(since=last)` goes on after it. None before anything has come."""
        return self._events[0].number - 1 if self._events else self._reading.last

    def _asked(self) -> dict[str, Any]:
        reading = self._reading
        return {"method": "GET", "url": PATH, "params": reading.params(), "headers": reading.headers(), "timeout": self._timeout}


class Following(_Follower):
    """Events as they happen. Closing it, or the client, ends it, also while another thread waits for the next event."""

    def __init__(self, http: httpx.Client, patience: Patience, reading: Reading, timeout: httpx.Timeout) -> None:
        super().__init__(patience, reading, timeout)
        self._http = http
        self._pieces: Iterator[bytes] = iter(())
        self._closed = Flag()
        self._at_work = Lock()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        with self._at_work:
            while not self._closed.is_set():
                if self._events:
                    return self._events.popleft()
                self._read()
            self._drop()
        raise StopIteration

    def close(self) -> None:
        """End it; closing it again does nothing."""
        self._closed.set()
        with contextlib.suppress(AttributeError, KeyError, OSError):  # no connection, one that is none of the network's, or a closed one
            self._response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        if self._at_work.acquire(blocking=False):  # else who reads just now sees to it, and soon
            try:
                self._drop()
            finally:
                self._at_work.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _read(self) -> None:
        """Take in a piece of the stream, or get over a break."""
        if self._response is None:
            self._open()
            return
        piece = None
        with contextlib.suppress(Unreachable), connected():
            piece = next(self._pieces, None)
        if piece is not None:
            self._events.extend(self._reading.events(piece))
            return
        self._drop()
        self._closed.wait(self._reading.pause)

    def _open(self) -> None:
        retrying = tenacity.Retrying(**self._patience.options(), sleep=tenacity.sleep_using_event(self._closed))
        try:
            self._response = retrying(self._attempt, Tries())
        except ClientError:
            if not self._closed.is_set():
                raise
            return
        self._pieces = self._response.iter_bytes()

    def _attempt(self, tries: Tries) -> httpx.Response:
        with tries.attempt():
            response = self._http.send(self._http.build_request(**self._asked()), stream=True)
            if is_stream(response):
                return response
            with contextlib.closing(response):
                raise error_of(Reply(response.status_code, response.read(), response.headers))

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
        self._response, self._pieces = None, iter(())
        self._reading.broken()


class AsyncFollowing(_Follower):
    """Events as they happen. Closing it, or the client, ends it, also while another task waits for the next event."""

    def __init__(self, http: httpx.AsyncClient, patience: Patience, reading: Reading, timeout: httpx.Timeout) -> None:
        super().__init__(patience, reading, timeout)
        self._http = http
        self._pieces: AsyncIterator[bytes] | None = None
        self._is_closed = False
        self._waiting: anyio.CancelScope | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._is_closed:
            if self._events:
                return self._events.popleft()
            with anyio.CancelScope() as self._waiting:
                await self._read()
            self._waiting = None
        await self._drop()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End it; closing it again does nothing."""
        self._is_closed = True
        if self._waiting is not None:
            self._waiting.cancel()
        else:
            await self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def _read(self) -> None:
        """Take in a piece of the stream, or get over a break."""
        if self._response is None or self._pieces is None:
            retrying = tenacity.AsyncRetrying(**self._patience.options(), sleep=anyio.sleep)
            response: httpx.Response = await retrying(self._attempt, Tries())
            self._response, self._pieces = response, response.aiter_bytes()
            return
        piece = None
        with contextlib.suppress(Unreachable), connected():
            piece = await anext(self._pieces, None)
        if piece is not None:
            self._events.extend(self._reading.events(piece))
            return
        await self._drop()
        await anyio.sleep(self._reading.pause)

    async def _attempt(self, tries: Tries) -> httpx.Response:
        with tries.attempt():
            response = await self._http.send(self._http.build_request(**self._asked()), stream=True)
            if is_stream(response):
                return response
            async with contextlib.aclosing(response):
                raise error_of(Reply(response.status_code, await response.aread(), response.headers))

    async def _drop(self) -> None:
        if self._response is not None:
            await self._response.aclose()
        self._response, self._pieces = None, None
        self._reading.broken()
