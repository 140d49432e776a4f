"""A start from a snapshot finds what was there, goes on as the desk that wrote it does, and is never worse than one without."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.decision import SAME_STORY
from support.desks import ALONE, DAY, NEWSROOM, NOW, correction, defaults, names_of, planted
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.desk import snapshot as snapshots
from ranker.desk import window_deciding as deciding
from ranker.desk import window_state as windows
from ranker.desk.desk import Desk
from ranker.desk.edition import Edition
from ranker.desk.memory import MemoryStore
from ranker.desk.parts import Parts, read_parts, write_parts
from ranker.desk.records import Event
from ranker.desk.window import Window
from ranker.errors import CorrectionError
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.vectors.background import Background
from ranker.vectors.selection import Effort

MINUTE = timedelta(minutes=1)
MANY, _ = planted(11, 4, noise=0.45, seed=3)
MANY = [*MANY, *NEWSROOM]


def opened(
    store: MemoryStore, file: Path | None, *, settings: Settings | None = None, encoder: HashingEncoder | None = None, now: datetime = NOW
) -> Desk:
    encoder = encoder or HashingEncoder()
    return Desk(settings or defaults(), encoder, store, now=now, same_story=SAME_STORY, snapshot=file)


def held(parts: Parts) -> object:
    """All that parts hold, as values that can be compared."""
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in parts.arrays.items()}
    return arrays, dict(parts.values), {name: held(each) for name, each in parts.inner.items()}


def said(edition: Edition) -> object:
    """All that an edition says but P(same story), which is as of when somebody first looked."""
    ranking = edition.ranking()
    stories = [
        (ranked.rank, ranked.story.id, ranked.story.articles, ranked.lead.id, ranked.score, ranked.heat) for ranked in ranking.stories
    ]
    related = {article.id: edition.related_to(article.id) for article in edition.table.articles}
    return stories, related, dict(ranking.quality_points)


def told(desk: Desk) -> list[Event]:
    """All events; those of one moment in any order, for stories of one moment have none that a start could know."""
    return sorted((replace(event, number=0) for event in desk.events(limit=100_000)), key=repr)


def assert_same(one: Desk, other: Desk) -> None:
    assert said(one.edition) == said(other.edition)
    assert told(one) == told(other)
    assert held(one.window.parts()) == held(other.window.parts())


@pytest.fixture(params=["all at once", "by and by"])
def manner(request: pytest.FixtureRequest) -> Iterator[None]:
    """How a desk decides: all anew with every change, or, as with very many articles, what is touched alone."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "by and by":
            patch.setattr(windows, "_ALWAYS", 10)
            patch.setattr(windows, "_ALL_AT_ONCE", 0)
            patch.setattr(deciding, "_SMALL_REGION", 8)
        yield


# What is kept comes back


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite.window"


def some_life(desk: Desk, articles: Sequence[Article] = MANY) -> None:
    for start in range(0, len(articles), 20):
        desk.add(articles[start : start + 20], now=NOW)
    desk.remove([article.id for article in articles[::9]], now=NOW)
    desk.add([replace(articles[1], title=articles[2].title), replace(articles[3], images=({"url": "x"},))], now=NOW)
    desk.correct(correction("c1", "join", f"{articles[4].id} {articles[20].id}"), now=NOW)


@pytest.mark.usefixtures("manner")
def test_a_start_finds_what_was_there_and_embeds_and_adds_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With cells of vectors. A life that goes on is not compared with them: a vector between two cells falls by its last bit.
    monkeypatch.setattr(windows, "_EFFORT", Effort(exact_rows=20, cell_rows=8, cells=3))
    store = MemoryStore()
    first = opened(store, file)
    some_life(first)
    first.keep_snapshot()
    for name in ("add", "add_known", "weigh_anew"):
        monkeypatch.setattr(Window, name, None)  # not to be called
    second = opened(store.reopened(), file, encoder=(encoder := HashingEncoder()))
    assert encoder.seen == []
    assert_same(first, second)
    monkeypatch.undo()


_KINDS = ["add", "add", "remove", "update", "join", "part", "advance"]
_STEPS = st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, 2**16)), max_size=6)


