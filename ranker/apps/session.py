"""Sessions: one run of a command from its inputs to its results, with what is said on the way."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from ranker.apps import batch, output, screen
from ranker.articles.dates import iso_text
from ranker.articles.reading import Reading, folder_suffixes, known_at, newest_time, read_articles
from ranker.articles.record import Refusal
from ranker.errors import InputError
from ranker.pipeline import Ranking, rank_articles, same_story_file
from ranker.places import models_folder
from ranker.ranking.blend import SIGNALS, parsed_weights
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.corrections_file import read_corrections
from ranker.vectors.background import load_background
from ranker.vectors.cache import VectorCache, open_cache
from ranker.vectors.encoder import Encoder, load_encoder

_COVERAGE_LINES = 3
_SHOWN_REFUSALS = 1000  # lines on a terminal; the report holds all
_NO_DATES = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for, before anything is read."""

    inputs: tuple[str, ...]
    config: Path | None
    profile: str | None
    encoder: str | None
    as_of: datetime | None
    use_cache: bool
    strict: bool
    report: Path | None
    now: datetime
    weights: str | None = None
    corrections: Path | None = None


class Session:
    """Articles and corrections read, settings loaded; the ranking is made when it is first asked for."""

    def __init__(self, request: Request, settings: Settings, reading: Reading, corrections: Corrections = NO_CORRECTIONS) -> None:
        self.request = request
        self.settings = settings
        self.reading = reading
        self.corrections = corrections

    @cached_property
    def as_of(self) -> datetime:
        """The moment asked for, else the newest article's time (wrong dates ahead of the clock do not count)."""
        return self.request.as_of or newest_time(self.reading.articles, now=self.request.now) or _NO_DATES

    @cached_property
    def ranking(self) -> Ranking:
        """The ranking, made with a progress bar."""
        tell_stand_in(self.settings)
        ranking = self.ranked_under(self.settings, load_encoder(self.settings.encoder, models=models_folder()))
        tell_clamped(ranking)
        return ranking

    def ranked_under(self, settings: Settings, encoder: Encoder) -> Ranking:
        """The ranking of these articles under any settings, made with a progress bar."""
        total = len({article.text for article in self.reading.articles})
        with self.cache(settings) as cache, screen.progress_bar("embedding", total, shown=True) as progress:
            return rank_articles(
                self.reading.articles,
                settings,
                as_of=self.as_of,
                encoder=encoder,
                background=load_background(models_folder() / "background.json"),
                cache=cache,
                progress=progress,
                corrections=self.corrections,
            )

    @contextmanager
    def cache(self, settings: Settings | None = None) -> Iterator[VectorCache | None]:
        """The cache of vectors, closed in the end; None where the settings use none."""
        opened = open_cache((settings or self.settings).cache)
        try:
            yield opened
        finally:
            if opened is not None:
                opened.close()


def open_session(request: Request) -> Session:
    """Settings loaded and inputs read; refusals and counts are told on standard error.

    Raises
    ------
    SettingsError, InputError, CorrectionError : if there is nothing to go on with.
    """
    settings = load_settings(request.config, profile=request.profile, overrides=overrides_of(request))
    corrections = NO_CORRECTIONS if request.corrections is None else read_corrections(request.corrections)
    reading = read_articles(request.inputs, settings.reading, strict=request.strict, standard_input=sys.stdin.buffer)
    articles = reading.articles
    if request.as_of is not None:  # what came later was not known then, and must not show
        articles = known_at(articles, request.as_of)
    later = len(reading.articles) - len(articles)
    session = Session(request, settings, replace(reading, articles=articles), corrections)
    tell_refusals(reading.refusals)
    _tell_counts(session)
    if later:
        say(f"{count_of(later, 'article')} dated after as-of left out")
    unknown = len(corrections.articles.difference(article.id for article in reading.articles))
    if unknown:
        say(f"{count_of(unknown, 'article')} named in {request.corrections} {'is' if unknown == 1 else 'are'} not in the input")
    if request.report is not None:
        _write_report(request.report, session, ())
    if request.strict and reading.refusals:
        say("stopped at the first refusal (--strict); nothing was written")
        sys.exit(3)
    return session


