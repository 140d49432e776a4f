"""Bars: when a story was told, hour by hour, as a small picture that all stories share the scale of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ranker.apps.service.page.filters import counted, when

HOURS = 48  # that are shown: what decides about news
_WIDTH, _HEIGHT = 2, 20  # of an hour, and of the picture, in units of the picture
_BAR = 1.6  # width of a bar
_SECONDS = 3600  # of an hour
_LOWEST, _FULL = 3, 3  # the height of one article at least; a bar of fewer articles than this is never full


@dataclass(frozen=True, slots=True)
class Bars:
    """The last hours of a story; the right edge is now."""

    label: str
    path: str  # the bars, as SVG draws them
    earlier: int  # articles before the picture begins
    width: int = HOURS * _WIDTH
    height: int = _HEIGHT


def bars_of(timeline: Sequence[Mapping[str, Any]], as_of: datetime) -> Bars:
    """The picture of a story's timeline.

    Parameters
    ----------
    timeline : hours as on the wire: `hour`, `articles`.
    """
    start = as_of.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours = [(datetime.fromisoformat(item["hour"]), int(item["articles"])) for item in timeline]
    shown = [(hour, articles) for hour, articles in hours if hour >= start]
    most = max((articles for _, articles in shown), default=0)
    path = "".join(_bar(int((hour - start).total_seconds() // _SECONDS), articles / max(most, _FULL)) for hour, articles in shown)
    earlier = sum(articles for hour, articles in hours if hour < start)
    return Bars(_label(shown, most, earlier), path, earlier)


def _bar(hour: int, share: float) -> str:
    """The bar of an hour, from the ground up."""
    height = _LOWEST + (_HEIGHT - _LOWEST) * share
    return f"M{min(hour, HOURS - 1) * _WIDTH} {_HEIGHT}v-{height:.1f}h{_BAR}v{height:.1f}z"


def _label(shown: Sequence[tuple[datetime, int]], most: int, earlier: int) -> str:
    """The picture in words."""
    told = sum(articles for _, articles in shown)
    words = f"Last {HOURS} hours: {counted(told, 'article')}"
    if len(shown) > 1:
        fullest = next(hour for hour, articles in shown if articles == most)
        words += f" in {len(shown)} different hours, most ({most}) from {when(fullest)}"
    return f"{words}; {earlier:,} earlier" if earlier else words
