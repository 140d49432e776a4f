"""Projection: the meaning of articles on a plane, always the same for the same vectors, with how much of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ranker.errors import RankerError

Method = Literal["pca", "tsne"]

TSNE_UP_TO = 2000  # articles: about half a minute; beyond that principal components are used unless t-SNE is asked for
_TSNE_FROM = 4  # fewer have no neighbourhoods to keep
_NEIGHBOURS = 5  # of which it is counted how many stay neighbours
_COMPONENTS = 50  # principal components that t-SNE starts from
_PERPLEXITY = 20.0
_SEED = 0
_START_SPREAD = 1e-4  # of t-SNE's first layout, as its authors advise
_BLOCK = 1000  # rows compared at once


@dataclass(frozen=True, slots=True)
class Projection:
    """Places of articles on a plane."""

    places: NDArray[np.float64]  # (n_articles, 2)
    method: Method
    neighbours_kept: float | None  # share, 0 to 1, of each article's five nearest in meaning that are among its five nearest here
    variance_kept: float | None  # share, 0 to 1, of the vectors' variance; of principal components alone


def projected(vectors: NDArray[np.float32], *, method: Method | None = None) -> Projection:
    """Vectors on a plane.

    `pca` is a linear view by the two directions of most variance: distances far and near mean what they say, but two directions of a
    few hundred keep little. `tsne` (van der Maaten and Hinton, 2008) keeps neighbours together and says nothing of how far apart
    what is not near lies; it starts from the principal components with a fixed seed on one thread. Signs are fixed by rule: the entry
    of each direction that is largest in size is above 0.

    Parameters
    ----------
    vectors : (n_articles, dim) unit rows.
    method : by default `tsne`, and `pca` for fewer than 4 or more than 2,000 articles.

    Raises
    ------
    RankerError : if there is no such method.
    """
    if method not in {None, "pca", "tsne"}:
        raise RankerError(f"method {method!r}: there are pca and tsne")
    n = len(vectors)
    chosen: Method = method or ("tsne" if _TSNE_FROM <= n <= TSNE_UP_TO else "pca")
    if n < _TSNE_FROM:
        chosen = "pca"
    components, shares = _principal(vectors)
    if chosen == "pca":
        return Projection(components[:, :2], "pca", _kept(vectors, components[:, :2]), float(shares[:2].sum()) if n else None)
    places = _tsne(components[:, :_COMPONENTS])
    return Projection(places, "tsne", _kept(vectors, places), None)


def _principal(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, at least 2) principal components of rows, most variance first, and the share of the variance of each."""
    if not len(vectors):
        return np.zeros((0, 2)), np.zeros(2)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    components = centred @ (directions * signs[:, None]).T
    total = float((sizes**2).sum())
    shares = sizes**2 / total if total else np.zeros(len(sizes))
    missing = max(0, 2 - components.shape[1])
    return np.pad(components, ((0, 0), (0, missing))), np.pad(shares, (0, missing))


def _tsne(components: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = components[:, :2] / (components[:, 0].std() or 1.0) * _START_SPREAD
    perplexity = min(_PERPLEXITY, (len(components) - 1) / 3)
    with threadpool_limits(limits=1):  # sums over threads would come out in another order each time
        places = TSNE(perplexity=perplexity, init=start, random_state=_SEED, learning_rate="auto").fit_transform(components)
    return np.asarray(places, dtype=np.float64)


def _kept(vectors: NDArray[np.float32], places: NDArray[np.float64]) -> float | None:
    """The mean share of each row's nearest in meaning that are among its nearest on the plane; None where all are near."""
    n = len(vectors)
    if n <= _NEIGHBOURS + 1:
        return None
    kept = 0
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(n, start + _BLOCK))
        meant = _nearest(-(vectors[rows] @ vectors.T).astype(np.float64), start)
        apart = ((places[rows, None, :] - places[None, :, :]) ** 2).sum(axis=2)
        shown = _nearest(apart, start)
        kept += sum(len(set(one) & set(other)) for one, other in zip(meant.tolist(), shown.tolist(), strict=True))
    return kept / (n * _NEIGHBOURS)


def _nearest(distances: NDArray[np.float64], start: int) -> NDArray[np.intp]:
    """(rows, _NEIGHBOURS) columns nearest to each row, itself left out; ties by column."""
    rows = np.arange(len(distances))
    distances[rows, rows + start] = np.inf
    return np.argsort(distances, axis=1, kind="stable")[:, :_NEIGHBOURS]
