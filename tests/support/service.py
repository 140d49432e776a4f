"""A service over a desk that decides when it is told to, in this process, and the articles that tests send it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from support.planted import make_planted_stories

from ranker.apps.service.runner import DeskRunner
from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.desk.desk import Desk

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
QUAKE = "A magnitude 6.8 quake struck the Tarapay coast before dawn and three fishing towns were evacuated."
FERRY = "All 61 passengers of the ferry Lady Corinne were brought ashore by lifeboat."
BASE_URL = "http://127.0.0.1:8710"

Item = dict[str, Any]


def item(name: str, title: str, excerpt: str = "", *, at: str = "2026-03-11T09:00:00Z", provider: str = "", **more: Any) -> Item:
    """An article as a caller sends it."""
    domain = provider or f"{name}.example"
    return {
        "id": name, "title": title, "excerpt": excerpt, "publishedDateTime": at, "webUrl": f"https://{domain}/{name}",
        "provider": {"name": domain.split(".")[0].title(), "domain": domain},
    } | more  # fmt: skip


# Three reports of a quake, two of a ferry, one of a snooker match.
NEWSROOM = [
    item("quake-1", "Quake of magnitude 6.8 strikes off Tarapay coast", QUAKE, topics=["Earthquakes", "Peru"], category="world"),
    item(
        "quake-2", "Tarapay coast struck by quake of magnitude 6.8", f"{QUAKE} No tsunami followed.",
        at="2026-03-11T10:00:00Z", topics=["Earthquakes"],
    ),
    item(
        "quake-3", "Magnitude 6.8 quake strikes Tarapay coast, towns evacuated", f"{QUAKE} Schools stay closed.",
        at="2026-03-11T12:00:00Z", language="en",
    ),
    item("ferry-1", "Ferry Lady Corinne aground on Gannet Ledge", FERRY, at="2026-03-10T07:00:00Z", topics=["Sea"]),
    item("ferry-2", "Ferry Lady Corinne runs aground on Gannet Ledge", f"{FERRY} Nobody was hurt.", at="2026-03-10T08:00:00Z"),
    item("snooker", "Schoolboy makes a maximum break", at="2026-03-11T18:00:00Z"),
]  # fmt: skip


@dataclass
class Service:
    """A service that decides when it is told to, and its clock."""

    desk: Desk
    runner: DeskRunner
    app: FastAPI
    client: TestClient
    clock: list[datetime] = field(default_factory=lambda: [NOW])

    def step(self, *, hours: float = 0) -> None:
        """Decide what waits, some hours later."""
        self.clock[0] += timedelta(hours=hours)
        self.runner.step()

    def post(self, items: Sequence[Item]) -> Any:
        """Take articles in and decide them; the answer."""
        answer = self.client.post("/v1/articles", json=list(items))
        assert answer.status_code == httpx.codes.OK, answer.text
        self.step()
        return answer.json()

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def story_of(self, article_id: str) -> str:
        """The id of an article's story."""
        return str(self.get(f"/v1/articles/{article_id}")["story"])


Make = Callable[..., Service]


def planted_items(n_stories: int, per_story: int, *, seed: int) -> list[Item]:
    """Articles of planted stories as a caller sends them."""
    return [sent(article) for article in make_planted_stories(n_stories, per_story, 0.0, seed).articles]


def sent(article: Article) -> Item:
    """An article as a caller sends it."""
    return {
        "id": article.id, "title": article.title, "excerpt": article.excerpt,
        "publishedDateTime": None if article.published is None else iso_text(article.published),
        "provider": {"name": article.provider.name, "domain": article.provider.domain},
    }  # fmt: skip
