"""Metrics for Prometheus: what is asked, what waits, what the desk holds and how long its work takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ranker import __version__
from ranker.apps.service.logs import route_of
from ranker.apps.service.running import Running

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # a caller may invent others; each would be a series
_SERVER_ERROR = 500
_ENDLESS = frozenset({"/v1/changes/stream"})  # how long somebody listens says nothing of how fast answers are
_EVENTS = ("created", "grown", "shrunk", "merged", "split", "sealed", "emptied", "corrected")

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series was begun: a second line for every one, and nobody asks
router = APIRouter(tags=["operations"])


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """All metrics in Prometheus' text format."""
    held: Metrics = request.app.state.metrics
    return Response(held.text(), headers={"Content-Type": _CONTENT_TYPE, "Cache-Control": "no-store"})


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self, running: Running) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("ranker_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry)
        self._seconds = Histogram(
            "ranker_request_seconds", "Time until an answer was out.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram | None]] = {}
        self._registry.register(DeskCollector(running))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        counter, histogram = self._series.get((method, route, status)) or self._new_series(method, route, status)
        counter.inc()
        if histogram is not None:
            histogram.observe(seconds)

    def _new_series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram | None]:
        """The series of such requests; kept, for to find them by their labels takes longer than to count."""
        shown = method if method in _METHODS else "other"
        counter = self._requests.labels(shown, route, str(status))
        series = counter, None if route in _ENDLESS else self._seconds.labels(route)
        if shown == method:
            self._series[method, route, status] = series
        return series

    def text(self) -> bytes:
        """All metrics as of now."""
        return generate_latest(self._registry)


class Measured:
    """A layer that counts and times every request by the route it took."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _SERVER_ERROR

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._metrics.count(scope["method"], route_of(scope), status, time.perf_counter() - started)


class DeskCollector(Collector):
    """Reads the desk and its runner when it is asked, so that nobody has to keep numbers up to date."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        yield from self._gauges()
        yield from self._counters()

    def _gauges(self) -> Iterator[Metric]:
        running = self._running
        edition = running.desk.edition
        build = GaugeMetricFamily("ranker_build_info", "The version that runs.", labels=("version",))
        build.add_metric((__version__,), 1)
        yield build
        for name, meaning, value in (
            ("ready", "1 while requests should be sent here.", float(running.is_ready)),
            ("backlog_changes", "Changes that are accepted and wait to be decided.", running.backlog()),
            ("backlog_limit_changes", "Where changes are refused (429).", running.settings.service.backlog_limit),
            ("articles", "Articles in memory.", len(edition)),
            ("stories", "Stories in memory.", len(edition.table.stories)),
            ("edition_number", "Number of the edition that is read.", edition.number),
            ("edition_age_seconds", "Time since the moment that edition is of.", (running.now() - edition.as_of).total_seconds()),
            ("changed_age_seconds", "Time since a story last changed.", (running.now() - edition.changed).total_seconds()),
            ("last_event", "Number of the last event that is told.", running.work.last_event),
        ):
            yield GaugeMetricFamily(f"ranker_{name}", meaning, value)

    def _counters(self) -> Iterator[Metric]:
        work = self._running.work
        events = CounterMetricFamily("ranker_story_events", "What happened to stories.", labels=("kind",))
        counts = dict(work.events)  # a copy: the other thread goes on counting
        for kind in _EVENTS:
            events.add_metric((kind,), counts.get(kind, 0))
        yield events
        for name, meaning, value in (
            ("decided_changes", "Changes decided.", work.decided),
            ("decide_rounds", "Rounds in which changes were decided.", work.rounds),
            ("decide_seconds", "Time spent on deciding changes, the encoder's included.", work.decide_seconds),
            ("advance_seconds", "Time spent on going on in time.", work.advance_seconds),
            ("encoder_seconds", "Time spent on computing vectors.", work.encoder_seconds),
            ("embedded_texts", "Texts whose vector was asked for.", work.embedded),
            ("embedded_known_texts", "Texts among them whose vector was known from before.", work.known),
            ("dropped_articles", "Articles that retention dropped.", work.dropped),
            ("failed_rounds", "Rounds that failed and were begun again.", work.failed_rounds),
            ("set_aside_changes", "Changes that cannot be decided and lie in a file beside the store.", work.set_aside),
        ):
            yield CounterMetricFamily(f"ranker_{name}", meaning, value)
