"""Problems: every error as a problem document (RFC 9457), without anything of the inside."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ranker.apps.service.running import Busy
from ranker.errors import ArticleError, CorrectionError, SettingsError, StoreError

MEDIA_TYPE = "application/problem+json"
NOT_MODIFIED = "What you have is still good"  # no problem, and no body either
_MOST_SHOWN = 200  # characters of what a caller sent that an answer repeats
_MOST_ERRORS = 20  # of one request
_SERVER_ERRORS = 500


class Problem(HTTPException):
    """An answer that is an error: raise it anywhere in a handler.

    Parameters
    ----------
    title : what kind of problem it is, the same each time.
    detail : what is wrong this time, and what to do.
    extensions : more members of the document, by name.
    """

    def __init__(
        self, status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, extensions: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.title = title
        self.extensions = dict(extensions or {})


def wrong_parameter(name: str, reason: str, *, place: str = "query") -> Problem:
    """The problem of one parameter."""
    error = {"in": place, "name": name, "reason": reason}
    return Problem(422, "A parameter is wrong", f"{name}: {reason}", extensions={"errors": [error]})


def problem_bytes(problem: Problem, *, path: str, request_id: str | None) -> bytes:
    """The document."""
    document = {"type": "about:blank", "title": problem.title, "status": problem.status_code, "detail": problem.detail, "instance": path}
    if request_id:
        document["requestId"] = request_id
    return msgspec.json.encode(_whole(document | problem.extensions))


def problem_response(problem: Problem, *, path: str, request_id: str | None) -> Response:
    """The answer that carries it."""
    headers = {"Cache-Control": "no-store", **(problem.headers or {})}
    if request_id and problem.status_code >= _SERVER_ERRORS:
        headers["X-Request-Id"] = request_id  # what adds it elsewhere has been left when the last resort answers
    return Response(problem_bytes(problem, path=path, request_id=request_id), problem.status_code, headers, MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Make every error of an application a problem document."""
    for kind in (HTTPException, RequestValidationError, Busy, CorrectionError, SettingsError, ArticleError, StoreError, Exception):
        app.add_exception_handler(kind, _answered)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of answers without what was asked for, in the OpenAPI document.

    What any route may answer stands there anyway: 401, 403, 414, 422, 429, 500, 503, and with a body 400, 413, 415.
    """
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANINGS[status], **({} if status == _UNCHANGED else {"content": content})} for status in statuses}


_UNCHANGED = 304
_MEANINGS = {
    _UNCHANGED: NOT_MODIFIED,
    308: "The story was merged; `Location` leads to the one that it is part of now",
    400: "The body cannot be read",
    401: "A key is needed, or the one given is none of ours",
    403: "The key may not do this, or the caller is not on this machine",
    404: "There is nothing of that id",
    409: "It contradicts what was said before; `chain` says how",
    410: "It is gone for good: begin again, or follow `heirs`",
    413: "The body is too large, or holds too many items",
    414: "The query is too long",
    415: "The body is of a type that is not read here",
    422: "A parameter or the body is wrong; `errors` says what",
    429: "Too many requests, or too many changes that wait; `Retry-After` says when to come again",
    500: "Something broke here; `requestId` finds it in the log",
    503: "Not ready, or too much to do at once; try again",
}


async def _answered(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("state", {}).get("request_id")
    return problem_response(problem_of(error, request), path=request.url.path, request_id=request_id)


def problem_of(error: Exception, request: Request) -> Problem:
    """What an error is to a caller; of one that nobody expected nothing is told."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _plain(error, request)
    if isinstance(error, Busy):
        return Problem(429, "Too many changes wait", str(error), headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, CorrectionError):
        return _of_correction(error)
    if isinstance(error, SettingsError | ArticleError):
        return Problem(422, "A parameter is wrong", str(error))
    if isinstance(error, StoreError):
        return Problem(503, "The store cannot be used", "try again; if it stays so, see the log", headers={"Retry-After": "5"})
    return Problem(500, "Something broke here", "It is in the log, under the request id.")


def _plain(error: HTTPException, request: Request) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request)
    details = {
        404: f"There is no {_cut(request.url.path)}; /docs lists what there is.",
        405: f"{request.method} is not allowed here; allowed: {headers.get('Allow')}.",
        400: "The body cannot be read.",
    }
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(error.status_code, phrase, details.get(error.status_code, phrase), headers=headers)


def _allowed(request: Request) -> str:
    """All methods of a path; a router names those of one of its routes alone."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    found = {method for pattern, methods in request.app.state.methods if pattern.match(path) for method in methods}
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


def _of_correction(error: CorrectionError) -> Problem:
    if not error.chain and not error.against:
        return Problem(422, "The correction makes no sense", str(error))
    told = {"correction": error.correction, "chain": list(error.chain), "against": list(error.against)}
    return Problem(409, "The correction contradicts others", str(error), extensions=told)


def _invalid(error: RequestValidationError) -> Problem:
    told = [
        {"in": str(item["loc"][0]), "name": _cut(".".join(map(str, item["loc"][1:]))), "reason": _cut(item["msg"])}
        for item in error.errors()[:_MOST_ERRORS]
    ]
    first = told[0]
    return Problem(422, "A parameter is wrong", f"{first['name'] or first['in']}: {first['reason']}", extensions={"errors": told})


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _whole(value: Any) -> Any:
    """A document without half characters, which no JSON can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value
