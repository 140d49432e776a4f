"""Store lines: an export, which is a head, what is kept, and an end, so that a file that was cut short is seen; bytes are base64."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import msgspec

from ranker.desk.records import Change, Event, KeptArticle, StoryRecord
from ranker.desk.store import KeptCorrection
from ranker.desk.store_codec import encoded
from ranker.desk.store_rules import Counters
from ranker.errors import StoreError

EXPORT_VERSION = 1


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


KeptLine = HeadLine | ArticleLine | StoryLine | EventLine | CorrectionLine | ChangeLine
_LINES: msgspec.json.Decoder[KeptLine | EndLine] = msgspec.json.Decoder(KeptLine | EndLine)


def export_lines(lines: Iterable[KeptLine], write: Callable[[bytes], object]) -> None:
    """Hand the lines of a store, head first, and their end to `write`, one at a time."""
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007 - the last count is the number of lines
        write(encoded(line) + b"\n")
    write(encoded(EndLine(count)) + b"\n")


def import_lines(texts: Iterable[bytes], keep: Callable[[KeptLine], None]) -> None:
    """Hand each line of a whole export, but the last, to `keep`.

    Raises
    ------
    StoreError : if the export is cut short or wrong, or `keep` raises a ValueError; what was handed over until then must be forgotten.
    """
    count, ended = 0, False  # lines before the end
    for number, text in enumerate(texts, start=1):
        try:
            line = _LINES.decode(text)
            if isinstance(line, HeadLine) == bool(count) or ended:
                raise ValueError("an export has one head, first, and one end, last")  # noqa: TRY301 - told below, with the line's number
            if isinstance(line, EndLine):
                _check_count(line, count)
                ended = True
                continue
            count += 1
            if isinstance(line, HeadLine):
                _check_version(line)
            keep(line)
        except (msgspec.MsgspecError, ValueError) as error:
            raise StoreError(f"line {number} of the export: {error}") from error
    if not ended:
        raise StoreError(f"the export ends after line {count}: it was cut short")


def _check_count(end: EndLine, count: int) -> None:
    if end.lines != count:
        raise ValueError(f"the export had {end.lines:,} lines before this one, here are {count:,}")


def _check_version(head: HeadLine) -> None:
    ours = HeadLine(EXPORT_VERSION, head.counters)
    if head != ours:
        raise ValueError(f"is of version {head.version} ({head.byte_order}), this ranker reads {ours.version} ({ours.byte_order})")
