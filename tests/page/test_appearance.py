"""How it looks: light and dark, wide and narrow, still for those who want it still, and large for those who want it large."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.looked import ranked
from support.places import Place
from support.watched import PHONE, WIDE, Visit, Watched

PATHS = ("/", "/stories/", "/related", "/?minProviders=-1")
SIZES = ((320, 640), PHONE, (768, 1024), WIDE, (1600, 1000))  # pixels
DARK = 0.2  # luminance, 0 to 1, of a background that is dark
_LUMINANCE = """() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""
_MOVING = """() => [...document.querySelectorAll('*')].filter(e => {
  const style = getComputedStyle(e), lasts = style.transitionDuration.split(',').some(time => parseFloat(time) > 0.01);
  return lasts || style.animationName !== 'none' || style.scrollBehavior === 'smooth';
}).map(e => e.localName + '.' + e.getAttribute('class'))"""
_COUNTED = """window.moves = 0;
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...how) { window.moves += 1; return animate.apply(this, how); };"""
_SMALL = """() => [...document.querySelectorAll('main button, main select, main input:not([type=checkbox], [type=radio], [type=hidden])')]
  .filter(e => e.checkVisibility() && !e.closest('.unseen')).filter(e => e.getBoundingClientRect().height < 24)
  .map(e => e.id || e.name || e.textContent.trim())"""


def at(path: str, newsroom: Place) -> str:
    """A path; that of a story is the story on top."""
    return f"/stories/{ranked(newsroom)[0]}" if path == "/stories/" else path


def luminance(watched: Watched) -> float:
    """Of the background, 0 to 1."""
    return float(watched.page.evaluate(_LUMINANCE))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_of_the_system_is_followed_until_another_is_chosen(visit: Visit, newsroom: Place, scheme: str) -> None:
    watched = visit.page(newsroom.url, color_scheme=scheme)
    watched.open()
    assert (luminance(watched) < DARK) == (scheme == "dark")
    watched.page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    assert (luminance(watched) < DARK) == (scheme == "light")
    watched.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    watched.page.locator("#theme").click()
    for path in ("/", "/related"):
        watched.open(path)
        assert (luminance(watched) < DARK) == (scheme == "light")
    watched.page.locator("#theme").click()
    assert (luminance(watched) < DARK) == (scheme == "dark")


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_its_window(visit: Visit, newsroom: Place, keep: Callable[[Watched, str], None], path: str) -> None:
    watched = visit.page(newsroom.url)
    watched.expect("status 422", "Failed to load resource")
    watched.open(at(path, newsroom))
    for width, height in SIZES:
        watched.page.set_viewport_size({"width": width, "height": height})
        watched.check_document()
        assert watched.page.evaluate(_SMALL) == []
        if path in {"/", "/stories/"}:
            keep(watched, f"{'stories' if path == '/' else 'story'}-{width}")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_moves_for_those_who_want_it_still(visit: Visit, newsroom: Place, path: str) -> None:
    watched = visit.page(newsroom.url, reduced_motion="reduce")
    watched.expect("status 422", "Failed to load resource")
    watched.open(at(path, newsroom))
    assert watched.page.evaluate(_MOVING) == []
    assert watched.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_cards_glide_to_their_places_only_for_those_who_like_it(visit: Visit, newsroom: Place, motion: str) -> None:
    watched = visit.page(newsroom.url, reduced_motion=motion)
    watched.page.add_init_script(_COUNTED)
    watched.open()
    watched.page.locator("#weights input[name=heat]").fill("0")
    watched.page.wait_for_url("**/?*weights=*")
    watched.page.wait_for_load_state("networkidle")
    assert (watched.page.evaluate("window.moves") > 0) == (motion == "no-preference")


def test_letters_twice_as_large_fit(visit: Visit, newsroom: Place) -> None:
    watched = visit.page(newsroom.url, size=(640, 900))
    for path in ("/", "/stories/", "/related"):
        watched.open(at(path, newsroom))
        watched.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert watched.overflow() <= 0, path


def test_a_page_is_printed_without_its_controls(visit: Visit, newsroom: Place) -> None:
    watched = visit.page(newsroom.url)
    watched.open()
    watched.page.emulate_media(media="print")
    assert watched.page.locator("li.story").first.is_visible()
    assert watched.overflow() <= 0
