"""Corrections: each makes sense, none contradicts the others, and all of them say which rows belong together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.errors import CorrectionError
from ranker.stories.corrections import (
    MOST_ARTICLES,
    NO_CORRECTIONS,
    Correction,
    CorrectionAction,
    Corrections,
    checked,
    correction_id,
    named,
)


def say(number: int, action: CorrectionAction, articles: str, others: str = "", by: str = "") -> Correction:
    """Correction "c1", "c2", ... of articles that are spelt with a blank between them."""
    return Correction(f"c{number}", action, tuple(articles.split()), tuple(others.split()), by)


# One by itself


@pytest.mark.parametrize(
    "correction",
    [
        say(1, "join", "a1 a2"),
        say(1, "join", "a1", "a2"),
        say(1, "join", "a1 a2", "a2 a3"),
        say(1, "part", "a1 a2"),
        say(1, "part", "a1", "a2 a3"),
        say(1, "lead", "a1"),
        say(1, "pin", "a1 a2"),
        say(1, "hide", "a1"),
        replace(say(1, "hide", "a1"), at=datetime(2026, 3, 11, tzinfo=UTC)),
        replace(say(1, "pin", "a1"), articles=tuple(f"a{number}" for number in range(MOST_ARTICLES))),
    ],
)
def test_what_makes_sense_is_taken_as_it_is(correction: Correction) -> None:
    assert checked(correction) is correction
    assert list(Corrections.of([correction])) == [correction]


@pytest.mark.parametrize(
    ("correction", "reason"),
    [
        (say(1, "join", ""), "c1: articles is empty; name at least one article id"),
        (say(1, "join", "a1"), "c1: names one article; a join takes two or more, in articles or in articles and others"),
        (say(1, "part", "a1 a1"), "c1: names one article; a part takes two or more, in articles or in articles and others"),
        (say(1, "join", "a1", "a1"), "c1: names one article; a join"),
        (say(1, "part", "a1 a3", "a2 a3"), "c1: a3 is on both sides of a part"),
        (say(1, "lead", "a1 a2"), "c1: names 2 articles; a lead is one"),
        (say(1, "lead", "a1", "a2"), "c1: has others; only join and part do, lead takes articles alone"),
        (say(1, "pin", "a1", "a2"), "c1: has others; only join and part do, pin takes articles alone"),
        (say(1, "hide", "a1", "a2"), "c1: has others; only join and part do, hide takes articles alone"),
        (replace(say(1, "pin", "a1"), id=""), "a correction: has no id"),
        (replace(say(1, "pin", "a1"), action=cast("CorrectionAction", "drop")), "c1: action 'drop'; allowed: join, part, lead, pin, hide"),
        (replace(say(1, "pin", "a1"), articles=("a1", "")), "c1: an article id must be text, and not empty"),
        (replace(say(1, "pin", "a1"), articles=("a1", cast("str", 7))), "c1: an article id must be text, and not empty"),
        (
            replace(say(1, "pin", "a1"), at=datetime(2026, 3, 11)),  # noqa: DTZ001 - what is refused
            "c1: at 2026-03-11T00:00:00 has no time zone; write it as 2026-03-11T18:00:00Z",
        ),
        (
            replace(say(1, "pin", "a1"), articles=tuple(f"a{number}" for number in range(MOST_ARTICLES + 1))),
            "c1: names 1,001 articles; at most 1,000 a side",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_says_why(correction: Correction, reason: str) -> None:
    for refuse in (checked, lambda item: Corrections.of([item]), NO_CORRECTIONS.with_added):
        with pytest.raises(CorrectionError, match=f"^{re.escape(reason)}") as refused:
            refuse(correction)
        assert refused.value.correction == correction.id
        assert (refused.value.chain, refused.value.against) == ((), ())


def test_a_correction_is_called_by_its_id_its_action_and_who_made_it() -> None:
    assert named(say(3, "join", "a1 a2", by="Ann")) == "c3 (join, by Ann)"
    assert named(say(3, "join", "a1 a2")) == "c3 (join)"


# Ids


def test_an_id_is_made_of_what_is_said_whatever_the_order_within_a_side() -> None:
    first = correction_id("part", ["a1", "a2"], ["a3"])
    assert re.fullmatch("c[0-9a-f]{16}", first)
    assert correction_id("part", ("a2", "a1", "a2"), ("a3",)) == first
    others = [
        correction_id("join", ["a1", "a2"], ["a3"]),
        correction_id("part", ["a1"], ["a2", "a3"]),
        correction_id("part", ["a1", "a2", "a3"]),
        correction_id("part", ["a3"], ["a1", "a2"]),
    ]
    assert len({first, *others}) == 5


# Collections


def test_corrections_are_kept_in_order_and_found_by_id() -> None:
    first, second = say(2, "pin", "a2"), say(1, "hide", "a1 a3")
    both = Corrections.of([first, second])
    assert (list(both), len(both)) == ([first, second], 2)
    assert dict(both.by_id) == {"c2": first, "c1": second}
    assert both.articles == {"a1", "a2", "a3"}
    assert both == NO_CORRECTIONS.with_added(first).with_added(second)


def test_no_corrections_say_nothing() -> None:
    assert (list(NO_CORRECTIONS), len(NO_CORRECTIONS), NO_CORRECTIONS.articles) == ([], 0, frozenset())
    assert not NO_CORRECTIONS


def test_adding_leaves_the_old_collection_as_it_was() -> None:
    old = Corrections.of([say(1, "pin", "a1")])
    assert len(old.with_added(say(2, "pin", "a2"))) == 2
    assert len(old) == 1


def test_what_is_said_again_changes_nothing() -> None:
    old = Corrections.of([say(1, "join", "a1 a2", by="Ann"), say(2, "pin", "a1")])
    assert old.with_added(say(1, "join", "a2 a1", by="Bob")) is old
    assert old.with_added(say(3, "join", "a2 a1")).items == (*old.items, say(3, "join", "a2 a1"))


def test_one_id_for_two_corrections_is_refused() -> None:
    old = Corrections.of([say(1, "join", "a1 a2")])
    with pytest.raises(CorrectionError, match=r"^c1 \(pin, by Bob\): the id is that of another correction, a join$"):
        old.with_added(say(1, "pin", "a1", by="Bob"))
    with pytest.raises(CorrectionError, match=r"^c1 \(join\): the id is that of another correction, a join$"):
        old.with_added(say(1, "join", "a1 a3"))


def test_one_that_is_taken_back_no_longer_counts() -> None:
    join, part = say(1, "join", "a1 a2"), say(2, "part", "a1 a2")
    both = Corrections.of([join, say(3, "pin", "a1")])
    assert list(both.without("c1")) == [say(3, "pin", "a1")]
    assert list(both.without("c1").with_added(part)) == [say(3, "pin", "a1"), part]
    with pytest.raises(CorrectionError, match=r"^c9: there is no such correction$"):
        both.without("c9")


def test_articles_named_by_corrections_of_one_kind_are_in_their_order() -> None:
    made = Corrections.of([say(1, "pin", "a3 a1"), say(2, "lead", "a2"), say(3, "pin", "a2 a3")])
    assert made.named_by("pin") == ("a3", "a1", "a2", "a3")
    assert (made.named_by("lead"), made.named_by("hide")) == (("a2",), ())


# Contradictions

CHAIN = [say(3, "join", "a1 a7", by="Ann"), say(5, "join", "a7", "a9", by="Bob")]
SHOWN = "a1 - (c3: join, by Ann) - a7 - (c5: join, by Bob) - a9"


@pytest.mark.parametrize(
    ("before", "last", "reason", "chain", "against"),
    [
        (
            CHAIN,
            say(8, "part", "a1", "a9 b", by="Eve"),
            f"c8 (part, by Eve) contradicts c3, c5: {SHOWN}, but c8 (part, by Eve) keeps a1 and a9 apart",
            "a1 c3 a7 c5 a9",
            "c3 c5",
        ),
        (
            [CHAIN[0], say(8, "part", "a1", "a9 b", by="Eve")],
            CHAIN[1],
            f"c5 (join, by Bob) contradicts c3, c8: {SHOWN}, but c8 (part, by Eve) keeps a1 and a9 apart",
            "a1 c3 a7 c5 a9",
            "c3 c8",
        ),
        (
            CHAIN,
            say(8, "part", "a9 x a1"),
            f"c8 (part) contradicts c3, c5: {SHOWN}, but c8 (part) keeps a1 and a9 apart",
            "a1 c3 a7 c5 a9",
            "c3 c5",
        ),
        (
            [*CHAIN, say(4, "lead", "a1", by="Ann")],
            say(6, "lead", "a9"),
            f"c6 (lead) contradicts c3, c5, c4: {SHOWN}, but c4 (lead, by Ann) makes a1 the lead and c6 (lead) makes a9 the lead",
            "a1 c3 a7 c5 a9",
            "c3 c5 c4",
        ),
        (
            [say(4, "pin", "a1"), CHAIN[0]],
            say(6, "hide", "x a7", by="Eve"),
            "c6 (hide, by Eve) contradicts c3, c4: a1 - (c3: join, by Ann) - a7, but c4 (pin) pins a1 and c6 (hide, by Eve) hides a7",
            "a1 c3 a7",
            "c3 c4",
        ),
        ([say(4, "hide", "a1")], say(6, "pin", "a1"), "c6 (pin) contradicts c4: c4 (hide) hides a1 and c6 (pin) pins a1", "a1", "c4"),
    ],
    ids=["part", "join", "part without others", "leads", "pin and hide", "pin and hide of one"],
)
def test_a_contradiction_is_refused_with_the_chain_that_contradicts(
    before: Sequence[Correction], last: Correction, reason: str, chain: str, against: str
) -> None:
    held = Corrections.of(before)
    with pytest.raises(CorrectionError) as refused:
        held.with_added(last)
    assert str(refused.value) == reason
    assert refused.value.correction == last.id
    assert refused.value.chain == tuple(chain.split())
    assert refused.value.against == tuple(against.split())


def test_the_shortest_chain_is_shown() -> None:
    long_way = [say(number, "join", f"a{number} a{number + 1}") for number in range(1, 6)]
    held = Corrections.of([*long_way, say(7, "join", "a6 b"), say(8, "join", "b a1")])
    with pytest.raises(CorrectionError) as refused:
        held.with_added(say(9, "part", "a1", "a6"))
    assert refused.value.chain == ("a1", "c8", "b", "c7", "a6")


def test_the_first_that_contradicts_is_named() -> None:
    made = [say(1, "join", "a1 a2"), say(2, "pin", "x"), say(3, "part", "a1 a2"), say(4, "hide", "x"), say(5, "join", "a1 a2")]
    with pytest.raises(CorrectionError) as refused:
        Corrections.of(made)
    assert refused.value.correction == "c3"


@pytest.mark.parametrize(
    "made",
    [
        [say(1, "join", "a1 a2"), say(2, "join", "a3 a4"), say(3, "part", "a1 a3"), say(4, "part", "a2", "a4")],
        [say(1, "part", "a1 a2"), say(2, "part", "a2 a3"), say(3, "join", "a1 a3")],  # both may be apart from a third
        [say(1, "part", "a1 a2", "a3"), say(2, "join", "a1 a2")],  # a side may be one story
        [say(1, "lead", "a1"), say(2, "lead", "a1 a1"), say(3, "lead", "a2")],
        [say(1, "pin", "a1"), say(2, "hide", "a2"), say(3, "pin", "a1 a3")],
        [say(1, "pin", "a1"), say(2, "join", "a1 a2"), say(3, "pin", "a2")],
    ],
)
def test_what_only_looks_like_a_contradiction_is_none(made: list[Correction]) -> None:
    assert list(Corrections.of(made)) == made


def _partitions(items: Sequence[str]) -> Iterator[list[set[str]]]:
    if not items:
        yield []
        return
    for rest in _partitions(items[1:]):
        yield [{items[0]}, *rest]
        for place, block in enumerate(rest):
            yield [*rest[:place], block | {items[0]}, *rest[place + 1 :]]


def _honours(stories: list[set[str]], made: Sequence[Correction]) -> bool:
    """Whether stories are as all corrections together say."""
    story = {article: place for place, block in enumerate(stories) for article in block}
    pairs = {
        item.id: itertools.product(item.articles, item.others) if item.others else itertools.combinations(set(item.articles), 2)
        for item in made
    }
    for item in made:
        if item.action == "join" and len({story[article] for article in (*item.articles, *item.others)}) > 1:
            return False
        if item.action == "part" and any(story[one] == story[other] for one, other in pairs[item.id]):
            return False
    for block in stories:
        leads = {article for item in made if item.action == "lead" for article in item.articles if article in block}
        shown = {item.action for item in made if item.action in {"pin", "hide"} and block.intersection(item.articles)}
        if len(leads) > 1 or len(shown) > 1:
            return False
    return True


@st.composite
def any_corrections(draw: st.DrawFn) -> list[Correction]:
    made: list[Correction] = []
    names = st.lists(st.sampled_from("abcde"), unique=True, max_size=3)
    for number in range(draw(st.integers(0, 6))):
        action: CorrectionAction = draw(st.sampled_from(["join", "join", "part", "lead", "pin", "hide"]))
        item = Correction(f"c{number}", action, tuple(draw(names)), tuple(draw(names)) if action in {"join", "part"} else ())
        try:
            made.append(checked(item))
        except CorrectionError:
            continue
    return made


@given(any_corrections())
def test_corrections_are_taken_if_some_division_into_stories_honours_them_all(made: list[Correction]) -> None:
    possible = any(_honours(stories, made) for stories in _partitions("abcde"))
    try:
        Corrections.of(made)
    except CorrectionError as error:
        assert not possible
        upto = [item.id for item in made].index(error.correction)
        assert any(_honours(stories, made[:upto]) for stories in _partitions("abcde"))  # it is the first that does not fit
        involved = [item for item in made if item.id in {error.correction, *error.against}]
        assert not any(_honours(stories, involved) for stories in _partitions("abcde"))  # and the corrections named say why
    else:
        assert possible


# What follows


def test_joins_lead_on() -> None:
    made = Corrections.of([*CHAIN, say(6, "join", "x y"), say(7, "pin", "z")])
    assert made.joined_with(["a9"]) == {"a1", "a7", "a9"}
    assert made.joined_with(["x", "z"]) == {"x", "y", "z"}
    assert made.joined_with([]) == frozenset()
    assert [item.id for item in made.joining(["a1"])] == ["c3", "c5"]
    assert made.joining(["z", "unknown"]) == ()


def test_parts_count_for_all_that_is_joined_with_a_side() -> None:
    made = Corrections.of([*CHAIN, say(6, "join", "x y"), say(8, "part", "x", "a1"), say(9, "part", "p q r")])
    assert [item.id for item in made.parting(["a9"], ["y"])] == ["c8"]
    assert [item.id for item in made.parting(["y"], ["a9"])] == ["c8"]
    assert [item.id for item in made.parting(["p"], ["x", "r"])] == ["c9"]
    assert made.parting(["a1"], ["p"]) == ()


def test_rows_that_are_joined_share_the_smallest_of_them() -> None:
    made = Corrections.of([say(1, "join", "a4 a1"), say(2, "join", "a2", "a4"), say(3, "join", "b c")])
    found = made.constraints(["a0", "a1", "a2", "a3", "a4", "b"])
    assert found.joined.tolist() == [0, 1, 1, 3, 1, 5]  # c is not there
    assert [ends.tolist() for ends in found.apart] == [[], []]


def test_a_chain_holds_through_an_article_that_is_not_there() -> None:
    made = Corrections.of(
        [say(1, "join", "a0 gone"), say(2, "join", "gone", "a2"), say(3, "part", "gone", "a1 lost"), say(4, "part", "lost a3")]
    )
    found = made.constraints(["a0", "a1", "a2", "a3"])
    assert found.joined.tolist() == [0, 1, 0, 3]
    assert [ends.tolist() for ends in found.apart] == [[0], [1]]


def test_pairs_are_apart_by_the_smallest_rows_of_what_is_joined() -> None:
    made = Corrections.of([say(1, "join", "a3 a2"), say(2, "part", "a3 a1", "a0"), say(3, "part", "a1 a2 a4")])
    found = made.constraints(["a0", "a1", "a2", "a3", "a4"])
    assert list(zip(*(ends.tolist() for ends in found.apart), strict=True)) == [(0, 1), (0, 2), (1, 2), (1, 4), (2, 4)]


@given(any_corrections(), st.permutations("abcde"), st.integers(0, 5))
def test_constraints_say_what_every_division_that_honours_all_has_in_common(made: list[Correction], order: list[str], count: int) -> None:
    made = [item for item in made if item.action in {"join", "part"}]
    try:
        corrections = Corrections.of(made)
    except CorrectionError:
        return
    present = order[:count]
    fits = [stories for stories in _partitions("abcde") if _honours(stories, made)]
    found = corrections.constraints(present)
    apart = set(zip(*(ends.tolist() for ends in found.apart), strict=True))
    for one, other in itertools.combinations(range(count), 2):
        together = {any({present[one], present[other]} <= block for block in stories) for stories in fits}
        numbers = sorted((int(found.joined[one]), int(found.joined[other])))
        assert (numbers[0] == numbers[1]) == (together == {True})
        assert (tuple(numbers) in apart) == (together == {False})


def test_no_corrections_constrain_nothing() -> None:
    found = NO_CORRECTIONS.constraints(["a0", "a1"])
    assert (found.joined.tolist(), [len(ends) for ends in found.apart]) == ([0, 1], [0, 0])
