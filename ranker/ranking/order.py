"""Order: rules of the list that move stories after scoring, each move said with its reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ranker.settings import OrderSettings

RuleName = Literal["pinned", "stale", "topic_in_a_row", "group_leads", "follow_up_near", "follow_up_folded", "made_room"]
_Reason = tuple[RuleName, str]
_HOLD_BACK = ("stale", "topic_in_a_row", "group_leads")  # rules that move a story down


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What moved a story from its place by score to its place in the list; both from 1."""

    rule: RuleName
    because: str  # the topic, publisher group or story that the rule is about; "" for the pinned and for room made
    by_score: int
    place: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The stories of a list in order, why some are not where their score puts them, and what is not in it."""

    order: tuple[int, ...]
    adjustments: Mapping[int, tuple[Adjustment, ...]]  # by story; of those that stand where their score puts them none
    folded: Mapping[int, int]  # a follow-up -> the story that it is shown under
    hidden: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """What the rules look at."""

    topic: str  # the most frequent topic, "" without
    group: str  # publisher group of the lead
    follows: int | None  # the story it follows up


def listed(
    by_score: Sequence[int],
    facts: Callable[[int], StoryFacts],
    settings: OrderSettings,
    *,
    pinned: Sequence[int] = (),
    hidden: Sequence[int] = (),
    stale: Collection[int] = (),
) -> Listing:
    """The list that the rules make of stories in order of score.

    Hidden stories are out. The pinned stand on top in the order given, the stale behind all others. Then, place by place among the
    first `top`, the best story that breaks no rule is taken, of the `top` best that are left; where each of them would break one,
    the best is taken all the same: a rule gives way before the list ends. Of two stories among the first `top` of which one
    follows the other, the follow-up is put right behind the other if that stands above it ("near"), or the lower of the two is
    folded under the upper.

    Parameters
    ----------
    by_score : stories, best first, as any numbers.
    facts : of a story; asked of the pinned, and of the others of no more than the first 3 x `top`.
    pinned, hidden, stale : stories of `by_score`.
    """
    out = set(hidden)
    shown = [story for story in by_score if story not in out]
    natural = {story: place for place, story in enumerate(shown, start=1)}
    first = [story for story in dict.fromkeys(pinned) if story not in out]
    rest = [story for story in shown if story not in first]
    late = [story for story in rest if story in stale]
    fresh = [story for story in rest if story not in stale]
    # Stale stories that no fresh one is ranked behind stand last by themselves.
    passed = [story for story in late if fresh and natural[story] < natural[fresh[-1]]]
    reasons: dict[int, _Reason] = dict.fromkeys(passed, ("stale", "")) | dict.fromkeys(first, ("pinned", ""))
    folded: dict[int, int] = {}
    behind: dict[int, list[int]] = {}
    if settings.follow_ups != "leave":
        folded, behind = _follow_ups(first, [*fresh, *late], facts, settings)
    moved = {story for stories in behind.values() for story in stories} | folded.keys()
    plain = [[story for story in stories if story not in moved] for stories in (fresh, late)]
    order = _spread(first, plain, behind, facts, settings, reasons)
    for leader, stories in behind.items():
        reasons |= {story: ("follow_up_near", str(leader)) for story in stories}
    adjustments = _adjustments(order, natural, reasons, settings.top)
    places = {story: place for place, story in enumerate(order, start=1)}
    for story, leader in folded.items():
        adjustments[story] = (Adjustment("follow_up_folded", str(leader), by_score=natural[story], place=places[leader]),)
    return Listing(tuple(order), adjustments, folded, tuple(story for story in by_score if story in out))


def _follow_ups(
    first: Sequence[int], rest: Sequence[int], facts: Callable[[int], StoryFacts], settings: OrderSettings
) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Stories folded under others, and stories put right behind others; only the lower of two is moved, and only once."""
    top = [*first, *rest][: settings.top]
    rank = {story: place for place, story in enumerate(top)}
    follows = {story: facts(story).follows for story in top}
    leaders: dict[int, int] = {}
    for story in top:  # best first: a chain of three ends up behind its best
        parent = follows[story]
        if parent is None or parent not in rank:
            continue
        upper, lower = sorted((story, parent), key=rank.__getitem__)
        if settings.follow_ups == "near" and lower == parent:
            continue  # what it goes on from is not lifted: that may be yesterday's news
        root = leaders.get(upper, upper)
        if lower not in leaders and lower not in first and root != lower:
            leaders[lower] = root
    if settings.follow_ups == "fold":
        return leaders, {}
    behind: dict[int, list[int]] = {}
    for story in sorted(leaders, key=rank.__getitem__):
        behind.setdefault(leaders[story], []).append(story)
    return {}, behind


def _spread(
    first: Sequence[int],
    plain: Sequence[Sequence[int]],
    behind: Mapping[int, Sequence[int]],
    facts: Callable[[int], StoryFacts],
    settings: OrderSettings,
    reasons: dict[int, _Reason],
) -> list[int]:
    """The first places filled one by one, from one sequence of `plain` after the other; who is passed over is noted in `reasons`."""
    order: list[int] = []

    def put(story: int) -> None:
        order.extend((story, *behind.get(story, ())))

    for story in first:
        put(story)
    has_rules = settings.topic_in_a_row is not None or settings.group_leads is not None
    for stories in plain:
        waiting = list(stories)
        while has_rules and waiting and len(order) < settings.top:
            story = _next(order, waiting[: settings.top], facts, settings, reasons)
            waiting.remove(story)
            put(story)
        for story in waiting:
            put(story)
    return order


def _next(
    order: Sequence[int],
    candidates: Sequence[int],
    facts: Callable[[int], StoryFacts],
    settings: OrderSettings,
    reasons: dict[int, _Reason],
) -> int:
    """The first candidate that breaks no rule, else the first of all; those passed over for it are noted in `reasons`."""
    passed: dict[int, _Reason] = {}
    for story in candidates:
        broken = _broken(order, facts(story), facts, settings)
        if broken is None:
            reasons |= {other: reason for other, reason in passed.items() if other not in reasons}
            return story
        passed[story] = broken
    return candidates[0]


def _broken(order: Sequence[int], story: StoryFacts, facts: Callable[[int], StoryFacts], settings: OrderSettings) -> _Reason | None:
    """The rule that a story would break at the end of a list, and what it is about."""
    run = settings.topic_in_a_row
    if run is not None and story.topic and len(order) >= run and all(facts(other).topic == story.topic for other in order[-run:]):
        return "topic_in_a_row", story.topic
    leads = settings.group_leads
    if leads is not None and story.group and len(order) < leads.of_top:
        led = sum(facts(other).group == story.group for other in order)
        if led >= leads.at_most:
            return "group_leads", story.group
    return None


def _adjustments(
    order: Sequence[int], natural: Mapping[int, int], reasons: Mapping[int, _Reason], top: int
) -> dict[int, tuple[Adjustment, ...]]:
    """Why stories of the list are not where their score puts them.

    Behind the first `top` all stand by score; that places there are higher by what was folded above needs no saying.
    """
    adjustments: dict[int, tuple[Adjustment, ...]] = {}
    for place, story in enumerate(order, start=1):
        by_score, reason = natural[story], reasons.get(story)
        if reason is not None and reason[0] in _HOLD_BACK and place < by_score:
            reason = None  # others made more room than it was held back by
        if place != by_score and (reason is not None or place <= top):
            adjustments[story] = (Adjustment(*(reason or ("made_room", "")), by_score=by_score, place=place),)
    return adjustments
