"""Pages that neither skip nor repeat while articles arrive, and answers that are not sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.service import NEWSROOM, NOW, Make, Service, item, planted_items

from ranker.settings_file import load_settings


def ids(page: dict[str, Any]) -> list[str]:
    return [story["id"] for story in page["stories"]]


def walked(service: Service, first: dict[str, Any]) -> list[str]:
    """Ids of a list from its first page to the last."""
    found, page = ids(first), first
    while page["next"] is not None:
        page = service.get("/v1/stories", cursor=page["next"], limit=3)
        found += ids(page)
    return found


def test_pages_show_the_list_as_it_was_while_articles_arrive(service: Service) -> None:
    service.post(planted_items(10, 2, seed=1))
    first = service.get("/v1/stories", limit=3)
    expected = ids(service.get("/v1/stories", limit=100))
    found, page = ids(first), first
    for seed in (2, 3, 4):
        service.post(planted_items(4, 2, seed=seed))  # newer stories, which would move all others down
        page = service.get("/v1/stories", cursor=page["next"], limit=3)
        found += ids(page)
    assert found == expected
    assert page["next"] is None
    assert service.get("/v1/stories")["total"] > len(expected)


def test_a_story_that_merged_meanwhile_is_shown_once(service: Service) -> None:
    service.post(planted_items(6, 2, seed=1))
    first = service.get("/v1/stories", limit=2)
    every = service.get("/v1/stories", limit=100)["stories"]
    joined = [story["lead"]["id"] for story in every[3:5]]  # both come later in the list
    assert service.client.post("/v1/corrections", json={"action": "join", "articles": joined}).status_code == 201
    service.step()
    heir = service.story_of(joined[0])
    expected = [story["id"] for story in every if story["id"] not in {every[3]["id"], every[4]["id"]} or story["id"] == heir]
    assert walked(service, first) == expected


def test_a_story_that_merged_into_one_outside_the_list_is_shown_as_that(service: Service) -> None:
    service.post(planted_items(6, 2, seed=1))
    first = service.get("/v1/stories", limit=2)
    every = service.get("/v1/stories", limit=100)["stories"]
    service.post([sent | {"publishedDateTime": "2026-03-03T00:00:00Z"} for sent in planted_items(1, 5, seed=9)])
    big = service.get("/v1/stories", minProviders=5)["stories"][0]
    joined = [every[3]["id"], every[4]["id"], big["id"]]
    service.client.post("/v1/corrections", json={"action": "join", "stories": joined})
    service.step()
    expected = [every[0]["id"], every[1]["id"], every[2]["id"], big["id"], every[5]["id"]]
    assert walked(service, first) == expected


def test_what_was_emptied_or_hidden_meanwhile_is_left_out(service: Service) -> None:
    service.post(planted_items(6, 1, seed=1))
    first = service.get("/v1/stories", limit=2)
    every = service.get("/v1/stories", limit=100)["stories"]
    assert service.client.delete(f"/v1/articles/{every[2]['lead']['id']}").status_code == 202
    service.client.post("/v1/corrections", json={"action": "hide", "stories": [every[4]["id"]]})
    service.step()
    assert walked(service, first) == [every[place]["id"] for place in (0, 1, 3, 5)]


def test_a_cursor_says_what_it_was_made_with(service: Service) -> None:
    service.post(planted_items(6, 2, seed=1))
    first = service.get("/v1/stories", limit=2, minProviders=2)
    assert service.client.get("/v1/stories", params={"cursor": first["next"], "minProviders": 2}).status_code == 200
    wrong = service.client.get("/v1/stories", params={"cursor": first["next"], "minProviders": 1})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["name"] == "minProviders"


@pytest.mark.parametrize("cursor", ["abcdefghijkl.2", "nonsense", "abcdefghijkl.99999999999", "é", "abcdefghijkl.-1"])
def test_a_cursor_that_nobody_knows(standing: Service, cursor: str) -> None:
    answer = standing.client.get("/v1/stories", params={"cursor": cursor})
    assert answer.status_code == 410
    assert "begin again" in answer.json()["detail"]


def test_a_page_has_a_limit(make_service: Make) -> None:
    service = make_service(page_limit=5)
    service.post(planted_items(8, 1, seed=1))
    assert len(service.get("/v1/stories")["stories"]) == 5
    answer = service.client.get("/v1/stories?limit=6")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "limit")


def test_what_is_still_good_is_not_sent_again(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    of_story = [f"/v1/stories/{story}{part}" for part in ("", "/timeline", "/explanation")]
    of_article = ["/v1/articles/quake-1", "/v1/articles/quake-1/related"]
    lists = ["/v1/stories", "/v1/stories?limit=1&topic=Sea", "/v1/changes", "/v1/topics", "/v1/providers", "/v1/corrections"]
    for path in (*of_story, *of_article, *lists):
        first = newsroom.client.get(path)
        again = newsroom.client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
    tag = newsroom.client.get("/v1/stories").headers["etag"]
    newsroom.post([item("new", "Something else altogether")])
    assert newsroom.client.get("/v1/stories", headers={"If-None-Match": tag}).status_code == 200


def test_a_related_list_is_still_good_when_only_the_clock_went_on(newsroom: Service) -> None:
    path = "/v1/articles/quake-1/related"
    tag = newsroom.client.get(path).headers["etag"]
    newsroom.desk.advance(NOW + timedelta(minutes=5))
    assert newsroom.client.get(path, headers={"If-None-Match": tag}).status_code == 304
    newsroom.post(
        [
            item(
                "quake-4",
                "Tarapay coast counts the damage of the quake of magnitude 6.8",
                "Three fishing towns were evacuated before dawn.",
            )
        ]
    )
    assert newsroom.client.get(path, headers={"If-None-Match": tag}).status_code == 200
    tag = newsroom.client.get(path).headers["etag"]
    newsroom.post(
        [
            item(
                "quake-4",
                "Tarapay coast counts the damage of the quake of magnitude 6.8",
                "Three fishing towns were evacuated before dawn.",
                webUrl="https://other.example/4",
            )
        ]
    )
    newer = newsroom.client.get(path, headers={"If-None-Match": tag})
    assert (newer.status_code, "https://other.example/4" in newer.text) == (200, True)


def test_points_that_age_make_a_related_list_another_one_as_the_clock_goes_on(make_service: Make) -> None:
    aging = load_settings(overrides={"quality.rules.fresh": {"feature": "age", "test": "age", "points": -2}})
    service = make_service(settings=aging)
    service.post(NEWSROOM)
    path = "/v1/articles/quake-1/related"
    tag = service.client.get(path).headers["etag"]
    service.desk.advance(NOW + timedelta(minutes=5))
    assert service.client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_who_asks_at_the_same_time_gets_the_same_page(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    first = newsroom.client.get("/v1/stories")
    monkeypatch.setattr("ranker.apps.service.listing.ListPage.known", lambda *_: None)
    monkeypatch.setattr("ranker.apps.service.listing.ListPage._story", None)  # nothing is made again
    assert newsroom.client.get("/v1/stories").content == first.content


def test_tags_of_another_process_are_others(make_service: Make) -> None:
    first = make_service()
    first.post(NEWSROOM)
    number, tag = first.desk.edition.number, first.client.get("/v1/stories").headers["etag"]
    second = make_service()
    while second.desk.edition.number < number:
        second.desk.advance(NOW)
    assert second.desk.edition.number == number
    assert second.client.get("/v1/stories", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_shows_what_was_sealed_meanwhile(service: Service) -> None:
    service.post(planted_items(4, 1, seed=1))
    first = service.get("/v1/stories", limit=2)
    service.desk.advance(NOW + timedelta(days=60))
    page = service.get("/v1/stories", cursor=first["next"])
    assert [story["lineage"]["state"] for story in page["stories"]] == ["sealed", "sealed"]
