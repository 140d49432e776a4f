"""Distillation: a table that stands for a transformer, and the folder it is written to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from ranker.errors import InputError
from ranker.vectors.distillation import (
    DistillationSettings,
    StaticTable,
    _ridge_moves,
    distill,
    distilled_table,
    fitted_table,
    write_static_model,
)
from ranker.vectors.encoder import Vectors
from ranker.vectors.static import StaticEncoder, mean_rows

N_TOKENS, WIDTH = 40, 12
SILENT = (0, 3)
TEXTS = [list(np.random.default_rng(seed).integers(1, N_TOKENS, size=9)) for seed in range(60)]


@pytest.fixture(scope="module")
def token_vectors() -> Vectors:
    return np.random.default_rng(1).normal(size=(N_TOKENS, WIDTH)).astype(np.float32)


def _table(token_vectors: Vectors, **settings: float) -> StaticTable:
    return distilled_table(token_vectors, TEXTS, SILENT, DistillationSettings(**({"dimensions": WIDTH} | settings)))  # type: ignore[arg-type]  # a dict of mixed numbers


def test_the_table_has_a_row_for_each_token_in_the_wanted_width(token_vectors: Vectors) -> None:
    table = _table(token_vectors, dimensions=5)
    assert table.rows.shape == (N_TOKENS, 5)
    assert table.centre.shape == (5,)
    assert table.rows.dtype == table.centre.dtype == np.float32


def test_silent_tokens_have_zero_rows_and_no_others_have(token_vectors: Vectors) -> None:
    table = _table(token_vectors)
    assert np.flatnonzero(~table.rows.any(axis=1)).tolist() == list(SILENT)


def test_all_components_together_keep_every_angle(token_vectors: Vectors) -> None:
    table = _table(token_vectors, rarity=1e9)  # so rare that every token weighs 1
    plain = token_vectors - token_vectors.mean(axis=0)
    plain[list(SILENT)] = 0
    assert table.rows @ table.rows.T == pytest.approx(plain @ plain.T, abs=1e-4)


def test_the_first_components_keep_most_of_the_spread(token_vectors: Vectors) -> None:
    table = _table(token_vectors)
    spread = (mean_rows(TEXTS, table.rows, np.zeros(WIDTH, dtype=np.float32)) - table.centre).var(axis=0)
    assert list(spread) == sorted(spread, reverse=True)


def test_components_point_the_same_way_on_every_machine(token_vectors: Vectors) -> None:
    table = _table(token_vectors, rarity=1e9)
    plain = token_vectors - token_vectors.mean(axis=0)
    plain[list(SILENT)] = 0
    components = np.linalg.lstsq(plain, table.rows)[0]
    assert (components[np.abs(components).argmax(axis=0), np.arange(WIDTH)] > 0).all()  # the largest entry of each


def test_the_centre_is_the_mean_of_the_texts_vectors(token_vectors: Vectors) -> None:
    table = _table(token_vectors)
    vectors = mean_rows(TEXTS, table.rows, np.zeros(WIDTH, dtype=np.float32))
    assert table.centre == pytest.approx(vectors.mean(axis=0), abs=1e-5)


def test_a_frequent_token_weighs_less_than_a_rare_one() -> None:
    alike = np.eye(4, dtype=np.float32) - 0.25  # four tokens, as far from one another as can be, of mean 0
    table = distilled_table(alike, [[1, 1, 1, 2], [1, 1, 3, 1]], [0], DistillationSettings(dimensions=4, prior_tokens=1))
    often, once, also_once = np.linalg.norm(table.rows[1:], axis=1)
    assert often < once
    assert once == pytest.approx(also_once, rel=0.05)


def test_a_weight_is_rarity_over_rarity_and_frequency() -> None:
    alike = np.eye(3, dtype=np.float32) - np.float32(1 / 3)
    settings = DistillationSettings(dimensions=3, rarity=0.1, prior_tokens=6)
    table = distilled_table(alike, [[1, 1, 1], [2]], [], settings)
    zipf = np.array([1, 1 / 2, 1 / 3]) / (1 + 1 / 2 + 1 / 3)
    frequency = (np.array([0, 3, 1]) + 6 * zipf) / (4 + 6)
    expected = 0.1 / (0.1 + frequency) * np.linalg.norm(alike[0])
    assert np.linalg.norm(table.rows, axis=1) == pytest.approx(expected, rel=1e-5)


def test_the_table_does_not_depend_on_the_texts_order(token_vectors: Vectors) -> None:
    forward = _table(token_vectors)
    backward = distilled_table(token_vectors, TEXTS[::-1], SILENT, DistillationSettings(dimensions=WIDTH))
    assert backward.rows == pytest.approx(forward.rows, abs=1e-4)


@pytest.mark.parametrize("texts", [[], [[1, 2]]])
def test_fewer_than_two_texts_are_refused(token_vectors: Vectors, texts: list[list[int]]) -> None:
    with pytest.raises(InputError, match=f"needs at least two texts, got {len(texts)}"):
        distilled_table(token_vectors, texts, SILENT, DistillationSettings())


def test_a_written_model_is_read_back_within_eight_bits(token_vectors: Vectors, tmp_path: Path) -> None:
    table = _table(token_vectors)
    write_static_model(table, b"{}", tmp_path / "model", teacher="someone")
    rows, centre = StaticEncoder(tmp_path / "model")._table
    half_a_step = np.abs(table.rows).max(axis=1, keepdims=True) / 127 / 2
    assert (np.abs(rows - table.rows) <= half_a_step * 1.15).all()  # the scale itself is rounded to 11 bits: up to 127 / 2**11 of a step
    assert np.array_equal(centre, table.centre)


def test_the_manifest_tells_what_the_model_is(token_vectors: Vectors, tmp_path: Path) -> None:
    manifest = write_static_model(_table(token_vectors), b"{}", tmp_path / "deep" / "model", teacher="someone")
    assert (manifest.name, manifest.teacher, manifest.dimensions) == ("model", "someone", WIDTH)
    assert set(manifest.sha256) == {"table.npz", "tokenizer.json"}
    assert json.loads((tmp_path / "deep" / "model" / "manifest.json").read_bytes())["sha256"] == manifest.sha256
    assert StaticEncoder(tmp_path / "deep" / "model").manifest == manifest


def test_a_model_is_written_over_an_older_one(token_vectors: Vectors, tmp_path: Path) -> None:
    write_static_model(_table(token_vectors), b"{}", tmp_path, teacher="first")
    write_static_model(_table(token_vectors, dimensions=3), b"{}", tmp_path, teacher="second")
    encoder = StaticEncoder(tmp_path)
    assert encoder.manifest.teacher == "second"
    assert encoder._table[0].shape == (N_TOKENS, 3)


HEADLINES = ("a storm closed the harbour", "ferry crew waits for calm sea", "the harbour at dawn", "crew waits")


@pytest.fixture(scope="module")
def distilled(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[StaticEncoder, list[int]]:
    """The tiny model's static form, and what was told of the progress."""
    told: list[int] = []
    folder = tmp_path_factory.mktemp("distilled") / "static-tiny"
    distill(tiny_model, HEADLINES, folder, DistillationSettings(dimensions=6), teacher="tiny", progress=told.append)
    return StaticEncoder(folder), told


