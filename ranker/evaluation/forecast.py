"""Forecast: how well an order of stories foretells which of them will be covered next, on timed articles without labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import msgspec
import numpy as np

from ranker.evaluation.bootstrap import Interval, percentile_interval, resampled_means
from ranker.ranking.heat import SECONDS_PER_HOUR
from ranker.ranking.quality import Scorecard
from ranker.ranking.scores import SignalSettings, scores_of
from ranker.ranking.table import Floats, StoryTable
from ranker.settings import QualitySettings, Settings

Gain = Literal["articles", "groups"]
SECONDS_PER_DAY = 86400.0
CUTS = (5, 10)  # places looked at


@dataclass(frozen=True, slots=True)
class ForecastPlan:
    """When stories are ranked and what counts as having been right."""

    every_hours: float = 3.0  # between two moments
    horizon_hours: float = 3.0  # articles in so many hours after a moment are the gain
    alive_hours: float = 48.0  # a story is ranked while its last article is no older
    warm_up_hours: float = 48.0  # after the first article, before the first moment
    gain: Gain = "articles"  # new articles, or publisher groups that are new to the story


@dataclass(frozen=True)
class Moment:
    """One moment: what was known, and what came."""

    time: float  # seconds since 1970
    table: StoryTable  # articles up to then of the stories that are alive, in order of story
    gains: Floats  # (n_stories,) what each story won within the horizon

    @property
    def newest(self) -> Floats:
        """(n_stories,) seconds of each story's newest article; ties are broken by it."""
        return np.asarray(np.maximum.reduceat(self.table.times, self.table.starts), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How well one score foretold: means over moments, with intervals over days."""

    ndcg: Mapping[int, float]  # by cut, 0 to 1
    intervals: Mapping[int, Interval | None]  # 95 %, whole days drawn with replacement
    spearman: float  # mean rank correlation with the gain, over all stories alive; moments at which all scores are equal are left out
    moments: int
    by_moment: Mapping[int, Floats]  # (n_moments,) nDCG of each moment, by cut
    days: Sequence[int]  # the day of each moment
    spearman_interval: Interval | None = None  # 95 %, whole days drawn


StoryScore = Callable[[Moment], Floats]  # a number for each story of a moment, higher is better


def moments_of(table: StoryTable, plan: ForecastPlan, *, since: float = -math.inf, until: float = math.inf) -> Iterator[Moment]:
    """The moments at which stories are ranked, in order of time; those at which nothing is gained say nothing and are left out.

    Stories are those found with all articles in view; at a moment each has the articles that were out by then. Undated
    articles are never out. Visits and shares, which have no time, count nothing.

    Parameters
    ----------
    table : of all articles.
    since, until : seconds since 1970; moments lie within, the whole horizon too.
    """
    dated = table.taken(~np.isnan(table.times))
    dated = replace(dated, audience=np.zeros(len(dated)))  # totals of today say what nobody knew then
    if not len(dated):
        return
    order = np.argsort(dated.times, kind="stable")
    times = dated.times[order]
    step, horizon = plan.every_hours * SECONDS_PER_HOUR, plan.horizon_hours * SECONDS_PER_HOUR
    start = max(times[0] + plan.warm_up_hours * SECONDS_PER_HOUR, since)
    last = min(times[-1], until) - horizon
    for moment in np.arange(math.ceil(start / step) * step, last + 1e-6, step).tolist():
        now = int(np.searchsorted(times, moment, side="right"))
        lately = int(np.searchsorted(times, moment - plan.alive_hours * SECONDS_PER_HOUR, side="left"))
        later = int(np.searchsorted(times, moment + horizon, side="right"))
        alive = np.unique(dated.numbers[order[lately:now]])
        coming = order[now:later]
        coming = coming[np.isin(dated.numbers[coming], alive)]
        gains = _gains(dated, coming, moment, plan.gain)
        if not gains.any():
            continue
        out = (dated.times <= moment) & np.isin(dated.numbers, alive)
        yield Moment(moment, dated.taken(out), gains[alive])


def forecast_of(score: StoryScore, moments: Sequence[Moment], *, seed: int = 0) -> Forecast:
    """How well a score foretold the gains of some moments.

    nDCG with the gain itself as gain and the discount 1 / log2(1 + place) (Jarvelin and Kekalainen, 2002,
    doi:10.1145/582415.582418); equal scores by the newest article, then by id. The intervals draw whole days, since the
    moments of one day hang together (block bootstrap: Kunsch, 1989, doi:10.1214/aos/1176347265).
    """
    from scipy.stats import spearmanr  # half a second to import

    gained: dict[int, list[float]] = {cut: [] for cut in CUTS}
    ranks: list[tuple[int, float]] = []  # day and correlation
    for moment in moments:
        scores = score(moment)
        order = np.lexsort((np.arange(len(scores)), -moment.newest, -scores))
        for cut in CUTS:
            gained[cut].append(_ndcg(moment.gains[order], moment.gains, cut))
        if np.ptp(scores) > 0 and np.ptp(moment.gains) > 0:
            ranks.append((int(moment.time // SECONDS_PER_DAY), float(spearmanr(scores, moment.gains).statistic)))
    days = [int(moment.time // SECONDS_PER_DAY) for moment in moments]
    columns = {cut: np.array(values) for cut, values in gained.items()}
    return Forecast(
        ndcg={cut: float(values.mean()) if len(values) else math.nan for cut, values in columns.items()},
        intervals=_intervals(days, columns, seed),
        spearman=float(np.mean([rank for _, rank in ranks])) if ranks else math.nan,
        spearman_interval=_intervals([day for day, _ in ranks], {0: np.array([rank for _, rank in ranks])}, seed)[0],
        moments=len(moments),
        by_moment=columns,
        days=days,
    )


def difference_interval(one: Forecast, other: Forecast, cut: int, *, seed: int = 0) -> Interval | None:
    """95 % interval of how much higher the first forecast's mean nDCG is: both over the same moments, whole days drawn."""
    return _intervals(one.days, {cut: one.by_moment[cut] - other.by_moment[cut]}, seed)[cut]


def profile_score(settings: Settings, *, rated_by: QualitySettings | None = None) -> StoryScore:
    """The score that a profile gives, weights and all.

    Parameters
    ----------
    rated_by : the settings that the qualities in the tables come from; those of the profile by default. Where they give other points, and
        where points depend on the age, articles are rated again at each moment.
    """
    signals, card = SignalSettings.of(settings), Scorecard(settings.quality)
    rates_again = card.ages or (rated_by is not None and not _same_points(rated_by, settings.quality))

    def score(moment: Moment) -> Floats:
        table, as_of = moment.table, datetime.fromtimestamp(moment.time, tz=UTC)
        if rates_again:
            table = table.with_quality(card, as_of)
        return scores_of(table, as_of, signals).blended(settings.blend).scores

    return score


def _same_points(one: QualitySettings, other: QualitySettings) -> bool:
    """Whether two scorecards give an article the same points: what becomes of a story's articles is no part of that."""
    return msgspec.structs.replace(one, story_weights=other.story_weights, publish_at=other.publish_at) == other


def heat_score(settings: Settings) -> StoryScore:
    """A profile's heat alone, above the leads' quality."""
    signals = SignalSettings.of(settings)
    return lambda moment: scores_of(moment.table, datetime.fromtimestamp(moment.time, tz=UTC), signals).heat.warmth


def _gains(table: StoryTable, coming: np.ndarray[tuple[int], np.dtype[np.int64]], moment: float, gain: Gain) -> Floats:
    """(n_stories,) what comes, of all stories of the table."""
    kept = coming
    if gain == "groups":
        key = table.numbers * (int(table.groups.max()) + 1) + table.groups
        fresh = coming[~np.isin(key[coming], key[table.times <= moment])]
        kept = fresh[np.unique(key[fresh], return_index=True)[1]]
    return np.bincount(table.numbers[kept], minlength=len(table.starts)).astype(np.float64)


def _ndcg(ordered: Floats, gains: Floats, cut: int) -> float:
    discounts = 1 / np.log2(np.arange(2, cut + 2))
    best = np.sort(gains)[::-1][:cut]
    return float((ordered[:cut] * discounts[: len(ordered)]).sum() / (best * discounts[: len(best)]).sum())


def _intervals(days: Sequence[int], columns: Mapping[int, Floats], seed: int) -> dict[int, Interval | None]:
    if not days:
        return dict.fromkeys(columns)
    _, blocks = np.unique(days, return_inverse=True)
    n = int(blocks.max()) + 1
    means = resampled_means(blocks.astype(np.int64), np.stack(list(columns.values()), axis=1), n_stories=n, seed=seed)
    return {cut: percentile_interval(means[:, column]) for column, cut in enumerate(columns)}
