"""Snapshot: the window and its columns in a file beside the store, so that a start reads arrays and makes nothing again.

It is a copy of what the store has, and nothing is lost with it. Stories always come from the store, and so do articles: the file holds
no text, only words (those of articles that are gone among them). What is not in the snapshot, or is otherwise in the store, is added;
so one of an hour ago still helps.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.writing import remove_leftovers
from ranker.desk.columns import LiveColumns
from ranker.desk.kept import restored
from ranker.desk.parts import Parts, read_parts, write_parts
from ranker.desk.records import KeptArticle
from ranker.desk.store_codec import encoded, shallow
from ranker.desk.window import Window
from ranker.errors import ArtifactError
from ranker.vectors.encoder import Vectors

FORMAT = 1  # to be raised with every change of what is kept, or of how it is computed; files of another one are passed over
_CHANGED_LEAST, _CHANGED_SHARE = 2000, 0.1  # articles, and of all: one is worth writing again (chosen: a start adds 10,000 in a second)
_SAME_LEAST = 0.5  # of the articles in a snapshot; where fewer are the same, all is made anew

_NOWHERE = -1  # no slot, or no row

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Snapshot:
    """The file, and how old it is by now."""

    path: Path
    changed: int = 0  # articles that came, went or changed since it was written

    def is_due(self, articles: int) -> bool:
        """Whether so much changed that it is worth writing again."""
        return self.changed >= max(_CHANGED_LEAST, _CHANGED_SHARE * articles)

    def keep(self, window: Window, columns: LiveColumns, names: Mapping[int, str], made_with: str) -> None:
        """Write a window without empty slots. A disk that does not allow it is warned of.

        Parameters
        ----------
        names : story number -> id.
        made_with : by which encoder, settings and lists.
        """
        values = {
            "format": FORMAT,
            "made_with": made_with,
            "ids": [article.id for article in window.articles],
            "put_off": sorted(names[story] for story in window.put_off if story in names),
        }
        stamps = _stamped([shallow(article) for article in window.articles])
        remove_leftovers(self.path.parent, before=time.time(), of=self.path.name)  # nobody else writes beside this store
        try:
            write_parts(self.path, Parts({"stamps": stamps}, values, {"window": window.parts(), "columns": columns.parts()}))
        except OSError as error:
            _log.warning("%s: the snapshot cannot be written (%s); the next start takes longer", self.path, error.strerror)
            return
        self.changed = 0

    def read(self, made_with: str) -> Parts | None:
        """What was kept; None, with a warning where that is no ordinary thing, if it is of no use."""
        try:
            parts = read_parts(self.path)
            values = parts.values
            if values["format"] != FORMAT or values["made_with"] != made_with:
                _log.info("%s: the snapshot was made with something else; all is read from the store", self.path)
                return None
        except FileNotFoundError:
            return None
        except (OSError, ArtifactError, LookupError) as error:
            _log.warning("%s: the snapshot is of no use (%s); all is read from the store", self.path, error)
            return None
        return parts

    def restore(
        self, made_with: str, window: Window, columns: LiveColumns, kept: Sequence[KeptArticle], vectors: Vectors,
        numbers: Mapping[str, int], now: datetime,
    ) -> NDArray[np.int64] | None:  # fmt: skip
        """Fill an empty window and its columns with what is in the store; None if the snapshot is of no use, and both are then spoilt.

        Parameters
        ----------
        kept : all that live, with all that is kept of them; row i of `vectors` is of kept[i].
        numbers : story id -> number.

        Returns
        -------
        (n,) the slot of each article; its story is for the caller to assign.
        """
        parts = self.read(made_with)
        if parts is None:
            return None
        try:
            return self._filled(parts, window, columns, kept, vectors, numbers, now)
        except (LookupError, ValueError, TypeError) as error:  # it is whole, and yet not what is expected
            _log.warning("%s: the snapshot is of no use (%r); all is read from the store", self.path, error)
            return None

    def _filled(
        self, parts: Parts, window: Window, columns: LiveColumns, kept: Sequence[KeptArticle], vectors: Vectors,
        numbers: Mapping[str, int], now: datetime,
    ) -> NDArray[np.int64] | None:  # fmt: skip
        ids, n = parts.values["ids"], len(parts.values["ids"])
        articles = [each.article for each in kept]
        place = {name: slot for slot, name in enumerate(ids)}
        slots = np.array([place.get(article.id, _NOWHERE) for article in articles], dtype=np.int64)
        slots[(slots >= 0) & (_stamped(articles) != parts.arrays["stamps"][slots])] = _NOWHERE
        same = np.flatnonzero(slots >= 0)
        if len(same) < _SAME_LEAST * n or not len(same):
            _log.info("%s: the snapshot is too old; all is read from the store", self.path)
            return None
        row_of = np.full(n, _NOWHERE, dtype=np.int64)
        row_of[slots[same]] = same
        gone = np.flatnonzero(row_of < 0)
        in_slots = [Article(ids[slot], "") if row < 0 else articles[row] for slot, row in enumerate(row_of.tolist())]
        window.restore(parts.inner["window"], in_slots, vectors[row_of])
        columns.restore(parts.inner["columns"])
        window.put_off = {numbers[name] for name in parts.values["put_off"] if name in numbers}
        if len(gone):
            window.remove(gone)
            window.settle_texts()
        new = np.flatnonzero(slots < 0)
        columns.received.rows[slots[same]] = [kept[row].received.timestamp() for row in same.tolist()]
        if len(new):
            window.assign(slots[same], np.array([numbers[kept[row].story] for row in same.tolist()], dtype=np.int64))
            slots[new] = _added([kept[row] for row in new.tolist()], vectors[new], window, columns, now)
        self.changed = len(gone) + len(new)
        return slots


def _added(new: Sequence[KeptArticle], vectors: Vectors, window: Window, columns: LiveColumns, now: datetime) -> NDArray[np.int64]:
    """Add articles that came since to a window and its columns; returns their slots."""
    articles = [each.article for each in new]
    columns.add(articles, [each.received.timestamp() for each in new], as_of=now)
    first = len(window.articles)
    places = window.slot_of | {article.id: first + number for number, article in enumerate(articles)}
    told, found = restored([each.derived for each in new], places, first=first)
    return window.add_known(articles, vectors, told, found, scored=True)


def _stamped(articles: Sequence[Article]) -> NDArray[np.uint64]:
    """(n,) a number of all that an article says, as a store keeps it."""
    digests = [hashlib.blake2b(encoded(article), digest_size=8).digest() for article in articles]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)
