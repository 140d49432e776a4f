"""The search for a scorecard: from points that nearly fit to those that make the most articles exact, one change at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from ranker.settings import QualityRule
from ranker.training.scorecard.candidates import Candidates, Floats, Ints, Line
from ranker.training.scorecard.draft import Bench, Draft, contribution, cost_of, totals_of
from ranker.training.scorecard.sources import classes_of
from ranker.training.scorecard.start import RATES, Start, has_base, limits_of, refitted, rounded, start_of
from ranker.training.scorecard.terms import terms_for

BASE = "(base)"  # no name of a rule in any settings
_TRIED = 8  # points that are tried for a rule, those that most articles ask for
_NEAR_LIMIT = 15  # characters


def fitted_draft(bench: Bench) -> Draft:
    """The draft that makes the most articles exact for its length, as far as such changes lead."""
    start = start_of(bench)
    draft = _better_terms(bench, _first_draft(bench, start), start.terms)
    best = -np.inf
    while (value := bench.value(draft)) > best:
        best = value
        draft = _better_sources(bench, draft)
        draft = _better_points(bench, _refitted(bench, draft))
        draft = _better_lengths(bench, draft)
        draft = _better_terms(bench, draft, start.terms)
    return draft


# The first draft


def _first_draft(bench: Bench, start: Start) -> Draft:
    candidates, settings = bench.candidates, bench.candidates.settings
    lines = {line.name: line for line in (*candidates.told, *candidates.others)}
    points = {name: start.points.get(name, line.rule.points) for name, line in lines.items()}
    for feature, (limit, rate) in start.lengths.items():
        name = candidates.length_lines[feature]
        if name not in lines:
            lines[name] = Line(name, QualityRule(feature=feature, test="length", points=0.0), np.zeros(0))
        lines[name], points[name] = _counted_from(candidates, lines[name], limit), rate
    if candidates.phrases is not None:
        told = settings.rules.get(bench.terms_line)
        worth = 0.0 if told is None else told.points
        lines[bench.terms_line] = _free(bench.terms_line, np.zeros(len(candidates.wanted)), worth)
        points[bench.terms_line] = worth
    lines[BASE] = _free(BASE, np.ones(len(candidates.wanted)), settings.base)
    points[BASE] = start.rest if has_base(candidates) else settings.base
    draft = Draft(lines, points)
    if candidates.sites is None:
        return draft
    offsets = np.unique(start.offsets[~candidates.is_placed])
    worth_of = [float(start.rest - settings.base + offset) for offset in offsets]
    return _with_classes(candidates, draft, worth_of, np.searchsorted(offsets, start.offsets))


def _free(name: str, units: Floats, points: float) -> Line:
    return Line(name, QualityRule(feature="provider", test="always", points=points), units, "free")


def _counted_from(candidates: Candidates, line: Line, limit: int) -> Line:
    over = np.maximum(0, candidates.lengths[line.rule.feature] - limit).astype(np.float64)
    return replace(line, rule=msgspec.structs.replace(line.rule, above=float(limit)), units=over)


def _with_classes(candidates: Candidates, draft: Draft, points: Sequence[float], of_article: Ints) -> Draft:
    """The draft with classes of sources instead of those it has, and no lists yet."""
    lines = {name: line for name, line in draft.lines.items() if name not in draft.classes}
    given = {name: draft.points[name] for name in lines}
    names = tuple(f"(class {number})" for number in range(len(points)))
    for number, name in enumerate(names):
        lines[name] = _free(name, ((of_article == number) & ~candidates.is_placed).astype(np.float64), points[number])
        given[name] = points[number]
    return replace(draft, lines=lines, points=given, classes=names, entries=())


# Changes


def _better_sources(bench: Bench, draft: Draft) -> Draft:
    sites = bench.candidates.sites
    if sites is None:
        return draft
    found = classes_of(bench, sites, totals_of(draft, without=draft.classes))
    order = [found.rest, *(number for number in range(len(found.points)) if number != found.rest)]
    place = np.argsort(order)
    tried = _with_classes(bench.candidates, draft, [found.points[number] for number in order], place[found.of_article])
    tried = replace(tried, entries=tuple((node, f"(class {place[number]})") for node, number in found.entries))
    is_first = not draft.entries  # offsets of the start stand in no list: they are no card
    return tried if is_first or bench.value(tried) > bench.value(draft) else draft


def _refitted(bench: Bench, draft: Draft) -> Draft:
    """Other points for all lines at once that act."""
    names = [name for name in _movable(bench.candidates, draft) if draft.points[name] or draft.lines[name].standing != "new"]
    counted = totals_of(draft, without=names)
    tried = draft.given(refitted(bench, {name: draft.lines[name] for name in names}, draft.points, counted))
    return tried if bench.value(tried) > bench.value(draft) else draft


def _better_points(bench: Bench, draft: Draft) -> Draft:
    """Other points for the rule that gains most by them, as long as one gains."""
    while True:
        totals = totals_of(draft)
        now = float(np.count_nonzero(bench.hits(totals)))
        best = (0.0, "", 0.0)
        for name in _movable(bench.candidates, draft):
            line, before = draft.lines[name], draft.points[name]
            for points in _asked_for(bench, totals, line, before):
                gain = _exact_with(bench, draft, totals, name, points) - now + cost_of(line, before) - cost_of(line, points)
                if gain > best[0]:
                    best = gain, name, points
        if not best[1]:
            return draft
        draft = draft.given({best[1]: best[2]})


def _movable(candidates: Candidates, draft: Draft) -> list[str]:
    """Lines whose points may change by themselves."""
    fixed = {*candidates.length_lines.values(), *(() if has_base(candidates) else (BASE,))}
    return [name for name, line in draft.lines.items() if name not in fixed and line.units.any()]


def _asked_for(bench: Bench, totals: Floats, line: Line, points: float) -> list[float]:
    """Points that articles ask a rule to have, the most frequent first, and those that it needs no reason for."""
    rows = (line.units != 0) & ~(bench.is_low | bench.is_high)
    asked = points + (bench.candidates.wanted - totals)[rows] / line.units[rows]
    counts = Counter(rounded(line, value) for value in asked.tolist())
    often = [value for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TRIED]]
    return [value for value in dict.fromkeys((0.0, line.rule.points, *often)) if value != points]


def _exact_with(bench: Bench, draft: Draft, totals: Floats, name: str, points: float) -> float:
    line = draft.lines[name]
    if line.rule.one_of is not None:
        return float(np.count_nonzero(bench.hits(totals_of(draft.given({name: points})))))
    change = contribution(line.units, points) - contribution(line.units, draft.points[name])
    return float(np.count_nonzero(bench.hits(totals + change)))


def _better_lengths(bench: Bench, draft: Draft) -> Draft:
    """For each length the limit and the points a character that make most articles exact."""
    for feature in bench.candidates.lengths:
        name = bench.candidates.length_lines[feature]
        totals = totals_of(draft, without=[name])
        best = _rank_of(bench, draft, name, draft.lines[name].rule.above, draft.points[name], totals)
        for limit in _limits(bench.candidates, feature, draft.lines[name].rule.above, is_set=bool(draft.points[name])):
            line = _counted_from(bench.candidates, draft.lines[name], limit)
            hits = np.array([np.count_nonzero(bench.hits(totals + contribution(line.units, rate))) for rate in RATES])
            for place in np.flatnonzero(hits >= best[0] - 1):
                best = max(best, _rank_of(bench, draft, name, float(limit), float(RATES[place]), totals))
        *_, minus_limit, rate = best
        line = _counted_from(bench.candidates, draft.lines[name], int(-minus_limit))
        draft = replace(draft, lines={**draft.lines, name: line}).given({name: rate})
    return draft


def _limits(candidates: Candidates, feature: str, limit: float, *, is_set: bool) -> list[int]:
    """Limits near the one there is, and some all over."""
    near = range(max(0, int(limit) - _NEAR_LIMIT), int(limit) + _NEAR_LIMIT + 1) if is_set else ()
    return sorted({*near, *limits_of(candidates, feature)})


_Rank = tuple[float, bool, int, float, float]


def _rank_of(bench: Bench, draft: Draft, name: str, limit: float, rate: float, totals: Floats) -> _Rank:
    """What a limit and points are worth; of equal ones those of the settings, then the rounder limit, then the lower."""
    told = bench.candidates.settings.rules.get(name)
    if told is not None and not rate:
        limit = told.above  # without points every limit is the same: what counts is on how many the rule of the settings acts
    line = _counted_from(bench.candidates, draft.lines[name], int(limit))
    is_told = told is not None and (told.above, told.points) == (limit, rate)
    worth = float(np.count_nonzero(bench.hits(totals + contribution(line.units, rate)))) - cost_of(line, rate)
    return worth, is_told, -next(place for place, step in enumerate((10, 5, 1)) if not int(limit) % step), -limit, rate


def _better_terms(bench: Bench, draft: Draft, proposed: Sequence[float]) -> Draft:
    """Other terms, for the points they have now, those of the settings and those that the start proposed."""
    phrases, name = bench.candidates.phrases, bench.terms_line
    if phrases is None:
        return draft
    totals = totals_of(draft, without=[name])
    value = bench.value(draft)
    for points in dict.fromkeys((draft.points[name], draft.lines[name].rule.points, *proposed[:_TRIED])):
        if points:
            terms, units = terms_for(bench, phrases, totals, points)
            line = replace(draft.lines[name], units=units)
            tried = replace(draft, lines={**draft.lines, name: line}, terms=terms).given({name: points})
            found = bench.value(tried)
            if found > value:
                draft, value = tried, found
    return draft
