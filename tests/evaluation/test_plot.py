"""The plot of a sweep: a whole picture, the same each time, of the formats that are promised."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ranker.errors import InputError, RankerError
from ranker.evaluation.plot import plot_format, sweep_plot

LINES: dict[str, list[float | None]] = {"B-cubed F1": [0.8, 0.9, 0.85], "related MAP": [0.7, None, 0.75]}


def _texts(picture: bytes) -> list[str]:
    """The words of an SVG, which matplotlib notes beside the shapes it draws them with."""
    return re.findall(r"<!-- (.*?) -->", picture.decode())


def test_a_png_is_a_png() -> None:
    assert sweep_plot("grouping.window_days", [3, 5, 7], LINES, "png").startswith(b"\x89PNG\r\n")


def test_an_svg_names_the_setting_its_values_and_every_line() -> None:
    texts = _texts(sweep_plot("grouping.window_days", [3, 5.5, 7], LINES, "svg", title="20 articles of 5 stories"))
    assert {"grouping.window_days", "3", "5.5", "7", "B-cubed F1", "related MAP", "20 articles of 5 stories"} <= set(texts)


def test_values_that_are_no_numbers_stand_side_by_side() -> None:
    texts = _texts(sweep_plot("encoder.name", ["static", None, True], LINES, "svg"))
    assert {"static", "null", "true"} <= set(texts)


def test_the_same_figures_are_the_same_bytes() -> None:
    one, same, other = (sweep_plot("a.b", [1, 2, 3], {"F1": figures}, "svg") for figures in ([0, 1, 0.5], [0, 1, 0.5], [0, 1, 0.6]))
    assert one == same != other


def test_numbers_are_drawn_in_their_order() -> None:
    forth = sweep_plot("a.b", [1, 2, 3], {"F1": [0.1, 0.2, 0.9]}, "svg", band=[(0, 0.2), (0.1, 0.3), (0.8, 1)])
    back = sweep_plot("a.b", [3, 1, 2], {"F1": [0.9, 0.1, 0.2]}, "svg", band=[(0.8, 1), (0, 0.2), (0.1, 0.3)])
    assert forth == back


def test_a_band_is_drawn_where_every_value_has_an_interval() -> None:
    whole = sweep_plot("a.b", [1, 2], {"F1": [0.5, 0.6]}, "svg", band=[(0.4, 0.6), (0.5, 0.7)])
    broken = sweep_plot("a.b", [1, 2], {"F1": [0.5, 0.6]}, "svg", band=[(0.4, 0.6), None])
    assert "95 % interval of" in _texts(whole)
    assert "95 % interval of" not in _texts(broken)


def test_one_value_is_drawn_too() -> None:
    assert b"<svg" in sweep_plot("a.b", [1], {"F1": [0.5]}, "svg")


def test_a_line_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="F1 has 1 figures for 2 values"):
        sweep_plot("a.b", [1, 2], {"F1": [0.5]}, "svg")


def test_lines_that_could_not_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="7 lines, but 6 styles"):
        sweep_plot("a.b", [1], {str(number): [0.5] for number in range(7)}, "svg")


@pytest.mark.parametrize(("name", "form"), [("plot.svg", "svg"), ("PLOT.PNG", "png"), ("a.b.svg", "svg")])
def test_a_file_s_name_says_its_format(name: str, form: str) -> None:
    assert plot_format(Path(name)) == form


@pytest.mark.parametrize("name", ["plot.pdf", "plot", "svg"])
def test_another_format_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: a plot is a file named .svg or .png"):
        plot_format(Path(name))


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RankerError, match=r"pip install 'ranker\[plots\]'"):
        plot_format(Path("plot.svg"))


def test_the_library_is_loaded_by_drawing_alone() -> None:
    code = "import sys, ranker.apps.measuring, ranker.evaluation.plot; print(sorted({'matplotlib', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
