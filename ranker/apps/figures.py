"""Figures: an evaluation as JSON and as lines for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ranker.apps.screen import columns, printable
from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.calibration import Reliability
from ranker.evaluation.metrics import LARGEST_GROUPS, Agreement
from ranker.evaluation.report import NDCG_LIMIT, Evaluation

_LABEL_CELLS = 11
_COLUMN_CELLS = 22  # "0.9464 (0.931-0.961)" and two blanks
_WIDTH = 80
_COMPARED = ("B3 P", "B3 R", "B3 F1", "pairs", "ARI", "MAP")
_NUMBER_CELLS = 7  # a figure and the blank before it
_COUNT_CELLS = 8  # "articles", and as many digits
_GAP = "  "
_THREE = ("precision", "recall", "F1")


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of a comparison: what stands before the figures, and the figures."""

    names: tuple[str, ...]
    figures: Evaluation


def figures_json(result: Evaluation) -> dict[str, object]:
    """All figures under their names on the wire."""
    intervals = result.intervals
    return {
        "articles": result.articles,
        "unlabelled": result.unlabelled,
        "stories": {"true": result.true_stories, "found": result.found_stories},
        "bCubed": _agreement_json(result.b_cubed),
        "pairwise": _agreement_json(result.pairwise),
        "adjustedRandIndex": result.adjusted_rand_index,
        "homogeneity": result.v_measure.homogeneity,
        "completeness": result.v_measure.completeness,
        "vMeasure": result.v_measure.v_measure,
        "purityOfLargest": result.purity,
        "alone": {"true": result.alone_true, "found": result.alone_found},
        "relatedMap": result.related_map,
        "relatedMrr": result.related_mrr,
        "relatedNdcg": result.related_ndcg,
        "reliability": None if result.reliability is None else reliability_json(result.reliability),
        "intervals": {
            "bCubed": {
                "precision": _interval_json(intervals.precision),
                "recall": _interval_json(intervals.recall),
                "f1": _interval_json(intervals.f1),
            },
            "relatedMap": _interval_json(intervals.related_map),
        },
    }


def reliability_json(found: Reliability) -> dict[str, object]:
    """How far P(same story) can be taken at its word, range by range."""
    return {
        "pairs": found.pairs,
        "share": found.share,
        "brier": found.brier,
        "calibrationError": found.calibration_error,
        "bins": [
            {"from": each.low, "to": each.high, "pairs": each.pairs, "predicted": each.predicted, "observed": each.observed}
            for each in found.bins
        ],
    }


def figures_lines(result: Evaluation) -> Iterator[str]:
    """All figures, a kind a line; on a screen that is too narrow for that, a figure a line."""
    is_narrow = columns() < _WIDTH
    if not is_narrow:
        yield f"{'':<{_LABEL_CELLS}}{''.join(f'{name:<{_COLUMN_CELLS}}' for name in _THREE)}".rstrip()
    for label, parts in _kinds(result):
        if not is_narrow:
            yield f"{label:<{_LABEL_CELLS}}{''.join(f'{part:<{_COLUMN_CELLS}}' for part in parts)}".rstrip()
            continue
        names = _THREE if len(parts) == len(_THREE) else ("",) * len(parts)
        for place, (name, part) in enumerate(zip(names, parts, strict=True)):
            yield f"{'' if place else label:<{_LABEL_CELLS}}{f'{name} ' if name else ''}{part}"
    if result.intervals.f1 is not None:
        yield "(in brackets: 95 % intervals of a bootstrap over true stories)"


