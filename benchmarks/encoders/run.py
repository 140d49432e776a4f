"""Which vectors pay: speed and quality of every encoder, and the frontier as a picture.

`python benchmarks/encoders/run.py [--fine-tuned FOLDER] [--labelled NAME=FILE ...]` measures the shipped encoders (and the float32
model that `ranker train encoder` wrote) on the sample newsroom, the sets of ../shared/data and any JSON Lines files with a field `story`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from cascade import cascade_figures
from sets import ROOT, LabelledSet, default_sets, figures, labelled_set

from ranker.places import models_folder
from ranker.settings import EncoderSettings
from ranker.settings_file import load_settings
from ranker.vectors.encoder import Encoder, load_encoder
from ranker.vectors.transformer import TransformerEncoder, chosen_precision

RESULTS = Path(__file__).parent / "results"
PICTURE = ROOT / "docs" / "images" / "encoders.svg"
TIMED_TEXTS = 200  # of one set, spread over it
RUNS = 3
LIBRARIES = ("numpy", "onnxruntime", "sentence-transformers", "tokenizers", "torch")


@dataclass(frozen=True)
class Candidate:
    """An encoder by name, precision, and the name whose same-story decision it uses."""

    label: str
    encoder: str
    precision: str
    decision: str


def candidates(fine_tuned: str | None) -> list[Candidate]:
    """All encoders to measure; bfloat16 only where the processor multiplies it."""
    found = [
        Candidate("MiniLM float32", "minilm", "float32", "minilm"),
        Candidate("news-minilm int8", "news-minilm", "auto", "news-minilm"),
    ]
    if fine_tuned is not None:
        found.append(Candidate("news-minilm float32", fine_tuned, "float32", "news-minilm"))
    if chosen_precision("auto") == "bfloat16":
        found.append(Candidate("MiniLM bfloat16", "minilm", "bfloat16", "minilm"))
        if fine_tuned is not None:
            found.append(Candidate("news-minilm bfloat16", fine_tuned, "bfloat16", "news-minilm"))
    return [*found, Candidate("static", "static", "auto", "static")]


def made(candidate: Candidate) -> Encoder:
    """The encoder of a candidate."""
    settings = load_settings(overrides={"encoder.name": candidate.encoder, "encoder.precision": candidate.precision}).encoder
    if Path(candidate.encoder).is_dir():
        return TransformerEncoder(candidate.encoder, EncoderSettings(candidate.encoder, settings.batch_size, settings.precision))
    return load_encoder(settings, models=models_folder())


def timed_texts(sets: Sequence[LabelledSet]) -> list[str]:
    """Titles with excerpts: of roundups-dev where it is at hand, else of the first set."""
    chosen = next((item for item in sets if item.name == "roundups-dev"), sets[0])
    texts = [article.text for article in chosen.articles]
    return texts[:: max(1, len(texts) // TIMED_TEXTS)][:TIMED_TEXTS]


def time_here(candidate: Candidate, texts: list[str]) -> None:
    """Print texts a second and CPU seconds of each run of this process, the encoder loaded beforehand."""
    encoder = made(candidate)
    encoder.encode(texts[:8])
    runs = []
    for _ in range(RUNS):
        start, cpu = time.perf_counter(), time.process_time()
        encoder.encode(texts)
        runs.append({"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu})
    print("TIMED", json.dumps(runs))


def speed(label: str, arguments: list[str], threads: int, n_texts: int) -> dict[str, object]:
    """Medians of a fresh process with so many threads."""
    environment = dict(os.environ) | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__, "--time", label, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout.partition("TIMED ")[2])
    middle = {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu")}
    return {
        "threads": threads,
        "articlesPerSecond": round(n_texts / middle["wall"], 1),
        "articlesPerCpuSecond": round(n_texts / middle["cpu"], 1),
        "runs": [{key: round(value, 3) for key, value in run.items()} for run in runs],
    }


def draw(rows: list[dict[str, object]], target: Path) -> None:
    """The frontier: articles a second (log axis) against mean B-cubed F1."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ranker"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    colours = plt.get_cmap("tab10").colors
    for number, row in enumerate(rows):
        x, y = float(row["articlesPerCpuSecond"]), float(row["meanBCubed"])  # type: ignore[arg-type]
        marker = "o^svD<"[number % 6] if row["kind"] == "encoder" else "xP*"[number % 3]
        axes.plot(x, y, marker, color=colours[number % len(colours)], markersize=7, label=str(row["label"]), alpha=0.8)
    axes.legend(fontsize=8, loc="lower right")
    axes.set_xscale("log")
    axes.set_xlabel("titles with excerpts a second of one core (logarithmic)")
    axes.set_ylabel("mean B-cubed F1")
    axes.margins(x=0.15, y=0.15)
    axes.grid(visible=True, alpha=0.3)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={"Date": None})


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "loadAverage": os.getloadavg()[0],
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fine-tuned", help="folder that `ranker train encoder` wrote")
    parser.add_argument("--labelled", nargs="*", default=[], help="NAME=FILE.jsonl, with a field `story`")
    parser.add_argument("--time", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    sets = default_sets() + [labelled_set(name, Path(file), "story") for name, _, file in (item.partition("=") for item in chosen.labelled)]
    by_label = {candidate.label: candidate for candidate in candidates(chosen.fine_tuned)}
    if chosen.time:
        time_here(by_label[chosen.time], timed_texts(sets))
        return
    again = ["--fine-tuned", chosen.fine_tuned] if chosen.fine_tuned else []
    rows: list[dict[str, object]] = []
    kept: dict[str, dict[str, np.ndarray]] = {}
    for label, candidate in by_label.items():
        encoder = made(candidate)
        vectors = {item.name: encoder.encode([article.text for article in item.articles]) for item in sets}
        kept[label] = vectors
        by_set = {item.name: figures(item, vectors[item.name], candidate.decision, sweep=False) for item in sets}
        speeds = [speed(label, again, threads, len(timed_texts(sets))) for threads in (1, 2)]
        rows.append(
            {
                "label": label,
                "kind": "encoder",
                "articlesPerCpuSecond": speeds[0]["articlesPerCpuSecond"],
                "meanBCubed": round(float(np.mean([item["bCubed"] for item in by_set.values()])), 4),
                "speed": speeds,
                "sets": by_set,
            }
        )
        print(label, rows[-1]["meanBCubed"], [(one["threads"], one["articlesPerSecond"]) for one in speeds], flush=True)
    rows += cascade_figures(sets, kept, rows)
    RESULTS.mkdir(exist_ok=True)
    told = {"machine": machine(), "sets": {item.name: len(item.labels) for item in sets}, "rows": rows}
    (RESULTS / "frontier.json").write_text(json.dumps(told, indent=1) + "\n")
    draw(rows, PICTURE)


if __name__ == "__main__":
    main()
