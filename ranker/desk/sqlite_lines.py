"""SQLite lines: the tables of a store's file as the lines of an export, and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from ranker.desk.sqlite_rows import (
    CORRECTION,
    KEPT,
    PUT_CHANGE,
    PUT_CORRECTION,
    PUT_EVENT,
    PUT_STORY,
    UNDO,
    article_rows,
    correction_of,
    counters,
    event_row,
    kept_of,
    put_articles,
    put_counters,
    story_row,
    undo_row,
)
from ranker.desk.store_codec import CHANGES, EVENTS, STORIES, encoded
from ranker.desk.store_lines import EXPORT_VERSION, ArticleLine, ChangeLine, CorrectionLine, EventLine, HeadLine, KeptLine, StoryLine
from ranker.desk.store_rules import Counters


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing, and never was."""
    return counters(connection) == Counters() and not any(True for _ in _records(connection))


def lines_of(connection: sqlite3.Connection) -> Iterator[KeptLine]:
    """The lines of all there is."""
    yield HeadLine(EXPORT_VERSION, counters(connection))
    yield from _records(connection)


def _records(connection: sqlite3.Connection) -> Iterator[KeptLine]:
    for (record,) in connection.execute("SELECT record FROM stories ORDER BY id"):
        yield StoryLine(STORIES.decode(record))
    for *row, sealed in connection.execute(KEPT.replace(" FROM", ", a.sealed FROM", 1) + "ORDER BY a.id"):
        yield ArticleLine(kept_of(*row), bool(sealed))
    for (record,) in connection.execute("SELECT record FROM events ORDER BY number"):
        yield EventLine(EVENTS.decode(record))
    for row in connection.execute(CORRECTION + "ORDER BY number"):
        yield CorrectionLine(correction_of(*row))
    for number, record in connection.execute("SELECT number, record FROM waiting ORDER BY number"):
        yield ChangeLine(replace(CHANGES.decode(record), number=number))


def keep_line(connection: sqlite3.Connection, line: KeptLine) -> None:
    """Keep what a line holds.

    Raises
    ------
    ValueError : if that is there already.
    """
    try:
        _keep(connection, line)
    except sqlite3.IntegrityError as error:
        raise ValueError(str(error)) from error


def _keep(connection: sqlite3.Connection, line: KeptLine) -> None:
    if isinstance(line, HeadLine):
        put_counters(connection, line.counters)
    elif isinstance(line, ArticleLine):
        put_articles(connection, [article_rows(line.kept, sealed=line.sealed)])
    elif isinstance(line, StoryLine):
        connection.execute(PUT_STORY, story_row(line.story))
    elif isinstance(line, EventLine):
        connection.execute(PUT_EVENT, event_row(line.event))
    elif isinstance(line, CorrectionLine):
        made = line.kept.correction
        connection.execute(PUT_CORRECTION, (made.id, encoded(made)))
        if line.kept.undone_at is not None:
            connection.execute(UNDO, undo_row(made.id, line.kept.undone_by, line.kept.undone_at))
    else:
        connection.execute(PUT_CHANGE, (line.change.number, encoded(replace(line.change, number=0))))
