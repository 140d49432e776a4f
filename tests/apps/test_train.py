"""The command `ranker train encoder`: from files to a model that ranks, and what it says when it cannot."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.tiny_transformer import make_tiny_transformer

from ranker.apps.train import train
from ranker.errors import InputError
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.training.encoder import TrainingSettings
from ranker.vectors.encoder import load_encoder

TITLES = {
    "ferry": ("ferry crew waits for calm sea", "the ferry waits at the harbour"),
    "storm": ("a storm closed the harbour", "storm closed harbour at dawn"),
}


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    lines = [
        {"id": f"{story}{number}", "title": title, "provider": {"name": f"Paper {number}"}, "story": story}
        for story, titles in TITLES.items()
        for number, title in enumerate(titles)
    ]
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_transformer(tmp_path_factory.mktemp("tiny"))


def run(*arguments: object) -> Any:
    result = CliRunner().invoke(train, ["encoder", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.model
def test_two_steps_make_two_folders_that_encode(articles: Path, tmp_path: Path, tiny_transformer: Path) -> None:
    result = run(
        articles, "--base", tiny_transformer, "--steps", 2, "--unlabelled", articles, "-o", tmp_path / "new", "--onnx", tmp_path / "small"
    )
    assert result.exit_code == 0
    assert "2 labelled stories, 0 mined" in result.stderr
    for folder in ("new", "small"):
        settings = load_settings(overrides={"encoder.name": str(tmp_path / folder)}).encoder
        assert load_encoder(settings, models=models_folder()).encode(["a storm"]).shape == (1, 32)


@pytest.mark.model
def test_without_unlabelled_articles_and_onnx_one_folder_is_made_and_refusals_are_told(
    articles: Path, tmp_path: Path, tiny_transformer: Path
) -> None:
    articles.write_text(articles.read_text("utf-8") + '\n{"id": "no-title"}\n', "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ranker.apps.fine_tuning.TrainingSettings", lambda: TrainingSettings(steps=1))  # instead of as many as it takes
        result = run(articles, "--base", tiny_transformer, "-o", tmp_path / "new")
    assert result.exit_code == 3
    assert f"refused {articles}:5" in result.stderr
    assert "1 steps" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["new"]


def test_articles_without_labels_are_an_input_error(articles: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--labels event: no article has such a label"):
        run(articles, "--labels", "event", "-o", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_onnx_needs_is_asked_for_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnx":
            raise ImportError("No module named 'onnx'")
        return ordinary(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'ranker\[train\]'"):
        run(tmp_path / "nowhere.jsonl", "-o", tmp_path / "new", "--onnx", tmp_path / "small")


def test_a_refused_article_is_told_in_the_exit_code(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.apps.fine_tuning.fine_tune", lambda *_, **__: 1)
    assert run(articles, "-o", tmp_path / "new").exit_code == 3
