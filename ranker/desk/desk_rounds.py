"""Rounds: what was accepted is decided, and given its stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ranker.desk.chronicle import Turn
from ranker.desk.desk_state import DeskState
from ranker.desk.intake import Intake, Left, sorted_out
from ranker.desk.kept import derived_of
from ranker.desk.records import Change, Decided, KeptArticle
from ranker.desk.window import Regrouped, Told
from ranker.stories.corrections import Correction
from ranker.stories.evidence import SAGA_TO_DAYS
from ranker.stories.identity import NO_STORY
from ranker.stories.story import time_order


class DeskRounds(DeskState):
    """A desk that decides."""

    def _apply(self, changes: Sequence[Change], now: datetime) -> None:
        """Decide some changes and keep what was decided, all of it or nothing."""
        self._ahead.next_round(changes[-1].number, len(changes))
        tolerance = self.settings.reading.future_tolerance_hours
        turn, intake = Turn(), sorted_out(changes, self.window, self._columns, self.store, tolerance_hours=tolerance)
        leaving = np.array([self.window.slot_of[name] for name in intake.leaving], dtype=np.int64)
        left = Left([self.window.articles[slot].id for slot in leaving.tolist()], self.window.labels.rows[leaving].copy())
        self.window.remove(leaving)
        undone = [(self._corrections.by_id[change.id], change.by) for change in intake.undone if change.id in self._corrections.by_id]
        disturbed = set(left.stories.tolist()) | self._corrected(intake)
        new, told = self._added(intake, now)
        cause = intake.cause(len(new))
        moved = self._named(self.window.regroup(new, disturbed, hurried=True), left, at=now, cause=cause, turn=turn)
        for correction in intake.corrections:
            self._tell_of(correction, f"correction {correction.id} ({_said(correction, correction.by)})", now, turn)
        for correction, by in undone:
            self._tell_of(correction, f"correction {correction.id} undone ({_said(correction, by)})", now, turn)
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
            self._revision += 1
        self._pack()

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

    def _tell_of(self, correction: Correction, cause: str, now: datetime, turn: Turn) -> None:
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


def _said(correction: Correction, by: str) -> str:
    """What a correction does, and who says so or takes it back."""
    return f"{correction.action} by {by}" if by else correction.action
