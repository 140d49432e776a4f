"""Reasoning: why an article is in its story and in no other, and which pairs were in doubt, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ranker.apps import screen
from ranker.articles.article import Article
from ranker.pipeline import Ranking
from ranker.stories.corrections import Correction, named
from ranker.stories.corrections_file import correction_json
from ranker.stories.reasons import (
    Apart,
    Comparison,
    DoubtfulPair,
    Reason,
    doubtful_pairs,
    mistaken_pairs,
    nearest_other_story,
    own_story,
    stories_apart,
)
from ranker.stories.story import Story

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ranker.apps.session import Session

_DIGITS = 6
_SHOWN_POINTS = 5e-4  # fewer would be shown as 0.000


def article_reasons(article: Article, ranking: Ranking) -> tuple[Comparison | None, Comparison | None]:
    """An article against the rest of its story, and against the story that comes nearest to its own; None where there is none."""
    row = ranking.rows[article.id]
    return own_story(ranking.grouping, row), nearest_other_story(ranking.grouping, row)


def reasons_json(article: Article, ranking: Ranking) -> dict[str, Any]:
    """Both comparisons; the points of each, less `joinAt`, add up to its score."""
    own, other = article_reasons(article, ranking)
    told = {"ownStory": _comparison_json(own), "nearestOtherStory": _comparison_json(other)}
    if other is not None and told["nearestOtherStory"] is not None:
        apart = stories_apart(ranking.grouping, ranking.rows[article.id], other.story)
        told["nearestOtherStory"]["stories"] = {
            "score": round(apart.score, _DIGITS),
            "probability": round(apart.probability, _DIGITS),
            "tooLong": apart.too_long,
            "corrections": [correction_json(item) for item in _parting(article, other.story, ranking)],
        }
    if told["ownStory"] is not None:
        told["ownStory"]["corrections"] = [correction_json(item) for item in _joining(article, ranking)]
    return told


def reasons_shown(article: Article, ranking: Ranking) -> list[RenderableType]:
    """Both comparisons as tables."""
    own, other = article_reasons(article, ranking)
    parts: list[RenderableType] = []
    if own is None:
        parts.append("alone in its story\n")
    else:
        parts += [_head(f"why it is in its story: P {own.probability:.2f}, nearest {_title(own.nearest, ranking)}"), _table(own)]
        parts += [*_corrected("kept in it", _joining(article, ranking)), ""]
    if other is not None:
        lead = ranking.by_article[other.story.first.id].lead.title
        apart = stories_apart(ranking.grouping, ranking.rows[article.id], other.story)
        parts += [_head(f"the nearest other story, {other.story.id}: P {other.probability:.2f}, {lead}"), _table(other)]
        parts += [*(_corrected("not joined", _parting(article, other.story, ranking)) or [_decided(apart, ranking)]), ""]
    return parts


def review(session: Session, *, limit: int, as_json: bool) -> None:
    """The most doubtful pairs of a run, on standard output."""
    tell_pairs(session.ranking, doubtful_pairs(session.ranking.grouping, limit=limit), {}, as_json=as_json)


def tell_doubts(ranking: Ranking, labels: Mapping[str, str], *, borderline: int, mistakes: int, as_json: bool) -> None:
    """The most doubtful pairs and what their labels say, or the surest mistakes, on standard output.

    Parameters
    ----------
    labels : true story by article id.
    borderline, mistakes : how many pairs; 0 for none.
    """
    grouping = ranking.grouping
    if borderline:
        tell_pairs(ranking, doubtful_pairs(grouping, limit=borderline), labels, as_json=as_json)
    if mistakes:
        stories = [labels.get(article.id) for article in grouping.corpus.articles]
        tell_pairs(ranking, mistaken_pairs(grouping, stories, limit=mistakes), labels, as_json=as_json)


def tell_pairs(ranking: Ranking, pairs: Sequence[DoubtfulPair], labels: Mapping[str, str], *, as_json: bool) -> None:
    """Pairs on standard output: one JSON object a line, or three lines of text each."""
    for pair in pairs:
        if as_json:
            click.echo(msgspec.json.encode(_pair_json(pair, ranking, labels)))
        else:
            screen.tell(map(screen.printable, _pair_lines(pair, ranking, labels)))


def _pair_json(pair: DoubtfulPair, ranking: Ranking, labels: Mapping[str, str]) -> dict[str, Any]:
    told = {
        "probability": round(pair.probability, _DIGITS),
        "joined": pair.joined,
        "articles": [_article_json(article_id, ranking) for article_id in (pair.left, pair.right)],
        "reasons": [_reason_json(reason) for reason in pair.reasons],
    }
    known = _known(pair, labels)
    return told if known is None else told | {"sameStory": known}


def _pair_lines(pair: DoubtfulPair, ranking: Ranking, labels: Mapping[str, str]) -> Iterator[str]:
    known = _known(pair, labels)
    truth = "" if known is None else f", labelled {'one story' if known else 'two stories'}"
    strongest = sorted(_shown(pair.reasons), key=lambda reason: -abs(reason.points))[:4]
    because = ", ".join(f"{_name(reason.evidence)} {reason.points:+.2f}" for reason in strongest)
    yield f"P {pair.probability:.2f}  {'joined' if pair.joined else 'apart'}{truth}: {because}"
    for article_id in (pair.left, pair.right):
        article = ranking.grouping.corpus.articles[ranking.rows[article_id]]
        when = "-" if article.dated is None else f"{article.dated:%m-%d %H:%M}"
        yield f"  {when}  {article.title}{f' ({article.provider.name})' if article.provider.name else ''}"


def _known(pair: DoubtfulPair, labels: Mapping[str, str]) -> bool | None:
    if pair.left not in labels or pair.right not in labels:
        return None
    return labels[pair.left] == labels[pair.right]


def _article_json(article_id: str, ranking: Ranking) -> dict[str, Any]:
    article = ranking.grouping.corpus.articles[ranking.rows[article_id]]
    return {"id": article.id, "title": article.title, "storyId": ranking.by_article[article.id].story.id}


def _comparison_json(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {
        "storyId": comparison.story.id,
        "probability": round(comparison.probability, _DIGITS),
        "nearest": comparison.nearest,
        "nearestScore": round(comparison.nearest_score, _DIGITS),
        "score": round(comparison.score, _DIGITS),
        "joinAt": comparison.join_at,
        "reasons": [_reason_json(reason) for reason in comparison.reasons],
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {
        "evidence": reason.evidence,
        "value": round(reason.value, _DIGITS),
        "weight": reason.weight,
        "points": round(reason.points, _DIGITS),
    }


def _joining(article: Article, ranking: Ranking) -> tuple[Correction, ...]:
    """The corrections that keep an article in its story, whatever its evidence."""
    beside = ranking.corrections.joined_with([article.id]) & ranking.by_article[article.id].story.memberships.keys()
    return ranking.corrections.joining([article.id]) if len(beside) > 1 else ()


def _parting(article: Article, other: Story, ranking: Ranking) -> tuple[Correction, ...]:
    """The corrections that keep the story of an article and another apart."""
    own = ranking.by_article[article.id].story
    return ranking.corrections.parting([each.id for each in own.articles], [each.id for each in other.articles])


def _corrected(what: str, corrections: Sequence[Correction]) -> list[str]:
    return [screen.printable(f"{what} by correction {named(item)}{f': {item.why}' if item.why else ''}") for item in corrections]


def _decided(apart: Apart, ranking: Ranking) -> str:
    """What kept two stories apart."""
    if apart.too_long:
        return f"not joined: the two stories together would be longer than {ranking.grouping.window_days:g} days"
    return f"not joined: over all their articles the two stories have a mean score of {apart.score:+.3f}"


def _head(text: str) -> RenderableType:
    from rich.text import Text

    return Text(screen.printable(text), style="bold")


def _table(comparison: Comparison) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("evidence")
    for name in ("mean", "weight", "points"):
        table.add_column(name, justify="right")
    for reason in _shown(comparison.reasons):
        table.add_row(_name(reason.evidence), f"{reason.value:.3f}", f"{reason.weight:+.3f}", f"{reason.points:+.3f}")
    table.add_row("less what it takes to join", "", "", f"{-comparison.join_at:+.3f}")
    table.add_row("score", "", "", f"{comparison.score:+.3f}", style="bold")
    return table


def _shown(reasons: Sequence[Reason]) -> list[Reason]:
    return [reason for reason in reasons if abs(reason.points) >= _SHOWN_POINTS]


def _title(article_id: str, ranking: Ranking) -> str:
    return ranking.grouping.corpus.articles[ranking.rows[article_id]].title


def _name(evidence: str) -> str:
    return evidence.replace("_", " ")
