"""SQLite rows: what lies in the tables of a store's file, how it is asked for and put there."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ranker.desk.records import Event, KeptArticle, StoryRecord
from ranker.desk.store import KeptCorrection
from ranker.desk.store_codec import ARTICLES, CORRECTIONS, encoded, shallow
from ranker.desk.store_rules import Counters

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# What is asked more than once

KEPT = "SELECT c.article, a.received, a.story, c.vector, c.derived FROM articles a JOIN contents c ON c.number = a.number "
CORRECTION = "SELECT record, undone_by, undone_at FROM corrections "
WITHOUT_ARTICLES = "NOT EXISTS (SELECT 1 FROM articles a WHERE a.story = stories.id)"
PUT_STORY = (
    "INSERT INTO stories (id, state, record) VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, record = excluded.record"
)
PUT_EVENT = "INSERT INTO events (number, story, at, record) VALUES (?, ?, ?, ?)"
PUT_CORRECTION = "INSERT INTO corrections (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record"
PUT_CHANGE = "INSERT INTO waiting (number, record) VALUES (?, ?)"
UNDO = "UPDATE corrections SET undone_by = ?, undone_at = ? WHERE id = ?"
_PUT_ARTICLE = (
    "INSERT INTO articles (id, story, sealed, received, moment) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "story = excluded.story, sealed = excluded.sealed, received = excluded.received, moment = excluded.moment"
)
_PUT_CONTENT = (
    "INSERT INTO contents (number, article, vector, derived) VALUES ((SELECT number FROM articles WHERE id = ?), ?, ?, ?) "
    "ON CONFLICT (number) DO UPDATE SET article = excluded.article, vector = excluded.vector, derived = excluded.derived"
)
_PUT_ABOUT = "INSERT INTO about (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

ArticleRows = tuple[tuple[object, ...], tuple[object, ...]]  # of both tables


# Moments and numbers


def micros(moment: datetime) -> int:
    """A moment as the tables have it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """A moment of the tables."""
    return _EPOCH + timedelta(microseconds=micros)


def number_of(connection: sqlite3.Connection, query: str) -> int:
    """The one number a query gives; 0 for none."""
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


def waiting_count(connection: sqlite3.Connection) -> int:
    """How many changes wait. Their numbers have no gaps, so the first and the last tell."""
    last = number_of(connection, "SELECT max(number) FROM waiting")
    return last - number_of(connection, "SELECT min(number) FROM waiting") + 1 if last else 0


def counters(connection: sqlite3.Connection) -> Counters:
    """What the store knows beside its records."""
    about = dict(connection.execute("SELECT name, value FROM about"))
    return Counters(about.get("decided", 0), about.get("last_event", 0), about.get("fingerprint", ""))


def put_counters(connection: sqlite3.Connection, new: Counters) -> None:
    """Take these for those before."""
    put_about(connection, {"decided": new.decided, "last_event": new.last_event, "fingerprint": new.fingerprint})


def put_about(connection: sqlite3.Connection, values: Mapping[str, object]) -> None:
    """Keep values under their names."""
    connection.executemany(_PUT_ABOUT, values.items())


# Records


def kept_of(article: bytes, received: int, story: str, vector: bytes, derived: bytes) -> KeptArticle:
    """An article of a row of `KEPT`."""
    return KeptArticle(ARTICLES.decode(article), moment_of(received), story, vector, derived)


def correction_of(record: bytes, undone_by: str, undone_at: int | None) -> KeptCorrection:
    """A correction of a row of `CORRECTION`."""
    return KeptCorrection(CORRECTIONS.decode(record), undone_by, None if undone_at is None else moment_of(undone_at))


def article_rows(kept: KeptArticle, *, sealed: bool = False) -> ArticleRows:
    """An article's rows."""
    article = kept.article
    placed = (article.id, kept.story, sealed, micros(kept.received), micros(article.published or kept.received))
    return placed, (article.id, encoded(shallow(article)), kept.vector, kept.derived)


def put_articles(connection: sqlite3.Connection, rows: Sequence[ArticleRows]) -> None:
    """Put articles, or put them anew."""
    connection.executemany(_PUT_ARTICLE, (placed for placed, _ in rows))
    connection.executemany(_PUT_CONTENT, (content for _, content in rows))


def story_row(story: StoryRecord) -> tuple[object, ...]:
    """What `PUT_STORY` takes."""
    return story.id, story.state, encoded(story)


def event_row(event: Event) -> tuple[object, ...]:
    """What `PUT_EVENT` takes."""
    return event.number, event.story, micros(event.at), encoded(event)


def undo_row(correction_id: str, by: str, at: datetime) -> tuple[object, ...]:
    """What `UNDO` takes."""
    return by, micros(at), correction_id
