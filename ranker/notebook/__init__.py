"""The surface for analysts: `Newsroom` reads articles and gives tables, frames, plots and answers to what-if questions.

Works in notebooks and in plain scripts; frames need pandas and the explorer ipywidgets, both in the extra `ranker[notebook]`. Columns of
frames are in snake_case, times are UTC. The names below are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ranker.notebook.articles import Articles, ArticleView
    from ranker.notebook.comparing import Compared
    from ranker.notebook.measures import Calibration, Measured, Mistakes, Swept
    from ranker.notebook.newsroom import Newsroom
    from ranker.notebook.pairs import Pairs, PairView
    from ranker.notebook.providers import Providers
    from ranker.notebook.stories import Stories, StoryView, Why
    from ranker.notebook.table import Column, Table

__all__ = [
    "ArticleView",
    "Articles",
    "Calibration",
    "Column",
    "Compared",
    "Measured",
    "Mistakes",
    "Newsroom",
    "PairView",
    "Pairs",
    "Providers",
    "Stories",
    "StoryView",
    "Swept",
    "Table",
    "Why",
]

_HOMES = {
    "articles": ("ArticleView", "Articles"),
    "comparing": ("Compared",),
    "measures": ("Calibration", "Measured", "Mistakes", "Swept"),
    "newsroom": ("Newsroom",),
    "pairs": ("PairView", "Pairs"),
    "providers": ("Providers",),
    "stories": ("Stories", "StoryView", "Why"),
    "table": ("Column", "Table"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"ranker.notebook.{module}"), name)
    raise AttributeError(f"module 'ranker.notebook' has no attribute {name!r}")
