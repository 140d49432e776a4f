"""Distillation: a static model made from a transformer's own token vectors."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.errors import InputError
from ranker.vectors.encoder import Progress, Vectors
from ranker.vectors.static import FORMAT_VERSION, StaticManifest, mean_rows

_TOKENS_PER_BATCH = 2048


@dataclass(frozen=True, slots=True)
class DistillationSettings:
    """How a static model is made."""

    dimensions: int = 256
    rarity: float = 3e-4  # the SIF weight of a token of frequency f is rarity / (rarity + f)
    prior_tokens: float = 10_000.0  # weight, in tokens, of Zipf's law over the vocabulary against the counted texts


@dataclass(frozen=True, slots=True)
class StaticTable:
    """Token rows (n_tokens, dimensions) float32 and centre (dimensions,) float32."""

    rows: Vectors
    centre: Vectors


def distilled_table(
    token_vectors: Vectors, token_ids: Sequence[Sequence[int]], silent: Sequence[int], settings: DistillationSettings
) -> StaticTable:
    """The static table that stands for a transformer.

    Parameters
    ----------
    token_vectors : (n_tokens, width) float32, the transformer's vector for each token alone.
    token_ids : ordinary texts as token ids; they give the tokens' frequencies and the centre.
    silent : tokens that say nothing (padding, unknown, marks): their rows are zero.

    Raises
    ------
    InputError : if there are fewer than two texts: they have no principal components.

    Notes
    -----
    Rows are weighted by rarity (SIF: Arora, Liang and Ma, 2017), then turned onto the principal components
    of the texts' vectors, of which the first `dimensions` are kept.
    """
    if len(token_ids) < 2:  # noqa: PLR2004 - a covariance needs two
        raise InputError(f"a static model needs at least two texts, got {len(token_ids)}")
    weights = _rarity_weights(len(token_vectors), token_ids, settings)
    weights[list(silent)] = 0
    rows = (token_vectors - token_vectors.mean(axis=0)) * weights[:, None]
    vectors = mean_rows(token_ids, rows, np.zeros(rows.shape[1], dtype=np.float32))
    centre = vectors.mean(axis=0)
    components = _principal_components(vectors - centre, settings.dimensions)
    return StaticTable((rows @ components).astype(np.float32), (centre @ components).astype(np.float32))


def distill(
    model: Path, texts: Sequence[str], target: Path, settings: DistillationSettings, *, teacher: str, progress: Progress | None = None
) -> StaticManifest:
    """Make a static model from the sentence-transformers model in a folder and write it to `target`.

    Parameters
    ----------
    texts : ordinary titles and excerpts, some thousands; only token frequencies and a mean are taken from them.
    progress : told the number of tokens done.
    """
    from sentence_transformers import SentenceTransformer

    transformer = SentenceTransformer(str(model), device="cpu")
    tokenizer = transformer.tokenizer
    token_vectors = _token_vectors(transformer, tokenizer, progress)
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    token_ids = [encoding.ids for encoding in backend.encode_batch_fast(list(texts), add_special_tokens=False)]
    table = distilled_table(token_vectors, token_ids, tokenizer.all_special_ids, settings)
    return write_static_model(table, backend.to_str().encode(), target, teacher=teacher)


def write_static_model(table: StaticTable, tokenizer_json: bytes, target: Path, *, teacher: str) -> StaticManifest:
    """Write table, tokenizer and manifest into a folder, the manifest last."""
    scales = np.abs(table.rows).max(axis=1) / 127
    rows = np.round(table.rows / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, rows=rows, scales=scales.astype(np.float16), centre=table.centre)
    files = {"table.npz": buffer.getvalue(), "tokenizer.json": tokenizer_json}
    manifest = StaticManifest(
        format=FORMAT_VERSION,
        name=target.name,
        teacher=teacher,
        dimensions=table.rows.shape[1],
        created_by="ranker models distill",
        sha256={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    )
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
    (target / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest


def _rarity_weights(n_tokens: int, token_ids: Sequence[Sequence[int]], settings: DistillationSettings) -> NDArray[np.float32]:
    counts = np.zeros(n_tokens)
    for ids in token_ids:
        np.add.at(counts, list(ids), 1)
    # WordPiece vocabularies stand in order of frequency, so Zipf's law over the rank is a fair prior.
    zipf = 1 / np.arange(1, n_tokens + 1)
    frequency = (counts + settings.prior_tokens * zipf / zipf.sum()) / (counts.sum() + settings.prior_tokens)
    return np.asarray(settings.rarity / (settings.rarity + frequency), dtype=np.float32)


def _principal_components(centred: Vectors, dimensions: int) -> NDArray[np.float64]:
    values, components = np.linalg.eigh(np.cov(centred.T.astype(np.float64)))
    top: NDArray[np.float64] = components[:, np.argsort(values)[::-1][:dimensions]]
    # An eigenvector's sign is arbitrary; its largest entry is made positive so that machines agree.
    signs = np.sign(top[np.abs(top).argmax(axis=0), np.arange(top.shape[1])])
    return np.asarray(top * signs)


def _token_vectors(transformer: Any, tokenizer: Any, progress: Progress | None) -> Vectors:
    """Each token's vector when it stands alone between the marks that open and close a text."""
    import torch

    encoder = transformer[0].model if hasattr(transformer[0], "model") else transformer[0].auto_model
    parts: list[Vectors] = []
    n_tokens = len(tokenizer)
    with torch.inference_mode():
        for start in range(0, n_tokens, _TOKENS_PER_BATCH):
            tokens = torch.arange(start, min(n_tokens, start + _TOKENS_PER_BATCH))
            opening, closing = torch.full_like(tokens, tokenizer.cls_token_id), torch.full_like(tokens, tokenizer.sep_token_id)
            ids = torch.stack([opening, tokens, closing], dim=1)
            states = encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            parts.append(states.mean(dim=1).numpy())
            if progress is not None:
                progress(len(tokens))
    return np.concatenate(parts).astype(np.float32)
