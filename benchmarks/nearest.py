"""Time the search for nearest articles, with its peak memory and what it misses: `python benchmarks/nearest.py [--sizes N ...]`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run import NEWSROOM, RESULTS, ROOT, STREAM, machine
from scipy.sparse import csr_array

from ranker.vectors.nearest import Pairs, nearest_pairs
from ranker.vectors.rare_words import rare_word_rows
from ranker.vectors.selection import Effort

DAY = 86_400.0
SIZES = (12_500, 25_000, 50_000, 100_000)
REAL = {"stream": STREAM, "headlines": STREAM.with_name("headlines-dev.jsonl"), "roundups": STREAM.with_name("roundups-dev.jsonl")}
# The story candidates, and the neighbours on other days, of which only the likest three are used.
NEAR = {"from_days": 0.0, "to_days": 5.0, "neighbours": 48, "effort": Effort()}
FAR = {"from_days": 2.5, "to_days": 10.0, "neighbours": 10, "effort": Effort(cells=12, postings=2000)}
EVERYTHING = Effort(exact_rows=10**9)
SAMPLE = 300  # articles whose likest are looked for one by one
LARGE_STORIES = (3000, 1200, 800, 500, 300, 300)  # of 50,000 articles; the others fall off as a Pareto law
DIMENSIONS = 384  # of the default encoder
KEPT_WORDS = 0.62  # chance that a member of a story keeps a word of it
WORTH, ALIKE = 0.25, 0.35  # likeness, 0.4 by vectors + 0.6 by words: below the first, articles are hardly ever one story's


class Made:
    """Articles to search, all within five days: vectors, rare words, times, and the story of each (-1: unknown)."""

    def __init__(self, texts: list[str], vectors: NDArray[np.float32], story: NDArray[np.int64]) -> None:
        self.texts, self.vectors, self.story = texts, vectors, story
        self.rare: csr_array = rare_word_rows(texts)
        self.times = np.random.default_rng(0).uniform(0, 4.99, size=len(texts)) * DAY


def real_articles(path: Path) -> Made:
    """The articles of a file, all moved into one window."""
    articles = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    names = [article.get("story", "") for article in articles]
    numbers = {name: number for number, name in enumerate(sorted(set(names) - {""}))}
    texts = [f"{article['title']}. {article['excerpt']}" if article.get("excerpt") else article["title"] for article in articles]
    return Made(texts, static_vectors(texts), np.array([numbers.get(name, -1) for name in names]))


def mixed_articles(n: int) -> Made:
    """Stories of heavy-tailed size: each has a headline's words, each member most of them and some of another headline's."""
    draw = np.random.default_rng(1)
    titles = real_titles()
    story = draw.permutation(np.repeat(np.arange(n), story_sizes(n, draw))[:n])
    base = draw.integers(len(titles), size=(n, 2))
    texts = []
    for number in story:
        words = [*titles[base[number, 0]], *titles[base[number, 1]][:5]]
        other = titles[draw.integers(len(titles))]
        kept = [word for word, roll in zip(words, draw.random(len(words)), strict=True) if roll < KEPT_WORDS]
        texts.append(" ".join([*kept, *draw.permutation(other)[: draw.integers(1, 6)]]))
    return Made(texts, jittered(static_vectors(texts), draw), story)


def story_sizes(n: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Sizes of n stories, more than are needed; a few are very large."""
    large = [round(size * n / 50_000) for size in LARGE_STORIES]
    return np.array([*large, *np.clip(draw.pareto(1.3, size=n - len(large)) + 0.6, 1, 300)], dtype=np.int64)


def jittered(vectors: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
    """Vectors of the default encoder's size with a little noise, at length 1."""
    wide = np.pad(vectors, ((0, 0), (0, max(0, DIMENSIONS - vectors.shape[1]))))
    wide += draw.normal(scale=0.25 / np.sqrt(wide.shape[1]), size=wide.shape).astype(np.float32)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)


def real_titles() -> list[list[str]]:
    """Words of headlines: of real ones where they are at hand, else of the sample newsroom."""
    if STREAM.exists():
        return [json.loads(line)["title"].split() for line in STREAM.read_text("utf-8").splitlines()]
    from ranker.articles.reading import read_articles
    from ranker.settings_file import load_settings

    return [article.title.split() for article in read_articles([str(NEWSROOM)], load_settings().reading).articles]


def static_vectors(texts: list[str]) -> NDArray[np.float32]:
    from ranker.vectors.static import StaticEncoder

    return StaticEncoder(ROOT / "models" / "static-minilm").encode(texts)


