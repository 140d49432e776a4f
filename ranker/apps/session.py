"""Sessions: one run of a command from its inputs to its results, with what is said on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from ranker.apps import batch, output, reasoning, screen
from ranker.apps.wire import article_json, related_json, story_json
from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.articles.identity import canonical_url
from ranker.articles.reading import Reading, newest_time, read_articles
from ranker.articles.record import Refusal
from ranker.errors import InputError
from ranker.pipeline import Ranking, rank_articles, same_story_file
from ranker.places import models_folder
from ranker.settings import Settings, load_settings
from ranker.vectors.background import counted_background, load_background, write_background
from ranker.vectors.cache import open_cache
from ranker.vectors.encoder import Encoder, load_encoder, shipped_encoders

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


class Session:
    """Articles read, settings loaded; the ranking is made when it is first asked for."""

    def __init__(self, request: Request, settings: Settings, reading: Reading) -> None:
        self.request = request
        self.settings = settings
        self.reading = reading

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
        cache = open_cache(settings.cache)
        total = len({article.text for article in self.reading.articles})
        try:
            with screen.progress_bar("embedding", total, shown=True) as progress:
                return rank_articles(
                    self.reading.articles,
                    settings,
                    as_of=self.as_of,
                    encoder=encoder,
                    background=load_background(models_folder() / "background.json"),
                    cache=cache,
                    progress=progress,
                )
        finally:
            if cache is not None:
                cache.close()


def open_session(request: Request) -> Session:
    """Settings loaded and inputs read; refusals and counts are told on standard error.

    Raises
    ------
    SettingsError, InputError : if there is nothing to go on with.
    """
    settings = load_settings(request.config, profile=request.profile, overrides=overrides_of(request))
    reading = read_articles(request.inputs, settings.reading, strict=request.strict, standard_input=sys.stdin.buffer)
    session = Session(request, settings, reading)
    _tell_refusals(reading.refusals)
    _tell_counts(session)
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


def rerank_to(session: Session, path: Path | None, form: str | None, *, limit: int, write: bool) -> int:
    """Ranked stories to a file or standard output; returns 0."""
    on_terminal = path is None and sys.stdout.isatty()
    if form == "table" or (form is None and on_terminal):
        out = screen.console()
        for line in screen.ranking_lines(session.ranking, limit=limit, coverage=_COVERAGE_LINES, width=out.width):
            out.print(line, soft_wrap=True)
        return 0
    data = output.stories_bytes(session.ranking, output.format_of(path, cast("output.OutputFormat | None", form)))
    _deliver(data, path, write=write, what=_count(len(session.ranking.stories), "story", "stories"))
    return 0


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
    _tell_refusals(result.refusals)
    done = "changed" if write else "would change"
    say(f"{_count(len(result.changes), 'file')} {done}, {result.unchanged} right already, {len(result.refusals)} left for a reason")
    if session.request.report is not None:
        _write_report(session.request.report, session, result.refusals)
    return len(result.refusals)


def related_to(session: Session, path: Path | None, form: str | None) -> None:
    """Related lists of all articles to a file or standard output."""
    data = output.related_bytes(session.ranking, output.format_of(path, cast("output.OutputFormat | None", form)))
    _deliver(data, path, write=True, what=_count(len(session.reading.articles), "related list"))


def explain(session: Session, *, story: str | None, article: str | None, as_json: bool) -> None:
    """One story or one article taken apart on standard output."""
    ranking = session.ranking
    if story is not None:
        ranked = next((ranked for ranked in ranking.stories if ranked.story.id == story), None)
        if ranked is None:
            raise InputError(f"--story {story}: no such story; `ranker rerank` lists their ids as JSON")
        told: dict[str, Any] = story_json(ranked, ranking)
        shown = screen.story_explanation(ranked, ranking)
    else:
        chosen = _article(ranking, article or "")
        told = _article_told(chosen, ranking)
        shown = [
            *screen.article_explanation(chosen, ranking),
            *reasoning.reasons_shown(chosen, ranking),
            screen.related_table(chosen, ranking),
        ]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
        return
    out = screen.console()
    for part in shown:
        out.print(part)


def list_models(*, as_json: bool) -> None:
    """Shipped encoders and their fingerprints on standard output."""
    settings = load_settings()
    names = [
        (name, load_encoder(msgspec.structs.replace(settings.encoder, name=name), models=models_folder())) for name in shipped_encoders()
    ]
    rows = [{"name": name, "fingerprint": encoder.fingerprint, "default": name == settings.encoder.name} for name, encoder in names]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(f"{row['name']:<12} {row['fingerprint']}{'  (default)' if row['default'] else ''}")


def distill(texts: Sequence[str], target: Path, *, teacher: str, dimensions: int) -> int:
    """A static encoder made and written; returns how many texts were refused."""
    from ranker.vectors.distillation import DistillationSettings
    from ranker.vectors.distillation import distill as make
    from ranker.vectors.transformer import minilm_folder

    reading = read_articles(texts, load_settings().reading)
    _tell_refusals(reading.refusals)
    folder = minilm_folder() if teacher == "minilm" else Path(teacher)
    samples = sorted({text for article in reading.articles for text in (article.title, article.text)})
    manifest = make(folder, samples, target, DistillationSettings(dimensions=dimensions), teacher=teacher)
    say(f"{target}: {manifest.dimensions} dimensions, from {teacher} and {_count(len(samples), 'text')}")
    return len(reading.refusals)


def count_background(texts: Sequence[str], target: Path, *, at_least: int) -> int:
    """Word frequencies counted and written; returns how many texts were refused."""
    reading = read_articles(texts, load_settings().reading)
    _tell_refusals(reading.refusals)
    counted = counted_background((article.text for article in reading.articles), at_least=at_least)
    write_background(counted, target)
    say(f"{target}: {_count(len(counted.holding), 'word')} from {_count(counted.texts, 'text')}")
    return len(reading.refusals)


def tell_clamped(ranking: Ranking) -> None:
    """How many dates had to be set back, on standard error."""
    clamped = sum(article.date_health == "clamped" for article in ranking.grouping.corpus.articles)
    if clamped:
        say(f"{_count(clamped, 'date')} ahead of as-of set back to it")


def tell_stand_in(settings: Settings) -> None:
    """That the decision was learned for another encoder, on standard error."""
    file, name = same_story_file(settings), settings.encoder.name
    if name not in file.encoders:
        say(f"no decision was learned for encoder {name}, that of {file.fallback} stands in; `ranker train same-story` learns one")


def say(line: str) -> None:
    """One line of talk on standard error."""
    click.echo(f"ranker: {screen.printable(line)}", err=True)


def _deliver(data: bytes, path: Path | None, *, write: bool, what: str) -> None:
    if not write:
        say(f"would write {what} ({len(data):,} bytes) to {path or 'standard output'}")
    elif path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        output.write_output(path, data)
        say(f"wrote {what} to {path}")


def _article(ranking: Ranking, wanted: str) -> Article:
    articles = ranking.grouping.corpus.articles
    address, path = canonical_url(wanted), os.path.realpath(wanted)
    for article in articles:
        same_file = article.origin.line is None and os.path.realpath(article.origin.path) == path
        same_address = address and address in {canonical_url(article.url), canonical_url(article.own_url)}
        if article.id == wanted or same_address or same_file:
            return article
    raise InputError(f"--article {wanted}: no such article; give its id, web address or file")


def _article_told(article: Article, ranking: Ranking) -> dict[str, Any]:
    quality, heat = ranking.qualities[article.id], ranking.heat_of_article(article.id)
    membership = ranking.by_article[article.id].story.memberships[article.id]
    return article_json(article, ranking) | {
        "qualityParts": [{"feature": part.feature, "seen": part.seen, "points": part.points} for part in quality.parts],
        "heat": {
            "points": heat.points,
            "quality": heat.quality,
            "coverage": [{"id": item.article_id, "ageHours": item.age_hours, "points": item.points} for item in heat.coverage],
        },
        "storyId": ranking.by_article[article.id].story.id,
        "membership": {"probability": membership.probability, "similarity": membership.similarity, "nearest": membership.nearest},
        "why": reasoning.reasons_json(article, ranking),
        "related": [related_json(item, ranking) for item in ranking.related_to(article.id)],
    }


def _tell_refusals(refusals: Sequence[Refusal]) -> None:
    for refusal in refusals[:_SHOWN_REFUSALS]:
        say(f"refused {refusal}")
    if len(refusals) > _SHOWN_REFUSALS:
        say(f"... and {len(refusals) - _SHOWN_REFUSALS} more; --report FILE lists them all")


def _tell_counts(session: Session) -> None:
    counts = session.reading.counts
    notes = [
        (counts.refused, f"{counts.refused} refused"),
        (counts.duplicates, f"{_count(counts.duplicates, 'older version')} of articles left out"),
        (counts.undated, f"{counts.undated} without a date"),
        (counts.zoneless, f"{counts.zoneless} without a time zone (taken as UTC)"),
        (counts.skipped_files, f"{_count(counts.skipped_files, 'file')} of other kinds skipped"),
    ]
    extra = "".join(f", {text}" for number, text in notes if number)
    say(f"{_count(len(session.reading.articles), 'article')} from {_count(counts.files, 'file')}{extra}")
    if session.reading.articles:
        source = (
            "as asked"
            if session.request.as_of is not None
            else "the newest article"
            if session.as_of != _NO_DATES
            else "no article has a usable date"
        )
        say(f"as of {iso_text(session.as_of)} ({source})")


def _write_report(path: Path, session: Session, later: Sequence[Refusal]) -> None:
    counts = session.reading.counts
    refusals = (*session.reading.refusals, *later)
    told = {
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
    output.write_output(path, msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def _text(text: str) -> str:
    """`text` as JSON can hold it: bytes of a file's name that are no UTF-8 as escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _clamped(session: Session) -> int:
    from datetime import timedelta

    limit = session.as_of + timedelta(hours=session.settings.reading.future_tolerance_hours)
    return sum(article.published is not None and article.published > limit for article in session.reading.articles)


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
