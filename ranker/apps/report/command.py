"""The command `ranker report`: ranked stories as one page that stands by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranker.apps.help import Command, option
from ranker.apps.options import common_options, file_option, finish, json_option, named_file, request_of


@click.command(
    cls=Command,
    short_help="Ranked stories as one HTML page that stands alone.",
    examples=["ranker report articles/ --output report.html", "ranker report articles/ --output report.html --limit 20 --no-plots"],
)
@file_option("--output", "-o", required=True, help="The page (HTML).")
@option("--limit", type=click.IntRange(min=1), metavar="N", default=100, show_default=True, help="Stories shown.")
@option("--title", default="Ranked stories", show_default=True, help="Of the page.")
@option("--no-plots", is_flag=True, help="Leave out the plots; the page is small.")
@json_option()
@common_options
def report(output: Path, limit: int, title: str, no_plots: bool, as_json: bool, **common: Any) -> None:
    """Write the ranked stories as one HTML page: it needs no network, no server and, but for its plots, no JavaScript."""
    from ranker.apps import session as sessions
    from ranker.apps.report.writing import write_report

    place = named_file(output)
    if place is not None:
        sessions.check_place(place)
    session = sessions.open_session(request_of(common))
    write_report(session, place, title=title, limit=limit, with_plots=not no_plots, as_json=as_json)
    finish(session)
