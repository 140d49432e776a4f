"""The static encoder: a table of token vectors, averaged; no attention, no torch, thousands of texts a second."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.errors import ArtifactError
from ranker.vectors.encoder import Progress, Vectors
from ranker.vectors.model_folder import TOKENIZER, ModelFolder

_CHUNK_TEXTS = 4096
_TABLE = "table.npz"
FORMAT_VERSION = 1


class StaticManifest(msgspec.Struct, frozen=True):
    """What a static model is: read before its files are used."""

    format: int
    name: str
    teacher: str
    dimensions: int
    created_by: str
    sha256: dict[str, str]  # file name -> SHA-256 of its bytes


class StaticEncoder:
    """A static model in a folder: `manifest.json`, `tokenizer.json`, `table.npz`.

    The vector of a text is the mean of its tokens' rows, less the mean over ordinary texts (`centre`), at
    length 1. Rows are already weighted by how rare the token is (SIF weights: Arora, Liang and Ma, 2017,
    https://openreview.net/forum?id=SyK00v5xx), and kept as int8 with one scale a row.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = ModelFolder(folder, StaticManifest, version=FORMAT_VERSION, made_by="ranker models distill")

    @property
    def manifest(self) -> StaticManifest:
        """See `ModelFolder.manifest`."""
        return self._folder.manifest

    @property
    def fingerprint(self) -> str:
        """See `ModelFolder.fingerprint`."""
        return self._folder.fingerprint((_TABLE, TOKENIZER))

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        table, centre = self._table
        result = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            chunk = texts[start : start + _CHUNK_TEXTS]
            result[start : start + len(chunk)] = mean_rows(self._token_ids(chunk), table, centre)
            if progress is not None:
                progress(len(chunk))
        return result

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = self._folder.tokenizer()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _table(self) -> tuple[Vectors, Vectors]:
        """Token rows (n_tokens, dimensions) float32 and centre (dimensions,) float32."""
        path, data = self._folder.path / _TABLE, self._folder.read(_TABLE)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                rows = arrays["rows"].astype(np.float32) * arrays["scales"].astype(np.float32)[:, None]
                centre = arrays["centre"].astype(np.float32)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ArtifactError(f"{path}: cannot be read ({error})") from error
        if rows.shape[1] != self.manifest.dimensions:
            raise ArtifactError(f"{path}: {rows.shape[1]} dimensions, the manifest says {self.manifest.dimensions}")
        return rows, centre


def mean_rows(token_ids: Sequence[Sequence[int]], table: Vectors, centre: Vectors) -> Vectors:
    """Unit vectors of texts given as token ids.

    Parameters
    ----------
    token_ids : for each text the rows of `table` that it is made of.
    table : (n_tokens, dimensions) float32; a row of zeros is a token that says nothing.
    centre : (dimensions,) float32, the mean over ordinary texts of the unit mean row.

    Returns
    -------
    (len(token_ids), dimensions) float32 of length 1; 0 for a text without any known token.
    """
    counts = np.array([len(ids) for ids in token_ids], dtype=np.intp)
    result: Vectors = np.zeros((len(counts), table.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return result
    flat: NDArray[np.intp] = np.fromiter((token for ids in token_ids for token in ids), dtype=np.intp, count=int(counts.sum()))
    starts = np.concatenate(([0], np.cumsum(counts[filled])[:-1]))
    sums = np.add.reduceat(table[flat], starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    known = lengths[:, 0] > 0
    centred = sums[known] / lengths[known] - centre
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    result[filled[known]] = centred
    return result
