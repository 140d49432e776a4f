"""Compare ways of making groups from one and the same decision: `python benchmarks/same_story/objectives.py FILE... [--encoder E]`.

Every way sees the same scores of all pairs (the shipped decision, nothing tuned), so that only the objective differs:

- average linkage on the score, joined above 0: what ranker does
- average linkage on P, cut at even odds
- average linkage on log-odds (unbounded), joined above 0
- correlation clustering on log-odds: greedy additive contraction (Keuper et al., 2015), then single articles are moved while the sum of
  the log-odds within groups rises (Kernighan and Lin)
- connected components of P > 1/2 (single linkage), and complete linkage on the score
"""

from __future__ import annotations

# ruff: noqa: E402 - the path is set before the imports that need it
import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

FOLDER = Path(__file__).resolve().parent
if sys.path[0] == str(FOLDER):
    sys.path[0] = str(FOLDER.parent.parent)  # as run.py does

from benchmarks.same_story.methods import KnownVectors
from benchmarks.same_story.sets import LabelledSet, labelled_sets
from ranker.evaluation.metrics import b_cubed
from ranker.pipeline import group_articles
from ranker.places import models_folder
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.evidence import SECONDS_PER_DAY
from ranker.stories.same_story import probability
from ranker.stories.story import Grouping
from ranker.vectors.background import load_background
from ranker.vectors.corpus import build_corpus

Square = NDArray[np.float64]
FAR = -1e3  # of pairs farther apart than the window: never together


def all_scores(grouping: Grouping) -> Square:
    """(n, n) scores of all pairs."""
    score = grouping.score
    dense = (score.dense * score.dense_signs) @ score.dense.T
    sparse = (score.sparse.multiply(score.sparse_signs[None, :]).tocsr() @ score.sparse.T).toarray()
    return np.asarray(score.constant + dense + sparse, dtype=np.float64)


def linked(values: Square, method: str, cut: float) -> NDArray[np.int64]:
    """Groups of a linkage on values (higher is nearer), joined above a cut."""
    top = values.max() + 1
    distance = top - values
    np.fill_diagonal(distance, 0)
    return np.asarray(fcluster(linkage(squareform(distance, checks=False), method), top - cut, "distance"), dtype=np.int64)


def correlation(odds: Square) -> NDArray[np.int64]:
    """Greedy additive contraction of the pair of groups with the highest sum of log-odds, then moves of single articles."""
    n = len(odds)
    sums = odds.copy()
    np.fill_diagonal(sums, -np.inf)
    labels, best = np.arange(n), sums.max(axis=1)
    while best.max() > 0:
        keep = int(best.argmax())
        gone = int(sums[keep].argmax())
        sums[keep] += sums[gone]
        sums[:, keep] = sums[keep]
        sums[keep, keep] = -np.inf
        sums[gone], sums[:, gone], best[gone] = -np.inf, -np.inf, -np.inf
        labels[labels == gone] = keep
        best = sums.max(axis=1)
    return moved(odds, labels)


def moved(odds: Square, labels: NDArray[np.int64], rounds: int = 20) -> NDArray[np.int64]:
    """Articles moved one by one to the group they add most to, until none moves."""
    own = odds.copy()
    np.fill_diagonal(own, 0)
    labels = np.unique(labels, return_inverse=True)[1]
    for _ in range(rounds):
        still = True
        for row in range(len(labels)):
            gain = np.bincount(labels, weights=own[row], minlength=int(labels.max()) + 2)
            target = int(gain.argmax())
            if gain[target] > gain[labels[row]] + 1e-9:
                labels[row], still = target, False
        labels = np.unique(labels, return_inverse=True)[1]
        if still:
            break
    return labels


def ways(grouping: Grouping, settings: Settings) -> dict[str, Callable[[], NDArray[np.int64]]]:
    """Ways by name."""
    days = grouping.corpus.times / SECONDS_PER_DAY
    beyond = np.abs(days[:, None] - days[None, :]) > settings.grouping.window_days
    scores = np.where(beyond, FAR, all_scores(grouping))
    odds = np.where(beyond, FAR, grouping.model.log_odds(all_scores(grouping)))
    chance = probability(odds)
    return {
        "ranker: average linkage on the score, near links": lambda: grouping.labels,
        "average linkage on the score, all links": lambda: linked(scores, "average", 0.0),
        "average linkage on P, even odds": lambda: linked(chance, "average", 0.5),
        "average linkage on log-odds": lambda: linked(odds, "average", 0.0),
        "correlation clustering on log-odds": lambda: correlation(odds),
        "connected components of P > 1/2": lambda: linked(chance, "single", 0.5),
        "complete linkage on the score": lambda: linked(scores, "complete", 0.0),
    }


def grouped(found: LabelledSet, settings: Settings) -> Grouping:
    """The stories of a set, by the same road as ranking takes."""
    given = found.given
    background = load_background(models_folder() / "background.json")
    weight = settings.grouping.background_texts
    corpus = build_corpus(given.articles, KnownVectors(given), None, background=background, background_texts=weight)
    return group_articles(corpus, settings)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="[NAME=]FILE")
    parser.add_argument("--labels", default="story")
    parser.add_argument("--encoder", default=load_settings().encoder.name)
    asked = parser.parse_args()
    settings = load_settings(overrides={"encoder.name": asked.encoder})
    table: dict[str, dict[str, float]] = {}
    for found in labelled_sets(asked.files, asked.labels, asked.encoder, (1.0,), 0):
        grouping = grouped(found, settings)
        truth = [found.truth[article.id] for article in grouping.corpus.articles]
        for name, way in ways(grouping, settings).items():
            table.setdefault(name, {})[found.about.name] = round(b_cubed(truth, way().tolist()).f1, 4)
    names = list(next(iter(table.values())))
    print(f"| objective | {' | '.join(names)} | mean |\n|{'---|' * (len(names) + 2)}")
    for name, values in table.items():
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in values.values())} | {np.mean(list(values.values())):.3f} |")
    result = {"encoder": asked.encoder, "bCubedF1": table}
    (FOLDER / "results" / "objectives.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
