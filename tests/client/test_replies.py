"""Replies and errors: every status is the error it should be, with all that its document says."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from support.scripted import Script, problem

from ranker.client import (
    Busy,
    ClientError,
    Contradiction,
    Gone,
    Malformed,
    Moved,
    NotAllowed,
    NotFound,
    Patience,
    Problem,
    Refused,
    TooLarge,
    Unreachable,
)
from ranker.errors import RankerError

Scripted = Callable[..., Script]
ONCE = Patience(attempts=1)
STATUSES: list[tuple[int, type[ClientError]]] = [
    (400, Refused), (401, NotAllowed), (403, NotAllowed), (404, NotFound), (405, Problem), (409, Contradiction), (410, Gone),
    (413, TooLarge), (414, Refused), (415, Refused), (422, Refused), (429, Busy), (500, Problem), (502, Busy), (503, Busy),
    (504, Busy), (308, Moved),
]  # fmt: skip


def error_of(script: Script) -> ClientError:
    with script.client(patience=ONCE) as client, pytest.raises(ClientError) as caught:
        client.article("a1")
    return caught.value


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_is_its_error_with_the_fields_of_the_document(script: Scripted, status: int, kind: type[ClientError]) -> None:
    error = error_of(script(problem(status, "A title", "A detail.", requestId="r-1", extra=[1])))
    assert type(error) is kind
    assert (error.status, error.title, error.detail) == (status, "A title", "A detail.")
    assert (error.request_id, error.extensions) == ("r-1", {"requestId": "r-1", "extra": [1]})
    assert str(error) == f"{status} A title: A detail."
    assert isinstance(error, RankerError)


@pytest.mark.parametrize(("status", "kind"), [pair for pair in STATUSES if pair[0] not in {405, 500}])
def test_an_error_of_a_proxy_is_told_by_its_status(script: Scripted, status: int, kind: type[ClientError]) -> None:
    error = error_of(script(httpx.Response(status, text="<html>Oh no</html>")))
    assert type(error) is kind
    assert error.title == httpx.codes.get_reason_phrase(status)
    assert error.request_id is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Please log in</html>"),
        httpx.Response(200, json={"id": "a1"}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(418, json=["no", "document"]),
        httpx.Response(500, content=b"{", headers={"content-type": "application/problem+json"}),
    ],
    ids=["page", "other", "bytes", "deep", "redirect", "list", "broken"],
)
def test_an_answer_that_is_none_of_the_service_s_is_malformed(script: Scripted, answer: httpx.Response) -> None:
    assert type(error_of(script(answer))) is Malformed


def test_an_answer_that_cannot_be_unpacked_is_malformed(script: Scripted) -> None:
    error = error_of(script(lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))))
    assert type(error) is Malformed


def test_no_answer_is_unreachable(script: Scripted) -> None:
    error = error_of(script(httpx.ConnectError("refused")))
    assert (type(error), error.status, error.retry_after) == (Unreachable, None, None)
    assert str(error) == "The service cannot be reached: ConnectError: refused"
    assert isinstance(error.__cause__, httpx.ConnectError)


def test_a_wrong_address_is_a_mistake_and_no_failure() -> None:
    with Script([httpx.UnsupportedProtocol("ftp")]).client(base_url="ftp://x") as client, pytest.raises(httpx.UnsupportedProtocol):
        client.topics().__next__()


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0", 0.0), (None, None), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("-3", None)]
)
def test_when_to_come_again_is_read(script: Scripted, header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    assert error_of(script(problem(429, headers=headers))).retry_after == seconds


def test_a_date_to_come_again_is_so_many_seconds_away(script: Scripted) -> None:
    at = email.utils.format_datetime(datetime.now(tz=UTC) + timedelta(minutes=1), usegmt=True)
    found = error_of(script(problem(503, headers={"retry-after": at}))).retry_after
    assert found is not None
    assert 50 < found <= 60


def test_a_refusal_says_why_by_field(script: Scripted) -> None:
    errors = [{"in": "query", "name": "limit", "reason": "too small"}, {"in": "body", "name": "", "reason": "no JSON"}, "odd"]
    errors.append({"in": "query", "name": "limit", "reason": "no number"})
    error = error_of(script(problem(422, errors=errors)))
    assert isinstance(error, Refused)
    assert error.fields == {"limit": "too small", "body": "no JSON"}


def test_a_refusal_of_articles_says_why_by_article(script: Scripted) -> None:
    refused = [{"index": 3, "problem": {"field": "title", "reason": "missing"}}]
    items = [{"line": 1, "status": "created"}, {"line": 2, "problem": {"field": "webUrl", "reason": "no address"}}]
    error = error_of(script(problem(422, items=items, refused=refused)))
    assert isinstance(error, Refused)
    assert error.fields == {"2.webUrl": "no address", "3.title": "missing"}


def test_a_contradiction_has_its_chain(script: Scripted) -> None:
    error = error_of(script(problem(409, chain=["a1", "c1", "a2"], against=["c1"], correction="c2")))
    assert isinstance(error, Contradiction)
    assert (error.chain, error.against) == (("a1", "c1", "a2"), ("c1",))


def test_what_is_gone_has_its_heirs(script: Scripted) -> None:
    error = error_of(script(problem(410, heirs=["s1", 2, "s3"])))
    assert isinstance(error, Gone)
    assert error.heirs == ("s1", "s3")
    error = error_of(script(problem(410, heirs="s1")))
    assert isinstance(error, Gone)
    assert error.heirs == ()
