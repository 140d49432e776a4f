"""Room: articles and the settings under which they are ranked, and the same articles under others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from ranker.articles.article import Article
from ranker.articles.reading import known_at
from ranker.articles.record import Refusal
from ranker.evaluation.labels import labels_of
from ranker.evaluation.sweep import RememberingEncoder
from ranker.notebook.comparing import Compared
from ranker.notebook.table import lines_html
from ranker.notebook.whatif import HalfLives, Weights, named, overrides_of, same_groups
from ranker.pipeline import Ranking, rank_articles, score_stories
from ranker.places import models_folder
from ranker.plots import Projection, projected
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.vectors.background import load_background
from ranker.vectors.cache import open_cache
from ranker.vectors.encoder import load_encoder


@dataclass(frozen=True, eq=False, repr=False)
class Room:
    """Articles and the settings of their ranking, which is made when it is first asked for. A room does not change.

    Parameters
    ----------
    articles_read : each id once.
    settings : of the ranking.
    as_of : the moment it is made for.
    config, profile, overrides : where the settings come from, so that what-if questions can change some of them.
    labels : true story by article id.
    refusals : what could not be read.
    called : a name for comparisons.
    more : further columns of `articles.frame()` by name, each by article id.
    """

    articles_read: tuple[Article, ...]
    settings: Settings
    as_of: datetime
    config: Path | None = None
    profile: str | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    corrections: Corrections = NO_CORRECTIONS
    labels: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    called: str = ""
    _made: Ranking | None = field(default=None, repr=False, compare=False)

    @cached_property
    def ranking(self) -> Ranking:
        """The ranking that all else is read from."""
        return self._made if self._made is not None else self._ranked_under(self.settings)

    @cached_property
    def projection(self) -> Projection:
        """Where the articles lie on a plane, made once; see `ranker.plots.projected`."""
        return projected(self.ranking.grouping.corpus.vectors)

    @property
    def name(self) -> str:
        """As comparisons call the room: what it was called, else its profile and the settings that were changed."""
        return self.called or named(self.profile, self.overrides)

    def labelled(self, labels: str | Path | Mapping[str, str]) -> Self:
        """The same room with labels.

        Parameters
        ----------
        labels : a labels file, the field of the articles that holds the true story, or the true story by article id.

        Raises
        ------
        InputError : if no article has a label.
        """
        found = dict(labels) if isinstance(labels, Mapping) else labels_of(self.articles_read, str(labels))
        return replace(self, labels=found, _made=self.ranking if "ranking" in self.__dict__ else self._made)

    # What if

    def ranked(
        self,
        *,
        weights: Weights | None = None,
        profile: str | None = None,
        half_life_hours: HalfLives | None = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
        name: str = "",
    ) -> Self:
        """The same articles ranked in another way; what is not given stays.

        With `weights`, `profile` and `settings` the order is that of `ranker rerank` with these.

        Parameters
        ----------
        weights : such as {"quality": 0.2, "heat": 0.5, "recency": 0.3}; one left out weighs nothing.
        half_life_hours : of heat and recency, or of each by name.
        settings : single settings by dotted key.
        as_of : an earlier moment, without anything that came later.
        name : what comparisons call it; by default what was changed.

        Raises
        ------
        SettingsError : saying what is wrong and what is allowed.
        """
        overrides = dict(self.overrides) | overrides_of(weights=weights, half_life_hours=half_life_hours, settings=settings)
        chosen = self.profile if profile is None else profile
        found = load_settings(self.config, profile=chosen, overrides=overrides)
        articles = self.articles_read if as_of is None else known_at(self.articles_read, as_of)
        moment = self.as_of if as_of is None else as_of
        made = None
        if as_of is None and same_groups(self.settings, found):
            made = self._rescored(found)
        return replace(
            self, articles_read=articles, settings=found, as_of=moment, profile=chosen, overrides=overrides, called=name, _made=made
        )

    def compare(self, other: Room, another: Room | None = None) -> Compared:
        """What moved from this ranking to another and why; of two, from the first to the second."""
        before, after = (self, other) if another is None else (other, another)
        return Compared(before.ranking.stories, after.ranking.stories, (before.name, after.name))

    # How a ranking is made

    def _again(self, settings: Settings) -> Ranking:
        """The ranking under other settings, with as little work as they need."""
        return self._rescored(settings) if same_groups(self.settings, settings) else self._ranked_under(settings)

    def _rescored(self, settings: Settings) -> Ranking:
        known = self.ranking
        return score_stories(known.grouping, known.related, settings, as_of=self.as_of, corrections=self.corrections)

    def _ranked_under(self, settings: Settings) -> Ranking:
        cache = open_cache(settings.cache)
        try:
            return rank_articles(
                self.articles_read,
                settings,
                as_of=self.as_of,
                encoder=RememberingEncoder(load_encoder(settings.encoder, models=models_folder())),
                background=load_background(models_folder() / "background.json"),
                cache=cache,
                corrections=self.corrections,
            )
        finally:
            if cache is not None:
                cache.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {'; '.join(self._lines())}"

    def _repr_html_(self) -> str:
        return lines_html(type(self).__name__, self._lines())

    def _lines(self) -> list[str]:
        providers = len({article.provider.key for article in self.articles_read})
        counts = f"{_counted(len(self.articles_read), 'article')}, {_counted(providers, 'provider')}"
        told = f"{counts}, as of {self.as_of:%Y-%m-%d %H:%M} UTC, {self.name}"
        return [told, *([f"{len(self.refusals):,} refused, see .refusals"] if self.refusals else [])]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"
