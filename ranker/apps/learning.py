"""Learning as a command: labelled inputs read, the same-story decision learned, measured with each input left out, and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from ranker import __version__
from ranker.apps import output, screen
from ranker.apps.figures import reliability_json
from ranker.apps.session import say
from ranker.articles.article import Article
from ranker.articles.reading import clamp_future, newest_time, read_articles
from ranker.errors import InputError
from ranker.evaluation.calibration import reliability
from ranker.evaluation.labels import labels_of
from ranker.evaluation.metrics import b_cubed
from ranker.evaluation.sweep import RememberingEncoder
from ranker.pipeline import group_articles
from ranker.places import models_folder
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.same_story import FORMAT_VERSION, SameStory, SameStoryFile, load_same_story, probability, write_same_story
from ranker.training.same_story import Example, LabelledInput, Learned, LearningSettings, examples_of, learn
from ranker.vectors.background import Background, load_background
from ranker.vectors.cache import VectorCache, embed, open_cache
from ranker.vectors.corpus import build_corpus
from ranker.vectors.encoder import Encoder, Progress, Vectors, load_encoder


@dataclass(frozen=True, slots=True)
class Order:
    """What to learn from, and for which encoders."""

    labelled: tuple[str, ...]
    labels: tuple[str, ...]  # one for all inputs, or one for each
    encoders: tuple[str, ...]
    steps: int | None
    seed: int
    leave_one_out: bool


def learn_same_story(order: Order, target: Path, report: Path | None, *, as_json: bool = False) -> int:
    """Learn the decision for each encoder and write it; returns how many articles were refused.

    Decisions for other encoders that `target` holds already are kept.

    Raises
    ------
    InputError : if there is too little to learn from.
    ArtifactError : if `target` exists and is no such model.
    """
    _check(order, target, report)
    before = load_same_story(target) if target.exists() else None
    settings, background = load_settings(), load_background(models_folder() / "background.json")
    learning = LearningSettings(seed=order.seed)
    learning = learning if order.steps is None else replace(learning, steps=order.steps)
    inputs, refused = _labelled_inputs(order, settings)
    cache = open_cache(settings.cache)
    told: dict[str, Any] = {}
    models = dict(before.encoders) if before is not None else {}
    try:
        for name in order.encoders:
            chosen = msgspec.structs.replace(settings, encoder=msgspec.structs.replace(settings.encoder, name=name))
            encoder = RememberingEncoder(_Cached(load_encoder(chosen.encoder, models=models_folder()), cache))
            learned, figures = _learned(inputs, encoder, background, chosen, learning, leave_one_out=order.leave_one_out, name=name)
            models[name], told[name] = learned.model, figures
    finally:
        if cache is not None:
            cache.close()
    trained_on = sorted({labelled.name for labelled in inputs} | set(before.trained_on if before is not None else ()))
    fallback = before.fallback if before is not None else order.encoders[0]
    file = SameStoryFile(FORMAT_VERSION, f"ranker {__version__} train same-story", trained_on, dict(sorted(models.items())), fallback)
    write_same_story(file, target)
    say(f"{target}: {', '.join(order.encoders)}, from {len(inputs)} labelled inputs")
    if as_json:
        click.echo(msgspec.json.encode(told))
    if report is not None:
        output.write_output(report, msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    return refused


def _check(order: Order, target: Path, report: Path | None) -> None:
    """Refuse, before anything is read, what could not be done in the end."""
    for place in (target, report):
        if place is not None:
            output.check_place(place)
    if len(order.labels) not in {1, len(order.labelled)}:
        raise InputError(f"--labels: give one for all inputs, or one for each of the {len(order.labelled)}, not {len(order.labels)}")
    if order.leave_one_out and len(order.labelled) == 1:
        raise InputError("--leave-one-out: without the one input there is nothing to learn from; give two or more")
    _names(order.labelled)


def _names(inputs: Sequence[str]) -> list[str]:
    """A name for each input: its file's without the suffix, behind as many of its folders as it takes to tell all apart."""
    paths = [Path(given).absolute() for given in inputs]
    for folders in range(max(len(path.parts) for path in paths)):
        names = [str(Path(*path.parent.parts[len(path.parent.parts) - folders :], path.stem)) for path in paths]
        if len(set(names)) == len(names):
            return names
    raise InputError("two of the inputs have one name; give each input once")


