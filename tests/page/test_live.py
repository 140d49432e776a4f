"""Live: what arrives is told, shown when it is wanted, and takes the focus from nobody; a lost connection is told and found again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from support.looked import asked, decide, ranked, shown, take_in, wait_for
from support.places import Place, placed
from support.serving import told
from support.watched import Visit, Watched

LOST = ("Failed to load resource", "request failed", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING")


def following(watched: Watched) -> None:
    """Wait until a page follows the changes of its service."""
    with watched.page.expect_response(re.compile("/v1/changes/stream")) as answer:
        watched.open()
    assert answer.value.ok


def test_a_new_story_is_told_and_shown_when_it_is_wanted(visit: Visit, desk: Place, keep: Callable[[Watched, str], None]) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    following(watched)
    before, box = shown(watched), watched.page.locator("#filters [name=q]")
    show = watched.page.locator("#show-new")
    expect(show).to_be_hidden()
    box.focus()
    decide(desk, [told(12, 0, hours_ago=0.1)])
    expect(show).to_be_visible()
    expect(watched.page.locator("#live")).to_contain_text(re.compile("1 .*(changed|new)", re.IGNORECASE))
    assert shown(watched) == before
    assert watched.page.evaluate("document.activeElement.name") == "q"
    keep(watched, "new-stories")
    show.click()
    wait_for(watched, ranked(desk))
    assert len(shown(watched)) == len(before) + 1
    expect(show).to_be_hidden()
    assert watched.page.evaluate("document.activeElement !== document.body"), "the focus fell to the ground with the button"


def test_a_story_that_grows_is_told(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    following(watched)
    (story,) = {asked(desk, f"/v1/articles/a02-{number:03}")["story"] for number in range(1)}
    decide(desk, [told(2, 1, hours_ago=0.1), told(2, 2, hours_ago=0.05)])
    expect(watched.page.locator("#live")).not_to_be_empty()
    show = watched.page.locator("#show-new")
    if show.is_visible():
        show.click()
    wait_for(watched, ranked(desk))
    expect(watched.page.locator(f"li.story[data-story={story}]")).to_contain_text("3 articles")


def test_what_is_shown_anew_keeps_filters_and_weights(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    question = "weights=quality:0,heat:0,recency:1&topic=news"
    with watched.page.expect_response(re.compile("/v1/changes/stream")):
        watched.open(f"/?{question}")
    decide(desk, [told(12, 0, hours_ago=0.1), told(13, 0, hours_ago=0.2, topics=("news",))])
    watched.page.locator("#show-new").click()
    wait_for(watched, ranked(desk, weights="quality:0,heat:0,recency:1", topic="news"))
    assert "recency:1" in watched.page.url.replace("%3A", ":")


def test_who_wants_to_keep_up_keeps_the_focus(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    following(watched)
    watched.page.locator("#keep-up").check()
    link = watched.page.locator("li.story h2 a").nth(4)
    title = link.inner_text()
    link.focus()
    decide(desk, [told(12, 0, hours_ago=0.1), told(4, 2, hours_ago=0.05)])
    wait_for(watched, ranked(desk))
    assert watched.page.evaluate("document.activeElement.textContent") == title
    expect(watched.page.locator("#show-new")).to_be_hidden()
    watched.page.reload()
    assert watched.page.locator("#keep-up").is_checked()


def test_a_correction_elsewhere_is_followed(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    following(watched)
    hidden = shown(watched)[0]
    watched.page.request.post(desk.url + "/v1/corrections?wait=10", data={"action": "hide", "stories": [hidden]})
    show = watched.page.locator("#show-new")
    expect(show).to_be_visible()
    show.click()
    wait_for(watched, ranked(desk))
    assert hidden not in shown(watched)


def test_nothing_is_told_of_what_a_filter_leaves_out_for_good(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    with watched.page.expect_response(re.compile("/v1/changes/stream")):
        watched.open("/?topic=news")
    before = shown(watched)
    decide(desk, [told(12, 0, hours_ago=0.1)])
    watched.page.wait_for_timeout(500)  # milliseconds; it would be told by now
    if watched.page.locator("#show-new").is_visible():  # it may ask, and then nothing is there
        watched.page.locator("#show-new").click()
    watched.page.wait_for_load_state("networkidle")
    assert shown(watched) == before


def test_a_lost_connection_is_told_and_found_again(visit: Visit, tmp_path: Path) -> None:
    store = tmp_path / "desk.sqlite"
    with placed(store) as place:
        take_in(place)
        watched, port = visit.page(place.url), int(place.url.rpartition(":")[2])
        following(watched)
        before = shown(watched)
    watched.expect(*LOST)
    live = watched.page.locator("#live")
    expect(live).to_contain_text(re.compile("connection|lost|offline", re.IGNORECASE))
    assert shown(watched) == before
    with placed(store, port=port) as place:
        decide(place, [told(12, 0, hours_ago=0.1)])
        expect(watched.page.locator("#show-new")).to_be_visible(timeout=20_000)
        expect(live).not_to_contain_text(re.compile("lost|offline", re.IGNORECASE))
        watched.page.locator("#show-new").click()
        wait_for(watched, ranked(place))


def refused_once(watched: Watched) -> list[str]:
    """Have the stream refuse the first who asks, as a service does that has no room; returns what is asked, as it is asked."""
    asked_for: list[str] = []
    watched.expect("status 503", *LOST, "EventSource's response has a MIME type")

    def full(route: Route) -> None:
        asked_for.append(route.request.url)
        if len(asked_for) == 1:
            route.fulfill(status=503, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    watched.page.route("**/v1/changes/stream*", full)
    return asked_for


def test_who_is_refused_comes_again(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    refused = refused_once(watched)
    watched.open()
    expect(watched.page.locator("#live")).to_contain_text("lost")
    decide(desk, [told(12, 0, hours_ago=0.1)])
    expect(watched.page.locator("#show-new")).to_be_visible()
    assert len(refused) == 2


# A story's page


def looked_away(watched: Watched, *, is_hidden: bool) -> None:
    """Have a page believe that its tab is behind another one, or in sight again: without a window a browser hides none."""
    watched.page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        is_hidden,
    )


@pytest.mark.parametrize("path", ["/", "/stories/{story}"])
def test_a_page_behind_others_keeps_no_connection(visit: Visit, desk: Place, path: str) -> None:
    take_in(desk)
    story = asked(desk, "/v1/articles/a02-000")["story"]
    watched = visit.page(desk.url)
    with watched.page.expect_response(re.compile("/v1/changes/stream")):
        watched.open(path.format(story=story))
    with watched.page.expect_event("requestfailed", lambda request: "/v1/changes/stream" in request.url):
        looked_away(watched, is_hidden=True)
    decide(desk, [told(2, 1, hours_ago=0.1)])
    show = watched.page.locator("#show-change, #show-new")
    watched.page.wait_for_timeout(300)  # milliseconds; it would be told by now
    expect(show).to_be_hidden()
    with watched.page.expect_response(re.compile("/v1/changes/stream")):
        looked_away(watched, is_hidden=False)
    expect(show).to_be_visible()  # what happened meanwhile


def test_many_stories_are_open_at_once(visit: Visit, desk: Place) -> None:
    take_in(desk)
    first = visit.page(desk.url)
    context = first.page.context
    for number, story in enumerate([*ranked(desk), *ranked(desk)][:8]):  # more than a browser has connections for
        watched = visit.another(context, desk.url) if number else first
        with watched.page.expect_response(re.compile("/v1/changes/stream")):
            watched.open(f"/stories/{story}")
        with watched.page.expect_event("requestfailed", lambda request: "/v1/changes/stream" in request.url):
            looked_away(watched, is_hidden=True)


def test_a_story_that_is_refused_comes_again(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched = visit.page(desk.url)
    refused = refused_once(watched)
    watched.open(f"/stories/{asked(desk, '/v1/articles/a02-000')['story']}")
    live = watched.page.locator("#live")
    expect(live).to_contain_text("lost")
    expect(live).to_be_in_viewport()
    decide(desk, [told(2, 1, hours_ago=0.1)])
    expect(watched.page.locator("#show-change")).to_contain_text("This story changed (grown")
    assert len(refused) == 2


def test_a_story_whose_events_are_kept_no_more_may_have_changed(visit: Visit, desk: Place) -> None:
    take_in(desk)
    watched, story = visit.page(desk.url), asked(desk, "/v1/articles/a02-000")["story"]
    watched.expect("status 410", *LOST, "EventSource's response has a MIME type")
    gone = {"content_type": "application/problem+json", "status": 410, "body": '{"last": 1000000}'}
    watched.page.route("**/v1/changes/stream*", lambda route: route.fulfill(**gone), times=1)
    watched.page.route("**/v1/changes?*", lambda route: route.fulfill(**gone), times=1)
    watched.open(f"/stories/{story}")
    show = watched.page.locator("#show-change")
    expect(show).to_have_text("This story may have changed. Show")
    show.click()
    expect(show).to_be_hidden()


@pytest.mark.parametrize("path", ["/related", "/docs"])
def test_other_pages_follow_nothing(visit: Visit, desk: Place, path: str) -> None:
    watched, asked_for = visit.page(desk.url), list[str]()
    watched.page.on("request", lambda request: asked_for.append(request.url))
    watched.open(path)
    watched.page.wait_for_load_state("networkidle")
    assert not [url for url in asked_for if url.endswith("/stream")]
