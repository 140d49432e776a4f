"""What the service answers beside stories and articles: events, corrections, topics, providers, and what became of what was sent."""

from __future__ import annotations

from datetime import datetime

from ranker.client.answers import Answer, FieldProblem, Provider


class Removed(Answer, frozen=True):
    """An article that is removed."""

    id: str
    status: str


class Event(Answer, frozen=True):
    """Something that happened to a story."""

    number: int
    kind: str  # created | grown | shrunk | merged | split | sealed | emptied | corrected
    story: str
    at: datetime
    cause: str
    articles: tuple[str, ...]
    stories: tuple[str, ...]


class ChangesPage(Answer, frozen=True):
    """Events in order; the next page is that since `last`."""

    events: tuple[Event, ...]
    last: int
    more: bool


class Undone(Answer, frozen=True):
    """Who undid a correction, and when."""

    by: str
    at: datetime


class Correction(Answer, frozen=True):
    """A correction and what became of it."""

    id: str
    action: str
    articles: tuple[str, ...]
    others: tuple[str, ...]
    by: str
    at: datetime | None
    why: str
    state: str  # waiting | stands | undone
    undone: Undone | None


class CorrectionsPage(Answer, frozen=True):
    """A page of corrections in the order in which they were made."""

    corrections: tuple[Correction, ...]
    next: str | None


class Topic(Answer, frozen=True):
    """A topic in the window."""

    name: str
    stories: int
    articles: int


class TopicsPage(Answer, frozen=True):
    """A page of topics, most stories first."""

    total: int
    topics: tuple[Topic, ...]
    next: str | None


class Dates(Answer, frozen=True):
    """How many articles have a good date, none, one without a zone, or one ahead of the clock."""

    ok: int
    zoneless: int
    missing: int
    clamped: int


class ProviderHealth(Provider, frozen=True):
    """A provider in the window, and the health of its dates."""

    group: str
    articles: int
    dates: Dates
    newest: datetime | None


class ProvidersPage(Answer, frozen=True):
    """A page of providers, most articles first."""

    total: int
    providers: tuple[ProviderHealth, ...]
    next: str | None


class Readiness(Answer, frozen=True):
    """What a service that is ready says of itself."""

    status: str
    edition: int
    articles: int
    waiting: int


class Item(Answer, frozen=True):
    """What an answer to a POST of articles tells of one line."""

    line: int
    id: str | None
    status: str
    story: str | None = None
    problem: FieldProblem | None = None


class Taken(Answer, frozen=True):
    """What an answer to a POST of articles tells."""

    items: tuple[Item, ...]
