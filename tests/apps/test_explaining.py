"""`ranker explain`: one story or article taken apart, or two stories held against each other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from rich.cells import cell_len

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")


@pytest.fixture
def stories(desk: Path, ranker: Command) -> list[dict[str, Any]]:
    """The desk's stories as `rerank` writes them, best first."""
    return [json.loads(line) for line in ranker("rerank", desk, *STATIC).stdout.splitlines()]


@pytest.fixture
def told(desk: Path, ranker: Command) -> Callable[..., Any]:
    """What `ranker explain DESK ... --json` tells."""

    def explain(*options: object) -> Any:
        done = ranker("explain", desk, *STATIC, *options, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return explain


# A story


def test_a_story_is_found_by_id_rank_or_any_of_its_articles(
    desk: Path, stories: list[dict[str, Any]], told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    quake = next(story for story in stories if len(story["articles"]) == 3)
    whole = told("--story", quake["id"])
    assert whole["id"] == quake["id"]
    names = [f"#{quake['rank']}", str(quake["rank"]), "quake-nineline.md", desk / "quake-pressline.md"]
    names += ["http://www.nineline.example/tarapay?utm_source=x", quake["articles"][2]["id"]]
    for name in names:
        assert told("--story", name) == whole


def test_a_story_is_told_as_rerank_does_with_its_phase_and_why_it_is_above_the_next(
    stories: list[dict[str, Any]], told: Callable[..., Any]
) -> None:
    for place, story in enumerate(stories):
        explained = told("--story", story["id"])
        phase, why = explained.pop("phaseParts"), explained.pop("whyAboveNext", None)
        assert explained == story
        assert phase["name"] == story["phase"]
        if place + 1 < len(stories):
            assert why == told("--story", story["id"], "--than", stories[place + 1]["id"])
        else:
            assert why is None


def test_why_one_is_above_another_adds_up_exactly(stories: list[dict[str, Any]], told: Callable[..., Any]) -> None:
    upper, lower = stories[0], stories[2]
    why = told("--story", "#1", "--than", "#3")
    assert why["upper"] == {key: upper[key] for key in ("id", "rank", "score")}
    assert why["lower"] == {key: lower[key] for key in ("id", "rank", "score")}
    assert why["gap"] == upper["score"] - lower["score"] == sum(item["advantage"] for item in why["differences"])
    for item in why["differences"]:
        sides = [story["signals"][item["signal"]]["contribution"] for story in (upper, lower)]
        assert [item["upper"], item["lower"], item["advantage"]] == [*sides, sides[0] - sides[1]]
    assert why["decidedBy"] == max(why["differences"], key=lambda item: item["advantage"])["signal"]
    assert why["rules"] == []


def test_two_stories_are_told_the_upper_first_whichever_is_named_first(desk: Path, stories: list[dict[str, Any]], ranker: Command) -> None:
    assert stories[2]["lead"]["title"] == "Ferry Lady Corinne aground on Gannet Ledge"
    named = [(stories[2]["id"], "#1"), ("#1", desk / "ferry-herald.md"), ("1", "3")]
    (text,) = {ranker("explain", desk, *STATIC, "--story", one, "--than", other).stdout for one, other in named}
    head, below, *_ = text.splitlines()
    assert head == f"#1  {stories[0]['lead']['title']} ({stories[0]['id']})"
    assert below.startswith("why above #3  Ferry Lady Corinne aground on Gannet Ledge")


def test_a_story_and_a_comparison_fit_80_columns_and_add_up(desk: Path, ranker: Command) -> None:
    story, pair = (ranker("explain", desk, *STATIC, "--story", "#1", *than).stdout for than in ((), ("--than", "#3")))
    assert max(map(cell_len, (story + pair).splitlines())) <= 80
    for text in (story, pair):
        row = r"^{} +(\d\.\d{{4}}) +(\d\.\d{{4}}) +([+-]\d\.\d{{4}}) *$"
        found = [re.findall(row.format(name), text, re.MULTILINE)[0] for name in ("quality", "heat", "recency", "score")]
        columns = list(zip(*(map(Decimal, numbers) for numbers in found), strict=True))
        assert all(sum(terms) == score for *terms, score in columns)


def test_a_folded_story_stands_below_its_leader(desk: Path, tmp_path: Path, ranker: Command) -> None:
    config = tmp_path / "ranker.yaml"
    config.write_text("order: {follow_ups: fold, follow_up_similarity: -1}\ngrouping: {window_days: 0.01}\n")
    stories = [json.loads(line) for line in ranker("rerank", desk, *STATIC, "--config", config).stdout.splitlines()]
    leader = next(story for story in stories if story["folded"])
    (folded, *_) = leader["folded"]
    for pair in ((folded, leader["id"]), (leader["id"], folded)):
        done = ranker("explain", desk, *STATIC, "--config", config, "--story", pair[0], "--than", pair[1], "--json")
        why = json.loads(done.stdout)
        assert (why["upper"]["id"], why["lower"]["id"]) == (leader["id"], folded)
        assert why["gap"] > 0
        assert [rule["rule"] for rule in why["rules"]] == ["follow_up_folded"]


def test_a_hidden_story_can_be_explained_but_is_above_nothing(desk: Path, tmp_path: Path, ranker: Command) -> None:
    config = tmp_path / "ranker.yaml"
    config.write_text("order: {hidden: ['https://touchline.example/147']}\n")
    options = (desk, *STATIC, "--config", config, "--story", desk / "snooker.md")
    alone = ranker("explain", *options)
    assert alone.stdout.startswith("hidden  Schoolboy makes a maximum break\n")
    assert "why above" not in alone.stdout
    for than in (("--than", "#1"), ("--story", "#1", "--than", desk / "snooker.md")):
        told = ranker("explain", *options, *than)
        assert (told.returncode, told.stdout) == (2, "")
        assert "is hidden (order.hidden) and stands above or below nothing\n" in told.stderr


def test_a_story_that_a_correction_hides_is_above_nothing(desk: Path, tmp_path: Path, ranker: Command) -> None:
    key = json.loads(ranker("explain", desk, *STATIC, "--article", desk / "snooker.md", "--json").stdout)["id"]
    (tmp_path / "corrections.yaml").write_text(f"- {{action: hide, articles: [{key}]}}\n")
    options = (desk, *STATIC, "--corrections", tmp_path / "corrections.yaml")
    told = ranker("explain", *options, "--story", desk / "snooker.md", "--than", "#1")
    assert (told.returncode, told.stdout) == (2, "")
    assert "is hidden (order.hidden or a correction) and stands above or below nothing\n" in told.stderr


# An article


def test_an_article_is_told_with_its_publisher_story_reasons_and_related(
    desk: Path, stories: list[dict[str, Any]], told: Callable[..., Any]
) -> None:
    article = told("--article", desk / "quake-continental.md")
    assert article["publisher"] == {"group": "continental.example", "country": "", "role": "publisher"}
    quake = next(story for story in stories if len(story["articles"]) == 3)
    assert article["storyId"] == quake["id"]
    member = next(item for item in quake["articles"] if item["id"] == article["id"])
    assert article["membership"] == member["membership"]
    same = {item["id"] for item in article["related"] if item["sameStory"]}
    assert same == {item["id"] for item in quake["articles"]} - {article["id"]}
    heat = article["heat"]
    assert heat["points"] == heat["quality"] + heat["covered"] + heat["burst"] + heat["audience"]
    assert heat["covered"] == sum(item["points"] for item in heat["coverage"])


def test_an_article_on_paper_fits_80_columns(desk: Path, ranker: Command) -> None:
    text = ranker("explain", desk, *STATIC, "--article", "https://continental.example/quake-tarapay").stdout
    assert text.startswith("Magnitude 6.8 quake strikes Tarapay coast, towns evacuated\n")
    assert [word for word in ("quality, point by point", "why it is in its story", "related") if word not in text] == []
    assert max(map(cell_len, text.splitlines())) <= 80


# Refusals


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--story", "s0"), "--story s0: no such story; give its id, its rank (#3), or an article's id, web address or file"),
        (("--story", "#4"), "--story #4: no such story"),
        (("--story", "#0"), "--story #0: no such story"),
        (("--story", "nowhere.md"), "--story nowhere.md: no such story"),
        (("--story", "#1", "--than", "#9"), "--than #9: no such story"),
        (("--article", "a0"), "--article a0: no such article; give its id, web address or file"),
        (("--article", "#1"), "--article #1: no such article"),
        (("--story", "#1", "--than", "#1"), "is the story itself; name another"),
        (("--story", "#1", "--article", "a0"), "name one --story or one --article"),
        ((), "name one --story or one --article"),
        (("--than", "#2"), "name one --story or one --article"),
        (("--article", "a0", "--than", "#2"), "--than goes with --story"),
    ],
)
def test_what_cannot_be_explained_ends_with_2_and_says_why(options: Sequence[str], reason: str, desk: Path, ranker: Command) -> None:
    done = ranker("explain", desk, *STATIC, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_has_no_first_story(tmp_path: Path, ranker: Command) -> None:
    done = ranker("explain", tmp_path, *STATIC, "--story", "#1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--story #1: no such story" in done.stderr
