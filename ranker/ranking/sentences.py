"""Sentences: what is said of rankings in words and rounded sums, the same on a terminal, on a page and in a notebook."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ranker.articles.article import Article
from ranker.ranking.explanation import Difference, WhyAbove
from ranker.ranking.heat import Heat, bursts
from ranker.ranking.movement import Moved
from ranker.ranking.order import Adjustment
from ranker.ranking.ranked import RankedStory
from ranker.settings import HeatSettings, Settings

_SLACK_GROUPS = 1e-3  # what rounding to steps makes of a whole number of groups, and more
_MOST_DIGITS = 6
_SHOWN_CHANGE = 5e-4  # of a contribution; less would be shown as 0.000


def printable(text: str) -> str:
    """`text` for a terminal: control characters, and bytes of a file's name that are no UTF-8, as escapes."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii") for mark in text)


def added_up(terms: Sequence[float], digits: int) -> list[str]:
    """The terms of a sum rounded for the eye, and behind them their sum: what is shown adds up as it is shown.

    Rounded one by one they might miss the sum by a digit, so the largest remainders are rounded up instead.
    """
    scaled = [term * 10**digits for term in terms]
    whole = [math.floor(term) for term in scaled]
    total = round(math.fsum(scaled))
    by_remainder = sorted(range(len(terms)), key=lambda i: (whole[i] - scaled[i], i))
    for i in by_remainder[: total - sum(whole)]:
        whole[i] += 1
    return [f"{number / 10**digits:.{digits}f}" for number in (*whole, total)]


def many(count: int, noun: str) -> str:
    """A number of things: "1 text", "2 texts"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def named(article: Article) -> str:
    """An article's title with its provider behind it, where it has one."""
    return f"{article.title} ({article.provider.name})" if article.provider.name else article.title


def moved(move: Adjustment) -> str:
    """What moved a story from its place by score, in words."""
    about = f" ({move.because})" if move.because else ""
    return f"{move.rule.replace('_', ' ')}{about}: #{move.by_score} by score, #{move.place} here"


def why_moved(item: Moved) -> str:
    """What moved a story, the cause first."""
    changes = sorted(item.changes.items(), key=lambda change: (change[0] != item.cause, -abs(change[1])))
    shown = ", ".join(f"{name} {change:+.3f}" for name, change in changes if abs(change) >= _SHOWN_CHANGE)
    new = f", {many(item.new_articles, 'new article')}" if item.new_articles else ""
    if item.cause == "rule":
        return f"rule of the list ({', '.join(dict.fromkeys((*item.before.rules, *item.after.rules)))}{new})"
    if item.cause == "others":
        others = f"passed by {item.overtaken_by}" if item.places < 0 else "others fell"
        return f"{others} ({shown or 'own score unchanged'}{new})"
    return f"{shown or item.cause}{new}"


def decided_lines(why: WhyAbove, settings: Settings) -> list[str]:
    """What decides, and for each signal the change in it, alone, that would bring the two level: in sentences."""
    swaps = [sentence for item in why.differences for sentence in _swaps(item, why.lower, settings)]
    level = [f"That one would be level with {swaps[0]}", *(f"or with {swap}" for swap in swaps[1:])] if swaps and why.gap > 0 else []
    return [_decision(why), ", ".join(level) + ("." if level else "")] if level else [_decision(why)]


def _decision(why: WhyAbove) -> str:
    moves = [*dict.fromkeys(moved(move) for move in why.rules)]
    because = f" ({'; '.join(moves)})" if moves else ""
    if why.decided_by == "rule":
        return f"A rule of the list decides{because}."
    if why.decided_by == "newest":
        return "The scores are equal; the newer last article decides."
    if why.decided_by == "id":
        return "Scores and last articles are equal; the id decides."
    against = [item.signal for item in why.differences if item.advantage < 0]
    return f"{why.decided_by.capitalize()} decides{f', against {_and(against)}' if against else ''}."


def _swaps(item: Difference, lower: RankedStory, settings: Settings) -> list[str]:
    """Changes in one signal that would bring the lower story level."""
    found: list[str] = []
    if item.lower_value is not None and item.lower_value > item.lower.value:
        more = item.lower_value - item.lower.value
        if item.signal == "recency":
            hours = max(0.0, -settings.recency.half_life_hours * math.log2(item.lower_value))
            found.append(f"a new voice no older than {hours:.1f} h")
        elif item.signal == "heat" and settings.heat.points_per_coverage:
            groups = groups_for(more, lower.heat, settings.heat)
            found.append(f"{more:.1f} points more heat ({many(groups, 'more publisher group')} now)")
        else:
            found.append(f"{more:.1f} points more {item.signal}")
    if item.weight is not None:
        found.append(f"{item.signal} weighing {_told_apart(item.weight, item.upper.weight)} instead of {item.upper.weight:g}")
    return found


def _told_apart(number: float, other: float) -> str:
    """A number with two digits, or as many more as show that it is another one."""
    digits = next((digits for digits in range(2, _MOST_DIGITS) if round(number, digits) != round(other, digits)), _MOST_DIGITS)
    return f"{number:.{digits}f}"


def groups_for(more: float, heat: Heat, settings: HeatSettings) -> int:
    """How many new publisher groups, reporting right now, bring a story so many points more of heat.

    Each brings its coverage, and burst for what of all coverage the story's past does not foretell.
    """
    needed = more / settings.points_per_coverage
    if settings.half_life_hours is not None and bursts(settings):
        unforeseen = settings.points_per_coverage * (1 - settings.half_life_hours / settings.past_half_life_hours)
        short = max(0.0, heat.expected - heat.covered)  # coverage that brings no burst yet
        needed = min(needed, (more + settings.burst * short) / (settings.points_per_coverage + settings.burst * unforeseen))
    return math.ceil(needed - _SLACK_GROUPS)


def _and(names: list[str]) -> str:
    return " and ".join(names)
