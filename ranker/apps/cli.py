"""The command `ranker`: options, messages and exit codes around the pipeline."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ranker import __version__
from ranker.apps.options import EXIT_REFUSED, common_options, finish, finite, forecast_options, named_file, request_of
from ranker.apps.over_time import diff, replay, tune
from ranker.apps.quality import quality
from ranker.apps.serve import serve
from ranker.apps.store import store
from ranker.apps.train import train
from ranker.errors import CorrectionError, InputError, RankerError, SettingsError

EXIT_USAGE = 2
_LIVE_STEP_HOURS = 1.0  # how often a desk goes on, unless --every says otherwise


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 cannot work, 2 wrong usage, 3 some input refused."""
    logging.basicConfig(format="ranker: %(message)s", level=logging.WARNING, stream=sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a table with a question mark in it is better than none
    try:
        commands(prog_name="ranker")
    except (SettingsError, InputError, CorrectionError) as error:
        click.echo(f"ranker: {error}", err=True)
        sys.exit(EXIT_USAGE)
    except RankerError as error:
        click.echo(f"ranker: {error}", err=True)
        sys.exit(1)


class _Commands(click.Group):
    """Commands whose reader may leave early: `ranker rerank ... | head -1` ends quietly."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more at the end; what is left goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        return result


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="ranker %(version)s")
def commands() -> None:
    """Group news coverage of the same story across providers, and rank the stories.

    INPUT is a file, a folder, a glob or "-": front matter Markdown, JSON Lines, CSV, Parquet, RSS, Atom, JSON Feed, or an
    OPML list of local feed files.
    """


@commands.command()
@common_options
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the ranked stories here; the name tells the format.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv", "parquet"]), help="Default: table on a terminal, else jsonl.")
@click.option("--in-place", is_flag=True, help="Update quality, heat and related in the front matter files themselves.")
@click.option("--set-published", is_flag=True, help="With --in-place: also set published, by quality.publish_at.")
@click.option("--dry-run", is_flag=True, help="Write nothing, say what would be written.")
@click.option("--diff", is_flag=True, help="With --in-place: show each change as a diff.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Stories shown in the table.")
@click.option("--engine", type=click.Choice(["local"]), default="local", help="Where the work is done: this process.")
@click.option("--resume", is_flag=True, help="Go on where a stopped run ended (kept vectors and finished files are not made again).")
def rerank(
    output: Path | None, form: str | None, in_place: bool, set_published: bool, dry_run: bool, diff: bool, limit: int, engine: str,
    resume: bool, **common: Any,
) -> None:  # fmt: skip
    """Rank the stories of some articles, or update the articles' own files."""
    from ranker.apps import session as sessions

    del engine  # one engine so far; the option is there so that scripts can name it
    output = named_file(output)
    if in_place and (output or form):
        raise click.UsageError("--in-place updates the files themselves; leave out --output and --format")
    if not in_place and (diff or set_published):
        raise click.UsageError("--diff and --set-published go with --in-place")
    if output is not None and form == "table":
        raise click.UsageError("a table is for the terminal; write --output as jsonl, csv or parquet")
    if resume and common["no_cache"]:
        raise click.UsageError("--resume goes on with vectors that were kept; leave out --no-cache")
    sessions.check_output(output, form)
    session = sessions.open_session(request_of(common))
    if in_place:
        refused = sessions.rerank_in_place(session, write=not dry_run, diff=diff, set_published=set_published)
    else:
        refused = sessions.rerank_to(session, output, form, limit=limit, write=not dry_run)
    finish(session, refused)


@commands.command()
@common_options
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write here instead of standard output.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), help="Default: told by the output's name, else jsonl.")
def related(output: Path | None, form: str | None, **common: Any) -> None:
    """For each article the other coverage of its story, then the nearest other stories."""
    from ranker.apps import session as sessions

    output = named_file(output)
    sessions.check_output(output, form)
    session = sessions.open_session(request_of(common))
    sessions.related_to(session, output, form)
    finish(session)


