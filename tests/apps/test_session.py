"""A run of a command: the moment it ranks for, what it tells on the way, and what it keeps for the next."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ranker.apps import session as sessions
from ranker.vectors.static import StaticEncoder

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static")
SNOOKER = "Schoolboy makes a maximum break"


def story_of_snooker(told: CompletedProcess[str]) -> dict[str, Any]:
    """The story of an article that is alone in it."""
    stories = [json.loads(line) for line in told.stdout.splitlines()]
    return next(story for story in stories if story["lead"]["title"] == SNOOKER)


def test_the_moment_asked_for_is_ranked_for(desk: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC, "--as-of", "2026-03-12T18:00:00+01:00")
    assert "as of 2026-03-12T17:00:00Z (as asked)" in told.stderr
    recency = story_of_snooker(told)["signals"]["recency"]
    assert recency["value"] == pytest.approx(0.5 ** (23 / 12), abs=1e-6)


def test_a_date_in_the_future_does_not_set_the_clock(desk: Path, ranker: Command) -> None:
    late = (desk / "snooker.md").read_text("utf-8").replace("2026-03-11T18:00:00Z", "2199-01-01T00:00:00Z")
    (desk / "snooker.md").write_text(late, "utf-8")
    told = ranker("rerank", desk, *STATIC)
    assert "as of 2026-03-11T12:00:00Z (the newest article)" in told.stderr
    assert "ranker: 1 date ahead of as-of set back to it" in told.stderr
    assert story_of_snooker(told)["lead"]["dateHealth"] == "clamped"


def test_articles_without_any_date_are_ranked_all_the_same(ranker: Command) -> None:
    told = ranker("rerank", "-", *STATIC, stdin=b'{"title": "Ferry aground"}\n{"title": "Library closes"}\n')
    assert "2 articles from 1 file, 2 without a date" in told.stderr
    assert "as of 1970-01-01T00:00:00Z (no article has a usable date)" in told.stderr
    assert told.stdout.count("\n") == 2


def test_a_report_counts_everything_and_names_each_refusal(desk: Path, tmp_path: Path, ranker: Command) -> None:
    (desk / "broken.md").write_text("---\ntitle: Ferry aground\nwebUrl: nowhere\n---\n")
    (desk / "photo.jpg").write_bytes(b"")
    (desk / "more.jsonl").write_text(
        '{"title": "One", "url": "https://echo.example/1"}\n'
        '{"title": "One", "url": "https://echo.example/1", "date": "2026-03-11T17:00"}\n'
        '{"title": "Two", "date": "2199-01-01T00:00:00Z"}\n'
        '{"title": "Three"}\n'
    )
    assert ranker("rerank", desk, *STATIC, "--report", tmp_path / "report.json").returncode == 3
    report = json.loads((tmp_path / "report.json").read_bytes())
    told = report.pop("list")
    assert {key: told[key] for key in ("stories", "hidden", "unknownNames")} == {"stories": 6, "hidden": [], "unknownNames": []}
    assert set(told["diversity"]) == {"stories", "topics", "publisherGroups", "meaning"}
    assert report == {
        "asOf": "2026-03-11T18:00:00Z",
        "counts": {
            "files": 8,
            "skippedFiles": 1,
            "items": 6 + 1 + 4,
            "articles": 6 + 3,
            "refused": 1,
            "duplicates": 1,
            "undated": 1,
            "zoneless": 1,
            "clamped": 1,
        },
        "refused": [
            {"path": str(desk / "broken.md"), "line": 3, "field": "webUrl", "reason": "'nowhere' is no http or https address"},
        ],
    }


def test_what_was_met_is_told_in_numbers(desk: Path, ranker: Command) -> None:
    (desk / "photo.jpg").write_bytes(b"")
    (desk / "more.jsonl").write_text('{"title": "One", "url": "https://echo.example/1"}\n' * 2 + '{"title": ""}\n')
    told = ranker("rerank", desk, *STATIC)
    counts = "1 refused, 1 older version of articles left out, 1 without a date, 1 file of other kinds skipped"
    assert f"ranker: 7 articles from 7 files, {counts}\n" in told.stderr


def test_a_file_name_that_is_no_utf_8_is_reported_in_escapes(tmp_path: Path, ranker: Command) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/bad-\xff\x1b.md")).write_text("no head\n")
    except OSError:
        pytest.skip("this file system takes no such names")
    told = ranker("rerank", folder, *STATIC, "--report", tmp_path / "report.json")
    assert f"refused {folder}/bad-\\udcff\\x1b.md:1: file: has no front matter" in told.stderr
    assert json.loads((tmp_path / "report.json").read_bytes())["refused"][0]["path"] == f"{folder}/bad-\\xff\x1b.md"


def test_more_refusals_than_anybody_reads_are_counted(ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_SHOWN_REFUSALS", 2)
    told = ranker("rerank", "-", *STATIC, stdin=b'{"title": ""}\n' * 5)
    assert told.stderr.count("refused -:") == 2
    assert "ranker: ... and 3 more; --report FILE lists them all\n" in told.stderr


def test_what_was_embedded_once_is_not_embedded_again(desk: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    encode = StaticEncoder.encode

    def counted(self: StaticEncoder, texts: list[str], **options: Any) -> Any:
        asked.extend(texts)
        return encode(self, texts, **options)

    monkeypatch.setattr(StaticEncoder, "encode", counted)
    first = ranker("rerank", desk, *STATIC)
    (desk / "more.jsonl").write_text('{"title": "Library closes"}\n')
    ranker("rerank", desk, *STATIC)
    assert len(asked) == 6 + 1
    (desk / "more.jsonl").unlink()
    assert ranker("rerank", desk, *STATIC).stdout == first.stdout


def test_without_a_cache_nothing_is_kept(desk: Path, ranker: Command) -> None:
    folder = Path(os.environ["RANKER_CACHE_DIR"])
    ranker("rerank", desk, *STATIC, "--no-cache")
    assert list(folder.iterdir()) == []
    ranker("rerank", desk, *STATIC)
    assert [path.name for path in folder.iterdir()] == ["vectors.sqlite"]


# Corrections


def ids(told: CompletedProcess[str]) -> dict[str, str]:
    """The id of each article by its title."""
    return {article["title"]: article["id"] for line in told.stdout.splitlines() for article in json.loads(line)["articles"]}


def providers(told: CompletedProcess[str]) -> list[set[str]]:
    """The providers of each story of the list."""
    return [{article["provider"]["name"] for article in json.loads(line)["articles"]} for line in told.stdout.splitlines()]


@pytest.fixture
def corrections(desk: Path, tmp_path: Path, ranker: Command) -> Path:
    """The snooker joined with the ferry and made its lead, one report of the quake parted from the others, these hidden."""
    keys = ids(ranker("rerank", desk, *STATIC))
    quake = [keys[title] for title in sorted(keys) if "Tarapay" in title]
    assert len(quake) == 3
    ferry = keys["Lady Corinne runs aground on Gannet Ledge"]
    said = [
        {"action": "join", "articles": [ferry, keys[SNOOKER]], "by": "Ann"},
        {"action": "lead", "articles": [keys[SNOOKER]]},
        {"action": "part", "articles": [quake[0]], "others": quake[1:]},
        {"action": "hide", "articles": quake[1:2]},
        {"action": "pin", "articles": ["gone", ferry, "far"]},
    ]
    path = tmp_path / "corrections.jsonl"
    path.write_text("".join(f"{json.dumps(item)}\n" for item in said))
    return path


def test_corrections_hold_in_every_command(desk: Path, corrections: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC, "--corrections", corrections)
    assert told.returncode == 0
    assert providers(told) == [{"The Albion", "Port Sable Herald", "Touchline"}, {"Continental Wire"}]
    first = json.loads(told.stdout.splitlines()[0])
    assert (first["lead"]["title"], [move["rule"] for move in first["adjustments"]]) == (SNOOKER, [])  # pinned, and first anyway
    assert f"ranker: 2 articles named in {corrections} are not in the input\n" in told.stderr
    assert "ranker: 1 story hidden by corrections or order.hidden\n" in told.stderr
    related = ranker("related", desk, *STATIC, "--corrections", corrections, "--output", "-", "--format", "jsonl")
    same = {
        line["id"]: {item["id"] for item in line["related"] if item["sameStory"]} for line in map(json.loads, related.stdout.splitlines())
    }
    keys = ids(told)
    assert same[keys[SNOOKER]] == {keys[title] for title in keys if "Gannet" in title}
    shown = ranker("explain", desk, *STATIC, "--corrections", corrections, "--article", desk / "snooker.md")
    assert "(join, by Ann)" in shown.stdout


def test_files_are_updated_as_corrections_say(desk: Path, corrections: Path, ranker: Command) -> None:
    ranker("rerank", desk, *STATIC, "--in-place", "--corrections", corrections)
    assert "Lady Corinne" in (desk / "snooker.md").read_text("utf-8")


def test_one_article_that_is_not_there_is_one(desk: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "c.yaml").write_text("- {action: pin, articles: [gone]}\n")
    told = ranker("rerank", desk, *STATIC, "--corrections", tmp_path / "c.yaml")
    assert f"ranker: 1 article named in {tmp_path / 'c.yaml'} is not in the input\n" in told.stderr
    assert told.stdout == ranker("rerank", desk, *STATIC).stdout


def test_an_article_later_than_as_of_is_in_the_input(desk: Path, corrections: Path, ranker: Command) -> None:
    told = ranker("rerank", desk, *STATIC, "--corrections", corrections, "--as-of", "2026-03-10T09:00:00Z")
    assert f"ranker: 2 articles named in {corrections} are not in the input\n" in told.stderr
    assert providers(told) == [{"The Albion", "Port Sable Herald"}]


def test_without_corrections_nothing_is_said_of_them(desk: Path, ranker: Command) -> None:
    assert "corrections" not in ranker("rerank", desk, *STATIC).stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- {action: drop, articles: [a]}", "c.yaml:1: action 'drop'; allowed: join, part, lead, pin, hide\n"),
        (
            "- {id: c1, action: join, articles: [a, b]}\n- {id: c2, action: part, articles: [a, b]}\n",
            "c.yaml:2: c2 (part) contradicts c1: a - (",
        ),
    ],
)
def test_wrong_corrections_are_wrong_usage(text: str, reason: str, desk: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "c.yaml").write_text(text)
    for path, said in ((tmp_path / "c.yaml", reason), (tmp_path / "none.yaml", "none.yaml: cannot be read (No such file or directory)\n")):
        told = ranker("rerank", desk, *STATIC, "--corrections", path)
        assert (told.returncode, told.stdout) == (2, "")
        assert said in told.stderr
