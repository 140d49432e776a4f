"""Sets: labelled files read as `ranker` reads them, whole and in samples, embedded once."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.same_story.methods import Input
from ranker.articles.article import Article
from ranker.articles.reading import read_articles
from ranker.errors import InputError
from ranker.evaluation.labels import labels_of
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.vectors.cache import embed, open_cache
from ranker.vectors.encoder import load_encoder

_LABELS_FILE, _ARTICLES_FOLDER = "labels.csv", "articles"


class SetAbout(msgspec.Struct, frozen=True, rename="camel"):
    """What a set is: enough to see whether two runs measured the same."""

    name: str
    share: float  # of the articles read, drawn with the seed of the run
    articles: int
    labelled: int
    stories: int
    sha256: str  # of ids, texts and labels


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Articles with their vectors, and the true story by article id."""

    about: SetAbout
    given: Input
    truth: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A share of a file's articles, in order of id, before they are embedded."""

    name: str
    share: float
    articles: tuple[Article, ...]
    truth: Mapping[str, str]


def labelled_sets(inputs: Sequence[str], labels: str, encoder: str, shares: Sequence[float], seed: int) -> list[LabelledSet]:
    """The sets of some inputs: for each share, one of each input.

    Parameters
    ----------
    inputs : NAME=PATH, or PATH, which is named by its stem.
    labels : the field of the articles that holds the true story. A folder that holds `labels.csv` beside `articles/`, as
        the sample newsroom does, is read from there instead.
    encoder : name of an encoder in ranker's settings; vectors come from ranker's cache where it has them.
    shares : of the articles, above 0 and up to 1.
    seed : of the samples.

    Raises
    ------
    InputError : if an input is missing, has an article that is refused, or has no labels.
    """
    whole = [_read(given, labels) for given in inputs]
    parts = [_sample(part, share, seed) for share in shares for part in whole]
    return _embedded(parts, encoder)


def named(given: str) -> tuple[str, str]:
    """Name and path of an input; a path that holds a "=" itself is taken whole if it exists."""
    name, sign, path = given.partition("=")
    return (name, path) if sign and not Path(given).exists() else (Path(given).stem, given)


def drawn(articles: Sequence[Article], share: float, seed: int) -> tuple[Article, ...]:
    """A share of the articles, at least one, in order of id; the input's order makes no difference."""
    ordered = sorted(articles, key=lambda article: article.id)
    if share >= 1:
        return tuple(ordered)
    chosen = random.Random(seed).sample(ordered, max(1, round(share * len(ordered))))
    return tuple(sorted(chosen, key=lambda article: article.id))


def _read(given: str, labels: str) -> _Part:
    name, path = named(given)
    folder = Path(path)
    if (folder / _LABELS_FILE).is_file() and (folder / _ARTICLES_FOLDER).is_dir():
        source, labels = str(folder / _ARTICLES_FOLDER), str(folder / _LABELS_FILE)
    else:
        source = path
    reading = read_articles([source], load_settings().reading)
    for refusal in reading.refusals:
        raise InputError(f"{path}: {refusal}")
    return _Part(name, 1.0, reading.articles, labels_of(reading.articles, labels))


def _sample(part: _Part, share: float, seed: int) -> _Part:
    articles = drawn(part.articles, share, seed)
    name = part.name if share >= 1 else f"{part.name} {share:.0%}"
    return _Part(name, share, articles, {article.id: part.truth[article.id] for article in articles if article.id in part.truth})


def _embedded(parts: Sequence[_Part], encoder: str) -> list[LabelledSet]:
    """The parts with their vectors; a text that is in several is embedded once."""
    settings = load_settings(overrides={"encoder.name": encoder})
    model = load_encoder(settings.encoder, models=models_folder())
    texts = sorted({article.text for part in parts for article in part.articles})
    cache = open_cache(settings.cache)
    try:
        vectors = embed(texts, model, cache).vectors
    finally:
        if cache is not None:
            cache.close()
    rows = {text: row for row, text in enumerate(texts)}
    result = []
    for part in parts:
        own = vectors[[rows[article.text] for article in part.articles]]
        result.append(LabelledSet(_about(part), Input(part.articles, own, encoder, model.fingerprint), part.truth))
    return result


def _about(part: _Part) -> SetAbout:
    digest = hashlib.sha256()
    for article in part.articles:
        digest.update(msgspec.json.encode((article.id, article.text, part.truth.get(article.id))))
    stories = len(set(part.truth.values()))
    return SetAbout(part.name, part.share, len(part.articles), len(part.truth), stories, digest.hexdigest())
