"""The command `ranker train`: models made from labelled stories."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ranker.apps.completion import encoders
from ranker.apps.help import Group, option
from ranker.apps.options import EXIT_REFUSED, file_option, inputs, json_option


@click.group(cls=Group, short_help="Make models from labelled stories.")
def train() -> None:
    """Make models from labelled stories; ranking needs none of it."""


@train.command(
    short_help="Fine-tune an encoder on stories.",
    examples=["ranker train encoder labelled.jsonl --output my-encoder --onnx my-encoder-8bit"],
)
@inputs("labelled", "LABELLED...")
@file_option("--output", "-o", required=True, help="Folder of the new model (float32).")
@file_option("--onnx", help="Folder of the same model in 8 bits, which runs without torch.")
@option("--labels", default="story", show_default=True, help="The field that holds the true story, or a file, as in evaluate.")
@option("--unlabelled", multiple=True, help="Articles without labels; pairs that ranker itself is sure of are learnt as well.")
@option("--base", default="minilm", show_default=True, help="minilm, or a folder with a sentence-transformers model.")
@option("--steps", type=click.IntRange(min=1), metavar="N", help="Default: what benchmarks/encoders/README.md was measured with.")
@option("--seed", type=click.IntRange(min=0), metavar="N", default=0, show_default=True, help="Of the order of texts.")
@json_option()
def encoder(output: Path, onnx: Path | None, as_json: bool, **order: Any) -> None:
    """Fine-tune an encoder; LABELLED are articles of any input format, each with its true story."""
    from ranker.apps.fine_tuning import Order, fine_tune

    if fine_tune(Order(**order), output, onnx, as_json=as_json):
        sys.exit(EXIT_REFUSED)


@train.command(
    "same-story",
    short_help="Learn when two articles are one story.",
    examples=["ranker train same-story labelled.jsonl --output same-story.json"],
)
@inputs("labelled", "LABELLED...")
@file_option("--output", "-o", required=True, help="The model (JSON); other encoders in it are kept.")
@option("--labels", multiple=True, default=("story",), show_default=True, help="As in evaluate; once for all inputs, or once for each.")
@option(
    "--encoder",
    "encoders",
    multiple=True,
    default=("news-minilm",),
    show_default=True,
    shell_complete=encoders,
    help="For which encoder; may be repeated.",
)
@option("--steps", type=click.IntRange(min=1), metavar="N", help="Weights tried; 400 by default.")
@option("--seed", type=click.IntRange(min=0), metavar="N", default=0, show_default=True, help="Of the search.")
@option("--leave-one-out", is_flag=True, help="Also learn without each input, and measure on it.")
@file_option("--report", help="Write all figures here (JSON).")
@json_option()
def same_story(output: Path, report: Path | None, as_json: bool, **order: Any) -> None:  # fmt: skip
    """Learn when two articles are one story; LABELLED are articles of any input format, each with its true story."""
    from ranker.apps.learning import Order, learn_same_story

    if learn_same_story(Order(**order), output, report, as_json=as_json):
        sys.exit(EXIT_REFUSED)
