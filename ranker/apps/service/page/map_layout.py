"""Places on a map: articles laid out so that alike texts lie near each other, the same every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NO_LENGTH = 1e-9  # of a direction, as a share of all there is: less is rounding


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each text lies, and how much of the distances that keeps.

    Parameters
    ----------
    places : (n, 2) float64; the distance of two places is at most the distance of their texts, sqrt(2 - 2 cosine).
    kept : from 0 to 1: the squared distances of all pairs on the map, added up, over those of the texts; 1 if all are one text.
    """

    places: NDArray[np.float64]
    kept: float


def layout(vectors: NDArray[np.floating]) -> Layout:
    """The two directions in which texts differ most: classical scaling (Torgerson, 1952, doi:10.1007/BF02288916).

    The distance of two texts is sqrt(2 - 2 cosine), the length between their unit vectors. One, two and three texts keep their
    distances exactly. Which way a direction points is no matter of distances; of the texts that lie farthest out the first is on
    its positive side, so that the same rows give the same map.

    Parameters
    ----------
    vectors : (n, dim) unit rows; a row of zeros stays one.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    places = np.zeros((len(rows), 2))
    if not len(rows):
        return Layout(places, 1.0)
    centred = rows - rows.mean(axis=0)
    lengths, directions = np.linalg.eigh(centred @ centred.T)  # rising
    total = float(lengths.sum())
    if total <= _NO_LENGTH:
        return Layout(places, 1.0)
    kept = 0.0
    for axis in range(min(2, len(rows))):
        length = float(lengths[-1 - axis])
        if length > _NO_LENGTH * total:
            places[:, axis] = _turned(directions[:, -1 - axis]) * np.sqrt(length)
            kept += length
    return Layout(places, min(1.0, kept / total))


def _turned(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """A direction with the first of its farthest rows on the positive side."""
    far = np.abs(direction)
    farthest = int(np.flatnonzero(far >= far.max() * (1 - 1e-6))[0])
    return direction if direction[farthest] >= 0 else -direction
