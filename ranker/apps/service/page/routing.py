"""Routing: what all pages have in common, their headers and how they tell that something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ranker.apps.service.page.templates import rendered
from ranker.apps.service.problems import Problem, problem_of
from ranker.apps.service.running import Busy
from ranker.apps.service.serving import serving_of
from ranker.errors import RankerError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_RETRY_SECONDS = "2"  # loading an encoder takes no longer than a few of these
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class PageRoute(APIRoute):
    """A route whose answers carry the headers of pages, and whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See `APIRoute`."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handler(request)
            except (HTTPException, RequestValidationError, Busy, RankerError) as error:
                response = problem_page(request, problem_of(error, request))
            response.headers.update(HEADERS)
            return response

        return handled


def check_ready(request: Request) -> None:
    """Refuse to show what is not there yet: nothing is decided while the encoder is loaded, or when the service stops.

    One that has failed, or cannot decide for a while, shows what it knows.

    Raises
    ------
    Problem : 503.
    """
    running = serving_of(request).running
    reason = running.not_ready
    if reason is not None and not running.has_failed and running.trouble is None:
        raise Problem(503, "Not ready", f"Not ready: {reason}.", headers={"Retry-After": _RETRY_SECONDS})


def problem_page(request: Request, problem: Problem) -> Response:
    """A page that says what is wrong, with the status of the problem. Its headers are those of pages."""
    context = {
        "status": problem.status_code,
        "phrase": HTTPStatus(problem.status_code).phrase,
        "title": problem.title,
        "detail": problem.detail,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    response = rendered(request, "problem.html", context, status=problem.status_code, headers=problem.headers)
    response.headers.update(HEADERS)
    return response
