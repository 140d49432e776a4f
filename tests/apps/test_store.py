"""`ranker store`: what is told, copied and dropped, and what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ranker.apps.sizes import size_text
from ranker.articles.article import Article
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord, StoryState
from ranker.desk.sqlite import SqliteStore
from ranker.stories.corrections import Correction

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=90)

Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a live and an old, sealed article, a correction undone and a change that waits."""
    place = tmp_path / "desk.sqlite"
    with closing(SqliteStore(place)) as store:
        store.accept([Change("put", NOW, article=Article("c", "Title of c"))])
        store.commit(
            Decided(
                0,
                put=(_kept("a", "s", NOW), _kept("b", "t", LONG_AGO)),
                sealed=("b",),
                stories=(StoryRecord("s", "live", NOW, NOW), StoryRecord("t", "sealed", LONG_AGO, LONG_AGO)),
                events=(Event(1, "created", "t", LONG_AGO, "b came"), Event(2, "created", "s", NOW, "a came")),
                corrections=(Correction("p", "pin", ("a",)), Correction("q", "hide", ("b",))),
                undone={"q": {"by": "an editor", "at": "2026-03-11T18:00:00Z"}},
                fingerprint="static-1 news-3",
            )
        )
    return place


def _kept(key: str, story: str, published: datetime) -> KeptArticle:
    return KeptArticle(Article(key, f"Title of {key}", published=published), published, story, b"\0\0\x80?")


def _spoil(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM stories WHERE id = 't'")


def test_info_is_for_people(ranker: Command, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    done = ranker("store", "info", "desk.sqlite")
    head, *lines = done.stdout.splitlines()
    assert head.startswith("desk.sqlite: ")
    assert head.endswith(" kB, version 1")
    assert lines == [
        "articles     1 live, 1 sealed",
        "             published 2025-12-11 18:00 UTC to 2026-03-11 18:00 UTC",
        "stories      1 live, 1 sealed",
        "events       2",
        "corrections  1 stands, 1 undone",
        "waiting      1 change",
        "made with    static-1 news-3",
    ]
    assert done.returncode == 0


def test_info_of_an_empty_store(ranker: Command, tmp_path: Path) -> None:
    SqliteStore(tmp_path / "desk.sqlite").close()
    assert ranker("store", "info", tmp_path / "desk.sqlite").stdout.splitlines()[1:] == [
        "articles     0 live, 0 sealed",
        "stories      0",
        "events       0",
        "corrections  0 stand, 0 undone",
        "waiting      0 changes",
        "made with    -",
    ]
    told = json.loads(ranker("store", "info", tmp_path / "desk.sqlite", "--json").stdout)
    assert told["oldest"] is told["newest"] is told["fingerprint"] is None


def test_info_is_for_programs(ranker: Command, path: Path) -> None:
    told = json.loads(ranker("store", "info", path, "--json").stdout)
    assert told.pop("bytes") == path.stat().st_size
    assert told == {
        "path": str(path),
        "schema": 1,
        "articles": {"live": 1, "sealed": 1},
        "oldest": "2025-12-11T18:00:00Z",
        "newest": "2026-03-11T18:00:00Z",
        "stories": {"live": 1, "sealed": 1},
        "events": 2,
        "corrections": {"standing": 1, "undone": 1},
        "waiting": 1,
        "fingerprint": "static-1 news-3",
    }


def test_what_is_told_fits_a_screen(ranker: Command, path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        gone: tuple[StoryState, ...] = ("merged", "split", "emptied")
        states = [StoryRecord(f"{i}", state, NOW, NOW, ("s",)) for i, state in enumerate(gone)]
        store.commit(Decided(0, stories=tuple(states), fingerprint="fingerprint " * 12))
    lines = ranker("store", "info", path).stdout.splitlines()[1:]
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("             fingerprint") for line in lines) == 2


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB"), (3.2e15, "3200.0 TB")]
)
def test_sizes_are_for_people(count: float, words: str) -> None:
    assert size_text(count) == words


def test_an_export_is_imported_into_a_new_store(ranker: Command, path: Path, tmp_path: Path) -> None:
    export, copy = tmp_path / "desk.jsonl", tmp_path / "copy.sqlite"
    done = ranker("store", "export", path, "--output", export)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"wrote {export} (")
    assert export.stat().st_mode & 0o077 == 0
    done = ranker("store", "import", copy, export)
    assert (done.returncode, done.stderr) == (0, "2 articles, 2 stories, 2 events\n")
    assert ranker("store", "export", copy).stdout == export.read_text("utf-8")


def test_an_export_goes_through_a_pipe(ranker: Command, path: Path, tmp_path: Path) -> None:
    export = ranker("store", "export", path).stdout
    assert ranker("store", "export", path, "-o", "-").stdout == export
    assert ranker("store", "import", tmp_path / "copy.sqlite", "-", stdin=export.encode()).returncode == 0
    assert ranker("store", "export", tmp_path / "copy.sqlite").stdout == export


