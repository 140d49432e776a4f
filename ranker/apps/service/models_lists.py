"""Models of what lists hold: events, corrections, topics, providers; for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ranker.apps.service.models import ProviderOut, Shape


class EventOut(Shape):
    """Something that happened to a story."""

    number: int = Field(examples=[1041])
    kind: Literal["created", "grown", "shrunk", "merged", "split", "sealed", "emptied", "corrected"]
    story: str
    at: datetime
    cause: str = Field(examples=["3 articles arrived"])
    articles: list[str] = Field(description="Ids that came or went")
    stories: list[str] = Field(description="merged: its heir; split: its heirs; created by a split: where it came from")


class ChangesOut(Shape):
    """Events in order."""

    events: list[EventOut]
    last: int = Field(description="What to give as since next")
    more: bool = Field(description="Whether there are more already")


class Undone(Shape):
    """Who undid a correction, and when."""

    by: str
    at: datetime


class CorrectionOut(Shape):
    """A correction and what became of it."""

    id: str = Field(examples=["c5e7a9b1d3f5c7e90"])
    action: Literal["join", "part", "lead", "pin", "hide"]
    articles: list[str]
    others: list[str]
    by: str
    at: datetime | None
    why: str
    state: Literal["waiting", "stands", "undone"]
    undone: Undone | None


class CorrectionsOut(Shape):
    """A page of corrections in the order in which they were made."""

    corrections: list[CorrectionOut]
    next: str | None


class TopicOut(Shape):
    """A topic in the window."""

    name: str = Field(examples=["Earthquakes"])
    stories: int
    articles: int


class TopicsOut(Shape):
    """A page of topics, most stories first."""

    total: int
    topics: list[TopicOut]
    next: str | None


class Dates(Shape):
    """How many articles have a good date, none, one without a zone, or one ahead of the clock."""

    ok: int
    zoneless: int
    missing: int
    clamped: int


class ProviderHealthOut(ProviderOut):
    """A provider in the window, and the health of its dates."""

    group: str = Field(description="Its owner")
    articles: int
    dates: Dates
    newest: datetime | None


class ProvidersOut(Shape):
    """A page of providers, most articles first."""

    total: int
    providers: list[ProviderHealthOut]
    next: str | None
