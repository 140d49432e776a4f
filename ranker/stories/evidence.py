"""Evidence: what speaks for and against two articles covering one event, each kind as an inner product of article rows.

An inner product has what clustering needs: its mean over all pairs between two groups is the inner product of the groups' mean
rows. So groups are compared over *every* pair between them, while no pair is ever stored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.stories.details import Details, details_of
from ranker.stories.feature_rows import Columns, category_rows, detail_rows, form_rows, provider_rows, topic_rows, weighted_rows
from ranker.vectors.corpus import Corpus
from ranker.vectors.nearest import Pairs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DenseRows: TypeAlias = NDArray[np.float32]
SECONDS_PER_DAY = 86_400.0

HOURS_SCALE_DAYS = 1.0  # `hours_apart` is at .39 a day apart, at .86 two days apart
DAYS_SCALE_DAYS = 3.0  # `days_apart` is at .05 a day apart, at .39 three days apart, at .86 six days apart
SAGA_FROM_DAYS, SAGA_TO_DAYS = 2.5, 10.0  # what is an article "of another day" in a saga
SAGA_NEIGHBOURS = 3
# Text alone, where the decision is not at hand: which pairs are sure enough to show whether providers share a taxonomy, and
# what is like what across days. Rare words carry more than the vector in every set that was looked at.
LIKENESS_OF_MEANING, LIKENESS_OF_RARE_WORDS = 0.4, 0.6
SURE_LIKENESS = 0.35
CONFLICT_LIMIT = 0.4  # topics count for nothing once this share of sure pairs conflict ...
PRIOR_CONFLICT = 0.05  # ... that share before any pair is seen ...
PRIOR_PAIRS = 10.0  # ... and how many pairs it is worth

_PERIOD_IN_WINDOWS = 2.5  # times are told apart within such a period: more than two windows, so that nothing wraps around
_HARMONIC_FLOOR = 1e-4  # harmonics weaker than this are left out


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence. Of articles i and j: plus[i] . plus[j] - minus[i] . minus[j].

    `plus` and `minus` are (n_articles, any) rows, dense float32 or scipy's csr_array; None stands for rows of zeros.
    """

    name: str
    plus: DenseRows | csr_array | None
    minus: DenseRows | csr_array | None = None

    def of_pairs(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.float64]:
        """(n_pairs,) the evidence about pairs of rows."""
        total = np.zeros(len(left))
        for rows, sign in ((self.plus, 1.0), (self.minus, -1.0)):
            if rows is not None:
                total += sign * inner_products(rows, left, rows, right)
        return total

    def between(self, one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
        """The mean evidence over all pairs of a row of `one` and a row of `other`."""
        total = 0.0
        for rows, sign in ((self.plus, 1.0), (self.minus, -1.0)):
            if rows is not None:
                total += sign * float(np.dot(_mean_row(rows, one), _mean_row(rows, other)))
        return total


# Evidence by name: +1 if more of it speaks for one story, -1 if against. A learned weight never changes sides.
SIDES = {
    "meaning": 1,
    "rare_words": 1,
    "shared_names": 1,
    "other_names": -1,
    "other_quantities": -1,
    "other_ordinals": -1,
    "hours_apart": -1,
    "days_apart": -1,
    "undated": -1,
    "saga": -1,
    "same_provider": -1,
    "shared_topics": 1,
    "other_topics": -1,
    "other_category": -1,
    "other_form": -1,
}


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the evidence about an article depends on beyond the article: counts over all articles, and how far labels are trusted."""

    texts: int
    holding_name: Mapping[str, int]  # titles and excerpts that hold each name
    topic_trust: float  # 0 to 1
    category_trust: float
    widest_days: float


def evidence_of(corpus: Corpus, near: Pairs, far: Pairs, *, widest_days: float) -> tuple[Evidence, ...]:
    """All evidence about a corpus, in the order of `SIDES`.

    Parameters
    ----------
    near : pairs of near articles within the story window; topics and categories are trusted by them.
    far : pairs of near articles `SAGA_FROM_DAYS` to `SAGA_TO_DAYS` apart.
    widest_days : pairs farther apart than this are never asked for; their evidence of time means nothing.
    """
    details = [details_of(article) for article in corpus.articles]
    statistics = statistics_of(corpus.articles, details, near, widest_days=widest_days)
    return evidence_rows(corpus, details, sagas(len(corpus), far), statistics)


def statistics_of(articles: Sequence[Article], details: Sequence[Details], near: Pairs, *, widest_days: float) -> Statistics:
    """The statistics of some articles and their near pairs."""
    trusted = sure_pairs(articles, near)
    holding: dict[str, int] = {}
    for told in details:
        for name in set(told.names):
            holding[name] = holding.get(name, 0) + 1
    return Statistics(len(articles), holding, trust(topic_rows(articles), trusted), trust(category_rows(articles), trusted), widest_days)


def evidence_rows(
    corpus: Corpus, details: Sequence[Details], saga: NDArray[np.float64], statistics: Statistics, columns: Columns | None = None
) -> tuple[Evidence, ...]:
    """All evidence about some articles under given statistics, in the order of `SIDES`.

    Parameters
    ----------
    details : of each article, see `details_of`.
    saga : (n_articles,) 0 to 1, see `sagas`.
    columns : shared by all corpora whose rows are to be compared; by default these rows' own.
    """
    articles, given = corpus.articles, columns or Columns()
    ones = np.ones((len(corpus), 1), dtype=np.float32)
    dated = (~np.isnan(corpus.times)).astype(np.float32)[:, None]
    topics, category = topic_rows(articles, given), category_rows(articles, given)
    topic_trust, category_trust, widest_days = statistics.topic_trust, statistics.category_trust, statistics.widest_days
    name_rows = weighted_rows([told.names for told in details], statistics.holding_name, statistics.texts, given)
    quantity_rows = detail_rows([told.quantities for told in details], given, "quantities")
    ordinal_rows = detail_rows([told.ordinals for told in details], given, "ordinals")
    form = form_rows(details, given)
    found = (
        Evidence("meaning", corpus.vectors),
        Evidence("rare_words", corpus.rare),
        Evidence("shared_names", name_rows),
        Evidence("other_names", _has_some(name_rows), name_rows),
        Evidence("other_quantities", *quantity_rows),
        Evidence("other_ordinals", *ordinal_rows),
        Evidence("hours_apart", dated, time_rows(corpus.times, scale_days=HOURS_SCALE_DAYS, widest_days=widest_days)),
        Evidence("days_apart", dated, time_rows(corpus.times, scale_days=DAYS_SCALE_DAYS, widest_days=widest_days)),
        Evidence("undated", ones, dated),
        Evidence("saga", np.sqrt(saga).astype(np.float32)[:, None]),
        Evidence("same_provider", provider_rows(articles, given)),
        Evidence("shared_topics", _scaled(topics, topic_trust)),
        Evidence("other_topics", _scaled(_has_some(topics), topic_trust), _scaled(topics, topic_trust)),
        Evidence("other_category", _scaled(_has_some(category), category_trust), _scaled(category, category_trust)),
        Evidence("other_form", ones, form),
    )
    if [kind.name for kind in found] != list(SIDES):
        raise AssertionError("evidence and SIDES must name the same kinds in the same order")
    return found


def inner_products(
    one: DenseRows | csr_array, left: NDArray[np.integer], other: DenseRows | csr_array, right: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(n_pairs,) inner products of one[left[k]] and other[right[k]]; blocks keep the memory bounded."""
    total = np.empty(len(left))
    for start in range(0, len(left), _BLOCK_PAIRS):
        block = slice(start, start + _BLOCK_PAIRS)
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            total[block] = np.einsum("ij,ij->i", one[left[block]], other[right[block]])
        else:
            total[block] = one[left[block]].multiply(other[right[block]]).sum(axis=1)
    return total


_BLOCK_PAIRS = 32_768  # of 400 float32 each: 50 MB a side


def time_rows(times: NDArray[np.float64], *, scale_days: float, widest_days: float) -> DenseRows:
    """Rows whose inner product is exp(-(gap / scale)^2 / 2), within .001, for gaps up to `widest_days`; zeros where undated.

    The Gaussian, repeated with a period, as its Fourier series: cos(a - b) = cos a cos b + sin a sin b (Rahimi and Recht, 2007, use
    random frequencies; a period makes them a short series).

    Parameters
    ----------
    times : (n,) seconds, NaN without a date.
    """
    period = max(_PERIOD_IN_WINDOWS * widest_days, 2 * widest_days + 4 * scale_days)
    width = 2 * math.pi * scale_days / period
    harmonics = np.arange(1 + int(math.sqrt(-2 * math.log(_HARMONIC_FLOOR)) / width))
    # Coefficients of the series, brought to a sum of 1 so that a gap of 0 gives exactly 1.
    strength = np.exp(-((width * harmonics) ** 2) / 2)
    strength[1:] *= 2
    strength /= strength.sum()
    undated = np.isnan(times)
    turns = np.where(undated, 0.0, times / SECONDS_PER_DAY / period) % 1.0
    angle = 2 * math.pi * turns[:, None] * harmonics[None, :]
    rows = np.concatenate((np.cos(angle), np.sin(angle)), axis=1) * np.sqrt(np.tile(strength, 2))
    return np.asarray(np.where(undated[:, None], 0.0, rows), dtype=np.float32)


def likeness(pairs: Pairs) -> NDArray[np.float64]:
    """(n_pairs,) how alike the texts of each pair are: two cosines, weighted by constants."""
    return LIKENESS_OF_MEANING * pairs.dense.astype(np.float64) + LIKENESS_OF_RARE_WORDS * pairs.rare.astype(np.float64)


def sagas(n: int, far: Pairs) -> NDArray[np.float64]:
    """For each article how near it stands to articles of other days: high for the sequels of a long-running matter.

    There likeness proves little. It is the mean likeness of the `SAGA_NEIGHBOURS` likest articles of other days; where there are
    fewer, the missing ones count 0.

    Parameters
    ----------
    far : pairs of near articles `SAGA_FROM_DAYS` to `SAGA_TO_DAYS` apart.

    Returns
    -------
    (n,) float64, 0 to 1.
    """
    ends = np.concatenate((far.left, far.right)).astype(np.int64)
    values = np.clip(np.tile(likeness(far), 2), 0, 1)
    order = np.lexsort((-values, ends))
    ends, values = ends[order], values[order]
    place = np.arange(len(ends)) - np.searchsorted(ends, np.arange(n))[ends]
    top = place < SAGA_NEIGHBOURS
    return np.asarray(np.bincount(ends[top], weights=values[top], minlength=n) / SAGA_NEIGHBOURS, dtype=np.float64)


def sure_pairs(articles: Sequence[Article], near: Pairs) -> Pairs:
    """The pairs of different providers that their text alone makes sure."""
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(article.provider.key, len(numbers)) for article in articles], dtype=np.int64)
    return near.take(np.flatnonzero((likeness(near) >= SURE_LIKENESS) & (codes[near.left] != codes[near.right])))


