"""The desk: stories kept up to date as articles come and go, under ids that stay."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock, RLock
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.ahead import Ahead
from ranker.desk.chronicle import Chronicle, Turn
from ranker.desk.columns import LiveColumns
from ranker.desk.edition import Edition
from ranker.desk.intake import Intake, Left, shown, sorted_out
from ranker.desk.kept import FORMAT, derived_of, restored
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.snapshot import Snapshot
from ranker.desk.store import Store
from ranker.desk.surroundings import LiveSurroundings
from ranker.desk.window import Regrouped, Told, Window, told_by
from ranker.pipeline import named_same_story
from ranker.ranking.related import RelatedArticle
from ranker.settings import Settings
from ranker.stories.corrections import NO_CORRECTIONS, Correction, Corrections
from ranker.stories.evidence import SAGA_TO_DAYS
from ranker.stories.identity import NO_STORY
from ranker.stories.publishers import load_publishers
from ranker.stories.same_story import SameStory
from ranker.stories.story import time_order
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.cache import embed
from ranker.vectors.encoder import Encoder, Vectors

_AT_ONCE = 1000  # changes that are decided together
_WARM_STORIES = 50  # at the top of the list, whose memberships are at hand before anybody asks
_WEIGHED_AT_START = 20_000  # articles: so many scores are made again in a second or two; those of more are as they were kept
_DEAD_SHARE, _FEWEST_DEAD = 0.25, 1000  # of the slots: when so many are empty, the window is packed

Status = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an article that was added."""

    id: str
    status: Status
    story: str  # id of the story it is in now


