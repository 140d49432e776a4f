"""Store: what any keeper of the desk's memory must do, and its records as JSON, the same in every store and in an export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import msgspec

from ranker.articles.article import Article
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.stories.corrections import Correction

EXPORT_VERSION = 1
_DEEPEST = 50  # levels of a value nobody knows (`extra`, `images`, `related`); a decoder's stack ends at some hundreds


@dataclass(frozen=True, slots=True)
class KeptCorrection:
    """A correction, and who undid it and when; one that stands has neither."""

    correction: Correction
    undone_by: str = ""
    undone_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it was never undone."""
        return self.undone_at is None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a desk needs to go on where the last one ended."""

    articles: list[KeptArticle]  # not sealed, in order of id
    stories: list[StoryRecord]  # theirs, in order of id
    corrections: list[Correction]  # that stand, in the order they were made
    decided: int  # changes up to this number no longer wait
    last_event: int  # number of the last event there ever was, 0 before the first
    fingerprint: str  # of what vectors and `derived` were made with; empty before the first


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store in numbers."""

    path: str
    schema: int
    size_bytes: int
    live: int  # articles
    sealed: int  # articles
    stories: Mapping[str, int]  # by state
    events: int
    corrections: int  # that stand
    undone: int  # corrections that no longer do
    waiting: int
    oldest: datetime | None  # when the first article was published, else received
    newest: datetime | None
    fingerprint: str


class Store(Protocol):
    """Keeps what was asked of a desk and what it decided.

    One desk writes; any number of threads read and none of them waits for it. Every method raises StoreError if the store is closed,
    damaged or out of space, and whatever was to be written is then as it was before.
    """

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers under which these changes now wait, rising. When they are returned the changes survive a power cut."""
        ...

    def waiting(self, *, after: int = 0, limit: int = 1000) -> list[Change]:
        """Changes that are accepted and not yet decided, in order of number."""
        ...

    def waiting_count(self) -> int:
        """How many changes wait; costs the same for one as for a million."""
        ...

    def commit(self, decided: Decided) -> None:
        """Keep one round of the desk, whole or not at all. A removed article is gone with all that was computed of it.

        Raises
        ------
        ValueError : if it moves, seals or undoes what is not there, or an event's number does not rise.
        """
        ...

    def load(self) -> Loaded:
        """What a desk starts from."""
        ...

    def article(self, article_id: str) -> KeptArticle | None:
        """An article, live or sealed."""
        ...

    def story(self, story_id: str) -> StoryRecord | None:
        """A story in whatever state."""
        ...

    def articles_of(self, story_id: str) -> list[KeptArticle]:
        """The articles of a story, sealed ones too, in order of time (published, else received) and id."""
        ...

    def events(self, *, after: int, limit: int) -> list[Event]:
        """Events with a number above `after`, in order of number."""
        ...

    def events_of(self, story_id: str) -> list[Event]:
        """Events of one story, in order of number."""
        ...

    def first_event_number(self) -> int:
        """Number of the oldest event that is kept; where none is, a number above those of all there were."""
        ...

    def last_event_number(self) -> int:
        """Number of the last event there ever was, 0 before the first."""
        ...

    def corrections(self, *, with_undone: bool = False) -> list[KeptCorrection]:
        """Corrections in the order they were made."""
        ...

    def correction(self, correction_id: str) -> KeptCorrection | None:
        """A correction, undone or not."""
        ...

    def retain(self, before: datetime) -> int:
        """How many articles were dropped: the sealed ones that were published (else received) before a moment.

        With them go the records of stories that have no article and lead to none any more, and all events before that moment.
        """
        ...

    def info(self) -> StoreInfo:
        """The store in numbers."""
        ...

    def verify(self) -> list[str]:
        """What is wrong with the store, in words; empty if nothing is. Reads all of it."""
        ...

    def compact(self) -> None:
        """Give the room of what was dropped back to the disk."""
        ...

    def export(self, write: Callable[[bytes], object]) -> None:
        """Hand all there is to `write`, as of one moment, one line of JSON at a time."""
        ...

    def import_(self, lines: Iterable[bytes]) -> None:
        """Take over a whole export. The store must be empty, and stays so if the export is cut short or wrong."""
        ...

    def close(self) -> None:
        """Let go of the store; once more does nothing."""
        ...


# Records as JSON. What `extra` may hold of YAML (dates, sets, keys that are numbers) becomes what JSON has; not-a-number becomes null.


def encoded(record: object) -> bytes:
    """A record as JSON. No article is refused: half characters (lone surrogates) become question marks."""
    try:
        return _ENCODER.encode(record)
    except UnicodeEncodeError:
        return _ENCODER.encode(_whole(msgspec.to_builtins(record, str_keys=True, enc_hook=_plain)))


def shallow(article: Article) -> Article:
    """The article; values nested deeper than any decoder would follow are left out of it."""
    if not _deeper((article.extra, *article.images, *article.related), _DEEPEST):
        return article
    images, related = (tuple(_cut_values(item) for item in items) for items in (article.images, article.related))
    return replace(article, extra=_cut_values(article.extra), images=images, related=related)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def _deeper(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return levels == 0 or any(_deeper(item, levels - 1) for item in value)


def _cut_values(mapping: Mapping[str, object]) -> dict[str, object]:
    return {key: _cut(value, _DEEPEST) for key, value in mapping.items()}


def _cut(value: object, levels: int) -> object:
    if isinstance(value, Mapping):
        return {key: _cut(item, levels - 1) for key, item in value.items()} if levels else None
    if isinstance(value, list | tuple):
        return [_cut(item, levels - 1) for item in value] if levels else None
    return value


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
ARTICLES = msgspec.json.Decoder(Article)
STORIES = msgspec.json.Decoder(StoryRecord)
EVENTS = msgspec.json.Decoder(Event)
CORRECTIONS = msgspec.json.Decoder(Correction)
CHANGES = msgspec.json.Decoder(Change)


# The lines of an export: a head, what is kept, and an end, so that a file that was cut short is seen. Bytes are base64.


@dataclass(frozen=True, slots=True)
class Counters:
    """What a store knows beside its records."""

    decided: int = 0
    last_event: int = 0
    fingerprint: str = ""


class HeadLine(msgspec.Struct, frozen=True, tag_field="kind", tag="store"):
    """The first line."""

    version: int
    counters: Counters
    byte_order: str = sys.byteorder  # of the vectors


class ArticleLine(msgspec.Struct, frozen=True, tag_field="kind", tag="article"):
    """An article."""

    kept: KeptArticle
    sealed: bool


class StoryLine(msgspec.Struct, frozen=True, tag_field="kind", tag="story"):
    """A story."""

    story: StoryRecord


class EventLine(msgspec.Struct, frozen=True, tag_field="kind", tag="event"):
    """An event."""

    event: Event


class CorrectionLine(msgspec.Struct, frozen=True, tag_field="kind", tag="correction"):
    """A correction, in the order they were made."""

    kept: KeptCorrection


class ChangeLine(msgspec.Struct, frozen=True, tag_field="kind", tag="change"):
    """A change that waits."""

    change: Change


class EndLine(msgspec.Struct, frozen=True, tag_field="kind", tag="end"):
    """The last line."""

    lines: int  # before this one


Line = HeadLine | ArticleLine | StoryLine | EventLine | CorrectionLine | ChangeLine | EndLine
LINES: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