def lived(desk: Desk, steps: Sequence[tuple[str, int]]) -> None:
    """Take some steps, one a minute: of one moment stories are in order of id after a start, and in order of their rounds before."""
    for kind, seed in steps:
        some = [MANY[(seed + 7 * place) % len(MANY)] for place in range(1 + seed % 20)]
        now = desk.edition.as_of + MINUTE
        if kind == "add":
            desk.add(some, now=now)
        elif kind == "remove":
            desk.remove([article.id for article in some], now=now)
        elif kind == "update":
            titles = [f"{article.title} {seed % 3}" for article in MANY[: len(some)]]
            desk.add([replace(article, title=title, topics=("News",)) for article, title in zip(some, titles, strict=True)], now=now)
        elif kind == "advance":
            desk.advance(now + (seed % 3) * DAY)
        else:
            corrected(desk, kind, some[0].id, some[-1].id)


def corrected(desk: Desk, kind: str, one: str, other: str) -> None:
    if one == other:
        return
    made = (
        correction(f"c{kind}{one}{other}", "join", f"{one} {other}") if kind == "join" else correction(f"{one}{other}", "part", one, other)
    )
    with contextlib.suppress(CorrectionError):
        desk.correct(made, now=desk.edition.as_of)


@pytest.mark.usefixtures("manner")
@given(before=_STEPS, after=_STEPS)
@examples(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_restarted_desk_goes_on_as_the_one_that_wrote(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    file, store = tmp_path_factory.mktemp("desk") / "x.window", MemoryStore()
    first = opened(store, file)
    first.add(MANY[::2], now=NOW)
    lived(first, before)
    first.keep_snapshot()
    second = opened(store.reopened(), file, now=first.edition.as_of)
    assert_same(first, second)
    for desk in (first, second):
        lived(desk, after)
    assert_same(first, second)


@pytest.mark.usefixtures("manner")
@given(before=_STEPS, after=_STEPS)
@examples(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_older_snapshot_brings_the_stories_of_the_store(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    file, store = tmp_path_factory.mktemp("desk") / "x.window", MemoryStore()
    first = opened(store, file)
    first.add(MANY[::2], now=NOW)
    lived(first, before)
    first.keep_snapshot()
    lived(first, after)
    names, again = names_of(first.edition), store.reopened()
    encoder = HashingEncoder()
    second = Desk(defaults(), encoder, again, now=first.edition.as_of, same_story=SAME_STORY, snapshot=file, decide=False)
    assert encoder.seen == []
    assert names_of(second.edition) == names
    assert {article.id: article for article in second.edition.table.articles} == {a.id: a for a in first.edition.table.articles}
    window, plain = second.window, Desk(defaults(), encoder, store.reopened(), now=NOW, same_story=SAME_STORY, decide=False).window
    assert window.words.texts == plain.words.texts == len(window)
    assert {name: n for name, n in window._holding_name.items() if n} == plain._holding_name
    second.decide(now=second.edition.as_of)
    lived(second, before)
    assert again.verify() == []


def test_a_desk_without_a_file_keeps_none_and_one_without_news_writes_nothing(file: Path) -> None:
    opened(MemoryStore(), None).keep_snapshot()
    store = MemoryStore()
    desk = opened(store, file)
    desk.keep_snapshot()
    assert not file.exists()
    desk.add(NEWSROOM, now=NOW)
    desk.keep_snapshot(only_if_due=True)
    assert not file.exists()
    desk.keep_snapshot()
    file.unlink()
    desk.keep_snapshot()
    assert not file.exists()
    desk.correct(correction("c1", "join", "q1 f1"), now=NOW)
    desk.keep_snapshot()
    assert file.exists()


def test_it_is_due_when_much_has_changed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_CHANGED_LEAST", 5)
    desk = opened(MemoryStore(), file)
    desk.add(NEWSROOM[:3], now=NOW)
    desk.keep_snapshot(only_if_due=True)
    assert not file.exists()
    desk.add(NEWSROOM[3:], now=NOW)
    desk.keep_snapshot(only_if_due=True)
    assert len(read_parts(file).values["ids"]) == len(NEWSROOM)


def test_the_file_holds_no_text_and_nothing_of_what_is_gone(file: Path) -> None:
    desk = opened(MemoryStore(), file)
    desk.add(NEWSROOM, now=NOW)
    desk.remove([ALONE.id], now=NOW)
    desk.keep_snapshot()
    parts = read_parts(file)
    assert ALONE.id not in parts.values["ids"]
    assert not any(article.title.casefold().encode() in file.read_bytes().lower() for article in NEWSROOM)


# Files that are of no use


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _damaged(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _foreign(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0" + bytes(4000))


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _without_an_array(file: Path) -> None:
    parts = read_parts(file)
    write_parts(file, replace(parts, inner={**parts.inner, "window": Parts()}))


def _of_fewer(file: Path) -> None:
    parts = read_parts(file)
    write_parts(file, replace(parts, arrays={"stamps": parts.arrays["stamps"][:-1]}))


def _of_something_else(file: Path) -> None:
    write_parts(file, Parts({"x": np.zeros(3)}))


@pytest.mark.parametrize(
    "spoil",
    [_truncated, _damaged, _empty, _foreign, _folder, _without_an_array, _of_fewer, _of_something_else],
    ids=lambda spoil: spoil.__name__[1:],
)
def test_a_spoilt_file_is_warned_of_and_passed_over(spoil: Callable[[Path], None], file: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    first = opened(store, file)
    some_life(first)
    first.keep_snapshot()
    spoil(file)
    with caplog.at_level(logging.WARNING, "ranker"):
        second = opened(store.reopened(), file, encoder=(encoder := HashingEncoder()))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(file) in caplog.text
    assert encoder.seen == []
    assert names_of(second.edition) == names_of(first.edition)


def test_none_and_one_of_another_format_or_make_is_passed_over_quietly(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    first = opened(store, file)
    some_life(first)
    first.keep_snapshot()
    kept = file.read_bytes()
    with caplog.at_level(logging.WARNING, "ranker"):
        other = HashingEncoder(64)
        assert names_of(opened(store.reopened(), file, encoder=other).edition) == names_of(first.edition)
        settings = load_settings(overrides={"related.min_similarity": 0.2})
        assert names_of(opened(store.reopened(), file, settings=settings).edition) == names_of(first.edition)
        parts = read_parts(file)
        write_parts(file, replace(parts, values={**parts.values, "format": -1}))
        assert names_of(opened(store.reopened(), file).edition) == names_of(first.edition)
        file.unlink()
        assert names_of(opened(store.reopened(), file).edition) == names_of(first.edition)
    assert caplog.records == []
    assert kept


def test_another_background_makes_another_snapshot(file: Path) -> None:
    store = MemoryStore()
    first = opened(store, file)
    made_with = first._made_with()
    background = Background(10, {"ferry": 3})
    other = Desk(defaults(), HashingEncoder(), store.reopened(), now=NOW, same_story=SAME_STORY, background=background)
    assert other._made_with() != made_with
    assert other._made_with().split(" ")[:2] == made_with.split(" ")[:2]


def test_a_snapshot_of_another_store_is_too_old(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = opened(MemoryStore(), file)
    one.add(MANY[:40], now=NOW)
    one.keep_snapshot()
    store = MemoryStore()
    other = opened(store, None)
    other.add(MANY[30:], now=NOW)
    monkeypatch.setattr(Window, "restore", None)  # not to be called
    again = opened(store.reopened(), file)
    assert names_of(again.edition) == names_of(other.edition)


def test_an_empty_store_needs_none(file: Path) -> None:
    one = opened(MemoryStore(), file)
    one.add(MANY[:40], now=NOW)
    one.keep_snapshot()
    assert len(opened(MemoryStore(), file).edition) == 0


# Writing


def test_a_process_that_is_killed_while_it_writes_leaves_the_one_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    desk = opened(store, file)
    desk.add(MANY[:40], now=NOW)
    desk.keep_snapshot()
    before = file.read_bytes()
    leftover = file.with_name(f".{file.name}.killed.ranker-tmp")
    leftover.write_bytes(b"half")
    desk.add(MANY[40:], now=NOW)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.keep_snapshot()
    assert file.read_bytes() == before
    assert names_of(opened(store.reopened(), file).edition) == names_of(desk.edition)
    assert not leftover.exists()


def test_a_disk_that_does_not_allow_it_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = opened(MemoryStore(), tmp_path / "nowhere" / "x.window")
    desk.add(NEWSROOM, now=NOW)
    desk.keep_snapshot()
    assert "cannot be written" in caplog.text
    assert len(desk.edition) == len(NEWSROOM)
