"""Forecasting: `evaluate --ranking` and `tune`, from a session's articles to figures and a profile."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import click
import msgspec
import numpy as np
import yaml

from ranker.apps import output, screen
from ranker.apps.session import Session, overrides_of, say
from ranker.errors import InputError
from ranker.evaluation.baselines import baselines
from ranker.evaluation.forecast import (
    CUTS,
    SECONDS_PER_DAY,
    Forecast,
    ForecastPlan,
    Gain,
    Moment,
    StoryScore,
    forecast_of,
    heat_score,
    moments_of,
    profile_score,
)
from ranker.settings import Settings
from ranker.settings_file import DEFAULT_PROFILE, load_settings, profile_names, profile_overlay
from ranker.training.tuning import CHOICES, Tuning, tuned

Half = Literal["first", "second", "all"]
_LEAST_MOMENTS = 8  # fewer say nothing
_LEAST_DAYS = 2  # blocks of the bootstrap
_SURE_DAYS = 7  # with fewer, intervals are too narrow: of streams with nothing to find 20 % looked better on 2 days, 10 % on 4, 3 % on 7
_MOST_ROUNDS = 6  # of the search, for the progress bar


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured, and how it is told."""

    horizon_hours: float
    every_hours: float
    alive_hours: float
    gain: str
    half: str
    as_json: bool

    @property
    def plan(self) -> ForecastPlan:
        """The moments and the gain."""
        return ForecastPlan(
            every_hours=self.every_hours, horizon_hours=self.horizon_hours, alive_hours=self.alive_hours, gain=cast("Gain", self.gain)
        )


def measure_ranking(session: Session, asked: Asked) -> None:
    """Every profile of the settings, its heat alone and the baselines as forecasts, on standard output.

    Raises
    ------
    InputError : if the articles do not span enough time.
    """
    first, second = _halves(session, asked.plan)
    moments = {"first": first, "second": second, "all": [*first, *second]}[asked.half]
    _check(moments)
    _tell_moments(moments, asked)
    rows = {name: forecast_of(score, moments) for name, score in _scores(session).items()}
    if asked.as_json:
        click.echo(msgspec.json.encode([{"score": name, **_forecast_json(forecast)} for name, forecast in rows.items()]))
        return
    screen.tell(_lines(rows))


def tune(session: Session, asked: Asked, *, name: str, path: Path) -> None:
    """A profile tuned on the first half of the articles' time and measured on the second; written only if it is better there.

    Raises
    ------
    InputError : if the articles do not span enough time, or a shipped profile has the name.
    """
    start = session.request.profile or DEFAULT_PROFILE
    if name != start and name in profile_names():
        raise InputError(f"--name {name}: is a shipped profile, whose settings would mix with the new ones; choose another name")
    train, test = _halves(session, asked.plan)
    for moments in (train, test):
        _check(moments)
    days = _days(test)
    if days < _SURE_DAYS:
        say(f"only {days} days to measure on: intervals over so few are too narrow, and what looks better may be luck")
    at_most = _MOST_ROUNDS * sum(map(len, CHOICES.values()))
    with screen.progress_bar("settings tried, at most", at_most, shown=True) as progress:
        found = tuned(lambda values: _under(session, values), train, test, done=lambda: progress(1))
    if asked.as_json:
        click.echo(msgspec.json.encode(_tuning_json(found)))
    else:
        screen.tell(_tuning_lines(found))
    if not found.is_better:
        say(f"nothing better than profile {start} was found; {path} is not written")
        return
    output.write_output(path, _profile_text(name, found, start, _start_overlay(session, start)).encode())
    config = session.request.config
    say(f"wrote profile {name} to {path}; " + (f"add it to {config}" if config else f"use it with --config {path} --profile {name}"))


def _halves(session: Session, plan: ForecastPlan) -> tuple[list[Moment], list[Moment]]:
    """Moments before and after the middle of the articles' time."""
    ranking = session.ranking
    table = ranking.scores.table
    known = table.times[~np.isnan(table.times)]
    if not len(known):
        raise InputError("no article has a date; a forecast needs a stream of timed articles")
    middle = (float(known.min()) + float(known.max())) / 2
    return list(moments_of(table, plan, until=middle)), list(moments_of(table, plan, since=middle))


def _check(moments: Sequence[Moment]) -> None:
    days = _days(moments)
    if len(moments) < _LEAST_MOMENTS or days < _LEAST_DAYS:
        raise InputError(
            f"the articles give {len(moments)} moments on {days} days at which a story grew; "
            f"at least {_LEAST_MOMENTS} on {_LEAST_DAYS} are needed"
        )


