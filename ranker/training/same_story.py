"""Learning "same story": weights of evidence found by what they are for, B-cubed F1 on labelled articles, and a calibrated probability.

A likelihood fitted to pairs puts the cut where most pairs decide it, and the pairs of a few big stories outnumber all others; it
fails on sets with stories of another size. So the weights are searched for directly: average linkage is run, its stories are
held against the true ones, and a change of weights is kept if the score over all inputs and variants rises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.evaluation.metrics import b_cubed
from ranker.evaluation.sweep import RememberingEncoder
from ranker.evaluation.variants import sampled
from ranker.settings import GroupingSettings
from ranker.stories.evidence import SAGA_FROM_DAYS, SAGA_TO_DAYS, SECONDS_PER_DAY, SIDES, Evidence, evidence_of
from ranker.stories.same_story import Calibration, SameStory
from ranker.vectors.background import Background
from ranker.vectors.corpus import Corpus, build_corpus
from ranker.vectors.encoder import Encoder, Progress
from ranker.vectors.nearest import Pairs, nearest_pairs

Floats = NDArray[np.float32]

# Where the search begins: dense and rare-word cosine at .4 and .6, time at about what a day's gap costs in plain recipes.
START = {"meaning": 0.4, "rare_words": 0.6, "hours_apart": -0.1, "days_apart": -0.5, "undated": -0.25, "saga": -0.3, "same_provider": -0.2}
START |= {"shared_topics": 0.1, "other_topics": -0.1, "other_category": -0.05, "other_ordinals": -0.1}
START_JOIN_AT = 0.05
# Evidence that labelled sets show in one form alone, while sites differ (topics of one taxonomy, a provider once a story): no weight
# beyond these, in points of the score. Without them a set with topics of another kind, left out, fell by more than a tenth.
LIMITS = {"same_provider": 0.25, "shared_topics": 0.1, "other_topics": 0.1, "other_category": 0.05, "other_form": 0.05}
# How much an example counts: an input as it is more than what is made of it.
_VARIANT_WEIGHTS = {"stories": 6.0, "articles": 2.0}
_BEYOND = 5.0  # score taken off pairs farther apart than the window: many near pairs would be needed to outvote one


@dataclass(frozen=True, slots=True)
class LabelledInput:
    """Articles with their true stories; the unit that is weighted equally, and left out as a whole."""

    name: str
    articles: tuple[Article, ...]  # those with a label
    labels: Mapping[str, str]  # by article id


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """How the weights are searched for."""

    steps: int = 400  # weights tried
    seed: int = 0
    margins: tuple[float, ...] = (-0.02, 0.0, 0.02)  # F1 is averaged over cuts so far off: a peak of one cut carries over to nothing
    worst_share: float = 0.3  # share of the objective that the worst input has, beside the mean of all
    articles: int = 2500  # of whole stories at most: average linkage over all pairs is quadratic
    variant_articles: int = 600  # and of what is made of an input
    step_size: float = 0.1  # standard deviation of a change of one weight at first, in points of the score; falls to an eighth


@dataclass(frozen=True, slots=True)
class Example:
    """One variant of an input, ready for the search: all pairs of its articles, in scipy's condensed order."""

    source: str
    variant: str
    evidence: Floats  # (kinds of evidence, n (n - 1) / 2)
    beyond: NDArray[np.bool_]  # (n (n - 1) / 2,) farther apart than the window
    near: NDArray[np.bool_]  # (n (n - 1) / 2,) among the nearest pairs: those that a user ever sees a probability of
    truth: tuple[str, ...]  # (n,)

    def scores(self, weights: NDArray[np.float64], join_at: float) -> Floats:
        """(n (n - 1) / 2,) scores of all pairs."""
        return np.asarray(weights.astype(np.float32) @ self.evidence - join_at - _BEYOND * self.beyond, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a search found."""

    model: SameStory
    objective: float
    f1: dict[tuple[str, str], float]  # by source and variant


def examples_of(
    labelled: LabelledInput, encoder: Encoder, background: Background, settings: GroupingSettings, learning: LearningSettings
) -> list[Example]:
    """The variants of one input that the search looks at.

    Whole stories; a share of the articles (most see but part of a story) and a smaller one; whole stories without topics and
    categories, if there are any; and with times three times as far apart, if there are any, so that the span of a set cannot be learned.

    Raises
    ------
    InputError : if the input has fewer than two stories.
    """
    if len(set(labelled.labels.values())) < 2:  # noqa: PLR2004
        raise InputError(f"{labelled.name}: has fewer than two labelled stories; nothing can be learned from it")
    part = _whole_stories(labelled, min(learning.articles, learning.variant_articles), learning.seed)
    share = min(0.5, learning.variant_articles / len(labelled.articles))
    variants = {
        "stories": _whole_stories(labelled, learning.articles, learning.seed),
        "articles": sampled(labelled.articles, share, seed=learning.seed),
        "fewer": sampled(labelled.articles, min(0.2, share / 2), seed=learning.seed + 1),
    }
    if any(article.topics or article.category for article in part):
        variants["without topics"] = tuple(replace(article, topics=(), category="") for article in part)
    if any(article.dated for article in part):
        variants["stretched"] = part
    known = RememberingEncoder(encoder)
    made = []
    for name, articles in variants.items():
        if len(articles) > 1:
            corpus = build_corpus(articles, known, None, background=background, background_texts=settings.background_texts)
            corpus = replace(corpus, times=corpus.times * 3) if name == "stretched" else corpus
            made.append(_example(labelled, name, corpus, settings))
    return made


def learn(examples: Sequence[Example], learning: LearningSettings, *, progress: Progress | None = None) -> Learned:
    """The weights, the cut and the calibration that do best on some examples.

    A random local search (Rastrigin, 1963): one to three weights are changed at a time, by less and less; a change stays if the objective
    rises. No weight leaves its side or passes its limit. Seeded: the same examples give the same weights.

    Raises
    ------
    InputError : if no probability can be learned, see `calibrated`.
    """
    rng = np.random.default_rng(learning.seed)
    names = list(SIDES)
    sides = np.array([*SIDES.values(), 1], dtype=np.float64)
    limits = np.array([LIMITS.get(name, np.inf) for name in names])
    best = np.array([*(START.get(name, 0.0) for name in names), START_JOIN_AT])
    best_value = _objective(_f1(examples, best, learning), learning)
    for step in range(learning.steps):
        left = 1 - step / learning.steps
        tried = best.copy()
        chosen = rng.choice(len(tried), size=rng.integers(1, 4), replace=False)
        tried[chosen] += rng.normal(size=len(chosen)) * learning.step_size * max(left, 0.125) * _relative_size(names, chosen)
        tried[:-1] = np.clip(np.where(tried[:-1] * sides[:-1] < 0, 0.0, tried[:-1]), -limits, limits)
        value = _objective(_f1(examples, tried, learning), learning)
        if value > best_value:
            best, best_value = tried, value
        if progress is not None:
            progress(1)
    best = np.round(best, 4)
    found = _f1(examples, best, learning)
    weights = {name: float(weight) for name, weight in zip(names, best[:-1], strict=True)}
    return Learned(SameStory(weights, float(best[-1]), calibrated(examples, best)), _objective(found, learning), found)


def calibrated(examples: Sequence[Example], weights: NDArray[np.float64]) -> Calibration:
    """Slope and intercept of the log-odds, by logistic regression (Platt, 1999) on near pairs, every example weighing the same.

    Raises
    ------
    InputError : if near pairs are all of one kind, or those of one story have no higher scores.
    """
    from sklearn.linear_model import LogisticRegression

    scores, same, weight = near_pairs(examples, weights)
    if same.all() or not same.any():
        raise InputError("near pairs are all of one story, or all of two: what a score is worth cannot be learned from them")
    fitted = LogisticRegression(C=1e6).fit(scores[:, None], same, sample_weight=weight)
    found = Calibration(round(float(fitted.coef_[0, 0]), 4), round(float(fitted.intercept_[0]), 4))
    if found.slope <= 0:
        raise InputError("pairs with higher scores are one story no more often than others; are these the right labels?")
    return found


def near_pairs(
    examples: Sequence[Example], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Scores, truth and weights of the near pairs of all examples; each example's weights add up to 1."""
    scores, same, weight = [], [], []
    for example in examples:
        kept = np.flatnonzero(example.near)
        codes = np.unique(example.truth, return_inverse=True)[1]
        left, right = np.triu_indices(len(codes), 1)
        scores.append(example.scores(weights[:-1], float(weights[-1]))[kept].astype(np.float64))
        same.append(codes[left[kept]] == codes[right[kept]])
        weight.append(np.full(len(kept), 1 / max(1, len(kept))))
    return np.concatenate(scores), np.concatenate(same), np.concatenate(weight)


def f1_of(example: Example, model: SameStory) -> float:
    """B-cubed F1 of plain average linkage over all pairs of an example, at the model's own cut (no copies joined first, no near links)."""
    weights = np.array([model.weights.get(name, 0.0) for name in SIDES])
    return _f1_at(example, example.scores(weights, model.join_at), (0.0,))


def _whole_stories(labelled: LabelledInput, limit: int, seed: int) -> tuple[Article, ...]:
    """Whole stories, in an order drawn by lot, until there are enough articles."""
    members: dict[str, list[Article]] = {}
    for article in sorted(labelled.articles, key=lambda article: article.id):
        members.setdefault(labelled.labels[article.id], []).append(article)
    chosen: list[Article] = []
    names = sorted(members)
    for place in np.random.default_rng(seed).permutation(len(names)):
        if len(chosen) + len(members[names[place]]) <= limit or not chosen:
            chosen += members[names[place]]
    return tuple(chosen)


def _example(labelled: LabelledInput, variant: str, corpus: Corpus, settings: GroupingSettings) -> Example:
    near = _nearest(corpus, 0, settings.window_days, settings.neighbours)
    far = _nearest(corpus, SAGA_FROM_DAYS, SAGA_TO_DAYS, settings.neighbours_on_other_days)
    left, right = np.triu_indices(len(corpus), 1)
    evidence = evidence_of(corpus, near, far, widest_days=settings.window_days)
    gap = np.abs(corpus.times[left] - corpus.times[right]) / SECONDS_PER_DAY
    marked = np.zeros((len(corpus), len(corpus)), dtype=np.bool_)
    marked[near.left, near.right] = True
    return Example(
        labelled.name,
        variant,
        np.stack([_all_pairs(kind) for kind in evidence]),
        gap > settings.window_days,
        marked[left, right],
        tuple(labelled.labels[article.id] for article in corpus.articles),
    )


def _nearest(corpus: Corpus, from_days: float, to_days: float, neighbours: int) -> Pairs:
    return nearest_pairs(corpus.vectors, corpus.rare, corpus.times, from_days=from_days, to_days=to_days, neighbours=neighbours)


def _all_pairs(kind: Evidence) -> Floats:
    """(n (n - 1) / 2,) one kind of evidence about all pairs of articles."""
    total: Floats | None = None
    for rows, side in ((kind.plus, 1), (kind.minus, -1)):
        if rows is not None:
            product = rows @ rows.T
            square = np.asarray(product if isinstance(product, np.ndarray) else product.toarray(), dtype=np.float32)
            upper = side * square[np.triu_indices(len(square), 1)]
            total = upper if total is None else total + upper
    if total is None:
        raise ValueError(f"evidence {kind.name} has no rows")
    return total


def _f1(examples: Sequence[Example], weights: NDArray[np.float64], learning: LearningSettings) -> dict[tuple[str, str], float]:
    return {
        (example.source, example.variant): _f1_at(example, example.scores(weights[:-1], float(weights[-1])), learning.margins)
        for example in examples
    }


def _f1_at(example: Example, scores: Floats, margins: Sequence[float]) -> float:
    from scipy.cluster.hierarchy import fcluster, linkage

    top = float(scores.max()) + 1.0
    tree = linkage(top - scores, "average")
    return float(np.mean([b_cubed(example.truth, fcluster(tree, top - margin, "distance").tolist()).f1 for margin in margins]))


def _objective(f1: Mapping[tuple[str, str], float], learning: LearningSettings) -> float:
    """The mean over inputs of the mean over their variants, and the worst input's for its share."""
    sources = sorted({source for source, _ in f1})
    means = []
    for source in sources:
        values = {variant: value for (of, variant), value in f1.items() if of == source}
        means.append(float(np.average(list(values.values()), weights=[_VARIANT_WEIGHTS.get(variant, 1.0) for variant in values])))
    return (1 - learning.worst_share) * float(np.mean(means)) + learning.worst_share * min(means)


def _relative_size(names: Sequence[str], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """How large a change of each weight is against a change of the first: the cut moves everything at once."""
    return np.array([0.2 if place == len(names) else 1.0 for place in chosen])
