"""Serving: what all handlers share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
import msgspec
from fastapi import Request

from ranker.apps.service.asked import Ordering
from ranker.apps.service.caching import Answers
from ranker.apps.service.keys import Caller
from ranker.apps.service.paging import Cursors
from ranker.apps.service.problems import Problem, wrong_parameter
from ranker.apps.service.recent import Recent
from ranker.apps.service.recent_pages import RecentPages
from ranker.apps.service.running import Running
from ranker.apps.service.views import View, Views
from ranker.desk.desk import Desk
from ranker.desk.edition import Edition
from ranker.errors import SettingsError
from ranker.ranking.blend import parsed_weights
from ranker.ranking.quality import Scorecard
from ranker.settings import ServiceSettings, Settings

_AT_ONCE = 2  # threads for what takes longer: more would take the time of the quick answers
_MOST_IN_LINE = 64
_PAGES_AT_ONCE = 8  # of which all but one wait: most of them for the page that the one is making
_MOST_WAITING = 200  # callers that wait for a decision
_BUSY_SECONDS = 1
_ROOM_SECONDS, _ROOM_PAUSE_SECONDS = 5.0, 0.02  # how long a sender is slowed down before it is told to wait, and how often is looked

T = TypeVar("T")
encoded = msgspec.json.Encoder().encode


@dataclass
class Serving:
    """A running desk and what answers are made with."""

    running: Running
    settings: ServiceSettings
    profiles: Mapping[str, Settings]
    cursors: Cursors
    recent: Recent
    views: Views = field(default_factory=Views)
    answers: Answers = field(default_factory=Answers)
    recent_pages: RecentPages = field(default_factory=RecentPages)
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_AT_ONCE))
    _pages: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_PAGES_AT_ONCE))
    _making: Lock = field(default_factory=Lock)
    _waiters: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_MOST_WAITING))

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.running.desk

    @property
    def edition(self) -> Edition:
        """The newest edition."""
        return self.running.desk.edition

    @cached_property
    def quality_ages(self) -> bool:
        """Whether an article's points are others at another moment."""
        return Scorecard(self.running.settings.quality).ages

    @property
    def view(self) -> View:
        """The newest edition under the desk's own settings."""
        return self.views.of(self.edition, None, None)

    async def apart(self, work: Callable[[], T]) -> T:
        """What some work gives that is done in a thread of its own, a few at a time.

        Raises
        ------
        Problem : 503, if too many are in line.
        """
        if self._threads.statistics().tasks_waiting >= _MOST_IN_LINE:
            raise Problem(503, "Too much to do at once", "Try again in a second.", headers={"Retry-After": str(_BUSY_SECONDS)})
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    async def room(self, changes: int) -> None:
        """Wait until so many changes more may wait to be decided, some seconds at most: who sends faster than is decided is slowed down.

        If there is none then, accepting them will say so.
        """
        limit, deadline = self.settings.backlog_limit, time.monotonic() + _ROOM_SECONDS
        while (backlog := self.running.backlog()) and backlog + changes > limit and time.monotonic() < deadline:
            await anyio.sleep(_ROOM_PAUSE_SECONDS)

    async def soon(self, work: Callable[[], T]) -> T:
        """What some quick work gives that is done in a thread, so that quicker answers need not wait for it; one after the other."""

        def alone() -> T:
            with self._making:
                return work()

        return await anyio.to_thread.run_sync(alone, limiter=self._pages)

    async def decided(self, number: int, seconds: float) -> bool:
        """Whether a change is decided within some seconds."""
        return await anyio.to_thread.run_sync(lambda: self.running.wait_decided(number, seconds), limiter=self._waiters)

    def settings_for(self, asked: Ordering) -> Settings | None:
        """The desk's settings with the scores that are wanted; None for its own.

        Raises
        ------
        Problem : 422, if there is no such profile, or the weights are none.
        """
        if asked.profile is None and asked.weights is None:
            return None
        wanted = self.running.settings
        if asked.profile is not None:
            profile = self.profiles.get(asked.profile)
            if profile is None:
                raise wrong_parameter("profile", f"there is none of that name; there are {', '.join(sorted(self.profiles))}")
            sections = {name: getattr(profile, name) for name in ("quality", "heat", "phase", "recency", "blend", "order", "related")}
            wanted = msgspec.structs.replace(wanted, **sections)
        if asked.weights is not None:
            try:
                weights = parsed_weights(asked.weights)
            except SettingsError as error:
                raise wrong_parameter("weights", str(error)) from None
            wanted = msgspec.structs.replace(wanted, blend=msgspec.structs.replace(wanted.blend, weights=weights))
        return wanted

    def now(self) -> datetime:
        """The time."""
        return self.running.now()


def serving_of(request: Request) -> Serving:
    """What a request's application serves with."""
    return cast("Serving", request.app.state.serving)


def caller_of(request: Request) -> Caller:
    """Who sent a request."""
    return cast("Caller", request.scope["state"]["caller"])


def limit_of(limit: int | None, *, usual: int, most: int) -> int:
    """How many items a page has.

    Raises
    ------
    Problem : 422, if more are asked for than a page may have.
    """
    if limit is not None and limit > most:
        raise wrong_parameter("limit", f"{limit:,} is more than {most:,}, the most a page may have")
    return min(usual, most) if limit is None else limit


Json = dict[str, Any]
