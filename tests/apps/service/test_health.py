"""Health: alive is not ready, and what is not ready says why."""

from __future__ import annotations

from threading import Event

from support.service import NEWSROOM, Service
from support.serving import PATIENCE_SECONDS

from ranker import __version__


def wait_for(service: Service, status: int) -> None:
    for _ in range(int(PATIENCE_SECONDS * 100)):
        if service.client.get("/readyz").status_code == status:
            return
        Event().wait(0.01)
    raise AssertionError(f"/readyz never answered {status}")


def test_the_process_lives_whatever_its_thread_does(service: Service) -> None:
    answer = service.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def test_it_is_not_ready_until_it_is_warm(service: Service) -> None:
    answer = service.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"] == "Not ready: the encoder is being loaded."


def test_it_says_what_it_holds_when_it_is_ready(newsroom: Service) -> None:
    newsroom.runner.start()
    try:
        wait_for(newsroom, 200)
        answer = newsroom.client.get("/readyz")
        assert answer.json() == {"status": "ready", "edition": newsroom.desk.edition.number, "articles": len(NEWSROOM), "waiting": 0}
        assert answer.headers["cache-control"] == "no-store"
    finally:
        newsroom.runner.stop()
    assert newsroom.client.get("/readyz").json()["detail"] == "Not ready: the service is stopping."
    assert newsroom.client.get("/healthz").status_code == 200


def test_it_is_not_ready_once_its_thread_has_died(service: Service) -> None:
    def fail() -> None:
        raise OSError("/secret/place")

    service.runner.start(fail)
    for _ in range(int(PATIENCE_SECONDS * 100)):
        if service.runner.has_failed:
            break
        Event().wait(0.01)
    answer = service.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Not ready: the thread that decides has died (OSError): the service must be started again."
    assert "/secret/place" not in answer.text
    assert service.client.get("/healthz").status_code == 200
