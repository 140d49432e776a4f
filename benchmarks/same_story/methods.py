"""Methods: ways to put articles of one story together, each a function of the same input and a setting of its own.

Every method gets the same vectors (title and excerpt, unit rows) or the same titles, and none sees a label or a date;
`ranker` alone uses the dates, providers and topics that an article carries, and says so here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.reading import newest_time
from ranker.pipeline import rank_articles
from ranker.places import models_folder
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.vectors.background import Background, load_background
from ranker.vectors.encoder import Progress, Vectors

NOISE = -1  # the label of an article that a method leaves ungrouped: it counts as a story of its own
SEED = 0  # of every method that draws lots
Labels = NDArray[np.int64]
Setting = Mapping[str, str | int | float | None]

_WORD = re.compile(r"\w+")
_CHARACTERS = 4  # of a shingle of characters; the widths in use are 3 to 5
_HASHES = 128  # datasketch's default number of permutations
_NO_DATES = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Input:
    """What a method may look at."""

    articles: tuple[Article, ...]
    vectors: Vectors  # (n_articles, dimensions) float32 unit rows, of `Article.text`
    encoder: str  # name of the encoder in ranker's settings
    fingerprint: str  # of that encoder


def every_article_alone(given: Input, _: Setting) -> Labels:
    """No grouping at all: what any method has to beat, and what is near 1 where stories seldom have two articles."""
    return np.arange(len(given.articles))


def community_detection(given: Input, setting: Setting) -> Labels:
    """sentence-transformers' fast clustering: groups around articles with many neighbours above a cosine.

    Default: of `sentence_transformers.util.community_detection` itself, cosine 0.75 and at least 10 articles.
    """
    util = import_module("sentence_transformers.util")
    labels = np.full(len(given.articles), NOISE, dtype=np.int64)
    found = util.community_detection(
        given.vectors, threshold=setting["threshold"], min_community_size=setting["min_community_size"], batch_size=1024
    )
    for number, rows in enumerate(found):
        labels[rows] = number
    return labels


def hdbscan(given: Input, setting: Setting) -> Labels:
    """scikit-learn's HDBSCAN on Euclidean distance, which on unit vectors orders pairs as the cosine does.

    Default: of `sklearn.cluster.HDBSCAN` itself, groups of at least 5.
    """
    cluster = import_module("sklearn.cluster")
    return _integers(cluster.HDBSCAN(**setting, copy=True).fit_predict(given.vectors))


def hdbscan_package(given: Input, setting: Setting) -> Labels:
    """The hdbscan package, which divides no group whose parts are nearer than `cluster_selection_epsilon` (Euclidean).

    scikit-learn has that choice too, but its version 1.9 fails with it under numpy 2.4. Default: of `hdbscan.HDBSCAN`
    itself, groups of at least 5, no epsilon.
    """
    return _integers(import_module("hdbscan").HDBSCAN(**setting).fit_predict(given.vectors.astype(np.float64)))


def average_linkage(given: Input, setting: Setting) -> Labels:
    """scikit-learn's AgglomerativeClustering with average linkage on cosine distance, cut at a distance.

    Default: distance 0.4, the one that sentence-transformers' clustering example names for this linkage
    (`examples/applications/clustering/agglomerative.py`); scikit-learn's own default, two groups, is no use here.
    """
    cluster = import_module("sklearn.cluster")
    model = cluster.AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", **setting)
    return _integers(model.fit_predict(given.vectors))


def dbscan(given: Input, setting: Setting) -> Labels:
    """scikit-learn's DBSCAN.

    Default: of `sklearn.cluster.DBSCAN` itself, Euclidean distance 0.5 (on unit vectors a cosine of 0.875) and 5 articles.
    """
    cluster = import_module("sklearn.cluster")
    return _integers(cluster.DBSCAN(**setting).fit_predict(given.vectors))


def bertopic(given: Input, setting: Setting) -> Labels:
    """BERTopic's topics: HDBSCAN over a UMAP projection of the same vectors.

    Default: of `bertopic.BERTopic` itself (UMAP to 5 dimensions with 15 neighbours, topics of at least 10 articles), with
    UMAP's seed fixed, which BERTopic leaves open.
    """
    umap, library = import_module("umap"), import_module("bertopic")
    projection = umap.UMAP(n_neighbors=setting["n_neighbors"], n_components=5, min_dist=0.0, metric="cosine", random_state=SEED, n_jobs=1)
    model = library.BERTopic(umap_model=projection, min_topic_size=setting["min_topic_size"])
    topics, _ = model.fit_transform([article.text for article in given.articles], embeddings=given.vectors)
    return _integers(topics)


def leiden(given: Input, setting: Setting) -> Labels:
    """Leiden communities (Traag et al., 2019, doi:10.1038/s41598-019-41695-z) of a graph of nearest neighbours.

    An edge joins two articles if one is among the `neighbours` nearest of the other; its weight is their cosine.
    Default: 15 neighbours, modularity, resolution 1, iterated until nothing moves: those of scanpy, where this pair of
    steps is in daily use.
    """
    igraph, leidenalg = import_module("igraph"), import_module("leidenalg")
    qualities = {"modularity": leidenalg.RBConfigurationVertexPartition, "CPM": leidenalg.CPMVertexPartition}
    edges, weights = neighbour_graph(given.vectors, int(str(setting["neighbours"])))
    found = leidenalg.find_partition(
        igraph.Graph(len(given.articles), edges.tolist()),
        qualities[str(setting["quality"])],
        weights=weights.tolist(),
        n_iterations=-1,
        seed=SEED,
        resolution_parameter=setting["resolution"],
    )
    return _integers(found.membership)


def minhash_titles(given: Input, setting: Setting) -> Labels:
    """Titles with a similar set of words or runs of characters (MinHash LSH, datasketch), joined transitively.

    Default: of `datasketch.MinHashLSH` itself, Jaccard 0.9 by 128 permutations, on words.
    """
    library, sparse = import_module("datasketch"), import_module("scipy.sparse")
    sketches = []
    for article in given.articles:
        sketch = library.MinHash(num_perm=_HASHES)
        sketch.update_batch([shingle.encode() for shingle in sorted(_shingles(article.title, str(setting["shingles"])))])
        sketches.append(sketch)
    index = library.MinHashLSH(threshold=setting["threshold"], num_perm=_HASHES)
    for row, sketch in enumerate(sketches):
        index.insert(row, sketch)
    pairs = [(row, other) for row, sketch in enumerate(sketches) for other in index.query(sketch)]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    near = sparse.coo_array((np.ones(len(pairs)), (rows, columns)), shape=(len(sketches), len(sketches)))
    return _integers(sparse.csgraph.connected_components(near, directed=False)[1])


def ranker(given: Input, _: Setting) -> Labels:
    """`ranker` with its shipped settings: `rank_articles`, from vectors to ranked stories; dates and providers used."""
    settings, background = _shipped(given.encoder)
    ranking = rank_articles(
        given.articles,
        settings,
        as_of=newest_time(given.articles, now=datetime.now(tz=UTC)) or _NO_DATES,
        encoder=KnownVectors(given),
        background=background,
    )
    grouping = ranking.grouping
    found = dict(zip((article.id for article in grouping.corpus.articles), grouping.labels.tolist(), strict=True))
    return _integers([found[article.id] for article in given.articles])


class KnownVectors:
    """The encoder that has embedded the input already: it only looks vectors up, so that no time holds embedding."""

    def __init__(self, given: Input) -> None:
        self.fingerprint = given.fingerprint
        self._rows = {article.text: row for article, row in zip(given.articles, given.vectors, strict=True)}

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """The known vectors.

        Raises
        ------
        KeyError : if a text is none of the input's.
        """
        if progress is not None:
            progress(len(texts))
        return np.stack([self._rows[text] for text in texts])


def neighbour_graph(vectors: Vectors, neighbours: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Edges (n_edges, 2), each once, smaller row first, and their cosines; edges without likeness are left out."""
    n = len(vectors)
    k = min(neighbours, n - 1)
    if k < 1:
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    search = import_module("sklearn.neighbors").NearestNeighbors(n_neighbors=k, metric="cosine").fit(vectors)
    distances, nearest = search.kneighbors()
    one, other = np.repeat(np.arange(n), k), nearest.ravel()
    edges, first = np.unique(np.column_stack((np.minimum(one, other), np.maximum(one, other))), axis=0, return_index=True)
    cosines = 1.0 - distances.ravel()[first].astype(np.float64)
    return edges[cosines > 0], cosines[cosines > 0]


@cache
def _shipped(encoder: str) -> tuple[Settings, Background]:
    return load_settings(overrides={"encoder.name": encoder}), load_background(models_folder() / "background.json")


def _integers(labels: Any) -> Labels:
    return np.asarray(labels, dtype=np.int64)


def _shingles(title: str, kind: str) -> set[str]:
    folded = title.casefold()
    if kind == "words":
        return set(_WORD.findall(folded))
    return {folded[start : start + _CHARACTERS] for start in range(max(1, len(folded) - _CHARACTERS + 1))}
