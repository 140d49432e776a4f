"""A cascade: static vectors for all articles, the transformer only for those that the static ones leave in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sets import KeptVectors, LabelledSet, ranking_of

from ranker.evaluation.report import evaluate
from ranker.stories.same_story import probability
from ranker.vectors.encoder import Vectors

FAST, SLOW = "static", "news-minilm int8"
DOUBTS = (0.4, 0.2, 0.05)  # an article is doubtful if a pair of it has P(same story) between this and one minus this
RIDGE = 10.0  # weight of no map at all, in articles


def cascade_figures(
    sets: Sequence[LabelledSet], vectors: dict[str, dict[str, Vectors]], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """B-cubed and speed of the cascade for several widths of doubt, as rows of the frontier."""
    speeds = {row["label"]: row["articlesPerCpuSecond"] for row in rows}
    if FAST not in speeds or SLOW not in speeds:
        return []
    found = []
    for doubt in DOUBTS:
        shares, f1 = {}, {}
        for chosen in sets:
            mixed, share = _mixed(chosen, vectors[FAST][chosen.name], vectors[SLOW][chosen.name], doubt)
            shares[chosen.name] = round(share, 3)
            ranking = ranking_of(chosen, KeptVectors.of(chosen, mixed), "news-minilm")
            f1[chosen.name] = round(evaluate(ranking, chosen.labels).b_cubed.f1, 4)
        seconds = 1 / speeds[FAST] + float(np.mean(list(shares.values()))) / speeds[SLOW]
        found.append(
            {
                "label": f"cascade, doubt {doubt:g} to {1 - doubt:g}",
                "kind": "cascade",
                "articlesPerCpuSecond": round(1 / seconds, 1),
                "meanBCubed": round(float(np.mean(list(f1.values()))), 4),
                "shareOfTransformer": shares,
                "sets": {name: {"bCubed": value} for name, value in f1.items()},
            }
        )
        print(found[-1]["label"], found[-1]["meanBCubed"], shares, flush=True)
    return found


def _mixed(chosen: LabelledSet, fast: Vectors, slow: Vectors, doubt: float) -> tuple[Vectors, float]:
    """Vectors of all articles in the transformer's space, and the share that it was asked for."""
    grouping = ranking_of(chosen, KeptVectors.of(chosen, fast), "static").grouping
    chance = probability(grouping.log_odds)
    unsure = (chance > doubt) & (chance < 1 - doubt)
    ids = {grouping.corpus.articles[row].id for side in (grouping.pairs.left, grouping.pairs.right) for row in side[unsure].tolist()}
    asked = np.array([article.id in ids for article in chosen.articles])
    mapped = fast @ _linear_map(fast[asked], slow[asked])
    mapped /= np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.where(asked[:, None], slow, mapped).astype(np.float32), float(asked.mean())


def _linear_map(source: Vectors, target: Vectors) -> NDArray[np.float64]:
    """The matrix that takes `source` nearest to `target` (ridge regression: Hoerl and Kennard, 1970, doi:10.2307/1267351)."""
    wide = source.astype(np.float64)
    return np.asarray(np.linalg.solve(wide.T @ wide + RIDGE * np.eye(wide.shape[1]), wide.T @ target))
