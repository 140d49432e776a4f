"""Routes of corrections: what an editor says about stories."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ranker.apps.service.asked import CorrectionAsked, CorrectionsAsked, Id, NothingAsked, WaitAsked
from ranker.apps.service.bodies import JsonRoute
from ranker.apps.service.caching import Answer, answered, tag_of, unkept
from ranker.apps.service.lineage import living
from ranker.apps.service.models_lists import CorrectionOut, CorrectionsOut
from ranker.apps.service.problems import Problem, problems, wrong_parameter
from ranker.apps.service.serving import Json, Serving, caller_of, encoded, serving_of
from ranker.apps.service.shapes import kept_correction_json
from ranker.desk.records import Change
from ranker.desk.store import KeptCorrection
from ranker.errors import CorrectionError
from ranker.stories.corrections import Correction, checked, correction_id

router = APIRouter(tags=["corrections"], route_class=JsonRoute)
_CORRECTION_ID = Path(description="Id of a correction", examples=["c5e7a9b1d3f5c7e90"])


@router.post(
    "/v1/corrections",
    summary="Correct stories",
    status_code=201,
    response_model=CorrectionOut,
    responses={
        200: {"model": CorrectionOut, "description": "It was made before, and stands"},
        **problems(409),
    },
)
async def post_correction(request: Request, body: CorrectionAsked, asked: Annotated[WaitAsked, Query()]) -> Response:
    """Join or part articles, choose a lead, pin or hide stories.

    It holds for whatever comes later, until it is undone. One that contradicts those that stand is refused with the chain that does.
    """
    serving, by = serving_of(request), body.by or caller_of(request).name

    def made() -> tuple[Correction, int]:
        correction = _correction(serving, body, by)
        if correction.id in serving.desk.corrections().by_id:
            return serving.desk.corrections().by_id[correction.id], 0
        return correction, serving.running.accept([Change("correct", serving.now(), correction=correction, by=by)])[-1]

    correction, number = await serving.apart(made)
    is_decided = not number or (asked.wait > 0 and await serving.decided(number, asked.wait))
    told = kept_correction_json(KeptCorrection(correction), waits=not is_decided)
    return unkept(
        encoded(told), 201 if number else 200, {"Location": f"{request.scope.get('root_path', '')}/v1/corrections/{correction.id}"}
    )


@router.get("/v1/corrections", summary="Corrections", response_model=CorrectionsOut, responses=problems(304, 410))
async def corrections(request: Request, asked: Annotated[CorrectionsAsked, Query()]) -> Response:
    """The corrections that stand, in the order in which they were made; with `undone=true` the others, too."""
    serving = serving_of(request)
    filters = {"list": "corrections", "undone": asked.undone}
    if asked.cursor is not None:
        frozen, position = serving.cursors.found(asked.cursor, filters)
    else:
        items = await serving.apart(lambda: _all(serving, undone=asked.undone))
        tag = tag_of(encoded(items))
        frozen, position = serving.cursors.frozen(("corrections", asked.undone, tag), filters, lambda: items), 0
    end = min(position + asked.limit, len(frozen.items))
    body = encoded({"corrections": frozen.items[position:end], "next": frozen.cursor(end)})
    return answered(request, Answer(body, tag_of(body)))


@router.get("/v1/corrections/{id}", summary="A correction", response_model=CorrectionOut, responses=problems(304, 404))
async def correction(request: Request, id: Annotated[Id, _CORRECTION_ID], asked: Annotated[NothingAsked, Query()]) -> Response:  # noqa: A002, ARG001 - names of the wire
    """A correction, whether it stands or was undone."""
    serving = serving_of(request)
    body = encoded(await serving.apart(lambda: _one(serving, id)))
    return answered(request, Answer(body, tag_of(body)))


@router.delete("/v1/corrections/{id}", summary="Undo a correction", response_model=CorrectionOut, responses=problems(404))
async def undo(request: Request, id: Annotated[Id, _CORRECTION_ID], asked: Annotated[WaitAsked, Query()]) -> Response:  # noqa: A002 - the wire's name
    """Undo a correction. What it said stays in the record, with who undid it."""
    serving, by = serving_of(request), caller_of(request).name

    def undone() -> tuple[Json, int]:
        standing = serving.desk.corrections().by_id.get(id)
        if standing is None:
            raise _unknown()
        now = serving.now()
        try:
            number = serving.running.accept([Change("undo", now, id=id, by=by)])[-1]
        except CorrectionError:  # somebody else was faster
            raise _unknown() from None
        return kept_correction_json(KeptCorrection(standing, by, now)), number

    told, number = await serving.apart(undone)
    if asked.wait:
        await serving.decided(number, asked.wait)
    return unkept(encoded(told))


def _correction(serving: Serving, body: CorrectionAsked, by: str) -> Correction:
    """What a body says, its stories as the articles they have now.

    Raises
    ------
    CorrectionError : if it makes no sense.
    Problem : 422, if it names an article or a story that is not kept.
    """
    articles = tuple(dict.fromkeys((*body.articles, *_articles_of(serving, body.stories, "stories"))))
    others = tuple(dict.fromkeys((*body.others, *_articles_of(serving, body.other_stories, "otherStories"))))
    correction = checked(
        Correction(correction_id(body.action, articles, others), body.action, articles, others, by, serving.now(), body.why)
    )
    for name, named in (("articles", body.articles), ("others", body.others)):
        unknown = next((article for article in named if not serving.recent.holds(article)), None)
        if unknown is not None:
            raise wrong_parameter(name, f"no article {unknown} is kept", place="body")
    return correction


def _articles_of(serving: Serving, stories: list[str], name: str) -> list[str]:
    found: list[str] = []
    for story in stories:
        record = living(serving.desk, story)
        if record is None:
            raise wrong_parameter(name, f"no story {story} is kept", place="body")
        found += [kept.article.id for kept in serving.desk.store.articles_of(record.id)]
    return found


def _all(serving: Serving, *, undone: bool) -> list[Json]:
    kept = serving.desk.store.corrections(with_undone=True)
    standing = serving.desk.corrections().by_id
    made = {each.correction.id for each in kept if each.stands}
    told = [kept_correction_json(each) for each in kept if (each.stands and each.correction.id in standing) or (undone and not each.stands)]
    return told + [kept_correction_json(KeptCorrection(each), waits=True) for each in standing.values() if each.id not in made]


def _one(serving: Serving, correction_id: str) -> Json:
    kept = serving.desk.store.correction(correction_id)
    standing = serving.desk.corrections().by_id.get(correction_id)
    if standing is not None and (kept is None or not kept.stands):
        return kept_correction_json(KeptCorrection(standing), waits=True)
    if kept is None:
        raise _unknown()
    return kept_correction_json(kept)


def _unknown() -> Problem:
    return Problem(404, "No such correction", "No correction of that id stands.")
