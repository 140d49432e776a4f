"""Make the pictures of plots: `python docs/images/plots.py [FOLDER]`, with Chromium on this machine (or RANKER_CHROMIUM=/path).

plot-map.png, plot-bars.png and plot-slope.png show the sample newsroom: its articles by meaning, the scores of its first stories, and what
other weights do to its list.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

import click  # noqa: E402 - the folder is put on the path first
from playwright.sync_api import Browser  # noqa: E402
from support.chromium import chromium  # noqa: E402

from ranker.notebook import Newsroom  # noqa: E402
from ranker.plots import figure_html, plotly_script  # noqa: E402

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_BYTES = 200_000  # of one picture
WIDTH, HEIGHT = 960, 800  # pixels of the page; the picture is as high as its plot
PLACES = 12  # stories of bars and slope


def figures() -> dict[str, go.Figure]:
    """All of them by name."""
    room = Newsroom.sample()
    hot = room.ranked(weights={"quality": 0.1, "heat": 0.8, "recency": 0.1}, name="heat weighs 0.8")
    return {"plot-map": room.map(), "plot-bars": room.bars(limit=PLACES), "plot-slope": room.compare(hot).slope(limit=PLACES)}


def taken(browser: Browser, figure: go.Figure) -> bytes:
    """A figure as PNG."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    try:
        page.set_content(f"<style>body,figure{{margin:0}}</style><script>{plotly_script()}</script>{figure_html(figure)}")
        page.wait_for_function("document.querySelectorAll('.main-svg .trace').length > 0")
        return page.locator("figure").screenshot(animations="disabled")
    finally:
        page.close()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    with chromium() as found:
        for name, figure in figures().items():
            made = found.do(partial(taken, found.browser, figure))
            if len(made) > MOST_BYTES:
                raise SystemExit(f"{name}: {len(made):,} bytes are more than {MOST_BYTES:,}; show less")
            (folder / f"{name}.png").write_bytes(made)
            click.echo(f"{folder / name}.png  {len(made):,} bytes")


if __name__ == "__main__":
    main()
