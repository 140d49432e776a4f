"""Views: an edition under some settings, with what answers need of it made once and nothing made for stories that nobody asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.desk.edition import Edition, Filter, LiveRanking
from ranker.ranking.ranked import RankedStories, RankedStory
from ranker.settings import Settings

Sort = Literal["score", "newest", "heat", "quality"]
_KEPT_VIEWS = 24


@dataclass(frozen=True)
class View:
    """A ranking of an edition: a `RankedList` for the wire, and its stories by id."""

    edition: Edition
    ranking: LiveRanking

    @property
    def as_of(self) -> datetime:
        """The moment of the ranking."""
        return self.ranking.as_of

    @property
    def settings(self) -> Settings:
        """What it was made with."""
        return self.ranking.settings

    @property
    def stories(self) -> RankedStories:
        """In order."""
        return self.ranking.stories

    @cached_property
    def quality_points(self) -> Mapping[str, int]:
        """The quality of each article in points, looked up one by one."""
        return _Points(self.edition, self.ranking)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Numbers of the listed stories, in order."""
        return np.array(self.ranking.stories._listing.order, dtype=np.int64)  # noqa: SLF001 - making all stories to ask each is too slow

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """(n_stories,) the place of each story in the order, -1 for those that are folded or hidden."""
        places = np.full(len(self.ranking.scores.table.stories), -1, dtype=np.int64)
        places[self.order] = np.arange(len(self.order))
        return places

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {story.id: number for number, story in enumerate(self.ranking.scores.table.stories)}

    def story(self, story_id: str) -> RankedStory | None:
        """A story of the edition, wherever it stands."""
        number = self._numbers.get(story_id)
        if number is None:
            return None
        place = int(self._places[number])
        return self.stories[place] if place >= 0 else self.ranking.story(story_id)

    def listed(self, wanted: Filter, sort: Sort) -> list[str]:
        """Ids of the listed stories that a filter lets through, in order."""
        order, scores = self.order, self.ranking.scores
        if sort != "score":
            by = {"newest": scores.newest, "heat": scores.heat.warmth + scores.table.quality[scores.leads], "quality": scores.quality}[sort]
            order = order[np.argsort(-by[order], kind="stable")]  # of equals the higher score comes first
        if wanted:
            order = order[self._matching(wanted)[order]]
        stories = scores.table.stories
        return [stories[number].id for number in order.tolist()]

    def _matching(self, wanted: Filter) -> NDArray[np.bool_]:
        """(n_stories,) which stories of the ranking a filter lets through, themselves or by what is folded under them."""
        matching = self.edition.matching(wanted, as_of=self.as_of if self.as_of < self.edition.as_of else None)
        table = self.ranking.scores.table
        if table is not self.edition.table and len(table.stories) != len(matching):  # of another moment: fewer stories
            held = {story.id for story, held in zip(self.edition.table.stories, matching.tolist(), strict=True) if held}
            matching = np.array([story.id in held for story in table.stories], dtype=np.bool_)
        for number, leader in self.ranking.stories._listing.folded.items():  # noqa: SLF001 - as above
            matching[leader] |= matching[number]
        return matching


class _Points(Mapping[str, int]):
    """The quality of articles by id; most are never asked for."""

    def __init__(self, edition: Edition, ranking: LiveRanking) -> None:
        self._edition, self._ranking = edition, ranking
        self._table = ranking.scores.table

    @cached_property
    def _row_of_slot(self) -> NDArray[np.int64]:
        slots = self._edition.slots
        rows = np.full(int(slots.max(initial=-1)) + 1, -1, dtype=np.int64)
        rows[slots] = np.arange(len(slots))
        return rows

    def __getitem__(self, article_id: str) -> int:
        slot = self._edition.row_of(article_id)
        if slot is not None and len(self._table) == len(self._edition.slots):
            return int(self._table.quality[self._row_of_slot[slot]])
        return self._ranking.quality_points[article_id]  # it has left the window since, or the ranking is of another moment

    def __iter__(self) -> Iterator[str]:
        return (article.id for article in self._table.articles)

    def __len__(self) -> int:
        return len(self._table)


_Key = tuple[int, bytes | None, datetime | None]  # number of the edition, settings, moment


class Views:
    """Views that were made, as many as are kept."""

    def __init__(self) -> None:
        self._made: OrderedDict[_Key, View] = OrderedDict()
        self._lock = Lock()

    def known(self, edition: Edition, settings: Settings | None, as_of: datetime | None) -> View | None:
        """A view that can be had at once."""
        key = _key(edition, settings, as_of)
        with self._lock:
            found = self._made.get(key)
        if found is None and settings is None and as_of is None:
            return self.of(edition, None, None)  # its ranking was made with the edition
        return found

    def of(self, edition: Edition, settings: Settings | None, as_of: datetime | None) -> View:
        """The view of an edition under some settings, by default its own, for some moment, by default its own."""
        key = _key(edition, settings, as_of)
        with self._lock:
            found = self._made.get(key)
            if found is not None:
                self._made.move_to_end(key)
                return found
        made = View(edition, edition.ranking(settings, as_of=as_of))
        with self._lock:
            self._made[key] = made
            # Who still reads an edition holds it himself: views of older ones would only keep their tables alive.
            for old in [each for each in self._made if each[0] < edition.number - 1]:
                del self._made[old]
            while len(self._made) > _KEPT_VIEWS:
                self._made.popitem(last=False)
        return made


def _key(edition: Edition, settings: Settings | None, as_of: datetime | None) -> _Key:
    return edition.number, None if settings is None else msgspec.msgpack.encode(settings), as_of
