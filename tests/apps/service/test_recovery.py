"""A round that fails stops nobody else, and loses nothing."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.hashing_encoder import HashingEncoder
from support.serving import NOW, PATIENCE_SECONDS, desk_runner, puts, told

from ranker.apps.service import recovery
from ranker.apps.service.runner import DeskRunner
from ranker.desk.records import Change, Decided
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
    "error", [MemoryError(), sqlite3.OperationalError("disk I/O error"), OSError("no space left")], ids=lambda e: type(e).__name__
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
