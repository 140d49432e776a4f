"""Plots of what `ranker` finds, as Plotly figures that need no network. Plotly is loaded when the first one is drawn.

Every figure has a title, a subtitle that says of how much it tells, `alt_text(figure)`, axes with units, and is drawn for a `light` or a
`dark` ground. Titles and names are shown as they are written: nothing in them is taken for markup.
"""

from ranker.plots.article_map import article_map
from ranker.plots.heat import HeatLine, heat_lines, heat_over_time
from ranker.plots.measured import errors_by_kind, reliability_curve, sweep_curves
from ranker.plots.moves import rank_moves
from ranker.plots.page import figure_html, plotly_script
from ranker.plots.pairs import pair_scores
from ranker.plots.projection import Projection, projected
from ranker.plots.providers import delays, first_reports, overlap_matrix
from ranker.plots.scores import score_bars
from ranker.plots.theme import Theme, alt_text
from ranker.plots.timelines import coverage_timeline, story_timeline

__all__ = [
    "HeatLine",
    "Projection",
    "Theme",
    "alt_text",
    "article_map",
    "coverage_timeline",
    "delays",
    "errors_by_kind",
    "figure_html",
    "first_reports",
    "heat_lines",
    "heat_over_time",
    "overlap_matrix",
    "pair_scores",
    "plotly_script",
    "projected",
    "rank_moves",
    "reliability_curve",
    "score_bars",
    "story_timeline",
    "sweep_curves",
]
