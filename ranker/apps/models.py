"""Models: the commands `models list`, `models distill` and `models background`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from ranker.apps.session import count_of, say, tell_refusals
from ranker.articles.reading import read_articles
from ranker.errors import InputError
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.vectors.background import counted_background, write_background
from ranker.vectors.encoder import load_encoder, shipped_encoders


def list_models(*, as_json: bool) -> None:
    """Shipped encoders and their fingerprints on standard output."""
    settings = load_settings()
    names = [
        (name, load_encoder(msgspec.structs.replace(settings.encoder, name=name), models=models_folder())) for name in shipped_encoders()
    ]
    rows = [{"name": name, "fingerprint": encoder.fingerprint, "default": name == settings.encoder.name} for name, encoder in names]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(f"{row['name']:<12} {row['fingerprint']}{'  (default)' if row['default'] else ''}")


def model_folder(option: str, name: str) -> Path:
    """The folder of the sentence-transformers model that an option names.

    Raises
    ------
    InputError : if it is none.
    """
    from ranker.vectors.transformer import minilm_folder

    if name != "minilm" and not Path(name).is_dir():
        raise InputError(f"{option} {name}: is no folder; give minilm, or a folder with a sentence-transformers model")
    return minilm_folder() if name == "minilm" else Path(name)


def distill(texts: Sequence[str], target: Path, *, teacher: str, dimensions: int, as_json: bool = False) -> int:
    """A static encoder made and written; returns how many texts were refused."""
    from ranker.vectors.distillation import DistillationSettings
    from ranker.vectors.distillation import distill as make

    folder = model_folder("--teacher", teacher)
    reading = read_articles(texts, load_settings().reading)
    tell_refusals(reading.refusals)
    samples = sorted({text for article in reading.articles for text in (article.title, article.text)})
    manifest = make(folder, samples, target, DistillationSettings(dimensions=dimensions), teacher=teacher)
    say(f"{target}: {manifest.dimensions} dimensions, from {teacher} and {count_of(len(samples), 'text')}")
    if as_json:
        click.echo(msgspec.json.encode({"path": str(target), "texts": len(samples), "manifest": manifest}))
    return len(reading.refusals)


def count_background(texts: Sequence[str], target: Path, *, at_least: int, as_json: bool = False) -> int:
    """Word frequencies counted and written; returns how many texts were refused."""
    reading = read_articles(texts, load_settings().reading)
    tell_refusals(reading.refusals)
    counted = counted_background((article.text for article in reading.articles), at_least=at_least)
    write_background(counted, target)
    say(f"{target}: {count_of(len(counted.holding), 'word')} from {count_of(counted.texts, 'text')}")
    if as_json:
        click.echo(msgspec.json.encode({"path": str(target), "texts": counted.texts, "words": len(counted.holding)}))
    return len(reading.refusals)
