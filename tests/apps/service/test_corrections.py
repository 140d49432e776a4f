"""Corrections: made, listed, undone, refused with the chain that contradicts."""

from __future__ import annotations

from typing import Any

import pytest
from support.service import NEWSROOM, Make, Service

from ranker.apps.service.keys import hashed_key
from ranker.settings import KeySettings
from ranker.stories.corrections import correction_id


def made(service: Service, **body: Any) -> Any:
    answer = service.client.post("/v1/corrections", json=body)
    assert answer.status_code == 201, answer.text
    service.step()
    return answer.json()


def test_a_part_parts_and_undoing_joins_again(newsroom: Service) -> None:
    told = made(newsroom, action="part", articles=["quake-1"], others=["quake-2", "quake-3"], by="Ann", why="Two quakes")
    assert told == {
        "id": correction_id("part", ["quake-1"], ["quake-2", "quake-3"]), "action": "part", "articles": ["quake-1"],
        "others": ["quake-2", "quake-3"], "by": "Ann", "at": "2026-03-11T18:00:00Z", "why": "Two quakes", "state": "waiting",
        "undone": None,
    }  # fmt: skip
    assert newsroom.story_of("quake-1") != newsroom.story_of("quake-2")
    path = f"/v1/corrections/{told['id']}"
    assert newsroom.get(path) == newsroom.get("/v1/corrections")["corrections"][0] == told | {"state": "stands"}
    undone = newsroom.client.delete(path)
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    newsroom.step()
    assert newsroom.story_of("quake-1") == newsroom.story_of("quake-2")
    assert newsroom.client.delete(path).status_code == 404
    assert newsroom.get("/v1/corrections")["corrections"] == []
    assert newsroom.get("/v1/corrections", undone=True)["corrections"][0]["undone"]["at"] == "2026-03-11T18:00:00Z"
    assert newsroom.get(path)["state"] == "undone"


def test_saying_it_again_is_no_second_correction(newsroom: Service) -> None:
    body = {"action": "pin", "articles": ["ferry-1"], "by": "Ann"}
    first = newsroom.client.post("/v1/corrections", json=body)
    again = newsroom.client.post("/v1/corrections", json=body | {"by": "Bob"})
    assert (first.status_code, again.status_code, again.json()["by"]) == (201, 200, "Ann")
    assert first.headers["location"] == f"/v1/corrections/{first.json()['id']}"
    assert len(newsroom.get("/v1/corrections")["corrections"]) == 1
    newsroom.step()
    assert newsroom.get("/v1/stories")["stories"][0]["lead"]["id"][:5] == "ferry"


def test_a_contradiction_is_refused_with_its_chain(newsroom: Service) -> None:
    one = made(newsroom, action="join", articles=["quake-1", "ferry-1"])["id"]
    two = made(newsroom, action="join", articles=["ferry-1", "snooker"])["id"]
    answer = newsroom.client.post("/v1/corrections", json={"action": "part", "articles": ["quake-1"], "others": ["snooker"]})
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json()["chain"] == ["quake-1", one, "ferry-1", two, "snooker"]
    assert answer.json()["against"] == [one, two]
    assert len(newsroom.get("/v1/corrections")["corrections"]) == 2


def test_stories_stand_for_the_articles_they_have_now(newsroom: Service) -> None:
    quake, ferry = newsroom.story_of("quake-1"), newsroom.story_of("ferry-1")
    told = made(newsroom, action="part", stories=[quake], otherStories=[ferry], others=["snooker"])
    assert (told["articles"], told["others"]) == (["quake-1", "quake-2", "quake-3"], ["snooker", "ferry-1", "ferry-2"])
    newsroom.client.delete(f"/v1/corrections/{told['id']}")
    newsroom.step()
    told = made(newsroom, action="join", stories=[quake, ferry])
    assert len(told["articles"]) == 5
    merged = next(story for story in (quake, ferry) if story != newsroom.story_of("quake-1"))
    assert len(made(newsroom, action="hide", stories=[merged])["articles"]) == 5  # by way of its heir


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "join", "articles": ["quake-1", "nobody"]}, "no article nobody is kept"),
        ({"action": "part", "articles": ["quake-1"], "others": ["nobody"]}, "no article nobody is kept"),
        ({"action": "hide", "stories": ["s0"]}, "no story s0 is kept"),
        ({"action": "part", "articles": ["quake-1"], "otherStories": ["s0"]}, "no story s0 is kept"),
        ({"action": "join", "articles": ["quake-1"]}, "names one article"),
        ({"action": "hide"}, "articles is empty"),
        ({"action": "lead", "articles": ["quake-1", "quake-2"]}, "a lead is one"),
        ({"action": "praise", "articles": ["quake-1"]}, "action"),
        ({"action": "pin", "articles": [""]}, "articles.0"),
        ({"action": "pin", "articles": ["quake-1"], "then": 1}, "then"),
    ],
)
def test_corrections_that_make_no_sense(standing: Service, body: dict[str, Any], said: str) -> None:
    answer = standing.client.post("/v1/corrections", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert standing.desk.corrections().items == ()


def test_a_lead_leads(newsroom: Service) -> None:
    for name in ("quake-1", "quake-2"):
        told = made(newsroom, action="lead", articles=[name])
        assert newsroom.get(f"/v1/stories/{newsroom.story_of(name)}")["lead"]["id"] == name
        newsroom.client.delete(f"/v1/corrections/{told['id']}")
        newsroom.step()


def test_who_says_so_is_the_key(make_service: Make) -> None:
    service = make_service(keys={"desk": KeySettings(hash=hashed_key("k"), role="admin")})
    service.client.headers["Authorization"] = "Bearer k"
    service.post(NEWSROOM)
    assert made(service, action="pin", articles=["snooker"])["by"] == "desk"
    told = made(service, action="hide", articles=["ferry-1"], by="Ann")
    assert told["by"] == "Ann"
    assert service.client.delete(f"/v1/corrections/{told['id']}").json()["undone"]["by"] == "desk"
    service.step()
    assert service.get(f"/v1/corrections/{told['id']}")["undone"]["by"] == "desk"


def test_a_waiting_correction_is_told_of(newsroom: Service) -> None:
    told = newsroom.client.post("/v1/corrections", json={"action": "pin", "articles": ["snooker"]}).json()
    assert newsroom.get(f"/v1/corrections/{told['id']}")["state"] == "waiting"
    assert newsroom.client.get("/v1/corrections/c0").status_code == 404
    with newsroom.runner:
        other = newsroom.client.post("/v1/corrections?wait=10", json={"action": "hide", "articles": ["ferry-1"]}).json()
        assert other["state"] == "stands"
        assert newsroom.client.delete(f"/v1/corrections/{other['id']}?wait=10").status_code == 200
        assert newsroom.get("/v1/stories")["total"] == 3


def test_corrections_come_in_pages(newsroom: Service) -> None:
    expected = [made(newsroom, action="pin", articles=[each["id"]])["id"] for each in NEWSROOM]
    page = newsroom.get("/v1/corrections", limit=4)
    rest = newsroom.get("/v1/corrections", limit=4, cursor=page["next"])
    assert [each["id"] for each in (*page["corrections"], *rest["corrections"])] == expected
    assert rest["next"] is None


def test_somebody_else_was_faster(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    told = made(newsroom, action="pin", articles=["snooker"])
    standing = newsroom.desk.corrections()
    newsroom.client.delete(f"/v1/corrections/{told['id']}")
    monkeypatch.setattr(newsroom.desk, "corrections", lambda: standing)
    assert newsroom.client.delete(f"/v1/corrections/{told['id']}").status_code == 404
