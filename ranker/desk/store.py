"""Store: what any keeper of the desk's memory must do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.stories.corrections import Correction


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
