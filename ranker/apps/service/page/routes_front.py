"""The front page: ranked stories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from ranker.apps.service.caching import answered
from ranker.apps.service.listing import Listed, ListPage
from ranker.apps.service.page.frame import notice_of
from ranker.apps.service.page.front import as_text, form_context, list_of
from ranker.apps.service.page.question import Question, question_of, wrong_parts
from ranker.apps.service.page.routing import PageRoute, check_ready
from ranker.apps.service.page.templates import HTML, html_of, rendered
from ranker.apps.service.problems import Problem
from ranker.apps.service.serving import caller_of, serving_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_SEE_OTHER, _GONE, _WRONG = 303, 410, 422
_NO_STORE = {"Cache-Control": "no-store"}


@router.get("/")
async def front(request: Request) -> Response:
    """The ranked stories that the parameters ask for, those of `GET /v1/stories`; `part=stories` gives the list alone."""
    check_ready(request)
    question = question_of(request)
    if not question.is_plain and not question.is_part:
        return Response(status_code=_SEE_OTHER, headers={**_NO_STORE, "Location": question.address()})
    serving = serving_of(request)
    last_event = serving.running.work.last_event  # before the edition is taken: of what comes in between the reader is told once more
    try:
        page = ListPage(request, question.asked(serving.edition.as_of))
    except ValidationError as error:
        return await _refused(request, question, wrong_parts(error))
    except Problem as problem:
        return await _not_listed(request, question, problem)
    template, form = ("list.html", "list") if question.is_part else ("stories.html", "page")

    def write(listed: Listed) -> bytes:
        context: dict[str, Any] = {"list": list_of(page, listed, question, last_event), "as_text": as_text}
        if not question.is_part:
            context |= form_context(serving, page.edition, question, {})
        return html_of(request, template, context, edition=page.edition)

    frame = (question.root, notice_of(serving.running), caller_of(request).name)
    answer = await page.answer(request, (form, frame, tuple(sorted(question.given.items()))), write)
    return answered(request, answer, HTML)


async def _not_listed(request: Request, question: Question, problem: Problem) -> Response:
    """What is answered where there is no such list: it is kept no more, or was asked for in a wrong way."""
    if problem.status_code != _GONE:
        return await _refused(request, question, {error["name"]: error["reason"] for error in problem.extensions["errors"]})
    context = {"begin": question.address(), "detail": "The list was kept for some minutes after it was last used. Begin again at its top."}
    template = "gone_list.html" if question.is_part else "gone.html"
    return rendered(request, template, context, status=_GONE)


async def _refused(request: Request, question: Question, wrong: Mapping[str, str]) -> Response:
    """The page with what is wrong beside it."""
    serving = serving_of(request)
    if question.is_part:
        return rendered(request, "wrong.html", {"wrong": dict(wrong)}, status=_WRONG)
    context = await serving.soon(lambda: form_context(serving, serving.edition, question, wrong))
    return rendered(request, "stories.html", {"list": None, "as_text": as_text, **context}, status=_WRONG)
