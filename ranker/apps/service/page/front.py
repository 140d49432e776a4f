"""Front: all that the front page shows, the list and the forms that ask for another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from ranker.apps.service.listing import Listed, ListPage
from ranker.apps.service.page.card import Card, cards_of
from ranker.apps.service.page.filters import when
from ranker.apps.service.page.question import Question, local_minute
from ranker.apps.service.serving import Serving
from ranker.articles.dates import iso_text
from ranker.desk.edition import Edition
from ranker.ranking.blend import SIGNALS
from ranker.settings import Settings

_MOST_OFFERED = 500  # topics, and providers, that the fields offer while somebody types
WITHIN = {"": "any time", "6": "the last 6 hours", "24": "the last 24 hours", "72": "the last 3 days"}
SORTS = {"score": "score", "newest": "newest", "heat": "heat", "quality": "quality"}
_FILTERS = ("q", "topic", "provider", "category", "language", "minProviders", "within", "since", "until")
_FIELDS = ("q", "topic", "provider", "category", "minProviders", "within", "since", "until", "sort")  # of the form of filters
_OF_WEIGHTS = ("profile", "weights")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the address without it."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight of a signal.

    Parameters
    ----------
    exact : as the settings or the address say it.
    share : of all three together, from 0 to 1.
    place : where the slider stands, from 0 to 1.
    """

    name: str
    exact: float
    share: float
    place: float


@dataclass(frozen=True, slots=True)
class List:
    """The list: what `?part=stories` gives."""

    cards: tuple[Card, ...]
    chips: tuple[Chip, ...]
    question: Question
    topic_address: Callable[[str], str]  # of the list of one topic
    as_of: str
    as_of_moment: datetime
    edition: int
    last_event: int
    total: int
    limit: int  # stories of this page, at most
    page_limit: int  # stories of any page, at most
    more: str  # the address of the next page, "" on the last
    full: float  # the score that fills a bar
    weights: tuple[Weight, ...]
    is_own_order: bool
    is_by_score: bool
    is_later_page: bool


def list_of(page: ListPage, listed: Listed, question: Question, last_event: int) -> List:
    """The list of a page.

    Parameters
    ----------
    last_event : number of an event that the list tells of already, and of those before it.
    """
    serving, view = page.serving, listed.view
    own = serving.views.of(page.edition, None, page.asked.as_of)
    weights = weights_of(view.settings)
    return List(
        cards=tuple(cards_of(listed, own, serving.desk.store)),
        chips=chips_of(question),
        question=question,
        topic_address=cache(lambda topic: question.changed("topic", topic)),
        as_of=iso_text(view.as_of),
        as_of_moment=view.as_of,
        edition=page.edition.number,
        last_event=last_event,
        total=listed.total,
        limit=page.limit,
        page_limit=serving.settings.page_limit,
        more="" if listed.next is None else f"{_joined(question.address())}cursor={listed.next}",
        full=sum(weight.exact for weight in weights),
        weights=weights,
        is_own_order=own is view,
        is_by_score=page.asked.sort == "score",
        is_later_page=not page.is_first,
    )


def weights_of(settings: Settings) -> tuple[Weight, ...]:
    """The weights that settings give the three signals."""
    exact = {name: float(getattr(settings.blend.weights, name)) for name in SIGNALS}
    total, largest = sum(exact.values()), max(exact.values())
    return tuple(Weight(name, value, value / total, value / max(largest, 1.0)) for name, value in exact.items())


def as_text(weights: Iterable[Weight]) -> str:
    """Weights for the script, in full."""
    return ",".join(f"{weight.name}:{weight.exact!r}" for weight in weights)


def form_context(serving: Serving, edition: Edition, question: Question, wrong: Mapping[str, str]) -> dict[str, Any]:
    """What the two forms show.

    Parameters
    ----------
    wrong : name of a parameter -> what is wrong with it.
    """
    given = question.given
    values = {name: given.get(name, "") for name in _FIELDS} | {name: local_minute(given.get(name, "")) for name in ("since", "until")}
    if not values["minProviders"].isdecimal():  # a field for numbers takes no other
        values["minProviders"] = ""
    return {
        "question": question,
        "values": values,
        "wrong": dict(wrong),
        "wrong_elsewhere": {name: reason for name, reason in wrong.items() if name not in _FIELDS},
        "kept_by_filters": {name: value for name, value in given.items() if name not in {*_FIELDS, "cursor", "part"}},
        "kept_by_weights": {name: value for name, value in given.items() if name not in {*_OF_WEIGHTS, "cursor", "part"}},
        "withins": WITHIN if values["within"] in WITHIN else {**WITHIN, values["within"]: f"the last {values['within']} hours"},
        "sorts": SORTS,
        "profiles": {name: weights_of(settings) for name, settings in sorted(serving.profiles.items())},
        "profile": given.get("profile", ""),
        "own_weights": weights_of(serving.running.settings),
        "topics": [name for name, _, _ in edition.topics[:_MOST_OFFERED]],
        "providers": [provider.name or provider.domain for provider in edition.providers[:_MOST_OFFERED]],
        "categories": categories_of(edition),
    }


def chips_of(question: Question) -> tuple[Chip, ...]:
    """The filters that are on."""
    given = question.given
    shown = [Chip(_chip_words(name, given[name]), question.without(name)) for name in _FILTERS if name in given]
    if "asOf" in given:
        shown.append(Chip(f"as of {_moment_words(given['asOf'])}", question.without("asOf")))
    return tuple(shown)


def categories_of(edition: Edition) -> list[str]:
    """Categories of the articles in the window, in order of name."""
    found: dict[str, str] = {}
    for article in edition.table.articles:
        if article.category:
            found.setdefault(article.category.casefold(), article.category)
    return [found[key] for key in sorted(found)][:_MOST_OFFERED]


def _chip_words(name: str, value: str) -> str:
    if name == "minProviders":
        return f"{value} providers or more"
    if name == "within":
        return WITHIN.get(value, f"the last {value} hours")
    if name in {"since", "until"}:
        return f"{name} {_moment_words(value)}"
    return f"“{value}”" if name == "q" else f"{name} {value}"


def _moment_words(value: str) -> str:
    minute = local_minute(value)
    return when(f"{minute}+00:00") if minute else value


def _joined(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}"
