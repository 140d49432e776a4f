"""Ranked stories: each story of a list with its place, and on demand every number that its score is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

from ranker.articles.article import Article
from ranker.ranking.blend import Blend, BlendColumns
from ranker.ranking.heat import Heat
from ranker.ranking.order import Adjustment, Listing
from ranker.ranking.phase import Phase
from ranker.ranking.recency import Recency
from ranker.ranking.scores import Scores, StoryQuality
from ranker.stories.story import Counts, Story


class RankedStory:
    """A story with its place; its numbers are views of columns, made when they are asked for."""

    def __init__(self, scores: Scores, columns: BlendColumns, number: int, rank: int, listing: Listing) -> None:
        self._scores = scores
        self._columns = columns
        self.number = number  # its place in the table
        self.rank = rank  # from 1; that of its leader if it is folded, 0 if it is hidden
        self._listing = listing

    @property
    def story(self) -> Story:
        """The story itself."""
        return self._scores.table.stories[self.number]

    @property
    def lead(self) -> Article:
        """The article that stands for it."""
        return self._scores.lead(self.number)

    @property
    def score(self) -> float:
        """The sum of the blend's contributions."""
        return float(self._columns.scores[self.number])

    @cached_property
    def counts(self) -> Counts:
        """Four honest counts of its coverage."""
        return self._scores.counts_of(self.number)

    @cached_property
    def blend(self) -> Blend:
        """The three signals; heat's value is what lies above the lead's quality."""
        return self._scores.blend_of(self.number, self._columns)

    @cached_property
    def quality(self) -> StoryQuality:
        """Its quality and the articles it comes from."""
        return self._scores.quality_of(self.number)

    @cached_property
    def heat(self) -> Heat:
        """Its heat: the quality of the lead, coverage, burst, audience."""
        return self._scores.heat_of(self.number)

    @cached_property
    def recency(self) -> Recency:
        """Its recency and the evidence."""
        return self._scores.recency_of(self.number)

    @cached_property
    def phase(self) -> Phase:
        """Breaking, developing, sustained or fading, and why."""
        return self._scores.phase_of(self.number)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Topics of its articles, the most frequent first, ties in alphabetical order."""
        return story_topics(self.story)

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """What moved it from its place by score; stories that reasons are about by their ids."""
        stories = self._scores.table.stories
        return tuple(
            Adjustment(move.rule, stories[int(move.because)].id, move.by_score, move.place) if move.rule.startswith("follow_up") else move
            for move in self._listing.adjustments.get(self.number, ())
        )

    @property
    def folded(self) -> tuple[RankedStory, ...]:
        """Follow-ups that are shown under it, best first: by score, then the newest article, then id."""
        under = [story for story, leader in self._listing.folded.items() if leader == self.number]
        under.sort(key=lambda story: (-float(self._columns.scores[story]), -float(self._scores.newest[story]), story))
        return tuple(RankedStory(self._scores, self._columns, story, self.rank, self._listing) for story in under)


class RankedStories(Sequence[RankedStory]):
    """The stories of a list in order, each made when it is looked at: twenty of twenty thousand cost twenty."""

    def __init__(self, scores: Scores, columns: BlendColumns, listing: Listing) -> None:
        self._scores = scores
        self._columns = columns
        self._listing = listing
        self._made: dict[int, RankedStory] = {}

    def __len__(self) -> int:
        return len(self._listing.order)

    @overload
    def __getitem__(self, place: int) -> RankedStory: ...
    @overload
    def __getitem__(self, place: slice) -> list[RankedStory]: ...
    def __getitem__(self, place: int | slice) -> RankedStory | list[RankedStory]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        index = range(len(self))[place]
        if index not in self._made:
            self._made[index] = RankedStory(self._scores, self._columns, self._listing.order[index], index + 1, self._listing)
        return self._made[index]

    @cached_property
    def by_number(self) -> Mapping[int, RankedStory]:
        """The ranked story of each place in the table, folded and hidden ones too."""
        places = {number: index for index, number in enumerate(self._listing.order)}
        found = {number: self[index] for number, index in places.items()}
        for leader in set(self._listing.folded.values()):
            found |= {story.number: story for story in found[leader].folded}
        return found | {number: RankedStory(self._scores, self._columns, number, 0, self._listing) for number in self._listing.hidden}

    def with_folded(self) -> Iterator[RankedStory]:
        """Every story of the list in order, each followed by those that are folded under it."""
        for ranked in self:
            yield ranked
            yield from ranked.folded

    @property
    def hidden(self) -> tuple[Story, ...]:
        """Stories that the settings leave out."""
        return tuple(self._scores.table.stories[number] for number in self._listing.hidden)


def story_topics(story: Story) -> tuple[str, ...]:
    """Topics of a story's articles, the most frequent first, ties in alphabetical order."""
    found: dict[str, int] = {}
    for article in story.articles:
        for topic in article.topics:
            found[topic] = found.get(topic, 0) + 1
    return tuple(sorted(found, key=lambda topic: (-found[topic], topic)))
