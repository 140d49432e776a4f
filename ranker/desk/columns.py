"""Columns: what ranking needs of live articles, slot by slot, so that a table of all stories is put together and not computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.desk.growing import Growing
from ranker.desk.parts import Parts
from ranker.desk.window import Window
from ranker.ranking.quality import Scorecard
from ranker.ranking.table import StoryTable, audience_of
from ranker.settings import Settings
from ranker.stories.publishers import Publishers
from ranker.stories.story import Membership, Story

Slots = NDArray[np.int64]

_COLUMNS = ("_quality", "_groups", "_writes_own", "_audience", "received")


class LiveColumns:
    """The columns of a `StoryTable` by slot, and the stories as values."""

    def __init__(self, settings: Settings, publishers: Publishers) -> None:
        self._settings = settings
        self._publishers = publishers
        self._card = Scorecard(settings.quality)
        self._quality = Growing(np.int64)
        self._groups = Growing(np.int64)  # place in `_group_names`
        self._group_names: dict[str, int] = {}
        self._writes_own = Growing(np.bool_)
        self._audience = Growing(np.float64)
        self.received = Growing(np.float64)  # seconds
        self._stories: dict[int, Story] = {}

    def add(self, articles: Sequence[Article], received: Sequence[float], *, as_of: datetime) -> None:
        """Columns of the articles in the next slots."""
        outlets = [self._publishers.outlet(article.provider) for article in articles]
        self._quality.add(np.array([self._card.points_of(article, as_of) for article in articles]))
        self._groups.add(np.array([self._group_names.setdefault(outlet.group, len(self._group_names)) for outlet in outlets]))
        self._writes_own.add(np.array([outlet.writes_own for outlet in outlets]))
        self._audience.add(np.array([audience_of(article, self._settings.heat) for article in articles]))
        self.received.add(np.array(received))

    def replace(self, slot: int, article: Article, *, as_of: datetime) -> None:
        """Columns of another version of an article, by the same provider."""
        self._quality.rows[slot] = self._card.points_of(article, as_of)
        self._audience.rows[slot] = audience_of(article, self._settings.heat)

    def parts(self) -> Parts:
        """What `restore` makes them of again."""
        return Parts({name: getattr(self, name).rows for name in _COLUMNS}, {"group_names": list(self._group_names)})

    def restore(self, parts: Parts) -> None:
        """Be again what the parts are of."""
        self._group_names = {name: place for place, name in enumerate(parts.values["group_names"])}
        for name in _COLUMNS:
            setattr(self, name, Growing.of(parts.arrays[name]))

    def received_at(self, slot: int) -> datetime:
        """When the article in a slot first came."""
        return datetime.fromtimestamp(float(self.received.rows[slot]), UTC)

    def taken(self, slots: Slots) -> LiveColumns:
        """The columns of some slots, in their order."""
        result = LiveColumns(self._settings, self._publishers)
        result._group_names, result._stories = self._group_names, self._stories
        for name in _COLUMNS:
            getattr(result, name).add(getattr(self, name).rows[slots])
        return result

    def forget(self, stories: Sequence[int]) -> None:
        """Stories whose articles are others now."""
        for story in stories:
            self._stories.pop(story, None)

    def table(self, window: Window, names: Mapping[int, str], leads: Sequence[str]) -> tuple[StoryTable, Slots]:
        """The table of all live articles that are in a story, and the slot of each of its rows.

        Parameters
        ----------
        names : story number -> id.
        leads : ids of articles chosen to lead; of two in one story the later one.
        """
        labels = window.labels.rows
        slots = np.flatnonzero(labels >= 0)
        in_order = sorted(window.members, key=names.__getitem__)
        place = np.full(1 + max(in_order, default=0), -1, dtype=np.int64)
        place[in_order] = np.arange(len(in_order))
        numbers, times = place[labels[slots]], window.times.rows[slots]
        late = np.where(np.isnan(times), np.inf, times)
        order = _ties_by_id(np.lexsort((late, numbers)), numbers, late, lambda row: window.articles[slots[row]].id)
        slots, numbers = slots[order], numbers[order]
        group_names = sorted(self._group_names)
        group_place = np.argsort(np.array([self._group_names[name] for name in group_names], dtype=np.int64))
        chosen = np.zeros(len(window.articles), dtype=np.int64)
        for number, name in enumerate(leads, start=1):
            if name in window.slot_of:
                chosen[window.slot_of[name]] = number
        articles = [window.articles[slot] for slot in slots.tolist()]
        table = StoryTable(
            stories=self._as_values(window, in_order, names, articles, numbers),
            articles=articles,
            numbers=numbers,
            times=times[order],
            quality=self._quality.rows[slots],
            groups=group_place[self._groups.rows[slots]],
            group_names=group_names,
            texts=window.texts.rows[slots],
            writes_own=self._writes_own.rows[slots],
            audience=self._audience.rows[slots],
            chosen=chosen[slots],
        )
        return table, slots

    def _as_values(
        self, window: Window, in_order: Sequence[int], names: Mapping[int, str], articles: Sequence[Article], numbers: Slots
    ) -> list[Story]:
        """The stories; those that did not change are the same objects as before."""
        starts = np.flatnonzero(np.diff(numbers, prepend=-1)).tolist()
        stops = [*starts[1:], len(articles)] if starts else []
        result = []
        for story, start, stop in zip(in_order, starts, stops, strict=True):
            if story not in self._stories:
                made = tuple(articles[start:stop])
                self._stories[story] = Story(
                    names[story], made, _Memberships(window, window.members[story], [article.id for article in made])
                )
            result.append(self._stories[story])
        return result


class _Memberships(Mapping[str, Membership]):
    """Why each article is in a story, computed when somebody looks: most stories are never looked at."""

    def __init__(self, window: Window, slots: Slots, ids: Sequence[str]) -> None:
        self._window, self._slots, self._ids = window, slots, ids

    @cached_property
    def _found(self) -> Mapping[str, Membership]:
        return self._window.memberships(self._slots)

    def __getitem__(self, article_id: str) -> Membership:
        return self._found[article_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def _ties_by_id(order: Slots, numbers: Slots, times: NDArray[np.float64], id_of: Callable[[int], str]) -> Slots:
    """Rows in order of story and time, those of one time in order of id."""
    if len(order) < 2:  # noqa: PLR2004 - a tie takes two
        return order
    with np.errstate(invalid="ignore"):  # undated ones are infinitely late: their difference is none
        same = (np.diff(numbers[order]) == 0) & (np.diff(times[order]) == 0)
    same |= (np.diff(numbers[order]) == 0) & np.isinf(times[order][1:]) & np.isinf(times[order][:-1])
    n = len(order)
    for place in np.flatnonzero(same & ~np.concatenate(([False], same[:-1]))).tolist() if n else ():
        stop = place + 1
        while stop < n and same[stop - 1]:
            stop += 1
        order[place:stop] = sorted(order[place:stop].tolist(), key=id_of)
    return order
