"""The ONNX encoder: the shipped model's numbers, what they do not depend on, and what it refuses to read."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ranker.errors import ArtifactError
from ranker.places import models_folder
from ranker.vectors import onnx
from ranker.vectors.onnx import OnnxEncoder, threads

SHIPPED = models_folder() / "news-minilm"
TEXTS = ("A storm has closed the harbour", "Ferries stay in port", "Chess prodigy, 9, draws", "A storm has shut the harbour", "Storm",
         "The harbour master said on Tuesday that ferries would stay in port until the wind drops")  # fmt: skip


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder(SHIPPED)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped model in a folder that may be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


# The first five numbers of the vector are the model's fingerprint for the eye: another model, tokenizer or pooling shows at
# once. Float32 rounds a little differently on other processors, and an 8-bit step may fall to the other side.
def test_the_shipped_model_gives_its_numbers(encoder: OnnxEncoder) -> None:
    vector = encoder.encode(TEXTS[:1])[0]
    assert vector.shape == (encoder.manifest.dimensions,) == (384,)
    assert vector[:5] == pytest.approx([0.009562, 0.048193, 0.056093, 0.061486, 0.036275], abs=2e-3)


def test_rows_have_length_one(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_reports_of_one_event_are_nearer_than_others(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors[0] @ vectors[3] > max(vectors[0] @ vectors[1], vectors[0] @ vectors[2]) + 0.2


def test_order_makes_no_difference_to_the_bit(encoder: OnnxEncoder) -> None:
    order = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))
    assert np.array_equal(encoder.encode([TEXTS[i] for i in order]), encoder.encode(TEXTS)[order])


def test_batch_mates_make_no_difference_to_the_bit(encoder: OnnxEncoder) -> None:
    texts = [f"{one} {other} {third}" for one in ("storm", "ferry") for other in ("closes", "leaves") for third in ("port", "town", "sea")]
    assert np.array_equal(encoder.encode(texts), np.concatenate([encoder.encode([text]) for text in texts]))


def test_the_size_of_a_pass_makes_no_difference_to_the_bit(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = encoder.encode(TEXTS * 3)
    monkeypatch.setattr(onnx, "_BATCH_TOKENS", 1)
    assert np.array_equal(encoder.encode(TEXTS * 3), at_once)


@pytest.mark.parametrize("text", ["", "  ", "\U0001f300 \U0001f680"])
def test_a_text_without_a_known_token_gets_a_zero_row(encoder: OnnxEncoder, text: str) -> None:
    vectors = encoder.encode([text, "storm"])
    assert not vectors[0].any()
    assert vectors[1].any()


def test_a_long_text_is_cut(encoder: OnnxEncoder) -> None:
    read = encoder.manifest.max_tokens - 2  # two marks, and one token a word
    assert np.array_equal(encoder.encode(["storm " * read]), encoder.encode(["storm " * (read + 50)]))
    assert not np.array_equal(encoder.encode(["storm " * (read - 1)]), encoder.encode(["storm " * read]))


def test_no_text_gives_no_row(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_finished_texts_are_told(encoder: OnnxEncoder) -> None:
    told: list[int] = []
    encoder.encode(TEXTS, progress=told.append)
    assert sum(told) == len(TEXTS)


def test_neither_torch_nor_its_libraries_are_loaded() -> None:
    script = (
        "import sys\nfrom ranker.vectors.onnx import OnnxEncoder\nfrom pathlib import Path\n"
        "print(OnnxEncoder(Path(sys.argv[1])).encode(['a storm']).shape)\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'onnx', 'sklearn', 'scipy'} & set(sys.modules)))\n"
        "print('onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(SHIPPED)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(1, 384)", "[]", "True"]


def test_the_fingerprint_is_known_without_the_model_itself(copied: Path, encoder: OnnxEncoder) -> None:
    (copied / "model.onnx").unlink()
    assert OnnxEncoder(copied).fingerprint == encoder.fingerprint


def test_the_shipped_model_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 25_000_000


@pytest.mark.parametrize(("said", "expected"), [("1", 1), ("3", 3), ("2,1", 2)])
def test_threads_are_what_the_environment_says(said: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads() == expected


@pytest.mark.parametrize("said", ["", "0", "many"])
def test_without_a_number_there_are_as_many_threads_as_cores(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert threads() == 3


def test_where_a_process_has_no_cores_of_its_own_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    assert threads() == 5


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _broken_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", "utf-8")


def _later_format(folder: Path) -> None:
    _change_manifest(folder, format=onnx.FORMAT_VERSION + 1)


def _no_hashes(folder: Path) -> None:
    _change_manifest(folder, sha256={})


def _no_model(folder: Path) -> None:
    (folder / "model.onnx").unlink()


def _cut_model(folder: Path) -> None:
    data = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(data[: len(data) // 2])


def _other_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}", "utf-8")


def _change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes), "utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_manifest, r"manifest\.json: cannot be read .*ranker train encoder"),
        (_broken_manifest, r"manifest\.json: cannot be read"),
        (_later_format, r"manifest\.json: format 2, this version of ranker reads 1"),
        (_no_hashes, r"manifest\.json: gives no SHA-256 of "),
        (_no_model, r"model\.onnx: cannot be read"),
        (_cut_model, r"model\.onnx: is damaged or not the file that manifest\.json describes"),
        (_other_tokenizer, r"tokenizer\.json: is damaged or not the file that manifest\.json describes"),
    ],
)
def test_a_damaged_model_is_refused(copied: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(copied)
    with pytest.raises(ArtifactError, match=message):
        OnnxEncoder(copied).encode(["harbour"])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("data", [b"", b"no such format"])
def test_a_file_of_another_kind_is_refused_even_if_the_manifest_vouches_for_it(copied: Path, name: str, data: bytes) -> None:
    manifest = json.loads((copied / "manifest.json").read_bytes())
    _change_manifest(copied, sha256=manifest["sha256"] | {name: hashlib.sha256(data).hexdigest()})
    (copied / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=rf"{name}: cannot be read"):
        OnnxEncoder(copied).encode(["harbour"])
