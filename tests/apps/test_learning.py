"""The command `ranker train same-story`: what it writes, what it keeps, what it measures, and what it refuses."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker import __version__
from ranker.apps import learning
from ranker.articles.article import Article
from ranker.settings_file import load_settings
from ranker.stories.evidence import SIDES
from ranker.stories.same_story import FORMAT_VERSION, SameStoryFile, load_same_story, write_same_story
from ranker.training.same_story import Example, Learned, LearningSettings, learn
from ranker.vectors.encoder import Progress, Vectors, load_encoder
from ranker.vectors.static import StaticEncoder

Command = Callable[..., "CompletedProcess[str]"]

QUICK = ("--encoder", "static", "--steps", "3")
BEFORE = SameStoryFile(FORMAT_VERSION, "a test", ["of old"], {"owl": SAME_STORY, "static": SAME_STORY}, "owl")


def lines_of(articles: Iterable[Article], labels: dict[str, str]) -> str:
    rows = []
    for article in articles:
        row = {"id": article.id, "title": article.title, "excerpt": article.excerpt, "provider": article.provider.name}
        date = None if article.published is None else article.published.isoformat()
        rows.append(json.dumps(row | {"date": date, "story": labels[article.id]}) + "\n")
    return "".join(rows)


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of five planted stories with three articles each."""
    paths = (tmp_path / "one.jsonl", tmp_path / "two.jsonl")
    for seed, path in enumerate(paths):
        planted = make_planted_stories(5, 3, 0.6, seed)
        path.write_text(lines_of(planted.articles, planted.labels), "utf-8")
    return paths


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "same-story.json"


@pytest.fixture
def train(ranker: Command, target: Path) -> Command:
    def run(*arguments: object) -> CompletedProcess[str]:
        return ranker("train", "same-story", *arguments, *QUICK, "-o", target)

    return run


def refused(told: CompletedProcess[str], code: int = 2) -> str:
    """The last line of what is said of a run that came to nothing."""
    assert (told.returncode, told.stdout) == (code, "")
    assert "Traceback" not in told.stderr
    return told.stderr.splitlines()[-1]


# What is written


