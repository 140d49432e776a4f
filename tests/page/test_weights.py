"""Other weights: the order follows a slider at once, the address carries it, and the service agrees."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Route
from support.looked import CARDS, asked, decide, ranked, shown, take_in, wait_for
from support.places import Place, placed
from support.planted import make_planted_stories
from support.watched import Visit, Watched

SIGNALS = ("quality", "heat", "recency")
MANY = 200  # stories


def slide(watched: Watched, **weights: float) -> None:
    """Put sliders where they should stand."""
    for name, weight in weights.items():
        watched.page.locator(f"#weights input[name={name}]").fill(f"{weight:g}")


def in_address(watched: Watched) -> dict[str, float]:
    """The shares of the weights that the address carries."""
    said = parse_qs(urlsplit(watched.page.url).query).get("weights", [""])[0]
    return shares({name: float(weight) for name, _, weight in (part.partition(":") for part in said.split(",") if part)})


def stand(watched: Watched) -> dict[str, float]:
    """The shares that the sliders say."""
    return shares({name: float(watched.page.locator(f"#weights input[name={name}]").input_value()) for name in SIGNALS})


def shares(weights: dict[str, float]) -> dict[str, float]:
    """Weights as parts of their sum; an order depends on nothing else. Sliders move in steps of 0.05."""
    total = sum(weights.values())
    return {name: round(weight / total, 2) for name, weight in weights.items()}


@pytest.fixture
def small(desk: Place) -> Place:
    """A service with eight stories, none moved by a rule of the list."""
    take_in(desk)
    stories = asked(desk, "/v1/stories")["stories"]
    assert (len(stories), [story["adjustments"] for story in stories]) == (8, [[]] * 8)
    return desk


@pytest.mark.parametrize("weights", [{"quality": 0, "heat": 0, "recency": 1}, {"quality": 0, "heat": 1, "recency": 0.05}])
def test_the_order_changes_before_any_answer(visit: Visit, small: Place, weights: dict[str, float]) -> None:
    wanted = ranked(small, weights=",".join(f"{name}:{weight}" for name, weight in weights.items()))
    watched, held = visit.page(small.url), list[Route]()
    watched.open()
    assert shown(watched) == ranked(small) != wanted
    watched.page.route("**/*", lambda route: held.append(route))  # noqa: PLW0108 - a built-in cannot be called back
    slide(watched, **weights)
    wait_for(watched, wanted)
    watched.page.unroute("**/*")
    for route in held:
        route.continue_()
    watched.page.wait_for_load_state("networkidle")
    assert shown(watched) == wanted


def test_the_service_has_the_last_word(page: Watched, newsroom: Place) -> None:
    page.open()
    slide(page, quality=1, heat=0.05, recency=0)
    wait_for(page, ranked(newsroom, weights="quality:1,heat:0.05,recency:0", limit=len(shown(page))))
    weights = parse_qs(urlsplit(page.page.url).query)["weights"][0]
    story = asked(newsroom, "/v1/stories", weights=weights, limit=1)["stories"][0]
    assert f"{story['score']:.3f}" in page.page.locator(f"{CARDS} .score").first.inner_text()


def test_the_address_carries_the_weights(page: Watched, newsroom: Place, visit: Visit) -> None:
    page.open()
    before = shown(page)
    slide(page, quality=0.25, heat=0, recency=0.5)
    wanted, by = ranked(newsroom, weights="quality:1,heat:0,recency:2", limit=len(before)), shares({"quality": 1, "heat": 0, "recency": 2})
    wait_for(page, wanted)
    page.page.wait_for_url("**/?*weights=*")
    assert in_address(page) == by
    page.page.reload()
    assert shown(page) == wanted
    assert stand(page) == pytest.approx(by, abs=0.03)
    other = visit.page(newsroom.url)
    other.page.goto(page.page.url)
    assert shown(other) == wanted


def test_back_leads_to_the_weights_before(page: Watched) -> None:
    page.open()
    before, usual = shown(page), stand(page)
    slide(page, heat=0, recency=0)
    page.page.wait_for_url("**/?*weights=*")
    page.page.wait_for_load_state("networkidle")
    assert shown(page) != before
    page.page.go_back()
    wait_for(page, before)
    assert stand(page) == usual
    page.page.go_forward()
    page.page.wait_for_url("**/?*weights=*")
    assert in_address(page)["heat"] == 0


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_profile_is_chosen(visit: Visit, newsroom: Place, scripts: bool) -> None:
    watched = visit.page(newsroom.url, scripts=scripts)
    watched.open()
    count = len(shown(watched))
    choices = watched.page.locator("select[name=profile] option").evaluate_all("each => each.map(e => e.value)")
    assert {"newest", "hottest", "editorial"} <= set(choices)
    for profile in ("newest", "hottest"):
        watched.page.locator("select[name=profile]").select_option(profile)
        if not scripts:
            watched.page.locator("#weights button[value=profile]").click()
        wait_for(watched, ranked(newsroom, profile=profile, limit=count))
        assert parse_qs(urlsplit(watched.page.url).query)["profile"] == [profile]


def test_sliders_follow_a_profile(page: Watched, newsroom: Place) -> None:
    page.open()
    page.page.locator("select[name=profile]").select_option("newest")
    wait_for(page, ranked(newsroom, profile="newest", limit=len(shown(page))))
    story = asked(newsroom, "/v1/stories", profile="newest", limit=1)["stories"][0]
    assert stand(page) == shares({name: signal["weight"] for name, signal in story["signals"].items()})


def test_a_slider_is_moved_by_keys(page: Watched) -> None:
    page.open()
    slider = page.page.locator("#weights input[name=heat]")
    before = float(slider.input_value())
    slider.focus()
    slider.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(before + 0.05)
    page.page.wait_for_load_state("networkidle")
    assert page.page.evaluate("document.activeElement.name") == "heat"


def test_two_hundred_stories_follow_a_drag(visit: Visit, tmp_path: Path) -> None:
    planted = make_planted_stories(MANY, 1, 0.0, seed=5)
    with placed(tmp_path / "desk.sqlite", page_limit=MANY) as place:
        decide(place, planted.articles)
        watched = visit.page(place.url)
        watched.open(f"/?limit={MANY}")
        assert len(shown(watched)) == len(ranked(place, limit=MANY)) >= 190
        box = watched.page.locator("#weights input[name=recency]").bounding_box()
        assert box is not None
        watched.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        watched.page.mouse.down()
        for step in range(20):
            watched.page.mouse.move(box["x"] + box["width"] * (1 - step / 19), box["y"] + box["height"] / 2)
        watched.page.mouse.up()
        watched.page.wait_for_url("**/?*weights=*")
        weights = parse_qs(urlsplit(watched.page.url).query)["weights"][0]
        assert in_address(watched)["recency"] == stand(watched)["recency"] == 0
        wait_for(watched, ranked(place, limit=MANY, weights=weights))


def test_all_weights_at_nothing_do_no_harm(page: Watched) -> None:
    page.open()
    before = sorted(shown(page))
    slide(page, quality=0, heat=0, recency=0)
    page.page.wait_for_timeout(600)  # milliseconds; an answer would be there by now
    page.page.wait_for_load_state("networkidle")
    assert sorted(shown(page)) == before
