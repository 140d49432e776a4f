"""What every store must do; a second implementation joins `OPENERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Protocol, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranker.articles.article import Article, DateHealth, Origin, Provider
from ranker.desk.memory import MemoryStore
from ranker.desk.records import Change, ChangeKind, Decided, Event, EventKind, KeptArticle, StoryRecord, StoryState
from ranker.desk.sqlite import SqliteStore
from ranker.desk.store import KeptCorrection, Loaded, Store
from ranker.errors import StoreError
from ranker.stories.corrections import Correction, CorrectionAction

_REMEMBERED: dict[tuple[Path, str], MemoryStore] = {}


def remembered(folder: Path, name: str) -> MemoryStore:
    """A store in memory; once more the same store, as a file would be."""
    before = _REMEMBERED.get((folder, name))
    _REMEMBERED[folder, name] = MemoryStore(name) if before is None else before.reopened()
    return _REMEMBERED[folder, name]


OPENERS: Mapping[str, Callable[[Path, str], Store]] = {
    "sqlite": lambda folder, name: SqliteStore(folder / f"{name}.sqlite"),
    "memory": remembered,
}
NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Opener(Protocol):
    def __call__(self, name: str = "desk") -> Store: ...


@pytest.fixture(params=OPENERS)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Open the store of a name; once more, after it was closed, the same store."""
    opened: list[Store] = []

    def opener(name: str = "desk") -> Store:
        opened.append(OPENERS[request.param](tmp_path, name))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    return open_store()


def put(key: str) -> Change:
    return Change("put", NOW, article=Article(key, f"Title of {key}"))


def kept(key: str, story: str = "s", *, published: datetime | None = NOW) -> KeptArticle:
    return KeptArticle(Article(key, f"Title of {key}", published=published), NOW, story, b"\0\0\x80?", b"derived")


def record(key: str, state: StoryState = "live", *, heirs: tuple[str, ...] = ()) -> StoryRecord:
    return StoryRecord(key, state, NOW, NOW, heirs)


def event(number: int, story: str = "s", *, at: datetime = NOW) -> Event:
    return Event(number, "grown", story, at, "an article came", ("a",))


def exported(store: Store) -> list[bytes]:
    lines: list[bytes] = []
    store.export(lines.append)
    return lines


def loaded_ids(store: Store) -> list[str]:
    return [one.article.id for one in store.load().articles]


# Changes


def test_accepted_changes_wait_under_rising_numbers(store: Store) -> None:
    numbers = [*store.accept([put("b"), put("a")]), *store.accept([Change("remove", NOW, id="b", by="an editor")])]
    assert numbers == [1, 2, 3]
    assert store.waiting() == [
        replace(put("b"), number=1),
        replace(put("a"), number=2),
        Change("remove", NOW, id="b", by="an editor", number=3),
    ]


def test_waiting_changes_are_read_in_parts(store: Store) -> None:
    store.accept([put(key) for key in "abcde"])
    assert [change.number for change in store.waiting(after=1, limit=2)] == [2, 3]
    assert [change.number for change in store.waiting(after=4, limit=2)] == [5]
    assert store.waiting(after=5) == []
    assert store.waiting(limit=0) == []


def test_no_change_gets_no_number(store: Store) -> None:
    assert store.accept([]) == []
    assert store.waiting_count() == 0


def test_decided_changes_wait_no_longer(store: Store) -> None:
    store.accept([put(key) for key in "abc"])
    store.commit(Decided(2))
    assert [change.number for change in store.waiting()] == [3]
    assert store.waiting_count() == 1


def test_numbers_go_on_rising_when_all_is_decided_and_the_store_was_closed(open_store: Opener) -> None:
    first = open_store()
    first.accept([put("a"), put("b")])
    first.commit(Decided(2))
    first.close()
    second = open_store()
    assert second.load().decided == 2
    assert second.accept([put("c")]) == [3]


def test_a_round_that_decides_no_change_takes_no_number_back(store: Store) -> None:
    store.accept([put("a")])
    store.commit(Decided(1))
    store.commit(Decided(0, put=(kept("a"),), stories=(record("s"),)))
    assert store.load().decided == 1
    assert store.accept([put("b")]) == [2]


