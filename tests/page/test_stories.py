"""The list of stories: it shows what the API answers, in its order and with its numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.looked import CARDS, asked, ranked, shown, take_in, wait_for
from support.places import Place
from support.watched import Visit, Watched

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def test_the_list_is_that_of_the_api(page: Watched, newsroom: Place, keep: Callable[[Watched, str], None]) -> None:
    page.open()
    ids = shown(page)
    assert len(ids) >= 20
    assert ids == ranked(newsroom, limit=len(ids))
    page.check_document()
    keep(page, "stories")


def test_a_card_shows_the_numbers_of_the_api(page: Watched, newsroom: Place) -> None:
    page.open()
    for number, story in enumerate(asked(newsroom, "/v1/stories", limit=5)["stories"]):
        card = page.page.locator(CARDS).nth(number)
        signals = story["signals"]
        assert {name: float(card.get_attribute(f"data-{name}") or "") for name in signals} == {
            name: signal["normalised"] for name, signal in signals.items()
        }
        title = card.locator("h2 a")
        assert title.inner_text() == story["lead"]["title"]
        assert title.get_attribute("href") == f"/stories/{story['id']}"
        assert f"{story['score']:.3f}" in card.locator(".score").inner_text()
        assert card.locator(".phase").inner_text().lower() == story["phase"]
        bar = card.locator("svg.blend")
        assert bar.get_attribute("role") == "img"
        assert "quality" in (bar.get_attribute("aria-label") or "")
        whole = float((bar.get_attribute("viewBox") or "").split()[2])
        for name, signal in signals.items():
            width = float(bar.locator(f"rect.{name}").get_attribute("width") or "")
            assert width / whole == pytest.approx(signal["contribution"], abs=0.0002), name
        assert card.locator("svg.timeline").count() == 1


def test_more_stories_are_put_behind_those_that_are_there(page: Watched, newsroom: Place) -> None:
    page.open("/?limit=7")
    wanted = ranked(newsroom, limit=21)
    assert shown(page) == wanted[:7]
    for start in (7, 14):
        page.page.locator("a[rel~=next]").click()
        wait_for(page, wanted[: start + 7])
        assert page.page.evaluate("document.activeElement.closest('li').dataset.story") == wanted[start]


def test_the_list_of_another_moment(page: Watched, newsroom: Place) -> None:
    moment = "2026-03-06T12:00:00Z"
    page.open(f"/?asOf={moment}")
    assert shown(page) == ranked(newsroom, asOf=moment, limit=len(shown(page)))
    assert len(shown(page)) >= 5


def test_every_answer_guards_the_page(page: Watched) -> None:
    for path in ("/", "/?part=stories", "/related", "/stories/s0000000000000000", "/?minProviders=-1", "/nothing/here"):
        page.expect("status 404", "status 422", "Failed to load resource")
        answer = page.open(path)
        headers = answer.all_headers()
        if headers["content-type"].startswith("text/html"):
            assert headers.get("content-security-policy") == POLICY, path
            assert (headers.get("x-content-type-options"), headers.get("referrer-policy")) == ("nosniff", "no-referrer"), path
        else:
            assert headers["content-type"] == "application/problem+json", path


def test_what_a_browser_has_it_need_not_load_again(page: Watched, newsroom: Place) -> None:
    answer = page.open()
    again = page.page.request.get(newsroom.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body()) == (304, b"")
    files = page.page.evaluate("[...document.querySelectorAll('script[src], link[rel=stylesheet]')].map(e => e.src || e.href)")
    assert len(files) >= 2
    for file in files:
        age = page.page.request.get(file).headers["cache-control"].partition("max-age=")[2].split(",")[0]
        assert int(age) >= 86_400, file


def test_what_is_wrong_is_said_on_a_page(page: Watched) -> None:
    page.expect("status 422", "Failed to load resource")
    for query in ("minProviders=-1", "profile=best", "weights=heat:high", "since=yesterday", "sort=best", "limit=0", "nothing=1"):
        assert page.open(f"/?{query}").status == 422
        assert query.partition("=")[0] in page.page.locator("main").inner_text()
        assert page.page.locator("main a[href='/']").count() >= 1
        page.check_document()


def test_an_empty_newsroom(visit: Visit, desk: Place) -> None:
    watched = visit.page(desk.url)
    assert watched.open().ok
    assert shown(watched) == []
    assert "no stor" in watched.page.locator("main").inner_text().lower()
    watched.check_document()


def test_what_finds_nothing_says_so(page: Watched) -> None:
    page.open("/?q=zyzzyva+quux")
    assert shown(page) == []
    assert page.page.locator("#filters [name=q]").input_value() == "zyzzyva quux"
    assert "no stor" in page.page.locator("main").inner_text().lower()


def test_pinned_and_moved_stories_say_so(visit: Visit, desk: Place) -> None:
    take_in(desk)
    last = ranked(desk)[-1]
    watched = visit.page(desk.url)
    answer = watched.page.request.post(desk.url + "/v1/corrections?wait=10", data={"action": "pin", "stories": [last]})
    assert answer.status == 201
    watched.open()
    assert shown(watched)[0] == last
    assert "pinned" in watched.page.locator(CARDS).first.inner_text().lower()
