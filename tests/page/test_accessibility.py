"""Accessibility: axe-core finds nothing, on no page, in no theme and no size; and what a screen reader is told."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from support.looked import ranked, shown
from support.places import Place
from support.watched import PHONE, WIDE, Visit, Watched

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_NAMELESS = "fields => fields.filter(each => !each.labels.length && !each.getAttribute('aria-label')).map(each => each.name)"
LOOKS = list(itertools.product((WIDE, PHONE), SCHEMES))
WHOLE = ("/", "/stories/", "an answer")  # looked at in every way; what holds less, wide and light, and narrow and dark
STATES = ("/", "/?q=zyzzyva", "/?minProviders=-1", "/stories/", "/stories/s0000000000000000", "/related", "an answer")


def violations(watched: Watched) -> list[str]:
    """What axe-core finds: rule, how grave, and the first places."""
    found = Axe().run(watched.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']} ({each['impact']}): {_places(each)}" for each in found]


def _places(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{len(nodes)} x, " + "; ".join(f"{node['target']} {node['html'][:120]} {node['failureSummary'][:200]}" for node in nodes[:3])


def go(watched: Watched, state: str, newsroom: Place) -> None:
    """Bring a page into a state."""
    watched.expect("status 4(04|22)", "Failed to load resource")
    if state == "an answer":
        watched.open("/related")
        watched.page.locator("form#paste [name=title]").fill("Fusion reactor holds plasma for half an hour")
        watched.page.locator("form#paste [type=submit]").click()
        watched.page.locator("ol#related > li").first.wait_for()
    else:
        watched.open(f"/stories/{ranked(newsroom)[0]}" if state == "/stories/" else state)
    watched.page.wait_for_load_state("load")


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Visit, newsroom: Place, state: str) -> None:
    watched = visit.page(newsroom.url)
    go(watched, state, newsroom)
    for (width, height), scheme in LOOKS if state in WHOLE else LOOKS[::3]:
        watched.page.set_viewport_size({"width": width, "height": height})
        watched.page.emulate_media(color_scheme=scheme)
        assert violations(watched) == [], f"{width} pixels wide, {scheme}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_where_all_is_unfolded(visit: Visit, newsroom: Place, scheme: Scheme) -> None:
    watched = visit.page(newsroom.url, size=PHONE, color_scheme=scheme)
    watched.open("/?q=reactor")
    for opener in watched.page.locator(".opener").all():
        opener.click()
    assert violations(watched) == []
    go(watched, "/stories/", newsroom)
    watched.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    watched.page.locator("#corrections button[data-action=join]").click()
    assert violations(watched) == []
    watched.page.locator("#corrections button[data-action=part]").click()
    assert violations(watched) == []


def test_axe_finds_something_where_there_is_something(page: Watched) -> None:
    page.open()
    page.page.evaluate("document.querySelector('#filters [name=q]').closest('form').querySelectorAll('label').forEach(e => e.remove())")
    assert any("label" in told for told in violations(page))


def test_what_a_screen_reader_is_told_of(page: Watched, newsroom: Place) -> None:
    page.open()
    landmarks = page.page.locator("main, nav, header, footer, [role=search], form[aria-label], form[aria-labelledby]")
    assert landmarks.count() >= 4
    assert page.page.locator("h1").count() == 1
    live = page.page.locator("#live")
    assert (live.get_attribute("role"), live.get_attribute("aria-live")) == ("status", "polite")
    levels = page.page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(e => Number(e.localName[1]))")
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    titles = page.page.get_by_role("list").get_by_role("heading", level=2)
    assert titles.count() == len(shown(page))
    assert page.page.locator("main :is(input, select, textarea):not([type=hidden])").evaluate_all(_NAMELESS) == []
    first = ranked(newsroom)[0]
    page.open(f"/stories/{first}")
    heading = page.page.locator("h1").inner_text()
    assert heading in page.page.title()


def test_no_two_pages_have_one_title(page: Watched, newsroom: Place) -> None:
    page.expect("status 422", "Failed to load resource")
    titles = []
    for path in ("/", "/related", "/?minProviders=-1", *(f"/stories/{story}" for story in ranked(newsroom, limit=2))):
        page.open(path)
        titles.append(page.page.title())
    assert len(set(titles)) == len(titles)
