"""Store rules: what every store does alike, whatever it keeps its records in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from ranker.desk.records import Decided, Event, StoryRecord

_FLOAT_BYTES = 4
_TOLD_PROBLEMS = 20  # of one kind, and then their number


@dataclass(frozen=True, slots=True)
class Counters:
    """What a store knows beside its records."""

    decided: int = 0
    last_event: int = 0
    fingerprint: str = ""

    def after(self, decided: Decided) -> Counters:
        """These counters when one more round is kept.

        Raises
        ------
        ValueError : if an event's number does not rise.
        """
        _check_rising(self.last_event, decided.events)
        return Counters(
            decided=max(self.decided, decided.up_to),
            last_event=decided.events[-1].number if decided.events else self.last_event,
            fingerprint=self.fingerprint if decided.fingerprint is None else decided.fingerprint,
        )


def _check_rising(last: int, events: Sequence[Event]) -> None:
    for event in events:
        if event.number <= last:
            raise ValueError(f"event {event.number} comes after event {last}: numbers must rise")
        last = event.number


def heirless(gone: Sequence[StoryRecord], known: AbstractSet[str], before: datetime) -> tuple[list[str], list[StoryRecord]]:
    """Of gone stories: the ids of those that lead to none any more or are empty since before a moment, and the others as they now lead.

    Parameters
    ----------
    gone : the merged, split and emptied ones.
    known : ids of all stories, these among them.
    """
    left = known - {story.id for story in gone if story.state == "emptied" and story.changed < before}
    while lost := {story.id for story in gone if story.id in left and story.state != "emptied" and left.isdisjoint(story.heirs)}:
        left -= lost  # and what led to these
    leading = [(story, tuple(heir for heir in story.heirs if heir in left)) for story in gone if story.id in left]
    changed = [replace(story, heirs=heirs) for story, heirs in leading if heirs != story.heirs]
    return [story.id for story in gone if story.id not in left], changed


# What may be wrong


def first_ones(problems: Iterable[str]) -> list[str]:
    """Problems of one kind; of many the first and how many more there are."""
    found = list(problems)
    more = len(found) - _TOLD_PROBLEMS
    return found if more <= 0 else [*found[:_TOLD_PROBLEMS], f"and {more:,} more of this kind"]


def odd_vectors(lengths: Iterable[tuple[int, int]]) -> Iterator[str]:
    """What is wrong with the vectors, of which so many are of each length in bytes."""
    by_count = sorted(lengths, key=lambda item: (-item[1], item[0]))
    for size, count in by_count:
        if size % _FLOAT_BYTES:
            yield f"{count:,} vectors have {size:,} bytes, which is no whole number of float32"
    for size, count in by_count[1:]:
        yield f"{count:,} vectors have {size:,} bytes, {by_count[0][1]:,} have {by_count[0][0]:,}"


def lost_heirs(gone: Iterable[StoryRecord], known: AbstractSet[str]) -> Iterator[str]:
    """What is wrong with the heirs of merged and split stories."""
    for story in gone:
        if not story.heirs:
            yield f"story {story.id} is gone and leads nowhere"
        yield from (f"story {story.id} leads to story {heir}, which is not there" for heir in story.heirs if heir not in known)
