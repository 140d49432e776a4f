"""SQLite faults: what is wrong with a store's file, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from ranker.articles.article import Article
from ranker.desk.records import Change, Event, StoryRecord
from ranker.desk.sqlite_rows import WITHOUT_ARTICLES, counters, number_of, waiting_count
from ranker.desk.store_codec import ARTICLES, CHANGES, CORRECTIONS, EVENTS, STORIES
from ranker.desk.store_rules import first_ones, lost_heirs, odd_vectors
from ranker.stories.corrections import Correction

_Decoder = (
    msgspec.json.Decoder[Article]
    | msgspec.json.Decoder[StoryRecord]
    | msgspec.json.Decoder[Event]
    | msgspec.json.Decoder[Correction]
    | msgspec.json.Decoder[Change]
)


def faults(connection: sqlite3.Connection) -> list[str]:
    """All that is wrong, the first ones of each kind; empty if nothing is."""
    if broken := _broken(connection):
        return broken  # what such a file says of its articles means nothing
    kinds = (_misplaced, _unreadable, _odd_vectors, _lost_heirs, _wrong_numbers)
    return [problem for kind in kinds for problem in first_ones(kind(connection))]


def _broken(connection: sqlite3.Connection) -> list[str]:
    try:
        found = [text for (text,) in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:  # too damaged to be checked
        found = [str(error)]
    return [f"SQLite: {text}" for text in found if text != "ok"]


def _misplaced(connection: sqlite3.Connection) -> Iterator[str]:
    for key, story, state in connection.execute(
        "SELECT a.id, a.story, s.state FROM articles a LEFT JOIN stories s ON s.id = a.story "
        "WHERE s.state IS NULL OR s.state NOT IN ('live', 'sealed') ORDER BY a.id"
    ):
        yield f"article {key} is in story {story}, which is {state}" if state else f"article {key} is in story {story}, which is not there"
    for (key,) in connection.execute(f"SELECT id FROM stories WHERE state = 'live' AND {WITHOUT_ARTICLES} ORDER BY id"):  # noqa: S608 - a constant
        yield f"story {key} is live and has no article"
    for (key,) in connection.execute("SELECT id FROM articles WHERE number NOT IN (SELECT number FROM contents) ORDER BY id"):
        yield f"article {key} has no content"
    for (number,) in connection.execute("SELECT number FROM contents WHERE number NOT IN (SELECT number FROM articles)"):
        yield f"content {number} belongs to no article"


def _unreadable(connection: sqlite3.Connection) -> Iterator[str]:
    for key, record in connection.execute("SELECT a.id, c.article FROM articles a JOIN contents c ON c.number = a.number ORDER BY a.id"):
        if fault := _fault(ARTICLES, record):
            yield f"article {key} cannot be read: {fault}"
    others: tuple[tuple[str, str, _Decoder], ...] = (
        ("story", "SELECT id, record FROM stories ORDER BY id", STORIES),
        ("event", "SELECT number, record FROM events ORDER BY number", EVENTS),
        ("correction", "SELECT id, record FROM corrections ORDER BY number", CORRECTIONS),
        ("change", "SELECT number, record FROM waiting ORDER BY number", CHANGES),
    )
    for noun, query, decoder in others:
        for key, record in connection.execute(query):
            if fault := _fault(decoder, record):
                yield f"{noun} {key} cannot be read: {fault}"


def _fault(decoder: _Decoder, record: bytes) -> str:
    try:
        decoder.decode(record)
    except msgspec.MsgspecError as error:
        return str(error)
    return ""


def _odd_vectors(connection: sqlite3.Connection) -> Iterator[str]:
    return odd_vectors(connection.execute("SELECT length(vector), count(*) FROM contents WHERE length(vector) > 0 GROUP BY 1"))


def _lost_heirs(connection: sqlite3.Connection) -> Iterator[str]:
    known = {key for (key,) in connection.execute("SELECT id FROM stories")}
    rows = connection.execute("SELECT record FROM stories WHERE state IN ('merged', 'split') ORDER BY id")
    return lost_heirs((STORIES.decode(record) for (record,) in rows if not _fault(STORIES, record)), known)


def _wrong_numbers(connection: sqlite3.Connection) -> Iterator[str]:
    known = counters(connection)
    first = number_of(connection, "SELECT min(number) FROM waiting")
    if first and first <= known.decided:
        yield f"change {first} waits, though all up to {known.decided} are decided"
    count = number_of(connection, "SELECT count(*) FROM waiting")
    if count != waiting_count(connection):
        yield f"{count:,} changes wait under numbers that have gaps"
    last = number_of(connection, "SELECT max(number) FROM events")
    if last > known.last_event:
        yield f"event {last} is kept, though the last one is {known.last_event}"
