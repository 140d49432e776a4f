"""The command `ranker`: its commands, messages and exit codes around the pipeline."""

from __future__ import annotations

import io
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from ranker import __version__
from ranker.apps.completion import VARIABLE, completion, encoders
from ranker.apps.doctor.command import doctor
from ranker.apps.evaluate import evaluate
from ranker.apps.help import Group, option
from ranker.apps.model_commands import models
from ranker.apps.options import ENCODERS, common_options, file_option, finish, json_option, named_file, request_of
from ranker.apps.over_time import diff, replay, tune
from ranker.apps.quality import quality
from ranker.apps.report.command import report
from ranker.apps.serve import serve
from ranker.apps.store import store
from ranker.apps.train import train
from ranker.errors import CorrectionError, InputError, RankerError, SettingsError

EXIT_USAGE = 2
_WIDTH = 80  # of help, at most: longer lines are hard to read
_IN_PLACE = "With --in-place"


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 cannot work, 2 wrong usage, 3 some input refused."""
    logging.basicConfig(format="ranker: %(message)s", level=logging.WARNING, stream=sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a table with a question mark in it is better than none
    try:
        commands(prog_name="ranker", complete_var=VARIABLE)
    except (SettingsError, InputError, CorrectionError) as error:
        _complain(error)
        sys.exit(EXIT_USAGE)
    except RankerError as error:
        _complain(error)
        sys.exit(1)


def _complain(error: RankerError) -> None:
    """Say what is wrong; names of files may hold what a terminal would obey."""
    from ranker.ranking.sentences import printable

    click.echo(f"ranker: {printable(str(error))}", err=True)


class _Commands(Group):
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


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH},
    sections={
        "Stories": ("demo", "rerank", "related", "report"),
        "Why, and what changed": ("explain", "review", "replay", "diff"),
        "A service": ("serve", "store"),
        "Measuring and learning": ("evaluate", "tune", "quality", "train", "models"),
        "This installation": ("doctor", "completion"),
    },
)
@click.version_option(__version__, message="ranker %(version)s")
def commands() -> None:
    """Group news coverage of the same story across providers, and rank the stories.

    INPUT is a file, a folder, a glob or "-": front matter Markdown, JSON Lines, CSV, Parquet, RSS, Atom, JSON Feed, or an
    OPML list of local feed files. Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 cannot work,
    2 wrong usage, 3 some input refused.
    """


@commands.command(
    short_help="Rank stories, or update the articles' own files.",
    examples=[
        "ranker rerank articles/ --output stories.jsonl",
        "ranker rerank articles/ --format table --limit 5 --profile newest",
        "ranker rerank articles/ --weights quality:0.2,heat:0.5,recency:0.3",
        "ranker rerank articles/ --in-place --dry-run --diff",
    ],
)
@file_option("--output", "-o", help="Write the ranked stories here; the name tells the format.")
@option("--format", "form", type=click.Choice(["table", "jsonl", "csv", "parquet"]), help="Default: table on a terminal, else jsonl.")
@option("--limit", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="Stories shown in the table.")
@option("--dry-run", is_flag=True, help="Write nothing, say what would be written.")
@option("--engine", type=click.Choice(["local"]), default="local", help="Where the work is done: this process.")
@option("--resume", is_flag=True, help="Go on where a stopped run ended (kept vectors and finished files are not made again).")
@option("--in-place", is_flag=True, help="Update quality, heat and related in the front matter files themselves.")
@option("--set-published", is_flag=True, section=_IN_PLACE, help="Also set published, by quality.publish_at.")
@option("--diff", is_flag=True, section=_IN_PLACE, help="Show each change as a diff.")
@common_options
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


@commands.command(
    short_help="For each article, other coverage of its story.",
    examples=["ranker related articles/ --output related.jsonl", "ranker related articles/ --format csv"],
)
@file_option("--output", "-o", help="Write here instead of standard output.")
@option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), help="Default: told by the output's name, else jsonl.")
@common_options
def related(output: Path | None, form: str | None, **common: Any) -> None:
    """For each article the other coverage of its story, then the nearest other stories."""
    from ranker.apps import session as sessions

    output = named_file(output)
    sessions.check_output(output, form)
    session = sessions.open_session(request_of(common))
    sessions.related_to(session, output, form)
    finish(session)


@commands.command(
    short_help="Take a score apart, and tell why it beats the next.",
    examples=[
        "ranker explain articles/ --story '#1'",
        "ranker explain articles/ --story '#1' --than '#3'",
        "ranker explain articles/ --article articles/snooker.md --json",
    ],
)
@option("--story", help="Id or rank (#3) of a story, or an article in it.")
@option("--than", help="With --story: another story; tells why one of the two stands above the other.")
@option("--article", help="Id, web address or file of an article.")
@json_option()
@common_options
def explain(story: str | None, than: str | None, article: str | None, as_json: bool, **common: Any) -> None:
    """Take a story's score or an article's quality apart, number by number, and tell why a story is above the next."""
    from ranker.apps import explaining
    from ranker.apps import session as sessions

    if (story is None) == (article is None):
        raise click.UsageError("name one --story or one --article, as --story '#1'")
    if than is not None and story is None:
        raise click.UsageError("--than goes with --story")
    session = sessions.open_session(request_of(common))
    explaining.explain(session, story=story, article=article, than=than, as_json=as_json)
    finish(session)


@commands.command(
    short_help="The pairs that were hardest to decide, and why.",
    examples=["ranker review articles/ --limit 5", "ranker review articles/ --json"],
)
@option("--limit", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="Pairs shown.")
@json_option("one pair a line")
@common_options
def review(limit: int, as_json: bool, **common: Any) -> None:
    """The pairs of articles that were hardest to decide, most doubtful first, and why."""
    from ranker.apps import reasoning
    from ranker.apps import session as sessions

    session = sessions.open_session(request_of(common))
    reasoning.review(session, limit=limit, as_json=as_json)
    finish(session)


@commands.command(
    short_help="Rank the sample newsroom that comes with ranker.",
    examples=["ranker demo", "ranker demo --limit 3 --encoder static", "ranker demo --json"],
)
@option("--limit", type=click.IntRange(min=1), metavar="N", default=10, show_default=True, help="Stories shown.")
@option("--encoder", shell_complete=encoders, help=ENCODERS)
@option("--no-cache", is_flag=True, help="Neither use nor keep vectors of earlier runs.")
@json_option("one story a line")
def demo(limit: int, encoder: str | None, no_cache: bool, as_json: bool) -> None:
    """Rank the sample newsroom that comes with ranker: ten days, 41 invented providers."""
    from ranker.apps import session as sessions
    from ranker.places import newsroom_folder

    folder = newsroom_folder()
    common = {"inputs": (str(folder / "articles"),), "config": folder / "ranker.yaml", "profile": None, "weights": None}
    common |= {"encoder": encoder, "corrections": None}
    session = sessions.open_session(request_of(common | {"as_of": None, "no_cache": no_cache, "strict": False, "report": None}))
    if as_json:
        sessions.first_stories(session, limit)
    else:
        sessions.rerank_to(session, None, "table", limit=limit, write=True)
    finish(session)


for command in (replay, diff, tune, quality, serve, store, train, models, evaluate, report, doctor, completion):
    commands.add_command(command)
