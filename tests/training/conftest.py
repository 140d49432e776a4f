"""A model small enough to train in a test, and invented stories to train it on."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tiny_transformer import make_tiny_transformer

from ranker.articles.article import Article, Provider

EVENTS = {
    "ferry": ("ferry crew waits for calm sea", "the ferry waits at the harbour", "crew calm : ferry waits"),
    "storm": ("a storm closed the harbour", "harbour closed at dawn", "storm closed harbour at dawn"),
    "dawn": ("calm at dawn", "calm sea at dawn", "dawn : the sea calm"),
}


def make_article(number: int, title: str, excerpt: str = "", *, provider: str = "") -> Article:
    return Article(id=f"a{number:02}", title=title, excerpt=excerpt, provider=Provider(provider or f"Paper {number}"))


@pytest.fixture(scope="session")
def labelled() -> tuple[list[Article], dict[str, str]]:
    """Nine articles of three events, and the event of each by id."""
    told = [(event, title) for event, titles in EVENTS.items() for title in titles]
    articles = [make_article(number, title, "the crew waits .") for number, (_, title) in enumerate(told)]
    return articles, {article.id: event for article, (event, _) in zip(articles, told, strict=True)}


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_transformer(tmp_path_factory.mktemp("tiny"))
