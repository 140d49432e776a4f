"""The stream: what happens to stories, as server-sent events, for as long as the reader likes."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Collection
from typing import Annotated, get_args

import anyio
import msgspec
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from ranker.apps.service.problems import Problem, problems, wrong_parameter
from ranker.apps.service.running import Running
from ranker.apps.service.shapes import event_json
from ranker.desk.records import Event, EventKind

_AT_ONCE = 200  # events that are read from the store together, and the most that is held for one reader
_SEND_SECONDS = 20.0  # a reader who takes in nothing for so long is cut off; with Last-Event-ID it can go on where it was
_END_SECONDS = 2.0  # a stream takes to say goodbye, at most
_RETRY_MILLISECONDS = 2000  # what a browser waits before it comes again
_RETRY_SECONDS = "10"
_NUMBER = re.compile("[0-9]{1,15}")
_KINDS: tuple[str, ...] = get_args(EventKind)
_EXAMPLE = (
    'retry: 2000\n\nid: 482\nevent: merged\ndata: {"number":482,"kind":"merged","story":"s-1f0c","at":"2026-03-11T18:20:00Z",...}\n\n'
)

_log = logging.getLogger(__name__)
router = APIRouter(tags=["changes"])


@router.get(
    "/v1/changes/stream",
    summary="What happens to stories, as it happens",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events without end: `id` is an event's number, `event` its kind, `data` what `GET /v1/changes` tells of it",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        **problems(410, 422, 503),
    },
)
async def stream(
    request: Request,
    since: Annotated[
        int | None, Query(ge=0, le=2**53, description="Begin after the event of this number; without it, with what happens from now on.")
    ] = None,
    kinds: Annotated[str, Query(description="Only events of these kinds, with commas between them.", examples=["created,merged"])] = "",
    last_event_id: Annotated[
        str | None, Header(description="Number of the last event that was received; goes before `since`. Browsers send it by themselves.")
    ] = None,
) -> EventSourceResponse:
    """Server-sent events.

    A reader who comes again with `Last-Event-ID` misses nothing and sees nothing twice. One who reads too slowly is cut off.
    """
    running: Running = request.app.state.running
    wanted = _wanted_kinds(kinds)
    after = await run_in_threadpool(_position, running, last_event_id, since)
    readers = _readers(request)
    readers.check(running.settings.service.stream_limit)
    told = _Told(after)
    return _Stream(
        readers.counted(_events(running, told, wanted)),
        ping=running.settings.service.stream_heartbeat_seconds,
        ping_message_factory=told.heartbeat,
        send_timeout=_SEND_SECONDS,
        shutdown_event=anyio.Event(),  # without it and time to end, a stream is torn off in the middle when the server stops
        shutdown_grace_period=_END_SECONDS,
        sep="\n",
        headers={"Cache-Control": "no-store"},
    )


class _Stream(EventSourceResponse):
    """A stream that may be broken off: its reader was too slow, which is no fault of the service."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it until it ends, or its reader does not keep up."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("a reader of the stream took in nothing for %g seconds and was cut off", self.send_timeout)


class Readers:
    """How many read the stream of one application just now."""

    def __init__(self) -> None:
        self.now = 0

    def check(self, most: int) -> None:
        """Refuse one more than the settings allow.

        Raises
        ------
        Problem : 503.
        """
        if self.now >= most:
            detail = f"{self.now} read the stream already, service.stream_limit allows no more."
            raise Problem(503, "Too many readers", detail, headers={"Retry-After": _RETRY_SECONDS})

    async def counted(self, events: AsyncIterator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
        """The events; counted as a reader for as long as they are read."""
        self.now += 1
        try:
            async for event in events:
                yield event
        finally:
            self.now -= 1


def _readers(request: Request) -> Readers:
    state = request.app.state
    if not hasattr(state, "readers"):
        state.readers = Readers()
    readers: Readers = state.readers
    return readers


class _Told:
    """How far a reader has been told; a heartbeat says so too, so that it does not fall behind what a filter leaves out."""

    def __init__(self, number: int) -> None:
        self.number = number

    def heartbeat(self) -> ServerSentEvent:
        """A comment, and the number to come again with."""
        return ServerSentEvent(comment="all is well", id=str(self.number), sep="\n")


async def _events(running: Running, told: _Told, wanted: Collection[str]) -> AsyncIterator[ServerSentEvent]:
    """Events after a number, those that an edition holds, until the service stops."""
    yield ServerSentEvent(comment="hello", retry=_RETRY_MILLISECONDS, id=str(told.number), sep="\n")
    async with running.subscribe() as bell:
        while not running.is_stopping:
            last = running.work.last_event
            while told.number < last and not running.is_stopping:
                found = await run_in_threadpool(running.desk.events, after=told.number, limit=_AT_ONCE)
                if not found:  # retention dropped them: the reader comes again, and is told
                    return
                for event in found:
                    if event.number <= last:  # later ones are in no edition yet
                        told.number = event.number
                        if not wanted or event.kind in wanted:
                            yield _sent(event)
                if found[-1].number > last:
                    break
            await bell.wait()


def _sent(event: Event) -> ServerSentEvent:
    return ServerSentEvent(data=msgspec.json.encode(event_json(event)).decode(), event=event.kind, id=str(event.number), sep="\n")


def _wanted_kinds(kinds: str) -> Collection[str]:
    wanted = frozenset(kind.strip() for kind in kinds.split(",") if kind.strip())
    unknown = sorted(wanted.difference(_KINDS))
    if unknown:
        raise wrong_parameter("kinds", f"there is no such kind of event; there are {', '.join(_KINDS)}")
    return wanted


def _position(running: Running, header: str | None, since: int | None) -> int:
    """The number after which a reader goes on.

    Raises
    ------
    Problem : 410 if events after it are no longer kept, 422 if it is none.
    """
    last = running.work.last_event
    if header is not None and header.strip():
        if not _NUMBER.fullmatch(header.strip()):
            raise wrong_parameter("Last-Event-ID", "expected the number of an event", place="header")
        after = int(header)
    else:
        after = last if since is None else since
    first = running.desk.store.first_event_number()
    if after > last:
        detail = f"There is no event {after} yet, the last one is {last}: this may be another store. Read /v1/stories and begin again."
    elif after < first - 1 and after < last:
        detail = f"Events before {first} are no longer kept. Read /v1/stories and go on with since={last}."
    else:
        return after
    raise Problem(410, "Events are gone", detail, extensions={"first": first, "last": last})
