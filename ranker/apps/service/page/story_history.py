"""History of a story: what happened to it and what editors said of it, newest first."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ranker.apps.service.shapes import kept_correction_json
from ranker.apps.service.views import View
from ranker.articles.dates import iso_text
from ranker.desk.records import Event
from ranker.desk.store import KeptCorrection, Store
from ranker.stories.corrections import Correction, Corrections

SHOWN, MOST_SHOWN = 25, 1000  # entries at first, and at most
_NAMED = 3  # articles and stories of an entry; the others are counted
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_OF_CORRECTION = re.compile(r"correction (c[0-9a-f]{16})\b")
_WORDS = {
    "created": "Begun", "grown": "Grew", "shrunk": "Shrank", "merged": "Merged into another", "split": "Split", "sealed": "Sealed",
    "emptied": "Emptied", "corrected": "Corrected",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An article or a story that an entry speaks of.

    Parameters
    ----------
    title : empty for one that is not known any more, or is in no edition.
    """

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, or that was said.

    Parameters
    ----------
    what : in a word or two.
    because : of an event, its cause; of a correction, what its editor gave as a reason.
    articles, others : those that are named, and how many more there are.
    correction : of one: what the wire tells of it, and its state ("stands", "undone" or "waiting").
    """

    at: str | None
    what: str
    because: str
    articles: tuple[Named, ...] = ()
    more_articles: int = 0
    others: tuple[Named, ...] = ()
    more_others: int = 0
    stories: tuple[Named, ...] = ()
    more_stories: int = 0
    correction: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Entries, the newest first, and how many older ones are left out."""

    entries: tuple[Entry, ...]
    left_out: int


def history_of(story_id: str, articles: Sequence[str], store: Store, standing: Corrections, view: View, *, limit: int) -> History:
    """What happened to a story.

    Parameters
    ----------
    articles : ids of its articles: corrections that name one of them touch it.
    standing : the corrections in force, those that wait to be decided included.
    view : names articles and stories.
    limit : entries, at most.
    """
    corrections = _corrections(store, standing)
    said = _by_id(corrections)
    touching = [each for each in corrections if _names(each[0].correction, set(articles))]
    shown = {kept.correction.id for kept, _ in touching}
    events = store.events_of(story_id)
    told: list[tuple[tuple[datetime, float], Event | tuple[KeptCorrection, bool]]] = [
        ((event.at, event.number), event) for event in events if _is_news(event, shown)
    ]
    led_to = _by_correction(events)
    told += [(_moment(kept.correction, led_to.get(kept.correction.id, ())), (kept, waits)) for kept, waits in touching]
    told.sort(key=lambda each: each[0], reverse=True)
    entries = (_of_event(what, view, said) if isinstance(what, Event) else _of_correction(*what, view) for _, what in told[:limit])
    return History(tuple(entries), max(0, len(told) - limit))


def corrections_by_id(store: Store, standing: Corrections) -> Mapping[str, Correction]:
    """All corrections, undone ones too, by id."""
    return _by_id(_corrections(store, standing))


def _by_id(corrections: Sequence[tuple[KeptCorrection, bool]]) -> Mapping[str, Correction]:
    return {kept.correction.id: kept.correction for kept, _ in corrections}


def _corrections(store: Store, standing: Corrections) -> list[tuple[KeptCorrection, bool]]:
    """All corrections, in the order in which they were made, and whether each waits to be decided."""
    kept = {each.correction.id: each for each in store.corrections(with_undone=True)}
    waiting = [item for item in standing.by_id.values() if item.id not in kept or not kept[item.id].stands]
    for item in waiting:
        kept.pop(item.id, None)  # it was undone, and is made again
    return [(each, False) for each in kept.values()] + [(KeptCorrection(item), True) for item in waiting]


def _names(item: Correction, articles: set[str]) -> bool:
    return not articles.isdisjoint(item.articles) or not articles.isdisjoint(item.others)


def _by_correction(events: Sequence[Event]) -> Mapping[str, Sequence[Event]]:
    """The events that each correction led to, by its id."""
    found: dict[str, list[Event]] = {}
    for event in events:
        said = _OF_CORRECTION.match(event.cause)
        if said is not None:
            found.setdefault(said.group(1), []).append(event)
    return found


def _moment(item: Correction, led_to: Sequence[Event]) -> tuple[datetime, float]:
    """Where a correction stands among events: right before the first that it led to, else behind those of its time."""
    for event in led_to:
        if item.at is None or event.at >= item.at:  # one that was undone and made again led to others before
            return event.at, event.number - 0.5
    return item.at or _BEFORE_ALL, math.inf


def _is_news(event: Event, shown: set[str]) -> bool:
    """Whether an event says more than the correction that stands beside it."""
    said = _OF_CORRECTION.match(event.cause)
    return event.kind != "corrected" or said is None or said.group(1) not in shown


def in_words(cause: str, said: Mapping[str, Correction], *, names_editor: bool = True) -> str:
    """A cause with a correction told by what it says, and who made it, in the place of its id.

    Parameters
    ----------
    said : corrections by id.
    """
    found = _OF_CORRECTION.match(cause)
    correction = None if found is None else said.get(found.group(1))
    if found is None or correction is None:
        return cause
    by = f" by {correction.by}" if correction.by and names_editor else ""
    return f"correction \N{LEFT DOUBLE QUOTATION MARK}{correction.action}\N{RIGHT DOUBLE QUOTATION MARK}{by}{cause[found.end() :]}"


def _of_event(event: Event, view: View, said: Mapping[str, Correction]) -> Entry:
    articles, more = _articles(event.articles, view)
    stories = tuple(named_story(story, view) for story in event.stories[:_NAMED])
    left = max(0, len(event.stories) - _NAMED)
    cause = in_words(event.cause, said, names_editor=event.kind != "corrected")  # which names them itself
    return Entry(iso_text(event.at), _WORDS[event.kind], cause, articles, more, stories=stories, more_stories=left)


def _of_correction(kept: KeptCorrection, waits: bool, view: View) -> Entry:
    item = kept.correction
    articles, more = _articles(item.articles, view)
    others, more_others = _articles(item.others, view)
    at = None if item.at is None else iso_text(item.at)
    told = kept_correction_json(kept, waits=waits)
    return Entry(at, item.action.capitalize(), item.why, articles, more, others, more_others, correction=told)


def _articles(ids: Sequence[str], view: View) -> tuple[tuple[Named, ...], int]:
    shown = ids[:_NAMED]
    found = [view.edition.article(article) for article in shown]
    named = tuple(Named(name, "" if article is None else article.title) for name, article in zip(shown, found, strict=True))
    return named, len(ids) - len(shown)


def named_story(story_id: str, view: View) -> Named:
    """A story by the title of its lead, where the edition has it."""
    ranked = view.story(story_id)
    return Named(story_id, "" if ranked is None else ranked.lead.title)
