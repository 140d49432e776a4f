"""Bells: listeners of an event loop, woken from any thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock


class Bell:
    """Wakes one listener; to ring twice before it listens is to ring once, so that nothing piles up for a slow one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the listener. Any thread may call it."""
        with contextlib.suppress(RuntimeError):  # its loop has ended, and with it the listener
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Return as soon as it has rung since the last call returned."""
        await self._event.wait()
        self._event.clear()


class Bells:
    """All bells that are listened to."""

    def __init__(self) -> None:
        self._bells: set[Bell] = set()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._bells)

    @asynccontextmanager
    async def listening(self, *, rung: bool = False) -> AsyncIterator[Bell]:
        """A bell of one's own, for as long as this lasts; `rung` before it is listened to."""
        bell = Bell()
        with self._lock:
            self._bells.add(bell)
        if rung:
            bell.ring()
        try:
            yield bell
        finally:
            with self._lock:
                self._bells.discard(bell)

    def ring(self) -> None:
        """Wake everybody. Any thread may call it."""
        with self._lock:
            bells = tuple(self._bells)
        for bell in bells:
            bell.ring()
