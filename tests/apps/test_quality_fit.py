"""The command `ranker quality fit`: what it tells, what it writes, that this gives the qualities back, and what it refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ranker import __version__
from ranker.apps.quality import quality
from ranker.articles.reading import read_articles
from ranker.ranking.quality import Scorecard
from ranker.settings_file import load_settings

Command = Callable[..., "CompletedProcess[str]"]

NOW = datetime(2026, 3, 11, tzinfo=UTC)
WORDS = "minister council police report crowd market weather winter street morning company worker school region hospital".split()
HOUSES = ("own.example", "known.example", "known.example", "other.example", "third.example", "no.example")


def article_of(number: int, rng: random.Random) -> dict[str, Any]:
    """An invented article; its quality is 11 a topic, 7 for an image, 12 for "port sable", 40, 25 or -5 for its provider, at least 0."""
    words = rng.choices(WORDS, k=rng.randrange(2, 6))
    title = " ".join([*words, "at Port Sable"] if rng.random() < 0.4 else words)
    house, topics = rng.choice(HOUSES), rng.sample(["Port Sable", "Ferries", "Snooker"], rng.randrange(4))
    has_image = rng.random() < 0.5
    source = {"own.example": 40, "known.example": 25}.get(house, -5)
    return {
        "id": f"a{number:03}",
        "title": title,
        "webUrl": f"https://{house}/{number}",
        "provider": {"name": house, "domain": house},
        "topics": topics,
        "images": [{"url": "https://img.example/1.jpg"}] if has_image else [],
        "quality": max(0, 11 * len(topics) + 7 * has_image + 12 * ("Port Sable" in title) + source),
    }


def written(path: Path, articles: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(article) + "\n" for article in articles), "utf-8")
    return path


@pytest.fixture
def articles() -> list[dict[str, Any]]:
    rng = random.Random(5)
    return [article_of(number, rng) for number in range(160)]


@pytest.fixture
def files(tmp_path: Path, articles: list[dict[str, Any]]) -> Path:
    return written(tmp_path / "articles.jsonl", articles)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return tmp_path / "scorecard.yaml"


def exact(card: Path, files: Path) -> tuple[int, int]:
    """Articles whose quality the written card gives, by the road that ranking takes; and all."""
    settings = load_settings(card)
    scorecard, found = Scorecard(settings.quality), read_articles([str(files)], settings.reading).articles
    return sum(scorecard.points_of(article, NOW) == article.quality for article in found), len(found)


def refused(told: CompletedProcess[str], code: int = 2) -> str:
    """The last line of what is said of a run that came to nothing."""
    assert (told.returncode, told.stdout) == (code, "")
    assert "Traceback" not in told.stderr
    return told.stderr.splitlines()[-1]


# What is written


def test_the_written_card_gives_the_qualities_back(files: Path, card: Path, ranker: Command) -> None:
    told = ranker("quality", "fit", files, "--output", card)
    assert told.returncode == 0
    assert told.stderr == f"ranker: wrote the scorecard learned from all 160 articles to {card}\n"
    assert exact(card, files) == (160, 160)


def test_the_written_card_says_what_was_planted(files: Path, card: Path, ranker: Command) -> None:
    ranker("quality", "fit", files, "-o", card)
    found = load_settings(card).quality
    assert found.topic_terms == [["port sable"]]
    points = {name: rule.points for name, rule in found.rules.items() if rule is not None}
    assert {points["topics"], points["image"], points["topic_terms_in_title"], points["unknown_provider"]} == {11, 7, 12, -5}
    assert {points["own_feed"], points["known_provider"]} == {40, 25}
    assert (found.story_weights, found.publish_at) == (load_settings().quality.story_weights, load_settings().quality.publish_at)


def test_the_file_says_where_it_comes_from_and_has_a_rule_a_line(files: Path, card: Path, ranker: Command) -> None:
    ranker("quality", "fit", files, "-o", card)
    lines = card.read_text("utf-8").splitlines()
    assert lines[0] == f"# Learned by ranker {__version__} quality fit from 160 articles, exact for 160 of them."
    assert "    topics: {feature: topics, test: count, points: 11}" in lines
    tree = yaml.safe_load(card.read_text("utf-8"))
    assert list(tree) == ["quality"]
    assert tree["quality"]["rules"].keys() >= load_settings().quality.rules.keys()


def test_a_rule_of_the_defaults_that_does_not_pay_is_written_as_null(
    articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command
) -> None:
    for article in articles[:40]:
        article["ampWebUrl"] = "https://amp.example/1"
    ranker("quality", "fit", written(tmp_path / "more.jsonl", articles), "-o", card)
    assert yaml.safe_load(card.read_text("utf-8"))["quality"]["rules"]["amp"] is None
    assert load_settings(card).quality.rules["amp"] is None


def test_the_card_starts_from_the_settings_and_keeps_their_lists(files: Path, card: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "known.txt").write_text("known.example\nno-such.example\n")
    (tmp_path / "ranker.yaml").write_text(
        "quality: {own_feeds: [https://own.example], known_providers: {file: known.txt}, publish_at: 33, story_weights: [1]}\n"
    )
    assert ranker("quality", "fit", files, "-o", card, "--config", tmp_path / "ranker.yaml").returncode == 0
    found = load_settings(card).quality
    assert (found.own_feeds, found.known_providers) == (["https://own.example"], ["known.example", "no-such.example"])
    assert (found.publish_at, found.story_weights) == (33, [1])
    assert exact(card, files) == (160, 160)


def test_limits_of_a_rule_are_written(articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command) -> None:
    for article in articles:
        article["quality"] = 100 - max(0, len(article["title"]) - 30) // 2
    settings = "quality: {rules: {shares: {feature: shares, test: count, points: 2, up_to: 3, above: 0.5}}}\n"
    (tmp_path / "ranker.yaml").write_text(settings)
    files = written(tmp_path / "long.jsonl", articles)
    told = ranker("quality", "fit", files, "-o", card, "--config", tmp_path / "ranker.yaml")
    rules = load_settings(card).quality.rules
    length, shares = rules["title_length"], rules["shares"]
    assert length is not None
    assert shares is not None
    assert (length.points, length.above, shares.above, shares.up_to) == (-0.5, 30, 0.5, 3)
    assert "a character above 30" in told.stdout
    assert exact(card, files) == (160, 160)


def test_the_same_run_gives_the_same_bytes_in_whatever_order(
    articles: list[dict[str, Any]], files: Path, card: Path, tmp_path: Path, ranker: Command
) -> None:
    first = ranker("quality", "fit", files, "-o", card)
    bytes_before = card.read_bytes()
    again = ranker("quality", "fit", written(tmp_path / "turned.jsonl", articles[::-1]), "-o", card)
    assert (again.stdout, card.read_bytes()) == (first.stdout, bytes_before)


def test_the_card_can_be_used_to_explain_an_article(files: Path, card: Path, ranker: Command) -> None:
    ranker("quality", "fit", files, "-o", card)
    told = json.loads(ranker("explain", files, "--encoder", "static", "--config", card, "--article", "a001", "--json").stdout)
    wanted = json.loads(files.read_text("utf-8").splitlines()[1])["quality"]
    assert sum(part["points"] for part in told["qualityParts"]) == wanted


# What is told


def test_figures_are_told_on_standard_output(files: Path, card: Path, ranker: Command) -> None:
    lines = ranker("quality", "fit", files, "-o", card).stdout.splitlines()
    assert lines[0] == "160 articles with a quality, 0 without one left out"
    assert lines[2].split() == ["learned", "from", "one", "part", "one", "part", "all"]
    assert lines[4].split() == ["articles", "80", "80", "160"]
    assert lines[5].split() == ["exact", "80", "100.0", "%", "80", "100.0", "%", "160", "100.0", "%"]
    table = {line.split()[0]: line.split()[1:3] for line in lines[9:]}
    assert table["topics"] == ["11", str(sum(bool(json.loads(line)["topics"]) for line in files.read_text("utf-8").splitlines()))]
    assert not any(line.startswith("largest misses") for line in lines)
    assert max(map(len, lines)) <= 80


def test_the_largest_misses_of_the_other_part_are_listed(
    articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command
) -> None:
    for article, more in zip(articles[::8], range(100, 300), strict=False):
        article["quality"] += more
    files = written(tmp_path / "odd.jsonl", articles)
    told = json.loads(ranker("quality", "fit", files, "-o", card, "--json").stdout)
    gaps = [miss["wanted"] - miss["found"] for miss in told["misses"]]
    assert gaps == sorted(gaps, reverse=True)
    assert all(gap >= 100 for gap in gaps)
    lines = ranker("quality", "fit", files, "-o", card).stdout.splitlines()
    place = lines.index("largest misses: wanted, found (held against the other part)")
    assert [line.split()[:3] for line in lines[place + 1 :]] == [
        [str(miss["wanted"]), str(miss["found"]), miss["id"]] for miss in told["misses"]
    ]
    assert max(map(len, lines)) <= 80


def test_figures_as_json(articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command) -> None:
    for article in articles[:10]:
        del article["quality"]
    told = json.loads(ranker("quality", "fit", written(tmp_path / "some.jsonl", articles), "-o", card, "--json").stdout)
    assert told["articles"] == {"withQuality": 150, "without": 10}
    whole = {"articles": 75, "exact": 75, "share": 1.0, "withinOne": 75}
    assert (told["train"], told["test"]) == (whole, whole)
    assert {rule["name"]: rule["points"] for rule in told["rules"]}["topics"] == 11
    assert told["lists"]["topic_terms"] == [["port sable"]]
    assert (told["leftOut"], told["misses"]) == ([], [])


def test_another_seed_measures_on_other_articles(
    files: Path, card: Path, articles: list[dict[str, Any]], tmp_path: Path, ranker: Command
) -> None:
    articles[0]["quality"] += 500
    files = written(tmp_path / "one-odd.jsonl", articles)
    parts = {
        seed: json.loads(ranker("quality", "fit", files, "-o", card, "--json", "--seed", seed).stdout)["test"]["exact"] for seed in range(3)
    }
    assert set(parts.values()) == {79, 80}


@pytest.mark.parametrize(("share", "sizes"), [(0.25, (120, 40)), (0, (160, 0))])
def test_the_share_to_measure_on(share: float, sizes: tuple[int, int], files: Path, card: Path, ranker: Command) -> None:
    given = ("quality", "fit", files, "-o", card, "--test-share", share)
    told = json.loads(ranker(*given, "--json").stdout)
    assert (told["train"]["articles"], told["test"]["articles"]) == sizes
    assert (told["test"]["share"] is None) == (share == 0)
    assert ranker(*given).stdout.splitlines()[4].split() == ["articles", *map(str, sizes), "160"]


def test_with_nothing_to_measure_on_the_misses_are_of_all(
    articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command
) -> None:
    articles[0]["quality"] += 500
    lines = ranker("quality", "fit", written(tmp_path / "odd.jsonl", articles), "-o", card, "--test-share", 0).stdout.splitlines()
    assert lines[-2] == "largest misses: wanted, found (of all)"
    assert lines[5].split()[4] == "-"


def test_a_rule_of_age_that_cannot_be_learned_is_told(files: Path, card: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "ranker.yaml").write_text("quality: {rules: {old: {feature: age, test: age, points: -1}}}\n")
    told = ranker("quality", "fit", files, "-o", card, "--config", tmp_path / "ranker.yaml")
    assert "ranker: rule old left out: points of age cannot be learned" in told.stderr
    assert "old" not in load_settings(card).quality.rules


def test_titles_cannot_write_to_the_terminal(articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command) -> None:
    articles[0] |= {"title": "Bell \u202e rung", "quality": 700}
    told = ranker("quality", "fit", written(tmp_path / "odd.jsonl", articles), "-o", card, "--test-share", 0)
    assert "\u202e" not in told.stdout
    assert "700" in told.stdout


# What is refused


def test_too_few_articles_are_wrong_usage(articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command) -> None:
    files = written(tmp_path / "few.jsonl", articles[:30])
    assert refused(ranker("quality", "fit", files, "-o", card)) == (
        "ranker: 15 articles with a quality to learn from; at least 20 are needed"
    )
    assert not card.exists()


def test_a_refused_article_is_told_and_the_rest_is_learned_from(
    articles: list[dict[str, Any]], tmp_path: Path, card: Path, ranker: Command
) -> None:
    files = written(tmp_path / "some.jsonl", [*articles, {"id": "no title", "quality": 3}])
    told = ranker("quality", "fit", files, "-o", card)
    assert told.returncode == 3
    assert f"ranker: refused {files}:161: title: missing" in told.stderr
    assert exact(card, files) == (160, 160)


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_read(tmp_path: Path, ranker: Command) -> None:
    told = ranker("quality", "fit", tmp_path / "nowhere.jsonl", "-o", tmp_path / "no" / "card.yaml")
    assert refused(told) == f"ranker: {tmp_path / 'no' / 'card.yaml'}: cannot be written (there is no folder {tmp_path / 'no'})"
    assert (
        refused(ranker("quality", "fit", tmp_path / "nowhere.jsonl", "-o", tmp_path))
        == f"ranker: {tmp_path}: is a folder; name a file in it"
    )


def test_wrong_settings_are_wrong_usage(files: Path, card: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "ranker.yaml").write_text("quality: {flor: 3}\n")
    assert "quality.flor: unknown key" in refused(ranker("quality", "fit", files, "-o", card, "--config", tmp_path / "ranker.yaml"))


@pytest.mark.parametrize("share", ["1", "-0.1", "nan"])
def test_a_share_that_leaves_nothing_to_learn_from_is_wrong_usage(share: str, files: Path, card: Path) -> None:
    assert CliRunner().invoke(quality, ["fit", str(files), "-o", str(card), "--test-share", share]).exit_code == 2
    assert not card.exists()


def test_a_card_there_already_is_replaced_whole_and_kept_where_nothing_was_learned(
    articles: list[dict[str, Any]], files: Path, card: Path, tmp_path: Path, ranker: Command
) -> None:
    card.write_text("before", "utf-8")
    ranker("quality", "fit", written(tmp_path / "few.jsonl", articles[:10]), "-o", card)
    assert card.read_text("utf-8") == "before"
    ranker("quality", "fit", files, "-o", card)
    assert exact(card, files) == (160, 160)


# Real files


def test_the_card_of_the_real_files_gives_their_qualities(shared_data: Path, card: Path, ranker: Command) -> None:
    told = json.loads(ranker("quality", "fit", shared_data / "frontmatter", "-o", card, "--json").stdout)
    assert told["all"]["exact"] >= 317
    assert exact(card, shared_data / "frontmatter") == (told["all"]["exact"], 320)
