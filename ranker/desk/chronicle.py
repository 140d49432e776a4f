"""The chronicle: what happens to stories, under which id each goes on, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ranker.desk.records import Event, EventKind, StoryRecord
from ranker.stories.identity import NO_STORY, Succession, succession
from ranker.stories.story import story_id


@dataclass(slots=True)
class Turn:
    """What one round changed of stories."""

    records: dict[str, StoryRecord] = field(default_factory=dict)  # new or changed, by id
    events: list[Event] = field(default_factory=list)


class Chronicle:
    """Stories as numbers, given in order of creation, with the id and the record of each that lives.

    Parameters
    ----------
    was_used : whether a story that lives no longer had an id.
    """

    def __init__(self, *, last_event: int, was_used: Callable[[str], bool]) -> None:
        self.names: dict[int, str] = {}
        self.numbers: dict[str, int] = {}
        self.records: dict[str, StoryRecord] = {}
        self._next = 0
        self._ended: dict[int, str] = {}  # stories that ended in the round that is told of
        self._last_event = last_event
        self._was_used = was_used

    def go_on_after(self, event: int) -> None:
        """Give the next events numbers above that of an event which is kept."""
        self._last_event = event

    @property
    def last_event(self) -> int:
        """The number of the last event."""
        return self._last_event

    def take_over(self, record: StoryRecord) -> int:
        """Go on with a story that is kept; returns its number."""
        number = self._next
        self._next += 1
        self.names[number], self.numbers[record.id], self.records[record.id] = record.id, number, record
        return number

    def regrouped(
        self, id_of: Callable[[int], str], first: Callable[[NDArray[np.int64]], str], stories: NDArray[np.int64], groups: NDArray[np.int64],
        *, at: datetime, cause: str, turn: Turn,
    ) -> NDArray[np.int64]:  # fmt: skip
        """Give groups of articles their stories.

        Parameters
        ----------
        id_of : the id of the article at a place.
        first : the id of the article, of those at some places, that a story would be named after.
        stories : (n,) the number of the story that each was in, `NO_STORY` for none.
        groups : (n,) the group that each is in now, `NO_STORY` for one that is gone.
        turn : takes what is to be kept and told.

        Returns
        -------
        (n,) the number of the story of each article; `NO_STORY` for one that is gone.
        """
        if not len(groups):
            return groups
        self._ended = {}
        found = succession(stories, groups)
        order = np.argsort(groups, kind="stable")
        names, starts = np.unique(groups[order], return_index=True)
        places = dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True))
        places.pop(NO_STORY, None)
        went_on = dict(found.story_of_group)
        firsts = {group: first(rows) for group, rows in places.items() if group not in went_on}
        # In the order in which a restart finds them again, by moment and id: of equal claims the older story's is first.
        for group in sorted(firsts, key=lambda group: story_id(firsts[group])):
            went_on[group] = self._created(firsts[group], found.sources[group], at, turn)
        result = np.full(len(groups), NO_STORY, dtype=np.int64)
        for group, rows in places.items():
            result[rows] = went_on[group]
        self._tell(id_of, (stories, result), found, went_on, at=at, cause=cause, turn=turn)
        return result

    def sealed(self, number: int, articles: Sequence[str], *, at: datetime, turn: Turn) -> None:
        """A story has left the window."""
        name = self.names[number]
        because = "its newest article has left the window"
        self._end(number, replace(self._record(name, turn), state="sealed", because=because), turn)
        self._event("sealed", name, at, because, turn, articles=articles)

    def corrected(self, number: int, articles: Sequence[str], *, at: datetime, cause: str, turn: Turn) -> None:
        """A correction speaks of articles of a story."""
        self._event("corrected", self.names[number], at, cause, turn, articles=articles)

    def _created(self, first: str, sources: Sequence[int], at: datetime, turn: Turn) -> int:
        again = 0
        while (name := story_id(first, again)) in self.numbers or name in turn.records or self._was_used(name):
            again += 1
        parent = self.names[sources[0]] if sources else None
        record = StoryRecord(name, "live", at, at, split_from=parent)
        turn.records[name] = record
        return self.take_over(record)

    def _tell(
        self, id_of: Callable[[int], str], moved: tuple[NDArray[np.int64], NDArray[np.int64]], found: Succession,
        went_on: Mapping[int, int], *, at: datetime, cause: str, turn: Turn,
    ) -> None:  # fmt: skip
        """Events of stories whose articles changed; `moved` are the stories of all articles before and after."""
        before, after = moved
        came: dict[int, list[str]] = {}
        came_new: Counter[int] = Counter()  # of them, how many were in no story
        left: dict[int, list[str]] = {}
        for place in np.flatnonzero(before != after).tolist():
            if after[place] != NO_STORY:
                came.setdefault(int(after[place]), []).append(id_of(place))
                came_new[int(after[place])] += before[place] == NO_STORY
            if before[place] != NO_STORY:
                left.setdefault(int(before[place]), []).append(id_of(place))
        continuing = set(found.story_of_group.values())
        merged_into: dict[int, list[str]] = {}
        for story, groups in found.heirs.items():
            heirs = [went_on[group] for group in groups if went_on[group] != story]
            if story in continuing:
                self._told_of_living(story, heirs, left.get(story, []), at=at, cause=cause, turn=turn)
            else:
                self._told_of_ended(story, heirs, left.get(story, []), at=at, cause=cause, turn=turn)
                for heir in heirs[:1]:
                    merged_into.setdefault(heir, []).append(self._ended[story])
        sources = {went_on[group]: stories for group, stories in found.sources.items()}
        for story in sorted(came):
            name = self.names[story]
            record = self._record(name, turn)
            joined = tuple(sorted({*record.merged_from, *merged_into.get(story, [])}))
            record = replace(record, changed=at, merged_from=joined)
            turn.records[name] = self.records[name] = record
            is_new = story not in continuing
            parents = tuple(self._ended.get(number) or self.names[number] for number in sources[story]) if is_new else ()
            own = _arrived(len(came[story])) if came_new[story] == len(came[story]) else cause
            self._event("created" if is_new else "grown", name, at, own, turn, articles=sorted(came[story]), stories=parents)

    def _told_of_living(self, story: int, heirs: Sequence[int], gone: Sequence[str], *, at: datetime, cause: str, turn: Turn) -> None:
        if not gone:
            return
        name = self.names[story]
        turn.records[name] = self.records[name] = replace(self._record(name, turn), changed=at)
        names = tuple(self.names[heir] for heir in heirs)
        self._event("split" if names else "shrunk", name, at, cause, turn, articles=sorted(gone), stories=names)

    def _told_of_ended(self, story: int, heirs: Sequence[int], gone: Sequence[str], *, at: datetime, cause: str, turn: Turn) -> None:
        name = self.names[story]
        names = tuple(self.names[heir] for heir in heirs)
        kind: Literal["emptied", "merged", "split"] = "emptied" if not names else "merged" if len(names) == 1 else "split"
        record = replace(self._record(name, turn), state=kind, changed=at, heirs=names, because=cause)
        self._end(story, record, turn)
        self._event(kind, name, at, cause, turn, articles=sorted(gone), stories=names)

    def _record(self, name: str, turn: Turn) -> StoryRecord:
        return turn.records.get(name) or self.records[name]

    def _end(self, number: int, record: StoryRecord, turn: Turn) -> None:
        turn.records[record.id] = record
        self._ended[number] = record.id
        del self.names[number], self.numbers[record.id], self.records[record.id]

    def _event(
        self,
        kind: EventKind,
        story: str,
        at: datetime,
        cause: str,
        turn: Turn,
        *,
        articles: Sequence[str] = (),
        stories: Sequence[str] = (),
    ) -> None:
        self._last_event += 1
        turn.events.append(Event(self._last_event, kind, story, at, cause, tuple(articles), tuple(stories)))


def _arrived(articles: int) -> str:
    """What led to a story that new articles alone made, or made grow: these, and not all that came in the same round."""
    return "1 article arrived" if articles == 1 else f"{articles} articles arrived"
