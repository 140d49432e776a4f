"""The labelled sets that encoders are measured on, and what is measured on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from ranker.articles.article import Article
from ranker.articles.reading import newest_time, read_articles
from ranker.evaluation.labels import labels_of
from ranker.evaluation.metrics import b_cubed
from ranker.evaluation.report import evaluate
from ranker.pipeline import Ranking, rank_articles
from ranker.places import models_folder
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.vectors.background import load_background
from ranker.vectors.encoder import Progress, Vectors

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
NOW = datetime(2100, 1, 1, tzinfo=UTC)
COSINE_CUTS = np.round(np.arange(0.3, 0.9, 0.02), 2)  # cosine at which average linkage stops
JOIN_CUTS = (0.0, 0.025, 0.05, 0.075, 0.1, 0.13, 0.16, 0.2, 0.24)  # grouping.join_at, where ranker has that setting


@dataclass(frozen=True)
class LabelledSet:
    """Articles, and the true story of each by id."""

    name: str
    articles: tuple[Article, ...]
    labels: dict[str, str]


@dataclass(frozen=True)
class KeptVectors:
    """An encoder whose texts are known beforehand."""

    rows: dict[str, Vectors]
    fingerprint: str = "kept"

    @classmethod
    def of(cls, chosen: LabelledSet, vectors: Vectors) -> KeptVectors:
        """Row i of `vectors` belongs to the i-th article of the set."""
        return cls(dict(zip((article.text for article in chosen.articles), vectors, strict=True)))

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """The rows of the texts."""
        if progress is not None:
            progress(len(texts))
        return np.stack([self.rows[text] for text in texts])


def labelled_set(name: str, source: Path, labels: str) -> LabelledSet:
    """A labelled set read with ranker's own reader."""
    articles = read_articles([str(source)], load_settings().reading).articles
    return LabelledSet(name, articles, labels_of(articles, labels))


def default_sets() -> list[LabelledSet]:
    """The sample newsroom, and the sets beside the project where they are at hand."""
    newsroom = ROOT / "data" / "newsroom"
    sets = [labelled_set("newsroom", newsroom / "articles", str(newsroom / "labels.csv"))]
    for name in ("headlines-dev", "roundups-dev"):
        if (SHARED / f"{name}.jsonl").exists():
            sets.append(labelled_set(name, SHARED / f"{name}.jsonl", "story"))
        else:
            print(f"{name}: {SHARED} is not there, left out")
    return sets


def figures(chosen: LabelledSet, vectors: Vectors, encoder_name: str, *, sweep: bool = True) -> dict[str, object]:
    """What an encoder's vectors give on a set.

    Parameters
    ----------
    vectors : row i belongs to the i-th article of the set.
    encoder_name : by which ranker picks the decision trained for an encoder.
    sweep : also with other cuts than the default one.
    """
    settings = load_settings(overrides={"cache.enabled": False, "encoder.name": encoder_name})
    encoder = KeptVectors.of(chosen, vectors)
    by_default = _ranked(chosen, encoder, settings)
    result: dict[str, object] = {"bCubed": by_default[0], "relatedMap": by_default[1]}
    if not sweep:
        return result
    result["cosineByCut"] = _by_cosine(chosen, vectors)
    if hasattr(settings.grouping, "join_at"):
        joined = {}
        for cut in JOIN_CUTS:
            moved = msgspec.structs.replace(settings, grouping=msgspec.structs.replace(settings.grouping, join_at=cut))
            joined[f"{cut:.3f}"] = _ranked(chosen, encoder, moved, related=False)[0]
        result["bCubedByCut"] = joined
    return result


def summary(by_set: dict[str, dict[str, object]]) -> dict[str, object]:
    """Means over the sets: as shipped, with the best cut of each set, and with the best one cut for all."""
    told: dict[str, object] = {"bCubed": _mean([float(item["bCubed"]) for item in by_set.values()])}  # type: ignore[arg-type]
    for name, short in (("bCubedByCut", "grouped"), ("cosineByCut", "cosine")):
        tables = [item[name] for item in by_set.values() if name in item]
        if not tables:
            continue
        cuts = list(tables[0])  # type: ignore[call-overload]
        means = {cut: _mean([table[cut] for table in tables]) for cut in cuts}  # type: ignore[index]
        best = max(cuts, key=lambda cut: means[cut])
        told[f"{short}OneCut"] = {"cut": best, "bCubed": means[best]}
        told[f"{short}BestCuts"] = _mean([max(table.values()) for table in tables])  # type: ignore[attr-defined]
    told["relatedMap"] = _mean([float(item["relatedMap"]) for item in by_set.values()])  # type: ignore[arg-type]
    return told


def ranking_of(chosen: LabelledSet, encoder: KeptVectors, encoder_name: str) -> Ranking:
    """The set ranked by default settings, with the decision trained for an encoder."""
    return _ranking(chosen, encoder, load_settings(overrides={"cache.enabled": False, "encoder.name": encoder_name}))


def _ranking(chosen: LabelledSet, encoder: KeptVectors, settings: Settings) -> Ranking:
    as_of = newest_time(chosen.articles, now=NOW) or NOW
    background = load_background(models_folder() / "background.json")
    return rank_articles(chosen.articles, settings, as_of=as_of, encoder=encoder, background=background)


def _ranked(chosen: LabelledSet, encoder: KeptVectors, settings: Settings, *, related: bool = True) -> tuple[float, float]:
    ranking = _ranking(chosen, encoder, settings)
    if related:
        measured = evaluate(ranking, chosen.labels)
        return round(measured.b_cubed.f1, 4), round(measured.related_map or 0.0, 4)
    ids = [article.id for article in ranking.grouping.corpus.articles]
    found = [int(label) for article_id, label in zip(ids, ranking.grouping.labels, strict=True) if article_id in chosen.labels]
    return round(b_cubed([chosen.labels[article_id] for article_id in ids if article_id in chosen.labels], found).f1, 4), 0.0


def _by_cosine(chosen: LabelledSet, vectors: Vectors) -> dict[str, float]:
    """B-cubed F1 of average linkage on cosine alone, by cut."""
    rows = [row for row, article in enumerate(chosen.articles) if article.id in chosen.labels]
    truth = [chosen.labels[chosen.articles[row].id] for row in rows]
    likeness = np.clip(vectors[rows] @ vectors[rows].T, -1, 1)
    tree = linkage(1 - likeness[np.triu_indices(len(rows), 1)], "average")
    return {f"{cut:.2f}": round(b_cubed(truth, fcluster(tree, 1 - cut, "distance").tolist()).f1, 4) for cut in COSINE_CUTS}


def _mean(numbers: Sequence[float]) -> float:
    return round(float(np.mean(numbers)), 4)
