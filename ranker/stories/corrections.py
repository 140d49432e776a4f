"""Corrections: what an editor says about stories, kept for ever, and what follows from all of it together."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from ranker.articles.identity import hashed_id
from ranker.errors import CorrectionError
from ranker.stories.constraints import Constraints

CorrectionAction = Literal["join", "part", "lead", "pin", "hide"]

MOST_ARTICLES = 1000  # of one correction: a part of so many is half a million pairs; nobody names more by hand


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction.

    join : all of `articles` are in one story.
    part : no one of `articles` is in a story with one of `others`; without `others` each is in another story than the rest.
    lead : `articles` holds one, which leads its story.
    pin, hide : the stories of `articles` stand on top of every list, or in none.
    """

    id: str
    action: CorrectionAction
    articles: tuple[str, ...]  # article ids
    others: tuple[str, ...] = ()  # article ids
    by: str = ""
    at: datetime | None = None  # timezone-aware UTC
    why: str = ""


def correction_id(action: str, articles: Iterable[str], others: Iterable[str] = ()) -> str:
    """The id of what a correction says; the order of the articles of a side makes no difference, nor does who says it and why."""
    return hashed_id("c", "correction", action, *sorted(set(articles)), "", *sorted(set(others)))


def named(correction: Correction) -> str:
    """A correction as messages call it: "c3 (join, by Ann)"."""
    return f"{correction.id} ({_said(correction)})"


def checked(correction: Correction) -> Correction:
    """The correction, if it makes sense by itself.

    Raises
    ------
    CorrectionError : saying what is wrong with which correction, and what is allowed.
    """
    wrong = next(_mistakes(correction), None)
    if wrong is not None:
        raise CorrectionError(f"{correction.id or 'a correction'}: {wrong}", correction=str(correction.id))
    return correction


@dataclass(frozen=True)
class Corrections:
    """Corrections in the order in which they were made, none of which contradicts the others. `of` makes them."""

    items: tuple[Correction, ...] = ()

    @classmethod
    def of(cls, corrections: Iterable[Correction]) -> Corrections:
        """Some corrections together; one that says again, under the same id, what one before it says is left out.

        Raises
        ------
        CorrectionError : for the first that makes no sense, has the id of another, or contradicts those before it.
        """
        known: dict[str, Correction] = {}
        for correction in corrections:
            before = known.setdefault(checked(correction).id, correction)
            if _content(before) != _content(correction):
                raise CorrectionError(
                    f"{named(correction)}: the id is that of another correction, a {before.action}", correction=correction.id
                )
        items = tuple(known.values())
        if _contradiction(items) is not None:
            # What contradicts some corrections contradicts more of them: the first that does is found by halving.
            last = bisect_left(range(len(items)), 1, key=lambda place: _contradiction(items[: place + 1]) is not None)
            raise _refusal(items[: last + 1])
        return cls(items)

    def __iter__(self) -> Iterator[Correction]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def by_id(self) -> Mapping[str, Correction]:
        """Each correction by its id."""
        return {correction.id: correction for correction in self.items}

    @cached_property
    def articles(self) -> frozenset[str]:
        """Ids of all articles that a correction names."""
        return frozenset(article for item in self.items for article in (*item.articles, *item.others))

    def named_by(self, action: CorrectionAction) -> tuple[str, ...]:
        """Ids of the articles that corrections of one kind name, in order; one that several name stands in several places."""
        return tuple(article for item in self.items if item.action == action for article in item.articles)

    def with_added(self, correction: Correction) -> Corrections:
        """These and one more; the same ones if it says what one of them says, under the same id.

        Raises
        ------
        CorrectionError : if it makes no sense, has the id of another, or contradicts them; with the chain that does.
        """
        more = Corrections.of((*self.items, correction))
        return self if more.items == self.items else more

    def without(self, correction_id: str) -> Corrections:
        """These without one: nothing that is left can contradict.

        Raises
        ------
        CorrectionError : if there is none of that id.
        """
        if correction_id not in self.by_id:
            raise CorrectionError(f"{correction_id}: there is no such correction", correction=correction_id)
        return Corrections(tuple(item for item in self.items if item.id != correction_id))

    def joined_with(self, article_ids: Iterable[str]) -> frozenset[str]:
        """Ids of the articles that joins keep in the stories of some articles, these among them."""
        groups = self._groups
        wanted = dict.fromkeys(article_ids)
        roots = {groups[article] for article in wanted if article in groups}
        return frozenset(wanted) | {article for article, root in groups.items() if root in roots}

    def joining(self, article_ids: Iterable[str]) -> tuple[Correction, ...]:
        """The joins that keep some articles in the story they are in, directly or by way of others."""
        whole = self.joined_with(article_ids)
        return tuple(item for item in self.items if item.action == "join" and whole.intersection(item.articles))

    def parting(self, article_ids: Iterable[str], other_ids: Iterable[str]) -> tuple[Correction, ...]:
        """The parts that keep some articles out of the story of some others, directly or by what is joined with either."""
        one, other = self.joined_with(article_ids), self.joined_with(other_ids)
        return tuple(item for item in self.items if item.action == "part" and (_parts(item, one, other) or _parts(item, other, one)))

    def constraints(self, article_ids: Sequence[str]) -> Constraints:
        """What joins and parts mean for the rows of a corpus. Articles that are not in it still pass on what joins them.

        Parameters
        ----------
        article_ids : of the corpus, in order of its rows.
        """
        groups, said = self._groups, self.articles
        joined = np.arange(len(article_ids), dtype=np.int64)
        first: dict[str, int] = {}  # a group of joined articles -> the smallest of its rows
        for row, article in enumerate(article_ids):
            if article in said:
                joined[row] = first.setdefault(groups.get(article, article), row)
        pairs: set[tuple[int, int]] = set()
        for item in (item for item in self.items if item.action == "part"):
            one, other = (
                {first[root] for article in side if (root := groups.get(article, article)) in first}
                for side in (item.articles, item.others or item.articles)
            )
            pairs |= {(min(left, right), max(left, right)) for left in one for right in other if left != right}
        ends = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        return Constraints(joined, (ends[:, 0], ends[:, 1]))

    @cached_property
    def _groups(self) -> dict[str, str]:
        return _joined(self.items)


