"""`MemoryStore`: the store of a desk that nobody goes on with: tests, evaluations, notebooks. It ends with its process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.store import KeptCorrection, Loaded, StoreInfo
from ranker.desk.store_codec import ARTICLES, CHANGES, CORRECTIONS, EVENTS, STORIES, encoded, shallow, storable
from ranker.desk.store_lines import (
    EXPORT_VERSION,
    ArticleLine,
    ChangeLine,
    CorrectionLine,
    EventLine,
    HeadLine,
    KeptLine,
    StoryLine,
    export_lines,
    import_lines,
)
from ranker.desk.store_rules import Counters, first_ones, heirless, lost_heirs, odd_vectors
from ranker.errors import StoreError

_Numbered = TypeVar("_Numbered", Event, Change)


@dataclass(slots=True)
class _Held:
    """All that a store holds, each record as JSON would give it back."""

    articles: dict[str, KeptArticle] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)  # ids of articles
    stories: dict[str, StoryRecord] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    corrections: dict[str, KeptCorrection] = field(default_factory=dict)
    waiting: dict[int, Change] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)

    def copy(self) -> _Held:
        """Its records in other dictionaries."""
        return _Held(
            dict(self.articles),
            set(self.sealed),
            dict(self.stories),
            dict(self.events),
            dict(self.corrections),
            dict(self.waiting),
            self.counters,
        )

    def keep(self, line: KeptLine) -> None:
        """Keep what a line of an export holds.

        Raises
        ------
        ValueError : if an event or a change of its number is there already.
        """
        if isinstance(line, HeadLine):
            self.counters = line.counters
        elif isinstance(line, ArticleLine):
            self.articles[line.kept.article.id] = line.kept
            self.sealed |= {line.kept.article.id} if line.sealed else set()
        elif isinstance(line, StoryLine):
            self.stories[line.story.id] = line.story
        elif isinstance(line, CorrectionLine):
            self.corrections[line.kept.correction.id] = line.kept
        elif isinstance(line, EventLine):
            _put_new(self.events, line.event.number, line.event)
        else:
            _put_new(self.waiting, line.change.number, line.change)


class MemoryStore:
    """A `Store` in memory.

    Parameters
    ----------
    name : what messages call it.
    """

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self._held = _Held()
        self._lock = Lock()
        self._closed = False

    def reopened(self) -> MemoryStore:
        """A store that goes on with what this one, closed or not, holds: what a file is to another process."""
        result = MemoryStore(self._name)
        result._held = self._held.copy()
        return result

    def close(self) -> None:
        """Let go of the store; once more does nothing."""
        self._closed = True

    # What is asked and decided

    def accept(self, changes: Sequence[Change]) -> list[int]:
        """The numbers under which these changes now wait, rising."""
        asked = [CHANGES.decode(encoded(storable(change))) for change in changes]
        with self._lock:
            held = self._open()
            start = 1 + max(held.counters.decided, *held.waiting, 0)
            numbers = list(range(start, start + len(asked)))
            held.waiting.update((number, replace(change, number=number)) for number, change in zip(numbers, asked, strict=True))
        return numbers

    def waiting(self, *, after: int = 0, limit: int = 1000) -> list[Change]:
        """Changes that are accepted and not yet decided, in order of number."""
        with self._lock:
            return [change for number, change in self._open().waiting.items() if number > after][:limit]

    def waiting_count(self) -> int:
        """How many changes wait."""
        with self._lock:
            return len(self._open().waiting)

    def commit(self, decided: Decided) -> None:
        """Keep one round of the desk, whole or not at all. A removed article is gone with all that was computed of it.

        Raises
        ------
        ValueError : if it moves, seals or undoes what is not there, or an event's number does not rise.
        """
        put = {kept.article.id: _decoded(kept) for kept in decided.put}
        stories = [STORIES.decode(encoded(story)) for story in decided.stories]
        made = [CORRECTIONS.decode(encoded(correction)) for correction in decided.corrections]
        events = [EVENTS.decode(encoded(event)) for event in decided.events]
        undone = {name: (undo.get("by", ""), datetime.fromisoformat(undo["at"]).astimezone(UTC)) for name, undo in decided.undone.items()}
        with self._lock:
            held = self._open()
            articles = held.articles.keys() | put.keys()
            _all_there(decided.moved, articles, "moved")
            _all_there(decided.derived, articles, "derived anew")
            _all_there(decided.sealed, articles, "sealed")
            _all_there(undone, held.corrections.keys() | {correction.id for correction in made}, "undone")
            counters = held.counters.after(decided)
            held.articles |= put
            held.sealed -= put.keys()
            for name, story in decided.moved.items():
                held.articles[name] = replace(held.articles[name], story=story)
            for name, derived in decided.derived.items():
                held.articles[name] = replace(held.articles[name], derived=derived)
            held.sealed |= set(decided.sealed)
            for name in decided.removed:
                held.articles.pop(name, None)
                held.sealed.discard(name)
            held.stories.update((story.id, story) for story in stories)
            for correction in made:
                if correction.id in held.corrections and not held.corrections[correction.id].stands:
                    del held.corrections[correction.id]  # made again: it stands as the newest
                held.corrections[correction.id] = KeptCorrection(correction)
            for name, (by, at) in undone.items():
                held.corrections[name] = replace(held.corrections[name], undone_by=by, undone_at=at)
            held.events.update((event.number, event) for event in events)
            for number in [number for number in held.waiting if number <= decided.up_to]:
                del held.waiting[number]
            held.counters = counters

    # What is read

    def load(self) -> Loaded:
        """What a desk starts from."""
        with self._lock:
            held = self._open()
            live = [held.articles[name] for name in sorted(held.articles.keys() - held.sealed)]
            named = {kept.story for kept in live}
            return Loaded(
                articles=live,
                stories=[held.stories[name] for name in sorted(named & held.stories.keys())],
                corrections=[kept.correction for kept in held.corrections.values() if kept.stands],
                decided=held.counters.decided,
                last_event=held.counters.last_event,
                fingerprint=held.counters.fingerprint,
            )

    def article(self, article_id: str) -> KeptArticle | None:
        """An article, live or sealed."""
        with self._lock:
            return self._open().articles.get(article_id)

    def story(self, story_id: str) -> StoryRecord | None:
        """A story in whatever state."""
        with self._lock:
            return self._open().stories.get(story_id)

    def articles_of(self, story_id: str) -> list[KeptArticle]:
        """The articles of a story, sealed ones too, in order of time (published, else received) and id."""
        with self._lock:
            found = [kept for kept in self._open().articles.values() if kept.story == story_id]
        return sorted(found, key=lambda kept: (_moment(kept), kept.article.id))

    def events(self, *, after: int, limit: int) -> list[Event]:
        """Events with a number above `after`, in order of number."""
        with self._lock:
            return [event for number, event in self._open().events.items() if number > after][:limit]

    def events_of(self, story_id: str) -> list[Event]:
        """Events of one story, in order of number."""
        with self._lock:
            return [event for event in self._open().events.values() if event.story == story_id]

    def first_event_number(self) -> int:
        """Number of the oldest event that is kept; where none is, a number above those of all there were."""
        with self._lock:
            held = self._open()
            return min(held.events, default=held.counters.last_event + 1)

    def last_event_number(self) -> int:
        """Number of the last event there ever was, 0 before the first."""
        with self._lock:
            return self._open().counters.last_event

    def corrections(self, *, with_undone: bool = False) -> list[KeptCorrection]:
        """Corrections in the order they were made."""
        with self._lock:
            return [kept for kept in self._open().corrections.values() if kept.stands or with_undone]

    def correction(self, correction_id: str) -> KeptCorrection | None:
        """A correction, undone or not."""
        with self._lock:
            return self._open().corrections.get(correction_id)

    # Upkeep

    def retain(self, before: datetime) -> int:
        """How many articles were dropped: the sealed ones that were published (else received) before a moment.

        With them go the records of stories that have no article and lead to none any more, and all events before that moment.
        """
        with self._lock:
            held = self._open()
            dropped = {name for name in held.sealed if _moment(held.articles[name]) < before}
            held.sealed -= dropped
            for name in dropped:
                del held.articles[name]
            told = {kept.story for kept in held.articles.values()}
            for story in [story for story in held.stories.values() if story.state == "sealed" and story.id not in told]:
                del held.stories[story.id]
            for event in [event for event in held.events.values() if event.at < before]:
                del held.events[event.number]
            gone = [story for story in held.stories.values() if story.state in {"merged", "split", "emptied"}]
            lost, changed = heirless(gone, held.stories.keys(), before)
            held.stories.update((story.id, story) for story in changed)
            for name in lost:
                del held.stories[name]
        return len(dropped)

    def info(self) -> StoreInfo:
        """The store in numbers."""
        with self._lock:
            held = self._open().copy()
        moments = [_moment(kept) for kept in held.articles.values()]
        standing = sum(kept.stands for kept in held.corrections.values())
        return StoreInfo(
            path=self._name,
            schema=EXPORT_VERSION,
            size_bytes=sum(len(encoded(line)) for line in _lines(held)),
            live=len(held.articles) - len(held.sealed),
            sealed=len(held.sealed),
            stories=dict(sorted(Counter(story.state for story in held.stories.values()).items())),
            events=len(held.events),
            corrections=standing,
            undone=len(held.corrections) - standing,
            waiting=len(held.waiting),
            oldest=min(moments, default=None),
            newest=max(moments, default=None),
            fingerprint=held.counters.fingerprint,
        )

    def verify(self) -> list[str]:
        """What is wrong with the store, in words; empty if nothing is."""
        with self._lock:
            held = self._open().copy()
        kinds = (_misplaced, _odd_vectors, _lost_heirs)
        return [problem for kind in kinds for problem in first_ones(kind(held))]

    def compact(self) -> None:
        """Nothing: room of what was dropped is given back at once."""
        with self._lock:
            self._open()

    def export(self, write: Callable[[bytes], object]) -> None:
        """Hand all there is to `write`, as of one moment, one line of JSON at a time."""
        with self._lock:
            held = self._open().copy()
        export_lines(_lines(held), write)

    def import_(self, lines: Iterable[bytes]) -> None:
        """Take over a whole export. The store must be empty, and stays so if the export is cut short or wrong."""
        with self._lock:
            if self._open() != _Held():
                raise StoreError(f"{self._name}: is not empty; import into a new file")
            taken = _Held()
            import_lines(lines, taken.keep)
            self._held = taken

    def _open(self) -> _Held:
        if self._closed:
            raise StoreError(f"{self._name}: the store is closed")
        return self._held


# Records


def _decoded(kept: KeptArticle) -> KeptArticle:
    return replace(kept, article=ARTICLES.decode(encoded(shallow(kept.article))), received=kept.received.astimezone(UTC))


def _moment(kept: KeptArticle) -> datetime:
    return kept.article.published or kept.received


def _put_new(known: dict[int, _Numbered], number: int, record: _Numbered) -> None:
    if number in known:
        raise ValueError(f"number {number} was there before")
    known[number] = record


def _all_there(wanted: Iterable[str], known: Iterable[str], verb: str) -> None:
    """See that all is there that is to be changed.

    Raises
    ------
    ValueError : if some is not.
    """
    names = set(wanted)
    found = names.intersection(known)
    if len(found) != len(names):
        raise ValueError(f"{len(names):,} to be {verb}, of which the store holds {len(found):,}")


# Export and import


def _lines(held: _Held) -> Iterator[KeptLine]:
    yield HeadLine(EXPORT_VERSION, held.counters)
    yield from (StoryLine(held.stories[name]) for name in sorted(held.stories))
    yield from (ArticleLine(held.articles[name], name in held.sealed) for name in sorted(held.articles))
    yield from map(EventLine, held.events.values())
    yield from map(CorrectionLine, held.corrections.values())
    yield from map(ChangeLine, held.waiting.values())


# What may be wrong


def _misplaced(held: _Held) -> Iterator[str]:
    for name, kept in sorted(held.articles.items()):
        story = held.stories.get(kept.story)
        if story is None:
            yield f"article {name} is in story {kept.story}, which is not there"
        elif story.state not in {"live", "sealed"}:
            yield f"article {name} is in story {kept.story}, which is {story.state}"
    told = {kept.story for kept in held.articles.values()}
    for name, story in sorted(held.stories.items()):
        if story.state == "live" and name not in told:
            yield f"story {name} is live and has no article"


def _odd_vectors(held: _Held) -> Iterator[str]:
    return odd_vectors(Counter(len(kept.vector) for kept in held.articles.values() if kept.vector).items())


def _lost_heirs(held: _Held) -> Iterator[str]:
    gone = (story for _, story in sorted(held.stories.items()) if story.state in {"merged", "split"})
    return lost_heirs(gone, held.stories.keys())
