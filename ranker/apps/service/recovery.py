"""Recovery: what is done when deciding fails, so that one bad change does not stop all the others, and no other is lost for it."""

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

_SURROUNDINGS = (StoreError, OSError, sqlite3.OperationalError)  # a disk that is full, slow, gone: what no change is to blame for
_SCARCE = (MemoryError,)  # a large change may be to blame, or everybody
_PAUSE_SECONDS = (1.0, 60.0)  # before it is tried again: the first, doubled up to the last
_TROUBLE_AFTER = 3  # failures in a row; a disk that is locked for a second is none
_ASIDE_IN_A_ROW = 3  # changes set aside without one decided between them; then something else is wrong
_REASON_CHARACTERS = 300
_FILE_MODE = 0o600  # whole articles, and who sent them

_log = logging.getLogger(__name__)


class Recovery:
    """Begins again from the store after a failure, and finds the change that is to blame.

    What failed half-way may have left half of it in memory; the store holds none of it. So the desk is made anew from the store, and
    the changes of that round are decided one by one. A change is set aside, in a file from which it can be sent again once the fault is
    mended, if it fails by itself while the desk works without it. Whatever else fails is tried again after a while, however often, and
    everything stays in the store.

    Parameters
    ----------
    file : where changes are set aside, JSON Lines; without one they are told in the log alone.
    """

    def __init__(self, desk: Desk, work: Work, *, clock: Callable[[], datetime], file: Path | None) -> None:
        self._desk, self._work, self._clock, self._file = desk, work, clock, file
        self._is_unsure = False  # whether memory may hold half of something
        self._careful_up_to = 0  # number of the last change that is decided by itself
        self._in_a_row = 0  # failures
        self._aside_in_a_row = 0
        self.trouble: str | None = None  # what holds up all changes, in words

    def mend(self) -> None:
        """Begin again from the store, if memory may hold half of something; before anything else is decided."""
        if self._is_unsure:
            self._desk.recover(self._clock())
            self._is_unsure = False

    def limit(self, usual: int) -> int:
        """How many changes the next round takes."""
        if not self._careful_up_to:
            return usual
        first = self._desk.store.waiting(limit=1)
        if first and first[0].number <= self._careful_up_to:
            return 1
        self._careful_up_to = 0
        return usual

    def decided(self) -> None:
        """A round was decided."""
        self._aside_in_a_row = 0
        self.nothing_waits()

    def nothing_waits(self) -> None:
        """Nothing is held up."""
        self._in_a_row, self.trouble = 0, None

    def failed(self, error: Exception, limit: int) -> float:
        """Begin again after a failure; returns the seconds to wait before going on.

        Parameters
        ----------
        limit : how many changes were being decided at most; 0 where something else failed.
        """
        self._work.failed_rounds += 1
        self._in_a_row += 1
        self._is_unsure = True
        _log.error("deciding failed (%s); going on from the store", type(error).__name__, exc_info=error)
        if isinstance(error, _SURROUNDINGS):
            return self._paused(error)  # nothing to begin again from yet: the store is what is in trouble
        try:
            self.mend()
            return self._looked_for(error, limit)
        except Exception as again:  # noqa: BLE001 - not even without a change: none is to blame
            _log.error("beginning again failed (%s)", type(again).__name__, exc_info=again)
            return self._paused(again)

    def _looked_for(self, error: Exception, limit: int) -> float:
        """Find the change that is to blame, after a new beginning; returns the seconds to wait."""
        changes = self._desk.store.waiting(limit=limit) if limit else []
        if len(changes) > 1:
            self._careful_up_to = changes[-1].number
            return 0.0
        self._desk.advance(self._clock())  # raises if it works no better without a change
        if not changes or self._aside_in_a_row >= _ASIDE_IN_A_ROW or (isinstance(error, _SCARCE) and self._in_a_row < _TROUBLE_AFTER):
            return self._paused(error)
        self._set_aside(changes[0], error)
        return 0.0

    def _paused(self, error: Exception) -> float:
        first, most = _PAUSE_SECONDS
        pause = min(most, first * 2.0 ** (self._in_a_row - 1))
        if self._in_a_row >= _TROUBLE_AFTER:
            self.trouble = f"changes wait and cannot be decided ({type(error).__name__}); they are tried again every {pause:g} seconds"
        return pause

    def _set_aside(self, change: Change, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS].encode("utf-8", "backslashreplace").decode()
        line = {"setAside": iso_text(self._clock()), "reason": reason, "change": msgspec.Raw(encoded(change))}
        if self._file is not None:  # before it leaves the store: it is in one of the two at any moment
            _append(self._file, msgspec.json.encode(line) + b"\n")
        self._desk.set_aside(change)
        self._aside_in_a_row += 1
        self._work.set_aside += 1
        name = change.id if change.article is None else change.article.id
        where = "" if self._file is None else f"; it lies in {self._file}"
        _log.critical("change %d (%s of %s) cannot be decided (%s) and is set aside%s", change.number, change.kind, name, reason, where)


def _append(path: Path, line: bytes) -> None:
    """Add a line to a file of the owner's; it is on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _FILE_MODE)
    with os.fdopen(descriptor, "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
