"""Logs: a line a request that finds it again, and nothing in it that is nobody's business."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import structlog
from support.service import NEWSROOM, Make, Service

from ranker.apps.service.keys import hashed_key
from ranker.apps.service.logs import set_up_logs
from ranker.settings import KeySettings, Settings

KEY = "a-key-that-nobody-may-see"
Lines = Callable[[], list[dict[str, Any]]]
Begin = Callable[..., None]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def begin(default_settings: Settings) -> Callable[..., None]:
    """Set the logs up; inside a test, for standard error is another one while fixtures are made."""

    def set_up(**changes: Any) -> None:
        set_up_logs(msgspec.structs.replace(default_settings.service, **changes))
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # the client of these tests

    return set_up


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Lines:
    """What was logged since it was last asked, line by line."""
    return lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_a_request_is_one_line(service: Service, begin: Begin, lines: Lines) -> None:
    begin()
    service.post(NEWSROOM)
    lines()
    answer = service.client.get("/v1/articles/quake-1/related?limit=2")
    (line,) = lines()
    assert line.pop("milliseconds") >= 0
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "request", "level": "info", "method": "GET", "route": "/v1/articles/{id}/related", "status": 200,
        "request_id": answer.headers["x-request-id"],
    }  # fmt: skip


def test_nothing_of_articles_queries_and_keys_is_logged(make_service: Make, begin: Begin, capfd: pytest.CaptureFixture[str]) -> None:
    begin()
    keys = {"desk": KeySettings(hash=hashed_key(KEY), role="write")}
    service = make_service(keys=keys)
    service.client.headers["Authorization"] = f"Bearer {KEY}"
    secret = NEWSROOM[0] | {"secured": "opaque-thing", "title": "Unheard-of headline of a quake"}
    service.client.post("/v1/articles", json=[secret, {"title": ""}])
    service.step()
    service.client.get("/v1/stories", params={"q": "unheard-of-words"})
    service.client.post("/v1/related", json={"title": "A draft of tomorrow"})
    service.client.get("/v1/stories", headers={"Authorization": "Bearer another-wrong-key"})
    told = capfd.readouterr().err
    for secret_part in (KEY, "another-wrong-key", "opaque-thing", "Unheard-of", "unheard-of-words", "draft of tomorrow", "magnitude"):
        assert secret_part not in told
    found = [json.loads(line) for line in told.splitlines()]
    assert [line.get("key") for line in found] == ["desk", "desk", "desk", None]


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("abc-1.2_Z", True), ("x" * 64, True), ("x" * 65, False), ("", False), ("a b", False), ('a","level":"x', False), ("é", False)],
)
def test_a_caller_may_name_his_request(given: str, *, is_taken: bool, service: Service, begin: Begin, lines: Lines) -> None:
    begin()
    answer = service.client.get("/v1/stories", headers={b"X-Request-ID": given.encode()})
    named = answer.headers.get_list("x-request-id")
    assert len(named) == 1
    assert (named[0] == given) is is_taken
    assert lines()[-1]["request_id"] == named[0]


def test_a_problem_carries_the_id_of_its_request(service: Service) -> None:
    answer = service.client.get("/v1/stories?limit=0", headers={"X-Request-ID": "mine"})
    assert answer.status_code == 422
    assert answer.json()["requestId"] == answer.headers["x-request-id"] == "mine"


def test_what_machines_ask_all_the_time_is_quiet(service: Service, begin: Begin, lines: Lines) -> None:
    begin()
    service.client.get("/healthz")
    service.client.get("/metrics")
    assert lines() == []
    service.client.get("/readyz")
    assert [(line["route"], line["status"], line["level"]) for line in lines()] == [("/readyz", 503, "error")]


def test_what_breaks_is_logged_with_its_trace_once(service: Service, begin: Begin, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()

    def fail(*_: object) -> None:
        raise OSError("no such thing")

    monkeypatch.setattr(type(service.app.state.views), "of", fail)
    answer = service.client.get("/v1/stories")
    assert answer.status_code == 500
    line = lines()[-1]
    assert (line["status"], line["level"], line["request_id"]) == (500, "error", answer.json()["requestId"])
    assert "OSError: no such thing" in line["exception"]
    assert "no such thing" not in answer.text


def test_what_libraries_log_comes_out_the_same_way(begin: Begin, lines: Lines) -> None:
    begin()
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=OSError("told already"))
    logging.getLogger("some.library").warning("%d things", 3)
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("ranker.x").error("file \udcff.jsonl", exc_info=OSError("broken"))
    first, second = lines()
    assert (first["event"], first["level"], first["logger"]) == ("3 things", "warning", "some.library")
    assert "OSError: broken" in second["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_logs_may_be_for_people(form: str, service: Service, begin: Begin, capfd: pytest.CaptureFixture[str]) -> None:
    begin(log_format=form)
    service.client.get("/v1/stories")
    logging.getLogger("x").warning("hello")
    told = capfd.readouterr().err
    assert ("request " in told) is (form == "console")
    assert (told.splitlines()[0].startswith("{")) is (form == "json")
    assert "hello" in told


def test_a_program_that_set_up_no_logs_hears_nothing(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    service.client.get("/v1/stories")
    assert capfd.readouterr() == ("", "")