def test_corrections_and_their_undoing_wait_like_articles(store: Store) -> None:
    made = Correction("c1", "part", ("a",), ("b",), by="an editor", at=NOW, why="two ferries")
    store.accept([Change("correct", NOW, correction=made), Change("undo", NOW, id="c1")])
    assert [(change.kind, change.correction, change.id) for change in store.waiting()] == [("correct", made, ""), ("undo", None, "c1")]


def test_threads_that_accept_at_once_get_numbers_of_their_own(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        given_numbers = list(pool.map(lambda i: store.accept([put(f"{i}-a"), put(f"{i}-b")]), range(40)))
    assert sorted(number for pair in given_numbers for number in pair) == list(range(1, 81))
    waiting = {change.number: change.article.id for change in store.waiting() if change.article}
    assert all((waiting[first], waiting[second]) == (f"{i}-a", f"{i}-b") for i, (first, second) in enumerate(given_numbers))


def test_changes_are_accepted_decided_and_read_at_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        accepting = [pool.submit(store.accept, [put(f"{i}")]) for i in range(100)]
        reading = [pool.submit(store.load) for _ in range(20)]
        decided = 0
        while decided < len(accepting):
            changes = store.waiting(limit=7)
            came = tuple(kept(change.article.id) for change in changes if change.article)
            decided = changes[-1].number if changes else decided
            store.commit(Decided(decided, put=came, stories=(record("s"),)))
    assert sorted(number for accepted in accepting for number in accepted.result()) == list(range(1, 101))
    assert all(len(read.result().articles) == read.result().decided for read in reading)
    assert len(store.load().articles) == decided == 100
    assert store.verify() == []


# Rounds of the desk


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.load() == Loaded([], [], [], decided=0, last_event=0, fingerprint="")
    assert [store.article("a"), store.story("s"), store.correction("c")] == [None, None, None]
    assert [store.articles_of("s"), store.events_of("s"), store.events(after=0, limit=9), store.corrections()] == [[], [], [], []]
    assert (store.first_event_number(), store.last_event_number()) == (1, 0)
    assert store.retain(NOW) == 0
    assert store.verify() == []


def test_what_is_committed_is_read_again(open_store: Opener) -> None:
    first = open_store()
    first.commit(Decided(0, put=(kept("b"), kept("a", "t")), stories=(record("t"), record("s")), fingerprint="static-1"))
    first.close()
    store = open_store()
    assert store.load() == Loaded([kept("a", "t"), kept("b")], [record("s"), record("t")], [], 0, 0, "static-1")
    assert store.article("b") == kept("b")
    assert store.story("t") == record("t")


def test_an_article_put_again_takes_the_place_of_the_old(store: Store) -> None:
    store.commit(Decided(0, put=(kept("a"),), stories=(record("s"), record("t"))))
    anew = KeptArticle(Article("a", "Another title"), NOW + HOUR, "t", b"", b"new")
    store.commit(Decided(0, put=(anew,)))
    assert store.load().articles == [anew]
    assert store.articles_of("s") == []


def test_an_article_moves_with_what_was_computed_of_it(store: Store) -> None:
    store.commit(Decided(0, put=(kept("a"), kept("b")), stories=(record("s"), record("t"))))
    store.commit(Decided(0, moved={"a": "t"}, derived={"b": b"new"}))
    assert store.load().articles == [kept("a", "t"), replace(kept("b"), derived=b"new")]


def test_a_removed_article_is_gone(store: Store) -> None:
    store.commit(Decided(0, put=(kept("a"), kept("b")), stories=(record("s"),)))
    store.commit(Decided(0, removed=("a", "never there")))
    assert store.article("a") is None
    assert store.articles_of("s") == [kept("b")]
    assert not any(b"Title of a" in line for line in exported(store))
    assert store.verify() == []


def test_a_sealed_article_is_no_longer_loaded_and_stays_readable(store: Store) -> None:
    store.commit(Decided(0, put=(kept("a"), kept("b", "t")), stories=(record("s"), record("t"))))
    store.commit(Decided(0, sealed=("a",), stories=(record("s", "sealed"),)))
    assert loaded_ids(store) == ["b"]
    assert [story.id for story in store.load().stories] == ["t"]
    assert store.article("a") == kept("a")
    assert store.articles_of("s") == [kept("a")]
    assert store.story("s") == record("s", "sealed")


def test_a_sealed_article_that_is_put_again_lives(store: Store) -> None:
    store.commit(Decided(0, put=(kept("a"),), sealed=("a",), stories=(record("s"),)))
    assert loaded_ids(store) == []
    store.commit(Decided(0, put=(kept("a"),)))
    assert loaded_ids(store) == ["a"]


def test_articles_of_a_story_come_in_order_of_time_and_id(store: Store) -> None:
    undated = kept("u", published=None)  # received NOW
    early, late, same = kept("z", published=NOW - HOUR), kept("b", published=NOW + HOUR), kept("a", published=NOW + HOUR)
    store.commit(Decided(0, put=(late, undated, early, same), sealed=("z",), stories=(record("s"),)))
    assert store.articles_of("s") == [early, undated, same, late]


def test_the_fingerprint_stays_until_another_is_given(store: Store) -> None:
    store.commit(Decided(0, fingerprint="one"))
    store.commit(Decided(0))
    assert store.load().fingerprint == "one"
    store.commit(Decided(0, fingerprint="two"))
    assert store.load().fingerprint == "two"


def test_events_are_read_from_a_number_on_and_by_story(store: Store) -> None:
    told = [event(1), event(2, "t"), event(5), event(6)]
    store.commit(Decided(0, events=tuple(told[:2])))
    store.commit(Decided(0, events=tuple(told[2:])))
    assert store.events(after=0, limit=9) == told
    assert store.events(after=1, limit=2) == told[1:3]
    assert store.events_of("s") == [told[0], *told[2:]]
    assert (store.first_event_number(), store.last_event_number()) == (1, 6)
    assert store.load().last_event == 6


def test_corrections_are_kept_in_the_order_they_were_made(store: Store) -> None:
    made = [Correction(key, "join", ("a", "b"), at=NOW, by="an editor") for key in ("z", "a", "m")]
    store.commit(Decided(0, corrections=tuple(made[:2])))
    store.commit(Decided(0, corrections=tuple(made[2:])))
    assert store.corrections() == [KeptCorrection(one) for one in made]
    assert store.load().corrections == made


def test_a_correction_that_is_made_again_stands_again_behind_the_others(store: Store) -> None:
    made = [Correction(key, "pin", ("a",)) for key in "pq"]
    store.commit(Decided(0, corrections=tuple(made), undone={"p": {"by": "", "at": "2026-03-11T18:00:00Z"}}))
    again = replace(made[0], by="an editor")
    store.commit(Decided(0, corrections=(again,)))
    assert store.corrections(with_undone=True) == [KeptCorrection(made[1]), KeptCorrection(again)]
    assert store.load().corrections == [made[1], again]


def test_an_undone_correction_is_kept_and_no_longer_stands(store: Store) -> None:
    made = [Correction(key, "hide", ("a",)) for key in "pq"]
    store.commit(Decided(0, corrections=tuple(made)))
    store.commit(Decided(0, undone={"p": {"by": "the desk's head", "at": "2026-03-11T20:00:00+02:00"}}))
    undone = KeptCorrection(made[0], "the desk's head", NOW)
    assert not undone.stands
    assert store.corrections() == [KeptCorrection(made[1])]
    assert store.corrections(with_undone=True) == [undone, KeptCorrection(made[1])]
    assert store.correction("p") == undone
    assert store.load().corrections == made[1:]


def test_a_correction_may_be_made_and_undone_in_one_round(store: Store) -> None:
    store.commit(Decided(0, corrections=(Correction("c", "pin", ("a",)),), undone={"c": {"by": "", "at": "2026-03-11T18:00:00Z"}}))
    assert store.corrections() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Decided(1, moved={"x": "s"}), "1 to be moved, of which the store holds 0"),
        (Decided(1, sealed=("a", "x")), "2 to be sealed, of which the store holds 1"),
        (Decided(1, derived={"x": b""}), "1 to be derived anew"),
        (Decided(1, undone={"x": {"by": "", "at": "2026-03-11T18:00:00Z"}}), "1 to be undone"),
        (Decided(1, undone={"c": {"by": "", "at": "yesterday"}}), "yesterday"),
        (Decided(1, events=(event(4),)), "event 4 comes after event 4"),
        (Decided(1, events=(event(6), event(5))), "event 5 comes after event 6"),
    ],
)
def test_a_round_that_cannot_be_kept_changes_nothing(store: Store, wrong: Decided, words: str) -> None:
    store.accept([put("a")])
    made = Correction("c", "join", ("a", "b"))
    store.commit(Decided(0, put=(kept("a"),), stories=(record("s"),), events=(event(4),), corrections=(made,)))
    before = exported(store)
    whole = replace(wrong, put=(kept("new"),), removed=("a",), stories=(record("t"),), corrections=(Correction("d", "pin", ("a",)),))
    with pytest.raises(ValueError, match=words):
        store.commit(replace(whole, fingerprint="new"))
    assert exported(store) == before