@pytest.mark.model
class TestDistillingATransformer:
    """From a sentence-transformers model to an encoder without torch."""

    def test_gives_unit_rows_of_the_wanted_width(self, distilled: tuple[StaticEncoder, list[int]]) -> None:
        vectors = distilled[0].encode(HEADLINES)
        assert vectors.shape == (len(HEADLINES), 6)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)

    def test_knows_the_teachers_words_and_no_others(self, distilled: tuple[StaticEncoder, list[int]]) -> None:
        known, unknown, mark = distilled[0].encode(["Storms", "zeppelin", "[SEP]"])
        assert known.any()
        assert not unknown.any()
        assert not mark.any()

    def test_tells_the_tokens_that_are_done(self, distilled: tuple[StaticEncoder, list[int]]) -> None:
        assert sum(distilled[1]) == len(json.loads((distilled[0]._folder.path / "tokenizer.json").read_bytes())["model"]["vocab"])

    def test_can_be_left_as_the_tokens_own_vectors(
        self, distilled: tuple[StaticEncoder, list[int]], tiny_model: Path, tmp_path: Path
    ) -> None:
        distill(tiny_model, HEADLINES, tmp_path, DistillationSettings(dimensions=6, ridge=None), teacher="tiny")
        assert not np.allclose(StaticEncoder(tmp_path)._table[0], distilled[0]._table[0], atol=1e-3)

    def test_makes_the_same_model_again(self, distilled: tuple[StaticEncoder, list[int]], tiny_model: Path, tmp_path: Path) -> None:
        again = distill(tiny_model, HEADLINES, tmp_path / "static-tiny", DistillationSettings(dimensions=6), teacher="tiny")
        assert again == distilled[0].manifest


