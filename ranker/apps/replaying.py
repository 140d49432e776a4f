"""Replaying: the series of rankings at past moments, and what moved between two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import msgspec

from ranker.apps import screen
from ranker.apps.session import Session, deliver, tell_stand_in
from ranker.apps.wire import story_json
from ranker.articles.dates import iso_text, parsed_time
from ranker.errors import ArticleError, InputError
from ranker.evaluation.sweep import RememberingEncoder
from ranker.pipeline import rank_articles
from ranker.places import models_folder
from ranker.ranking.blend import SIGNALS
from ranker.ranking.movement import Moved, Movement, Placed, movement
from ranker.ranking.sentences import why_moved
from ranker.vectors.background import load_background
from ranker.vectors.cache import embed
from ranker.vectors.encoder import load_encoder

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MOST_MOMENTS = 100_000  # more is a slip of the pen in --every
_AT = "@"  # between a series' file and one of its moments


def parsed_duration(text: str) -> timedelta:
    """The duration that "30m", "1h", "1.5d" or "90s" says.

    Raises
    ------
    InputError : if it is of another form or no longer than nothing.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not 1 <= seconds <= timedelta.max.total_seconds():
        raise InputError(f"{text!r} is no duration of a second or more; write 30m, 1h or 1d")
    return timedelta(seconds=seconds)


def replay(
    session: Session, path: Path | None, *, every: timedelta, start: datetime | None, end: datetime | None, limit: int | None
) -> None:
    """The ranking at each moment, as it was: without anything that came later, grouped anew. One story a line, first ones first.

    Raises
    ------
    InputError : if no article has a date, or the moments are none or too many.
    """
    articles = session.reading.articles
    moments = _moments(session, every, start, end)
    tell_stand_in(session.settings)
    encoder = load_encoder(session.settings.encoder, models=models_folder())
    texts = sorted({article.text for article in articles})
    with session.cache() as cache, screen.progress_bar("embedding", len(texts), shown=True) as progress:
        vectors = embed(texts, encoder, cache, progress=progress).vectors
    remembering = RememberingEncoder(encoder, dict(zip(texts, vectors, strict=True)))
    background = load_background(models_folder() / "background.json")
    lines: list[bytes] = []
    with screen.progress_bar("replaying", len(moments), shown=True) as progress:
        for moment in moments:
            ranking = rank_articles(
                articles,
                session.settings,
                as_of=moment,
                encoder=remembering,
                background=background,
                replay=True,
                corrections=session.corrections,
            )
            told = (ranked for ranked in ranking.stories.with_folded() if limit is None or ranked.rank <= limit)
            lines += [msgspec.json.encode(story_json(ranked, ranking)) + b"\n" for ranked in told]
            progress(1)
    deliver(b"".join(lines), path, write=True, what=f"{len(moments):,} rankings")


def _moments(session: Session, every: timedelta, start: datetime | None, end: datetime | None) -> list[datetime]:
    times = [article.published for article in session.reading.articles if article.published is not None]
    known = [time for time in times if time <= session.request.now]
    if not known and (start is None or end is None):
        raise InputError("no article has a usable date; give --from and --to")
    first, last = start or min(known), end or max(known)
    if last < first:
        raise InputError(f"--to {iso_text(last)} is before --from {iso_text(first)}")
    count = int((last - first) / every) + 1
    if count > _MOST_MOMENTS:
        raise InputError(f"--every {every} gives {count:,} moments; at most {_MOST_MOMENTS:,} can be replayed at once")
    return [first + every * place for place in range(count)]


# Runs that were written, read again to be compared


class _Signal(msgspec.Struct):
    contribution: float


class _Rule(msgspec.Struct):
    rule: str


class _Named(msgspec.Struct):
    id: str


class _Lead(msgspec.Struct):
    id: str
    title: str


class _Counts(msgspec.Struct, rename="camel"):
    publisher_groups: int


class _Line(msgspec.Struct, rename="camel"):
    """What is compared of a story; other fields are passed over."""

    id: str
    rank: int
    score: float
    signals: dict[str, _Signal]
    lead: _Lead
    articles: list[_Named]
    counts: _Counts
    as_of: str = ""
    adjustments: list[_Rule] = []  # msgspec copies defaults


@dataclass(frozen=True, slots=True)
class Run:
    """One ranking as a file holds it."""

    as_of: str
    stories: tuple[Placed, ...]  # in order of rank


