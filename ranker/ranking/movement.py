"""Movement: what entered, left and moved between two ranked lists, and what did it."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ranker.ranking.blend import SIGNALS


@dataclass(frozen=True, slots=True)
class Placed:
    """What is compared of a story in one list."""

    id: str
    rank: int
    title: str  # of its lead
    lead: str  # id of its lead
    score: float
    contributions: Mapping[str, float]  # by signal
    articles: frozenset[str]  # ids
    publisher_groups: int
    rules: tuple[str, ...] = ()  # of the list, that moved it


@dataclass(frozen=True, slots=True)
class Moved:
    """A story that both lists hold."""

    before: Placed
    after: Placed
    changes: Mapping[str, float]  # contribution now less contribution before, by signal
    new_articles: int
    cause: str  # a signal; "rule" or "others"
    overtaken_by: int  # stories that stood below it or were not there, and stand above it now

    @property
    def places(self) -> int:
        """Places won; below 0 places lost."""
        return self.before.rank - self.after.rank


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened between two lists."""

    entered: tuple[Placed, ...]  # in order of their new rank
    left: tuple[Placed, ...]  # in order of their old rank
    moved: tuple[Moved, ...]  # those with another rank or score, in order of their new rank
    unchanged: int


def movement(before: Sequence[Placed], after: Sequence[Placed]) -> Movement:
    """What moved from one list to the next.

    Stories are one if they have one id; else if more than half of the smaller one's articles are in the other (an id changes when an
    earlier article turns up), most articles in common first. The cause of a move is the signal whose contribution changed most
    in its direction; "rule" where rules of the list changed, "others" where its own score stayed and others passed it.
    """
    pairs = _matched(before, after)
    kept_before = {one.id for one, _ in pairs}
    kept_after = {other.id for _, other in pairs}
    moved = [item for item in _all_moved(pairs) if item.places or item.before.score != item.after.score]
    return Movement(
        entered=tuple(item for item in after if item.id not in kept_after),
        left=tuple(item for item in before if item.id not in kept_before),
        moved=tuple(moved),
        unchanged=len(pairs) - len(moved),
    )


def _matched(before: Sequence[Placed], after: Sequence[Placed]) -> list[tuple[Placed, Placed]]:
    later = {item.id: item for item in after}
    pairs = [(item, later[item.id]) for item in before if item.id in later]
    known = {one.id for one, _ in pairs}
    home = {article: item for item in after if item.id not in known for article in item.articles}
    claims: list[tuple[int, str, str, Placed, Placed]] = []
    for item in before:
        if item.id in known:
            continue
        shared: dict[str, int] = {}
        for article in item.articles:
            if article in home:
                shared[home[article].id] = shared.get(home[article].id, 0) + 1
        for name, count in shared.items():
            if 2 * count > min(len(item.articles), len(later[name].articles)):
                claims.append((-count, item.id, name, item, later[name]))
    taken: set[str] = set()
    for _, one, other, before_item, after_item in sorted(claims, key=lambda claim: claim[:3]):
        if f"before {one}" not in taken and f"after {other}" not in taken:
            taken |= {f"before {one}", f"after {other}"}
            pairs.append((before_item, after_item))
    return pairs


def _all_moved(pairs: Sequence[tuple[Placed, Placed]]) -> list[Moved]:
    """Every pair as a move, in order of the new rank."""
    ranks: list[int] = []  # old ranks of the stories that stand higher now, rising
    found: list[Moved] = []
    for one, other in sorted(pairs, key=lambda pair: (pair[1].rank, pair[1].id)):
        changes = {name: other.contributions.get(name, 0.0) - one.contributions.get(name, 0.0) for name in SIGNALS}
        overtaken_by = other.rank - 1 - bisect_left(ranks, one.rank)
        found.append(Moved(one, other, changes, len(other.articles - one.articles), _cause(one, other, changes), max(0, overtaken_by)))
        insort(ranks, one.rank)
    return found


def _cause(one: Placed, other: Placed, changes: Mapping[str, float]) -> str:
    if one.rules != other.rules:
        return "rule"
    change = other.score - one.score
    went_along = other.rank == one.rank or (change > 0) == (other.rank < one.rank)
    if not change or not went_along:
        return "others"
    return max(SIGNALS, key=lambda name: math.copysign(1.0, change) * changes[name])
