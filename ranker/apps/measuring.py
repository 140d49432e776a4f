"""Measuring: the command `evaluate`, from a session to figures on standard output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from ranker.apps import output, screen
from ranker.apps.figures import Compared, comparison_lines, figures_json, figures_lines
from ranker.apps.reasoning import tell_doubts
from ranker.apps.session import Request, Session, overrides_of, say, tell_clamped
from ranker.articles.reading import clamp_future
from ranker.errors import InputError
from ranker.evaluation.labels import labels_of
from ranker.evaluation.mixture import inputs_of, kept_apart
from ranker.evaluation.plot import plot_format, sweep_plot
from ranker.evaluation.report import Evaluation, evaluate
from ranker.evaluation.sweep import RememberingEncoder, Sweep, parsed_sweep, swept_settings
from ranker.evaluation.variants import moved, sampled
from ranker.pipeline import Ranking
from ranker.places import models_folder
from ranker.settings import EncoderSettings, Settings
from ranker.vectors.encoder import load_encoder

_ALL = "all"
_SHOWN_INPUTS = 3  # names in one line of talk


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is measured, and how it is told."""

    labels: tuple[str, ...]  # one for all inputs, or one for each
    by_input: bool
    sweep: str | None
    plot: Path | None
    sample: float  # share of the articles, above 0 and at most 1
    seed: int
    shift_days: float
    stretch: float
    as_json: bool
    borderline: int = 0  # pairs listed instead of figures
    mistakes: int = 0


@dataclass(frozen=True, slots=True)
class _Truth:
    """Labels, and with --by-input the articles of each input that has some."""

    labels: Mapping[str, str]  # true story by article id
    inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)  # ids by input, in the order given


@dataclass(frozen=True, slots=True)
class _Measured:
    """Figures of one ranking: of all articles together, and of each input."""

    together: Evaluation
    by_input: Mapping[str, Evaluation]


def check(asked: Measuring, request: Request) -> None:
    """Refuse, before anything is read, what could not be done in the end.

    Raises
    ------
    SettingsError, InputError, RankerError : saying which option, and why.
    """
    if len(asked.labels) > 1 and (not asked.by_input or len(asked.labels) != len(request.inputs)):
        raise InputError(f"--labels: give one, or with --by-input one for each of {len(request.inputs)} inputs, not {len(asked.labels)}")
    if asked.sweep is not None:
        _swept(parsed_sweep(asked.sweep), request)
    if asked.plot is not None:
        plot_format(asked.plot)
        output.check_place(asked.plot)


def measure(session: Session, asked: Measuring) -> None:
    """Figures on standard output; a sweep's also as a picture.

    Raises
    ------
    InputError : if no article has a label, or none with one is in the sample.
    """
    labels = _labels(session, asked)
    session = _variant(session, asked)
    truth = _truth(session, labels, asked)
    if asked.sweep is not None:
        _sweep(session, truth, parsed_sweep(asked.sweep), asked)
        return
    if asked.borderline or asked.mistakes:
        tell_doubts(session.ranking, truth.labels, borderline=asked.borderline, mistakes=asked.mistakes, as_json=asked.as_json)
        return
    measured = _measured(session.ranking, truth, asked)
    if asked.as_json:
        click.echo(msgspec.json.encode(_measured_json(measured)))
    else:
        screen.tell(_lines(measured))
    _tell_unlabelled(measured)


def _variant(session: Session, asked: Measuring) -> Session:
    """The session with a share of its articles, their times moved; the same session where nothing of that is asked for."""
    articles, as_of = session.reading.articles, session.as_of
    if asked.sample < 1:
        articles = sampled(articles, asked.sample, seed=asked.seed)
        say(f"{len(articles):,} of {len(session.reading.articles):,} articles in the sample")
    if asked.shift_days or asked.stretch != 1:
        # Dates ahead of the clock are set back before the clock moves: what is wrong stays wrong.
        healthy = clamp_future(articles, as_of, tolerance_hours=session.settings.reading.future_tolerance_hours)
        articles, as_of = moved(healthy, as_of, shift_days=asked.shift_days, stretch=asked.stretch)
    return Session(replace(session.request, as_of=as_of), session.settings, replace(session.reading, articles=articles))


def _labels(session: Session, asked: Measuring) -> dict[str, str]:
    """True story by article id."""
    articles = session.reading.articles
    if len(asked.labels) == 1:
        return labels_of(articles, asked.labels[0])
    given = inputs_of(articles, session.request.inputs)
    found: dict[str, str] = {}
    for name, source in zip(session.request.inputs, asked.labels, strict=True):
        found |= labels_of([article for article in articles if given[article.id] == name], source)
    return found


