"""The whole road on one screen: articles -> vectors -> neighbours -> stories -> scores -> ranked stories, related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.reading import clamp_future
from ranker.places import models_folder
from ranker.ranking.blend import Blend, blended
from ranker.ranking.heat import Heat, heat_of, other_coverage
from ranker.ranking.quality import Quality, quality_of
from ranker.ranking.recency import Recency, recency_of
from ranker.ranking.related import RelatedArticle, RelatedArticles
from ranker.settings import Settings
from ranker.stories.evidence import SAGA_FROM_DAYS, SAGA_TO_DAYS, evidence_of
from ranker.stories.lead import lead_article
from ranker.stories.same_story import SameStory, SameStoryFile, load_same_story
from ranker.stories.story import Counts, Grouping, Story, counts, group
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.cache import VectorCache
from ranker.vectors.corpus import Corpus, build_corpus
from ranker.vectors.encoder import Encoder, Progress
from ranker.vectors.nearest import Pairs, nearest_pairs
from ranker.vectors.selection import Effort
from ranker.vectors.unions import united, within

# Of articles on other days only the likest few are used: less has to be compared.
_ON_OTHER_DAYS = Effort(cells=12, postings=2000)


@dataclass(frozen=True, slots=True)
class RankedStory:
    """A story with its place, its score and every number that the score is made of."""

    rank: int  # from 1
    story: Story
    lead: Article
    counts: Counts
    blend: Blend
    quality: Quality  # of the lead
    heat: Heat  # of the lead
    recency: Recency


@dataclass(frozen=True)
class Ranking:
    """Ranked stories of a corpus at one moment, and on demand each article's related list and numbers."""

    as_of: datetime
    settings: Settings
    grouping: Grouping
    qualities: dict[str, Quality]  # by article id
    stories: tuple[RankedStory, ...]
    related: RelatedArticles

    @cached_property
    def by_article(self) -> dict[str, RankedStory]:
        """The ranked story of each article id."""
        return {article.id: ranked for ranked in self.stories for article in ranked.story.articles}

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each article id in the corpus."""
        return {article.id: row for row, article in enumerate(self.grouping.corpus.articles)}

    def heat_of_article(self, article_id: str) -> Heat:
        """Heat of any article from its own point of view: its quality and the other coverage of its story."""
        ranked = self.by_article[article_id]
        article = self.grouping.corpus.articles[self.rows[article_id]]
        coverage = other_coverage(article, ranked.story.articles, self.grouping.texts)
        return heat_of(self.qualities[article_id].points, coverage, self.as_of, self.settings.heat)

    def related_to(self, article_id: str, *, limit: int | None = None) -> list[RelatedArticle]:
        """The related list of an article."""
        return self.related.of(self.rows[article_id], limit=limit)


def rank_articles(  # noqa: PLR0913 - all but two are keywords
    articles: Sequence[Article],
    settings: Settings,
    *,
    as_of: datetime,
    encoder: Encoder,
    same_story: SameStory | None = None,
    background: Background = NO_BACKGROUND,
    cache: VectorCache | None = None,
    progress: Progress | None = None,
) -> Ranking:
    """The stories of some articles, ranked for one moment. The order of the articles makes no difference.

    Parameters
    ----------
    articles : each id once (`newest_versions` sees to that).
    same_story : the decision trained for this encoder; by default the one that the settings name.
    background : word frequencies of ordinary news; without it the articles' own are all there is.
    as_of : timezone-aware; an article dated later by more than the tolerance is set back to it and marked, and its date
        proves nothing (`Article.dated`).
    """
    current = clamp_future(articles, as_of, tolerance_hours=settings.reading.future_tolerance_hours)
    weight = settings.grouping.background_texts
    corpus = build_corpus(current, encoder, cache, background=background, background_texts=weight, progress=progress)
    grouping, related = group_articles(corpus, settings, same_story)
    return score_stories(grouping, related, settings, as_of=as_of)


def group_articles(corpus: Corpus, settings: Settings, same_story: SameStory | None = None) -> tuple[Grouping, RelatedArticles]:
    """The stories of a corpus, and its related lists.

    Parameters
    ----------
    same_story : the decision; by default the one that the settings name for their encoder.

    Raises
    ------
    ArtifactError : if that decision cannot be read.
    """
    model = same_story or named_same_story(settings)
    story_days, related_days = settings.grouping.window_days, settings.related.window_days
    reach = settings.grouping.neighbours
    near = nearest_pairs(corpus.vectors, corpus.rare, corpus.times, from_days=0, to_days=story_days, neighbours=reach)
    other_days = _on_other_days(corpus, settings, SAGA_FROM_DAYS, SAGA_TO_DAYS)
    evidence = evidence_of(corpus, near, other_days, widest_days=max(story_days, related_days))
    grouping = group(corpus, near, evidence, model, window_days=story_days)
    pairs = united(near, other_days)
    # What related articles need of times that neither search has covered, with other windows than the defaults.
    for from_days, to_days in ((story_days, min(SAGA_FROM_DAYS, related_days)), (max(SAGA_TO_DAYS, story_days), related_days)):
        if from_days < to_days:
            pairs = united(pairs, _on_other_days(corpus, settings, from_days, to_days))
    pairs = within(pairs, related_days)
    return grouping, RelatedArticles(grouping, pairs, _log_odds(grouping, pairs), settings.related)


def _on_other_days(corpus: Corpus, settings: Settings, from_days: float, to_days: float) -> Pairs:
    """Near articles so many days apart."""
    wanted = settings.grouping.neighbours_on_other_days
    return nearest_pairs(
        corpus.vectors, corpus.rare, corpus.times, from_days=from_days, to_days=to_days, neighbours=wanted, effort=_ON_OTHER_DAYS
    )


def _log_odds(grouping: Grouping, pairs: Pairs) -> NDArray[np.float64]:
    """(len(pairs),) log-odds of pairs; those that grouping has found already are not computed again."""
    n, known = len(grouping.corpus), grouping.pairs
    keys = pairs.left.astype(np.int64) * n + pairs.right
    known_keys = known.left.astype(np.int64) * n + known.right  # in order, as all pairs are
    place = np.minimum(np.searchsorted(known_keys, keys), max(0, len(known) - 1))
    found = known_keys[place] == keys if len(known) else np.zeros(len(pairs), dtype=np.bool_)
    result = np.empty(len(pairs))
    result[found] = grouping.log_odds[place[found]]
    new = pairs.take(np.flatnonzero(~found))
    result[~found] = grouping.model.log_odds(grouping.score.of_pairs(new.left, new.right))
    return result


def named_same_story(settings: Settings) -> SameStory:
    """The decision of the settings' model file for their encoder."""
    return same_story_file(settings).for_encoder(settings.encoder.name)