class _Cached:
    """An encoder whose vectors are kept on disk, as those of ranking are."""

    def __init__(self, encoder: Encoder, cache: VectorCache | None) -> None:
        self._encoder = encoder
        self._cache = cache

    @property
    def fingerprint(self) -> str:
        """The encoder's own."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        return embed(texts, self._encoder, self._cache, progress=progress).vectors


def _labelled_inputs(order: Order, settings: Settings) -> tuple[list[LabelledInput], int]:
    sources = order.labels * len(order.labelled) if len(order.labels) == 1 else order.labels
    found, refused = [], 0
    for given, name, source in zip(order.labelled, _names(order.labelled), sources, strict=True):
        reading = read_articles([given], settings.reading)
        for refusal in reading.refusals:
            say(f"refused {refusal}")
        refused += len(reading.refusals)
        articles = _healthy(reading.articles, settings)
        labels = labels_of(articles, source)
        found.append(LabelledInput(name, tuple(article for article in articles if article.id in labels), labels))
    return found, refused


def _healthy(articles: Sequence[Article], settings: Settings) -> tuple[Article, ...]:
    """The articles, dates ahead of the clock set back and marked as in every run."""
    as_of = newest_time(articles, now=datetime.now(tz=UTC))
    if as_of is None:
        return tuple(articles)
    return tuple(clamp_future(articles, as_of, tolerance_hours=settings.reading.future_tolerance_hours))


def _learned(
    inputs: Sequence[LabelledInput],
    encoder: Encoder,
    background: Background,
    settings: Settings,
    learning: LearningSettings,
    *,
    leave_one_out: bool,
    name: str,
) -> tuple[Learned, dict[str, Any]]:
    examples: dict[str, list[Example]] = {}
    for labelled in inputs:
        say(f"{name}: {labelled.name}, {len(labelled.articles):,} articles")
        examples[labelled.name] = examples_of(labelled, encoder, background, settings.grouping, learning)
    every = [example for made in examples.values() for example in made]
    learned = _searched(every, learning, name)
    figures: dict[str, Any] = {
        "objective": learned.objective,
        "trainedOnAll": _figures(inputs, learned.model, encoder, background, settings),
    }
    if leave_one_out:
        figures["leftOut"] = {}
        for labelled in inputs:
            others = [example for source, made in examples.items() if source != labelled.name for example in made]
            found = _searched(others, learning, f"{name} without {labelled.name}")
            figures["leftOut"] |= _figures([labelled], found.model, encoder, background, settings)
    return learned, figures


def _searched(examples: Sequence[Example], learning: LearningSettings, label: str) -> Learned:
    with screen.progress_bar(label, learning.steps, shown=True) as progress:
        return learn(examples, learning, progress=progress)


def _figures(
    inputs: Sequence[LabelledInput], model: SameStory, encoder: Encoder, background: Background, settings: Settings
) -> dict[str, Any]:
    """B-cubed and reliability of a decision on whole inputs, by the same road as ranking takes."""
    told: dict[str, Any] = {}
    for labelled in inputs:
        weight = settings.grouping.background_texts
        corpus = build_corpus(labelled.articles, encoder, None, background=background, background_texts=weight)
        grouping, _ = group_articles(corpus, settings, model)
        truth = [labelled.labels[article.id] for article in corpus.articles]
        found = b_cubed(truth, grouping.labels.tolist())
        codes = np.unique(truth, return_inverse=True)[1]
        same = codes[grouping.pairs.left] == codes[grouping.pairs.right]
        held = reliability(probability(grouping.log_odds), same)
        say(f"  {labelled.name}: B-cubed F1 {found.f1:.3f}" + ("" if held is None else f", Brier {held.brier:.3f}"))
        told[labelled.name] = {
            "articles": len(corpus),
            "bCubed": {"precision": round(found.precision, 4), "recall": round(found.recall, 4), "f1": round(found.f1, 4)},
            "reliability": None if held is None else reliability_json(held),
            "model": msgspec.to_builtins(model),
        }
    return told
