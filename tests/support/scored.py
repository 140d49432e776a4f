"""Rows whose inner products are numbers of one's choice."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray


def rows_of_scores(matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows i and j whose product is matrix[i, j], exactly: each pair i < j has a column that nobody else has."""
    n = len(matrix)
    rows = np.zeros((n, n * (n - 1) // 2), dtype=np.float32)
    for column, (i, j) in enumerate(itertools.combinations(range(n), 2)):
        rows[i, column], rows[j, column] = matrix[i, j], 1
    return rows
