"""The application: every route, and every layer around them, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from ranker import __version__
from ranker.apps.service import (
    docs_page,
    feeds,
    health,
    metrics,
    routes_articles,
    routes_changes,
    routes_corrections,
    routes_lists,
    routes_stories,
    routes_texts,
    stream,
)  # fmt: skip
from ranker.apps.service.document import completed
from ranker.apps.service.guard import Guard
from ranker.apps.service.logs import Logged
from ranker.apps.service.page.router import PARTS as PARTS_OF_PAGE
from ranker.apps.service.page.router import router as page_router
from ranker.apps.service.paging import Cursors
from ranker.apps.service.problems import handle_problems
from ranker.apps.service.recent import Recent
from ranker.apps.service.running import Running
from ranker.apps.service.serving import Serving
from ranker.settings import ServiceSettings, Settings
from ranker.settings_file import load_settings, profile_names

_WORTH_COMPRESSING = 1024  # bytes
_COMPRESS_LEVEL = 4  # of 9: a page of stories in 2 ms; 9 takes three times as long for 3% less
ROUTERS: tuple[APIRouter, ...] = (
    routes_stories.router, routes_articles.router, routes_texts.router, stream.router, routes_changes.router, routes_corrections.router,
    routes_lists.router, feeds.router, health.router, metrics.router,
)  # fmt: skip
_ABOUT = """News articles in, stories out: which articles tell the same story, and which story matters most now.

Post articles to `/v1/articles`; read `/v1/stories`, and under each article `/v1/articles/{id}/related`. What happens to stories stands in
`/v1/changes`. A story keeps its id; the id of one that was merged into another leads there (308).

Times are UTC, names camelCase, errors problem documents (RFC 9457), lists come in pages: go on with `next` as `cursor` until it is null.
GETs carry an `ETag`; send it back as `If-None-Match`. Where the service has keys, send one as `Authorization: Bearer KEY`.
"""


def create_app(running: Running, settings: Settings, *, profiles: Mapping[str, Settings] | None = None) -> FastAPI:
    """The service over a running desk.

    Parameters
    ----------
    profiles : what `?profile=` may name; the shipped ones unless said.
    """
    service = settings.service
    known = {name: load_settings(profile=name) for name in profile_names()} if profiles is None else profiles
    app = FastAPI(title="ranker", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None)
    serving = Serving(running, service, known, Cursors(service.cursor_minutes), Recent(running))
    app.state.running, app.state.settings, app.state.serving = running, settings, serving
    app.state.views, app.state.answers, app.state.has_keys = serving.views, serving.answers, bool(service.keys)
    handle_problems(app)
    for router in (*ROUTERS, docs_page.router, page_router):
        app.include_router(router)
    app.state.methods = [
        (route.path_regex, route.methods or set())
        for router in (*ROUTERS, *PARTS_OF_PAGE)
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    _surround(app, running, service)
    plain = app.openapi

    def document() -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if app.openapi_schema is None:
            app.openapi_schema = completed(plain())
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # as FastAPI's handbook has it
    return app


def _surround(app: FastAPI, running: Running, service: ServiceSettings) -> None:
    """The layers around the routes, the innermost first."""
    app.state.metrics = metrics.Metrics(running)
    app.add_middleware(Guard, settings=service)
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_COMPRESSING, compresslevel=_COMPRESS_LEVEL)
    if service.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=service.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"],
        )
    app.add_middleware(metrics.Measured, metrics=app.state.metrics)
    app.add_middleware(Logged)
