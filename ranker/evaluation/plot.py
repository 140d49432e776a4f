"""Plot: the figures of a sweep as a picture; matplotlib is imported here alone."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ranker.errors import InputError, RankerError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PlotFormat = Literal["svg", "png"]

_FORMATS = ("svg", "png")
_INCHES = (8.0, 4.5)
_DOTS_PER_INCH = 150
# Colours of Okabe and Ito (2008), which the colour-blind tell apart; marks and dashes for print without colours.
_STYLES = (
    {"color": "#000000", "marker": "o", "linewidth": 2.2},
    {"color": "#0072B2", "marker": "^", "linestyle": "--"},
    {"color": "#E69F00", "marker": "v", "linestyle": "--"},
    {"color": "#009E73", "marker": "s", "linestyle": "-."},
    {"color": "#CC79A7", "marker": "D", "linestyle": "-."},
    {"color": "#D55E00", "marker": "P", "linestyle": ":"},
)


def plot_format(path: Path) -> PlotFormat:
    """The format that a file's name says; asked before long work, it finds a missing library as well.

    Raises
    ------
    InputError : if the name says another format.
    RankerError : if matplotlib is not installed.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in _FORMATS:
        raise InputError(f"{path}: a plot is a file named .svg or .png")
    if importlib.util.find_spec("matplotlib") is None:
        raise RankerError("--plot needs matplotlib, which is not installed: pip install 'ranker[plots]'")
    return cast("PlotFormat", suffix)


def sweep_plot(
    key: str,
    values: Sequence[object],
    lines: Mapping[str, Sequence[float | None]],
    form: PlotFormat,
    *,
    band: Sequence[tuple[float, float] | None] = (),
    title: str = "",
) -> bytes:
    """A picture of figures over the values of a setting, the same bytes for the same figures.

    Parameters
    ----------
    key : the setting, named under the picture.
    values : what it was; an axis to scale if all are numbers, else the values side by side.
    lines : by name, a figure for each value, None where there is none; the first line is drawn strongest.
    band : lower and upper end of the first line's interval for each value; none is drawn if one is missing.

    Raises
    ------
    ValueError : if a line has not as many figures as there are values, or if there are more lines than styles.
    """
    for name, figures in lines.items():
        if len(figures) != len(values):
            raise ValueError(f"{name} has {len(figures)} figures for {len(values)} values")
    if len(lines) > len(_STYLES):
        raise ValueError(f"{len(lines)} lines, but {len(_STYLES)} styles to tell them apart")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "ranker", "font.size": 10}):
        figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, values, lines, band)
        axes.set_xlabel(key)
        axes.set_title(title, loc="left", fontsize="medium")
        axes.grid(visible=True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside right center", frameon=False)
        picture = io.BytesIO()
        figure.savefig(picture, format=form, metadata={"Date": None} if form == "svg" else {"Software": None})
    return picture.getvalue()


def _draw(
    axes: Axes, values: Sequence[object], lines: Mapping[str, Sequence[float | None]], band: Sequence[tuple[float, float] | None]
) -> None:
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values):
        order = sorted(range(len(values)), key=lambda place: numbers[place])
        across = [numbers[place] for place in order]
    else:
        order = list(range(len(values)))
        across = [float(place) for place in order]
    axes.set_xticks(across, [_told(values[place]) for place in order])
    for (name, figures), style in zip(lines.items(), _STYLES, strict=False):
        heights = [float("nan") if figures[place] is None else cast("float", figures[place]) for place in order]
        axes.plot(across, heights, label=name, markersize=5, **style)  # type: ignore[arg-type]  # a dict of mixed values
    ends = [band[place] for place in order] if len(band) == len(values) else []
    known = [end for end in ends if end is not None]
    if known and len(known) == len(values):
        low, high = zip(*known, strict=True)
        label = f"95 % interval of\n{next(iter(lines))}"
        axes.fill_between(across, low, high, color=_STYLES[0]["color"], alpha=0.12, linewidth=0, label=label)


def _told(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
