"""Pairs spelt row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ranker.vectors.nearest import Pairs


def make_pairs(rows: Sequence[tuple[int, int]], *, dense: object = 0.5, rare: object = 0.5, gap_days: object = 0.0) -> Pairs:
    """Pairs of rows; each number is one for all pairs or one for each."""

    def filled(value: object) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.broadcast_to(np.asarray(value, dtype=np.float32), (len(rows),)).copy()

    left = np.array([one for one, _ in rows], dtype=np.int32)
    right = np.array([other for _, other in rows], dtype=np.int32)
    return Pairs(left, right, filled(dense), filled(rare), filled(gap_days))
