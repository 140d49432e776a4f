"""Feeds: ranked stories as RSS 2.0 and as JSON Feed 1.1, for programs that know nothing else of ranker."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from ranker.apps.service.asked import Ordering, Words
from ranker.apps.service.caching import cache_control, is_known, tag_of
from ranker.apps.service.problems import problems
from ranker.apps.service.serving import Serving, limit_of, serving_of
from ranker.apps.service.views import Sort, View
from ranker.articles.dates import iso_text
from ranker.articles.web_link import web_link
from ranker.desk.edition import Filter
from ranker.desk.records import StoryRecord
from ranker.ranking.ranked import RankedStory

_RSS, _JSON_FEED = "application/rss+xml", "application/feed+json"
_JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
_USUAL_STORIES = 30
_NAMED_PROVIDERS = 3
_MINUTES_TO_LIVE = "5"  # RSS: how long a reader may show it without asking
_TITLE, _ABOUT = "Stories", "News stories, each told by one or more providers, the most important first."
_ATOM, _DC = "http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"
# What XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets); half characters (lone surrogates) are among it.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("atom", _ATOM)
ET.register_namespace("dc", _DC)
router = APIRouter(prefix="/feeds", tags=["feeds"])


class FeedAsked(Ordering):
    """A feed."""

    sort: Sort = Field("score", description="What comes first")
    topic: Words | None = Field(None, description="Some article has this topic", examples=["Earthquakes"])
    provider: Words | None = Field(None, description="Some article is by this provider: a domain or a name", examples=["pressline.example"])
    category: Words | None = Field(None, description="Some article is of this category", examples=["world"])
    language: Words | None = Field(None, description="Some article says it is in this language", examples=["en"])
    min_providers: int = Field(1, ge=1, le=1_000_000, description="At least so many providers tell it", examples=[3])
    q: Words | None = Field(None, description="All of these words stand in the title and excerpt of one article", examples=["quake coast"])
    limit: int | None = Field(None, ge=1, description=f"At most so many stories; {_USUAL_STORIES} unless said", examples=[20])

    def wanted(self) -> Filter:
        """The filter for an edition."""
        return Filter(
            topic=self.topic or "", provider=self.provider or "", category=self.category or "", language=self.language or "",
            words=self.q or "", min_providers=self.min_providers,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A story as feeds tell it."""

    id: str
    title: str
    text: str
    link: str | None  # http or https
    provider: str
    published: datetime
    updated: datetime
    topics: tuple[str, ...]


@router.get(
    "/stories.rss",
    summary="Ranked stories as RSS 2.0",
    response_class=Response,
    responses={200: {"content": {_RSS: {"schema": {"type": "string"}}}}, **problems(422, 503)},
)
async def stories_rss(request: Request, asked: Annotated[FeedAsked, Query()]) -> Response:
    """Stories under ids that stay (`guid`), with the time of the first report and of the last change."""
    return await _answered(request, asked, _RSS)


