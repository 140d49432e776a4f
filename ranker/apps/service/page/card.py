"""Card: a story of the list as a reader sees it. Its numbers are those of the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ranker.apps.service.listing import Listed
from ranker.apps.service.page.bars import Bars, bars_of
from ranker.apps.service.page.teaser import shown_excerpt, shown_title
from ranker.apps.service.shapes import sealed_story_json
from ranker.apps.service.views import View
from ranker.apps.wire import timeline
from ranker.articles.article import Article
from ranker.desk.records import StoryRecord
from ranker.desk.store import Store
from ranker.ranking.blend import SIGNALS, Signal
from ranker.ranking.order import Adjustment
from ranker.ranking.ranked import RankedStory, story_topics
from ranker.stories.story import Counts, Story

_PROVIDERS, _TOPICS, _FOLLOW_UPS = 3, 4, 5  # that a card names
_EXCERPT = 320  # characters; the card shows two lines
_NO_MOVE = "made_room"  # others were moved: nothing is to be said of this story
_REASONS = {
    "pinned": "pinned",
    "stale": "nothing new for a long time",
    "topic_in_a_row": "enough of {} in a row",
    "group_leads": "enough leads by {}",
    "follow_up_near": "follows",
    "follow_up_folded": "is shown under",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Another story that a card names."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a story does not stand where its score puts it."""

    words: str
    about: Named | None  # the story that the rule is about, to be named behind the words


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a live story stands, and why.

    Parameters
    ----------
    own_rank : its place in the service's own order; 0 where it has none.
    moved : how many places it stands above that (below 0: under it); "" if there is nothing to say.
    """

    rank: int
    score: float
    signals: Mapping[str, Mapping[str, float]]  # name -> "normalised" and "contribution", as on the wire
    phase: str
    own_rank: int
    moved: str
    rules: tuple[Rule, ...]
    follow_ups: tuple[Named, ...]
    more_follow_ups: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows.

    Parameters
    ----------
    standing : None for a story that left the window since the list was begun.
    """

    id: str
    title: str
    excerpt: str
    url: str  # of the lead, as its provider gives it: not yet one that may be followed
    last: datetime | None
    counts: Mapping[str, int]
    providers: tuple[str, ...]
    more_providers: int
    topics: tuple[str, ...]
    bars: Bars
    standing: Standing | None


def cards_of(listed: Listed, own: View, store: Store) -> list[Card]:
    """The cards of a page.

    Parameters
    ----------
    own : the list in the service's own order, of the same moment.
    store : what holds the articles of stories that left the window.
    """
    view = listed.view
    return [_sealed(item, view, store) if isinstance(item, StoryRecord) else _live(item, view, own) for item in listed.stories]


def in_words(rule: Adjustment) -> str:
    """What moved a story: "moved up 2: pinned". The story that it may be about is left to be named behind it."""
    places = rule.by_score - rule.place
    moved = f"moved up {places}" if places > 0 else f"moved down {-places}" if places < 0 else "stays"
    return f"{moved}: {_REASONS[rule.rule].format(rule.because)}"


def moved_in_words(places: int) -> str:
    """How far a story stands from its place in the service's own order."""
    return f"up {places}" if places > 0 else f"down {-places}" if places < 0 else ""


def _live(ranked: RankedStory, view: View, own: View) -> Card:
    return _card(ranked.story, ranked.lead, ranked.topics, ranked.counts, view, _standing(ranked, view, own))


def _sealed(record: StoryRecord, view: View, store: Store) -> Card:
    """A story that left the window; what is shown of it is what the wire tells of it."""
    articles = tuple(kept.article for kept in store.articles_of(record.id))
    told = sealed_story_json(record, store.articles_of(record.id), view.edition)
    lead = next((article for article in articles if told["lead"] is not None and article.id == told["lead"]["id"]), None)
    counts = told["counts"]
    story = Story(record.id, articles, {})
    return _card(story, lead, story_topics(story), Counts(*counts.values()), view, None)


def _card(story: Story, lead: Article | None, topics: Sequence[str], counts: Counts, view: View, standing: Standing | None) -> Card:
    names = _providers(lead, story.articles)
    return Card(
        id=story.id,
        title=shown_title(lead),
        excerpt=shown_excerpt(lead, _EXCERPT),
        url=lead.url if lead else "",
        last=max((article.dated for article in story.articles if article.dated is not None), default=None),
        counts={
            "articles": counts.articles, "uniqueTexts": counts.unique_texts, "providers": counts.providers,
            "publisherGroups": counts.publisher_groups,
        },
        providers=tuple(names[:_PROVIDERS]),
        more_providers=max(0, counts.providers - _PROVIDERS),
        topics=tuple(topics[:_TOPICS]),
        bars=bars_of(timeline(story.articles), view.as_of),
        standing=standing,
    )  # fmt: skip


def _standing(ranked: RankedStory, view: View, own: View) -> Standing:
    before = ranked if own is view else own.story(ranked.story.id)
    own_rank = 0 if before is None else before.rank
    folded = ranked.folded
    return Standing(
        rank=ranked.rank,
        score=ranked.score,
        signals={name: _told(getattr(ranked.blend, name)) for name in SIGNALS},
        phase=ranked.phase.name,
        own_rank=own_rank,
        moved=moved_in_words(own_rank - ranked.rank if own_rank else 0),
        rules=tuple(_rule(rule, view) for rule in ranked.adjustments if rule.rule != _NO_MOVE),
        follow_ups=tuple(Named(under.story.id, shown_title(under.lead)) for under in folded[:_FOLLOW_UPS]),
        more_follow_ups=max(0, len(folded) - _FOLLOW_UPS),
    )


def _told(signal: Signal) -> Mapping[str, float]:
    return {"normalised": signal.normalised, "contribution": signal.contribution}


def _rule(rule: Adjustment, view: View) -> Rule:
    if not rule.rule.startswith("follow_up"):
        return Rule(in_words(rule), None)
    about = view.story(rule.because)
    return Rule(in_words(rule), Named(rule.because, shown_title(about.lead if about else None)))


def _providers(lead: Article | None, articles: Sequence[Article]) -> list[str]:
    """Names of who tells a story, the lead's first, then in order of time."""
    told = (lead, *articles) if lead else articles
    names = dict.fromkeys(article.provider.name or article.provider.domain for article in told)
    return [name for name in names if name]
