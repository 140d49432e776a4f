"""Ingest: articles taken in one by one, in bulk or from a stream, with an answer for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
from fastapi import Request
from starlette.exceptions import HTTPException

from ranker.apps.service.bodies import JSON_TYPE, NDJSON_TYPES, content_type, decoded, reason_of, unread_type
from ranker.apps.service.problems import Problem, problem_of
from ranker.apps.service.running import Busy
from ranker.apps.service.serving import Json, Serving
from ranker.articles.article import Article, Origin
from ranker.articles.record import Record, article_from_record
from ranker.desk.records import Change
from ranker.errors import ArticleError, StoreError

_AT_ONCE = 500  # items that are accepted together
_ORIGIN = "POST"

Place = Literal["index", "line"]


@dataclass(slots=True)
class Taking:
    """The articles of one POST as they are taken in.

    Parameters
    ----------
    place : what an item's number is called.
    items : the answers so far; whoever is told of them may rely on them.
    last : number of the last change.
    """

    serving: Serving
    by: str
    place: Place
    items: list[Json] = field(default_factory=list)
    last: int = 0
    taken: int = 0

    def take_values(self, values: Sequence[tuple[int, Any]]) -> None:
        """Take in decoded items, each with its number."""
        articles: list[Article] = []
        answers: list[Json] = []
        lot: dict[str, Article] = {}
        for number, value in values:
            found = self._article(number, value)
            if isinstance(found, Article):
                articles.append(found)
                found = self._told(number, found, lot)
            answers.append(found)
        if articles:
            running = self.serving.running
            now = running.now()
            numbers = running.accept([Change("put", now, article=article, by=self.by) for article in articles])
            self.serving.recent.note(numbers, [(article.id, article) for article in articles])
            self.last, self.taken = numbers[-1], self.taken + len(articles)
        self.items += answers

    def take_lines(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """Take in lines of JSON, each with its number."""
        self.take_values([(number, _decoded_line(line)) for number, line in lines])

    def _told(self, number: int, article: Article, lot: dict[str, Article]) -> Json:
        """The answer to an article that is taken, after those before it in the same lot."""
        before = lot.get(article.id)
        status = self.serving.recent.status(article) if before is None else "unchanged" if _same(before, article) else "updated"
        lot[article.id] = article
        return {self.place: number, "id": article.id, "status": status}

    def _article(self, number: int, value: Any) -> Article | Json:
        try:
            return article_of(value, number, self.serving)
        except ArticleError as error:
            given = value.get("id") if isinstance(value, dict) else None
            return {
                self.place: number,
                "id": given if isinstance(given, str) else None,
                "status": "refused",
                "problem": {"field": error.field, "reason": error.reason},
            }


def article_of(value: Any, number: int, serving: Serving) -> Article:
    """The article that a decoded item describes.

    Raises
    ------
    ArticleError : if it describes none.
    """
    if isinstance(value, ArticleError):
        raise value
    if not isinstance(value, dict):
        raise ArticleError("item", "must be an object with the fields of an article")
    return article_from_record(Record(value, Origin(_ORIGIN, number)), serving.running.settings.reading)


async def take(request: Request, serving: Serving, *, by: str) -> Taking:
    """Take in the articles of a request's body.

    Raises
    ------
    Problem : 413, 415, 422 or 429; what was taken in before stands, and `items` tells of it.
    """
    kind = content_type(request)
    taking = Taking(serving, by, "index" if kind == JSON_TYPE else "line")
    try:
        if kind == JSON_TYPE:
            await _take_array(request, taking)
        elif kind in NDJSON_TYPES:
            await _take_stream(request, taking)
        else:
            raise unread_type(request, f"{JSON_TYPE} or application/x-ndjson")
    except (HTTPException, Busy, StoreError) as error:
        if not taking.items:
            raise
        problem = problem_of(error, request)
        problem.extensions |= {"accepted": taking.taken, "items": taking.items}
        raise problem from error
    return taking


async def _take_array(request: Request, taking: Taking) -> None:
    body = await request.body()
    most = taking.serving.settings.max_items

    def parsed() -> list[Any]:
        value = decoded(body)
        values = value if isinstance(value, list) else [value]
        if len(values) > most:
            raise _too_many(most)
        return values

    values = await taking.serving.apart(parsed)
    for start in range(0, len(values), _AT_ONCE):
        part = list(enumerate(values[start : start + _AT_ONCE], start))
        await taking.serving.room(len(part))
        await taking.serving.apart(lambda part=part: taking.take_values(part))  # type: ignore[misc] # mypy infers no default


async def _take_stream(request: Request, taking: Taking) -> None:
    most, seen = taking.serving.settings.max_items, 0
    async for lines in _lots(_lines(request)):
        seen += len(lines)
        if seen > most:
            raise _too_many(most)
        await taking.serving.room(len(lines))
        await taking.serving.apart(lambda lines=lines: taking.take_lines(lines))  # type: ignore[misc] # mypy infers no default


async def _lines(request: Request) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The lines of a body as they come, with their numbers, blank ones left out; never more than a piece and the start of a line."""
    rest, number = [b""], 0
    async for piece in request.stream():
        head, *more = piece.split(b"\n")
        rest.append(head)
        if not more:
            continue
        whole = [b"".join(rest), *more[:-1]]
        rest = [more[-1]]
        yield [(number + place, line) for place, line in enumerate(whole, 1) if line.strip()]
        number += len(whole)
    last = b"".join(rest)
    if last.strip():
        yield [(number + 1, last)]


async def _lots(pieces: AsyncIterator[list[tuple[int, bytes]]]) -> AsyncIterator[list[tuple[int, bytes]]]:
    waiting: list[tuple[int, bytes]] = []
    async for lines in pieces:
        waiting += lines
        while len(waiting) >= _AT_ONCE:
            yield waiting[:_AT_ONCE]
            waiting = waiting[_AT_ONCE:]
    if waiting:
        yield waiting


def _decoded_line(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return ArticleError("item", f"is no JSON: {reason_of(error)}")


def _same(one: Article, other: Article) -> bool:
    return replace(one, origin=Origin("")) == replace(other, origin=Origin(""))


def _too_many(most: int) -> Problem:
    return Problem(413, "Too many items", f"At most {most:,} articles are taken in one request (service.max_items); send them in several.")
