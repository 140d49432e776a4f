"""The commands `ranker store`: what the desk keeps, looked at, copied, checked and made smaller."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from ranker.apps.options import EXIT_REFUSED, as_of, finite, named_file

if TYPE_CHECKING:
    from ranker.desk.sqlite import SqliteStore
    from ranker.desk.store import StoreInfo

_UNITS = ("B", "kB", "MB", "GB", "TB")
_UNIT_STEP = 1000
_PLURALS = {"story": "stories"}
_LABEL_CELLS = 13
_WIDTH = 80
_MOST_DAYS = 36_500
_NAME_CHARACTERS = 50  # of a temporary file's name, of up to four bytes each; a file's name may have 255 bytes


def _days(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    return None if value is None else finite(context, option, value)


_store_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="STORE")


@click.group()
def store() -> None:
    """The store of `ranker serve`: articles, stories, events and corrections in one file, STORE.

    info, export and verify may run beside a service; compact and retain need it stopped.
    """


@store.command()
@_store_file
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(path: Path, as_json: bool) -> None:
    """How much is in a store."""
    import msgspec

    with _opened(path, read_only=True) as kept:
        told = kept.info()
    if as_json:
        click.echo(msgspec.json.encode(_info_json(told)))
        return
    for line in _info_lines(told):
        click.echo(line)


@store.command()
@_store_file
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write; default: standard output.")
def export(path: Path, output: Path | None) -> None:
    """Write all there is in a store, as of one moment, as JSON Lines."""
    from ranker.apps.output import check_place

    place = named_file(output)
    if place is not None:
        check_place(place)
    with _opened(path, read_only=True) as kept, _written_to(place) as write:
        kept.export(write)
    if place is not None:
        click.echo(f"wrote {place} ({_size(place.stat().st_size)})", err=True)


@store.command("import")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="STORE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE")
def import_export(path: Path, file: Path) -> None:
    """Make the new STORE from FILE, which an export wrote; "-" is standard input."""
    with _opened(path) as kept, _read_from(file) as lines:
        kept.import_(lines)
        told = kept.info()
    stories = _many(sum(told.stories.values()), "story")
    click.echo(f"{_many(told.live + told.sealed, 'article')}, {stories}, {_many(told.events, 'event')}", err=True)


@store.command()
@_store_file
def compact(path: Path) -> None:
    """Give the room of dropped articles back to the disk, and bring the file to this version."""
    with _opened(path) as kept:
        before = kept.info().size_bytes
        kept.compact()
        after = kept.info().size_bytes
    click.echo(f"{_size(before)} before, {_size(after)} now")


@store.command()
@_store_file
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(path: Path, as_json: bool) -> None:
    """Read all of a store and say what is wrong with it; exit code 3 if something is."""
    import msgspec

    with _opened(path, read_only=True) as kept:
        problems = kept.verify()
    if as_json:
        click.echo(msgspec.json.encode({"problems": problems}))
    else:
        for line in problems or ["nothing is wrong"]:
            click.echo(_shown(line))
    if problems:
        sys.exit(EXIT_REFUSED)


@store.command()
@_store_file
@click.option("--before", callback=as_of, help="Drop what was published before this moment.")
@click.option(
    "--older-than", type=click.FloatRange(0, _MOST_DAYS), callback=_days, metavar="DAYS", help="Drop what was published so many days ago."
)
def retain(path: Path, before: datetime | None, older_than: float | None) -> None:
    """Drop old articles that are sealed, stories of which nothing is left, and all events of that time."""
    if (before is None) == (older_than is None):
        raise click.UsageError("give either --before or --older-than")
    moment = before or datetime.now(tz=UTC) - timedelta(days=older_than or 0)
    with _opened(path) as kept:
        dropped = kept.retain(moment)
    click.echo(f"dropped {_many(dropped, 'article')} from before {_time(moment)}; `ranker store compact` gives their room back")


@contextlib.contextmanager
def _opened(path: Path, *, read_only: bool = False) -> Iterator[SqliteStore]:
    from ranker.desk.sqlite import SqliteStore

    with contextlib.closing(SqliteStore(path, read_only=read_only)) as kept:
        yield kept


# Files


@contextlib.contextmanager
def _written_to(place: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Standard output, or a file that is there as a whole or not at all. An export holds all there is: nobody else may read it."""
    from ranker.articles.writing import sync_folder
    from ranker.errors import InputError

    if place is None:
        yield sys.stdout.buffer.write
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{place.name[:_NAME_CHARACTERS]}.", dir=place.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream.write
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, place)
            sync_folder(place.absolute().parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise InputError(f"{place}: cannot be written ({error.strerror})") from error


@contextlib.contextmanager
def _read_from(file: Path) -> Iterator[BinaryIO]:
    from ranker.errors import InputError

    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error


# For people and for programs


def _info_lines(told: StoreInfo) -> Iterator[str]:
    yield f"{_shown(told.path)}: {_size(told.size_bytes)}, version {told.schema}"
    yield from _row("articles", f"{told.live:,} live, {told.sealed:,} sealed")
    if told.oldest is not None and told.newest is not None:
        yield from _row("", f"published {_time(told.oldest)} to {_time(told.newest)}")
    yield from _row("stories", ", ".join(f"{count:,} {state}" for state, count in told.stories.items()) or "0")
    yield from _row("events", f"{told.events:,}")
    yield from _row("corrections", f"{told.corrections:,} {'stands' if told.corrections == 1 else 'stand'}, {told.undone:,} undone")
    yield from _row("waiting", _many(told.waiting, "change"))
    yield from _row("made with", _shown(told.fingerprint) or "-")


def _row(label: str, text: str) -> Iterator[str]:
    """One line, or as many as the screen's width asks for."""
    room = _WIDTH - _LABEL_CELLS
    for i, line in enumerate(textwrap.wrap(text, room) or [""]):
        yield f"{'' if i else label:{_LABEL_CELLS}}{line}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else _PLURALS.get(noun, f'{noun}s')}"


def _shown(text: str) -> str:
    from ranker.apps.screen import printable

    return printable(text)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _size(count: float) -> str:
    """Bytes for people: "512 B", "12.3 MB"."""
    step = 0
    while round(count, 1) >= _UNIT_STEP and step < len(_UNITS) - 1:
        count, step = count / _UNIT_STEP, step + 1
    return f"{count:.1f} {_UNITS[step]}" if step else f"{count:.0f} B"


def _info_json(told: StoreInfo) -> dict[str, Any]:
    from ranker.articles.dates import iso_text

    return {
        "path": told.path,
        "schema": told.schema,
        "bytes": told.size_bytes,
        "articles": {"live": told.live, "sealed": told.sealed},
        "oldest": None if told.oldest is None else iso_text(told.oldest),
        "newest": None if told.newest is None else iso_text(told.newest),
        "stories": dict(told.stories),
        "events": told.events,
        "corrections": {"standing": told.corrections, "undone": told.undone},
        "waiting": told.waiting,
        "fingerprint": told.fingerprint or None,
    }
