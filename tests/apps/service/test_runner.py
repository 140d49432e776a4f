"""Runner: what is accepted is durable at once and decided soon, no more is taken than can wait, and nothing dies in silence."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from support.hashing_encoder import HashingEncoder
from support.serving import NOW, PATIENCE_SECONDS, desk_runner, puts, service_settings, told

from ranker.apps.service.runner import DeskRunner, utc_now
from ranker.apps.service.running import Busy
from ranker.errors import StoreError
from ranker.vectors.encoder import Progress, Vectors

VISIBLE_SECONDS = 1.0


class SlowEncoder(HashingEncoder):
    """Waits to be let go on; `began` is set once it has been asked."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go_on = Event(), Event()

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.began.set()
        assert self.go_on.wait(PATIENCE_SECONDS)
        return super().encode(texts, progress=progress)


class BrokenEncoder(HashingEncoder):
    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:  # noqa: ARG002 - as encoders have it
        raise MemoryError("no room")


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Accepting and deciding


def test_what_is_accepted_is_seen_by_readers_within_a_second(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        runner.start()
        runner.accept(puts([told(0, 0), told(0, 1)]))
        started = time.perf_counter()
        (number,) = runner.accept(puts([told(0, 2)]))
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert time.perf_counter() - started < VISIBLE_SECONDS
        edition = runner.desk.edition
        assert edition.story_of("a00-002") == edition.story_of("a00-000")


def test_a_change_that_is_not_decided_is_waited_for_and_no_longer(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        (number,) = runner.accept(puts([told(0, 0)]))
        assert not runner.wait_decided(number, 0.01)
        runner.step()
        assert runner.wait_decided(number, 0)
        assert not runner.wait_decided(number + 1, 0)


def test_numbers_go_on_from_run_to_run(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        first = runner.accept(puts([told(0, 0), told(0, 1)]))
        runner.step()
        assert runner.work.decided == 2
    with desk_runner(tmp_path / "d") as runner:
        second = runner.accept(puts([told(1, 0)]))
        assert not runner.wait_decided(second[0], 0)
        assert second[0] > first[-1]
        runner.step()
        assert runner.wait_decided(second[0], 0)
        assert runner.work.decided == 1


def test_no_changes_are_none(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        assert runner.accept([]) == []
        runner.step()
        assert runner.work.rounds == 0


def test_what_goes_to_the_desk_by_another_way_is_found(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", service_settings(tick_seconds=0.05)) as runner:
        runner.start()
        runner.desk.accept(puts([told(0, 0)]))
        until(lambda: runner.desk.edition.article("a00-000"))


def test_what_was_done_is_counted(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        runner.accept(puts([told(0, 0), told(1, 0)]))
        runner.step()
        runner.accept(puts([told(0, 1), told(2, 0, title=told(1, 0).title, excerpt=told(1, 0).excerpt)]))
        runner.step()
        work = runner.work
        assert (work.rounds, work.decided, work.embedded, work.known) == (2, 4, 4, 1)
        assert work.events["created"] >= 2
        assert work.last_event == runner.desk.store.last_event_number() == work.events.total()
        assert min(work.decide_seconds, work.encoder_seconds) > 0


# Back-pressure


def test_more_than_may_wait_is_refused_and_nothing_of_it_kept(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", service_settings(backlog_limit=3)) as runner:
        runner.accept(puts([told(0, 0), told(0, 1)]))
        with pytest.raises(Busy) as caught:
            runner.accept(puts([told(0, 2), told(0, 3)]))
        assert caught.value.retry_after == 5
        assert runner.backlog() == 2
        runner.accept(puts([told(0, 2)]))
        runner.step()
        assert runner.backlog() == 0
        runner.accept(puts([told(0, 3)]))


def test_what_is_more_than_may_wait_is_taken_by_one_who_has_nothing_else(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", service_settings(backlog_limit=1)) as runner:
        assert len(runner.accept(puts([told(0, 0), told(0, 1)]))) == 2


@pytest.mark.parametrize(("rate", "seconds"), [(1.0, 100), (30.0, 4), (1e6, 1), (0.01, 300)])
def test_who_is_refused_learns_when_there_is_room(rate: float, seconds: int, tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", service_settings(backlog_limit=1)) as runner:
        runner._learn_rate(1000, 1000 / rate)
        runner.accept(puts([told(0, 0)]))
        with pytest.raises(Busy) as caught:
            runner.accept(puts([told(1, number) for number in range(100)]))
        assert caught.value.retry_after == seconds


def test_the_rate_is_learnt_from_rounds_that_tell_something(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        assert runner._round_changes() == 1000
        runner._learn_rate(1, 1.0)
        assert runner._round_changes() == 1000
        runner._learn_rate(600, 1.0)
        assert runner._round_changes() == 600
        runner._learn_rate(900, 1.0)
        assert runner._round_changes() == 690
        for _ in range(20):
            runner._learn_rate(500, 50.0)
        assert runner._round_changes() == 500


# Time


def test_the_desk_goes_on_in_time_by_itself(tmp_path: Path) -> None:
    moments = iter(NOW + timedelta(hours=hours) for hours in range(100_000))
    with desk_runner(tmp_path / "d", service_settings(tick_seconds=0.05), clock=lambda: next(moments)) as runner:
        before = runner.desk.edition
        runner.start()
        until(lambda: runner.desk.edition.number > before.number + 1)
        assert runner.desk.edition.as_of > before.as_of
        assert runner.work.advance_seconds > 0


def test_it_goes_on_in_time_while_changes_never_cease(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", service_settings(tick_seconds=0.05)) as runner:
        runner.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        number = 0
        while not runner.work.advance_seconds:
            assert time.monotonic() < deadline
            runner.accept(puts([told(0, number % 50)]))
            number += 1


def test_the_time_is_the_clock_s() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_what_is_sealed_and_old_is_dropped(tmp_path: Path) -> None:
    later = NOW + timedelta(days=60)
    now = NOW
    with desk_runner(tmp_path / "d", service_settings(keep_days=30), clock=lambda: now) as runner:
        runner.accept(puts([told(0, 0)]))
        runner.step()
        now = later
        runner.desk.advance(later)
        assert runner.desk.store.article("a00-000") is not None
        runner.start()
        until(lambda: runner.work.dropped)
        assert runner.desk.store.article("a00-000") is None


def test_a_store_that_cannot_drop_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: datetime) -> int:
        raise StoreError("no room")

    with desk_runner(tmp_path / "d", service_settings(keep_days=30)) as runner:
        monkeypatch.setattr(runner.desk.store, "retain", refuse)
        runner.start()
        until(lambda: "old articles could not be dropped: no room" in caplog.text)
        until(lambda: runner.is_ready)


# Listening


def test_a_listener_wakes_for_each_edition_and_at_the_end(tmp_path: Path) -> None:
    async def listen(runner: DeskRunner) -> None:
        async with runner.subscribe() as bell:
            for number in range(2):
                runner.accept(puts([told(0, number)]))
                runner.step()
                runner._bells.ring()  # twice is once
                await asyncio.wait_for(bell.wait(), PATIENCE_SECONDS)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bell.wait(), 0.05)
            runner.send_away()
            await asyncio.wait_for(bell.wait(), PATIENCE_SECONDS)
        assert len(runner._bells) == 0
        async with runner.subscribe() as late:
            await asyncio.wait_for(late.wait(), PATIENCE_SECONDS)

    with desk_runner(tmp_path / "d") as runner:
        asyncio.run(listen(runner))


def test_a_listener_whose_loop_has_ended_is_forgotten(tmp_path: Path) -> None:
    async def leave(runner: DeskRunner) -> None:
        await runner.subscribe().__aenter__()

    with desk_runner(tmp_path / "d") as runner:
        asyncio.run(leave(runner))
        runner._bells.ring()


# The end


def test_stopping_decides_what_was_accepted(tmp_path: Path) -> None:
    encoder = SlowEncoder()
    with desk_runner(tmp_path / "d", encoder=encoder) as runner:
        runner.start()
        runner.accept(puts([told(0, 0)]))
        assert encoder.began.wait(PATIENCE_SECONDS)
        runner.accept(puts([told(1, 0)]))
        encoder.go_on.set()
        assert runner.stop(PATIENCE_SECONDS)
        assert runner.backlog() == 0
        with pytest.raises(Busy):
            runner.accept(puts([told(2, 0)]))
        assert runner.not_ready == "the service is stopping"


def test_what_is_not_decided_in_time_is_there_at_the_next_start(tmp_path: Path) -> None:
    encoder = SlowEncoder()
    with desk_runner(tmp_path / "d", encoder=encoder) as runner:
        runner.start()
        thread = runner._thread
        runner.accept(puts([told(0, 0)]))
        assert encoder.began.wait(PATIENCE_SECONDS)
        assert not runner.stop(0.01)
        encoder.go_on.set()
        assert thread is not None
        thread.join()
    with desk_runner(tmp_path / "d") as again:
        assert again.desk.edition.article("a00-000") is not None


def test_those_who_are_sent_away_may_still_bring_something(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        runner.start()
        runner.send_away()
        assert runner.is_stopping
        (number,) = runner.accept(puts([told(0, 0)]))
        assert runner.wait_decided(number, PATIENCE_SECONDS)


def test_with_starts_and_stops(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner, runner:
        until(lambda: runner.is_ready)
        assert sys.getswitchinterval() < 0.005
    assert sys.getswitchinterval() == pytest.approx(0.005)


# Being ready, and dying


def test_it_is_ready_once_it_is_warm(tmp_path: Path) -> None:
    go_on = Event()
    with desk_runner(tmp_path / "d") as runner:
        assert runner.not_ready == "the encoder is being loaded"
        runner.start(go_on.wait)
        assert not runner.is_ready
        go_on.set()
        until(lambda: runner.is_ready)


def test_a_thread_that_dies_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    with desk_runner(tmp_path / "d", encoder=BrokenEncoder()) as runner:
        monkeypatch.setattr(runner._recovery, "failed", fail)  # not even that
        runner.start()
        (number,) = runner.accept(puts([told(0, 0)]))
        started = time.monotonic()
        assert not runner.wait_decided(number, 2 * PATIENCE_SECONDS)
        assert time.monotonic() - started < PATIENCE_SECONDS
        assert runner.has_failed
        assert runner.not_ready == "the thread that decides has died (MemoryError): the service must be started again"
        with pytest.raises(Busy):
            runner.accept(puts([told(0, 1)]))
        assert not runner.stop()
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.message == "the thread that decides has died; what was accepted stays in the store"
    assert record.exc_info is not None


def test_a_warm_up_that_fails_says_so(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError("no model")

    with desk_runner(tmp_path / "d") as runner:
        runner.start(fail)
        until(lambda: runner.has_failed)
        assert not runner.is_ready


def test_a_store_that_is_closed_under_its_hands_at_the_end_is_no_death(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    encoder = SlowEncoder()
    with desk_runner(tmp_path / "d", encoder=encoder) as runner:
        runner.start()
        thread = runner._thread
        runner.accept(puts([told(0, 0)]))
        assert encoder.began.wait(PATIENCE_SECONDS)
        runner.stop(0.01)
    encoder.go_on.set()
    assert thread is not None
    thread.join(PATIENCE_SECONDS)
    assert "stopped while changes were being decided" in caplog.text
    assert not [record for record in caplog.records if record.levelno == logging.CRITICAL]


def test_what_is_in_memory_is_kept_for_the_next_start_when_it_stops_and_when_much_has_changed(tmp_path: Path) -> None:
    asked: list[bool] = []
    with desk_runner(tmp_path / "d", service_settings(tick_seconds=0.05)) as runner:
        runner.desk.keep_snapshot = lambda *, only_if_due=False: asked.append(only_if_due)  # type: ignore[method-assign]
        runner.start()
        until(lambda: asked)
        assert set(asked) == {True}
        assert runner.stop()
    assert asked[-1] is False
