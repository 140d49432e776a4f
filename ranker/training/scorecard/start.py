"""Where the search for a scorecard starts: points by least absolute deviations, which most articles meet to the point.

Qualities are sums, exact but for a few articles: errors are sparse, and the least sum of absolute errors finds the very sum that most of
them have (Candes and Tao, 2005, 10.1109/TIT.2005.858979). What is added is paid for by the points it has, so that of many rules that
could explain something few are taken up (Tibshirani, 1996, 10.1111/j.2517-6161.1996.tb02080.x).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ranker.training.scorecard.candidates import SEEN_IN, Candidates, Floats, Ints, Line, source_group
from ranker.training.scorecard.draft import Bench, contribution

_ARTICLES = 2000  # looked at: more make the start no better
_ARTICLES_AGAIN = 400  # of these, for each limit that is tried
_PHRASES = 300  # looked at, those in most titles
_NODES = 300
_NAMED_TERM = 1.0  # articles that must ask for a topic's name as a term ...
_SITE = 2.5  # ... or for points of a site; for all else `SEEN_IN`
_STEPS = {"title": 10, "excerpt": 40}  # characters between the limits that a length may count from
_LIMITS = 40
_STRIDES = (16, 8, 4, 2, 1)  # characters by which a limit is moved as long as that is better
_TIE = 1e-3  # articles: of points that are equally good those there are stay
_OUTLIER = 10.0  # points: an error beyond says no more
_FEW = 20.0  # units of what is counted one by one: its points are whole or half
_RATES = [*(step / 20 for step in range(1, 21)), 1.5, 2.0, 2.5, 3.0, 4.0, 5.0]
RATES = np.array([0.0, *(-rate for rate in _RATES), *_RATES])  # points for a character

Lengths = Mapping[str, tuple[int, float]]  # "title", "excerpt": limit, and points for a character above it


@dataclass(frozen=True, slots=True)
class Start:
    """Points to start from."""

    points: Mapping[str, float]  # by line
    lengths: Lengths
    offsets: Ints  # (n,) of an article's source against the rest
    rest: float  # what every article has
    terms: tuple[float, ...]  # points that phrases were found worth, the most frequent first


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the points of a linear sum belong to."""

    units: Any  # scipy.sparse (n, m)
    before: Floats  # (m,) points of the settings
    penalties: Floats  # (m,) for a point more or less


@dataclass(frozen=True, slots=True)
class _Solution:
    loss: float
    constant: float
    points: Floats  # (m,)


def start_of(bench: Bench) -> Start:
    """The points that least absolute deviations give, limits of lengths found on the way."""
    candidates = bench.candidates
    lines = [line for line in (*candidates.told, *candidates.others) if line.name not in candidates.length_lines.values()]
    nodes, phrases = _nodes(candidates), _phrases(candidates)
    columns = _columns(candidates, lines, nodes, phrases)
    rows = np.random.default_rng(0).permutation(len(candidates.wanted))[:_ARTICLES]
    lengths = _lengths(bench, columns, rows)
    target = candidates.wanted - _counted(candidates, lengths)
    found = _least_absolute(bench, target, columns, np.sort(rows), constant=_told_base(candidates))
    ends = np.cumsum([len(lines), len(nodes), len(phrases)])
    own, sites, terms = np.split(found.points, ends[:-1])
    placed = [found.constant if is_placing(line, candidates) else 0.0 for line in lines]
    return Start(
        points={line.name: rounded(line, float(value) + more) for line, value, more in zip(lines, own, placed, strict=True)},
        lengths=lengths,
        offsets=np.round(columns.units[:, ends[0] : ends[1]] @ sites).astype(np.int64),
        rest=float(np.round(found.constant)),
        terms=_worth(np.round(terms), np.asarray(columns.units[:, ends[1] :].sum(axis=0)).ravel()),
    )


def has_base(candidates: Candidates) -> bool:
    """Whether the base is the constant of the sum: no rule that always applies is."""
    return candidates.sites is None and not any(line.rule.test == "always" for line in candidates.told)


