"""Page: a figure as a piece of HTML that needs no network."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING

from ranker.plots.theme import alt_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ID_DIGITS = 12
_CONFIG = {"displaylogo": False, "responsive": True, "plotlyServerURL": "", "showSendToCloud": False}


def plotly_script() -> str:
    """The source of plotly.js, about 5 MB, for one `<script>` before the first figure."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def figure_html(figure: go.Figure, *, with_script: bool = False) -> str:
    """A figure as HTML: a `<figure>` that says its alt text, and the script that draws it; the same bytes for the same figure.

    Parameters
    ----------
    with_script : plotly.js stands before it, 5 MB; the first figure of a page needs it, or `plotly_script` in the page's head.
    """
    name = hashlib.sha256(figure.to_json().encode()).hexdigest()[:_ID_DIGITS]
    drawn = figure.to_html(
        full_html=False,
        include_plotlyjs=with_script,
        config=_CONFIG,
        div_id=f"plot-{name}",
        default_height=f"{int(figure.layout.height or 0) or 450}px",
    )
    alt = html.escape(alt_text(figure), quote=True)
    return f'<figure class="plot" role="img" aria-label="{alt}">{drawn}</figure>'
