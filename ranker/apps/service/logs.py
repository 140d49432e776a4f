"""Logs: one line a request on standard error, with an id that the answer carries as well; never a text, a query or a key."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from typing import Any

import msgspec
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ranker.settings import ServiceSettings

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # of a caller; anything else would let him write into the log
_ID_BYTES = 8
_NAME = b"x-request-id"
_SERVER_ERROR = 500
_MILLISECOND_DIGITS = 1

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds by machines; told only when something is wrong
_CLIENT_ERROR = 400


def set_up_logs(settings: ServiceSettings, *, level: int = logging.INFO) -> None:
    """Log to standard error, one JSON object a line or for people; what libraries log comes out the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    ending = _ending(settings)
    structlog.configure(
        processors=[*shared, *ending],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending[:-1], _as_text(ending[-1])],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "watchfiles", "httpx"):  # what they do all the time is told in our words, or not at all
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record of the server says what is not said yet: what breaks in a request is logged with that request's id."""
    return not record.getMessage().startswith(("Exception in ASGI application", "ASGI callable returned without completing response"))


def _ending(settings: ServiceSettings) -> list[structlog.typing.Processor]:
    """How a record becomes the bytes of a line."""
    if settings.log_format == "console":
        console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        return [lambda logger, method, record: console(logger, method, record).encode("utf-8", "backslashreplace")]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]


def _json(record: Any, **_: Any) -> bytes:
    try:
        return msgspec.json.encode(record, enc_hook=str)
    except UnicodeEncodeError:  # a file's name that is no UTF-8
        return json.dumps(record, default=str).encode()


def _as_text(render: structlog.typing.Processor) -> structlog.typing.Processor:
    """The same as text, as `logging` wants it."""

    def rendered(logger: Any, method: str, record: structlog.typing.EventDict) -> str:
        line = render(logger, method, record)
        return line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)

    return rendered


class Logged:
    """The outermost layer: names each request, and logs method, route, status and time when its answer is out.

    The id is the caller's `X-Request-ID`, or one that is made here; it stands in `scope["state"]["request_id"]` and in the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Nobody set the logs up: somebody else's program, which may not want to hear of requests.
        self._log = structlog.get_logger().bind() if structlog.is_configured() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id.decode()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = [header for header in message.get("headers", ()) if header[0].lower() != _NAME]
                message["headers"] = [*kept, (_NAME, request_id)]
            await send(message)

        started = time.perf_counter()
        failure = None
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            failure = error
            raise
        finally:
            if self._log is not None:
                _tell(self._log, scope, status, (time.perf_counter() - started) * 1000, failure)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == _NAME and _REQUEST_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(_ID_BYTES).encode()


def _tell(log: Any, scope: Scope, status: int, milliseconds: float, failure: Exception | None) -> None:
    state, route = scope["state"], route_of(scope)
    told = {
        "method": scope["method"],
        "route": route,
        "status": status or _SERVER_ERROR,
        "milliseconds": round(milliseconds, _MILLISECOND_DIGITS),
        "request_id": state["request_id"],
    }
    caller = state.get("caller")
    if caller is not None and caller.name:
        told["key"] = caller.name
    if failure is not None:
        log.error("request", **told, exc_info=failure)
    elif told["status"] >= _SERVER_ERROR:
        log.error("request", **told)
    elif route in _QUIET and status < _CLIENT_ERROR:
        log.debug("request", **told)
    else:
        log.info("request", **told)


def route_of(scope: Scope) -> str:
    """The template of the route that a request took, "unmatched" if it took none: never what a caller wrote."""
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path_format", route.path))
    return str(scope["path"]) if "endpoint" in scope and not scope.get("path_params") else "unmatched"
