"""The command: what it takes, prints and returns."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from ranker import __version__
from ranker.apps import session as sessions
from ranker.errors import EncoderError
from ranker.settings_file import load_settings
from ranker.vectors import distillation
from ranker.vectors.background import load_background
from ranker.vectors.encoder import shipped_encoders

Command = Callable[..., "CompletedProcess[str]"]

NEWSROOM = Path(__file__).parents[2] / "data" / "newsroom"
STATIC = ("--encoder", "static")
IN_OTHER_PROCESS = [sys.executable, "-c", "from ranker.apps.cli import main; main()"]


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def story_with(article_title: str, told: CompletedProcess[str]) -> dict[str, Any]:
    return next(story for story in lines(told.stdout) if any(article["title"] == article_title for article in story["articles"]))


# rerank


def test_stories_come_out_as_json_lines_and_talk_goes_to_standard_error(desk: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC)
    assert told.returncode == 0
    assert [story["rank"] for story in lines(told.stdout)] == list(range(1, len(lines(told.stdout)) + 1))
    assert told.stderr.splitlines() == [
        "ranker: 6 articles from 6 files",
        "ranker: as of 2026-03-11T18:00:00Z (the newest article)",
    ]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_file_s_name_says_its_format(suffix: str, desk: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / f"stories.{suffix}"
    told = ranker("rerank", desk, *STATIC, "--output", path)
    stories = lines(ranker("rerank", desk, *STATIC).stdout)
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr.endswith(f"ranker: wrote {len(stories)} stories to {path}\n")
    if suffix == "jsonl":
        assert lines(path.read_text("utf-8")) == stories
    elif suffix == "csv":
        assert path.read_text("utf-8").count("\n") == 1 + 6
    else:
        assert [story["id"] for story in pq.read_table(path).to_pylist()] == [story["id"] for story in stories]


def test_a_dash_as_output_is_standard_output(desk: Path, ranker: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("rerank", "related"):
        assert ranker(command, desk, *STATIC, "-o", "-").stdout == ranker(command, desk, *STATIC).stdout
    assert not (tmp_path / "-").exists()


def test_a_dry_run_says_what_it_would_write(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC, "--dry-run", "-o", tmp_path / "stories.csv")
    assert re.search(rf"would write \d+ stories \([\d,]+ bytes\) to {tmp_path}/stories\.csv\n$", told.stderr)
    assert not (tmp_path / "stories.csv").exists()
    assert "bytes) to standard output" in ranker("rerank", desk, *STATIC, "--dry-run").stderr


def test_the_order_of_the_files_makes_no_difference_to_any_byte(tmp_path: Path, ranker: Command) -> None:
    files = sorted((NEWSROOM / "articles").glob("2026-03-1*.md"))
    for place, path in enumerate(reversed(files)):
        shutil.copy(path, tmp_path / f"{place:03}.md")
    for command in ("rerank", "related"):
        told = ranker(command, *files, *STATIC).stdout
        assert len(told) > 10_000
        assert ranker(command, *reversed(files), *STATIC).stdout == told
        assert ranker(command, tmp_path, *STATIC, "--no-cache").stdout == told


def test_a_profile_and_a_settings_file_change_the_weights(desk: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "ranker.yaml").write_text("blend: {weights: {quality: 0.25, heat: 0.25, recency: 0.5}}\n")
    for options, weight in ((("--config", tmp_path / "ranker.yaml"), 0.5), (("--profile", "newest"), 0.7)):
        (story, *_) = lines(ranker("rerank", desk, *STATIC, *options).stdout)
        assert story["signals"]["recency"]["weight"] == weight


def test_the_contributions_that_are_printed_add_up(ranker: Command) -> None:
    told = ranker("rerank", NEWSROOM / "articles", *STATIC, "--profile", "hottest")
    for line in told.stdout.splitlines():
        story = json.loads(line, parse_float=Decimal)
        assert sum(signal["contribution"] for signal in story["signals"].values()) == story["score"]


def test_the_table_shows_as_many_stories_as_asked_for(desk: Path, ranker: Command) -> None:
    shown = ranker("rerank", desk, *STATIC, "--format", "table", "--limit", "2").stdout
    assert re.findall(r"^ *(\d+|#) ", shown, re.MULTILINE) == ["#", "1", "2"]


def test_no_line_of_a_table_is_wider_than_80_cells(ranker: Command) -> None:
    options = (*STATIC, "--format", "table", "--limit", "500")
    wide = json.dumps({"title": "\u706b\u707d\u5411\u3051\u306e\u907f\u96e3\u8a13\u7df4" * 9, "provider": "\u671d\u65e5"})
    shown = ranker("rerank", "-", *options, stdin=wide.encode()).stdout + ranker("rerank", NEWSROOM / "articles", *options).stdout
    assert shown.count("\u706b\u707d") > 3
    assert max(map(cell_len, shown.splitlines())) <= 80


def test_on_a_terminal_the_stories_are_a_table_and_the_work_has_a_bar(desk: Path) -> None:
    main, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen([*IN_OTHER_PROCESS, "rerank", str(desk), *STATIC], stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    try:
        while block := os.read(main, 65536):
            shown += block
    except OSError:  # how a terminal says that nobody writes any more
        pass
    assert process.wait() == 0
    text = shown.decode()
    assert "# score qual heat  rec grps  age  story" in text
    assert "embedding" in text
    assert "6/6" in text


def test_standard_input_is_read_where_a_dash_stands(desk: Path, ranker: Command) -> None:
    data = b'{"title": "Library closes", "url": "https://echo.example/library"}\n'
    told = ranker("rerank", "-", desk, *STATIC, stdin=data)
    assert "7 articles from 7 files, 1 without a date" in told.stderr
    assert story_with("Library closes", told)["lead"]["webUrl"] == "https://echo.example/library"


def test_standard_input_may_hold_any_format(desk: Path, ranker: Command) -> None:
    told = ranker("rerank", "-", *STATIC, stdin=(desk / "snooker.md").read_bytes())
    assert [story["lead"]["title"] for story in lines(told.stdout)] == ["Schoolboy makes a maximum break"]


# related


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_related_lists_are_written_in_every_format(suffix: str, desk: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / f"related.{suffix}"
    told = ranker("related", desk, *STATIC, "-o", path)
    lists = lines(ranker("related", desk, *STATIC).stdout)
    assert told.stderr.endswith(f"ranker: wrote 6 related lists to {path}\n")
    if suffix == "jsonl":
        assert lines(path.read_text("utf-8")) == lists
    elif suffix == "csv":
        assert path.read_text("utf-8").count("\n") == 1 + sum(len(row["related"]) for row in lists)
    else:
        assert pq.read_table(path).to_pylist() == lists


def test_a_related_list_has_the_other_coverage_of_the_story(desk: Path, ranker: Command) -> None:
    lists = {row["id"]: row["related"] for row in lines(ranker("related", desk, *STATIC).stdout)}
    ferries = [key for key, related in lists.items() if [item["title"] for item in related if item["sameStory"]] != []]
    same = {item["provider"]["name"] for key in ferries for item in lists[key] if item["sameStory"]}
    assert same >= {"The Albion", "Port Sable Herald"}


# explain


def test_an_article_is_found_by_id_address_or_file(desk: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    told = json.loads(ranker("explain", ".", *STATIC, "--article", "snooker.md", "--json").stdout)
    assert told["title"] == "Schoolboy makes a maximum break"
    for name in (told["id"], "http://www.touchline.example/147/?utm_source=x", desk / "snooker.md"):
        assert json.loads(ranker("explain", ".", *STATIC, "--article", name, "--json").stdout) == told


def test_an_article_is_found_by_its_own_feed_s_address(desk: Path, ranker: Command) -> None:
    text = (desk / "snooker.md").read_text("utf-8").replace("webUrl", 'originalUrl: "https://feeds.touchline.example/147"\nwebUrl')
    (desk / "snooker.md").write_text(text, "utf-8")
    told = ranker("explain", desk, *STATIC, "--article", "https://feeds.touchline.example/147", "--json")
    assert json.loads(told.stdout)["webUrl"] == "https://touchline.example/147"


def test_an_article_in_a_file_of_many_is_not_found_by_the_file(tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "many.jsonl").write_text('{"title": "Ferry aground"}\n')
    assert ranker("explain", tmp_path, *STATIC, "--article", tmp_path / "many.jsonl").returncode == 2


def test_an_article_s_numbers_add_up_in_json(desk: Path, ranker: Command) -> None:
    told = json.loads(ranker("explain", desk, *STATIC, "--article", desk / "quake-pressline.md", "--json").stdout)
    assert sum(part["points"] for part in told["qualityParts"]) == told["quality"] == 2 * 17 + 20 - 15
    assert told["heat"]["points"] == told["heat"]["quality"] + told["heat"]["covered"] + told["heat"]["burst"]
    assert told["heat"]["covered"] == sum(item["points"] for item in told["heat"]["coverage"]) > 0
    assert set(told) >= {"storyId", "membership", "related"}


def test_an_article_s_numbers_add_up_on_paper(desk: Path, ranker: Command) -> None:
    shown = ranker("explain", desk, *STATIC, "--article", desk / "quake-pressline.md").stdout
    parts = [int(points) for points in re.findall(r"([+-]\d+) *$", shown, re.MULTILINE)]
    assert re.findall(r"^quality +(\d+) *$", shown, re.MULTILINE) == [str(sum(parts))] == ["39"]


def test_a_story_s_numbers_add_up_in_json_and_on_paper(desk: Path, ranker: Command) -> None:
    for story in lines(ranker("rerank", desk, *STATIC).stdout):
        told = json.loads(ranker("explain", desk, *STATIC, "--story", story["id"], "--json").stdout)
        assert {key: told[key] for key in story} == story
        assert sum(signal["contribution"] for signal in told["signals"].values()) == told["score"]
        shown = ranker("explain", desk, *STATIC, "--story", story["id"]).stdout
        *terms, score = map(Decimal, re.findall(r"^(?:quality|heat|recency|score)  .* (\d+\.\d{4}) *$", shown, re.MULTILINE))
        assert sum(terms) == score


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--story", "s0"), "--story s0: no such story; give its id, its rank (#3), or an article's id, web address or file"),
        (("--article", "a0"), "--article a0: no such article; give its id, web address or file"),
    ],
)
def test_what_cannot_be_explained_is_said(options: tuple[str, ...], reason: str, desk: Path, ranker: Command) -> None:
    told = ranker("explain", desk, *STATIC, *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.endswith(f"ranker: {reason}\n")


# demo, models


def test_the_demo_ranks_the_sample_newsroom(ranker: Command) -> None:
    told = ranker("demo", *STATIC, "--limit", "3")
    assert told.returncode == 0
    assert re.findall(r"^ *(\d+) ", told.stdout, re.MULTILINE) == ["1", "2", "3"]
    assert "386 articles from 386 files" in told.stderr


def test_the_shipped_encoders_are_listed(ranker: Command) -> None:
    default = load_settings().encoder.name
    rows = lines(ranker("models", "list", "--json").stdout)[0]
    assert [(row["name"], row["default"]) for row in rows] == [(name, name == default) for name in shipped_encoders()]
    assert len({row["fingerprint"] for row in rows}) == len(rows) > 1
    shown = ranker("models", "list").stdout.splitlines()
    assert shown == [f"{row['name']:<12} {row['fingerprint']}{'  (default)' if row['default'] else ''}" for row in rows]


@pytest.mark.parametrize("teacher", ["minilm", "elsewhere"])
def test_a_static_model_is_made_of_the_titles_and_texts_given(
    teacher: str, desk: Path, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []

    def distill(folder: Path, texts: list[str], target: Path, settings: Any, *, teacher: str) -> Any:
        made.append((folder.name, texts, target, settings.dimensions, teacher))
        return type("Manifest", (), {"dimensions": settings.dimensions})

    monkeypatch.setattr(distillation, "distill", distill)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    told = ranker("models", "distill", desk, "-o", tmp_path / "new", "--teacher", teacher, "--dimensions", "64")
    ((folder, texts, target, dimensions, named),) = made
    assert (folder, target, dimensions, named) == ("model" if teacher == "minilm" else teacher, tmp_path / "new", 64, teacher)
    assert "Schoolboy makes a maximum break" in texts
    assert len(texts) == 6 + 5  # the snooker report is its title alone
    assert told.stderr == f"ranker: {tmp_path / 'new'}: 64 dimensions, from {teacher} and 11 texts\n"


def test_word_frequencies_are_counted_over_the_texts_given(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("models", "background", desk, "-o", tmp_path / "words.json", "--at-least", "2")
    assert told.returncode == 0
    assert re.search(rf"^ranker: {tmp_path}/words\.json: \d+ words from 6 texts$", told.stderr, re.MULTILINE)
    counted = load_background(tmp_path / "words.json")
    assert counted.texts == 6
    assert counted.holding["quake"] == 3
    assert "snooker" not in counted.holding


# Refusals, reports and exit codes


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """The newsroom's good and broken files in one folder."""
    folder = Path(shutil.copytree(NEWSROOM / "articles", tmp_path / "mixed"))
    shutil.copytree(NEWSROOM / "broken", folder, dirs_exist_ok=True)
    return folder


