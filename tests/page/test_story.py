"""A story: all that is known of it, with the numbers of the API."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from support.looked import asked, decide, ranked, take_in
from support.places import Place
from support.serving import told
from support.watched import Visit, Watched

# What a circle of the map is called, by itself or by the link around it.
_NAME = """circle => [circle, circle.closest('a')].filter(Boolean)
  .map(e => (e.getAttribute('aria-label') || '') + (e.querySelector('title')?.textContent || '')).join(' ')"""


@pytest.fixture(scope="module")
def large(newsroom: Place) -> dict[str, Any]:
    """The story with the most articles."""
    return cast("dict[str, Any]", max(asked(newsroom, "/v1/stories", limit=100)["stories"], key=lambda story: story["counts"]["articles"]))


def members(watched: Watched) -> list[str]:
    """Ids of the articles on the page of a story."""
    return cast("list[str]", watched.page.locator("li.member").evaluate_all("all => all.map(e => e.dataset.article)"))


def test_all_articles_of_a_story_are_there(page: Watched, large: dict[str, Any]) -> None:
    page.open(f"/stories/{large['id']}")
    assert page.page.locator("article#story").get_attribute("data-story") == large["id"]
    assert page.page.locator("h1").inner_text() == large["lead"]["title"]
    ids = [article["id"] for article in large["articles"]]
    assert sorted(members(page)) == sorted(ids)
    circles = page.page.locator("svg.map circle[data-article]").evaluate_all("all => all.map(e => e.dataset.article)")
    assert sorted(circles) == sorted(ids)
    for article in large["articles"][:6]:
        link = page.page.locator(f"li.member[data-article='{article['id']}'] a[href^=http]").first
        assert link.get_attribute("href") == article["webUrl"]
    page.check_document()


def test_a_story_is_opened_from_the_list(page: Watched, newsroom: Place) -> None:
    page.open()
    page.page.locator("li.story h2 a").nth(1).click()
    page.page.wait_for_url("**/stories/*")
    assert page.page.locator("article#story").get_attribute("data-story") == ranked(newsroom)[1]


def test_copies_are_folded_and_unfolded(page: Watched, newsroom: Place) -> None:
    stories = asked(newsroom, "/v1/stories", limit=100)["stories"]
    copied = max(stories, key=lambda story: story["counts"]["articles"] - story["counts"]["uniqueTexts"])
    assert copied["counts"]["articles"] > copied["counts"]["uniqueTexts"]
    page.open(f"/stories/{copied['id']}")
    fold = page.page.locator("details.copies").first
    hidden = fold.locator("li.member").first
    expect(hidden).to_be_hidden()
    fold.locator("summary").click()
    expect(hidden).to_be_visible()
    fold.locator("summary").press("Enter")
    expect(hidden).to_be_hidden()


def test_why_it_is_above_the_next(page: Watched, newsroom: Place) -> None:
    first, second = asked(newsroom, "/v1/stories", limit=2)["stories"]
    page.open(f"/stories/{first['id']}")
    why = page.page.locator("#why")
    expect(why).to_contain_text(second["lead"]["title"])
    told_why = asked(newsroom, f"/v1/stories/{first['id']}/explanation")["whyAboveNext"]
    assert told_why["lower"]["id"] == second["id"]
    assert f"{first['score']:.4f}" in why.inner_text()
    assert f"{second['score']:.4f}" in why.inner_text()


def test_the_score_is_taken_apart(page: Watched, newsroom: Place) -> None:
    story = asked(newsroom, "/v1/stories", limit=1)["stories"][0]
    page.open(f"/stories/{story['id']}")
    text = page.page.locator("article#story").inner_text()
    for signal in story["signals"].values():
        assert f"{signal['contribution']:.4f}" in text
    assert f"{story['score']:.4f}" in text


def test_a_story_is_read_without_scripts(visit: Visit, newsroom: Place, large: dict[str, Any]) -> None:
    watched = visit.page(newsroom.url, scripts=False)
    watched.open("/")
    watched.page.locator("li.story h2 a").first.click()
    watched.open(f"/stories/{large['id']}")
    assert len(members(watched)) == large["counts"]["articles"]
    assert watched.page.locator("#why").inner_text() != ""


def test_its_history_is_told(visit: Visit, desk: Place) -> None:
    take_in(desk, [(3, 5.0)])
    decide(desk, [told(0, 3, hours_ago=0.5)])
    (story,) = ranked(desk)
    watched = visit.page(desk.url)
    watched.open(f"/stories/{story}")
    events = asked(desk, "/v1/changes")["events"]
    assert [event["kind"] for event in events] == ["created", "grown"]
    steps = watched.page.locator("#history li")
    expect(steps).to_have_count(2)


def test_the_id_of_a_merged_story_leads_to_its_heir(visit: Visit, desk: Place) -> None:
    take_in(desk, [(2, 5.0), (2, 4.0)])
    one, other = ranked(desk)
    watched = visit.page(desk.url)
    watched.page.request.post(f"{desk.url}/v1/corrections?wait=10", data={"action": "join", "stories": [one, other]})
    (left,) = ranked(desk)
    gone = ({one, other} - {left}).pop()
    watched.open(f"/stories/{gone}")
    assert watched.page.locator("article#story").get_attribute("data-story") == left
    assert urlsplit(watched.page.url).path == f"/stories/{left}"
    assert gone in watched.page.locator("#story .notice").inner_text()
    assert len(members(watched)) == 4


def test_a_story_that_was_split_up_leads_on(visit: Visit, desk: Place) -> None:
    take_in(desk, [(2, 5.0)])
    (story,) = ranked(desk)
    watched = visit.page(desk.url)
    for number in range(2):
        watched.page.request.delete(f"{desk.url}/v1/articles/a00-{number:03}?wait=10")
    watched.page.wait_for_timeout(300)  # milliseconds; nobody waits for a deletion
    watched.expect("status 410", "Failed to load resource")
    answer = watched.open(f"/stories/{story}")
    assert answer.status == 410
    watched.check_document()
    assert watched.page.locator("main a[href='/']").count() >= 1


def test_a_story_that_never_was(page: Watched) -> None:
    page.expect("status 404", "Failed to load resource")
    assert page.open("/stories/s0000000000000000").status == 404
    assert page.page.locator("main a[href='/']").count() >= 1
    page.check_document()


def test_a_circle_of_the_map_tells_its_article(page: Watched, large: dict[str, Any]) -> None:
    page.open(f"/stories/{large['id']}")
    article = large["articles"][0]
    circle = page.page.locator(f"svg.map circle[data-article='{article['id']}']")
    named = circle.evaluate(_NAME)
    assert article["title"][:20] in named
    assert re.search(re.escape(article["provider"]["name"]), named)
