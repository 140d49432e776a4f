"""Members of a story as its page lists them: in order of time, copies of a text under the first that carried it, page by page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ranker.articles.article import Article

TEXTS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a story.

    Parameters
    ----------
    told : what the wire tells of it, see `member_json`.
    number : from 1, in order of time.
    page : of the list, on which it stands.
    group : its publisher group; the provider itself where no owner is known.
    is_dated : whether it has a date that is trusted.
    """

    told: Mapping[str, Any]
    number: int
    page: int
    group: str
    is_lead: bool
    is_dated: bool

    @property
    def id(self) -> str:
        """Of the article."""
        return str(self.told["id"])

    @property
    def title(self) -> str:
        """Of the article."""
        return str(self.told["title"])

    @property
    def provider(self) -> str:
        """The name of its provider, else the domain."""
        return str(self.told["provider"]["name"] or self.told["provider"]["domain"])

    @property
    def anchor(self) -> str:
        """What its place on the page is called."""
        return f"article-{self.number}"

    @property
    def href(self) -> str:
        """Leads to its place in the list, from any page of it."""
        return f"?page={self.page}#{self.anchor}" if self.page > 1 else f"?#{self.anchor}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a story: the first article that carried it, and the later ones."""

    first: Member
    copies: tuple[Member, ...]


@dataclass(frozen=True)
class Members:
    """All members of a story."""

    texts: tuple[Text, ...]  # in order of time of their first
    by_id: Mapping[str, Member]

    @property
    def pages(self) -> int:
        """Of the list; at least one."""
        return max(1, -(-len(self.texts) // TEXTS_A_PAGE))

    def page(self, number: int) -> tuple[Text, ...]:
        """The texts of a page, from 1."""
        return self.texts[(number - 1) * TEXTS_A_PAGE : number * TEXTS_A_PAGE]


def members_of(
    told: Sequence[Mapping[str, Any]], articles: Sequence[Article], *, texts: Sequence[Hashable], groups: Sequence[str], lead: str
) -> Members:
    """The members of a story, copies folded under the first of their text.

    Parameters
    ----------
    told : the articles in order of time, as on the wire.
    articles : the same.
    texts : for each article what copies share.
    groups : for each article its publisher group.
    lead : id of the article that leads.

    Raises
    ------
    ValueError : if the four are not of one length.
    """
    places: dict[Hashable, list[int]] = {}
    for place, (text, *_) in enumerate(zip(texts, groups, told, articles, strict=True)):
        places.setdefault(text, []).append(place)
    found: list[Text] = []
    for number, held in enumerate(places.values()):
        page = number // TEXTS_A_PAGE + 1
        same = [
            Member(told[place], place + 1, page, groups[place], told[place]["id"] == lead, articles[place].dated is not None)
            for place in held
        ]
        found.append(Text(same[0], tuple(same[1:])))
    by_id = {member.id: member for text in found for member in (text.first, *text.copies)}
    return Members(tuple(found), by_id)
