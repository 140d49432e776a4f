"""Lots: every article is sent once more until there is one receipt for it, in order, whatever comes between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripted import Script, problem

from ranker.client import Busy, ClientError, Malformed, RankerClient, Receipt, TooLarge
from ranker.client.asks import Ask
from ranker.client.lots import Packer
from ranker.client.patience import Tries
from ranker.client.replies import Reply

Scripted = Callable[..., Script]


def articles(count: int) -> list[dict[str, Any]]:
    return [{"id": f"a{number}", "title": f"Quake {number}"} for number in range(count)]


def lines(request: httpx.Request) -> list[Any]:
    assert request.headers["content-type"] == "application/x-ndjson"
    return [msgspec.json.decode(line) for line in request.content.splitlines()]


def items(sent: list[Any], count: int | None = None, *, status: str = "created") -> list[dict[str, Any]]:
    return [{"line": line, "id": value["id"], "status": status} for line, value in enumerate(sent[:count], 1)]


def taking(request: httpx.Request) -> httpx.Response:
    """Takes all in."""
    return httpx.Response(200, json={"accepted": 0, "refused": 0, "items": items(lines(request))})


def sent(script: Script, count: int, **options: Any) -> list[Receipt]:
    with script.client() as client:
        return list(client.add(articles(count), **options))


def test_nothing_is_sent_for_nothing(script: Scripted) -> None:
    assert sent(script(), 0) == []


def test_requests_hold_no_more_than_was_said(script: Scripted) -> None:
    played = script(taking, taking, taking)
    receipts = sent(played, 7, per_request=3)
    assert [len(lines(request)) for request in played.asked] == [3, 3, 1]
    assert [(receipt.index, receipt.id) for receipt in receipts] == [(number, f"a{number}") for number in range(7)]


def test_requests_are_of_bounded_size(script: Scripted) -> None:
    played = script(taking, taking, taking)
    with played.client() as client:
        receipts = list(client.add({"id": str(number), "title": "x" * 1_500_000} for number in range(5)))
    assert [len(lines(request)) for request in played.asked] == [2, 2, 1]
    assert all(len(request.content) < 4_000_000 for request in played.asked)
    assert len(receipts) == 5


def test_articles_are_read_and_receipts_given_as_it_goes(script: Scripted) -> None:
    read = 0

    def crawl() -> Iterator[dict[str, Any]]:
        nonlocal read
        for article in articles(6):
            read += 1
            yield article

    with script(taking, taking).client() as client:
        receipts = client.add(crawl(), per_request=2)
        assert read == 0
        assert next(receipts).id == "a0"
        assert read == 2
        assert [next(receipts).id for _ in range(2)] == ["a1", "a2"]
        assert read == 4


def test_what_was_sent_when_the_connection_broke_is_sent_again(script: Scripted) -> None:
    played = script(taking, httpx.ReadError("reset"), taking, taking)
    assert [receipt.index for receipt in sent(played, 6, per_request=2)] == list(range(6))
    assert [[line["id"] for line in lines(request)] for request in played.asked] == [["a0", "a1"], ["a2", "a3"], ["a2", "a3"], ["a4", "a5"]]


@pytest.mark.parametrize("status", [413, 429, 503])
def test_after_an_error_in_the_middle_only_the_rest_is_sent_again(script: Scripted, status: int) -> None:
    played = script(lambda request: problem(status, items=items(lines(request), 3)), taking)
    receipts = sent(played, 5)
    assert [receipt.index for receipt in receipts] == list(range(5))
    assert [line["id"] for line in lines(played.asked[1])] == ["a3", "a4"]


def test_when_it_gives_up_all_that_was_told_has_its_receipt(script: Scripted) -> None:
    answers = [taking, lambda request: problem(429, items=items(lines(request), 1)), *[problem(429)] * 6]
    with script(*answers).client() as client:
        receipts = client.add(articles(6), per_request=3)
        told = [next(receipts) for _ in range(4)]
        with pytest.raises(Busy):
            next(receipts)
    assert [receipt.index for receipt in told] == [0, 1, 2, 3]


def test_too_much_is_sent_in_smaller_parts(script: Scripted) -> None:
    def small(request: httpx.Request) -> httpx.Response:
        return taking(request) if len(lines(request)) <= 2 else problem(413)

    played = script(*[small] * 6)
    assert [receipt.index for receipt in sent(played, 7)] == list(range(7))
    assert [len(lines(request)) for request in played.asked] == [7, 4, 2, 2, 2, 1]


def test_one_article_that_is_too_large_does_not_hold_up_the_others(script: Scripted) -> None:
    def fit(request: httpx.Request) -> httpx.Response:
        return problem(413, detail="too long") if "a1" in request.content.decode() else taking(request)

    receipts = sent(script(*[fit] * 5), 3)
    assert [(receipt.index, receipt.status) for receipt in receipts] == [(0, "created"), (1, "refused"), (2, "created")]
    assert receipts[1].problem is not None
    assert receipts[1].problem.reason == "too long"


def test_what_cannot_be_written_is_refused_in_its_place(script: Scripted) -> None:
    good = {"id": "a", "title": "Quake"}
    odd = [{"title": object()}, {"title": "half \ud800"}, {1j: "key"}, msgspec.Raw(b" ")]
    played = script(taking, taking)
    with played.client() as client:
        receipts = list(client.add([odd[0], good, odd[1], odd[2], good, odd[3]], per_request=4))
    assert [(receipt.index, receipt.status) for receipt in receipts] == [
        (0, "refused"), (1, "created"), (2, "refused"), (3, "refused"), (4, "created"), (5, "refused"),
    ]  # fmt: skip
    assert all(receipt.problem is not None and receipt.problem.field == "item" for receipt in receipts if receipt.status == "refused")


def test_nothing_is_asked_if_nothing_can_be_written() -> None:
    with Script([]).client() as client:
        assert [receipt.status for receipt in client.add([object(), object()])] == ["refused", "refused"]


def test_json_over_several_lines_is_one_line(script: Scripted) -> None:
    played = script(taking)
    with played.client() as client:
        assert len(list(client.add([msgspec.Raw(b'{\n"id":\n"a"}'), {"id": "b"}]))) == 2
    assert lines(played.asked[0]) == [{"id": "a"}, {"id": "b"}]


def test_whatever_can_be_written_as_an_article_is_one(script: Scripted) -> None:
    class News(msgspec.Struct, rename="camel"):
        id: str
        web_url: str

    played = script(taking)
    with played.client() as client:
        assert next(client.add([News("a", "https://x.example")])).id == "a"
    assert lines(played.asked[0]) == [{"id": "a", "webUrl": "https://x.example"}]


@pytest.mark.parametrize(
    "told",
    [
        [], [{"line": 1, "id": "a0", "status": "created"}], [{"line": 2, "id": "a1", "status": "created"}] * 2,
        [{"line": number, "id": "", "status": "created"} for number in (1, 2, 3)], [{"id": "a0"}],
    ],
    ids=["none", "few", "others", "many", "odd"],
)  # fmt: skip
def test_an_answer_that_tells_of_others_than_were_sent_is_malformed(script: Scripted, told: list[Any]) -> None:
    with pytest.raises(Malformed):
        sent(script(httpx.Response(200, json={"items": told})), 2)


@pytest.mark.parametrize("told", [[{"line": 2, "id": "a1", "status": "created"}], "odd", [7]])
def test_an_error_that_tells_of_others_than_were_sent_is_malformed(script: Scripted, told: Any) -> None:
    with pytest.raises(Malformed):
        sent(script(problem(422, items=told)), 2)


def test_an_error_without_receipts_is_raised(script: Scripted) -> None:
    with pytest.raises(ClientError, match="415"):
        sent(script(problem(415)), 2)


def test_waiting_is_said_with_each_request(script: Scripted) -> None:
    played = script(taking, taking)
    sent(played, 2, per_request=1, wait=5)
    assert [dict(request.url.params) for request in played.asked] == [{"wait": "5"}] * 2


def test_a_request_holds_something() -> None:
    with RankerClient() as client, pytest.raises(ValueError, match="per_request = 0"):
        client.add([], per_request=0)


def _outcome(client: RankerClient, ask: Ask) -> Reply | ClientError:
    """What comes of one request, made again at once until there is an answer that tells of something."""
    while True:
        try:
            return client._attempt(ask, Tries())
        except TooLarge as error:
            return error
        except ClientError as error:
            if error.extensions.get("items"):
                return error


@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 2**32))
def test_nothing_is_lost_or_doubled_whatever_fails(count: int, per_request: int, seed: int) -> None:
    rng, kept = random.Random(seed), dict[str, int]()

    def unsteady(request: httpx.Request) -> httpx.Response:
        values, chance = lines(request), rng.random()
        taken = values if chance < 0.5 else values[: rng.randrange(len(values))] if chance < 0.7 else [] if chance < 0.8 else values
        for value in taken:
            kept[value["id"]] = kept.get(value["id"], 0) + 1
        if chance < 0.5:
            return httpx.Response(200, json={"items": items(values)})
        if chance < 0.8:
            return problem(429 if chance < 0.75 or len(values) == 1 else 413, headers={"retry-after": "0"}, items=items(values, len(taken)))
        raise httpx.ReadError("reset")

    packer, receipts = Packer(per_request=per_request, wait=0), list[Receipt]()
    with RankerClient(transport=httpx.MockTransport(unsteady)) as client:
        for lot in packer.packed(articles(count)):
            while (ask := lot.ask()) is not None:
                receipts.extend(lot.settle(_outcome(client, ask)))
    assert [receipt.index for receipt in receipts] == list(range(count))
    assert set(kept) == {f"a{number}" for number in range(count)}
