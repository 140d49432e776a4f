"""What is kept of an article is what the window knew of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from support.desks import NEWSROOM, NOW, QUAKE, open_desk, planted

from ranker.desk.kept import derived_of, restored
from ranker.desk.window import Window, told_by


def window_of_many() -> Window:
    desk = open_desk()
    articles, _ = planted(6, 4, noise=0.4)
    for start in range(0, len(articles), 5):
        desk.add([*articles[start : start + 5], *NEWSROOM], now=NOW)
    return desk.window


def places_of(ids: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(ids)}


def test_texts_and_pairs_come_back_as_they_were() -> None:
    window = window_of_many()
    told = [told_by(article) for article in window.articles]
    ids = [article.id for article in window.articles]
    derived = [derived_of(window, slot, what) for slot, what in enumerate(told)]
    again, found = restored(derived, places_of(ids))
    assert again == told
    pairs = window.pairs
    columns = ("later", "earlier", "dense", "rare", "score")
    order = np.lexsort((pairs.earlier, pairs.later))
    assert all(getattr(found, name).tolist() == getattr(pairs, name)[order].tolist() for name in columns)


def test_the_order_of_the_articles_may_be_another_and_some_may_be_gone() -> None:
    window = window_of_many()
    slots = [slot for slot in reversed(range(len(window.articles))) if slot % 5]
    ids = [window.articles[slot].id for slot in slots]
    _, found = restored([derived_of(window, slot, told_by(window.articles[slot])) for slot in slots], places_of(ids))
    pairs = {frozenset((ids[later], ids[earlier])) for later, earlier in zip(found.later.tolist(), found.earlier.tolist(), strict=True)}
    known = window.pairs
    names = [article.id for article in window.articles]
    assert pairs == {
        frozenset((names[later], names[earlier]))
        for later, earlier in zip(known.later.tolist(), known.earlier.tolist(), strict=True)
        if later % 5 and earlier % 5
    }
    assert (found.later > found.earlier).all()
    assert (np.diff(found.later) >= 0).all()


def test_nothing_is_kept_of_nobody_and_other_bytes_are_refused() -> None:
    told, found = restored([], {})
    assert (told, len(found.later)) == ([], 0)
    with pytest.raises(msgspec.DecodeError):
        restored([b"something else"], {QUAKE[0].id: 0})