def read_runs(path: Path) -> list[Run]:
    """The rankings of a file that `rerank` or `replay` wrote, in order of time.

    Raises
    ------
    InputError : naming the file, the line, and what is wrong with it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    decoder = msgspec.json.Decoder(_Line)
    runs: dict[str, list[Placed]] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            story = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}:{number}: is no ranked story as `ranker rerank --format jsonl` writes it ({error})") from error
        runs.setdefault(story.as_of, []).append(_placed(story))
    return [Run(as_of, tuple(sorted(stories, key=lambda story: (story.rank, story.id)))) for as_of, stories in sorted(runs.items())]


def _placed(line: _Line) -> Placed:
    return Placed(
        id=line.id,
        rank=line.rank,
        title=line.lead.title,
        lead=line.lead.id,
        score=line.score,
        contributions={name: line.signals[name].contribution for name in SIGNALS if name in line.signals},
        articles=frozenset(article.id for article in line.articles),
        publisher_groups=line.counts.publisher_groups,
        rules=tuple(move.rule for move in line.adjustments if move.rule != "made_room"),
    )


def named_run(name: str) -> Run:
    """The ranking that "FILE" or, of a series, "FILE@TIME" names.

    Raises
    ------
    InputError : if the file cannot be read, or it is not clear which of its rankings is meant.
    """
    path, at = Path(name), ""
    if not path.exists() and _AT in name:
        before, _, at = name.rpartition(_AT)
        path = Path(before)
    runs = read_runs(path)
    if not runs:
        return Run("", ())
    if at:
        try:
            parsed = parsed_time(at, field=name)
        except ArticleError as error:
            raise InputError(f"{name}: {error.reason}") from error
        wanted = "" if parsed is None else iso_text(parsed[0])
        found = [run for run in runs if run.as_of == wanted]
        if not found:
            raise InputError(f"{path}: has no ranking of {wanted or at}; it has {len(runs)}, {runs[0].as_of} to {runs[-1].as_of}")
        return found[0]
    if len(runs) > 1:
        raise InputError(f"{path}: holds {len(runs)} rankings; name one as {path}{_AT}{runs[-1].as_of}")
    return runs[0]


def diff(names: Sequence[str], *, limit: int, as_json: bool) -> None:
    """What entered, left and moved from one run to the next, on standard output.

    Raises
    ------
    InputError : if a run cannot be read.
    """
    if len(names) == 1:
        runs = read_runs(Path(names[0]))
        if len(runs) < 2:  # noqa: PLR2004 - two make a pair
            raise InputError(f"{names[0]}: holds {len(runs)} ranking; a series of at least two, or two files, can be compared")
    else:
        runs = [named_run(name) for name in names]
    for before, after in pairwise(runs):
        found = movement(before.stories, after.stories)
        if as_json:
            click.echo(msgspec.json.encode(_movement_json(before, after, found)))
        else:
            screen.tell(_movement_lines(before, after, found, limit))


def _movement_lines(before: Run, after: Run, found: Movement, limit: int) -> Iterator[str]:
    moved = [item for item in found.moved if item.places]
    stayed = found.unchanged + len(found.moved) - len(moved)
    span = f"{before.as_of or 'before'} -> {after.as_of or 'after'}"
    yield f"{span}: {len(found.entered)} entered, {len(found.left)} left, {len(moved)} moved, {stayed} in their place"
    yield from _section("entered", [[f"#{item.rank:<4} {item.score:.3f}  {item.title}"] for item in found.entered], limit)
    yield from _section("left", [[f"#{item.rank:<4} {item.score:.3f}  {item.title}"] for item in found.left], limit)
    yield from _section("moved", [_moved_lines(item) for item in moved], limit)


def _section(name: str, stories: Sequence[Sequence[str]], limit: int) -> Iterator[str]:
    """The lines of each story: its title cut to the width of the screen, what moved it whole."""
    if stories:
        yield name
        width = screen.console().width
        for title, *why in stories[:limit]:
            yield screen.cut(f"  {screen.printable(title)}", width)
            yield from (f"  {screen.printable(line)}" for line in why)
        if len(stories) > limit:
            yield f"  and {len(stories) - limit} more"


def _moved_lines(item: Moved) -> Sequence[str]:
    places = f"#{item.before.rank} -> #{item.after.rank}"
    return f"{places:<12} {item.after.title}", f"{'':<12} {why_moved(item)}"


def _movement_json(before: Run, after: Run, found: Movement) -> dict[str, Any]:
    def told(item: Placed) -> dict[str, Any]:
        return {"id": item.id, "rank": item.rank, "score": item.score, "title": item.title}

    return {
        "before": before.as_of,
        "after": after.as_of,
        "entered": [told(item) for item in found.entered],
        "left": [told(item) for item in found.left],
        "moved": [_moved_json(item) for item in found.moved],
        "unchanged": found.unchanged,
    }


def _moved_json(item: Moved) -> Mapping[str, Any]:
    return {
        "id": item.after.id,
        "wasId": item.before.id,
        "title": item.after.title,
        "from": item.before.rank,
        "to": item.after.rank,
        "scoreChange": item.after.score - item.before.score,
        "changes": dict(item.changes),
        "newArticles": item.new_articles,
        "cause": item.cause,
        "overtakenBy": item.overtaken_by,
        "rules": list(item.after.rules),
    }