NO_CORRECTIONS = Corrections()


def _said(correction: Correction) -> str:
    return f"{correction.action}, by {correction.by}" if correction.by else correction.action


def _content(correction: Correction) -> tuple[str, frozenset[str], frozenset[str]]:
    return correction.action, frozenset(correction.articles), frozenset(correction.others)


def _mistakes(correction: Correction) -> Iterator[str]:
    """What is wrong with a correction by itself."""
    action, articles, others = _content(correction)
    if not correction.id:
        yield "has no id"
    if action not in get_args(CorrectionAction):
        yield f"action {action!r}; allowed: {', '.join(get_args(CorrectionAction))}"
    if not articles:
        yield "articles is empty; name at least one article id"
    if not all(isinstance(article, str) and article for article in articles | others):
        yield "an article id must be text, and not empty"
    if max(len(articles), len(others)) > MOST_ARTICLES:
        yield f"names {max(len(articles), len(others)):,} articles; at most {MOST_ARTICLES:,} a side"
    if correction.at is not None and correction.at.tzinfo is None:
        yield f"at {correction.at.isoformat()} has no time zone; write it as 2026-03-11T18:00:00Z"
    yield from _mistakes_of_action(action, articles, others)


def _mistakes_of_action(action: str, articles: frozenset[str], others: frozenset[str]) -> Iterator[str]:
    if action in {"join", "part"} and len(articles | others) == 1:
        yield f"names one article; a {action} takes two or more, in articles or in articles and others"
    if action == "part" and articles & others:
        yield f"{min(articles & others)} is on both sides of a part"
    if action == "lead" and len(articles) > 1:
        yield f"names {len(articles)} articles; a lead is one"
    if action not in {"join", "part"} and others:
        yield f"has others; only join and part do, {action} takes articles alone"


# What joins connect, and what contradicts that


@dataclass(frozen=True, slots=True)
class _Contradiction:
    text: str
    chain: tuple[str, ...]  # article id, id of a join, article id, ...
    said: tuple[str, ...]  # ids of the corrections that are not of the chain


def _joined(items: Iterable[Correction]) -> dict[str, str]:
    """For each article of a join one that stands for all that joins connect with it."""
    parent: dict[str, str] = {}
    for item in items:
        if item.action == "join":
            first, *rest = (_root(parent, parent.setdefault(article, article)) for article in (*item.articles, *item.others))
            for root in rest:
                parent[_root(parent, root)] = _root(parent, first)
    return {article: _root(parent, article) for article in parent}


