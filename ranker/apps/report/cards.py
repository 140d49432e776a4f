"""Cards: ranked stories as a report shows them, each with its members, its sum, and why it is above the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ranker.apps.service.page.bars import Bars, bars_of
from ranker.apps.service.page.teaser import UNTITLED, shown_excerpt, shown_title
from ranker.apps.wire import story_json
from ranker.articles.article import Article
from ranker.pipeline import Ranking
from ranker.ranking.blend import SIGNALS
from ranker.ranking.explanation import why_above
from ranker.ranking.order import Adjustment
from ranker.ranking.ranked import RankedStory
from ranker.ranking.sentences import added_up, decided_lines, moved

_PROVIDERS, _TOPICS = 4, 5  # that a card names
_EXCERPT_CHARACTERS = 400
_DIGITS, _MORE_DIGITS = 3, 4  # of what is added up


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a story.

    Parameters
    ----------
    article : as on the wire.
    copy_of : the provider that had the same text before; "" for a text of its own.
    """

    article: Mapping[str, Any]
    provider: str
    copy_of: str
    is_lead: bool


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A story that is shown under another."""

    title: str
    articles: int


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a story; `story` is the story as on the wire."""

    story: Mapping[str, Any]
    terms: Mapping[str, str]  # what each signal adds, and "score", rounded so that they add up
    exact_terms: Mapping[str, str]  # the same with more digits
    title: str
    excerpt: str
    providers: tuple[str, ...]
    more_providers: int
    topics: tuple[str, ...]
    bars: Bars
    moves: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    members: tuple[Member, ...]
    next_title: str  # "" for the last
    why_above: tuple[str, ...]  # sentences


def cards_of(ranking: Ranking, limit: int) -> list[Card]:
    """The first stories of a ranking."""
    return [_card(ranked, ranking) for ranked in ranking.stories[:limit]]


def provider_name(article: Mapping[str, Any]) -> str:
    """What an article's provider is called; "" for none."""
    return article["provider"]["name"] or article["provider"]["domain"] or ""


def _card(ranked: RankedStory, ranking: Ranking) -> Card:
    story = story_json(ranked, ranking)
    names = list(dict.fromkeys(filter(None, map(provider_name, (story["lead"], *story["articles"])))))
    below = ranking.stories[ranked.rank] if ranked.rank < len(ranking.stories) else None
    return Card(
        story=story,
        terms=_added(ranked, _DIGITS),
        exact_terms=_added(ranked, _MORE_DIGITS),
        title=shown_title(ranked.lead),
        excerpt=shown_excerpt(ranked.lead, _EXCERPT_CHARACTERS),
        providers=tuple(names[:_PROVIDERS]),
        more_providers=len(names[_PROVIDERS:]),
        topics=ranked.topics[:_TOPICS],
        bars=bars_of(story["timeline"], ranking.as_of),
        moves=tuple(_moved(move, ranking) for move in ranked.adjustments if move.rule != "made_room"),
        follow_ups=tuple(FollowUp(shown_title(under.lead), under.counts.articles) for under in ranked.folded),
        members=_members(ranked.story.articles, story["articles"], ranked.lead.id, ranking),
        next_title="" if below is None else shown_title(below.lead),
        why_above=() if below is None else tuple(decided_lines(why_above(ranked, below, ranking.settings), ranking.settings)),
    )


def _added(ranked: RankedStory, digits: int) -> dict[str, str]:
    signals = {name: getattr(ranked.blend, name).contribution for name in SIGNALS}
    return dict(zip((*signals, "score"), added_up(list(signals.values()), digits), strict=True))


def _moved(move: Adjustment, ranking: Ranking) -> str:
    """What moved a story, a story that it is about by its title."""
    words = moved(move)
    about = next((ranked.lead.title for ranked in ranking.stories if ranked.story.id == move.because), "") if move.because else ""
    return words.replace(move.because, about) if about else words


def _members(articles: Sequence[Article], told: Sequence[Mapping[str, Any]], lead: str, ranking: Ranking) -> tuple[Member, ...]:
    """The articles in order of time, copies behind the first of their text."""
    first: dict[str, int] = {}
    place: dict[int, tuple[int, int]] = {}
    for number, article in enumerate(articles):
        text = ranking.grouping.texts[article.id]
        place[number] = (first.setdefault(text, number), number)
    members = []
    for number in sorted(place, key=lambda number: place[number]):
        original = place[number][0]
        copied = "" if original == number else provider_name(told[original]) or UNTITLED
        members.append(Member(told[number], provider_name(told[number]), copied, articles[number].id == lead))
    return tuple(members)
