"""Terms that count in a title: names of topics and other phrases that the qualities ask for, each with its forms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ranker.training.scorecard.candidates import Floats, Phrases, folded
from ranker.training.scorecard.draft import NEW_PART, TOLD_PART, Bench, contribution

_MOST = 200  # phrases in all lists

Terms = tuple[tuple[int, ...], ...]


def terms_for(bench: Bench, phrases: Phrases, totals: Floats, points: float) -> tuple[Terms, Floats]:
    """Lists of synonyms that make most articles exact if each list found in a title gives some points.

    Names of topics are looked at first, then all phrases; one at a time, that which gains most, as a list of its own or as a synonym.
    In the end those that gain nothing any more are left out.

    Parameters
    ----------
    totals : (n,) sums without the terms.

    Returns
    -------
    Lists of places among the phrases, and (n,) how many lists are found in each title.
    """
    search = _Search(bench, phrases, totals, points)
    lists: list[list[int]] = []
    for allowed in (phrases.is_named, np.ones(len(phrases.names), dtype=np.bool_)):
        while sum(map(len, lists)) < _MOST and search.add_best(lists, allowed):
            pass
    search.drop_idle(lists)
    return tuple(map(tuple, lists)), search.units(lists)


class _Search:
    """Terms under construction against fixed sums."""

    def __init__(self, bench: Bench, phrases: Phrases, totals: Floats, points: float) -> None:
        self._bench = bench
        self._phrases = phrases
        self._totals = totals
        self._points = points
        self._by_phrase = phrases.holds.T.tocsr()
        self._folded = [folded(name) for name in phrases.names]
        self._words = np.array([name.count(" ") for name in phrases.names])

    def units(self, lists: Sequence[Sequence[int]]) -> Floats:
        """(n,) lists found in each title."""
        return np.sum([self._has(synonyms) for synonyms in lists], axis=0, dtype=np.float64) if lists else np.zeros(len(self._totals))

    def value(self, lists: Sequence[Sequence[int]]) -> float:
        """Articles made exact, less what the terms must earn."""
        hits = self._bench.hits(self._totals + contribution(self.units(lists), self._points))
        return float(np.count_nonzero(hits)) - self._bench.cost_of_terms(tuple(map(tuple, lists)))

    def add_best(self, lists: list[list[int]], allowed: NDArray[np.bool_]) -> bool:
        """Add the phrase that gains most; False if none gains anything."""
        units = self.units(lists)
        now, then = (self._bench.hits(self._totals + contribution(units + more, self._points)) for more in (0, 1))
        gain = then.astype(np.float64) - now
        used = np.zeros(len(self._folded), dtype=np.bool_)
        used[[phrase for synonyms in lists for phrase in synonyms]] = True
        best: tuple[tuple[float, ...], int, int] | None = None
        for place in range(-1, len(lists)):
            found = self._best_for(place, lists, gain, allowed & ~used)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        if best is None:
            return False
        _, place, phrase = best
        if place < 0:
            lists.append([phrase])
        else:
            lists[place].append(phrase)
        return True

    def drop_idle(self, lists: list[list[int]]) -> None:
        """Leave out every phrase without which the lists are worth as much or more."""
        value = self.value(lists)
        for phrase in [phrase for synonyms in reversed(lists) for phrase in reversed(synonyms)]:
            without = [left for synonyms in lists if (left := [other for other in synonyms if other != phrase])]
            found = self.value(without)
            if found >= value:
                lists[:], value = without, found

    def _best_for(
        self, place: int, lists: Sequence[Sequence[int]], gain: Floats, allowed: NDArray[np.bool_]
    ) -> tuple[tuple[float, ...], int, int] | None:
        """The phrase that gains most as a synonym in a list, or as a list of its own (place -1)."""
        phrases = self._phrases
        counted = gain if place < 0 else np.where(self._has(lists[place]), 0.0, gain)
        net = self._by_phrase @ counted - np.where(phrases.is_named, TOLD_PART, NEW_PART)
        net[~allowed] = -np.inf
        highest = float(net.max(initial=-np.inf))
        if highest <= 0:
            return None
        head = "" if place < 0 else self._folded[lists[place][0]]

        def rank(phrase: int) -> tuple[float, ...]:
            is_form = place >= 0 and self._folded[phrase] == head
            return (
                float(net[phrase]),
                is_form,
                place < 0,
                phrases.is_exactly[phrase],
                phrases.is_named[phrase],
                self._words[phrase],
                -phrase,
            )

        best = max(np.flatnonzero(net >= highest - 1e-9).tolist(), key=rank)
        return rank(best), place, best

    def _has(self, synonyms: Sequence[int]) -> NDArray[np.bool_]:
        """(n,) whether a title holds one of them."""
        return np.asarray(self._by_phrase[list(synonyms)].sum(axis=0)).ravel() > 0
