"""Quality: a scorecard of rules that says, point by point, what an article is worth by itself."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ranker.articles.article import Article
from ranker.ranking.rules import Line, ready, whole_points
from ranker.settings import QualitySettings


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a sum: the rule, what was seen, and the points it gives."""

    feature: str
    seen: str
    points: int


@dataclass(frozen=True, slots=True)
class Quality:
    """An article's quality in points; `parts` add up to `points` exactly."""

    points: int
    parts: tuple[Part, ...]


class Scorecard:
    """The rules of the settings, made ready to be applied to many articles.

    quality = floor <= base + the points of each rule <= cap, each rounded towards zero. Of rules with one `one_of`, the one that
    applies and has the most points counts. With the rules in `defaults.yaml` it is the sum that was recovered, exactly, from
    files of the format (docs/ranking.md).
    """

    def __init__(self, settings: QualitySettings) -> None:
        lines = [line for name, rule in settings.rules.items() if rule is not None and (line := ready(name, rule, settings)) is not None]
        self._lines = [line for line in lines if line.one_of is None]
        self._sets: dict[str, list[Line]] = {}
        for line in lines:
            if line.one_of is not None:
                self._sets.setdefault(line.one_of, []).append(line)
        self._order = [line.name for line in lines]
        self._floor = math.trunc(settings.floor)
        self._cap = math.inf if settings.cap is None else math.trunc(settings.cap)
        self._base = whole_points(settings.base)
        rules = (rule for rule in settings.rules.values() if rule is not None)
        self.ages = any(rule.test == "age" or rule.feature == "age" for rule in rules)

    def points_of(self, article: Article, as_of: datetime) -> int:
        """The quality of an article in points, without the parts."""
        total = self._base + sum(line.points_of(article, as_of) for line in self._lines)
        for choices in self._sets.values():
            total += self._chosen(choices, article, as_of)[1]
        return int(min(max(total, self._floor), self._cap))

    def quality_of(self, article: Article, as_of: datetime) -> Quality:
        """The quality of an article and the parts it is made of."""
        lines = [(line, line.points_of(article, as_of)) for line in self._lines]
        lines += [
            (chosen, points)
            for choices in self._sets.values()
            for chosen, points in [self._chosen(choices, article, as_of)]
            if chosen is not None
        ]
        lines.sort(key=lambda entry: self._order.index(entry[0].name))
        parts = [Part("base", "", self._base)]
        parts += [Part(line.name.replace("_", " "), line.seen(article, as_of) if points else "", points) for line, points in lines]
        total = sum(part.points for part in parts)
        limited = int(min(max(total, self._floor), self._cap))
        if limited != total:
            parts.append(Part("floor" if limited > total else "cap", f"{total}", limited - total))
        return Quality(limited, tuple(part for part in parts if part.points))

    @staticmethod
    def _chosen(choices: Iterable[Line], article: Article, as_of: datetime) -> tuple[Line | None, int]:
        """Of rules that exclude each other the one that applies with the most points, the first of equals."""
        best: tuple[Line | None, int] = (None, 0)
        for line in choices:
            if line.units(article, as_of):
                points = line.points_of(article, as_of)
                if best[0] is None or points > best[1]:
                    best = line, points
        return best


def quality_of(article: Article, settings: QualitySettings, as_of: datetime) -> Quality:
    """The scorecard of one article; for many make a `Scorecard` once."""
    return Scorecard(settings).quality_of(article, as_of)
