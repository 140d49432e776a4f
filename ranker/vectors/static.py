"""The static encoder: a table of token vectors, averaged; no attention, no torch, thousands of texts a second."""

from __future__ import annotations

import hashlib
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

_CHUNK_TEXTS = 4096
_MANIFEST = "manifest.json"
_TABLE = "table.npz"
_TOKENIZER = "tokenizer.json"
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
        self._folder = folder

    @cached_property
    def manifest(self) -> StaticManifest:
        """The model's manifest, its format checked.

        Raises
        ------
        ArtifactError : if it is missing, damaged or of another format.
        """
        path = self._folder / _MANIFEST
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=StaticManifest)
        except (OSError, msgspec.DecodeError) as error:
            raise ArtifactError(f"{path}: cannot be read ({error}); `ranker models distill` makes the model") from error
        if manifest.format != FORMAT_VERSION:
            raise ArtifactError(f"{path}: format {manifest.format}, this version of ranker reads {FORMAT_VERSION}")
        return manifest

    @property
    def fingerprint(self) -> str:
        """Name and hash of table and tokenizer, as the manifest gives them; what is read later is held to it."""
        hashes = "".join(self._sha256(name) for name in (_TABLE, _TOKENIZER))
        return f"{self.manifest.name}:{hashlib.sha256(hashes.encode()).hexdigest()[:16]}"

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
        from tokenizers import Tokenizer

        data = self._bytes(_TOKENIZER)
        try:
            tokenizer = Tokenizer.from_buffer(data)
        except Exception as error:  # the library raises bare Exception
            raise ArtifactError(f"{self._folder / _TOKENIZER}: cannot be read ({error})") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _table(self) -> tuple[Vectors, Vectors]:
        """Token rows (n_tokens, dimensions) float32 and centre (dimensions,) float32."""
        path, data = self._folder / _TABLE, self._bytes(_TABLE)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                rows = arrays["rows"].astype(np.float32) * arrays["scales"].astype(np.float32)[:, None]
                centre = arrays["centre"].astype(np.float32)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ArtifactError(f"{path}: cannot be read ({error})") from error
        if rows.shape[1] != self.manifest.dimensions:
            raise ArtifactError(f"{path}: {rows.shape[1]} dimensions, the manifest says {self.manifest.dimensions}")
        return rows, centre

    def _bytes(self, name: str) -> bytes:
        """The bytes of one of the model's files, held to the manifest's hash."""
        path, expected = self._folder / name, self._sha256(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"{path}: cannot be read ({error})") from error
        if hashlib.sha256(data).hexdigest() != expected:
            raise ArtifactError(f"{path}: is damaged or not the file that {_MANIFEST} describes (its SHA-256 differs)")
        return data

    def _sha256(self, name: str) -> str:
        try:
            return self.manifest.sha256[name]
        except KeyError as error:
            raise ArtifactError(f"{self._folder / _MANIFEST}: gives no SHA-256 of {name}") from error


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
