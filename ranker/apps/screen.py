"""Screen: rankings and sums laid out for a terminal of 80 columns, plain where there is no terminal."""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ranker.articles.article import Article
from ranker.pipeline import RankedStory, Ranking
from ranker.ranking.heat import age_hours, other_coverage

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_HOURS_PER_DAY = 24.0
_AGES_IN_HOURS_BELOW = 48.0
_PLAIN_SECONDS = 5.0  # between two lines that a long piece of work prints where there is no terminal
_LEAST_TITLE_CELLS = 20  # a title gets these even where the terminal is too narrow for them
_SCORE_DIGITS, _HEAT_DIGITS = 4, 1


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console for data (standard output) or talk (standard error)."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            # Rich would end the program itself; the command line ends in one way whoever wrote.
            raise BrokenPipeError(errno.EPIPE, "nobody reads any more")

    return Screen(stderr=stderr, width=width, highlight=False, soft_wrap=False, markup=False, emoji=False)


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


def ranking_lines(ranking: Ranking, *, limit: int, coverage: int, width: int) -> Iterator[Text]:
    """Ranked stories, line by line: rank, score, heat, providers, age and lead title; under it other coverage.

    Parameters
    ----------
    limit : stories shown.
    coverage : lines of other coverage under each.
    width : cells of a line (a wide character takes two); titles are wrapped to it, other coverage is cut.
    """
    from rich.text import Text

    paper = console(width=width)
    yield Text(f"{'#':>3} {'score':>5} {'heat':>4} {'prov':>4} {'age':>4}  story", style="bold")
    for ranked in ranking.stories[:limit]:
        numbers = f"{ranked.rank:>3} {ranked.blend.score:>5.3f} {ranked.heat.points:>4.0f} {ranked.counts.providers:>4} "
        numbers += f"{story_age(ranked, ranking):>4}  "
        title = Text(_named(ranked.lead), style="bold").wrap(paper, max(_LEAST_TITLE_CELLS, width - len(numbers)))
        for line in title:
            line.rstrip()
        yield Text.assemble((numbers, "cyan"), title[0])
        for rest in title[1:]:
            yield Text.assemble(" " * len(numbers), rest)
        for line in _coverage_lines(ranked, ranking, coverage):
            line.truncate(width, overflow="ellipsis")
            yield line


def story_age(ranked: RankedStory, ranking: Ranking) -> str:
    """Age of a story's newest article: "3h", "2d", "-" without a date."""
    times = [article.dated for article in ranked.story.articles if article.dated is not None]
    if not times:
        return "-"
    hours = age_hours(max(times), ranking.as_of)
    return f"{hours:.0f}h" if hours < _AGES_IN_HOURS_BELOW else f"{hours / _HOURS_PER_DAY:.0f}d"


def story_explanation(ranked: RankedStory, ranking: Ranking) -> list[RenderableType]:
    """A story taken apart: its score's terms, its counts, and each member with the reason it belongs."""
    from rich.text import Text

    counts = ranked.counts
    head = Text.assemble(
        (f"#{ranked.rank}  {ranked.lead.title}", "bold"), f"\nstory {ranked.story.id}, as of {ranking.as_of:%Y-%m-%d %H:%M} UTC\n"
    )
    head.append(
        f"{_many(counts.articles, 'article')}, {_many(counts.unique_texts, 'different text')}, {_many(counts.providers, 'provider')}, "
        f"{_many(counts.publisher_groups, 'publisher group')}\n"
    )
    return [head, _score_table(ranked), "", _heat_table(ranked), "", _members_table(ranked, ranking)]


def article_explanation(article: Article, ranking: Ranking) -> list[RenderableType]:
    """An article taken apart: its quality point by point, its heat and its story."""
    from rich.table import Table
    from rich.text import Text

    ranked = ranking.by_article[article.id]
    quality = ranking.qualities[article.id]
    table = Table(box=None, padding=(0, 2, 0, 0), title="quality, point by point", title_justify="left", title_style="bold")
    table.add_column("feature")
    table.add_column("seen")
    table.add_column("points", justify="right")
    for part in quality.parts:
        table.add_row(part.feature, part.seen, f"{part.points:+d}")
    table.add_row("quality", "", str(quality.points), style="bold")
    heat = ranking.heat_of_article(article.id)
    warmed = sum(item.points for item in heat.coverage)
    membership = ranked.story.memberships[article.id]
    place = Text(f"\nheat {heat.points:.1f} = quality {heat.quality} + {warmed:.1f} from {_many(len(heat.coverage), 'other text')}\n")
    role = "lead" if article.id == ranked.lead.id else "member"
    place.append(f"{role} of story {ranked.story.id} (#{ranked.rank}: {ranked.lead.title})\n")
    if membership.probability is not None:
        place.append(f"P(same story) with the others {membership.probability:.2f}; ")
        place.append(f"nearest {membership.nearest}, cosine {membership.similarity:.2f}\n")
    source = "  ".join(filter(None, (article.id, article.provider.name)))
    head = Text.assemble((article.title, "bold"), f"\n{source}\n{printable(str(article.origin))}\n")
    return [head, table, place]


