"""The transformer encoder: names, files and precisions in its fingerprint; batches, progress and what goes wrong."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ranker.errors import EncoderError
from ranker.settings import EncoderSettings
from ranker.vectors import transformer
from ranker.vectors.transformer import TransformerEncoder, chosen_precision, minilm_folder

TEXTS = ("a storm closed the harbour", "ferry crew waits", "calm sea at dawn .", "a storm closed the harbour at dawn .", "the storms")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder of files that look like a model's; enough for a fingerprint."""
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"numbers")
    (folder / "1_Pooling" / "config.json").write_text("{}", "utf-8")
    return folder


def _fingerprint(folder: Path, settings: EncoderSettings, **changes: Any) -> str:
    return TransformerEncoder(folder, msgspec.structs.replace(settings, **changes), name="mine").fingerprint


def test_the_fingerprint_holds_name_files_and_precision(weights: Path, float32_settings: EncoderSettings) -> None:
    name, files, precision = _fingerprint(weights, float32_settings).split(":")
    assert (name, len(files), precision) == ("mine", 16, "float32")


def test_the_fingerprint_changes_with_a_files_bytes(weights: Path, float32_settings: EncoderSettings) -> None:
    before = _fingerprint(weights, float32_settings)
    (weights / "model.safetensors").write_bytes(b"nombers")
    assert _fingerprint(weights, float32_settings) != before


def test_the_fingerprint_changes_with_a_files_place(weights: Path, float32_settings: EncoderSettings) -> None:
    before = _fingerprint(weights, float32_settings)
    (weights / "1_Pooling").rename(weights / "2_Pooling")
    assert _fingerprint(weights, float32_settings) != before


def test_the_fingerprint_changes_with_the_precision(weights: Path, float32_settings: EncoderSettings) -> None:
    assert _fingerprint(weights, float32_settings) != _fingerprint(weights, float32_settings, precision="bfloat16")


def test_the_fingerprint_does_not_change_with_what_the_vectors_do_not_depend_on(weights: Path, float32_settings: EncoderSettings) -> None:
    before = _fingerprint(weights, float32_settings)
    (weights / "README.md").write_text("words", "utf-8")
    assert _fingerprint(weights, float32_settings, batch_size=float32_settings.batch_size + 1) == before


def test_a_model_without_a_name_goes_by_its_folder(weights: Path, float32_settings: EncoderSettings) -> None:
    assert TransformerEncoder(weights, float32_settings).fingerprint.startswith(f"{weights}:")


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_a_wanted_precision_is_taken(wanted: Any) -> None:
    assert chosen_precision(wanted) == wanted


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu sse2 avx512_bf16\n", "bfloat16"),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", "bfloat16"),
        ("flags\t\t: fpu sse2 avx512f\n", "float32"),
        ("Features\t: fp asimd\n", "float32"),
        ("", "float32"),
    ],
)
def test_automatic_precision_is_what_the_processor_multiplies_natively(
    cpuinfo: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_: cpuinfo)
    assert chosen_precision("auto") == expected


def test_automatic_precision_is_float32_where_the_processor_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert chosen_precision("auto") == "float32"


def test_the_weights_of_minilm_come_with_their_package() -> None:
    assert (minilm_folder() / "model.safetensors").is_file()