def exact(made: Made, band: dict[str, Any]) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
    """For some articles: cosine by vectors and by words with all in reach (others -1)."""
    for row in np.sort(np.random.default_rng(2).choice(len(made.times), min(SAMPLE, len(made.times)), replace=False)):
        gap = np.abs(made.times - made.times[row]) / DAY
        hidden = (gap < band["from_days"]) | (gap > band["to_days"])
        hidden[row] = True
        words = (made.rare @ made.rare[[row]].T).toarray().ravel()
        yield int(row), np.where(hidden, -1, made.vectors @ made.vectors[row]), np.where(hidden, -1, words)


def missed(made: Made, pairs: Pairs, band: dict[str, Any]) -> dict[str, float]:
    """Shares found, of several kinds of pairs that one would not like to miss."""
    n, k = len(made.times), band["neighbours"]
    keys = pairs.left.astype(np.int64) * n + pairs.right
    seen: dict[str, list[NDArray[np.bool_]]] = {}
    for row, dense, words in exact(made, band):
        likeness = 0.4 * dense + 0.6 * words  # -1 out of reach
        order = np.argsort(-likeness, kind="stable")
        same = order[(made.story[order] == made.story[row]) & (made.story[row] >= 0) & (likeness[order] > -1)]
        wanted = {
            "nearestByVector": np.argsort(-dense, kind="stable")[:k],
            "nearestByWords": np.argsort(-words, kind="stable")[: min(k, int((words > 0).sum()))],
            "likest3": order[:3],
            "likest10": order[:10],
            "likest10Above.25": order[:10][likeness[order[:10]] > WORTH],
            "above.35": np.flatnonzero(likeness > ALIKE),
            "above.35Likest48": order[:48][likeness[order[:48]] > ALIKE],
            "ofStoryLikest3": same[:3],
        }
        for name, rows in wanted.items():
            key = np.minimum(row, rows) * n + np.maximum(row, rows)
            seen.setdefault(name, []).append(keys[np.minimum(np.searchsorted(keys, key), len(keys) - 1)] == key)
    return {name: round(float(np.concatenate(found).mean()), 4) for name, found in seen.items() if sum(map(len, found))}


def megabytes_now() -> float:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if statm.exists() else 0.0


def searched(made: Made, band: dict[str, Any]) -> dict[str, Any]:
    """Figures of one search."""
    before, wall, cpu = megabytes_now(), time.perf_counter(), time.process_time()
    pairs = nearest_pairs(made.vectors, made.rare, made.times, **band)
    figures = {"wall": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    # The highest of the process so far: of the second search only if it needs more than the first.
    figures["peakExtraMegabytes"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before)
    return {"articles": len(made.times), "pairs": len(pairs), **figures, "found": missed(made, pairs, band)}


def case(name: str) -> dict[str, Any]:
    """Figures of one case, in a process of its own."""
    if name in REAL:
        made = real_articles(REAL[name])
        small = Effort(exact_rows=0, cell_rows=max(20, min(400, len(made.times) // 26)))  # else all would be compared
        return {
            "name": name,
            "near": searched(made, NEAR | {"effort": small}),
            "nearExact": searched(made, NEAR | {"effort": EVERYTHING}),
            "far": searched(made, FAR | {"effort": replace(small, cells=FAR["effort"].cells, postings=FAR["effort"].postings)}),
            "farExact": searched(made, FAR | {"effort": EVERYTHING}),
        }
    made = mixed_articles(int(name))
    return {"name": f"mixed-{name}", "near": searched(made, NEAR), "far": searched(made, FAR)}


def main() -> None:
    """Run all sizes, print the figures and write results/nearest.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--case", help="one case, its figures to standard output")
    chosen = parser.parse_args()
    if chosen.case:
        print(json.dumps(case(chosen.case)))
        return
    results = []
    for name in [*(name for name, path in REAL.items() if path.exists()), *map(str, chosen.sizes)]:
        done = subprocess.run([sys.executable, __file__, "--case", name], check=True, capture_output=True, text=True)
        results.append(json.loads(done.stdout))
        print(json.dumps(results[-1]), flush=True)
    if tuple(chosen.sizes) == SIZES:
        about = machine() | {"threads": os.environ.get("OMP_NUM_THREADS", "all")}
        text = json.dumps({"taken": datetime.now(tz=UTC).isoformat(timespec="seconds"), "machine": about, "cases": results}, indent=2)
        (RESULTS / "nearest.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