# What an article may hold


def test_every_field_of_an_article_is_kept(store: Store) -> None:
    full = Article(
        id="a",
        title="Title",
        excerpt="Excerpt",
        provider=Provider("Pressline", "pressline.example"),
        published=datetime(2026, 3, 11, 9, 0, 0, 123456, tzinfo=UTC),
        url="https://www.pressline.example/quake",
        category="World",
        type="video",
        topics=("Peru", "Earthquakes"),
        images=({"url": "https://img.example/q.jpg", "width": 800, "isCached": True},),
        has_amp=True,
        own_url="https://own.example/q",
        quality=83,
        heat=-1,
        is_published=False,
        related=({"title": "Other", "provider": {"name": "Nineline"}, "images": [{"url": "x"}]},),
        title_as_read="Title - Pressline",
        excerpt_as_read="Excerpt\x00 \U0001f30b",
        date_health="clamped",
        origin=Origin("/news/quake.md", 3),
        extra={"secured": "b3BhcXVl", "featured": {"until": None, "weight": 1.5}},
    )
    change = Change("put", NOW, article=full, by="a feed")
    store.accept([change])
    store.commit(Decided(0, put=(replace(kept("a"), article=full),), stories=(record("s"),)))
    assert store.waiting() == [replace(change, number=1)]
    assert store.load().articles[0].article == full


