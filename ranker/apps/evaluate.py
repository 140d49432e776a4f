"""The command `ranker evaluate`: stories against labels, the order as a forecast, live stories beside a batch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ranker.apps.help import Command, option
from ranker.apps.options import common_options, file_option, finish, finite, forecast_options, json_option, request_of

_LIVE_STEP_HOURS = 1.0  # how often a desk goes on, unless --every says otherwise
_LABELLED, _TIMED = "With --labels", "With --ranking or --live"
_OF_LABELS = {"borderline": None, "mistakes": None, "by_input": False, "sweeps": (), "plot": None}
_OF_SAMPLES = {"sample": 1.0, "shift_days": 0.0, "stretch": 1.0}


@click.command(
    cls=Command,
    short_help="Measure stories against labels, or the order.",
    examples=[
        "ranker evaluate articles/ --labels labels.csv",
        "ranker evaluate articles/ --labels labels.csv --borderline 5",
        "ranker evaluate articles/ --labels labels.csv --sweep grouping.neighbours=8,48",
        "ranker evaluate stream.jsonl --ranking --half second",
    ],
)
@option(
    "--labels",
    multiple=True,
    help="The field that holds the true story, or a file with columns story and id, webUrl or file; or one for each INPUT.",
)
@option("--ranking", is_flag=True, help="Instead, without labels: how well each profile foretells which stories will be covered next.")
@option("--live", is_flag=True, help="Instead, without labels: live stories beside a batch's, and how well ids are kept (steps of 1 hour).")
@json_option()
@option(
    "--borderline", type=click.IntRange(min=1), metavar="N", section=_LABELLED, help="Instead: the N most doubtful pairs and their labels."
)
@option(
    "--mistakes", type=click.IntRange(min=1), metavar="N", section=_LABELLED, help="Instead: the N pairs that were got wrong most surely."
)
@option("--by-input", is_flag=True, section=_LABELLED, help="Each INPUT has labels of its own; figures for each, and for all together.")
@option(
    "--sweep", "sweeps", multiple=True, metavar="KEY=A,B,C", section=_LABELLED, help="The figures for each of these values of one setting."
)
@file_option("--plot", section=_LABELLED, help="With --sweep: draw the figures into this file (.svg or .png).")
@option(
    "--sample",
    type=click.FloatRange(0, 1, min_open=True),
    callback=finite,
    default=1.0,
    metavar="SHARE",
    section=_LABELLED,
    help="Measure a random share of all.",
)
@option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    section=_LABELLED,
    help="Of the sample and of the intervals.",
)
@option("--shift-days", type=float, callback=finite, default=0.0, metavar="DAYS", section=_LABELLED, help="Move all times by so many days.")
@option(
    "--stretch",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    default=1.0,
    metavar="TIMES",
    section=_LABELLED,
    help="Times so much farther apart.",
)
@option(
    "--half",
    type=click.Choice(["first", "second", "all"]),
    default="all",
    show_default=True,
    section=_TIMED,
    help="With --ranking: of the articles' time.",
)
@forecast_options(_TIMED)
@common_options
def evaluate(ranking: bool, live: bool, **asked: Any) -> None:  # fmt: skip
    """Measure the stories against labels: B-cubed, pairwise, adjusted Rand index, V-measure, purity, related lists.

    With --ranking measure the order instead, as a forecast on unlabelled, timed articles. With --live feed the articles hour by hour
    to a desk that keeps stories up to date, and measure how far these are from a batch's and how well they keep their ids.
    """
    if bool(asked["labels"]) + ranking + live != 1:
        raise click.UsageError("give --labels, or --ranking or --live for articles without labels")
    if ranking or live:
        _measure_timed(asked, live=live)
    else:
        _measure_labelled(asked)


def _measure_timed(asked: Mapping[str, Any], *, live: bool) -> None:
    from ranker.apps import forecasting, living
    from ranker.apps import session as sessions

    if any(asked[name] != plain for name, plain in {**_OF_LABELS, **_OF_SAMPLES}.items()):
        raise click.UsageError(
            "--borderline, --mistakes, --by-input, --sweep, --plot, --sample, --shift-days and --stretch go with --labels"
        )
    session = sessions.open_session(request_of(dict(asked)))
    if live:
        every = _LIVE_STEP_HOURS if _by_default("every") else asked["every"]
        living.measure_live(session, every_hours=every, as_json=asked["as_json"])
    else:
        told = forecasting.Asked(asked["horizon"], asked["every"], asked["alive"], asked["gain"], asked["half"], asked["as_json"])
        forecasting.measure_ranking(session, told)
    finish(session)


def _measure_labelled(asked: Mapping[str, Any]) -> None:
    from ranker.apps import measuring
    from ranker.apps import session as sessions

    if len(asked["sweeps"]) > 1:
        raise click.UsageError("--sweep takes one setting at a time")
    if (asked["borderline"] or asked["mistakes"]) and (asked["by_input"] or asked["sweeps"]):
        raise click.UsageError("--borderline and --mistakes list pairs of one run; leave out --by-input and --sweep")
    if asked["plot"] is not None and not asked["sweeps"]:
        raise click.UsageError("--plot draws a sweep; give --sweep KEY=A,B,C")
    same = {name: asked[name] for name in ("labels", "by_input", "plot", "sample", "seed", "shift_days", "stretch", "as_json")}
    sweep = asked["sweeps"][0] if asked["sweeps"] else None
    wanted = measuring.Measuring(**same, sweep=sweep, borderline=asked["borderline"] or 0, mistakes=asked["mistakes"] or 0)
    request = request_of(dict(asked))
    measuring.check(wanted, request)
    session = sessions.open_session(request)
    measuring.measure(session, wanted)
    finish(session)


def _by_default(option_name: str) -> bool:
    """Whether an option of the command that runs was left out."""
    return click.get_current_context().get_parameter_source(option_name) is click.core.ParameterSource.DEFAULT
