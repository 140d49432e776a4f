"""Placing: ranked stories as what is compared of two lists."""

from __future__ import annotations

from collections.abc import Sequence

from ranker.ranking.blend import SIGNALS
from ranker.ranking.movement import Placed
from ranker.ranking.ranked import RankedStory

_NO_MOVE = "made_room"  # a rule that moved others says nothing of this story


def placed(stories: Sequence[RankedStory]) -> list[Placed]:
    """What `movement` compares of the stories of a list, in their order."""
    return [
        Placed(
            id=ranked.story.id,
            rank=ranked.rank,
            title=ranked.lead.title,
            lead=ranked.lead.id,
            score=ranked.score,
            contributions={name: getattr(ranked.blend, name).contribution for name in SIGNALS},
            articles=frozenset(article.id for article in ranked.story.articles),
            publisher_groups=ranked.counts.publisher_groups,
            rules=tuple(move.rule for move in ranked.adjustments if move.rule != _NO_MOVE),
        )
        for ranked in stories
    ]
