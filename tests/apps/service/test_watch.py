"""Watch: what lies in a folder, appears there or changes is taken in; what cannot be read is told of and tried again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.serving import PATIENCE_SECONDS, desk_runner, service_settings

from ranker.apps.service.runner import DeskRunner
from ranker.apps.service.running import Busy
from ranker.apps.service.watch import _SUFFIXES, Watcher, files_in
from ranker.articles import reading
from ranker.desk.records import Change
from ranker.errors import InputError


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def line(name: str, title: str = "Quake strikes off the coast") -> str:
    return json.dumps({"id": name, "title": title, "publishedDateTime": "2026-03-11T09:00:00Z"}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[DeskRunner]:
    with desk_runner(tmp_path / "d", service_settings()) as made:
        made.start()
        yield made


@pytest.fixture
def watch(runner: DeskRunner, folder: Path) -> Iterator[Callable[[], Watcher]]:
    """Begin to watch."""
    begun: list[Watcher] = []

    def begin() -> Watcher:
        begun.append(Watcher(runner, folder))
        begun[-1].start()
        return begun[-1]

    yield begin
    for watcher in begun:
        watcher.stop()
    assert not any(watcher._thread.is_alive() for watcher in begun)


def has(runner: DeskRunner, name: str) -> bool:
    return runner.desk.edition.article(name) is not None


def test_files_are_taken_that_lie_there_appear_and_change(
    watch: Callable[[], Watcher], runner: DeskRunner, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (folder / "old.jsonl").write_text(line("a1"))
    watch()
    until(lambda: has(runner, "a1"))
    (folder / "below").mkdir()
    (folder / "below" / "new.jsonl").write_text(line("a2"))
    until(lambda: has(runner, "a2"))
    with (folder / "below" / "new.jsonl").open("a") as file:
        file.write(line("a3"))
    until(lambda: has(runner, "a3"))
    (folder / "moved.tmp").write_text(line("a4"))
    (folder / "moved.tmp").rename(folder / "moved.jsonl")
    until(lambda: has(runner, "a4"))
    (folder / "old.jsonl").write_text(line("a1", "Another title altogether"))
    until(lambda: (article := runner.desk.edition.article("a1")) and article.title == "Another title altogether")
    assert f"took 1 articles of {folder / 'old.jsonl'}, refused 0" in caplog.text
    assert "Another title" not in caplog.text


def test_a_folder_that_is_moved_in_is_read(watch: Callable[[], Watcher], runner: DeskRunner, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "a.jsonl").write_text(line("a1"))
    watch()
    (folder / "first.jsonl").write_text(line("a0"))
    until(lambda: has(runner, "a0"))
    outside.rename(folder / "inside")
    until(lambda: has(runner, "a1"))


def test_half_a_file_is_taken_as_far_as_it_goes_and_read_again(
    watch: Callable[[], Watcher], runner: DeskRunner, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch()
    file = folder / "news.jsonl"
    file.write_text(line("a1") + '{"id": "a2", "tit')
    until(lambda: has(runner, "a1"))
    until(lambda: f"refused {file}:2: " in caplog.text)
    file.write_text(line("a1") + line("a2"))
    until(lambda: has(runner, "a2"))


def test_what_is_known_is_not_taken_again(watch: Callable[[], Watcher], runner: DeskRunner, folder: Path) -> None:
    (folder / "a.jsonl").write_text(line("a1") + line("a2"))
    watch()
    until(lambda: runner.work.decided == 2)
    (folder / "a.jsonl").touch()
    (folder / "b.jsonl").write_text(line("a3"))
    until(lambda: has(runner, "a3"))
    assert runner.work.decided == 3


def test_a_file_that_goes_takes_nothing_with_it(watch: Callable[[], Watcher], runner: DeskRunner, folder: Path) -> None:
    (folder / "a.jsonl").write_text(line("a1"))
    watch()
    until(lambda: has(runner, "a1"))
    (folder / "a.jsonl").unlink()
    (folder / "b.jsonl").write_text(line("a2"))
    until(lambda: has(runner, "a2"))
    assert has(runner, "a1")


def test_hidden_files_and_other_kinds_are_left_alone(watch: Callable[[], Watcher], runner: DeskRunner, folder: Path) -> None:
    (folder / ".git").mkdir()
    watch()
    for place in (".hidden.jsonl", ".git/a.jsonl", "a.txt", "a.jsonl.part"):
        (folder / place).write_text(line("no"))
    (folder / "b.jsonl").write_text(line("a1"))
    until(lambda: has(runner, "a1"))
    assert not has(runner, "no")


def test_files_are_found_as_in_any_folder(folder: Path) -> None:
    for place in ("b.jsonl", "a/z.md", "a/.c.md", ".d/e.md", "f.txt", "g.JSON"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text("x")
    assert [str(path.relative_to(folder)) for path in files_in(folder)] == ["b.jsonl", "g.JSON", "a/z.md"]
    assert list(files_in(folder / "b.jsonl")) == [folder / "b.jsonl"]
    assert list(files_in(folder / "none.md")) == []
    assert _SUFFIXES == reading._READ_IN_FOLDERS


def test_whoever_is_refused_for_now_comes_again(runner: DeskRunner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accept, refusals = runner.accept, [Busy(0), Busy(0)]

    def reluctant(changes: Sequence[Change]) -> list[int]:
        if refusals:
            raise refusals.pop()
        return accept(changes)

    monkeypatch.setattr(runner, "accept", reluctant)
    (folder / "a.jsonl").write_text(line("a1"))
    watcher = Watcher(runner, folder)
    watcher.start()
    until(lambda: has(runner, "a1"))
    watcher.stop()
    assert refusals == []


def test_it_ends_while_it_waits_for_room(runner: DeskRunner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(_: Sequence[Change]) -> list[int]:
        asked.append(1)
        raise Busy(300)

    monkeypatch.setattr(runner, "accept", refuse)
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_text(line(name))
    watcher = Watcher(runner, folder)
    watcher.start()
    until(lambda: asked)
    watcher.stop()
    assert len(asked) == 1


def test_one_file_at_fault_does_not_keep_the_others_out(
    watch: Callable[[], Watcher], runner: DeskRunner, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read = reading.read_articles

    def fragile(inputs: Sequence[str], *rest: Any) -> Any:
        if "bad" in inputs[0]:
            raise MemoryError("too much")
        if "gone" in inputs[0]:
            raise InputError("no such file")
        return read(inputs, *rest)

    monkeypatch.setattr("ranker.apps.service.watch.read_articles", fragile)
    for name in ("bad", "gone", "well"):
        (folder / f"{name}.jsonl").write_text(line(name))
    watch()
    until(lambda: has(runner, "well"))
    assert f"{folder / 'bad.jsonl'} could not be read" in caplog.text
    assert "gone" not in caplog.text


def test_watching_that_breaks_off_says_so(
    runner: DeskRunner, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no more watches")

    monkeypatch.setattr("ranker.apps.service.watch.watch", fail)
    watcher = Watcher(runner, folder)
    watcher.start()
    until(lambda: "is watched no longer" in caplog.text)
    watcher.stop()


def test_what_is_no_folder_cannot_be_watched(runner: DeskRunner, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: is no folder that could be watched$"):
        Watcher(runner, tmp_path / "none")
