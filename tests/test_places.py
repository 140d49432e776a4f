"""Where shipped files are looked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ranker import places
from ranker.errors import ArtifactError


def test_a_checkout_has_its_models_sample_and_publishers_beside_the_package() -> None:
    assert (places.models_folder() / "static-minilm" / "manifest.json").is_file()
    assert (places.newsroom_folder() / "labels.csv").is_file()
    assert places.publishers_file().read_text("utf-8").startswith("name,domains,group,country,role\n")


def test_an_installed_package_looks_inside_itself_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, beside = tmp_path / "ranker" / "models", tmp_path / "models"
    beside.mkdir()
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "ranker")
    assert places.models_folder() == beside
    inside.mkdir(parents=True)
    assert places.models_folder() == inside


def test_a_list_of_publishers_inside_the_package_comes_first_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, beside = (folder / "data" / "publishers.csv" for folder in (tmp_path / "ranker", tmp_path))
    beside.parent.mkdir()
    beside.touch()
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "ranker")
    assert places.publishers_file() == beside
    inside.parent.mkdir(parents=True)
    assert places.publishers_file() == beside  # the folder alone is not the file
    inside.touch()
    assert places.publishers_file() == inside


@pytest.mark.parametrize(
    ("place", "name"),
    [(places.models_folder, "models"), (places.newsroom_folder, "data/newsroom"), (places.publishers_file, "data/publishers.csv")],
)
def test_what_is_nowhere_is_named_with_both_places(
    place: Callable[[], Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "ranker")
    with pytest.raises(ArtifactError) as missing:
        place()
    assert str(missing.value) == f"{name} is missing: neither {tmp_path / 'ranker' / name} nor {tmp_path / name} exists"
