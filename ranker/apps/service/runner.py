"""Runner: one thread that decides what a desk accepted, and tells those who listen when there is something new."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Self

from ranker.apps.service.bells import Bell, Bells
from ranker.apps.service.memory import give_back
from ranker.apps.service.recovery import Recovery
from ranker.apps.service.running import Busy
from ranker.apps.service.work import Work
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.errors import StoreError
from ranker.settings import Settings

_ROUND_SECONDS = 1.0  # a round takes no more changes than it decides in this time: what comes meanwhile waits for its end
_ROUND_CHANGES = (500, 1000)  # and never fewer or more than these; a round costs something by itself, however small it is
_RATE_WEIGHT = 0.3  # of the newest round in the rate at which changes are decided
_BUSY_TICKS = 6  # while changes never cease, the desk goes on in time only at every so-many-th tick
_RETAIN_SECONDS = 3600  # between two looks for what is too old to keep
_EVENTS_AT_ONCE = 1000
_GIVE_BACK_CHANGES = 5000  # decided between two times that freed memory is given back (measured: 150 MB of a gigabyte)
_RETRY_SECONDS = (1, 300)  # what a sender is told to wait, at least and at most
_RETRY_UNKNOWN_SECONDS = 5  # before anything was decided nobody knows how fast it goes
_RETRY_BROKEN_SECONDS = 60  # by then somebody may have started it again
_SWITCH_SECONDS = 0.001  # how long a thread keeps others from running; Python's own 0.005 shows in the latency of readers

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time of the machine's clock."""
    return datetime.now(tz=UTC)


