"""Corrections on a story's page: each is made, told, shown in place and in the list, and undone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from support.looked import asked, decide, ranked, take_in, wait_for
from support.places import Place
from support.serving import told
from support.watched import Visit, Watched

from ranker.apps.service.page import story_members, story_page


@pytest.fixture
def small(desk: Place) -> Place:
    """A service with three stories: of three reports, of two, and of one."""
    take_in(desk, [(3, 2.0), (2, 5.0), (1, 20.0)])
    return desk


def story_of(place: Place, article: str) -> str:
    """The story of an article."""
    return str(asked(place, f"/v1/articles/{article}")["story"])


def tick(watched: Watched, *articles: str) -> None:
    """Tick articles in the list of a story."""
    for article in articles:
        watched.page.locator(f"li.member[data-article='{article}'] input[type=checkbox]").check()


def correct(watched: Watched, action: str, *, why: str = "", **fields: str) -> None:
    """Choose an action, fill its form in, and send it."""
    watched.page.locator(f"#corrections button[data-action={action}]").click()
    form = watched.page.locator("#corrections form")
    if why:
        form.locator("[name=why]").fill(why)
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("[type=submit]").click()


def corrections(place: Place) -> list[dict[str, Any]]:
    """The corrections that stand."""
    return list(asked(place, "/v1/corrections")["corrections"])


def test_part_an_article_from_its_story(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), story_of(small, "a00-000")
    watched.open(f"/stories/{story}")
    tick(watched, "a00-002")
    correct(watched, "part", why="Another week", by="Ann")
    expect(watched.page.locator("li.member")).to_have_count(2)
    assert story_of(small, "a00-002") not in {story_of(small, "a00-000"), story_of(small, "a00-001")}
    (said,) = corrections(small)
    assert (said["action"], said["by"], said["why"]) == ("part", "Ann", "Another week")
    assert (said["articles"], sorted(said["others"])) == (["a00-002"], ["a00-000", "a00-001"])
    expect(watched.page.locator("#history")).to_contain_text("Another week")
    link = watched.page.locator("#corrections .result a")
    assert link.get_attribute("href") == f"/stories/{story_of(small, 'a00-002')}"
    watched.check_document()


def test_join_two_stories(visit: Visit, small: Place) -> None:
    watched, other = visit.page(small.url), story_of(small, "a01-000")
    watched.open(f"/stories/{story_of(small, 'a00-000')}")
    correct(watched, "join", pasted=f"{small.url}/stories/{other}")
    expect(watched.page.locator("li.member")).to_have_count(5)
    assert story_of(small, "a01-000") == story_of(small, "a00-000") == watched.page.locator("#story").get_attribute("data-story")


def test_choose_the_lead(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), story_of(small, "a00-000")
    watched.open(f"/stories/{story}")
    lead = asked(small, f"/v1/stories/{story}")["lead"]["id"]
    chosen = next(article["id"] for article in asked(small, f"/v1/stories/{story}")["articles"] if article["id"] != lead)
    tick(watched, chosen)
    correct(watched, "lead")
    expect(watched.page.locator(f"li.member.leads[data-article='{chosen}']")).to_have_count(1)
    assert asked(small, f"/v1/stories/{story}")["lead"]["id"] == chosen
    watched.open("/")
    expect(watched.page.locator(f"li.story[data-story={story}] h2")).to_have_text(asked(small, f"/v1/stories/{story}")["lead"]["title"])


def test_pin_and_undo_and_the_list_follows(visit: Visit, small: Place) -> None:
    last, before = ranked(small)[-1], ranked(small)
    front, watched = visit.page(small.url), visit.page(small.url)
    with front.page.expect_response(lambda answer: "/stream" in answer.url):
        front.open()
    watched.open(f"/stories/{last}")
    correct(watched, "pin")
    expect(watched.page.locator("#story .rank")).to_contain_text("#1")
    front.page.locator("#show-new").click()
    wait_for(front, [last, *before[:-1]])
    watched.page.locator("[data-action=undo]").click()
    expect(watched.page.locator("#story .rank")).to_contain_text("#3")
    assert corrections(small) == []
    front.page.reload()
    wait_for(front, before)


def test_hide_and_undo(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), ranked(small)[0]
    watched.open(f"/stories/{story}")
    correct(watched, "hide")
    expect(watched.page.locator("#story .rank")).to_contain_text("hidden")
    assert story not in ranked(small)
    watched.page.reload()
    watched.page.locator("[data-action=undo]").click()
    expect(watched.page.locator("#story .rank")).to_contain_text("#1")
    assert ranked(small)[0] == story


def test_what_contradicts_is_refused_with_its_chain(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), story_of(small, "a00-000")
    watched.expect("status 409", "Failed to load resource")
    for body in ({"articles": ["a00-000", "a00-001"]}, {"articles": ["a00-001", "a00-002"]}):
        watched.page.request.post(f"{small.url}/v1/corrections?wait=10", data={"action": "join", **body})
    watched.open(f"/stories/{story}")
    tick(watched, "a00-000")
    correct(watched, "part")
    result = watched.page.locator("#corrections .result")
    expect(result.locator("ol li").first).to_be_visible()
    assert len(corrections(small)) == 2
    expect(watched.page.locator("li.member")).to_have_count(3)


@pytest.mark.parametrize("action", ["part", "lead"])
def test_what_needs_an_article_says_so(visit: Visit, small: Place, action: str) -> None:
    watched = visit.page(small.url)
    watched.open(f"/stories/{ranked(small)[0]}")
    watched.page.locator(f"#corrections button[data-action={action}]").click()
    expect(watched.page.locator("#corrections .result")).to_contain_text("Tick")
    assert watched.page.locator("#corrections form").count() == 0
    assert corrections(small) == []


def test_a_correction_is_made_by_keys_alone(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), ranked(small)[0]
    watched.open(f"/stories/{story}")
    button = watched.page.locator("#corrections button[data-action=pin]")
    button.focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.evaluate("document.activeElement.closest('#corrections form') !== null")
    watched.page.keyboard.press("Escape")
    assert watched.page.evaluate("document.activeElement.dataset.action") == "pin"
    assert watched.page.locator("#corrections form").count() == 0
    watched.page.keyboard.press("Space")
    watched.page.keyboard.type("By keys")
    watched.page.keyboard.press("Tab")
    while watched.page.evaluate("document.activeElement.type") != "submit":
        watched.page.keyboard.press("Tab")
    watched.page.keyboard.press("Enter")
    expect(watched.page.locator("#corrections .result")).to_contain_text("Pinned")
    assert [said["why"] for said in corrections(small)] == ["By keys"]
    assert watched.page.evaluate("document.activeElement !== document.body")


def test_what_was_ticked_stays_when_the_story_changes(visit: Visit, small: Place) -> None:
    watched, story = visit.page(small.url), story_of(small, "a00-000")
    with watched.page.expect_response(lambda answer: "/stream" in answer.url):
        watched.open(f"/stories/{story}")
    tick(watched, "a00-001")
    decide(small, [told(0, 3, hours_ago=0.1)])
    show = watched.page.locator("#show-change")
    expect(show).to_be_visible()
    expect(watched.page.locator("li.member")).to_have_count(3)
    show.click()
    expect(watched.page.locator("li.member")).to_have_count(4)
    assert watched.page.locator("li.member[data-article='a00-001'] input[type=checkbox]").is_checked()
    expect(show).to_be_hidden()


def test_a_part_of_a_large_story_says_what_it_does_not_name(visit: Visit, small: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story_page, "MOST_ARTICLES", 4)
    monkeypatch.setattr(story_members, "TEXTS_A_PAGE", 6)
    decide(small, [told(0, number, hours_ago=0.1) for number in range(3, 9)])
    watched, story = visit.page(small.url), story_of(small, "a00-000")
    watched.open(f"/stories/{story}")
    assert asked(small, f"/v1/stories/{story}")["counts"]["articles"] == 9
    section = watched.page.locator("#corrections")
    expect(section).to_contain_text("Ticks hold for this page of the list; another page begins without any.")
    tick(watched, "a00-000")
    section.locator("button[data-action=part]").click()
    form = section.locator("form")
    expect(form).to_contain_text("The 1 ticked article will be in no story with any of 3 other articles, now and later.")
    expect(form).to_contain_text("at most 4 articles a side, so 5 more articles of this story, the last of its list, are not named.")
    form.locator("[type=submit]").click()
    expect(section.locator(".result")).to_contain_text("Parted")
    (said,) = corrections(small)
    assert (said["articles"], len(said["others"])) == (["a00-000"], 3)


def test_without_scripts_nothing_is_corrected_and_that_is_said(visit: Visit, small: Place) -> None:
    watched = visit.page(small.url, scripts=False)
    watched.open(f"/stories/{ranked(small)[0]}")
    assert watched.page.locator("#corrections button").count() == 0
    expect(watched.page.locator("#corrections")).to_contain_text("JavaScript")
