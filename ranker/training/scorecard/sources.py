"""Classes of sources: which providers, hosts and folders get the same points, found as the best lists there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.training.scorecard.candidates import Floats, Ints, Sites
from ranker.training.scorecard.draft import TOLD_PART, Bench

_CLASSES = 5  # at most, the rest among them
_TRIED = 16  # values that are tried as points of a class, those that most articles ask for


@dataclass(frozen=True, slots=True)
class Classes:
    """Points of each class in rising order, and which nodes of the tree of sites lie in which."""

    points: tuple[float, ...]
    rest: int  # the class of all that no entry names
    entries: tuple[tuple[int, int], ...]  # node and class
    of_article: Ints  # (n,)
    value: float  # articles made exact, less what classes and entries must earn


def classes_of(bench: Bench, sites: Sites, totals: Floats) -> Classes:
    """The classes and lists that make most articles exact for their length.

    Parameters
    ----------
    totals : (n,) sums without the source.
    """
    asked = _asked_for(bench, totals)
    hits = {points: bench.hits(totals + points) & ~bench.candidates.is_placed for points in asked}
    chains = sites.under()
    tops = np.array([chains[node][0] if chains[node] else 0 for node in sites.deepest.tolist()], dtype=np.int64)
    by_top = {points: np.bincount(tops, weights=hit, minlength=len(sites.nodes)) for points, hit in hits.items()}
    chosen = [max(asked, key=lambda points: (by_top[points].sum(), -abs(points)))]
    best = _listed(bench, sites, chosen, hits)
    while len(chosen) < min(_CLASSES, len(asked)):
        now = np.max([by_top[points] for points in chosen], axis=0)
        promise = {points: float(np.maximum(0.0, by_top[points] - now).sum()) for points in asked if points not in chosen}
        chosen.append(max(promise, key=lambda points: (promise[points], -abs(points))))
        found = _listed(bench, sites, chosen, hits)
        if found.value <= best.value:
            break
        best = found
    return best


def _asked_for(bench: Bench, totals: Floats) -> list[float]:
    """Points that would make most articles exact, the most frequent first."""
    open_rows = ~(bench.is_low | bench.is_high | bench.candidates.is_placed)
    if not open_rows.any():
        return [0.0]
    missing = (bench.candidates.wanted - totals)[open_rows]
    counts = Counter(np.trunc(missing).tolist())
    return [points for points, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TRIED]]


def _listed(bench: Bench, sites: Sites, chosen: Sequence[float], hits: Mapping[float, NDArray[np.bool_]]) -> Classes:
    """The best lists for classes with these points, whichever of them is the rest."""
    points = sorted(chosen)
    counts = [np.bincount(sites.deepest, weights=hits[value], minlength=len(sites.nodes)) for value in points]
    own = np.stack(counts, axis=1).astype(np.float64)
    found = [_best_lists(sites, own, rest) for rest in range(len(points))]
    rest = max(range(len(points)), key=lambda place: (found[place][0], -place))
    value, classes = found[rest]
    entries = tuple((node, int(classes[node])) for node in range(1, len(classes)) if classes[node] != classes[sites.parents[node]])
    value -= sum(bench.cost_of_class(of_class) for place, of_class in enumerate(points) if place != rest)
    return Classes(tuple(points), rest, entries, classes[sites.deepest], value)


def _best_lists(sites: Sites, own: Floats, rest: int) -> tuple[float, Ints]:
    """The class of every node, by dynamic programming from the leaves up; and what it is worth.

    A list can lift what it names, for of the rules of one set that with the most points counts; what is to be below the rest needs a
    rule of its own, which lists nothing inside another class.

    Parameters
    ----------
    own : (nodes, classes) articles of each node itself that each class makes exact.
    """
    lifted = own.copy()  # of the whole subtree, if its top has that class, and what lies in it the best that is allowed
    lowered = own.copy()  # of the whole subtree, all in one class
    choice = np.tile(np.arange(own.shape[1]), (len(own), 1))
    for node in range(len(own) - 1, 0, -1):
        best = lifted[node].copy()
        for above in range(own.shape[1]):
            for to in range(own.shape[1]):
                is_allowed = to > above >= rest or (above == rest and to < rest)
                worth = (lifted if to > rest else lowered)[node, to] - TOLD_PART
                if is_allowed and worth > best[above]:
                    best[above] = worth
                    choice[node, above] = to
        lifted[sites.parents[node]] += best
        lowered[sites.parents[node]] += lowered[node]
    classes = np.full(len(own), rest, dtype=np.int64)
    for node in range(1, len(own)):
        above = int(classes[sites.parents[node]])
        classes[node] = above if above < rest else choice[node, above]
    return float(lifted[0, rest]), classes
