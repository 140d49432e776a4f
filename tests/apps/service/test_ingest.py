"""Ingest: articles posted one by one, in bulk and as streams, with an answer for each, within bounds, and once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from support.service import NEWSROOM, Make, Service, item, planted_items

NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(items: list[Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in items)


def statuses(answer: Any) -> list[str]:
    return [each["status"] for each in answer.json()["items"]]


def test_an_array_is_taken_item_by_item(service: Service) -> None:
    answer = service.client.post("/v1/articles", json=[*NEWSROOM[:2], {"title": ""}, "no article", NEWSROOM[2]])
    assert answer.status_code == 207
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (3, 2)
    assert [each["index"] for each in told["items"]] == [0, 1, 2, 3, 4]
    assert told["items"][2]["problem"] == {"field": "title", "reason": "missing"}
    assert told["items"][3] == {
        "index": 3,
        "id": None,
        "status": "refused",
        "problem": {"field": "item", "reason": "must be an object with the fields of an article"},
    }
    service.step()
    assert len(service.desk.edition) == 3


def test_one_article_need_not_be_an_array(service: Service) -> None:
    answer = service.client.post("/v1/articles", json={"headline": "Aliases are understood", "url": "https://x.example/1", "source": "X"})
    assert (answer.status_code, statuses(answer)) == (200, ["created"])
    service.step()
    assert service.get(f"/v1/articles/{answer.json()['items'][0]['id']}")["title"] == "Aliases are understood"


def test_posting_again_changes_nothing(service: Service) -> None:
    first = service.client.post("/v1/articles", json=NEWSROOM)
    again = service.client.post("/v1/articles", json=NEWSROOM)  # not decided yet
    assert (statuses(first), statuses(again)) == (["created"] * 6, ["unchanged"] * 6)
    service.step()
    last, stories = service.desk.store.last_event_number(), service.get("/v1/stories")
    assert statuses(service.client.post("/v1/articles", json=NEWSROOM)) == ["unchanged"] * 6
    assert statuses(service.client.post("/v1/articles", content=lines(NEWSROOM), headers=NDJSON)) == ["unchanged"] * 6
    service.step()
    assert service.desk.store.last_event_number() == last
    assert [story["id"] for story in service.get("/v1/stories")["stories"]] == [story["id"] for story in stories["stories"]]


def test_a_newer_version_is_an_update(newsroom: Service) -> None:
    newer = [
        item("snooker", "Schoolboy makes two maximum breaks"),
        item("snooker", "Schoolboy makes three"),
        item("snooker", "Schoolboy makes three"),
    ]
    assert statuses(newsroom.client.post("/v1/articles", json=newer)) == ["updated", "updated", "unchanged"]
    newsroom.step()
    assert newsroom.get("/v1/articles/snooker")["title"] == "Schoolboy makes three"


def test_an_article_ahead_of_the_clock_is_unchanged_when_it_comes_again(service: Service) -> None:
    early = item("early", "From the future", at="2027-01-01T00:00:00Z")
    assert statuses(service.client.post("/v1/articles", json=[early])) == ["created"]
    service.step(hours=1)
    assert service.get("/v1/articles/early")["dateHealth"] == "clamped"
    assert statuses(service.client.post("/v1/articles", json=[early])) == ["unchanged"]


def test_an_article_that_is_being_removed_is_new_again(newsroom: Service) -> None:
    assert newsroom.client.delete("/v1/articles/snooker").status_code == 202
    assert newsroom.client.delete("/v1/articles/snooker").status_code == 404
    assert statuses(newsroom.client.post("/v1/articles", json=[NEWSROOM[5]])) == ["created"]
    newsroom.step()
    assert newsroom.get("/v1/articles/snooker")["id"] == "snooker"


def test_a_stream_is_taken_as_it_comes(service: Service) -> None:
    accepted: list[int] = []
    items = planted_items(700, 1, seed=1)

    def pieces() -> Iterator[bytes]:
        body = lines(items)
        for start in range(0, len(body), 5000):  # cut anywhere
            accepted.append(service.runner.backlog())
            yield body[start : start + 5000]

    answer = service.client.post("/v1/articles", content=pieces(), headers=NDJSON)
    told = answer.json()
    assert (answer.status_code, told["accepted"]) == (200, 700)
    assert [each["line"] for each in told["items"]] == list(range(1, 701))
    assert [each["id"] for each in told["items"]] == [each["id"] for each in items]


def test_bad_lines_are_refused_by_themselves(service: Service) -> None:
    body = b"\n".join(
        [
            lines([NEWSROOM[0]]).strip(),
            b"",
            b"{no json",
            b'{"title": "\\ud800"}',
            b"\xff",
            b"[1]",
            b"[" * 100_000,
            lines([NEWSROOM[1]]).strip(),
        ]
    )
    answer = service.client.post("/v1/articles", content=body, headers=NDJSON)
    assert answer.status_code == 207
    assert [(each["line"], each["status"]) for each in answer.json()["items"]] == [
        (1, "created"), (3, "refused"), (4, "refused"), (5, "refused"), (6, "refused"), (7, "refused"), (8, "created"),
    ]  # fmt: skip
    assert answer.json()["items"][1]["problem"]["field"] == "item"


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_where_all_are_refused_it_is_a_problem(service: Service, kind: str) -> None:
    answer = service.client.post("/v1/articles", content=b'{"title": ""}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["items"][0]["problem"]["field"] == "title"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,", b"\xff\xfe", b"[" * 200_000, b'[{"title": "\\udc00"}]', b'{"title": NaN}', b"nonsense"]
)
def test_what_is_no_json(standing: Service, body: bytes) -> None:
    answer = standing.client.post("/v1/articles", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (422, "The body is no JSON")


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_nothing_at_all_is_taken(standing: Service, body: bytes) -> None:
    kind = "application/json" if body else "application/x-ndjson"
    answer = standing.client.post("/v1/articles", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "", "application/xml"])
def test_other_types_are_not_read(standing: Service, kind: str) -> None:
    answer = standing.client.post("/v1/articles", content=b"[]", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["detail"]


def test_compressed_bodies_are_not_read(service: Service) -> None:
    answer = service.client.post("/v1/articles", content=b"x", headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_body_has_a_size(make_service: Make) -> None:
    service = make_service(max_body_megabytes=0.001)
    answer = service.client.post("/v1/articles", json=planted_items(10, 1, seed=1))
    assert (answer.status_code, answer.json()["title"]) == (413, "The body is too large")
    assert "0.001 MB" in answer.json()["detail"]
    assert service.runner.backlog() == 0


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_body_without_a_length_has_a_size_too(make_service: Make, kind: str) -> None:
    service = make_service(max_body_megabytes=0.001)
    answer = service.client.post("/v1/articles", content=iter([b'{"title": "A"}\n'] * 100), headers={"Content-Type": kind})
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_request_has_so_many_items(make_service: Make, kind: str) -> None:
    service = make_service(max_items=5)
    items = planted_items(6, 1, seed=1)
    body = json.dumps(items).encode() if kind == "application/json" else lines(items)
    answer = service.client.post("/v1/articles", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["title"]) == (413, "Too many items")
    assert service.runner.backlog() == 0


def test_what_a_stream_brought_before_it_went_wrong_is_told(make_service: Make) -> None:
    service = make_service(max_items=600)
    answer = service.client.post("/v1/articles", content=lines(planted_items(700, 1, seed=1)), headers=NDJSON)
    assert answer.status_code == 413
    assert (answer.json()["accepted"], len(answer.json()["items"])) == (500, 500)
    assert service.runner.backlog() == 500


def test_texts_have_a_length(service: Service) -> None:
    answer = service.client.post("/v1/articles", json=[item("long", "x" * 100_000)])
    assert answer.status_code == 422
    assert answer.json()["items"][0]["problem"]["field"] == "title"
    assert "max_title_characters" in answer.json()["detail"]


def test_what_cannot_be_decided_soon_is_not_taken(make_service: Make) -> None:
    service = make_service(backlog_limit=5)
    assert service.client.post("/v1/articles", json=NEWSROOM[:5]).status_code == 200
    answer = service.client.post("/v1/articles", json=NEWSROOM[5:])
    assert (answer.status_code, answer.json()["title"]) == (429, "Too many changes wait")
    assert int(answer.headers["retry-after"]) >= 1
    service.step()
    assert service.client.post("/v1/articles", json=NEWSROOM[5:]).status_code == 200


def test_waiting_tells_the_story(service: Service) -> None:
    with service.runner:
        answer = service.client.post("/v1/articles?wait=10", json=NEWSROOM[:3])
        stories = {each["story"] for each in answer.json()["items"]}
        assert stories == {service.story_of("quake-1")}
        gone = service.client.delete("/v1/articles/quake-1?wait=10")
        assert (gone.status_code, service.client.get("/v1/articles/quake-1").status_code) == (202, 404)
    late = service.client.post("/v1/articles?wait=0.05", json=NEWSROOM[3:]) if not service.runner.is_stopping else None
    assert late is None


def test_waiting_in_vain_tells_no_story(service: Service) -> None:
    taken, refused = service.client.post("/v1/articles?wait=0.05", json=[NEWSROOM[0], {"title": ""}]).json()["items"]
    assert taken == {"index": 0, "id": "quake-1", "status": "created", "story": None}
    assert "story" not in refused
    assert service.client.post("/v1/articles?wait=31", json=NEWSROOM[:1]).status_code == 422


def test_a_second_version_of_a_sealed_story_tells_that_story(newsroom: Service) -> None:
    story = newsroom.story_of("snooker")
    newsroom.desk.advance(newsroom.clock[0].replace(month=6))
    newsroom.clock[0] = newsroom.clock[0].replace(month=6)
    with newsroom.runner:
        answer = newsroom.client.post("/v1/articles?wait=10", json=[item("snooker", "Schoolboy wins")])
    assert answer.json()["items"] == [{"index": 0, "id": "snooker", "status": "updated", "story": story}]


def test_reads_go_on_while_articles_are_taken_in(service: Service) -> None:
    codes: list[int] = []
    service.post(NEWSROOM)
    writer = threading.Thread(
        target=lambda: codes.append(service.client.post("/v1/articles", json=planted_items(300, 2, seed=1)).status_code)
    )
    writer.start()
    while writer.is_alive():
        codes.append(service.client.get("/v1/stories?limit=1").status_code)
    writer.join()
    assert set(codes) == {200}
