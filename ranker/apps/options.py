"""Options: what every command that reads articles takes, and how it begins and ends."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ranker.apps import completion
from ranker.apps.help import option, options
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


PROFILES = "balanced (default), newest, hottest, editorial, everyday, or one of the settings file."
ENCODERS = "news-minilm (default), minilm, static, or any sentence-transformers name or path."

_RANKING = "How it is ranked"
_READING = "How it is read"


def file_option(*names: str, **kwargs: Any) -> Callable[[AnyCommand], AnyCommand]:
    """An option that takes a path, of which shells complete the rest."""
    return option(*names, type=click.Path(path_type=Path), **kwargs)


def settings_options(section: str = "") -> Callable[[AnyCommand], AnyCommand]:
    """Options of every command that has settings."""
    return options(
        file_option("--config", section=section, help="Settings file (YAML); keys left out keep their defaults."),
        option("--profile", shell_complete=completion.profiles, section=section, help=PROFILES),
        option("--encoder", shell_complete=completion.encoders, section=section, help=ENCODERS),
    )


def inputs(name: str = "inputs", metavar: str = "INPUT...") -> Callable[[AnyCommand], AnyCommand]:
    """Articles of any input format; shells complete the names of files."""
    return click.argument(name, nargs=-1, required=True, metavar=metavar, type=click.Path())


def common_options(command: AnyCommand) -> AnyCommand:
    """Options of every command that reads articles and ranks them."""
    ranking = options(
        settings_options(_RANKING),
        option("--weights", metavar="W", section=_RANKING, help="Weights of the blend: quality:0.2,heat:0.5,recency:0.3."),
        option(
            "--as-of", callback=as_of, metavar="TIME", section=_RANKING,
            help="Rank as it was at this moment (2026-03-11T18:00:00Z), without anything later; default: the newest article's time.",
        ),
        file_option(
            "--corrections", section=_RANKING, help="What editors joined, parted, pinned, hid or made leads (YAML, JSON)."
        ),
        option("--no-cache", is_flag=True, section=_RANKING, help="Neither use nor keep vectors of earlier runs."),
    )  # fmt: skip
    reading = options(
        option("--strict", is_flag=True, section=_READING, help="Stop at the first article that is refused."),
        file_option("--report", section=_READING, help="Write counts and refusals to this file (JSON)."),
    )
    return inputs()(ranking(reading(command)))


def forecast_options(section: str = "") -> Callable[[AnyCommand], AnyCommand]:
    """Options of commands that measure an order by what came after it."""
    hours = click.FloatRange(min=0, min_open=True)
    return options(
        option(
            "--horizon", type=hours, callback=finite, default=3.0, show_default=True, metavar="HOURS", section=section,
            help="Hours ahead that are foretold.",
        ),
        option(
            "--every", type=hours, callback=finite, default=3.0, show_default=True, metavar="HOURS", section=section,
            help="Hours from moment to moment.",
        ),
        option(
            "--alive", type=hours, callback=finite, default=48.0, show_default=True, metavar="HOURS", section=section,
            help="Hours a story stays in the list after its last article.",
        ),
        option(
            "--gain", type=click.Choice(["articles", "groups"]), default="articles", show_default=True, section=section,
            help="New articles, or publisher groups new to the story.",
        ),
    )  # fmt: skip


def json_option(shape: str = "") -> Callable[[AnyCommand], AnyCommand]:
    """The option of every command whose answer is for reading: the same answer for programs."""
    return option("--json", "as_json", is_flag=True, help=f"As JSON{f', {shape}' if shape else ''}.")


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
