"""Post addresses: what a site generator makes of a file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranker.articles.article import Origin
from ranker.articles.post_url import post_url
from ranker.articles.reading import read_articles
from ranker.errors import ArticleError, SettingsError
from ranker.settings_file import load_settings

JEKYLL = "https://www.example.org/{year}/{month}/{day}/{slug}.html"
POST = """---
title: Storm closes the bridge at Averton
date: 2026-03-11 09:30:00 +0000
categories: [local, weather]
tags: [Storms]
description: Lorries were turned back before dawn.
---
Body.
"""


def address(pattern: str, name: str, **fields: object) -> str:
    return post_url(pattern, fields, Origin(f"_posts/{name}"))


@pytest.mark.parametrize(
    ("pattern", "name", "fields", "expected"),
    [
        (JEKYLL, "2026-03-11-storm-closes-bridge.md", {}, "https://www.example.org/2026/03/11/storm-closes-bridge.html"),
        ("https://example.org/{slug}/", "2026-03-11-storm.md", {}, "https://example.org/storm/"),
        (
            "https://example.org/{category}/{slug}",
            "2026-03-11-a.md",
            {"categories": ["Local news", "x"]},
            "https://example.org/local-news/a",
        ),
        ("https://example.org/{category}/{slug}", "2026-03-11-a.md", {"category": "Sport"}, "https://example.org/sport/a"),
        ("https://example.org/{year}/{slug}", "storm.md", {"date": "2025-12-31T23:00:00Z"}, "https://example.org/2025/storm"),
        ("https://example.org/{slug}", "2026-03-11-a.md", {"slug": "another"}, "https://example.org/another"),
        ("https://example.org/{slug}", "2026-03-11-ä b?.md", {}, "https://example.org/%C3%A4%20b%3F"),
        (JEKYLL, "2026-03-11-a.md", {"permalink": "/storm/"}, "https://www.example.org/storm/"),
        (JEKYLL, "2026-03-11-a.md", {"permalink": "/:categories/:title/"}, "https://www.example.org/2026/03/11/a.html"),
        (JEKYLL, "2026-03-11-a.md", {"permalink": "pretty"}, "https://www.example.org/2026/03/11/a.html"),
    ],
)
def test_an_address_is_made_of_name_and_fields(pattern: str, name: str, fields: dict[str, object], expected: str) -> None:
    assert address(pattern, name, **fields) == expected


@pytest.mark.parametrize(
    ("pattern", "name", "missing"),
    [
        (JEKYLL, "storm.md", "year"),
        ("https://example.org/{category}/{slug}", "2026-03-11-a.md", "category"),
        (JEKYLL, "2026-3-1-a.md", "year"),
    ],
)
def test_what_a_pattern_needs_and_nobody_says_is_an_error(pattern: str, name: str, missing: str) -> None:
    with pytest.raises(ArticleError, match=f"needs its {missing}, which neither"):
        address(pattern, name, date="no date")


def test_a_plain_post_is_read_with_a_pattern_and_refused_without(tmp_path: Path) -> None:
    (tmp_path / "2026-03-11-storm.md").write_text(POST, "utf-8")
    plain, with_pattern = load_settings().reading, load_settings(overrides={"reading.post_url": JEKYLL}).reading
    (refusal,) = read_articles([str(tmp_path)], plain).refusals
    assert (refusal.field, "reading.post_url" in refusal.reason) == ("webUrl", True)
    (article,) = read_articles([str(tmp_path)], with_pattern).articles
    assert article.url == "https://www.example.org/2026/03/11/storm.html"
    assert article.provider.domain == "example.org"
    assert article.topics == ("Storms",)
    assert article.excerpt == "Lorries were turned back before dawn."


@pytest.mark.parametrize(
    ("name", "day"), [("2026-03-11-storm.md", "2026-03-11T00:00:00+00:00"), ("storm.md", None), ("2026-13-40-storm.md", "refused")]
)
def test_a_post_without_a_date_is_of_the_day_in_its_name(tmp_path: Path, name: str, day: str | None) -> None:
    (tmp_path / name).write_text(POST.replace("date: 2026-03-11 09:30:00 +0000\n", "permalink: /storm/\n"), "utf-8")
    reading = read_articles([str(tmp_path)], load_settings(overrides={"reading.post_url": JEKYLL}).reading)
    found = [None if article.published is None else article.published.isoformat() for article in reading.articles] or ["refused"]
    assert found == [day]


def test_an_address_of_its_own_goes_before_the_pattern(tmp_path: Path) -> None:
    (tmp_path / "2026-03-11-storm.md").write_text(POST.replace("title:", "webUrl: https://other.example/1\ntitle:"), "utf-8")
    (article,) = read_articles([str(tmp_path)], load_settings(overrides={"reading.post_url": JEKYLL}).reading).articles
    assert article.url == "https://other.example/1"


@pytest.mark.parametrize(
    "pattern", ["", "/{slug}", "ftp://example.org/{slug}", "https://example.org/{title}", "https://example.org/{", "https://{slug}/"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"reading\.post_url"):
        load_settings(overrides={"reading.post_url": pattern})
