"""What holds for every plot: titles, alternatives in words, two themes, no network, and strangers' text as text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.rooms import hostile_room, sample_room

from ranker import plots
from ranker.errors import RankerError
from ranker.evaluation.coverage import group_overlap, provider_coverage
from ranker.evaluation.mistakes import mistakes_of
from ranker.evaluation.report import evaluate
from ranker.notebook import Newsroom
from ranker.plots.theme import PALETTES, Theme, broken, cut, escaped, shortened

Figure = Any
ALLOWED = re.compile(r"</?(?:b|br|extra)>")  # what our own templates write


def _reliability(room: Newsroom, theme: Theme) -> Figure:
    found = evaluate(room.ranking, room.labels, resamples=10).reliability
    assert found is not None
    return plots.reliability_curve(found, theme=theme)


def _sweep(room: Newsroom, theme: Theme) -> Figure:
    result = evaluate(room.ranking, room.labels, resamples=10)
    return plots.sweep_curves("encoder.name", ["<b>one</b>", "other"], [result, result], theme=theme)


BUILDERS: dict[str, Callable[[Newsroom, Theme], Figure]] = {
    "score_bars": lambda room, theme: plots.score_bars(room.ranking.stories, theme=theme),
    "coverage_timeline": lambda room, theme: plots.coverage_timeline(room.ranking.stories, theme=theme),
    "story_timeline": lambda room, theme: plots.story_timeline(room.ranking.stories[0], room.ranking, theme=theme),
    "heat_over_time": lambda room, theme: plots.heat_over_time(room.ranking, hours=6, theme=theme),
    "article_map": lambda room, theme: plots.article_map(room.ranking, method="pca", theme=theme),
    "pair_scores": lambda room, theme: plots.pair_scores(room.ranking.grouping, theme=theme),
    "pair_scores with labels": lambda room, theme: plots.pair_scores(room.ranking.grouping, room.labels, theme=theme),
    "rank_moves": lambda room, theme: plots.rank_moves(
        room.ranking.stories, room.ranked(profile="hottest").ranking.stories, names=("<b>one</b>", "%{x}"), theme=theme
    ),
    "first_reports": lambda room, theme: plots.first_reports(provider_coverage(room.ranking), theme=theme),
    "delays": lambda room, theme: plots.delays(provider_coverage(room.ranking), theme=theme),
    "overlap_matrix": lambda room, theme: plots.overlap_matrix(group_overlap(room.ranking, limit=10), theme=theme),
    "reliability_curve": _reliability,
    "sweep_curves": _sweep,
    "errors_by_kind": lambda room, theme: plots.errors_by_kind(mistakes_of(room.ranking, room.labels), theme=theme),
}


def texts_of(value: object) -> Iterator[str]:
    """Every text of a figure as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)


def test_every_function_that_draws_is_looked_at() -> None:
    drawing = {name for name in plots.__all__ if name[0].islower()} - {
        "alt_text",
        "figure_html",
        "plotly_script",
        "projected",
        "heat_lines",
    }
    assert drawing == {name.split()[0] for name in BUILDERS}


@pytest.mark.parametrize("name", BUILDERS)
def test_a_plot_says_what_it_shows(name: str) -> None:
    figure = BUILDERS[name](sample_room(), "light")
    assert figure.layout.title.text
    assert figure.layout.title.subtitle.text
    assert len(plots.alt_text(figure)) > 20
    assert figure.layout.height >= 200


@pytest.mark.parametrize("name", BUILDERS)
def test_a_plot_needs_no_network_and_is_the_same_each_time(name: str) -> None:
    told = BUILDERS[name](sample_room(), "light").to_json()
    assert "http" not in told
    assert "//" not in told
    assert told == BUILDERS[name](sample_room(), "light").to_json()


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("name", BUILDERS)
def test_a_plot_has_the_colours_of_its_theme_and_no_others(name: str, theme: Theme) -> None:
    figure = BUILDERS[name](sample_room(), theme)
    colours = PALETTES[theme]
    assert figure.layout.template.layout.paper_bgcolor == colours.ground
    known = {colours.ground, colours.text, colours.muted, colours.grid, *colours.series, *colours.scale}
    used = set(re.findall(r"#[0-9a-fA-F]{6}\b", json.dumps(json.loads(figure.to_json())["data"])))
    assert used <= known


@pytest.mark.parametrize("name", BUILDERS)
def test_nothing_that_strangers_write_is_markup(name: str) -> None:
    figure = BUILDERS[name](hostile_room(), "light")
    told = json.loads(figure.to_json())
    told["layout"].pop("meta")  # plain text, which figure_html escapes
    templates = {trace.pop("hovertemplate", "") for trace in told["data"]}
    for text in texts_of(told):
        assert "<" not in ALLOWED.sub("", text), text
    for template in templates:
        assert "<" not in ALLOWED.sub("", template)
        assert "alert" not in template


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(RankerError, match="theme 'blue': there are light and dark"):
        plots.score_bars(sample_room().ranking.stories, theme="blue")  # type: ignore[arg-type]


def test_plots_without_anything_to_show_are_plots() -> None:
    assert plots.alt_text(plots.score_bars([])) == "No story is ranked."
    assert plots.coverage_timeline([]).layout.title.text
    assert plots.first_reports([]).layout.title.text
    assert plots.delays([]).layout.title.text
    assert plots.errors_by_kind([]).layout.title.text
    assert plots.rank_moves([], []).layout.title.text


def test_colours_stand_out_from_their_ground() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colours in PALETTES.values():
        ground = luminance(colours.ground)
        for colour, least in [(colours.text, 7.0), *((other, 3.0) for other in (*colours.series, colours.muted))]:
            one, other = sorted((ground, luminance(colour)))
            assert (other + 0.05) / (one + 0.05) >= least, colour


def test_texts_are_cut_and_broken_before_they_are_escaped() -> None:
    assert shortened("abcdef", 4) == "abc\u2026"
    assert cut("a<b>cdef", 4) == "a&lt;b\u2026"
    assert cut("abcd", 4) == "abcd"
    assert broken("one two three", 7) == "one two<br>three"
    assert broken("<b> <i>", 3) == "&lt;b&gt;<br>&lt;i&gt;"
    assert broken("") == ""
    assert escaped("\"'&<>") == "\"'&amp;&lt;&gt;"


def test_plotly_is_loaded_when_the_first_plot_is_drawn() -> None:
    code = (
        "import sys, ranker.plots, ranker.notebook, ranker.apps.cli; sys.exit(bool({'plotly', 'pandas', 'ipywidgets'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Pieces of a page


def test_a_piece_of_a_page_is_the_same_for_the_same_figure_and_says_its_alternative() -> None:
    piece = plots.figure_html(plots.score_bars(sample_room().ranking.stories))
    assert piece == plots.figure_html(plots.score_bars(sample_room().ranking.stories))
    assert piece.startswith('<figure class="plot" role="img" aria-label="Stacked bars of 20 stories')
    assert not re.search(r"https?:|src=", piece)


def test_a_piece_of_a_page_holds_nothing_hostile() -> None:
    piece = plots.figure_html(BUILDERS["score_bars"](hostile_room(), "light"))
    assert "hostile>" not in piece
    assert piece.count("<script") == piece.count("</script>") == 1
    assert len(re.findall(r"<(?!/?(?:figure|div|script)\b)", piece)) == 0


def test_a_piece_of_a_page_may_bring_its_script() -> None:
    figure = plots.score_bars([])
    assert len(plots.figure_html(figure, with_script=True)) > len(plots.plotly_script()) > 1_000_000
    assert "</script" not in plots.plotly_script()
