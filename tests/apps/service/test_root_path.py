"""A service that a proxy offers below a path: whatever leads somewhere leads there."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send
from support.service import BASE_URL, NEWSROOM, Make, Service

from ranker.apps.service.runner import DeskRunner
from ranker.errors import SettingsError
from ranker.settings_file import load_settings

ROOT = "/desk"


@pytest.fixture
def below(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, TestClient]:
    """A service, and a caller who comes to it as through uvicorn with such a root path: the proxy took the path off, uvicorn says it."""
    monkeypatch.setattr(DeskRunner, "not_ready", None)
    service = make_service()
    service.post(NEWSROOM)

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = ROOT + scope["path"]
            scope = {**scope, "root_path": ROOT, "path": path, "raw_path": path.encode()}
        await service.app(scope, receive, send)

    return service, TestClient(placed, base_url=BASE_URL, client=("127.0.0.1", 50_000), follow_redirects=False)


def test_the_api_answers_as_ever(below: tuple[Service, TestClient]) -> None:
    service, caller = below
    assert caller.get("/v1/stories").json()["total"] == service.get("/v1/stories")["total"] == 3
    assert caller.get("/healthz").status_code == caller.get("/docs").status_code == 200
    wrong = caller.put("/v1/articles")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")


def test_every_link_of_a_page_is_below_the_path(below: tuple[Service, TestClient]) -> None:
    service, caller = below
    for page in ("/", "/related", f"/stories/{service.story_of('quake-1')}"):
        answer = caller.get(page)
        assert answer.status_code == 200
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', answer.text)
        assert links
        assert [link for link in links if not link.startswith(f"{ROOT}/")] == []
        for link in {link for link in links if f"{ROOT}/page/" in link}:
            assert caller.get(link.removeprefix(ROOT)).status_code == 200


def test_redirects_stay_below_the_path(below: tuple[Service, TestClient]) -> None:
    service, caller = below
    quake, ferry = service.story_of("quake-1"), service.story_of("ferry-1")
    made = caller.post("/v1/corrections", json={"action": "join", "articles": ["quake-1", "ferry-1"]})
    assert made.headers["location"].startswith(f"{ROOT}/v1/corrections/")
    service.step()
    moved = caller.get(f"/v1/stories/{ferry}/timeline")
    assert (moved.status_code, moved.headers["location"]) == (httpx.codes.PERMANENT_REDIRECT, f"{ROOT}/v1/stories/{quake}/timeline")
    page = caller.get(f"/stories/{ferry}")
    assert page.headers["location"].startswith(f"{ROOT}/stories/{quake}")


def test_feeds_belong_to_the_page_below_the_path(below: tuple[Service, TestClient]) -> None:
    feed = below[1].get("/feeds/stories.json").json()
    assert feed["home_page_url"] == f"{BASE_URL}{ROOT}/"
    assert feed["feed_url"] == f"{BASE_URL}{ROOT}/feeds/stories.json"


@pytest.mark.parametrize("path", ["desk", "/desk/", "/a b", "//", "/desk?x", "/"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(SettingsError, match=r"service\.root_path"):
        load_settings(overrides={"service.root_path": path})


@pytest.mark.parametrize("path", ["", "/desk", "/news/desk-1"])
def test_what_is_a_path_is_taken(path: str) -> None:
    assert load_settings(overrides={"service.root_path": path}).service.root_path == path
