"""Screen: rankings and sums laid out for a terminal of 80 columns, plain where there is no terminal."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ranker.articles.article import Article
from ranker.pipeline import Ranking
from ranker.ranking import sentences
from ranker.ranking.ranked import RankedStory

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

added_up, many, moved = sentences.added_up, sentences.many, sentences.moved
named, printable = sentences.named, sentences.printable

_HOURS_PER_DAY = 24.0
_SECONDS_PER_HOUR = 3600.0
_AGES_IN_HOURS_BELOW = 48.0
_PLAIN_SECONDS = 5.0  # between two lines that a long piece of work prints where there is no terminal
_SCORE_DIGITS = 3
_FURTHER_IN = "    "  # before what is left of a line that was broken
_TERMS_FROM_CELLS = 64  # a narrower table leaves out what the signals add, so that titles keep their room
_LEAST_TITLE_CELLS = 20  # a title gets these even where the terminal is too narrow for them


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console for data (standard output) or talk (standard error)."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            # Rich would end the program itself; the command line ends in one way whoever wrote.
            raise BrokenPipeError(errno.EPIPE, "nobody reads any more")

    if width is None and os.environ.get("TERM") == "dumb":
        width = columns()  # of such a terminal Rich would take 80 for granted
    return Screen(stderr=stderr, width=width, highlight=False, soft_wrap=False, markup=False, emoji=False)


def ranking_lines(ranking: Ranking, *, limit: int, coverage: int, width: int) -> Iterator[Text]:
    """Ranked stories, line by line: rank, score, what the signals add to it, publisher groups, age and lead title; then other coverage.

    Parameters
    ----------
    limit : stories shown.
    coverage : lines of other coverage under each.
    width : cells of a line (a wide character takes two); titles are wrapped to it, other lines are cut.
    """
    from rich.text import Text

    paper, has_terms = console(width=width), width >= _TERMS_FROM_CELLS
    terms = f" {'qual':>4} {'heat':>4} {'rec':>4}" if has_terms else ""
    yield Text(f"{'#':>3} {'score':>5}{terms} {'grps':>4} {'age':>4}  story", style="bold")
    for ranked in ranking.stories[:limit]:
        numbers = _numbers(ranked, ranking, has_terms=has_terms)
        title = Text(named(ranked.lead), style="bold").wrap(paper, max(_LEAST_TITLE_CELLS, width - len(numbers)))
        for line in title:
            line.rstrip()
        yield Text.assemble((numbers, "cyan"), title[0])
        for rest in title[1:]:
            yield Text.assemble(" " * len(numbers), rest)
        moves = [Text(f"      {moved(move)}", style="yellow") for move in ranked.adjustments if move.rule != "made_room"]
        for line in (*moves, *_coverage_lines(ranked, ranking, coverage)):
            line.truncate(width, overflow="ellipsis")
            yield line


def _numbers(ranked: RankedStory, ranking: Ranking, *, has_terms: bool) -> str:
    """What stands before a story's title: rank, score, what the signals add to it, publisher groups, age."""
    blend = ranked.blend
    *terms, score = added_up([blend.quality.contribution, blend.heat.contribution, blend.recency.contribution], _SCORE_DIGITS)
    shown = "".join(f" {term.removeprefix('0'):>4}" for term in terms) if has_terms else ""
    return f"{ranked.rank:>3} {score:>5}{shown} {ranked.counts.publisher_groups:>4} {story_age(ranked, ranking):>4}  "


def story_age(ranked: RankedStory, ranking: Ranking) -> str:
    """Age of a story's newest article: "3h", "2d", "-" without a date."""
    times = [article.dated for article in ranked.story.articles if article.dated is not None]
    if not times:
        return "-"
    hours = max(0.0, (ranking.as_of - max(times)).total_seconds() / _SECONDS_PER_HOUR)
    return f"{hours:.0f}h" if hours < _AGES_IN_HOURS_BELOW else f"{hours / _HOURS_PER_DAY:.0f}d"


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

    texts, seen = ranking.grouping.texts, {ranking.grouping.texts[ranked.lead.id]}
    others: list[Article] = []
    for article in ranked.story.articles:
        if texts[article.id] not in seen:
            seen.add(texts[article.id])
            others.append(article)
    others.sort(key=lambda article: (-ranking.quality_points[article.id], article.id))
    lines = [Text(f"      \u00b7 {_told(article)}", style="dim") for article in others[:coverage]]
    lines += [Text(f"      + follow-up: {named(under.lead)}", style="dim") for under in ranked.folded]
    left = len(ranked.story.articles) - 1 - min(len(others), coverage)
    if left > 0 and lines:
        lines.append(Text(f"        and {left} more", style="dim"))
    return lines


def cut(text: str, width: int) -> str:
    """`text` no wider than so many cells, an ellipsis where something is left out."""
    from rich.text import Text

    line = Text(text)
    line.truncate(width, overflow="ellipsis")
    return line.plain


def _told(article: Article) -> str:
    """An article's title with its provider before it, where it has one."""
    return f"{article.provider.name}: {article.title}" if article.provider.name else article.title


def columns() -> int:
    """Cells of a line of standard output: what COLUMNS says, else the terminal's, else 80."""
    import shutil

    return shutil.get_terminal_size().columns


def tell(lines: Iterable[str]) -> None:
    """Lines on standard output; on a terminal they are broken between words, never in one, and go on a little further in."""
    import click

    width = columns() if sys.stdout.isatty() else None
    for line in lines:
        for part in broken(line, width):
            click.echo(part)


def broken(line: str, width: int | None) -> list[str]:
    """`line` in pieces of at most so many cells, broken between words; a longer word, and without a width the line, stay whole."""
    from rich.cells import cell_len

    if width is None or cell_len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    pieces = [indent]
    for word in re.findall(r"\S+\s*", line):
        if pieces[-1].strip() and cell_len(pieces[-1]) + cell_len(word.rstrip()) > width:
            pieces.append(indent + _FURTHER_IN)
        pieces[-1] += word
    return [piece.rstrip() for piece in pieces]
