"""Table: the figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from benchmarks.same_story.measure import Figure, PeerResult, Result, Run

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def table(result: Result) -> str:
    """F1 by set, one table a share; then for each peer its one cut with precision, recall and seconds."""
    shares = [[place for place, _ in places] for _, places in groupby(enumerate(result.sets), key=lambda item: item[1].share)]
    parts = [_f1_table(result, places) for places in shares]
    return "\n".join(["B-cubed F1: own default / one cut for all sets / best cut for each set", "", *parts, _cut_table(result)])


def with_table(readme: str, result: Result) -> str:
    """A README with the table between its two marks renewed.

    Raises
    ------
    ValueError : if a mark is missing.
    """
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(result)}{END}{after}"


def setting_text(setting: dict[str, str | int | float | None]) -> str:
    """A setting as a reader would write it."""
    return ", ".join(f"{name} {value}" for name, value in setting.items()) or "-"


def _f1_table(result: Result, places: Sequence[int]) -> str:
    sets = [result.sets[place] for place in places]
    heads = [f"{each.name} ({each.labelled:,} / {each.stories})" for each in sets]
    rows = [[peer.name, *_cells(peer, places)] for peer in result.peers]
    return _markdown(["articles / stories", *heads], rows)


def _cells(peer: PeerResult, places: Sequence[int]) -> list[str]:
    if not peer.runs:
        return [f"not installed: pip install {' '.join(peer.missing)}", *[""] * (len(places) - 1)]
    return [_f1s([peer.default, peer.one_cut, peer.best_cut(place)], place, has_choice=len(peer.runs) > 1) for place in places]


def _f1s(runs: Sequence[Run], place: int, *, has_choice: bool) -> str:
    shown = runs if has_choice else runs[:1]
    return " / ".join(_f1(run.figures[place]) for run in shown)


def _f1(figure: Figure) -> str:
    return _share(figure.f1) + ("*" if figure.error else "")


def _cut_table(result: Result) -> str:
    largest = max(range(len(result.sets)), key=lambda place: result.sets[place].articles)
    heads = ["mean over all sets", "F1: default / one / best", "one cut: P / R", f"s ({result.sets[largest].name})", "the one cut"]
    rows = [[peer.name, *_summary(peer, largest)] for peer in result.peers if peer.runs]
    return _markdown(heads, rows) + _failures(result)


def _summary(peer: PeerResult, largest: int) -> list[str]:
    cut = peer.one_cut
    best = float(np.mean([peer.best_cut(place).figures[place].f1 for place in range(len(cut.figures))]))
    means = [peer.default.mean_f1, cut.mean_f1, best] if len(peer.runs) > 1 else [cut.mean_f1]
    precision = float(np.mean([figure.precision for figure in cut.figures]))
    recall = float(np.mean([figure.recall for figure in cut.figures]))
    return [
        " / ".join(_share(mean) for mean in means),
        f"{_share(precision)} / {_share(recall)}",
        f"{cut.figures[largest].seconds:.2f}",
        setting_text(cut.setting),
    ]


def _failures(result: Result) -> str:
    """A line for each peer that failed somewhere: how often, and its first error."""
    lines = []
    for peer in result.peers:
        figures = [figure for run in peer.runs for figure in run.figures]
        errors = [" ".join(figure.error.split()) for figure in figures if figure.error]
        if errors:
            lines.append(f"\\* {peer.name} failed in {len(errors)} of {len(figures)} runs, counted as every article alone: {errors[0]}\n")
    return "".join(f"\n{line}" for line in lines)


def _share(number: float) -> str:
    """0.734 as .73, 1 as 1.00."""
    return f"{number:.2f}".removeprefix("0") if number < 1 else "1.00"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
