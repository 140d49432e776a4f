"""Breakdown: a story's score, an article's quality, and why one story stands above another, laid out for a terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ranker.apps.screen import added_up, many, moved, named, printable
from ranker.articles.article import Article
from ranker.pipeline import Ranking
from ranker.ranking import sentences
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.heat import Heat
from ranker.ranking.phase import Phase
from ranker.ranking.ranked import RankedStory
from ranker.settings import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

decided_lines, groups_for = sentences.decided_lines, sentences.groups_for

_SCORE_DIGITS, _POINT_DIGITS = 4, 1
_SHOWN_COVERAGE = 12  # terms of heat in one line; JSON has them all


def story_explanation(ranked: RankedStory, ranking: Ranking) -> list[RenderableType]:
    """A story taken apart: its score's terms, where each comes from, its members, and why it is above the next."""
    from rich.text import Text

    counts = ranked.counts
    head = Text.assemble((f"#{ranked.rank}  {ranked.lead.title}" if ranked.rank else f"hidden  {ranked.lead.title}", "bold"))
    head.append(f"\nstory {ranked.story.id}, {ranked.phase.name}, as of {ranking.as_of:%Y-%m-%d %H:%M} UTC\n")
    head.append(
        f"{many(counts.articles, 'article')}, {many(counts.unique_texts, 'different text')}, {many(counts.providers, 'provider')}, "
        f"{many(counts.publisher_groups, 'publisher group')}\n"
    )
    for move in ranked.adjustments:
        head.append(f"{moved(move)}\n")
    parts: list[RenderableType] = [head, _score_table(ranked), "", _origins(ranked, ranking), _members_table(ranked, ranking)]
    if 0 < ranked.rank < len(ranking.stories):
        parts += ["", *why_above_lines(why_above(ranked, ranking.stories[ranked.rank], ranking.settings), ranking.settings)]
    return parts


def why_above_lines(why: WhyAbove, settings: Settings) -> list[RenderableType]:
    """Why one story stands above another: the terms side by side, what decides, and what would bring them level."""
    from rich.text import Text

    title = Text.assemble(("why above ", "bold"), f"#{why.lower.rank}  {why.lower.lead.title} ({why.lower.story.id})")
    table = _table("signal", "this one", "that one", "advantage")
    pairs = [(item.upper.contribution, item.lower.contribution) for item in why.differences]
    above = added_up([one for one, _ in pairs], _SCORE_DIGITS)
    below = added_up([other for _, other in pairs], _SCORE_DIGITS)
    for name, one, other in zip([*(item.signal for item in why.differences), "score"], above, below, strict=True):
        # What is shown, taken apart: so the table adds up both ways.
        apart = f"{Decimal(one) - Decimal(other):+f}"
        table.add_row(name, one, other, apart, style="bold" if name in {why.decided_by, "score"} else "")
    return [title, table, *decided_lines(why, settings)]


def article_explanation(article: Article, ranking: Ranking) -> list[RenderableType]:
    """An article taken apart: its quality point by point, its heat and its story."""
    from rich.text import Text

    ranked = ranking.by_article[article.id]
    quality = ranking.quality_of(article.id)
    table = _table("rule", "seen", "points", title="quality, point by point", left=2)
    for part in quality.parts:
        table.add_row(part.feature, printable(part.seen), f"{part.points:+d}")
    table.add_row("quality", "", str(quality.points), style="bold")
    membership = ranked.story.memberships[article.id]
    outlet = ranking.publishers.outlet(article.provider)
    place = Text(f"\nheat {_heat_sum(ranking.heat_of(article.id), whose='quality')}\n")
    role = "lead" if article.id == ranked.lead.id else "member"
    place.append(f"{role} of story {ranked.story.id} ({f'#{ranked.rank}' if ranked.rank else 'hidden'}: {ranked.lead.title})\n")
    if membership.probability is not None:
        place.append(f"P(same story) with the others {membership.probability:.2f}; ")
        place.append(f"nearest {membership.nearest}, cosine {membership.similarity:.2f}\n")
    about = ", ".join(filter(None, (f"publisher group {outlet.group}" if outlet.group else "", outlet.country, outlet.role)))
    source = "  ".join(filter(None, (article.id, article.provider.name)))
    head = Text.assemble((article.title, "bold"), f"\n{source} ({about})\n{printable(str(article.origin))}\n")
    return [head, table, place]


def related_table(article: Article, ranking: Ranking) -> RenderableType:
    """What is related to an article, and how near it is."""
    items = ranking.related_to(article.id)
    if not items:
        return "nothing is related"
    table = _wide_table("related")
    table.add_column("cosine", justify="right")
    table.add_column("P", justify="right")
    table.add_column("story", no_wrap=True)
    table.add_column("title", ratio=1)
    for item in items:
        which = "same" if item.same_story else "other"
        table.add_row(f"{item.similarity:.2f}", f"{item.probability:.2f}", which, named(item.article))
    return table


