"""Fine-tuning as a command: articles read, a model trained and written, with what is said on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from ranker.apps import screen
from ranker.apps.models import model_folder
from ranker.apps.session import say
from ranker.articles.article import Article
from ranker.articles.reading import read_articles
from ranker.evaluation.labels import labels_of
from ranker.pipeline import group_articles
from ranker.places import models_folder
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.training.encoder import TrainingSettings, train_encoder
from ranker.training.pairs import MiningSettings, TrainingStory, labelled_stories, mined_stories, story_vectors
from ranker.training.quantisation import QuantisationSettings, check_onnx, export_onnx
from ranker.vectors.background import load_background
from ranker.vectors.corpus import build_corpus
from ranker.vectors.encoder import Encoder
from ranker.vectors.transformer import TransformerEncoder

_SHOWN_STEPS = 20  # the loss that is told is the mean of so many last steps


@dataclass(frozen=True, slots=True)
class Order:
    """What to train, from what."""

    labelled: tuple[str, ...]
    labels: str
    unlabelled: tuple[str, ...]
    base: str
    steps: int | None  # None: as many as `TrainingSettings` says
    seed: int


def fine_tune(order: Order, target: Path, onnx: Path | None, *, as_json: bool = False) -> int:
    """Train an encoder and write it to `target`, and in 8 bits to `onnx`; returns how many articles were refused.

    Raises
    ------
    InputError : if there is too little to learn from, or what `onnx` needs is not installed.
    """
    if onnx is not None:
        check_onnx()
    settings = load_settings()
    folder = model_folder("--base", order.base)
    base = TransformerEncoder(folder, settings.encoder, name=order.base)
    articles, refused = _read(order.labelled, settings)
    stories = labelled_stories(articles, labels_of(articles, order.labels))
    mined: list[TrainingStory] = []
    if order.unlabelled:
        stream, more = _read(order.unlabelled, settings)
        mined, refused = _mined(stream, base, settings), refused + more
    say(f"{len(stories):,} labelled stories, {len(mined):,} mined")
    recipe = replace(TrainingSettings(), seed=order.seed)
    if order.steps is not None:
        recipe = replace(recipe, steps=order.steps)
    stories += mined
    with screen.progress_bar("comparing", sum(len(story.articles) for story in stories), shown=True) as progress:
        vectors = story_vectors(stories, base, progress=progress)
    with screen.progress_bar("training", recipe.steps, shown=True) as progress:
        model, losses = train_encoder(folder, stories, vectors, recipe, n_mined=len(mined), progress=progress)
    model.save(str(target))
    last = losses[-_SHOWN_STEPS:]
    loss = sum(last) / len(last)
    say(f"{target}: {recipe.steps} steps, loss {loss:.3f} in the last {len(last)}")
    told: dict[str, Any] = {"path": str(target), "steps": recipe.steps, "loss": loss, "stories": len(stories), "mined": len(mined)}
    if onnx is not None:
        manifest = export_onnx(target, onnx, QuantisationSettings(), name=onnx.name, base=order.base)
        say(f"{onnx}: {manifest.dimensions} dimensions, {(onnx / 'model.onnx').stat().st_size / 1e6:.1f} MB")
        told["onnx"] = {"path": str(onnx), "dimensions": manifest.dimensions, "bytes": (onnx / "model.onnx").stat().st_size}
    if as_json:
        click.echo(msgspec.json.encode(told))
    return refused


def _read(inputs: Sequence[str], settings: Settings) -> tuple[tuple[Article, ...], int]:
    reading = read_articles(inputs, settings.reading)
    for refusal in reading.refusals:
        say(f"refused {refusal}")
    return reading.articles, len(reading.refusals)


def _mined(stream: Sequence[Article], base: Encoder, settings: Settings) -> list[TrainingStory]:
    background = load_background(models_folder() / "background.json")
    weight = settings.grouping.background_texts
    with screen.progress_bar("embedding", len({article.text for article in stream}), shown=True) as progress:
        corpus = build_corpus(stream, base, None, background=background, background_texts=weight, progress=progress)
    return mined_stories(group_articles(corpus, settings)[0], MiningSettings())