def overrides_of(request: Request) -> dict[str, object]:
    """The settings that options of the command line change, dotted key -> value."""
    overrides: dict[str, object] = {}
    if request.encoder is not None:
        overrides["encoder.name"] = request.encoder
    if request.weights is not None:
        weights = parsed_weights(request.weights)
        overrides["blend.weights"] = {name: getattr(weights, name) for name in SIGNALS}
    if not request.use_cache:
        overrides["cache.enabled"] = False
    return overrides


def check_output(path: Path | None, form: str | None) -> None:
    """Refuse, before anything is read, a file that could not be written in the end.

    Raises
    ------
    InputError : naming the file, and what is allowed.
    """
    if path is not None:
        output.format_of(path, cast("output.OutputFormat | None", form))
        output.check_place(path)


def check_place(path: Path) -> None:
    """Refuse, before anything is read, a place that cannot be written to.

    Raises
    ------
    InputError : naming it.
    """
    output.check_place(path)


def rerank_to(session: Session, path: Path | None, form: str | None, *, limit: int, write: bool) -> int:
    """Ranked stories to a file or standard output; returns 0."""
    _tell_list(session.ranking)
    if session.request.report is not None:
        _write_report(session.request.report, session, (), session.ranking)
    on_terminal = path is None and sys.stdout.isatty()
    if form == "table" or (form is None and on_terminal):
        _tell_diversity(session.ranking)
        out = screen.console()
        for line in screen.ranking_lines(session.ranking, limit=limit, coverage=_COVERAGE_LINES, width=out.width):
            out.print(line, soft_wrap=True)
        return 0
    data = output.stories_bytes(session.ranking, output.format_of(path, cast("output.OutputFormat | None", form)))
    deliver(data, path, write=write, what=count_of(len(session.ranking.stories), "story", "stories"))
    return 0


def first_stories(session: Session, limit: int) -> None:
    """The first stories of the list on standard output, one JSON object a line."""
    _tell_list(session.ranking)
    deliver(output.first_stories_bytes(session.ranking, limit), None, write=True, what="stories")


def rerank_in_place(session: Session, *, write: bool, diff: bool, set_published: bool) -> int:
    """The front matter files brought up to date; returns how many were left for a reason."""
    if not session.reading.digests and (session.reading.refusals or not session.reading.articles):
        say("0 files changed: there was no article to write to")
        return 0
    if not session.reading.digests:
        raise InputError("--in-place: none of the inputs is a front matter file; use --output for other formats")
    updates = list(batch.file_updates(session.ranking, session.reading.digests, set_published=set_published))
    articles = {article.origin.path: article for article in session.ranking.grouping.corpus.articles}
    with screen.progress_bar("writing" if write else "comparing", len(updates), shown=True) as progress:
        result = batch.update_files(updates, articles, write=write, done=lambda: progress(1))
    if diff:
        for change in result.changes:
            click.echo(change.diff().encode("utf-8", "surrogateescape"), nl=False)
    tell_refusals(result.refusals)
    done = "changed" if write else "would change"
    say(f"{count_of(len(result.changes), 'file')} {done}, {result.unchanged} right already, {len(result.refusals)} left for a reason")
    if session.request.report is not None:
        _write_report(session.request.report, session, result.refusals)
    return len(result.refusals)


def related_to(session: Session, path: Path | None, form: str | None) -> None:
    """Related lists of all articles to a file or standard output."""
    data = output.related_bytes(session.ranking, output.format_of(path, cast("output.OutputFormat | None", form)))
    deliver(data, path, write=True, what=count_of(len(session.reading.articles), "related list"))


def _tell_list(ranking: Ranking) -> None:
    """What the settings hide, and what of the list they name that is not there, on standard error."""
    if ranking.unknown_names:
        say(f"order.pinned or order.hidden names nothing here: {', '.join(ranking.unknown_names)}")
    if ranking.stories.hidden:
        by = "corrections or order.hidden" if ranking.corrections.named_by("hide") else "order.hidden"
        say(f"{count_of(len(ranking.stories.hidden), 'story', 'stories')} hidden by {by}")


def _tell_diversity(ranking: Ranking) -> None:
    """How varied the top of the list is, on standard error."""
    varied = ranking.diversity()
    said = [
        f"{name} {value:.2f}"
        for name, value in (("topics", varied.topics), ("publisher groups", varied.publisher_groups), ("meaning", varied.meaning))
        if value is not None
    ]
    if said:
        say(f"diversity of the first {varied.stories}, 0 alike to 1: {', '.join(said)}")


