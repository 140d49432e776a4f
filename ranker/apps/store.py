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

from ranker.apps.help import Group, option
from ranker.apps.options import EXIT_REFUSED, as_of, file_option, finite, json_option, named_file
from ranker.apps.sizes import size_text

if TYPE_CHECKING:
    from ranker.desk.sqlite import SqliteStore
    from ranker.desk.store import StoreInfo

_PLURALS = {"story": "stories"}
_LABEL_CELLS = 13
_LEAST_CELLS = 20  # of a text beside its label, however narrow the screen is
_MOST_DAYS = 36_500
_NAME_CHARACTERS = 50  # of a temporary file's name, of up to four bytes each; a file's name may have 255 bytes


def _days(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    return None if value is None else finite(context, option, value)


def _is_there(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if not path.exists():
        told = f"there is no file {path.absolute()}; `ranker serve --store {path}` makes a store, `ranker store import` one from an export"
        raise click.BadParameter(told)
    return path


_store_file = click.argument("path", type=click.Path(dir_okay=False, path_type=Path), callback=_is_there, metavar="STORE")


@click.group(cls=Group, short_help="What a service keeps: looked at, copied, checked.")
def store() -> None:
    """The store of `ranker serve`: articles, stories, events and corrections in one file, STORE.

    info, export and verify may run beside a service; compact and retain need it stopped.
    """


@store.command(short_help="How much is in a store.", examples=["ranker store info desk.sqlite", "ranker store info desk.sqlite --json"])
@_store_file
@json_option()
def info(path: Path, as_json: bool) -> None:
    """How much is in a store."""
    from ranker.apps import screen

    with _opened(path, read_only=True) as kept:
        told = kept.info()
    if as_json:
        _tell_json(_info_json(told))
        return
    screen.tell(_info_lines(told))


@store.command(short_help="Write all there is as JSON Lines.", examples=["ranker store export desk.sqlite --output desk.jsonl"])
@_store_file
@file_option("--output", "-o", help="The file to write; default: standard output.")
def export(path: Path, output: Path | None) -> None:
    """Write all there is in a store, as of one moment, as JSON Lines."""
    from ranker.apps.output import check_place

    place = named_file(output)
    if place is not None:
        check_place(place)
    with _opened(path, read_only=True) as kept, _written_to(place) as write:
        kept.export(write)
    if place is not None:
        click.echo(f"wrote {place} ({size_text(place.stat().st_size)})", err=True)


@store.command("import", short_help="Make a new store from an export.", examples=["ranker store import new.sqlite desk.jsonl"])
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="STORE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE")
@json_option("the counts of `ranker store info`")
def import_export(path: Path, file: Path, as_json: bool) -> None:
    """Make the new STORE from FILE, which an export wrote; "-" is standard input."""
    with _opened(path) as kept, _read_from(file) as lines:
        kept.import_(lines)
        told = kept.info()
    stories = _many(sum(told.stories.values()), "story")
    click.echo(f"{_many(told.live + told.sealed, 'article')}, {stories}, {_many(told.events, 'event')}", err=True)
    if as_json:
        _tell_json(_info_json(told))


@store.command(short_help="Give room back to the disk.", examples=["ranker store compact desk.sqlite"])
@_store_file
@json_option()
def compact(path: Path, as_json: bool) -> None:
    """Give the room of dropped articles back to the disk, and bring the file to this version."""
    with _opened(path) as kept:
        before = kept.info().size_bytes
        kept.compact()
        after = kept.info().size_bytes
    if as_json:
        _tell_json({"bytesBefore": before, "bytes": after})
    else:
        click.echo(f"{size_text(before)} before, {size_text(after)} now")


@store.command(
    short_help="Read all of a store; say what is wrong.",
    examples=["ranker store verify desk.sqlite", "ranker store verify desk.sqlite --json"],
)
@_store_file
@json_option()
def verify(path: Path, as_json: bool) -> None:
    """Read all of a store and say what is wrong with it; exit code 3 if something is."""
    with _opened(path, read_only=True) as kept:
        problems = kept.verify()
    if as_json:
        _tell_json({"problems": problems})
    else:
        for line in problems or ["nothing is wrong"]:
            click.echo(_shown(line))
    if problems:
        sys.exit(EXIT_REFUSED)


@store.command(
    short_help="Drop old articles, their stories and events.",
    examples=["ranker store retain desk.sqlite --older-than 90", "ranker store retain desk.sqlite --before 2026-01-01"],
)
@_store_file
@option("--before", callback=as_of, metavar="TIME", help="Drop what was published before this moment.")
@option(
    "--older-than", type=click.FloatRange(0, _MOST_DAYS), callback=_days, metavar="DAYS", help="Drop what was published so many days ago."
)
@json_option()
def retain(path: Path, before: datetime | None, older_than: float | None, as_json: bool) -> None:
    """Drop old articles that are sealed, stories of which nothing is left, and all events of that time."""
    if (before is None) == (older_than is None):
        raise click.UsageError("give either --before or --older-than, as --older-than 90")
    moment = before or datetime.now(tz=UTC) - timedelta(days=older_than or 0)
    with _opened(path) as kept:
        dropped = kept.retain(moment)
    if as_json:
        from ranker.articles.dates import iso_text

        _tell_json({"dropped": dropped, "before": iso_text(moment)})
        return
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


def _tell_json(told: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(told))


def _info_lines(told: StoreInfo) -> Iterator[str]:
    yield f"{_shown(told.path)}: {size_text(told.size_bytes)}, version {told.schema}"
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
    from ranker.apps.screen import columns

    room = max(_LEAST_CELLS, columns() - _LABEL_CELLS)
    for i, line in enumerate(textwrap.wrap(text, room) or [""]):
        yield f"{'' if i else label:{_LABEL_CELLS}}{line}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else _PLURALS.get(noun, f'{noun}s')}"


def _shown(text: str) -> str:
    from ranker.apps.screen import printable

    return printable(text)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


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