def test_a_library_that_is_not_installed_is_an_encoder_error(
    weights: Path, float32_settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "sentence_transformers":
            raise ImportError("No module named 'sentence_transformers'")
        return ordinary(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(EncoderError, match="encoder mine: pip install sentence-transformers, which cannot be imported"):
        TransformerEncoder(weights, float32_settings, name="mine").encode(["harbour"])


class TestModelOfTheHub:
    """A name that is no folder is looked up in the hub's cache on this machine, and fetched by loading it."""

    def test_its_fingerprint_comes_from_the_files_on_this_machine(
        self, weights: Path, float32_settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[str, bool]] = []

        def snapshot(name: str, *, local_files_only: bool) -> str:
            asked.append((name, local_files_only))
            return str(weights)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
        fingerprint = TransformerEncoder("someone/some-model", float32_settings).fingerprint
        assert fingerprint.split(":")[1:] == _fingerprint(weights, float32_settings).split(":")[1:]
        assert fingerprint.startswith("someone/some-model:")
        assert asked == [("someone/some-model", True)]

    def test_it_is_loaded_for_its_fingerprint_if_it_is_not_on_this_machine_yet(
        self, weights: Path, float32_settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loaded: list[bool] = []

        def snapshot(*_: object, **__: object) -> str:
            if not loaded:
                raise FileNotFoundError("not here")
            return str(weights)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
        monkeypatch.setattr(TransformerEncoder, "_model", property(lambda _: loaded.append(True)))
        assert TransformerEncoder("someone/some-model", float32_settings, name="mine").fingerprint == _fingerprint(
            weights, float32_settings
        )

    def test_it_is_an_encoder_error_if_its_files_are_not_to_be_found(
        self, float32_settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def snapshot(*_: object, **__: object) -> str:
            raise FileNotFoundError("not here\nnor there")

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
        monkeypatch.setattr(TransformerEncoder, "_model", property(lambda _: None))
        with pytest.raises(EncoderError, match=r"encoder someone/some-model: its files cannot be found \(not here\)$"):
            _ = TransformerEncoder("someone/some-model", float32_settings).fingerprint


class _Tokenizer:
    """Knows the numbers alone."""

    all_special_ids = (0,)

    def __call__(self, texts: Sequence[str], **_: object) -> Mapping[str, list[list[int]]]:
        return {"input_ids": [[int(word) if word.isdecimal() else 0 for word in text.split()] for text in texts]}


def test_texts_of_unknown_tokens_alone_are_told_apart_from_others() -> None:
    texts = ["7", "seven", "", "seven 7"]
    assert transformer._without_known_token(_Tokenizer(), texts) == [False, True, True, False]


def test_a_model_without_a_transformers_tokenizer_keeps_its_rows() -> None:
    assert transformer._without_known_token(object(), ["", "harbour"]) == [False, False]


@pytest.mark.model
class TestTinyModel:
    """What needs torch and a model, but no particular one."""

    def test_its_folder_is_encoded_in_its_own_width(self, tiny_model: Path, float32_settings: EncoderSettings) -> None:
        assert TransformerEncoder(tiny_model, float32_settings).encode(TEXTS).shape == (len(TEXTS), 8)

    def test_batches_give_each_text_its_own_row(self, tiny_model: Path, float32_settings: EncoderSettings) -> None:
        alone = TransformerEncoder(tiny_model, msgspec.structs.replace(float32_settings, batch_size=1))
        together = TransformerEncoder(tiny_model, msgspec.structs.replace(float32_settings, batch_size=3))
        texts = [*TEXTS, "\U0001f300"] * 5
        assert together.encode(texts) == pytest.approx(alone.encode(texts), abs=1e-5)

    def test_progress_is_told_after_each_chunk_of_batches(self, tiny_model: Path, float32_settings: EncoderSettings) -> None:
        told: list[int] = []
        encoder = TransformerEncoder(tiny_model, msgspec.structs.replace(float32_settings, batch_size=1))
        encoder.encode(["a storm"] * (transformer._CHUNK_BATCHES + 3), progress=told.append)
        assert told == [transformer._CHUNK_BATCHES, 3]

    def test_bfloat16_gives_nearly_the_same_unit_rows(self, tiny_model: Path, float32_settings: EncoderSettings) -> None:
        exact = TransformerEncoder(tiny_model, float32_settings).encode(TEXTS)
        rough = TransformerEncoder(tiny_model, msgspec.structs.replace(float32_settings, precision="bfloat16")).encode(TEXTS)
        assert rough.dtype == np.float32
        assert np.linalg.norm(rough, axis=1) == pytest.approx(1, abs=1e-5)
        assert not np.array_equal(rough, exact)
        assert (rough * exact).sum(axis=1) == pytest.approx(1, abs=0.01)

    def test_a_folder_without_a_model_is_an_encoder_error(self, weights: Path, float32_settings: EncoderSettings) -> None:
        with pytest.raises(EncoderError, match="encoder mine: its model cannot be loaded"):
            TransformerEncoder(weights, float32_settings, name="mine").encode(["harbour"])
