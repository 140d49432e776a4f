"""The table: every request that a client can make, written once. Both clients are made of it; see `docs/http.md` for what each does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

import msgspec

from ranker.client.answers import Article, Ranked, Related, StoriesPage, Story, Timeline
from ranker.client.asks import Ask, Listing, Talk, asking, get, place, post, wire_params
from ranker.client.errors import Moved, NotFound
from ranker.client.records import (
    ChangesPage,
    Correction,
    CorrectionsPage,
    Event,
    ProviderHealth,
    ProvidersPage,
    Readiness,
    Removed,
    Topic,
    TopicsPage,
)  # fmt: skip

Told = TypeVar("Told", Story, Timeline)
_MOST_HEIRS = 8  # one after the other; the service leads to the last at once, so that more are a circle


class StoryFilters(TypedDict, total=False):
    """Which stories, in which order, scored how: the parameters of `GET /v1/stories`."""

    sort: str  # score | newest | heat | quality
    profile: str
    weights: str | Mapping[str, float]  # of quality, heat and recency
    topic: str
    provider: str  # a domain or a name
    category: str
    language: str
    q: str  # words that stand in the title and excerpt of one article
    since: datetime | str
    until: datetime | str
    min_providers: int
    as_of: datetime | str
    explain: bool
    limit: int  # stories of one page


# Stories


def page(*, cursor: str | None = None, **filters: Unpack[StoryFilters]) -> Talk[StoriesPage]:
    """One page of stories; `next` of the page before is the `cursor` of this one."""
    return asking(get("/v1/stories", cursor=cursor, **filters), StoriesPage)


def stories(**filters: Unpack[StoryFilters]) -> Listing[StoriesPage, Story]:
    """All stories, best first, page by page as they are gone through; none twice and none left out, whatever arrives meanwhile."""
    return Listing(get("/v1/stories", **filters), StoriesPage, lambda page: page.stories, lambda page: _cursor(page.next))


def story(id: str) -> Talk[Story]:  # noqa: A002 - the wire's name
    """A story; for the id of one that was merged, the story it is part of now, which then says what it was `asked_for`.

    Raises
    ------
    Gone : if it was split or has no articles any more; `heirs` have what it had.
    """
    return _followed(id, (), Story)


def explanation(id: str) -> Talk[Story]:  # noqa: A002 - the wire's name
    """A story with why it is in its phase and what sets it above the next; merged ones as in `story`."""
    return _followed(id, ("explanation",), Story)


def timeline(id: str) -> Talk[Timeline]:  # noqa: A002 - the wire's name
    """The hours in which a story was told; merged ones as in `story`."""
    return _followed(id, ("timeline",), Timeline)


def _followed(story_id: str, part: tuple[str, ...], kind: type[Told]) -> Talk[Told]:
    heirs = [story_id]
    while True:
        try:
            found = (yield get(place("stories", heirs[-1], *part))).read(kind)
        except Moved as moved:
            if moved.heir is None or len(heirs) > _MOST_HEIRS:
                raise
            heirs.append(moved.heir)
        else:
            return msgspec.structs.replace(found, asked_for=story_id if len(heirs) > 1 else None)


# Articles


def article(id: str) -> Talk[Article]:  # noqa: A002 - the wire's name
    """An article and the id of its story."""
    return asking(get(place("articles", id)), Article)


def related(id: str, *, limit: int | None = None) -> Talk[Related]:  # noqa: A002 - the wire's name
    """What to show under an article: the rest of its story, then what is nearest to it."""
    return asking(get(place("articles", id, "related"), limit=limit), Related)


def related_to(
    title: str,
    excerpt: str = "",
    *,
    provider: str | Mapping[str, str] | None = None,
    published: datetime | str | None = None,
    limit: int | None = None,
) -> Talk[Related]:
    """What is related to a text that is not kept, and the story it would belong to."""
    body = {"title": title, "excerpt": excerpt, "provider": provider, "published_date_time": published, "limit": limit}
    return asking(post("/v1/related", body), Related)


def rank(
    articles: Iterable[Any],
    *,
    as_of: datetime | str | None = None,
    profile: str | None = None,
    weights: str | Mapping[str, float] | None = None,
    corrections: Iterable[Mapping[str, Any]] = (),
    limit: int | None = None,
) -> Talk[Ranked]:
    """Articles as ranked stories; nothing of it is kept, and the articles of the service play no part. At most 2,000."""
    body = {
        "articles": list(articles), "as_of": as_of, "profile": profile, "weights": wire_params({"weights": weights}).get("weights"),
        "corrections": list(corrections), "limit": limit,
    }  # fmt: skip
    return asking(post("/v1/rank", body), Ranked)


def remove(id: str, *, wait: float = 0) -> Talk[Removed]:  # noqa: A002 - the wire's name
    """Remove an article for good; with `wait`, return when it has left its story, or after so many seconds."""
    ask = Ask("DELETE", place("articles", id), wire_params({"wait": wait or None}))
    try:
        reply = yield ask
    except NotFound as error:
        if not error.is_after_doubt:
            raise
        return Removed(id=id, status="removed")  # by the attempt whose answer was lost
    return reply.read(Removed)


# Corrections


def correct(  # noqa: PLR0913 - all but one are keywords
    action: str,
    *,
    articles: Iterable[str] = (),
    others: Iterable[str] = (),
    stories: Iterable[str] = (),
    other_stories: Iterable[str] = (),
    by: str = "",
    why: str = "",
    wait: float = 0,
) -> Talk[Correction]:
    """Join or part articles, choose a lead, pin or hide stories; it holds until it is undone.

    Parameters
    ----------
    action : join, part, lead, pin or hide.
    articles, stories : ids; stories stand for the articles they have now.
    others, other_stories : the other side of a part.
    wait : seconds to wait until readers see what it does.

    Raises
    ------
    Contradiction : if it contradicts others; `chain` says how.
    """
    ids = {"articles": articles, "others": others, "stories": stories, "other_stories": other_stories}
    body = {"action": action, **{name: list(given) for name, given in ids.items()}, "by": by, "why": why}
    return asking(post("/v1/corrections", body, wait=wait or None), Correction)


def corrections(*, undone: bool = False, limit: int | None = None) -> Listing[CorrectionsPage, Correction]:
    """The corrections that stand, in the order in which they were made; with `undone`, the others, too."""
    ask = get("/v1/corrections", undone=undone or None, limit=limit)
    return Listing(ask, CorrectionsPage, lambda page: page.corrections, lambda page: _cursor(page.next))


def correction(id: str) -> Talk[Correction]:  # noqa: A002 - the wire's name
    """A correction, whether it stands or was undone."""
    return asking(get(place("corrections", id)), Correction)


def undo(id: str, *, wait: float = 0) -> Talk[Correction]:  # noqa: A002 - the wire's name
    """Undo a correction; `wait` as in `correct`."""
    try:
        reply = yield Ask("DELETE", place("corrections", id), wire_params({"wait": wait or None}))
    except NotFound as error:
        if not error.is_after_doubt:
            raise
        return (yield from correction(id))  # undone by the attempt whose answer was lost
    return reply.read(Correction)


# Changes and lists


def changes(since: int | None = None, *, limit: int | None = None) -> Listing[ChangesPage, Event]:
    """What happened to stories after the event of a number, up to now; without one, all that is kept.

    Raises
    ------
    Gone : if events after it are kept no more: read all stories, then go on with its extension `last`.
    """
    ask = get("/v1/changes", since=since, limit=limit)
    return Listing(ask, ChangesPage, lambda page: page.events, lambda page: {"since": str(page.last)} if page.more else None)


def topics(*, limit: int | None = None) -> Listing[TopicsPage, Topic]:
    """The topics in the window, most stories first."""
    return Listing(get("/v1/topics", limit=limit), TopicsPage, lambda page: page.topics, lambda page: _cursor(page.next))


def providers(*, limit: int | None = None) -> Listing[ProvidersPage, ProviderHealth]:
    """The providers in the window and the health of their dates, most articles first."""
    return Listing(get("/v1/providers", limit=limit), ProvidersPage, lambda page: page.providers, lambda page: _cursor(page.next))


def readiness() -> Talk[Readiness]:
    """What a service that is ready says of itself."""
    return asking(get("/readyz"), Readiness)


def _cursor(cursor: str | None) -> Mapping[str, str] | None:
    return None if cursor is None else {"cursor": cursor}
