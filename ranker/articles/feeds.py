"""Feeds: RSS, Atom and JSON Feed as raw records, and OPML as the list of local feed files it names."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import msgspec

from ranker.articles.article import Origin
from ranker.articles.identity import domain_of
from ranker.articles.record import Record, Refusal
from ranker.articles.tables import broken_json


def xml_feed_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record an entry of an RSS or Atom feed, numbered from 1.

    An entry's own `source` (an aggregator's items have one) is its provider, else the feed is. What a
    damaged feed still yields is read, and the damage reported.
    """
    import feedparser  # 50 ms to import

    feed = feedparser.parse(io.BytesIO(data))  # as a stream: bytes alone would be tried as a file's name
    if not feed.entries and not feed.get("version"):
        line, damage = _damage(feed, data)
        yield Refusal(Origin(path, line), "feed", f"is no RSS or Atom feed ({damage or 'no known root element'})")
        return
    for number, entry in enumerate(feed.entries, start=1):
        yield Record(_entry_fields(entry, feed.feed), Origin(path, number))
    line, damage = _damage(feed, data)
    if damage:
        yield Refusal(Origin(path, line), "feed", f"is damaged ({damage}); entries may be missing")


def json_feed_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record an item of a JSON Feed (jsonfeed.org, version 1 or 1.1), numbered from 1."""
    try:
        feed = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield broken_json(data, error, path)
        return
    items = feed.get("items")
    if not isinstance(items, list):
        yield Refusal(Origin(path), "feed", "has no list of items")
        return
    home = str(feed.get("home_page_url") or "")
    for number, item in enumerate(items, start=1):
        origin = Origin(path, number)
        if not isinstance(item, dict):
            yield Refusal(origin, "feed", "an item is no object")
            continue
        url = item.get("url") or item.get("external_url")
        yield Record(
            {
                "title": item.get("title"),
                "excerpt": item.get("summary") or item.get("content_text") or item.get("content_html"),
                "webUrl": url,
                "publishedDateTime": item.get("date_published") or item.get("date_modified"),
                "provider": {"name": feed.get("title"), "domain": domain_of(home) or domain_of(str(url or ""))},
                "topics": item.get("tags") if isinstance(item.get("tags"), list) else None,
                "images": [{"url": item["image"]}] if isinstance(item.get("image"), str) else None,
            },
            origin,
        )


def opml_files(data: bytes, path: str) -> Iterator[Path | Refusal]:
    """The local files that an OPML list names, relative to its own folder; nothing is fetched from the network."""
    try:
        root = ET.fromstring(data)  # noqa: S314 - expat bounds entity expansion, external entities are not followed
    except ET.ParseError as error:
        yield Refusal(Origin(path, error.position[0]), "opml", f"is not XML ({error})")
        return
    outlines = [outline for outline in root.iter("outline") if outline.get("xmlUrl")]
    if not outlines:
        yield Refusal(Origin(path), "opml", "names no feed (no outline with xmlUrl)")
    for outline in outlines:
        target = outline.get("xmlUrl", "")
        scheme = urlsplit(target).scheme.lower()
        if scheme in {"http", "https", "ftp", "feed"}:
            yield Refusal(Origin(path), "xmlUrl", f"{target[:120]} is on the network; only local files are read")
        elif scheme == "file":
            yield Path(unquote(urlsplit(target).path))
        else:
            yield (Path() if path == "-" else Path(path).parent) / target


def _damage(feed: Mapping[str, Any], data: bytes) -> tuple[int | None, str]:
    """Line and nature of what is wrong with the XML, "" if nothing; a wrong encoding label alone is no damage."""
    error = feed.get("bozo_exception") if feed.get("bozo") else None
    if error is None or type(error).__name__ in {"CharacterEncodingOverride", "NonXMLContentType"}:
        return None, ""
    line = getattr(error, "getLineNumber", lambda: None)()
    if line is not None and not data.removeprefix(b"\xef\xbb\xbf").startswith(b"<?xml"):
        line = max(1, line - 1)  # feedparser puts a declaration on a line of its own before a feed that has none
    return line, str(getattr(error, "getMessage", lambda: error)())


def _entry_fields(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, object]:
    link = entry.get("link") or _first(entry.get("links"), "href")
    return {
        "title": entry.get("title"),
        "excerpt": entry.get("summary") or _first(entry.get("content"), "value"),
        "webUrl": link,
        "publishedDateTime": entry.get("published") or entry.get("updated") or entry.get("created"),
        "provider": _entry_provider(entry, feed, str(link or "")),
        "topics": [tag["term"] for tag in entry.get("tags") or () if tag.get("term")],
        "images": _entry_images(entry),
    }


def _entry_provider(entry: Mapping[str, Any], feed: Mapping[str, Any], link: str) -> dict[str, object]:
    source = entry.get("source") or {}
    name = source.get("title") or source.get("value")
    if name:
        home = str(source.get("href") or source.get("link") or source.get("url") or "")
        return {"name": name, "domain": domain_of(home) or domain_of(link)}
    return {"name": feed.get("title"), "domain": domain_of(str(feed.get("link") or "")) or domain_of(link)}


def _entry_images(entry: Mapping[str, Any]) -> list[dict[str, object]]:
    media = [*(entry.get("media_content") or ()), *(entry.get("media_thumbnail") or ())]
    urls = [
        item.get("url")
        for item in media
        if item.get("medium", "image") == "image" and not str(item.get("type", "image")).startswith(("video", "audio"))
    ]
    urls += [item.get("href") for item in entry.get("enclosures") or () if str(item.get("type", "")).startswith("image")]
    return [{"url": url} for url in dict.fromkeys(urls) if url]


def _first(items: object, key: str) -> object:
    return items[0].get(key) if isinstance(items, list) and items and isinstance(items[0], Mapping) else None
