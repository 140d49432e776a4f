"""Readers while a writer writes: no exception, and every answer is of one edition."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.desks import NOW, open_desk, planted

from ranker.desk.desk import Desk
from ranker.desk.edition import Edition, Filter
from ranker.desk.window import told_by

ARTICLES, LABELS = planted(200, 5, noise=0.3)


def ranking(desk: Desk, edition: Edition, turn: int) -> None:
    del desk, turn
    found = edition.ranking()
    ids = [article.id for ranked in found.stories for article in ranked.story.articles]
    assert len(ids) == len(set(ids)) == len(edition)
    assert set(ids) == set(found.quality_points)
    for ranked in found.stories[:3]:
        assert {article.id for article in ranked.story.articles} == set(ranked.story.memberships)
        assert ranked.score == pytest.approx(ranked.blend.score)


def related(desk: Desk, edition: Edition, turn: int) -> None:
    del desk
    if len(edition):
        article = edition.table.articles[turn % len(edition)]
        for item in edition.related_to(article.id):
            assert edition.article(item.article.id) is not None
            assert item.same_story == (edition.story_of(item.article.id) == edition.story_of(article.id))


def related_to_text(desk: Desk, edition: Edition, turn: int) -> None:
    article = replace(ARTICLES[turn % len(ARTICLES)], id="new")
    vector = desk._encoder.encode([article.text])
    story, items = edition.related_to_text(article, vector, told_by(article))
    assert story is None or story in edition.records
    assert all(item.same_story == (edition.story_of(item.article.id) == story) for item in items)


def matching(desk: Desk, edition: Edition, turn: int) -> None:
    del desk
    word = ARTICLES[turn % len(ARTICLES)].title.split()[0]
    found = edition.matching(Filter(words=word, min_providers=1 + turn % 2))
    assert len(found) == len(edition.table.stories)
    for number in found.nonzero()[0][:3].tolist():
        assert any(word.casefold() in article.text.casefold() for article in edition.table.stories[number].articles)


def reading(desk: Desk, read: Callable[[Desk, Edition, int], None], done: threading.Event, faults: list[str]) -> None:
    """Read until the writer is done; each edition is at least as new as the one before."""
    turn = number = 0
    try:
        while not done.is_set() or turn < 20:
            edition = desk.edition
            assert edition.number >= number
            number = edition.number
            read(desk, edition, turn)
            turn += 1
            done.wait(0.002)
    except BaseException:  # noqa: BLE001 - told by the test, of whatever kind it is
        faults.append(traceback.format_exc())


def test_readers_and_a_writer_go_on_at_once() -> None:
    desk = open_desk()
    done, faults = threading.Event(), list[str]()
    readers = [threading.Thread(target=reading, args=(desk, read, done, faults)) for read in (ranking, related, related_to_text, matching)]
    for reader in readers:
        reader.start()
    try:
        for start in range(0, 1000, 50):
            desk.add(ARTICLES[start : start + 50], now=NOW)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert len(desk.edition) == 1000
