"""Recent: articles that were accepted and may not be decided yet, so that a second POST of one is told the truth."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Literal

from ranker.apps.service.running import Running
from ranker.articles.article import Article, Origin
from ranker.articles.reading import clamp_future

Status = Literal["created", "updated", "unchanged"]
_MOST = 20_000


class Recent:
    """What was last accepted of articles, by id; None for one that was removed."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._known: OrderedDict[str, tuple[int, Article | None]] = OrderedDict()
        self._lock = Lock()

    def note(self, numbers: Sequence[int], articles: Sequence[tuple[str, Article | None]]) -> None:
        """Remember what was accepted under some numbers."""
        with self._lock:
            for number, (article_id, article) in zip(numbers, articles, strict=True):
                self._known[article_id] = number, article
                self._known.move_to_end(article_id)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def holds(self, article_id: str) -> bool:
        """Whether an article is kept, or will be once all is decided."""
        return self._before(article_id) is not None

    def status(self, article: Article) -> Status:
        """What taking an article in comes to."""
        before = self._before(article.id)
        return "created" if before is None else "unchanged" if self._same(article, before) else "updated"

    def _before(self, article_id: str) -> Article | None:
        with self._lock:
            waiting = self._known.get(article_id)
            if waiting is not None and self._running.wait_decided(waiting[0], 0):
                del self._known[article_id]
                waiting = None
        if waiting is not None:
            return waiting[1]
        desk = self._running.desk
        live = desk.edition.article(article_id)
        if live is not None:
            return live
        kept = desk.store.article(article_id)
        return None if kept is None else kept.article

    def _same(self, article: Article, before: Article) -> bool:
        tolerance = self._running.settings.reading.future_tolerance_hours
        (held,) = clamp_future([article], self._running.now(), tolerance_hours=tolerance)
        if held.date_health == before.date_health == "clamped":
            held = replace(held, published=before.published)  # set back to another moment than the last time
        return replace(held, origin=Origin("")) == replace(before, origin=Origin(""))
