"""Living: `evaluate --live`, from a session's articles to figures of a desk that they were fed to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click
import msgspec

from ranker.apps import screen
from ranker.apps.session import Session, say, tell_stand_in
from ranker.articles.dates import iso_text
from ranker.evaluation.live import Comparison, LivePlan, LiveResult, live_result
from ranker.places import models_folder
from ranker.vectors.background import load_background
from ranker.vectors.encoder import load_encoder


def measure_live(session: Session, *, every_hours: float, as_json: bool) -> None:
    """The articles fed to a desk in the order of their times: its stories beside a batch's, and how ids were kept; on standard output."""
    tell_stand_in(session.settings)
    encoder = load_encoder(session.settings.encoder, models=models_folder())
    articles = session.reading.articles
    if undated := sum(article.dated is None for article in articles):
        say(f"{undated:,} without a usable date come first")
    with screen.progress_bar("articles", len(articles), shown=True) as progress:
        result = live_result(
            articles,
            session.settings,
            encoder=encoder,
            background=load_background(models_folder() / "background.json"),
            corrections=session.corrections,
            plan=LivePlan(every=timedelta(hours=every_hours)),
            progress=progress,
        )
    if as_json:
        click.echo(msgspec.json.encode(live_json(result)))
        return
    screen.tell(live_lines(result))


def live_json(result: LiveResult) -> dict[str, object]:
    """All figures under their names on the wire."""
    identity = result.identity
    return {
        "articles": result.articles,
        "steps": result.steps,
        "sealed": result.sealed,
        "bCubedF1": {"mean": result.mean_f1, "worst": result.worst_f1},
        "comparisons": [_comparison_json(each) for each in result.comparisons],
        "identity": {
            "articleHours": identity.total,
            "kept": identity.kept,
            "merged": identity.merged,
            "split": identity.split,
            "unrecorded": identity.unrecorded,
            "shareKept": identity.share_kept,
            "shareKeptOrRecorded": identity.share_kept_or_recorded,
        },
        "events": dict(result.events),
    }


def live_lines(result: LiveResult) -> Iterator[str]:
    """The figures for a terminal of 80 columns."""
    identity = result.identity
    yield f"{'at':<22}{'articles':>9}{'stories':>9}{'in batch':>9}{'B3 P':>9}{'B3 R':>9}{'B3 F1':>9}"
    for each in result.comparisons:
        cubed = each.agreement
        counts = f"{each.articles:>9,}{each.stories:>9,}{each.batch_stories:>9,}"
        yield f"{iso_text(each.at):<22}{counts}{cubed.precision:>9.4f}{cubed.recall:>9.4f}{cubed.f1:>9.4f}"
    yield f"B-cubed F1 against a batch: mean {result.mean_f1:.4f}, worst {result.worst_f1:.4f}"
    yield f"story ids: {identity.share_kept:.2%} of {identity.total:,} article-hours had the id of the step before,"
    yield f"  {identity.merged:,} another by a recorded merge, {identity.split:,} by a split, {identity.unrecorded:,} by nothing recorded"
    yield f"  without recorded merges and splits: {identity.share_kept_or_recorded:.2%}"
    yield "events: " + (", ".join(f"{count:,} {kind}" for kind, count in result.events.items()) or "none")
    yield f"{result.sealed:,} of {result.articles:,} articles were sealed after {result.steps:,} steps"


def _comparison_json(each: Comparison) -> dict[str, object]:
    cubed = each.agreement
    return {
        "at": iso_text(each.at),
        "articles": each.articles,
        "stories": each.stories,
        "batchStories": each.batch_stories,
        "bCubed": {"precision": cubed.precision, "recall": cubed.recall, "f1": cubed.f1},
    }
