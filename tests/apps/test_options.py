"""Options that commands share: weights, moments and numbers of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ranker.apps.options import named_file

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")


def stories(told: CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("quality:0.2,heat:0.5,recency:0.3", [0.2, 0.5, 0.3]),
        (" heat : 2 , recency:1 ", [0, 2, 1]),  # what is left out weighs nothing
        ("recency:1", [0, 0, 1]),
    ],
)
def test_weights_are_those_of_the_command_line(text: str, weights: list[float], desk: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC, "--profile", "editorial", "--weights", text)
    assert told.returncode == 0
    for story in stories(told):
        signals = story["signals"]
        assert [signals[name]["weight"] for name in ("quality", "heat", "recency")] == weights
        assert story["score"] == sum(signal["contribution"] for signal in signals.values())


def test_weights_change_the_order_and_nothing_else_of_the_profile(desk: Path, ranker: Command) -> None:
    fresh, liked = (stories(ranker("rerank", desk, *STATIC, "--weights", text)) for text in ("recency:1", "quality:1"))
    assert fresh[0]["lead"]["title"] == "Schoolboy makes a maximum break"  # the newest of all
    assert liked[0]["lead"]["title"] == "Quake of magnitude 6.8 strikes off Tarapay coast"
    values = [
        {story["id"]: {name: signal["value"] for name, signal in story["signals"].items()} for story in run} for run in (fresh, liked)
    ]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("loud:1", "'loud:1' names no signal, or one twice; write quality:0.2,heat:0.5,recency:0.3"),
        ("heat:1,heat:2", "'heat:2' names no signal, or one twice"),
        ("heat", "'heat' names no signal"),
        ("", "'' names no signal"),
        ("heat:much", "'much' is no number; write quality:0.2,heat:0.5,recency:0.3"),
        ("heat:-1", "-1 must be a number from 0 to 1,000,000"),
        ("heat:nan", "nan must be a number from 0 to 1,000,000"),
        ("heat:inf", "inf must be a number from 0 to 1,000,000"),
        ("quality:0,heat:0", "at least one must be above 0"),
    ],
)
@pytest.mark.parametrize("command", [("rerank",), ("explain", "--story", "#1"), ("evaluate", "--ranking"), ("replay", "--every", "1h")])
def test_weights_of_another_form_are_refused_before_anything_is_read(
    command: Sequence[str], text: str, reason: str, ranker: Command
) -> None:
    told = ranker(*command, "nowhere.md", *STATIC, "--weights", text)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"ranker: weights {text!r}: ")
    assert reason in told.stderr


@pytest.mark.parametrize("option", ["--horizon", "--every", "--alive"])
@pytest.mark.parametrize(
    ("value", "reason"), [("nan", "nan is no finite number"), ("inf", "inf is no finite number"), ("0", "0.0 is not in the range x>0")]
)
def test_hours_of_a_forecast_are_finite_and_above_0(option: str, value: str, reason: str, ranker: Command) -> None:
    told = ranker("evaluate", "nowhere.md", "--ranking", option, value)
    assert (told.returncode, told.stdout) == (2, "")
    assert f"Invalid value for '{option}': {reason}" in told.stderr


@pytest.mark.parametrize("spelling", ["2026-03-10T19:00:00Z", "2026-03-10T20:00:00+01:00", "Tue, 10 Mar 2026 19:00:00 GMT"])
def test_a_moment_is_taken_in_any_usual_spelling(spelling: str, desk: Path, ranker: Command) -> None:
    (story,) = stories(ranker("rerank", desk, *STATIC, "--as-of", spelling))
    assert story["asOf"] == "2026-03-10T19:00:00Z"


def test_a_dash_is_standard_output() -> None:
    assert named_file(None) is None
    assert named_file(Path("-")) is None
    assert named_file(Path("stories.jsonl")) == Path("stories.jsonl")
