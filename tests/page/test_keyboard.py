"""The keyboard alone: everything is reached, in the order in which it stands, and nothing holds the focus."""

from __future__ import annotations

from typing import Any

import pytest
from support.looked import CARDS, ranked, wait_for
from support.places import Place
from support.watched import PHONE, WIDE, Visit, Watched

MOST_STEPS = 400
_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const key = [...document.querySelectorAll('*')].indexOf(e);
  const marked = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== 'none';
  const drawn = e.ownerSVGElement && e.querySelector('circle');  // a circle may be drawn otherwise, see below
  return {key, name: e.id || e.name || e.textContent.trim().slice(0, 40), outline: marked(style) || Boolean(drawn),
          seen: box.bottom > 0 && box.top < innerHeight};
}"""
_REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(e => !e.disabled && e.type !== 'hidden' && e.checkVisibility({visibilityProperty: true}) && !(e.type === 'radio' && !e.checked))
  .map(e => [...document.querySelectorAll('*')].indexOf(e))"""


def walk(watched: Watched) -> list[dict[str, Any]]:
    """What has the focus, one step of Tab after the other, until it leaves the page."""
    steps = list[dict[str, Any]]()
    for _ in range(MOST_STEPS):
        watched.page.keyboard.press("Tab")
        focused = watched.page.evaluate(_FOCUSED)
        if focused is None:
            return steps
        steps.append(focused)
    raise AssertionError(f"the focus never leaves the page; its last steps were {[step['name'] for step in steps[-6:]]}")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["/?limit=3", "/stories/", "/related"])
def test_tab_reaches_everything_and_leaves(visit: Visit, newsroom: Place, path: str, size: tuple[int, int]) -> None:
    watched = visit.page(newsroom.url, size=size)
    watched.open(f"/stories/{ranked(newsroom)[0]}" if path == "/stories/" else path)
    steps = walk(watched)
    keys = [step["key"] for step in steps]
    assert set(watched.page.evaluate(_REACHABLE)) <= set(keys)
    assert len(set(keys)) == len(keys)
    assert [step["name"] for step in steps if not step["outline"]] == []
    assert [step["name"] for step in steps if not step["seen"]] == []
    assert keys == sorted(keys), "the focus goes another way than the text"


def test_the_skip_link_leads_past_the_header(page: Watched) -> None:
    page.open()
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_a_story_is_opened_by_enter_and_left_by_back(page: Watched, newsroom: Place) -> None:
    page.open()
    first = ranked(newsroom, limit=1)[0]
    page.page.locator(f"{CARDS} h2 a").first.focus()
    page.page.keyboard.press("Enter")
    page.page.wait_for_url(f"**/stories/{first}")
    assert page.page.locator("article#story").get_attribute("data-story") == first
    page.page.go_back()
    wait_for(page, ranked(newsroom, limit=page.page.locator(CARDS).count()))


def test_a_circle_that_has_the_focus_is_drawn_otherwise(page: Watched, newsroom: Place) -> None:
    page.open(f"/stories/{ranked(newsroom)[0]}")
    drawn = """circle => { const {stroke, strokeWidth, outlineStyle, outlineWidth} = getComputedStyle(circle);
      return [stroke, strokeWidth, outlineStyle, outlineWidth].join() + getComputedStyle(circle.parentElement).outlineStyle; }"""
    circle = page.page.locator("svg.map a circle").first
    before = circle.evaluate(drawn)
    page.page.locator("svg.map a").first.focus()
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Tab")
    assert circle.evaluate(drawn) != before


def test_the_theme_is_changed_by_space(page: Watched) -> None:
    page.open()
    before = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.page.locator("#theme").focus()
    page.page.keyboard.press("Space")
    assert page.page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert page.page.evaluate("document.activeElement.id") == "theme"
