"""The background: word counts of ordinary news, kept in a readable file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranker.errors import ArtifactError
from ranker.places import models_folder
from ranker.vectors.background import Background, counted_background, load_background, write_background

TEXTS = ["Storm floods the harbour", "Storm, storm and more storms", "Harbour reopens after the flood"]


def test_each_text_counts_once_for_each_of_its_stems() -> None:
    counted = counted_background(TEXTS, at_least=1)
    assert counted.texts == 3
    assert counted.holding == {"flood": 1, "floods": 1, "harbou": 2, "reopen": 1, "storm": 2, "storms": 1}


def test_words_of_too_few_texts_are_left_out() -> None:
    assert counted_background(TEXTS, at_least=2).holding == {"harbou": 2, "storm": 2}


def test_a_background_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "models" / "background.json"
    write_background(counted_background(TEXTS, at_least=1), path)
    assert load_background(path) == counted_background(TEXTS, at_least=1)


def test_nothing_counted_is_a_background_too(tmp_path: Path) -> None:
    write_background(Background(), tmp_path / "background.json")
    assert load_background(tmp_path / "background.json") == Background()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b'{"format": 2, "texts": 1, "holding": {}}', b'{"format": 1, "texts": "x", "holding": {}}']
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "background.json"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"background\.json: "):
        load_background(path)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="ranker models background"):
        load_background(tmp_path / "background.json")


def test_the_shipped_background_knows_common_words_from_rare_ones() -> None:
    shipped = load_background(models_folder() / "background.json")
    assert shipped.texts > 10_000
    assert shipped.holding["presid"] > 100 * shipped.holding.get("volcan", 1) / 10
