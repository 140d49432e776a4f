"""Help: laid out in sections, no wider than 80 columns, with examples that run."""

from __future__ import annotations

import json
import random
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import click
import pytest
from rich.cells import cell_len
from support.streams import make_fading_stream, stream_lines

from ranker.apps.cli import commands
from ranker.apps.help import Command as HelpCommand
from ranker.desk.sqlite import SqliteStore
from ranker.training import tuning
from ranker.vectors import encoder as encoders

Command = Callable[..., "CompletedProcess[str]"]

WIDTH = 80
SLOW = ("train", "distill", "serve")  # minutes, torch, or until somebody stops it: their examples are read, not run
NEWSROOM = Path(__file__).parents[2] / "data" / "newsroom"


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, by the words that call it."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield path, command


LEAVES = dict(leaves(commands))
GROUPS = [(), *((name,) for name, command in commands.commands.items() if isinstance(command, click.Group))]
EXAMPLES = [example for command in LEAVES.values() if isinstance(command, HelpCommand) for example in command.examples]
RUN = [example for example in EXAMPLES if not set(SLOW) & set(example.split()[:3]) or "--new-key" in example]


@pytest.mark.parametrize("path", [*GROUPS, *LEAVES], ids=" ".join)
def test_help_fits_into_80_columns(path: tuple[str, ...], ranker: Command) -> None:
    told = ranker(*path, "--help").stdout
    assert max(map(cell_len, told.splitlines())) <= WIDTH
    assert "..." not in "".join(line for line in told.splitlines() if not line.startswith("Usage:")).replace("INPUT...", "")


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_ends_its_help_with_examples_of_itself(path: tuple[str, ...], ranker: Command) -> None:
    command = LEAVES[path]
    assert isinstance(command, HelpCommand)
    assert command.examples
    assert all(example.startswith(f"ranker {' '.join(path)}") for example in command.examples)
    shown = ranker(*path, "--help").stdout.rpartition("\nExamples:\n")[2].splitlines()
    assert shown == [f"  {example}" for example in command.examples]


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    silent = [option.name for option in LEAVES[path].params if isinstance(option, click.Option) and not option.help]
    assert silent == []


def test_own_options_stand_before_those_that_commands_share(ranker: Command) -> None:
    told = ranker("rerank", "--help").stdout
    places = [told.index(f"\n{heading}:\n") for heading in ("Options", "With --in-place", "How it is ranked", "How it is read", "Examples")]
    assert places == sorted(places)
    assert places[0] < told.index("--output") < told.index("--set-published") < told.index("--profile") < told.index("--strict")


def test_every_command_stands_in_a_section_of_the_help(ranker: Command) -> None:
    told = ranker("--help").stdout
    assert "\nCommands:\n" not in told
    assert [name for name in commands.commands if f"\n  {name} " not in told] == []


def test_a_command_of_no_section_is_listed_as_well() -> None:
    from ranker.apps.help import Group

    group = Group("g", sections={"First": ("b",)})
    for name in ("c", "a", "b"):
        group.add_command(click.Command(name, short_help=f"does {name}"))
    told = group.get_help(click.Context(group))
    assert told.index("First:") < told.index("does b") < told.index("Commands:") < told.index("does a") < told.index("does c")


def test_a_name_that_is_no_command_is_told_with_those_like_it(ranker: Command) -> None:
    told = ranker("rernk")
    assert (told.returncode, told.stderr.splitlines()[-1]) == (2, "Error: there is no command 'rernk'; near it: rerank")
    assert ranker("store", "inof").stderr.endswith("there is no command 'inof'; near it: info\n")
    assert ranker("frobnicate").stderr.endswith("Error: there is no command 'frobnicate'\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whatever the examples name."""
    place = tmp_path_factory.mktemp("examples")
    (place / "articles").mkdir()
    for path in sorted((NEWSROOM / "articles").glob("2026-03-1*.md"))[:60]:
        shutil.copy(path, place / "articles")
    shutil.copy(min((place / "articles").iterdir()), place / "articles" / "snooker.md")
    shutil.copy(NEWSROOM / "labels.csv", place)
    (place / "ranker.yaml").write_text("recency: {half_life_hours: 6}\n", "utf-8")
    (place / "stream.jsonl").write_text(stream_lines(make_fading_stream(days=6.5, every_hours=10, half_life_hours=3, seed=1)), "utf-8")
    (place / "rated.jsonl").write_text("".join(_rated()), "utf-8")
    with closing(SqliteStore(place / "desk.sqlite")):
        pass
    return place


def _rated() -> Iterator[str]:
    rng = random.Random(3)
    for number in range(60):
        topics = rng.sample(["Sea", "Snooker", "Ferries"], rng.randrange(4))
        yield (
            json.dumps({"id": f"a{number}", "title": f"Report {number} of the harbour", "topics": topics, "quality": 10 * len(topics)})
            + "\n"
        )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The static encoder in the place of the default one, and a short search."""
    monkeypatch.setitem(encoders._SHIPPED, "news-minilm", encoders._SHIPPED["static"])
    monkeypatch.setattr(tuning, "CHOICES", {"heat.half_life_hours": (3, 24)})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("example", RUN)
def test_an_example_runs(example: str, folder: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "here"
    shutil.copytree(folder, place)
    monkeypatch.chdir(place)
    for needed in _before(example):
        assert ranker(*shlex.split(needed)[1:]).returncode == 0
    arguments = shlex.split(example.partition(" | ")[0])[1:]
    told = ranker(*arguments)
    assert told.returncode == 0, told.stderr
    assert told.stdout or any((place / name).exists() for name in arguments), told


def _before(example: str) -> list[str]:
    """What has to be run before an example: what it reads is what another command writes."""
    runs = ["ranker rerank articles/ --output before.jsonl", "ranker rerank articles/ --profile newest --output after.jsonl"]
    known: dict[str, list[str]] = {
        "before.jsonl": runs,
        "series.jsonl": ["ranker replay articles/ --every 12h --output series.jsonl"],
        "new.sqlite": ["ranker store export desk.sqlite --output desk.jsonl"],
    }
    return next((needed for name, needed in known.items() if name in example and "--output" not in example), [])


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example not in RUN])
def test_an_example_that_takes_long_is_understood(example: str) -> None:
    words: list[Any] = shlex.split(example)[1:]
    command: click.Command = commands
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    assert command.make_context("ranker", words).params


def test_what_is_missing_is_told_with_an_example(ranker: Command) -> None:
    assert ranker("rerank").stderr.endswith("Missing argument 'INPUT...', as in: ranker rerank articles/ --output stories.jsonl\n")
    told = ranker("models", "background", "x.jsonl").stderr
    assert told.endswith("Missing option '--output' / '-o', as in: ranker models background articles/ --output background.json\n")
