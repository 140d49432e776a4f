"""Measure encoders on labelled sets: `python benchmarks/encoders/measure.py OUTPUT.json NAME=ENCODER[:DIMENSIONS] ...`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import numpy as np
from sets import default_sets, figures, summary

from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.vectors.encoder import load_encoder


def main() -> None:
    output, results = Path(sys.argv[1]), {}
    if output.exists():
        results = json.loads(output.read_text())
    sets, settings = default_sets(), load_settings().encoder
    for argument in sys.argv[2:]:
        name, _, encoder_name = argument.partition("=")
        encoder_name, _, dimensions = encoder_name.partition(":")
        encoder = load_encoder(msgspec.structs.replace(settings, name=encoder_name), models=models_folder())
        by_set = {}
        for chosen in sets:
            vectors = encoder.encode([article.text for article in chosen.articles])
            if dimensions:
                vectors = vectors[:, : int(dimensions)]
                vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            by_set[chosen.name] = figures(chosen, vectors, encoder_name)
        results[name] = {"summary": summary(by_set), "sets": by_set}
        output.write_text(json.dumps(results, indent=1) + "\n")
        told = results[name]["summary"]
        short = " ".join(f"{by_set[item.name]['bCubed']:.3f}" for item in sets)
        maps = " ".join(f"{by_set[item.name]['relatedMap']:.3f}" for item in sets)
        print(f"{name:<22} default {short} | MAP {maps} | {json.dumps(told)}", flush=True)


if __name__ == "__main__":
    main()
