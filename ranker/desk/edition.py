"""Edition: the desk as it was at one moment, for any number of readers; nothing in it changes any more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.records import StoryRecord
from ranker.desk.surroundings import LiveSurroundings, TextSurroundings
from ranker.desk.window import Told, Window
from ranker.pipeline import listed_stories
from ranker.ranking.quality import Scorecard
from ranker.ranking.ranked import RankedStories, RankedStory
from ranker.ranking.related import RelatedArticle, related_list
from ranker.ranking.scores import Scores, SignalSettings, scores_of
from ranker.ranking.table import StoryTable
from ranker.settings import Settings
from ranker.stories.corrections import Corrections
from ranker.stories.publishers import Publishers
from ranker.vectors.encoder import Vectors
from ranker.vectors.nearest import Pairs

_KEPT_RANKINGS = 16  # of one edition, under other settings or for other moments


@dataclass(frozen=True)
class LiveRanking:
    """The stories of an edition in order, under some settings and for one moment: what `Ranking` is to a batch."""

    as_of: datetime
    settings: Settings
    scores: Scores
    stories: RankedStories
    corrections: Corrections

    @cached_property
    def quality_points(self) -> Mapping[str, int]:
        """The quality of each article in points, by its id."""
        table = self.scores.table
        return dict(zip((article.id for article in table.articles), table.quality.tolist(), strict=True))

    @cached_property
    def by_story(self) -> Mapping[str, RankedStory]:
        """The ranked story of each story id, folded and hidden ones too."""
        table = self.scores.table
        return {table.stories[number].id: ranked for number, ranked in self.stories.by_number.items()}

    def story(self, story_id: str) -> RankedStory | None:
        """A story by its id, wherever it stands."""
        return self.by_story.get(story_id)


@dataclass(frozen=True)
class ProviderHealth:
    """A provider in the window: how many articles, and how its dates are."""

    name: str
    domain: str
    group: str
    articles: int
    dates: Mapping[str, int]  # "ok", "zoneless", "missing", "clamped" -> articles
    newest: datetime | None


class Edition:
    """Stories, scores and related lists as of one moment. All methods may be called from any thread.

    Parameters
    ----------
    number : rising with every change; equal numbers are equal editions.
    revision : the same for editions that tell the same articles, stories and P of another moment.
    changed : when a story last changed.
    table : all live articles, one row each.
    slots : (n,) the slot in the window of each row of the table.
    around : what stands around each slot.
    """

    def __init__(  # noqa: PLR0913 - all are keywords
        self, *, number: int, revision: tuple[int, int], as_of: datetime, changed: datetime, settings: Settings, table: StoryTable,
        slots: NDArray[np.int64], around: LiveSurroundings, corrections: Corrections, publishers: Publishers,
        records: Mapping[str, StoryRecord],
    ) -> None:  # fmt: skip
        self.number, self.revision, self.as_of, self.changed, self.settings = number, revision, as_of, changed, settings
        self.table, self.slots, self.around = table, slots, around
        self.corrections, self.publishers, self.records = corrections, publishers, records
        self._rankings: OrderedDict[bytes, LiveRanking] = OrderedDict()
        self._lock = Lock()

    @property
    def window(self) -> Window:
        """The articles in memory; later ones than this edition's are in it too."""
        return self.around.window

    def __len__(self) -> int:
        """How many articles live."""
        return len(self.table)

    # Rankings

    def ranking(self, settings: Settings | None = None, *, as_of: datetime | None = None) -> LiveRanking:
        """The stories in order.

        Parameters
        ----------
        settings : of scores, blend and list; by default the desk's own. How stories were grouped is not asked again.
        as_of : another moment than the edition's: articles dated later are left out, and stories are those of today without them.
        """
        wanted, moment = settings or self.settings, as_of or self.as_of
        key = msgspec.msgpack.encode((wanted, moment.timestamp()))
        with self._lock:
            known = self._rankings.get(key)
            if known is not None:
                self._rankings.move_to_end(key)
                return known
        made = self._ranked(wanted, moment)
        with self._lock:
            self._rankings[key] = made
            while len(self._rankings) > _KEPT_RANKINGS:
                self._rankings.popitem(last=False)
        return made

    def _ranked(self, settings: Settings, as_of: datetime) -> LiveRanking:
        table, slots = self.table, self.slots
        if as_of < self.as_of:
            out = np.isnan(table.times) | (table.times <= as_of.timestamp())
            table, slots = _kept(table, slots, out)
        card = Scorecard(settings.quality)
        if card.ages or settings.quality != self.settings.quality:
            table = table.with_quality(card, as_of)
        scores = scores_of(table, as_of, SignalSettings.of(settings))
        stories = listed_stories(scores, settings, self.corrections, lambda: self._near(table, slots))
        return LiveRanking(as_of, settings, scores, stories, self.corrections)

    def _near(self, table: StoryTable, slots: NDArray[np.int64]) -> tuple[NDArray[np.int64], Pairs]:
        """The place of each slot's story, and all near articles."""
        window = self.window
        story_of = np.full(len(window.articles), -1, dtype=np.int64)
        story_of[slots] = table.numbers
        pairs = window.pairs
        n = len(pairs)
        gaps = np.zeros(0, dtype=np.float32)  # nobody asks for them
        return story_of, Pairs(pairs.earlier[:n], pairs.later[:n], pairs.dense[:n], pairs.rare[:n], gaps)

    # Articles

    def row_of(self, article_id: str) -> int | None:
        """The slot of a live article of this edition; None if it has none."""
        slot = self.window.slot_of.get(article_id)
        labels = self.around.labels
        return slot if slot is not None and slot < len(labels) and labels[slot] >= 0 else None

    def article(self, article_id: str) -> Article | None:
        """A live article."""
        slot = self.row_of(article_id)
        return None if slot is None else self.window.articles[slot]

    def story_of(self, article_id: str) -> str | None:
        """The id of the story that a live article is in."""
        slot = self.row_of(article_id)
        return None if slot is None else self.table.stories[int(self._place_of_slot[slot])].id

    def related_to(self, article_id: str, *, limit: int | None = None) -> list[RelatedArticle]:
        """The related list of a live article.

        Raises
        ------
        KeyError : if there is no such article.
        """
        slot = self.row_of(article_id)
        if slot is None:
            raise KeyError(article_id)
        return related_list(self.around, slot, self.settings.related, limit=limit)

    def related_to_text(
        self, article: Article, vector: Vectors, told: Told, *, limit: int | None = None
    ) -> tuple[str | None, list[RelatedArticle]]:
        """The story that a text which is not kept would belong to, and its related list."""
        around = TextSurroundings(self.around, article, vector, told)
        story = None if around.story is None else self._name_of(around.story)
        return story, related_list(around, -1, self.settings.related, limit=limit)

    # What stories hold

    def matching(self, wanted: Filter, *, as_of: datetime | None = None) -> NDArray[np.bool_]:
        """(n_stories,) which stories of the table a filter lets through.

        Parameters
        ----------
        as_of : look only at articles that are dated no later than this, or not at all.
        """
        known = np.ones(len(self.table), dtype=np.bool_) if as_of is None else ~(self.table.times > as_of.timestamp())
        result = self._holding(known)
        for rows in self._rows_wanted(wanted):
            held = np.zeros(len(known), dtype=np.bool_)
            held[rows] = True
            result &= self._holding(held & known)
        if wanted.min_providers > 1:
            pairs = np.unique(np.stack((self.table.numbers[known], self._provider_codes[known]), axis=1), axis=0)
            result &= np.bincount(pairs[:, 0], minlength=len(result)) >= wanted.min_providers
        if wanted.since is not None:
            result &= self._holding(known & (self.table.times >= wanted.since.timestamp()))
        if wanted.until is not None:
            result &= self._holding(known & (self.table.times < wanted.until.timestamp()))
        return result

    def _holding(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(n_stories,) which stories of the table have one of some rows."""
        held = np.zeros(len(self.table.stories), dtype=np.bool_)
        held[self.table.numbers[rows]] = True
        return held

    def _rows_wanted(self, wanted: Filter) -> Iterator[NDArray[np.int64]]:
        """For each thing asked of an article of a story the rows that have it."""
        if wanted.words:
            place = np.full(len(self.around.labels), -1, dtype=np.int64)
            place[self.slots] = np.arange(len(self.slots))
            held = self.window.holding(wanted.words)
            rows = place[held[held < len(place)]]
            yield rows[rows >= 0]
        for name in ("topic", "provider", "category", "language"):
            asked = getattr(wanted, name)
            if asked:
                yield self._rows_by(name).get(asked.casefold(), np.zeros(0, dtype=np.int64))

    def _rows_by(self, name: str) -> Mapping[str, NDArray[np.int64]]:
        with self._lock:
            if name not in self._indexes:
                self._indexes[name] = self._index(name)
            return self._indexes[name]

    @cached_property
    def _indexes(self) -> dict[str, Mapping[str, NDArray[np.int64]]]:
        return {}

    def _index(self, name: str) -> Mapping[str, NDArray[np.int64]]:
        found: dict[str, list[int]] = {}
        for row, article in enumerate(self.table.articles):
            for value in _VALUES[name](article):
                found.setdefault(value.casefold(), []).append(row)
        return {value: np.array(rows, dtype=np.int64) for value, rows in found.items()}

    @cached_property
    def _provider_codes(self) -> NDArray[np.int64]:
        """(n,) a number for each row that articles of one provider share."""
        codes: dict[str, int] = {}
        return np.fromiter((codes.setdefault(article.provider.key, len(codes)) for article in self.table.articles), dtype=np.int64)

    @cached_property
    def topics(self) -> Sequence[tuple[str, int, int]]:
        """Topics with their stories and articles, most stories first, then in order of name."""
        stories: dict[str, set[int]] = {}
        articles: dict[str, int] = {}
        spelt: dict[str, str] = {}
        for article, number in zip(self.table.articles, self.table.numbers.tolist(), strict=True):
            for topic in article.topics:
                key = topic.casefold()
                spelt[key] = min(topic, spelt.get(key, topic))
                stories.setdefault(key, set()).add(number)
                articles[key] = articles.get(key, 0) + 1
        found = [(spelt[key], len(stories[key]), articles[key]) for key in stories]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    @cached_property
    def providers(self) -> Sequence[ProviderHealth]:
        """Providers with the health of their dates, most articles first, then in order of domain and name."""
        held: dict[str, list[Article]] = {}
        for article in self.table.articles:
            held.setdefault(article.provider.key, []).append(article)
        found = []
        for articles in held.values():
            dates = dict.fromkeys(("ok", "zoneless", "missing", "clamped"), 0)
            for article in articles:
                dates["missing" if article.published is None else article.date_health] += 1
            times = [article.dated for article in articles if article.dated is not None]
            first = articles[0].provider
            group = self.publishers.group_of(articles[0])
            found.append(ProviderHealth(first.name, first.domain, group, len(articles), dates, max(times, default=None)))
        return sorted(found, key=lambda item: (-item.articles, item.domain, item.name))

    @cached_property
    def _place_of_slot(self) -> NDArray[np.int64]:
        places = np.full(len(self.around.labels), -1, dtype=np.int64)
        places[self.slots] = self.table.numbers
        return places

    def _name_of(self, number: int) -> str | None:
        slots = self.around.members_of.get(number)
        return None if slots is None else self.table.stories[int(self._place_of_slot[slots[0]])].id


@dataclass(frozen=True, slots=True)
class Filter:
    """Which stories are wanted; each condition is met by some article of the story, together they need not be met by one."""

    topic: str = ""
    provider: str = ""  # a domain or a name
    category: str = ""
    language: str = ""
    words: str = ""  # all of them in the title and excerpt of one article
    since: datetime | None = None  # the newest article is no older
    until: datetime | None = None  # the oldest article is older
    min_providers: int = 1

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()


def _language(article: Article) -> tuple[str, ...]:
    value = article.extra.get("language") or article.extra.get("inLanguage") or article.extra.get("lang")
    return (value,) if isinstance(value, str) else ()


_VALUES = {
    "topic": lambda article: article.topics,
    "provider": lambda article: {article.provider.domain, article.provider.name, article.provider.key},
    "category": lambda article: (article.category,),
    "language": _language,
}


def _kept(table: StoryTable, slots: NDArray[np.int64], rows: NDArray[np.bool_]) -> tuple[StoryTable, NDArray[np.int64]]:
    """The table and the slots of some rows; stories without the articles that are left out."""
    kept = table.taken(rows)
    members: list[list[Article]] = [[] for _ in kept.stories]
    for article, number in zip(kept.articles, kept.numbers.tolist(), strict=True):
        members[number].append(article)
    stories = [replace(story, articles=tuple(held)) for story, held in zip(kept.stories, members, strict=True)]
    return replace(kept, stories=stories), slots[rows]
