"""`ranker evaluate --live`: a stream of invented articles fed to a desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.streams import stream_lines, told

Command = Callable[..., "CompletedProcess[str]"]
STATIC = ("--encoder", "static", "--no-cache")
STREAM = [told(0, 1, 2, 5), told(1, 3), told(2.5), told(None, 4)]


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "live.jsonl"
    path.write_text(stream_lines(STREAM))
    return path


def test_the_figures_as_json(ranker: Command, stream: Path) -> None:
    done = ranker("evaluate", stream, "--live", "--json", *STATIC)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["articles"], found["steps"], found["sealed"]) == (9, 6, 0)
    assert found["bCubedF1"]["mean"] == 1
    assert found["comparisons"][-1]["articles"] == 9
    identity = found["identity"]
    assert identity["kept"] + identity["merged"] + identity["split"] + identity["unrecorded"] == identity["articleHours"]
    assert identity["unrecorded"] == 0
    assert found["events"]["created"] >= 4
    assert "1 without a usable date come first" in done.stderr


def test_the_figures_as_a_table(ranker: Command, stream: Path) -> None:
    done = ranker("evaluate", stream, "--live", *STATIC)
    first, *rest = done.stdout.splitlines()
    assert first.split() == ["at", "articles", "stories", "in", "batch", "B3", "P", "B3", "R", "B3", "F1"]
    assert any(line.startswith("B-cubed F1 against a batch: mean 1.0000, worst 1.0000") for line in rest)
    assert any(line.startswith("story ids: ") for line in rest)
    assert any(line.startswith("events: ") for line in rest)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_without_undated_articles_nothing_is_said_of_them(ranker: Command, tmp_path: Path) -> None:
    path = tmp_path / "dated.jsonl"
    path.write_text(stream_lines([told(0, 1)]))
    done = ranker("evaluate", path, "--live", *STATIC)
    assert (done.returncode, "usable date" in done.stderr) == (0, False)


def test_longer_steps_are_fewer(ranker: Command, stream: Path) -> None:
    done = ranker("evaluate", stream, "--live", "--every", "3", "--json", *STATIC)
    assert json.loads(done.stdout)["steps"] == 2


@pytest.mark.parametrize("also", [("--labels", "story"), ("--ranking",), ("--by-input",)])
def test_it_goes_with_nothing_else(ranker: Command, stream: Path, also: tuple[str, ...]) -> None:
    assert ranker("evaluate", stream, "--live", *also).returncode == 2
