"""`ranker quality fit`: from files that carry their quality to a settings file that gives the same."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from ranker.articles.reading import read_articles
from ranker.ranking.quality import Scorecard
from ranker.settings_file import load_settings

Command = Callable[..., "CompletedProcess[str]"]
NOW = datetime(2026, 3, 11, tzinfo=UTC)
CARD = """
quality:
  known_providers: [paper0.example, paper1.example]
  topic_terms: [[ferry]]
  rules:
    topics: {points: 11}
    amp: null
    live: {feature: live, test: equals, values: ["yes"], points: 8}
"""


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    """120 articles whose quality the planted card gave, and one without."""
    (tmp_path / "planted.yaml").write_text(CARD)
    path = tmp_path / "carried.jsonl"
    draw = random.Random(5)
    records = [
        {
            "id": f"a{number:03d}",
            "title": f"{draw.choice(['Ferry', 'Council', 'Harbour'])} report {number} {'long ' * draw.randrange(20)}".strip(),
            "url": f"https://paper{number % 6}.example/{number}",
            "topics": draw.sample(["Sea", "Town", "Law"], draw.randrange(4)),
            "images": ["https://img.example/1.jpg"] * draw.randrange(2),
            "live": draw.choice(["yes", "no"]),
        }
        for number in range(120)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    settings = load_settings(tmp_path / "planted.yaml")
    card = Scorecard(settings.quality)
    points = {article.id: card.points_of(article, NOW) for article in read_articles([str(path)], settings.reading).articles}
    lines = [json.dumps(record | {"quality": points[str(record["id"])]}) for record in records]
    path.write_text("\n".join([*lines, json.dumps({"title": "Without one", "url": "https://paper0.example/x"})]) + "\n")
    return path


def test_the_card_that_is_written_gives_the_qualities_that_were_carried(carried: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("quality", "fit", carried, "-o", tmp_path / "card.yaml")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("120 articles with a quality, 1 without one left out\n")
    assert all(len(line) <= 80 for line in told.stdout.splitlines())
    settings = load_settings(tmp_path / "card.yaml")
    card = Scorecard(settings.quality)
    articles = [article for article in read_articles([str(carried)], settings.reading).articles if article.quality is not None]
    exact = sum(card.points_of(article, NOW) == article.quality for article in articles)
    assert exact >= 0.97 * len(articles)
    assert {name: getattr(settings.quality.rules[name], "points", None) for name in ("topics", "image", "unknown_provider")} == {
        "topics": 11,
        "image": 20,
        "unknown_provider": -15,
    }
    assert f"exact for {exact} of them" in (tmp_path / "card.yaml").read_text()


def test_json_tells_the_same_as_the_lines(carried: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("quality", "fit", carried, "-o", tmp_path / "card.yaml", "--json")
    figures = json.loads(told.stdout)
    assert figures["articles"] == {"withQuality": 120, "without": 1}
    assert (figures["train"]["articles"], figures["test"]["articles"], figures["all"]["articles"]) == (60, 60, 120)
    assert figures["test"]["exact"] >= 0.9 * 60
    written = yaml.safe_load((tmp_path / "card.yaml").read_text())["quality"]["rules"]
    assert {rule["name"] for rule in figures["rules"]} == {name for name, rule in written.items() if rule is not None}


def test_a_second_run_writes_the_same_bytes_whatever_the_order_of_the_input(carried: Path, tmp_path: Path, ranker: Command) -> None:
    ranker("quality", "fit", carried, "-o", tmp_path / "one.yaml")
    carried.write_text("\n".join(reversed(carried.read_text().splitlines())) + "\n")
    ranker("quality", "fit", carried, "-o", tmp_path / "other.yaml")
    assert (tmp_path / "one.yaml").read_bytes() == (tmp_path / "other.yaml").read_bytes()


def test_too_few_articles_with_a_quality_teach_nothing(tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "few.jsonl").write_text('{"title": "One", "url": "https://a.example/1", "quality": 5}\n')
    told = ranker("quality", "fit", tmp_path / "few.jsonl", "-o", tmp_path / "card.yaml")
    assert told.returncode == 2
    assert "quality" in told.stderr
    assert not (tmp_path / "card.yaml").exists()


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_read(tmp_path: Path, ranker: Command) -> None:
    told = ranker("quality", "fit", "nowhere.jsonl", "-o", tmp_path / "no" / "card.yaml")
    assert (told.returncode, told.stdout) == (2, "")
    assert "there is no folder" in told.stderr


def test_refused_articles_are_told_and_end_in_3(carried: Path, tmp_path: Path, ranker: Command) -> None:
    with carried.open("a") as more:
        more.write('{"title": ""}\n')
    told = ranker("quality", "fit", carried, "-o", tmp_path / "card.yaml")
    assert told.returncode == 3
    assert "refused" in told.stderr
    assert (tmp_path / "card.yaml").exists()


@pytest.mark.parametrize("seed", [0, 1])
def test_real_files_with_their_lists_known_are_reproduced_on_the_half_that_was_not_seen(
    seed: int, shared_data: Path, tmp_path: Path, ranker: Command
) -> None:
    (tmp_path / "site.yaml").write_text(
        "quality:\n"
        "  own_feeds: [https://powerapps.microsoft.com, https://www.youtube.com]\n"
        f"  known_providers: {{file: {shared_data / 'known-providers.txt'}}}\n"
        "  topic_terms: [[power apps], [canvas apps], [model-driven apps, model driven apps], [microsoft teams]]\n"
    )
    told = ranker(
        "quality",
        "fit",
        shared_data / "frontmatter",
        "--config",
        tmp_path / "site.yaml",
        "-o",
        tmp_path / "card.yaml",
        "--seed",
        seed,
        "--json",
    )
    assert json.loads(told.stdout)["test"]["share"] >= 0.97
