"""Time the grouping of articles in one window, vectors given, with its peak memory: `python benchmarks/grouping.py [--sizes N ...]`.

Candidates, pairs, evidence, groups and memberships: all of `group_articles`. Stories have heavy-tailed sizes (see nearest.py).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
from nearest import DAY, SIZES, megabytes_now, mixed_articles
from run import RESULTS, machine

from ranker.articles.article import Article, Provider
from ranker.evaluation.metrics import b_cubed
from ranker.pipeline import group_articles
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.vectors.background import load_background
from ranker.vectors.corpus import Corpus
from ranker.vectors.rare_words import rare_word_rows

PROVIDERS = 400  # as many as the real stream has


def corpus(n: int) -> tuple[Corpus, list[int]]:
    """N mixed articles in one window, and the story of each."""
    made = mixed_articles(n)
    articles = tuple(
        Article(f"a{row:07}", text.capitalize(), provider=Provider(domain=f"paper-{row % PROVIDERS}.example"), published=None)
        for row, text in enumerate(made.texts)
    )
    settings, background = load_settings(), load_background(models_folder() / "background.json")
    rare = rare_word_rows(made.texts, background, background_texts=settings.grouping.background_texts)
    return Corpus(articles, made.vectors, rare, made.times, 0, 0), made.story.tolist()


def case(n: int) -> dict[str, Any]:
    """Figures of one size, in a process of its own."""
    given, truth = corpus(n)
    before, wall, cpu = megabytes_now(), time.perf_counter(), time.process_time()
    grouping, _ = group_articles(given, load_settings())
    figures = {"wall": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    found = b_cubed(truth, grouping.labels.tolist())
    return {
        "articles": n,
        **figures,
        "peakMegabytes": round(peak),
        "megabytesBefore": round(before),
        "pairs": len(grouping.pairs),
        "stories": len(grouping.stories),
        "days": round(float(np.ptp(given.times)) / DAY, 2),
        "bCubedF1": round(found.f1, 4),
    }


def main() -> None:
    """Run all sizes, print the figures and write results/grouping.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--case", type=int, help="one size, its figures to standard output")
    chosen = parser.parse_args()
    if chosen.case:
        print(json.dumps(case(chosen.case)))
        return
    results = []
    for size in chosen.sizes:
        done = subprocess.run([sys.executable, __file__, "--case", str(size)], check=True, capture_output=True, text=True)
        results.append(json.loads(done.stdout))
        print(json.dumps(results[-1]), flush=True)
    if tuple(chosen.sizes) == SIZES:
        about = machine() | {"threads": os.environ.get("OMP_NUM_THREADS", "all")}
        text = json.dumps({"taken": datetime.now(tz=UTC).isoformat(timespec="seconds"), "machine": about, "cases": results}, indent=2)
        (RESULTS / "grouping.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
