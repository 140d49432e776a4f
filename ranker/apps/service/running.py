"""Running: what the routes of the service ask of whatever keeps the desk going."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from ranker.apps.service.work import Work
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.settings import Settings


class Busy(Exception):  # noqa: N818 - it is no fault: come again later
    """So many changes wait to be decided that no more are taken in.

    Parameters
    ----------
    retry_after : seconds, a guess of when there is room again.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many changes wait to be decided; try again in {retry_after} seconds")
        self.retry_after = retry_after


class Wake(Protocol):
    """Wakes one listener when there is something new."""

    async def wait(self) -> None:
        """Return as soon as there is an edition that no call before has returned for."""
        ...


class Running(Protocol):
    """A desk with one thread that decides. All but `subscribe` may be called from any thread."""

    @property
    def desk(self) -> Desk:
        """The desk itself; only its writing thread may change it."""
        ...

    @property
    def settings(self) -> Settings:
        """What the desk runs with."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether there is a first edition and the encoder is loaded."""
        ...

    @property
    def not_ready(self) -> str | None:
        """Why it is not ready, in words; None when it is."""
        ...

    @property
    def has_failed(self) -> bool:
        """Whether the thread that decides has died: readers are answered all the same, nothing is taken in."""
        ...

    @property
    def trouble(self) -> str | None:
        """What holds up all changes for the time being, in words; readers are answered, changes taken in and tried again."""
        ...

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        ...

    @property
    def work(self) -> Work:
        """What was done so far, in numbers."""
        ...

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers of these changes, which are durable now and wait to be decided.

        Raises
        ------
        Busy : if too many wait already; none of these was taken in.
        CorrectionError : if a correction is none or contradicts; none of these was taken in.
        """
        ...

    def wait_decided(self, number: int, timeout: float) -> bool:
        """Whether a change is decided, and readers see it, within some seconds. Blocks its thread until it is."""
        ...

    def backlog(self) -> int:
        """How many changes wait to be decided."""
        ...

    def now(self) -> datetime:
        """The time, timezone-aware UTC."""
        ...

    def subscribe(self) -> AbstractAsyncContextManager[Wake]:
        """A listener's bell, for as long as it listens."""
        ...
