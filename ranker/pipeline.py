"""The whole road on one screen: articles -> vectors -> neighbours -> stories -> scores -> ranked stories, related."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache as cached
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.identity import canonical_url
from ranker.articles.reading import clamp_future, known_at
from ranker.places import models_folder
from ranker.ranking.diversity import Diversity, diversity_of
from ranker.ranking.follow_ups import follow_ups
from ranker.ranking.heat import Heat
from ranker.ranking.order import StoryFacts, listed
from ranker.ranking.quality import Quality, Scorecard
from ranker.ranking.ranked import RankedStories, RankedStory, story_topics
from ranker.ranking.related import RelatedArticle, RelatedArticles
from ranker.ranking.scores import Scores, SignalSettings, scores_of
from ranker.ranking.table import story_table
from ranker.settings import BlendSettings, Settings
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.evidence import SAGA_FROM_DAYS, SAGA_TO_DAYS, evidence_of
from ranker.stories.publishers import Publishers, load_publishers
from ranker.stories.same_story import SameStory, SameStoryFile, load_same_story
from ranker.stories.story import Grouping, group
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.cache import VectorCache
from ranker.vectors.corpus import Corpus, build_corpus
from ranker.vectors.encoder import Encoder, Progress
from ranker.vectors.nearest import Pairs, nearest_pairs
from ranker.vectors.selection import Effort
from ranker.vectors.unions import united, within

# Of articles on other days only the likest few are used: less has to be compared.
_ON_OTHER_DAYS = Effort(cells=12, postings=2000)


@dataclass(frozen=True)
class Ranking:
    """Ranked stories of a corpus at one moment, and on demand each article's related list and numbers."""

    as_of: datetime
    settings: Settings
    grouping: Grouping
    related: RelatedArticles
    scores: Scores
    publishers: Publishers
    stories: RankedStories
    corrections: Corrections = NO_CORRECTIONS

    @cached_property
    def scorecard(self) -> Scorecard:
        """The rules of quality, made ready."""
        return Scorecard(self.settings.quality)

    @cached_property
    def quality_points(self) -> dict[str, int]:
        """The quality of each article in points, by its id."""
        return {article.id: points for article, points in zip(self.scores.table.articles, self.scores.table.quality.tolist(), strict=True)}

    @cached_property
    def by_article(self) -> dict[str, RankedStory]:
        """The ranked story of each article id, folded and hidden ones too."""
        ranked = self.stories.by_number
        return {key: ranked[number] for key, number in self.scores.place_of_article.items()}

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each article id in the corpus."""
        return {article.id: row for row, article in enumerate(self.grouping.corpus.articles)}

    def quality_of(self, article_id: str) -> Quality:
        """An article's quality and its parts."""
        return self.scorecard.quality_of(self.grouping.corpus.articles[self.rows[article_id]], self.as_of)

    def heat_of(self, article_id: str) -> Heat:
        """An article's heat: its own quality, and what its story has above that of its lead."""
        heat = self.scores.heat_of(self.scores.place_of_article[article_id])
        quality = self.quality_points[article_id]
        return replace(heat, quality=quality, points=heat.points - heat.quality + quality)

    def related_to(self, article_id: str, *, limit: int | None = None) -> list[RelatedArticle]:
        """The related list of an article."""
        return self.related.of(self.rows[article_id], limit=limit)

    def diversity(self, top: int | None = None) -> Diversity:
        """How varied the first stories are, `order.top` of them by default."""
        first = self.stories[: self.settings.order.top if top is None else top]
        leads = [ranked.lead for ranked in first]
        vectors = self.grouping.corpus.vectors[[self.rows[lead.id] for lead in leads]]
        return diversity_of(
            [ranked.topics[0] if ranked.topics else "" for ranked in first], [self.publishers.group_of(lead) for lead in leads], vectors
        )

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """What `order.pinned` and `order.hidden` name that is no story, article or address here."""
        order = self.settings.order
        return tuple(name for name in (*order.pinned, *order.hidden) if not _named([name], self.scores))

    def blended(self, blend: BlendSettings) -> Ranking:
        """The same stories in the order of other weights or scales; nothing is grouped or scored again."""
        settings = msgspec.structs.replace(self.settings, blend=blend)
        return replace(self, settings=settings, stories=_listed(self.scores, self.related, settings, self.corrections))


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
    replay: bool = False,
    corrections: Corrections = NO_CORRECTIONS,
) -> Ranking:
    """The stories of some articles, ranked for one moment. The order of the articles makes no difference.

    Parameters
    ----------
    articles : each id once (`newest_versions` sees to that).
    same_story : the decision trained for this encoder; by default the one that the settings name.
    background : word frequencies of ordinary news; without it the articles' own are all there is.
    as_of : timezone-aware; an article dated later by more than the tolerance is set back to it and marked, and its date
        proves nothing (`Article.dated`).
    replay : leave out every article dated later than `as_of` instead: the ranking as it was at that moment, whatever came after.
    corrections : what an editor says about stories; it wins over all that is decided here, at every moment.
    """
    known = known_at(articles, as_of) if replay else articles
    current = clamp_future(known, as_of, tolerance_hours=settings.reading.future_tolerance_hours)
    weight = settings.grouping.background_texts
    corpus = build_corpus(current, encoder, cache, background=background, background_texts=weight, progress=progress)
    grouping, related = group_articles(corpus, settings, same_story, corrections=corrections)
    return score_stories(grouping, related, settings, as_of=as_of, corrections=corrections)