def same_story_file(settings: Settings) -> SameStoryFile:
    """The model file that the settings name, the shipped one by default.

    Raises
    ------
    ArtifactError : if it cannot be read.
    """
    named = settings.grouping.same_story_model
    return load_same_story(models_folder() / "same-story.json" if named is None else Path(named))


def score_stories(grouping: Grouping, related: RelatedArticles, settings: Settings, *, as_of: datetime) -> Ranking:
    """Grouped stories scored and put in order: score, then newest, then id. Cheap: nothing is grouped again."""
    qualities = {article.id: quality_of(article, settings.quality) for article in grouping.corpus.articles}
    unranked = [_scored(story, grouping, qualities, settings, as_of) for story in grouping.stories]
    ordered = sorted(unranked, key=lambda ranked: (-ranked.blend.score, -_newest(ranked.story), ranked.story.id))
    placed = tuple(replace(ranked, rank=place) for place, ranked in enumerate(ordered, start=1))
    return Ranking(as_of, settings, grouping, qualities, placed, related)


def _scored(story: Story, grouping: Grouping, qualities: dict[str, Quality], settings: Settings, as_of: datetime) -> RankedStory:
    lead = lead_article(story.articles, {article.id: qualities[article.id].points for article in story.articles})
    quality = qualities[lead.id]
    heat = heat_of(quality.points, other_coverage(lead, story.articles, grouping.texts), as_of, settings.heat)
    recency = recency_of(story, as_of, settings.recency, settings.publishers)
    blend = blended(quality=quality.points, heat=heat.points, recency=recency.value, settings=settings.blend)
    return RankedStory(0, story, lead, counts(story, grouping.texts, settings.publishers), blend, quality, heat, recency)


def _newest(story: Story) -> float:
    return max((article.dated.timestamp() for article in story.articles if article.dated is not None), default=float("-inf"))
