"""Hostile input: whatever is sent comes back as data or is refused in words, and never breaks anything."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from support.service import NEWSROOM, Service, item

SCRIPT = "5 <6 & 7> \"8\" 'quake' </scr"


def test_markup_is_data(service: Service) -> None:
    service.post([item("x", SCRIPT, provider="x.example", topics=["R&D <3"])])
    answer = service.client.get("/v1/articles/x")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["title"] == SCRIPT
    assert service.get("/v1/topics")["topics"][0]["stories"] == 1


@pytest.mark.parametrize("name", ["a/b", "..", "a?b=c&d", "é ü", "日本", "a#b", "'; DROP TABLE articles; --", "+", "a" * 256])
def test_ids_of_any_characters(service: Service, name: str) -> None:
    service.post([item("x", "Quake off Tarapay", provider="x.example") | {"id": name}])
    assert service.client.get("/v1/stories").json()["stories"][0]["lead"]["id"] == name
    path = f"/v1/articles/{quote(name, safe='')}"
    if name != "..":  # which no client sends as it is
        assert service.client.get(path).json()["id"] == name
        assert service.client.get(f"{path}/related").json()["id"] == name
        assert service.client.delete(path).status_code == 202


@pytest.mark.parametrize("name", ["a" * 257, "a\nb", "a\u0000b"])
def test_ids_that_are_refused(service: Service, name: str) -> None:
    answer = service.client.post("/v1/articles", json=[item("x", "Quake", provider="x.example") | {"id": name}])
    assert (answer.status_code, answer.json()["items"][0]["problem"]["field"]) == (422, "id")


@pytest.mark.parametrize(
    "value", [10**400, 1e308, -(2**63), True, None, [], {}, "\u0000", "\ufffe", "x" * 5000, [[[[[[]]]]]], {"a": {"b": [1e999]}}], ids=repr
)
def test_values_of_any_kind(service: Service, value: Any) -> None:
    fields = ("id", "title", "excerpt", "publishedDateTime", "webUrl", "provider", "topics", "images", "quality", "anything")
    body = json.dumps([item("x", "Quake off Tarapay", provider="x.example") | {"id": field, field: value} for field in fields])
    answer = service.client.post("/v1/articles", content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code in {200, 207, 422}
    if answer.status_code != 422:
        service.step()
        assert service.client.get("/v1/stories").status_code == 200
        assert service.client.get("/feeds/stories.rss").status_code == 200
    rank = service.client.post("/v1/rank", content=f'{{"articles": {body}}}'.encode(), headers={"Content-Type": "application/json"})
    assert rank.status_code in {200, 422}


def test_deep_values_are_cut(service: Service) -> None:
    deep = json.loads("[" * 400 + "]" * 400)
    answer = service.client.post("/v1/articles", json=[item("x", "Quake", provider="x.example") | {"deep": deep}])
    assert answer.status_code == 200
    service.step()
    assert service.client.get("/v1/articles/x").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ff",
     "topic=" + "x" * 300, "limit=99999999999999999999999", "limit=1e3", "minProviders=-1", "since=yesterday", "asOf=0001-01-01",
     "asOf=9999-12-31T23:59:59Z", "sort=best", "explain=maybe", "cursor=%00", "unknown=1", "asOf=" + "9" * 200, "limit=1&limit=0"],
)  # fmt: skip
def test_parameters_that_are_wrong(standing: Service, query: str) -> None:
    answer = standing.client.get(f"/v1/stories?{query}")
    if query == "q=%ff":  # not UTF-8: a replacement character, which no text holds
        assert answer.json()["total"] == 0
        return
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["name"] == query.partition("=")[0]


def test_a_query_has_a_length(newsroom: Service) -> None:
    answer = newsroom.client.get("/v1/stories?q=" + "x" * 60_000)
    assert answer.status_code == 414


@pytest.mark.parametrize(
    "path", ["/v1/stories/%00", "/v1/articles/%ed%a0%80", "/v1/articles/" + "x" * 1000, "/v1/corrections/%0a", "/v1/stories/%2e%2e"]
)
def test_paths_of_any_characters(standing: Service, path: str) -> None:
    answer = standing.client.get(path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'"x"', b"{}", b'{"title": 1}', b'{"title": "x", "y": 1}', b'{"title": "\\ud800"}', b'{"title": ""}', b"[" * 99_999],
)
@pytest.mark.parametrize("path", ["/v1/related", "/v1/rank", "/v1/corrections"])
def test_bodies_that_are_wrong(standing: Service, path: str, body: bytes) -> None:
    answer = standing.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"]


def test_what_is_sent_is_not_repeated_at_length(newsroom: Service) -> None:
    answer = newsroom.client.post("/v1/corrections", json={"action": "x" * 100_000, "articles": ["y" * 10_000]})
    assert (answer.status_code, len(answer.content) < 3000) == (422, True)
    assert len(newsroom.client.get("/" + "x" * 50_000).content) < 110_000


def test_the_newsroom_is_as_it_was(newsroom: Service) -> None:
    before = newsroom.client.get("/v1/stories").json()
    for payload in ("{", "[{}]", '[{"title": null}]', '{"id": {"a": 1}}'):
        newsroom.client.post("/v1/articles", content=payload.encode(), headers={"Content-Type": "application/json"})
    newsroom.step()
    assert newsroom.client.get("/v1/stories").json() == before
    assert len(before["stories"]) == 3 == len({article["id"].split("-")[0] for article in NEWSROOM})
