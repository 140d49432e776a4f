"""Looked at: what a page of stories shows, and what the API answers to the same question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import httpx
from support.places import Place
from support.serving import puts, told
from support.watched import Watched

CARDS = "ol#stories > li.story"
_IDS = "cards => cards.map(card => card.dataset.story)"
_IN_ORDER = "([cards, ids]) => [...document.querySelectorAll(cards)].map(card => card.dataset.story).join() === ids.join()"
ALL = 100  # stories that one page may have
DECIDED_SECONDS = 20
# How many reports of each of the invented stories, and hours since the first: of all ages and sizes.
REPORTS = ((5, 2.0), (4, 20.0), (1, 0.5), (3, 9.0), (2, 40.0), (1, 30.0), (2, 4.0), (1, 60.0))


def shown(watched: Watched) -> list[str]:
    """Ids of the stories on a page, in order."""
    return cast("list[str]", watched.page.locator(CARDS).evaluate_all(_IDS))


def wait_for(watched: Watched, ids: Sequence[str]) -> None:
    """Wait until a page shows these stories in this order."""
    watched.page.wait_for_function(_IN_ORDER, arg=[CARDS, list(ids)])


def asked(place: Place, path: str, **parameters: Any) -> Any:
    """The JSON that the API answers."""
    answer = httpx.get(place.url + path, params=parameters)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


def ranked(place: Place, **parameters: Any) -> list[str]:
    """Ids of the stories that the API lists, in order."""
    return [story["id"] for story in asked(place, "/v1/stories", **parameters)["stories"]]


def take_in(place: Place, reports: Sequence[tuple[int, float]] = REPORTS) -> None:
    """Have a service decide reports of invented stories."""
    articles = [
        told(story, number, hours_ago=hours - 0.25 * number, category=f"category {story % 3}", topics=(f"topic {story}", "news"))
        for story, (reports_of_it, hours) in enumerate(reports)
        for number in range(reports_of_it)
    ]
    decide(place, articles)


def decide(place: Place, articles: Sequence[Any]) -> None:
    """Have a service decide articles."""
    numbers = place.runner.accept(puts(articles))
    assert place.runner.wait_decided(numbers[-1], DECIDED_SECONDS)
