"""What is SQLite's own: its file, its versions, and who may use it at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranker.articles.article import Article
from ranker.desk import sqlite_file, sqlite_schema
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.sqlite import SqliteStore
from ranker.errors import StoreError

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
HOLDER = """
import sys
from pathlib import Path
from ranker.desk.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk #1?.sqlite"  # a name that a URI would misread


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path)) as opened:
        yield opened


def kept(key: str) -> KeptArticle:
    return KeptArticle(Article(key, f"Title of {key}"), NOW, "s", b"\0\0\x80?", b"derived")


def put(key: str) -> Change:
    return Change("put", NOW, article=Article(key, "Title"))


FILLED = Decided(0, put=(kept("a"), kept("b")), stories=(StoryRecord("s", "live", NOW, NOW),))


def refusal(path: Path, *, read_only: bool = False) -> str:
    with pytest.raises(StoreError) as refused:
        SqliteStore(path, read_only=read_only)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value).removeprefix(f"{path}: ")


def change_by_hand(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


# The file


def test_the_path_is_taken_as_it_is_written(path: Path, store: SqliteStore) -> None:
    store.accept([put("a")])
    assert path.stat().st_size > 0


def test_what_is_acknowledged_is_on_the_disk_and_what_is_dropped_is_overwritten(store: SqliteStore) -> None:
    assert store._file._writer is not None
    pragmas = {
        name: store._file._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "secure_delete")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_removed_article_is_not_to_be_found_in_the_file(path: Path, store: SqliteStore) -> None:
    store.accept([put("a")])
    store.commit(FILLED)
    store.commit(Decided(1, removed=("a",)))
    store.compact()
    assert b"Title of b" in path.read_bytes()
    assert b"Title of a" not in path.read_bytes()
    assert Path(f"{path}-wal").read_bytes() == b""


def test_a_closed_store_leaves_its_file_and_an_empty_lock(path: Path, store: SqliteStore) -> None:
    store.commit(FILLED)
    store.load()
    store.close()
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}
    assert Path(f"{path}.lock").stat().st_size == 0


def test_the_file_that_a_killed_process_began_is_made_anew(path: Path) -> None:
    change_by_hand(path, "PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    with closing(SqliteStore(path)) as store:
        assert store.verify() == []


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE vectors (id)", "PRAGMA user_version = 1", "PRAGMA application_id = 7; PRAGMA user_version = 1"],
    ids=["a table", "a version", "another application"],
)
def test_a_database_of_something_else_is_refused_untouched(path: Path, statement: str, read_only: bool) -> None:
    change_by_hand(path, *statement.split(";"))
    before = path.read_bytes()
    assert refusal(path, read_only=read_only) == "is a database of something else; name another file"
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("content", [b"title,excerpt\n" * 100, b"\0" * 5000], ids=["text", "zeros"])
def test_a_file_of_another_kind_is_refused_untouched(path: Path, content: bytes, read_only: bool) -> None:
    path.write_bytes(content)
    assert refusal(path, read_only=read_only).startswith("is no store of ranker; name another file")
    assert path.read_bytes() == content


def test_a_damaged_file_is_told_where_it_is_read(path: Path, store: SqliteStore) -> None:
    store.commit(Decided(0, put=tuple(kept(f"{i:04}") for i in range(500)), stories=FILLED.stories))
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))
    with closing(SqliteStore(path)) as damaged:
        assert damaged.verify()[0].startswith("SQLite: ")
        with pytest.raises(StoreError, match="is damaged; put back a copy, or import an export into a new file"):
            damaged.load()


def test_a_record_that_cannot_be_read_is_told(path: Path, store: SqliteStore) -> None:
    store.accept([put("x")])
    store.commit(Decided(0, put=FILLED.put, stories=FILLED.stories, events=(Event(1, "grown", "s", NOW, "why"),)))
    store.close()
    change_by_hand(
        path,
        "UPDATE contents SET article = '{\"id\": 1}' WHERE number = 1",
        "UPDATE events SET record = 'x'",
        "UPDATE waiting SET record = '{}'",
        "INSERT INTO corrections (id, record) VALUES ('c', '')",
        "INSERT INTO stories (id, state, record) VALUES ('m', 'merged', '')",
    )
    with closing(SqliteStore(path)) as damaged:
        told = [problem.partition(": ")[0] for problem in damaged.verify()]
        with pytest.raises(StoreError, match="is damaged"):
            damaged.load()
    assert told == [f"{what} cannot be read" for what in ("article a", "story m", "event 1", "correction c", "change 1")]


