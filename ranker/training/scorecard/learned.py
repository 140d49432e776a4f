"""The scorecard that is learned, and how well it gives the qualities that articles carry."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.ranking.quality import Scorecard
from ranker.settings import QualitySettings
from ranker.training.scorecard.candidates import Candidates, Ints, candidates_of, name_of
from ranker.training.scorecard.draft import NEW_PART, Bench
from ranker.training.scorecard.search import fitted_draft
from ranker.training.scorecard.written import settings_of

FEWEST = 20  # articles to learn from: fewer than there are points to be found would be met by any
_HEAP = 5  # articles with one high or low quality that may mean a bound ...
_HEAP_SHARE = 0.05  # ... their share of all ...
_BEYOND_HEAP = 0.5  # ... and how many may lie beyond it for each of them
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # the rules of a fitted card do not ask for the time


@dataclass(frozen=True, slots=True)
class Fitted:
    """A scorecard learned from articles."""

    settings: QualitySettings
    left_out: tuple[str, ...]  # rules of age in the settings, which cannot be learned


@dataclass(frozen=True, slots=True)
class Miss:
    """An article whose quality is another than that of the card."""

    article: Article
    wanted: int
    found: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a card gives the qualities that some articles carry."""

    articles: int
    exact: int
    within_one: int
    misses: tuple[Miss, ...]  # the largest first
    acts_on: Mapping[str, int]  # articles that a rule gives or takes points, by rule

    @property
    def share(self) -> float:
        """Share of the articles whose quality is exact."""
        return self.exact / self.articles if self.articles else math.nan


def halves(articles: Sequence[Article], test_share: float, *, seed: int) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
    """Articles to learn from and articles to measure on, drawn by lot.

    Parameters
    ----------
    articles : their order makes no difference.
    test_share : of those to measure on, 0 to below 1; rounded to whole articles.
    """
    ordered = sorted(articles, key=lambda article: article.id)
    drawn = set(np.random.default_rng(seed).permutation(len(ordered))[: round(test_share * len(ordered))].tolist())
    train = tuple(article for place, article in enumerate(ordered) if place not in drawn)
    return train, tuple(article for place, article in enumerate(ordered) if place in drawn)


def fit_scorecard(articles: Sequence[Article], settings: QualitySettings) -> Fitted:
    """The scorecard that gives the most articles exactly the quality they carry, and is no longer than it must be.

    What the settings say is where it starts from: points of theirs are kept unless several articles ask for others, rules that act on
    none of the articles are kept as they are, and lists they fill are taken as they are. Empty lists (own feeds, known providers, topic
    terms) are discovered, and so are rules about types, categories, topics, lengths and keys beyond the format.

    Parameters
    ----------
    articles : those without a quality are ignored; their order makes no difference.

    Raises
    ------
    InputError : if fewer than `FEWEST` carry a quality.
    """
    usable = [article for article in articles if article.quality is not None]
    if len(usable) < FEWEST:
        raise InputError(f"{len(usable)} articles with a quality to learn from; at least {FEWEST} are needed")
    candidates = candidates_of(usable, settings)
    drafts = []
    for floor, cap in _bounds(candidates):
        bench = Bench(candidates, floor, cap, name_of(settings, "topic_terms"))
        draft = fitted_draft(bench)
        is_told = (floor, cap) == (settings.floor, math.inf if settings.cap is None else settings.cap)
        drafts.append((bench.value(draft) - (0.0 if is_told else NEW_PART), bench, draft))
    _, bench, draft = max(drafts, key=lambda entry: entry[0])
    return Fitted(settings_of(bench, draft), candidates.left_out)


def fit_of(settings: QualitySettings, articles: Sequence[Article]) -> Fit:
    """How well a card without rules of age gives the qualities that articles carry; those that carry none are ignored."""
    card = Scorecard(settings)
    acts: Counter[str] = Counter()
    misses = []
    near = 0
    wanted = [(article, article.quality) for article in articles if article.quality is not None]
    for article, quality in wanted:
        found = card.quality_of(article, _NO_TIME)
        acts.update(part.feature for part in found.parts)
        near += abs(found.points - quality) <= 1
        if found.points != quality:
            misses.append(Miss(article, quality, found.points))
    misses.sort(key=lambda miss: (-abs(miss.wanted - miss.found), miss.article.id))
    by_rule = {name: acts[name.replace("_", " ")] for name, rule in settings.rules.items() if rule is not None}
    return Fit(len(wanted), len(wanted) - len(misses), near, tuple(misses), by_rule)


def _bounds(candidates: Candidates) -> list[tuple[float, float]]:
    """Floors and caps worth a try, those of the settings first; without a bound, the lowest or highest quality there is."""
    wanted, settings = candidates.wanted, candidates.settings
    floors = [settings.floor, *(float(-cap) for cap in _caps(-wanted, -settings.floor))]
    told = math.inf if settings.cap is None else settings.cap
    return [(floor, cap) for cap in (told, *_caps(wanted, told)) for floor in floors if floor < cap]


def _caps(wanted: Ints, told: float) -> list[float]:
    """Caps besides that of the settings: none, if qualities lie above that; and a high quality that many articles have and few exceed."""
    values, counts = np.unique(wanted, return_counts=True)
    above = len(wanted) - np.cumsum(counts)
    heaps = values[(counts >= max(_HEAP, _HEAP_SHARE * len(wanted))) & (above <= _BEYOND_HEAP * counts)]
    caps = [math.inf] if values[-1] > told else []
    return [*caps, *(float(value) for value in heaps[:1] if value != told)]