@contextmanager
def progress_bar(label: str, total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """A function to be told of finished items: a bar with rate and time left on a terminal, a few plain lines elsewhere."""
    talk = console(stderr=True)
    if not shown or total == 0:
        yield lambda _: None
    elif talk.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        rate = TextColumn("{task.fields[rate]}")
        with Progress(
            TextColumn(label),
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            rate,
            TimeRemainingColumn(),
            console=talk,
        ) as bar:
            task = bar.add_task(label, total=total, rate="")

            def advance(count: int) -> None:
                bar.advance(task, count)
                speed = bar.tasks[0].speed
                bar.update(task, rate=f"{speed:.0f}/s" if speed else "")

            yield advance
    else:
        yield _plain_progress(label, total, talk)


def _plain_progress(label: str, total: int, talk: Console) -> Callable[[int], None]:
    finished, started = 0, time.monotonic()
    told = started

    def advance(count: int) -> None:
        nonlocal finished, told
        finished += count
        now = time.monotonic()
        if now - told >= _PLAIN_SECONDS:
            told = now
            talk.print(f"ranker: {label}: {finished} of {total}, {finished / (now - started):.0f}/s")

    return advance


def _coverage_lines(ranked: RankedStory, ranking: Ranking, coverage: int) -> list[Text]:
    """Other coverage, copies of one text once, best quality first."""
    from rich.text import Text

    others = other_coverage(ranked.lead, ranked.story.articles, ranking.grouping.texts)
    others.sort(key=lambda article: (-ranking.qualities[article.id].points, article.id))
    lines = [Text(f"      \u00b7 {_told(article)}", style="dim") for article in others[:coverage]]
    left = len(ranked.story.articles) - 1 - len(lines)
    if left > 0 and lines:
        lines.append(Text(f"        and {left} more", style="dim"))
    return lines


def _score_table(ranked: RankedStory) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), title="score", title_justify="left", title_style="bold")
    for name in ("signal", "value", "normalised", "weight", "contribution"):
        table.add_column(name, justify="left" if name == "signal" else "right")
    blend = ranked.blend
    signals = {"quality": blend.quality, "heat": blend.heat, "recency": blend.recency}
    *contributions, score = added_up([signal.contribution for signal in signals.values()], _SCORE_DIGITS)
    for (name, signal), contribution in zip(signals.items(), contributions, strict=True):
        table.add_row(name, f"{signal.value:.2f}", f"{signal.normalised:.4f}", f"{signal.weight:g}", contribution)
    table.add_row("score", "", "", "", score, style="bold")
    return table


def _heat_table(ranked: RankedStory) -> RenderableType:
    from rich.text import Text

    heat = ranked.heat
    _, *points, total = added_up([heat.quality, *(item.points for item in heat.coverage)], _HEAT_DIGITS)
    ages = ("" if item.age_hours is None else f" ({item.age_hours:.0f}h)" for item in heat.coverage)
    terms = ", ".join(f"{term}{age}" for term, age in zip(points, ages, strict=True))
    text = Text.assemble(("heat ", "bold"), f"{total} = quality of the lead {heat.quality}")
    text.append(f" + coverage by age: {terms}" if terms else " (no other coverage)")
    evidence = ranked.recency
    text.append("\n")
    text.append("recency ", style="bold")
    text.append(
        "0: no article has a date"
        if evidence.age_hours is None
        else f"{evidence.value:.4f}: {evidence.article_id} is {evidence.age_hours:.1f} hours old"
    )
    return text


def _members_table(ranked: RankedStory, ranking: Ranking) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, title="members", title_justify="left", title_style="bold")
    table.add_column("published", no_wrap=True)
    table.add_column("quality", justify="right")
    table.add_column("P", justify="right")
    table.add_column("title", ratio=1)
    for article in ranked.story.articles:
        membership = ranked.story.memberships[article.id]
        when = "-" if article.dated is None else f"{article.dated:%m-%d %H:%M}"
        likely = "" if membership.probability is None else f"{membership.probability:.2f}"
        table.add_row(when, str(ranking.qualities[article.id].points), likely, f"{_named(article)} {article.id}")
    return table


def related_table(article: Article, ranking: Ranking) -> RenderableType:
    """What is related to an article, and how near it is."""
    from rich.table import Table

    items = ranking.related_to(article.id)
    if not items:
        return "nothing is related"
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, title="related", title_justify="left", title_style="bold")
    table.add_column("cosine", justify="right")
    table.add_column("P", justify="right")
    table.add_column("story", no_wrap=True)
    table.add_column("title", ratio=1)
    for item in items:
        which = "same" if item.same_story else "other"
        table.add_row(f"{item.similarity:.2f}", f"{item.probability:.2f}", which, _named(item.article))
    return table


def _named(article: Article) -> str:
    """An article's title with its provider behind it, where it has one."""
    return f"{article.title} ({article.provider.name})" if article.provider.name else article.title


def _told(article: Article) -> str:
    """An article's title with its provider before it, where it has one."""
    return f"{article.provider.name}: {article.title}" if article.provider.name else article.title


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
