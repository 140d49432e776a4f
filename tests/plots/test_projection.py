"""Projection: the same plane for the same vectors, and how much of the neighbourhoods it keeps."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from ranker.errors import RankerError
from ranker.plots.projection import projected


def unit_rows(n: int, dimensions: int = 16, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, dimensions))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def kept_by_hand(vectors: NDArray[np.float32], places: NDArray[np.float64]) -> float:
    found = 0
    for row in range(len(vectors)):
        others = [other for other in range(len(vectors)) if other != row]
        meant = sorted(others, key=lambda other: (-float(vectors[row].astype(float) @ vectors[other].astype(float)), other))[:5]
        shown = sorted(others, key=lambda other: (float(((places[row] - places[other]) ** 2).sum()), other))[:5]
        found += len(set(meant) & set(shown))
    return found / (5 * len(vectors))


@pytest.mark.parametrize("seed", range(6))  # of a few, some come out with the other sign
def test_principal_components_keep_the_most_variance_and_have_fixed_signs(seed: int) -> None:
    vectors = unit_rows(40, seed=seed)
    plane = projected(vectors, method="pca")
    centred = vectors.astype(float) - vectors.astype(float).mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    for place in range(2):
        direction = directions[:, -1 - place]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        assert plane.places[:, place] == pytest.approx(centred @ direction, abs=1e-6)
    assert plane.variance_kept == pytest.approx(values[-2:].sum() / values.sum(), abs=1e-6)
    assert plane.method == "pca"


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_share_of_neighbours_kept_is_counted(method: str) -> None:
    vectors = unit_rows(60)
    plane = projected(vectors, method=method)  # type: ignore[arg-type]
    assert plane.neighbours_kept == pytest.approx(kept_by_hand(vectors, plane.places))


def test_what_lies_in_clusters_is_kept_together_by_tsne() -> None:
    centres = unit_rows(6, seed=3)
    vectors = np.repeat(centres, 12, axis=0) + 0.05 * unit_rows(72, seed=4)
    vectors = np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
    plane = projected(vectors)
    assert plane.method == "tsne"
    assert plane.variance_kept is None
    clusters = np.arange(72) // 12
    for row in range(72):
        apart = ((plane.places - plane.places[row]) ** 2).sum(axis=1)
        assert set(clusters[np.argsort(apart)[:12]]) == {clusters[row]}


def test_the_plane_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib, numpy as np\nfrom ranker.plots.projection import projected\n"
        "rows = np.random.default_rng(0).normal(size=(80, 16)).astype(np.float32)\n"
        "print(hashlib.sha256(projected(rows).places.tobytes()).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert runs[0] == runs[1] != ""


@pytest.mark.parametrize("n", range(8))
def test_few_articles_have_places_too(n: int) -> None:
    plane = projected(unit_rows(n))
    assert plane.places.shape == (n, 2)
    assert np.isfinite(plane.places).all()
    assert (plane.neighbours_kept is None) == (n <= 6)


def test_equal_vectors_lie_in_one_place() -> None:
    plane = projected(np.tile(unit_rows(1), (5, 1)), method="pca")
    assert np.ptp(plane.places, axis=0) == pytest.approx([0, 0])
    assert plane.variance_kept is not None


def test_vectors_of_one_dimension_have_two_coordinates() -> None:
    assert projected(np.array([[1.0], [-1.0], [1.0]], dtype=np.float32)).places[:, 1].tolist() == [0, 0, 0]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(RankerError, match="method 'umap': there are pca and tsne"):
        projected(unit_rows(9), method="umap")  # type: ignore[arg-type]