def tell_clamped(ranking: Ranking) -> None:
    """How many dates had to be set back, on standard error."""
    clamped = sum(article.date_health == "clamped" for article in ranking.grouping.corpus.articles)
    if clamped:
        say(f"{count_of(clamped, 'date')} ahead of as-of set back to it")


def tell_stand_in(settings: Settings) -> None:
    """That the decision was learned for another encoder, on standard error."""
    file, name = same_story_file(settings), settings.encoder.name
    if name not in file.encoders:
        say(f"no decision was learned for encoder {name}, that of {file.fallback} stands in; `ranker train same-story` learns one")


def say(line: str) -> None:
    """One line of talk on standard error."""
    click.echo(f"ranker: {screen.printable(line)}", err=True)


def deliver(data: bytes, path: Path | None, *, write: bool, what: str) -> None:
    """Data to a file, or to standard output; without `write` only what would be written is told."""
    if not write:
        say(f"would write {what} ({len(data):,} bytes) to {path or 'standard output'}")
    elif path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        output.write_output(path, data)
        say(f"wrote {what} to {path}")


def tell_refusals(refusals: Sequence[Refusal]) -> None:
    """What was refused, a line each, on standard error."""
    for refusal in refusals[:_SHOWN_REFUSALS]:
        say(f"refused {refusal}")
    if len(refusals) > _SHOWN_REFUSALS:
        say(f"... and {len(refusals) - _SHOWN_REFUSALS} more; --report FILE lists them all")


def _tell_counts(session: Session) -> None:
    counts = session.reading.counts
    notes = [
        (counts.refused, f"{counts.refused} refused"),
        (counts.duplicates, f"{count_of(counts.duplicates, 'older version')} of articles left out"),
        (counts.undated, f"{counts.undated} without a date"),
        (counts.zoneless, f"{counts.zoneless} without a time zone (taken as UTC)"),
        (counts.skipped_files, f"{count_of(counts.skipped_files, 'file')} of other kinds skipped"),
    ]
    extra = "".join(f", {text}" for number, text in notes if number)
    say(f"{count_of(len(session.reading.articles), 'article')} from {count_of(counts.files, 'file')}{extra}")
    if not counts.files:
        say(f"there is nothing to read in {', '.join(session.request.inputs)}; of a folder these are read: {', '.join(folder_suffixes())}")
    if session.reading.articles:
        source = (
            "as asked"
            if session.request.as_of is not None
            else "the newest article"
            if session.as_of != _NO_DATES
            else "no article has a usable date"
        )
        say(f"as of {iso_text(session.as_of)} ({source})")


def _write_report(path: Path, session: Session, later: Sequence[Refusal], ranking: Ranking | None = None) -> None:
    counts = session.reading.counts
    refusals = (*session.reading.refusals, *later)
    told: dict[str, Any] = {
        "asOf": iso_text(session.as_of),
        "counts": {
            "files": counts.files,
            "skippedFiles": counts.skipped_files,
            "items": counts.items,
            "articles": len(session.reading.articles),
            "refused": len(refusals),
            "duplicates": counts.duplicates,
            "undated": counts.undated,
            "zoneless": counts.zoneless,
            "clamped": _clamped(session),
        },
        "refused": [
            {"path": _text(item.origin.path), "line": item.origin.line, "field": item.field, "reason": _text(item.reason)}
            for item in refusals
        ],
    }
    if ranking is not None:
        varied = ranking.diversity()
        told["list"] = {
            "stories": len(ranking.stories),
            "hidden": [story.id for story in ranking.stories.hidden],
            "unknownNames": list(ranking.unknown_names),
            "diversity": {
                "stories": varied.stories,
                "topics": varied.topics,
                "publisherGroups": varied.publisher_groups,
                "meaning": varied.meaning,
            },
        }
    output.write_output(path, msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def _text(text: str) -> str:
    """`text` as JSON can hold it: bytes of a file's name that are no UTF-8 as escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _clamped(session: Session) -> int:
    from datetime import timedelta

    limit = session.as_of + timedelta(hours=session.settings.reading.future_tolerance_hours)
    return sum(article.published is not None and article.published > limit for article in session.reading.articles)


def count_of(number: int, noun: str, nouns: str | None = None) -> str:
    """A number of things: "1 text", "2,000 texts"."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