def test_values_of_yaml_and_of_programs_become_what_json_has(store: Store) -> None:
    extra: dict[str, object] = {
        "day": date(2026, 3, 11),
        "moment": NOW,
        "price": Decimal("1.50"),
        "set": {"one"},
        "pair": (1, 2),
        "bytes": b"\0",
        "nothing": float("nan"),
        "large": 10**30,
        "frozen": MappingProxyType({"key": 1}),
        "keys": {1: "one", None: "none"},
        "object": UTC,
    }
    store.commit(Decided(0, put=(replace(kept("a"), article=Article("a", "Title", extra=extra)),), stories=(record("s"),)))
    assert store.load().articles[0].article.extra == {
        "day": "2026-03-11",
        "moment": "2026-03-11T18:00:00Z",
        "price": "1.50",
        "set": ["one"],
        "pair": [1, 2],
        "bytes": "AA==",
        "nothing": None,
        "large": 10**30,
        "frozen": {"key": 1},
        "keys": {"1": "one", "None": "none"},
        "object": "UTC",
    }


def test_half_characters_become_question_marks(store: Store) -> None:
    odd = Article("a", "Title \ud83d", topics=("\udfff",), extra={"\ud800": ["\udc00", {"day": date(2026, 3, 11)}]})
    sound = Article("a", "Title ?", topics=("?",), extra={"?": ["?", {"day": "2026-03-11"}]})
    store.accept([Change("put", NOW, article=odd, by="\ud800")])
    store.commit(Decided(0, put=(replace(kept("a"), article=odd),), stories=(record("s"),)))
    assert store.waiting() == [Change("put", NOW, article=sound, by="?", number=1)]
    assert store.load().articles[0].article == sound


