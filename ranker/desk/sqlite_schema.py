"""SQLite schema: the tables of a store's file, and the steps from an older version of them to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from ranker.desk.sqlite_rows import number_of
from ranker.errors import StoreError

_APPLICATION_ID = 0x52414E4B  # "RANK", in the file's header: tells a store from other SQLite files

# Texts and vectors lie apart from the small row that says where an article is, so that moving it is cheap.
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    story TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    received INTEGER NOT NULL, -- as all times, microseconds since 1970
    moment INTEGER NOT NULL -- published, else received
);
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX articles_live ON articles (number) WHERE sealed = 0;
CREATE TABLE contents (number INTEGER PRIMARY KEY, article BLOB NOT NULL, vector BLOB NOT NULL, derived BLOB NOT NULL);
CREATE TABLE stories (id TEXT PRIMARY KEY, state TEXT NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, story TEXT NOT NULL, at INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX events_by_story ON events (story);
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record BLOB NOT NULL,
    undone_by TEXT NOT NULL DEFAULT '',
    undone_at INTEGER -- NULL: it stands
);
CREATE TABLE waiting (number INTEGER PRIMARY KEY, record BLOB NOT NULL)
"""


def _tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";"):
        connection.execute(statement)


# Migration i leads from version i to version i + 1; a released one is never changed.
_MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_tables,)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file's tables; 0 of an empty file.

    Raises
    ------
    StoreError : if it is no store, or of a newer version.
    """
    version = pragma(connection, "user_version")
    if pragma(connection, "application_id") != _APPLICATION_ID:
        # A process that was killed while it made the file leaves it with nothing in it.
        if version or number_of(connection, "SELECT count(*) FROM sqlite_master"):
            raise StoreError(f"{path}: is a database of something else; name another file")
        return 0
    if version > len(_MIGRATIONS):
        raise StoreError(f"{path}: is of version {version}, this ranker knows {len(_MIGRATIONS)}; use a newer ranker")
    return version


def check_current(connection: sqlite3.Connection, path: Path) -> None:
    """See that the tables may be read as they are.

    Raises
    ------
    StoreError : if not.
    """
    version = version_of(connection, path)
    if version < len(_MIGRATIONS):
        raise StoreError(f"{path}: is of version {version}; `ranker store compact` brings it to {len(_MIGRATIONS)}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables from a version to the newest, each step whole or not at all."""
    for reached, step in enumerate(_MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        step(connection)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {reached}")
        connection.execute("COMMIT")


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """A setting of the file that is a number."""
    return number_of(connection, f"PRAGMA {name}")
