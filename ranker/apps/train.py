"""The command `ranker train`: models made from labelled stories."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

EXIT_REFUSED = 3


@click.group()
def train() -> None:
    """Make models from labelled stories; ranking needs none of it."""


@train.command()
@click.argument("labelled", nargs=-1, required=True, metavar="LABELLED...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the new model (float32).")
@click.option("--onnx", type=click.Path(path_type=Path), help="Folder of the same model in 8 bits, which runs without torch.")
@click.option("--labels", default="story", show_default=True, help="The field that holds the true story, or a file, as in evaluate.")
@click.option("--unlabelled", multiple=True, help="Articles without labels; pairs that ranker itself is sure of are learnt as well.")
@click.option("--base", default="minilm", show_default=True, help="minilm, or a folder with a sentence-transformers model.")
@click.option("--steps", type=click.IntRange(min=1), help="Default: what benchmarks/encoders/README.md was measured with.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def encoder(output: Path, onnx: Path | None, **order: Any) -> None:
    """Fine-tune an encoder; LABELLED are articles of any input format, each with its true story."""
    from ranker.apps.fine_tuning import Order, fine_tune

    if fine_tune(Order(**order), output, onnx):
        sys.exit(EXIT_REFUSED)


@train.command("same-story")
@click.argument("labelled", nargs=-1, required=True, metavar="LABELLED...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The model (JSON); other encoders in it are kept.")
@click.option(
    "--labels", multiple=True, default=("story",), show_default=True, help="As in evaluate; once for all inputs, or once for each."
)
@click.option(
    "--encoder", "encoders", multiple=True, default=("news-minilm",), show_default=True, help="For which encoder; may be repeated."
)
@click.option("--steps", type=click.IntRange(min=1), help="Weights tried; 400 by default.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--leave-one-out", is_flag=True, help="Also learn without each input, and measure on it.")
@click.option("--report", type=click.Path(path_type=Path), help="Write all figures here (JSON).")
def same_story(output: Path, report: Path | None, **order: Any) -> None:
    """Learn when two articles are one story; LABELLED are articles of any input format, each with its true story."""
    from ranker.apps.learning import Order, learn_same_story

    if learn_same_story(Order(**order), output, report):
        sys.exit(EXIT_REFUSED)
