"""A round that fails stops nobody else, and loses nothing."""

from __future__ import annotations

import json
import logging
import sqlite3
import stat
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from support.hashing_encoder import HashingEncoder
from support.serving import NOW, PATIENCE_SECONDS, desk_runner, puts, service_settings, told

from ranker.apps.service import recovery
from ranker.apps.service.runner import DeskRunner
from ranker.desk.records import Change, Decided
from ranker.errors import StoreError
from ranker.stories.corrections import Correction
from ranker.vectors.encoder import Progress, Vectors

POISON = "unreadable"


class Choking(HashingEncoder):
    """An encoder that fails at one text."""

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        if any(POISON in text for text in texts):
            raise ValueError(f"cannot read {POISON}")
        return super().encode(texts, progress=progress)


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def stories_of(runner: DeskRunner) -> set[tuple[str, ...]]:
    return {tuple(sorted(article.id for article in story.articles)) for story in runner.desk.edition.table.stories}


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of no length."""
    monkeypatch.setattr(recovery, "_PAUSE_SECONDS", (0.001, 0.01))


def test_the_change_that_is_to_blame_is_set_aside_and_all_others_are_decided(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = [told(story, number) for story in range(2) for number in range(3)]
    bad = told(3, 0, title=f"Something {POISON} happened")
    with desk_runner(tmp_path / "plain") as plain:
        plain.accept(puts(good))
        plain.step()
        expected = stories_of(plain)
    with desk_runner(tmp_path / "d", encoder=Choking(), aside=tmp_path / "aside.jsonl") as runner:
        runner.start()
        number = runner.accept(puts([*good[:3], bad, *good[3:]]))[-1]
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert stories_of(runner) == expected
        assert runner.desk.store.article(bad.id) is None
        assert runner.backlog() == 0
        assert runner.not_ready is None
        assert (runner.work.set_aside, runner.work.failed_rounds) == (1, 2)
        late = runner.accept(puts([told(4, 0)]))[-1]  # and so it goes on
        assert runner.wait_decided(late, PATIENCE_SECONDS)
    (line,) = (tmp_path / "aside.jsonl").read_text("utf-8").splitlines()
    kept = json.loads(line)
    assert kept["reason"] == f"ValueError: cannot read {POISON}"
    assert (kept["change"]["kind"], kept["change"]["article"]["id"]) == ("put", bad.id)
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert f"(put of {bad.id}) cannot be decided" in record.message
    assert POISON not in record.message.split("cannot be decided", maxsplit=1)[0]


def test_a_restart_knows_nothing_of_what_was_set_aside(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d", encoder=Choking()) as runner:
        runner.accept(puts([told(0, 0), told(1, 0, title=POISON), told(0, 1)]))
        runner.step()
        before = stories_of(runner)
    with desk_runner(tmp_path / "d") as again:
        assert stories_of(again) == before
        assert again.backlog() == 0
        assert again.desk.store.verify() == []


def test_a_round_that_fails_half_way_leaves_nothing_of_it_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [told(story, number) for story in range(2) for number in range(3)]
    with desk_runner(tmp_path / "d", aside=tmp_path / "aside.jsonl") as runner:
        runner.accept(puts(articles[:3]))
        runner.step()
        commit, failures = runner.desk.store.commit, 1

        def fails_once(decided: Decided) -> None:
            nonlocal failures
            if failures:
                failures -= 1
                raise RuntimeError("after everything was put into memory")
            commit(decided)

        monkeypatch.setattr(runner.desk.store, "commit", fails_once)
        runner.accept(puts(articles[3:]))
        runner.step()
        assert {name for story in stories_of(runner) for name in story} == {article.id for article in articles}
        assert runner.work.set_aside == 0
        assert not (tmp_path / "aside.jsonl").exists()
        numbers = [event.number for event in runner.desk.events()]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "error",
    [StoreError("the database is locked"), sqlite3.OperationalError("disk I/O error"), OSError("no space left")],
    ids=lambda error: type(error).__name__,
)
def test_where_the_surroundings_are_to_blame_it_is_tried_again_until_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with desk_runner(tmp_path / "d", aside=tmp_path / "aside.jsonl") as runner:
        decide, failures = runner.desk.decide, 5
        seen: list[str | None] = []

        def fails_for_a_while(**asked: object) -> object:
            nonlocal failures
            seen.append(runner.not_ready)
            if failures:
                failures -= 1
                raise error
            return decide(**asked)  # type: ignore[arg-type] # as it was called

        monkeypatch.setattr(runner.desk, "decide", fails_for_a_while)
        runner.start()
        number = runner.accept(puts([told(0, 0)]))[-1]
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        until(lambda: runner.not_ready is None)
        assert seen[:3] == [None, None, None]
        assert seen[4] is not None
        assert f"cannot be decided ({type(error).__name__})" in seen[4]
        assert runner.work.set_aside == 0
    assert not (tmp_path / "aside.jsonl").exists()


def test_a_disk_that_is_full_while_a_round_is_kept_leaves_nothing_of_it_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [told(0, number) for number in range(3)]
    with desk_runner(tmp_path / "d") as runner:
        commit, failures = runner.desk.store.commit, 2

        def fails_for_a_while(decided: Decided) -> None:
            nonlocal failures
            if failures:
                failures -= 1
                raise sqlite3.OperationalError("database or disk is full")
            commit(decided)

        monkeypatch.setattr(runner.desk.store, "commit", fails_for_a_while)
        runner.start()
        number = runner.accept(puts(articles))[-1]
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert stories_of(runner) == {tuple(article.id for article in articles)}
        assert all(runner.desk.store.article(article.id) for article in articles)
        assert runner.desk.store.verify() == []


def test_what_fails_whatever_is_decided_is_no_change_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [told(story, number) for story in range(4) for number in range(5)]
    broken = True

    def fails(*_: object, **__: object) -> None:
        raise ValueError("nothing can be published")

    with desk_runner(tmp_path / "d", aside=tmp_path / "aside.jsonl") as runner:
        publish = runner.desk._publish
        monkeypatch.setattr(runner.desk, "_publish", lambda *args, **more: fails() if broken else publish(*args, **more))
        runner.start()
        number = runner.accept(puts(articles))[-1]
        until(lambda: runner.trouble is not None)
        assert runner.work.set_aside == 0
        assert runner.not_ready == runner.trouble
        assert not runner.has_failed
        broken = False
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert {name for story in stories_of(runner) for name in story} == {article.id for article in articles}
        assert runner.trouble is None


def test_after_some_changes_in_a_row_something_else_is_to_blame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: object) -> None:
        raise ValueError("a bug that every round has")

    with desk_runner(tmp_path / "d", aside=tmp_path / "aside.jsonl") as runner:
        monkeypatch.setattr(runner.desk, "decide", fails)
        runner.start()
        runner.accept(puts([told(story, number) for story in range(4) for number in range(5)]))
        until(lambda: runner.trouble is not None)
        assert runner.work.set_aside == recovery._ASIDE_IN_A_ROW
        assert runner.backlog() == 20 - recovery._ASIDE_IN_A_ROW


def test_changes_that_come_one_by_one_are_not_all_set_aside_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: object) -> None:
        raise ValueError("a bug that every round has")

    with desk_runner(tmp_path / "d", aside=tmp_path / "aside.jsonl") as runner:
        monkeypatch.setattr(runner.desk, "decide", fails)
        runner.start()
        for number in range(recovery._ASIDE_IN_A_ROW):
            runner.accept(puts([told(0, number)]))
            until(lambda expected=number + 1: runner.work.set_aside == expected)  # type: ignore[misc] # mypy infers no default
        runner.accept(puts([told(1, 0)]))
        until(lambda: runner.trouble is not None)
        assert (runner.work.set_aside, runner.backlog()) == (recovery._ASIDE_IN_A_ROW, 1)


def test_a_round_that_needs_too_much_memory_is_decided_in_small_ones(tmp_path: Path) -> None:
    class Small(HashingEncoder):
        def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
            if len(texts) > 2:
                raise MemoryError
            return super().encode(texts, progress=progress)

    with desk_runner(tmp_path / "d", encoder=Small()) as runner:
        runner.accept(puts([told(0, number) for number in range(6)]))
        runner.step()
        assert runner.work.set_aside == 0
        assert stories_of(runner) == {tuple(f"a00-{number:03}" for number in range(6))}


def test_one_change_that_takes_all_memory_each_time_is_set_aside_in_the_end(tmp_path: Path) -> None:
    class Choked(HashingEncoder):
        def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
            if any(POISON in text for text in texts):
                raise MemoryError
            return super().encode(texts, progress=progress)

    with desk_runner(tmp_path / "d", encoder=Choked(), aside=tmp_path / "aside.jsonl") as runner:
        runner.start()
        number = runner.accept(puts([told(0, 0), told(1, 0, title=POISON), told(0, 1)]))[-1]
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert (runner.work.set_aside, stories_of(runner)) == (1, {("a00-000", "a00-001")})


def test_a_tick_that_fails_is_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk_runner(tmp_path / "d", service_settings(tick_seconds=0.05)) as runner:
        advance, failures = runner.desk.advance, 4

        def fails_for_a_while(now: datetime) -> object:
            nonlocal failures
            if failures:
                failures -= 1
                raise StoreError("the database or disk is full")
            return advance(now)

        monkeypatch.setattr(runner.desk, "advance", fails_for_a_while)
        runner.start()
        until(lambda: runner.trouble is not None)
        until(lambda: runner.trouble is None)
        number = runner.accept(puts([told(0, 0)]))[-1]
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert not runner.has_failed


def test_what_cannot_be_written_down_is_not_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with desk_runner(tmp_path / "d", encoder=Choking(), aside=folder / "aside.jsonl") as runner:
        runner.start()
        number = runner.accept(puts([told(0, 0, title=POISON), told(1, 0)]))[-1]
        until(lambda: runner.trouble is not None)
        assert (runner.work.set_aside, runner.backlog()) == (0, 2)
        folder.mkdir()
        assert runner.wait_decided(number, PATIENCE_SECONDS)
        assert (runner.work.set_aside, stories_of(runner)) == (1, {("a01-000",)})
    assert stat.S_IMODE((folder / "aside.jsonl").stat().st_mode) == 0o600


def test_a_reason_of_any_letters_can_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery._log, "disabled", True)  # what pytest would show of it cannot be sent between its processes

    class Odd(HashingEncoder):
        def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:  # noqa: ARG002 - as encoders have it
            raise ValueError("cannot read \ud800")

    with desk_runner(tmp_path / "d", encoder=Odd(), aside=tmp_path / "aside.jsonl") as runner:
        runner.accept(puts([told(0, 0)]))
        runner.step()
    assert json.loads((tmp_path / "aside.jsonl").read_text("utf-8"))["reason"] == "ValueError: cannot read \\ud800"


def test_changes_are_taken_in_while_the_desk_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk_runner(tmp_path / "d") as runner:
        restore, taken = runner.desk._restore, []

        def meanwhile(now: datetime) -> None:
            restore(now)
            worker = Thread(target=lambda: taken.append(runner.accept(puts([told(0, 0)]))))
            worker.start()
            worker.join(PATIENCE_SECONDS)

        monkeypatch.setattr(runner.desk, "_restore", meanwhile)
        runner.desk.recover(NOW)
        assert taken == [[1]]


def test_stopping_in_trouble_keeps_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_PAUSE_SECONDS", (60.0, 60.0))

    def fails(**_: object) -> None:
        raise OSError("no space left")

    with desk_runner(tmp_path / "d") as runner:
        monkeypatch.setattr(runner.desk, "decide", fails)
        runner.start()
        runner.accept(puts([told(0, 0)]))
        until(lambda: runner.work.failed_rounds == 1)
        started = time.monotonic()
        assert not runner.stop(PATIENCE_SECONDS)
        assert time.monotonic() - started < PATIENCE_SECONDS
    with desk_runner(tmp_path / "d") as again:
        assert stories_of(again) == {("a00-000",)}


def test_a_correction_that_is_set_aside_stands_no_more(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        runner.accept(puts([told(0, 0), told(1, 0)]))
        runner.step()
        correction = Correction("c1", "join", articles=("a00-000", "a01-000"), by="Ann", at=NOW)
        runner.accept([Change("correct", NOW, correction=correction)])
        (waiting,) = runner.desk.store.waiting()
        runner.desk.set_aside(waiting)
        assert runner.backlog() == 0
        assert not runner.desk.corrections()
        opposite = Correction("c2", "part", articles=("a00-000",), others=("a01-000",), by="Ann", at=NOW)
        runner.accept([Change("correct", NOW, correction=opposite)])  # nothing contradicts it


def test_only_the_first_that_waits_is_set_aside(tmp_path: Path) -> None:
    with desk_runner(tmp_path / "d") as runner:
        runner.accept(puts([told(0, 0), told(1, 0)]))
        second = runner.desk.store.waiting()[1]
        with pytest.raises(ValueError, match="not the first that waits"):
            runner.desk.set_aside(second)
