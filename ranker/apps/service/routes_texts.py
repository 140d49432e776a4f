"""Routes of what is not kept: what is related to a text, and articles ranked by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from ranker.apps.service.asked import RankAsked, TextAsked
from ranker.apps.service.bodies import JsonRoute
from ranker.apps.service.caching import unkept
from ranker.apps.service.ingest import article_of
from ranker.apps.service.models import RankedOut, TextRelatedOut
from ranker.apps.service.problems import Problem, wrong_parameter
from ranker.apps.service.serving import Json, Serving, encoded, serving_of
from ranker.apps.wire import related_json, story_json
from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.articles.reading import clamp_future, newest_versions
from ranker.errors import ArticleError, CorrectionError
from ranker.pipeline import Ranking, rank_articles
from ranker.stories.corrections import Corrections
from ranker.stories.corrections_file import correction_of

router = APIRouter(tags=["texts that are not kept"], route_class=JsonRoute)
MOST_RANKED = 2000  # articles of one request: a second or two of computing


@router.post("/v1/related", summary="What is related to a text", response_model=TextRelatedOut)
async def related_to_text(request: Request, asked: TextAsked) -> Response:
    """The story that a text would belong to, and its related list. Nothing of it is kept."""
    serving = serving_of(request)
    return unkept(await serving.apart(lambda: encoded(related_answer(serving, asked))))


def related_answer(serving: Serving, asked: TextAsked) -> Json:
    """What is answered to a text that is not kept.

    Raises
    ------
    Problem : 422, if the text is no article.
    """
    fields: dict[str, Any] = {"title": asked.title, "excerpt": asked.excerpt, "provider": asked.provider}
    fields["publishedDateTime"] = asked.published_date_time or serving.now()
    try:
        article = article_of(fields, 0, serving)
    except ArticleError as error:
        raise wrong_parameter(error.field, error.reason, place="body") from None
    (article,) = clamp_future([article], serving.now(), tolerance_hours=serving.running.settings.reading.future_tolerance_hours)
    view = serving.view
    story, items = serving.desk.related_to(article, limit=asked.limit)
    return {"story": story, "edition": view.edition.number, "related": [related_json(item, view) for item in items]}


@router.post("/v1/rank", summary="Rank articles", response_model=RankedOut)
async def rank(request: Request, asked: RankAsked) -> Response:
    """Articles in, ranked stories out; nothing of it is kept, and the desk's own articles play no part. At most 2,000 articles."""
    serving = serving_of(request)
    if len(asked.articles) > MOST_RANKED:
        raise Problem(413, "Too many articles", f"At most {MOST_RANKED:,} articles are ranked in one request.")
    return unkept(await serving.apart(lambda: encoded(_ranked(serving, asked))))


def _ranked(serving: Serving, asked: RankAsked) -> Json:
    settings = serving.settings_for(asked) or serving.running.settings
    corrections = _corrections(asked.corrections)
    articles, refused = _read(serving, asked.articles)
    if not articles:
        first = refused[0]["problem"]
        raise Problem(422, "All articles were refused", f"{first['field']}: {first['reason']}", extensions={"refused": refused})
    desk = serving.desk
    ranking = rank_articles(
        newest_versions(articles),
        settings,
        as_of=asked.as_of or serving.now(),
        encoder=desk.encoder,
        same_story=desk.window.model,
        background=desk.window.background,
        replay=asked.as_of is not None,
        corrections=corrections,
    )
    return {
        "asOf": iso_text(ranking.as_of),
        "total": len(ranking.stories),
        "stories": [_story(ranking, place) for place in range(min(len(ranking.stories), asked.limit or len(ranking.stories)))],
        "refused": refused,
        "diversity": _diversity(ranking),
    }


def _read(serving: Serving, values: Sequence[Any]) -> tuple[list[Article], list[Json]]:
    articles: list[Article] = []
    refused: list[Json] = []
    for index, value in enumerate(values):
        try:
            articles.append(article_of(value, index, serving))
        except ArticleError as error:
            refused.append({"index": index, "problem": {"field": error.field, "reason": error.reason}})
    return articles, refused


def _corrections(values: Sequence[Json]) -> Corrections:
    read = []
    for place, value in enumerate(values):
        try:
            read.append(correction_of(value))
        except CorrectionError as error:
            raise wrong_parameter(f"corrections.{place}", str(error), place="body") from None
    return Corrections.of(read)


def _story(ranking: Ranking, place: int) -> Json:
    ranked = ranking.stories[place]
    return story_json(ranked, ranking)


def _diversity(ranking: Ranking) -> Json:
    found = ranking.diversity()
    return {"stories": found.stories, "topics": found.topics, "publisherGroups": found.publisher_groups, "meaning": found.meaning}
