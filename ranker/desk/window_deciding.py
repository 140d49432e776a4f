"""Deciding: which stories are touched by what came and went, and how they are grouped now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.desk.means import stacked
from ranker.desk.window_state import _SLACK_DAYS, Slots
from ranker.desk.window_weighing import WindowWeighing
from ranker.stories.clustering import Groups, average_linkage, joined_groups
from ranker.stories.constraints import connected
from ranker.stories.evidence import SECONDS_PER_DAY
from ranker.stories.few import linkage_of_few
from ranker.stories.identity import NO_STORY
from ranker.stories.syndication import COPY_DAYS, copy_groups
from ranker.vectors.selection import distinct

_SMALL_REGION = 80  # so many articles are taken apart and decided anew rather than joined to as they are (chosen: some milliseconds)
_MOST_APART = 2000  # articles of stories that are taken apart in one round; the others have to wait for the next
_FEW = 250  # articles up to which a matrix of all scores is taken for the quicker way (chosen)


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Articles that were decided anew: entry i of both arrays is about one slot."""

    slots: Slots
    groups: NDArray[np.int64]  # any numbers; those of one group are equal


class WindowDeciding(WindowWeighing):
    """A window that decides what is touched."""

    def regroup(self, new: Slots, disturbed: Iterable[int] = (), *, hurried: bool = False) -> Regrouped:
        """Decide again what new articles and what disturbed stories touch.

        Parameters
        ----------
        new : slots that are in no story yet.
        disturbed : numbers of stories that lost an article, or that a correction speaks of; they are taken apart.
        hurried : whether others wait: what can be put off is.
        """
        self._changes += len(new)
        if self.is_due(hurried=hurried):
            self.weigh_anew()
            if self._is_little():
                slots = np.flatnonzero(self.alive.rows)
                slots = self._in_order(slots)
                self.put_off = set()
                return Regrouped(slots, self._grouped(slots, set(self.members)))
        core = {story for story in disturbed if story in self.members}
        if not self._is_small(new, core):
            return self._joined_to(new, core)
        core |= self._linked_stories(np.concatenate((new, self._slots_of(core))))
        while True:
            inside = np.concatenate((new, self._slots_of(core)))
            ring = self._affordable(self._linked_stories(inside) - core, _SMALL_REGION, put_off=False)
            slots = self._in_order(np.concatenate((inside, self._slots_of(ring))))
            groups = self._grouped(slots, core | ring)
            moved = self._changed(slots, groups, ring)
            if not moved or len(slots) > _SMALL_REGION:
                return Regrouped(slots, groups)
            core |= moved

    def _is_small(self, new: Slots, disturbed: set[int]) -> bool:
        """Whether what is touched is so little that it can be taken apart with all around it."""
        if self.corrections and any(self.articles[slot].id in self.corrections.articles for slot in new.tolist()):
            return True
        if len(new) > _SMALL_REGION:
            return False
        size = sum(len(self.members[story]) for story in self._linked_stories(np.concatenate((new, self._slots_of(disturbed)))))
        return size <= _SMALL_REGION

    def _joined_to(self, new: Slots, disturbed: set[int]) -> Regrouped:
        """New articles joined to stories as these are; then stories taken apart of which an article is nearer to another."""
        nothing = np.zeros(0, dtype=np.int64)
        first = self._as_wholes(new) if len(new) else Regrouped(nothing, nothing)
        again = self._affordable(disturbed | self._contested(new, first), _SMALL_REGION)
        return self._apart(first, again) if again else first

    def regroup_later(self) -> Regrouped:
        """Take apart some of the stories that were put off, as many as can be decided at once."""
        waiting = {story for story in self.put_off if story in self.members}
        self.put_off = set()
        chosen = self._affordable(waiting, _MOST_APART)
        around = self._linked_stories(self._slots_of(chosen)) - chosen
        chosen |= self._affordable(around, _MOST_APART, put_off=False)
        slots = self._in_order(self._slots_of(chosen))
        return Regrouped(slots, self._grouped(slots, chosen))

    def _affordable(self, stories: set[int], limit: int, *, put_off: bool = True) -> set[int]:
        """The smallest of some stories, as long as their articles are no more than a limit; the others are put off."""
        chosen: set[int] = set()
        size = 0
        for story in sorted(stories, key=lambda story: (len(self.members[story]), story)):
            size += len(self.members[story])
            if size <= limit:
                chosen.add(story)
            elif put_off and len(self.members[story]) <= _MOST_APART:
                self.put_off.add(story)
        return chosen

    def _as_wholes(self, new: Slots) -> Regrouped:
        """New articles and the stories they are linked to, each story as one."""
        links = self.pairs.owned_by(new)
        links = links[self._is_link(links)]
        later, earlier = self.pairs.later[links].astype(np.int64), self.pairs.earlier[links].astype(np.int64)
        labels = self.labels.rows
        twin = self._twins(new)
        stories = distinct(np.concatenate((labels[earlier], labels[twin[twin >= 0]])))
        stories = stories[stories != NO_STORY]
        rows = self.rows.of(new)
        means = stacked(rows, self.means.of(stories.tolist(), self.members, rows))
        m = len(new)

        def place(slots: Slots) -> NDArray[np.int64]:
            return np.where(labels[slots] == NO_STORY, np.searchsorted(new, slots), m + np.searchsorted(stories, labels[slots]))

        sizes = np.concatenate((np.ones(m, dtype=np.int64), [len(self.members[story]) for story in stories.tolist()])).astype(np.int64)
        first, last = self._spans(new, stories.tolist())
        window = self.settings.grouping.window_days + _SLACK_DAYS
        groups = Groups(means, sizes, first, last, np.full(len(sizes), window))
        start = np.arange(len(sizes))
        for one, other in zip(new[twin >= 0].tolist(), twin[twin >= 0].tolist(), strict=True):
            ends = place(np.array([one, other]))
            start[start == start[ends[0]]] = start[ends[1]]
        start = np.unique(start, return_inverse=True)[1].astype(np.int64)
        groups = groups.joined(start).with_wide_ones(window)
        one, other = start[place(later)], start[place(earlier)]
        result = joined_groups(groups, *self._with_bridged(groups, one, other))[start]
        slots = np.concatenate((new, self._slots_of(set(stories.tolist()))))
        of_slot = np.concatenate((result[:m], np.repeat(result[m:], sizes[m:])))
        return Regrouped(slots, of_slot)

    def _with_bridged(self, groups: Groups, one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[Slots, Slots, NDArray[np.float64]]:
        """Links with their means, and links between stories that one new article is drawn to both of: it may be what joins them."""
        n = len(groups.sizes)
        keys = distinct((np.minimum(one, other) * n + np.maximum(one, other))[one != other])
        left, right = np.divmod(keys, n)
        mean = groups.score.of_pairs(left, right)
        drawn = (mean > 0) & (groups.sizes[left] == 1) & (groups.sizes[right] > 1)
        extra = np.zeros((0, 2), dtype=np.int64)
        if drawn.any():
            # Both ends in order: stories that follow each other in the list of one article.
            by, towards = left[drawn], right[drawn]
            follow = np.flatnonzero(by[1:] == by[:-1])
            extra = np.unique(np.stack((towards[follow], towards[follow + 1]), axis=1), axis=0)
        more = groups.score.of_pairs(extra[:, 0], extra[:, 1])
        return np.concatenate((left, extra[:, 0])), np.concatenate((right, extra[:, 1])), np.concatenate((mean, more))

    def _spans(self, new: Slots, stories: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First and last day of new articles and of stories."""
        days = self.times.rows / SECONDS_PER_DAY
        own = days[new]
        held = [days[self.members[story]] for story in stories]
        ends = [(np.fmin.reduce(times, initial=np.inf), np.fmax.reduce(times, initial=-np.inf)) for times in held]
        first = np.concatenate((np.where(np.isnan(own), np.inf, own), [low for low, _ in ends]))
        return first, np.concatenate((np.where(np.isnan(own), -np.inf, own), [high for _, high in ends]))

    def _twins(self, new: Slots) -> Slots:
        """(n,) for each new article another slot with its text, of the same days; -1 for none."""
        result = np.full(len(new), -1, dtype=np.int64)
        for place, slot in enumerate(new.tolist()):
            number = int(self.texts.rows[slot])
            before = self._last_of_text.get(number, self._first_of_text[number])
            self._last_of_text[number] = slot
            if before != slot and self.alive.rows[before]:
                gap = abs(self.times.rows[slot] - self.times.rows[before]) / SECONDS_PER_DAY
                if gap <= COPY_DAYS or np.isnan(self.times.rows[[slot, before]]).all():
                    result[place] = before
        return result

    def _contested(self, new: Slots, decided: Regrouped) -> set[int]:
        """Stories with an article that a new one, which went elsewhere, is nearer to than its own story is."""
        links = self.pairs.owned_by(new)
        links = links[self._is_link(links)]
        later, earlier = self.pairs.later[links].astype(np.int64), self.pairs.earlier[links].astype(np.int64)
        order = np.argsort(decided.slots)
        group = decided.groups[order][np.searchsorted(decided.slots[order], np.concatenate((later, earlier)))]
        own, theirs = np.split(group, 2)
        labels = self.labels.rows
        elsewhere = np.flatnonzero((own != theirs) & (labels[earlier] != NO_STORY))
        members = np.array([len(self.members.get(story, ())) for story in labels[earlier[elsewhere]].tolist()], dtype=np.int64)
        elsewhere, members = elsewhere[members > 1], members[members > 1]
        if not len(elsewhere):
            return set()
        slots, places = np.unique(earlier[elsewhere], return_inverse=True)
        stories, of_slot = np.unique(labels[slots], return_inverse=True)
        rows = self.rows.of(slots)
        means = self.means.of(stories.tolist(), self.members, rows)
        sizes = np.array([len(self.members[story]) for story in stories.tolist()], dtype=np.int64)[of_slot]
        cohesion = (rows.across(np.arange(len(slots)), means, of_slot) * sizes - rows.itself()) / (sizes - 1)
        drawn = self.pairs.score[links[elsewhere]] > np.maximum(cohesion[places], 0)
        return set(labels[earlier[elsewhere[drawn]]].tolist())

    def _apart(self, first: Regrouped, again: set[int]) -> Regrouped:
        """Some stories taken apart, together with what was joined to them, as far as they are no more than can be decided at once."""
        labels = self.labels.rows[first.slots]
        wanted = np.unique(first.groups[np.isin(labels, list(again))])
        inside = np.isin(first.groups, wanted)
        slots = self._in_order(np.union1d(first.slots[inside], self._slots_of(again)))
        groups = slots[self._grouped(slots, again)]  # by a slot of each: no group of `first` has such a number
        rest = ~np.isin(first.slots, slots)
        return Regrouped(np.concatenate((slots, first.slots[rest])), np.concatenate((groups, -1 - first.groups[rest] - 1)))

    def _changed(self, slots: Slots, groups: NDArray[np.int64], stories: set[int]) -> set[int]:
        """Of some stories those that are no longer exactly one group."""
        labels = self.labels.rows[slots]
        pairs = np.unique(np.stack((groups, labels), axis=1), axis=0)
        mixed = np.isin(pairs[:, 0], _repeated(pairs[:, 0])) | np.isin(pairs[:, 1], _repeated(pairs[:, 1]))
        return set(pairs[mixed, 1].tolist()) & stories

    def _linked_stories(self, slots: Slots) -> set[int]:
        """Stories with an article that is linked to one of some, or that must be in one story with it."""
        pairs = self.pairs
        places = pairs.of_any(slots)
        places = places[self._is_link(places)]
        ends = distinct(np.concatenate((pairs.later[places], pairs.earlier[places]))).astype(np.int64)
        copies = self._copies_of(slots)
        beside = self._joined_with(slots)
        labels = self.labels.rows[np.concatenate((ends, copies, beside))]
        return set(labels[labels != NO_STORY].tolist())

    def _copies_of(self, slots: Slots) -> Slots:
        """Live articles with the text of one of some: they may be no near articles, if there are very many."""
        found = []
        for number in distinct(self.texts.rows[slots]).tolist():
            first = self._first_of_text[number]
            if self.alive.rows[first]:
                found.append(first)
            else:
                found += np.flatnonzero((self.texts.rows == number) & self.alive.rows).tolist()
        return np.array(found, dtype=np.int64)

    def _joined_with(self, slots: Slots) -> Slots:
        if not self.corrections:
            return np.zeros(0, dtype=np.int64)
        beside = self.corrections.joined_with([self.articles[slot].id for slot in slots.tolist()])
        return np.array([self.slot_of[name] for name in beside if name in self.slot_of], dtype=np.int64)

    def _grouped(self, slots: Slots, loose: set[int]) -> NDArray[np.int64]:
        """Groups of slots, in order of article id, by average linkage; stories that are not loose are joined already."""
        score = self.rows.of(slots)
        left, right, known = self._links_among(slots)
        days = self.times.rows[slots] / SECONDS_PER_DAY
        window = self.settings.grouping.window_days + _SLACK_DAYS
        labels = self.labels.rows[slots]
        whole = (labels != NO_STORY) & ~np.isin(labels, list(loose))
        start = connected(self._copies_among(slots), np.where(whole, labels, -1 - np.arange(len(slots))))
        apart = None
        if self.corrections:
            constraints = self.corrections.constraints([self.articles[slot].id for slot in slots.tolist()])
            start, apart = constraints.united(start), constraints.apart
        if len(slots) <= _FEW:
            return linkage_of_few(score, left, right, times=days, window=window, copies=start, apart=apart)
        return average_linkage(score, left, right, times=days, window=window, copies=start, apart=apart, known=known)

    def _copies_among(self, slots: Slots) -> NDArray[np.int64]:
        """(n,) a number for each slot that it shares with its copies, see `copy_groups`."""
        texts = self.texts.rows[slots]
        numbers = np.arange(len(slots))
        shared = np.flatnonzero(np.isin(texts, _repeated(texts)))
        if len(shared):
            articles = [self.articles[slot] for slot in slots[shared].tolist()]
            named = {article.id: str(number) for article, number in zip(articles, texts[shared].tolist(), strict=True)}
            days = self.times.rows[slots[shared]] / SECONDS_PER_DAY
            numbers[shared] = shared[copy_groups(articles, named, days, window=self.settings.grouping.window_days)]
        return numbers

    def _links_among(self, slots: Slots) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Links between some slots, as places among them, and their scores."""
        places, left, right = self._pairs_among(slots)
        links = self._is_link(places)
        return left[links], right[links], self.pairs.score[places[links]].astype(np.float64)


def _repeated(values: NDArray[np.int64]) -> NDArray[np.int64]:
    names, counts = np.unique(values, return_counts=True)
    return names[counts > 1]
