"""SQLite round: what a round of the desk, and later the lapse of time, changes in the tables of a store's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from ranker.desk.records import Decided
from ranker.desk.sqlite_rows import (
    PUT_CORRECTION,
    PUT_EVENT,
    PUT_STORY,
    UNDO,
    WITHOUT_ARTICLES,
    ArticleRows,
    counters,
    event_row,
    micros,
    put_articles,
    put_counters,
    story_row,
    undo_row,
)
from ranker.desk.store_codec import STORIES, encoded
from ranker.desk.store_rules import heirless

_MOVE = "UPDATE articles SET story = ? WHERE id = ?"
_SEAL = "UPDATE articles SET sealed = 1 WHERE id = ?"
_DERIVE = "UPDATE contents SET derived = ? WHERE number = (SELECT number FROM articles WHERE id = ?)"
_FORGET_UNDONE = "DELETE FROM corrections WHERE id = ? AND undone_at IS NOT NULL"
_OLD = "sealed = 1 AND moment < ?"


def keep_round(connection: sqlite3.Connection, decided: Decided, articles: Sequence[ArticleRows]) -> None:
    """Keep what a round decided; `articles` are the rows of those it puts.

    Raises
    ------
    ValueError : if it moves, seals or undoes what is not there, or an event's number does not rise.
    """
    put_articles(connection, articles)
    _change_all(connection, _MOVE, [(story, key) for key, story in decided.moved.items()], "moved")
    _change_all(connection, _DERIVE, [(new, key) for key, new in decided.derived.items()], "derived anew")
    _change_all(connection, _SEAL, [(key,) for key in decided.sealed], "sealed")
    _remove(connection, decided.removed)
    connection.executemany(PUT_STORY, (story_row(story) for story in decided.stories))
    connection.executemany(_FORGET_UNDONE, ((made.id,) for made in decided.corrections))  # made again, they stand as the newest
    connection.executemany(PUT_CORRECTION, ((made.id, encoded(made)) for made in decided.corrections))
    undone = [undo_row(key, undo.get("by", ""), datetime.fromisoformat(undo["at"])) for key, undo in decided.undone.items()]
    _change_all(connection, UNDO, undone, "undone")
    after = counters(connection).after(decided)
    connection.executemany(PUT_EVENT, (event_row(event) for event in decided.events))
    connection.execute("DELETE FROM waiting WHERE number <= ?", (decided.up_to,))
    put_counters(connection, after)


def drop_old(connection: sqlite3.Connection, before: datetime) -> int:
    """Drop the sealed articles of before a moment, the stories that go with them and the events of that time; the number of articles."""
    moment = micros(before)
    connection.execute(f"DELETE FROM contents WHERE number IN (SELECT number FROM articles WHERE {_OLD})", (moment,))  # noqa: S608 - a constant
    dropped = connection.execute(f"DELETE FROM articles WHERE {_OLD}", (moment,)).rowcount  # noqa: S608 - a constant
    connection.execute(f"DELETE FROM stories WHERE state = 'sealed' AND {WITHOUT_ARTICLES}")  # noqa: S608 - a constant
    connection.execute("DELETE FROM events WHERE at < ?", (moment,))
    rows = connection.execute("SELECT record FROM stories WHERE state IN ('merged', 'split', 'emptied')")
    gone = [STORIES.decode(record) for (record,) in rows]
    lost, changed = heirless(gone, {key for (key,) in connection.execute("SELECT id FROM stories")}, before)
    connection.executemany("DELETE FROM stories WHERE id = ?", [(key,) for key in lost])
    connection.executemany(PUT_STORY, [story_row(story) for story in changed])
    return dropped


def _change_all(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]], verb: str) -> None:
    """Change rows that must be there.

    Raises
    ------
    ValueError : if some are not.
    """
    changed = connection.executemany(statement, rows).rowcount if rows else 0
    if changed != len(rows):
        raise ValueError(f"{len(rows):,} to be {verb}, of which the store holds {changed:,}")


def _remove(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    keys = [(key,) for key in ids]
    connection.executemany("DELETE FROM contents WHERE number = (SELECT number FROM articles WHERE id = ?)", keys)
    connection.executemany("DELETE FROM articles WHERE id = ?", keys)
