"""Signing in: without a key nothing is shown, a key shows what its role may, and a browser forgets it when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect
from support.looked import DECIDED_SECONDS, REPORTS, shown
from support.places import Place, placed
from support.serving import puts, told
from support.watched import Visit, Watched

from ranker.apps.service.keys import hashed_key

ROLES = ("read", "write", "admin")
KEYS = {role: {"hash": hashed_key(f"key of {role}"), "role": role} for role in ROLES}
REFUSED = ("status 40[13]", "Failed to load resource")
ELSEWHERE_PATHS = (
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "javascript:window.ran=1",
    "/\t/evil.example",
    '"><b hostile>',
)
ELSEWHERE = "http://localhost:{port}"  # to a browser another site than 127.0.0.1


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service with a key of each role."""
    with placed(tmp_path_factory.mktemp("locked") / "desk.sqlite", keys=KEYS) as place:
        articles = [told(story, number, hours_ago=hours) for story, (count, hours) in enumerate(REPORTS) for number in range(count)]
        assert place.runner.wait_decided(place.runner.accept(puts(articles))[-1], DECIDED_SECONDS)
        yield place


def ranked(place: Place) -> list[str]:
    """Ids of the stories, in order."""
    answer = httpx.get(f"{place.url}/v1/stories", headers={"X-API-Key": "key of read"})
    return [story["id"] for story in answer.json()["stories"]]


def sign_in(watched: Watched, key: str) -> None:
    """Give a key."""
    watched.page.locator("input[name=key]").fill(key)
    watched.page.locator("form#sign-in [type=submit]").click()


def titles(place: Place) -> list[str]:
    """What must not be told without a key."""
    answer = httpx.get(f"{place.url}/v1/stories", headers={"X-API-Key": "key of read"})
    return [article["title"] for story in answer.json()["stories"] for article in story["articles"]]


def test_without_a_key_nothing_is_shown(visit: Visit, locked: Place) -> None:
    watched, secret = visit.page(locked.url), titles(locked)
    watched.expect(*REFUSED)
    for path in ("/", "/?part=stories", "/related", f"/stories/{ranked(locked)[0]}", "/stories/s0000000000000000", "/?q=quake"):
        watched.open(path)
        text = watched.page.content()
        assert [title for title in secret if title in text] == [], path
        if "part=" not in path:
            expect(watched.page.locator("input[name=key]")).to_be_visible()
            assert "/sign-in" in watched.page.url
        watched.check_document()


def test_a_key_leads_to_where_one_wanted_to_go(visit: Visit, locked: Place) -> None:
    watched, story = visit.page(locked.url), ranked(locked)[0]
    watched.open(f"/stories/{story}?from=mail")
    sign_in(watched, "key of read")
    watched.page.wait_for_url(f"**/stories/{story}*")
    assert watched.page.locator("article#story").get_attribute("data-story") == story
    watched.open("/")
    assert shown(watched) == ranked(locked)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_wrong_key_is_refused_in_words(visit: Visit, locked: Place, scripts: bool) -> None:
    watched = visit.page(locked.url, scripts=scripts)
    watched.expect(*REFUSED)
    watched.open("/sign-in")
    sign_in(watched, "key of nobody <b hostile>")
    expect(watched.page.locator("[role=alert]")).to_contain_text("key")
    assert watched.page.locator("input[name=key]").input_value() == ""
    assert watched.page.context.cookies() == []
    assert "nobody" not in watched.page.content()
    watched.check_document()


def test_no_script_reads_the_key(visit: Visit, locked: Place) -> None:
    watched = visit.page(locked.url)
    watched.open("/sign-in")
    sign_in(watched, "key of read")
    watched.page.wait_for_url("**/")
    (cookie,) = watched.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"], cookie["expires"]) == (True, "Strict", "/", -1)
    assert watched.page.evaluate("document.cookie") == ""
    assert "key of read" not in watched.page.content() + watched.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


@pytest.mark.parametrize("role", ROLES)
def test_corrections_are_offered_to_those_who_may(visit: Visit, locked: Place, role: str) -> None:
    watched = visit.page(locked.url)
    watched.open(f"/stories/{ranked(locked)[0]}")
    sign_in(watched, f"key of {role}")
    watched.page.locator("article#story").wait_for()
    watched.page.wait_for_load_state("load")
    expect(watched.page.locator("#corrections button[data-action]")).to_have_count(5 if role == "admin" else 0)


def test_who_is_in_follows_what_happens(visit: Visit, locked: Place) -> None:
    watched = visit.page(locked.url)
    watched.open("/sign-in")
    with watched.page.expect_response(lambda answer: "/v1/changes/stream" in answer.url) as answer:
        sign_in(watched, "key of read")
    assert answer.value.ok


def test_signing_out_forgets_the_key(visit: Visit, locked: Place) -> None:
    watched = visit.page(locked.url)
    watched.expect(*REFUSED)
    watched.open("/sign-in")
    sign_in(watched, "key of read")
    watched.page.wait_for_url("**/")
    watched.page.get_by_role("link", name="Sign out").click()
    watched.page.get_by_role("button", name="Sign out").click()
    watched.page.wait_for_url("**/sign-in*")
    assert watched.page.context.cookies() == []
    watched.page.go_back()
    watched.page.goto(locked.url + "/")
    assert "/sign-in" in watched.page.url


def test_a_key_leads_nowhere_else(visit: Visit, locked: Place) -> None:
    watched = visit.page(locked.url)
    watched.expect("status 404", "Failed to load resource")
    for wanted in ELSEWHERE_PATHS:
        watched.page.context.clear_cookies()
        watched.open(f"/sign-in?next={quote(wanted)}")
        watched.check_document()
        sign_in(watched, "key of read")
        watched.page.wait_for_url(lambda url: "/sign-in" not in url)
        assert watched.page.url.startswith(locked.url + "/")
        watched.check_document()


def test_a_page_of_another_site_corrects_nothing(visit: Visit, locked: Place) -> None:
    watched = visit.page(locked.url)
    watched.open("/sign-in")
    sign_in(watched, "key of admin")
    watched.page.wait_for_url("**/")
    other = visit.another(watched.page.context, ELSEWHERE.format(port=locked.url.rpartition(":")[2]))
    other.expect(".*")
    story, before = ranked(locked)[0], ranked(locked)
    other.page.route("**/evil", lambda route: route.fulfill(body="<title>evil</title><p>x</p>", content_type="text/html"))
    other.open("/evil")
    body = f'{{"action": "hide", "stories": ["{story}"]}}'
    script = """async ([url, body]) => {
      const asked = {method: 'POST', body, credentials: 'include', mode: 'no-cors'};
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
        try { await fetch(url, {...asked, headers: {'Content-Type': type}}); } catch {}
    }"""
    other.page.evaluate(script, [f"{locked.url}/v1/corrections?wait=2", body])
    assert ranked(locked) == before
    own = """async ([url, body]) => (await fetch(url, {method: 'POST', body, headers: {'Content-Type': 'application/json'}})).status"""
    assert watched.page.evaluate(own, [f"{locked.url}/v1/corrections?wait=10", body]) == httpx.codes.CREATED
    assert story not in ranked(locked)


def test_without_keys_nobody_signs_in(page: Watched) -> None:
    page.expect("status 404", "Failed to load resource")
    assert page.open("/sign-in").status == httpx.codes.NOT_FOUND
    assert page.page.get_by_role("link", name="Sign").count() == 0
