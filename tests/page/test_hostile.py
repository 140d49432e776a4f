"""Hostile input: whatever texts and addresses hold, it is shown as text, runs nowhere, and leads nowhere but to the web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
from support.hostile import LINKS, MARKUP, hostile_articles, hostile_items
from support.looked import CARDS, asked, decide, ranked, shown
from support.places import Place, placed
from support.watched import PHONE, Visit, Watched

from ranker.apps.service.page.filters import shown as without_hidden

REFUSED = ("status 4(04|22|14|10|03)", "Failed to load resource")
SAID = {"by": MARKUP["image"], "why": MARKUP["end of an attribute"] + MARKUP["script"] + MARKUP["right to left"]}
SHORT = {name: text for name, text in MARKUP.items() if len(text) < 200}
_TEXT = "story => document.querySelector(`li.story[data-story=${story}] h2`).textContent"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service whose store holds what no door has seen: many stories with hostile texts, some corrected by hostile hands."""
    with placed(tmp_path_factory.mktemp("raw") / "desk.sqlite") as place:
        decide(place, hostile_articles())
        for action, story in zip(("pin", "lead", "hide"), ranked(place, limit=3), strict=True):
            lead = asked(place, f"/v1/stories/{story}")["lead"]["id"]
            answer = httpx.post(f"{place.url}/v1/corrections?wait=10", json={"action": action, "articles": [lead], **SAID})
            assert answer.status_code == httpx.codes.CREATED, answer.text
        yield place


@pytest.fixture(scope="module")
def one_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service with one story that all hostile texts tell."""
    with placed(tmp_path_factory.mktemp("one") / "desk.sqlite") as place:
        decide(place, hostile_articles(together=True))
        story = asked(place, "/v1/stories", limit=1)["stories"][0]
        ids = [article["id"] for article in story["articles"]]
        for body in (
            {"action": "join", "articles": ids[:3]},
            {"action": "part", "articles": ids[-2:]},
            {"action": "pin", "articles": ids[:1]},
        ):
            assert httpx.post(f"{place.url}/v1/corrections?wait=10", json={**body, **SAID}).status_code == httpx.codes.CREATED
        yield place


@pytest.fixture(scope="module")
def through_the_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service that was sent all of it over HTTP."""
    with placed(tmp_path_factory.mktemp("door") / "desk.sqlite") as place:
        answer = httpx.post(f"{place.url}/v1/articles?wait=20", json=hostile_items(), timeout=30).json()
        assert answer["accepted"] >= 50
        assert answer["refused"] >= len(LINKS) // 2
        yield place


@pytest.mark.parametrize("path", ["/", "/?limit=100", "/?part=stories"])
def test_the_list_shows_texts_as_texts(visit: Visit, raw: Place, path: str, keep: Callable[[Watched, str], None]) -> None:
    watched = visit.page(raw.url, size=PHONE)
    watched.expect("icon")
    watched.open(path)
    watched.check_document(fits="part=" not in path)  # the list alone has no style sheet
    if path == "/":
        keep(watched, "hostile-stories")
    if path == "/?limit=100":
        titles = {story["id"]: str(without_hidden(story["lead"]["title"])) for story in asked(raw, "/v1/stories", limit=100)["stories"]}
        assert sum("<" in title and "hostile" in title for title in titles.values()) >= 15
        for story, title in titles.items():
            assert watched.page.evaluate(_TEXT, story).split() == title.split()


def test_the_list_of_what_came_through_the_door(visit: Visit, through_the_door: Place) -> None:
    watched = visit.page(through_the_door.url, size=PHONE)
    watched.open("/?limit=100")
    assert len(shown(watched)) == len(ranked(through_the_door, limit=100)) > 10
    watched.check_document()
    for story in shown(watched)[:3]:
        watched.open(f"/stories/{story}")
        watched.check_document()


def test_moving_sliders_over_hostile_titles(visit: Visit, raw: Place) -> None:
    watched = visit.page(raw.url)
    watched.open("/")
    before = set(shown(watched))
    watched.page.locator("#weights input[name=recency]").fill("0")
    watched.page.wait_for_load_state("networkidle")
    assert watched.page.locator(CARDS).count() >= len(before)
    watched.check_document()


