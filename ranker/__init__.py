"""Groups news coverage of the same story across providers, and ranks the stories.

The names below are loaded when they are first used, so that `import ranker` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ranker.articles.article import Article
    from ranker.articles.reading import read_articles
    from ranker.pipeline import Ranking, rank_articles
    from ranker.settings_file import load_settings
    from ranker.vectors.cache import open_cache
    from ranker.vectors.encoder import load_encoder

__version__ = "0.5.0"
__all__ = ["Article", "Ranking", "load_encoder", "load_settings", "open_cache", "rank_articles", "read_articles"]

_HOMES = {
    "Article": "ranker.articles.article",
    "Ranking": "ranker.pipeline",
    "load_encoder": "ranker.vectors.encoder",
    "load_settings": "ranker.settings_file",
    "open_cache": "ranker.vectors.cache",
    "rank_articles": "ranker.pipeline",
    "read_articles": "ranker.articles.reading",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ranker' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
