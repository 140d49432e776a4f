"""Paging: a list is frozen when its first page is asked for, so that no later page skips or repeats what came meanwhile."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from ranker.apps.service.problems import Problem, wrong_parameter

_MOST_LISTS = 1000
_MOST_ITEMS = 5_000_000  # of all lists together; each is a reference of eight bytes
_ID_BYTES = 9  # of chance
_CURSOR = re.compile(r"([A-Za-z0-9_-]{12})\.([0-9]{1,9})", re.ASCII)


@dataclass(slots=True)
class Frozen:
    """A list as it was.

    Parameters
    ----------
    items : whatever names the items of the list.
    asked : the filters it was made with, by the name of the parameter.
    last_used : seconds of the monotonic clock.
    """

    id: str
    items: Sequence[Any]
    asked: Mapping[str, object]
    last_used: float
    key: Hashable
    shown: dict[str, int] = field(default_factory=dict)  # what stands in the place of an item that is no more -> the first such place
    _held: frozenset[Any] | None = None

    def holds(self, item: Hashable) -> bool:
        """Whether an item is in the list."""
        if self._held is None:
            self._held = frozenset(self.items)
        return item in self._held

    def cursor(self, position: int) -> str | None:
        """What leads to the items from a position on; None at the end."""
        return f"{self.id}.{position}" if position < len(self.items) else None


class Cursors:
    """Frozen lists, forgotten some minutes after their last use, the least used earlier if they are too many."""

    def __init__(self, minutes: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = minutes * 60
        self._minutes, self._clock = minutes, clock
        self._lists: OrderedDict[str, Frozen] = OrderedDict()
        self._by_key: dict[Hashable, str] = {}
        self._items = 0
        self._lock = Lock()

    def frozen(self, key: Hashable, asked: Mapping[str, object], items: Callable[[], Sequence[Any]]) -> Frozen:
        """The list that a first page begins; the same one for the same key as long as it is kept.

        Parameters
        ----------
        key : what the items depend on.
        """
        found = self.kept(key)
        if found is not None:
            return found
        made = Frozen(secrets.token_urlsafe(_ID_BYTES), items(), dict(asked), self._clock(), key)
        with self._lock:
            self._lists[made.id] = made
            self._by_key[key] = made.id
            self._items += len(made.items)
            while len(self._lists) > _MOST_LISTS or (self._items > _MOST_ITEMS and len(self._lists) > 1):
                self._forget(next(iter(self._lists)))
        return made

    def kept(self, key: Hashable) -> Frozen | None:
        """The list of a key, if there is one."""
        with self._lock:
            return self._used(self._by_key.get(key, ""))

    def found(self, cursor: str, asked: Mapping[str, object]) -> tuple[Frozen, int]:
        """The list of a cursor and the position it leads to.

        Raises
        ------
        Problem : 410 if it is not kept, 422 if other filters are given with it.
        """
        match = _CURSOR.fullmatch(cursor)
        with self._lock:
            frozen = self._used(match[1]) if match else None
        if match is None or frozen is None or not 0 < int(match[2]) < len(frozen.items):
            detail = f"Cursors are kept for {self._minutes:g} minutes after their last use; begin again without one."
            raise Problem(410, "The cursor is not known any more", detail)
        for name, value in asked.items():
            if frozen.asked.get(name) != value:
                raise wrong_parameter(name, "is not what the cursor was made with; leave it out, or begin again without a cursor")
        return frozen, int(match[2])

    def _used(self, list_id: str) -> Frozen | None:
        now = self._clock()
        while self._lists and next(iter(self._lists.values())).last_used < now - self._seconds:
            self._forget(next(iter(self._lists)))
        found = self._lists.get(list_id)
        if found is not None:
            found.last_used = now
            self._lists.move_to_end(list_id)
        return found

    def _forget(self, list_id: str) -> None:
        gone = self._lists.pop(list_id)
        self._items -= len(gone.items)
        if self._by_key.get(gone.key) == list_id:
            del self._by_key[gone.key]