def test_values_nested_too_deep_to_be_read_again_are_left_out(store: Store) -> None:
    deep: object = "bottom"
    for i in range(900):
        deep = [deep] if i % 2 else {"in": deep}
    odd = Article("a", "Title", images=({"url": "x"},), extra={"deep": deep, "flat": 1})
    store.accept([Change("put", NOW, article=odd)])
    store.commit(Decided(0, put=(replace(kept("a"), article=odd),), stories=(record("s"),)))
    (change,), (read,) = store.waiting(), store.load().articles
    assert change.article == read.article
    assert read.article.extra["flat"] == 1
    assert read.article.images == odd.images
    assert str(read.article.extra["deep"]).startswith("[{'in': [{'in': [")
    assert "bottom" not in str(read.article.extra["deep"])


# Upkeep


def test_retention_drops_old_sealed_articles_with_their_stories_and_old_events(store: Store) -> None:
    old = NOW - 2 * HOUR
    store.commit(
        Decided(
            0,
            put=(
                kept("live", "living", published=old),
                kept("old", "whole", published=old),
                kept("new", "half"),
                kept("old too", "half", published=old),
                kept("undated", "undated", published=None),
            ),
            stories=(record("living"), *(record(key, "sealed") for key in ("whole", "half", "undated"))),
            sealed=("old", "new", "old too", "undated"),
            events=(event(1, at=old), event(2)),
        )
    )
    assert store.retain(NOW - HOUR) == 2
    assert [store.article(key) is None for key in ("live", "old", "new", "old too", "undated")] == [False, True, False, True, False]
    assert [store.story(key) is None for key in ("living", "whole", "half", "undated")] == [False, True, False, False]
    assert store.events(after=0, limit=9) == [event(2)]
    assert store.retain(NOW + HOUR) == 2
    assert loaded_ids(store) == ["live"]
    assert (store.first_event_number(), store.last_event_number()) == (3, 2)
    assert store.verify() == []


def test_retention_drops_what_leads_to_a_dropped_story_alone(store: Store) -> None:
    old = NOW - 2 * HOUR
    gone = (
        record("first", "merged", heirs=("second",)),
        record("second", "merged", heirs=("dropped",)),
        record("parted", "split", heirs=("dropped", "stays")),
        record("led", "merged", heirs=("stays",)),
        replace(record("empty", "emptied"), changed=old),
        record("lately empty", "emptied"),
    )
    store.commit(
        Decided(
            0,
            put=(kept("a", "stays"), kept("b", "dropped", published=old)),
            sealed=("b",),
            stories=(record("stays"), record("dropped", "sealed"), *gone),
        )
    )
    store.retain(NOW - HOUR)
    left = {key: store.story(key) for key in ("first", "second", "dropped", "parted", "led", "empty", "lately empty")}
    assert {key for key, story in left.items() if story is None} == {"first", "second", "dropped", "empty"}
    assert left["parted"] == record("parted", "split", heirs=("stays",))
    assert left["led"] == record("led", "merged", heirs=("stays",))
    assert store.verify() == []


def test_info_counts(store: Store) -> None:
    store.accept([put("x"), put("y"), put("z")])
    made = tuple(Correction(key, "pin", ("a",)) for key in "pqr")
    store.commit(
        Decided(
            1,
            put=(kept("a", published=NOW - HOUR), kept("b"), kept("c", "t", published=NOW + HOUR)),
            sealed=("c",),
            stories=(record("s"), record("t", "sealed"), record("u", "merged", heirs=("s",))),
            events=(event(1), event(2)),
            corrections=made,
            undone={"p": {"by": "", "at": "2026-03-11T18:00:00Z"}},
            fingerprint="static-1",
        )
    )
    told = store.info()
    assert (told.live, told.sealed, told.stories) == (2, 1, {"live": 1, "merged": 1, "sealed": 1})
    assert (told.events, told.corrections, told.undone, told.waiting, told.fingerprint) == (2, 2, 1, 2, "static-1")
    assert (told.oldest, told.newest) == (NOW - HOUR, NOW + HOUR)
    assert told.size_bytes > 0
    assert "desk" in told.path


