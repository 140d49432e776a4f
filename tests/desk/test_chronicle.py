"""What is told of stories, and what their records say, when groups of articles become others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ranker.desk.chronicle import Chronicle, Turn
from ranker.desk.records import Event, StoryRecord
from ranker.stories.identity import NO_STORY
from ranker.stories.story import story_id

START = datetime(2026, 3, 11, 18, tzinfo=UTC)


class Life:
    """A chronicle, and the story of each article; groups are spelt as article ids without blanks."""

    def __init__(self) -> None:
        self.kept: dict[str, StoryRecord] = {}  # what a store would hold
        self.chronicle = Chronicle(last_event=0, was_used=self.kept.__contains__)
        self.story_of: dict[str, int] = {}
        self.events: list[Event] = []
        self.moment = START

    def become(self, *groups: str, gone: str = "", cause: str = "news") -> list[Event]:
        """One round: these articles are grouped so, those are gone, all others are left alone."""
        self.moment += timedelta(hours=1)
        ids = [*"".join(groups), *gone]
        after = [number for number, group in enumerate(groups) for _ in group] + [NO_STORY] * len(gone)
        before = [self.story_of.get(name, NO_STORY) for name in ids]
        turn = Turn()
        stories = self.chronicle.regrouped(
            ids.__getitem__,
            lambda places: min(ids[place] for place in places.tolist()),
            np.array(before, dtype=np.int64),
            np.array(after, dtype=np.int64),
            at=self.moment,
            cause=cause,
            turn=turn,
        )
        self.story_of |= dict(zip(ids, stories.tolist(), strict=True))
        for name in gone:
            del self.story_of[name]
        return self.take(turn)

    def seal(self, article: str) -> list[Event]:
        number, turn = self.story_of[article], Turn()
        articles = [name for name, story in self.story_of.items() if story == number]
        self.chronicle.sealed(number, articles, at=self.moment, turn=turn)
        self.story_of = {name: story for name, story in self.story_of.items() if story != number}
        return self.take(turn)

    def take(self, turn: Turn) -> list[Event]:
        self.kept |= turn.records
        self.events += turn.events
        return turn.events

    def name(self, article: str) -> str:
        return self.chronicle.names[self.story_of[article]]

    def record(self, article: str) -> StoryRecord:
        return self.chronicle.records[self.name(article)]


def told(events: list[Event]) -> list[tuple[str, str, str]]:
    return [(event.kind, event.story, "".join(event.articles)) for event in events]


def test_nothing_is_told_of_nothing() -> None:
    assert Life().become() == []


def test_a_new_story_is_named_after_its_first_article() -> None:
    life = Life()
    (event,) = life.become("ab", cause="two articles arrived")
    assert (event.kind, event.story, event.articles, event.stories) == ("created", story_id("a"), ("a", "b"), ())
    assert (event.at, event.cause) == (life.moment, "2 articles arrived")
    assert life.record("a") == StoryRecord(story_id("a"), "live", life.moment, life.moment)


def test_the_cause_of_a_story_is_what_came_to_it_and_not_all_that_came() -> None:
    life = Life()
    life.become("ab", "c", cause="3 articles arrived")
    told = {event.story: event.cause for event in life.become("abd", "cef", cause="3 articles arrived")}
    assert told == {story_id("a"): "1 article arrived", story_id("c"): "2 articles arrived"}
    grown = [event.cause for event in life.become("abdc", "ef", cause="correction c1") if event.kind == "grown"]
    assert grown == ["correction c1"]  # one that was in another story before


def test_what_stays_as_it_was_is_not_told_of() -> None:
    life = Life()
    life.become("ab", "c")
    assert life.become("ab", "c") == []


def test_growing_and_shrinking_keep_the_id() -> None:
    life = Life()
    life.become("bc")
    created = life.moment
    assert told(life.become("abc")) == [("grown", story_id("b"), "a")]
    assert told(life.become("ac", gone="b")) == [("shrunk", story_id("b"), "b")]
    assert (life.record("a").created, life.record("a").changed) == (created, life.moment)


def test_a_merge_leads_from_the_smaller_to_the_larger() -> None:
    life = Life()
    life.become("ab", "c")
    heir, lost = life.name("a"), life.name("c")
    merged, grown = life.become("abc", cause="why")
    assert (merged.kind, merged.story, merged.articles, merged.stories) == ("merged", lost, ("c",), (heir,))
    assert (grown.kind, grown.story, grown.articles) == ("grown", heir, ("c",))
    assert life.kept[lost] == StoryRecord(lost, "merged", START + timedelta(hours=1), life.moment, (heir,), because="why")
    assert life.record("a").merged_from == (lost,)


def test_a_chain_of_merges_is_kept_link_by_link() -> None:
    life = Life()
    life.become("abcd", "ef", "g")
    largest, middle, smallest = (life.name(article) for article in "aeg")
    life.become("efg")
    life.become("abcdefg")
    assert [life.kept[name].heirs for name in (smallest, middle)] == [(middle,), (largest,)]
    assert (life.kept[middle].merged_from, life.record("a").merged_from) == ((smallest,), (middle,))


def test_several_stories_may_merge_at_once() -> None:
    life = Life()
    life.become("abc", "d", "e")
    others = {life.name("d"), life.name("e")}
    events = life.become("abcde")
    assert {event.story for event in events if event.kind == "merged"} == others
    assert set(life.record("a").merged_from) == others


def test_a_part_that_splits_off_knows_where_it_comes_from() -> None:
    life = Life()
    life.become("abcd")
    whole = life.name("a")
    split, created = life.become("abc", "d")
    assert (split.kind, split.story, split.articles, split.stories) == ("split", whole, ("d",), (life.name("d"),))
    assert (created.kind, created.story, created.stories) == ("created", story_id("d"), (whole,))
    assert life.record("d").split_from == whole
    assert life.record("a").state == "live"


def test_an_article_that_goes_over_to_another_story_splits_from_its_own() -> None:
    life = Life()
    life.become("abc", "de")
    first, second = life.name("a"), life.name("d")
    events = life.become("ab", "cde")
    assert told(events) == [("split", first, "c"), ("grown", second, "c")]
    assert events[0].stories == (second,)


def test_a_story_that_falls_to_several_others_lists_its_heirs_the_most_first() -> None:
    life = Life()
    life.become("abcdef", "ghijkl", "mno")
    first, second, lost = (life.name(article) for article in "agm")
    events = life.become("abcdefm", "ghijklno")
    assert life.kept[lost].heirs == (second, first)
    assert life.kept[lost].state == "split"
    assert [(event.kind, event.stories) for event in events if event.story == lost] == [("split", (second, first))]


def test_a_story_without_articles_is_emptied() -> None:
    life = Life()
    life.become("ab")
    name = life.name("a")
    assert told(life.become(gone="ab")) == [("emptied", name, "ab")]
    assert (life.kept[name].state, life.kept[name].heirs) == ("emptied", ())
    assert life.chronicle.names == {}


def test_an_id_is_never_given_twice() -> None:
    life = Life()
    names = []
    for _ in range(3):
        life.become("ab")
        names.append(life.name("a"))
        life.become(gone="ab")
    assert names == [story_id("a"), story_id("a", 1), story_id("a", 2)]


def test_an_id_that_ends_in_a_round_is_not_given_in_the_same_round() -> None:
    life = Life()
    life.become("abc")
    life.become("abc", "xyzuvw")
    events = life.become("xyzuvwbc", "a")
    assert life.kept[story_id("a")].state in {"live", "merged", "split"}
    assert len({event.story for event in events if event.kind == "created"} & {story_id("a")}) == 0


def test_a_sealed_story_is_told_of_and_out_of_the_way() -> None:
    life = Life()
    life.become("ab", "c")
    name = life.name("a")
    assert told(life.seal("a")) == [("sealed", name, "ab")]
    assert life.kept[name].state == "sealed"
    assert set(life.chronicle.records) == {life.name("c")}


def test_a_correction_is_told_of() -> None:
    life = Life()
    life.become("ab")
    turn = Turn()
    life.chronicle.corrected(life.story_of["a"], ["b"], at=life.moment, cause="correction c1", turn=turn)
    assert [(event.kind, event.articles, event.cause) for event in turn.events] == [("corrected", ("b",), "correction c1")]
    assert turn.records == {}


def test_numbers_of_events_go_on_where_the_last_chronicle_ended() -> None:
    chronicle = Chronicle(last_event=41, was_used=lambda _: False)
    number = chronicle.take_over(StoryRecord("s1", "live", START, START))
    turn = Turn()
    chronicle.sealed(number, ["a"], at=START, turn=turn)
    assert ([event.number for event in turn.events], chronicle.last_event) == ([42], 42)


_ROUNDS = st.lists(st.lists(st.integers(-1, 4), min_size=8, max_size=8), min_size=1, max_size=8)


@given(_ROUNDS)
@examples(max_examples=80)
def test_events_and_records_tell_the_same_as_the_stories(rounds: list[list[int]]) -> None:
    life, members = Life(), dict[str, str]()
    for groups in rounds:
        by_group: Mapping[int, str] = {
            number: "".join(name for name, group in zip("abcdefgh", groups, strict=True) if group == number) for number in set(groups)
        }
        gone = "".join(name for name in by_group.get(-1, "") if name in life.story_of)
        for event in life.become(*(names for number, names in by_group.items() if number != -1), gone=gone):
            for name in event.articles:
                if event.kind in {"created", "grown"}:
                    members[name] = event.story
                elif members.get(name) == event.story:
                    del members[name]
        assert members == {name: life.chronicle.names[number] for name, number in life.story_of.items()}
        assert {name for name, record in life.kept.items() if record.state == "live"} == set(life.chronicle.records)
        assert set(members.values()) == set(life.chronicle.records)
        assert all(life.kept[name] == record for name, record in life.chronicle.records.items())
    assert [event.number for event in life.events] == list(range(1, len(life.events) + 1))
    for record in life.kept.values():
        assert bool(record.heirs) == (record.state in {"merged", "split"})
        assert all(heir in life.kept and heir != record.id for heir in record.heirs)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_articles_makes_no_difference(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(3).tolist()
    lives = Life(), Life()
    for life, places in zip(lives, (range(3), order), strict=True):
        life.become(*(("abc", "de", "f")[place] for place in places))
    assert told(lives[0].events) == told(lives[1].events)
