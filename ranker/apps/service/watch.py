"""Watch: files that lie in a folder, appear there or change are taken in, as if they had been posted."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from watchfiles import Change as FileChange
from watchfiles import watch

from ranker.apps.service.running import Busy, Running
from ranker.articles.article import Article, Origin
from ranker.articles.reading import read_articles
from ranker.desk.records import Change
from ranker.errors import InputError

_SUFFIXES = frozenset(
    ".md .markdown .jsonl .ndjson .json .csv .tsv .parquet .rss .atom .xml .opml".split()
)  # as in any folder that is read
_AT_ONCE = 500  # articles that are accepted together
_QUIET_MILLISECONDS, _LONGEST_MILLISECONDS = 100, 500  # a file is read when it has not changed for so long, and at last
_LOOK_MILLISECONDS = 200  # how soon it is seen that watching shall end
_BY = "watch"

_log = logging.getLogger(__name__)


class Watcher:
    """Reads what lies in a folder, and then each file of it that appears or changes.

    A file that is only half written is taken in as far as it can be read, and read again at its next change. What is taken in already
    and has not changed is left alone. A file that goes takes nothing with it.
    """

    def __init__(self, running: Running, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder}: is no folder that could be watched")
        self._running = running
        self._folder = folder.resolve()
        self._reading = running.settings.reading
        self._ended = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin with what is there."""
        self._thread.start()

    def stop(self) -> None:
        """End; a file that is just being read is finished."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._go_on()
        except Exception as error:  # noqa: BLE001 - whatever it is, the service goes on without, and says so
            _log.critical("%s is watched no longer; start the service again", self._folder, exc_info=error)

    def _go_on(self) -> None:
        changes = watch(
            self._folder, watch_filter=None, debounce=_LONGEST_MILLISECONDS, step=_QUIET_MILLISECONDS, stop_event=self._ended,
            rust_timeout=_LOOK_MILLISECONDS, yield_on_timeout=True, raise_interrupt=False, ignore_permission_denied=True,
        )  # fmt: skip
        next(changes, None)  # from here on nothing is missed
        for path in files_in(self._folder):
            self._take_file(path)
        for found in changes:
            paths = (Path(name) for kind, name in found if kind is not FileChange.deleted)
            for file in sorted({file for path in paths if not _is_hidden(path.relative_to(self._folder)) for file in files_in(path)}):
                self._take_file(file)

    def _take_file(self, path: Path) -> None:
        """Take in what can be read of a file; a fault of one file must not keep the others out."""
        if self._ended.is_set():
            return
        try:
            reading = read_articles([str(path)], self._reading)
        except InputError:  # it has gone meanwhile
            return
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("%s could not be read", path, exc_info=error)
            return
        for refusal in reading.refusals:
            _log.warning("refused %s", refusal)
        fresh = [article for article in reading.articles if not self._has(article)]
        taken = sum(self._accept(fresh[start : start + _AT_ONCE]) for start in range(0, len(fresh), _AT_ONCE))
        if fresh or reading.refusals:
            _log.info("took %d articles of %s, refused %d", taken, path, len(reading.refusals))

    def _has(self, article: Article) -> bool:
        desk = self._running.desk
        held = desk.edition.article(article.id)
        if held is None:
            kept = desk.store.article(article.id)
            held = None if kept is None else kept.article
        return held is not None and replace(held, origin=Origin("")) == replace(article, origin=Origin(""))

    def _accept(self, articles: Sequence[Article]) -> int:
        """How many were taken in: all, sooner or later, unless watching ends first."""
        while not self._ended.is_set():
            now = self._running.now()
            try:
                self._running.accept([Change("put", now, article=article, by=_BY) for article in articles])
            except Busy as busy:
                self._ended.wait(busy.retry_after)
            else:
                return len(articles)
        return 0


def files_in(path: Path) -> Iterator[Path]:
    """The file itself, or the files of a folder and those below it, in order of path; only such as are meant to be read."""
    if _is_meant(path):
        yield path
    for root, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (file for name in sorted(names) if _is_meant(file := Path(root, name)))


def _is_meant(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()  # to read a pipe might never end


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