def test_an_export_is_refused_a_place_that_cannot_be_written(ranker: Command, path: Path, tmp_path: Path) -> None:
    done = ranker("store", "export", path, "--output", tmp_path / "none" / "desk.jsonl")
    assert done.returncode == 2
    assert "cannot be written (there is no folder" in done.stderr


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(
    ranker: Command, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        raise OSError(28, "No space left on device")

    export = tmp_path / "desk.jsonl"
    export.write_text("old", "utf-8")
    monkeypatch.setattr("ranker.apps.store.os.fsync", failing)
    done = ranker("store", "export", path, "--output", export)
    assert (done.returncode, done.stderr) == (2, f"ranker: {export}: cannot be written (No space left on device)\n")
    assert export.read_text("utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_an_import_into_a_store_that_is_not_empty_is_refused(ranker: Command, path: Path, tmp_path: Path) -> None:
    ranker("store", "export", path, "--output", tmp_path / "desk.jsonl")
    done = ranker("store", "import", path, tmp_path / "desk.jsonl")
    assert (done.returncode, done.stderr) == (1, f"ranker: {path}: is not empty; import into a new file\n")


def test_an_import_from_a_file_that_cannot_be_read_is_refused(
    ranker: Command, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Path, mode: str) -> None:
        raise OSError(5, f"Input/output error under {mode}")

    monkeypatch.setattr(Path, "open", failing)
    done = ranker("store", "import", tmp_path / "copy.sqlite", path)
    assert (done.returncode, done.stderr) == (2, f"ranker: {path}: cannot be read (Input/output error under rb)\n")


def test_verify_finds_nothing(ranker: Command, path: Path) -> None:
    assert ranker("store", "verify", path).stdout == "nothing is wrong\n"
    done = ranker("store", "verify", path, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"problems": []})


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_verify_ends_with_3_where_something_is_wrong(ranker: Command, path: Path, form: list[str]) -> None:
    _spoil(path)
    done = ranker("store", "verify", path, *form)
    assert done.returncode == 3
    problem = "article b is in story t, which is not there"
    assert done.stdout == (json.dumps({"problems": [problem]}, separators=(",", ":")) if form else problem) + "\n"


@pytest.mark.parametrize("moment", [("--before", "2026-01-01"), ("--older-than", "30")])
def test_retain_drops_what_is_old(ranker: Command, path: Path, moment: tuple[str, str]) -> None:
    done = ranker("store", "retain", path, *moment)
    assert done.returncode == 0
    assert done.stdout.startswith("dropped 1 article from before 20")
    with closing(SqliteStore(path)) as store:
        assert store.article("a") is not None
        assert store.article("b") is None
        assert store.story("t") is None


def test_retain_tells_from_before_when(ranker: Command, path: Path) -> None:
    done = ranker("store", "retain", path, "--before", "2020-01-01T12:00:00+02:00")
    assert done.stdout == "dropped 0 articles from before 2020-01-01 10:00 UTC; `ranker store compact` gives their room back\n"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ((), "give either --before or --older-than"),
        (("--before", "2026-01-01", "--older-than", "3"), "give either --before or --older-than"),
        (("--before", " "), "give either --before or --older-than"),
        (("--before", "soon"), "Invalid value for '--before'"),
        (("--older-than", "-1"), "Invalid value for '--older-than'"),
        (("--older-than", "nan"), "Invalid value for '--older-than'"),
        (("--older-than", "inf"), "Invalid value for '--older-than'"),
    ],
)
def test_retain_needs_one_moment(ranker: Command, path: Path, moment: tuple[str, ...], words: str) -> None:
    done = ranker("store", "retain", path, *moment)
    assert done.returncode == 2
    assert words in done.stderr


def test_compact_tells_what_it_gave_back(ranker: Command, path: Path) -> None:
    done = ranker("store", "compact", path)
    assert done.returncode == 0
    assert done.stdout.endswith(" now\n")


@pytest.mark.parametrize("command", ["info", "export", "verify"])
def test_looking_is_allowed_beside_a_service(ranker: Command, path: Path, command: str) -> None:
    with closing(SqliteStore(path)):
        assert ranker("store", command, path).returncode == 0


@pytest.mark.parametrize("command", [["compact"], ["retain", "--older-than", "3"]])
def test_changing_is_refused_beside_a_service(ranker: Command, path: Path, command: list[str]) -> None:
    name, *options = command
    with closing(SqliteStore(path)):
        done = ranker("store", name, path, *options)
    assert done.returncode == 1
    assert "is in use by this process already; stop that, or use another file" in done.stderr


@pytest.mark.parametrize("command", ["info", "export", "verify", "compact", "retain"])
def test_a_store_that_is_not_there_is_not_made(ranker: Command, tmp_path: Path, command: str) -> None:
    done = ranker("store", command, tmp_path / "none.sqlite")
    assert done.returncode == 2
    assert "there is no file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_something_else_is_told(ranker: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes\n" * 100, "utf-8")
    done = ranker("store", "info", tmp_path / "notes.txt")
    assert done.returncode == 1
    assert "notes.txt: is no store of ranker; name another file" in done.stderr
