"""Feeds: what readers of RSS and JSON Feed take without a complaint, whatever stands in a title."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import jsonschema  # type: ignore[import-untyped]  # its types are a package of their own
import pytest
from support.service import NEWSROOM, NOW, Service, item
from support.serving import puts, told

from ranker.apps.service.feeds import Item, _shown, json_feed_bytes, rss_bytes

HOSTILE = "</title><script>alert('x')</script> & ]]> Quake strikes <b>now</b>"
ADDRESS = {"type": "string", "pattern": "^https?://[^ ]+$"}
AUTHORS = {
    "type": "array", "minItems": 1,
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "url": ADDRESS, "avatar": ADDRESS}, "minProperties": 1},
}  # fmt: skip
# Of https://www.jsonfeed.org/version/1.1/, written out; what it does not name must begin with an underscore.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "patternProperties": {"^_[^.]*$": {"type": "object"}},
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string"}, "description": {"type": "string"}, "user_comment": {"type": "string"}, "language": {"type": "string"},
        "home_page_url": ADDRESS, "feed_url": ADDRESS, "next_url": ADDRESS, "icon": ADDRESS, "favicon": ADDRESS,
        "authors": AUTHORS, "expired": {"type": "boolean"}, "hubs": {"type": "array"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_text"]}, {"required": ["content_html"]}],
                "additionalProperties": False,
                "patternProperties": {"^_[^.]*$": {"type": "object"}},
                "properties": {
                    "id": {"type": "string", "minLength": 1}, "url": ADDRESS, "external_url": ADDRESS, "title": {"type": "string"},
                    "content_text": {"type": "string"}, "content_html": {"type": "string"}, "summary": {"type": "string"},
                    "image": ADDRESS, "banner_image": ADDRESS, "language": {"type": "string"}, "attachments": {"type": "array"},
                    "date_published": {"type": "string", "format": "date-time"}, "date_modified": {"type": "string", "format": "date-time"},
                    "authors": AUTHORS, "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}  # fmt: skip


def rss(service: Service, query: str = "") -> Any:
    answer = service.client.get(f"/feeds/stories.rss{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "rss20"
    return parsed


def json_feed(service: Service, query: str = "") -> Any:
    answer = service.client.get(f"/feeds/stories.json{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.content)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(feed)
    return feed


def test_stories_stand_in_their_order_with_all_that_readers_ask_for(newsroom: Service) -> None:
    stories = newsroom.get("/v1/stories")["stories"]
    parsed = rss(newsroom)
    assert [entry.id for entry in parsed.entries] == [story["id"] for story in stories]
    (entry,) = [entry for entry in parsed.entries if entry.id == newsroom.story_of("quake-1")]
    story = newsroom.get(f"/v1/stories/{entry.id}")
    assert entry.guidislink is False
    assert entry.link == story["lead"]["webUrl"]
    assert entry.title == story["lead"]["title"]
    assert entry.author == story["lead"]["provider"]["name"]
    assert entry.published_parsed[:6] == (2026, 3, 11, 9, 0, 0)
    assert entry.updated == story["lineage"]["changed"]
    assert [tag.term for tag in entry.tags] == story["topics"]
    assert "Told by " in entry.summary
    assert entry.summary.startswith(story["lead"]["excerpt"])


def test_both_feeds_tell_the_same(newsroom: Service) -> None:
    entries, items = rss(newsroom).entries, json_feed(newsroom)["items"]
    assert [entry.id for entry in entries] == [item["id"] for item in items]
    assert [entry.title for entry in entries] == [item["title"] for item in items]
    assert [entry.updated for entry in entries] == [item["date_modified"] for item in items]
    assert [entry.link for entry in entries] == [item["url"] for item in items]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?topic=earthquakes", ["quake-1"]),
        ("?q=gannet%20ledge", ["ferry-1"]),
        ("?minProviders=3", ["quake-1"]),
        ("?language=en", ["quake-1"]),
        ("?category=none", []),
        ("?sort=newest&limit=1", ["snooker"]),
        ("?profile=newest&limit=1", ["snooker"]),
        ("?weights=recency:1&limit=1", ["snooker"]),
    ],
)
def test_a_feed_may_be_of_some_stories(query: str, expected: list[str], newsroom: Service) -> None:
    wanted = [newsroom.story_of(name) for name in expected]
    assert [entry.id for entry in rss(newsroom, query).entries] == wanted
    assert [item["id"] for item in json_feed(newsroom, query)["items"]] == wanted


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "profile=none", "weights=heat:x", "sort=best", "q=", "nonsense=1", "minProviders=0"]
)
def test_what_is_asked_wrongly_is_refused(query: str, service: Service) -> None:
    for path in ("/feeds/stories.rss", "/feeds/stories.json"):
        assert service.client.get(f"{path}?{query}").status_code == 422


def test_an_empty_feed_is_one(service: Service) -> None:
    assert rss(service).entries == []
    assert json_feed(service)["items"] == []


# What may stand in articles


def test_a_hostile_title_is_a_title() -> None:
    told = Item("s1", HOSTILE, HOSTILE, "https://a.example/?a=1&b=<x>", HOSTILE, NOW, NOW, ("<b>R&D</b>",))
    feed = rss_bytes([told], "http://127.0.0.1/feeds/stories.rss?q=<x>&topic=y")
    parsed = feedparser.parse(feed)
    assert not parsed.bozo
    assert "<script" not in parsed.entries[0].title + parsed.entries[0].summary
    (raw,) = ET.fromstring(feed).iter("item")
    assert raw.findtext("title") == HOSTILE.replace("<", "&lt;")  # as HTML it is harmless as well
    assert raw.findtext("description") == html.escape(HOSTILE, quote=False)
    assert raw.findtext("link") == "https://a.example/?a=1&b=<x>"
    assert raw.findtext("category") == "<b>R&D</b>"


def test_what_no_feed_can_hold_is_left_out(service: Service) -> None:
    service.post([item("a", "Quake \u0001\u001f strikes", "The \ufffe coast \u0008.", topics=["\u0002", "Sea\u0003"])])
    (entry,) = rss(service).entries
    (told,) = json_feed(service)["items"]
    for text in (entry.title, entry.summary, told["title"], told["content_text"]):
        assert not set(text) & set("\u0001\u001f\u0008\ufffe")
    assert told["tags"] == [tag.term for tag in entry.tags] == ["Sea"]
    assert _shown("half \ud800 and \x00 whole\t\U0001f600") == "half  and  whole\t\U0001f600"


def test_an_ampersand_is_one(service: Service) -> None:
    service.post([item("a", "Quake & flood at R&D lab")])
    (entry,) = rss(service).entries
    assert entry.title == "Quake & flood at R&D lab"
    raw = ET.fromstring(service.client.get("/feeds/stories.rss").content)
    assert raw.findtext("channel/item/title") == "Quake & flood at R&D lab"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a.example/x", "//a.example/x", "https://", "nonsense", "http://[::1", ""])
def test_only_web_addresses_are_links(url: str, service: Service) -> None:
    answer = service.client.post("/v1/articles", json=[{"id": "a", "title": "Quake strikes", "webUrl": url}])
    service.step()
    if answer.json()["items"][0]["status"] == "refused":  # at the door already
        return
    (entry,) = rss(service).entries
    assert "link" not in entry
    assert "url" not in json_feed(service)["items"][0]


@pytest.mark.parametrize("url", ["http://[::1", "javascript:alert(1)", "http:// a", "https://\n", "https:\\\\a"])
def test_an_address_that_is_none_is_no_link(url: str, service: Service) -> None:
    service.runner.accept(puts([told(0, 0, url=url)]))  # as an older store may hold it
    service.step()
    (entry,) = rss(service).entries
    assert "link" not in entry
    assert "url" not in json_feed(service)["items"][0]


def test_a_story_without_dates_was_published_when_it_came(service: Service) -> None:
    service.post([{"id": "a", "title": "Quake strikes"}])
    (entry,) = rss(service).entries
    assert datetime.strptime(entry.published, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC) == service.clock[0]
    assert json_feed(service)["items"][0]["content_text"] == ""
    assert "author" not in entry


# Asking again


def test_who_has_it_is_told_so_until_something_changes(newsroom: Service) -> None:
    for path in ("/feeds/stories.rss", "/feeds/stories.json"):
        first = newsroom.client.get(path)
        known = {"If-None-Match": first.headers["etag"]}
        again = newsroom.client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        assert newsroom.client.get(f"{path}?limit=1", headers=known).status_code == 200
    newsroom.clock[0] = newsroom.clock[0].replace(hour=23)
    newsroom.desk.advance(newsroom.clock[0])  # scores move, stories do not
    assert newsroom.client.get("/feeds/stories.json", headers=known).status_code == 304
    newsroom.post([NEWSROOM[0] | {"id": "more", "provider": {"name": "Late", "domain": "late.example"}}])
    assert newsroom.client.get("/feeds/stories.json", headers=known).status_code == 200


def test_what_only_shows_otherwise_is_fetched_anew(newsroom: Service) -> None:
    known = {"If-None-Match": newsroom.client.get("/feeds/stories.rss").headers["etag"]}
    newsroom.post([NEWSROOM[5] | {"webUrl": "https://elsewhere.example/snooker"}])
    assert newsroom.client.get("/feeds/stories.rss", headers=known).status_code == 200


def test_providers_are_named_as_people_would(service: Service) -> None:
    quake = NEWSROOM[0]
    service.post([quake | {"id": f"q{number}", "provider": {"name": f"Paper {number}"}, "webUrl": None} for number in range(5)])
    text = json_feed(service)["items"][0]["content_text"]
    assert text.endswith(" and 2 more.")
    assert text.count("Paper") == 3


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("https://news.example/feeds/stories.json", "https://news.example/"),
        ("https://news.example/desk/feeds/stories.json?topic=Sea", "https://news.example/desk/"),
    ],
)
def test_a_feed_belongs_to_the_page_beside_it(address: str, home: str) -> None:
    assert json.loads(json_feed_bytes([], address))["home_page_url"] == home
    assert f"<link>{home}</link>".encode() in rss_bytes([], address)
