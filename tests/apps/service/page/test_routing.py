"""Errors as pages, and the frame around every page."""

from __future__ import annotations

import pytest
from support.html_page import read_html
from support.service import NEWSROOM, Make, Service

from ranker.apps.service.keys import hashed_key
from ranker.apps.service.page.routing import HEADERS
from ranker.apps.service.serving import Serving
from ranker.errors import StoreError
from ranker.settings import KeySettings


def test_an_error_is_a_page(standing: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Serving, "settings_for", broken)
    answer = standing.client.get("/", headers={"X-Request-ID": "abc"})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert (answer.headers["cache-control"], answer.headers["retry-after"]) == ("no-store", "5")
    page = read_html(answer.text)
    assert page.one("h1").text == "The store cannot be used"
    assert "In the log this request is abc." in page.one("main").text
    assert "disk" not in page.text


def test_what_may_be_asked_of_a_page_is_told(standing: Service) -> None:
    answer = standing.client.put("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_head_has_no_body(standing: Service) -> None:
    answer = standing.client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == standing.client.get("/").headers["etag"]


def test_who_is_signed_in_is_said_and_to_nobody_else(make_service: Make) -> None:
    keys = {name: KeySettings(hash=hashed_key(name), role="read") for name in ("ann", "bob <b>")}
    service = make_service(keys=keys)
    pages = {name: service.client.get("/", headers={"X-API-Key": name}) for name in keys}
    for name, answer in pages.items():
        page = read_html(answer.text)
        assert f"Signed in as {name} (read)" in page.one("header").text
        assert page.one("header").all("a", href="/sign-out")
        assert answer.headers["cache-control"] == "private, no-cache"
    assert len({answer.headers["etag"] for answer in pages.values()}) == 2
    stranger = service.client.get("/")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in?next=/")


def test_a_page_that_is_open_tells_nothing(make_service: Make) -> None:
    service = make_service(keys={"ann": KeySettings(hash=hashed_key("ann"), role="write")})
    answer = service.client.post("/v1/articles", json=NEWSROOM, headers={"X-API-Key": "ann"})
    assert answer.status_code == 200
    service.step()
    page = read_html(service.client.get("/sign-in").text)
    assert page.all("p", id="clock") == []
    assert "articles" not in page.one("header").text
    assert "6 articles" in read_html(service.client.get("/", headers={"X-API-Key": "ann"}).text).one("header").text


def test_the_page_that_is_shown_is_marked(standing: Service) -> None:
    for path, name in (("/", "Stories"), ("/related", "Find related")):
        links = read_html(standing.client.get(path).text).one("header", class_="site").all("a")
        (current,) = [each for each in links if "aria-current" in each.attributes]
        assert current.text == name
