"""The command `ranker serve`: the service, and the keys that open it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ranker.apps.service.keys import Role


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (YAML); keys left out keep their defaults.")
@click.option("--profile", help="balanced (default), newest, hottest, editorial, everyday, or one of the settings file.")
@click.option("--encoder", help="news-minilm, minilm, static, or any sentence-transformers name or path.")
@click.option("--host", help="Address to listen on; default 127.0.0.1. Any other than this computer's own needs keys.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Default 8710; 0 takes a free one.")
@click.option("--store", type=click.Path(path_type=Path), help="File that keeps everything; default: in the user's data folder.")
@click.option("--watch", type=click.Path(path_type=Path), metavar="FOLDER", help="Take in files that appear or change in this folder.")
@click.option("--demo", is_flag=True, help="Serve the sample newsroom, and keep nothing unless --store says where.")
@click.option("--new-key", metavar="NAME", help="Instead: make a key and print it, once, with the lines for the settings file.")
@click.option("--role", type=click.Choice(["read", "write", "admin"]), help="With --new-key: what its holder may do; default: read.")
def serve(new_key: str | None, role: Role | None, **asked: Any) -> None:
    """Keep stories up to date as articles come, and answer over HTTP; /docs shows every request.

    Settings come from the file, then from variables RANKER_* (RANKER_SERVICE_PORT=9000), then from options. SIGTERM or Ctrl+C stops it;
    what it took in is kept.
    """
    if role is not None and new_key is None:
        raise click.UsageError("--role goes with --new-key")
    if new_key is not None:
        _print_key(new_key, role or "read")
        return
    from ranker.apps.service.serve import Asked, serve

    sys.exit(serve(Asked(**asked), os.environ))


def _print_key(name: str, role: Role) -> None:
    from ranker.apps.service.keys import new_key

    if not name.isprintable() or not name.strip():
        raise click.UsageError("--new-key: a name must have characters that can be printed")
    key, line = new_key(name, role)
    click.echo(f"{key}\n")
    click.echo(f"This key is shown once; give it to whoever calls. In the settings file, this lets it in:\n\n{line}")
