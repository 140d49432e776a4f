"""Weighing: words, labels and sagas are counted anew, and with them all scores."""

from __future__ import annotations

import numpy as np

from ranker.desk.window_intake import WindowIntake
from ranker.desk.window_state import Slots
from ranker.stories.evidence import LIKENESS_OF_MEANING, LIKENESS_OF_RARE_WORDS, SECONDS_PER_DAY, SURE_LIKENESS, sure_pairs, trust
from ranker.stories.feature_rows import category_rows, topic_rows
from ranker.stories.identity import NO_STORY
from ranker.vectors.nearest import Pairs
from ranker.vectors.selection import numbered, sparse_products

_PAIRS_RESCORED = 50_000


class WindowWeighing(WindowIntake):
    """A window that weighs everything anew."""

    def weigh_anew(self) -> None:
        """Words by today's counts, labels by today's trust, and with them the scores of all pairs; nothing is decided again."""
        self._changes = 0
        self.weighings += 1
        self.rare.put(self.words.weighed(self._counts.all()))
        self._sagas_anew()
        pairs = self.pairs
        sure = self._sure()
        articles = self.articles
        trusts = {kind: trust(make(articles), sure) for kind, make in (("topics", topic_rows), ("category", category_rows))}
        self.rows.trust = {"shared_topics": trusts["topics"], "other_topics": trusts["topics"], "other_category": trusts["category"]}
        known = pairs.score > 0
        for start in range(0, len(pairs), _PAIRS_RESCORED):
            part = slice(start, start + _PAIRS_RESCORED)
            later, earlier = pairs.later[part].astype(np.int64), pairs.earlier[part].astype(np.int64)
            slots, places = numbered(np.concatenate((later, earlier)), len(self.articles))
            pairs.rare[part] = sparse_products(self.rare.of(slots), *np.split(places, 2))
            pairs.score[part] = self.rows.scores(later, earlier, pairs.dense[part], pairs.rare[part])
        self._links = int((pairs.score > 0)[self.alive.rows[pairs.later] & self.alive.rows[pairs.earlier]].sum())
        self.means.clear()
        flipped = np.flatnonzero(known != (pairs.score > 0))
        self.put_off |= set(self.labels.rows[np.concatenate((pairs.later[flipped], pairs.earlier[flipped]))].tolist())

    def _sagas_anew(self) -> None:
        """How like the articles of other days are by today's words; of those that were found, the ones that live."""
        one, column = np.nonzero(self._saga_slots.rows != NO_STORY)
        other: Slots = self._saga_slots.rows[one, column].astype(np.int64)
        dense, rare = self._cosines(one, other)
        likeness = np.clip(LIKENESS_OF_MEANING * dense + LIKENESS_OF_RARE_WORDS * rare, 0, 1)
        held, which = self._sagas.rows, self._saga_slots.rows
        held[one, column] = np.where(self.alive.rows[other], likeness, 0.0)
        order = np.argsort(-held, axis=1, kind="stable")
        held[:], which[:] = np.take_along_axis(held, order, axis=1), np.take_along_axis(which, order, axis=1)
        self.rows.set_saga(np.arange(len(held)), self._saga(np.arange(len(held))))

    def _sure(self) -> Pairs:
        pairs = self.pairs
        alive = self.alive.rows[pairs.later] & self.alive.rows[pairs.earlier]
        likeness = LIKENESS_OF_MEANING * pairs.dense + LIKENESS_OF_RARE_WORDS * pairs.rare
        kept = np.flatnonzero(alive & (likeness >= SURE_LIKENESS))
        left, right = pairs.earlier[kept], pairs.later[kept]
        gaps = (np.abs(self.times.rows[left] - self.times.rows[right]) / SECONDS_PER_DAY).astype(np.float32)
        within = ~(gaps > self.settings.grouping.window_days)
        return sure_pairs(self.articles, Pairs(left, right, pairs.dense[kept], pairs.rare[kept], gaps).take(np.flatnonzero(within)))
