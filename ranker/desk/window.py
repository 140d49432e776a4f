"""The window: the articles in memory, which of them are near each other, and the groups they are in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.means import StoryMeans, stacked
from ranker.desk.nearby import Band, Nearby
from ranker.desk.pairs import LivePairs
from ranker.desk.parts import Parts
from ranker.desk.rows import LiveRows
from ranker.settings import Settings
from ranker.stories.clustering import Groups, average_linkage, joined_groups
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.details import Details, details_of
from ranker.stories.evidence import (
    LIKENESS_OF_MEANING,
    LIKENESS_OF_RARE_WORDS,
    SAGA_FROM_DAYS,
    SAGA_NEIGHBOURS,
    SAGA_TO_DAYS,
    SECONDS_PER_DAY,
    SURE_LIKENESS,
    Columns,
    Statistics,
    category_rows,
    evidence_rows,
    sure_pairs,
    topic_rows,
    trust,
)
from ranker.stories.few import linkage_of_few
from ranker.stories.identity import NO_STORY
from ranker.stories.same_story import SameStory
from ranker.stories.story import Membership, memberships_of
from ranker.stories.syndication import COPY_DAYS, NEAR_COPY_RARE, copy_groups, nearly_equal, text_key
from ranker.vectors.background import Background
from ranker.vectors.corpus import Corpus
from ranker.vectors.encoder import Vectors
from ranker.vectors.nearest import Pairs
from ranker.vectors.rare_words import RareWords
from ranker.vectors.selection import Effort, sparse_products
from ranker.vectors.words import stems, words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Slots = NDArray[np.int64]

_SLACK_DAYS = 1e-9
_HOPELESS = -0.03  # score: what is below does not rise above 0 by new counts of words alone
_SMALL_REGION = 80  # so many articles are taken apart and decided anew rather than joined to as they are (measured: docs/desk.md)
_MOST_APART = 2000  # articles of stories that are taken apart in one round; the others have to wait for the next
_SAGA_STEP = 0.02  # of the mean likeness; less changes no score by more than .005
_SAGA_KEPT = 32  # articles of other days that are remembered: many of them leave before it does, and the likest three left count
_EFFORT = Effort()
_ALWAYS = 400  # up to so many articles all is decided anew with every change
_ALL_AT_ONCE = 600_000  # up to so many links (ten times as many seconds as millions) all is decided at once, when it is due ...
_LINKS_A_CHANGE = 2000  # ... which it is after one change for so many links: some 15 ms an article then ...
_DUE_HURRIED, _DUE_ABOVE = 0.25, 0.5  # ... or after changes of such a share of the articles while others wait, and where there are more links


@dataclass(frozen=True, slots=True)
class Told:
    """What an article's text is to the window: its stems, and its details."""

    stems: Counter[str]
    details: Details