def test_rows_that_do_not_belong_together_are_told(path: Path, store: SqliteStore) -> None:
    store.accept([put(key) for key in "xyz"])
    store.commit(Decided(1, put=FILLED.put, stories=FILLED.stories, events=(Event(1, "grown", "s", NOW, "why"),)))
    store.close()
    change_by_hand(
        path,
        "UPDATE contents SET number = 9 WHERE number = 1",
        "UPDATE waiting SET number = 1 WHERE number = 2",
        "UPDATE events SET number = 5",
    )
    with closing(SqliteStore(path)) as damaged:
        assert damaged.verify() == [
            "article a has no content",
            "content 9 belongs to no article",
            "change 1 waits, though all up to 1 are decided",
            "2 changes wait under numbers that have gaps",
            "event 5 is kept, though the last one is 1",
        ]


def test_a_full_disk_is_told_and_nothing_is_lost(store: SqliteStore) -> None:
    store.accept([put("a")])
    assert store._file._writer is not None
    pages = store._file._writer.execute("PRAGMA page_count").fetchone()[0]
    store._file._writer.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(StoreError, match="the disk is full; make room, nothing was lost"):
        store.accept([put(f"{i}") for i in range(5000)])
    assert store.waiting_count() == 1
    store._file._writer.execute("PRAGMA max_page_count = 1000000").fetchall()
    assert store.accept([put("b")]) == [2]


# Places


def test_a_store_needs_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none" / "desk.sqlite") == "is no place for a store; name a file in a folder that exists"
    assert refusal(tmp_path) == "is no place for a store; name a file in a folder that exists"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody may make a file")
def test_a_folder_in_which_no_file_can_be_made_is_told() -> None:
    assert refusal(Path("/proc/desk.sqlite")).startswith("cannot be opened; see whether you may read and write the file and its folder")


