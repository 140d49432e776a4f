"""The vector cache: what was embedded once is kept on disk by encoder fingerprint and text hash."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from ranker.settings import CacheSettings
from ranker.vectors.encoder import Encoder, Progress, Vectors

_FILE = "vectors.sqlite"
_SCHEMA_VERSION = 1
_LOCK_SECONDS = 60  # a second process waits this long for the first one's short transactions
_RETRY_SECONDS = 0.02  # between two tries where SQLite does not wait by itself
_LOOKUP_TEXTS = 500  # bound parameters of one query; SQLite allows 999 everywhere
_STORED_TEXTS = 2048  # vectors computed between two commits: what a killed run loses at most
_TRIM_TO = 0.9  # a full cache is cut to this share of its limit, so that not every run has to cut
_LENGTH_TOLERANCE = 1e-4  # a kept vector whose squared length is farther from 1 (and is not 0) is damaged

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors of texts, and how many distinct texts were computed and how many came from the cache."""

    vectors: Vectors
    computed: int
    cached: int


class VectorCache:
    """A SQLite file (WAL) that several processes may use at once.

    A cache that cannot be used (damaged, full disk, locked) is reported once in the log and then does nothing: vectors are
    computed instead.
    """

    def __init__(self, path: Path, *, max_bytes: float) -> None:
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        with self._or_without():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _opened(path)

    def get(self, fingerprint: str, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are known, by text hash; a damaged one is not."""
        found: dict[bytes, Vectors] = {}
        if self._connection is None:
            return found
        with self._or_without():
            for start in range(0, len(hashes), _LOOKUP_TEXTS):
                part = hashes[start : start + _LOOKUP_TEXTS]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(
                    f"SELECT text_hash, vector FROM vectors WHERE encoder = ? AND text_hash IN ({marks})",  # noqa: S608 - question marks alone
                    (fingerprint, *part),
                )
                found.update((text_hash, vector) for text_hash, stored in rows if (vector := _sound_vector(stored)) is not None)
        return found

    def put(self, fingerprint: str, hashes: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors, row i under hashes[i]."""
        if self._connection is None:
            return
        with self._or_without(), self._connection:
            self._connection.executemany(
                "INSERT INTO vectors (encoder, text_hash, vector) VALUES (?, ?, ?) "
                "ON CONFLICT (encoder, text_hash) DO UPDATE SET vector = excluded.vector",
                ((fingerprint, text_hash, row.tobytes()) for text_hash, row in zip(hashes, vectors, strict=True)),
            )

    def trim(self) -> int:
        """Drop the oldest vectors if the file's used pages are above the limit; returns how many went."""
        if self._connection is None:
            return 0
        dropped = 0
        with self._or_without(), self._connection:
            size = _used_bytes(self._connection)
            if size > self._max_bytes:
                count = self._connection.execute("SELECT COUNT(*) FROM vectors").fetchone()[0]
                surplus = int(count * (1 - _TRIM_TO * self._max_bytes / size)) + 1
                dropped = self._connection.execute(
                    "DELETE FROM vectors WHERE id IN (SELECT id FROM vectors ORDER BY id LIMIT ?)", (surplus,)
                ).rowcount
        return dropped

    def counts(self) -> dict[str, int]:
        """Number of vectors by encoder fingerprint."""
        found: dict[str, int] = {}
        if self._connection is None:
            return found
        with self._or_without():
            found.update(self._connection.execute("SELECT encoder, COUNT(*) FROM vectors GROUP BY encoder ORDER BY encoder"))
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _or_without(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            _log.warning("the vector cache cannot be used (%s); going on without it", error)
            self.close()


def open_cache(settings: CacheSettings) -> VectorCache | None:
    """The cache that the settings ask for; None if they ask for none."""
    if not settings.enabled:
        return None
    return VectorCache(cache_file(settings), max_bytes=settings.max_megabytes * 1e6)


def cache_file(settings: CacheSettings) -> Path:
    """Where vectors are kept: in the setting's folder, else the environment's `RANKER_CACHE_DIR`, else the user's cache folder."""
    folder = settings.directory or os.environ.get("RANKER_CACHE_DIR") or platformdirs.user_cache_dir("ranker", appauthor=False)
    return Path(folder).expanduser() / _FILE


def embed(texts: Sequence[str], encoder: Encoder, cache: VectorCache | None, *, progress: Progress | None = None) -> Embedding:
    """The texts' vectors, each distinct text computed at most once and kept.

    Parameters
    ----------
    progress : told how many distinct texts are finished, cached ones first.

    Returns
    -------
    Row i of `vectors` belongs to texts[i].
    """
    hashes = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    distinct = dict(zip(hashes, texts, strict=True))
    known = {} if cache is None else cache.get(encoder.fingerprint, list(distinct))
    if progress is not None and known:
        progress(len(known))
    # Sorted by length and text, so that batches do not depend on the input's order. They do depend on what is known already, and
    # with them the last bits of a transformer's vectors (of bfloat16 the third digit): --no-cache makes two runs equal to the byte.
    missing = sorted((text_hash for text_hash in distinct if text_hash not in known), key=lambda h: (len(distinct[h]), distinct[h]))
    cached = len(known)
    for start in range(0, len(missing), _STORED_TEXTS):
        part = missing[start : start + _STORED_TEXTS]
        vectors = encoder.encode([distinct[text_hash] for text_hash in part], progress=progress)
        known.update(zip(part, vectors, strict=True))
        if cache is not None:
            cache.put(encoder.fingerprint, part, vectors)
            cache.trim()
    if not texts:
        return Embedding(np.zeros((0, 1), dtype=np.float32), 0, 0)
    return Embedding(np.stack([known[text_hash] for text_hash in hashes]), len(missing), cached)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level="IMMEDIATE", check_same_thread=False)
    try:
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, _SCHEMA_VERSION}:
            raise sqlite3.DatabaseError(f"{path} is of version {version}, this ranker uses {_SCHEMA_VERSION}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, encoder TEXT NOT NULL, text_hash BLOB NOT NULL, "
            "vector BLOB NOT NULL, UNIQUE (encoder, text_hash))"
        )
        if version != _SCHEMA_VERSION:
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL. Here alone SQLite does not wait for another process that is just making the file."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _used_bytes(connection: sqlite3.Connection) -> int:
    """Size of the file's pages that hold something; SQLite keeps these numbers, so nothing is read for them."""
    pages, free, page_bytes = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page_bytes


def _sound_vector(stored: object) -> Vectors | None:
    """The vector that a stored value is; None if it cannot be one (a damaged page)."""
    if not isinstance(stored, bytes) or not stored or len(stored) % np.dtype(np.float32).itemsize:
        return None
    vector = np.frombuffer(stored, dtype=np.float32)
    with np.errstate(all="ignore"):  # damage may read as infinite or as no number
        squared = float(vector @ vector)
    return vector if squared == 0 or abs(squared - 1) <= _LENGTH_TOLERANCE else None
