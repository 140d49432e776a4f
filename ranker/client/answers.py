"""What the service answers, as values. Names are those of the wire in snake_case, times are UTC; fields of newer services are passed over.

Kinds and states are plain texts, so that a new one breaks no caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

Json = Mapping[str, Any]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Base: frozen, camelCase on the wire."""


class Provider(Answer, frozen=True):
    """Who published."""

    name: str
    domain: str


class ShortArticle(Answer, frozen=True):
    """An article in a list."""

    id: str
    title: str
    provider: Provider
    published_date_time: datetime | None
    web_url: str
    type: str
    quality: int


class Article(ShortArticle, frozen=True):
    """An article with everything that is shown of it; of one that was asked for by its id, its story, too."""

    excerpt: str
    category: str
    topics: tuple[str, ...]
    images: tuple[Json, ...]
    date_health: str  # ok | zoneless | missing | clamped
    story: str | None = None
    state: str | None = None  # live | sealed


class Membership(Answer, frozen=True):
    """Why an article is in its story."""

    probability: float | None
    similarity: float | None
    nearest: str | None


class Member(ShortArticle, frozen=True):
    """An article of a story."""

    membership: Membership


class Signal(Answer, frozen=True):
    """One signal of a story; the contributions of all three add up to its score exactly."""

    value: float
    scale: float
    normalised: float
    weight: float
    contribution: float
    parts: Any


class Signals(Answer, frozen=True):
    """The three signals."""

    quality: Signal
    heat: Signal
    recency: Signal


class Adjustment(Answer, frozen=True):
    """What moved a story after scoring."""

    rule: str
    because: str
    by_score: int
    place: int


class Counts(Answer, frozen=True):
    """How much coverage a story has."""

    articles: int
    unique_texts: int
    providers: int
    publisher_groups: int


class Hour(Answer, frozen=True):
    """An hour in which a story was told."""

    hour: datetime
    articles: int
    providers: int


class Lineage(Answer, frozen=True):
    """Where a story comes from, and where it went."""

    state: str  # live | sealed | merged | split | emptied
    created: datetime
    changed: datetime
    merged_from: tuple[str, ...]
    split_from: str | None
    heirs: tuple[str, ...]


class Story(Answer, frozen=True):
    """A story. One that is sealed has no rank, score, signals and phase.

    Parameters
    ----------
    phase_parts, why_above_next : with `explain`, or of an explanation.
    asked_for : the id that led here, if the story of that id was merged into this one.
    """

    id: str
    rank: int | None
    score: float | None
    as_of: datetime
    signals: Signals | None
    adjustments: tuple[Adjustment, ...]
    counts: Counts
    phase: str | None  # breaking | developing | sustained | fading
    first_published: datetime | None
    last_published: datetime | None
    lead: Article | None
    articles: tuple[Member, ...]
    topics: tuple[str, ...]
    folded: tuple[str, ...]
    timeline: tuple[Hour, ...]
    lineage: Lineage | None
    phase_parts: Json | None = None
    why_above_next: Json | None = None
    asked_for: str | None = None


class Timeline(Answer, frozen=True):
    """When a story was told; `asked_for` as in `Story`."""

    id: str
    timeline: tuple[Hour, ...]
    asked_for: str | None = None


class StoriesPage(Answer, frozen=True):
    """A page of stories; `next` is the cursor of the one that follows, None on the last."""

    as_of: datetime
    edition: int
    total: int
    stories: tuple[Story, ...]
    next: str | None


class RelatedArticle(ShortArticle, frozen=True):
    """An item of a related list."""

    similarity: float
    same_story: bool
    probability: float


class Related(Answer, frozen=True):
    """The related list of an article, or of a text that is not kept; the latter has no id."""

    story: str | None
    edition: int
    related: tuple[RelatedArticle, ...]
    id: str | None = None


class Diversity(Answer, frozen=True):
    """How varied the first stories are, from 0 to 1; None where there are fewer than two to compare."""

    stories: int
    topics: float | None
    publisher_groups: float | None
    meaning: float | None


class FieldProblem(Answer, frozen=True):
    """Why an article was refused."""

    field: str
    reason: str


class RefusedArticle(Answer, frozen=True):
    """An article that was not ranked, by its place among those sent."""

    index: int
    problem: FieldProblem


class Ranked(Answer, frozen=True):
    """Articles as ranked stories."""

    as_of: datetime
    total: int
    stories: tuple[Story, ...]
    refused: tuple[RefusedArticle, ...]
    diversity: Diversity


class Receipt(Answer, frozen=True):
    """What became of one article that was sent.

    Parameters
    ----------
    index : its place among all that were sent, from 0.
    status : created, updated, unchanged or refused. What is not refused survives a crash of the service. An article whose answer was lost
        with its connection is sent again, and is then `unchanged`.
    story : with `wait`: the story it is in; None if that took longer.
    """

    index: int
    id: str | None
    status: str
    story: str | None = None
    problem: FieldProblem | None = None
