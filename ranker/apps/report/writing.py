"""Writing: from a session to the report's file, with what is said on the way."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ranker.apps.doctor.in_force import Asked, changed_settings
from ranker.apps.doctor.settings import setting_line
from ranker.apps.report.page import Source, page_bytes
from ranker.apps.session import Session, count_of, deliver, overrides_of
from ranker.apps.sizes import size_text
from ranker.articles.dates import iso_text
from ranker.places import models_folder
from ranker.settings_file import DEFAULT_PROFILE
from ranker.vectors.encoder import load_encoder


def write_report(session: Session, path: Path | None, *, title: str, limit: int, with_plots: bool, as_json: bool) -> None:
    """The report of a session's ranking; the file is at any moment the old one or the new one.

    Parameters
    ----------
    path : None for standard output.
    """
    ranking = session.ranking
    data = page_bytes(ranking, _source(session), title=title, limit=limit, with_plots=with_plots)
    shown = min(limit, len(ranking.stories))
    deliver(data, path, write=True, what=f"a report of {count_of(shown, 'story', 'stories')} ({size_text(len(data))})")
    if as_json and path is not None:
        told = {"path": str(path), "bytes": len(data), "asOf": iso_text(ranking.as_of), "stories": len(ranking.stories), "shown": shown}
        click.echo(msgspec.json.encode(told))


def _source(session: Session) -> Source:
    request, counts = session.request, session.reading.counts
    asked = Asked(request.config, request.profile, overrides_of(request), {})
    said = [
        (counts.files, count_of(counts.files, "file")),
        (counts.duplicates, count_of(counts.duplicates, "older version")),
        (counts.undated, f"{counts.undated:,} without a date"),
        (counts.zoneless, f"{counts.zoneless:,} without a time zone"),
        (counts.skipped_files, f"{count_of(counts.skipped_files, 'file')} of other kinds"),
        (counts.refused, f"{counts.refused:,} refused"),
    ]
    return Source(
        inputs=request.inputs,
        profile=request.profile or DEFAULT_PROFILE,
        settings=[setting_line(item) for item in changed_settings(session.settings, asked) if not item.key.startswith("service.")],
        encoder=load_encoder(session.settings.encoder, models=models_folder()).fingerprint,
        counts=[words for number, words in said if number],
        refusals=session.reading.refusals,
    )
