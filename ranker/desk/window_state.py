"""The state of a window: what is held of each article in memory, slot by slot, and which story it is in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.means import StoryMeans
from ranker.desk.nearby import Band, Nearby
from ranker.desk.pairs import LivePairs
from ranker.desk.rows import LiveRows
from ranker.settings import Settings
from ranker.stories.corrections import Corrections
from ranker.stories.details import Details, details_of
from ranker.stories.evidence import SAGA_FROM_DAYS, SAGA_NEIGHBOURS, SAGA_TO_DAYS, SECONDS_PER_DAY, Statistics
from ranker.stories.feature_rows import Columns
from ranker.stories.identity import NO_STORY
from ranker.stories.same_story import SameStory
from ranker.stories.syndication import text_key
from ranker.vectors.background import Background
from ranker.vectors.encoder import Vectors
from ranker.vectors.rare_words import RareWords
from ranker.vectors.selection import Effort, numbered, sparse_products
from ranker.vectors.words import stems

Slots = NDArray[np.int64]
if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SLACK_DAYS = 1e-9
_SAGA_KEPT = 32  # articles of other days that are remembered: many of them leave before it does, and the likest three left count
_EFFORT = Effort()
_ALWAYS = 400  # up to so many articles all is decided anew with every change
_ALL_AT_ONCE = 600_000  # up to so many links all is decided at once, when it is due (chosen: some seconds) ...
_LINKS_A_CHANGE = 2000  # ... which it is after one change for so many links ...
_DUE_HURRIED = 0.25  # ... and while others wait after changes of such a share of the articles
_DUE_ABOVE = 0.5  # the same where there are more links
_KEY_BYTES = 8
_PAIRS_AT_ONCE = 4096  # whose vectors are multiplied together


@dataclass(frozen=True, slots=True)
class Told:
    """What an article's text is to the window: its stems, and its details."""

    stems: Counter[str]
    details: Details


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """Near articles by slot, each pair once, the later slot first, in order of it."""

    later: Slots
    earlier: Slots
    dense: NDArray[np.float32]
    rare: NDArray[np.float32]
    score: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def where(self, kept: NDArray[np.bool_]) -> FoundPairs:
        """Some of these pairs."""
        return FoundPairs(*(getattr(self, name)[kept] for name in ("later", "earlier", "dense", "rare", "score")))


def told_by(article: Article) -> Told:
    """What an article's text is to the window."""
    return Told(Counter(stems(article.text)), details_of(article))


