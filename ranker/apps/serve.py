"""The command `ranker serve`: the service, and the keys that open it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ranker.apps.help import Command, option
from ranker.apps.options import file_option, settings_options

if TYPE_CHECKING:
    from ranker.apps.service.keys import Role

_RANKING, _KEYS = "How it is ranked", "Keys"


@click.command(
    cls=Command,
    short_help="Keep stories up to date, and answer over HTTP.",
    examples=[
        "ranker serve --demo",
        "ranker serve --store desk.sqlite --watch articles/",
        "ranker serve --config ranker.yaml --host 0.0.0.0 --port 8000",
        "ranker serve --new-key reader --role read",
    ],
)
@settings_options(_RANKING)
@option("--host", help="Address to listen on; default 127.0.0.1. Any other than this computer's own needs keys.")
@option("--port", type=click.IntRange(0, 65_535), metavar="N", help="Default 8710; 0 takes a free one.")
@file_option("--store", help="File that keeps everything; default: in the user's data folder.")
@option(
    "--watch",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Take in files that appear or change in this folder.",
)
@option("--demo", is_flag=True, help="Serve the sample newsroom, and keep nothing unless --store says where.")
@option("--new-key", metavar="NAME", section=_KEYS, help="Instead: make a key and print it, once, with the lines for the settings file.")
@option(
    "--role",
    type=click.Choice(["read", "write", "admin"]),
    section=_KEYS,
    help="With --new-key: what its holder may do; default: read.",
)
@option("--json", "as_json", is_flag=True, section=_KEYS, help="With --new-key: as JSON.")
def serve(new_key: str | None, role: Role | None, as_json: bool, **asked: Any) -> None:  # fmt: skip
    """Keep stories up to date as articles come, and answer over HTTP; /docs shows every request.

    Settings come from the file, then from variables RANKER_* (RANKER_SERVICE_PORT=9000), then from options. SIGTERM or Ctrl+C stops it;
    what it took in is kept.
    """
    if new_key is None and (role is not None or as_json):
        raise click.UsageError(f"{'--json' if role is None else '--role'} goes with --new-key")
    if new_key is not None:
        _print_key(new_key, role or "read", as_json=as_json)
        return
    from ranker.apps.service.serve import Asked, serve

    sys.exit(serve(Asked(**asked), os.environ))


def _print_key(name: str, role: Role, *, as_json: bool) -> None:
    from ranker.apps.service.keys import new_key

    if not name.isprintable() or not name.strip():
        raise click.UsageError("--new-key: a name must have characters that can be printed")
    key, line = new_key(name, role)
    if as_json:
        import json

        click.echo(json.dumps({"name": name, "role": role, "key": key, "settings": line}))
        return
    click.echo(f"{key}\n")
    click.echo(f"This key is shown once; give it to whoever calls. In the settings file, this lets it in:\n\n{line}")
