"""Lists: what happened to stories, topics, providers; and the document that tells of all routes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from support.service import NEWSROOM, Service, item


def test_changes_go_on_where_they_ended(newsroom: Service) -> None:
    first = newsroom.get("/v1/changes", limit=2)
    assert ([event["kind"] for event in first["events"]], first["more"]) == (["created", "created"], True)
    rest = newsroom.get("/v1/changes", since=first["last"])
    assert ([event["kind"] for event in rest["events"]], rest["more"]) == (["created"], False)
    assert newsroom.get("/v1/changes", since=rest["last"]) == {"events": [], "last": rest["last"], "more": False}
    newsroom.post([item("quake-4", "Quake of magnitude 6.8 off Tarapay coast", NEWSROOM[0]["excerpt"], at="2026-03-11T13:00:00Z")])
    (grown,) = newsroom.get("/v1/changes", since=rest["last"])["events"]
    assert (grown["kind"], grown["story"], grown["articles"]) == ("grown", newsroom.story_of("quake-1"), ["quake-4"])


def test_an_empty_desk_has_no_changes(service: Service) -> None:
    assert service.get("/v1/changes") == {"events": [], "last": 0, "more": False}
    assert service.get("/v1/changes", since=0)["last"] == 0


def test_changes_that_are_kept_no_more(newsroom: Service) -> None:
    newsroom.desk.advance(datetime(2026, 6, 1, tzinfo=UTC))
    newsroom.desk.store.retain(datetime(2026, 5, 1, tzinfo=UTC))
    answer = newsroom.client.get("/v1/changes?since=1")
    assert (answer.status_code, answer.json()["oldest"]) == (410, 4)
    assert [event["kind"] for event in newsroom.get("/v1/changes")["events"]] == ["sealed"] * 3
    assert newsroom.client.get("/v1/changes?since=7").status_code == 410  # of another store


def test_topics_and_providers_come_in_pages(newsroom: Service) -> None:
    page = newsroom.get("/v1/topics", limit=2)
    assert page["topics"] == [{"name": "Earthquakes", "stories": 1, "articles": 2}, {"name": "Peru", "stories": 1, "articles": 1}]
    newsroom.post([item("new", "Another thing entirely", topics=["Aardvarks", "Peru"])])
    rest = newsroom.get("/v1/topics", limit=2, cursor=page["next"])
    assert ([topic["name"] for topic in rest["topics"]], rest["next"], rest["total"]) == (["Sea"], None, 3)
    providers = newsroom.get("/v1/providers", limit=3)
    assert (len(providers["providers"]), providers["total"]) == (3, 7)
    assert providers["providers"][0]["dates"] == {"ok": 1, "zoneless": 0, "missing": 0, "clamped": 0}
    assert newsroom.client.get("/v1/providers", params={"cursor": page["next"]}).status_code == 422  # of another list


def test_cursors_are_forgotten_in_time(newsroom: Service) -> None:
    page = newsroom.get("/v1/topics", limit=1)
    later = newsroom.app.state.serving.cursors._clock() + timedelta(minutes=11).total_seconds()
    newsroom.app.state.serving.cursors._clock = lambda: later
    assert newsroom.client.get("/v1/topics", params={"cursor": page["next"]}).status_code == 410


def parts(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{method} {path}", operation) for path, methods in document["paths"].items() for method, operation in methods.items()]


def test_the_document_can_be_used_without_reading_anything_else(service: Service) -> None:
    document = service.get("/openapi.json")
    for name, operation in parts(document):
        assert operation["summary"], name
        assert operation["description"], name
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            assert parameter.get("description") or schema.get("description"), (name, parameter["name"])
            has_example = "examples" in schema or "enum" in schema or schema.get("type") == "boolean" or "default" in schema
            assert has_example or parameter["name"] in {"cursor", "since", "last-event-id"}, (name, parameter["name"])
        if name.split()[1].startswith("/v1"):
            assert {"401", "403", "422", "429", "500", "503"} <= operation["responses"].keys(), name
            assert operation["security"], name
    schemas = document["components"]["schemas"]
    assert {"Article", "Problem", "StoryOut"} <= schemas.keys()
    assert "HTTPValidationError" not in schemas
    assert document == service.get("/openapi.json")


def test_the_page_of_the_document(service: Service) -> None:
    answer = service.client.get("/docs")
    assert (answer.status_code, "openapi.json" in answer.text) == (200, True)
    assert "//" not in answer.text.replace("//fastapi.tiangolo.com", ""), "nothing is loaded from elsewhere"
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        part = service.client.get(f"/docs/{name}")
        assert part.status_code == 200
        assert len(part.content) > 1000