class TestFitting:
    """The table moved towards the transformer's own vectors of the texts."""

    TEACHER = np.random.default_rng(3).normal(size=(len(TEXTS), WIDTH)).astype(np.float32)

    @staticmethod
    def agreement(table: StaticTable) -> float:
        """Correlation of the cosines between texts with those of the teacher, less its mean."""
        vectors = mean_rows(TEXTS, table.rows, table.centre)
        wanted = TestFitting.TEACHER - TestFitting.TEACHER.mean(axis=0)
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
        places = np.triu_indices(len(TEXTS), 1)
        return float(np.corrcoef((vectors @ vectors.T)[places], (wanted @ wanted.T)[places])[0, 1])

    def test_texts_lie_more_as_the_transformer_puts_them(self, token_vectors: Vectors) -> None:
        table = _table(token_vectors)
        assert self.agreement(fitted_table(table, TEXTS, self.TEACHER, ridge=0.1)) > self.agreement(table) + 0.1

    def test_a_heavy_ridge_holds_the_rows_where_they_are(self, token_vectors: Vectors) -> None:
        table = _table(token_vectors)
        assert fitted_table(table, TEXTS, self.TEACHER, ridge=1e9).rows == pytest.approx(table.rows, abs=1e-4)

    def test_tokens_of_no_text_and_silent_tokens_stay(self, token_vectors: Vectors) -> None:
        texts = [[token for token in ids if token != 7] or [1] for ids in TEXTS]
        table = distilled_table(token_vectors, texts, SILENT, DistillationSettings(dimensions=WIDTH))
        fitted = fitted_table(table, texts, self.TEACHER, ridge=0.1)
        stayed = np.flatnonzero((fitted.rows == table.rows).all(axis=1))
        assert stayed.tolist() == [*SILENT, 7]

    def test_the_centre_is_that_of_the_moved_rows(self, token_vectors: Vectors) -> None:
        fitted = fitted_table(_table(token_vectors), TEXTS, self.TEACHER, ridge=0.1)
        expected = mean_rows(TEXTS, fitted.rows, np.zeros(WIDTH, dtype=np.float32)).mean(axis=0)
        assert fitted.centre == pytest.approx(expected, abs=1e-6)

    def test_the_moves_are_those_of_a_ridge_regression(self) -> None:
        counts = np.random.default_rng(5).integers(0, 3, size=(9, 4)).astype(np.float32)
        misses = np.random.default_rng(6).normal(size=(9, 2)).astype(np.float32)
        slow = np.linalg.solve(counts.T @ counts + 0.5 * np.eye(4), counts.T @ misses)
        moves = _ridge_moves(csr_array(counts), misses, 0.5, np.ones(4, dtype=np.bool_))
        assert moves == pytest.approx(slow, abs=1e-4)

    def test_a_text_without_a_known_token_does_no_harm(self, token_vectors: Vectors) -> None:
        table = _table(token_vectors)
        extra = np.concatenate([self.TEACHER, np.ones((1, WIDTH), dtype=np.float32)])
        assert np.isfinite(fitted_table(table, [*TEXTS, list(SILENT)], extra, ridge=0.1).rows).all()