def _told_base(candidates: Candidates) -> float | None:
    """The base of the settings, unless the constant of the sum is to be found."""
    return None if candidates.sites is not None or has_base(candidates) else candidates.settings.base


def is_placing(line: Line, candidates: Candidates) -> bool:
    """Whether a rule of the settings stands for the source beside classes that are to be found."""
    return candidates.sites is not None and line.rule.one_of == source_group(candidates.settings)


def rounded(line: Line, value: float) -> float:
    """Points as somebody would set them: whole for what an article has or has not, halves for what is counted, else two digits."""
    most = float(line.units.max(initial=0))
    if most <= 1:
        return float(round(value))
    return round(value * 2) / 2 if most < _FEW else float(f"{value:.2g}")


def limits_of(candidates: Candidates, feature: str) -> list[int]:
    """Characters from which a length may count: in equal steps up to what one article in twenty has, and as the settings have it."""
    lengths = candidates.lengths[feature]
    longest = int(np.quantile(lengths, 0.95))
    step = max(_STEPS[feature], -(-longest // (_LIMITS * 10)) * 10)
    told = _told_length(candidates, feature)[:1]
    return sorted({limit for limit in (*range(0, longest, step), *told) if np.count_nonzero(lengths > limit) >= SEEN_IN})


# Columns


def _nodes(candidates: Candidates) -> list[Floats]:
    """(n,) for each provider, host or folder with enough articles: which lie there."""
    sites = candidates.sites
    if sites is None:
        return []
    rows: dict[int, list[int]] = {}
    chains = sites.under()
    for row, deepest in enumerate(sites.deepest.tolist()):
        for node in chains[deepest]:
            rows.setdefault(node, []).append(row)
    often = sorted((node for node, found in rows.items() if len(found) >= SEEN_IN), key=lambda node: (-len(rows[node]), node))
    columns = []
    for node in sorted(often[:_NODES]):
        column = np.zeros(len(candidates.wanted))
        column[rows[node]] = 1.0
        columns.append(column * ~candidates.is_placed)
    return columns


def _phrases(candidates: Candidates) -> list[int]:
    """Phrases worth a look, those that name topics first; of those in the same titles one."""
    phrases = candidates.phrases
    if phrases is None:
        return []
    counts = np.asarray(phrases.holds.sum(axis=0)).ravel()
    order = np.lexsort((np.arange(len(counts)), -counts, ~phrases.is_exactly, ~phrases.is_named))
    kept: dict[bytes, int] = {}
    for column in order.tolist():
        start, end = phrases.holds.indptr[column : column + 2]
        if end - start < len(candidates.wanted):
            kept.setdefault(phrases.holds.indices[start:end].tobytes(), column)
        if len(kept) == _PHRASES:
            break
    return list(kept.values())


def _columns(candidates: Candidates, lines: Sequence[Line], nodes: Sequence[Floats], phrases: Sequence[int]) -> _Columns:
    from scipy import sparse

    matrix = _sparse([*winning_units(lines), *nodes], len(candidates.wanted))
    articles = np.concatenate([np.full(len(lines), float(SEEN_IN)), np.full(len(nodes), _SITE)])
    if candidates.phrases is not None:
        matrix = sparse.hstack([matrix, candidates.phrases.holds[:, phrases]]).tocsr()
        articles = np.concatenate([articles, np.where(candidates.phrases.is_named[phrases], _NAMED_TERM, SEEN_IN)])
    before = np.zeros(matrix.shape[1])
    before[: len(lines)] = [line.rule.points for line in lines]
    penalties = articles * _mean_units(matrix)
    penalties[: len(lines)] *= [not is_placing(line, candidates) for line in lines]
    return _Columns(matrix, before, penalties)


def _sparse(columns: Sequence[Floats], rows: int) -> Any:
    from scipy import sparse

    return sparse.csr_matrix(np.stack(columns, axis=1) if columns else np.zeros((rows, 0)))


def _mean_units(matrix: Any) -> Floats:
    """(m,) mean of the units of those that have any: so much a point is worth where it is given."""
    counts = np.asarray((matrix != 0).sum(axis=0)).ravel()
    return np.asarray(np.asarray(abs(matrix).sum(axis=0)).ravel() / np.maximum(1, counts))


def winning_units(lines: Sequence[Line]) -> list[Floats]:
    """(n,) units of each line; of lines that exclude each other only where none with more points of the settings applies."""
    taken: dict[str, Floats] = {}
    result: dict[str, Floats] = {}
    for line in sorted(lines, key=lambda line: -line.rule.points):
        group = line.rule.one_of
        if group is None:
            result[line.name] = line.units
            continue
        free = 1.0 - taken.get(group, np.zeros(len(line.units)))
        result[line.name] = line.units * free
        taken[group] = 1.0 - free * (line.units == 0)
    return [result[line.name] for line in lines]


def _worth(points: Floats, articles: Floats) -> tuple[float, ...]:
    """Points that phrases have, those of most articles first."""
    found = {float(value): float(articles[points == value].sum()) for value in np.unique(points) if value}
    return tuple(sorted(found, key=lambda value: (-found[value], value)))


# The linear programme


def refitted(bench: Bench, lines: Mapping[str, Line], points: Mapping[str, float], counted: Floats) -> dict[str, float]:
    """Points of some lines by least absolute deviations, all at once; those they have now where others are no better.

    Parameters
    ----------
    lines : those that together are to give what `counted` does not.
    counted : (n,) points that other lines give.
    """
    matrix = _sparse(winning_units(list(lines.values())), len(counted))
    before = np.array([points[name] for name in lines])
    rows = np.sort(np.random.default_rng(0).permutation(len(counted))[:_ARTICLES])
    found = _least_absolute(
        bench, bench.candidates.wanted - counted, _Columns(matrix, before, _TIE * _mean_units(matrix)), rows, constant=0.0
    )
    return {name: rounded(line, float(value)) for (name, line), value in zip(lines.items(), found.points, strict=True)}


def _least_absolute(bench: Bench, target: Floats, columns: _Columns, rows: Ints, *, constant: float | None = None) -> _Solution:
    """A constant, unless it is given, and points for each column, by a linear programme.

    minimise  sum |target - constant - units @ points|  +  sum penalty x |points - before|

    At the floor only a sum above it is an error, at the cap only one below it.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    units = columns.units[rows]
    n, m = units.shape
    one, ones = sparse.identity(n), sparse.csr_matrix(np.ones((n, 1)))
    equal = sparse.hstack([ones, units, -units, one, -one]).tocsr()
    too_low, too_high = (~bench.is_low[rows]).astype(np.float64), (~bench.is_high[rows]).astype(np.float64)
    costs = np.concatenate([[0.0], columns.penalties, columns.penalties, too_low, too_high])
    bounds = np.tile([0.0, np.inf], (len(costs), 1))
    bounds[0] = (-np.inf, np.inf) if constant is None else (constant, constant)
    found = linprog(costs, A_eq=equal, b_eq=target[rows] - units @ columns.before, bounds=bounds, method="highs")
    return _Solution(float(found.fun), float(found.x[0]), np.asarray(columns.before + found.x[1 : 1 + m] - found.x[1 + m : 1 + 2 * m]))


# Lengths


def _lengths(bench: Bench, columns: _Columns, rows: Ints) -> Lengths:
    """For each length the limit and the points: first what comes nearest to a curve with bends at many limits, then the best near it."""
    candidates = bench.candidates
    bends = _bends(candidates)
    base, wanted = _told_base(candidates), candidates.wanted.astype(np.float64)
    found = _least_absolute(bench, wanted, _with_bends(columns, list(bends.values())), np.sort(rows), constant=base)
    linear, *curves = np.split(found.points, np.cumsum([len(columns.before), *(curve.shape[1] for curve in bends.values())])[:-1])
    given = {feature: np.asarray(curve @ points) for (feature, curve), points in zip(bends.items(), curves, strict=True)}
    rest = np.asarray(wanted - found.constant - columns.units @ linear) - sum(given.values())
    lengths = {feature: _fitting(bench, rest + curve, feature, rows) for feature, curve in given.items()}
    for feature in candidates.lengths:
        lengths[feature] = _sharpened(bench, columns, lengths, feature, np.sort(rows[:_ARTICLES_AGAIN]))
    return lengths


def _sharpened(bench: Bench, columns: _Columns, lengths: Lengths, feature: str, rows: Ints) -> tuple[int, float]:
    """The limit moved to where all columns together fit best, by ever smaller strides (Hooke and Jeeves, 1961, 10.1145/321062.321069)."""
    limit, rate = lengths[feature]
    losses: dict[int, float] = {}

    def loss(tried: int) -> float:
        if tried not in losses:
            target = bench.candidates.wanted - _counted(bench.candidates, {**lengths, feature: (tried, rate)})
            losses[tried] = _least_absolute(bench, target, columns, rows, constant=_told_base(bench.candidates)).loss
        return losses[tried]

    for stride in _STRIDES if rate else ():
        while (better := min((limit, limit - stride, limit + stride), key=lambda tried: loss(max(0, tried)))) != limit:
            limit = max(0, better)
    return limit, rate


def _bends(candidates: Candidates) -> dict[str, Any]:
    """(n, limits) characters of each length above each limit where it may bend."""
    rows = len(candidates.wanted)
    return {
        feature: _sparse([np.maximum(0.0, lengths - limit) for limit in limits_of(candidates, feature)], rows)
        for feature, lengths in candidates.lengths.items()
    }


def _with_bends(columns: _Columns, bends: Sequence[Any]) -> _Columns:
    from scipy import sparse

    more = sparse.hstack(bends).tocsr()
    return _Columns(
        sparse.hstack([columns.units, more]).tocsr(),
        np.concatenate([columns.before, np.zeros(more.shape[1])]),
        np.concatenate([columns.penalties, SEEN_IN * _mean_units(more)]),
    )


def _counted(candidates: Candidates, lengths: Lengths) -> Floats:
    """(n,) points that lengths give."""
    given = [contribution(np.maximum(0, candidates.lengths[feature] - limit), rate) for feature, (limit, rate) in lengths.items()]
    return np.asarray(np.sum(given, axis=0))


def _told_length(candidates: Candidates, feature: str) -> tuple[int, float]:
    """Limit and points of the settings, (0, 0) if they say nothing of a length."""
    name = candidates.length_lines[feature]
    return next(((int(line.rule.above), line.rule.points) for line in candidates.told if line.name == name), (0, 0.0))


def _fitting(bench: Bench, rest: Floats, feature: str, rows: Ints) -> tuple[int, float]:
    """The limit and the points for a character above it that leave the least of what is to be explained.

    Those of the settings stay if nothing is better by more than `SEEN_IN` points.
    """
    rows = rows[~(bench.is_low | bench.is_high)[rows]]
    target, counted = rest[rows], bench.candidates.lengths[feature][rows]
    limit, rate = _told_length(bench.candidates, feature)
    given = contribution(np.maximum(0, counted - limit), rate)
    least = float(np.minimum(np.abs(target - given), _OUTLIER).sum()) - SEEN_IN
    highest = max(limits_of(bench.candidates, feature), default=-1)
    for tried in range(0, highest + 1, max(1, highest // 200)):
        given = contribution(np.maximum(0, counted - tried), RATES[:, None])
        errors = np.minimum(np.abs(target - given), _OUTLIER).sum(axis=1)
        place = int(errors.argmin())
        if errors[place] < least:
            least, limit, rate = float(errors[place]), tried, float(RATES[place])
    return limit, rate