def group_articles(
    corpus: Corpus, settings: Settings, same_story: SameStory | None = None, *, corrections: Corrections = NO_CORRECTIONS
) -> tuple[Grouping, RelatedArticles]:
    """The stories of a corpus, and its related lists.

    Parameters
    ----------
    same_story : the decision; by default the one that the settings name for their encoder.
    corrections : what an editor joins and parts.

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
    constraints = corrections.constraints([article.id for article in corpus.articles]) if corrections else None
    grouping = group(corpus, near, evidence, model, window_days=story_days, constraints=constraints)
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


def score_stories(
    grouping: Grouping, related: RelatedArticles, settings: Settings, *, as_of: datetime, corrections: Corrections = NO_CORRECTIONS
) -> Ranking:
    """Grouped stories scored and put in order. Cheap: nothing is grouped again.

    Parameters
    ----------
    corrections : what an editor makes leads, pins and hides; what he joins and parts is done in `group_articles`.

    Raises
    ------
    InputError : if a file of publishers cannot be read.
    """
    publishers = load_publishers(settings.publishers)
    card, leads = Scorecard(settings.quality), corrections.named_by("lead")
    table = story_table(grouping.stories, grouping.texts, card, publishers, settings.heat, as_of=as_of, leads=leads)
    scores = scores_of(table, as_of, SignalSettings.of(settings))
    stories = _listed(scores, related, settings, corrections)
    return Ranking(as_of, settings, grouping, related, scores, publishers, stories, corrections)


def _listed(scores: Scores, related: RelatedArticles, settings: Settings, corrections: Corrections) -> RankedStories:
    return listed_stories(scores, settings, corrections, lambda: (_story_of_row(scores, related), related.pairs))


def listed_stories(
    scores: Scores, settings: Settings, corrections: Corrections, near: Callable[[], tuple[NDArray[np.int64], Pairs]]
) -> RankedStories:
    """The stories in order of score, then by the rules of the list.

    Parameters
    ----------
    near : near articles by row, and the place in the table of the story of each row (-1 for none); asked for only where follow-ups
        are looked for.
    """
    columns = scores.blended(settings.blend)
    by_score = scores.ordered(columns).tolist()
    order, table = settings.order, scores.table
    parents: Mapping[int, int] = {}
    if order.follow_ups != "leave":
        parents = follow_ups(*near(), table, similarity=order.follow_up_similarity)

    @cached
    def facts(story: int) -> StoryFacts:
        topics = story_topics(table.stories[story])
        return StoryFacts(topics[0] if topics else "", table.group_names[table.groups[scores.leads[story]]], parents.get(story))

    pinned = _named(order.pinned, scores) + _holding(corrections.named_by("pin"), corrections, scores)
    hidden = _named(order.hidden, scores) + _holding(corrections.named_by("hide"), corrections, scores)
    stale: set[int] = set()
    if order.stale_after_hours is not None:
        ages = scores.recency.ages
        stale = set(np.flatnonzero(np.isnan(ages) | (ages > order.stale_after_hours)).tolist())
    return RankedStories(scores, columns, listed(by_score, facts, order, pinned=pinned, hidden=hidden, stale=stale))


def _story_of_row(scores: Scores, related: RelatedArticles) -> NDArray[np.int64]:
    """(n_articles,) the place in the table of the story of each row of the corpus."""
    places = scores.place_of_article
    return np.fromiter((places[article.id] for article in related.articles), dtype=np.int64, count=len(related.articles))


def _named(names: Sequence[str], scores: Scores) -> list[int]:
    """Stories by their own ids, or by the ids or web addresses of articles in them; a name that nothing has names nothing."""
    if not names:
        return []
    places = {story.id: number for number, story in enumerate(scores.table.stories)} | scores.place_of_article
    addresses = {
        canonical_url(article.url): number for article, number in zip(scores.table.articles, scores.table.numbers.tolist(), strict=True)
    }
    found = (places.get(name, addresses.get(canonical_url(name) or name)) for name in names)
    return [number for number in found if number is not None]


def _holding(article_ids: Sequence[str], corrections: Corrections, scores: Scores) -> list[int]:
    """Stories that hold some articles, in order of these; of an article that is not here that of one that it is joined with."""
    found: list[int] = []
    for article_id in article_ids:
        places = scores.place_of_article
        beside = [article_id] if article_id in places else sorted(corrections.joined_with([article_id]))
        found += [places[other] for other in beside if other in places][:1]
    return found