@router.get(
    "/stories.json",
    summary="Ranked stories as JSON Feed 1.1",
    response_class=Response,
    responses={200: {"content": {_JSON_FEED: {"schema": {"type": "object"}}}}, **problems(422, 503)},
)
async def stories_json_feed(request: Request, asked: Annotated[FeedAsked, Query()]) -> Response:
    """The same as a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    return await _answered(request, asked, _JSON_FEED)


async def _answered(request: Request, asked: FeedAsked, kind: str) -> Response:
    serving = serving_of(request)
    items = await serving.apart(lambda: _items(serving, asked))
    address = str(request.url)
    # Scores move with the clock. Who has these stories as they are now need not fetch them again because two of them changed places.
    tag = tag_of(msgspec.json.encode((kind, address, sorted(items, key=lambda item: item.id))))
    headers = {"ETag": tag, "Cache-Control": cache_control(request)}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    made = rss_bytes(items, address) if kind == _RSS else json_feed_bytes(items, address)
    return Response(made, headers={**headers, "Content-Type": f"{kind}; charset=utf-8"})


def _items(serving: Serving, asked: FeedAsked) -> list[Item]:
    limit = limit_of(asked.limit, usual=_USUAL_STORIES, most=serving.settings.page_limit)
    edition = serving.edition
    view = serving.views.of(edition, serving.settings_for(asked), asked.as_of)
    found = (view.story(story_id) for story_id in view.listed(asked.wanted(), asked.sort)[:limit])
    return [_item(ranked, view, edition.records.get(ranked.story.id)) for ranked in found if ranked is not None]


def _item(ranked: RankedStory, view: View, record: StoryRecord | None) -> Item:
    lead = ranked.lead
    times = [article.dated for article in ranked.story.articles if article.dated is not None]
    seen = view.as_of if record is None else record.created
    names = list(dict.fromkeys(_shown(article.provider.name or article.provider.domain) for article in (lead, *ranked.story.articles)))
    return Item(
        id=ranked.story.id,
        title=_shown(lead.title),
        text=" ".join(part for part in (_shown(lead.excerpt), _told_by([name for name in names if name])) if part),
        link=_shown(web_link(lead.url)) or None,
        provider=names[0],
        published=min(times, default=seen),
        updated=max(times, default=seen) if record is None else record.changed,
        topics=tuple(topic for topic in map(_shown, ranked.topics) if topic),
    )


def _told_by(names: list[str]) -> str:
    if not names:
        return ""
    more = len(names) - _NAMED_PROVIDERS
    named = [*names[:_NAMED_PROVIDERS], *([f"{more} more"] if more > 0 else [])]
    return f"Told by {', '.join(named[:-1])} and {named[-1]}." if len(named) > 1 else f"Told by {named[0]}."


def _shown(text: str) -> str:
    """A text without what no feed can hold."""
    return _NO_XML.sub("", text).strip()


# RSS 2.0 (https://www.rssboard.org/rss-specification)


def rss_bytes(items: list[Item], address: str) -> bytes:
    """The feed as RSS."""
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _add(channel, "title", _TITLE)
    _add(channel, "link", _home(address))
    _add(channel, "description", _ABOUT)
    _add(channel, "ttl", _MINUTES_TO_LIVE)
    if items:
        _add(channel, "lastBuildDate", _rfc_822(max(item.updated for item in items)))
    ET.SubElement(channel, f"{{{_ATOM}}}link", href=_shown(address), rel="self", type=_RSS)
    for item in items:
        _add_item(channel, item)
    return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True))


def _add_item(channel: ET.Element, item: Item) -> None:
    element = ET.SubElement(channel, "item")
    # Some readers take a title for text and some for HTML: this is harmless in both.
    _add(element, "title", item.title.replace("<", "&lt;"))
    if item.link is not None:
        _add(element, "link", item.link)
    _add(element, "description", html.escape(item.text, quote=False))  # of RSS this is HTML
    if item.provider:
        _add(element, f"{{{_DC}}}creator", item.provider)
    for topic in item.topics:
        _add(element, "category", topic)
    _add(element, "guid", item.id).set("isPermaLink", "false")
    _add(element, "pubDate", _rfc_822(item.published))
    _add(element, f"{{{_ATOM}}}updated", iso_text(item.updated))


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element


def _rfc_822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


# JSON Feed 1.1


def json_feed_bytes(items: list[Item], address: str) -> bytes:
    """The feed as JSON Feed."""
    feed = {
        "version": _JSON_FEED_VERSION,
        "title": _TITLE,
        "description": _ABOUT,
        "home_page_url": _home(address),
        "feed_url": _shown(address),
        "items": [_json_item(item) for item in items],
    }
    return msgspec.json.encode(feed)


def _json_item(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": item.id,
        "title": item.title,
        "content_text": item.text,
        "date_published": iso_text(item.published),
        "date_modified": iso_text(item.updated),
    }
    if item.link is not None:
        told["url"] = item.link
    if item.provider:
        told["authors"] = [{"name": item.provider}]
    if item.topics:
        told["tags"] = list(item.topics)
    return told


def _home(address: str) -> str:
    """The page of the service that a feed belongs to; behind a proxy that is below the same path as the feed."""
    parts = urlsplit(address)
    return _shown(f"{parts.scheme}://{parts.netloc}{parts.path.rpartition(router.prefix)[0]}/")
