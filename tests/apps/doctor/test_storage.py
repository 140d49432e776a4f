"""Cache, store and disks: looked at without making or changing anything."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ranker.apps.doctor import storage
from ranker.desk.sqlite import SqliteStore
from ranker.settings import CacheSettings
from ranker.settings_file import load_settings
from ranker.vectors.cache import VectorCache, cache_file


def settings(folder: Path, **more: object) -> CacheSettings:
    return msgspec.structs.replace(load_settings().cache, directory=str(folder), **more)


def filled(folder: Path, count: int = 3) -> CacheSettings:
    chosen = settings(folder)
    cache = VectorCache(cache_file(chosen), max_bytes=1e9)
    cache.put("static:1", [bytes([number]) for number in range(count)], np.eye(count, 4, dtype=np.float32))
    cache.close()
    return chosen


def test_a_cache_is_counted_and_not_touched(tmp_path: Path) -> None:
    chosen = filled(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    finding = storage.cache_finding(chosen)
    assert finding.state == "ok"
    assert finding.found.startswith("3 vectors of 1 encoder, ")
    assert finding.details["vectors"] == 3
    assert finding.details["byEncoder"] == {"static:1": 3}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith(("-shm", "-wal"))} == before


def test_a_cache_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    finding = storage.cache_finding(settings(tmp_path / "new"))
    assert (finding.state, finding.found) == ("ok", f"{tmp_path / 'new'} is empty; the first run fills it")
    assert not (tmp_path / "new").exists()


def test_a_cache_that_is_off_is_told() -> None:
    finding = storage.cache_finding(msgspec.structs.replace(load_settings().cache, enabled=False))
    assert finding.found.startswith("off (cache.enabled: false)")


def test_a_damaged_cache_is_a_fault_with_what_to_do(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    cache_file(chosen).write_bytes(b"no database at all" * 100)
    finding = storage.cache_finding(chosen)
    assert finding.state == "fault"
    assert finding.next_step == f"remove it: rm '{cache_file(chosen)}'"


def test_a_folder_that_cannot_be_written_to_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = storage.cache_finding(settings(tmp_path))
    assert (finding.state, finding.next_step) == ("fault", "name another folder with RANKER_CACHE_DIR or cache.directory")
    assert storage.store_finding(tmp_path / "desk.sqlite").state == "fault"


def test_a_file_where_the_cache_s_folder_should_be_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert storage.cache_finding(settings(tmp_path / "file")).state == "fault"


def test_a_cache_that_is_nearly_full_says_so(tmp_path: Path) -> None:
    chosen = msgspec.structs.replace(filled(tmp_path), max_megabytes=0.001)
    assert storage.cache_finding(chosen).next_step == "the oldest vectors will be dropped; raise cache.max_megabytes to keep more"


def test_a_store_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    finding = storage.store_finding(path)
    assert (finding.state, finding.found) == ("ok", f"none yet; `ranker serve` makes {path}")
    assert not path.exists()
    with closing(SqliteStore(path)):
        pass
    finding = storage.store_finding(path)
    assert finding.state == "ok"
    assert finding.found.startswith("0 articles in 0 stories, ")
    assert finding.found.endswith(f"version {finding.details['schema']}, {path}")


def test_what_is_no_store_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "desk.sqlite").write_text("no database at all, only words in a file" * 50)
    finding = storage.store_finding(tmp_path / "desk.sqlite")
    assert finding.state == "fault"
    assert "is no store of ranker; name another file" in finding.found


@pytest.mark.parametrize(
    ("free", "state", "step"),
    [(5e9, "ok", ""), (5e8, "warning", "make room soon"), (5e6, "fault", "make room: caches and stores cannot grow")],
)
def test_room_on_the_disk(free: float, state: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": int(free)}))
    (finding,) = storage.disk_findings((tmp_path, tmp_path / "below" / "it"))
    assert (finding.state, finding.next_step) == (state, step)
