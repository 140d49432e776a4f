"""Coverage: who tells stories first, who follows how much later, and which publisher groups tell the same stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article, Provider
from ranker.pipeline import Ranking
from ranker.ranking.ranked import RankedStory

_SECONDS_PER_HOUR = 3600.0
_SHARED_GROUPS = 2  # publisher groups that make a story one that can be told first


@dataclass(frozen=True, slots=True)
class ProviderCoverage:
    """What one provider tells, and how soon. A shared story is one that at least two publisher groups tell."""

    provider: Provider
    group: str
    articles: int
    stories: int
    shared: int  # of its stories
    first: int  # of the shared ones: it has the earliest dated article, ties by id
    delays: tuple[float, ...]  # hours behind that article, of its own first one in each shared story it did not tell first; sorted
    copies: int  # articles whose text stood in the same story before

    @property
    def name(self) -> str:
        """Its name, else its domain."""
        return self.provider.name or self.provider.domain or "no name"

    @property
    def median_delay(self) -> float | None:
        """The median of its delays in hours; None without any."""
        return float(np.median(self.delays)) if self.delays else None


@dataclass(frozen=True, slots=True)
class GroupOverlap:
    """How many stories two publisher groups both tell."""

    groups: tuple[str, ...]  # most stories first, ties by name
    stories: NDArray[np.int64]  # (n_groups, n_groups) told by both; on the diagonal by the group itself

    @property
    def shares(self) -> NDArray[np.float64]:
        """(n_groups, n_groups) share, 0 to 1, of the row's stories that the column tells as well."""
        return np.asarray(self.stories / np.diagonal(self.stories)[:, None], dtype=np.float64)


@dataclass(slots=True)
class _Tally:
    """A provider's numbers while stories are gone through."""

    provider: Provider
    group: str
    articles: int = 0
    stories: int = 0
    shared: int = 0
    first: int = 0
    copies: int = 0
    delays: list[float] = field(default_factory=list)


def provider_coverage(ranking: Ranking) -> list[ProviderCoverage]:
    """Every provider of a ranking: most stories told first, then most shared ones, then most articles, then by name and domain.

    Stories without a dated article are told first by nobody. Hidden stories count like the others.
    """
    tallies: dict[str, _Tally] = {}
    for ranked in ranking.stories.by_number.values():
        _tally(ranked, ranking, tallies)
    found = [
        ProviderCoverage(
            tally.provider, tally.group, tally.articles, tally.stories, tally.shared, tally.first, tuple(sorted(tally.delays)), tally.copies
        )
        for tally in tallies.values()
    ]
    return sorted(found, key=lambda each: (-each.first, -each.shared, -each.articles, each.name, each.provider.key))


def _tally(ranked: RankedStory, ranking: Ranking, tallies: dict[str, _Tally]) -> None:
    by_provider: dict[str, list[Article]] = {}
    texts: set[str] = set()
    for article in ranked.story.articles:  # in order of time, undated ones last
        key = article.provider.key
        tally = tallies.setdefault(key, _Tally(article.provider, ranking.publishers.group_of(article)))
        tally.articles += 1
        tally.copies += ranking.grouping.texts[article.id] in texts
        texts.add(ranking.grouping.texts[article.id])
        by_provider.setdefault(key, []).append(article)
    shared = ranked.counts.publisher_groups >= _SHARED_GROUPS
    first = ranked.story.first
    for key, articles in by_provider.items():
        tallies[key].stories += 1
        tallies[key].shared += shared
        if not shared or first.dated is None:
            continue
        if first.provider.key == key:
            tallies[key].first += 1
        elif articles[0].dated is not None:
            tallies[key].delays.append((articles[0].dated - first.dated).total_seconds() / _SECONDS_PER_HOUR)


def group_overlap(ranking: Ranking, *, limit: int | None = None) -> GroupOverlap:
    """How many stories each two publisher groups both tell.

    Parameters
    ----------
    limit : groups at most, those with most stories; all by default.
    """
    told: list[frozenset[str]] = [
        frozenset(ranking.publishers.group_of(article) for article in ranked.story.articles)
        for ranked in ranking.stories.by_number.values()
    ]
    sizes: dict[str, int] = {}
    for groups in told:
        for group in groups:
            sizes[group] = sizes.get(group, 0) + 1
    names = tuple(sorted(sizes, key=lambda name: (-sizes[name], name))[:limit])
    return GroupOverlap(names, _both(told, names))


def _both(told: Sequence[frozenset[str]], names: Sequence[str]) -> NDArray[np.int64]:
    places = {name: place for place, name in enumerate(names)}
    tells = np.zeros((len(told), len(names)), dtype=np.int64)
    for row, groups in enumerate(told):
        for group in groups & places.keys():
            tells[row, places[group]] = 1
    return np.asarray(tells.T @ tells, dtype=np.int64)