def _days(moments: Sequence[Moment]) -> int:
    return len({int(moment.time // SECONDS_PER_DAY) for moment in moments})


def _tell_moments(moments: Sequence[Moment], asked: Asked) -> None:
    stories = sum(len(moment.gains) for moment in moments) / len(moments)
    say(
        f"{len(moments)} moments, {stories:.0f} stories alive at each; gain: new {asked.gain} within {asked.horizon_hours:g} hours; "
        "nDCG with 95 % intervals over days"
    )


def _scores(session: Session) -> dict[str, StoryScore]:
    """What is measured, by name: the profiles (that of the options first), their heat alone, the baselines."""
    asked = session.request.profile or DEFAULT_PROFILE
    names = sorted(profile_names(session.request.config), key=lambda name: (name != asked, name))
    overrides = overrides_of(session.request)
    of_others = {key: value for key, value in overrides.items() if not key.startswith("blend.")}  # --weights are the asked profile's
    profiles = {
        name: load_settings(session.request.config, profile=name, overrides=overrides if name == asked else of_others) for name in names
    }
    found: dict[str, StoryScore] = {name: profile_score(settings, rated_by=session.settings.quality) for name, settings in profiles.items()}
    found |= {f"heat of {name}": heat_score(settings) for name, settings in profiles.items()}
    return found | dict(baselines())


def _lines(rows: Mapping[str, Forecast]) -> Iterator[str]:
    wide = max(map(len, rows))
    yield f"{'':<{wide}}  {'nDCG@5':>22}  {'nDCG@10':>22}  Spearman"
    for name, forecast in rows.items():
        cells = [f"{forecast.ndcg[cut]:.4f}{_interval(forecast, cut):>16}" for cut in CUTS]
        yield f"{name:<{wide}}  {'  '.join(cells)}  {_number(forecast.spearman):>8}"


def _interval(forecast: Forecast, cut: int) -> str:
    interval = forecast.intervals[cut]
    return "" if interval is None else f" ({interval.low:.3f}-{interval.high:.3f})"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _forecast_json(forecast: Forecast) -> dict[str, Any]:
    told: dict[str, Any] = {"moments": forecast.moments, "spearman": None if math.isnan(forecast.spearman) else forecast.spearman}
    ends = forecast.spearman_interval
    told["spearmanInterval"] = None if ends is None else [ends.low, ends.high]
    for cut in CUTS:
        interval = forecast.intervals[cut]
        told[f"ndcg@{cut}"] = forecast.ndcg[cut]
        told[f"ndcg@{cut}Interval"] = None if interval is None else [interval.low, interval.high]
    return told


# Tuning


def _under(session: Session, values: Mapping[str, float]) -> Settings:
    overrides = {**overrides_of(session.request), **values}
    return load_settings(session.request.config, profile=session.request.profile, overrides=overrides)


def _tuning_lines(found: Tuning) -> Iterator[str]:
    yield f"{found.tried} settings tried on {found.start.forecast.moments} moments, measured on {found.start_test.moments} later ones"
    yield f"{'':<10}  {'train @5':>8}  {'train @10':>9}  {'test @5':>8}  {'test @10':>8}"
    for name, train, test in (("start", found.start.forecast, found.start_test), ("found", found.best.forecast, found.best_test)):
        yield f"{name:<10}  {train.ndcg[5]:>8.4f}  {train.ndcg[10]:>9.4f}  {test.ndcg[5]:>8.4f}  {test.ndcg[10]:>8.4f}"
    if found.gain is not None:
        won = found.best_test.ndcg[CUTS[0]] - found.start_test.ndcg[CUTS[0]]
        yield f"found - start at test @5: {won:+.4f} (95 % {found.gain.low:+.4f} to {found.gain.high:+.4f})"
    for key, value in found.best.values.items():
        yield f"  {key} = {value:g}"


def _tuning_json(found: Tuning) -> dict[str, Any]:
    return {
        "tried": found.tried,
        "values": dict(found.best.values),
        "train": {"start": _forecast_json(found.start.forecast), "found": _forecast_json(found.best.forecast)},
        "test": {"start": _forecast_json(found.start_test), "found": _forecast_json(found.best_test)},
        "gainInterval": None if found.gain is None else [found.gain.low, found.gain.high],
        "isBetter": found.is_better,
    }


def _start_overlay(session: Session, start: str) -> dict[str, Any]:
    """What the search started from, as changes of the defaults: the profile, and --weights over it."""
    overlay = copy.deepcopy(profile_overlay(session.request.config, start))
    weights = overrides_of(session.request).get("blend.weights")
    if weights is not None:
        overlay.setdefault("blend", {})["weights"] = weights
    return overlay


def _profile_text(name: str, found: Tuning, start: str, overlay: Mapping[str, Any]) -> str:
    """A settings file with one profile: what the start changes, and over it what was found."""
    tree: dict[str, Any] = copy.deepcopy(dict(overlay))
    for key, value in found.best.values.items():
        *sections, last = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    head = f"# Tuned from profile {start}: nDCG@5 {found.best_test.ndcg[5]:.4f} on the later half, {found.start_test.ndcg[5]:.4f} before.\n"
    return head + yaml.safe_dump({"profiles": {name: tree}}, sort_keys=False)