class Desk:
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
        self.settings, self.store = settings, store
        self._encoder = encoder
        self._model = same_story or named_same_story(settings)
        self._background = background
        self._publishers = load_publishers(settings.publishers)
        self._deciding = RLock()
        self._accepting = Lock()
        self._number = 0
        self._now = now
        self._decided = 0  # number of the last change that was decided
        self._ahead = Ahead(store, encoder)
        self._corrections = NO_CORRECTIONS  # decided ...
        self._standing = NO_CORRECTIONS  # ... and those that wait, too
        self._snapshot = None if snapshot is None else Snapshot(snapshot)
        self._columns = LiveColumns(settings, self._publishers)
        self.window = self._empty_window(1)  # how many dimensions vectors have is known with the first
        self._lazy = True
        with _no_collecting():
            self._restore(now)
            self._edition = self._publish(now)
        if decide:
            self.decide(now=now)

    # What is asked for

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

    def _catch_up(self, now: datetime, *, idle: bool = False) -> None:
        """Decide again what hurry has put off; when there is nothing else to do, more of it."""
        window, turn = self.window, Turn()
        if window.is_due():
            regrouped, cause = window.regroup(np.zeros(0, dtype=np.int64)), "all decided again by the words and sagas of today"
        elif idle and window.has_put_off:
            regrouped, cause = window.regroup_later(), "decided again, which had been put off"
        else:
            return
        self._count_changed(0)
        moved = self._named(regrouped, Left([], np.zeros(0, dtype=np.int64)), at=now, cause=cause, turn=turn)
        if turn.events:
            self._commit_turn(turn, now, moved=moved)

    def _commit_turn(self, turn: Turn, now: datetime, *, moved: Mapping[str, str] | None = None, sealed: Sequence[str] = ()) -> None:
        records, events = tuple(turn.records.values()), tuple(turn.events)
        self._commit(Decided(self._decided, moved=moved or {}, sealed=tuple(sealed), stories=records, events=events))
        self._changed, self._stale = now, True

    # What is read

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

    # How it starts

    def _restore(self, now: datetime) -> None:
        loaded = self.store.load()
        self._decided = loaded.decided
        self._corrections = Corrections.of(loaded.corrections)
        self._standing = self._corrections
        self._chronicle = Chronicle(last_event=loaded.last_event, was_used=lambda name: self.store.story(name) is not None)
        self._fingerprint = loaded.fingerprint
        self._changed = now
        self._stale = True
        for record in sorted(loaded.stories, key=lambda record: (record.created, record.id)):
            self._chronicle.take_over(record)
        if loaded.articles:
            self._reload(loaded.articles, now)
        self._standing_with_waiting()

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

    def _new_fingerprint(self) -> str:
        """What vectors, and after a blank what the rest of what is kept of articles, was made with."""
        made_with = msgspec.json.encode((FORMAT, self._model, self.settings.grouping, self.settings.related.window_days))
        return f"{self._encoder.fingerprint.replace(' ', '_')} {hashlib.sha256(made_with).hexdigest()[:16]}"

    def _made_with(self) -> str:
        """What a snapshot was made with: also all that its columns depend on."""
        settings = self.settings
        lists = msgspec.msgpack.encode((settings.quality, settings.heat, settings.related, self._publishers.lists, self._background))
        return f"{self._new_fingerprint()} {hashlib.sha256(lists).hexdigest()[:16]}"

    def _count_changed(self, articles: int) -> None:
        """Tell how much of a snapshot became old; what no article shows counts as one."""
        if self._snapshot is not None:
            self._snapshot.changed += max(1, articles)

    def _standing_with_waiting(self) -> None:
        after = self._decided
        while changes := self.store.waiting(after=after, limit=_AT_ONCE):
            for change in changes:
                if change.correction is not None:
                    self._standing = self._standing.with_added(change.correction)
                elif change.kind == "undo":
                    self._standing = self._standing.without(change.id)
            after = changes[-1].number

    def _empty_window(self, dimensions: int) -> Window:
        return Window(self.settings, self._model, self._background, dimensions=dimensions, corrections=self._corrections)

    # How it decides

    def _apply(self, changes: Sequence[Change], now: datetime) -> None:
        """Decide some changes and keep what was decided, all of it or nothing."""
        self._ahead.next_round(changes[-1].number, len(changes))
        tolerance = self.settings.reading.future_tolerance_hours
        turn, intake = Turn(), sorted_out(changes, self.window, self._columns, self.store, tolerance_hours=tolerance)
        leaving = np.array([self.window.slot_of[name] for name in intake.leaving], dtype=np.int64)
        left = Left([self.window.articles[slot].id for slot in leaving.tolist()], self.window.labels.rows[leaving].copy())
        self.window.remove(leaving)
        disturbed = set(left.stories.tolist()) | self._corrected(intake)
        new, told = self._added(intake, now)
        cause = intake.cause(len(new))
        moved = self._named(self.window.regroup(new, disturbed, hurried=True), left, at=now, cause=cause, turn=turn)
        for correction in intake.corrections:
            self._tell_of(correction, now, turn)
        put = [
            KeptArticle(
                change.article or self.window.articles[slot],
                intake.received.get(self.window.articles[slot].id, change.at),
                self._name_in(slot),
                self.window.vectors.rows[slot].tobytes(),
                derived_of(self.window, slot, what),
            )
            for slot, change, what in zip(new.tolist(), intake.new, told, strict=True)
        ]
        put.extend(self._replaced(change, now) for change in intake.replaced)
        known = {each.article.id for each in put}
        fingerprint = self._new_fingerprint()
        self._commit(
            Decided(
                changes[-1].number,
                put=(*put, *intake.sealed),
                moved={name: story for name, story in moved.items() if name not in known},
                removed=tuple(intake.removed),
                sealed=tuple(kept.article.id for kept in intake.sealed),
                stories=tuple(turn.records.values()),
                events=tuple(turn.events),
                corrections=tuple({correction.id: correction for correction in intake.corrections}.values()),
                undone={
                    change.id: {"by": change.by, "at": change.at.isoformat()}
                    for change in intake.undone
                    if change.id not in self._corrections.by_id  # some are made again
                },
                fingerprint=None if fingerprint == self._fingerprint else fingerprint,
            )
        )
        self._fingerprint = fingerprint
        self._stale = True
        self._count_changed(len(put) + len(intake.leaving))
        if turn.events or intake.replaced:
            self._changed = now
        self._pack()

    def _commit(self, decided: Decided) -> None:
        self.store.commit(decided)
        self._decided = max(self._decided, decided.up_to)

    def _corrected(self, intake: Intake) -> set[int]:
        """Take corrections into account; returns the stories that they speak of."""
        named: set[str] = set()
        for change in intake.corrected:
            correction = change.correction or self._corrections.by_id[change.id]
            named |= {*correction.articles, *correction.others}
            self._corrections = self._corrections.without(change.id) if change.kind == "undo" else self._corrections.with_added(correction)
        self.window.corrections = self._corrections
        slots = [slot for name in named if (slot := self.window.slot_of.get(name)) is not None]
        return set(self.window.labels.rows[slots].tolist()) - {NO_STORY} if slots else set()

    def _added(self, intake: Intake, now: datetime) -> tuple[NDArray[np.int64], list[Told]]:
        """Put new articles into the window; they are in no story yet."""
        articles = [change.article for change in intake.new if change.article is not None]
        if not articles:
            return np.zeros(0, dtype=np.int64), []
        vectors, told = self._ahead.taken(articles)
        if not self.window.articles:
            self.window = self._empty_window(vectors.shape[1])
        received = [intake.received.get(change.article.id, change.at).timestamp() for change in intake.new if change.article is not None]
        self._columns.add(articles, received, as_of=now)
        return self.window.add(articles, vectors, told), told

    def _named(self, regrouped: Regrouped, left: Left, *, at: datetime, cause: str, turn: Turn) -> dict[str, str]:
        """Give what was decided again its stories; returns the story of each article that is in another one now, by id."""
        window = self.window
        regrouped = self._with_rest(regrouped, left)
        slots, n = regrouped.slots, len(regrouped.slots)
        before = window.labels.rows[slots].copy()
        was = dict(zip(left.ids, left.stories.tolist(), strict=True))
        if was:  # an article that comes back with another text was in a story before; one that does not come back is gone
            names = [window.articles[slot].id for slot in slots.tolist()]
            before = np.array([was.pop(name, story) for name, story in zip(names, before.tolist(), strict=True)], dtype=np.int64)
        gone, their = list(was), np.array(list(was.values()), dtype=np.int64)
        after = self._chronicle.regrouped(
            lambda place: window.articles[int(slots[place])].id if place < n else gone[place - n],
            lambda places: self._first(slots[places]),
            np.concatenate((before, their)),
            np.concatenate((regrouped.groups, np.full(len(gone), NO_STORY))),
            at=at,
            cause=cause,
            turn=turn,
        )[:n]
        if n:
            window.assign(slots, after)
        changed = before != after
        self._columns.forget([*before[changed].tolist(), *after[changed].tolist(), *left.stories.tolist()])
        named = self._chronicle.names
        return {window.articles[int(slots[place])].id: named[int(after[place])] for place in np.flatnonzero(changed).tolist()}

    def _with_rest(self, regrouped: Regrouped, left: Left) -> Regrouped:
        """What was decided, and the stories that lost an article and were put off: they go on as they are without it."""
        inside = set(self.window.labels.rows[regrouped.slots].tolist())
        rest = sorted(set(left.stories.tolist()) & self.window.members.keys() - inside)
        if not rest:
            return regrouped
        held = [self.window.members[story] for story in rest]
        fresh = int(regrouped.groups.max(initial=0)) + 1
        groups = np.repeat(np.arange(fresh, fresh + len(rest)), [len(slots) for slots in held])
        return Regrouped(np.concatenate((regrouped.slots, *held)), np.concatenate((regrouped.groups, groups)))

    def _first(self, slots: NDArray[np.int64]) -> str:
        return str(min((self.window.articles[slot] for slot in slots.tolist()), key=time_order).id)

    def _replaced(self, change: Change, now: datetime) -> KeptArticle:
        """Another version of an article, of the same text and time: nothing is decided again."""
        article = change.article
        if article is None:
            raise AssertionError("a change that replaces has an article")
        slot = self.window.slot_of[article.id]
        self.window.replace(article)
        self._columns.replace(slot, article, as_of=now)
        self._columns.forget([int(self.window.labels.rows[slot])])
        kept = self.store.article(article.id)
        if kept is None:
            raise AssertionError(f"{article.id} lives and is not kept")
        return replace(kept, article=article)

    def _tell_of(self, correction: Correction, now: datetime, turn: Turn) -> None:
        by = f" by {correction.by}" if correction.by else ""
        cause = f"correction {correction.id} ({correction.action}{by})"
        stories: dict[int, list[str]] = {}
        for name in (*correction.articles, *correction.others):
            if name in self.window.slot_of:
                stories.setdefault(int(self.window.labels.rows[self.window.slot_of[name]]), []).append(name)
        self._columns.forget(list(stories))
        for story, articles in sorted(stories.items()):
            self._chronicle.corrected(story, sorted(articles), at=now, cause=cause, turn=turn)

    def _sealed(self, now: datetime, turn: Turn) -> list[str]:
        """Take stories whose time is over out of memory; returns their articles."""
        grouping, related = self.settings.grouping, self.settings.related
        horizon = (now - timedelta(days=max(grouping.window_days, related.window_days, SAGA_TO_DAYS))).timestamp()
        times = self.window.times.rows
        newest = np.where(np.isnan(times), self._columns.received.rows[: len(times)], times)
        old = [story for story, slots in self.window.members.items() if newest[slots].max() < horizon]
        sealed: list[str] = []
        for story in sorted(old, key=self._chronicle.names.__getitem__):
            slots = self.window.members[story]
            ids = [self.window.articles[slot].id for slot in slots.tolist()]
            self.window.remove(slots)
            self._columns.forget([story])
            self._chronicle.sealed(story, ids, at=now, turn=turn)
            sealed += ids
        return sealed

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
        table, slots = self._columns.table(self.window, self._chronicle.names, self._corrections.named_by("lead"))
        self._number += 1
        around = LiveSurroundings(self.window, self.window.labels.rows.copy(), dict(self.window.members), self.settings.related.window_days)
        edition = Edition(
            number=self._number, as_of=now, changed=self._changed, settings=self.settings, table=table, slots=slots, around=around,
            corrections=self._corrections, publishers=self._publishers, records=dict(self._chronicle.records),
        )  # fmt: skip
        for ranked in edition.ranking().stories[: 0 if hurried else _WARM_STORIES]:  # so that no reader has to wait for what everybody asks
            next(iter(ranked.story.memberships.values()))
        self._edition = edition
        self._stale = False
        return edition

    def _name_in(self, slot: int) -> str:
        return str(self._chronicle.names[int(self.window.labels.rows[slot])])

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
