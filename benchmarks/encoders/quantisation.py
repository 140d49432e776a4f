"""Export a fine-tuned model in every precision and measure each: `python benchmarks/encoders/quantisation.py MODEL [SCHEME ...]`."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from run import RESULTS, machine, timed_texts
from sets import default_sets, figures

from ranker.settings import EncoderSettings
from ranker.training.quantisation import Product, QuantisationSettings, export_onnx
from ranker.vectors.onnx import OnnxEncoder
from ranker.vectors.transformer import TransformerEncoder

RUNS = 3
ALONE = 60  # texts that are also encoded one by one


def all_of(product: Product, *, embeddings_8_bit: bool = True) -> QuantisationSettings:
    """One precision for every product."""
    return QuantisationSettings(product, product, product, product, embeddings_8_bit)


SCHEMES: dict[str, QuantisationSettings] = {
    "float32": all_of("float32", embeddings_8_bit=False),
    "weights": all_of("weights"),
    "rows": all_of("rows"),
    "rows, attention from weights": replace(all_of("rows"), attention_in="weights"),
    "blocks": all_of("blocks"),
    "tensor": all_of("tensor"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("schemes", nargs="*", choices=[[], *SCHEMES])
    chosen = parser.parse_args()
    sets = default_sets()
    texts = timed_texts(sets)
    exact = TransformerEncoder(chosen.model, EncoderSettings(name="exact", batch_size=64, precision="float32")).encode(texts)
    target = RESULTS / "quantisation.json"
    rows = json.loads(target.read_text())["rows"] if target.exists() else []
    for name in chosen.schemes or SCHEMES:
        rows = [row for row in rows if row["scheme"] != name]
        with tempfile.TemporaryDirectory() as folder:
            export_onnx(chosen.model, Path(folder), SCHEMES[name], name=name, base="minilm")
            encoder = OnnxEncoder(Path(folder))
            vectors = encoder.encode(texts)
            cosines = (vectors * exact).sum(axis=1)
            alone = np.concatenate([encoder.encode([text]) for text in texts[:ALONE]])
            seconds = []
            for _ in range(RUNS):
                start = time.process_time()
                encoder.encode(texts)
                seconds.append(time.process_time() - start)
            f1 = {
                item.name: figures(item, encoder.encode([a.text for a in item.articles]), "news-minilm", sweep=False)["bCubed"]
                for item in sets
            }
            rows.append(
                {
                    "scheme": name,
                    "megabytes": round(sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6, 1),
                    "cosine": {"mean": round(float(cosines.mean()), 5), "least": round(float(cosines.min()), 5)},
                    "sameAlone": bool(np.array_equal(alone, vectors[:ALONE])),
                    "articlesPerCpuSecond": round(len(texts) / statistics.median(seconds), 1),
                    "bCubed": f1,
                    "meanBCubed": round(float(np.mean(list(f1.values()))), 4),
                }
            )
        print(json.dumps(rows[-1]), flush=True)
        RESULTS.mkdir(exist_ok=True)
        target.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