def test_a_model_is_learned_and_can_be_read(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    told = train(*sets)
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr.splitlines()[-1] == f"ranker: {target}: static, from 2 labelled inputs"
    file = load_same_story(target)
    assert (file.format, file.created_by) == (FORMAT_VERSION, f"ranker {__version__} train same-story")
    assert (file.trained_on, list(file.encoders), file.fallback) == (["one", "two"], ["static"], "static")
    model = file.encoders["static"]
    assert list(model.weights) == list(SIDES)
    assert all(weight * SIDES[name] >= 0 for name, weight in model.weights.items())
    assert model.calibration.slope > 0


def test_what_was_learned_can_rank(sets: tuple[Path, Path], target: Path, tmp_path: Path, train: Command, ranker: Command) -> None:
    train(*sets)
    (tmp_path / "ranker.yaml").write_text(f"grouping: {{same_story_model: {target}}}\n")
    given = ("explain", sets[0], "--encoder", "static", "--config", tmp_path / "ranker.yaml")
    first = json.loads(sets[0].read_text("utf-8").splitlines()[0])["id"]
    told = json.loads(ranker(*given, "--article", first, "--json").stdout)
    weights = load_same_story(target).encoders["static"].weights
    reasons = [reason for why in told["why"].values() if why is not None for reason in why["reasons"]]
    assert reasons
    assert all(reason["weight"] == weights[reason["evidence"]] for reason in reasons)


def test_the_same_run_gives_the_same_bytes_and_another_seed_others(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    written = []
    for seed in ("0", "0", "1"):
        target.unlink(missing_ok=True)
        train(*sets, "--seed", seed)
        written.append(target.read_bytes())
    assert written[0] == written[1] != written[2]


def test_the_order_of_articles_makes_no_difference(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    train(*sets)
    before = target.read_bytes()
    for path in sets:
        path.write_text("".join(reversed(path.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    train(*sets)
    assert target.read_bytes() == before


def test_the_order_of_inputs_makes_no_difference_to_the_weights(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    train(*sets)
    before = load_same_story(target).encoders["static"]
    train(*reversed(sets))
    after = load_same_story(target).encoders["static"]
    assert (after.weights, after.join_at) == (before.weights, before.join_at)


def test_decisions_for_other_encoders_are_kept(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    write_same_story(BEFORE, target)
    train(*sets)
    file = load_same_story(target)
    assert list(file.encoders) == ["owl", "static"]
    assert file.encoders["owl"] == SAME_STORY
    assert file.encoders["static"] != SAME_STORY
    assert (file.fallback, file.trained_on) == ("owl", ["of old", "one", "two"])


def test_each_encoder_asked_for_has_its_decision(
    sets: tuple[Path, Path], target: Path, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def named(settings: Any, *, models: Path) -> Any:
        asked.append(settings.name)
        return load_encoder(type(settings)(name="static", batch_size=1, precision="auto"), models=models)

    monkeypatch.setattr(learning, "load_encoder", named)
    train(*sets, "--encoder", "owl")
    file = load_same_story(target)
    assert asked == ["owl", "static"]
    assert file.encoders["owl"] == file.encoders["static"]
    assert file.fallback == "owl"  # the first that was asked for


@pytest.mark.parametrize("content", ["no json", "{}", '{"format": 99}', ""])
def test_a_file_that_is_no_such_model_is_refused_and_left(content: str, sets: tuple[Path, Path], target: Path, train: Command) -> None:
    target.write_text(content)
    assert refused(train(*sets), 1).startswith(f"ranker: {target}: is no same-story model")
    assert target.read_text() == content


def test_a_model_that_cannot_be_written_leaves_the_old_one(
    sets: tuple[Path, Path], target: Path, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_same_story(BEFORE, target)
    before, beside = target.read_bytes(), sorted(path.name for path in target.parent.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(train(*sets), 1) == f"ranker: {target}: cannot be written (No space left on device)"
    assert target.read_bytes() == before
    assert sorted(path.name for path in target.parent.iterdir()) == beside


# What is read


def test_labels_may_be_given_once_or_for_each_input(sets: tuple[Path, Path], tmp_path: Path, target: Path, train: Command) -> None:
    train(*sets)
    before = target.read_bytes()
    rows = [json.loads(line) for line in sets[1].read_text("utf-8").splitlines()]
    (tmp_path / "labels.csv").write_text("id,story\n" + "".join(f"{row['id']},{row['story']}\n" for row in rows))
    sets[1].write_text("".join(json.dumps(row | {"story": "all one"}) + "\n" for row in rows), "utf-8")
    train(*sets, "--labels", "story", "--labels", tmp_path / "labels.csv")
    assert target.read_bytes() == before


def test_articles_without_a_label_take_no_part(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    train(*sets)
    before = target.read_bytes()
    with sets[0].open("a", encoding="utf-8") as file:
        file.write('{"id": "zz", "title": "Library closes", "date": "2026-03-03T06:00:00Z"}\n')
    train(*sets)
    assert target.read_bytes() == before


def test_refused_articles_are_named_and_the_rest_is_learned_from(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    with sets[0].open("a", encoding="utf-8") as file:
        file.write('{"title": ""}\n')
    told = train(*sets)
    assert told.returncode == 3
    assert f"ranker: refused {sets[0]}:16: " in told.stderr
    assert load_same_story(target).trained_on == ["one", "two"]


def test_inputs_of_one_name_are_told_apart_by_their_folders(sets: tuple[Path, Path], tmp_path: Path, target: Path, train: Command) -> None:
    paths = [tmp_path / folder / "set.jsonl" for folder in ("north", "south")]
    for path, text in zip(paths, sets, strict=True):
        path.parent.mkdir()
        path.write_bytes(text.read_bytes())
    told = train(*paths, "--report", tmp_path / "report.json")
    assert told.returncode == 0
    assert load_same_story(target).trained_on == ["north/set", "south/set"]
    figures = json.loads((tmp_path / "report.json").read_bytes())["static"]["trainedOnAll"]
    assert list(figures) == ["north/set", "south/set"]
    assert [of["articles"] for of in figures.values()] == [15, 15]


def test_dates_ahead_of_the_clock_are_set_back() -> None:
    now = datetime.now(tz=UTC)
    early, late = (Article("a", "Ferry", published=now.replace(year=now.year - 1)), Article("b", "Ferry", published=now.replace(year=2199)))
    healthy = learning._healthy([early, late], load_settings())
    assert [article.published for article in healthy] == [early.published, early.published]
    assert [article.date_health for article in healthy] == [early.date_health, "clamped"]
    undated = [Article("a", "Ferry")]
    assert list(learning._healthy(undated, load_settings())) == undated


@pytest.mark.parametrize(("given", "steps"), [((), LearningSettings().steps), (("--steps", "5"), 5)])
def test_as_many_weights_are_tried_as_asked_for(
    given: tuple[str, ...], steps: int, sets: tuple[Path, Path], target: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(examples: Sequence[Example], learning: LearningSettings, *, progress: Progress | None = None) -> Learned:
        asked.append(learning.steps)
        return learn(examples, replace(learning, steps=1), progress=progress)

    monkeypatch.setattr(learning, "learn", counted)
    assert ranker("train", "same-story", sets[0], "--encoder", "static", "-o", target, *given).returncode == 0
    assert asked == [steps]


def test_what_was_embedded_once_is_not_embedded_again(
    sets: tuple[Path, Path], target: Path, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    encode = StaticEncoder.encode

    def counted(self: StaticEncoder, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        seen.extend(texts)
        return encode(self, texts, progress=progress)

    monkeypatch.setattr(StaticEncoder, "encode", counted)
    train(*sets)
    before = target.read_bytes()
    assert len(seen) == len(set(seen)) == 30
    train(*sets, "--leave-one-out")
    assert len(seen) == 30
    assert target.read_bytes() == before


def test_kept_vectors_are_those_of_the_encoder() -> None:
    kept = learning._Cached(HashingEncoder(), None)
    assert kept.fingerprint == HashingEncoder().fingerprint
    assert kept.encode(["Ferry aground"]).tolist() == HashingEncoder().encode(["Ferry aground"]).tolist()


# What is measured


def test_a_report_has_the_figures_of_every_input(sets: tuple[Path, Path], tmp_path: Path, target: Path, train: Command) -> None:
    told = train(*sets, "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert list(report) == ["static"]
    figures = report["static"]
    assert set(figures) == {"objective", "trainedOnAll"}
    assert 0 < figures["objective"] <= 1
    assert list(figures["trainedOnAll"]) == ["one", "two"]
    for name, of in figures["trainedOnAll"].items():
        assert of["articles"] == 15
        assert 0 < of["bCubed"]["f1"] <= 1
        assert of["model"] == json.loads(target.read_bytes())["encoders"]["static"]
        reliability = of["reliability"]
        assert sum(each["pairs"] for each in reliability["bins"]) == reliability["pairs"]
        assert 0 <= reliability["brier"] <= 1
        assert f"ranker:   {name}: B-cubed F1 {of['bCubed']['f1']:.3f}" in told.stderr


def test_figures_are_those_of_evaluate(sets: tuple[Path, Path], tmp_path: Path, target: Path, train: Command, ranker: Command) -> None:
    train(*sets, "--report", tmp_path / "report.json")
    (tmp_path / "ranker.yaml").write_text(f"grouping: {{same_story_model: {target}}}\n")
    given = ("evaluate", sets[0], "--encoder", "static", "--config", tmp_path / "ranker.yaml", "--labels", "story", "--json")
    measured = json.loads(ranker(*given).stdout)["bCubed"]
    told = json.loads((tmp_path / "report.json").read_bytes())["static"]["trainedOnAll"]["one"]["bCubed"]
    assert [told[name] for name in ("precision", "recall", "f1")] == pytest.approx(
        [measured[name] for name in ("precision", "recall", "f1")], abs=1e-4
    )


def test_an_input_left_out_is_measured_by_what_the_others_teach(
    sets: tuple[Path, Path], tmp_path: Path, target: Path, train: Command
) -> None:
    train(*sets, "--leave-one-out", "--report", tmp_path / "report.json")
    figures = json.loads((tmp_path / "report.json").read_bytes())["static"]
    assert list(figures["leftOut"]) == ["one", "two"]
    target.unlink()
    train(sets[1])
    assert figures["leftOut"]["one"]["model"] == json.loads(target.read_bytes())["encoders"]["static"]
    assert figures["leftOut"]["one"]["model"] != figures["trainedOnAll"]["one"]["model"]


def test_leaving_inputs_out_changes_nothing_of_the_model(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    train(*sets)
    before = target.read_bytes()
    train(*sets, "--leave-one-out")
    assert target.read_bytes() == before


# What is refused


def test_an_input_of_one_story_is_refused_by_name(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    rows = [json.loads(line) | {"story": "one"} for line in sets[1].read_text("utf-8").splitlines()]
    sets[1].write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert refused(train(*sets)) == "ranker: two: has fewer than two labelled stories; nothing can be learned from it"
    assert not target.exists()


def test_stories_of_one_article_each_are_too_little_to_learn_from(tmp_path: Path, target: Path, train: Command) -> None:
    (tmp_path / "lone.jsonl").write_text('{"title": "Ferry aground", "story": 1}\n{"title": "Ferry sails", "story": 2}\n')
    assert "what a score is worth cannot be learned" in refused(train(tmp_path / "lone.jsonl"))
    assert not target.exists()


def test_an_input_without_labels_is_refused(sets: tuple[Path, Path], target: Path, train: Command) -> None:
    assert refused(train(*sets, "--labels", "nowhere")).startswith("ranker: --labels nowhere: no article has such a label; name a field")
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("-o", "new.json"), "Missing argument 'LABELLED...'"),
        (("one.jsonl",), "Missing option '--output'"),
        (("one.jsonl", "-o", "new.json", "--steps", "0"), "0 is not in the range x>=1"),
        (("one.jsonl", "-o", "new.json", "--seed", "-1"), "-1 is not in the range x>=0"),
        (("one.jsonl", "-o", "."), ".: is a folder; name a file in it"),
        (("one.jsonl", "-o", "nowhere/new.json"), "there is no folder nowhere"),
        (("one.jsonl", "-o", "new.json", "--report", "nowhere/report.json"), "there is no folder nowhere"),
        (("one.jsonl", "-o", "new.json", "--leave-one-out"), "--leave-one-out: without the one input there is nothing to learn from"),
        (("one.jsonl", "one.jsonl", "-o", "new.json"), "two of the inputs have one name; give each input once"),
        (("one.jsonl", "-o", "new.json"), "one.jsonl: no such file or folder"),
        (
            ("one.jsonl", "two.jsonl", "three.jsonl", "-o", "new.json", "--labels", "a", "--labels", "b"),
            "--labels: give one for all inputs, or one for each of the 3, not 2",
        ),
        (("one.jsonl", "-o", "new.json", "--labels", "a", "--labels", "b"), "or one for each of the 1, not 2"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(
    arguments: tuple[str, ...], reason: str, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ranker("train", "same-story", *arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []
