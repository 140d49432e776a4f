"""The commands `replay`, `diff` and `tune`: rankings over time, what moved between them, and settings fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ranker.apps.help import Command, option
from ranker.apps.options import as_of, common_options, file_option, finish, forecast_options, inputs, json_option, named_file, request_of


@click.command(
    cls=Command,
    short_help="Rank as it was, at one moment after the other.",
    examples=["ranker replay articles/ --every 6h --output series.jsonl"],
)
@option("--every", required=True, metavar="TIME", help="Time between two rankings: 30m, 1h, 1d.")
@option("--from", "start", callback=as_of, metavar="TIME", help="First moment; default: the time of the first article.")
@option("--to", "end", callback=as_of, metavar="TIME", help="Last moment; default: the time of the last article.")
@option("--limit", type=click.IntRange(min=1), metavar="N", help="Write only so many first stories of each ranking; default: all.")
@file_option("--output", "-o", help="Write here (JSON Lines) instead of standard output.")
@common_options
def replay(every: str, start: datetime | None, end: datetime | None, limit: int | None, output: Path | None, **common: Any) -> None:
    """Rank as it was at one moment after the other, each time without anything that came later."""
    from ranker.apps import replaying
    from ranker.apps import session as sessions

    if common["as_of"] is not None:
        raise click.UsageError("replay has many moments; give --from and --to instead of --as-of")
    duration = replaying.parsed_duration(every)
    output = named_file(output)
    sessions.check_output(output, "jsonl")
    session = sessions.open_session(request_of(common))
    replaying.replay(session, output, every=duration, start=start, end=end, limit=limit)
    finish(session)


@click.command(
    cls=Command,
    short_help="What entered, left and moved between two runs.",
    examples=["ranker diff before.jsonl after.jsonl", "ranker diff series.jsonl --limit 3", "ranker diff before.jsonl after.jsonl --json"],
)
@inputs("runs", "RUN_A [RUN_B]")
@option("--limit", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="Stories shown of each kind.")
@json_option("one comparison a line")
def diff(runs: Sequence[str], limit: int, as_json: bool) -> None:
    """What entered, left and moved between two runs, and the signal that did it.

    A RUN is a file that `rerank --output` wrote as JSON Lines, or FILE@TIME of a series that `replay` wrote; a series alone is
    compared moment by moment.
    """
    from ranker.apps import replaying

    if len(runs) > 2:  # noqa: PLR2004 - two are compared
        raise click.UsageError("two runs are compared, or the moments of one series")
    replaying.diff(runs, limit=limit, as_json=as_json)


@click.command(
    cls=Command,
    short_help="Search settings that foretell your own stream.",
    examples=["ranker tune stream.jsonl --output tuned.yaml", "ranker tune stream.jsonl --profile hottest --output tuned.yaml --json"],
)
@forecast_options()
@file_option("--output", "-o", required=True, help="Settings file (YAML) with the new profile.")
@option("--name", default="tuned", show_default=True, help="Name of the new profile.")
@json_option()
@common_options
def tune(horizon: float, every: float, alive: float, gain: str, output: Path, name: str, as_json: bool, **common: Any) -> None:
    """Search settings of heat and blend on the first half of your own stream, measure them on the second, write a profile.

    The search starts from --profile. Nothing is written if it finds nothing that is better on the second half.
    """
    from ranker.apps import forecasting
    from ranker.apps import session as sessions

    sessions.check_place(output)
    session = sessions.open_session(request_of(common))
    forecasting.tune(session, forecasting.Asked(horizon, every, alive, gain, "all", as_json), name=name, path=output)
    finish(session)