def test_a_story_of_hostile_articles(visit: Visit, one_story: Place, keep: Callable[[Watched, str], None]) -> None:
    watched = visit.page(one_story.url, size=PHONE)
    for story in ranked(one_story, limit=100):
        watched.open(f"/stories/{story}")
        watched.check_document()
        watched.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        watched.check_document()
    keep(watched, "hostile-story")


def test_stories_with_hostile_leads(visit: Visit, raw: Place) -> None:
    watched = visit.page(raw.url, size=PHONE)
    for story in ranked(raw, limit=5):
        watched.open(f"/stories/{story}")
        watched.check_document()
        assert watched.page.locator("article#story").get_attribute("data-story") == story


def test_what_is_told_live_is_text(visit: Visit, tmp_path: Path) -> None:
    with placed(tmp_path / "desk.sqlite") as place:
        decide(place, hostile_articles()[:4])
        front, watched, story = visit.page(place.url), visit.page(place.url), ranked(place)[0]
        for page, path in ((front, "/"), (watched, f"/stories/{story}")):
            with page.page.expect_response(lambda answer: "/stream" in answer.url):
                page.open(path)
        httpx.post(f"{place.url}/v1/corrections?wait=10", json={"action": "pin", "stories": [story], **SAID}).raise_for_status()
        decide(place, hostile_articles()[4:12])
        for page, button in ((front, "#show-new"), (watched, "#show-change")):
            page.page.locator(button).wait_for()
            page.check_document(fits=False)
            page.page.locator(button).click()
            page.page.locator(button).wait_for(state="hidden")
            page.check_document(fits=False)


def test_links_lead_to_the_web_alone(visit: Visit, one_story: Place) -> None:
    watched = visit.page(one_story.url)
    watched.open(f"/stories/{ranked(one_story)[0]}")
    found = watched.page.locator("a[href]").evaluate_all(
        "links => links.map(link => new URL(link.getAttribute('href'), link.baseURI).protocol)"
    )
    assert set(found) <= {"http:", "https:"}
    for link in watched.page.locator("#story a[href^=http]").all()[:5]:
        link.hover()
    watched.check_document()


@pytest.mark.parametrize(
    "name", ["q", "topic", "provider", "category", "minProviders", "since", "until", "profile", "weights", "sort", "asOf"]
)
def test_hostile_words_in_the_address(visit: Visit, raw: Place, name: str) -> None:
    watched = visit.page(raw.url, size=PHONE)
    watched.expect(*REFUSED)
    for text in [*list(SHORT.values())[::16], LINKS["script"]]:
        answer = watched.open("/?" + urlencode({name: text}))
        assert answer.status in {200, 422}, text
        watched.check_document()


def test_hostile_names_and_paths(visit: Visit, raw: Place) -> None:
    watched = visit.page(raw.url, size=PHONE)
    watched.expect(*REFUSED)
    for text in list(SHORT.values())[::16]:
        for path in (f"/stories/{quote(text, safe='')}", f"/{quote(text, safe='')}", f"/?{quote(text, safe='')}=1"):
            assert watched.open(path).status in {404, 422}, path
            watched.check_document()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_hostile_texts_are_pasted(visit: Visit, raw: Place, scripts: bool) -> None:
    watched = visit.page(raw.url, size=PHONE, scripts=scripts)
    watched.expect(*REFUSED)
    for text in list(SHORT.values())[:: 12 if scripts else 25]:
        watched.open("/related")
        title, excerpt = (watched.page.locator(f"form#paste [name={name}]") for name in ("title", "excerpt"))
        title.fill(text)
        excerpt.fill(f"{text} {MARKUP['end of a text field']}")
        watched.page.locator("form#paste [type=submit]").click()
        watched.page.locator("#answer section, .problem, .wrong").first.wait_for(state="attached")
        watched.check_document()
        if scripts:
            assert title.input_value() == text.replace("\n", "").replace("\r", "")


def test_a_pasted_text_is_near_to_hostile_ones(visit: Visit, raw: Place) -> None:
    watched = visit.page(raw.url, size=PHONE)
    watched.open("/related")
    watched.page.locator("form#paste [name=title]").fill(" ".join(f"e4w{word}" for word in range(20)))
    watched.page.locator("form#paste [name=excerpt]").fill(" ".join(f"e4w{word}" for word in range(20, 40)))
    watched.page.locator("form#paste [type=submit]").click()
    watched.page.locator("ol#related > li").first.wait_for()
    watched.check_document()
