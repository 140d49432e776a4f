"""`ranker report`: what it writes, what it says, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache", "--no-plots")


def test_a_page_is_written_and_told(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("report", desk, *STATIC, "-o", tmp_path / "r.html", "--title", "Night & day", "--profile", "newest")
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr.splitlines()[-1].startswith("ranker: wrote a report of ")
    assert told.stderr.endswith(f"kB) to {tmp_path / 'r.html'}\n")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "<title>Night &amp; day</title>" in text
    assert "recency.half_life_hours = 6 (default 12), profile newest" in text
    assert "encoder.name = static (default news-minilm), --encoder" in text
    assert "cache.enabled" in text


def test_the_same_bytes_in_any_order_and_on_standard_output(
    desk: Path, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.parent)
    ranker("report", "desk", *STATIC, "-o", tmp_path / "r.html")
    assert ranker("report", "desk", *STATIC, "-o", "-").stdout == (tmp_path / "r.html").read_text("utf-8")


def test_what_is_refused_stands_in_the_page_and_in_the_exit_code(desk: Path, tmp_path: Path, ranker: Command) -> None:
    (desk / "broken.md").write_text("no head at all", "utf-8")
    told = ranker("report", desk, *STATIC, "-o", tmp_path / "r.html")
    assert told.returncode == 3
    assert f"<bdi>{desk / 'broken.md'}:1</bdi>" in (tmp_path / "r.html").read_text("utf-8")


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    desk: Path, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.html").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    told = ranker("report", desk, *STATIC, "-o", tmp_path / "r.html")
    assert told.returncode == 2
    assert told.stderr.endswith("r.html: cannot be written (No space left on device)\n")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["r.html"]
    assert (tmp_path / "r.html").read_text() == "old"