def trust(labels: csr_array, sure: Pairs) -> float:
    """How far a kind of label (topics, categories) can be trusted, 0 to 1.

    Where sure pairs with labels often have none in common, each provider files by a taxonomy of its own, and labels say nothing. The
    rate is drawn towards `PRIOR_CONFLICT` as if `PRIOR_PAIRS` more pairs had been seen, so that a few pairs decide little; trust
    falls from 1 at no conflict to 0 at `CONFLICT_LIMIT`.
    """
    has = np.diff(labels.indptr) > 0
    both = has[sure.left] & has[sure.right]
    conflicts = both & (inner_products(labels, sure.left, labels, sure.right) <= 0)
    rate = (float(conflicts.sum()) + PRIOR_PAIRS * PRIOR_CONFLICT) / (float(both.sum()) + PRIOR_PAIRS)
    return max(0.0, 1.0 - rate / CONFLICT_LIMIT)


def _has_some(rows: csr_array) -> DenseRows:
    """(n, 1) 1 where a row holds something."""
    return np.asarray(np.diff(rows.indptr) > 0, dtype=np.float32)[:, None]


def _scaled(rows: DenseRows | csr_array, factor: float) -> DenseRows | csr_array:
    """Rows whose inner products are `factor` times as large."""
    return rows * np.float32(math.sqrt(factor))


def _mean_row(rows: DenseRows | csr_array, of: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.asarray(rows[of].sum(axis=0), dtype=np.float64).ravel() / max(1, len(of))