def told_by(article: Article) -> Told:
    """What an article's text is to the window."""
    return Told(Counter(stems(article.text)), details_of(article))


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Articles that were decided anew: entry i of both arrays is about one slot."""

    slots: Slots
    groups: NDArray[np.int64]  # any numbers; those of one group are equal


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


class Window:
    """Live articles by slot. Slots are only ever added; articles that go leave theirs empty until `compacted`.

    One thread changes a window. Others may read it meanwhile: what a slot held stays, new slots come at the end.
    """

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
        self._disturbed: set[int] = set()  # stories that are to be taken apart when there is time
        self._links = 0  # pairs with a score above 0
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

    # Articles come and go

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
        for name in ("words", "_holding_name", "_columns", "_changes", "_disturbed"):
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

    # How it is kept

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
    def put_off(self) -> set[int]:
        """The stories that wait to be taken apart."""
        return self._disturbed

    @put_off.setter
    def put_off(self, stories: set[int]) -> None:
        self._disturbed = stories

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

    # Deciding

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
            self._weigh_anew()
            if self._is_little():
                slots = np.flatnonzero(self.alive.rows)
                slots = self._in_order(slots)
                self._disturbed = set()
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

    def weigh_anew(self) -> None:
        """Weigh everything by what is there now, as a batch would; nothing is decided again."""
        self._weigh_anew()

    def regroup_later(self) -> Regrouped:
        """Take apart some of the stories that were put off, as many as can be decided at once."""
        waiting = {story for story in self._disturbed if story in self.members}
        self._disturbed = set()
        chosen = self._affordable(waiting, _MOST_APART)
        around = self._linked_stories(self._slots_of(chosen)) - chosen
        chosen |= self._affordable(around, _MOST_APART, put_off=False)
        slots = self._in_order(self._slots_of(chosen))
        return Regrouped(slots, self._grouped(slots, chosen))

    @property
    def has_put_off(self) -> bool:
        """Whether stories wait to be taken apart; where all is soon decided at once, none has to."""
        return bool(self._disturbed) and not self._is_little()

    def _affordable(self, stories: set[int], limit: int, *, put_off: bool = True) -> set[int]:
        """The smallest of some stories, as long as their articles are no more than a limit; the others are put off."""
        chosen: set[int] = set()
        size = 0
        for story in sorted(stories, key=lambda story: (len(self.members[story]), story)):
            size += len(self.members[story])
            if size <= limit:
                chosen.add(story)
            elif put_off and len(self.members[story]) <= _MOST_APART:
                self._disturbed.add(story)
        return chosen

    def _as_wholes(self, new: Slots) -> Regrouped:
        """New articles and the stories they are linked to, each story as one."""
        links = self.pairs.owned_by(new)
        links = links[self._is_link(links)]
        later, earlier = self.pairs.later[links].astype(np.int64), self.pairs.earlier[links].astype(np.int64)
        labels = self.labels.rows
        twin = self._twins(new)
        stories = np.unique(np.concatenate((labels[earlier], labels[twin[twin >= 0]])))
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
        keys = np.unique((np.minimum(one, other) * n + np.maximum(one, other))[one != other])
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
            before = self._last_of_text.get(number, -1)
            self._last_of_text[number] = slot
            if before >= 0 and before != slot and self.alive.rows[before]:
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

    def _in_order(self, slots: Slots) -> Slots:
        """Slots in order of their articles' ids."""
        return np.array(sorted(slots.tolist(), key=lambda slot: self.articles[slot].id), dtype=np.int64)

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

    def _weigh_anew(self) -> None:
        """Words by today's counts, labels by today's trust, and with them the scores of all pairs."""
        self._changes = 0
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
            slots, places = np.unique(np.concatenate((later, earlier)), return_inverse=True)
            pairs.rare[part] = sparse_products(self.rare.of(slots), *np.split(places, 2))
            pairs.score[part] = self.rows.scores(later, earlier, pairs.dense[part], pairs.rare[part])
        self.means.clear()
        flipped = np.flatnonzero(known != (pairs.score > 0))
        self._disturbed |= set(self.labels.rows[np.concatenate((pairs.later[flipped], pairs.earlier[flipped]))].tolist())

    def _sagas_anew(self) -> None:
        """How like the articles of other days are by today's words; of those that were found, the ones that live."""
        one, column = np.nonzero(self._saga_slots.rows != NO_STORY)
        other: Slots = self._saga_slots.rows[one, column].astype(np.int64)
        likeness = np.zeros(len(one))
        for start in range(0, len(one), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            dense = np.einsum("ij,ij->i", self.vectors.rows[one[part]], self.vectors.rows[other[part]])
            slots, places = np.unique(np.concatenate((one[part], other[part])), return_inverse=True)
            rare = sparse_products(self.rare.of(slots), *np.split(places, 2))
            likeness[part] = np.clip(LIKENESS_OF_MEANING * dense + LIKENESS_OF_RARE_WORDS * rare, 0, 1)
        held, which = self._sagas.rows, self._saga_slots.rows
        held[one, column] = np.where(self.alive.rows[other], likeness, 0.0)
        order = np.argsort(-held, axis=1, kind="stable")
        held[:], which[:] = np.take_along_axis(held, order, axis=1), np.take_along_axis(which, order, axis=1)
        self.rows.set_saga(np.arange(len(held)), self._saga(np.arange(len(held))))

    def _saga(self, slots: Slots) -> NDArray[np.float64]:
        """(n,) how near slots stand to articles of other days, 0 to 1, see `sagas`."""
        return np.asarray(self._sagas.rows[slots][:, :SAGA_NEIGHBOURS].mean(axis=1), dtype=np.float64)

    def _sure(self) -> Pairs:
        pairs = self.pairs
        alive = self.alive.rows[pairs.later] & self.alive.rows[pairs.earlier]
        likeness = LIKENESS_OF_MEANING * pairs.dense + LIKENESS_OF_RARE_WORDS * pairs.rare
        kept = np.flatnonzero(alive & (likeness >= SURE_LIKENESS))
        left, right = pairs.earlier[kept], pairs.later[kept]
        gaps = (np.abs(self.times.rows[left] - self.times.rows[right]) / SECONDS_PER_DAY).astype(np.float32)
        within = ~(gaps > self.settings.grouping.window_days)
        return sure_pairs(self.articles, Pairs(left, right, pairs.dense[kept], pairs.rare[kept], gaps).take(np.flatnonzero(within)))

    def _slots_of(self, stories: set[int]) -> Slots:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(self.members[story] for story in sorted(stories))])

    def _changed(self, slots: Slots, groups: NDArray[np.int64], stories: set[int]) -> set[int]:
        """Of some stories those that are no longer exactly one group."""
        labels = self.labels.rows[slots]
        pairs = np.unique(np.stack((groups, labels), axis=1), axis=0)
        mixed = np.isin(pairs[:, 0], _repeated(pairs[:, 0])) | np.isin(pairs[:, 1], _repeated(pairs[:, 1]))
        return set(pairs[mixed, 1].tolist()) & stories

    def memberships(self, slots: Slots) -> dict[str, Membership]:
        """Why each article of one story is in it."""
        if len(slots) == 1:
            return {self.articles[int(slots[0])].id: Membership(None, None, None)}
        slots = self._in_order(slots)
        articles = tuple(self.articles[slot] for slot in slots.tolist())
        corpus = Corpus(articles, self.vectors.rows[slots], self.rare.of(slots), self.times.rows[slots], 0, 0)
        order = np.argsort(slots)
        places = self.pairs.owned_by(slots[order])
        earlier = self.pairs.earlier[places]
        at = np.minimum(np.searchsorted(slots[order], earlier), len(slots) - 1)
        places, at = places[slots[order][at] == earlier], at[slots[order][at] == earlier]
        one, other = order[np.searchsorted(slots[order], self.pairs.later[places])], order[at]
        left, right = np.minimum(one, other), np.maximum(one, other)
        gaps = (np.abs(corpus.times[left] - corpus.times[right]) / SECONDS_PER_DAY).astype(np.float32)
        pairs = Pairs(left.astype(np.int32), right.astype(np.int32), self.pairs.dense[places], self.pairs.rare[places], gaps)
        scores = self.pairs.score[places].astype(np.float64)
        return memberships_of(corpus, pairs, scores, np.zeros(len(slots), dtype=np.int64), self.rows.of(slots), self.model)

    # Texts that are not kept; nothing is changed, so any thread may ask

    def near_text(self, article: Article, vector: Vectors, told: Told) -> Slots:
        """The slots that a text is nearest to within the windows of stories and of related articles."""
        time = np.nan if article.dated is None else article.dated.timestamp()
        widest = max(self.settings.grouping.window_days, self.settings.related.window_days)
        band = Band(0, widest, min(_NEAR_A_TEXT, self.settings.grouping.neighbours))
        return self._nearby.of_text(vector.reshape(1, -1), self.words.row_of(told.stems), time, band)

    def scores_of_text(self, article: Article, vector: Vectors, told: Told, slots: Slots) -> NDArray[np.float64]:
        """(n,) the score of a text with each of some slots."""
        from scipy.sparse import vstack

        articles = (article, *(self.articles[slot] for slot in slots.tolist()))
        details = [told.details, *(details_of(other) for other in articles[1:])]
        own, rest = self.words.row_of(told.stems), self.rare.of(slots)
        width = max(own.shape[1], rest.shape[1])
        own.resize((1, width))
        rest.resize((len(slots), width))
        time = np.nan if article.dated is None else article.dated.timestamp()
        vectors = np.concatenate((vector.reshape(1, -1), self.vectors.rows[slots]))
        corpus = Corpus(articles, vectors, vstack((own, rest), format="csr"), np.append(time, self.times.rows[slots]), 0, 0)
        saga = np.append(0.0, self._saga(slots))
        trust = self.rows.trust
        statistics = replace(
            self._statistics(), topic_trust=trust.get("shared_topics", 1.0), category_trust=trust.get("other_category", 1.0)
        )
        score = self.model.score(evidence_rows(corpus, details, saga, statistics))
        return score.of_pairs(np.zeros(len(slots), dtype=np.int64), np.arange(1, len(articles)))

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

    # Inside

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

    def _measured(self, found: list[tuple[Slots, Slots]]) -> FoundPairs:
        """The pairs found, each once, with both cosines."""
        n = len(self.articles)
        one, other = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
        keys = np.unique(np.maximum(one, other) * n + np.minimum(one, other))
        later, earlier = np.divmod(keys, n)
        vectors = self.vectors.rows
        dense = np.empty(len(keys), dtype=np.float32)
        for start in range(0, len(keys), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            np.einsum("ij,ij->i", vectors[later[part]], vectors[earlier[part]], out=dense[part])
        slots, places = np.unique(np.concatenate((later, earlier)), return_inverse=True)
        rare = sparse_products(self.rare.of(slots), *np.split(places, 2))
        return FoundPairs(later, earlier, dense, rare)

    def _gaps(self, found: FoundPairs) -> NDArray[np.float64]:
        times = self.times.rows
        return np.abs(times[found.later] - times[found.earlier]) / SECONDS_PER_DAY

    def _new_sagas(self, slots: Slots, found: FoundPairs) -> Slots:
        """Take pairs of other days into account; returns the slots, new or not, that stand otherwise now."""
        gaps = self._gaps(found)
        far = np.flatnonzero((gaps >= SAGA_FROM_DAYS - _SLACK_DAYS) & (gaps <= SAGA_TO_DAYS + _SLACK_DAYS))
        likeness = np.clip(LIKENESS_OF_MEANING * found.dense[far] + LIKENESS_OF_RARE_WORDS * found.rare[far], 0, 1)
        ends, values = np.concatenate((found.later[far], found.earlier[far])), np.tile(likeness, 2)
        others = np.concatenate((found.earlier[far], found.later[far]))
        changed = np.unique(ends)
        if len(changed):
            held = self._sagas.rows
            before = self._saga(changed)
            ends = np.concatenate((ends, np.repeat(changed, _SAGA_KEPT)))
            values = np.concatenate((values, held[changed].ravel()))
            others = np.concatenate((others, self._saga_slots.rows[changed].ravel()))
            order = np.lexsort((-values, ends))
            ends, values, others = ends[order], values[order], others[order]
            place = np.arange(len(ends)) - np.searchsorted(ends, ends)
            top = place < _SAGA_KEPT
            held[ends[top], place[top]] = values[top]
            self._saga_slots.rows[ends[top], place[top]] = others[top]
            changed = changed[self._saga(changed) - before > _SAGA_STEP]
        return changed[changed < slots[0]] if len(slots) else changed

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
        places = np.unique(self.pairs.of_any(changed))
        later, earlier = self.pairs.later[places], self.pairs.earlier[places]
        before = self.rows.saga_share(later) * self.rows.saga_share(earlier)
        self.rows.set_saga(changed, self._saga(changed))
        now = self.rows.saga_share(later) * self.rows.saga_share(earlier)
        known = self.pairs.score[places].copy()
        self.pairs.score[places] -= now - before  # sagas speak against one story
        flipped = places[(known > 0) != (self.pairs.score[places] > 0)]
        self._disturbed |= set(self.labels.rows[np.concatenate((self.pairs.later[flipped], self.pairs.earlier[flipped]))].tolist())

    def _statistics(self) -> Statistics:
        widest = max(self.settings.grouping.window_days, self.settings.related.window_days)
        return Statistics(len(self), self._holding_name, 1.0, 1.0, widest)

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

    def _linked_stories(self, slots: Slots) -> set[int]:
        """Stories with an article that is linked to one of some, or that must be in one story with it."""
        pairs = self.pairs
        places = pairs.of_any(slots)
        places = places[self._is_link(places)]
        ends = np.unique(np.concatenate((pairs.later[places], pairs.earlier[places]))).astype(np.int64)
        copies = self._copies_of(slots)
        beside = self._joined_with(slots)
        labels = self.labels.rows[np.concatenate((ends, copies, beside))]
        return set(np.unique(labels[labels != NO_STORY]).tolist())

    def _is_link(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether pairs join: their score is above 0, their times are within the window, and both live."""
        pairs, times, alive = self.pairs, self.times.rows, self.alive.rows
        later, earlier = pairs.later[places], pairs.earlier[places]
        gaps = np.abs(times[later] - times[earlier]) / SECONDS_PER_DAY
        in_window = ~(gaps > self.settings.grouping.window_days + _SLACK_DAYS)
        return np.asarray((pairs.score[places] > 0) & in_window & alive[later] & alive[earlier])

    def _copies_of(self, slots: Slots) -> Slots:
        """Live articles with the text of one of some: they may be no near articles, if there are very many."""
        found = []
        for number in np.unique(self.texts.rows[slots]).tolist():
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
        start = _united(self._copies_among(slots), np.where(whole, labels, -1 - np.arange(len(slots))))
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
        order = np.argsort(slots)
        in_order = slots[order]
        places = self.pairs.owned_by(in_order)
        places = places[self._is_link(places)]
        later, earlier = self.pairs.later[places], self.pairs.earlier[places]
        at = np.minimum(np.searchsorted(in_order, earlier), len(slots) - 1)
        inside = in_order[at] == earlier
        left, right = order[np.searchsorted(in_order, later[inside])], order[at[inside]]
        return np.minimum(left, right), np.maximum(left, right), self.pairs.score[places[inside]].astype(np.float64)

    def _set_members(self, story: int, slots: Slots) -> None:
        if len(slots):
            if story not in self.members or not np.array_equal(self.members[story], slots):
                self.means.drop(story)
            self.members[story] = slots
        else:
            self.members.pop(story, None)
            self.means.drop(story)


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


def _repeated(values: NDArray[np.int64]) -> NDArray[np.int64]:
    names, counts = np.unique(values, return_counts=True)
    return names[counts > 1]


_PARTS = ("times", "texts", "id_keys", "_sagas", "_saga_slots")  # kept as they are
_DICTS = ("_text_numbers", "_with_excerpt", "_first_of_text", "_last_of_text")  # from a number to a number
_PAIRS_AT_ONCE = 4096
_KEY_BYTES = 8
_NEAR_A_TEXT = 24  # of each kind, articles that a text which is not kept is held against: a list needs no more
_MOST_PAIRS = 40  # of an article with those that were there before it
_FEW = 250  # articles up to which a matrix of all scores is the quicker way (measured)
_PAIRS_RESCORED = 50_000


def _united(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) numbers that two rows share if steps between rows of one number, in either array, lead from one to the other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(np.unique(one)) == len(one):
        return np.unique(other, return_inverse=True)[1].astype(np.int64)
    if len(np.unique(other)) == len(other):
        return np.unique(one, return_inverse=True)[1].astype(np.int64)
    first, second = (np.unique(numbers, return_inverse=True)[1].astype(np.int64) for numbers in (one, other))
    n = int(first.max(initial=-1)) + 1
    size = n + int(second.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(first), dtype=np.bool_), (first, n + second)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][first], dtype=np.int64)


__all__ = ["NO_CORRECTIONS", "FoundPairs", "Regrouped", "Told", "Window", "told_by"]
