"""Storage: the cache of vectors, the service's store, and the room on their disks. Nothing is made or changed by looking."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ranker.apps.doctor.finding import Finding
from ranker.apps.sizes import size_text
from ranker.desk.sqlite import SqliteStore
from ranker.errors import StoreError
from ranker.settings import CacheSettings
from ranker.vectors.cache import cache_file

_SCARCE_BYTES = 1e9  # less room than this is worth a warning
_NO_ROOM_BYTES = 1e8  # with less, a run may not end
_FULL_SHARE = 0.9  # of cache.max_megabytes


def cache_finding(settings: CacheSettings) -> Finding:
    """Where vectors are kept, how many there are, and whether more can be."""
    if not settings.enabled:
        return Finding("cache", "ok", "off (cache.enabled: false): each run computes all vectors anew", details={"enabled": False})
    path = cache_file(settings)
    details: dict[str, object] = {"enabled": True, "path": str(path), "maxBytes": int(settings.max_megabytes * 1e6)}
    folder = _existing(path.parent)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        advice = "name another folder with RANKER_CACHE_DIR or cache.directory"
        return Finding("cache", "fault", f"{path} cannot be written to: vectors are computed in each run", advice, details=details)
    if not path.exists():
        return Finding("cache", "ok", f"{path.parent} is empty; the first run fills it", details=details | {"bytes": 0, "vectors": 0})
    try:
        vectors = _vectors(path)
    except sqlite3.Error as error:
        return Finding("cache", "fault", f"{path} cannot be read ({error})", f"remove it: rm '{path}'", details=details)
    size = sum(each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.exists())
    count = sum(vectors.values())
    kinds = f"{len(vectors)} {'encoder' if len(vectors) == 1 else 'encoders'}"
    found = f"{count:,} vectors of {kinds}, {size_text(size)} of {size_text(settings.max_megabytes * 1e6)}, {path.parent}"
    return Finding(
        "cache", "ok", found, _nearly_full(size, settings), details=details | {"bytes": size, "vectors": count, "byEncoder": vectors}
    )


def _nearly_full(size: float, settings: CacheSettings) -> str:
    full = size >= _FULL_SHARE * settings.max_megabytes * 1e6
    return "the oldest vectors will be dropped; raise cache.max_megabytes to keep more" if full else ""


def _vectors(path: Path) -> dict[str, int]:
    """Number of kept vectors by encoder, read without a change to the file."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT encoder, COUNT(*) FROM vectors GROUP BY encoder ORDER BY encoder"))


def store_finding(path: Path) -> Finding:
    """The store of `ranker serve`, as far as it says itself."""
    details: dict[str, object] = {"path": str(path)}
    if not path.exists():
        folder = _existing(path.parent)
        if not os.access(folder, os.W_OK):
            advice = "name another file with --store or service.store"
            return Finding("store", "fault", f"{path} is not there and {folder} cannot be written to", advice, details=details)
        return Finding("store", "ok", f"none yet; `ranker serve` makes {path}", details=details)
    try:
        with contextlib.closing(SqliteStore(path, read_only=True)) as store:
            info = store.info()
    except StoreError as error:
        return Finding("store", "fault", str(error), f"ranker store verify '{path}' says more", details=details)
    details |= {"schema": info.schema, "bytes": info.size_bytes, "articles": info.live + info.sealed, "waiting": info.waiting}
    articles = f"{info.live + info.sealed:,} articles in {sum(info.stories.values()):,} stories"
    found = f"{articles}, {size_text(info.size_bytes)}, version {info.schema}, {path}"
    return Finding("store", "ok", found, f"ranker store verify '{path}' reads all of it", details=details)


def disk_findings(places: Iterable[Path]) -> list[Finding]:
    """The room on the disks of some places, each disk once."""
    disks: dict[int, Path] = {}
    for place in places:
        folder = _existing(place)
        disks.setdefault(folder.stat().st_dev, folder)
    return [_disk(folder, shutil.disk_usage(folder).free) for folder in disks.values()]


def _disk(folder: Path, free: int) -> Finding:
    found, details = f"{size_text(free)} free at {folder}", {"path": str(folder), "freeBytes": free}
    if free < _NO_ROOM_BYTES:
        return Finding("disk", "fault", found, "make room: caches and stores cannot grow", details=details)
    if free < _SCARCE_BYTES:
        return Finding("disk", "warning", found, "make room soon", details=details)
    return Finding("disk", "ok", found, details=details)


def _existing(place: Path) -> Path:
    """The place, or the nearest folder above it that is there."""
    place = place.absolute()
    return next(folder for folder in (place, *place.parents) if folder.exists())
