"""The state of a desk: what it decides with, and how a round is kept and an edition made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock, RLock

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.desk.ahead import Ahead
from ranker.desk.chronicle import Chronicle, Turn
from ranker.desk.columns import LiveColumns
from ranker.desk.edition import Edition
from ranker.desk.kept import FORMAT
from ranker.desk.records import Decided, StoryRecord
from ranker.desk.snapshot import Snapshot
from ranker.desk.store import Store
from ranker.desk.surroundings import LiveSurroundings
from ranker.desk.window import Window
from ranker.pipeline import named_same_story
from ranker.ranking.table import StoryTable
from ranker.settings import Settings
from ranker.stories.corrections import NO_CORRECTIONS
from ranker.stories.publishers import load_publishers
from ranker.stories.same_story import SameStory
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.encoder import Encoder

_Told = tuple[StoryTable, NDArray[np.int64], LiveSurroundings, Mapping[str, StoryRecord]]  # what an edition is made of
_WARM_STORIES = 50  # at the top of the list, whose memberships are at hand before anybody asks
_DEAD_SHARE, _FEWEST_DEAD = 0.25, 1000  # of the slots: when so many are empty, the window is packed


class DeskState:
    """What a desk holds. See `Desk`."""

    def __init__(
        self, settings: Settings, encoder: Encoder, store: Store, *, now: datetime, same_story: SameStory | None = None,
        background: Background = NO_BACKGROUND, snapshot: Path | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.store = settings, store
        self._encoder = encoder
        self._model = same_story or named_same_story(settings)
        self._background = background
        self._publishers = load_publishers(settings.publishers)
        self._deciding = RLock()
        self._accepting = Lock()
        self._number = 0
        self._now = now
        self._snapshot = None if snapshot is None else Snapshot(snapshot)
        self._lazy = True
        self._last: Edition | None = None  # edition
        self._changed = now
        self._revision = 0  # rises whenever stories or articles change
        self._standing = NO_CORRECTIONS  # those that are decided, and those that wait
        self._forget()

    def _forget(self) -> None:
        """Hold nothing of what the store keeps."""
        store = self.store
        self._revision += 1
        self._decided = 0  # number of the last change that was decided
        self._ahead = Ahead(store, self._encoder)
        self._corrections = NO_CORRECTIONS  # those that are decided
        self._chronicle = Chronicle(last_event=0, was_used=lambda name: store.story(name) is not None)
        self._columns = LiveColumns(self.settings, self._publishers)
        self.window = self._empty_window(1)  # how many dimensions vectors have is known with the first
        self._fingerprint = ""  # of what vectors and what is kept beside them were made with
        self._stale = True

    def _empty_window(self, dimensions: int) -> Window:
        return Window(self.settings, self._model, self._background, dimensions=dimensions, corrections=self._corrections)

    def _made_with(self) -> str:
        """What a snapshot was made with: also all that its columns depend on."""
        settings = self.settings
        lists = msgspec.msgpack.encode((settings.quality, settings.heat, settings.related, self._publishers.lists, self._background))
        return f"{self._new_fingerprint()} {hashlib.sha256(lists).hexdigest()[:16]}"

    def _new_fingerprint(self) -> str:
        """What vectors, and after a blank what the rest of what is kept of articles, was made with."""
        made_with = msgspec.json.encode((FORMAT, self._model, self.settings.grouping, self.settings.related.window_days))
        return f"{self._encoder.fingerprint.replace(' ', '_')} {hashlib.sha256(made_with).hexdigest()[:16]}"

    def _count_changed(self, articles: int) -> None:
        """Tell how much of a snapshot became old; what no article shows counts as one."""
        if self._snapshot is not None:
            self._snapshot.changed += max(1, articles)

    def _commit(self, decided: Decided) -> None:
        self.store.commit(decided)
        self._decided = max(self._decided, decided.up_to)

    def _commit_turn(self, turn: Turn, now: datetime, *, moved: Mapping[str, str] | None = None, sealed: Sequence[str] = ()) -> None:
        records, events = tuple(turn.records.values()), tuple(turn.events)
        self._commit(Decided(self._decided, moved=moved or {}, sealed=tuple(sealed), stories=records, events=events))
        self._changed, self._stale = now, True
        self._revision += 1

    def _pack(self) -> None:
        """Let go of the memory of articles that are gone, once they are many."""
        dead, n = self.window.dead, len(self.window.articles)
        if dead >= _FEWEST_DEAD and dead >= _DEAD_SHARE * n:
            self._pack_now()

    def _pack_now(self) -> None:
        slots = np.flatnonzero(self.window.alive.rows)
        self.window, self._columns = self.window.packed(), self._columns.taken(slots)
        self._columns.forget(list(self.window.members))
        self._stale = True

    def _publish(self, now: datetime, *, hurried: bool = False) -> Edition:
        """The edition of this moment, from which readers read from now on; in a hurry the first reader waits for what he looks at."""
        self._number += 1
        revision = (self._revision, self.window.weighings)
        table, slots, around, records = self._told_before(revision) or self._told_anew()
        edition = Edition(
            number=self._number, revision=revision, as_of=now, changed=self._changed, settings=self.settings, table=table, slots=slots,
            around=around, corrections=self._corrections, publishers=self._publishers, records=records,
        )  # fmt: skip
        for ranked in edition.ranking().stories[: 0 if hurried else _WARM_STORIES]:  # so that no reader has to wait for what everybody asks
            next(iter(ranked.story.memberships.values()))
        self._edition = self._last = edition
        self._stale = False
        return edition

    def _told_anew(self) -> _Told:
        table, slots = self._columns.table(self.window, self._chronicle.names, self._corrections.named_by("lead"))
        around = LiveSurroundings(self.window, self.window.labels.rows.copy(), dict(self.window.members), self.settings.related.window_days)
        return table, slots, around, dict(self._chronicle.records)

    def _told_before(self, revision: tuple[int, int]) -> _Told | None:
        """What the last edition holds, where nothing but the time is another: then readers need not wait for it to be put together."""
        last = self._last
        if last is None or last.revision != revision or last.window is not self.window:
            return None
        return last.table, last.slots, last.around, last.records

    def _name_in(self, slot: int) -> str:
        return str(self._chronicle.names[int(self.window.labels.rows[slot])])