def _truth(session: Session, labels: Mapping[str, str], asked: Measuring) -> _Truth:
    articles = session.reading.articles
    known = {article.id: labels[article.id] for article in articles if article.id in labels}
    if not known:
        raise InputError(f"--sample {asked.sample:g}: no article with a label is in the sample")
    if not asked.by_input:
        return _Truth(known)
    inputs = inputs_of(articles, session.request.inputs)
    members: dict[str, set[str]] = {given: set() for given in session.request.inputs}
    for article_id, given in inputs.items():
        members[given].add(article_id)
    labelled = {given: frozenset(ids) for given, ids in members.items() if not ids.isdisjoint(known)}
    silent = [given for given in members if given not in labelled]
    if silent:
        more = f" and {len(silent) - _SHOWN_INPUTS} more" if len(silent) > _SHOWN_INPUTS else ""
        say(f"no article with a label, so no figures of its own: {', '.join(silent[:_SHOWN_INPUTS])}{more}")
    # A field's labels are each input's own; a file of labels names the stories of all inputs at once.
    one_file = len(asked.labels) == 1 and Path(asked.labels[0]).is_file()
    return _Truth(known if one_file else kept_apart(known, inputs), labelled)


def _measured(ranking: Ranking, truth: _Truth, asked: Measuring) -> _Measured:
    by_input = {given: evaluate(ranking, truth.labels, among=ids, seed=asked.seed) for given, ids in truth.inputs.items()}
    return _Measured(evaluate(ranking, truth.labels, seed=asked.seed), by_input)


def _lines(measured: _Measured) -> Iterator[str]:
    if measured.by_input:
        yield from comparison_lines(("input",), [Compared((given,), figures) for given, figures in _named(measured)])
        yield ""
        yield "all inputs together"
    yield from figures_lines(measured.together)


def _measured_json(measured: _Measured) -> dict[str, Any]:
    told = figures_json(measured.together)
    if measured.by_input:
        told["byInput"] = [{"input": given, **figures_json(figures)} for given, figures in measured.by_input.items()]
    return told


def _named(measured: _Measured) -> list[tuple[str, Evaluation]]:
    """Figures by input, named without the folders that all inputs lie in; and those of all together."""
    parts = [Path(given).parts for given in measured.by_input]
    levels = [set(folders) for folders in zip(*(folders[:-1] for folders in parts), strict=False)]
    shared = next((depth for depth, folders in enumerate(levels) if len(folders) > 1), len(levels))
    names = (str(Path(*folders[shared:])) for folders in parts)
    return [*zip(names, measured.by_input.values(), strict=True), (_ALL, measured.together)]


def _tell_unlabelled(measured: _Measured) -> None:
    count = measured.together.unlabelled
    if count:
        say(f"{count:,} {'article' if count == 1 else 'articles'} without a label left out of the figures")


# Sweeps


def _swept(sweep: Sweep, request: Request) -> list[Settings]:
    return swept_settings(sweep, request.config, profile=request.profile, overrides=overrides_of(request))


def _sweep(session: Session, truth: _Truth, sweep: Sweep, asked: Measuring) -> None:
    settings = _swept(sweep, session.request)
    points: list[_Measured] = []
    encoders: dict[EncoderSettings, RememberingEncoder] = {}
    for value, chosen in zip(sweep.values, settings, strict=True):
        if chosen.encoder not in encoders:
            encoders[chosen.encoder] = RememberingEncoder(load_encoder(chosen.encoder, models=models_folder()))
        ranking = session.ranked_under(chosen, encoders[chosen.encoder])
        if not points:
            tell_clamped(ranking)
        points.append(_measured(ranking, truth, asked))
        say(f"{sweep.key} = {_shown(value)}: B-cubed F1 {points[-1].together.b_cubed.f1:.4f}")
    if asked.as_json:
        rows = [{"value": value, **_measured_json(point)} for value, point in zip(sweep.values, points, strict=True)]
        click.echo(msgspec.json.encode({"sweep": sweep.key, "values": rows}))
    else:
        screen.tell(_sweep_lines(sweep, points))
    if asked.plot is not None:
        output.write_output(asked.plot, _picture(sweep, points, asked.plot))
        say(f"wrote the plot to {asked.plot}")
    _tell_unlabelled(points[0])


def _sweep_lines(sweep: Sweep, points: list[_Measured]) -> Iterator[str]:
    by_input = bool(points[0].by_input)
    rows = [
        Compared((_shown(value), given) if by_input else (_shown(value),), figures)
        for value, point in zip(sweep.values, points, strict=True)
        for given, figures in _named(point)
    ]
    yield sweep.key
    yield from comparison_lines(("value", "input") if by_input else ("value",), rows)


def _picture(sweep: Sweep, points: list[_Measured], path: Path) -> bytes:
    results = [point.together for point in points]
    lines: dict[str, list[float | None]] = {
        "B-cubed F1": [result.b_cubed.f1 for result in results],
        "B-cubed precision": [result.b_cubed.precision for result in results],
        "B-cubed recall": [result.b_cubed.recall for result in results],
        "pairwise F1": [result.pairwise.f1 for result in results],
        "adjusted Rand index": [result.adjusted_rand_index for result in results],
        "related MAP": [result.related_map for result in results],
    }
    ends = [result.intervals.f1 for result in results]
    band = [None if end is None else (end.low, end.high) for end in ends]
    title = f"{results[0].articles:,} articles of {results[0].true_stories:,} stories"
    return sweep_plot(sweep.key, [_plain(value) for value in sweep.values], lines, plot_format(path), band=band, title=title)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else _shown(value)


def _shown(value: object) -> str:
    """A value as one would write it in the settings."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
