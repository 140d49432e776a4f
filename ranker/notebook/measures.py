"""Measures in a notebook: figures against labels, calibration, mistakes by kind, and sweeps of a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ranker.errors import RankerError
from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.calibration import Reliability
from ranker.evaluation.mistakes import Mistake, counted_kinds
from ranker.evaluation.report import Evaluation
from ranker.evaluation.sweep import Sweep
from ranker.notebook.pairs import Ends, Pairs
from ranker.notebook.table import Column, Table, Tabular
from ranker.pipeline import Ranking
from ranker.plots import Theme, errors_by_kind, reliability_curve, sweep_curves

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SHOWN_EVIDENCE = 200  # mistakes up to which the strongest evidence is named in every row


class Measured(Tabular):
    """Figures of a ranking against labels. `frame()` has a row a figure, with its 95 % interval where there is one."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation

    def table(self) -> Table:
        """The figures in rows."""
        told = self.evaluation
        ends = told.intervals
        figures: list[tuple[str, float | None, Interval | None]] = [
            ("B-cubed precision", told.b_cubed.precision, ends.precision),
            ("B-cubed recall", told.b_cubed.recall, ends.recall),
            ("B-cubed F1", told.b_cubed.f1, ends.f1),
            ("pairwise precision", told.pairwise.precision, None),
            ("pairwise recall", told.pairwise.recall, None),
            ("pairwise F1", told.pairwise.f1, None),
            ("adjusted Rand index", told.adjusted_rand_index, None),
            ("V-measure", told.v_measure.v_measure, None),
            ("purity of the largest", told.purity, None),
            ("related MAP", told.related_map, ends.related_map),
            ("related MRR", told.related_mrr, None),
            ("related nDCG", told.related_ndcg, None),
            ("Brier score of P", None if told.reliability is None else told.reliability.brier, None),
            ("calibration error of P", None if told.reliability is None else told.reliability.calibration_error, None),
        ]
        rows = tuple((name, value, None if end is None else end.low, None if end is None else end.high) for name, value, end in figures)
        columns = (
            Column("figure", "text", "figure"),
            Column("value", "number", "value", digits=4),
            Column("low", "number", "from", digits=3),
            Column("high", "number", "to", digits=3),
        )
        counts = f"{told.articles:,} articles with labels of {told.true_stories:,} stories, {told.found_stories:,} found"
        return Table(counts, columns, rows, note="from and to: 95 % intervals of a bootstrap over true stories")

    def calibration(self) -> Calibration:
        """How far P(same story) can be taken at its word.

        Raises
        ------
        RankerError : if no near pair has labels.
        """
        if self.evaluation.reliability is None:
            raise RankerError("no near pair has labels on both articles, so P cannot be held against anything; label more articles")
        return Calibration(self.evaluation.reliability)


class Calibration(Tabular):
    """P(same story) of near pairs held against the labels, range by range. `frame()` has a row a range."""

    def __init__(self, reliability: Reliability) -> None:
        self.reliability = reliability

    def table(self) -> Table:
        """The ranges in rows."""
        found = self.reliability
        rows = tuple((each.low, each.high, each.pairs, each.predicted, each.observed) for each in found.bins)
        columns = (
            Column("low", "number", "P from", digits=1),
            Column("high", "number", "to", digits=1),
            Column("pairs", "whole", "pairs"),
            Column("predicted", "number", "predicted", digits=3),
            Column("observed", "number", "true", digits=3),
        )
        return Table(f"{found.pairs:,} near pairs, Brier score {found.brier:.4f}, off by {found.calibration_error:.3f}", columns, rows)

    def curve(self, *, theme: Theme = "light") -> go.Figure:
        """The same as a curve."""
        return reliability_curve(self.reliability, theme=theme)


class Mistakes(Pairs):
    """Pairs decided against their labels, in order of kind, surest first. `frame()` has a row a pair."""

    def __init__(self, mistakes: Sequence[Mistake], ranking: Ranking, labels: Mapping[str, str]) -> None:
        counted = ", ".join(f"{count} {kind}" for kind, count in counted_kinds(mistakes).items())
        ends = [Ends(ranking.rows[each.left], ranking.rows[each.right], each.probability, each.kind) for each in mistakes]
        named = len(mistakes) <= _SHOWN_EVIDENCE
        super().__init__(f"{len(mistakes):,} mistaken pairs: {counted}", ends, ranking, labels, with_evidence=named)
        self.mistakes = tuple(mistakes)

    def kinds(self) -> Table:
        """How many there are of each kind (see `ranker.evaluation.mistakes.Mistake`)."""
        rows = tuple(counted_kinds(self.mistakes).items())
        return Table("mistakes by kind", (Column("kind", "text", "kind"), Column("pairs", "whole", "pairs")), rows)

    def by_kind(self, *, theme: Theme = "light") -> go.Figure:
        """The same as bars."""
        return errors_by_kind(self.mistakes, theme=theme)


class Swept(Tabular):
    """Figures for each value of a setting. `frame()` has a row a value."""

    def __init__(self, sweep: Sweep, results: Sequence[Evaluation]) -> None:
        self.sweep = sweep
        self.results = tuple(results)

    def table(self) -> Table:
        """The values in rows."""
        rows = tuple(
            (
                str(value),
                each.b_cubed.precision,
                each.b_cubed.recall,
                each.b_cubed.f1,
                None if each.intervals.f1 is None else each.intervals.f1.low,
                None if each.intervals.f1 is None else each.intervals.f1.high,
                each.pairwise.f1,
                each.adjusted_rand_index,
                each.related_map,
                each.found_stories,
            )
            for value, each in zip(self.sweep.values, self.results, strict=True)
        )
        columns = (
            Column("value", "text", "value"),
            Column("b_cubed_precision", "number", "B3 P", digits=4),
            Column("b_cubed_recall", "number", "B3 R", digits=4),
            Column("b_cubed_f1", "number", "B3 F1", digits=4),
            Column("b_cubed_f1_low", "number", "F1 from", digits=3, plain=False),
            Column("b_cubed_f1_high", "number", "to", digits=3, plain=False),
            Column("pairwise_f1", "number", "pairs F1", digits=4),
            Column("adjusted_rand_index", "number", "ARI", digits=4),
            Column("related_map", "number", "MAP", digits=4),
            Column("found_stories", "whole", "stories"),
        )
        return Table(f"{self.sweep.key} through {len(rows)} values", columns, rows)

    def curves(self, *, theme: Theme = "light") -> go.Figure:
        """The same as curves."""
        return sweep_curves(self.sweep.key, self.sweep.values, self.results, theme=theme)
