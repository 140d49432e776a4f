"""Problems: every error is a problem document that tells nothing of the inside."""

from __future__ import annotations

import pytest
from support.service import Make, Service

from ranker.apps.service.problems import Problem, problem_bytes
from ranker.errors import SettingsError, StoreError


def test_an_unknown_path(service: Service) -> None:
    answer = service.client.get("/v2/stories", headers={"X-Request-Id": "abc123"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no /v2/stories; /docs lists what there is.",
        "instance": "/v2/stories", "requestId": "abc123",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/articles/x", "DELETE, GET, HEAD"),
        ("DELETE", "/v1/stories", "GET, HEAD"),
        ("GET", "/v1/rank", "POST"),
        ("PATCH", "/v1/corrections", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_is_not_allowed(service: Service, method: str, path: str, allowed: str) -> None:
    answer = service.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_wrong_parameter_is_named(service: Service) -> None:
    answer = service.client.get("/v1/stories?limit=0&sort=best&colour=red")
    assert answer.status_code == 422
    assert [(each["in"], each["name"]) for each in answer.json()["errors"]] == [("query", "sort"), ("query", "limit"), ("query", "colour")]


def test_what_breaks_inside_stays_inside(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(service.app.state.serving.views, "of", broken)
    answer = service.client.get("/v1/stories/x")
    assert (answer.status_code, answer.json()["title"]) == (500, "Something broke here")
    assert "swordfish" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["requestId"]


@pytest.mark.parametrize(("error", "status"), [(StoreError("/secret/path is full"), 503), (SettingsError("profile: there is none"), 422)])
def test_errors_of_the_project(service: Service, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(service.desk, "events", broken)
    answer = service.client.get("/v1/changes")
    assert (answer.status_code, "secret" in answer.text) == (status, False)


def test_too_much_at_once_is_told(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service()
    monkeypatch.setattr("ranker.apps.service.serving._MOST_IN_LINE", 0)
    answer = service.client.post("/v1/rank", json={"articles": [{"title": "A"}]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_document_holds_no_half_characters() -> None:
    problem = Problem(422, "A \ud800", "B", extensions={"list": ["\udc00", {"\ud800": 1}]})
    assert problem_bytes(problem, path="/\udcff", request_id=None).decode()
