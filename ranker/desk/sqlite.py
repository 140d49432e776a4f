"""`SqliteStore`: the store that needs no server, one SQLite file that one process writes and any number read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from ranker.articles.article import Article
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.store import (
    ARTICLES,
    CHANGES,
    CORRECTIONS,
    EVENTS,
    EXPORT_VERSION,
    LINES,
    STORIES,
    ArticleLine,
    ChangeLine,
    CorrectionLine,
    Counters,
    EndLine,
    EventLine,
    HeadLine,
    KeptCorrection,
    Line,
    Loaded,
    StoreInfo,
    StoryLine,
    encoded,
    shallow,
)
from ranker.errors import StoreError
from ranker.stories.corrections import Correction

_APPLICATION_ID = 0x52414E4B  # "RANK", in the file's header: tells a store from other SQLite files
_PAGE_BYTES = 16384  # five articles with their vectors; a page of the usual 4,096 holds one and stays empty by a quarter
_LOCK_SECONDS = 10  # how long SQLite waits for another process's short locks (recovery, the last one to close)
_CHECKPOINT_PAGES = 2000  # 32 MB of log before it is folded into the file: a round of the desk seldom has to wait for that
_FLOAT_BYTES = 4
_TOLD_PROBLEMS = 20  # of one kind, and then their number
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_Decoder = (
    msgspec.json.Decoder[Article]
    | msgspec.json.Decoder[StoryRecord]
    | msgspec.json.Decoder[Event]
    | msgspec.json.Decoder[Correction]
    | msgspec.json.Decoder[Change]
)


# The schema. Migration i leads from version i to version i + 1; a released one is never changed.

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


_MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_tables,)

# What is asked more than once

_KEPT = "SELECT c.article, a.received, a.story, c.vector, c.derived FROM articles a JOIN contents c ON c.number = a.number "
_CORRECTION = "SELECT record, undone_by, undone_at FROM corrections "
_PUT_ARTICLE = (
    "INSERT INTO articles (id, story, sealed, received, moment) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "story = excluded.story, sealed = excluded.sealed, received = excluded.received, moment = excluded.moment"
)
_PUT_CONTENT = (
    "INSERT INTO contents (number, article, vector, derived) VALUES ((SELECT number FROM articles WHERE id = ?), ?, ?, ?) "
    "ON CONFLICT (number) DO UPDATE SET article = excluded.article, vector = excluded.vector, derived = excluded.derived"
)
_PUT_STORY = (
    "INSERT INTO stories (id, state, record) VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, record = excluded.record"
)
_PUT_EVENT = "INSERT INTO events (number, story, at, record) VALUES (?, ?, ?, ?)"
_PUT_CORRECTION = "INSERT INTO corrections (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record"
_PUT_CHANGE = "INSERT INTO waiting (number, record) VALUES (?, ?)"
_PUT_ABOUT = "INSERT INTO about (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_UNDO = "UPDATE corrections SET undone_by = ?, undone_at = ? WHERE id = ?"
_MOVE = "UPDATE articles SET story = ? WHERE id = ?"
_SEAL = "UPDATE articles SET sealed = 1 WHERE id = ?"
_DERIVE = "UPDATE contents SET derived = ? WHERE number = (SELECT number FROM articles WHERE id = ?)"
_OLD = "sealed = 1 AND moment < ?"
_WITHOUT_ARTICLES = "NOT EXISTS (SELECT 1 FROM articles a WHERE a.story = stories.id)"


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
        self._path = path
        self._idle: list[sqlite3.Connection] = []  # readers that nobody uses just now; append and pop are atomic
        self._lock = threading.Lock()  # of the writer
        self._closed = threading.Event()
        self._writer: sqlite3.Connection | None = None
        with contextlib.ExitStack() as undo, _told(path):
            if read_only:
                self._let_go = contextlib.ExitStack()
                self._check_readable()
                return
            if path.is_dir() or not path.absolute().parent.is_dir():
                raise StoreError(f"{path}: is no place for a store; name a file in a folder that exists")
            undo.enter_context(_sole_writer(path))
            self._writer = undo.enter_context(contextlib.closing(_connected(path)))
            _prepare(self._writer, path)
            self._let_go = undo.pop_all()

    def close(self) -> None:
        """Let go of the file; once more does nothing."""
        with self._lock:
            self._closed.set()
            self._close_idle()
            self._let_go.close()

    # What is asked and decided

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers under which these changes now wait, rising. When they are returned the changes survive a power cut."""
        records = [encoded(_storable(change)) for change in changes]
        with self._writing() as connection:
            start = 1 + max(_counters(connection).decided, _number(connection, "SELECT max(number) FROM waiting"))
            numbers = list(range(start, start + len(records)))
            connection.executemany(_PUT_CHANGE, zip(numbers, records, strict=True))
        return numbers

    def waiting(self, *, after: int = 0, limit: int = 1000) -> list[Change]:
        """Changes that are accepted and not yet decided, in order of number."""
        with self._reading() as connection:
            rows = connection.execute("SELECT number, record FROM waiting WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
            return [replace(CHANGES.decode(record), number=number) for number, record in rows]

    def waiting_count(self) -> int:
        """How many changes wait. Their numbers have no gaps, so the first and the last tell."""
        with self._reading() as connection:
            return _waiting_count(connection)

    def commit(self, decided: Decided) -> None:
        """Keep one round of the desk, whole or not at all. A removed article is gone with all that was computed of it.

        Raises
        ------
        ValueError : if it moves, seals or undoes what is not there, or an event's number does not rise.
        """
        articles = [_article_rows(kept) for kept in decided.put]  # encoded before the lock is taken
        with self._writing() as connection:
            _put_articles(connection, articles)
            _change_all(connection, _MOVE, [(story, key) for key, story in decided.moved.items()], "moved")
            _change_all(connection, _DERIVE, [(new, key) for key, new in decided.derived.items()], "derived anew")
            _change_all(connection, _SEAL, [(key,) for key in decided.sealed], "sealed")
            _remove(connection, decided.removed)
            connection.executemany(_PUT_STORY, (_story_row(story) for story in decided.stories))
            connection.executemany(_PUT_CORRECTION, ((made.id, encoded(made)) for made in decided.corrections))
            _change_all(connection, _UNDO, [_undo_row(*undo) for undo in decided.undone.items()], "undone")
            before = _counters(connection)
            _check_rising(before.last_event, decided.events)
            connection.executemany(_PUT_EVENT, (_event_row(event) for event in decided.events))
            connection.execute("DELETE FROM waiting WHERE number <= ?", (decided.up_to,))
            after = Counters(
                decided=max(before.decided, decided.up_to),
                last_event=decided.events[-1].number if decided.events else before.last_event,
                fingerprint=before.fingerprint if decided.fingerprint is None else decided.fingerprint,
            )
            _put_counters(connection, after)

    # What is read

    def load(self) -> Loaded:
        """What a desk starts from."""
        with self._reading() as connection:
            kept = [_kept(*row) for row in connection.execute(_KEPT + "WHERE a.sealed = 0")]
            kept.sort(key=lambda one: one.article.id)  # quicker here than by an index that leads all over the file
            stories = connection.execute(
                "SELECT record FROM stories WHERE id IN (SELECT story FROM articles WHERE sealed = 0) ORDER BY id"
            ).fetchall()
            standing = connection.execute("SELECT record FROM corrections WHERE undone_at IS NULL ORDER BY number").fetchall()
            counters = _counters(connection)
        return Loaded(
            articles=kept,
            stories=[STORIES.decode(record) for (record,) in stories],
            corrections=[CORRECTIONS.decode(record) for (record,) in standing],
            decided=counters.decided,
            last_event=counters.last_event,
            fingerprint=counters.fingerprint,
        )

    def article(self, article_id: str) -> KeptArticle | None:
        """An article, live or sealed."""
        with self._reading() as connection:
            row = connection.execute(_KEPT + "WHERE a.id = ?", (article_id,)).fetchone()
            return None if row is None else _kept(*row)

    def story(self, story_id: str) -> StoryRecord | None:
        """A story in whatever state."""
        with self._reading() as connection:
            row = connection.execute("SELECT record FROM stories WHERE id = ?", (story_id,)).fetchone()
            return None if row is None else STORIES.decode(row[0])

    def articles_of(self, story_id: str) -> list[KeptArticle]:
        """The articles of a story, sealed ones too, in order of time (published, else received) and id."""
        with self._reading() as connection:
            return [_kept(*row) for row in connection.execute(_KEPT + "WHERE a.story = ? ORDER BY a.moment, a.id", (story_id,))]

    def events(self, *, after: int, limit: int) -> list[Event]:
        """Events with a number above `after`, in order of number."""
        with self._reading() as connection:
            rows = connection.execute("SELECT record FROM events WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
            return [EVENTS.decode(record) for (record,) in rows]

    def events_of(self, story_id: str) -> list[Event]:
        """Events of one story, in order of number."""
        with self._reading() as connection:
            rows = connection.execute("SELECT record FROM events WHERE story = ? ORDER BY number", (story_id,))
            return [EVENTS.decode(record) for (record,) in rows]

    def first_event_number(self) -> int:
        """Number of the oldest event that is kept; where none is, a number above those of all there were."""
        with self._reading() as connection:
            return _number(connection, "SELECT min(number) FROM events") or _counters(connection).last_event + 1

    def last_event_number(self) -> int:
        """Number of the last event there ever was, 0 before the first."""
        with self._reading() as connection:
            return _counters(connection).last_event

    def corrections(self, *, with_undone: bool = False) -> list[KeptCorrection]:
        """Corrections in the order they were made."""
        with self._reading() as connection:
            rows = connection.execute(_CORRECTION + ("" if with_undone else "WHERE undone_at IS NULL ") + "ORDER BY number")
            return [_kept_correction(*row) for row in rows]

    def correction(self, correction_id: str) -> KeptCorrection | None:
        """A correction, undone or not."""
        with self._reading() as connection:
            row = connection.execute(_CORRECTION + "WHERE id = ?", (correction_id,)).fetchone()
            return None if row is None else _kept_correction(*row)

    # Upkeep

    def retain(self, before: datetime) -> int:
        """How many articles were dropped: the sealed ones that were published (else received) before a moment.

        With them go the records of stories that have no article and lead to none any more, and all events before that moment.
        """
        moment = _micros(before)
        with self._writing() as connection:
            connection.execute(f"DELETE FROM contents WHERE number IN (SELECT number FROM articles WHERE {_OLD})", (moment,))  # noqa: S608 - a constant
            dropped = connection.execute(f"DELETE FROM articles WHERE {_OLD}", (moment,)).rowcount  # noqa: S608 - a constant
            connection.execute(f"DELETE FROM stories WHERE state = 'sealed' AND {_WITHOUT_ARTICLES}")  # noqa: S608 - a constant
            connection.execute("DELETE FROM events WHERE at < ?", (moment,))
            _drop_heirless(connection, before)
        return dropped

    def info(self) -> StoreInfo:
        """The store in numbers."""
        with self._reading() as connection:
            sealed = dict(connection.execute("SELECT sealed, count(*) FROM articles GROUP BY sealed"))
            oldest, newest = connection.execute("SELECT min(moment), max(moment) FROM articles").fetchone()
            standing, undone = connection.execute("SELECT count(*) - count(undone_at), count(undone_at) FROM corrections").fetchone()
            return StoreInfo(
                path=str(self._path),
                schema=_pragma(connection, "user_version"),
                size_bytes=_size(self._path) + _size(Path(f"{self._path}-wal")),
                live=sealed.get(0, 0),
                sealed=sealed.get(1, 0),
                stories=dict(connection.execute("SELECT state, count(*) FROM stories GROUP BY state ORDER BY state")),
                events=_number(connection, "SELECT count(*) FROM events"),
                corrections=standing,
                undone=undone,
                waiting=_waiting_count(connection),
                oldest=None if oldest is None else _moment(oldest),
                newest=None if newest is None else _moment(newest),
                fingerprint=_counters(connection).fingerprint,
            )

    def verify(self) -> list[str]:
        """What is wrong with the store, in words; empty if nothing is. Reads all of it."""
        with self._reading() as connection:
            if broken := _broken(connection):
                return broken  # what such a file says of its articles means nothing
            kinds = (_misplaced, _unreadable, _odd_vectors, _lost_heirs, _wrong_numbers)
            return [problem for kind in kinds for problem in _first_ones(list(kind(connection)))]

    def compact(self) -> None:
        """Give the room of what was dropped back to the disk."""
        with self._lock, _told(self._path):
            connection = self._open_writer()
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def export(self, write: Callable[[bytes], object]) -> None:
        """Hand all there is to `write`, as of one moment, one line of JSON at a time."""
        with self._reading() as connection:
            count = 0
            for count, line in enumerate(_lines(connection), start=1):  # noqa: B007 - the last count is the number of lines
                write(encoded(line) + b"\n")
            write(encoded(EndLine(count)) + b"\n")

    def import_(self, lines: Iterable[bytes]) -> None:
        """Take over a whole export. The store must be empty, and stays so if the export is cut short or wrong."""
        with self._writing() as connection:
            if _counters(connection) != Counters() or any(True for _ in _records(connection)):
                raise StoreError(f"{self._path}: is not empty; import into a new file")
            reading = _Import(connection)
            for number, text in enumerate(lines, start=1):
                try:
                    reading.take(LINES.decode(text))
                except (msgspec.MsgspecError, sqlite3.IntegrityError, ValueError) as error:
                    raise StoreError(f"line {number} of the export: {error}") from error
            if not reading.ended:
                raise StoreError(f"the export ends after line {reading.count}: it was cut short")

    # Connections

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the store as of one moment."""
        with _told(self._path):
            if self._closed.is_set():
                raise StoreError(f"{self._path}: the store is closed")
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _connected(self._path, read_only=True)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.rollback()
                self._idle.append(connection)
                if self._closed.is_set():  # meanwhile
                    self._close_idle()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, inside a transaction of its own."""
        with self._lock, _told(self._path):
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.rollback()  # nothing after a commit

    def _open_writer(self) -> sqlite3.Connection:
        if self._closed.is_set():
            raise StoreError(f"{self._path}: the store is closed")
        if self._writer is None:
            raise StoreError(f"{self._path}: was opened for reading only")
        return self._writer

    def _check_readable(self) -> None:
        if not self._path.is_file():
            raise StoreError(f"{self._path}: there is no such store")
        with contextlib.closing(_connected(self._path, read_only=True)) as connection:
            version = _version(connection, self._path)
            if version < len(_MIGRATIONS):
                raise StoreError(f"{self._path}: is of version {version}; `ranker store compact` brings it to {len(_MIGRATIONS)}")

    def _close_idle(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()


# Opening


def _connected(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a file the store of this version, or refuse it untouched."""
    version = _version(connection, path)
    if version == 0:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise StoreError(f"{path}: this file system cannot hold a write-ahead log; put the store on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # on a Mac nothing less reaches the disk; elsewhere nothing
    connection.execute("PRAGMA secure_delete = ON")  # an article that was taken down is not to be found in the file
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    for number, migrate in enumerate(_MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    connection.execute(_PUT_ABOUT, ("writer", os.getpid()))


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version; 0 of an empty file."""
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != _APPLICATION_ID:
        # A process that was killed while it made the file leaves it with nothing in it.
        if version or _number(connection, "SELECT count(*) FROM sqlite_master"):
            raise StoreError(f"{path}: is a database of something else; name another file")
        return 0
    if version > len(_MIGRATIONS):
        raise StoreError(f"{path}: is of version {version}, this ranker knows {len(_MIGRATIONS)}; use a newer ranker")
    return version


@contextlib.contextmanager
def _sole_writer(path: Path) -> Iterator[None]:
    """Keep every other process from writing. SQLite's own lock on an empty file beside: it goes with its process, on any system."""
    with contextlib.ExitStack() as held:
        try:
            lock = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None, check_same_thread=False)
            held.enter_context(contextlib.closing(lock))
            lock.execute("PRAGMA journal_mode = OFF").fetchall()
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise StoreError(f"{path}: is in use by {_writer_of(path)}; stop that, or use another file") from error
        yield


def _writer_of(path: Path) -> str:
    """Who writes to a store: "process 123", as far as that can be found out."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_connected(path, read_only=True)) as connection:
        if number := _number(connection, "SELECT value FROM about WHERE name = 'writer'"):
            return "this process already" if number == os.getpid() else f"process {number}"
    return "another process"


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in words, with the store's path and what to do, what SQLite says in its own."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # without SQLite's second byte, the detail
        raise StoreError(f"{path}: {_WORDS.get(code, 'cannot be used')} ({error})") from error
    except msgspec.MsgspecError as error:
        raise StoreError(f"{path}: {_WORDS[sqlite3.SQLITE_CORRUPT]} ({error})") from error


_WORDS = {
    sqlite3.SQLITE_BUSY: "is held by another process; try again when that has ended",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; see whether you may read and write the file and its folder",
    sqlite3.SQLITE_READONLY: "cannot be written; see whether you may write the file and its folder",
    sqlite3.SQLITE_FULL: "the disk is full; make room, nothing was lost",
    sqlite3.SQLITE_NOTADB: "is no store of ranker; name another file",
    sqlite3.SQLITE_CORRUPT: "is damaged; put back a copy, or import an export into a new file",
}


# Rows


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _size(file: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return _number(connection, f"PRAGMA {name}")


def _number(connection: sqlite3.Connection, query: str) -> int:
    """The one number a query gives; 0 for none."""
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


def _waiting_count(connection: sqlite3.Connection) -> int:
    last = _number(connection, "SELECT max(number) FROM waiting")
    return last - _number(connection, "SELECT min(number) FROM waiting") + 1 if last else 0


def _counters(connection: sqlite3.Connection) -> Counters:
    about = dict(connection.execute("SELECT name, value FROM about"))
    return Counters(about.get("decided", 0), about.get("last_event", 0), about.get("fingerprint", ""))


def _put_counters(connection: sqlite3.Connection, counters: Counters) -> None:
    values = {"decided": counters.decided, "last_event": counters.last_event, "fingerprint": counters.fingerprint}
    connection.executemany(_PUT_ABOUT, values.items())


def _storable(change: Change) -> Change:
    return change if change.article is None else replace(change, article=shallow(change.article))


def _kept(article: bytes, received: int, story: str, vector: bytes, derived: bytes) -> KeptArticle:
    return KeptArticle(ARTICLES.decode(article), _moment(received), story, vector, derived)


def _kept_correction(record: bytes, undone_by: str, undone_at: int | None) -> KeptCorrection:
    return KeptCorrection(CORRECTIONS.decode(record), undone_by, None if undone_at is None else _moment(undone_at))


_ArticleRows = tuple[tuple[object, ...], tuple[object, ...]]


def _article_rows(kept: KeptArticle, *, sealed: bool = False) -> _ArticleRows:
    """An article's rows of both tables."""
    article = kept.article
    placed = (article.id, kept.story, sealed, _micros(kept.received), _micros(article.published or kept.received))
    return placed, (article.id, encoded(shallow(article)), kept.vector, kept.derived)


def _put_articles(connection: sqlite3.Connection, rows: Sequence[_ArticleRows]) -> None:
    connection.executemany(_PUT_ARTICLE, (placed for placed, _ in rows))
    connection.executemany(_PUT_CONTENT, (content for _, content in rows))


def _story_row(story: StoryRecord) -> tuple[object, ...]:
    return story.id, story.state, encoded(story)


def _event_row(event: Event) -> tuple[object, ...]:
    return event.number, event.story, _micros(event.at), encoded(event)


def _undo_row(correction_id: str, undo: Mapping[str, str]) -> tuple[object, ...]:
    return undo.get("by", ""), _micros(datetime.fromisoformat(undo["at"])), correction_id


# Writing


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


def _check_rising(last: int, events: Sequence[Event]) -> None:
    for event in events:
        if event.number <= last:
            raise ValueError(f"event {event.number} comes after event {last}: numbers must rise")
        last = event.number


def _drop_heirless(connection: sqlite3.Connection, before: datetime) -> None:
    """Drop records of gone stories that lead to none any more, and of empty ones that changed before a moment."""
    rows = connection.execute("SELECT record FROM stories WHERE state IN ('merged', 'split', 'emptied')")
    gone = [STORIES.decode(record) for (record,) in rows]
    left = {key for (key,) in connection.execute("SELECT id FROM stories")}
    left -= {story.id for story in gone if story.state == "emptied" and story.changed < before}
    while lost := {story.id for story in gone if story.id in left and story.state != "emptied" and left.isdisjoint(story.heirs)}:
        left -= lost  # and what led to these
    connection.executemany("DELETE FROM stories WHERE id = ?", [(story.id,) for story in gone if story.id not in left])
    leading = [(story, tuple(heir for heir in story.heirs if heir in left)) for story in gone if story.id in left]
    connection.executemany(_PUT_STORY, [_story_row(replace(story, heirs=heirs)) for story, heirs in leading if heirs != story.heirs])


# Export and import


def _lines(connection: sqlite3.Connection) -> Iterator[Line]:
    yield HeadLine(EXPORT_VERSION, _counters(connection))
    yield from _records(connection)


def _records(connection: sqlite3.Connection) -> Iterator[Line]:
    for (record,) in connection.execute("SELECT record FROM stories ORDER BY id"):
        yield StoryLine(STORIES.decode(record))
    for *row, sealed in connection.execute(_KEPT.replace(" FROM", ", a.sealed FROM", 1) + "ORDER BY a.id"):
        yield ArticleLine(_kept(*row), bool(sealed))
    for (record,) in connection.execute("SELECT record FROM events ORDER BY number"):
        yield EventLine(EVENTS.decode(record))
    for row in connection.execute(_CORRECTION + "ORDER BY number"):
        yield CorrectionLine(_kept_correction(*row))
    for number, record in connection.execute("SELECT number, record FROM waiting ORDER BY number"):
        yield ChangeLine(replace(CHANGES.decode(record), number=number))


class _Import:
    """An export being read into an empty store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.count = 0  # lines before the last one
        self.ended = False

    def take(self, line: Line) -> None:
        """Keep what a line holds.

        Raises
        ------
        ValueError : if the line is not in its place, or of another version.
        """
        if isinstance(line, HeadLine) == bool(self.count) or self.ended:
            raise ValueError("an export has one head, first, and one end, last")
        if isinstance(line, EndLine):
            if line.lines != self.count:
                raise ValueError(f"the export had {line.lines:,} lines before this one, here are {self.count:,}")
            self.ended = True
            return
        self.count += 1
        self._keep(line)

    def _keep(self, line: HeadLine | ArticleLine | StoryLine | EventLine | CorrectionLine | ChangeLine) -> None:
        execute = self._connection.execute
        if isinstance(line, HeadLine):
            ours = HeadLine(EXPORT_VERSION, line.counters)
            if line != ours:
                raise ValueError(f"is of version {line.version} ({line.byte_order}), this ranker reads {ours.version} ({ours.byte_order})")
            _put_counters(self._connection, line.counters)
        elif isinstance(line, ArticleLine):
            _put_articles(self._connection, [_article_rows(line.kept, sealed=line.sealed)])
        elif isinstance(line, StoryLine):
            execute(_PUT_STORY, _story_row(line.story))
        elif isinstance(line, EventLine):
            execute(_PUT_EVENT, _event_row(line.event))
        elif isinstance(line, CorrectionLine):
            made = line.kept.correction
            execute(_PUT_CORRECTION, (made.id, encoded(made)))
            if line.kept.undone_at is not None:
                execute(_UNDO, (line.kept.undone_by, _micros(line.kept.undone_at), made.id))
        else:
            execute(_PUT_CHANGE, (line.change.number, encoded(replace(line.change, number=0))))


# What may be wrong


def _first_ones(problems: list[str]) -> list[str]:
    more = len(problems) - _TOLD_PROBLEMS
    return problems if more <= 0 else [*problems[:_TOLD_PROBLEMS], f"and {more:,} more of this kind"]


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
    for (key,) in connection.execute(f"SELECT id FROM stories WHERE state = 'live' AND {_WITHOUT_ARTICLES} ORDER BY id"):  # noqa: S608 - a constant
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
    query = "SELECT length(vector), count(*) FROM contents WHERE length(vector) > 0 GROUP BY 1 ORDER BY 2 DESC, 1"
    lengths = connection.execute(query).fetchall()
    for size, count in lengths:
        if size % _FLOAT_BYTES:
            yield f"{count:,} vectors have {size:,} bytes, which is no whole number of float32"
    for size, count in lengths[1:]:
        yield f"{count:,} vectors have {size:,} bytes, {lengths[0][1]:,} have {lengths[0][0]:,}"


def _lost_heirs(connection: sqlite3.Connection) -> Iterator[str]:
    known = {key for (key,) in connection.execute("SELECT id FROM stories")}
    for key, record in connection.execute("SELECT id, record FROM stories WHERE state IN ('merged', 'split') ORDER BY id"):
        if _fault(STORIES, record):
            continue
        heirs = STORIES.decode(record).heirs
        if not heirs:
            yield f"story {key} is gone and leads nowhere"
        yield from (f"story {key} leads to story {heir}, which is not there" for heir in heirs if heir not in known)


def _wrong_numbers(connection: sqlite3.Connection) -> Iterator[str]:
    counters = _counters(connection)
    first = _number(connection, "SELECT min(number) FROM waiting")
    if first and first <= counters.decided:
        yield f"change {first} waits, though all up to {counters.decided} are decided"
    count = _number(connection, "SELECT count(*) FROM waiting")
    if count != _waiting_count(connection):
        yield f"{count:,} changes wait under numbers that have gaps"
    last = _number(connection, "SELECT max(number) FROM events")
    if last > counters.last_event:
        yield f"event {last} is kept, though the last one is {counters.last_event}"
