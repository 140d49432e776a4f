"""Options: what every command that reads articles takes, and how it begins and ends."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ranker.errors import ArticleError

if TYPE_CHECKING:
    from ranker.apps.session import Request, Session

EXIT_REFUSED = 3

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


def as_of(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """A moment of the command line, in any usual spelling, as UTC."""
    from ranker.articles.dates import parsed_time

    try:
        parsed = parsed_time(value, field="--as-of")
    except ArticleError as error:
        raise click.BadParameter(f"{error.reason}; write it as 2026-03-11T18:00:00Z") from error
    return None if parsed is None else parsed[0]


def finite(_: click.Context, __: click.Parameter, value: float) -> float:
    """A number of the command line, neither infinite nor none."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is no finite number")
    return value


def common_options(command: AnyCommand) -> AnyCommand:
    """Options of every command that reads articles."""
    options = [
        click.option("--config", type=click.Path(path_type=Path), help="Settings file (YAML); keys left out keep their defaults."),
        click.option("--profile", help="balanced (default), newest, hottest, editorial, everyday, or one of the settings file."),
        click.option("--weights", metavar="W", help="Weights of the blend: quality:0.2,heat:0.5,recency:0.3."),
        click.option("--encoder", help="news-minilm, minilm, static, or any sentence-transformers name or path."),
        click.option(
            "--corrections", type=click.Path(path_type=Path), help="What editors joined, parted, pinned, hid or made leads (YAML, JSON)."
        ),
        click.option(
            "--as-of", callback=as_of, help="Rank as it was at this moment, without anything later; default: the newest article's time."
        ),
        click.option("--no-cache", is_flag=True, help="Neither use nor keep vectors of earlier runs."),
        click.option("--strict", is_flag=True, help="Stop at the first article that is refused."),
        click.option("--report", type=click.Path(path_type=Path), help="Write counts and refusals to this file (JSON)."),
    ]
    for option in reversed(options):
        command = option(command)
    return click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")(command)


def forecast_options(command: AnyCommand) -> AnyCommand:
    """Options of commands that measure an order by what came after it."""
    hours = click.FloatRange(min=0, min_open=True)
    options = [
        click.option("--horizon", type=hours, callback=finite, default=3.0, show_default=True, help="Hours ahead that are foretold."),
        click.option("--every", type=hours, callback=finite, default=3.0, show_default=True, help="Hours from moment to moment."),
        click.option(
            "--alive",
            type=hours,
            callback=finite,
            default=48.0,
            show_default=True,
            help="Hours a story stays in the list after its last article.",
        ),
        click.option(
            "--gain",
            type=click.Choice(["articles", "groups"]),
            default="articles",
            show_default=True,
            help="New articles, or publisher groups new to the story.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def named_file(output: Path | None) -> Path | None:
    """The file to write to; None for standard output, which is also called "-"."""
    return None if output is None or str(output) == "-" else output


def request_of(common: dict[str, Any]) -> Request:
    """What the options of `common_options` ask for; the only place where the clock is read."""
    from ranker.apps.session import Request

    return Request(
        inputs=tuple(common["inputs"]),
        config=common["config"],
        profile=common["profile"],
        weights=common["weights"],
        encoder=common["encoder"],
        corrections=common["corrections"],
        as_of=common["as_of"],
        use_cache=not common["no_cache"],
        strict=common["strict"],
        report=common["report"],
        now=datetime.now(tz=UTC),
    )


def finish(session: Session, more_refused: int = 0) -> None:
    """End with exit code 3 if some input was refused."""
    if session.reading.refusals or more_refused:
        sys.exit(EXIT_REFUSED)
