"""The vector cache: nothing is embedded twice, whatever happens to processes and files."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder

from ranker.settings import CacheSettings, Settings
from ranker.vectors import cache as cache_module
from ranker.vectors.cache import VectorCache, embed, open_cache
from ranker.vectors.encoder import Vectors

TESTS = Path(__file__).parents[1]
TEXTS = [f"storm number {number} closes harbour {number % 7}" for number in range(60)]
PLENTY = 1e9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


@pytest.fixture
def cache(path: Path) -> Iterator[VectorCache]:
    opened = VectorCache(path, max_bytes=PLENTY)
    yield opened
    opened.close()


def _hashes(texts: Sequence[str]) -> list[bytes]:
    return [sha256(text.encode()).digest() for text in texts]


def _vectors(texts: Sequence[str]) -> Vectors:
    return HashingEncoder().encode(texts)


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


class TestNothingIsEmbeddedTwice:
    def test_a_second_run_embeds_nothing(self, path: Path) -> None:
        with closing(VectorCache(path, max_bytes=PLENTY)) as first:
            embed(TEXTS, HashingEncoder(), first)
        encoder = HashingEncoder()
        with closing(VectorCache(path, max_bytes=PLENTY)) as second:
            result = embed(TEXTS, encoder, second)
        assert encoder.seen == []
        assert (result.computed, result.cached) == (0, len(TEXTS))
        assert np.array_equal(result.vectors, _vectors(TEXTS))

    def test_only_new_texts_are_embedded(self, cache: VectorCache) -> None:
        embed(TEXTS[:40], HashingEncoder(), cache)
        encoder = HashingEncoder()
        result = embed(TEXTS, encoder, cache)
        assert sorted(encoder.seen) == sorted(TEXTS[40:])
        assert (result.computed, result.cached) == (20, 40)
        assert np.array_equal(result.vectors, _vectors(TEXTS))

    @pytest.mark.parametrize("kept", [True, False])
    def test_equal_texts_of_one_call_are_embedded_once(self, cache: VectorCache, *, kept: bool) -> None:
        encoder = HashingEncoder()
        result = embed(["b", "a", "b", "b"], encoder, cache if kept else None)
        assert encoder.seen == ["a", "b"]
        assert (result.computed, result.cached) == (2, 0)
        assert np.array_equal(result.vectors, _vectors(["b", "a", "b", "b"]))

    def test_a_vector_counts_for_its_own_encoder_alone(self, cache: VectorCache) -> None:
        embed(TEXTS, HashingEncoder(64), cache)
        result = embed(TEXTS, HashingEncoder(128), cache)
        assert (result.computed, result.cached) == (len(TEXTS), 0)
        assert cache.counts() == {"hashing:128": len(TEXTS), "hashing:64": len(TEXTS)}

    def test_many_texts_are_looked_up_and_kept_in_parts(self, cache: VectorCache, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache_module, "_LOOKUP_TEXTS", 7)
        monkeypatch.setattr(cache_module, "_STORED_TEXTS", 11)
        first, second = embed(TEXTS, HashingEncoder(), cache), embed(TEXTS, HashingEncoder(), cache)
        assert (first.computed, second.cached) == (len(TEXTS), len(TEXTS))
        assert np.array_equal(first.vectors, _vectors(TEXTS))
        assert np.array_equal(second.vectors, _vectors(TEXTS))


def test_the_encoder_is_asked_in_the_same_order_whatever_the_order_of_texts() -> None:
    forward, backward = HashingEncoder(), HashingEncoder()
    embed(TEXTS, forward, None)
    embed(TEXTS[::-1], backward, None)
    assert forward.seen == backward.seen


def test_no_texts_have_no_vectors(cache: VectorCache) -> None:
    result = embed([], HashingEncoder(), cache)
    assert (len(result.vectors), result.computed, result.cached) == (0, 0, 0)


def test_texts_that_are_no_proper_unicode_are_kept_like_others(cache: VectorCache) -> None:
    texts = ["half a pair \ud83d", "half a pair \ud83e"]
    embed(texts, HashingEncoder(), cache)
    assert embed(texts, HashingEncoder(), cache).cached == 2


def test_progress_tells_kept_texts_first_then_each_part(cache: VectorCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_STORED_TEXTS", 10)
    embed(TEXTS[:40], HashingEncoder(), cache)
    told: list[int] = []
    embed([*TEXTS, *TEXTS], HashingEncoder(), cache, progress=told.append)
    assert told == [40, 10, 10]


def test_a_vector_that_is_put_again_replaces_the_old_one(cache: VectorCache) -> None:
    hashes = _hashes(["a"])
    for text in ("b", "a"):
        cache.put("e", hashes, _vectors([text]))
    assert np.array_equal(cache.get("e", hashes)[hashes[0]], _vectors(["a"])[0])
    assert cache.counts() == {"e": 1}


class TestBound:
    """Each vector of 128 numbers takes 512 bytes, and less than 800 with its key and its place in the index."""

    LIMIT = 100_000.0

    @pytest.fixture
    def bounded(self, path: Path) -> Iterator[VectorCache]:
        opened = VectorCache(path, max_bytes=self.LIMIT)
        yield opened
        opened.close()

    def test_a_cache_below_its_limit_keeps_everything(self, bounded: VectorCache) -> None:
        embed(TEXTS, HashingEncoder(), bounded)
        assert bounded.trim() == 0
        assert bounded.counts() == {"hashing:128": len(TEXTS)}

    def test_the_oldest_go_first(self, bounded: VectorCache, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache_module, "_STORED_TEXTS", 20)
        batches = [[f"{batch} {number}" for number in range(20)] for batch in range(20)]
        for batch in batches:
            embed(batch, HashingEncoder(), bounded)
        kept = [len(bounded.get("hashing:128", _hashes(batch))) for batch in batches]
        assert kept == sorted(kept)
        assert kept[0] == 0
        assert kept[-1] == 20

    def test_the_file_stays_within_the_limit_and_one_part(self, bounded: VectorCache, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache_module, "_STORED_TEXTS", 20)
        result = embed([f"text {number}" for number in range(1000)], HashingEncoder(), bounded)
        bounded.close()
        assert result.computed == len(result.vectors) == 1000
        assert self.LIMIT * 0.5 < path.stat().st_size < self.LIMIT + 20 * 800

    def test_a_lower_limit_holds_from_the_next_vector_on(self, path: Path) -> None:
        with closing(VectorCache(path, max_bytes=PLENTY)) as roomy:
            embed([f"text {number}" for number in range(400)], HashingEncoder(), roomy)
        with closing(VectorCache(path, max_bytes=self.LIMIT)) as bounded:
            embed(["one more"], HashingEncoder(), bounded)
            assert 0 < bounded.counts()["hashing:128"] * 512 < self.LIMIT
            assert bounded.get("hashing:128", _hashes(["one more"]))

    def test_an_empty_cache_has_nothing_to_drop(self, path: Path) -> None:
        with closing(VectorCache(path, max_bytes=1)) as tiny:
            assert tiny.trim() == 0


@contextmanager
def _without_roots_rights() -> Iterator[None]:
    """The rights of a user who owns nothing, where the tests run as root, whom no mode keeps out."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


