"""`SqliteStore`: the store that needs no server, one SQLite file that one process writes and any number read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.sqlite_faults import faults
from ranker.desk.sqlite_file import SqliteFile
from ranker.desk.sqlite_lines import is_empty, keep_line, lines_of
from ranker.desk.sqlite_round import drop_old, keep_round
from ranker.desk.sqlite_rows import (
    CORRECTION,
    KEPT,
    PUT_CHANGE,
    article_rows,
    correction_of,
    counters,
    kept_of,
    moment_of,
    number_of,
    waiting_count,
)
from ranker.desk.sqlite_schema import pragma
from ranker.desk.store import KeptCorrection, Loaded, StoreInfo
from ranker.desk.store_codec import CHANGES, CORRECTIONS, EVENTS, STORIES, encoded, storable
from ranker.desk.store_lines import export_lines, import_lines
from ranker.errors import StoreError


class SqliteStore:
    """A `Store` in one file, with its write-ahead log (`-wal`, `-shm`) and a lock (`.lock`) beside it.

    Parameters
    ----------
    path : made if it is not there, unless `read_only`; its folder must exist.
    read_only : neither make nor change anything; goes beside a process that writes.

    Raises
    ------
    StoreError : if the file is no store, damaged, of a newer version, not to be opened, or already being written to.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._file = SqliteFile(path, read_only=read_only)

    def close(self) -> None:
        """Let go of the file; once more does nothing."""
        self._file.close()

    # What is asked and decided

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers under which these changes now wait, rising. When they are returned the changes survive a power cut."""
        records = [encoded(storable(change)) for change in changes]
        with self._file.writing() as connection:
            start = 1 + max(counters(connection).decided, number_of(connection, "SELECT max(number) FROM waiting"))
            numbers = list(range(start, start + len(records)))
            connection.executemany(PUT_CHANGE, zip(numbers, records, strict=True))
        return numbers

    def waiting(self, *, after: int = 0, limit: int = 1000) -> list[Change]:
        """Changes that are accepted and not yet decided, in order of number."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT number, record FROM waiting WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
            return [replace(CHANGES.decode(record), number=number) for number, record in rows]

    def waiting_count(self) -> int:
        """How many changes wait. Their numbers have no gaps, so the first and the last tell."""
        with self._file.reading() as connection:
            return waiting_count(connection)

    def commit(self, decided: Decided) -> None:
        """Keep one round of the desk, whole or not at all. A removed article is gone with all that was computed of it.

        Raises
        ------
        ValueError : if it moves, seals or undoes what is not there, or an event's number does not rise.
        """
        articles = [article_rows(kept) for kept in decided.put]  # encoded before the lock is taken
        with self._file.writing() as connection:
            keep_round(connection, decided, articles)

    # What is read

    def load(self) -> Loaded:
        """What a desk starts from."""
        with self._file.reading() as connection:
            kept = [kept_of(*row) for row in connection.execute(KEPT + "WHERE a.sealed = 0")]
            kept.sort(key=lambda one: one.article.id)  # quicker here than by an index that leads all over the file
            stories = connection.execute(
                "SELECT record FROM stories WHERE id IN (SELECT story FROM articles WHERE sealed = 0) ORDER BY id"
            ).fetchall()
            standing = connection.execute("SELECT record FROM corrections WHERE undone_at IS NULL ORDER BY number").fetchall()
            known = counters(connection)
        return Loaded(
            articles=kept,
            stories=[STORIES.decode(record) for (record,) in stories],
            corrections=[CORRECTIONS.decode(record) for (record,) in standing],
            decided=known.decided,
            last_event=known.last_event,
            fingerprint=known.fingerprint,
        )

    def article(self, article_id: str) -> KeptArticle | None:
        """An article, live or sealed."""
        with self._file.reading() as connection:
            row = connection.execute(KEPT + "WHERE a.id = ?", (article_id,)).fetchone()
            return None if row is None else kept_of(*row)

    def story(self, story_id: str) -> StoryRecord | None:
        """A story in whatever state."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT record FROM stories WHERE id = ?", (story_id,)).fetchone()
            return None if row is None else STORIES.decode(row[0])

    def articles_of(self, story_id: str) -> list[KeptArticle]:
        """The articles of a story, sealed ones too, in order of time (published, else received) and id."""
        with self._file.reading() as connection:
            return [kept_of(*row) for row in connection.execute(KEPT + "WHERE a.story = ? ORDER BY a.moment, a.id", (story_id,))]

    def events(self, *, after: int, limit: int) -> list[Event]:
        """Events with a number above `after`, in order of number."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT record FROM events WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
            return [EVENTS.decode(record) for (record,) in rows]

    def events_of(self, story_id: str) -> list[Event]:
        """Events of one story, in order of number."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT record FROM events WHERE story = ? ORDER BY number", (story_id,))
            return [EVENTS.decode(record) for (record,) in rows]

    def first_event_number(self) -> int:
        """Number of the oldest event that is kept; where none is, a number above those of all there were."""
        with self._file.reading() as connection:
            return number_of(connection, "SELECT min(number) FROM events") or counters(connection).last_event + 1

    def last_event_number(self) -> int:
        """Number of the last event there ever was, 0 before the first."""
        with self._file.reading() as connection:
            return counters(connection).last_event

    def corrections(self, *, with_undone: bool = False) -> list[KeptCorrection]:
        """Corrections in the order they were made."""
        with self._file.reading() as connection:
            rows = connection.execute(CORRECTION + ("" if with_undone else "WHERE undone_at IS NULL ") + "ORDER BY number")
            return [correction_of(*row) for row in rows]

    def correction(self, correction_id: str) -> KeptCorrection | None:
        """A correction, undone or not."""
        with self._file.reading() as connection:
            row = connection.execute(CORRECTION + "WHERE id = ?", (correction_id,)).fetchone()
            return None if row is None else correction_of(*row)

    # Upkeep

    def retain(self, before: datetime) -> int:
        """How many articles were dropped: the sealed ones that were published (else received) before a moment.

        With them go the records of stories that have no article and lead to none any more, and all events before that moment.
        """
        with self._file.writing() as connection:
            return drop_old(connection, before)

    def info(self) -> StoreInfo:
        """The store in numbers."""
        with self._file.reading() as connection:
            sealed = dict(connection.execute("SELECT sealed, count(*) FROM articles GROUP BY sealed"))
            oldest, newest = connection.execute("SELECT min(moment), max(moment) FROM articles").fetchone()
            standing, undone = connection.execute("SELECT count(*) - count(undone_at), count(undone_at) FROM corrections").fetchone()
            return StoreInfo(
                path=str(self._file.path),
                schema=pragma(connection, "user_version"),
                size_bytes=self._file.size(),
                live=sealed.get(0, 0),
                sealed=sealed.get(1, 0),
                stories=dict(connection.execute("SELECT state, count(*) FROM stories GROUP BY state ORDER BY state")),
                events=number_of(connection, "SELECT count(*) FROM events"),
                corrections=standing,
                undone=undone,
                waiting=waiting_count(connection),
                oldest=None if oldest is None else moment_of(oldest),
                newest=None if newest is None else moment_of(newest),
                fingerprint=counters(connection).fingerprint,
            )

    def verify(self) -> list[str]:
        """What is wrong with the store, in words; empty if nothing is. Reads all of it."""
        with self._file.reading() as connection:
            return faults(connection)

    def compact(self) -> None:
        """Give the room of what was dropped back to the disk."""
        self._file.compact()

    def export(self, write: Callable[[bytes], object]) -> None:
        """Hand all there is to `write`, as of one moment, one line of JSON at a time."""
        with self._file.reading() as connection:
            export_lines(lines_of(connection), write)

    def import_(self, lines: Iterable[bytes]) -> None:
        """Take over a whole export. The store must be empty, and stays so if the export is cut short or wrong."""
        with self._file.writing() as connection:
            if not is_empty(connection):
                raise StoreError(f"{self._file.path}: is not empty; import into a new file")
            import_lines(lines, lambda line: keep_line(connection, line))