class DeskRunner:
    """A `Running`: what is accepted is durable at once, and is decided by a thread of its own.

    Nothing is kept beside the store: what waits lies there, and a listener learns that something is new, not what.

    Parameters
    ----------
    clock : the time, timezone-aware UTC.
    work : where it counts; by default counters of its own.
    aside : a file for changes that cannot be decided, see `Recovery`.
    """

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        work: Work | None = None,
        aside: Path | None = None,
    ) -> None:
        self.desk, self.settings = desk, settings
        desk.hold_editions()  # readers wait for nobody
        self.work = work or Work()
        self.work.last_event = desk.store.last_event_number()
        self._clock = clock
        self._accepting = Lock()  # held while changes are written, and by nobody who must not wait for a disk
        self._bells = Bells()
        self._recovery = Recovery(desk, self.work, clock=clock, file=aside)
        self._changed = Condition()  # guards what follows, and tells of it
        self._accepted = 0  # number of the last change that was taken in
        self._decided = 0  # number of the last change that readers see
        self._is_warm = False
        self._is_stopping = False  # readers are sent away ...
        self._is_closed = False  # ... and nothing more is taken in
        self._failure: BaseException | None = None
        self._thread: Thread | None = None
        self._rate = 0.0  # changes a second, 0 while unknown
        self._kept_busy = 0  # changes since freed memory was given back

    # What readers ask

    @property
    def is_ready(self) -> bool:
        """Whether the encoder is loaded and changes are being decided."""
        return self.not_ready is None

    @property
    def not_ready(self) -> str | None:
        """Why it is not ready, in words; None when it is."""
        if self._failure is not None:
            return f"the thread that decides has died ({type(self._failure).__name__}): the service must be started again"
        if self._is_stopping:
            return "the service is stopping"
        if self._recovery.trouble is not None:
            return self._recovery.trouble
        return None if self._is_warm else "the encoder is being loaded"

    @property
    def has_failed(self) -> bool:
        """Whether the thread that decides has died."""
        return self._failure is not None

    @property
    def trouble(self) -> str | None:
        """What holds up all changes for the time being, in words; they are taken in and tried again."""
        return self._recovery.trouble

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._is_stopping

    def now(self) -> datetime:
        """The time, timezone-aware UTC."""
        return self._clock()

    def backlog(self) -> int:
        """How many changes wait to be decided."""
        return self.desk.waiting()

    def subscribe(self) -> AbstractAsyncContextManager[Bell]:
        """A bell that rings for every new edition, and when the service stops."""
        return self._bells.listening(rung=self._is_stopping)

    # What writers ask

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers of these changes, which are durable now and wait to be decided.

        Raises
        ------
        Busy : if too many wait already, or nothing is decided any more; none of these was taken in.
        CorrectionError : if a correction is none or contradicts; none of these was taken in.
        """
        if self._failure is not None or self._is_closed:
            raise Busy(_RETRY_BROKEN_SECONDS)
        with self._accepting:
            waiting, limit = self.backlog(), self.settings.service.backlog_limit
            if waiting and waiting + len(changes) > limit:
                raise Busy(self._seconds_for(waiting + len(changes) - limit))
            numbers = self.desk.accept(changes)
            if numbers:
                self._tell_accepted(numbers)
            return numbers

    def wait_decided(self, number: int, timeout: float) -> bool:
        """Whether a change is decided, and readers see it, within some seconds. Blocks its thread until it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._decided >= number or self._failure is not None, timeout)
            return self._decided >= number

    def _seconds_for(self, changes: int) -> int:
        """A guess of how long it takes to decide some changes."""
        least, most = _RETRY_SECONDS
        return _RETRY_UNKNOWN_SECONDS if not self._rate else min(most, max(least, math.ceil(changes / self._rate)))

    # Its thread

    def start(self, warm_up: Callable[[], object] | None = None) -> None:
        """Begin to decide.

        Parameters
        ----------
        warm_up : called by the thread before it is ready; loads the encoder.
        """
        self._thread = Thread(target=self._run, args=(warm_up,), name="desk", daemon=True)
        self._thread.start()

    def send_away(self) -> None:
        """Tell those who listen that it is about to stop. What requests under way bring is still taken in."""
        self._is_stopping = True
        self._bells.ring()

    def stop(self, seconds: float | None = None) -> bool:
        """Take in nothing more and decide what was; what is left after some seconds (by default the settings') stays in the store.

        Returns
        -------
        Whether all that was taken in is decided.
        """
        self.send_away()
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(self.settings.service.stop_seconds if seconds is None else seconds)
        is_done = (self._thread is None or not self._thread.is_alive()) and self._failure is None and not self.backlog()
        self._thread = None
        return is_done

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def step(self) -> None:
        """Decide in the calling thread all that waits; for a runner that was not started."""
        while self._decide():
            pass

    def _run(self, warm_up: Callable[[], object] | None) -> None:
        try:
            with _brisk_switching():
                if warm_up is not None:
                    warm_up()
                self._is_warm = True
                self._bells.ring()
                self._go_on()
        except BaseException as error:  # noqa: BLE001 - whatever it is, nothing is decided from here on, and that must be known
            died = "stopped while changes were being decided" if self._is_closed else "the thread that decides has died"
            level = logging.WARNING if self._is_closed else logging.CRITICAL
            _log.log(level, "%s; what was accepted stays in the store", died, exc_info=error)
            with self._changed:
                self._failure = error
                self._changed.notify_all()
            self._bells.ring()

    def _go_on(self) -> None:
        seconds = self.settings.service.tick_seconds
        ticks, retains = time.monotonic() + seconds, time.monotonic()  # when the next are due
        while True:
            waits = self._wait_for_work(min(ticks, retains))
            if self._is_closed and not waits:
                self.desk.keep_snapshot()
                return
            if waits or self._is_found():  # what was accepted by way of the desk itself is found at a tick
                self._decide()
            now = time.monotonic()
            if not self._is_closed and now >= ticks + (_BUSY_TICKS - 1) * seconds * waits:
                self._tick(waits)
                ticks = time.monotonic() + seconds
            if not self._is_closed and now >= retains:
                self._retain()
                retains = time.monotonic() + _RETAIN_SECONDS

    def _wait_for_work(self, due: float) -> bool:
        """Whether changes wait; returns at once if they do, or when it is told to stop, else when something else is due."""
        with self._changed:
            left = max(0.0, due - time.monotonic())
            self._changed.wait_for(lambda: self._accepted > self._decided or self._is_closed, left)
            return self._accepted > self._decided

    def _decide(self) -> bool:
        """Decide one round; returns whether there was anything to decide."""
        limit = 0
        try:
            self._recovery.mend()
            accepted = self._accepted  # before it is asked what waits: all up to this number is in the store
            if not self.backlog():
                self._recovery.nothing_waits()
                self._tell_decided(accepted)
                return False
            started = time.perf_counter()
            limit = self._recovery.limit(self._round_changes())
            with self.work.deciding():
                self.desk.decide(now=self.now(), limit=limit)
            limit = 0  # what fails from here on is no change's fault
            self._recovery.decided()
            self._count_events()
            left = self.desk.store.waiting(limit=1)
            done = self._tell_decided(left[0].number - 1 if left else accepted)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
            self._begin_again(error, limit)
            return True
        self._learn_rate(done, time.perf_counter() - started)
        self._kept_busy += done
        if self._kept_busy >= _GIVE_BACK_CHANGES:
            self._kept_busy = 0
            give_back()
        self._bells.ring()
        return True

    def _is_found(self) -> bool:
        """Whether a change waits that nobody told of; if that cannot be told, deciding will say so."""
        try:
            return bool(self.backlog())
        except Exception:  # noqa: BLE001 - see above
            return True

    def _tick(self, waits: bool) -> None:
        """Go on in time; a failure is no end."""
        try:
            self._recovery.mend()
            self._advance()
            if not waits:
                self.desk.keep_snapshot(only_if_due=True)
            if not self.backlog():
                self._recovery.nothing_waits()
        except Exception as error:  # noqa: BLE001 - the next tick may work
            self._begin_again(error, 0)

    def _begin_again(self, error: Exception, limit: int) -> None:
        """After a failure: go on from the store, at once or after a while."""
        if self._is_closed:
            raise error
        pause = self._recovery.failed(error, limit)
        if pause and self._thread is None:
            raise error  # nobody waits in a calling thread
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, pause)

    def _advance(self) -> None:
        with self.work.advancing():
            self.desk.advance(self.now())
        self._count_events()
        self._bells.ring()

    def _retain(self) -> None:
        if (days := self.settings.service.keep_days) is None:
            return
        try:
            dropped = self.desk.store.retain(self.now() - timedelta(days=days))
        except StoreError as error:  # all is as it was; it is tried again
            _log.warning("old articles could not be dropped: %s", error)
            return
        self.work.dropped += dropped
        _log.info("dropped %d articles older than %g days", dropped, days)

    def _count_events(self) -> None:
        while events := self.desk.events(after=self.work.last_event, limit=_EVENTS_AT_ONCE):
            self.work.count(events)

    def _tell_accepted(self, numbers: Sequence[int]) -> None:
        with self._changed:
            if not self._accepted:
                self._decided = max(self._decided, numbers[0] - 1)  # numbers go on from run to run
            self._accepted = numbers[-1]
            self._changed.notify_all()

    def _tell_decided(self, number: int) -> int:
        """Let those know who wait; returns how many changes that number adds."""
        with self._changed:
            done = max(0, number - self._decided)
            self._decided += done
            self.work.decided += done
            self._changed.notify_all()
        return done

    def _learn_rate(self, done: int, seconds: float) -> None:
        """Learn how fast changes are decided; small rounds are about what a round costs by itself and tell nothing of that."""
        if done < _ROUND_CHANGES[0]:
            return
        rate = done / seconds
        self._rate = rate if not self._rate else (1 - _RATE_WEIGHT) * self._rate + _RATE_WEIGHT * rate

    def _round_changes(self) -> int:
        least, most = _ROUND_CHANGES
        return most if not self._rate else min(most, max(least, int(self._rate * _ROUND_SECONDS)))


@contextmanager
def _brisk_switching() -> Iterator[None]:
    """Let other threads run sooner, for as long as this lasts."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
