"""Routes of a story's own page, and of what is shown where a story lives no longer."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from ranker.apps.service.asked import Id
from ranker.apps.service.caching import Answer, answered, has_tag
from ranker.apps.service.lineage import chain_of
from ranker.apps.service.page.frame import notice_of, root_of
from ranker.apps.service.page.moment import Moment
from ranker.apps.service.page.routing import PageRoute, check_ready
from ranker.apps.service.page.story_history import corrections_by_id, in_words, named_story
from ranker.apps.service.page.story_page import StoryPage
from ranker.apps.service.page.templates import HTML, rendered
from ranker.apps.service.problems import Problem
from ranker.apps.service.serving import Serving, caller_of, serving_of
from ranker.articles.dates import iso_text
from ranker.desk.records import StoryRecord

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_HEIRS_SHOWN = 100


class StoryAsked(BaseModel):
    """What of a story is shown."""

    page: int = Field(1, ge=1, le=1_000_000)  # of its articles
    history: Literal["", "all"] = ""
    part: Literal["", "story"] = ""
    after: str = Field("", max_length=256)  # id of a story that was merged and led here


@router.get("/stories/{id}")
async def story(request: Request, id: Annotated[Id, Path()], asked: Annotated[StoryAsked, Query()]) -> Response:  # noqa: A002 - a name of addresses
    """A story as it is now; a merged one leads to its heir (308), a split or emptied one is gone (410)."""
    check_ready(request)
    serving, caller = serving_of(request), caller_of(request)
    moment = Moment.of(serving)
    told = asked.page, asked.history, asked.part, asked.after
    key = ("page of a story", moment.key, id, told, root_of(request), notice_of(serving.running), caller.name, caller.role)
    tag = serving.answers.tag(*key)
    if has_tag(request, tag):
        return answered(request, Answer(b"", tag), HTML)
    answer = serving.answers.get(key)
    if answer is not None:
        return answered(request, answer, HTML)
    note = await serving.apart(lambda: _merged(serving, asked.after, id)) if asked.after else None
    template = "story_part.html" if asked.part else "story.html"
    page = StoryPage(request, caller, serving, moment, asked.page, asked.history == "all", template, note)
    ranked = moment.view.story(id)
    if ranked is not None:
        body = await serving.soon(lambda: page.live(ranked))
    else:
        chain = await serving.apart(lambda: chain_of(serving.desk, id))
        ended = await serving.apart(lambda: _ended(request, serving, chain))
        if ended is not None:
            return ended
        body = await serving.apart(lambda: page.sealed(chain[-1], serving.desk.store.articles_of(id)))
    return answered(request, serving.answers.keep(key, body, tag=tag), HTML)


def _ended(request: Request, serving: Serving, chain: list[StoryRecord]) -> Response | None:
    """The answer for a story that is neither live nor sealed itself; None for one that is sealed."""
    if not chain:
        raise Problem(404, "No such story", "No story has or had this id.")
    first, last = chain[0], chain[-1]
    if last.state in {"split", "emptied", "merged"}:
        return _gone(request, serving, chain, _in_words(serving, last.because))
    if len(chain) > 1:
        location = f"{root_of(request)}/stories/{quote(last.id, safe='')}?after={quote(first.id, safe='')}"
        return Response(status_code=308, headers={"Location": location, "Cache-Control": "no-store"})
    if last.state == "live":
        raise Problem(404, "No such story yet", "It is being published; ask again in a moment.")
    return None


def _gone(request: Request, serving: Serving, chain: list[StoryRecord], because: str) -> Response:
    last, view = chain[-1], serving.view
    context = {
        "id": chain[0].id,
        "because": because,
        "at": iso_text(last.changed),
        "heirs": [named_story(heir, view) for heir in last.heirs[:_HEIRS_SHOWN]],
        "more": max(0, len(last.heirs) - _HEIRS_SHOWN),
    }
    return rendered(request, "story_gone.html", context, status=410)


def _merged(serving: Serving, old: str, new: str) -> StoryRecord | None:
    """The record of a story that was merged and lives on in another; None if that is not so, whatever an address says."""
    chain = chain_of(serving.desk, old)
    if len(chain) < 2 or chain[-1].id != new:  # noqa: PLR2004 - itself and its heir
        return None
    return replace(chain[0], because=_in_words(serving, chain[0].because))


def _in_words(serving: Serving, cause: str) -> str:
    return in_words(cause, corrections_by_id(serving.desk.store, serving.desk.corrections()))
