"""The window: the articles in memory, which of them are near each other, and the groups they are in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.means import StoryMeans
from ranker.desk.nearby import Band, Nearby
from ranker.desk.pairs import LivePairs
from ranker.desk.parts import Parts
from ranker.desk.rows import LiveRows
from ranker.desk.window_deciding import Regrouped, WindowDeciding
from ranker.desk.window_state import _EFFORT, FoundPairs, Slots, Told, _digest, told_by
from ranker.stories.evidence import SECONDS_PER_DAY, evidence_rows
from ranker.stories.feature_rows import Columns
from ranker.stories.identity import NO_STORY
from ranker.stories.story import Membership, memberships_of
from ranker.stories.syndication import text_key
from ranker.vectors.corpus import Corpus
from ranker.vectors.encoder import Vectors
from ranker.vectors.nearest import Pairs
from ranker.vectors.words import stems

_PARTS = ("times", "texts", "id_keys", "_sagas", "_saga_slots")  # kept as they are
_DICTS = ("_text_numbers", "_with_excerpt", "_first_of_text", "_last_of_text")  # from a number to a number
_NEAR_A_TEXT = 24  # of each kind, articles that a text which is not kept is held against: a list needs no more


class Window(WindowDeciding):
    """Live articles by slot. Slots are only ever added; articles that go leave theirs empty until it is `packed`.

    One thread changes a window. Others may read it meanwhile: what a slot held stays, new slots come at the end.
    """

    def packed(self) -> Window:
        """A window of the articles that live, without the empty slots."""
        result = Window(self.settings, self.model, self.background, dimensions=self.vectors.rows.shape[1], corrections=self.corrections)
        slots = np.flatnonzero(self.alive.rows)
        result.articles = [self.articles[slot] for slot in slots.tolist()]
        result.slot_of = {article.id: slot for slot, article in enumerate(result.articles)}
        for name in ("times", "alive", "labels", "vectors", "_sagas", "id_keys"):
            getattr(result, name).add(getattr(self, name).rows[slots])
        for name in ("rare", "_counts", "_names"):
            getattr(result, name).add(getattr(self, name).of(slots))
        result.rows = self.rows.taken(slots, result.vectors, result.rare)
        result.means = StoryMeans(result.rows.of)
        for name in ("words", "_holding_name", "_columns", "_changes", "weighings", "put_off"):
            setattr(result, name, getattr(self, name))
        place = np.full(len(self.articles), -1, dtype=np.int64)
        place[slots] = np.arange(len(slots))
        others = self._saga_slots.rows[slots]
        result._saga_slots.add(np.where(others == NO_STORY, NO_STORY, place[others]))
        result.members = {story: place[held] for story, held in self.members.items()}
        result._take_over_texts(self, slots)
        pairs = self.pairs
        later, earlier = place[pairs.later], place[pairs.earlier]
        kept = np.flatnonzero((later >= 0) & (earlier >= 0))
        result.pairs.add(len(slots), later[kept], earlier[kept], pairs.dense[kept], pairs.rare[kept], pairs.score[kept])
        result._links = int((result.pairs.score > 0).sum())
        result._nearby.grow()
        return result

    def _take_over_texts(self, other: Window, slots: Slots) -> None:
        """Texts under the slot of the first article that lives and carries them."""
        held = other.texts.rows[slots]
        _, first, places = np.unique(held, return_index=True, return_inverse=True)
        self.texts.add(first[places])
        self.settle_texts()

    def parts(self) -> Parts:
        """What `restore` makes it of again: all but articles, vectors, which of them live, and stories."""
        arrays = {name: getattr(self, name).rows for name in _PARTS}
        arrays |= {
            "counts": self._counts.all().data, "names": self._names.all().indices, "names_starts": self._names.all().indptr,
            "holding": self.words.holding,
        }  # fmt: skip
        for name in _DICTS:
            arrays[name] = np.array(list(getattr(self, name).items()), dtype=np.int64).reshape(-1, 2)
        values = {
            "links": self._links, "changes": self._changes, "texts": self.words.texts, "stems": list(self.words.columns),
            "columns": self._columns.names(),
        }  # fmt: skip
        inner = {name: getattr(self, name).parts() for name in ("rare", "rows", "pairs", "_nearby")}
        return Parts(arrays, values, inner)

    def restore(self, parts: Parts, articles: list[Article], vectors: Vectors) -> None:
        """Be again what the parts are of, with all articles alive and in no story."""
        arrays, values, n = parts.arrays, parts.values, len(articles)
        self.articles = articles
        self.slot_of = {article.id: slot for slot, article in enumerate(articles)}
        for name in _PARTS:
            setattr(self, name, Growing.of(arrays[name]))
        self.vectors, self.alive = Growing.of(vectors), Growing.of(np.ones(n, dtype=np.bool_))
        self.labels = Growing.of(np.full(n, NO_STORY, dtype=np.int64))
        rare = parts.inner["rare"]
        self.rare = GrowingRows.restored(rare)
        counts = {name: rare.arrays[name].copy() for name in ("starts", "indices")} | {"data": arrays["counts"]}
        self._counts = GrowingRows.restored(Parts(counts, rare.values))
        self._columns = Columns.named(values["columns"])
        names, ones = self._columns.of("names"), np.ones(len(arrays["names"]), dtype=np.float32)
        named = {"starts": arrays["names_starts"].astype(np.int64), "indices": arrays["names"], "data": ones}
        self._names = GrowingRows.restored(Parts(named, {"columns": max(1, len(names))}))
        self._holding_name = dict(zip(names, np.bincount(arrays["names"], minlength=len(names)).tolist(), strict=True))
        self._links, self._changes = values["links"], values["changes"]
        self.words.restore(values["stems"], arrays["holding"], values["texts"])
        for name in _DICTS:
            setattr(self, name, dict(arrays[name].tolist()))
        self._tell_keys()
        self.rows = LiveRows(self.model, self.vectors, self.rare)
        self.rows.restore(parts.inner["rows"])
        self.means = StoryMeans(self.rows.of)
        self.pairs = LivePairs.restored(parts.inner["pairs"])
        self._nearby = Nearby(self.vectors, self.rare, self.times, self.alive, _EFFORT)
        self._nearby.restore(parts.inner["_nearby"])

    def memberships(self, slots: Slots) -> dict[str, Membership]:
        """Why each article of one story is in it."""
        if len(slots) == 1:
            return {self.articles[int(slots[0])].id: Membership(None, None, None)}
        slots = self._in_order(slots)
        articles = tuple(self.articles[slot] for slot in slots.tolist())
        corpus = Corpus(articles, self.vectors.rows[slots], self.rare.of(slots), self.times.rows[slots], 0, 0)
        places, left, right = self._pairs_among(slots)
        gaps = (np.abs(corpus.times[left] - corpus.times[right]) / SECONDS_PER_DAY).astype(np.float32)
        pairs = Pairs(left.astype(np.int32), right.astype(np.int32), self.pairs.dense[places], self.pairs.rare[places], gaps)
        scores = self.pairs.score[places].astype(np.float64)
        return memberships_of(corpus, pairs, scores, np.zeros(len(slots), dtype=np.int64), self.rows.of(slots), self.model)

    def near_text(self, article: Article, vector: Vectors, told: Told) -> Slots:
        """The slots that a text is nearest to within the windows of stories and of related articles."""
        time = np.nan if article.dated is None else article.dated.timestamp()
        widest = max(self.settings.grouping.window_days, self.settings.related.window_days)
        band = Band(0, widest, min(_NEAR_A_TEXT, self.settings.grouping.neighbours))
        return self._nearby.of_text(vector.reshape(1, -1), self.words.row_of(told.stems), time, band)

    def scores_of_text(self, article: Article, vector: Vectors, told: Told, slots: Slots) -> NDArray[np.float64]:
        """(n,) the score of a text with each of some slots."""
        own, words = self.words.row_of(told.stems), self.rare.of(slots)
        width = max(own.shape[1], words.shape[1])
        own.resize((1, width))
        words.resize((len(slots), width))
        time = np.array([np.nan if article.dated is None else article.dated.timestamp()])
        corpus = Corpus((article,), vector.reshape(1, -1), own, time, 0, 0)
        evidence = evidence_rows(corpus, [told.details], np.zeros(1), self._statistics(), self._columns.overlaid())
        rare = (words @ own.T).toarray().ravel()
        return self.rows.scores_of_text(evidence, slots, self.vectors.rows[slots] @ vector.ravel(), rare)

    def text_name(self, article: Article) -> str:
        """The name of an article's text among those that are kept; one of its own if none of them is the same."""
        title, excerpt = text_key(article)
        number = self._text_numbers.get(_digest(f"{title} | {excerpt or self._excerpt_with(title)}"))
        return "its own" if number is None else str(number)

    def holding(self, text: str) -> Slots:
        """The slots whose title and excerpt hold all words of a text, dead ones too; none if it has no words."""
        found: Slots | None = None
        for stem in sorted(set(stems(text))):
            column = self.words.columns.get(stem)
            slots = np.zeros(0, dtype=np.int64) if column is None else self._nearby.holding(column)
            found = slots if found is None else np.intersect1d(found, slots, assume_unique=True)
        return np.zeros(0, dtype=np.int64) if found is None else found


__all__ = ["FoundPairs", "Regrouped", "Told", "Window", "told_by"]
