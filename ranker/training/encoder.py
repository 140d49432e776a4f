"""Fine-tuning: a sentence-transformers model taught that texts of one story lie near each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ranker.training.pairs import BatchSampler, PairSettings, TrainingStory
from ranker.vectors.encoder import Progress, Vectors
from ranker.vectors.transformer import chosen_precision

if TYPE_CHECKING:
    from torch import Tensor

_CHUNKS = 4  # a batch is computed in so many parts of like length: half the time goes into padding otherwise
_MASKED = -1e4  # a logit that no softmax sees
_LONGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How an encoder is fine-tuned; benchmarks/encoders/README.md says what each choice gave."""

    steps: int = 600
    learning_rate: float = 4e-5
    warm_up: float = 0.1  # share of the steps in which the rate rises; it falls to 0 in the rest
    weight_decay: float = 0.01
    temperature: float = 0.05
    same_side: bool = True  # anchors are negatives of anchors, too, and positives of positives
    nested_dimensions: tuple[int, ...] = ()  # shorter prefixes of the vectors that are trained as well
    max_tokens: int = 80
    seed: int = 0
    pairs: PairSettings = field(default_factory=PairSettings)


def train_encoder(
    base: Path,
    stories: Sequence[TrainingStory],
    vectors: Vectors,
    settings: TrainingSettings,
    *,
    n_mined: int = 0,
    progress: Progress | None = None,
) -> tuple[Any, list[float]]:
    """The fine-tuned model, and the loss of each step.

    Parameters
    ----------
    base : folder of the sentence-transformers model to start from; it stays as it is.
    stories : what to learn from, the `n_mined` last ones mined.
    vectors : (n_stories, dimensions) unit rows that say which stories are near each other (`story_vectors`).
    progress : told after each step.

    Returns
    -------
    A SentenceTransformer; `save(folder)` writes it. The same input, seed and number of threads give the same weights.

    Notes
    -----
    AdamW (Loshchilov and Hutter, 2019), linear warm-up and decay; bfloat16 products where the processor has them.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(base), device="cpu")
    longest = model.max_seq_length
    model.max_seq_length = settings.max_tokens if longest is None else min(settings.max_tokens, longest)
    sampler = BatchSampler(stories, vectors, settings.pairs, n_mined=n_mined, seed=settings.seed)
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, settings))
        model.train()
        for batch in islice(sampler, settings.steps):
            loss = _loss(_encoded(model, [*batch.anchors, *batch.positives]), torch.from_numpy(batch.doubles), settings)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # the library does not type it
            torch.nn.utils.clip_grad_norm_(model.parameters(), _LONGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if progress is not None:
                progress(1)
    model.eval()
    model.max_seq_length = longest
    return model, losses


def rate_at(step: int, settings: TrainingSettings) -> float:
    """Share of the learning rate at a step, 0 to 1: up in a line, then down in a line to 0."""
    rising = max(1, math.ceil(settings.warm_up * settings.steps))
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (settings.steps - step) / max(1, settings.steps - rising))


def contrastive_loss(anchors: Tensor, positives: Tensor, doubles: Tensor, *, temperature: float, same_side: bool = True) -> Tensor:
    """How badly each text's partner is told from the other stories' texts; 0 is perfect.

    The mean over both directions of the softmax cross-entropy over cosine / temperature, a text's own side among its
    negatives if `same_side` (Li et al., 2023, doi:10.48550/arXiv.2308.03281, equation 2, each direction with its own
    softmax); `doubles` takes likely false negatives out (as Solatorio, 2024, doi:10.48550/arXiv.2402.16829, does by a
    guiding model).

    Parameters
    ----------
    anchors, positives : (n_pairs, dimensions) unit rows.
    doubles : (n_pairs, n_pairs) bool, the diagonal False.
    """
    import torch

    own = torch.eye(len(anchors), dtype=torch.bool)
    across = (anchors @ positives.T / temperature).masked_fill(doubles, _MASKED)
    forward, backward = [across], [across.T]
    if same_side:
        forward.append((anchors @ anchors.T / temperature).masked_fill(doubles | own, _MASKED))
        backward.append((positives @ positives.T / temperature).masked_fill(doubles | own, _MASKED))
    partner = torch.arange(len(anchors))
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(torch.cat(forward, 1), partner) + cross_entropy(torch.cat(backward, 1), partner)) / 2


def _loss(vectors: Tensor, doubles: Tensor, settings: TrainingSettings) -> Tensor:
    """The loss at full width, or its mean over all widths asked for (Kusupati et al., 2022, doi:10.48550/arXiv.2205.13147)."""
    import torch

    widths = (vectors.shape[1], *settings.nested_dimensions)
    half = len(vectors) // 2
    total = torch.zeros(())
    for width in widths:
        rows = torch.nn.functional.normalize(vectors[:, :width], dim=1)
        total = total + contrastive_loss(rows[:half], rows[half:], doubles, temperature=settings.temperature, same_side=settings.same_side)
    return total / len(widths)


def _encoded(model: Any, texts: Sequence[str]) -> Tensor:
    """(len(texts), dimensions) float32 rows with their gradients; texts of like length share a part."""
    import torch

    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
    parts = []
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=chosen_precision("auto") == "bfloat16"):
        for rows in np.array_split(np.array(order), min(_CHUNKS, len(texts))):
            features = model.preprocess([texts[i] for i in rows])
            parts.append(model(features)["sentence_embedding"].float())
    back = torch.empty(len(texts), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(texts))
    return torch.cat(parts)[back]