def _root(parent: dict[str, str], article: str) -> str:
    while parent[article] != article:
        parent[article] = parent[parent[article]]
        article = parent[article]
    return article


def _parts(item: Correction, one: frozenset[str], other: frozenset[str]) -> bool:
    return not one.isdisjoint(item.articles) and not other.isdisjoint(item.others or item.articles)


def _refusal(items: Sequence[Correction]) -> CorrectionError:
    """Why the last of some corrections, and it alone, contradicts those before it."""
    found = _contradiction(items)
    text, chain, said = ("", (), ()) if found is None else (found.text, found.chain, found.said)
    against = tuple(dict.fromkeys(each for each in (*chain[1::2], *said) if each != items[-1].id))
    return CorrectionError(
        f"{named(items[-1])} contradicts {', '.join(against)}: {text}", correction=items[-1].id, chain=chain, against=against
    )


def _contradiction(items: Sequence[Correction]) -> _Contradiction | None:
    """One contradiction among some corrections."""
    groups = _joined(items)
    leads: dict[str, Correction] = {}
    shown: dict[str, Correction] = {}
    told = {"lead": leads, "pin": shown, "hide": shown}
    for item in items:
        roots = {article: groups.get(article, article) for article in (*item.articles, *item.others)}
        if item.action == "part" and _meets(item, roots):
            return _joined_and_parted(items, item)
        for article in item.articles if item.action in told else ():
            before = told[item.action].setdefault(roots[article], item)
            if before.action != item.action or (item.action == "lead" and set(before.articles) != set(item.articles)):
                return _said_twice(items, before, item)
    return None


def _meets(part: Correction, roots: Mapping[str, str]) -> bool:
    """Whether joins connect what a part keeps apart."""
    if part.others:
        return not {roots[article] for article in part.articles}.isdisjoint(roots[article] for article in part.others)
    return len({roots[article] for article in part.articles}) < len(set(part.articles))


def _joined_and_parted(items: Sequence[Correction], part: Correction) -> _Contradiction:
    sides = (
        [(set(part.articles), set(part.others))] if part.others else [({one}, set(part.articles) - {one}) for one in sorted(part.articles)]
    )
    chain = min(filter(None, (_chain(items, *side) for side in sides)), key=len)
    return _Contradiction(f"{_way(items, chain)}{named(part)} keeps {chain[0]} and {chain[-1]} apart", chain, (part.id,))


def _said_twice(items: Sequence[Correction], before: Correction, item: Correction) -> _Contradiction:
    chain = _chain(items, set(before.articles), set(item.articles))
    verbs = {"lead": "makes {} the lead", "pin": "pins {}", "hide": "hides {}"}
    one, other = (f"{named(each)} {verbs[each.action].format(end)}" for each, end in ((before, chain[0]), (item, chain[-1])))
    return _Contradiction(f"{_way(items, chain)}{one} and {other}", chain, (before.id, item.id))


def _chain(items: Iterable[Correction], starts: set[str], goals: set[str]) -> tuple[str, ...]:
    """The shortest way along joins from one of some articles to one of others: article, join, article, ...; () if there is none."""
    joins: dict[str, list[Correction]] = {}
    for item in items:
        for article in (*item.articles, *item.others) if item.action == "join" else ():
            joins.setdefault(article, []).append(item)
    ways: dict[str, tuple[str, ...]] = {article: (article,) for article in sorted(starts)}
    waiting = deque(ways)
    while waiting:
        article = waiting.popleft()
        if article in goals:
            return ways[article]
        for join in joins.pop(article, ()):
            for other in sorted({*join.articles, *join.others} - ways.keys()):
                ways[other] = (*ways[article], join.id, other)
                waiting.append(other)
    return ()


def _way(items: Iterable[Correction], chain: Sequence[str]) -> str:
    """A chain in words, "" where it is one article that needs no joining."""
    if len(chain) == 1:
        return ""
    by_id = {item.id: item for item in items}
    way = " - ".join(f"({each}: {_said(by_id[each])})" if place % 2 else each for place, each in enumerate(chain))
    return f"{way}, but "
