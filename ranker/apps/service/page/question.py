"""Question: what the address of the front page asks for, and the addresses that ask for something near it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic import Field, ValidationError

from ranker.apps.service.asked import StoriesAsked
from ranker.apps.service.page.frame import root_of
from ranker.articles.dates import iso_text
from ranker.ranking.blend import SIGNALS

_MOST_WITHIN = 24 * 31  # hours
_OF_THE_FORM = frozenset({"set", *SIGNALS})  # what a form sends without a script
_NOT_KEPT = frozenset({"cursor", "part"})  # of one answer alone: no other address has it
_MOST_SAID = 60  # characters of a wrong value that are said again
_LISTED = "stories"  # the part that is the list alone
_SAFE = ":,"  # need no escaping behind the question mark, and addresses read better
# What is wrong, by the kinds of pydantic, in the words of the page; others say it themselves.
_REASONS = {
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is no parameter of this page",
    "string_pattern_mismatch": "must be written as quality:0.2,heat:0.5,recency:0.3, and one of them above 0",
}


class FrontAsked(StoriesAsked):
    """What the address may say."""

    within: int | None = Field(None, ge=1, le=_MOST_WITHIN)  # hours: `since` counted back from the moment of the list

    def asked(self, now: datetime) -> StoriesAsked:
        """The same as programs ask it."""
        given = self.model_dump(exclude_unset=True, exclude={"within"})
        if self.within is not None and self.since is None and self.cursor is None:
            given["since"] = (self.as_of or now) - timedelta(hours=self.within)
        return StoriesAsked.model_validate(given)


@dataclass(frozen=True, slots=True)
class Question:
    """What an address says.

    Parameters
    ----------
    given : name -> value as it was written, without empty ones and without what only forms send.
    is_part : whether the list alone is wanted.
    is_plain : whether the address says it in the plainest way; another one leads to that way.
    """

    root: str
    given: Mapping[str, str]
    is_part: bool
    is_plain: bool

    def asked(self, now: datetime) -> StoriesAsked:
        """The parameters.

        Raises
        ------
        ValidationError : if one is wrong.
        """
        given = self.given
        if "cursor" in given:  # the list knows what it was made with
            given = {name: value for name, value in given.items() if name in {"cursor", "limit"}}
        return FrontAsked.model_validate(given).asked(now)

    def address(self, changes: Mapping[str, str | None] | None = None) -> str:
        """The address of the first page of this list, with some parameters changed or (None) left out."""
        wanted = {name: value for name, value in self.given.items() if name not in _NOT_KEPT} | dict(changes or {})
        return _address(self.root, {name: value for name, value in wanted.items() if value is not None})

    def changed(self, name: str, value: str) -> str:
        """The address with one parameter changed."""
        return self.address({name: value})

    def without(self, *names: str) -> str:
        """The address without some parameters."""
        return self.address(dict.fromkeys(names))


def question_of(request: Request) -> Question:
    """What the address of a request says."""
    items = request.query_params.multi_items()
    said = {name: value for name, value in items if value.strip()}
    is_plain = len(said) == len(items) and not said.keys() & _OF_THE_FORM
    is_part = said.pop("part", "") == _LISTED
    given = {name: value for name, value in said.items() if name not in _OF_THE_FORM}
    if said.keys() & _OF_THE_FORM:
        given = _as_the_form_says(given, said)
    return Question(root_of(request), given, is_part, is_plain)


def wrong_parts(error: ValidationError) -> dict[str, str]:
    """What is wrong with each parameter, by its name on the wire."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False):
        reason = _REASONS.get(item["type"])
        said = f"{str(item['input'])[:_MOST_SAID]!r} "
        words = item["msg"].removeprefix("Value error, ") if reason is None else said + reason.format_map(item.get("ctx", {}))
        found.setdefault(".".join(map(str, item["loc"])), words)
    return found


def local_minute(value: str) -> str:
    """A moment of an address as fields for date and time have it, in UTC; "" for a text that is none."""
    try:
        moment = StoriesAsked.model_validate({"since": value}).since
    except ValidationError:
        return ""
    return "" if moment is None else iso_text(moment).removesuffix("Z").removesuffix(":00")


def _as_the_form_says(given: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """The form of weights sends a profile and three sliders; which of them counts, its button says."""
    changed = {name: value for name, value in given.items() if name != "weights"}
    if said.get("set") == "profile":
        return changed
    return changed | {"weights": ",".join(f"{name}:{said.get(name, '0')}" for name in SIGNALS)}


def _address(root: str, parameters: Mapping[str, str]) -> str:
    query = urlencode(sorted(parameters.items()), quote_via=quote, safe=_SAFE, errors="replace")
    return f"{root}/?{query}" if query else f"{root}/"
