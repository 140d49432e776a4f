"""The start: a desk goes on where the last one on its store ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ranker.desk.columns import LiveColumns
from ranker.desk.desk_rounds import DeskRounds
from ranker.desk.kept import derived_of, restored
from ranker.desk.records import Decided, KeptArticle
from ranker.desk.window import told_by
from ranker.stories.corrections import Corrections
from ranker.vectors.cache import embed
from ranker.vectors.encoder import Vectors

_AT_ONCE = 1000  # changes that are decided together
_WEIGHED_AT_START = 20_000  # articles: so many scores are made again in a second or two; those of more are as they were kept


class DeskStart(DeskRounds):
    """A desk that begins with what is kept."""

    def _restore(self, now: datetime) -> None:
        loaded = self.store.load()
        self._decided = loaded.decided
        self._corrections = Corrections.of(loaded.corrections)
        self._chronicle.go_on_after(loaded.last_event)
        self._fingerprint = loaded.fingerprint
        for record in sorted(loaded.stories, key=lambda record: (record.created, record.id)):
            self._chronicle.take_over(record)
        if loaded.articles:
            self._reload(loaded.articles, now)

    def _reload(self, kept: Sequence[KeptArticle], now: datetime) -> None:
        vectors = self._vectors_of(kept)
        same = self._fingerprint == self._new_fingerprint() and all(each.derived for each in kept)
        slots = self._from_snapshot(kept, vectors, now) if same else None
        if slots is None:
            slots = self._from_kept(kept, vectors, now, same=same)
            self._count_changed(len(kept))
        numbers = self._chronicle.numbers
        self.window.assign(slots, np.array([numbers[each.story] for each in kept], dtype=np.int64))

    def _from_snapshot(self, kept: Sequence[KeptArticle], vectors: Vectors, now: datetime) -> NDArray[np.int64] | None:
        """The slots of articles that are put where a snapshot has them; None without a snapshot that is of use."""
        if self._snapshot is None:
            return None
        window, columns = self._empty_window(vectors.shape[1]), LiveColumns(self.settings, self._publishers)
        slots = self._snapshot.restore(self._made_with(), window, columns, kept, vectors, self._chronicle.numbers, now)
        if slots is not None:
            self.window, self._columns = window, columns
        return slots

    def _from_kept(self, kept: Sequence[KeptArticle], vectors: Vectors, now: datetime, *, same: bool) -> NDArray[np.int64]:
        """The slots of articles that are put into an empty window, by what is kept of them where that is of the same make."""
        articles = [each.article for each in kept]
        self.window = self._empty_window(vectors.shape[1])
        self._columns.add(articles, [each.received.timestamp() for each in kept], as_of=now)
        if same:
            places = {article.id: place for place, article in enumerate(articles)}
            told, found = restored([each.derived for each in kept], places)
            slots = self.window.add_known(articles, vectors, told, found, scored=True)
            if len(articles) <= _WEIGHED_AT_START:
                self.window.weigh_anew()
        else:
            told = [told_by(article) for article in articles]
            slots = self.window.add(articles, vectors, told)
        if not same:
            derived = {
                article.id: derived_of(self.window, slot, what) for article, slot, what in zip(articles, slots.tolist(), told, strict=True)
            }
            puts = tuple(
                replace(each, vector=row.tobytes(), derived=derived[each.article.id]) for each, row in zip(kept, vectors, strict=True)
            )
            self._fingerprint = self._new_fingerprint()
            self._commit(Decided(self._decided, put=puts, fingerprint=self._fingerprint))
        return slots

    def _vectors_of(self, kept: Sequence[KeptArticle]) -> Vectors:
        if self._fingerprint.split(" ")[0] == self._new_fingerprint().split(" ")[0] and all(each.vector for each in kept):
            return np.frombuffer(b"".join(each.vector for each in kept), dtype=np.float32).reshape(len(kept), -1)
        return embed([each.article.text for each in kept], self._encoder, None).vectors

    def _stand_again(self) -> None:
        """Know the corrections that stand, those that wait included."""
        self._standing = self._corrections
        after = self._decided
        while changes := self.store.waiting(after=after, limit=_AT_ONCE):
            for change in changes:
                if change.correction is not None:
                    self._standing = self._standing.with_added(change.correction)
                elif change.kind == "undo":
                    self._standing = self._standing.without(change.id)
            after = changes[-1].number