class WindowState:
    """Articles by slot, with their columns. See `Window`."""

    def __init__(self, settings: Settings, model: SameStory, background: Background, *, dimensions: int, corrections: Corrections) -> None:
        self.settings, self.model, self.background, self.corrections = settings, model, background, corrections
        self.articles: list[Article] = []
        self.slot_of: dict[str, int] = {}
        self.times = Growing(np.float64)  # seconds, NaN without a date
        self.alive = Growing(np.bool_)
        self.labels = Growing(np.int64)  # number of the story
        self.texts = Growing(np.int64)  # a number that copies share
        self.id_keys = Growing(np.int64)  # numbers in the order of the articles' ids, by their first letters
        self.vectors = Growing(np.float32, dimensions)
        self.rare = GrowingRows()
        self._counts = GrowingRows()  # how often each text holds each stem
        self.rows = LiveRows(model, self.vectors, self.rare)
        self.pairs = LivePairs()
        self.members: dict[int, Slots] = {}  # story number -> slots
        self.dead = 0
        self.words = RareWords(background, background_texts=settings.grouping.background_texts)
        self._holding_name: dict[str, int] = {}
        self._names = GrowingRows()  # the distinct names in each text, by their columns
        self._columns = Columns()
        self.put_off: set[int] = set()  # stories that are to be taken apart when there is time
        self._links = 0  # pairs with a score above 0
        self.weighings = 0  # how often everything was weighed anew
        self._changes = 0  # articles that came or went since everything was weighed anew
        self._sagas = Growing(np.float32, _SAGA_KEPT)  # likeness of the likest articles of other days, the likest first
        self._saga_slots = Growing(np.int32, _SAGA_KEPT)  # and which they are, NO_STORY for none
        self._nearby = Nearby(self.vectors, self.rare, self.times, self.alive, _EFFORT)
        self._text_numbers: dict[int, int] = {}  # of a text, see `_digest`
        self._keys_of_text: dict[int, list[int]] = {}  # the other way round
        self._first_of_text: dict[int, int] = {}  # text number -> first slot
        self._with_excerpt: dict[int, int] = {}  # of a title -> the slot with the first excerpt, in order of words, that it came with
        self._last_of_text: dict[int, int] = {}  # text number -> the newest slot
        self.means = StoryMeans(self.rows.of)

    def __len__(self) -> int:
        """How many articles live."""
        return len(self.articles) - self.dead

    @cached_property
    def _bands(self) -> tuple[Band, ...]:
        grouping, related = self.settings.grouping, self.settings.related
        other_days = grouping.neighbours_on_other_days
        bands = [Band(0, grouping.window_days, grouping.neighbours), Band(SAGA_FROM_DAYS, SAGA_TO_DAYS, other_days)]
        # What related articles need of times that neither covers.
        for from_days, to_days in (
            (grouping.window_days, min(SAGA_FROM_DAYS, related.window_days)),
            (max(SAGA_TO_DAYS, grouping.window_days), related.window_days),
        ):
            if from_days < to_days:
                bands.append(Band(from_days, to_days, other_days))
        return tuple(bands)

    def replace(self, article: Article) -> None:
        """Put a version with the same text, time and provider in the place of an article."""
        self.articles[self.slot_of[article.id]] = article

    def remove(self, slots: Slots) -> None:
        """Let articles go. What is left of their stories is as it was; `regroup` decides it anew."""
        names = np.array(list(self._columns.of("names")) if len(slots) else [], dtype=object)
        for slot in slots.tolist():
            article = self.articles[slot]
            del self.slot_of[article.id]
            self.words.uncount(self.rare.of(np.array([slot])).indices)
            for name in names[self._names.of(np.array([slot])).indices].tolist():
                self._holding_name[name] -= 1
        for story in np.unique(self.labels.rows[slots]).tolist():
            if story != NO_STORY:
                self._set_members(story, np.setdiff1d(self.members[story], slots))
        self.alive.rows[slots] = False
        self.labels.rows[slots] = NO_STORY
        self.dead += len(slots)
        self._changes += len(slots)

    def assign(self, slots: Slots, stories: NDArray[np.int64]) -> None:
        """Put articles into stories; every article of a story that is named must be among them."""
        before = self.labels.rows[slots].copy()
        self.labels.rows[slots] = stories
        order = np.argsort(stories, kind="stable")
        names, starts = np.unique(stories[order], return_index=True)
        for story in np.setdiff1d(before[before != NO_STORY], names).tolist():
            self._set_members(story, np.zeros(0, dtype=np.int64))
        for story, rows in zip(names.tolist(), np.split(slots[order], starts[1:]), strict=True):
            self._set_members(story, np.sort(rows))

    def _set_members(self, story: int, slots: Slots) -> None:
        if len(slots):
            if story not in self.members or not np.array_equal(self.members[story], slots):
                self.means.drop(story)
            self.members[story] = slots
        else:
            self.members.pop(story, None)
            self.means.drop(story)

    def _in_order(self, slots: Slots) -> Slots:
        """Slots in order of their articles' ids."""
        return np.array(sorted(slots.tolist(), key=lambda slot: self.articles[slot].id), dtype=np.int64)

    def _slots_of(self, stories: set[int]) -> Slots:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(self.members[story] for story in sorted(stories))])

    def _extend(self, articles: Sequence[Article], vectors: Vectors, told: Sequence[Told]) -> Slots:
        first = len(self.articles)
        slots = np.arange(first, first + len(articles))
        self.words.count([each.stems for each in told])
        named = [sorted(set(each.details.names)) for each in told]
        for names in named:
            for name in names:
                self._holding_name[name] = self._holding_name.get(name, 0) + 1
        self._names.add(_as_rows(named, self._columns.of("names")))
        self.articles += articles
        self.slot_of.update(zip((article.id for article in articles), slots.tolist(), strict=True))
        self.times.add(np.array([np.nan if article.dated is None else article.dated.timestamp() for article in articles]))
        self.vectors.add(vectors)
        counts = self.words.counted([each.stems for each in told])
        self._counts.add(counts)
        self.rare.add(self.words.weighed(counts))
        self.texts.add(np.array([self._text_number(article, slot) for article, slot in zip(articles, slots.tolist(), strict=True)]))
        self.id_keys.add(np.array([_id_key(article.id) for article in articles], dtype=np.int64))
        self.labels.add(np.full(len(slots), NO_STORY))
        self._sagas.add(np.zeros((len(slots), _SAGA_KEPT)))
        self._saga_slots.add(np.full((len(slots), _SAGA_KEPT), NO_STORY))
        self.alive.add(np.ones(len(slots), dtype=np.bool_))
        return slots

    def _text_number(self, article: Article, slot: int) -> int:
        title, excerpt = text_key(article)
        self._learn_excerpt(title, excerpt, slot)
        key = _digest(f"{title} | {excerpt or self._excerpt_with(title)}")
        number = self._text_numbers.get(key)
        if number is None:
            number = self._text_numbers[key] = slot
            self._keys_of_text[slot] = [key]
        self._first_of_text.setdefault(number, slot)
        return number

    def _learn_excerpt(self, title: str, excerpt: str, slot: int) -> None:
        if excerpt and (not (before := self._excerpt_with(title)) or excerpt < before):
            self._with_excerpt[_digest(title)] = slot

    def _excerpt_with(self, title: str) -> str:
        """The first excerpt, in order of words, that a title came with; nothing if it came with none."""
        slot = self._with_excerpt.get(_digest(title))
        return "" if slot is None else text_key(self.articles[slot])[1]

    def _saga(self, slots: Slots) -> NDArray[np.float64]:
        """(n,) how near slots stand to articles of other days, 0 to 1, see `sagas`."""
        return np.asarray(self._sagas.rows[slots][:, :SAGA_NEIGHBOURS].mean(axis=1), dtype=np.float64)

    def _statistics(self) -> Statistics:
        widest = max(self.settings.grouping.window_days, self.settings.related.window_days)
        return Statistics(len(self), self._holding_name, 1.0, 1.0, widest)

    def settle_texts(self) -> None:
        """Know the texts of the articles that live and no others."""
        self._with_excerpt, self._text_numbers, self._first_of_text = {}, {}, {}
        found = [(slot, *text_key(self.articles[slot])) for slot in np.flatnonzero(self.alive.rows).tolist()]
        for slot, title, excerpt in found:
            self._learn_excerpt(title, excerpt, slot)
        numbers = self.texts.rows
        for slot, title, excerpt in found:
            number = int(numbers[slot])
            self._text_numbers.setdefault(_digest(f"{title} | {excerpt or self._excerpt_with(title)}"), number)
            self._first_of_text.setdefault(number, slot)
        self._tell_keys()

    def _tell_keys(self) -> None:
        self._keys_of_text = {}
        for key, text in self._text_numbers.items():
            self._keys_of_text.setdefault(text, []).append(key)

    @property
    def has_put_off(self) -> bool:
        """Whether stories wait to be taken apart; where all is soon decided at once, none has to."""
        return bool(self.put_off) and not self._is_little()

    def is_due(self, *, hurried: bool = False) -> bool:
        """Whether so much came and went that everything is to be weighed anew; while others wait, more may come first."""
        n = len(self)
        if not self._changes or n <= _ALWAYS:
            return bool(self._changes)
        if hurried or not self._is_little():
            return self._changes > (_DUE_HURRIED if self._is_little() else _DUE_ABOVE) * n
        return self._changes > self._links / _LINKS_A_CHANGE

    def _is_little(self) -> bool:
        """Whether all of it can be decided at once, in seconds."""
        return self._links <= _ALL_AT_ONCE

    def _pairs_among(self, slots: Slots) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The pairs between some slots: where they stand, and their ends as places among the slots, the smaller first."""
        order = np.argsort(slots)
        in_order = slots[order]
        places = self.pairs.owned_by(in_order)
        earlier = self.pairs.earlier[places]
        at = np.minimum(np.searchsorted(in_order, earlier), len(slots) - 1)
        inside = in_order[at] == earlier
        places, one = places[inside], order[at[inside]]
        other = order[np.searchsorted(in_order, self.pairs.later[places])]
        return places, np.minimum(one, other), np.maximum(one, other)

    def _cosines(self, one: Slots, other: Slots) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosines of vectors and of rare words, pair by pair."""
        dense = np.empty(len(one), dtype=np.float32)
        for start in range(0, len(one), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            np.einsum("ij,ij->i", self.vectors.rows[one[part]], self.vectors.rows[other[part]], out=dense[part])
        slots, places = numbered(np.concatenate((one, other)), len(self.articles))
        return dense, sparse_products(self.rare.of(slots), *np.split(places, 2))

    def _is_link(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether pairs join: their score is above 0, their times are within the window, and both live."""
        pairs, times, alive = self.pairs, self.times.rows, self.alive.rows
        later, earlier = pairs.later[places], pairs.earlier[places]
        gaps = np.abs(times[later] - times[earlier]) / SECONDS_PER_DAY
        in_window = ~(gaps > self.settings.grouping.window_days + _SLACK_DAYS)
        return np.asarray((pairs.score[places] > 0) & in_window & alive[later] & alive[earlier])


def _digest(text: str) -> int:
    """A number that no two texts share, as far as anybody will see: 64 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)


def _as_rows(lists: Sequence[Sequence[str]], columns: dict[str, int]) -> csr_array:
    """Lists of distinct names as rows of ones; new names get columns."""
    from scipy.sparse import csr_array

    indices = np.array([columns.setdefault(name, len(columns)) for names in lists for name in names], dtype=np.int32)
    indptr = np.concatenate(([0], np.cumsum([len(names) for names in lists], dtype=np.int64)))
    return csr_array((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(lists), max(1, len(columns))))


def _id_key(article_id: str) -> int:
    """A number that puts ids in order as far as their first letters tell them apart."""
    return int.from_bytes(article_id.encode("utf-8", "surrogatepass")[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0")) >> 1
