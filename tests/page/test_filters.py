"""Filters of the list, with scripts and without: what the API answers to the same question."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from support.looked import asked, ranked, shown, wait_for
from support.places import Place
from support.watched import PHONE, Visit, Watched

FILTERS = {
    "q": {"q": "reactor plasma"},
    "topic": {"topic": "Elections"},
    "provider": {"provider": "pressline.example"},
    "category": {"category": "business"},
    "minProviders": {"minProviders": "4"},
    "since": {"since": "2026-03-11T00:00"},
    "until": {"until": "2026-03-05T00:00"},
    "several": {"category": "business", "minProviders": "2", "since": "2026-03-09T06:00"},
}


def choose(watched: Watched, name: str, value: str) -> None:
    """Fill in one filter."""
    field = watched.page.locator(f"#filters [name={name}]")
    if not field.is_visible():
        watched.page.locator(f"#filters details:has([name={name}]) > summary").click()
    if field.evaluate("field => field.localName") == "select":
        field.select_option(value)
    else:
        field.fill(value)


def in_address(watched: Watched) -> dict[str, list[str]]:
    """The parameters that the address carries."""
    return parse_qs(urlsplit(watched.page.url).query)


@pytest.fixture(scope="module")
def filters(newsroom: Place) -> dict[str, dict[str, str]]:
    """Filters that let some stories through and not all."""
    topics = asked(newsroom, "/v1/topics", limit=50)["topics"]
    return FILTERS | {"topic": {"topic": topics[3].get("topic") or topics[3].get("name")}}


@pytest.mark.parametrize(("name", "scripts"), [*((name, True) for name in FILTERS), *((name, False) for name in ("q", "since", "several"))])
def test_a_filter_lets_through_what_the_api_does(
    visit: Visit, newsroom: Place, filters: dict[str, dict[str, str]], name: str, scripts: bool
) -> None:
    watched = visit.page(newsroom.url, scripts=scripts)
    watched.open()
    before, chosen = shown(watched), filters[name]
    for field, value in chosen.items():
        choose(watched, field, value)
    if scripts:
        watched.page.locator(f"#filters [name={name if name in chosen else 'category'}]").press("Enter")
    else:
        watched.page.locator("#filters button:visible").click()
    wanted = ranked(newsroom, **{key: f"{value}:00Z" if key in {"since", "until"} else value for key, value in chosen.items()}, limit=20)
    wait_for(watched, wanted)
    assert wanted != before
    assert wanted
    said = in_address(watched)
    assert set(chosen) <= set(said)
    assert all(said[key][0].startswith(value) for key, value in chosen.items())
    watched.page.reload()
    assert shown(watched) == wanted
    for field, value in chosen.items():
        assert watched.page.locator(f"#filters [name={field}]").input_value().startswith(value)


def test_a_word_is_looked_for_without_a_reload(page: Watched, newsroom: Place) -> None:
    page.open()
    page.page.evaluate("window.same = true")
    box = page.page.locator("#filters [name=q]")
    box.fill("reactor")
    box.press("Enter")
    wait_for(page, ranked(newsroom, q="reactor", limit=20))
    assert page.page.evaluate("window.same") is True
    assert page.page.evaluate("document.activeElement.name") == "q"
    page.page.go_back()
    wait_for(page, ranked(newsroom, limit=20))
    assert box.input_value() == ""


def test_filters_and_weights_go_together(page: Watched, newsroom: Place) -> None:
    page.open("/?minProviders=3")
    page.page.locator("#weights input[name=heat]").fill("0")
    page.page.locator("#weights input[name=recency]").fill("0")
    quality = page.page.locator("#weights input[name=quality]").input_value()
    wait_for(page, ranked(newsroom, minProviders=3, weights=f"quality:{quality},heat:0,recency:0", limit=20))
    said = in_address(page)
    assert (said["minProviders"], "weights" in said) == (["3"], True)


def test_a_page_without_scripts_is_read_to_its_end(visit: Visit, newsroom: Place) -> None:
    watched = visit.page(newsroom.url, scripts=False, size=PHONE)
    watched.open("/?minProviders=2&limit=10")
    wanted, read = ranked(newsroom, minProviders=2, limit=100), shown(watched)
    while watched.page.locator("a[rel~=next]").count():
        watched.page.locator("a[rel~=next]").click()
        read += shown(watched)
        assert watched.overflow() <= 0
    assert read == wanted
    watched.page.locator("li.story h2 a").last.click()
    assert watched.page.locator("article#story").get_attribute("data-story") == wanted[-1]
