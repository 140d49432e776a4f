"""The static encoder: what its numbers are, and what it refuses to read."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ranker.errors import ArtifactError
from ranker.places import models_folder
from ranker.vectors import static
from ranker.vectors.distillation import StaticTable, write_static_model
from ranker.vectors.encoder import Vectors
from ranker.vectors.static import StaticEncoder, mean_rows

UNKNOWN, HARBOUR, STORM, CALM = range(4)
ROWS = np.array([[0, 0], [3, 0], [0, 4], [5, 5]], dtype=np.float32)
CENTRE = np.array([0.1, 0.2], dtype=np.float32)
NO_CENTRE = np.zeros(2, dtype=np.float32)


@pytest.fixture
def tokenizer_json() -> bytes:
    """A tokenizer of three words, all others unknown."""
    vocabulary = {"[UNK]": UNKNOWN, "harbour": HARBOUR, "storm": STORM, "calm": CALM}
    tokenizer: dict[str, object] = {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    return json.dumps(tokenizer).encode()


@pytest.fixture
def model(tmp_path: Path, tokenizer_json: bytes) -> Path:
    """A static model of four tokens in two dimensions."""
    folder = tmp_path / "tiny"
    write_static_model(StaticTable(ROWS, CENTRE), tokenizer_json, folder, teacher="nobody")
    return folder


def _unit(vector: Vectors) -> Vectors:
    return vector / np.linalg.norm(vector)


def test_a_vector_is_the_unit_mean_less_the_centre_at_length_one(model: Path) -> None:
    mean = (ROWS[HARBOUR] + ROWS[STORM] + ROWS[STORM]) / 3
    expected = _unit(_unit(mean) - CENTRE)
    assert StaticEncoder(model).encode(["Storm harbour STORM"])[0] == pytest.approx(expected, abs=0.01)  # 8 bits a number


def test_unknown_words_take_no_part(model: Path) -> None:
    encoder = StaticEncoder(model)
    assert np.array_equal(encoder.encode(["harbour"]), encoder.encode(["the harbour yesterday"]))


def test_a_long_text_is_read_to_its_end(model: Path) -> None:
    encoder = StaticEncoder(model)
    assert not np.allclose(encoder.encode(["storm " * 600]), encoder.encode(["storm " * 600 + "harbour " * 600]))


def test_texts_are_encoded_in_chunks_and_progress_told_after_each(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "_CHUNK_TEXTS", 2)
    told: list[int] = []
    texts = ["harbour", "storm", "calm storm", "calm", "nothing"]
    in_chunks = StaticEncoder(model).encode(texts, progress=told.append)
    assert told == [2, 2, 1]
    assert np.array_equal(in_chunks, np.concatenate([StaticEncoder(model).encode([text]) for text in texts]))


def test_a_text_at_the_centre_itself_gets_a_zero_row() -> None:
    vectors = mean_rows([[HARBOUR]], ROWS, np.array([1, 0], dtype=np.float32))
    assert vectors.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("token_ids", "expected"),
    [
        ([], np.zeros((0, 2))),
        ([[]], [[0, 0]]),
        ([[], []], [[0, 0], [0, 0]]),
        ([[UNKNOWN]], [[0, 0]]),
        ([[HARBOUR]], [[1, 0]]),
        ([[], [HARBOUR], [], [STORM, UNKNOWN], []], [[0, 0], [1, 0], [0, 0], [0, 1], [0, 0]]),
        ([[HARBOUR, HARBOUR, HARBOUR]], [[1, 0]]),
    ],
)
def test_mean_rows_leaves_out_what_says_nothing(token_ids: list[list[int]], expected: list[list[float]]) -> None:
    assert mean_rows(token_ids, ROWS, NO_CENTRE).tolist() == np.asarray(expected).tolist()


def test_the_fingerprint_changes_with_the_table(model: Path, tmp_path: Path, tokenizer_json: bytes) -> None:
    other = tmp_path / "other" / model.name
    write_static_model(StaticTable(ROWS * np.array([1, 2], dtype=np.float32), CENTRE), tokenizer_json, other, teacher="nobody")
    assert StaticEncoder(other).fingerprint != StaticEncoder(model).fingerprint


def test_the_fingerprint_changes_with_the_tokenizer(model: Path, tmp_path: Path, tokenizer_json: bytes) -> None:
    other = tmp_path / "other" / model.name
    write_static_model(StaticTable(ROWS, CENTRE), tokenizer_json.replace(b"calm", b"gale"), other, teacher="nobody")
    assert StaticEncoder(other).fingerprint != StaticEncoder(model).fingerprint


def test_the_fingerprint_is_the_same_wherever_the_folder_lies(model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "moved")
    assert StaticEncoder(tmp_path / "moved").fingerprint == StaticEncoder(model).fingerprint


def test_the_shipped_model_is_what_its_manifest_says() -> None:
    encoder = StaticEncoder(models_folder() / "static-minilm")
    assert encoder.encode(["harbour"]).shape == (1, encoder.manifest.dimensions)
    assert encoder.manifest.teacher == "news-minilm"


def _no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def _broken_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", "utf-8")


def _manifest_of_wrong_types(folder: Path) -> None:
    _change_manifest(folder, dimensions="two")


def _manifest_of_a_later_format(folder: Path) -> None:
    _change_manifest(folder, format=static.FORMAT_VERSION + 1)


def _manifest_without_hashes(folder: Path) -> None:
    _change_manifest(folder, sha256={})


def _manifest_of_other_dimensions(folder: Path) -> None:
    _change_manifest(folder, dimensions=3)


def _no_table(folder: Path) -> None:
    (folder / "table.npz").unlink()


def _cut_table(folder: Path) -> None:
    data = (folder / "table.npz").read_bytes()
    (folder / "table.npz").write_bytes(data[: len(data) // 2])


def _other_tokenizer(folder: Path) -> None:
    data = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(data.replace(b"calm", b"gale"))


def _change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes), "utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_folder, r"manifest\.json: cannot be read .*ranker models distill"),
        (_broken_manifest, r"manifest\.json: cannot be read"),
        (_manifest_of_wrong_types, r"manifest\.json: cannot be read .*dimensions"),
        (_manifest_of_a_later_format, r"manifest\.json: format 2, this version of ranker reads 1"),
        (_manifest_without_hashes, r"manifest\.json: gives no SHA-256 of "),
        (_manifest_of_other_dimensions, r"table\.npz: 2 dimensions, the manifest says 3"),
        (_no_table, r"table\.npz: cannot be read"),
        (_cut_table, r"table\.npz: is damaged or not the file that manifest\.json describes"),
        (_other_tokenizer, r"tokenizer\.json: is damaged or not the file that manifest\.json describes"),
    ],
)
def test_a_damaged_model_is_refused(model: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(model)
    with pytest.raises(ArtifactError, match=message):
        StaticEncoder(model).encode(["harbour"])


@pytest.mark.parametrize("name", ["table.npz", "tokenizer.json"])
@pytest.mark.parametrize("data", [b"", b"no such format"])
def test_a_file_of_another_kind_is_refused_even_if_the_manifest_vouches_for_it(model: Path, name: str, data: bytes) -> None:
    manifest = json.loads((model / "manifest.json").read_bytes())
    _change_manifest(model, sha256=manifest["sha256"] | {name: hashlib.sha256(data).hexdigest()})
    (model / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=rf"{name}: cannot be read"):
        StaticEncoder(model).encode(["harbour"])
