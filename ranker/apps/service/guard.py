"""The guard: lets in who may come, as often as he may, with bodies that are not too large; a layer around all routes."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ranker.apps.service.keys import COOKIE, OPEN_PATHS, Keys, check_origin, check_role, wanted_role
from ranker.apps.service.problems import Problem, problem_response
from ranker.apps.service.rates import Rates
from ranker.settings import ServiceSettings

BYTES_PER_MEGABYTE = 1_000_000
_OPEN_FOLDERS = ("/docs/", "/page/")  # files that come with the service
_SIGN_IN, _SIGN_OUT = "/sign-in", "/sign-out"
_PAGES, _PAGE_FOLDER = frozenset({"/", "/related"}), "/stories/"  # for people: without a key they lead to where one is given
_LONGEST_NEXT = 1000  # characters; a longer address is not gone back to
_NO_KEY = 401
_ENDLESS = "/stream"  # an answer that never ends has no HEAD


class Guard:
    """Checks key, role, rate and sizes before a request reaches its route; the caller then stands in `request.state.caller`."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self._app = app
        self._keys, self._rates = Keys(settings), Rates(settings.rate_per_minute)
        self._has_keys = bool(settings.keys)
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
            await self._refused(scope, problem)(scope, receive, send)
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

    def _refused(self, scope: Scope, problem: Problem) -> Response:
        """What becomes of a request that may not go on: a person who looks at a page is led to where a key is given."""
        is_read_by_script = Headers(scope=scope).get("sec-fetch-dest") == "empty"
        if problem.status_code != _NO_KEY or is_read_by_script or not _is_page(_path(scope)):
            return problem_response(problem, path=scope["path"], request_id=scope.get("state", {}).get("request_id"))
        query = scope["query_string"].decode("latin-1") if scope["method"] in {"GET", "HEAD"} else ""
        wanted = quote(_path(scope) + (f"?{query}" if query else ""), safe="/")
        after = f"?next={wanted}" if len(wanted) <= _LONGEST_NEXT else ""
        headers = {"Location": f"{_root(scope)}{_SIGN_IN}{after}", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return Response(status_code=303, headers=headers)

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
        path = _path(scope)
        if path in OPEN_PATHS or path.startswith(_OPEN_FOLDERS):
            return {}
        if self._has_keys and path in {_SIGN_IN, _SIGN_OUT}:
            return self._tried(scope) if scope["method"] == "POST" or COOKIE in headers.get("cookie", "") else {}
        try:
            caller = self._keys.caller(scope, headers)
        except Problem:
            if self._has_keys and _gives_a_key(headers):
                self._tried(scope)
            raise
        scope.setdefault("state", {})["caller"] = caller
        added = self._rates.counted(caller.id)
        check_origin(caller, scope["method"], path, headers)
        check_role(caller, wanted_role(scope["method"], path))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most_bytes:
            raise self._too_large()
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "The body is of another type", "Send the body as it is, without Content-Encoding.")
        return added

    def _tried(self, scope: Scope) -> dict[str, str]:
        """Count a try at a key: who tries some has no more tries than a caller has requests, wherever he tries them."""
        return self._rates.counted(f"{_SIGN_IN} {(scope.get('client') or ('',))[0]}")

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


def _gives_a_key(headers: Headers) -> bool:
    """Whether a request comes with a key, right or wrong: who has none tries none."""
    return "authorization" in headers or "x-api-key" in headers or COOKIE in headers.get("cookie", "")


def _root(scope: Scope) -> str:
    return str(scope.get("root_path", "")).rstrip("/")


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(_root(scope))


def _is_page(path: str) -> bool:
    return path in _PAGES or path.startswith(_PAGE_FOLDER)
