"""The front page: what `GET /v1/stories` answers, as a page, whatever the articles hold and however it is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.html_page import Element, read_html
from support.service import BASE_URL, NEWSROOM, NOW, Make, Service, item, planted_items
from support.serving import puts

from ranker.apps.service.page import routes_front
from ranker.apps.service.page.front import list_of
from ranker.apps.service.page.routing import HEADERS
from ranker.apps.service.runner import DeskRunner
from ranker.articles.article import Article, Provider

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp.exe\u2066 & {{ 7*7 }} {% raw %}\u0007</title></textarea>"
SIGNALS = ("quality", "heat", "recency")


def page_of(service: Service, path: str = "/", status: int = 200, **parameters: Any) -> Element:
    """A page that is as it should be."""
    answer = service.client.get(path, params=parameters or None)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    return read_html(answer.text)


def cards_of(page: Element) -> list[Element]:
    return page.all("li", class_="story")


def check_like_the_api(service: Service, **parameters: Any) -> None:
    """The cards of a page are the stories that the API answers, in its order, with its numbers."""
    told = service.get("/v1/stories", **parameters)
    page = page_of(service, **parameters)
    cards = cards_of(page)
    assert [card["data-story"] for card in cards] == [story["id"] for story in told["stories"]]
    for card, story in zip(cards, told["stories"], strict=True):
        signals = story["signals"]
        assert {name: float(card[f"data-{name}"]) for name in SIGNALS} == {name: signals[name]["normalised"] for name in SIGNALS}
        assert (float(card["data-score"]), int(card["data-rank"])) == (story["score"], story["rank"])
        assert card.one("span", class_="number").text == str(story["rank"])
        assert card.one("span", class_="score").text == f"{story['score']:.3f}"
        full = sum(signals[name]["weight"] for name in SIGNALS)
        widths = [float(card.one("rect", class_=name)["width"]) for name in SIGNALS]
        assert widths == [pytest.approx(signals[name]["contribution"] / full * 100, abs=0.006) for name in SIGNALS]
        assert card.one("h2").text == story["lead"]["title"]
        assert card.one("h2").one("a")["href"] == f"/stories/{story['id']}"
        counts = story["counts"]
        numbers = (counts["articles"], counts["uniqueTexts"], counts["providers"], counts["publisherGroups"])
        words = card.one("span", class_="counts").text
        assert tuple(int(part.split()[0]) for part in words.split(", ")) == numbers
        assert card.one("span", class_="phase").text == story["phase"]
    results = page.one("section", id="results")
    assert (results["data-as-of"], int(results["data-total"])) == (told["asOf"], told["total"])
    assert int(results["data-edition"]) == told["edition"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"profile": "newest"},
        {"weights": "quality:0.2,heat:0.5,recency:0.3"},
        {"weights": "recency:1"},
        {"weights": "quality:2,heat:3,recency:1", "profile": "hottest"},
        {"topic": "earthquakes"},
        {"provider": "Ferry-1"},
        {"category": "world"},
        {"language": "en"},
        {"q": "lifeboat passengers"},
        {"since": "2026-03-11T00:00:00Z"},
        {"until": "2026-03-11T00:00:00Z"},
        {"minProviders": 2, "sort": "newest"},
        {"asOf": "2026-03-11T09:30:00Z"},
        {"sort": "heat", "limit": 2},
    ],
)
def test_the_list_is_that_of_the_api(standing: Service, parameters: dict[str, Any]) -> None:
    check_like_the_api(standing, **parameters)


def test_what_is_made_of_a_score_adds_up_as_it_is_shown(standing: Service) -> None:
    for card in cards_of(page_of(standing)):
        tip = card.one("span", class_="tip")
        shown = [float(tip.one("b", class_=f"of-{name}").text) for name in SIGNALS]
        assert sum(shown) == pytest.approx(float(card.one("span", class_="score").text), abs=1e-9)
        label = card.one("svg", class_="blend")["aria-label"]
        assert label == f"Score {card.one('span', class_='score').text}: " + ", ".join(
            f"{name} {value:.3f}" for name, value in zip(SIGNALS, shown, strict=True)
        )


def test_who_tells_a_story_is_named(newsroom: Service) -> None:
    newsroom.post([item(f"quake-{n}", NEWSROOM[0]["title"], NEWSROOM[0]["excerpt"], at=f"2026-03-11T1{n}:30:00Z") for n in (4, 5)])
    card = next(card for card in cards_of(page_of(newsroom)) if card["data-story"] == newsroom.story_of("quake-1"))
    assert card.one("span", class_="by").text == "Quake-1, Quake-2, Quake-3, +2 more"
    link = card.one("span", class_="by").one("a")
    assert (link["href"], link["rel"]) == ("https://quake-1.example/quake-1", "noopener noreferrer nofollow")
    assert "5 articles" in card.one("span", class_="counts").text


def test_how_far_a_story_moved_is_said_against_the_services_own_order(standing: Service) -> None:
    own = {card["data-story"]: int(card["data-rank"]) for card in cards_of(page_of(standing))}
    page = page_of(standing, weights="recency:1")
    moves = set()
    for card in cards_of(page):
        places = own[card["data-story"]] - int(card["data-rank"])
        moves.add(places)
        assert int(card["data-own-rank"]) == own[card["data-story"]]
        assert card.one("span", class_="move").text == (f"up {places}" if places > 0 else f"down {-places}" if places < 0 else "")
    assert moves - {0}
    assert page.one("a", id="own")["href"] == "/"
    assert "hidden" not in page.one("a", id="own").attributes
    assert "hidden" in page_of(standing).one("a", id="own").attributes


def test_a_rule_of_the_list_is_said(newsroom: Service) -> None:
    last = cards_of(page_of(newsroom))[-1]["data-story"]
    newsroom.client.post("/v1/corrections", json={"action": "pin", "stories": [last]})
    newsroom.step()
    first, second, third = cards_of(page_of(newsroom))
    assert first["data-story"] == last
    assert [rule.text for rule in first.all("p", class_="rule")] == ["moved up 2: pinned"]
    assert second.all("p", class_="rule") == third.all("p", class_="rule") == []
    check_like_the_api(newsroom)


def test_sliders_and_profiles(standing: Service) -> None:
    page = page_of(standing, weights="quality:0.5,heat:1.5,recency:0.5", profile="newest")
    sliders = {each["name"]: each for each in page.all("input", type="range")}
    assert {name: float(each["data-weight"]) for name, each in sliders.items()} == {
        "quality": pytest.approx(1 / 3), "heat": 1.0, "recency": pytest.approx(1 / 3),
    }  # fmt: skip
    assert {each["for"]: each.text.replace("\u202f", " ") for each in page.all("output")} == {
        "weight-quality": "20 %", "weight-heat": "60 %", "weight-recency": "20 %",
    }  # fmt: skip
    assert page.one("form", id="weights")["data-own"] == "quality:0.3,heat:0.4,recency:0.3"
    options = {each["value"]: each for each in page.one("select", id="profile").all("option")}
    assert options["newest"]["data-weights"] == "quality:0.1,heat:0.2,recency:0.7"
    assert [value for value, each in options.items() if "selected" in each.attributes] == ["newest"]
    assert page.one("section", id="results")["data-weights"] == "quality:0.5,heat:1.5,recency:0.5"


def test_the_form_of_weights_works_without_a_script(standing: Service) -> None:
    page = page_of(standing, q="quake", limit=5)
    form = page.one("form", id="weights")
    kept = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    assert kept == {"q": "quake", "limit": "5"}
    sent = {**kept, "profile": "newest", "quality": "0.3", "heat": "0", "recency": "0.7"}
    answer = standing.client.get("/", params={**sent, "set": "weights"})
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/?limit=5&profile=newest&q=quake&weights=quality:0.3,heat:0,recency:0.7",
    )  # fmt: skip
    answer = standing.client.get("/", params={**sent, "set": "profile"})
    assert answer.headers["location"] == "/?limit=5&profile=newest&q=quake"
    assert page_of(standing, answer.headers["location"])


def test_the_form_of_filters_works_without_a_script(standing: Service) -> None:
    form = page_of(standing, weights="recency:1", q="quake").one("form", id="filters")
    assert {each["name"]: each["value"] for each in form.all("input", type="hidden")} == {"weights": "recency:1"}
    names = [each["name"] for each in [*form.all("input"), *form.all("select")] if each.attributes.get("type") != "hidden"]
    assert set(names) == {"q", "topic", "provider", "category", "minProviders", "within", "since", "until", "sort"}
    answer = standing.client.get("/", params={**dict.fromkeys(names, ""), "q": " quake ", "minProviders": "2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?minProviders=2&q=%20quake%20")
    assert answer.headers["cache-control"] == "no-store"


def test_filters_that_are_on_can_be_taken_off(standing: Service) -> None:
    page = page_of(standing, q="quake", topic="Earthquakes", minProviders=2, within=24, asOf="2026-03-11T18:00:00Z", sort="newest")
    chips = {each.text: each["href"] for each in page.one("div", class_="summary").all("a", class_="chip")}
    assert list(chips) == [
        f"{words} \N{MULTIPLICATION SIGN}, remove this filter"
        for words in ("“quake”", "topic Earthquakes", "2 providers or more", "the last 24 hours", "as of 11 Mar, 18:00 UTC")
    ]
    for name, address in zip(("q", "topic", "minProviders", "within", "asOf"), chips.values(), strict=True):
        left = {part.partition("=")[0] for part in address.partition("?")[2].split("&")}
        assert left == {"q", "topic", "minProviders", "within", "asOf", "sort"} - {name}
    assert page.one("a", id="clear")["href"] == "/?sort=newest"
    assert page.one("input", id="q")["value"] == "quake"
    assert page.one("select", id="within").one("option", value="24").attributes.keys() >= {"selected"}


def test_the_last_hours_are_counted_from_the_moment_of_the_list(standing: Service) -> None:
    told = standing.get("/v1/stories", since=(NOW - timedelta(hours=7)).isoformat())
    assert [card["data-story"] for card in cards_of(page_of(standing, within=7))] == [story["id"] for story in told["stories"]]
    told = standing.get("/v1/stories", asOf="2026-03-11T10:00:00Z", since="2026-03-11T03:00:00Z")
    cards = cards_of(page_of(standing, within=7, asOf="2026-03-11T10:00:00Z"))
    assert [card["data-story"] for card in cards] == [story["id"] for story in told["stories"]] != []
    assert page_of(standing, within=7).one("select", id="within").one("option", value="7").text == "the last 7 hours"


def test_what_is_there_is_offered(standing: Service) -> None:
    page = page_of(standing)
    offered = {
        name: [each["value"] for each in page.one("datalist", id=name).all("option")] for name in ("topics", "providers", "categories")
    }
    assert set(offered["topics"]) == {"Earthquakes", "Peru", "Sea"}
    assert set(offered["providers"]) == {"Quake-1", "Quake-2", "Quake-3", "Ferry-1", "Ferry-2", "Snooker"}
    assert offered["categories"] == ["world"]


def test_a_topic_leads_to_its_stories(standing: Service) -> None:
    card = next(card for card in cards_of(page_of(standing, minProviders=2)) if card["data-story"] == standing.story_of("ferry-1"))
    (chip,) = card.all("a", class_="chip")
    assert (chip.text, chip["href"]) == ("Sea", "/?minProviders=2&topic=Sea")


def test_pages_are_read_to_the_end_by_their_links(service: Service) -> None:
    service.post(planted_items(10, 2, seed=1))
    wanted = [story["id"] for story in service.get("/v1/stories", limit=100, minProviders=2)["stories"]]
    page, read = page_of(service, limit=4, minProviders=2), list[str]()
    for _ in range(2):
        read += [card["data-story"] for card in cards_of(page)]
        link = page.one("a", id="more")
        assert link["rel"] == "next"
        service.post(planted_items(4, 2, seed=len(read)))  # newer stories do not move what is read
        page = page_of(service, link["href"])
        assert page.one("input", id="minProviders")["value"] == "2"
    read += [card["data-story"] for card in cards_of(page)]
    assert read == wanted
    assert page.all("a", id="more") == []
    assert "the end of the list" in page.one("p", class_="more").text


def test_a_story_that_left_the_window_is_shown_without_scores(service: Service) -> None:
    service.post(planted_items(4, 1, seed=1))
    link = page_of(service, limit=2).one("a", id="more")["href"]
    service.desk.advance(NOW + timedelta(days=60))
    cards = cards_of(page_of(service, link))
    assert len(cards) == 2
    for card in cards:
        assert "data-score" not in card.attributes
        assert card.one("span", class_="phase").text == "left the window"
        assert card.one("h2").text
        assert card.all("svg", class_="blend") == []


def test_a_cursor_that_nobody_knows_leads_to_the_top(standing: Service) -> None:
    page = page_of(standing, status=410, cursor="abcdefghijkl.2", q="quake")
    assert page.one("section", class_="problem").one("a")["href"] == "/?q=quake"
    part = page_of(standing, status=410, cursor="abcdefghijkl.2", part="stories")
    assert part.all("html") == []


def test_a_part_is_the_list_alone(standing: Service) -> None:
    part = page_of(standing, part="stories", topic="Sea")
    assert part.all("html") == part.all("form") == []
    (results,) = [child for child in part.children if isinstance(child, Element)]
    assert results["id"] == "results"
    assert [card["data-story"] for card in cards_of(part)] == [standing.story_of("ferry-1")]
    whole = page_of(standing, topic="Sea").one("section", id="results")
    assert [each.attributes for each in whole.walk()] == [each.attributes for each in results.walk()]


WRONG = {
    "minProviders": ("none", "'none' must be a whole number"),
    "since": ("yesterday", "'yesterday' is no date; write it as 2026-03-11T18:00:00Z"),
    "sort": ("best", "'best' must be 'score', 'newest', 'heat' or 'quality'"),
    "profile": ("best", "there is none of that name; there are balanced, editorial, everyday, hottest, newest"),
    "weights": ("heat:high", "weights 'heat:high': 'high' is no number; write quality:0.2,heat:0.5,recency:0.3"),
    "limit": ("101", "101 is more than 100, the most a page may have"),
    "within": ("0", "'0' must be at least 1"),
    "charm": ("1", "'1' is no parameter of this page"),
    "q": ("x" * 201, f"'{'x' * 60}' must have at most 200 characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_beside_it(standing: Service, name: str) -> None:
    value, reason = WRONG[name]
    page = page_of(standing, status=422, **{name: value})
    assert page.one("section", id="results").one("li").text == f"{name}: {reason}"
    assert page.one("title").text == "This cannot be asked - ranker"
    fields = [each for each in page.walk() if each.attributes.get("aria-invalid") == "true"]
    if name in {"minProviders", "since", "sort", "profile", "within", "q"}:
        (marked,) = fields
        assert (marked["name"], page.one(id=marked["aria-describedby"]).text[-len(reason) :]) == (name, reason)
    part = page_of(standing, status=422, part="stories", **{name: value})
    assert part.one("li").text == f"{name}: {reason}"


def test_fields_hold_no_value_that_they_cannot_have(standing: Service) -> None:
    page = page_of(standing, status=422, minProviders="none", since="yesterday", until="2026-03-11T10:30:00+02:00")
    assert [page.one("input", id=name)["value"] for name in ("minProviders", "since", "until")] == ["", "", "2026-03-11T08:30"]


def test_nothing_that_others_wrote_is_more_than_text(service: Service) -> None:
    article = Article(
        "hostile", f"Quake {HOSTILE}", f"Excerpt {HOSTILE}", Provider(f"Provider {HOSTILE}", "pressline.example"), NOW,
        "https://pressline.example/?a=1&b=\"><script>alert(1)</script>", f"Category {HOSTILE}", topics=(f"Topic {HOSTILE}",),
    )  # fmt: skip
    service.runner.accept(puts([article]))  # past the door, which takes out most of it
    service.step()
    page = page_of(service)  # parsed, and found harmless
    (card,) = cards_of(page)
    for words in (card.one("h2").text, card.one("p", class_="excerpt").text, card.one("span", class_="by").text):
        assert "<script>alert(1)</script>" in words
        assert "\u202e" not in words
        assert "\u2066" not in words
        assert "{{ 7*7 }} {% raw %}" in words
    assert page.one("datalist", id="topics").one("option")["value"].startswith("Topic \"'><script>")
    asked = page_of(service, q=HOSTILE, topic=HOSTILE)
    assert asked.one("input", id="q")["value"].startswith("\"'><script>")
    page_of(service, status=422, **{HOSTILE: "1", "since": HOSTILE, "profile": HOSTILE})


@pytest.mark.parametrize("address", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example/x", "vbscript:x"])
def test_an_address_that_nobody_should_follow_is_no_link(service: Service, address: str) -> None:
    service.runner.accept(puts([Article("bad", "A story with an odd address", provider=Provider("Bad"), published=NOW, url=address)]))
    service.step()  # past the door, which refuses such addresses
    (card,) = cards_of(page_of(service))
    assert card.one("span", class_="by").all("a") == []
    assert card.one("span", class_="by").text == "Bad"


def test_an_empty_desk_says_so(service: Service) -> None:
    page = page_of(service)
    assert cards_of(page) == []
    assert "There are no stories yet" in page.one("div", class_="empty").text
    assert "No story has all of this" in page_of(service, q="quake").one("div", class_="empty").text


def test_what_is_still_good_is_not_sent_again(newsroom: Service) -> None:
    for path in ("/", "/?part=stories", "/?topic=Sea&weights=heat:1"):
        first = newsroom.client.get(path)
        again = newsroom.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert first.headers["cache-control"] == "no-cache"
        assert {name: again.headers.get(name) for name in HEADERS} == HEADERS
    tags = {newsroom.client.get(path).headers["etag"] for path in ("/", "/?part=stories", "/?limit=5", "/v1/stories")}
    assert len(tags) == 4
    tag = newsroom.client.get("/").headers["etag"]
    newsroom.post([item("new", "Something else altogether")])
    assert newsroom.client.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_is_made_once(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    first = newsroom.client.get("/?topic=Sea")
    monkeypatch.setattr("ranker.apps.service.page.routes_front.html_of", None)  # nothing is made again
    assert newsroom.client.get("/?topic=Sea").content == first.content


def test_a_service_below_another_site_leads_to_itself(newsroom: Service) -> None:
    below = TestClient(newsroom.app, base_url=BASE_URL, client=("127.0.0.1", 1), root_path="/news", follow_redirects=False)
    text = below.get("/news/?topic=Earthquakes").text
    page = read_html(text)
    addresses = [each.attributes[name] for each in page.walk() for name in ("href", "src", "action") if name in each.attributes]
    inner = [address for address in addresses if not address.startswith(("#", "https://quake"))]
    assert len(inner) > 10
    assert [address for address in inner if not address.startswith("/news/")] == []
    assert page.one("html")["data-root"] == "/news"
    assert below.get("/news/?q=").headers["location"] == "/news/"
    assert page_of(newsroom, topic="Earthquakes").one("html")["data-root"] == ""  # the one is not served for the other


def test_it_leads_to_feeds_and_documents(standing: Service) -> None:
    page = page_of(standing)
    feeds = {each["type"]: each["href"] for each in page.all("link", rel="alternate")}
    assert feeds == {"application/rss+xml": "/feeds/stories.rss", "application/feed+json": "/feeds/stories.json"}
    for address in (*feeds.values(), "/docs", *(each["href"] for each in page.all("link", rel="stylesheet"))):
        assert standing.client.get(address).status_code == 200, address
    clock = page.one("p", id="clock")
    assert "3 stories · 6 articles" in clock.text
    assert clock.one("time")["datetime"] == "2026-03-11T18:00:00Z"


def test_a_service_that_is_not_ready_says_so(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeskRunner, "not_ready", "the encoder is being loaded")
    page = page_of(newsroom, status=503)
    assert page.one("h1").text == "Not ready"
    assert "the encoder is being loaded" in page.one("main").text
    assert cards_of(page) == []
    assert newsroom.client.get("/").headers["retry-after"] == "2"


def test_a_service_that_died_shows_what_it_knows(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    before = newsroom.client.get("/").headers["etag"]
    monkeypatch.setattr(DeskRunner, "not_ready", "the thread that decides has died")
    monkeypatch.setattr(DeskRunner, "has_failed", True)
    page = page_of(newsroom)
    assert len(cards_of(page)) == 3
    assert "has stopped deciding" in page.one("p", class_="notice").text
    assert newsroom.client.get("/").headers["etag"] != before


def test_a_service_in_trouble_shows_what_it_knows_and_takes_changes_in(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    before = newsroom.client.get("/").headers["etag"]
    story = f"/stories/{newsroom.story_of('quake-1')}"
    monkeypatch.setattr(DeskRunner, "not_ready", "changes wait and cannot be decided")
    monkeypatch.setattr(DeskRunner, "trouble", "changes wait and cannot be decided")
    for path in ("/", story):
        notice = page_of(newsroom, path).one("p", class_="notice").text
        assert "taken in and tried again" in notice
        assert "nothing new is taken in" not in notice
    assert newsroom.client.get("/").headers["etag"] != before
    assert newsroom.client.post("/v1/articles", json=[item("late", "A late report")]).status_code == 200
    monkeypatch.setattr(DeskRunner, "not_ready", None)
    monkeypatch.setattr(DeskRunner, "trouble", None)
    assert page_of(newsroom).all("p", class_="notice") == []


def test_the_clock_is_that_of_the_list(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed_late(*arguments: Any) -> Any:
        monkeypatch.setattr(routes_front, "list_of", list_of)
        newsroom.clock[0] += timedelta(hours=1)
        newsroom.post([item("late", "Harbour crane falls at dawn")])
        return list_of(*arguments)

    monkeypatch.setattr(routes_front, "list_of", listed_late)
    page = page_of(newsroom)
    assert len(cards_of(page)) == 3
    clock = page.one("p", id="clock")
    assert "3 stories · 6 articles" in clock.text
    assert clock.one("time")["datetime"] == page.one("section", id="results")["data-as-of"] == "2026-03-11T18:00:00Z"
    assert "4 stories · 7 articles" in page_of(newsroom).one("p", id="clock").text


def test_five_hundred_stories_on_one_page(make_service: Make) -> None:
    service = make_service(page_limit=500)
    service.post(planted_items(510, 1, seed=1))
    page = page_of(service, limit=500)
    told = service.get("/v1/stories", limit=500)["stories"]
    assert [card["data-story"] for card in cards_of(page)] == [story["id"] for story in told]
    assert len(told) == 500
    assert page.one("section", id="results")["data-page-limit"] == "500"
    page_of(service, status=422, limit=501)


def test_programs_that_want_json_get_it_elsewhere(standing: Service) -> None:
    assert standing.client.get("/", headers={"Accept": "application/json"}).headers["content-type"].startswith("text/html")
    assert standing.client.get("/v1/stories", headers={"Accept": "text/html"}).headers["content-type"] == "application/json"
    assert standing.client.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert "/" not in standing.client.get("/openapi.json").json()["paths"]
