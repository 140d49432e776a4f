"""Stories: ranked as a batch ranks them, filtered, sorted, weighed, explained."""

from __future__ import annotations

from typing import Any

import pytest
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.service import NEWSROOM, NOW, Make, Service

from ranker.apps.service.app import create_app
from ranker.articles.article import Origin
from ranker.articles.record import Record, article_from_record
from ranker.pipeline import rank_articles
from ranker.settings import Settings
from ranker.settings_file import load_settings


def ids(page: dict[str, Any]) -> list[str]:
    return [story["id"] for story in page["stories"]]


def test_an_empty_desk_has_no_stories(service: Service) -> None:
    page = service.get("/v1/stories")
    assert (page["total"], page["stories"], page["next"]) == (0, [], None)


def test_the_order_is_that_of_a_batch(newsroom: Service, default_settings: Settings) -> None:
    articles = [article_from_record(Record(fields, Origin("")), default_settings.reading) for fields in NEWSROOM]
    for profile in ("balanced", "newest", "hottest", "editorial"):
        settings = load_settings(profile=profile)
        ranking = rank_articles(articles, settings, as_of=NOW, encoder=HashingEncoder(), same_story=SAME_STORY)
        expected = [([article.id for article in ranked.story.articles], ranked.score) for ranked in ranking.stories]
        live = newsroom.get("/v1/stories", profile=profile)["stories"]
        assert [([article["id"] for article in story["articles"]], story["score"]) for story in live] == expected
        posted = newsroom.client.post("/v1/rank", json={"articles": NEWSROOM, "profile": profile}).json()["stories"]
        assert [([article["id"] for article in story["articles"]], story["score"]) for story in posted] == expected


def test_a_story_holds_what_the_wire_says(newsroom: Service) -> None:
    story = newsroom.get(f"/v1/stories/{newsroom.story_of('quake-1')}")
    assert story["counts"] == {"articles": 3, "uniqueTexts": 3, "providers": 3, "publisherGroups": 3}
    assert sum(signal["contribution"] for signal in story["signals"].values()) == story["score"]
    assert [hour["hour"] for hour in story["timeline"]] == ["2026-03-11T09:00:00Z", "2026-03-11T10:00:00Z", "2026-03-11T12:00:00Z"]
    assert story["lineage"] == {
        "state": "live", "created": "2026-03-11T18:00:00Z", "changed": "2026-03-11T18:00:00Z", "mergedFrom": [], "splitFrom": None,
        "heirs": [],
    }  # fmt: skip
    assert "phaseParts" not in story


def test_explanation_and_timeline_have_addresses_of_their_own(newsroom: Service) -> None:
    first, second, *_ = newsroom.get("/v1/stories", explain=True)["stories"]
    explained = newsroom.get(f"/v1/stories/{first['id']}/explanation")
    assert explained == first
    assert explained["phaseParts"]["name"] == explained["phase"]
    assert explained["whyAboveNext"]["lower"]["id"] == second["id"]
    assert newsroom.get(f"/v1/stories/{first['id']}/timeline") == {"id": first["id"], "timeline": first["timeline"]}


@pytest.mark.parametrize(
    ("filters", "leads"),
    [
        ({"topic": "earthquakes"}, {"quake"}),
        ({"provider": "ferry-1.example"}, {"ferry"}),
        ({"provider": "Snooker"}, {"snooker"}),
        ({"category": "world"}, {"quake"}),
        ({"language": "en"}, {"quake"}),
        ({"q": "lifeboat passengers"}, {"ferry"}),
        ({"q": "lifeboat quake"}, set()),
        ({"since": "2026-03-11T00:00:00Z"}, {"quake", "snooker"}),
        ({"until": "2026-03-11T00:00:00Z"}, {"ferry"}),
        ({"minProviders": 2}, {"quake", "ferry"}),
        ({"minProviders": 2, "topic": "Sea"}, {"ferry"}),
        ({"topic": "nothing of the kind"}, set()),
    ],
)
def test_filters(standing: Service, filters: dict[str, Any], leads: set[str]) -> None:
    page = standing.get("/v1/stories", **filters)
    assert {story["lead"]["id"].split("-")[0] for story in page["stories"]} == leads
    assert page["total"] == len(leads)


def test_sorts(newsroom: Service) -> None:
    by = {sort: newsroom.get("/v1/stories", sort=sort)["stories"] for sort in ("newest", "heat", "quality")}
    assert [story["lastPublished"] for story in by["newest"]] == ["2026-03-11T18:00:00Z", "2026-03-11T12:00:00Z", "2026-03-10T08:00:00Z"]
    for sort in ("heat", "quality"):
        values = [story["signals"][sort]["value"] for story in by[sort]]
        assert values == sorted(values, reverse=True)


def test_weights_of_ones_own(newsroom: Service) -> None:
    story = newsroom.get("/v1/stories", weights="recency:1")["stories"][0]
    assert story["lead"]["id"] == "snooker"
    assert [signal["weight"] for signal in story["signals"].values()] == [0, 0, 1]


def test_the_shipped_profiles_are_known_unless_others_are_given(newsroom: Service, shipped_profiles: dict[str, Settings]) -> None:
    app = create_app(newsroom.runner, newsroom.runner.settings)
    assert app.state.serving.profiles == shipped_profiles


def test_profiles_are_those_that_the_application_was_given(make_service: Make) -> None:
    service = make_service(profiles={"house": load_settings(profile="newest")})
    service.post(NEWSROOM)
    assert service.get("/v1/stories", profile="house")["stories"][0]["lead"]["id"] == "snooker"
    answer = service.client.get("/v1/stories?profile=balanced")
    assert answer.status_code == 422
    assert "house" in answer.json()["detail"]


@pytest.mark.parametrize("weights", ["quality:x", "heat:-1", "heat:nan", "heat:0", "heat:1,heat:2", "charm:1", "quality:1e999"])
def test_weights_that_are_none(standing: Service, weights: str) -> None:
    answer = standing.client.get("/v1/stories", params={"weights": weights})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "weights"


def test_another_moment(newsroom: Service) -> None:
    page = newsroom.get("/v1/stories", asOf="2026-03-11T09:30:00Z")
    assert page["asOf"] == "2026-03-11T09:30:00Z"
    assert [[article["id"] for article in story["articles"]] for story in page["stories"]] == [["quake-1"], ["ferry-1", "ferry-2"]]
    filtered = newsroom.get("/v1/stories", asOf="2026-03-11T09:30:00Z", topic="Sea")
    assert [story["lead"]["id"][:5] for story in filtered["stories"]] == ["ferry"]
    assert newsroom.get("/v1/stories", asOf="1970-01-02T00:00:00Z")["stories"] == []


def test_a_hidden_story_is_in_no_list_and_can_be_read(newsroom: Service) -> None:
    story = newsroom.story_of("snooker")
    newsroom.client.post("/v1/corrections", json={"action": "hide", "articles": ["snooker"]})
    newsroom.step()
    assert story not in ids(newsroom.get("/v1/stories"))
    assert newsroom.get(f"/v1/stories/{story}")["rank"] == 0
