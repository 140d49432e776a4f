"""Why a story stands above the next, and below the one before, as a table and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ranker.apps.service.page.story_signals import SCORE_DIGITS
from ranker.apps.service.views import View
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.ranked import RankedStory
from ranker.ranking.sentences import added_up, decided_lines

_LEVEL, _OR = "That one would be level with ", ", or with "  # how `decided_lines` says what would swap them


@dataclass(frozen=True, slots=True)
class Compared:
    """One signal of this story and of the other; last the score."""

    name: str
    this: str
    that: str
    advantage: str  # of this one, with its sign
    decides: bool


@dataclass(frozen=True, slots=True)
class Why:
    """A story beside another of the list.

    Parameters
    ----------
    is_above : whether the story is above the other.
    decided_by : a signal, "rule", "newest" or "id".
    decision : what decides, as a sentence.
    rows : the signals, then the score; they add up as they are shown, both ways.
    swaps : changes of the lower of the two, or of a weight, each of which alone would bring them level.
    """

    other: RankedStory
    is_above: bool
    decided_by: str
    decision: str
    rows: tuple[Compared, ...]
    swaps: tuple[str, ...]


def why_above_next(ranked: RankedStory, view: View) -> Why | None:
    """Why a story is above the next; None for the last of the list, and for one that is in none or under another."""
    if not _is_listed(ranked, view) or ranked.rank >= len(view.stories):
        return None
    return _why(why_above(ranked, view.stories[ranked.rank], view.settings), view, this_is_upper=True)


def why_below(ranked: RankedStory, view: View) -> Why | None:
    """Why a story is below the one before; None for the first of the list, and for one that is in none or under another."""
    if not _is_listed(ranked, view) or ranked.rank == 1:
        return None
    return _why(why_above(view.stories[ranked.rank - 2], ranked, view.settings), view, this_is_upper=False)


def _is_listed(ranked: RankedStory, view: View) -> bool:
    return ranked.rank > 0 and view.stories[ranked.rank - 1].number == ranked.number


def _why(why: WhyAbove, view: View, *, this_is_upper: bool) -> Why:
    decision, *level = decided_lines(why, view.settings)
    swaps = level[0].removeprefix(_LEVEL).removesuffix(".").split(_OR) if level else []
    other = why.lower if this_is_upper else why.upper
    return Why(other, this_is_upper, why.decided_by, decision, _rows(why, this_is_upper=this_is_upper), tuple(swaps))


def _rows(why: WhyAbove, *, this_is_upper: bool) -> tuple[Compared, ...]:
    upper = added_up([item.upper.contribution for item in why.differences], SCORE_DIGITS)
    lower = added_up([item.lower.contribution for item in why.differences], SCORE_DIGITS)
    this, that = (upper, lower) if this_is_upper else (lower, upper)
    names = [*(item.signal for item in why.differences), "score"]
    return tuple(
        Compared(name, one, other, f"{Decimal(one) - Decimal(other):+f}", name == why.decided_by)
        for name, one, other in zip(names, this, that, strict=True)
    )