def test_broken_files_are_named_and_all_good_ones_done(mixed: Path, tmp_path: Path, ranker: Command) -> None:
    broken = {path.name for path in (NEWSROOM / "broken").iterdir()}
    told = ranker("rerank", mixed, *STATIC, "--in-place", "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert told.returncode == 3
    assert {Path(item["path"]).name for item in report["refused"]} == broken
    assert all(f"refused {mixed / name}" in told.stderr for name in broken)
    assert all((mixed / name).read_bytes() == (NEWSROOM / "broken" / name).read_bytes() for name in broken)
    good = [path for path in mixed.iterdir() if path.name not in broken]
    assert len(good) == 386
    assert [path.name for path in good if not re.search(rb"^quality: \d+\r?$", path.read_bytes(), re.MULTILINE)] == []


def test_strict_stops_at_the_first_refusal_and_writes_nothing_but_the_report(mixed: Path, tmp_path: Path, ranker: Command) -> None:
    before = {path: path.read_bytes() for path in mixed.iterdir()}
    told = ranker("rerank", mixed, *STATIC, "--in-place", "--strict", "--report", tmp_path / "report.json")
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.count("refused /") == 1
    assert told.stderr.endswith("ranker: stopped at the first refusal (--strict); nothing was written\n")
    assert {path: path.read_bytes() for path in mixed.iterdir()} == before
    assert len(json.loads((tmp_path / "report.json").read_bytes())["refused"]) == 1


def test_strict_without_a_refusal_goes_through(desk: Path, ranker: Command) -> None:
    assert ranker("rerank", desk, *STATIC, "--strict").returncode == 0


@pytest.mark.parametrize(
    "command", [("related",), ("review",), ("evaluate", "--labels", "story"), ("explain", "--article", "https://echo.example/1")]
)
def test_every_command_ends_with_3_if_some_input_was_refused(command: tuple[str, ...], ranker: Command) -> None:
    data = b'{"title": "Ferry", "story": "x", "url": "https://echo.example/1"}\n{"title": ""}\n'
    assert ranker(*command, "-", *STATIC, stdin=data).returncode == 3


def test_an_empty_folder_is_no_error(tmp_path: Path, ranker: Command) -> None:
    told = ranker("rerank", tmp_path, *STATIC)
    counts, hint = told.stderr.splitlines()
    assert (told.returncode, told.stdout, counts) == (0, "", "ranker: 0 articles from 0 files")
    assert hint.startswith(f"ranker: there is nothing to read in {tmp_path}; of a folder these are read: .atom, .csv, ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("rerank",), "Missing argument 'INPUT...'"),
        (("rerank", "nowhere.md"), "nowhere.md: no such file or folder"),
        (("rerank", ".", "--frob"), "No such option"),
        (("frob",), "there is no command 'frob'"),
        (("rerank", ".", "--as-of", "yesterday"), "'yesterday' is no date; write it as 2026-03-11T18:00:00Z"),
        (("rerank", ".", "--config", "nowhere.yaml"), "nowhere.yaml: cannot be read (No such file or directory)"),
        (("rerank", ".", "--config", "wrong.yaml"), "wrong.yaml"),
        (("rerank", ".", "--profile", "loudest"), "no profile 'loudest'; there are balanced, editorial, everyday, hottest, newest"),
        (("rerank", ".", "--format", "xml"), "'xml' is not one of 'table', 'jsonl', 'csv', 'parquet'"),
        (("rerank", ".", "--limit", "0"), "0 is not in the range x>=1"),
        (("rerank", ".", "-o", "stories.xlsx"), ".xlsx is no format that can be written"),
        (("rerank", ".", "-o", "nowhere/stories.csv"), "there is no folder nowhere"),
        (("related", ".", "-o", "nowhere/related.csv"), "there is no folder nowhere"),
        (("related", ".", "-o", "."), ".: is a folder; name a file in it"),
        (("rerank", ".", "--report", "nowhere/report.json"), "nowhere/report.json: cannot be written"),
        (("rerank", ".", "-o", "stories.csv", "--format", "table"), "a table is for the terminal"),
        (("rerank", ".", "--in-place", "-o", "stories.csv"), "leave out --output and --format"),
        (("rerank", ".", "--in-place", "--format", "csv"), "leave out --output and --format"),
        (("rerank", ".", "--diff"), "--diff and --set-published go with --in-place"),
        (("rerank", ".", "--set-published"), "--diff and --set-published go with --in-place"),
        (("rerank", ".", "--resume", "--no-cache"), "--resume goes on with vectors that were kept; leave out --no-cache"),
        (("explain", "."), "name one --story or one --article"),
        (("explain", ".", "--story", "s", "--article", "a"), "name one --story or one --article"),
        (("evaluate", "."), "give --labels, or --ranking"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(
    arguments: tuple[str, ...], reason: str, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text("heat: {half_life_hours: -1}\n")
    told = ranker(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in told.stderr
    assert "Traceback" not in told.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wrong.yaml"]


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path: Path, ranker: Command) -> None:
    told = ranker("rerank", tmp_path / "nowhere.md", "-o", tmp_path)
    assert told.stderr == f"ranker: {tmp_path}: is a folder; name a file in it\n"


def test_what_cannot_be_done_ends_with_1(desk: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise EncoderError("encoder owl: its model cannot be loaded")

    monkeypatch.setattr(sessions, "load_encoder", missing)
    told = ranker("rerank", desk, "--encoder", "owl")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.endswith("ranker: encoder owl: its model cannot be loaded\n")


def test_the_version_is_the_package_s(ranker: Command) -> None:
    assert ranker("--version").stdout == f"ranker {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("rerank",),
        ("related",),
        ("explain",),
        ("evaluate",),
        ("demo",),
        ("models",),
        ("models", "list"),
        ("models", "distill"),
        ("models", "background"),
        ("review",),
        ("train",),
        ("train", "encoder"),
        ("train", "same-story"),
    ],
)
def test_every_command_has_help_with_a_word_for_each_option(command: tuple[str, ...], ranker: Command) -> None:
    told = ranker(*command, "--help")
    assert told.returncode == 0
    options = [line for line in told.stdout.splitlines() if re.match(r"  -", line)]
    assert options
    assert [line for line in options if not re.search(r"\S {2,}\S", line) and len(line) < 20] == []


# As other programs see it


def started(*arguments: str, **options: Any) -> CompletedProcess[bytes]:
    return subprocess.run([*IN_OTHER_PROCESS, *arguments], capture_output=True, check=False, timeout=60, **options)


def test_a_pipe_gets_json_lines_alone() -> None:
    told = started("rerank", str(NEWSROOM / "articles"), str(NEWSROOM / "broken"), *STATIC)
    assert told.returncode == 3
    assert [json.loads(line)["rank"] for line in told.stdout.splitlines()] == list(range(1, told.stdout.count(b"\n") + 1))
    assert all(line.startswith("ranker: ") for line in told.stderr.decode().splitlines())


@pytest.mark.parametrize("form", ["jsonl", "csv", "table"])
def test_a_reader_that_leaves_early_is_no_error(form: str) -> None:
    arguments = ["rerank", str(NEWSROOM / "articles"), *STATIC, "--format", form, "--limit", "400"]
    with subprocess.Popen([*IN_OTHER_PROCESS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        talk = process.stderr.read().decode()
    assert process.returncode == 0
    assert all(line.startswith("ranker: ") for line in talk.splitlines())


@pytest.mark.parametrize("form", ["jsonl", "table"])
def test_writing_to_nobody_is_no_error(form: str, desk: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as nobody:
        monkeypatch.setattr(sys, "stdout", nobody)
        assert ranker("rerank", desk, *STATIC, "--format", form).returncode == 0


def test_standard_output_may_be_any_text_stream(ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    ranker("--version")
    assert stream.getvalue() == f"ranker {__version__}\n"


def test_standard_input_may_be_a_pipe() -> None:
    told = started("related", "-", *STATIC, input=b'{"id": "a1", "title": "Ferry aground"}\n')
    assert (told.returncode, json.loads(told.stdout)) == (0, {"id": "a1", "related": []})


def test_a_terminal_without_unicode_gets_question_marks(desk: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    told = started("rerank", str(desk), *STATIC, "--format", "table", env=environment)
    assert (told.returncode, b"      ? " in told.stdout) == (0, True)


def test_a_cache_that_cannot_be_used_is_told_and_done_without(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    told = started("rerank", str(desk), *STATIC, env=os.environ | {"RANKER_CACHE_DIR": str(tmp_path / "file")})
    assert told.returncode == 0
    assert b"ranker: the vector cache cannot be used" in told.stderr


def test_in_place_with_every_file_refused_ends_like_any_other_refusal(ranker: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text("no head at all", "utf-8")
    told = ranker("rerank", tmp_path, *STATIC, "--in-place")
    assert told.returncode == 3
    assert "0 files changed: there was no article to write to" in told.stderr


def test_in_place_over_an_empty_folder_is_a_quiet_hour(ranker: Command, tmp_path: Path) -> None:
    told = ranker("rerank", tmp_path, *STATIC, "--in-place")
    assert told.returncode == 0
    assert "0 files changed" in told.stderr


def test_a_background_counted_from_a_file_with_a_broken_line_ends_with_exit_code_3(ranker: Command, tmp_path: Path) -> None:
    texts, target = tmp_path / "texts.jsonl", tmp_path / "background.json"
    texts.write_text('{"title": "Storm floods the harbour"}\nno article\n', "utf-8")
    told = ranker("models", "background", texts, "-o", target, "--at-least", "1")
    assert told.returncode == 3
    assert load_background(target).holding == {"floods": 1, "harbou": 1, "storm": 1}
    texts.write_text('{"title": "Storm floods the harbour"}\n', "utf-8")
    assert ranker("models", "background", texts, "-o", target, "--at-least", "1").returncode == 0
