"""Cards: what is said of moves, follow-ups and long texts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.html_page import read_html
from support.service import NEWSROOM, NOW, Make, Service, item

from ranker.apps.service.page.card import in_words, moved_in_words
from ranker.ranking.order import Adjustment
from ranker.settings_file import load_settings


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Adjustment("pinned", "", by_score=3, place=1), "moved up 2: pinned"),
        (Adjustment("stale", "", by_score=1, place=9), "moved down 8: nothing new for a long time"),
        (Adjustment("topic_in_a_row", "Sea {0}", by_score=3, place=4), "moved down 1: enough of Sea {0} in a row"),
        (Adjustment("group_leads", "Pressline", by_score=3, place=4), "moved down 1: enough leads by Pressline"),
        (Adjustment("follow_up_near", "s1", by_score=5, place=2), "moved up 3: follows"),
        (Adjustment("follow_up_folded", "s1", by_score=2, place=2), "stays: is shown under"),
    ],
)
def test_a_rule_in_words(rule: Adjustment, expected: str) -> None:
    assert in_words(rule) == expected


def test_moves_in_words() -> None:
    assert [moved_in_words(places) for places in (3, -2, 0)] == ["up 3", "down 2", ""]


def newsroom_that_folds(make_service: Make, reports: int) -> Service:
    """A service with so many reports of one quake, each parted from the others: stories that follow each other."""
    service = make_service(settings=load_settings(overrides={"order.follow_ups": "fold", "service.tick_seconds": 3600}))
    quakes = [
        item(f"quake-{n}", NEWSROOM[0]["title"], f"{NEWSROOM[0]['excerpt']} Report {n}.", at=f"2026-03-11T{n:02}:00:00Z")
        for n in range(reports)
    ]
    service.post([*quakes, *NEWSROOM[3:]])
    answer = service.client.post("/v1/corrections", json={"action": "part", "articles": [quake["id"] for quake in quakes]})
    assert answer.status_code == 201
    service.step()
    return service


@pytest.mark.parametrize("reports", [2, 5, 8])
def test_follow_ups_are_named_under_the_story_they_follow(make_service: Make, reports: int) -> None:
    service = newsroom_that_folds(make_service, reports)
    (leader,) = (story for story in service.get("/v1/stories")["stories"] if story["folded"])
    assert len(leader["folded"]) == reports - 1
    page = read_html(service.client.get("/").text)
    (folded,) = page.all("div", class_="folded")
    card = next(card for card in page.all("li", class_="story") if card["data-story"] == leader["id"])
    assert folded in list(card.walk())
    assert [each["href"] for each in folded.all("a")] == [f"/stories/{story}" for story in leader["folded"][:5]]
    assert {each.text for each in folded.all("a")} == {NEWSROOM[0]["title"]}
    assert ("2 more" in folded.text) == (reports == 8)


def test_a_story_that_follows_another_says_which(make_service: Make) -> None:
    service = make_service(settings=load_settings(overrides={"order.follow_ups": "near", "service.tick_seconds": 3600}))
    later = item("later", NEWSROOM[0]["title"], f"{NEWSROOM[0]['excerpt']} A day later.", at="2026-03-11T16:00:00Z")
    service.post([*NEWSROOM, later])
    quakes = ["quake-1", "quake-2", "quake-3"]
    assert service.client.post("/v1/corrections", json={"action": "part", "articles": quakes, "others": ["later"]}).status_code == 201
    service.step()
    follower, leader = service.story_of("later"), service.story_of("quake-1")
    (move,) = service.get("/v1/stories", weights="heat:1")["stories"][1]["adjustments"]
    assert (move["rule"], move["because"], move["place"]) == ("follow_up_near", leader, 2)
    cards = read_html(service.client.get("/?weights=heat:1").text).all("li", class_="story")
    assert [card["data-story"] for card in cards[:2]] == [leader, follower]
    (rule,) = cards[1].all("p", class_="rule")
    assert rule.text == f"moved up {move['byScore'] - 2}: follows {cards[0].one('h2').text}"
    assert rule.one("a")["href"] == f"/stories/{leader}"


def test_a_long_excerpt_is_cut_between_words(make_service: Make) -> None:
    service = make_service()
    service.post([item("long", "A story with much to tell", "word " * 200), item("short", "One with little", "Few words.")])
    excerpts = {each.text for each in read_html(service.client.get("/").text).all("p", class_="excerpt")}
    assert excerpts == {f"{'word ' * 63}word…", "Few words."}


def test_an_undated_story_says_so(make_service: Make) -> None:
    service = make_service()
    service.post([item("undated", "Nobody knows when") | {"publishedDateTime": None}])
    card = read_html(service.client.get("/").text).one("li", class_="story")
    assert "undated" in card.one("p", class_="meta").text


def test_ages_are_told_as_of_the_list(make_service: Make) -> None:
    service = make_service()
    service.post([item("then", "It was told some time ago", at="2026-03-11T09:00:00Z")])
    for moment, expected in ((NOW, "9 h ago"), (NOW - timedelta(hours=8, minutes=30), "30 min ago")):
        page = read_html(service.client.get("/", params={"asOf": moment.isoformat()}).text)
        assert page.one("li", class_="story").one("time").text == expected
