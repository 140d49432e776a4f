"""Bodies: JSON read strictly, before anything looks at it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute

from ranker.apps.service.problems import Problem

JSON_TYPE = "application/json"
NDJSON_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})


def content_type(request: Request) -> str:
    """The media type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unread_type(request: Request, allowed: str) -> Problem:
    """The problem of a body that is of another type."""
    given = content_type(request)[:60]
    return Problem(415, "The body is of another type", f"Content-Type is {given or 'missing'}; send {allowed}.")


def decoded(body: bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    Problem : 422, if it is none; not-a-number, half characters and very deep nesting are none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Problem(422, "The body is no JSON", reason_of(error), extensions={"errors": [_wrong(error)]}) from None


def reason_of(error: Exception) -> str:
    """Why a text is no JSON, in words."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, UnicodeError):
        return "holds half a character (a lone surrogate), or is not UTF-8"
    return str(error)


def _wrong(error: Exception) -> dict[str, str]:
    return {"in": "body", "name": "", "reason": reason_of(error)}


class _JsonRequest(Request):
    async def json(self) -> Any:
        return decoded(await self.body())


class JsonRoute(APIRoute):
    """A route whose body is JSON, read by `decoded` and by nothing laxer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that reads so."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            if request.method in {"POST", "PUT", "PATCH"} and content_type(request) != JSON_TYPE:
                raise unread_type(request, JSON_TYPE)
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_json
