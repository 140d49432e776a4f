"""A pasted text: what the API says is related to it, with scripts and without; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import expect
from support.looked import asked
from support.places import Place
from support.watched import Visit, Watched

TEXT = {
    "title": "Reactor at Torvik holds its plasma for half an hour",
    "excerpt": "A fusion reactor kept plasma burning for 31 minutes, longer than any before.",
}


def paste(watched: Watched, **fields: str) -> None:
    """Paste a text and ask."""
    for name, text in fields.items():
        watched.page.locator(f"form#paste [name={name}]").fill(text)
    watched.page.locator("form#paste [type=submit]").click()


def found(watched: Watched) -> list[str]:
    """Ids of what is shown as related."""
    return cast("list[str]", watched.page.locator("ol#related > li").evaluate_all("all => all.map(e => e.dataset.article)"))


def answer(place: Place, **fields: Any) -> Any:
    """What the API says."""
    return httpx.post(f"{place.url}/v1/related", json=fields).raise_for_status().json()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_is_related_is_what_the_api_says(visit: Visit, newsroom: Place, scripts: bool, keep: Callable[[Watched, str], None]) -> None:
    watched = visit.page(newsroom.url, scripts=scripts)
    watched.open("/related")
    paste(watched, **TEXT)
    watched.page.locator("ol#related > li").first.wait_for()
    wanted = answer(newsroom, **TEXT)
    ids = found(watched)
    assert ids == [item["id"] for item in wanted["related"]]
    assert len(ids) >= 2
    assert watched.page.locator("form#paste [name=title]").input_value() == TEXT["title"]
    assert watched.page.locator("form#paste [name=excerpt]").input_value() == TEXT["excerpt"]
    assert watched.page.locator(f"main a[href='/stories/{wanted['story']}']").count() == 1
    watched.check_document()
    keep(watched, f"related-{'scripts' if scripts else 'plain'}")


def test_nothing_is_kept_of_it(page: Watched, newsroom: Place) -> None:
    before = asked(newsroom, "/v1/changes", limit=1000)["last"]
    page.open("/related")
    paste(page, **TEXT)
    page.page.locator("ol#related > li").first.wait_for()
    assert asked(newsroom, "/v1/changes", limit=1000)["last"] == before
    assert "Torvik" not in page.page.url


def test_a_text_that_nothing_is_near_to(visit: Visit, desk: Place) -> None:
    watched = visit.page(desk.url)
    watched.open("/related")
    paste(watched, **TEXT)
    expect(watched.page.locator("#answer")).to_contain_text("story of its own")
    assert found(watched) == []
    watched.check_document()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_text_needs_a_title(visit: Visit, newsroom: Place, scripts: bool) -> None:
    watched = visit.page(newsroom.url, scripts=scripts)
    watched.expect("status 422", "Failed to load resource")
    watched.open("/related")
    watched.page.evaluate("document.querySelector('form#paste').noValidate = true")
    paste(watched, title="   ", excerpt="Only an excerpt.")
    watched.page.locator("form#paste [aria-invalid=true], .wrong, [role=alert]").first.wait_for()
    assert watched.page.locator("form#paste [name=excerpt]").input_value() == "Only an excerpt."
    watched.check_document()


def test_a_form_too_large_is_refused_in_words(visit: Visit, desk: Place) -> None:
    watched = visit.page(desk.url)
    watched.expect("status 4(13|22)", "Failed to load resource")
    watched.open("/related")
    paste(watched, title="word " * 200_000)
    watched.page.wait_for_load_state("load")
    assert watched.page.locator("main").inner_text() != ""
    watched.check_document()
