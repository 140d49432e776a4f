"""Peers: what a user could pick instead of `ranker`, a row each, with its default and the settings that are tried."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata

from benchmarks.same_story.methods import (
    Input,
    Labels,
    Setting,
    average_linkage,
    bertopic,
    community_detection,
    dbscan,
    every_article_alone,
    hdbscan,
    hdbscan_package,
    leiden,
    minhash_titles,
    ranker,
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One row of the comparison.

    `run` takes the input and one setting, and returns (n_articles,) labels, NOISE for what it leaves ungrouped. `grid`
    holds the settings that are tried besides the default; none where there is nothing to choose.
    """

    key: str  # for the command line
    name: str
    run: Callable[[Input, Setting], Labels]
    default: Setting
    grid: tuple[Setting, ...] = ()
    packages: tuple[str, ...] = ()  # distributions beyond ranker's own
    may_fail: bool = True  # a run that fails is a figure; False: it ends the comparison


def missing_packages(peer: Peer) -> list[str]:
    """The distributions a peer needs that are not installed."""
    return [name for name in peer.packages if not _is_installed(name)]


def settings_of(peer: Peer) -> list[Setting]:
    """Every setting to try: the default first, then the grid without it."""
    return [peer.default, *(setting for setting in peer.grid if setting != peer.default)]


def _is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _grid(**choices: Sequence[str | int | float | None]) -> tuple[Setting, ...]:
    """Every combination of some choices."""
    return tuple(dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values()))


def _steps(first: float, last: float, step: float) -> list[float]:
    return [round(first + number * step, 4) for number in range(round((last - first) / step) + 1)]


# Each range runs from where nearly everything is joined to where nearly nothing is, on sets of two and of a hundred articles a story.
COMMUNITY_GRID = _grid(threshold=_steps(0.30, 0.90, 0.05), min_community_size=[2, 10])  # 2: the smallest story; 10: the default
# From the smallest story to a large one; 1 asks for no density around an article, None for as many neighbours as the group has to have.
HDBSCAN_GRID = _grid(min_cluster_size=[2, 3, 5, 10, 20, 30], min_samples=[1, None], cluster_selection_method=["eom", "leaf"])
# Epsilon is for those who look for small groups; 0.5 is a cosine of 0.875, 1.0 one of 0.5.
EPSILON_GRID = _grid(min_cluster_size=[2, 3, 5], min_samples=[1, None], cluster_selection_epsilon=_steps(0.5, 1.0, 0.1))
LINKAGE_GRID = _grid(distance_threshold=_steps(0.15, 0.85, 0.05))
# With 2 it is single linkage; 5 is the default.
DBSCAN_GRID = _grid(eps=_steps(0.10, 0.65, 0.05), min_samples=[2, 3, 5], metric=["cosine"])
# Topics from the smallest story to a large one; neighbours: the default, and fewer for more local structure.
BERTOPIC_GRID = _grid(min_topic_size=[2, 3, 5, 10, 20, 30, 50], n_neighbors=[3, 5, 15])
# Modularity's resolution from half the default up to where groups fall apart. CPM keeps a group whose mean weight over all its pairs,
# those without an edge counted as 0, reaches the resolution: from next to nothing to the cosine of near copies.
LEIDEN_GRID = (
    *_grid(neighbours=[15], quality=["modularity"], resolution=[0.5, 1, 2, 4, 8, 16, 32, 64]),
    *_grid(neighbours=[5, 15, 50], quality=["CPM"], resolution=[0.002, 0.005, 0.01, 0.02, 0.05, *_steps(0.1, 0.8, 0.1)]),
)
MINHASH_GRID = _grid(threshold=_steps(0.1, 0.9, 0.1), shingles=["words", "characters"])

PEERS = (
    Peer("alone", "every article alone", every_article_alone, {}),
    Peer(
        "community-detection",
        "sentence-transformers community_detection",
        community_detection,
        {"threshold": 0.75, "min_community_size": 10},
        COMMUNITY_GRID,
    ),
    Peer(
        "hdbscan",
        "scikit-learn HDBSCAN",
        hdbscan,
        {"min_cluster_size": 5, "min_samples": None, "cluster_selection_method": "eom"},
        HDBSCAN_GRID,
    ),
    Peer(
        "hdbscan-epsilon",
        "hdbscan package with epsilon",
        hdbscan_package,
        {"min_cluster_size": 5, "min_samples": None, "cluster_selection_epsilon": 0.0},
        EPSILON_GRID,
        ("hdbscan",),
    ),
    Peer("average-linkage", "scikit-learn average linkage on cosine", average_linkage, {"distance_threshold": 0.4}, LINKAGE_GRID),
    Peer("dbscan", "scikit-learn DBSCAN", dbscan, {"eps": 0.5, "min_samples": 5, "metric": "euclidean"}, DBSCAN_GRID),
    Peer(
        "bertopic",
        "BERTopic",
        bertopic,
        {"min_topic_size": 10, "n_neighbors": 15},
        BERTOPIC_GRID,
        ("bertopic", "umap-learn", "hdbscan"),
    ),
    Peer(
        "leiden",
        "k-NN graph + Leiden",
        leiden,
        {"neighbours": 15, "quality": "modularity", "resolution": 1},
        LEIDEN_GRID,
        ("leidenalg", "igraph"),
    ),
    Peer("minhash", "MinHash LSH on titles", minhash_titles, {"threshold": 0.9, "shingles": "words"}, MINHASH_GRID, ("datasketch",)),
    Peer("ranker", "ranker", ranker, {}, packages=("ranker",), may_fail=False),
)
