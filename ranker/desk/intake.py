"""Intake: what the changes of one round come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article, Origin
from ranker.articles.reading import clamp_future
from ranker.desk.columns import LiveColumns
from ranker.desk.records import Change, KeptArticle
from ranker.desk.store import Store
from ranker.desk.window import Window
from ranker.stories.corrections import Correction

_OF_ARTICLES = ("put", "remove")
_OF_CORRECTIONS = ("correct", "undo")


@dataclass(frozen=True, slots=True)
class Left:
    """Articles that left their stories."""

    ids: list[str]
    stories: NDArray[np.int64]


@dataclass(slots=True)
class Intake:
    """What some changes come to."""

    new: list[Change] = field(default_factory=list)  # puts of articles that are to be decided
    replaced: list[Change] = field(default_factory=list)  # puts of articles of which only what is shown changed
    sealed: list[KeptArticle] = field(default_factory=list)  # new versions of articles whose stories are sealed
    leaving: list[str] = field(default_factory=list)  # ids of live articles that go, or come again otherwise
    removed: list[str] = field(default_factory=list)  # ids
    received: dict[str, datetime] = field(default_factory=dict)  # of articles that come again, when they first came
    corrected: list[Change] = field(default_factory=list)  # corrections and their undoing, in order

    @property
    def corrections(self) -> list[Correction]:
        """Those that were made."""
        return [change.correction for change in self.corrected if change.correction is not None]

    @property
    def undone(self) -> list[Change]:
        """Those that undo one."""
        return [change for change in self.corrected if change.kind == "undo"]

    def take_known(self, change: Change, article: Article, before: Article, received: datetime) -> None:
        """A version of an article that lives: nothing new, other things to show, or another article under its id."""
        if shown(article) == shown(before):
            return
        if decided_by(article) == decided_by(before):
            self.replaced.append(change)
            return
        self.leaving.append(article.id)
        self.received[article.id] = received
        self.new.append(change)

    def cause(self, new: int) -> str:
        """What led to this round, in words."""
        counts = ((new, "article arrived", "articles arrived"), (len(self.removed), "article removed", "articles removed"))
        said = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
        said += [f"correction {correction.id}" for correction in self.corrections]
        said += [f"correction {change.id} undone" for change in self.undone]
        return ", ".join(said) or "decided again"


def shown(article: Article) -> Article:
    """An article without where it was read."""
    return replace(article, origin=Origin(""))


def decided_by(article: Article) -> tuple[object, ...]:
    """All that the decision about an article looks at."""
    return article.title, article.excerpt, article.provider, article.dated, article.topics, article.category


def sorted_out(changes: Sequence[Change], window: Window, columns: LiveColumns, store: Store, *, tolerance_hours: float) -> Intake:
    """What is to be done about some changes; of one article only the last matters.

    Parameters
    ----------
    tolerance_hours : how far ahead of the moment it was accepted an article may be dated.
    """
    last = {change.article.id if change.article is not None else change.id: change for change in changes if change.kind in _OF_ARTICLES}
    intake = Intake()
    for name in sorted(last):
        change, slot = last[name], window.slot_of.get(name)
        if change.article is None:
            intake.removed.append(name)
            if slot is not None:
                intake.leaving.append(name)
            continue
        (article,) = clamp_future([change.article], change.at, tolerance_hours=tolerance_hours)
        if slot is not None:
            intake.take_known(replace(change, article=article), article, window.articles[slot], columns.received_at(slot))
        elif (kept := store.article(name)) is not None:
            intake.sealed.append(replace(kept, article=article))
        else:
            intake.new.append(replace(change, article=article))
    intake.corrected = [change for change in changes if change.kind in _OF_CORRECTIONS]
    return intake
