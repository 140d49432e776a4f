"""Routes of articles: taken in, read, removed, and what is related to one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ranker.apps.service.asked import AddressAsked, Id, NothingAsked, RelatedAsked, WaitAsked
from ranker.apps.service.caching import Answer, answered, has_tag, tag_of, unkept
from ranker.apps.service.ingest import Taking, take
from ranker.apps.service.models import ARTICLE_ID, KeptArticleOut, RelatedOut, RemovedOut, TakenOut
from ranker.apps.service.problems import Problem, problems, wrong_parameter
from ranker.apps.service.serving import Serving, caller_of, encoded, serving_of
from ranker.apps.service.shapes import Qualities
from ranker.apps.wire import article_json, related_json
from ranker.articles.article import Provider
from ranker.articles.identity import article_id, canonical_url
from ranker.desk.records import Change, KeptArticle

router = APIRouter(tags=["articles"])  # ids may hold slashes: what has more of a path stands first
_ARTICLE_ID = Path(description="Id of an article", examples=[ARTICLE_ID])
_REF = {"$ref": "#/components/schemas/Article"}
_ERRORS = problems(304, 404)
_BODY = {
    "requestBody": {
        "required": True,
        "description": "An array of articles, one article, or a stream with one article a line",
        "content": {
            "application/json": {"schema": {"oneOf": [{"type": "array", "items": _REF}, _REF]}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One article a line"}},
        },
    }
}
_NO_PROVIDER = Provider("", "")
_ALL_TAKEN, _SOME_REFUSED, _ALL_REFUSED = 200, 207, 422


@router.post(
    "/v1/articles",
    summary="Take articles in",
    response_model=TakenOut,
    responses={207: {"model": TakenOut, "description": "Some were refused, the others are kept"}},
    openapi_extra=_BODY,
)
async def post_articles(request: Request, asked: Annotated[WaitAsked, Query()]) -> Response:
    """New articles, or newer versions of known ones; posting one again changes nothing.

    The answer tells of each; what it does not refuse survives a crash. Without `wait` it comes before the articles are in their stories.
    """
    serving = serving_of(request)
    taking = await take(request, serving, by=caller_of(request).name)
    if asked.wait and taking.last:
        is_decided = await serving.decided(taking.last, asked.wait)
        await serving.apart(lambda: _with_stories(taking, serving, is_decided=is_decided))
    refused = len(taking.items) - taking.taken
    told = {"accepted": taking.taken, "refused": refused, "items": taking.items}
    if refused and not taking.taken:
        first = taking.items[0]["problem"]
        raise Problem(_ALL_REFUSED, "All articles were refused", f"{first['field']}: {first['reason']}", extensions=told)
    return unkept(encoded(told), _SOME_REFUSED if refused else _ALL_TAKEN)


def _with_stories(taking: Taking, serving: Serving, *, is_decided: bool) -> None:
    edition, store = serving.edition, serving.desk.store
    for item in taking.items:
        if item["status"] == "refused":
            continue
        item["story"] = None
        if is_decided:
            kept = None
            story = edition.story_of(item["id"])
            if story is None:
                kept = store.article(item["id"])
            item["story"] = story if kept is None else kept.story


@router.get("/v1/articles/{id:path}/related", summary="What is related to an article", response_model=RelatedOut, responses=_ERRORS)
async def related(request: Request, id: Annotated[Id, _ARTICLE_ID], asked: Annotated[RelatedAsked, Query()]) -> Response:  # noqa: A002 - the wire's name
    """What to show under an article: the rest of its story, then the articles nearest to it, one a provider, no text twice."""
    serving = serving_of(request)
    edition = serving.edition
    # Nothing in it but points that age is of a moment: until something changes it is still good.
    key = ("related", edition.revision, edition.number if serving.quality_ages else None, id, asked.limit)
    tag = serving.answers.tag(*key)
    if has_tag(request, tag):
        return answered(request, Answer(b"", tag))
    answer = serving.answers.get(key)
    if answer is None:
        view = serving.views.of(edition, None, None)
        try:
            items = edition.related_to(id, limit=asked.limit)
            story = edition.story_of(id)
        except KeyError:
            kept = await serving.apart(lambda: _kept(serving, id))
            story, (_, items) = kept.story, await serving.apart(lambda: serving.desk.related_to(kept.article, limit=asked.limit))
        told = {"id": id, "story": story, "edition": edition.number, "related": [related_json(item, view) for item in items]}
        answer = serving.answers.keep(key, encoded(told), tag=tag)
    return answered(request, answer)


@router.get("/v1/articles", summary="The article of a web address", response_model=KeptArticleOut, responses=_ERRORS)
async def article_of_address(request: Request, asked: Annotated[AddressAsked, Query()]) -> Response:
    """An article by its address, for who has no receipt with its id: a site's template, a folder that is watched.

    An article whose id was given with it is found by the very address that it came with, and as long as it is in the window.
    """
    serving = serving_of(request)
    canonical = canonical_url(asked.web_url)
    if not canonical:
        raise wrong_parameter("webUrl", "is no http or https address")
    made = article_id(asked.web_url, provider=_NO_PROVIDER, title="", published=None)
    return await serving.apart(lambda: _told(request, made if _is_kept(serving, made) else _posted_with(serving, asked.web_url)))


@router.get("/v1/articles/{id:path}", summary="An article", response_model=KeptArticleOut, responses=_ERRORS)
async def article(request: Request, id: Annotated[Id, _ARTICLE_ID], asked: Annotated[NothingAsked, Query()]) -> Response:  # noqa: A002, ARG001 - names of the wire
    """An article and the id of the story it is in."""
    if serving_of(request).edition.article(id) is not None:
        return _told(request, id)
    return await serving_of(request).apart(lambda: _told(request, id))


@router.delete("/v1/articles/{id:path}", summary="Remove an article", status_code=202, response_model=RemovedOut, responses=problems(404))
async def delete_article(request: Request, id: Annotated[Id, _ARTICLE_ID], asked: Annotated[WaitAsked, Query()]) -> Response:  # noqa: A002 - the wire's name
    """Remove an article for good, with all that was computed of it. It leaves its story within a second or so."""
    serving, by = serving_of(request), caller_of(request).name

    def removed() -> int:
        if not serving.recent.holds(id):
            raise _unknown()
        numbers = serving.running.accept([Change("remove", serving.now(), id=id, by=by)])
        serving.recent.note(numbers, [(id, None)])
        return numbers[-1]

    number = await serving.apart(removed)
    if asked.wait:
        await serving.decided(number, asked.wait)
    return unkept(encoded({"id": id, "status": "removed"}), 202)


def _told(request: Request, name: str) -> Response:
    serving, view = serving_of(request), serving_of(request).view
    live = view.edition.article(name)
    if live is not None:
        told = article_json(live, view) | {"story": view.edition.story_of(name), "state": "live"}
    else:
        kept = _kept(serving, name)
        told = article_json(kept.article, Qualities(view.edition, [kept.article])) | {"story": kept.story, "state": "sealed"}
    body = encoded(told)
    return answered(request, Answer(body, tag_of(body)))


def _is_kept(serving: Serving, name: str) -> bool:
    return serving.edition.article(name) is not None or serving.desk.store.article(name) is not None


def _posted_with(serving: Serving, address: str) -> str:
    """The id of a live article that came with an address."""
    edition = serving.edition
    for article in edition.table.articles:
        if article.url == address:
            return article.id
    raise Problem(404, "No such article", "No article with that address is kept.")


def _kept(serving: Serving, name: str) -> KeptArticle:
    kept = serving.desk.store.article(name)
    if kept is None:
        raise _unknown()
    return kept


def _unknown() -> Problem:
    return Problem(404, "No such article", "No article of that id is kept.")
