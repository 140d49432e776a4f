"""Quantisation: the exported graph against the model it was made from, and what cannot be exported."""

from __future__ import annotations

import builtins
import json
import shutil
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from ranker.errors import InputError
from ranker.settings import EncoderSettings, Settings
from ranker.training.quantisation import Product, QuantisationSettings, export_onnx
from ranker.vectors.encoder import Vectors
from ranker.vectors.onnx import OnnxEncoder
from ranker.vectors.transformer import TransformerEncoder

TEXTS = ("a storm closed the harbour", "ferry crew waits", "calm sea at dawn .", "the storms closed the harbour at dawn . the ferry waits",
         "storm " * 40, "the")  # fmt: skip


@pytest.fixture(scope="module")
def exact(tiny_transformer: Path, default_settings: Settings) -> Vectors:
    settings = EncoderSettings(name="tiny", batch_size=default_settings.encoder.batch_size, precision="float32")
    return TransformerEncoder(tiny_transformer, settings).encode(TEXTS)


def exported(model: Path, target: Path, how: Product, *, embeddings_8_bit: bool = True) -> OnnxEncoder:
    settings = QuantisationSettings(how, how, how, how, embeddings_8_bit=embeddings_8_bit)
    export_onnx(model, target, settings, name="tiny", base="nobody")
    return OnnxEncoder(target)


def test_without_quantisation_the_vectors_are_those_of_the_model(tiny_transformer: Path, tmp_path: Path, exact: Vectors) -> None:
    encoder = exported(tiny_transformer, tmp_path, "float32", embeddings_8_bit=False)
    assert encoder.encode(TEXTS) == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("how", [how for how in get_args(Product) if how != "float32"])
def test_in_8_bits_the_vectors_are_nearly_those_of_the_model(how: Product, tiny_transformer: Path, tmp_path: Path, exact: Vectors) -> None:
    vectors = exported(tiny_transformer, tmp_path, how).encode(TEXTS)
    assert (vectors * exact).sum(axis=1).min() > 0.99
    assert not np.allclose(vectors, exact, atol=1e-5)


@pytest.mark.parametrize("how", ["weights", "rows", "blocks"])
def test_a_vector_is_the_same_to_the_bit_whatever_stands_beside_it(how: Product, tiny_transformer: Path, tmp_path: Path) -> None:
    encoder = exported(tiny_transformer, tmp_path, how)
    texts = [f"{one} {other}" for one in ("storm", "harbour", "sea") for other in ("closed", "waits", "calm")]
    together = encoder.encode(texts)
    assert np.array_equal(together, np.concatenate([encoder.encode([text]) for text in texts]))


def test_the_same_model_is_exported_to_the_same_bytes(tiny_transformer: Path, tmp_path: Path) -> None:
    one, other = (exported(tiny_transformer, tmp_path / name, "rows").manifest for name in ("one", "other"))
    assert one == other


def test_the_manifest_says_what_the_model_is(tiny_transformer: Path, tmp_path: Path) -> None:
    manifest = exported(tiny_transformer, tmp_path, "weights").manifest
    assert (manifest.name, manifest.base, manifest.dimensions, manifest.max_tokens) == ("tiny", "nobody", 32, 16)


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _another_family(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"model_type": "mpnet"}), "utf-8")


def _no_length(folder: Path) -> None:
    for name in ("sentence_bert_config.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_weights, "is no sentence-transformers model of the BERT family"),
        (_another_family, "is a mpnet model with gelu; only bert with gelu can be exported"),
        (_no_length, "does not say how many tokens it reads"),
    ],
)
def test_what_is_no_bert_model_is_refused(damage: Any, message: str, tiny_transformer: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_transformer, model)
    damage(model)
    with pytest.raises(InputError, match=message):
        exported(model, tmp_path / "onnx", "weights")
    assert not (tmp_path / "onnx").exists()


def test_without_the_package_onnx_the_message_names_the_extra(
    tiny_transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnx":
            raise ImportError("No module named 'onnx'")
        return ordinary(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'ranker\[train\]'"):
        exported(tiny_transformer, tmp_path / "onnx", "weights")