def _kinds(result: Evaluation) -> Iterator[tuple[str, Sequence[str]]]:
    """A label and its figures; where they are three, they are those of `_THREE`."""
    intervals = result.intervals
    cubed, pairs, entropy = result.b_cubed, result.pairwise, result.v_measure
    ends = (intervals.precision, intervals.recall, intervals.f1)
    yield "B-cubed", [_with_interval(value, end) for value, end in zip((cubed.precision, cubed.recall, cubed.f1), ends, strict=True)]
    yield "pairwise", [f"{value:.4f}" for value in (pairs.precision, pairs.recall, pairs.f1)]
    yield "ARI", [f"{result.adjusted_rand_index:.4f}"]
    yield "V-measure", [f"{entropy.v_measure:.4f}  (homogeneity {entropy.homogeneity:.4f}, completeness {entropy.completeness:.4f})"]
    yield "purity", [f"{result.purity:.4f}  (of the {LARGEST_GROUPS} largest stories found)"]
    if result.related_map is not None:
        first = f"MAP {_with_interval(result.related_map, intervals.related_map)}"
        yield "related", [f"{first}  MRR {result.related_mrr:.4f}  nDCG@{NDCG_LIMIT} {result.related_ndcg:.4f}"]
    if result.reliability is not None:
        held = result.reliability
        told = f"Brier {held.brier:.4f}, off by {held.calibration_error:.3f}"
        yield "P", [f"{told}  ({held.pairs:,} pairs, {held.share:.1%} one story)"]
    articles = f"{result.articles:,} {'article' if result.articles == 1 else 'articles'}"
    yield "stories", [f"{result.found_stories:,} found, {result.true_stories:,} true, of {articles}"]
    yield "alone", [f"{result.alone_found:.1%} of articles found so, {result.alone_true:.1%} true"]


def comparison_lines(headings: Sequence[str], rows: Sequence[Compared]) -> Iterator[str]:
    """A table of a few figures of several evaluations, no wider than 80 cells: names too long for that are cut.

    Parameters
    ----------
    headings : one for each of a row's names.
    """
    from rich.cells import cell_len, set_cell_size

    room = _WIDTH - _COUNT_CELLS - _NUMBER_CELLS * len(_COMPARED)
    texts, widths = [], list[int]()
    for place, column in enumerate(zip(headings, *(row.names for row in rows), strict=True)):
        limit = (room - sum(widths)) // (len(headings) - place) - len(_GAP)
        texts.append([_cut(printable(name), limit) for name in column])
        widths.append(max(map(cell_len, texts[-1])) + len(_GAP))
    numbers = [("articles", *_COMPARED), *(_numbers(row.figures) for row in rows)]
    for words, (count, *figures) in zip(zip(*texts, strict=True), numbers, strict=True):
        shown = "".join(set_cell_size(word, width) for word, width in zip(words, widths, strict=True))
        yield f"{shown}{count:>{_COUNT_CELLS}}" + "".join(f"{figure:>{_NUMBER_CELLS}}" for figure in figures)
    yield "(B3: B-cubed; pairs: F1 on pairs; MAP: of related lists)"


def _numbers(result: Evaluation) -> tuple[str, ...]:
    cubed = result.b_cubed
    figures = (cubed.precision, cubed.recall, cubed.f1, result.pairwise.f1, result.adjusted_rand_index, result.related_map)
    return (str(result.articles), *map(_short, figures))


def _short(figure: float | None) -> str:
    """A figure in six cells."""
    return "-" if figure is None else f"{figure:.4f}" if figure >= 0 else f"{figure:.3f}"


def _cut(text: str, cells: int) -> str:
    """`text` in at most so many cells."""
    from rich.cells import cell_len, chop_cells

    return text if cell_len(text) <= cells else chop_cells(text, cells - 1)[0] + "\u2026"


def _with_interval(value: float, interval: Interval | None) -> str:
    return f"{value:.4f}" if interval is None else f"{value:.4f} ({interval.low:.3f}-{interval.high:.3f})"


def _agreement_json(agreement: Agreement) -> dict[str, float]:
    return {"precision": agreement.precision, "recall": agreement.recall, "f1": agreement.f1}


def _interval_json(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else {"low": interval.low, "high": interval.high}
