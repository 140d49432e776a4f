"""JSON: every command whose answer is for reading gives the same answer to programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import click
import pytest

from ranker.apps.cli import commands
from ranker.desk.sqlite import SqliteStore

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")
# Their answer is data already: JSON Lines, or a script for a shell.
DATA = {"rerank", "related", "replay", "store export", "completion"}


def leaves(command: click.Command, path: str = "") -> dict[str, click.Command]:
    if not isinstance(command, click.Group):
        return {path: command}
    return {key: leaf for name, below in command.commands.items() for key, leaf in leaves(below, f"{path} {name}".strip()).items()}


def test_every_command_whose_answer_is_no_data_has_json() -> None:
    having = {path for path, leaf in leaves(commands).items() if any("--json" in option.opts for option in leaf.params)}
    assert set(leaves(commands)) - having == DATA


def test_the_demo_gives_the_first_stories_a_line_each(ranker: Command) -> None:
    told = ranker("demo", "--json", "--limit", "3", *STATIC)
    stories: list[dict[str, Any]] = [json.loads(line) for line in told.stdout.splitlines()]
    assert [story["rank"] for story in stories] == [1, 2, 3]
    assert all(story["score"] == sum(signal["contribution"] for signal in story["signals"].values()) for story in stories)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "desk.sqlite"
    with closing(SqliteStore(path)):
        pass
    return path


def test_a_store_tells_what_was_done_to_it(store: Path, tmp_path: Path, ranker: Command) -> None:
    compacted = json.loads(ranker("store", "compact", store, "--json").stdout)
    assert set(compacted) == {"bytesBefore", "bytes"}
    dropped = json.loads(ranker("store", "retain", store, "--before", "2026-01-01", "--json").stdout)
    assert dropped == {"dropped": 0, "before": "2026-01-01T00:00:00Z"}
    ranker("store", "export", store, "-o", tmp_path / "desk.jsonl")
    told = ranker("store", "import", tmp_path / "new.sqlite", tmp_path / "desk.jsonl", "--json")
    assert json.loads(told.stdout)["articles"] == {"live": 0, "sealed": 0}
    info = json.loads(ranker("store", "info", tmp_path / "new.sqlite", "--json").stdout)
    assert info == json.loads(told.stdout) | {"bytes": info["bytes"]}  # its log is folded in when it is closed


def test_counted_words_are_told(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = json.loads(ranker("models", "background", desk, "-o", tmp_path / "words.json", "--at-least", "2", "--json").stdout)
    assert told["texts"] == 6
    assert told["words"] > 10
    assert told["path"] == str(tmp_path / "words.json")


def test_a_new_key_is_told(ranker: Command) -> None:
    told = json.loads(ranker("serve", "--new-key", "ann", "--role", "write", "--json").stdout)
    assert (told["name"], told["role"]) == ("ann", "write")
    assert len(told["key"]) > 30
    assert told["key"] not in told["settings"]
    assert "role: write" in told["settings"]


def test_what_a_report_holds_is_told(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = json.loads(ranker("report", desk, *STATIC, "-o", tmp_path / "r.html", "--no-plots", "--limit", "1", "--json").stdout)
    assert told == {
        "path": str(tmp_path / "r.html"),
        "bytes": (tmp_path / "r.html").stat().st_size,
        "asOf": "2026-03-11T18:00:00Z",
        "stories": told["stories"],
        "shown": 1,
    }
    assert told["stories"] > 1


def test_errors_stay_words_on_standard_error(ranker: Command) -> None:
    told = ranker("report", "nowhere", "-o", "x.html", "--json")
    assert (told.returncode, told.stdout, told.stderr) == (2, "", "ranker: nowhere: no such file or folder\n")
