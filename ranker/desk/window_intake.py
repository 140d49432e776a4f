"""Intake: new articles come into a window, with what they are near to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.window_state import _SAGA_KEPT, _SLACK_DAYS, FoundPairs, Slots, Told, WindowState
from ranker.stories.evidence import (
    LIKENESS_OF_MEANING,
    LIKENESS_OF_RARE_WORDS,
    SAGA_FROM_DAYS,
    SAGA_TO_DAYS,
    SECONDS_PER_DAY,
    evidence_rows,
)
from ranker.stories.identity import NO_STORY
from ranker.stories.syndication import NEAR_COPY_RARE, nearly_equal
from ranker.vectors.corpus import Corpus
from ranker.vectors.encoder import Vectors
from ranker.vectors.selection import distinct
from ranker.vectors.words import words

_HOPELESS = -0.03  # score: what is below does not rise above 0 by new counts of words alone
_SAGA_STEP = 0.02  # of the mean likeness; less changes no score by more than .005
_FEW_NEW = 4  # articles of other days
_REMEMBERED_AT_ONCE = 8192  # slots: some 10 MB
_MOST_PAIRS = 40  # of an article with those that were there before it (chosen: a story of so many is well tied together)


class WindowIntake(WindowState):
    """A window that takes articles in."""

    def add(self, articles: Sequence[Article], vectors: Vectors, told: Sequence[Told]) -> Slots:
        """Add articles that are not there yet, with what they are near to; they are in no story before `assign`."""
        slots = self._extend(articles, vectors, told)
        self._nearby.grow()
        found = self._measured(self._nearby.of(slots, self._bands))
        self._take_in(slots, told, found, self._new_sagas(slots, found))
        return slots

    def add_known(self, articles: Sequence[Article], vectors: Vectors, told: Sequence[Told], found: FoundPairs, *, scored: bool) -> Slots:
        """Add articles whose near articles are known, as those of a batch or a store are.

        Parameters
        ----------
        found : by slot, those of these articles counted on from the ones that are there.
        scored : whether the scores of the pairs are known, too.
        """
        slots = self._extend(articles, vectors, told)
        self._nearby.grow()
        self._take_in(slots, told, found, self._new_sagas(slots, found), scored=scored)
        return slots

    def _measured(self, found: list[tuple[Slots, Slots]]) -> FoundPairs:
        """The pairs found, each once, with both cosines."""
        n = len(self.articles)
        one, other = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
        keys = distinct(np.maximum(one, other) * n + np.minimum(one, other))
        later, earlier = np.divmod(keys, n)
        return FoundPairs(later, earlier, *self._cosines(later, earlier))

    def _gaps(self, found: FoundPairs) -> NDArray[np.float64]:
        times = self.times.rows
        return np.abs(times[found.later] - times[found.earlier]) / SECONDS_PER_DAY

    def _new_sagas(self, slots: Slots, found: FoundPairs) -> Slots:
        """Take pairs of other days into account; returns the slots, new or not, that stand otherwise now."""
        gaps = self._gaps(found)
        far = np.flatnonzero((gaps >= SAGA_FROM_DAYS - _SLACK_DAYS) & (gaps <= SAGA_TO_DAYS + _SLACK_DAYS))
        likeness = np.clip(LIKENESS_OF_MEANING * found.dense[far] + LIKENESS_OF_RARE_WORDS * found.rare[far], 0, 1)
        held = self._sagas.rows
        ends, values = np.concatenate((found.later[far], found.earlier[far])), np.tile(likeness, 2)
        others = np.concatenate((found.earlier[far], found.later[far]))
        likely = np.flatnonzero(values >= held[ends, -1])  # the others are behind all that an article remembers
        ends, values, others = ends[likely], values[likely], others[likely]
        order = np.lexsort((-values, ends))
        ends, values, others = ends[order], values[order], others[order]
        changed, first, counts = np.unique(ends, return_index=True, return_counts=True)
        before = self._saga(changed)
        # Most of those that were there before are told of one or two new ones, new articles of dozens.
        for few in (True, False):
            of_these = np.flatnonzero((counts <= _FEW_NEW) == few)
            for start in range(0, len(of_these), _REMEMBERED_AT_ONCE):
                rows = of_these[start : start + _REMEMBERED_AT_ONCE]
                self._remember(changed[rows], first[rows], np.minimum(counts[rows], _SAGA_KEPT), values, others)
        changed = changed[self._saga(changed) - before > _SAGA_STEP]
        return changed[changed < slots[0]] if len(slots) else changed

    def _remember(self, slots: Slots, first: Slots, counts: Slots, values: NDArray[np.float32], others: Slots) -> None:
        """The likest articles of other days among those that slots remember and new ones: of slot i `counts[i]`, from `first[i]` on."""
        step = np.arange(counts.max())
        there = step < counts[:, None]
        places = np.where(there, first[:, None] + step, 0)
        # New ones first: of equals they stay.
        likeness = np.concatenate((np.where(there, values[places], -1), self._sagas.rows[slots]), axis=1)
        which = np.concatenate((np.where(there, others[places], NO_STORY), self._saga_slots.rows[slots]), axis=1)
        top = np.argsort(-likeness, axis=1, kind="stable")[:, :_SAGA_KEPT]
        self._sagas.rows[slots] = np.take_along_axis(likeness, top, axis=1)
        self._saga_slots.rows[slots] = np.take_along_axis(which, top, axis=1)

    def _take_in(self, slots: Slots, told: Sequence[Told], found: FoundPairs, changed: Slots, *, scored: bool = False) -> None:
        """Rows of new articles, then their pairs."""
        saga = self._saga(slots)
        articles = tuple(self.articles[slot] for slot in slots.tolist())
        corpus = Corpus(articles, self.vectors.rows[slots], self.rare.of(slots), self.times.rows[slots], 0, 0)
        self.rows.add(evidence_rows(corpus, [each.details for each in told], saga, self._statistics(), self._columns))
        self._tell_sagas(changed)
        if not scored:
            score = self.rows.scores(found.later, found.earlier, found.dense, found.rare)
            found = FoundPairs(found.later, found.earlier, found.dense, found.rare, score.astype(np.float32))
        self._join_near_copies(found)
        # What can neither join two articles nor stand in a related list is of no use to anybody.
        useful = (found.score > _HOPELESS) | (found.dense >= self.settings.related.min_similarity)
        kept = found.where(useful)
        if len(kept.later) > _MOST_PAIRS * max(1, len(slots)) // 2:
            # In a story of hundreds everybody is near everybody; the best few of each say as much, and memory stays bounded.
            order = np.lexsort((kept.earlier, -kept.score, kept.later))
            place = np.arange(len(order)) - np.searchsorted(kept.later[order], kept.later[order])
            best = np.zeros(len(order), dtype=np.bool_)
            best[order[place < _MOST_PAIRS]] = True
            kept = kept.where(best)
        self._links += int((kept.score > 0).sum())
        self.pairs.add(len(self.articles), kept.later, kept.earlier, kept.dense, kept.rare, kept.score)

    def _tell_sagas(self, changed: Slots) -> None:
        """Scores of the pairs of articles whose place in a saga is another now."""
        if not len(changed):
            return
        places = distinct(self.pairs.of_any(changed))
        later, earlier = self.pairs.later[places], self.pairs.earlier[places]
        before = self.rows.saga_share(later) * self.rows.saga_share(earlier)
        self.rows.set_saga(changed, self._saga(changed))
        now = self.rows.saga_share(later) * self.rows.saga_share(earlier)
        known = self.pairs.score[places].copy()
        self.pairs.score[places] -= now - before  # sagas speak against one story
        flipped = places[(known > 0) != (self.pairs.score[places] > 0)]
        self.put_off |= set(self.labels.rows[np.concatenate((self.pairs.later[flipped], self.pairs.earlier[flipped]))].tolist())

    def _join_near_copies(self, found: FoundPairs) -> None:
        """See `with_near_copies`: a text is one with an earlier one that differs by small edits alone."""
        close = np.flatnonzero(found.rare >= NEAR_COPY_RARE)
        numbers = self.texts.rows
        for later, earlier in zip(found.later[close].tolist(), found.earlier[close].tolist(), strict=True):
            one, other = int(numbers[later]), int(numbers[earlier])
            provider = self.articles[later].provider.key
            if one == other or (provider and provider == self.articles[earlier].provider.key):
                continue
            first, second = (self.articles[self._first_of_text[number]] for number in (one, other))
            if nearly_equal(words(first.text), words(second.text)):
                upper, lower = max(one, other), min(one, other)
                numbers[numbers == upper] = lower
                self._first_of_text[lower] = min(self._first_of_text[lower], self._first_of_text[upper])
                for key in (moved := self._keys_of_text.pop(upper, [])):
                    self._text_numbers[key] = lower
                self._keys_of_text.setdefault(lower, []).extend(moved)
