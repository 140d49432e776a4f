"""Routes of stories: ranked pages, and one story with all that is known of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ranker.apps.service.asked import Id, NothingAsked, StoriesAsked
from ranker.apps.service.caching import Answer, answered, is_known
from ranker.apps.service.lineage import led_on, living
from ranker.apps.service.models import STORY_ID, StoriesOut, StoryOut, TimelineOut
from ranker.apps.service.paging import Frozen
from ranker.apps.service.problems import problems
from ranker.apps.service.serving import Json, Serving, encoded, limit_of, serving_of
from ranker.apps.service.shapes import live_story_json, sealed_story_json
from ranker.apps.service.views import View
from ranker.articles.dates import iso_text
from ranker.desk.edition import Edition

router = APIRouter(tags=["stories"])
_USUAL = 20  # stories a page
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
    serving = serving_of(request)
    limit = limit_of(asked.limit, usual=_USUAL, most=serving.settings.page_limit)
    frozen, position = None, 0
    if asked.cursor is not None:
        frozen, position = serving.cursors.found(asked.cursor, asked.filters())
        asked = StoriesAsked.model_validate({**frozen.asked, "explain": asked.explain})
    page = _Page(serving, serving.edition, asked, limit, position, frozen)
    answer = page.known(request)
    if answer is None:
        answer = await (serving.soon(page.made) if page.is_quick else serving.apart(page.made))
    return answered(request, answer)


class _Page:
    """A page that is asked for."""

    def __init__(self, serving: Serving, edition: Edition, asked: StoriesAsked, limit: int, position: int, frozen: Frozen | None) -> None:
        self._serving, self._edition, self._asked, self._limit, self._position = serving, edition, asked, limit, position
        self._settings = serving.settings_for(asked)
        self._filters = asked.filters()
        self._list_key = ("stories", edition.number, repr(sorted(self._filters.items())))
        self._frozen = frozen or serving.cursors.kept(self._list_key)

    @property
    def is_quick(self) -> bool:
        """Whether it is made in a moment: the order is there already, and no article is looked through."""
        is_there = self._frozen is not None or not self._asked.wanted()
        return is_there and self._serving.views.known(self._edition, self._settings, self._asked.as_of) is not None

    def _key(self, frozen: Frozen) -> tuple[object, ...]:
        return "stories", self._edition.number, frozen.id, self._position, self._limit, self._asked.explain

    def known(self, request: Request) -> Answer | None:
        """The page, if it was made before; without its body if the caller has it."""
        if self._frozen is None:
            return None
        key = self._key(self._frozen)
        tag = self._serving.answers.tag(*key)
        return Answer(b"", tag) if is_known(request, tag) else self._serving.answers.get(key)

    def made(self) -> Answer:
        """The page."""
        serving, asked = self._serving, self._asked
        view = serving.views.of(self._edition, self._settings, asked.as_of)
        frozen = self._frozen or serving.cursors.frozen(self._list_key, self._filters, lambda: view.listed(asked.wanted(), asked.sort))
        key = self._key(frozen)
        made = serving.answers.get(key)
        if made is not None:  # by somebody who asked at the same time
            return made
        end = min(self._position + self._limit, len(frozen.items))
        told = [self._story(view, frozen, place) for place in range(self._position, end)]
        body = {
            "asOf": iso_text(view.as_of),
            "edition": self._edition.number,
            "total": len(frozen.items),
            "stories": [story for story in told if story is not None],
            "next": frozen.cursor(end),
        }
        return serving.answers.keep(key, encoded(body), tag=serving.answers.tag(*key))

    def _story(self, view: View, frozen: Frozen, place: int) -> Json | None:
        """What stands at a place of the list now; None where that is nothing, or stands elsewhere in it."""
        story_id, explain = frozen.items[place], self._asked.explain
        ranked = view.story(story_id)
        if ranked is None and (led := living(self._serving.desk, story_id)) is not None:
            if led.id != story_id and (frozen.holds(led.id) or frozen.shown.setdefault(led.id, place) != place):
                return None
            if led.state == "sealed":
                return sealed_story_json(led, self._serving.desk.store.articles_of(led.id), self._edition)
            ranked = view.story(led.id)
        if ranked is None or ranked.rank == 0:  # emptied, or hidden meanwhile
            return None
        return live_story_json(ranked, view, view.edition.records.get(ranked.story.id), explain=explain)


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
    if is_known(request, tag):
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
    record = led_on(serving.desk, story_id, part=part, query=request.url.query)
    return sealed_story_json(record, serving.desk.store.articles_of(story_id), serving.edition)


def _part(told: Json, part: str) -> Json:
    return {"id": told["id"], "timeline": told["timeline"]} if part == "/timeline" else told