def _score_table(ranked: RankedStory) -> RenderableType:
    table = _table("signal", "value", "normalised", "weight", "contribution", title="score")
    blend = ranked.blend
    signals = {"quality": blend.quality, "heat": blend.heat, "recency": blend.recency}
    values = {"quality": ranked.quality.points, "heat": ranked.heat.points, "recency": ranked.recency.value}
    *contributions, score = added_up([signal.contribution for signal in signals.values()], _SCORE_DIGITS)
    for (name, signal), contribution in zip(signals.items(), contributions, strict=True):
        table.add_row(name, f"{values[name]:.2f}", f"{signal.normalised:.4f}", f"{signal.weight:g}", contribution)
    table.add_row("score", "", "", "", score, style="bold")
    return table


def _origins(ranked: RankedStory, ranking: Ranking) -> RenderableType:
    """Where quality, heat, recency and phase come from, a line each."""
    from rich.text import Text

    text = Text()
    *terms, total = added_up([part.points for part in ranked.quality.parts], _POINT_DIGITS)
    sums = [f"{term} ({part.weight:g} x {part.quality})" for term, part in zip(terms, ranked.quality.parts, strict=True)]
    text.append("quality ", style="bold")
    text.append(f"{total} = {' + '.join(sums) or '0'}, the best of each publisher group\n")
    heat, blend = ranked.heat, ranking.settings.blend
    text.append("heat ", style="bold")
    text.append(f"{_heat_sum(heat, whose='quality of the lead')}\n")
    text.append(_coverage_terms(heat))
    if blend.scale == "fixed":
        above = heat.points - heat.quality
        text.append(f"  above the lead's quality: {above:.1f} / ({above:.1f} + {blend.heat_half:g}) = {ranked.blend.heat.normalised:.4f}\n")
    evidence = ranked.recency
    text.append("recency ", style="bold")
    if evidence.age_hours is None:
        text.append("0: no article has a date\n")
    else:
        half_life = ranking.settings.recency.half_life_hours
        text.append(f"{evidence.value:.4f} = 0.5 ^ ({evidence.age_hours:.1f} h / {half_life:g} h), by {evidence.article_id}\n")
    text.append(f"{ranked.phase.name} ", style="bold")
    text.append(f"{_phase_reason(ranked.phase)}\n")
    return text


def _heat_sum(heat: Heat, *, whose: str) -> str:
    coverage, burst, audience, total = _heat_terms(heat)
    terms = [("coverage", sum(coverage)), ("burst", burst), ("audience", audience)]
    said = [f"{whose} {heat.quality}", *(f"{name} {number}" for name, number in terms if number)]
    return f"{total} = {' + '.join(said)}"


def _coverage_terms(heat: Heat) -> str:
    """The coverage of a heat term by term, the newest `_SHOWN_COVERAGE` by themselves."""
    coverage, *_ = _heat_terms(heat)
    if not coverage:
        return ""
    ages = ("" if item.age_hours is None else f" ({item.age_hours:.0f}h)" for item in heat.coverage if item.points)
    terms = [f"{term}{age}" for term, age in zip(coverage, ages, strict=True)]
    left_out = max(0, len(terms) - _SHOWN_COVERAGE)
    more = f" and {sum(coverage[:left_out])} by {left_out} older" if left_out else ""
    past = f"; its past foretold {heat.expected:.1f}" if heat.past else ""
    return f"  coverage by age: {', '.join(terms[left_out:])}{more}{past}\n"


def _heat_terms(heat: Heat) -> tuple[list[Decimal], Decimal, Decimal, Decimal]:
    """What coverage counts term by term, burst, audience, and all heat: rounded together, so that all that is shown adds up."""
    counted = [item.points for item in heat.coverage if item.points]
    _, *coverage, burst, audience, total = map(Decimal, added_up([heat.quality, *counted, heat.burst, heat.audience], _POINT_DIGITS))
    return coverage, burst, audience, total


def _phase_reason(phase: Phase) -> str:
    if phase.first_hours is None or phase.newest_group_hours is None:
        return "because no article has a date"
    return (
        f"told first {phase.first_hours:.0f} h ago, by {many(phase.publisher_groups, 'publisher group')}, the newest joined "
        f"{phase.newest_group_hours:.0f} h ago; pace {phase.pace:.2f}, at its highest {phase.peak:.2f}"
    )


def _members_table(ranked: RankedStory, ranking: Ranking) -> RenderableType:
    table = _wide_table("members")
    table.add_column("published", no_wrap=True)
    table.add_column("quality", justify="right")
    table.add_column("P", justify="right")
    table.add_column("title", ratio=1)
    for article in ranked.story.articles:
        membership = ranked.story.memberships[article.id]
        when = "-" if article.dated is None else f"{article.dated:%m-%d %H:%M}"
        likely = "" if membership.probability is None else f"{membership.probability:.2f}"
        table.add_row(when, str(ranking.quality_points[article.id]), likely, f"{named(article)} {article.id}")
    return table


def _table(*columns: str, title: str | None = None, left: int = 1) -> Table:
    """A plain table whose first columns are text and whose others are numbers."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < left else "right")
    return table


def _wide_table(title: str) -> Table:
    from rich.table import Table

    return Table(box=None, padding=(0, 1, 0, 0), expand=True, title=title, title_justify="left", title_style="bold")
