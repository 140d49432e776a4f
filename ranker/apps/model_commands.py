"""The commands `ranker models`: what ships with ranker, and how it is made."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ranker.apps.help import Group, option
from ranker.apps.options import EXIT_REFUSED, file_option, inputs, json_option


@click.group(cls=Group, short_help="The models that ship with ranker; making more.")
def models() -> None:
    """The models that ship with ranker, and how they are made."""


@models.command("list", short_help="Encoders that need no download.", examples=["ranker models list", "ranker models list --json"])
@json_option()
def list_models(as_json: bool) -> None:
    """Encoders that need no download, with their fingerprints."""
    from ranker.apps import models as shipped

    shipped.list_models(as_json=as_json)


@models.command(
    short_help="Make a static encoder from a transformer.",
    examples=["ranker models distill articles/ --output my-static --dimensions 8"],
)
@inputs("texts", "TEXTS...")
@file_option("--output", "-o", required=True, help="Folder of the new model.")
@option("--teacher", default="minilm", show_default=True, help="minilm, or a folder with a sentence-transformers model.")
@option("--dimensions", type=click.IntRange(min=1), metavar="N", default=256, show_default=True, help="Of the new vectors.")
@json_option()
def distill(texts: Sequence[str], output: Path, teacher: str, dimensions: int, as_json: bool) -> None:
    """Make a static encoder from a transformer; TEXTS are articles of the kind it is for (any input format)."""
    from ranker.apps import models as shipped

    if shipped.distill(texts, output, teacher=teacher, dimensions=dimensions, as_json=as_json):
        sys.exit(EXIT_REFUSED)


@models.command(
    short_help="Count what is rare in ordinary news.",
    examples=["ranker models background articles/ --output background.json"],
)
@inputs("texts", "TEXTS...")
@file_option("--output", "-o", required=True, help="File of the new word frequencies (JSON).")
@option("--at-least", type=click.IntRange(min=1), metavar="N", default=3, show_default=True, help="Leave out words of fewer texts.")
@json_option()
def background(texts: Sequence[str], output: Path, at_least: int, as_json: bool) -> None:
    """Count how many TEXTS (articles of any input format) hold each word: what is rare in ordinary news."""
    from ranker.apps import models as shipped

    if shipped.count_background(texts, output, at_least=at_least, as_json=as_json):
        sys.exit(EXIT_REFUSED)