def test_a_file_that_cannot_be_written_is_told(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    connected = sqlite_file._connected
    monkeypatch.setattr(sqlite_file, "_connected", lambda path: connected(path, read_only=True))  # as of a file without the permission
    assert refusal(path).startswith("cannot be written; see whether you may write the file and its folder")


def test_a_file_system_without_a_write_ahead_log_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_connected", lambda _: sqlite3.connect(":memory:", isolation_level=None))
    assert refusal(path) == "this file system cannot hold a write-ahead log; put the store on a local disk"


def test_only_a_store_that_is_there_can_be_opened_for_reading(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.sqlite", read_only=True) == "there is no such store"
    assert list(tmp_path.iterdir()) == []


# Versions


def migrations(*more: Callable[[sqlite3.Connection], None]) -> tuple[Callable[[sqlite3.Connection], None], ...]:
    return (sqlite_schema._tables, *more)


def _add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE stories ADD COLUMN editor TEXT")


def _fail_half_way(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE contents")
    connection.execute("ALTER TABLE absent ADD COLUMN editor TEXT")


def test_an_old_file_is_brought_to_this_version(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.commit(FILLED)
    before = store.load()
    store.close()
    monkeypatch.setattr(sqlite_schema, "_MIGRATIONS", migrations(_add_column))
    with closing(SqliteStore(path)) as newer:
        assert newer.info().schema == 2
        assert newer.load() == before
        assert newer._file._writer is not None
        assert newer._file._writer.execute("SELECT editor FROM stories").fetchall() == [(None,)]


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.commit(FILLED)
    before = store.load()
    store.close()
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_schema, "_MIGRATIONS", migrations(_add_column, _fail_half_way))
        assert refusal(path) == "cannot be used (no such table: absent)"
        patched.setattr(sqlite_schema, "_MIGRATIONS", migrations(_add_column))
        with closing(SqliteStore(path)) as opened:
            assert opened.info().schema == 2
            assert opened.load() == before


def test_an_old_file_cannot_be_read_without_a_migration(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    monkeypatch.setattr(sqlite_schema, "_MIGRATIONS", migrations(_add_column))
    assert refusal(path, read_only=True) == "is of version 1; `ranker store compact` brings it to 2"


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_newer_version_is_refused(path: Path, store: SqliteStore, read_only: bool) -> None:
    store.close()
    change_by_hand(path, "PRAGMA user_version = 99")
    assert refusal(path, read_only=read_only) == "is of version 99, this ranker knows 1; use a newer ranker"


# Who may use it at once


def test_a_store_is_written_by_one_process_and_read_by_others(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        assert refusal(path) == f"is in use by process {holder.pid}; stop that, or use another file"
        with closing(SqliteStore(path, read_only=True)) as reader:
            assert reader.load().articles == []
        holder.stdin.close()
    SqliteStore(path).close()


def test_a_killed_process_holds_nothing(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        holder.kill()
        holder.wait()
        with closing(SqliteStore(path, read_only=True)) as reader:
            assert reader.verify() == []
        SqliteStore(path).close()


def test_one_process_writes_through_one_store(path: Path, store: SqliteStore) -> None:
    assert store.waiting_count() == 0
    assert refusal(path) == "is in use by this process already; stop that, or use another file"


@pytest.mark.parametrize("begun", ["", "CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID"], ids=["no file", "no name"])
def test_a_store_that_is_just_being_made_is_in_use_by_somebody(path: Path, begun: str) -> None:
    if begun:
        change_by_hand(path, begun)
    with sqlite_file._sole_writer(path):
        assert refusal(path) == "is in use by another process; stop that, or use another file"


def test_a_store_opened_for_reading_sees_what_is_written_later_and_writes_nothing(path: Path, store: SqliteStore) -> None:
    with closing(SqliteStore(path, read_only=True)) as reader:
        store.accept([put("a")])
        store.commit(FILLED)
        assert reader.load() == store.load()
        assert reader.waiting() == store.waiting()
        assert reader.verify() == []
        for write in (lambda: reader.accept([put("b")]), lambda: reader.commit(Decided(1)), reader.compact, lambda: reader.retain(NOW)):
            with pytest.raises(StoreError, match="was opened for reading only"):
                write()
        with pytest.raises(StoreError, match="was opened for reading only"):
            reader.import_([])
    assert store.waiting_count() == 1


def test_another_program_s_lock_is_told(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    monkeypatch.setattr(sqlite_file, "_LOCK_SECONDS", 0)
    with closing(SqliteStore(path)) as opened, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is held by another process; try again when that has ended"):
            opened.accept([put("a")])
        other.execute("ROLLBACK")
        assert opened.accept([put("a")]) == [1]


def test_readers_see_the_last_round_while_a_long_one_is_written(store: SqliteStore) -> None:
    store.commit(FILLED)
    before = store.load()
    inside, done = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with store._file.writing() as connection:
            connection.execute("DELETE FROM articles")
            inside.set()
            assert done.wait(30)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert inside.wait(30)
    try:
        assert store.load() == before
        assert store.article("a") == kept("a")
        assert store.info().live == 2
        assert store.waiting_count() == 0
        assert store.verify() == []
    finally:
        done.set()
        writer.join()
    assert store.load().articles == []


def test_a_log_that_another_process_just_folded_in_has_no_size(tmp_path: Path) -> None:
    assert sqlite_file._size(tmp_path / "desk.sqlite-wal") == 0


def test_one_reading_sees_one_moment(store: SqliteStore) -> None:
    store.commit(FILLED)
    lines: list[bytes] = []

    def write(line: bytes) -> None:
        if not lines:
            store.commit(Decided(0, removed=("a", "b")))
        lines.append(line)

    store.export(write)
    assert sum(line.startswith(b'{"kind":"article"') for line in lines) == 2
    assert store.load().articles == []


def test_readers_take_turns_with_few_connections(store: SqliteStore) -> None:
    store.commit(FILLED)
    for _ in range(5):
        store.load()
        store.article("a")
    assert len(store._file._idle) == 1


def test_a_store_that_is_closed_while_it_is_read_lets_go_when_the_reading_ends(store: SqliteStore) -> None:
    with store._file.reading() as connection:
        store.close()
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    assert store._file._idle == []
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_mistake_of_the_program_is_not_told_as_the_store_s(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.ProgrammingError), store._file.reading() as connection:
        connection.execute("SELECT ?", ())
