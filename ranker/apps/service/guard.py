"""The guard: lets in who may come, as often as he may, with bodies that are not too large; a layer around all routes."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ranker.apps.service.keys import OPEN_PATHS, Keys, check_role, wanted_role
from ranker.apps.service.problems import Problem, problem_response
from ranker.apps.service.rates import Rates
from ranker.settings import ServiceSettings

BYTES_PER_MEGABYTE = 1_000_000
_PARTS_OF_DOCS = "/docs/"
_ENDLESS = "/stream"  # an answer that never ends has no HEAD


class Guard:
    """Checks key, role, rate and sizes before a request reaches its route; the caller then stands in `request.state.caller`."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self._app = app
        self._keys, self._rates = Keys(settings), Rates(settings.rate_per_minute)
        self._most_bytes = int(settings.max_body_megabytes * BYTES_PER_MEGABYTE)
        self._most_query = settings.max_query_characters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            added = self._checked(scope)
        except Problem as problem:
            request_id = scope.get("state", {}).get("request_id")
            await problem_response(problem, path=scope["path"], request_id=request_id)(scope, receive, send)
            return

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(added)
            await send(message)

        outward = send_with_rate if added else send
        if scope["method"] == "HEAD" and not scope["path"].endswith(_ENDLESS):
            await self._answer_head(scope, receive, outward)
        else:
            await self._app(scope, self._bounded(receive), outward)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What GET would answer, without its body."""
        asked = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app(asked, receive, send_head)
        scope.update({name: asked[name] for name in ("route", "endpoint", "path_params") if name in asked})

    def _checked(self, scope: Scope) -> dict[str, str]:
        """Headers for the answer to a request that may go on."""
        if len(scope["query_string"]) > self._most_query:
            raise Problem(414, "The address is too long", f"At most {self._most_query:,} characters may stand after the question mark.")
        headers = Headers(scope=scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path in OPEN_PATHS or path.startswith(_PARTS_OF_DOCS):
            return {}
        caller = self._keys.caller(scope, headers)
        scope.setdefault("state", {})["caller"] = caller
        added = self._rates.counted(caller.id)
        check_role(caller, wanted_role(scope["method"], path))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most_bytes:
            raise self._too_large()
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "The body is of another type", "Send the body as it is, without Content-Encoding.")
        return added

    def _bounded(self, receive: Receive) -> Receive:
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most_bytes:
                raise self._too_large()
            return message

        return receive_some

    def _too_large(self) -> Problem:
        limit = self._most_bytes / BYTES_PER_MEGABYTE
        return Problem(413, "The body is too large", f"At most {limit:g} MB are taken in one request (service.max_body_megabytes).")