class TestUnusableFile:
    """A warning in the log, once, and vectors computed instead."""

    @staticmethod
    def _goes_on_without(path: Path, caplog: pytest.LogCaptureFixture, reason: str) -> None:
        with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
            for _ in range(2):
                result = embed(TEXTS, HashingEncoder(), cache)
                assert (result.computed, result.cached) == (len(TEXTS), 0)
                assert np.array_equal(result.vectors, _vectors(TEXTS))
            assert (cache.trim(), cache.counts()) == (0, {})
        (warning,) = _warnings(caplog)
        assert "the vector cache cannot be used" in warning
        assert "going on without it" in warning
        assert reason in warning

    def test_no_database(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.parent.mkdir()
        path.write_bytes(b"a shopping list, not a database " * 200)
        self._goes_on_without(path, caplog, "file is not a database")
        assert path.read_bytes().startswith(b"a shopping list")

    def test_another_schema_version(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA user_version = 77")
        self._goes_on_without(path, caplog, "is of version 77, this ranker uses 1")

    def test_another_table_of_the_same_name(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE vectors (x, y)")
        self._goes_on_without(path, caplog, "no such column")

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "file").write_text("in the way", "utf-8")
        self._goes_on_without(tmp_path / "file" / "vectors.sqlite", caplog, "file")

    def test_a_folder_that_may_not_be_written(self, caplog: pytest.LogCaptureFixture) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o555)
            with _without_roots_rights():
                self._goes_on_without(Path(folder) / "vectors.sqlite", caplog, "unable to open database file")

    def test_a_folder_instead_of_a_file(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.mkdir(parents=True)
        self._goes_on_without(path, caplog, "unable to open database file")

    @pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
    def test_a_file_that_is_locked_for_too_long(
        self, path: Path, kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache_module, "_LOCK_SECONDS", 0.05)
        path.parent.mkdir()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(f"BEGIN {kind}")
            self._goes_on_without(path, caplog, "database is locked")

    def test_counts_of_a_damaged_file(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
            embed(TEXTS, HashingEncoder(), cache)
        data = path.read_bytes()
        path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
        with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
            assert cache.counts() == {}
        assert "malformed" in _warnings(caplog)[0]

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_a_file_cut_short(self, path: Path, share: float) -> None:
        with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
            embed(TEXTS, HashingEncoder(), cache)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
            assert np.array_equal(embed(TEXTS, HashingEncoder(), cache).vectors, _vectors(TEXTS))

    def test_a_disk_that_takes_nothing_more(self, cache: VectorCache, caplog: pytest.LogCaptureFixture) -> None:
        assert cache._connection is not None
        cache._connection.execute("PRAGMA query_only = ON")
        for _ in range(2):
            assert np.array_equal(embed(TEXTS, HashingEncoder(), cache).vectors, _vectors(TEXTS))
        (warning,) = _warnings(caplog)
        assert "attempt to write a readonly database" in warning


@pytest.mark.parametrize(
    "stored",
    [b"", b"\0", b"\0" * 511, "text", 7, np.full(128, np.nan, dtype=np.float32).tobytes(), np.full(128, 1e30, dtype=np.float32).tobytes()],
)
def test_a_damaged_vector_is_made_anew_and_mended(cache: VectorCache, path: Path, stored: object) -> None:
    embed(TEXTS, HashingEncoder(), cache)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE vectors SET vector = ? WHERE text_hash = ?", (stored, _hashes(TEXTS)[5]))
    encoder = HashingEncoder()
    assert np.array_equal(embed(TEXTS, encoder, cache).vectors, _vectors(TEXTS))
    assert encoder.seen == [TEXTS[5]]
    assert embed(TEXTS, HashingEncoder(), cache).computed == 0


def test_a_zero_vector_is_kept_like_others(cache: VectorCache) -> None:
    embed(["?!"], HashingEncoder(), cache)
    result = embed(["?!"], HashingEncoder(), cache)
    assert result.cached == 1
    assert not result.vectors.any()


def test_a_closed_cache_keeps_nothing_and_may_be_closed_again(cache: VectorCache) -> None:
    cache.close()
    cache.close()
    assert embed(TEXTS, HashingEncoder(), cache).computed == len(TEXTS)
    assert embed(TEXTS, HashingEncoder(), cache).cached == 0


def test_opening_waits_for_a_process_that_is_just_making_the_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    begun = threading.Event()

    def write_for_a_while() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun.set()
            threading.Event().wait(0.1)

    writer = threading.Thread(target=write_for_a_while)
    writer.start()
    begun.wait()
    with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
        embed(TEXTS, HashingEncoder(), cache)
        assert cache.counts() == {"hashing:128": len(TEXTS)}
    writer.join()
    assert _warnings(caplog) == []


class TestOpenCache:
    @pytest.fixture
    def settings(self, default_settings: Settings) -> CacheSettings:
        return msgspec.structs.replace(default_settings.cache, enabled=True, directory=None)

    def test_is_none_if_the_settings_ask_for_none(self, settings: CacheSettings) -> None:
        assert open_cache(msgspec.structs.replace(settings, enabled=False)) is None

    def test_takes_the_settings_folder_before_the_environments(
        self, settings: CacheSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RANKER_CACHE_DIR", str(tmp_path / "environment"))
        self._opens(msgspec.structs.replace(settings, directory=str(tmp_path / "settings")), tmp_path / "settings")
        assert not (tmp_path / "environment").exists()

    def test_takes_the_environments_folder(self, settings: CacheSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RANKER_CACHE_DIR", str(tmp_path / "environment"))
        self._opens(settings, tmp_path / "environment")

    def test_takes_the_users_cache_folder_else(self, settings: CacheSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("RANKER_CACHE_DIR", raising=False)
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, **_: str(tmp_path / "user" / name))
        self._opens(settings, tmp_path / "user" / "ranker")

    def test_knows_the_home_folder(self, settings: CacheSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        self._opens(msgspec.structs.replace(settings, directory="~/kept"), tmp_path / "kept")

    def test_takes_the_settings_limit(self, settings: CacheSettings, tmp_path: Path) -> None:
        opened = open_cache(msgspec.structs.replace(settings, directory=str(tmp_path), max_megabytes=0.1))
        assert opened is not None
        embed([f"text {number}" for number in range(400)], HashingEncoder(), opened)
        assert 0 < opened.counts()["hashing:128"] * 512 < 0.1 * 1e6
        opened.close()

    @staticmethod
    def _opens(settings: CacheSettings, folder: Path) -> None:
        opened = open_cache(settings)
        assert opened is not None
        opened.close()
        assert (folder / "vectors.sqlite").is_file()


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Another Python that runs `script`, talking through its pipes."""
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


FILL = """
import logging, sys
from pathlib import Path
from ranker.vectors import cache
from support.hashing_encoder import HashingEncoder

logging.basicConfig(level=logging.WARNING)
path, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
cache._STORED_TEXTS = 5
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, last, 10):
    opened = cache.VectorCache(path, max_bytes=1e9)
    cache.embed([f"text {n}" for n in range(number, number + 20)], HashingEncoder(), opened)
    opened.close()
"""


def test_two_processes_fill_one_cache_at_the_same_time(path: Path) -> None:
    fillers = [_start(FILL, str(path), first, last) for first, last in (("0", "200"), ("100", "300"))]
    for filler in fillers:
        assert filler.stdout is not None
        assert filler.stdout.readline() == "ready\n"
    talk = [filler.communicate("go\n", timeout=60) for filler in fillers]
    assert talk == [("", "")] * 2
    assert [filler.returncode for filler in fillers] == [0, 0]
    with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
        assert cache.counts() == {"hashing:128": 310}
        assert embed([f"text {number}" for number in range(310)], HashingEncoder(), cache).computed == 0


ENDLESS_FILL = """
import sys
from pathlib import Path
from ranker.vectors import cache
from support.hashing_encoder import HashingEncoder

cache._STORED_TEXTS = 10
texts = [f"{n:06}" for n in range(50_000)]

def tell(done):
    print(done, flush=True)

cache.embed(texts, HashingEncoder(), cache.VectorCache(Path(sys.argv[1]), max_bytes=1e9), progress=tell)
"""


def test_a_run_killed_in_the_middle_leaves_what_it_had_stored(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filler = _start(ENDLESS_FILL, str(path))
    assert filler.stdout is not None
    for _ in range(8):  # seven parts are stored before the eighth is told of
        assert filler.stdout.readline() == "10\n"
    filler.send_signal(signal.SIGKILL)
    filler.communicate(timeout=60)
    assert filler.returncode == -signal.SIGKILL
    with closing(VectorCache(path, max_bytes=PLENTY)) as cache:
        stored = cache.counts()["hashing:128"]
        assert stored >= 7 * 10
        assert stored % 10 == 0
        texts = [f"{number:06}" for number in range(stored + 5)]
        result = embed(texts, HashingEncoder(), cache)
        assert (result.computed, result.cached) == (5, stored)
        assert np.array_equal(result.vectors, _vectors(texts))
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert _warnings(caplog) == []


CACHED_RUN = """
import sys
from pathlib import Path
from ranker.places import models_folder
from ranker.settings_file import load_settings
from ranker.vectors.cache import VectorCache, embed
from ranker.vectors.encoder import load_encoder

encoder = load_encoder(load_settings().encoder, models=models_folder())
cache = VectorCache(Path(sys.argv[1]), max_bytes=1e9)
if sys.argv[2] == "fill":
    import numpy as np
    from hashlib import sha256
    cache.put(encoder.fingerprint, [sha256(b"kept").digest()], np.eye(1, 384, dtype=np.float32))
else:
    result = embed(["kept"], encoder, cache)
    print(result.cached, result.computed, "torch" in sys.modules, "sentence_transformers" in sys.modules)
"""


def test_a_run_whose_texts_are_all_kept_does_not_load_torch(path: Path) -> None:
    assert _start(CACHED_RUN, str(path), "fill").communicate(timeout=60) == ("", "")
    assert _start(CACHED_RUN, str(path), "read").communicate(timeout=60) == ("1 0 False False\n", "")
