"""Articles: read, related, removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.service import FERRY, NEWSROOM, NOW, Service


def test_an_article_and_its_story(newsroom: Service) -> None:
    article = newsroom.get("/v1/articles/quake-1")
    assert article["title"] == NEWSROOM[0]["title"]
    assert article["topics"] == ["Earthquakes", "Peru"]
    assert article["state"] == "live"
    assert article["story"] == newsroom.story_of("quake-2")


def test_related_is_the_rest_of_the_story_first(newsroom: Service) -> None:
    told = newsroom.get("/v1/articles/quake-1/related")
    assert [each["id"] for each in told["related"] if each["sameStory"]] == [each["id"] for each in told["related"]][:2]
    assert {each["id"] for each in told["related"][:2]} == {"quake-2", "quake-3"}
    assert told["story"] == newsroom.story_of("quake-1")
    assert len(newsroom.get("/v1/articles/quake-1/related", limit=1)["related"]) == 1
    expected = [item.article.id for item in newsroom.desk.edition.related_to("quake-1")]
    assert [each["id"] for each in told["related"]] == expected


def test_what_nobody_knows(newsroom: Service) -> None:
    for path in ("/v1/articles/nobody", "/v1/articles/nobody/related"):
        assert newsroom.client.get(path).status_code == 404
    assert newsroom.client.delete("/v1/articles/nobody").status_code == 404
    assert newsroom.client.get("/v1/articles/quake-1/related?limit=101").status_code == 422


def test_a_removed_article_is_gone(newsroom: Service) -> None:
    answer = newsroom.client.delete("/v1/articles/quake-1")
    assert (answer.status_code, answer.json()) == (202, {"id": "quake-1", "status": "removed"})
    newsroom.step()
    assert newsroom.client.get("/v1/articles/quake-1").status_code == 404
    assert newsroom.get(f"/v1/stories/{newsroom.story_of('quake-2')}")["counts"]["articles"] == 2


def test_what_was_made_is_not_made_again(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ["/v1/articles/quake-1/related", f"/v1/stories/{newsroom.story_of('quake-1')}", "/v1/stories"]
    first = [newsroom.client.get(path).content for path in paths]
    monkeypatch.setattr("ranker.apps.service.caching.Answers.keep", None)
    assert [newsroom.client.get(path).content for path in paths] == first


def test_the_application_starts_and_stops(newsroom: Service) -> None:
    with newsroom.client as client:
        assert client.get("/v1/stories").status_code == 200


def test_a_head_says_what_a_get_would(newsroom: Service) -> None:
    got, head = newsroom.client.get("/v1/articles/quake-1"), newsroom.client.head("/v1/articles/quake-1")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])


def test_what_never_ends_has_no_head(newsroom: Service) -> None:
    assert newsroom.client.head("/v1/changes/stream").status_code == 405


def test_long_answers_are_compressed(newsroom: Service) -> None:
    answer = newsroom.client.get("/v1/stories", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["total"] == 3


def test_what_is_related_to_a_text(newsroom: Service) -> None:
    before = newsroom.desk.store.last_event_number()
    answer = newsroom.client.post(
        "/v1/related", json={"title": "Lady Corinne aground on Gannet Ledge", "excerpt": FERRY, "publishedDateTime": "2026-03-10T09:00:00Z"}
    )
    told = answer.json()
    assert told["story"] == newsroom.story_of("ferry-1")
    assert {each["id"] for each in told["related"][:2]} == {"ferry-1", "ferry-2"}
    assert answer.headers["cache-control"] == "no-store"
    newsroom.step()
    assert (newsroom.desk.store.last_event_number(), len(newsroom.desk.edition)) == (before, 6)
    alone = newsroom.client.post("/v1/related", json={"title": "Wholly unheard of", "provider": "X", "limit": 3}).json()
    assert alone["story"] is None


def test_a_text_that_is_refused(newsroom: Service) -> None:
    answer = newsroom.client.post("/v1/related", json={"title": "x" * 100_000})
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "title")
    assert newsroom.client.post("/v1/related", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_ranking_keeps_nothing(service: Service) -> None:
    body = {"articles": [*NEWSROOM, {"title": ""}, 7], "asOf": "2026-03-11T09:30:00Z", "weights": "recency:1", "limit": 1}
    told = service.client.post("/v1/rank", json=body).json()
    assert (told["asOf"], told["total"], len(told["stories"])) == ("2026-03-11T09:30:00Z", 2, 1)
    assert [article["id"] for article in told["stories"][0]["articles"]] == ["quake-1"]
    assert [(each["index"], each["problem"]["field"]) for each in told["refused"]] == [(6, "title"), (7, "item")]
    assert told["diversity"]["stories"] == 2
    service.step()
    assert len(service.desk.edition) == 0


def test_ranking_honours_corrections(service: Service) -> None:
    part = {"action": "part", "articles": ["quake-1"], "others": ["quake-2", "quake-3"]}
    told = service.client.post("/v1/rank", json={"articles": NEWSROOM, "corrections": [part]}).json()
    assert told["total"] == 4
    join = {"action": "join", "articles": ["quake-1", "quake-2"]}
    answer = service.client.post("/v1/rank", json={"articles": NEWSROOM, "corrections": [part, join]})
    assert (answer.status_code, len(answer.json()["chain"])) == (409, 3)
    answer = service.client.post("/v1/rank", json={"articles": NEWSROOM, "corrections": [{"action": "praise"}]})
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "corrections.0")


def test_ranking_has_bounds(service: Service) -> None:
    assert service.client.post("/v1/rank", json={"articles": [{"title": "x"}] * 2001}).status_code == 413
    answer = service.client.post("/v1/rank", json={"articles": [{"title": ""}]})
    assert (answer.status_code, answer.json()["refused"][0]["index"]) == (422, 0)


@pytest.mark.parametrize(
    "address",
    ["https://www.wire.example/storm", "http://wire.example/storm/", "https://wire.example/storm?utm_source=x#top"],
)
def test_an_article_is_found_by_its_address_however_that_is_written(service: Service, address: str) -> None:
    made = {"title": "Storm closes the bridge", "webUrl": "https://www.wire.example/storm", "publishedDateTime": "2026-03-11T09:00:00Z"}
    (item_,) = service.post([made])["items"]
    found = service.get("/v1/articles", webUrl=address)
    assert found == service.get(f"/v1/articles/{item_['id']}")
    service.desk.advance(NOW + timedelta(days=60))
    assert service.get("/v1/articles", webUrl=address)["state"] == "sealed"


def test_an_article_with_an_id_of_its_own_is_found_by_the_address_that_it_came_with(newsroom: Service) -> None:
    assert newsroom.get("/v1/articles", webUrl="https://quake-1.example/quake-1")["id"] == "quake-1"


@pytest.mark.parametrize(
    ("address", "status"), [("https://wire.example/none", 404), ("javascript:alert(1)", 422), ("", 422), ("x" * 5000, 414)]
)
def test_an_address_of_no_article(newsroom: Service, address: str, status: int) -> None:
    answer = newsroom.client.get("/v1/articles", params={"webUrl": address})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_address_must_be_given(newsroom: Service) -> None:
    assert newsroom.client.get("/v1/articles").status_code == 422
