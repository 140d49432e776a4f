"""Ahead: the texts of the next round are embedded and read while the desk decides this one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from ranker.articles.article import Article
from ranker.desk.store import Store
from ranker.desk.window import Told, told_by
from ranker.vectors.cache import embed
from ranker.vectors.encoder import Encoder, Vectors

_WORTH_IT = 100  # changes of a round: where there are so many, more wait
_Made = dict[tuple[str, str], tuple[Vectors, Told]]  # by title and excerpt


class Ahead:
    """What the window needs of articles that wait, made by another thread: an encoder lets the deciding thread work meanwhile.

    One thread asks. What was made for articles that nobody asks for in the next round is forgotten.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store, self._encoder = store, encoder
        self._thread: ThreadPoolExecutor | None = None  # started when there is something to do
        self._running: Future[_Made] | None = None
        self._made: _Made = {}

    def next_round(self, after: int, limit: int) -> None:
        """A round begins: what was made for it is at hand; the articles that wait behind its last change come next.

        Parameters
        ----------
        after : number of the round's last change.
        limit : how many changes to look at; a few are not worth it.
        """
        self._collect()
        if limit < _WORTH_IT:
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ranker-ahead")
        self._running = self._thread.submit(self._prepared, after, limit)

    def taken(self, articles: Sequence[Article]) -> tuple[Vectors, list[Told]]:
        """Vectors, row i of articles[i], and what the texts are to the window; what is not made yet is made now.

        The texts that are made meanwhile are of the next round, so that nobody waits for them here.
        """
        missing = [article for article in articles if _key(article) not in self._made]
        made = self._made | _made(missing, self._encoder)
        self._made = {}
        found = [made[_key(article)] for article in articles]
        return np.stack([vector for vector, _ in found]), [told for _, told in found]

    def _collect(self) -> None:
        """Wait for what is being made; a failure is not told here: whoever needs the texts makes them himself, and fails as well."""
        running, self._running = self._running, None
        if running is not None and running.exception() is None:
            self._made = running.result()

    def _prepared(self, after: int, limit: int) -> _Made:
        waiting = self._store.waiting(after=after, limit=limit)
        return _made([change.article for change in waiting if change.article is not None], self._encoder)


def _made(articles: Sequence[Article], encoder: Encoder) -> _Made:
    if not articles:
        return {}
    vectors = embed([article.text for article in articles], encoder, None).vectors
    return {_key(article): (vector, told_by(article)) for article, vector in zip(articles, vectors, strict=True)}


def _key(article: Article) -> tuple[str, str]:
    return article.title, article.excerpt
