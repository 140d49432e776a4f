"""Recent pages: what was answered a moment ago, for readers who come while one edition follows the other."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from ranker.apps.service.caching import Answer

_SECONDS = 1.0  # how old a page may be
_MOST_BYTES = 4_000_000  # of all pages
_NO_ANSWER = Answer(b"", "")


class RecentPages:
    """The last answer to each of some questions. For the event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Task[None]] = {}

    def last(self, question: Hashable) -> Answer | None:
        """The last answer, if it is no older than a second."""
        made, answer = self._kept.get(question, (float("-inf"), None))
        return answer if self._clock() - made <= _SECONDS else None

    def keep(self, question: Hashable, answer: Answer) -> Answer:
        """Keep an answer that is just made, unless it has no body: the caller had it."""
        if answer.body:
            _, before = self._kept.pop(question, (0.0, _NO_ANSWER))
            self._kept[question] = (self._clock(), answer)
            self._bytes += len(answer.body) - len(before.body)
            while self._bytes > _MOST_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1][1].body)
        return answer

    def renew(self, question: Hashable, make: Callable[[], Awaitable[Answer]]) -> None:
        """Make the answer anew, unless somebody does already; nobody waits for it, and a failure is for whoever asks next."""
        if question in self._under_way:
            return

        async def renewed() -> None:
            try:
                self.keep(question, await make())
            finally:
                del self._under_way[question]

        task = asyncio.create_task(renewed())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, so that nobody is told of it at the end
        self._under_way[question] = task
