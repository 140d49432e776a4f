"""SQLite file: who may open the file of a store, how, and the connections that read and write it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ranker.desk.sqlite_rows import number_of, put_about
from ranker.desk.sqlite_schema import check_current, migrate, version_of
from ranker.errors import StoreError

_PAGE_BYTES = 16384  # five articles with their vectors; a page of the usual 4,096 holds one and stays empty by a quarter
_LOCK_SECONDS = 10  # how long SQLite waits for another process's short locks (recovery, the last one to close)
_CHECKPOINT_PAGES = 2000  # 32 MB of log before it is folded into the file: a round of the desk seldom has to wait for that


class SqliteFile:
    """A file with its write-ahead log (`-wal`, `-shm`) and a lock (`.lock`) beside it.

    Whatever SQLite has to say of it, while it is open or read or written, becomes a StoreError.

    Parameters
    ----------
    path : made if it is not there, unless `read_only`; its folder must exist.
    read_only : neither make nor change anything; goes beside a process that writes.

    Raises
    ------
    StoreError : if the file is no store, damaged, of a newer version, not to be opened, or already being written to.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []  # readers that nobody uses just now; append and pop are atomic
        self._lock = threading.Lock()  # of the writer
        self._closed = threading.Event()
        self._writer: sqlite3.Connection | None = None
        with contextlib.ExitStack() as undo, _told(path):
            if read_only:
                self._let_go = contextlib.ExitStack()
                _check_readable(path)
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

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the store as of one moment."""
        with _told(self.path):
            if self._closed.is_set():
                raise StoreError(f"{self.path}: the store is closed")
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _connected(self.path, read_only=True)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.rollback()
                self._idle.append(connection)
                if self._closed.is_set():  # meanwhile
                    self._close_idle()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, inside a transaction of its own."""
        with self._lock, _told(self.path):
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.rollback()  # nothing after a commit

    def compact(self) -> None:
        """Give the room of what was dropped back to the disk."""
        with self._lock, _told(self.path):
            connection = self._open_writer()
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def size(self) -> int:
        """Bytes of the file and its log."""
        return _size(self.path) + _size(Path(f"{self.path}-wal"))

    def _open_writer(self) -> sqlite3.Connection:
        if self._closed.is_set():
            raise StoreError(f"{self.path}: the store is closed")
        if self._writer is None:
            raise StoreError(f"{self.path}: was opened for reading only")
        return self._writer

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


def _check_readable(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"{path}: there is no such store")
    with contextlib.closing(_connected(path, read_only=True)) as connection:
        check_current(connection, path)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a file the store of this version, or refuse it untouched."""
    version = version_of(connection, path)
    if version == 0:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise StoreError(f"{path}: this file system cannot hold a write-ahead log; put the store on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # on a Mac nothing less reaches the disk; elsewhere nothing
    connection.execute("PRAGMA secure_delete = ON")  # an article that was taken down is not to be found in the file
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    migrate(connection, version)
    put_about(connection, {"writer": os.getpid()})


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
        if number := number_of(connection, "SELECT value FROM about WHERE name = 'writer'"):
            return "this process already" if number == os.getpid() else f"process {number}"
    return "another process"


def _size(file: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


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
