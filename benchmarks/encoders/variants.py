"""Fine-tune one short run for each choice of the recipe, to be measured: `python benchmarks/encoders/variants.py FOLDER [VARIANT ...]`."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import torch
from sets import SHARED

from ranker.articles.article import Article
from ranker.articles.reading import read_articles
from ranker.evaluation.labels import labels_of
from ranker.pipeline import group_articles
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.training.encoder import TrainingSettings, train_encoder
from ranker.training.pairs import MiningSettings, TrainingStory, labelled_stories, mined_stories, story_vectors
from ranker.vectors.background import load_background
from ranker.vectors.corpus import build_corpus
from ranker.vectors.encoder import Encoder, load_encoder
from ranker.vectors.transformer import minilm_folder

RECIPE = TrainingSettings(steps=120)
PAIRS = RECIPE.pairs
MINED = {"mined-quarter", "mined-half"}
VARIANTS: dict[str, TrainingSettings] = {
    "recipe": RECIPE,
    "plain": replace(RECIPE, same_side=False, pairs=replace(PAIRS, hard_negatives=0, doubles_at=None)),
    "no-hard-negatives": replace(RECIPE, pairs=replace(PAIRS, hard_negatives=0)),
    "no-masking": replace(RECIPE, pairs=replace(PAIRS, doubles_at=None)),
    "mined-quarter": replace(RECIPE, pairs=replace(PAIRS, mined_share=0.25)),
    "no-title-only": replace(RECIPE, pairs=replace(PAIRS, title_only=0.0)),
    "nested": replace(RECIPE, nested_dimensions=(256, 128)),
    "other-seed": replace(RECIPE, seed=1),
    "mined-half": replace(RECIPE, pairs=replace(PAIRS, mined_share=0.5)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("variants", nargs="*", choices=[[], *VARIANTS])
    parser.add_argument("--steps", type=int, default=RECIPE.steps)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    settings = load_settings()
    encoder = load_encoder(settings.encoder, models=models_folder())
    articles = read_articles([str(SHARED / "training-triples.jsonl")], settings.reading).articles
    labelled = labelled_stories(articles, labels_of(articles, "story"))
    mined = _mined(encoder)
    stories = [*labelled, *mined]
    vectors = story_vectors(stories, encoder)
    print(f"{len(labelled)} labelled stories, {len(mined)} mined", flush=True)
    for name in chosen.variants or VARIANTS:
        recipe, start = replace(VARIANTS[name], steps=chosen.steps), time.monotonic()
        n_mined = len(mined) if name in MINED else 0
        used = slice(None) if n_mined else slice(len(labelled))
        model, losses = train_encoder(minilm_folder(), stories[used], vectors[used], recipe, n_mined=n_mined)
        model.save(str(chosen.folder / name))
        minutes = (time.monotonic() - start) / 60
        about = {"settings": msgspec.to_builtins(recipe), "minutes": round(minutes, 2), "lossLast20": sum(losses[-20:]) / 20}
        (chosen.folder / name / "training.json").write_text(json.dumps(about, indent=1) + "\n")
        print(f"{name}: {minutes:.1f} minutes, loss {about['lossLast20']:.3f}", flush=True)


def _mined(encoder: Encoder) -> list[TrainingStory]:
    settings = load_settings()
    articles: tuple[Article, ...] = read_articles([str(SHARED / "stream-dev.jsonl")], settings.reading).articles
    weight = settings.grouping.background_texts
    background = load_background(models_folder() / "background.json")
    corpus = build_corpus(articles, encoder, None, background=background, background_texts=weight)
    return mined_stories(group_articles(corpus, settings)[0], MiningSettings())


if __name__ == "__main__":
    main()