@commands.command()
@common_options
@click.option("--story", help="Id or rank (#3) of a story, or an article in it.")
@click.option("--than", help="With --story: another story; tells why one of the two stands above the other.")
@click.option("--article", help="Id, web address or file of an article.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(story: str | None, than: str | None, article: str | None, as_json: bool, **common: Any) -> None:
    """Take a story's score or an article's quality apart, number by number, and tell why a story is above the next."""
    from ranker.apps import explaining
    from ranker.apps import session as sessions

    if (story is None) == (article is None):
        raise click.UsageError("name one --story or one --article")
    if than is not None and story is None:
        raise click.UsageError("--than goes with --story")
    session = sessions.open_session(request_of(common))
    explaining.explain(session, story=story, article=article, than=than, as_json=as_json)
    finish(session)


@commands.command()
@common_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Pairs shown.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one pair a line.")
def review(limit: int, as_json: bool, **common: Any) -> None:
    """The pairs of articles that were hardest to decide, most doubtful first, and why."""
    from ranker.apps import reasoning
    from ranker.apps import session as sessions

    session = sessions.open_session(request_of(common))
    reasoning.review(session, limit=limit, as_json=as_json)
    finish(session)


@commands.command()
@common_options
@click.option(
    "--labels", multiple=True,
    help="The field that holds the true story, or a file with columns story and id, webUrl or file; or one for each INPUT.",
)  # fmt: skip
@click.option(
    "--ranking", is_flag=True, help="Instead, without labels: how well each profile foretells which stories will be covered next."
)
@click.option(
    "--live", is_flag=True, help="Instead, without labels: live stories beside a batch's, and how well ids are kept (steps of 1 hour)."
)
@click.option(
    "--half", type=click.Choice(["first", "second", "all"]), default="all", show_default=True, help="With --ranking: of the articles' time."
)
@forecast_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--borderline", type=click.IntRange(min=1), metavar="N", help="Instead: the N most doubtful pairs and their labels.")
@click.option("--mistakes", type=click.IntRange(min=1), metavar="N", help="Instead: the N pairs that were got wrong most surely.")
@click.option("--by-input", is_flag=True, help="Each INPUT has labels of its own; figures for each, and for all together.")
@click.option("--sweep", "sweeps", multiple=True, metavar="KEY=A,B,C", help="The figures for each of these values of one setting.")
@click.option("--plot", type=click.Path(path_type=Path), help="With --sweep: draw the figures into this file (.svg or .png).")
@click.option("--sample", type=click.FloatRange(0, 1, min_open=True), callback=finite, default=1.0, help="Measure a random share of all.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the sample and of the intervals.")
@click.option("--shift-days", type=float, callback=finite, default=0.0, help="Move all times by so many days.")
@click.option("--stretch", type=click.FloatRange(min=0, min_open=True), callback=finite, default=1.0, help="Times so much farther apart.")
def evaluate(
    labels: tuple[str, ...], ranking: bool, live: bool, half: str, horizon: float, every: float, alive: float, gain: str, as_json: bool,
    borderline: int | None, mistakes: int | None, by_input: bool, sweeps: Sequence[str], plot: Path | None, sample: float, seed: int,
    shift_days: float, stretch: float, **common: Any,
) -> None:  # fmt: skip
    """Measure the stories against labels: B-cubed, pairwise, adjusted Rand index, V-measure, purity, related lists.

    With --ranking measure the order instead, as a forecast on unlabelled, timed articles. With --live feed the articles hour by hour
    to a desk that keeps stories up to date, and measure how far these are from a batch's and how well they keep their ids.
    """
    from ranker.apps import forecasting, living, measuring
    from ranker.apps import session as sessions

    if bool(labels) + ranking + live != 1:
        raise click.UsageError("give --labels, or --ranking or --live for articles without labels")
    if ranking or live:
        if borderline or mistakes or by_input or sweeps or plot or (sample, shift_days, stretch) != (1.0, 0.0, 1.0):
            raise click.UsageError(
                "--borderline, --mistakes, --by-input, --sweep, --plot, --sample, --shift-days and --stretch go with --labels"
            )
        session = sessions.open_session(request_of(common))
        if live:
            living.measure_live(session, every_hours=_LIVE_STEP_HOURS if _by_default("every") else every, as_json=as_json)
        else:
            forecasting.measure_ranking(session, forecasting.Asked(horizon, every, alive, gain, half, as_json))
        finish(session)
        return
    if len(sweeps) > 1:
        raise click.UsageError("--sweep takes one setting at a time")
    if (borderline or mistakes) and (by_input or sweeps):
        raise click.UsageError("--borderline and --mistakes list pairs of one run; leave out --by-input and --sweep")
    if plot is not None and not sweeps:
        raise click.UsageError("--plot draws a sweep; give --sweep KEY=A,B,C")
    sweep = sweeps[0] if sweeps else None
    asked = measuring.Measuring(
        labels=labels, by_input=by_input, sweep=sweep, plot=plot, sample=sample, seed=seed, shift_days=shift_days, stretch=stretch,
        as_json=as_json, borderline=borderline or 0, mistakes=mistakes or 0,
    )  # fmt: skip
    request = request_of(common)
    measuring.check(asked, request)
    session = sessions.open_session(request)
    measuring.measure(session, asked)
    finish(session)


def _by_default(option: str) -> bool:
    """Whether an option of the command that runs was left out."""
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.DEFAULT


@commands.command()
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Stories shown.")
@click.option("--encoder", help="news-minilm, minilm, static, or any sentence-transformers name or path.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep vectors of earlier runs.")
def demo(limit: int, encoder: str | None, no_cache: bool) -> None:
    """Rank the sample newsroom that comes with ranker: ten days, 41 invented providers."""
    from ranker.apps import session as sessions
    from ranker.places import newsroom_folder

    folder = newsroom_folder()
    common = {"inputs": (str(folder / "articles"),), "config": folder / "ranker.yaml", "profile": None, "weights": None}
    common |= {"encoder": encoder, "corrections": None}
    session = sessions.open_session(request_of(common | {"as_of": None, "no_cache": no_cache, "strict": False, "report": None}))
    sessions.rerank_to(session, None, "table", limit=limit, write=True)
    finish(session)


@commands.group()
def models() -> None:
    """The models that ship with ranker, and how they are made."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_models(as_json: bool) -> None:
    """Encoders that need no download, with their fingerprints."""
    from ranker.apps import models as shipped

    shipped.list_models(as_json=as_json)


@models.command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXTS...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the new model.")
@click.option("--teacher", default="minilm", show_default=True, help="minilm, or a folder with a sentence-transformers model.")
@click.option("--dimensions", type=click.IntRange(min=1), default=256, show_default=True)
def distill(texts: Sequence[str], output: Path, teacher: str, dimensions: int) -> None:
    """Make a static encoder from a transformer; TEXTS are articles of the kind it is for (any input format)."""
    from ranker.apps import models as shipped

    if shipped.distill(texts, output, teacher=teacher, dimensions=dimensions):
        sys.exit(EXIT_REFUSED)


@models.command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXTS...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="File of the new word frequencies (JSON).")
@click.option("--at-least", type=click.IntRange(min=1), default=3, show_default=True, help="Leave out words of fewer texts.")
def background(texts: Sequence[str], output: Path, at_least: int) -> None:
    """Count how many TEXTS (articles of any input format) hold each word: what is rare in ordinary news."""
    from ranker.apps import models as shipped

    if shipped.count_background(texts, output, at_least=at_least):
        sys.exit(EXIT_REFUSED)


for command in (replay, diff, tune, quality, serve, store, train):
    commands.add_command(command)
