"""Routes of stories: ranked pages, and one story with all that is known of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ranker.apps.service.asked import Id, NothingAsked, StoriesAsked
from ranker.apps.service.caching import Answer, answered, has_tag
from ranker.apps.service.lineage import led_on
from ranker.apps.service.listing import Listed, ListPage
from ranker.apps.service.models import STORY_ID, StoriesOut, StoryOut, TimelineOut
from ranker.apps.service.problems import problems
from ranker.apps.service.serving import Json, Serving, encoded, serving_of
from ranker.apps.service.shapes import live_story_json, sealed_story_json
from ranker.articles.dates import iso_text
from ranker.desk.records import StoryRecord
from ranker.ranking.ranked import RankedStory

router = APIRouter(tags=["stories"])
_STORY_ID = Path(description="Id of a story", examples=[STORY_ID])
_MOVED = problems(304, 308, 404, 410)


@router.get(
    "/v1/stories",
    summary="Ranked stories",
    response_model=StoriesOut,
    responses=problems(304, 410),
)
async def stories(request: Request, asked: Annotated[StoriesAsked, Query()]) -> Response:
    """A page of stories, best first.

    The first page freezes the list: pages that follow by `next` show the same stories, none twice and none left out, as they are by then.
    """
    page = ListPage(request, asked)
    answer = await page.answer(request, ("json",), lambda listed: _told_list(listed, page))
    return answered(request, answer)


def _told_list(listed: Listed, page: ListPage) -> bytes:
    """A page as JSON."""
    view, store = listed.view, page.serving.desk.store

    def told(item: RankedStory | StoryRecord) -> Json:
        if isinstance(item, StoryRecord):
            return sealed_story_json(item, store.articles_of(item.id), view.edition)
        return live_story_json(item, view, view.edition.records.get(item.story.id), explain=page.asked.explain)

    body = {
        "asOf": iso_text(view.as_of),
        "edition": view.edition.number,
        "total": listed.total,
        "stories": [told(item) for item in listed.stories],
        "next": listed.next,
    }
    return encoded(body)


@router.get("/v1/stories/{id}", summary="A story", response_model=StoryOut, responses=_MOVED)
async def story(request: Request, id: Annotated[Id, _STORY_ID], asked: Annotated[NothingAsked, Query()]) -> Response:  # noqa: A002, ARG001 - names of the wire
    """A story as it is now: its articles, signals, timeline and lineage.

    One that was merged leads to its heir (308); one that was split or has no articles any more is gone (410). A sealed one has no scores.
    """
    return await _told(request, id, "")


@router.get("/v1/stories/{id}/explanation", summary="Why a story stands where it stands", response_model=StoryOut, responses=_MOVED)
async def explanation(request: Request, id: Annotated[Id, _STORY_ID], asked: Annotated[NothingAsked, Query()]) -> Response:  # noqa: A002, ARG001 - names of the wire
    """The story with its phase taken apart (`phaseParts`), and what sets it above the next of the list (`whyAboveNext`)."""
    return await _told(request, id, "/explanation")


@router.get("/v1/stories/{id}/timeline", summary="When a story was told", response_model=TimelineOut, responses=_MOVED)
async def story_timeline(request: Request, id: Annotated[Id, _STORY_ID], asked: Annotated[NothingAsked, Query()]) -> Response:  # noqa: A002, ARG001 - names of the wire
    """The hours in which a story was told: articles and providers of each."""
    return await _told(request, id, "/timeline")


async def _told(request: Request, story_id: str, part: str) -> Response:
    serving, edition = serving_of(request), serving_of(request).edition
    key = ("story", edition.number, story_id, part)
    tag = serving.answers.tag(*key)
    if has_tag(request, tag):
        return answered(request, Answer(b"", tag))
    answer = serving.answers.get(key)
    if answer is None:
        view = serving.views.of(edition, None, None)
        ranked = view.story(story_id)
        if ranked is not None:
            told = live_story_json(ranked, view, edition.records.get(story_id), explain=part == "/explanation")
        else:
            told = await serving.apart(lambda: _sealed(request, serving, story_id, part))
        answer = serving.answers.keep(key, encoded(_part(told, part)), tag=tag)
    return answered(request, answer)


def _sealed(request: Request, serving: Serving, story_id: str, part: str) -> Json:
    """A story that is in no edition any more, from the store."""
    record = led_on(serving.desk, story_id, part=part, query=request.url.query, root=request.scope.get("root_path", ""))
    return sealed_story_json(record, serving.desk.store.articles_of(story_id), serving.edition)


def _part(told: Json, part: str) -> Json:
    return {"id": told["id"], "timeline": told["timeline"]} if part == "/timeline" else told