def test_compacting_changes_nothing_that_is_kept(store: Store) -> None:
    store.accept([put("x")])
    store.commit(Decided(0, put=tuple(kept(f"{i}") for i in range(200)), stories=(record("s"),)))
    store.commit(Decided(0, removed=tuple(f"{i}" for i in range(150))))
    before, size = exported(store), store.info().size_bytes
    store.compact()
    assert exported(store) == before
    assert store.info().size_bytes <= size


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Decided(0, put=(kept("a", "nowhere"),)), "article a is in story nowhere, which is not there"),
        (Decided(0, put=(kept("a"),), stories=(record("s", "merged", heirs=("s",)),)), "article a is in story s, which is merged"),
        (Decided(0, stories=(record("s"),)), "story s is live and has no article"),
        (Decided(0, stories=(record("m", "merged", heirs=("x",)),)), "story m leads to story x, which is not there"),
        (Decided(0, stories=(record("m", "split"),)), "story m is gone and leads nowhere"),
        (
            Decided(0, put=(kept("a"), kept("b"), replace(kept("c"), vector=b"\0" * 8)), stories=(record("s"),)),
            "1 vectors have 8 bytes, 2 have 4",
        ),
        (
            Decided(0, put=(replace(kept("c"), vector=b"\0" * 6),), stories=(record("s"),)),
            "1 vectors have 6 bytes, which is no whole number of float32",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(store: Store, wrong: Decided, words: str) -> None:
    store.commit(wrong)
    assert store.verify() == [words]


def test_many_problems_of_a_kind_are_told_by_their_number(store: Store) -> None:
    store.commit(Decided(0, put=tuple(kept(f"{i:03}", "nowhere") for i in range(120))))
    problems = store.verify()
    assert len(problems) == 21
    assert problems[-1] == "and 100 more of this kind"


# Export and import


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.text("abc-0", min_size=1, max_size=3)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
mappings = st.dictionaries(texts, values, max_size=2)
articles = st.builds(
    Article,
    names,
    texts,
    texts,
    st.builds(Provider, texts, texts),
    st.none() | moments,
    topics=st.lists(texts, max_size=2).map(tuple),
    images=st.lists(mappings, max_size=2).map(tuple),
    quality=st.none() | st.integers(),
    is_published=st.none() | st.booleans(),
    related=st.lists(mappings, max_size=1).map(tuple),
    date_health=st.sampled_from(get_args(DateHealth)),
    origin=st.builds(Origin, texts, st.none() | st.integers(0, 9)),
    extra=mappings,
)
id_tuples = st.lists(names, max_size=2).map(tuple)
corrections = st.builds(
    Correction, names, st.sampled_from(get_args(CorrectionAction)), id_tuples, id_tuples, texts, st.none() | moments, texts
)
changes = st.builds(
    Change, st.sampled_from(get_args(ChangeKind)), moments, st.none() | articles, st.none() | corrections, names | st.just(""), texts
)
kept_articles = st.builds(KeptArticle, articles, moments, names, st.binary(max_size=8), st.binary(max_size=5))
story_records = st.builds(
    StoryRecord, names, st.sampled_from(get_args(StoryState)), moments, moments, id_tuples, id_tuples, st.none() | names, texts
)
some_events = st.builds(Event, st.just(0), st.sampled_from(get_args(EventKind)), names, moments, texts, id_tuples, id_tuples)


@st.composite
def rounds(draw: st.DrawFn) -> Decided:
    put_now = draw(st.lists(kept_articles, max_size=4, unique_by=lambda one: one.article.id).map(tuple))
    made = draw(st.lists(corrections, max_size=3, unique_by=lambda one: one.id).map(tuple))
    told = draw(st.lists(some_events, max_size=3))
    undone = draw(st.lists(st.sampled_from(made), unique=True) if made else st.just([]))
    return Decided(
        draw(st.integers(0, 2)),
        put=put_now,
        sealed=tuple(draw(st.lists(st.sampled_from(put_now), unique_by=id).map(lambda some: [one.article.id for one in some])))
        if put_now
        else (),
        stories=draw(st.lists(story_records, max_size=3).map(tuple)),
        events=tuple(replace(one, number=3 * i) for i, one in enumerate(told, start=1)),
        corrections=made,
        undone={one.id: {"by": draw(texts), "at": draw(moments).isoformat()} for one in undone},
        fingerprint=draw(st.none() | texts),
    )


@pytest.mark.parametrize("kind", OPENERS)
@settings(max_examples=40)
@given(waiting=st.lists(changes, max_size=4), decided=rounds())
def test_what_was_exported_and_imported_is_equal(kind: str, waiting: list[Change], decided: Decided) -> None:
    with TemporaryDirectory() as folder:
        old, new = (OPENERS[kind](Path(folder), name) for name in ("old", "new"))
        try:
            old.accept(waiting)
            old.commit(decided)
            new.import_(iter(exported(old)))
            assert exported(new) == exported(old)
            assert new.load() == old.load()
            assert new.waiting() == old.waiting()
            assert new.corrections(with_undone=True) == old.corrections(with_undone=True)
            assert new.events(after=0, limit=9) == old.events(after=0, limit=9)
            assert new.accept([put("a")]) == old.accept([put("a")])
        finally:
            old.close()
            new.close()


def test_an_export_is_one_record_a_line_between_a_head_and_an_end(store: Store) -> None:
    store.accept([put("x")])
    store.commit(Decided(0, put=(kept("a"),), stories=(record("s"),), events=(event(1),), corrections=(Correction("c", "pin", ("a",)),)))
    lines = exported(store)
    assert all(line.startswith(b'{"kind":"') and line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)
    assert [line.split(b'"')[3] for line in lines] == [b"store", b"story", b"article", b"event", b"correction", b"change", b"end"]


def test_nothing_is_imported_over_something(open_store: Opener) -> None:
    full, waiting = open_store("full"), open_store("waiting")
    full.commit(Decided(0, put=(kept("a"),), stories=(record("s"),)))
    waiting.accept([put("a")])
    for store in (full, waiting):
        before = exported(store)
        with pytest.raises(StoreError, match="is not empty; import into a new file"):
            store.import_(exported(full))
        assert exported(store) == before


def spoiled(lines: list[bytes], how: str) -> list[bytes]:
    head, *rest, end = lines
    return {
        "nothing": [],
        "no end": [head, *rest],
        "a line lost": [head, *rest[1:], end],
        "no head": [*rest, end],
        "two heads": [head, head, *rest, end],
        "more behind the end": [head, *rest, end, *rest],
        "twice the same event": [head, *rest, rest[-1], end],
        "half a line": [head, *rest, rest[-1][:20]],
        "no JSON": [head, b"\xff\n", *rest, end],
        "another version": [head.replace(b'"version":1', b'"version":2'), *rest, end],
        "another machine": [head.replace(b"little", b"middle").replace(b"big", b"middle"), *rest, end],
    }[how]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("nothing", "ends after line 0: it was cut short"),
        ("no end", "ends after line 5: it was cut short"),
        ("a line lost", r"line 5 of the export: the export had 5 lines before this one, here are 4"),
        ("no head", "line 1 of the export: an export has one head, first"),
        ("two heads", "line 2 of the export: an export has one head, first"),
        ("more behind the end", "line 7 of the export: an export has one head, first, and one end, last"),
        ("twice the same event", "line 6 of the export: .*"),
        ("half a line", "line 6 of the export: .*truncated"),
        ("no JSON", "line 2 of the export: .*"),
        ("another version", r"line 1 of the export: is of version 2 \(\w+\), this ranker reads 1"),
        ("another machine", r"line 1 of the export: is of version 1 \(middle\)"),
    ],
)
def test_a_spoiled_export_is_refused_and_nothing_of_it_is_kept(open_store: Opener, how: str, words: str) -> None:
    old, new = open_store("old"), open_store("new")
    old.commit(Decided(0, put=(kept("a"), kept("b")), stories=(record("s"),), events=(event(7),), fingerprint="static-1"))
    empty = exported(new)
    with pytest.raises(StoreError, match=words):
        new.import_(spoiled(exported(old), how))
    assert exported(new) == empty
    new.import_(exported(old))
    assert exported(new) == exported(old)


# Closing


def test_a_closed_store_refuses_everything_and_may_be_closed_again(store: Store) -> None:
    store.close()
    store.close()
    for use in (
        store.load,
        store.info,
        store.waiting_count,
        store.compact,
        lambda: store.accept([put("a")]),
        lambda: store.commit(Decided(0)),
    ):
        with pytest.raises(StoreError, match="the store is closed"):
            use()
