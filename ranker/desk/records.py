"""Records: what the desk keeps and what it tells, as values that any store can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ranker.articles.article import Article
from ranker.stories.corrections import Correction

ChangeKind = Literal["put", "remove", "correct", "undo"]
EventKind = Literal["created", "grown", "shrunk", "merged", "split", "sealed", "emptied", "corrected"]
StoryState = Literal["live", "sealed", "merged", "split", "emptied"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was asked of the desk and acknowledged; until it is decided it waits in the store."""

    kind: ChangeKind
    at: datetime  # when it was accepted, UTC
    article: Article | None = None  # of "put"
    correction: Correction | None = None  # of "correct"
    id: str = ""  # of the article to remove, or of the correction to undo
    by: str = ""  # who asked, where that is known
    number: int = 0  # given by the store, rising; 0 before


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article with what was computed of it, so that a start computes nothing again."""

    article: Article
    received: datetime  # when it was first accepted, UTC
    story: str  # id of its story
    vector: bytes = field(default=b"", repr=False)  # float32, in the machine's order; empty where it was not kept
    derived: bytes = field(default=b"", repr=False)  # what the desk makes of its text and its neighbours; opaque to a store


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """What is kept of a story, whether it lives or not."""

    id: str
    state: StoryState
    created: datetime
    changed: datetime  # when its articles last changed
    heirs: tuple[str, ...] = ()  # of a merged or split story: where its articles are now, the most first
    merged_from: tuple[str, ...] = ()  # ids that led here
    split_from: str | None = None
    because: str = ""  # why it is in its state, in words


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a story."""

    number: int  # rising, without gaps that anybody may rely on
    kind: EventKind
    story: str
    at: datetime
    cause: str  # in words: what led to it
    articles: tuple[str, ...] = ()  # ids that came or went
    stories: tuple[str, ...] = ()  # merged: its heir; split: its heirs; created by a split: where it came from


@dataclass(frozen=True, slots=True)
class Decided:
    """What one round of the desk decided: kept whole or not at all."""

    up_to: int  # changes up to this number no longer wait
    put: tuple[KeptArticle, ...] = ()  # new or changed articles
    moved: Mapping[str, str] = field(default_factory=dict)  # article id -> the story it is in now, of articles that are not in `put`
    removed: tuple[str, ...] = ()  # article ids, gone for good
    sealed: tuple[str, ...] = ()  # ids of articles that left the desk's memory; they stay readable
    stories: tuple[StoryRecord, ...] = ()  # new or changed
    events: tuple[Event, ...] = ()
    corrections: tuple[Correction, ...] = ()  # made in this round
    undone: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # correction id -> {"by": ..., "at": ...}
    derived: Mapping[str, bytes] = field(default_factory=dict)  # article id -> new `derived`, of articles that are not in `put`
    fingerprint: str | None = None  # of what vectors and `derived` were made with, where that changed
