"""The ONNX encoder: a small transformer with weights of 8 bits, run by onnxruntime; neither torch nor transformers is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ranker.errors import ArtifactError
from ranker.vectors.encoder import Progress, Vectors
from ranker.vectors.model_folder import TOKENIZER, ModelFolder

_MODEL = "model.onnx"
_BATCH_TOKENS = 4096  # tokens of one forward pass, all texts together; more need more memory and are no faster
FORMAT_VERSION = 1


class OnnxManifest(msgspec.Struct, frozen=True):
    """What an ONNX model is: read before its files are used."""

    format: int
    name: str
    base: str
    dimensions: int
    max_tokens: int
    created_by: str
    sha256: dict[str, str]  # file name -> SHA-256 of its bytes


class OnnxEncoder:
    """An ONNX model in a folder: `manifest.json`, `tokenizer.json`, `model.onnx` (token ids in, one state a token out).

    The vector of a text is the mean of its tokens' states at length 1. Only texts with the same number of tokens share a forward
    pass: there is no padding, and a text's vector is the same to the bit whatever stands beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = ModelFolder(folder, OnnxManifest, version=FORMAT_VERSION, made_by="ranker train encoder")

    @property
    def manifest(self) -> OnnxManifest:
        """See `ModelFolder.manifest`."""
        return self._folder.manifest

    @property
    def fingerprint(self) -> str:
        """See `ModelFolder.fingerprint`."""
        return self._folder.fingerprint((_MODEL, TOKENIZER))

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        result = np.zeros((len(texts), self.manifest.dimensions), dtype=np.float32)
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        for rows in _batches([len(encoding.ids) for encoding in encodings]):
            ids = np.array([encodings[row].ids for row in rows], dtype=np.int64)
            # The mean is taken here: onnxruntime adds up in another order for one text than for several.
            vectors = self._session.run(["states"], {"ids": ids})[0].mean(axis=1)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
            vectors[np.isin(ids, self._silent).all(axis=1)] = 0
            result[rows] = vectors
            if progress is not None:
                progress(len(rows))
        return result

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = self._folder.tokenizer()
        tokenizer.enable_truncation(self.manifest.max_tokens)
        return tokenizer

    @cached_property
    def _silent(self) -> list[int]:
        """Tokens that say nothing: padding, unknown, marks."""
        return [number for number, token in self._tokenizer.get_added_tokens_decoder().items() if token.special]

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Weights stored in 8 bits and computed in float32 are unpacked once, not in every pass.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        # Threads that wait for work sleep: spinning, they take the core from other processes, and two threads are slower than one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        data = self._folder.read(_MODEL)
        try:
            return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library raises many kinds, some of them bare RuntimeError
            raise ArtifactError(f"{self._folder.path / _MODEL}: cannot be read ({error})") from error


def threads() -> int:
    """Threads to compute with: what OMP_NUM_THREADS says, else as many as the process may use cores."""
    import os

    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of texts of one length, short ones first, in order of row."""
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    for length, group in groupby(order, key=lambda row: lengths[row]):
        rows = list(group)
        size = max(1, _BATCH_TOKENS // max(1, length))
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
