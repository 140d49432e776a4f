"""Routes of changes: what happened to stories."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ranker.apps.service.asked import ChangesAsked
from ranker.apps.service.caching import Answer, answered, tag_of
from ranker.apps.service.models_lists import ChangesOut
from ranker.apps.service.problems import Problem, problems
from ranker.apps.service.serving import Serving, encoded, serving_of
from ranker.apps.service.shapes import event_json
from ranker.desk.records import Event

router = APIRouter(tags=["changes"])


@router.get(
    "/v1/changes",
    summary="What happened to stories",
    response_model=ChangesOut,
    responses=problems(304, 410),
)
async def changes(request: Request, asked: Annotated[ChangesAsked, Query()]) -> Response:
    """Events in order; ask again with `since` = `last`. Events are kept as long as articles are (service.keep_days): then it is 410."""
    serving = serving_of(request)
    body = await serving.apart(lambda: _told(serving, asked))
    return answered(request, Answer(body, tag_of(body)))


def _told(serving: Serving, asked: ChangesAsked) -> bytes:
    since = checked_since(serving, asked.since)
    events = serving.desk.events(after=since, limit=asked.limit + 1)
    told, more = events[: asked.limit], len(events) > asked.limit
    return encoded({"events": [event_json(event) for event in told], "last": _last(told, since), "more": more})


def checked_since(serving: Serving, since: int | None) -> int:
    """The number after which events are to be told; that before the oldest for None.

    Raises
    ------
    Problem : 410, if events after it are kept no more, or it is none of this store's.
    """
    store = serving.desk.store
    oldest, newest = store.first_event_number(), store.last_event_number()
    if since is None:
        return oldest - 1
    if since > newest:
        raise Problem(
            410,
            "No such event",
            f"The last event is {newest}: {since} is another store's. Read all stories again, then go on from {newest}.",
        )
    if since < oldest - 1:
        detail = f"Events before {oldest} are kept no more. Read all stories again, then go on from {newest}."
        raise Problem(410, "Events are gone", detail, extensions={"oldest": oldest, "last": newest})
    return since


def _last(events: list[Event], since: int) -> int:
    return events[-1].number if events else since
