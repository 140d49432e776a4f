"""An encoder without a model: each word is a direction that its hash picks, a text the sum of its words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from ranker.vectors.encoder import Progress, Vectors

_WORD = re.compile(r"\w+")


class HashingEncoder:
    """Deterministic on every machine; texts with words in common are near. `seen` holds every text it was asked for."""

    def __init__(self, dimensions: int = 128) -> None:
        self._dimensions = dimensions
        self.seen: list[str] = []

    @property
    def fingerprint(self) -> str:
        return f"hashing:{self._dimensions}"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.seen += texts
        sums = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.casefold()):
                sums[row] += _direction(word, self._dimensions)
        if progress is not None and len(texts):
            progress(len(texts))
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray(sums / np.where(lengths > 0, lengths, 1), dtype=np.float32)


@cache
def _direction(word: str, dimensions: int) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8])
    return np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.float32), size=dimensions)
