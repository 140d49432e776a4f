"""Explaining: the command `explain`, from a session to one story or article taken apart on standard output."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from ranker.apps import breakdown, reasoning, screen
from ranker.apps.session import Session
from ranker.apps.wire import article_json, explained_json, heat_json, related_json, why_json
from ranker.articles.article import Article
from ranker.errors import InputError
from ranker.notebook.finding import found_article, found_story
from ranker.pipeline import Ranking
from ranker.ranking.explanation import why_above
from ranker.ranking.ranked import RankedStory


def explain(session: Session, *, story: str | None, article: str | None, than: str | None, as_json: bool) -> None:
    """One story or one article taken apart on standard output, or two stories held against each other."""
    ranking = session.ranking
    if story is not None:
        ranked = _story(ranking, story, "--story")
        told: dict[str, Any] = explained_json(ranked, ranking)
        shown = breakdown.story_explanation(ranked, ranking)
        if than is not None:
            upper, lower = _in_order(ranking, ranked, _story(ranking, than, "--than"))
            why = why_above(upper, lower, ranking.settings)
            told = why_json(why)
            shown = [f"#{upper.rank}  {upper.lead.title} ({upper.story.id})", *breakdown.why_above_lines(why, ranking.settings)]
    else:
        chosen = _article(ranking, article or "")
        told = _article_told(chosen, ranking)
        shown = [
            *breakdown.article_explanation(chosen, ranking),
            *reasoning.reasons_shown(chosen, ranking),
            breakdown.related_table(chosen, ranking),
        ]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
        return
    out = screen.console()
    for part in shown:
        out.print(part)


def _article(ranking: Ranking, wanted: str) -> Article:
    found = found_article(ranking, wanted)
    if found is None:
        raise InputError(f"--article {wanted}: no such article; give its id, web address or file")
    return found


def _story(ranking: Ranking, wanted: str, option: str) -> RankedStory:
    """The story of an id; a rank or an article's id, address or file names its story as well."""
    found = found_story(ranking, wanted)
    if found is None:
        raise InputError(f"{option} {wanted}: no such story; give its id, its rank (#3), or an article's id, web address or file")
    return found


def _in_order(ranking: Ranking, one: RankedStory, other: RankedStory) -> tuple[RankedStory, RankedStory]:
    """Two stories as they stand in the list; one that is folded stands behind its leader."""
    places = {ranked.number: place for place, ranked in enumerate(ranking.stories.with_folded())}
    if one.number == other.number:
        raise InputError(f"--than: {one.story.id} is the story itself; name another")
    for ranked in (one, other):
        if ranked.number not in places:
            by = "order.hidden or a correction" if ranking.corrections.named_by("hide") else "order.hidden"
            raise InputError(f"--than: {ranked.story.id} is hidden ({by}) and stands above or below nothing")
    return (one, other) if places[one.number] < places[other.number] else (other, one)


def _article_told(article: Article, ranking: Ranking) -> dict[str, Any]:
    quality, heat = ranking.quality_of(article.id), ranking.heat_of(article.id)
    membership = ranking.by_article[article.id].story.memberships[article.id]
    outlet = ranking.publishers.outlet(article.provider)
    return article_json(article, ranking) | {
        "publisher": {"group": outlet.group, "country": outlet.country, "role": outlet.role},
        "qualityParts": [{"feature": part.feature, "seen": part.seen, "points": part.points} for part in quality.parts],
        "heat": {"points": heat.points} | heat_json(heat),
        "storyId": ranking.by_article[article.id].story.id,
        "membership": {"probability": membership.probability, "similarity": membership.similarity, "nearest": membership.nearest},
        "why": reasoning.reasons_json(article, ranking),
        "related": [related_json(item, ranking) for item in ranking.related_to(article.id)],
    }
