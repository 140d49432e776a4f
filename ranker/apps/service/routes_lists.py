"""Routes of lists: topics and providers of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ranker.apps.service.asked import ListAsked
from ranker.apps.service.caching import Answer, answered, tag_of
from ranker.apps.service.models_lists import ProvidersOut, TopicsOut
from ranker.apps.service.problems import problems
from ranker.apps.service.serving import Json, encoded, serving_of
from ranker.articles.dates import iso_text
from ranker.desk.edition import Edition, ProviderHealth

router = APIRouter(tags=["topics and providers"])
_RESPONSES = problems(304, 410)


@router.get("/v1/topics", summary="Topics", response_model=TopicsOut, responses=_RESPONSES)
async def topics(request: Request, asked: Annotated[ListAsked, Query()]) -> Response:
    """The topics that articles in the window name, with their stories and articles; most stories first."""
    return await _page(request, asked, "topics", lambda edition: edition.topics, _topic_json)


@router.get("/v1/providers", summary="Providers", response_model=ProvidersOut, responses=_RESPONSES)
async def providers(request: Request, asked: Annotated[ListAsked, Query()]) -> Response:
    """The providers of articles in the window, and how good their dates are; most articles first."""
    return await _page(request, asked, "providers", lambda edition: edition.providers, _provider_json)


async def _page(
    request: Request, asked: ListAsked, name: str, items: Callable[[Edition], Sequence[Any]], shape: Callable[[Any], Json]
) -> Response:
    """A page of what an edition holds; later pages are of the edition that the first one was of."""
    serving = serving_of(request)
    filters = {"list": name}
    if asked.cursor is not None:
        frozen, position = serving.cursors.found(asked.cursor, filters)
    else:
        edition, position = serving.edition, 0
        frozen = await serving.apart(lambda: serving.cursors.frozen((name, edition.number), filters, lambda: items(edition)))
    end = min(position + asked.limit, len(frozen.items))
    told = [shape(item) for item in frozen.items[position:end]]
    body = encoded({"total": len(frozen.items), name: told, "next": frozen.cursor(end)})
    return answered(request, Answer(body, tag_of(body)))


def _topic_json(item: tuple[str, int, int]) -> Json:
    name, stories, articles = item
    return {"name": name, "stories": stories, "articles": articles}


def _provider_json(item: ProviderHealth) -> Json:
    return {
        "name": item.name,
        "domain": item.domain,
        "group": item.group,
        "articles": item.articles,
        "dates": dict(item.dates),
        "newest": None if item.newest is None else iso_text(item.newest),
    }
