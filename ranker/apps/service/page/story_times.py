"""Hours of a story: when it was told, by how many articles and providers, as bars of a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ranker.articles.article import Article

_MOST_BARS = 192  # eight days by hour
_SPANS = (1, 2, 3, 6, 12, 24, 7 * 24)  # hours that a bar may stand for
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time.

    Parameters
    ----------
    place : from 0, in spans since the first.
    """

    place: int
    start: datetime
    articles: int
    providers: int


@dataclass(frozen=True, slots=True)
class Times:
    """The bars of a story, those with articles alone, in order of time.

    Parameters
    ----------
    span_hours : what a bar stands for.
    spans : from the first bar to the last, empty ones counted.
    undated : articles that are in no bar.
    """

    bars: tuple[Bar, ...]
    span_hours: int
    spans: int
    undated: int

    @property
    def most(self) -> int:
        """The articles of the highest bar."""
        return max((bar.articles for bar in self.bars), default=0)


def times_of(articles: Sequence[Article]) -> Times:
    """When articles were published: by hour, or by longer spans where hours would be more than 192."""
    dated = [article for article in articles if article.dated is not None]
    hours = [_hour(article) for article in dated]
    if not dated:
        return Times((), 1, 0, len(articles))
    first, length = min(hours), max(hours) - min(hours) + 1
    span = next((span for span in _SPANS if length <= span * _MOST_BARS), -(-length // _MOST_BARS))
    held: dict[int, list[Article]] = {}
    for article, hour in zip(dated, hours, strict=True):
        held.setdefault((hour - first) // span, []).append(article)
    start = datetime.fromtimestamp(0, UTC) + timedelta(hours=first)
    bars = tuple(
        Bar(place, start + timedelta(hours=place * span), len(told), len({article.provider.key for article in told}))
        for place, told in sorted(held.items())
    )
    return Times(bars, span, bars[-1].place + 1, len(articles) - len(dated))


def _hour(article: Article) -> int:
    """Hours since 1970 began."""
    return 0 if article.dated is None else int(article.dated.timestamp() // _SECONDS_PER_HOUR)
