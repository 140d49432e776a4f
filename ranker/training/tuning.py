"""Tuning: the settings of heat and blend under which a user's own stream would have been foretold best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.forecast import CUTS, Forecast, Moment, difference_interval, forecast_of, profile_score
from ranker.settings import Settings

_LEAST_GAIN = 1e-4  # of the mean nDCG that a step must win on the training part; less is a tie, and the settings stay
_MAX_ROUNDS = 6  # through all settings; it ends earlier where a round wins nothing

# Values that are tried one setting after the other, from the most to the least telling one. Half-lives in hours. The weight of
# heat is the unit; only the proportions of weights matter to an order.
CHOICES: Mapping[str, Sequence[float]] = {
    "heat.half_life_hours": (1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24),
    "heat.burst": (0, 0.5, 1, 2, 4),
    "heat.past_half_life_hours": (12, 24, 48, 96),
    "blend.weights.recency": (0, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6),
    "blend.weights.quality": (0, 0.02, 0.1, 0.2, 0.4, 0.8, 1.6),
    "recency.half_life_hours": (1, 2, 4, 8, 12, 24),
    "blend.heat_half": (15, 30, 60, 120, 240),
}
UNIT = "blend.weights.heat"

SettingsUnder = Callable[[Mapping[str, float]], Settings]


@dataclass(frozen=True, slots=True)
class Tried:
    """One set of values and how well it foretold the training part."""

    values: Mapping[str, float]
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a search found, measured on the part it has not seen."""

    start: Tried  # the settings it started from
    best: Tried
    start_test: Forecast
    best_test: Forecast
    gain: Interval | None  # 95 %, of nDCG at the first cut on the test part, over the start
    tried: int

    @property
    def is_better(self) -> bool:
        """Whether the found settings foretell the test part better than chance explains: the whole interval lies above 0."""
        return bool(self.best.values) and self.gain is not None and self.gain.low > 0


def tuned(under: SettingsUnder, train: Sequence[Moment], test: Sequence[Moment], *, done: Callable[[], None] = lambda: None) -> Tuning:
    """Settings searched on the training part and measured on the test part.

    Coordinate search: one setting after the other takes the value with the highest mean nDCG over `CUTS`, until a round wins nothing.
    The tables have the qualities and the audience of the start; only heat, recency and blend change.

    Parameters
    ----------
    under : the settings under some values, of the keys of `CHOICES` and `UNIT`; those of the start for none.
    train, test : moments that do not overlap.
    done : called after each set of values.
    """
    start_settings = under({})
    start = best = Tried({}, forecast_of(profile_score(start_settings), train))
    unit = _in_units_of_heat(start_settings)
    known: dict[tuple[tuple[str, float], ...], Tried] = {}
    for _ in range(_MAX_ROUNDS):
        before = best
        for key, choices in CHOICES.items():
            candidates = [_tried({**unit, **best.values, key: value}, under, train, known, done) for value in choices]
            # The first of equals: values rise, so that ties go to the smaller one.
            leader = max(candidates, key=_goal)
            if _goal(leader) > _goal(best) + _LEAST_GAIN:
                best = leader
        if best is before:
            break
    start_test, best_test = (forecast_of(profile_score(under(found.values)), test) for found in (start, best))
    return Tuning(start, best, start_test, best_test, difference_interval(best_test, start_test, CUTS[0]), len(known))


def _in_units_of_heat(settings: Settings) -> dict[str, float]:
    """The weights of the start in its own proportions, that of heat being 1; where heat weighs nothing the others stay as they are."""
    weights = settings.blend.weights
    heat = weights.heat or 1.0
    return {"blend.weights.quality": weights.quality / heat, "blend.weights.recency": weights.recency / heat, UNIT: 1.0}


def _tried(
    values: Mapping[str, float],
    under: SettingsUnder,
    train: Sequence[Moment],
    known: dict[tuple[tuple[str, float], ...], Tried],
    done: Callable[[], None],
) -> Tried:
    key = tuple(sorted(values.items()))
    if key not in known:
        known[key] = Tried(values, forecast_of(profile_score(under(values)), train))
        done()
    return known[key]


def _goal(tried: Tried) -> float:
    return sum(tried.forecast.ndcg[cut] for cut in CUTS) / len(CUTS)
