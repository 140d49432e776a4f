"""`Article`: one published item as the whole of `ranker` sees it, and the small values it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

DateHealth = Literal["ok", "zoneless", "missing", "clamped"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published: a name and a domain; either may be empty, `key` tells providers apart."""

    name: str = ""
    domain: str = ""

    @property
    def key(self) -> str:
        """What two articles of one provider share: the domain, else the name, in lower case."""
        return (self.domain or self.name).casefold()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article was read: a path ("-" for standard input) and, in files of many, a 1-based line or item."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Article:
    """One published item: title, excerpt, provider, time, address; never the full text.

    `title` and `excerpt` are repaired, `title_as_read` and `excerpt_as_read` are what stood in the input.
    `published` is timezone-aware UTC, None where the input gives no date. `quality`, `heat`,
    `is_published` and `related` are the values the input carried, None where it carried none.
    `extra` holds the keys that `ranker` does not know, opaque and never printed; neither are `images` and
    `related`, whose items may hold such keys.
    """

    id: str
    title: str
    excerpt: str = ""
    provider: Provider = Provider()
    published: datetime | None = None
    url: str = ""
    category: str = ""
    type: str = "article"
    topics: tuple[str, ...] = ()
    images: tuple[Mapping[str, object], ...] = field(default=(), repr=False)
    has_amp: bool = False
    own_url: str = ""
    quality: int | None = None
    heat: int | None = None
    is_published: bool | None = None
    related: tuple[Mapping[str, object], ...] = field(default=(), repr=False)
    title_as_read: str = ""
    excerpt_as_read: str = ""
    date_health: DateHealth = "ok"
    origin: Origin = Origin("")
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def dated(self) -> datetime | None:
        """When it was published, as far as that can be trusted: None also for a time that had to be set back to `as_of`.

        A wrong date ahead of the clock must not make an article the freshest of all.
        """
        return None if self.date_health == "clamped" else self.published

    @property
    def text(self) -> str:
        """What is embedded: the title, and the excerpt after it where there is one."""
        return f"{self.title}. {self.excerpt}" if self.excerpt else self.title
