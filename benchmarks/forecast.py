"""Heat and profiles as forecasts, beside what else one could use: `python benchmarks/forecast.py [STREAM] [--gain groups]`.

STREAM is any input of timed articles; by default the hourly front page beside the project. Settings are chosen on the first half of its
time, figures are of the second.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ranker.articles.reading import read_articles
from ranker.evaluation.baselines import baselines
from ranker.evaluation.forecast import (
    Forecast,
    ForecastPlan,
    Moment,
    StoryScore,
    difference_interval,
    forecast_of,
    heat_score,
    moments_of,
    profile_score,
)
from ranker.pipeline import rank_articles
from ranker.places import models_folder
from ranker.ranking.heat import SECONDS_PER_HOUR
from ranker.ranking.quality import Scorecard
from ranker.ranking.table import StoryTable, story_table
from ranker.settings_file import load_settings, profile_names
from ranker.stories.publishers import load_publishers
from ranker.vectors.background import load_background
from ranker.vectors.cache import open_cache
from ranker.vectors.encoder import load_encoder

STREAM = Path(__file__).resolve().parents[2] / "shared" / "data" / "stream-dev.jsonl"
RESULT = Path(__file__).parent / "results" / "forecast.json"
_NO_RATE = 1e-300  # keeps a logarithm finite


def hawkes(table: StoryTable, until: float, horizon: float) -> tuple[StoryScore, list[float]]:
    """A self-exciting process with two exponential kernels, shared by all stories, fitted by likelihood on articles up to `until`.

    The score is the number of articles that it expects within the horizon from those that are out (children of children left out).

    Returns
    -------
    the score, and the branching ratios and half-lives in hours of the two kernels.
    """
    known = table.taken(table.times <= until)
    hours = known.times / SECONDS_PER_HOUR
    end = until / SECONDS_PER_HOUR
    numbers = known.numbers.tolist()

    def cost(logs: NDArray[np.float64]) -> float:
        ratio, rate, other_ratio, other_rate = np.exp(logs).tolist()
        total, one, other, before, last = 0.0, 0.0, 0.0, -1, 0.0
        for number, time in zip(numbers, hours.tolist(), strict=True):
            if number != before:
                one = other = 0.0
            else:
                one *= np.exp(-rate * (time - last))
                other *= np.exp(-other_rate * (time - last))
                total -= np.log(ratio * rate * one + other_ratio * other_rate * other + _NO_RATE)
            one, other, before, last = one + 1, other + 1, number, time
        seen = ratio * (1 - np.exp(-rate * (end - hours))) + other_ratio * (1 - np.exp(-other_rate * (end - hours)))
        return float(total + seen.sum())

    start = np.log([0.5, 0.3, 0.2, 0.05])
    found = np.exp(minimize(cost, start, method="Nelder-Mead", options={"maxiter": 300}).x)

    def score(moment: Moment) -> NDArray[np.float64]:
        ages = (moment.time - moment.table.times) / SECONDS_PER_HOUR
        expected = sum(ratio * (np.exp(-rate * ages) - np.exp(-rate * (ages + horizon))) for ratio, rate in (found[:2], found[2:]))
        return np.asarray(np.add.reduceat(expected, moment.table.starts), dtype=np.float64)

    return score, [float(found[0]), float(np.log(2) / found[1]), float(found[2]), float(np.log(2) / found[3])]


def heat_variants() -> dict[str, StoryScore]:
    """Heat of the profile `hottest` with one thing changed at a time."""

    def under(**changes: object) -> StoryScore:
        overrides = {key.replace("__", "."): value for key, value in changes.items()}
        return heat_score(load_settings(profile="hottest", overrides=overrides))

    def on(change: Callable[[StoryTable], StoryTable]) -> StoryScore:
        plain = under()
        return lambda moment: plain(replace(moment, table=change(moment.table)))

    found = {"as it is": under()}
    found |= {f"half-life {hours:g} h": under(heat__half_life_hours=hours) for hours in (1.5, 2, 3, 6, 8, 12)}
    found |= {f"burst {burst:g}": under(heat__burst=burst) for burst in (0, 1, 4)}
    found |= {f"past half-life {hours:g} h": under(heat__past_half_life_hours=hours) for hours in (12, 48, 96)}
    found["each article counts, not each group"] = on(
        lambda table: replace(table, groups=np.arange(len(table)), group_names=["-"] * len(table))
    )
    found["the group that told it first counts nothing"] = on(
        lambda table: replace(table, writes_own=table.writes_own & (table.is_new_voice | table.is_first_report))
    )
    found["copies count"] = on(lambda table: replace(table, texts=np.arange(len(table))))
    found["aggregators count"] = on(lambda table: replace(table, writes_own=np.ones(len(table), dtype=np.bool_)))
    return found


def told(forecast: Forecast) -> dict[str, object]:
    """Figures as JSON."""
    intervals = {cut: None if found is None else [found.low, found.high] for cut, found in forecast.intervals.items()}
    return {"ndcg": dict(forecast.ndcg), "intervals": intervals, "spearman": forecast.spearman, "moments": forecast.moments}


def measured(scores: Mapping[str, StoryScore], first: list[Moment], second: list[Moment], against: str) -> dict[str, object]:
    """Both halves for each score, printed as they come, and how far each is behind one of them."""
    rows: dict[str, object] = {}
    best = forecast_of(scores[against], second)
    for name, score in scores.items():
        one, other = forecast_of(score, first), forecast_of(score, second)
        apart = difference_interval(other, best, 5)
        interval = "" if apart is None else f"{other.ndcg[5] - best.ndcg[5]:+.4f} ({apart.low:+.4f} to {apart.high:+.4f})"
        print(
            f"{name:<38} {one.ndcg[5]:.4f} {one.ndcg[10]:.4f} | {other.ndcg[5]:.4f} {other.ndcg[10]:.4f} {other.spearman:6.3f}  {interval}"
        )
        rows[name] = {"first": told(one), "second": told(other), "differenceAt5": None if apart is None else [apart.low, apart.high]}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stream", nargs="?", type=Path, default=STREAM)
    parser.add_argument("--gain", choices=["articles", "groups"], default="articles")
    asked = parser.parse_args()
    settings = load_settings()
    articles = read_articles([str(asked.stream)], settings.reading).articles
    as_of = max(article.published for article in articles if article.published is not None)
    encoder = load_encoder(settings.encoder, models=models_folder())
    background = load_background(models_folder() / "background.json")
    ranking = rank_articles(articles, settings, as_of=as_of, encoder=encoder, background=background, cache=open_cache(settings.cache))
    table = ranking.scores.table
    plan = ForecastPlan(gain=asked.gain)
    middle = (float(np.nanmin(table.times)) + float(np.nanmax(table.times))) / 2
    first, second = list(moments_of(table, plan, until=middle)), list(moments_of(table, plan, since=middle))
    print(
        f"{len(articles):,} articles, {len(table.starts):,} stories, {len(first)} + {len(second)} moments; nDCG@5 @10 first | second half"
    )
    fitted, kernels = hawkes(table, middle, plan.horizon_hours)
    profiles = {name: load_settings(profile=name) for name in profile_names()}
    scores: dict[str, StoryScore] = {"Hawkes, fitted on the first half": fitted}
    scores |= {f"heat of {name}": heat_score(profile) for name, profile in profiles.items()}
    scores |= {f"profile {name}": profile_score(profile) for name, profile in profiles.items()}
    rows = measured(scores | dict(baselines()), first, second, "heat of hottest")
    print(f"\nheat of hottest, one thing changed (Hawkes: branching {kernels[0]:.2f}, half-life {kernels[1]:.1f} h)")
    variants = measured(heat_variants(), first, second, "as it is")
    unlisted = load_settings(overrides={"publishers.known": False})
    publishers = load_publishers(unlisted.publishers)
    grouping = ranking.grouping
    plain = story_table(grouping.stories, grouping.texts, Scorecard(settings.quality), publishers, settings.heat, as_of=as_of)
    halves = list(moments_of(plain, plan, until=middle)), list(moments_of(plain, plan, since=middle))
    variants |= measured({"no list of publishers": heat_score(profiles["hottest"])}, *halves, "no list of publishers")
    report = {
        "stream": asked.stream.name,
        "taken": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "plan": asdict(plan),
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "hawkes": {"ratios": [kernels[0], kernels[2]], "halfLifeHours": [kernels[1], kernels[3]]},
        "scores": rows,
        "heatVariants": variants,
    }
    RESULT.with_stem(f"forecast-{asked.gain}").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
