"""Make the pictures of the README and the documentation: `python docs/images/make.py`.

demo.svg is what `ranker demo` prints on a terminal of 80 columns; forecast.svg draws benchmarks/results/forecast-articles.json.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from ranker.apps import screen
from ranker.apps.session import Request, open_session
from ranker.places import newsroom_folder

HERE = Path(__file__).parent
FIGURES = HERE.parents[1] / "benchmarks" / "results" / "forecast-articles.json"
COLUMNS = 80
STORIES, COVERAGE = 8, 2
CELL = 12.2  # width of a character in the picture
BLANK = "&#160;"
SHOWN = {  # score of the figures -> its name in the picture
    "decay 3 h": "every article, half-life 3 h",
    "Hawkes, fitted on the first half": "Hawkes process, fitted",
    "profile hottest": "profile hottest",
    "heat of hottest": "heat of hottest",
    "profile balanced": "profile balanced",
    "decay 6 h": "every article, half-life 6 h",
    "Hacker News": "Hacker News",
    "Reddit": "Reddit",
    "most recent": "most recent",
    "decay 24 h": "every article, half-life 24 h",
    "distinct providers": "publisher groups so far",
    "total count": "articles so far",
}
OURS, OTHERS = "#0072B2", "#B0B0B0"


def demo() -> str:
    """The demo's table as a terminal."""
    from rich.console import Console

    folder = newsroom_folder()
    request = Request(
        inputs=(str(folder / "articles"),),
        config=folder / "ranker.yaml",
        profile=None,
        encoder=None,
        as_of=None,
        use_cache=True,
        strict=False,
        report=None,
        now=datetime.now(tz=UTC),
    )
    paper = Console(record=True, width=COLUMNS, highlight=False, markup=False, emoji=False, file=io.StringIO(), force_terminal=True)
    for line in screen.ranking_lines(open_session(request).ranking, limit=STORIES, coverage=COVERAGE, width=COLUMNS):
        paper.print(line, soft_wrap=True)
    picture = re.sub(r"\s*@font-face \{.*?\}", "", paper.export_svg(title="ranker demo", unique_id="terminal"), flags=re.DOTALL)
    picture = picture.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
    return re.sub(r'x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>((?:&#160;)+)', _moved, picture)


def _moved(match: re.Match[str]) -> str:
    """Blanks that a text begins with as a place farther right: some viewers drop them."""
    x, y, length, rest, blanks = match.groups()
    wide = CELL * (len(blanks) // len(BLANK))
    return f'x="{float(x) + wide:.6g}" y="{y}" textLength="{max(0.0, float(length) - wide):.6g}"{rest}>'


def forecast() -> bytes:
    """How well orders foretell coverage, as bars with intervals."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    told = json.loads(FIGURES.read_text("utf-8"))["scores"]
    names = list(SHOWN)[::-1]
    values = [told[name]["second"]["ndcg"]["5"] for name in names]
    ends = [told[name]["second"]["intervals"]["5"] for name in names]
    apart = [
        [value - low for value, (low, _) in zip(values, ends, strict=True)],
        [high - value for value, (_, high) in zip(values, ends, strict=True)],
    ]
    colours = [OURS if "profile" in name or "heat of" in name else OTHERS for name in names]
    with mpl.rc_context({"svg.hashsalt": "ranker", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(8, 4.2), layout="constrained")
        axes = figure.add_subplot()
        axes.barh([SHOWN[name] for name in names], values, xerr=apart, color=colours, error_kw={"ecolor": "#404040", "capsize": 2})
        axes.set_xlabel("nDCG@5 of which stories are covered in the next 3 hours (95 % intervals over days)")
        axes.spines[["top", "right"]].set_visible(False)
        data = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(data, metadata={"Date": None})
    return data.getvalue()


if __name__ == "__main__":
    (HERE / "demo.svg").write_text(demo(), "utf-8")
    (HERE / "forecast.svg").write_bytes(forecast())
