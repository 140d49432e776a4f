"""Theme: how every plot looks, light and dark, and how text of strangers gets into it as text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from ranker.errors import RankerError

if TYPE_CHECKING:
    import plotly.graph_objects as go

Theme = Literal["light", "dark"]

SIGNAL_PATTERNS = {"quality": "", "heat": "/", "recency": "."}  # told apart without colours, too
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "star", "cross", "triangle-down", "hexagon")
LINE_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

_TITLE_PIXELS, _SUBTITLE_PIXELS, _TEXT_PIXELS = 17, 12, 12
_TOP_PIXELS = 94  # title, subtitle and a legend under them
_ELLIPSIS = "\u2026"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a theme: after Okabe and Ito (2008), which the colour-blind tell apart; all stand out from the ground by 3 to 1."""

    ground: str
    text: str
    muted: str  # what stands back: grid, other articles
    grid: str
    series: tuple[str, ...]
    scale: tuple[str, ...]  # from none to much

    @property
    def shades(self) -> list[tuple[float, str]]:
        """`scale` as Plotly takes it."""
        return [(place / (len(self.scale) - 1), colour) for place, colour in enumerate(self.scale)]

    @property
    def signals(self) -> dict[str, str]:
        """The colour of each signal, the same in every plot."""
        return {"quality": self.series[0], "heat": self.series[1], "recency": self.series[2]}


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        ground="#ffffff",
        text="#1f2328",
        muted="#8a929b",
        grid="#e3e6ea",
        series=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B58900", "#2596D1", "#000000", "#7B5EA7"),
        scale=("#ffffff", "#cfe1f0", "#7fb3d8", "#0072B2", "#00355a"),
    ),
    "dark": Palette(
        ground="#16191d",
        text="#e8eaed",
        muted="#838b95",
        grid="#31373e",
        series=("#4FA9E2", "#F2884B", "#2FC59A", "#E29CC4", "#F0C24B", "#9AD4F5", "#FFFFFF", "#B69FDC"),
        scale=("#16191d", "#1d3d55", "#2a6c99", "#4FA9E2", "#d7ecfa"),
    ),
}


def palette(theme: Theme) -> Palette:
    """The colours of a theme.

    Raises
    ------
    RankerError : if there is no such theme.
    """
    if theme not in PALETTES:
        raise RankerError(f"theme {theme!r}: there are {' and '.join(PALETTES)}")
    return PALETTES[theme]


def new_figure(title: str, *, subtitle: str = "", alt: str, theme: Theme, height: int) -> go.Figure:
    """An empty figure with its title, and `layout.meta["alt"]` for those who do not see it.

    Parameters
    ----------
    title, subtitle, alt : plain text; markup in them is shown as it is written.
    height : pixels.
    """
    import plotly.graph_objects as go

    heading = {"text": escaped(title), "subtitle": {"text": escaped(subtitle)}}
    return go.Figure(layout={"template": _template(theme), "title": heading, "meta": {"alt": alt}, "height": height})


def alt_text(figure: go.Figure) -> str:
    """What a figure shows, in a sentence, for those who do not see it."""
    return str((figure.layout.meta or {}).get("alt", ""))


def escaped(text: str) -> str:
    """`text` as Plotly shows it: it takes tags and entities in labels and hover for markup.

    Quotes stay: they are nothing to it, and of the entities for them it knows none by name. This is not for attributes of HTML.
    """
    return html.escape(text, quote=False)


def shortened(text: str, characters: int) -> str:
    """`text` in at most so many characters, an ellipsis where something is left out."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + _ELLIPSIS


def cut(text: str, characters: int) -> str:
    """`shortened`, and escaped."""
    return escaped(shortened(text, characters))


def bar_look(colour: str, shape: str, ground: str) -> dict[str, Any]:
    """A bar's colour, and a pattern in it by which it is known without colours; "" for none."""
    return {
        "color": colour,
        "pattern": {"shape": shape, "fillmode": "overlay", "fgcolor": ground, "fgopacity": 0.55, "size": 7, "solidity": 0.18},
    }


def broken(text: str, characters: int = 60) -> str:
    """`text` in lines of about so many characters, for hover; escaped."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > characters:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join(escaped(part) for part in (*lines, line))


def labelled_places(labels: Sequence[str]) -> dict[str, Any]:
    """An axis with a label at 0, 1, 2 and so on, the first on top: two stories may have one title, and a title may be a number.

    Parameters
    ----------
    labels : escaped.
    """
    places = list(range(len(labels)))
    bounds = [len(labels) - 0.5, -0.5]
    return {"type": "linear", "tickvals": places, "ticktext": list(labels), "range": bounds, "showgrid": False, "zeroline": False}


@cache
def _template(theme: Theme) -> Any:
    import plotly.graph_objects as go

    colours = palette(theme)
    axis = {
        "automargin": True,
        "gridcolor": colours.grid,
        "linecolor": colours.muted,
        "zerolinecolor": colours.muted,
        "zerolinewidth": 1,
        "ticks": "outside",
        "tickcolor": colours.grid,
        "title": {"standoff": 8},
    }
    layout = {
        "autotypenumbers": "strict",
        "paper_bgcolor": colours.ground,
        "plot_bgcolor": colours.ground,
        "font": {"family": FONT, "size": _TEXT_PIXELS, "color": colours.text},
        "colorway": list(colours.series),
        "title": {
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14},
            "font": {"size": _TITLE_PIXELS},
            "subtitle": {"font": {"size": _SUBTITLE_PIXELS, "color": colours.muted if theme == "dark" else "#59626c"}},
        },
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        "margin": {"l": 12, "r": 16, "t": _TOP_PIXELS, "b": 48},
        "hoverlabel": {"align": "left", "font": {"family": FONT}, "namelength": -1},
        "hovermode": "closest",
        "xaxis": axis,
        "yaxis": axis,
        "bargap": 0.25,
    }
    return go.layout.Template(layout=layout)
