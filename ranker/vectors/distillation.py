"""Distillation: a static model made from a transformer's own token vectors, and fitted to its vectors of whole texts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.errors import InputError
from ranker.settings import EncoderSettings
from ranker.vectors.encoder import Progress, Vectors
from ranker.vectors.static import FORMAT_VERSION, StaticManifest, mean_rows
from ranker.vectors.transformer import TransformerEncoder

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_TOKENS_PER_BATCH = 2048
_TEXTS_PER_BATCH = 64
_FIT_ROUNDS = 25  # of conjugate gradients; the texts' cosines with their targets have stopped moving by then


@dataclass(frozen=True, slots=True)
class DistillationSettings:
    """How a static model is made."""

    dimensions: int = 256
    rarity: float = 3e-4  # the SIF weight of a token of frequency f is rarity / (rarity + f)
    prior_tokens: float = 10_000.0  # weight, in tokens, of Zipf's law over the vocabulary against the counted texts
    ridge: float | None = 0.1  # how firmly rows stay where the tokens' own vectors put them; None: they are not fitted


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


def fitted_table(table: StaticTable, token_ids: Sequence[Sequence[int]], teacher_vectors: Vectors, *, ridge: float) -> StaticTable:
    """The table moved so that texts lie where the transformer puts them; rows of tokens that no text holds stay.

    Parameters
    ----------
    teacher_vectors : (len(token_ids), width) float32, the transformer's unit vectors of the same texts, width >= dimensions.
    ridge : weight of a row's move against a text's miss, above 0.

    Notes
    -----
    The transformer's vectors, less their mean, are turned onto the static ones (orthogonal Procrustes: Schönemann, 1966,
    doi:10.1007/BF02289451). Then the moves solve a ridge regression (Hoerl and Kennard, 1970, doi:10.2307/1267351) of these targets
    on the texts' token counts, each text's counts divided by the length of its sum before. That static models gain from being
    fitted to sentence vectors was shown by Tulkens and van Dongen with tokenlearn (2024, https://github.com/MinishLab/tokenlearn).
    """
    n_tokens = len(table.rows)
    counts = _count_rows(token_ids, n_tokens)
    sums = counts @ table.rows
    lengths = np.linalg.norm(sums, axis=1)
    known = lengths > 0
    counts, units = counts[known], sums[known] / lengths[known, None]
    counts.data /= np.repeat(lengths[known].astype(np.float32), np.diff(counts.indptr))
    wanted = teacher_vectors[known] - teacher_vectors[known].mean(axis=0)
    wanted /= np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    static = units - table.centre
    left, _, right = np.linalg.svd(wanted.T @ static, full_matrices=False)
    targets = table.centre + np.linalg.norm(static, axis=1).mean() * (wanted @ (left @ right))
    movable = np.asarray(table.rows.any(axis=1), dtype=np.bool_)
    moves = _ridge_moves(counts, np.asarray(targets - units, dtype=np.float32), ridge, movable)
    rows = np.asarray(table.rows + moves, dtype=np.float32)
    return StaticTable(rows, mean_rows(token_ids, rows, np.zeros(rows.shape[1], dtype=np.float32))[known].mean(axis=0))


def distill(
    model: Path, texts: Sequence[str], target: Path, settings: DistillationSettings, *, teacher: str, progress: Progress | None = None
) -> StaticManifest:
    """Make a static model from the sentence-transformers model in a folder and write it to `target`.

    Parameters
    ----------
    texts : ordinary titles and excerpts, some thousands: token frequencies, a mean, and what the rows are fitted to.
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
    if settings.ridge is not None:
        encoder = TransformerEncoder(model, EncoderSettings(name=teacher, batch_size=_TEXTS_PER_BATCH, precision="auto"))
        table = fitted_table(table, token_ids, encoder.encode(texts), ridge=settings.ridge)
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


def _count_rows(token_ids: Sequence[Sequence[int]], n_tokens: int) -> csr_array:
    """(len(token_ids), n_tokens) how often each text holds each token, float32."""
    from scipy.sparse import csr_array

    starts = np.cumsum([0, *(len(ids) for ids in token_ids)])
    tokens = np.fromiter((token for ids in token_ids for token in ids), dtype=np.int64, count=int(starts[-1]))
    counts = csr_array((np.ones(len(tokens), dtype=np.float32), tokens, starts), shape=(len(token_ids), n_tokens))
    counts.sum_duplicates()
    return counts


def _ridge_moves(counts: csr_array, misses: Vectors, ridge: float, movable: NDArray[np.bool_]) -> Vectors:
    """(n_tokens, dimensions) x that makes |counts @ x - misses|^2 + ridge |x|^2 least (conjugate gradients: Hestenes and Stiefel, 1952)."""
    back = counts.T.tocsr()
    keep = movable[:, None]
    moves = np.zeros((counts.shape[1], misses.shape[1]), dtype=np.float32)
    residual = np.where(keep, back @ misses, 0).astype(np.float32)
    step = residual.copy()
    size = (residual**2).sum(axis=0)
    tiny = np.finfo(np.float32).tiny
    for _ in range(_FIT_ROUNDS):
        change = np.where(keep, back @ (counts @ step) + ridge * step, 0).astype(np.float32)
        share = size / np.maximum((step * change).sum(axis=0), tiny)
        moves += share * step
        residual -= share * change
        before, size = size, (residual**2).sum(axis=0)
        step = residual + step * (size / np.maximum(before, tiny))
    return moves


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
