"""Recovery: what is done about a round that fails, so that one bad change does not stop all the others."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from ranker.apps.service.work import Work
from ranker.articles.dates import iso_text
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.desk.store_codec import encoded
from ranker.errors import StoreError

# What no change is to blame for: there may be room, memory or a disk again in a while.
_SURROUNDINGS = (StoreError, OSError, sqlite3.Error, MemoryError)
_PAUSE_SECONDS = (1.0, 60.0)  # before a round is tried again: the first, doubled up to the last
_TROUBLE_AFTER = 3  # failures in a row; a locked disk for a second is none
_REASON_CHARACTERS = 300

_log = logging.getLogger(__name__)


class Recovery:
    """Begins again from the store after a round that failed, and finds the change that is to blame.

    What failed half-way may have left half of it in memory; the store holds none of it. So the desk is made anew from the store, and
    the changes of that round are decided one by one: the one that fails by itself is set aside, in a file from which it can be sent
    again once the fault is mended. Where the surroundings are to blame the round is tried again after a while, however often.

    Parameters
    ----------
    file : where changes are set aside, JSON Lines; without one they are told in the log alone.
    """

    def __init__(self, desk: Desk, work: Work, *, clock: Callable[[], datetime], file: Path | None) -> None:
        self._desk, self._work, self._clock, self._file = desk, work, clock, file
        self._careful_up_to = 0  # number of the last change that is decided by itself
        self._in_a_row = 0  # failures that the surroundings are to blame for
        self.trouble: str | None = None  # what holds up the round, in words

    def limit(self, usual: int) -> int:
        """How many changes the next round takes."""
        if not self._careful_up_to:
            return usual
        first = self._desk.store.waiting(limit=1)
        if first and first[0].number <= self._careful_up_to:
            return 1
        self._careful_up_to = 0
        return usual

    def succeeded(self) -> None:
        """A round was decided."""
        self._in_a_row, self.trouble = 0, None

    def failed(self, error: Exception, limit: int) -> float:
        """Begin again after a round of so many changes at most that failed; returns the seconds to wait before the next."""
        self._work.failed_rounds += 1
        _log.error("a round of changes failed (%s); going on from the store", type(error).__name__, exc_info=error)
        if isinstance(error, _SURROUNDINGS):
            first, most = _PAUSE_SECONDS
            pause = min(most, first * 2.0**self._in_a_row)
            self._in_a_row += 1
            if self._in_a_row >= _TROUBLE_AFTER:
                self.trouble = f"changes wait and cannot be decided ({type(error).__name__}); they are tried again every {pause:g} seconds"
            if not isinstance(error, MemoryError):
                return pause  # nothing to begin again from: the store is what is in trouble
            self._desk.recover(self._clock())
            return pause
        changes = self._desk.store.waiting(limit=limit)
        self._desk.recover(self._clock())
        if len(changes) > 1:
            self._careful_up_to = changes[-1].number
        elif changes:
            self._set_aside(changes[0], error)
        return 0.0

    def _set_aside(self, change: Change, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS]
        line = {"setAside": iso_text(self._clock()), "reason": reason, "change": msgspec.Raw(encoded(change))}
        if self._file is not None:  # before it leaves the store: it is in one of the two at any moment
            with self._file.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self._desk.set_aside(change)
        self._work.set_aside += 1
        name = change.id if change.article is None else change.article.id
        where = "" if self._file is None else f"; it lies in {self._file}"
        _log.critical("change %d (%s of %s) cannot be decided (%s) and is set aside%s", change.number, change.kind, name, reason, where)
