"""The desk: stories kept up to date as articles come and go, under ids that stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ranker.articles.article import Article
from ranker.desk.chronicle import Turn
from ranker.desk.desk_start import DeskStart
from ranker.desk.edition import Edition
from ranker.desk.intake import shown
from ranker.desk.records import Change, Decided, Event, StoryRecord
from ranker.desk.store import Store
from ranker.desk.window import told_by
from ranker.ranking.related import RelatedArticle
from ranker.settings import Settings
from ranker.stories.corrections import Correction, Corrections
from ranker.stories.same_story import SameStory
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.cache import embed
from ranker.vectors.encoder import Encoder

_AT_ONCE = 1000  # changes that are decided together
Status = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an article that was added."""

    id: str
    status: Status
    story: str  # id of the story it is in now


class Desk(DeskStart):
    """Live stories over a store.

    Changes are first accepted, which makes them durable, and then decided, by one thread at a time. Readers take `edition`, which
    never changes, and wait for nobody.

    Parameters
    ----------
    store : what it holds is gone on with, and what waits in it is decided at once.
    same_story : the decision; by default the one that the settings name for their encoder.
    now : timezone-aware; the clock is an argument everywhere.
    decide : whether what waits in the store is decided before this returns; if not, `decide` does it.
    snapshot : a file that makes a start quick, see `keep_snapshot`; it need not be there.
    """

    def __init__(  # noqa: PLR0913 - what a desk is put together from
        self, settings: Settings, encoder: Encoder, store: Store, *, now: datetime, same_story: SameStory | None = None,
        background: Background = NO_BACKGROUND, decide: bool = True, snapshot: Path | None = None,
    ) -> None:  # fmt: skip
        super().__init__(settings, encoder, store, now=now, same_story=same_story, background=background, snapshot=snapshot)
        with _no_collecting():
            self._restore(now)
            self._stand_again()
            self._edition = self._publish(now)
        if decide:
            self.decide(now=now)

    def add(self, articles: Sequence[Article], *, now: datetime) -> list[Receipt]:
        """Add articles, or newer versions of them; they are in their stories when this returns."""
        status = [self._status(article) for article in articles]
        self.accept([Change("put", now, article=article) for article in articles])
        self.decide(now=now, publish=False)
        stories = [self._story_now(article.id) for article in articles]
        return [Receipt(article.id, what, story) for article, what, story in zip(articles, status, stories, strict=True)]

    def remove(self, article_ids: Sequence[str], *, now: datetime) -> None:
        """Remove articles for good; ids that nothing has are none."""
        self.accept([Change("remove", now, id=article_id) for article_id in article_ids])
        self.decide(now=now, publish=False)

    def correct(self, correction: Correction, *, now: datetime) -> None:
        """Make a correction.

        Raises
        ------
        CorrectionError : if it is none, or contradicts those in force, with the chain that contradicts.
        """
        self.accept([Change("correct", now, correction=correction)])
        self.decide(now=now, publish=False)

    def undo(self, correction_id: str, *, by: str = "", now: datetime) -> None:
        """Undo a correction.

        Raises
        ------
        CorrectionError : if none in force has that id.
        """
        self.accept([Change("undo", now, id=correction_id, by=by)])
        self.decide(now=now, publish=False)

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """Take changes in: when this returns they are durable, and wait to be decided. Any thread may call it.

        Raises
        ------
        CorrectionError : if a correction is none or contradicts; then nothing is taken in.
        """
        with self._accepting:
            standing = self._standing
            for change in changes:
                if change.correction is not None:
                    standing = standing.with_added(change.correction)
                elif change.kind == "undo":
                    standing = standing.without(change.id)
            numbers = self.store.accept(changes)
            self._standing = standing
            return numbers

    @property
    def edition(self) -> Edition:
        """The newest edition: with all that was decided, unless somebody else publishes (`hold_editions`), when nobody waits for it."""
        if self._stale and self._lazy:
            with self._deciding:
                if self._stale:
                    self._publish(self._now)
        return self._edition

    def hold_editions(self) -> None:
        """From now on editions are made by `decide` and `advance` alone: readers of `edition` never make one themselves."""
        self._lazy = False

    def decide(self, *, now: datetime, limit: int | None = None, publish: bool = True) -> Edition:
        """Decide what waits, `limit` changes at most.

        Parameters
        ----------
        publish : make the edition that holds it; else the next one will.

        Returns
        -------
        The newest edition.
        """
        with self._deciding:
            self._now = max(now, self._now)
            left = limit
            while changes := self.store.waiting(after=self._decided, limit=min(_AT_ONCE, _AT_ONCE if left is None else left)):
                self._apply(changes, now)
                left = None if left is None else left - len(changes)
                if left == 0:
                    break
            else:
                self._catch_up(now)
            return self._publish(now, hurried=left == 0) if self._stale and publish else self._edition

    def advance(self, now: datetime) -> Edition:
        """Go on to a moment: stories whose time is over are sealed, what was put off is decided, all scores are of this moment."""
        with self._deciding:
            self._now = max(now, self._now)
            turn = Turn()
            sealed = self._sealed(now, turn)
            if sealed:
                self._count_changed(len(sealed))
                self._commit_turn(turn, now, sealed=sealed)
            self._catch_up(now, idle=True)
            self._pack()
            return self._publish(now)

    def recover(self, now: datetime) -> Edition:
        """Begin again with what is kept: after a round that failed half-way memory may hold some of it, the store holds nothing of it."""
        with self._deciding, _no_collecting():
            self._now = max(now, self._now)
            self._forget()
            self._restore(now)
            with self._accepting:
                self._stand_again()
            return self._publish(now)

    def set_aside(self, change: Change) -> None:
        """Give up the first change that waits: it is decided to nothing.

        Raises
        ------
        ValueError : if it is not the first that waits.
        """
        with self._deciding, self._accepting:
            first = self.store.waiting(after=self._decided, limit=1)
            if not first or first[0].number != change.number:
                raise ValueError(f"change {change.number} is not the first that waits")
            self._commit(Decided(change.number))
            self._stand_again()

    def keep_snapshot(self, *, only_if_due: bool = False) -> None:
        """Write down what is in memory, for the next start; without a file to write to, or without news, do nothing.

        Parameters
        ----------
        only_if_due : do nothing either as long as the file is much the same.
        """
        with self._deciding:
            kept = self._snapshot
            if kept is None or not kept.changed or (only_if_due and not kept.is_due(len(self.window))):
                return
            if self.window.dead:
                self._pack_now()
            kept.keep(self.window, self._columns, self._chronicle.names, self._made_with())

    def events(self, *, after: int = 0, limit: int = 1000) -> list[Event]:
        """What happened to stories since an event."""
        return self.store.events(after=after, limit=limit)

    def related_to(self, article: Article, *, limit: int | None = None) -> tuple[str | None, list[RelatedArticle]]:
        """The story that an article which is not kept would belong to, and its related list. Any thread may call it."""
        vector = embed([article.text], self._encoder, None).vectors
        return self.edition.related_to_text(article, vector, told_by(article), limit=limit)

    def current(self, story_id: str) -> StoryRecord | None:
        """The record of a story, living or not."""
        return self._chronicle.records.get(story_id) or self.store.story(story_id)

    @property
    def encoder(self) -> Encoder:
        """What makes the vectors; any thread may use it."""
        return self._encoder

    def corrections(self) -> Corrections:
        """The corrections in force, those that wait to be decided included."""
        return self._standing

    def waiting(self) -> int:
        """How many changes wait to be decided."""
        return self.store.waiting_count()

    def _status(self, article: Article) -> Status:
        slot = self.window.slot_of.get(article.id)
        before = None if slot is None else self.window.articles[slot]
        if before is None:
            kept = self.store.article(article.id)
            before = None if kept is None else kept.article
        return "created" if before is None else "unchanged" if shown(article) == shown(before) else "updated"

    def _story_now(self, article_id: str) -> str:
        slot = self.window.slot_of.get(article_id)
        if slot is not None:
            return self._name_in(slot)
        kept = self.store.article(article_id)
        return "" if kept is None else kept.story


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let a million objects be made without looking again and again which of them are garbage: none is."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
