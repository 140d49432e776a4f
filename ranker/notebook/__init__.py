"""The surface for analysts: `Newsroom` reads articles and gives tables, frames, plots and answers to what-if questions.

Works in notebooks and in plain scripts; frames need pandas and the explorer ipywidgets, both in the extra `ranker[notebook]`. Columns of
frames are in snake_case, times are UTC.
"""

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
