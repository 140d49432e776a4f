"""Routes of the page that takes a text and tells what is related to it; nothing of the text is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from ranker.apps.service.asked import TextAsked
from ranker.apps.service.page.forms import form_fields
from ranker.apps.service.page.routing import PageRoute, check_ready
from ranker.apps.service.page.templates import rendered
from ranker.apps.service.problems import Problem
from ranker.apps.service.routes_texts import related_answer
from ranker.apps.service.serving import Json, Serving, serving_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MOST_BYTES = 65_536  # of the form: a title and an excerpt, never a full text
_FIELDS = ("title", "excerpt")
_WRONG = 422


@router.get("/related")
async def form(request: Request) -> Response:
    """The form."""
    check_ready(request)
    return rendered(request, "related.html", _context({}))


@router.post("/related")
async def answer(request: Request, part: Annotated[Literal["", "answer"], Query()] = "") -> Response:
    """What `POST /v1/related` answers, for people; with `part=answer` without what stands around it."""
    check_ready(request)
    serving = serving_of(request)
    fields = await form_fields(request, _FIELDS, most_bytes=MOST_BYTES)
    template = "related_part.html" if part else "related.html"
    try:
        told = await serving.apart(lambda: _answered(serving, fields))
    except Problem as problem:
        wrong = {error["name"]: error["reason"] for error in problem.extensions.get("errors", ())}
        if problem.status_code != _WRONG or not wrong:
            raise
        return rendered(request, template, _context(fields, wrong=wrong), status=_WRONG)
    return rendered(request, template, _context(fields, told=told))


def _answered(serving: Serving, fields: dict[str, str]) -> Json:
    """The answer, each article with the story that it is in, and the story that the text would belong to."""
    try:
        asked = TextAsked.model_validate(fields)
    except ValidationError as error:  # half a character, say
        raise Problem(_WRONG, "A parameter is wrong", "", extensions={"errors": [_wrong(item) for item in error.errors()]}) from None
    told = related_answer(serving, asked)
    view = serving.view
    story = None if told["story"] is None else view.story(told["story"])
    items = [item | {"story": view.edition.story_of(item["id"])} for item in told["related"]]
    return told | {"related": items, "told": None if story is None else story}


def _wrong(item: Any) -> dict[str, str]:
    return {"name": str(item["loc"][0]), "reason": str(item["msg"])}


def _context(fields: dict[str, str], *, wrong: dict[str, str] | None = None, told: Json | None = None) -> dict[str, Any]:
    known = wrong or {}
    return {
        "fields": {name: fields.get(name, "") for name in _FIELDS},
        "wrong": {name: known.get(name, "") for name in _FIELDS},
        "other_wrong": [f"{name}: {reason}" for name, reason in known.items() if name not in _FIELDS],
        "told": told,
    }
