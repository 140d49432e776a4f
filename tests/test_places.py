"""Where shipped files are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranker import places
from ranker.errors import ArtifactError


def test_a_checkout_has_its_models_and_sample_beside_the_package() -> None:
    assert (places.models_folder() / "static-minilm" / "manifest.json").is_file()
    assert (places.newsroom_folder() / "labels.csv").is_file()


def test_an_installed_package_looks_inside_itself_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, beside = tmp_path / "ranker" / "models", tmp_path / "models"
    beside.mkdir()
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "ranker")
    assert places.models_folder() == beside
    inside.mkdir(parents=True)
    assert places.models_folder() == inside


def test_a_folder_that_is_nowhere_is_named_with_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "ranker")
    with pytest.raises(ArtifactError) as missing:
        places.newsroom_folder()
    inside, beside = tmp_path / "ranker" / "data" / "newsroom", tmp_path / "data" / "newsroom"
    assert str(missing.value) == f"data/newsroom is missing: neither {inside} nor {beside} is a folder"
