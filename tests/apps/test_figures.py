"""Figures of an evaluation: every one on the wire, and tables that fit a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from rich.cells import cell_len

from ranker.apps.figures import Compared, comparison_lines, figures_json, figures_lines
from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.calibration import Reliability, ReliabilityBin
from ranker.evaluation.metrics import Agreement, VMeasure
from ranker.evaluation.report import Evaluation, Intervals

RELIABILITY = Reliability(
    20_480, 0.0325, 0.125, 0.07, (ReliabilityBin(0.0, 0.1, 20_000, 0.05, 0.11), ReliabilityBin(0.9, 1.0, 480, 0.95, 0.75))
)
RESULT = Evaluation(
    articles=3272,
    unlabelled=3,
    true_stories=335,
    found_stories=421,
    b_cubed=Agreement(0.75, 0.5),
    pairwise=Agreement(0.25, 1.0),
    adjusted_rand_index=-0.0126,
    v_measure=VMeasure(0.875, 0.625, 0.7292),
    purity=0.9375,
    alone_found=0.125,
    alone_true=0.0,
    related_map=0.8125,
    related_mrr=0.9,
    related_ndcg=0.85,
    reliability=RELIABILITY,
    intervals=Intervals(Interval(0.7, 0.8), Interval(0.4, 0.6), Interval(0.55, 1.0), Interval(0.8, 0.825)),
)
BARE = replace(RESULT, related_map=None, related_mrr=None, related_ndcg=None, reliability=None, intervals=Intervals(None, None, None, None))


def _numbers(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    else:
        yield value


def test_every_figure_is_on_the_wire() -> None:
    told = figures_json(RESULT)
    assert told == {
        "articles": 3272,
        "unlabelled": 3,
        "stories": {"true": 335, "found": 421},
        "bCubed": {"precision": 0.75, "recall": 0.5, "f1": 2 * 0.75 * 0.5 / (0.75 + 0.5)},
        "pairwise": {"precision": 0.25, "recall": 1.0, "f1": 2 * 0.25 * 1 / (0.25 + 1)},
        "adjustedRandIndex": -0.0126,
        "homogeneity": 0.875,
        "completeness": 0.625,
        "vMeasure": 0.7292,
        "purityOfLargest": 0.9375,
        "alone": {"true": 0.0, "found": 0.125},
        "relatedMap": 0.8125,
        "relatedMrr": 0.9,
        "relatedNdcg": 0.85,
        "reliability": {
            "pairs": 20_480,
            "share": 0.125,
            "brier": 0.0325,
            "calibrationError": 0.07,
            "bins": [
                {"from": 0.0, "to": 0.1, "pairs": 20_000, "predicted": 0.05, "observed": 0.11},
                {"from": 0.9, "to": 1.0, "pairs": 480, "predicted": 0.95, "observed": 0.75},
            ],
        },
        "intervals": {
            "bCubed": {"precision": {"low": 0.7, "high": 0.8}, "recall": {"low": 0.4, "high": 0.6}, "f1": {"low": 0.55, "high": 1.0}},
            "relatedMap": {"low": 0.8, "high": 0.825},
        },
    }
    assert msgspec.json.decode(msgspec.json.encode(told)) == told


def test_what_is_not_defined_is_null_on_the_wire() -> None:
    assert list(_numbers(figures_json(BARE))).count(None) == 3 + 1 + 4


def test_all_figures_stand_in_a_table() -> None:
    assert [line for line in figures_lines(RESULT) if not line.startswith("P ")] == [
        "           precision             recall                F1",
        "B-cubed    0.7500 (0.700-0.800)  0.5000 (0.400-0.600)  0.6000 (0.550-1.000)",
        "pairwise   0.2500                1.0000                0.4000",
        "ARI        -0.0126",
        "V-measure  0.7292  (homogeneity 0.8750, completeness 0.6250)",
        "purity     0.9375  (of the 10 largest stories found)",
        "related    MAP 0.8125 (0.800-0.825)  MRR 0.9000  nDCG@5 0.8500",
        "stories    421 found, 335 true, of 3,272 articles",
        "alone      12.5% of articles found so, 0.0% true",
        "(in brackets: 95 % intervals of a bootstrap over true stories)",
    ]


def test_the_table_says_how_far_probabilities_can_be_taken_at_their_word() -> None:
    (line,) = (line for line in figures_lines(RESULT) if line.startswith("P "))
    assert re.findall(r"[\d.,]*\d%?", line) == ["0.0325", "0.070", "20,480", "12.5%"]


def test_what_is_not_defined_is_left_out() -> None:
    shown = "\n".join(figures_lines(BARE))
    assert "B-cubed    0.7500                0.5000                0.6000\n" in shown
    assert re.findall("related|bracket|Brier|None", shown) == []


def test_no_line_is_wider_than_80_cells() -> None:
    wide = replace(RESULT, articles=10_000_000, true_stories=10_000_000, found_stories=10_000_000, b_cubed=Agreement(1, 1))
    certain = replace(RELIABILITY, pairs=100_000_000, share=1.0)
    assert max(map(cell_len, figures_lines(replace(wide, reliability=certain)))) <= 80


def test_a_comparison_has_a_row_for_each() -> None:
    rows = [Compared(("3", "a.jsonl"), RESULT), Compared(("5.5", "all"), BARE)]
    assert list(comparison_lines(("value", "input"), rows)) == [
        "value  input    articles   B3 P   B3 R  B3 F1  pairs    ARI    MAP",
        "3      a.jsonl      3272 0.7500 0.5000 0.6000 0.4000 -0.013 0.8125",
        "5.5    all          3272 0.7500 0.5000 0.6000 0.4000 -0.013      -",
        "(B3: B-cubed; pairs: F1 on pairs; MAP: of related lists)",
    ]


@pytest.mark.parametrize("mark", ["x", "\u706b"])
@pytest.mark.parametrize("headings", [("value",), ("value", "input")])
def test_a_comparison_of_long_names_fits_80_cells(headings: tuple[str, ...], mark: str) -> None:
    rows = [Compared(tuple(mark * length for _ in headings), replace(RESULT, articles=1_234_567)) for length in (1, 30, 200)]
    shown = list(comparison_lines(headings, rows))
    assert {cell_len(line) for line in shown[:-1]} <= {79, 80}
    assert ["\u2026" in line for line in shown] == [False, False, True, True, False]
    assert all("1234567 0.7500" in line for line in shown[1:-1])


def test_a_short_name_leaves_its_room_to_the_next() -> None:
    name = "headlines-and-roundups"
    (_, row, _) = comparison_lines(("value", "input"), [Compared(("3", name[:20]), RESULT)])
    assert name[:20] in row


def test_what_cannot_be_printed_is_escaped() -> None:
    (_, row, _) = comparison_lines(("input",), [Compared(("a\x1b[31m\udcff",), RESULT)])
    assert row.startswith("a\\x1b[31m\\udcff  ")
